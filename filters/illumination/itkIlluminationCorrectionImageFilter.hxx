#ifndef itkIlluminationCorrectionImageFilter_hxx
#define itkIlluminationCorrectionImageFilter_hxx

#include "itkImageRows.h"
#include "itkInstructionSet.h"
#include "itkPortableExp.h"
#include "itkUpdateLearners.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace itk
{
namespace IlluminationCorrectionDetail
{
/** A row times exp(sign * log field). */
struct ScaleKernel
{
  template <int, typename TInput, typename TOutput>
  [[gnu::always_inline]] static inline void
  Run(const TInput * in, const double * logField, double sign, std::size_t length, TOutput * out)
  {
    for (std::size_t i = 0; i < length; ++i)
    {
      out[i] = static_cast<TOutput>(static_cast<double>(in[i]) * PortableExp(sign * logField[i]));
    }
  }
};
} // namespace IlluminationCorrectionDetail

template <typename TInputImage, typename TOutputImage>
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::IlluminationCorrectionImageFilter()
{
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
  this->InPlaceOff();
}

template <typename TInputImage, typename TOutputImage>
std::string
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::NameOfField(unsigned int frame)
{
  return frame == 0 ? "Field" : "Field" + std::to_string(frame);
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::SetFrameFieldInput(unsigned int               frame,
                                                                                 const FieldDecoratorType * field)
{
  this->ProcessObject::SetInput(NameOfField(frame), const_cast<FieldDecoratorType *>(field));
  m_NumberOfFields = std::max(m_NumberOfFields, frame + 1);
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::SetFrameField(unsigned int        frame,
                                                                            const SmoothField & field)
{
  const auto decorator = FieldDecoratorType::New();
  decorator->Set(field);
  this->SetFrameFieldInput(frame, decorator);
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if ((this->GetFieldInput() == nullptr) == (this->GetFieldImage() == nullptr))
  {
    itkExceptionMacro("Field or FieldImage must be set, "
                      << (this->GetFieldInput() == nullptr ? "neither is." : "not both."));
  }
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  Superclass::VerifyInputInformation();
  if (const auto * field = this->GetFieldImage())
  {
    const auto & image = this->GetInput()->GetLargestPossibleRegion();
    const auto & region = field->GetLargestPossibleRegion();
    if (MaskRegion(field, image) != region)
    {
      itkExceptionMacro("FieldImage must cover the image's region, or have extent 1 along an axis: image "
                        << image.GetSize() << " from " << image.GetIndex() << ", FieldImage " << region.GetSize()
                        << " from " << region.GetIndex() << '.');
    }
    return;
  }
  const auto frames = this->GetInput()->GetLargestPossibleRegion().GetSize(TInputImage::ImageDimension - 1);
  if (m_NumberOfFields > 1 && m_NumberOfFields != frames)
  {
    itkExceptionMacro("Fields are set up to frame " << m_NumberOfFields - 1 << ", but the image has " << frames
                                                    << " along its last axis; set one for each, or Field alone.");
  }
  for (unsigned int frame = 1; frame < m_NumberOfFields; ++frame)
  {
    if (this->ProcessObject::GetInput(NameOfField(frame)) == nullptr)
    {
      itkExceptionMacro("The field of frame " << frame << " is missing of " << m_NumberOfFields
                                              << "; set one for each, or Field alone.");
    }
  }
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  Superclass::GenerateInputRequestedRegion();
  RequestRegion(this->GetFieldImage(), this->GetOutput()->GetRequestedRegion());
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  if (this->GetFieldImage())
  {
    this->CorrectByImage(region);
    return;
  }
  if (m_NumberOfFields == 1)
  {
    this->CorrectBySeries(region, 0);
    return;
  }
  constexpr unsigned int last = TOutputImage::ImageDimension - 1;
  const auto             first = this->GetOutput()->GetLargestPossibleRegion().GetIndex(last);
  auto                   frame = region;
  frame.SetSize(last, 1);
  for (auto index = region.GetIndex(last); index <= region.GetUpperIndex()[last]; ++index)
  {
    frame.SetIndex(last, index);
    this->CorrectBySeries(frame, static_cast<unsigned int>(index - first));
  }
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::CorrectBySeries(const OutputImageRegionType & region,
                                                                              unsigned int                  frame)
{
  const auto * field = static_cast<const FieldDecoratorType *>(this->ProcessObject::GetInput(NameOfField(frame)));
  const SmoothFieldRowEvaluator logFieldOf(field->Get());
  const double                  sign = m_Inverse ? 1.0 : -1.0;
  const TInputImage *           input = this->GetInput();
  const std::size_t             length = region.GetSize(0);
  const auto                    set = BestInstructionSet();
  std::vector<double>           logField(length);
  TotalProgressReporter         progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               logFieldOf(index, index[0], length, logField.data());
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               RunWith<IlluminationCorrectionDetail::ScaleKernel>(set, in, logField.data(), sign, length, out);
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::CorrectByImage(const OutputImageRegionType & region)
{
  const TInputImage *   input = this->GetInput();
  const TOutputImage *  fieldImage = this->GetFieldImage();
  const std::size_t     length = region.GetSize(0);
  const std::size_t     step = fieldImage->GetLargestPossibleRegion().GetSize(0) > 1;
  TotalProgressReporter progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               const auto * field = MaskAt(fieldImage, index);
               for (std::size_t i = 0; i < length; ++i)
               {
                 const double value = field[i * step];
                 const double divisor = value > 0.0 && value <= std::numeric_limits<double>::max() ? value : 1.0;
                 out[i] = static_cast<OutputPixelType>(m_Inverse ? in[i] * divisor : in[i] / divisor);
               }
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
IlluminationCorrectionImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Inverse: " << m_Inverse << '\n' << indent << "NumberOfFields: " << m_NumberOfFields << '\n';
}
} // namespace itk
#endif
