#ifndef itkSmoothField_h
#define itkSmoothField_h

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <ostream>
#include <vector>

namespace itk
{
/** \class SmoothField
 * \brief Log of a smooth multiplicative field: Legendre series of total degree Order over a box of voxel indices.
 *
 * log field(i) = clamp(sum_abcd c_abcd P_a(u_0) P_b(u_1) P_c(u_2) P_d(u_3), LogMinimum, LogMaximum), a+b+c+d <= Order,
 * u_k = clamp((i_k - centre_k) / halfExtent_k, -1, 1). An axis of halfExtent 0 is left out of the series.
 * Outside the box the field continues constant along each axis, and nowhere does it leave [LogMinimum, LogMaximum], so
 * that dividing by it can always be undone.
 *
 * \ingroup Spatial
 */
class SmoothField
{
public:
  static constexpr unsigned int MaximumDimension = 4;
  static constexpr unsigned int MaximumOrder = 12;
  using Powers = std::array<unsigned int, MaximumDimension>;

  unsigned int                         order{ 0 };
  std::array<double, MaximumDimension> centre{};     ///< voxel index
  std::array<double, MaximumDimension> halfExtent{}; ///< voxels; 0: the field does not vary along this axis
  std::vector<double>                  coefficients; ///< in the order of Terms(); empty: a field of 1 everywhere
  double                               logMinimum{ -std::numeric_limits<double>::infinity() };
  double                               logMaximum{ std::numeric_limits<double>::infinity() };

  bool
  operator==(const SmoothField & other) const
  {
    return order == other.order && centre == other.centre && halfExtent == other.halfExtent &&
           coefficients == other.coefficients && logMinimum == other.logMinimum && logMaximum == other.logMaximum;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const SmoothField & field)
  {
    return os << "order " << field.order << ", " << field.coefficients.size() << " coefficients, log field in ["
              << field.logMinimum << ", " << field.logMaximum << ']';
  }

  /** Degrees along each axis, the constant first. A short axis of n voxels takes degrees below n only. */
  std::vector<Powers>
  Terms() const
  {
    Powers highest{};
    for (unsigned int axis = 0; axis < MaximumDimension; ++axis)
    {
      highest[axis] = std::min(order, static_cast<unsigned int>(2.0 * halfExtent[axis]));
    }
    std::vector<Powers> terms;
    for (unsigned int total = 0; total <= order; ++total)
    {
      for (unsigned int t = 0; t <= std::min(highest[3], total); ++t)
      {
        for (unsigned int z = 0; z <= std::min(highest[2], total - t); ++z)
        {
          for (unsigned int y = 0; y <= std::min(highest[1], total - t - z); ++y)
          {
            const unsigned int x = total - t - z - y;
            if (x <= highest[0])
            {
              terms.push_back({ x, y, z, t });
            }
          }
        }
      }
    }
    return terms;
  }

  /** P_0 .. P_order at the voxel index `position` along `axis`. */
  std::array<double, MaximumOrder + 1>
  Basis(unsigned int axis, double position) const
  {
    std::array<double, MaximumOrder + 1> values{};
    const double                         u = this->Normalised(axis, position);
    values[0] = 1.0;
    values[1] = u;
    for (unsigned int n = 1; n < order; ++n)
    {
      values[n + 1] = ((2.0 * n + 1.0) * u * values[n] - n * values[n - 1]) / (n + 1.0);
    }
    return values;
  }

private:
  double
  Normalised(unsigned int axis, double position) const
  {
    return halfExtent[axis] > 0.0 ? std::clamp((position - centre[axis]) / halfExtent[axis], -1.0, 1.0) : 0.0;
  }
};

/** Evaluates the log field along rows: what is constant in a row is computed once. */
class SmoothFieldRowEvaluator
{
public:
  explicit SmoothFieldRowEvaluator(const SmoothField & field)
    : m_Field(field)
    , m_Terms(field.Terms())
  {
  }

  /** Writes the log field at x = begin .. begin + length - 1 of the row through `index` (its x is not used). */
  template <typename TIndex>
  void
  operator()(const TIndex & index, long begin, std::size_t length, double * logField) const
  {
    if (m_Field.coefficients.empty())
    {
      std::fill_n(logField, length, 0.0);
      return;
    }
    std::array<std::array<double, SmoothField::MaximumOrder + 1>, SmoothField::MaximumDimension> basis{};
    for (unsigned int axis = 1; axis < SmoothField::MaximumDimension; ++axis)
    {
      const double position = axis < TIndex::Dimension ? static_cast<double>(index[axis]) : 0.0;
      basis[axis] = m_Field.Basis(axis, position);
    }
    std::array<double, SmoothField::MaximumOrder + 1> series{};
    for (std::size_t i = 0; i < m_Terms.size(); ++i)
    {
      const auto & term = m_Terms[i];
      series[term[0]] += m_Field.coefficients[i] * basis[1][term[1]] * basis[2][term[2]] * basis[3][term[3]];
    }
    const double       low = m_Field.logMinimum;
    const double       high = m_Field.logMaximum;
    const double       centre = m_Field.centre[0];
    const double       scale = m_Field.halfExtent[0] > 0.0 ? 1.0 / m_Field.halfExtent[0] : 0.0;
    const unsigned int order = m_Field.order;
    for (std::size_t first = 0; first < length; first += BlockLength)
    {
      // Clenshaw's recurrence, a block at a time so that each step is one vectorised loop
      const std::size_t               count = std::min(BlockLength, length - first);
      std::array<double, BlockLength> u;
      std::array<double, BlockLength> value{};
      std::array<double, BlockLength> next{};
      for (std::size_t i = 0; i < count; ++i)
      {
        const double position = static_cast<double>(begin) + static_cast<double>(first + i);
        u[i] = std::min(1.0, std::max(-1.0, (position - centre) * scale));
      }
      for (unsigned int n = order; n > 0; --n)
      {
        const double rise = (2.0 * n + 1.0) / (n + 1.0);
        const double fall = (n + 1.0) / (n + 2.0);
        for (std::size_t i = 0; i < count; ++i)
        {
          const double current = series[n] + rise * u[i] * value[i] - fall * next[i];
          next[i] = value[i];
          value[i] = current;
        }
      }
      for (std::size_t i = 0; i < count; ++i)
      {
        const double sum = series[0] + u[i] * value[i] - 0.5 * next[i];
        logField[first + i] = std::min(high, std::max(low, sum));
      }
    }
  }

private:
  static constexpr std::size_t BlockLength = 128;

  const SmoothField                      m_Field;
  const std::vector<SmoothField::Powers> m_Terms;
};
} // namespace itk

#endif
