#pragma once

#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"

#include "itkImage.h"

namespace isolux::testing
{
/** What histogram-retinex at its defaults divides this image by, at full resolution. */
inline itk::Image<float, 3>::Pointer
HistogramRetinexField(const itk::Image<float, 3> * image, const itk::Image<unsigned char, 3> * mask)
{
  using Image = itk::Image<float, 3>;
  using Mask = itk::Image<unsigned char, 3>;
  const auto learner = itk::HistogramRetinexSink<Image, Mask>::New();
  learner->SetInput(image);
  learner->SetMaskImage(mask);
  learner->Update();

  // What is multiplied into an image of ones is the field itself.
  const auto ones = Image::New();
  ones->CopyInformation(image);
  ones->SetRegions(image->GetLargestPossibleRegion());
  ones->Allocate();
  ones->FillBuffer(1.0f);
  const auto applier = itk::IlluminationCorrectionImageFilter<Image>::New();
  applier->SetInput(ones);
  applier->SetField(learner->GetField());
  applier->SetInverse(true);
  applier->Update();
  return applier->GetOutput();
}
} // namespace isolux::testing
