#include "Images.h"

#include "Volume.h"

#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace isolux::testing
{
namespace
{
template <typename TImage>
typename TImage::Pointer
CutBox(const TImage * image, const std::array<long, 4> & start, const std::array<std::size_t, 4> & size)
{
  typename TImage::RegionType region;
  for (unsigned int axis = 0; axis < 4; ++axis)
  {
    region.SetIndex(axis, start[axis]);
    region.SetSize(axis, size[axis]);
  }
  const auto part = TImage::New();
  part->SetSpacing(image->GetSpacing());
  part->SetRegions(region.GetSize());
  part->Allocate();
  auto * to = part->GetBufferPointer();
  itk::ForEachRow(image,
                  region,
                  [&](const auto &, const auto * row)
                  {
                    std::copy_n(row, size[0], to);
                    to += size[0];
                  });
  return part;
}
} // namespace

WorkImage::Pointer
ReadImage(const std::string & name, std::size_t channel)
{
  return ReadVolume(ISOLUX_SOURCE_DIR "/data/" + name).channels.at(channel);
}

MaskImage::Pointer
ReadMask(const std::string & name, const std::vector<int> & labels)
{
  const auto image = ReadImage(name);
  const auto mask = MaskImage::New();
  mask->CopyInformation(image);
  mask->SetRegions(image->GetLargestPossibleRegion());
  mask->Allocate();
  std::transform(image->GetBufferPointer(),
                 image->GetBufferPointer() + image->GetLargestPossibleRegion().GetNumberOfPixels(),
                 mask->GetBufferPointer(),
                 [&labels](float value)
                 { return std::find(labels.begin(), labels.end(), static_cast<int>(value)) != labels.end(); });
  return mask;
}

Head::Head(const std::string & name)
  : image(ReadImage("heads/" + name + "_T1w.nii.gz"))
  , brain(ReadMask("masks/" + name + "_brain.nii.gz", { 1 }))
  , greyMatter(ReadMask("tissue/" + name + "_tissue.nii.gz", { 2 }))
  , whiteMatter(ReadMask("tissue/" + name + "_tissue.nii.gz", { 3 }))
{
}

WorkImage::Pointer
MakeWorkImage(const std::array<std::size_t, 4> & size, const std::function<double(std::size_t)> & f)
{
  const auto image = WorkImage::New();
  image->SetRegions(WorkImage::SizeType{ { size[0], size[1], size[2], size[3] } });
  image->Allocate();
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    image->GetBufferPointer()[i] = static_cast<float>(f(i));
  }
  return image;
}

WorkImage::Pointer
Mapped(const WorkImage * image, const std::function<double(double, std::size_t)> & f)
{
  const auto result = WorkImage::New();
  result->CopyInformation(image);
  result->SetRegions(image->GetLargestPossibleRegion());
  result->Allocate();
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    result->GetBufferPointer()[i] = static_cast<float>(f(image->GetBufferPointer()[i], i));
  }
  return result;
}

WorkImage::Pointer
Scaled(const WorkImage * image, double gain, double offset)
{
  return Mapped(image, [=](double value, std::size_t) { return gain * value + offset; });
}

WorkImage::Pointer
Cut(const WorkImage * image, const std::array<long, 4> & start, const std::array<std::size_t, 4> & size)
{
  return CutBox(image, start, size);
}

MaskImage::Pointer
Cut(const MaskImage * mask, const std::array<long, 4> & start, const std::array<std::size_t, 4> & size)
{
  return CutBox(mask, start, size);
}

Images
Patches(const WorkImage * image, std::size_t size)
{
  const auto extent = image->GetLargestPossibleRegion().GetSize();
  const auto step = static_cast<long>(size);
  Images     patches;
  for (long t = 0; t < static_cast<long>(extent[T]); ++t)
  {
    for (long z = 0; z < static_cast<long>(extent[Z]); ++z)
    {
      for (long y = 0; y + step <= static_cast<long>(extent[Y]); y += step)
      {
        for (long x = 0; x + step <= static_cast<long>(extent[X]); x += step)
        {
          patches.push_back(Cut(image, { { x, y, z, t } }, { { size, size, 1, 1 } }));
        }
      }
    }
  }
  return patches;
}

Images
Slices(const WorkImage * image, long first, long last)
{
  const auto extent = image->GetLargestPossibleRegion().GetSize();
  Images     slices;
  for (long z = first; z < last; ++z)
  {
    slices.push_back(Cut(image, { { 0, 0, z, 0 } }, { { extent[X], extent[Y], 1, 1 } }));
  }
  return slices;
}

