#ifndef itkExactSum_h
#define itkExactSum_h

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace itk
{
/** \class ExactSum
 * \brief Sum of doubles without rounding: addition is associative and commutative to the last bit.
 *
 * A fixed-point number that is wide enough for every finite double. Partial sums of threads, stream divisions, machines
 * and sites can therefore be merged in any order and give the same bits. Add() costs a few nanoseconds: add sums of
 * blocks, not single voxels, in hot loops.
 *
 * NaN and infinity must not be added.
 *
 * \par Reference
 * U. Kulisch, Very fast and exact accumulation of products, Computing 91:397, 2011. DOI 10.1007/s00607-010-0131-y
 * \ingroup Statistics
 */
class ExactSum
{
public:
  void
  Add(double value)
  {
    std::uint64_t pattern = 0;
    std::memcpy(&pattern, &value, sizeof(pattern));
    const auto exponent = static_cast<int>(pattern >> 52U) & 0x7ff; // 0: zero or subnormal, without the leading 1
    const auto bits = (pattern & ((std::uint64_t{ 1 } << 52U) - 1U)) | (std::uint64_t{ exponent != 0 } << 52U);
    const int  offset = exponent - static_cast<int>(exponent != 0);
    const auto limb = static_cast<std::size_t>(offset / LimbBits);
    const int  shift = offset % LimbBits;
    const auto low = (bits & LimbMask) << shift;
    const auto high = (bits >> LimbBits) << shift;
    const auto sign = (pattern >> 63U) != 0 ? std::int64_t{ -1 } : std::int64_t{ 1 };
    m_Limbs[limb] += sign * static_cast<std::int64_t>(low & LimbMask);
    m_Limbs[limb + 1] += sign * static_cast<std::int64_t>((low >> LimbBits) + (high & LimbMask));
    m_Limbs[limb + 2] += sign * static_cast<std::int64_t>(high >> LimbBits);
    if (++m_Pending == MaximumPending)
    {
      this->PropagateCarries();
    }
  }

  void
  Merge(const ExactSum & other)
  {
    ExactSum carried = other;
    carried.PropagateCarries();
    this->PropagateCarries();
    for (std::size_t i = 0; i < m_Limbs.size(); ++i)
    {
      m_Limbs[i] += carried.m_Limbs[i];
    }
    m_Pending = 1;
  }

  /** The sum, rounded once, to the nearest double. */
  double
  Value() const
  {
    ExactSum magnitude = *this;
    magnitude.PropagateCarries();
    const bool negative = magnitude.m_Limbs.back() < 0;
    if (negative)
    {
      for (auto & limb : magnitude.m_Limbs)
      {
        limb = -limb;
      }
      magnitude.PropagateCarries();
    }
    auto top = static_cast<int>(magnitude.m_Limbs.size()) - 1;
    while (top > 0 && magnitude.m_Limbs[static_cast<std::size_t>(top)] == 0)
    {
      --top;
    }
    // 65 or more leading bits, the rest folded into the last one: rounding them to 53 is rounding the whole.
    __extension__ unsigned __int128 leading = 0;
    for (int i = top; i > top - 3; --i)
    {
      leading = (leading << LimbBits) +
                (i >= 0 ? static_cast<std::uint64_t>(magnitude.m_Limbs[static_cast<std::size_t>(i)]) : 0U);
    }
    for (int i = top - 3; i >= 0; --i)
    {
      leading |= static_cast<unsigned>(magnitude.m_Limbs[static_cast<std::size_t>(i)] != 0);
    }
    const double value = std::ldexp(static_cast<double>(leading), LowestExponent + LimbBits * (top - 2));
    return negative ? -value : value;
  }

  /** Doubles that add up to the sum exactly, the largest first; none of a sum of zero. Adding them to an empty sum
   * gives this one back. */
  std::vector<double>
  Terms() const
  {
    std::vector<double> terms;
    ExactSum            rest = *this;
    for (double term = rest.Value(); term != 0.0; term = rest.Value())
    {
      terms.push_back(term);
      rest.Add(-term);
    }
    return terms;
  }

  explicit ExactSum(const std::vector<double> & terms)
  {
    for (const double term : terms)
    {
      this->Add(term);
    }
  }
  ExactSum() = default;

private:
  static constexpr int           LowestExponent = -1074;
  static constexpr int           LimbBits = 32;
  static constexpr std::uint64_t LimbMask = 0xffffffffU;
  static constexpr std::uint32_t MaximumPending = 1U << 29;

  /** Brings every limb but the last, which carries the sign, into [0, 2^32). */
  void
  PropagateCarries()
  {
    std::int64_t carry = 0;
    for (std::size_t i = 0; i + 1 < m_Limbs.size(); ++i)
    {
      const std::int64_t sum = m_Limbs[i] + carry;
      m_Limbs[i] = sum & static_cast<std::int64_t>(LimbMask);
      carry = (sum - m_Limbs[i]) / (std::int64_t{ 1 } << LimbBits);
    }
    m_Limbs.back() += carry;
    m_Pending = 0;
  }

  std::array<std::int64_t, 68> m_Limbs{};
  std::uint32_t                m_Pending{ 0 };
};
} // namespace itk

#endif
