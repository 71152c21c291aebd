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

/** The chosen channel, or those that are seen together. */
std::vector<std::size_t>
CountedChannels(const ViewImage & image, const std::optional<std::size_t> & channel)
{
  if (channel)
  {
    return { image.ChannelAt(channel) };
  }
  std::vector<std::size_t> channels(image.IsColour() ? 3 : image.Channels());
  std::iota(channels.begin(), channels.end(), 0);
  return channels;
}

/** Finite values, sorted; of everything where the mask holds none. */
std::vector<float>
Sample(const ViewImage &                image,
       const std::size_t                frame,
       const MaskImage *                mask,
       const std::vector<std::size_t> & channels)
{
  std::vector<float> sample;
  const std::size_t  stride = std::max<std::size_t>(1, image.VoxelsOfFrame() * channels.size() / LargestSample) | 1U;
  for (const std::size_t channel : channels)
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
    return Sample(image, frame, nullptr, channels);
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

/** Of which every value is a multiple away from the first; 0 where there is none that rounding does not hide. */
double
StepOf(const std::vector<float> & sorted)
{
  double step = 0.0;
  for (std::size_t i = 1; i < sorted.size(); ++i)
  {
    const double apart = static_cast<double>(sorted[i]) - sorted[i - 1];
    step = apart > 0.0 && (step == 0.0 || apart < step) ? apart : step;
  }
  if (step == 0.0)
  {
    return 0.0;
  }
  if (std::all_of(sorted.begin(), sorted.end(), [](const float value) { return value == std::floor(value); }))
  {
    std::int64_t common = 0;
    for (const float value : sorted)
    {
      const double away = static_cast<double>(value) - sorted.front();
      common = std::gcd(common, away < 1e15 ? static_cast<std::int64_t>(away) : 1);
    }
    return static_cast<double>(common);
  }
  constexpr double tolerance = 0.05; // steps
  const double     range = static_cast<double>(sorted.back()) - sorted.front();
  step = range / std::round(range / step);
  const bool isGrid = std::all_of(sorted.begin(),
                                  sorted.end(),
                                  [&](const float value)
                                  {
                                    const double steps = (static_cast<double>(value) - sorted.front()) / step;
                                    return std::abs(steps - std::round(steps)) < tolerance;
                                  });
  return isGrid ? step : 0.0;
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

ViewWindow
ChooseWindow(const ViewImage & image, const std::size_t frame, const MaskImage * mask)
{
  return Between(Sample(image, frame, mask, CountedChannels(image, std::nullopt)), 0.01, 0.99);
}

ViewHistogram
CountIntensities(const ViewImage &                image,
                 const std::size_t                frame,
                 const MaskImage *                mask,
                 const std::optional<std::size_t> channel)
{
  const auto       channels = CountedChannels(image, channel);
  const auto       sample = Sample(image, frame, mask, channels);
  const ViewWindow range = Between(sample, 0.001, 0.999);
  const double     step = StepOf(sample);
  std::size_t      bins = ViewHistogram::MostBins;
  ViewHistogram    histogram;
  histogram.low = range.low - 0.02 * range.Width();
  histogram.high = range.high + 0.02 * range.Width();
  if (step > 0.0)
  {
    histogram.low = sample.front() + (std::floor((histogram.low - sample.front()) / step) - 0.5) * step;
    const double bin = step * std::max(1.0, std::ceil((histogram.high - histogram.low) / step / bins));
    bins = static_cast<std::size_t>(std::ceil((histogram.high - histogram.low) / bin));
    histogram.high = histogram.low + static_cast<double>(bins) * bin;
  }
  histogram.counts.resize(bins);
  const double               scale = static_cast<double>(bins) / (histogram.high - histogram.low);
  std::vector<const float *> pixels;
  for (const std::size_t counted : channels)
  {
    pixels.push_back(image.Pixels(counted, frame));
  }
#pragma omp parallel
  {
    ViewHistogram own;
    own.counts.resize(bins);
#pragma omp for nowait
    for (std::ptrdiff_t voxel = 0; voxel < static_cast<std::ptrdiff_t>(image.VoxelsOfFrame()); ++voxel)
    {
      if (!IsInside(mask, static_cast<std::size_t>(voxel)))
      {
        continue;
      }
      std::size_t finite = 0;
      for (const float * values : pixels)
      {
        const double value = values[voxel];
        if (!std::isfinite(value))
        {
          continue;
        }
        ++finite;
        if (value < histogram.low)
        {
          ++own.below;
        }
        else if (value >= histogram.high)
        {
          ++own.above;
        }
        else
        {
          ++own.counts[std::min(static_cast<std::size_t>((value - histogram.low) * scale), bins - 1)];
        }
      }
      own.voxels += finite > 0;
      own.nonFinite += finite < pixels.size();
    }
#pragma omp critical
    {
      std::transform(
        own.counts.begin(), own.counts.end(), histogram.counts.begin(), histogram.counts.begin(), std::plus<>());
      histogram.below += own.below;
      histogram.above += own.above;
      histogram.voxels += own.voxels;
      histogram.nonFinite += own.nonFinite;
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
