#ifndef itkRetinexReflectanceImageFilter_hxx
#define itkRetinexReflectanceImageFilter_hxx

#include "itkImageRows.h"
#include "itkPortableExp.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
RetinexReflectanceImageFilter<TInputImage, TOutputImage>::RetinexReflectanceImageFilter()
{
  this->AddRequiredInputName("LogIllumination");
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
  this->InPlaceOff();
}

template <typename TInputImage, typename TOutputImage>
void
RetinexReflectanceImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_Logarithm && this->GetSummaryInput() == nullptr)
  {
    itkExceptionMacro("Summary is required with LogarithmOn(): it says what intensity stands for those that have no "
                      "logarithm; connect the output of the filter that gives LogIllumination.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
RetinexReflectanceImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetLogIllumination(), "LogIllumination");
}

template <typename TInputImage, typename TOutputImage>
void
RetinexReflectanceImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  // What estimates the illumination reads the same input, whole: it must be done before a piece is asked for.
  auto * illumination = const_cast<LogIlluminationImageType *>(this->GetLogIllumination());
  illumination->SetRequestedRegionToLargestPossibleRegion();
  illumination->PropagateRequestedRegion();
  illumination->UpdateOutputData();
  Superclass::GenerateInputRequestedRegion();
  const auto region = this->GetOutput()->GetRequestedRegion();
  RequestRegion(this->GetInput(), region);
  RequestRegion(this->GetLogIllumination(), region);
}

template <typename TInputImage, typename TOutputImage>
void
RetinexReflectanceImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  const TInputImage *              input = this->GetInput();
  const LogIlluminationImageType * illumination = this->GetLogIllumination();
  constexpr auto                   largest = static_cast<double>(std::numeric_limits<OutputPixelType>::max());
  const std::size_t                length = region.GetSize(0);
  const double                     lowest = m_Logarithm ? this->GetSummary().lowestIntensity : 1.0;
  const double                     floor = lowest > 0.0 ? lowest : 1.0;
  TotalProgressReporter            progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TInputImage::IndexType & index, OutputPixelType * out)
             {
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               const auto * l = MaskAt(illumination, index);
               for (std::size_t i = 0; i < length; ++i)
               {
                 const auto value = static_cast<double>(in[i]);
                 if (!std::isfinite(value))
                 {
                   out[i] = static_cast<OutputPixelType>(value);
                   continue;
                 }
                 const double result = m_Logarithm
                                         ? std::log(value > 0.0 ? value : floor) - static_cast<double>(l[i])
                                         : value * PortableExp(std::clamp(-static_cast<double>(l[i]), -600.0, 600.0));
                 out[i] = static_cast<OutputPixelType>(std::clamp(result, -largest, largest));
               }
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
RetinexReflectanceImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Logarithm: " << m_Logarithm << '\n';
}
} // namespace itk
#endif
