#ifndef itkQuantileSketch_h
#define itkQuantileSketch_h

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace itk
{
/** \class QuantileSketch
 * \brief Histogram of float intensities in bins of relative width 2^-9: no range to be known, merged exactly.
 *
 * A bin holds the floats that share sign, exponent and the first nine bits of the mantissa, so one pass serves any
 * range and merging is the addition of counts. Quantiles are off by at most 1/512 of their value, or 2^-135 where that
 * is more. 2 MiB of counts. Non-finite values must not be added. \ingroup Statistics
 */
class QuantileSketch
{
public:
  static constexpr std::size_t  NumberOfBins = std::size_t{ 1 } << 18U;
  static constexpr unsigned int DroppedBits = 14; ///< of a key: what is above them is the bin

  /** 32 bits that rise with the value. */
  static std::uint32_t
  KeyOf(float value)
  {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
  }

  static float
  ValueOf(std::uint32_t key)
  {
    const std::uint32_t bits = (key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key;
    float               value = 0.0F;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
  }

  void
  Add(float value, std::uint64_t count = 1)
  {
    if (m_Counts.empty())
    {
      m_Counts.resize(NumberOfBins);
    }
    value += 0.0F; // -0 is 0
    m_Counts[KeyOf(value) >> DroppedBits] += count;
    m_Count += count;
    m_Minimum = std::min(m_Minimum, value);
    m_Maximum = std::max(m_Maximum, value);
  }

  /** Those of `length` values whose `counts` is not 0. */
  void
  Add(const float * values, const unsigned char * counts, std::size_t length)
  {
    m_Counts.resize(NumberOfBins);
    auto * const  bins = m_Counts.data();
    std::uint64_t count = 0;
    float         minimum = m_Minimum;
    float         maximum = m_Maximum;
    for (std::size_t i = 0; i < length; ++i)
    {
      if (counts[i] != 0)
      {
        const float value = values[i] + 0.0F; // -0 is 0
        ++bins[KeyOf(value) >> DroppedBits];
        ++count;
        minimum = std::min(minimum, value);
        maximum = std::max(maximum, value);
      }
    }
    m_Count += count;
    m_Minimum = minimum;
    m_Maximum = maximum;
  }

  void
  Merge(const QuantileSketch & other)
  {
    if (other.m_Count == 0)
    {
      return;
    }
    m_Counts.resize(NumberOfBins);
    for (std::size_t i = 0; i < NumberOfBins; ++i)
    {
      m_Counts[i] += other.m_Counts[i];
    }
    m_Count += other.m_Count;
    m_Minimum = std::min(m_Minimum, other.m_Minimum);
    m_Maximum = std::max(m_Maximum, other.m_Maximum);
  }

  std::uint64_t
  Count() const
  {
    return m_Count;
  }
  /** A value in the middle of a bin, 0 of the bin of 0; of bins beyond the finite floats it is not finite. */
  static float
  CentreOf(std::size_t bin)
  {
    return bin == NumberOfBins / 2
             ? 0.0F
             : ValueOf(static_cast<std::uint32_t>((bin << DroppedBits) + (std::size_t{ 1 } << (DroppedBits - 1U))));
  }
  /** Of values in a bin, 0 <= bin < NumberOfBins. */
  std::uint64_t
  CountAt(std::size_t bin) const
  {
    return m_Counts.empty() ? 0 : m_Counts[bin];
  }
  /** NaN when empty. */
  double
  Minimum() const
  {
    return m_Count > 0 ? m_Minimum : std::numeric_limits<double>::quiet_NaN();
  }
  double
  Maximum() const
  {
    return m_Count > 0 ? m_Maximum : std::numeric_limits<double>::quiet_NaN();
  }

  /** The value below which a fraction p in [0, 1] lies, interpolated within its bin. NaN when empty. */
  double
  Quantile(double p) const
  {
    return this->Quantiles({ p }).front();
  }

  /** Those of fractions that do not fall. */
  std::vector<double>
  Quantiles(const std::vector<double> & fractions) const
  {
    std::vector<double> quantiles;
    std::size_t         bin = 0;
    double              below = 0.0;
    for (const double p : fractions)
    {
      const double rank = p * static_cast<double>(m_Count);
      double       count = 0.0;
      for (; bin < m_Counts.size(); ++bin)
      {
        count = static_cast<double>(m_Counts[bin]);
        if (count > 0.0 && below + count >= rank)
        {
          break;
        }
        below += count;
      }
      if (bin >= m_Counts.size()) // nothing was added, or rounding
      {
        quantiles.push_back(this->Maximum());
        continue;
      }
      const double low = LowerEdge(bin);
      const double value = low + (LowerEdge(bin + 1) - low) * (rank - below) / count;
      quantiles.push_back(std::clamp(value, this->Minimum(), this->Maximum()));
    }
    return quantiles;
  }

  /** Calls f(value at the bin's centre, count) for each occupied bin, in rising order. */
  template <typename TFunction>
  void
  ForEachBin(TFunction && f) const
  {
    for (std::size_t i = 0; i < m_Counts.size(); ++i)
    {
      if (m_Counts[i] > 0)
      {
        f(0.5 * (LowerEdge(i) + LowerEdge(i + 1)), m_Counts[i]);
      }
    }
  }

private:
  static double
  LowerEdge(std::size_t bin)
  {
    const float value = ValueOf(static_cast<std::uint32_t>(bin << DroppedBits));
    return std::isfinite(value) ? value : std::copysign(std::numeric_limits<float>::max(), value);
  }

  std::vector<std::uint64_t> m_Counts;
  std::uint64_t              m_Count{ 0 };
  float                      m_Minimum{ std::numeric_limits<float>::infinity() };
  float                      m_Maximum{ -std::numeric_limits<float>::infinity() };
};
} // namespace itk

#endif