std::vector<ImageSet>
ImageSets()
{
  ImageSet photographs{ "64 x 64 patches of four photographs", {} };
  for (const char * name : { "retina_rgb.png", "bookplate_rgb.jpg", "page.png", "text.png" })
  {
    for (const auto & patch : Patches(ReadImage(std::string("photos/") + name), 64))
    {
      photographs.images.push_back(patch);
    }
  }
  return { { "56 slices of ixi013", Slices(ReadImage("heads/ixi013_T1w.nii.gz"), 8, 64) },
           { "64 x 64 patches of six microscope tiles", Patches(ReadImage("microscopy/brain_tiles.tif"), 64) },
           photographs };
}

Pixels
Inside(const WorkImage * image, const MaskImage * mask)
{
  Pixels pixels;
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    if (mask->GetBufferPointer()[i] != 0)
    {
      pixels.push_back(image->GetBufferPointer()[i]);
    }
  }
  return pixels;
}

Moments
MomentsOf(const WorkImage * image, const Learning & learning)
{
  using Sink = itk::InstanceMomentsSink<WorkImage, MaskImage>;
  Sink::AxesType kept{};
  for (const auto axis : learning.kept)
  {
    kept[axis] = true;
  }
  const auto sink = Sink::New();
  sink->SetInput(image);
  sink->SetMaskImage(learning.mask);
  sink->SetWeightImage(learning.weights);
  sink->SetKeptAxes(kept);
  sink->Update();
  return sink->GetMoments();
}

void
AddTo(itk::MomentAccumulator & accumulator, const WorkImage * image, const MaskImage * mask)
{
  const auto region = image->GetLargestPossibleRegion();
  itk::ForEachRow(image,
                  region,
                  [&](const auto & index, const float * row)
                  { accumulator.Add(row, itk::MaskAt(mask, index), region.GetSize(0)); });
}

itk::MomentAccumulator
Accumulated(const WorkImage * image, const MaskImage * mask)
{
  itk::MomentAccumulator accumulator;
  AddTo(accumulator, image, mask);
  return accumulator;
}

itk::MomentAccumulator
Accumulated(const Images & images)
{
  itk::MomentAccumulator accumulator;
  for (const auto & image : images)
  {
    AddTo(accumulator, image, nullptr);
  }
  return accumulator;
}

itk::MeanAndVariance
MomentsOf(const itk::MomentAccumulator & accumulator)
{
  return { accumulator.Mean(), accumulator.Variance(), accumulator.Count() };
}

double
DeviationOf(const itk::MeanAndVariance & moments)
{
  return std::sqrt(moments.variance);
}

WorkImage::Pointer
Normalized(const WorkImage * image, const Moments & moments, const Applying & applying)
{
  const auto filter = itk::InstanceNormalizationImageFilter<WorkImage>::New();
  filter->SetInput(image);
  filter->SetMoments(moments);
  filter->SetEpsilon(applying.epsilon);
  filter->SetGamma(applying.gamma);
  filter->SetBeta(applying.beta);
  filter->SetInverse(applying.inverse);
  filter->Update();
  return filter->GetOutput();
}

WorkImage::Pointer
Normalized(const WorkImage * image, const Learning & learning, const Applying & applying)
{
  return Normalized(image, MomentsOf(image, learning), applying);
}

double
LargestDifference(const WorkImage * a, const WorkImage * b)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < a->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const double difference = static_cast<double>(a->GetBufferPointer()[i]) - b->GetBufferPointer()[i];
    largest = std::max(largest, std::abs(difference));
  }
  return largest;
}

namespace
{
double
MeanOf(const std::vector<double> & values)
{
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double
Covariance(const std::vector<double> & a, const std::vector<double> & b)
{
  const double meanOfA = MeanOf(a);
  const double meanOfB = MeanOf(b);
  double       sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    sum += (a[i] - meanOfA) * (b[i] - meanOfB);
  }
  return sum / static_cast<double>(a.size());
}
} // namespace

double
Deviation(const std::vector<double> & values)
{
  return std::sqrt(Covariance(values, values));
}

double
Correlation(const std::vector<double> & a, const std::vector<double> & b)
{
  const double scale = Deviation(a) * Deviation(b);
  return scale > 0.0 ? Covariance(a, b) / scale : 0.0;
}
} // namespace isolux::testing
