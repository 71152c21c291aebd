#ifndef itkIlluminationCorrectionImageFilter_hxx
#define itkIlluminationCorrectionImageFilter_hxx

#include "itkImageRows.h"
#include "itkPortableExp.h"

#include <vector>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::IlluminationCorrectionImageFilter()
{
  this->AddRequiredInputName("Field");
  this->DynamicMultiThreadingOn();
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  // A learner that reads the same input in pieces moves the region that is requested of it: it must be done before.
  this->ProcessObject::GetInput("Field")->UpdateOutputData();
  Superclass::GenerateInputRequestedRegion();
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  const SmoothFieldRowEvaluator logFieldOf(this->GetField());
  const double                  sign = m_Inverse ? 1.0 : -1.0;
  const TInputImage *           input = this->GetInput();
  const std::size_t             length = region.GetSize(0);
  std::vector<double>           logField(length);
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               logFieldOf(index, index[0], length, logField.data());
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               for (std::size_t i = 0; i < length; ++i)
               {
                 out[i] = static_cast<OutputPixelType>(static_cast<double>(in[i]) * PortableExp(sign * logField[i]));
               }
             });
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Inverse: " << m_Inverse << '\n';
}
} // namespace itk
#endif
