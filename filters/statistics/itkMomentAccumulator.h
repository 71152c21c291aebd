#ifndef itkMomentAccumulator_h
#define itkMomentAccumulator_h

#include "itkExactSum.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ostream>

namespace itk
{
/** Mean, in intensity, and biased variance, in squared intensity. NaN of no voxels. */
struct MeanAndVariance
{
  double mean{ 0.0 };
  double variance{ 0.0 };

  bool
  operator==(const MeanAndVariance & other) const
  {
    return mean == other.mean && variance == other.variance;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const MeanAndVariance & moments)
  {
    return os << "mean " << moments.mean << ", variance " << moments.variance;
  }
};

/** \class MomentAccumulator
 * \brief Count, mean and variance of intensities; merging is associative and commutative to the last bit.
 *
 * Add() reduces a row to its count, sum and squared deviations about its own mean, and adds sum and sum of squares to
 * ExactSum. The result depends on the rows alone, not on the order in which threads or stream divisions deliver them,
 * and a small spread on a large offset keeps its variance.
 *
 * Non-finite intensities are skipped. Mean() and Variance() are NaN when Count() is 0.
 * \ingroup Statistics
 */
class MomentAccumulator
{
public:
  /** Adds `length` intensities, those with a non-zero mask where `mask` is given. Cut an image into the same rows
   * whenever the same bits are wanted. */
  template <typename TPixel, typename TMask>
  void
  Add(const TPixel * row, const TMask * mask, std::size_t length)
  {
    for (std::size_t begin = 0; begin < length; begin += BlockLength)
    {
      this->AddBlock(row + begin, mask ? mask + begin : nullptr, std::min(BlockLength, length - begin));
    }
  }

  void
  Merge(const MomentAccumulator & other)
  {
    m_Count += other.m_Count;
    m_Sum.Merge(other.m_Sum);
    m_SumOfSquares.Merge(other.m_SumOfSquares);
  }

  std::uint64_t
  Count() const
  {
    return m_Count;
  }

  double
  Mean() const
  {
    return m_Count > 0 ? m_Sum.Value() / static_cast<double>(m_Count) : std::numeric_limits<double>::quiet_NaN();
  }

  /** Biased: the sum of squared deviations divided by Count(). */
  double
  Variance() const
  {
    if (m_Count == 0)
    {
      return std::numeric_limits<double>::quiet_NaN();
    }
    // sum of squares - sum^2 / count, with sum = high + low and the quotient as a pair of doubles too
    const auto   count = static_cast<double>(m_Count);
    const double high = m_Sum.Value();
    ExactSum     rest = m_Sum;
    rest.Add(-high);
    const double low = rest.Value();
    const double square = high * high;
    const double squareLow = std::fma(high, high, -square) + 2.0 * high * low;
    const double quotient = square / count;
    const double quotientLow = (std::fma(-quotient, count, square) + squareLow) / count;
    ExactSum     deviations = m_SumOfSquares;
    deviations.Add(-quotient);
    deviations.Add(-quotientLow);
    return std::max(0.0, deviations.Value() / count);
  }

private:
  static constexpr std::size_t BlockLength = 4096;
  static constexpr std::size_t Lanes = 8;

  template <typename TPixel, typename TMask>
  void
  AddBlock(const TPixel * row, const TMask * mask, std::size_t length)
  {
    const auto counts = [row, mask](std::size_t i)
    {
      const auto intensity = static_cast<double>(row[i]);
      return intensity - intensity == 0.0 && (mask == nullptr || mask[i] != 0); // false for NaN and infinity
    };
    double        sums[Lanes] = {};
    std::uint64_t counted[Lanes] = {};
    for (std::size_t i = 0; i < length; ++i)
    {
      const bool isCounted = counts(i);
      sums[i % Lanes] += isCounted ? static_cast<double>(row[i]) : 0.0;
      counted[i % Lanes] += isCounted;
    }
    double        sum = 0.0;
    std::uint64_t count = 0;
    for (std::size_t lane = 0; lane < Lanes; ++lane)
    {
      sum += sums[lane];
      count += counted[lane];
    }
    if (count == 0)
    {
      return;
    }
    const auto   n = static_cast<double>(count);
    const double mean = sum / n;
    double       squares[Lanes] = {};
    for (std::size_t i = 0; i < length; ++i)
    {
      const double deviation = counts(i) ? static_cast<double>(row[i]) - mean : 0.0;
      squares[i % Lanes] += deviation * deviation;
    }
    double deviations = 0.0;
    for (const double square : squares)
    {
      deviations += square;
    }
    // sum^2 / n = sum * mean + sum * (sum - n mean) / n, each product with its rounding error
    const double product = sum * mean;
    const double productLow = std::fma(sum, mean, -product) + sum * (std::fma(-mean, n, sum) / n);
    m_Count += count;
    m_Sum.Add(sum);
    m_SumOfSquares.Add(product);
    m_SumOfSquares.Add(productLow + deviations);
  }

  std::uint64_t m_Count{ 0 };
  ExactSum      m_Sum;
  ExactSum      m_SumOfSquares;
};
} // namespace itk

#endif
