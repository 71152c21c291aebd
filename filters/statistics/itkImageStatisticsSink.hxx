#ifndef itkImageStatisticsSink_hxx
#define itkImageStatisticsSink_hxx

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace itk
{
inline void
ImageStatistics::Merge(const ImageStatistics & other)
{
  moments.Merge(other.moments);
  sketch.Merge(other.sketch);
  for (const float value : other.m_Few)
  {
    this->AddDrawn(value);
  }
  voxels += other.voxels;
  nan += other.nan;
  infinite += other.infinite;
  nonPositive += other.nonPositive;
  minimum = std::min(minimum, other.minimum);
  maximum = std::max(maximum, other.maximum);
}

inline void
ImageStatistics::AddDrawn(float value)
{
  constexpr std::size_t most = 1U << 14U;
  if (m_Few.size() < most)
  {
    m_Few.push_back(value);
    return;
  }
  sketch.Add(value);
}

inline void
ImageStatistics::Finish()
{
  for (const float value : m_Few)
  {
    sketch.Add(value);
  }
  m_Few.clear();
}

template <typename TPixel, typename TMask>
void
ImageStatistics::Add(
  const TPixel * run, const TMask * mask, std::size_t length, const QuantileDraw & draw, std::uint64_t first)
{
  constexpr std::size_t block = 4096; // as MomentAccumulator's: in cache for what follows
  static_assert(block % QuantileDraw::SegmentLength == 0, "blocks are cut into whole segments");
  for (std::size_t begin = 0; begin < length; begin += block)
  {
    const auto          size = std::min(block, length - begin);
    const TPixel *      values = run + begin;
    const TMask *       inside = mask != nullptr ? mask + begin : nullptr;
    const auto          before = moments.Count();
    const auto          skipped = moments.Add(values, inside, size);
    const std::uint64_t counted = moments.Count() - before + skipped;
    voxels += counted;
    if (counted == 0)
    {
      continue;
    }
    skipped > 0         ? this->AddChecked(values, inside, size)
    : inside == nullptr ? this->AddRange<false>(values, inside, size)
                        : this->AddRange<true>(values, inside, size);
    for (std::size_t segment = 0; segment < size && !draw.IsNone(); segment += QuantileDraw::SegmentLength)
    {
      if (!draw.Draws(first + begin + segment))
      {
        continue;
      }
      for (std::size_t i = segment; i < std::min(size, segment + QuantileDraw::SegmentLength); ++i)
      {
        if ((inside == nullptr || inside[i] != 0) && std::isfinite(static_cast<double>(values[i])))
        {
          constexpr auto bound = static_cast<double>(std::numeric_limits<float>::max());
          this->AddDrawn(static_cast<float>(std::clamp(static_cast<double>(values[i]), -bound, bound)));
        }
      }
    }
  }
}

template <typename TPixel, typename TMask>
void
ImageStatistics::AddChecked(const TPixel * run, const TMask * mask, std::size_t length)
{
  for (std::size_t i = 0; i < length; ++i)
  {
    if (mask != nullptr && mask[i] == 0)
    {
      continue;
    }
    const auto value = static_cast<double>(run[i]);
    nonPositive += value <= 0.0;
    nan += std::isnan(value);
    infinite += std::isinf(value);
    if (std::isfinite(value))
    {
      minimum = std::min(minimum, value + 0.0); // -0 is 0
      maximum = std::max(maximum, value + 0.0);
    }
  }
}

template <bool VMasks, typename TPixel, typename TMask>
void
ImageStatistics::AddRange(const TPixel * run, const TMask * mask, std::size_t length)
{
  constexpr std::size_t            lanes = 16; // which the compiler may keep in registers
  std::array<TPixel, lanes>        lowest;
  std::array<TPixel, lanes>        highest;
  std::array<std::uint32_t, lanes> counts{};
  lowest.fill(std::numeric_limits<TPixel>::max());
  highest.fill(std::numeric_limits<TPixel>::lowest());
  const auto add = [&](std::size_t lane, std::size_t i)
  {
    const auto value = run[i];
    const bool isInside = !VMasks || mask[i] != 0;
    lowest[lane] = isInside && value < lowest[lane] ? value : lowest[lane];
    highest[lane] = isInside && value > highest[lane] ? value : highest[lane];
    counts[lane] += isInside && value <= TPixel{};
  };
  std::size_t i = 0;
  for (; i + lanes <= length; i += lanes)
  {
    for (std::size_t lane = 0; lane < lanes; ++lane)
    {
      add(lane, i + lane);
    }
  }
  for (; i < length; ++i)
  {
    add(0, i);
  }
  const auto low = static_cast<double>(*std::min_element(lowest.begin(), lowest.end()));
  const auto high = static_cast<double>(*std::max_element(highest.begin(), highest.end()));
  if (low <= high) // else nothing inside
  {
    minimum = std::min(minimum, low + 0.0); // -0 is 0
    maximum = std::max(maximum, high + 0.0);
  }
  nonPositive += std::accumulate(counts.begin(), counts.end(), std::uint64_t{ 0 });
}

template <typename TImage, typename TMask>
void
AddStatistics(MultiThreaderBase *                 threader,
              const TImage *                      image,
              const TMask *                       mask,
              const typename TImage::RegionType & piece,
              const QuantileDraw &                draw,
              ImageStatistics &                   total)
{
  const auto whole = image->GetLargestPossibleRegion();
  ReduceRegion(threader,
               piece,
               SlowestAxis(whole),
               total,
               [&](const auto & slab, ImageStatistics & statistics)
               {
                 ForEachRun(image,
                            slab,
                            RunAxes(image, mask),
                            [&](const typename TImage::IndexType & index, const auto * run, std::size_t length)
                            { statistics.Add(run, MaskAt(mask, index), length, draw, NumberOf(whole, index)); });
               });
  total.Finish();
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Total = ImageStatistics{};
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  AddStatistics(this->GetMultiThreader(),
                this->GetInput(),
                this->GetMaskImage(),
                this->m_Region,
                m_CollectQuantiles ? QuantileDraw::All() : QuantileDraw::None(),
                m_Total);
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  this->SetMoments({ m_Total.moments.Mean(), m_Total.moments.Variance(), m_Total.moments.Count() });
  this->SetStatistics(std::make_shared<const ImageStatistics>(m_Total));
  m_Total = ImageStatistics{};
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "CollectQuantiles: " << m_CollectQuantiles << '\n';
}
} // namespace itk
#endif
