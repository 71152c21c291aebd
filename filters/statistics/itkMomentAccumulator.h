#ifndef itkMomentAccumulator_h
#define itkMomentAccumulator_h

#include "itkExactSum.h"
#include "itkInstructionSet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace itk
{
/** \class MomentAccumulator
 * \brief Count, mean and variance of intensities; merging is associative and commutative to the last bit.
 *
 * Add() reduces each block of 4096 intensities to its count, sum and squared deviations about its own mean, and adds
 * sum and sum of squares to ExactSum. The result depends on the runs alone, not on the order in which threads or stream
 * divisions deliver them nor on the processor, and a small spread on a large offset keeps its variance.
 *
 * AddWeighted() gives the mean sum(w x) / sum(w) and the variance sum(w (x - mean)^2) / sum(w); what Add() adds has
 * weight 1.
 *
 * Skipped are non-finite intensities and those beyond 1e140, of weighted ones beyond 1e60: their squares could
 * overflow. Mean() and Variance() are NaN when Count() is 0. Of a single intensity, whatever the weights, the mean is
 * that intensity and the variance 0, which sums of rounded products would miss.
 *
 * \ingroup Statistics
 */
class MomentAccumulator
{
public:
  static constexpr double Limit = 1e140;
  static constexpr double WeightedLimit = 1e60;

  /** Adds `length` intensities, those with a non-zero mask where `mask` is given. Cut an image into the same runs
   * whenever the same bits are wanted; long runs are faster. Returns how many inside the mask were skipped. */
  template <typename TPixel, typename TMask>
  std::uint64_t
  Add(const TPixel * run, const TMask * mask, std::size_t length, InstructionSet instructions = BestInstructionSet())
  {
    std::uint64_t skipped = 0;
    for (std::size_t begin = 0; begin < length; begin += BlockLength)
    {
      skipped +=
        this->AddBlock(run + begin, mask ? mask + begin : nullptr, std::min(BlockLength, length - begin), instructions);
    }
    return skipped;
  }

  /** As Add(), each intensity with its weight, of any scale. A weight that is not positive, or beyond 1e60, does not
   * count. Returns how many intensities inside the mask were skipped, whatever their weight. */
  template <typename TPixel, typename TMask, typename TWeight>
  std::uint64_t
  AddWeighted(const TPixel * run, const TMask * mask, const TWeight * weights, std::size_t length)
  {
    std::uint64_t skipped = 0;
    for (std::size_t begin = 0; begin < length; begin += BlockLength)
    {
      skipped += this->AddWeightedBlock(
        run + begin, mask ? mask + begin : nullptr, weights + begin, std::min(BlockLength, length - begin));
    }
    return skipped;
  }

  void
  Merge(const MomentAccumulator & other)
  {
    this->MergeIntensity(other);
    m_Count += other.m_Count;
    m_Weight.Merge(other.m_Weight);
    m_Sum.Merge(other.m_Sum);
    m_SumOfSquares.Merge(other.m_SumOfSquares);
  }

  /** The sums, as ExactSum::Terms(): an accumulator made of it merges to the same bits. Not that there was but a single
   * intensity. */
  struct Record
  {
    std::uint64_t       count{ 0 };
    std::vector<double> weight;
    std::vector<double> sum;
    std::vector<double> sumOfSquares;
  };

  Record
  ToRecord() const
  {
    return { m_Count, m_Weight.Terms(), m_Sum.Terms(), m_SumOfSquares.Terms() };
  }

  explicit MomentAccumulator(const Record & record)
    : m_Count(record.count)
    , m_Weight(record.weight)
    , m_Sum(record.sum)
    , m_SumOfSquares(record.sumOfSquares)
  {
  }
  MomentAccumulator() = default;

  /** Of the intensities of positive weight. */
  std::uint64_t
  Count() const
  {
    return m_Count;
  }

  double
  SumOfWeights() const
  {
    return m_Weight.Value();
  }

  double
  Mean() const
  {
    if (m_IsConstant)
    {
      return m_Intensity;
    }
    return m_Count > 0 ? m_Sum.Value() / m_Weight.Value() : std::numeric_limits<double>::quiet_NaN();
  }

  /** Biased: the sum of squared deviations divided by SumOfWeights(), which is Count() without weights. */
  double
  Variance() const
  {
    if (m_Count == 0)
    {
      return std::numeric_limits<double>::quiet_NaN();
    }
    if (m_IsConstant)
    {
      return 0.0;
    }
    // sum of squares - sum^2 / weight; sum, weight and quotient as pairs of doubles
    const Pair   sum = PairOf(m_Sum);
    const Pair   weight = PairOf(m_Weight);
    const double square = sum.high * sum.high;
    const double squareLow = std::fma(sum.high, sum.high, -square) + 2.0 * sum.high * sum.low;
    const double quotient = square / weight.high;
    const double quotientLow =
      (std::fma(-quotient, weight.high, square) + squareLow - quotient * weight.low) / weight.high;
    ExactSum deviations = m_SumOfSquares;
    deviations.Add(-quotient);
    deviations.Add(-quotientLow);
    return std::max(0.0, deviations.Value() / weight.high);
  }

private:
  static constexpr std::size_t BlockLength = 4096; // with its conversion, fits the smallest first-level cache twice
  static constexpr int         Lanes = 16;

  struct Pair
  {
    double high;
    double low;
  };

  static Pair
  PairOf(const ExactSum & sum)
  {
    const double high = sum.Value();
    ExactSum     rest = sum;
    rest.Add(-high);
    return { high, rest.Value() };
  }

  /** Adds the lanes in an order that no register width changes. */
  static double
  AddUp(std::array<double, Lanes> lanes)
  {
    for (std::size_t half = Lanes / 2; half > 0; half /= 2)
    {
      for (std::size_t lane = 0; lane < half; ++lane)
      {
        lanes[lane] += lanes[lane + half];
      }
    }
    return lanes[0];
  }

  struct BlockSum
  {
    double        sum;
    std::uint64_t inside;  // the mask
    std::uint64_t counted; // neither is valid of squares
  };

  /** The sum of the intensities of a block, or with VSquares of their squared deviations from `center`: intensity i is
   * added to lane i % Lanes. With VMasks those whose mask is 0 do not count, with VChecks those beyond the limit. */
  template <bool VSquares, bool VMasks, bool VChecks>
  struct BlockKernel
  {
    template <int VWidth, typename TPixel, typename TMask>
    [[gnu::always_inline]] static inline BlockSum
    Run(const TPixel * run, const TMask * mask, std::size_t length, double center)
    {
      constexpr int   registers = Lanes / VWidth;
      Doubles<VWidth> sums[registers] = {};
      Truths<VWidth>  inside[registers] = {};
      Truths<VWidth>  counted[registers] = {};
      std::size_t     i = 0;
      for (; i + Lanes <= length; i += Lanes)
      {
        if constexpr (VSquares) // this pass reads what the other has left in cache: time to fetch the next block
        {
          __builtin_prefetch(run + i + BlockLength, 0, 2);
        }
#pragma GCC unroll 8
        for (int r = 0; r < registers; ++r)
        {
          const std::size_t first = i + static_cast<std::size_t>(r * VWidth);
          Doubles<VWidth>   value;
          LoadDoubles<VWidth>(run + first, value);
          [[maybe_unused]] Truths<VWidth> counts = ~Truths<VWidth>{};
          if constexpr (VMasks)
          {
            LoadTruths<VWidth>(mask + first, counts);
            if constexpr (!VSquares)
            {
              inside[r] -= counts;
            }
          }
          if constexpr (VChecks)
          {
            const auto magnitude = (Doubles<VWidth>)((Truths<VWidth>)value & std::numeric_limits<std::int64_t>::max());
            counts &= (Truths<VWidth>)(magnitude <= Limit); // false for NaN
            if constexpr (!VSquares)
            {
              counted[r] -= counts;
            }
          }
          if constexpr (VSquares)
          {
            value -= center;
          }
          if constexpr (VMasks || VChecks)
          {
            value = (Doubles<VWidth>)((Truths<VWidth>)value & counts);
          }
          sums[r] += VSquares ? value * value : value;
        }
      }
      std::array<double, Lanes> lanes;
      static_assert(sizeof(lanes) == sizeof(sums), "lanes fill the registers");
      std::memcpy(lanes.data(), sums, sizeof(sums));
      BlockSum result{ 0.0, 0, 0 };
      for (int r = 0; !VSquares && r < registers; ++r)
      {
        for (int lane = 0; lane < VWidth; ++lane)
        {
          result.inside += static_cast<std::uint64_t>(inside[r][lane]);
          result.counted += static_cast<std::uint64_t>(counted[r][lane]);
        }
      }
      for (; i < length; ++i)
      {
        const auto   value = static_cast<double>(run[i]);
        const bool   isInside = !VMasks || mask[i] != 0;
        const bool   counts = isInside && (!VChecks || std::abs(value) <= Limit);
        const double term = VSquares ? value - center : value;
        lanes[i % Lanes] += !counts ? 0.0 : VSquares ? term * term : term;
        result.inside += isInside;
        result.counted += counts;
      }
      result.inside = VMasks ? result.inside : length;
      result.counted = VChecks ? result.counted : result.inside;
      result.sum = AddUp(lanes);
      return result;
    }
  };

  /** Called before the `length` intensities of a run, those that count, are added. */
  template <typename TPixel, typename TCounts>
  void
  NoteIntensity(const TPixel * run, std::size_t length, TCounts && counts)
  {
    bool isFirst = m_Count == 0;
    bool isConstant = isFirst || m_IsConstant;
    for (std::size_t i = 0; isConstant && i < length; ++i)
    {
      if (counts(i))
      {
        const double intensity = static_cast<double>(run[i]) + 0.0; // -0 becomes 0
        m_Intensity = isFirst ? intensity : m_Intensity;
        isConstant = intensity == m_Intensity;
        isFirst = false;
      }
    }
    m_IsConstant = isConstant && !isFirst;
  }

  void
  MergeIntensity(const MomentAccumulator & other)
  {
    if (m_Count == 0)
    {
      m_IsConstant = other.m_IsConstant;
      m_Intensity = other.m_Intensity;
    }
    else if (other.m_Count > 0)
    {
      m_IsConstant = m_IsConstant && other.m_IsConstant && m_Intensity == other.m_Intensity;
    }
  }

  template <typename TPixel, typename TMask>
  std::uint64_t
  AddBlock(const TPixel * run, const TMask * mask, std::size_t length, InstructionSet instructions)
  {
    if (mask != nullptr && std::memcmp(mask, mask + 1, (length - 1) * sizeof(TMask)) == 0)
    {
      if (mask[0] == 0)
      {
        return 0;
      }
      mask = nullptr;
    }
    if (m_Count == 0 || m_IsConstant)
    {
      const bool isRepeated = mask == nullptr && std::memcmp(run, run + 1, (length - 1) * sizeof(TPixel)) == 0;
      this->NoteIntensity(run,
                          isRepeated ? 1 : length,
                          [run, mask](std::size_t i) {
                            return (mask == nullptr || mask[i] != 0) && std::abs(static_cast<double>(run[i])) <= Limit;
                          });
    }
    std::uint64_t skipped = 0;
    const bool    isAdded = mask == nullptr ? this->TryToAdd<false, false>(run, mask, length, instructions, skipped)
                                            : this->TryToAdd<true, false>(run, mask, length, instructions, skipped);
    if (!isAdded)
    {
      mask == nullptr ? this->TryToAdd<false, true>(run, mask, length, instructions, skipped)
                      : this->TryToAdd<true, true>(run, mask, length, instructions, skipped);
    }
    return skipped;
  }

  /** False, and adds nothing, where it did not check and an intensity may be beyond the limit or not finite. */
  template <bool VMasks, bool VChecks, typename TPixel, typename TMask>
  bool
  TryToAdd(
    const TPixel * run, const TMask * mask, std::size_t length, InstructionSet instructions, std::uint64_t & skipped)
  {
    const auto part = RunWith<BlockKernel<false, VMasks, VChecks>>(instructions, run, mask, length, 0.0);
    if (!VChecks && !(std::abs(part.sum) <= 0.25 * Limit))
    {
      return false;
    }
    if (part.counted > 0)
    {
      const double mean = part.sum / static_cast<double>(part.counted);
      const auto   squares = RunWith<BlockKernel<true, VMasks, VChecks>>(instructions, run, mask, length, mean);
      // A mean and deviations so small leave no intensity beyond the limit.
      if (!VChecks && !(squares.sum <= 0.0625 * Limit * Limit))
      {
        return false;
      }
      this->AddMoments(part.counted, part.sum, mean, squares.sum);
    }
    skipped = part.inside - part.counted;
    return true;
  }

  void
  AddMoments(std::uint64_t count, double sum, double mean, double deviations)
  {
    // sum^2 / n = sum * mean + sum * (sum - n mean) / n, each product with its rounding error
    const auto   n = static_cast<double>(count);
    const double product = sum * mean;
    const double productLow = std::fma(sum, mean, -product) + sum * (std::fma(-mean, n, sum) / n);
    m_Count += count;
    m_Weight.Add(n);
    m_Sum.Add(sum);
    m_SumOfSquares.Add(product);
    m_SumOfSquares.Add(productLow + deviations);
  }

  template <typename TPixel, typename TMask, typename TWeight>
  std::uint64_t
  AddWeightedBlock(const TPixel * run, const TMask * mask, const TWeight * weights, std::size_t length)
  {
    std::uint64_t             skipped = 0;
    std::uint64_t             count = 0;
    std::array<double, Lanes> sums{};
    std::array<double, Lanes> masses{};
    const auto                weightOf = [run, mask, weights](std::size_t i)
    {
      const auto weight = static_cast<double>(weights[i]);
      const bool counts = (mask == nullptr || mask[i] != 0) && weight > 0.0 && weight <= WeightedLimit &&
                          std::abs(static_cast<double>(run[i])) <= WeightedLimit;
      return counts ? weight : 0.0;
    };
    this->NoteIntensity(run, length, [&weightOf](std::size_t i) { return weightOf(i) > 0.0; });
    for (std::size_t i = 0; i < length; ++i)
    {
      const double weight = weightOf(i);
      masses[i % Lanes] += weight;
      sums[i % Lanes] += weight > 0.0 ? weight * static_cast<double>(run[i]) : 0.0;
      count += weight > 0.0;
      skipped += (mask == nullptr || mask[i] != 0) && !(std::abs(static_cast<double>(run[i])) <= WeightedLimit);
    }
    if (count == 0)
    {
      return skipped;
    }
    const double              mass = AddUp(masses);
    const double              mean = AddUp(sums) / mass;
    std::array<double, Lanes> firsts{};
    std::array<double, Lanes> seconds{};
    for (std::size_t i = 0; i < length; ++i)
    {
      const double weight = weightOf(i);
      const double deviation = weight > 0.0 ? static_cast<double>(run[i]) - mean : 0.0;
      firsts[i % Lanes] += weight * deviation;
      seconds[i % Lanes] += weight * deviation * deviation;
    }
    // sum(w x) = mean mass + first; sum(w x^2) = mean^2 mass + 2 mean first + second; each product with its error
    const double first = AddUp(firsts);
    const double product = mean * mass;
    const double productLow = std::fma(mean, mass, -product);
    const double square = mean * product;
    const double squareLow = std::fma(mean, product, -square) + mean * productLow + 2.0 * mean * first;
    m_Count += count;
    m_Weight.Add(mass);
    m_Sum.Add(product);
    m_Sum.Add(productLow);
    m_Sum.Add(first);
    m_SumOfSquares.Add(square);
    m_SumOfSquares.Add(squareLow + AddUp(seconds));
    return skipped;
  }

  std::uint64_t m_Count{ 0 };
  ExactSum      m_Weight;
  ExactSum      m_Sum;
  ExactSum      m_SumOfSquares;
  bool          m_IsConstant{ false }; // some count, and all of them are m_Intensity
  double        m_Intensity{ 0.0 };
};
} // namespace itk

#endif
