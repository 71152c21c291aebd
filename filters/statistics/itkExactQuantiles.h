#ifndef itkExactQuantiles_h
#define itkExactQuantiles_h

#include "itkMomentAccumulator.h"
#include "itkQuantileSketch.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace itk
{
/** A row of pixels as floats, and which of them count: those that are finite and inside the mask. Finite intensities
 * beyond float's range become its ends. */
struct FloatRow
{
  std::vector<float>         values;   ///< 0 where `counts` is 0, never -0
  std::vector<unsigned char> counts;   ///< 1 or 0
  std::uint64_t              nan{ 0 }; ///< inside the mask
  std::uint64_t              infinite{ 0 };
  float                      minimum{ std::numeric_limits<float>::infinity() }; ///< finite, outside the mask as well
  float                      maximum{ -std::numeric_limits<float>::infinity() };

  template <typename TPixel, typename TMask>
  void
  Assign(const TPixel * pixels, const TMask * mask, std::size_t length)
  {
    values.resize(length);
    counts.resize(length);
    std::size_t inside = length;
    if (mask == nullptr)
    {
      this->Assign(pixels, [](std::size_t) { return true; });
    }
    else
    {
      this->Assign(pixels, [mask](std::size_t i) { return mask[i] != 0; });
      inside = length - static_cast<std::size_t>(std::count(mask, mask + length, TMask{}));
    }
    nan = infinite = 0;
    if (inside != static_cast<std::size_t>(std::count(counts.begin(), counts.end(), 1)))
    {
      for (std::size_t i = 0; i < length; ++i)
      {
        const bool isInside = mask == nullptr || mask[i] != 0;
        nan += isInside && std::isnan(static_cast<double>(pixels[i]));
        infinite += isInside && std::isinf(static_cast<double>(pixels[i]));
      }
    }
  }

private:
  static constexpr std::size_t Lanes = 8; // independent minima, which the compiler may keep in one register

  template <typename TPixel, typename TInside>
  void
  Assign(const TPixel * pixels, TInside && isInside)
  {
    constexpr auto    bound = static_cast<double>(std::numeric_limits<float>::max());
    constexpr float   infinity = std::numeric_limits<float>::infinity();
    float             lowest[Lanes];
    float             highest[Lanes];
    float * const     floats = values.data();
    unsigned char *   flags = counts.data();
    const std::size_t length = values.size();
    std::fill_n(lowest, Lanes, infinity);
    std::fill_n(highest, Lanes, -infinity);
    for (std::size_t i = 0; i < length; ++i)
    {
      const auto pixel = static_cast<double>(pixels[i]);
      const bool isFinite = pixel - pixel == 0.0;
      const auto value = static_cast<float>(std::min(std::max(pixel, -bound), bound)) + 0.0F; // -0 becomes 0
      const bool isCounted = isFinite && isInside(i);
      floats[i] = isCounted ? value : 0.0F;
      flags[i] = isCounted;
      const float low = isFinite ? value : infinity;
      const float high = isFinite ? value : -infinity;
      lowest[i % Lanes] = low < lowest[i % Lanes] ? low : lowest[i % Lanes];
      highest[i % Lanes] = high > highest[i % Lanes] ? high : highest[i % Lanes];
    }
    minimum = *std::min_element(lowest, lowest + Lanes);
    maximum = *std::max_element(highest, highest + Lanes);
  }
};

/** What the first pass of ExactQuantiles measures. Merging is associative and commutative to the last bit. */
struct IntensitySurvey
{
  QuantileSketch sketch; ///< of what counts
  std::uint64_t  nan{ 0 };
  std::uint64_t  infinite{ 0 };

  void
  Add(const FloatRow & row)
  {
    sketch.Add(row.values.data(), row.counts.data(), row.values.size());
    nan += row.nan;
    infinite += row.infinite;
    m_Minimum = std::min(m_Minimum, row.minimum);
    m_Maximum = std::max(m_Maximum, row.maximum);
  }

  void
  Merge(const IntensitySurvey & other)
  {
    sketch.Merge(other.sketch);
    nan += other.nan;
    infinite += other.infinite;
    m_Minimum = std::min(m_Minimum, other.m_Minimum);
    m_Maximum = std::max(m_Maximum, other.m_Maximum);
  }

  /** Of all finite intensities, outside the mask as well; NaN of none. */
  double
  Minimum() const
  {
    return m_Minimum <= m_Maximum ? static_cast<double>(m_Minimum) : std::numeric_limits<double>::quiet_NaN();
  }
  double
  Maximum() const
  {
    return m_Minimum <= m_Maximum ? static_cast<double>(m_Maximum) : std::numeric_limits<double>::quiet_NaN();
  }

private:
  float m_Minimum{ std::numeric_limits<float>::infinity() };
  float m_Maximum{ -std::numeric_limits<float>::infinity() };
};

/** \class ExactQuantiles
 * \brief Quantiles of float intensities without sorting and without error, from two passes over them.
 *
 * The first pass fills a QuantileSketch. It tells in which bins the order statistics of the wanted quantiles lie; the
 * second pass counts each single float of these bins, 128 KiB a bin and at most two bins a quantile. Both passes merge
 * by addition, in any order. With x_0 <= x_1 <= ... the quantile of p is x_k + f (x_(k+1) - x_k), k + f = p (n - 1):
 * numpy's 'linear'.
 *
 * On request the second pass also takes the moments of what lies between the first and the last quantile, the two
 * included, with every value that ties with them.
 * \ingroup Statistics
 */
class ExactQuantiles
{
public:
  /** Of a second pass: one for each thread, slab or site. */
  struct Counts
  {
    std::vector<std::uint64_t> singles;
    MomentAccumulator          between; ///< of the bins between the first and the last that are not counted singly

    void
    Merge(const Counts & other)
    {
      singles.resize(std::max(singles.size(), other.singles.size()));
      for (std::size_t i = 0; i < other.singles.size(); ++i)
      {
        singles[i] += other.singles[i];
      }
      between.Merge(other.between);
    }
  };

  ExactQuantiles() = default;

  /** `probabilities` in [0, 1] and rising. */
  ExactQuantiles(const QuantileSketch & sketch, const std::vector<double> & probabilities, bool withMoments = false)
    : m_Probabilities(probabilities)
    , m_WithMoments(withMoments)
    , m_Count(sketch.Count())
  {
    if (m_Count == 0 || probabilities.empty())
    {
      return;
    }
    std::vector<std::uint64_t> ranks;
    for (const double probability : probabilities)
    {
      const auto rank = this->RankOf(probability).first;
      ranks.push_back(rank);
      ranks.push_back(std::min(rank + 1, m_Count - 1));
    }
    std::sort(ranks.begin(), ranks.end());

    m_SlotOfBin.assign(QuantileSketch::NumberOfBins, NoSlot);
    std::uint64_t below = 0;
    auto          rank = ranks.begin();
    for (std::size_t bin = 0; rank != ranks.end(); ++bin)
    {
      const auto count = sketch.CountAt(bin);
      if (*rank < below + count)
      {
        m_SlotOfBin[bin] = static_cast<std::uint32_t>(m_Slots.size());
        m_Slots.push_back({ bin, below });
        rank = std::upper_bound(rank, ranks.end(), below + count - 1);
      }
      else if (!m_Slots.empty())
      {
        m_SlotOfBin[bin] = Between;
      }
      below += count;
    }
  }

  /** The second pass. */
  void
  Add(FloatRow & row, Counts & counts) const
  {
    if (m_Slots.empty())
    {
      return;
    }
    counts.singles.resize(m_Slots.size() << QuantileSketch::DroppedBits);
    auto * const       singles = counts.singles.data();
    const auto * const slots = m_SlotOfBin.data();
    const auto * const values = row.values.data();
    auto * const       flags = row.counts.data();
    const std::size_t  length = row.values.size();
    for (std::size_t i = 0; i < length; ++i)
    {
      if (flags[i] != 0)
      {
        const auto key = QuantileSketch::KeyOf(values[i]);
        const auto slot = slots[key >> QuantileSketch::DroppedBits];
        if (slot < Between)
        {
          ++singles[(std::size_t{ slot } << QuantileSketch::DroppedBits) + (key & SingleMask)];
        }
        flags[i] = slot == Between;
      }
    }
    if (m_WithMoments)
    {
      counts.between.Add(row.values.data(), row.counts.data(), row.values.size());
    }
  }

  /** Ends the second pass; before it no quantile is known. */
  void
  SetCounts(Counts counts)
  {
    m_Counts = std::move(counts);
    m_Moments = m_Counts.between;
    if (m_WithMoments && m_Count > 0)
    {
      const double       first = this->Quantile(m_Probabilities.front());
      const double       last = this->Quantile(m_Probabilities.back());
      std::vector<float> same;
      this->ForEachSingle(
        [&](float value, std::uint64_t count, std::uint64_t)
        {
          if (value >= first && value <= last)
          {
            constexpr std::uint64_t block = 4096;
            same.assign(std::min(count, block), value);
            for (; count > 0; count -= std::min(count, block))
            {
              m_Moments.Add(same.data(), NoMask, std::min(count, block));
            }
          }
        });
    }
  }

  /** Of the first pass. */
  std::uint64_t
  Count() const
  {
    return m_Count;
  }

  /** `probability` is one of those given. NaN of no values. */
  double
  Quantile(double probability) const
  {
    const auto [rank, fraction] = this->RankOf(probability);
    double lower = std::numeric_limits<double>::quiet_NaN();
    double upper = lower;
    this->ForEachSingle(
      [&, k = rank](float value, std::uint64_t count, std::uint64_t below)
      {
        const auto holds = [=](std::uint64_t wanted) { return below <= wanted && wanted < below + count; };
        lower = holds(k) ? static_cast<double>(value) : lower;
        upper = holds(std::min(k + 1, m_Count - 1)) ? static_cast<double>(value) : upper;
      });
    // from the nearer of the two, so that neither end is missed by a rounding
    return fraction < 0.5 ? lower + (upper - lower) * fraction : upper - (upper - lower) * (1.0 - fraction);
  }

  /** Values below `quantile` and above it, which is one of the quantiles: its two order statistics are counted singly.
   */
  std::uint64_t
  CountBelow(double quantile) const
  {
    std::uint64_t result = m_Count;
    this->ForEachSingle([&](float value, std::uint64_t, std::uint64_t below)
                        { result = value >= quantile ? std::min(result, below) : result; });
    return result;
  }
  std::uint64_t
  CountAbove(double quantile) const
  {
    std::uint64_t upTo = 0;
    this->ForEachSingle([&](float value, std::uint64_t count, std::uint64_t below)
                        { upTo = value <= quantile ? below + count : upTo; });
    return m_Count - upTo;
  }

  /** Between the first and the last quantile. Where no value lies there (few voxels), Count() is 0. */
  const MomentAccumulator &
  Moments() const
  {
    return m_Moments;
  }

private:
  struct Slot
  {
    std::size_t   bin;
    std::uint64_t below; // values in the bins before
  };
  static constexpr const unsigned char * NoMask = nullptr;
  static constexpr std::uint32_t         SingleMask = (1U << QuantileSketch::DroppedBits) - 1U;
  static constexpr std::uint32_t         NoSlot = ~0U;
  static constexpr std::uint32_t         Between = NoSlot - 1U;

  /** k and f, see above. */
  std::pair<std::uint64_t, double>
  RankOf(double probability) const
  {
    const double position = probability * (static_cast<double>(m_Count) - 1.0);
    const double rank = std::floor(std::max(0.0, position));
    return { static_cast<std::uint64_t>(rank), position - rank };
  }

  /** Calls f(value, count, values before it) for each float that was counted singly, in rising order. */
  template <typename TFunction>
  void
  ForEachSingle(TFunction && f) const
  {
    for (std::size_t slot = 0; slot < m_Slots.size() && !m_Counts.singles.empty(); ++slot)
    {
      const auto * counts = m_Counts.singles.data() + (slot << QuantileSketch::DroppedBits);
      auto         below = m_Slots[slot].below;
      for (std::size_t single = 0; single <= SingleMask; ++single)
      {
        if (counts[single] > 0)
        {
          const auto key = (m_Slots[slot].bin << QuantileSketch::DroppedBits) + single;
          f(QuantileSketch::ValueOf(static_cast<std::uint32_t>(key)), counts[single], below);
          below += counts[single];
        }
      }
    }
  }

  std::vector<double>        m_Probabilities;
  bool                       m_WithMoments{ false };
  std::uint64_t              m_Count{ 0 };
  std::vector<std::uint32_t> m_SlotOfBin;
  std::vector<Slot>          m_Slots; // in rising order
  Counts                     m_Counts;
  MomentAccumulator          m_Moments;
};
} // namespace itk

#endif
