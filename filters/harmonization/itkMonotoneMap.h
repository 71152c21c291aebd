#ifndef itkMonotoneMap_h
#define itkMonotoneMap_h

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class MonotoneMap
 * \brief Piecewise linear map through knots, continued beyond the first and the last with the slope of the end
 * segments.
 *
 * Knots that coincide in `from` (many voxels of one intensity), or lie so near that their slope would overflow, become
 * one, at the mean of what they map to. A single knot is a shift: slope 1. Without a knot, or with one that is not
 * finite, the map is the identity. It never falls, also not by a rounding.
 * \ingroup Harmonization
 */
class MonotoneMap
{
public:
  /** The identity. */
  MonotoneMap() = default;

  /** Both of one length and never falling. */
  MonotoneMap(const std::vector<double> & from, const std::vector<double> & to)
  {
    const auto isFinite = [](double value) { return std::isfinite(value); };
    if (from.size() != to.size() || !std::all_of(from.begin(), from.end(), isFinite) ||
        !std::all_of(to.begin(), to.end(), isFinite))
    {
      return;
    }
    for (std::size_t first = 0, last = 0; first < from.size(); first = last)
    {
      double mean = 0.0;
      for (last = first; last < from.size() && AreOne(from[first], to[first], from[last], to[last]); ++last)
      {
        mean += (to[last] - mean) / static_cast<double>(last - first + 1);
      }
      m_Knots.push_back({ from[first], std::min(std::max(mean, to[first]), to[last - 1]), 1.0 });
    }
    for (std::size_t knot = 0; knot + 1 < m_Knots.size(); ++knot)
    {
      m_Knots[knot].slope = (m_Knots[knot + 1].to - m_Knots[knot].to) / (m_Knots[knot + 1].from - m_Knots[knot].from);
    }
    if (m_Knots.size() > 1)
    {
      m_Knots.back().slope = m_Knots[m_Knots.size() - 2].slope;
    }
  }

  double
  operator()(double value) const
  {
    if (m_Knots.empty())
    {
      return value;
    }
    const auto next = std::upper_bound(
      m_Knots.begin(), m_Knots.end(), value, [](double x, const Knot & knot) { return x < knot.from; });
    const Knot & knot = next == m_Knots.begin() ? *next : *(next - 1);
    const double mapped = knot.to + (value - knot.from) * knot.slope;
    return next == m_Knots.end() ? mapped : std::min(mapped, next->to);
  }

  /** Whether no two intensities that differ become one. */
  bool
  IsInvertible() const
  {
    return std::all_of(m_Knots.begin(), m_Knots.end(), [](const Knot & knot) { return knot.slope > 0.0; });
  }

  /** Of an invertible map. */
  MonotoneMap
  Inverse() const
  {
    std::vector<double> from;
    std::vector<double> to;
    for (const auto & knot : m_Knots)
    {
      from.push_back(knot.to);
      to.push_back(knot.from);
    }
    return { from, to };
  }

  /** Knots after those that coincide became one; 0: the identity. */
  std::size_t
  NumberOfKnots() const
  {
    return m_Knots.size();
  }

private:
  struct Knot
  {
    double from;
    double to;
    double slope; // towards the next knot
  };

  static bool
  AreOne(double from, double to, double nextFrom, double nextTo)
  {
    return nextFrom <= from || !std::isfinite((nextTo - to) / (nextFrom - from));
  }

  std::vector<Knot> m_Knots;
};
} // namespace itk

#endif
