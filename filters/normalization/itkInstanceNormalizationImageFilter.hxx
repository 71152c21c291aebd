#ifndef itkInstanceNormalizationImageFilter_hxx
#define itkInstanceNormalizationImageFilter_hxx

#include <cmath>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::InstanceNormalizationImageFilter()
{
  this->AddRequiredInputName("Moments");
  this->DynamicMultiThreadingOn();
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_Epsilon >= 0.0))
  {
    itkExceptionMacro("Epsilon must be >= 0 (squared intensity), got " << m_Epsilon << '.');
  }
  if (m_Inverse && m_Outside != OutsideMask::Transform)
  {
    itkExceptionMacro("Inverse needs Outside Transform: other settings lose what was outside the mask.");
  }
  if (m_Inverse && m_Gamma == 0.0)
  {
    itkExceptionMacro("Inverse needs a Gamma that is not 0.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  // A learner that reads the same input in pieces moves the region that is requested of it: it must be done before.
  this->ProcessObject::GetInput("Moments")->UpdateOutputData();
  const auto & region = this->GetOutput()->GetRequestedRegion();
  const_cast<TInputImage *>(this->GetInput())->SetRequestedRegion(region);
  if (auto * mask = const_cast<MaskImageType *>(this->GetMaskImage()))
  {
    mask->SetRequestedRegion(MaskRegion(mask, region));
  }
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  const MeanAndVariance & moments = this->GetMoments();
  const bool              spread = moments.variance > 0.0;
  const double            deviation = std::sqrt(moments.variance + m_Epsilon);
  // y = (x - from) * scale + to
  const double from = m_Inverse ? m_Beta : (spread ? moments.mean : 0.0);
  const double to = m_Inverse ? moments.mean : m_Beta;
  const double scale = spread ? (m_Inverse ? deviation / m_Gamma : m_Gamma / deviation) : 0.0;

  const TInputImage *   input = this->GetInput();
  TOutputImage *        output = this->GetOutput();
  const MaskImageType * mask = m_Outside == OutsideMask::Transform ? nullptr : this->GetMaskImage();
  const std::size_t     length = region.GetSize(0);
  ForEachRow(output,
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               const auto * maskRow = MaskAt(mask, index);
               for (std::size_t i = 0; i < length; ++i)
               {
                 const auto value = static_cast<double>(in[i]);
                 const bool isFinite = value - value == 0.0;
                 out[i] = static_cast<OutputPixelType>(isFinite ? (value - from) * scale + to : value);
               }
               for (std::size_t i = 0; maskRow && i < length; ++i)
               {
                 if (maskRow[i] == 0)
                 {
                   out[i] = m_Outside == OutsideMask::Keep ? static_cast<OutputPixelType>(in[i]) : OutputPixelType{};
                 }
               }
             });
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Epsilon: " << m_Epsilon << '\n';
  os << indent << "Gamma: " << m_Gamma << '\n';
  os << indent << "Beta: " << m_Beta << '\n';
  os << indent << "Outside: " << static_cast<int>(m_Outside) << '\n';
  os << indent << "Inverse: " << m_Inverse << '\n';
}
} // namespace itk
#endif
