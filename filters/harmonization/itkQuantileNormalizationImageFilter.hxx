#ifndef itkQuantileNormalizationImageFilter_hxx
#define itkQuantileNormalizationImageFilter_hxx

#include "itkImageRows.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>
#include <limits>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::QuantileNormalizationImageFilter()
{
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
  this->InPlaceOff();
  this->AddRequiredInputName("Landmarks");
}

template <typename TInputImage, typename TOutputImage>
void
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!std::is_sorted(m_StandardLandmarks.begin(), m_StandardLandmarks.end()))
  {
    itkExceptionMacro("StandardLandmarks must never fall.");
  }
  if (m_Inverse && m_Outside != OutsideMask::Transform)
  {
    itkExceptionMacro("Inverse needs Outside Transform: other settings lose what was outside the mask.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
}

template <typename TInputImage, typename TOutputImage>
void
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  const auto & region = this->GetOutput()->GetRequestedRegion();
  RequestRegion(this->GetInput(), region);
  RequestRegion(this->GetMaskImage(), region);
}

template <typename TInputImage, typename TOutputImage>
void
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::BeforeThreadedGenerateData()
{
  const auto & landmarks = this->GetLandmarks().values;
  if (!m_StandardLandmarks.empty() && landmarks.size() != m_StandardLandmarks.size())
  {
    itkExceptionMacro("There are " << landmarks.size() << " landmarks, but " << m_StandardLandmarks.size()
                                   << " StandardLandmarks.");
  }
  m_Map = m_StandardLandmarks.empty() ? MonotoneMap() : MonotoneMap(landmarks, m_StandardLandmarks);
  if (m_Inverse)
  {
    if (!m_Map.IsInvertible())
    {
      itkExceptionMacro("Inverse needs StandardLandmarks that rise: two of them coincide.");
    }
    m_Map = m_Map.Inverse();
  }
}

template <typename TInputImage, typename TOutputImage>
void
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  constexpr auto        bound = static_cast<double>(std::numeric_limits<OutputPixelType>::max());
  const TInputImage *   input = this->GetInput();
  const MaskImageType * mask = m_Outside == OutsideMask::Transform ? nullptr : this->GetMaskImage();
  const std::size_t     length = region.GetSize(0);
  TotalProgressReporter progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               const auto * maskRow = MaskAt(mask, index);
               for (std::size_t i = 0; i < length; ++i)
               {
                 const auto value = static_cast<double>(in[i]);
                 if (maskRow && maskRow[i] == 0)
                 {
                   out[i] = m_Outside == OutsideMask::Keep ? static_cast<OutputPixelType>(in[i]) : OutputPixelType{};
                 }
                 else
                 {
                   const bool isFinite = value - value == 0.0;
                   out[i] =
                     static_cast<OutputPixelType>(isFinite ? std::min(std::max(m_Map(value), -bound), bound) : value);
                 }
               }
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
QuantileNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "StandardLandmarks:";
  for (const double landmark : m_StandardLandmarks)
  {
    os << ' ' << landmark;
  }
  os << '\n';
  os << indent << "Outside: " << static_cast<int>(m_Outside) << '\n';
  os << indent << "Inverse: " << m_Inverse << '\n';
}
} // namespace itk
#endif
