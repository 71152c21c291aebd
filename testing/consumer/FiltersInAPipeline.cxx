#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"
#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"

#include "itkBinaryThresholdImageFilter.h"
#include "itkClampImageFilter.h"
#include "itkImageRegionConstIterator.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkShiftScaleImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

// Filters of Isolux between plain filters of ITK, as a user writes them.
namespace
{
using InputType = itk::Image<short, 3>;
using ImageType = itk::Image<float, 3>;
using MaskType = itk::Image<unsigned char, 3>;

/** A block of two tissues in air, brighter along x. */
InputType::Pointer
Block()
{
  auto image = InputType::New();
  image->SetRegions(InputType::SizeType{ { 24, 20, 16 } });
  image->Allocate();
  for (itk::ImageRegionIteratorWithIndex<InputType> voxel(image, image->GetBufferedRegion()); !voxel.IsAtEnd(); ++voxel)
  {
    const auto index = voxel.GetIndex();
    const bool inside =
      index[0] >= 4 && index[0] < 20 && index[1] >= 4 && index[1] < 16 && index[2] >= 3 && index[2] < 13;
    const int tissue = index[1] < 10 ? 800 : 1200;
    voxel.Set(static_cast<short>(inside ? tissue + 10 * index[0] : index[1] % 3));
  }
  return image;
}

/** The image evened and normalized inside its mask, in that many pieces. */
ImageType::Pointer
Normalized(const InputType * image, const MaskType * mask, unsigned int pieces)
{
  auto rescale = itk::ShiftScaleImageFilter<InputType, ImageType>::New(); // an ITK filter before
  rescale->SetInput(image);
  rescale->SetScale(0.5);

  auto field = itk::HistogramRetinexSink<ImageType>::New();
  field->SetInput(rescale->GetOutput());
  field->SetMaskImage(mask);
  field->SetNumberOfStreamDivisions(pieces);

  auto correct = itk::IlluminationCorrectionImageFilter<ImageType>::New();
  correct->SetInput(rescale->GetOutput());
  correct->SetFieldInput(field->GetFieldOutput());

  auto moments = itk::InstanceMomentsSink<ImageType>::New();
  moments->SetInput(correct->GetOutput());
  moments->SetMaskImage(mask);
  moments->SetNumberOfStreamDivisions(pieces);

  auto normalize = itk::InstanceNormalizationImageFilter<ImageType>::New();
  normalize->SetInput(correct->GetOutput());
  normalize->SetMomentsInput(moments->GetMomentsOutput());

  auto clamp = itk::ClampImageFilter<ImageType, ImageType>::New(); // and one after
  clamp->SetInput(normalize->GetOutput());
  clamp->SetBounds(-3.0F, 3.0F);

  auto stream = itk::StreamingImageFilter<ImageType, ImageType>::New();
  stream->SetInput(clamp->GetOutput());
  stream->SetNumberOfStreamDivisions(pieces);
  stream->Update();
  return stream->GetOutput();
}
} // namespace

int
main()
{
  const auto block = Block();
  auto       threshold = itk::BinaryThresholdImageFilter<InputType, MaskType>::New();
  threshold->SetInput(block);
  threshold->SetLowerThreshold(100);
  threshold->Update();
  const MaskType * mask = threshold->GetOutput();
  const auto       whole = Normalized(block, mask, 1);
  const auto       streamed = Normalized(block, mask, 5);

  double count = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  bool   same = true;

  itk::ImageRegionConstIterator<ImageType> one(whole, whole->GetBufferedRegion());
  itk::ImageRegionConstIterator<ImageType> other(streamed, whole->GetBufferedRegion());
  itk::ImageRegionConstIterator<MaskType>  inside(mask, whole->GetBufferedRegion());
  for (; !one.IsAtEnd(); ++one, ++other, ++inside)
  {
    same = same && one.Get() == other.Get();
    if (inside.Get() != 0)
    {
      count += 1.0;
      sum += one.Get();
      squares += static_cast<double>(one.Get()) * one.Get();
    }
  }
  std::cout << count << " voxels, mean " << sum / count << ", mean square " << squares / count
            << (same ? ", the same in pieces\n" : ", but other bits in pieces\n");
  // each value is rounded to float
  const bool normalized =
    count == 16 * 12 * 10 && std::abs(sum / count) < 1e-6 && std::abs(squares / count - 1.0) < 1e-5;
  return same && normalized ? EXIT_SUCCESS : EXIT_FAILURE;
}
