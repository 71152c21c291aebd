#ifndef itkFieldGateImageFilter_hxx
#define itkFieldGateImageFilter_hxx

#include "itkImageRows.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>

namespace itk
{
template <typename TImage>
FieldGateImageFilter<TImage>::FieldGateImageFilter()
{
  this->AddRequiredInputName("CorrectedImage");
  this->AddRequiredInputName("Gate");
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
  this->InPlaceOff();
}

template <typename TImage>
void
FieldGateImageFilter<TImage>::VerifyInputInformation() ITKv5_CONST
{
  const RegionType & image = this->GetInput()->GetLargestPossibleRegion();
  const RegionType & corrected = this->GetCorrectedImage()->GetLargestPossibleRegion();
  if (corrected != image) // one plane, which a mask may be, cannot stand for an image
  {
    itkExceptionMacro("CorrectedImage must cover the image's region: image "
                      << image.GetSize() << " from " << image.GetIndex() << ", CorrectedImage " << corrected.GetSize()
                      << " from " << corrected.GetIndex() << '.');
  }
}

template <typename TImage>
void
FieldGateImageFilter<TImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  RequestRegion(this->GetInput(), this->GetOutput()->GetRequestedRegion());
  RequestRegion(this->GetCorrectedImage(), this->GetOutput()->GetRequestedRegion());
}

template <typename TImage>
void
FieldGateImageFilter<TImage>::DynamicThreadedGenerateData(const RegionType & region)
{
  const TImage *        chosen = this->GetGate().passed ? this->GetCorrectedImage() : this->GetInput();
  TotalProgressReporter progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TImage::IndexType & index, auto * out)
             {
               const auto * in = chosen->GetBufferPointer() + chosen->ComputeOffset(index);
               if (in != out) // else it runs in place
               {
                 std::copy_n(in, region.GetSize(0), out);
               }
               progress.Completed(region.GetSize(0));
             });
}
} // namespace itk
#endif
