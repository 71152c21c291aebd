#include "IntegerMap.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace isolux
{
namespace
{
constexpr std::int32_t  Lowest = std::numeric_limits<std::int16_t>::min();
constexpr std::size_t   Count = std::size_t{ 1 } << 16U;
constexpr std::uint32_t Unseen = 0xffffffffU; ///< bits of a number that is none, as no arithmetic makes them

float
FloatOf(std::uint32_t bits)
{
  float value = 0.0F;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}
} // namespace

IntegerMap::IntegerMap(const Scaling & stored)
  : m_Stored(stored)
  // A float32 tells two integers apart.
  , m_IsMap(std::abs(stored.intercept) <= std::abs(stored.slope) * 0x1p22)
  , m_Values(Count, Unseen)
{
}

void
IntegerMap::Add(const float * before, const float * after, std::size_t count)
{
  const double          intercept = m_Stored.intercept;
  const double          gain = 1.0 / m_Stored.slope;
  std::uint32_t * const values = m_Values.data();
  bool                  isMap = m_IsMap;
  for (std::size_t i = 0; i < count; ++i)
  {
    const double integer = (before[i] - intercept) * gain;
    if (!(integer > Lowest - 0.5 && integer < Lowest - 0.5 + Count))
    {
      isMap = false;
      continue;
    }
    const auto    nearest = static_cast<std::int32_t>(integer + (integer < 0.0 ? -0.5 : 0.5));
    std::uint32_t bits = 0;
    std::memcpy(&bits, after + i, sizeof(bits));
    std::uint32_t & value = values[nearest - Lowest];
    if (value != bits)
    {
      isMap = isMap && value == Unseen;
      value = bits;
    }
  }
  m_IsMap = isMap;
}

void
IntegerMap::Merge(const IntegerMap & other)
{
  m_IsMap = m_IsMap && other.m_IsMap;
  for (std::size_t i = 0; i < Count; ++i)
  {
    const auto value = other.m_Values[i];
    m_IsMap = m_IsMap && (value == Unseen || m_Values[i] == Unseen || m_Values[i] == value);
    m_Values[i] = value == Unseen ? m_Values[i] : value;
  }
}

std::optional<IntegerMap::Linear>
IntegerMap::AsLinear() const
{
  constexpr double allowed = 1e-6; // difference, of the range
  std::size_t      first = 0;
  while (first < Count && m_Values[first] == Unseen)
  {
    ++first;
  }
  if (!m_IsMap || first == Count)
  {
    return {};
  }
  auto last = Count - 1;
  while (m_Values[last] == Unseen)
  {
    --last;
  }
  // From the two integers that are farthest apart.
  const double lowValue = FloatOf(m_Values[first]);
  const double range = FloatOf(m_Values[last]) - lowValue;
  const double slope = range / static_cast<double>(last - first);
  if (!std::isfinite(slope) || slope == 0.0)
  {
    return {};
  }
  Linear linear;
  linear.slope = static_cast<float>(slope);
  linear.intercept = static_cast<float>(lowValue - (static_cast<double>(first) + Lowest) * linear.slope);
  for (std::size_t i = first; i <= last; ++i)
  {
    if (m_Values[i] != Unseen)
    {
      const double value = (static_cast<double>(i) + Lowest) * linear.slope + linear.intercept;
      const double off = std::abs(value - FloatOf(m_Values[i]));
      if (!(off <= allowed * std::abs(range)))
      {
        return {};
      }
      linear.largest = std::max(linear.largest, off);
    }
  }
  return linear;
}
} // namespace isolux
