#include "ViewHistogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace isolux
{
namespace
{
constexpr std::size_t LargestSample = 200000;

bool
IsInside(const MaskImage * mask, const std::size_t voxel)
{
  return mask == nullptr || mask->GetBufferPointer()[voxel] != 0;
}

std::size_t
CountedChannels(const ViewImage & image)
{
  return image.IsColour() ? 3 : image.Channels();
}

/** Finite values, sorted; of everything where the mask holds none. */
std::vector<float>
Sample(const ViewImage & image, const std::size_t frame, const MaskImage * mask)
{
  std::vector<float> sample;
  const std::size_t  channels = CountedChannels(image);
  const std::size_t  stride = std::max<std::size_t>(1, image.VoxelsOfFrame() * channels / LargestSample) | 1U;
  for (std::size_t channel = 0; channel < channels; ++channel)
  {
    const float * pixels = image.Pixels(channel, frame);
    for (std::size_t voxel = 0; voxel < image.VoxelsOfFrame(); voxel += stride)
    {
      if (IsInside(mask, voxel) && std::isfinite(pixels[voxel]))
      {
        sample.push_back(pixels[voxel]);
      }
    }
  }
  if (sample.empty() && mask != nullptr)
  {
    return Sample(image, frame, nullptr);
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

ViewWindow
Between(const std::vector<float> & sorted, const double lowest, const double highest)
{
  if (sorted.empty())
  {
    return {};
  }
  const auto at = [&](const double probability)
  { return sorted[static_cast<std::size_t>(std::lround(probability * static_cast<double>(sorted.size() - 1)))]; };
  const ViewWindow window{ at(lowest), at(highest) };
  return window.Width() > 0.0 ? window : ViewWindow{ window.low - 0.5, window.low + 0.5 };
}
} // namespace

std::size_t
ViewHistogram::Voxels() const
{
  return std::accumulate(counts.begin(), counts.end(), below + above);
}

ViewWindow
ChooseWindow(const ViewImage & image, const std::size_t frame, const MaskImage * mask)
{
  return Between(Sample(image, frame, mask), 0.01, 0.99);
}

ViewHistogram
CountIntensities(const ViewImage & image, const std::size_t frame, const MaskImage * mask)
{
  const ViewWindow range = Between(Sample(image, frame, mask), 0.001, 0.999);
  ViewHistogram    histogram;
  histogram.low = range.low - 0.02 * range.Width();
  histogram.high = range.high + 0.02 * range.Width();
  const double scale = static_cast<double>(ViewHistogram::Bins) / (histogram.high - histogram.low);
  for (std::size_t channel = 0; channel < CountedChannels(image); ++channel)
  {
    const float * pixels = image.Pixels(channel, frame);
#pragma omp parallel
    {
      ViewHistogram own;
#pragma omp for nowait
      for (std::ptrdiff_t voxel = 0; voxel < static_cast<std::ptrdiff_t>(image.VoxelsOfFrame()); ++voxel)
      {
        if (!IsInside(mask, static_cast<std::size_t>(voxel)))
        {
          continue;
        }
        const double value = pixels[voxel];
        if (!std::isfinite(value))
        {
          ++own.nonFinite;
        }
        else if (value < histogram.low)
        {
          ++own.below;
        }
        else if (value >= histogram.high)
        {
          ++own.above;
        }
        else
        {
          ++own.counts[std::min(static_cast<std::size_t>((value - histogram.low) * scale), ViewHistogram::Bins - 1)];
        }
      }
#pragma omp critical
      {
        std::transform(
          own.counts.begin(), own.counts.end(), histogram.counts.begin(), histogram.counts.begin(), std::plus<>());
        histogram.below += own.below;
        histogram.above += own.above;
        histogram.nonFinite += own.nonFinite;
      }
    }
  }
  return histogram;
}

MaskImage::Pointer
FindForeground(const ViewImage & image)
{
  const auto stage = BuiltInStages().Find("foreground").make();
  const auto flow = stage->Connect({ image.Channel(0), nullptr }, 1);
  flow.mask->Update();
  const auto * begin = flow.mask->GetBufferPointer();
  const auto * end = begin + flow.mask->GetBufferedRegion().GetNumberOfPixels();
  if (std::all_of(begin, end, [](const unsigned char inside) { return inside == 0; }))
  {
    return nullptr;
  }
  const MaskImage::Pointer mask = flow.mask;
  mask->DisconnectPipeline();
  return mask;
}
} // namespace isolux
