#pragma once

#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"

#include "itkImage.h"

/** histogram-retinex at its defaults, and what it shares with other learners of a field. */
namespace isolux::testing
{
/** The input divided, or inverse multiplied, by the field that the learner, set up but for its input, finds. */
template <typename TLearner>
itk::Image<float, 3>::Pointer
ApplyField(TLearner *                           learner,
           const itk::Image<float, 3> *         image,
           const itk::Image<unsigned char, 3> * mask,
           const itk::Image<float, 3> *         input,
           bool                                 inverse)
{
  learner->SetInput(image);
  learner->SetMaskImage(mask);
  const auto applier = itk::IlluminationCorrectionImageFilter<itk::Image<float, 3>>::New();
  applier->SetInput(input);
  applier->SetFieldInput(learner->GetFieldOutput());
  applier->SetInverse(inverse);
  applier->Update();
  return applier->GetOutput();
}

/** The field at full resolution. */
template <typename TLearner>
itk::Image<float, 3>::Pointer
LearnedField(TLearner * learner, const itk::Image<float, 3> * image, const itk::Image<unsigned char, 3> * mask)
{
  // What is multiplied into an image of ones is the field itself.
  const auto ones = itk::Image<float, 3>::New();
  ones->CopyInformation(image);
  ones->SetRegions(image->GetLargestPossibleRegion());
  ones->Allocate();
  ones->FillBuffer(1.0f);
  return ApplyField(learner, image, mask, ones, true);
}

inline itk::Image<float, 3>::Pointer
HistogramRetinexField(const itk::Image<float, 3> * image, const itk::Image<unsigned char, 3> * mask)
{
  const auto learner = itk::HistogramRetinexSink<itk::Image<float, 3>, itk::Image<unsigned char, 3>>::New();
  return LearnedField(learner.GetPointer(), image, mask);
}
} // namespace isolux::testing
