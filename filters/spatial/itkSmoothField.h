#ifndef itkSmoothField_h
#define itkSmoothField_h

#include "itkInstructionSet.h"

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
 * \brief Log of a smooth multiplicative field over a box of voxel indices: Legendre series, or lattice of B-splines.
 *
 * log field(i) = clamp(sum, LogMinimum, LogMaximum), with u_k = clamp((i_k - centre_k) / halfExtent_k, -1, 1) and
 * - sum_abcd c_abcd P_a(u_0) P_b(u_1) P_c(u_2) P_d(u_3), a+b+c+d <= Order, without control points;
 * - sum_abcd c_abcd B(v_0 - a) B(v_1 - b) B(v_2 - c) B(v_3 - d), with them: v_k = (u_k + 1) / 2 (n_k - 3) + 1, B the
 * cubic B-spline on (-2, 2), a < n_0, b < n_1, ..., where n_k is the number of control points along axis k.
 *
 * An axis of halfExtent 0 is left out. Outside the box the field continues constant along each axis, and nowhere does
 * it leave [LogMinimum, LogMaximum], so that dividing by it can always be undone.
 *
 * \par Reference
 * S. Lee, G. Wolberg, S. Y. Shin, IEEE TVCG 3:228, 1997, DOI 10.1109/2945.620490 (lattice).
 * \ingroup Spatial
 */
class SmoothField
{
public:
  static constexpr unsigned int MaximumDimension = 4;
  static constexpr unsigned int MaximumOrder = 12;
  using Powers = std::array<unsigned int, MaximumDimension>;

  /** The control points that a position lies between, and their weights; one of weight 1 along an axis left out. */
  struct SplineWeights
  {
    unsigned int          first{ 0 };
    unsigned int          count{ 1 };
    std::array<double, 4> weights{ { 1.0 } };
  };

  unsigned int order{ 0 }; ///< of the series; without meaning for a lattice
  /** Of the lattice: 4 or more along each axis, 1 along an axis left out. All 0: a series. */
  Powers                               controlPoints{};
  std::array<double, MaximumDimension> centre{};     ///< voxel index
  std::array<double, MaximumDimension> halfExtent{}; ///< voxels; 0: the field does not vary along this axis
  std::vector<double>                  coefficients; ///< in the order of Terms(), or x fastest; empty: a field of 1
  double                               logMinimum{ -std::numeric_limits<double>::infinity() };
  double                               logMaximum{ std::numeric_limits<double>::infinity() };

  bool
  operator==(const SmoothField & other) const
  {
    return (this->IsLattice() || order == other.order) && controlPoints == other.controlPoints &&
           centre == other.centre && halfExtent == other.halfExtent && coefficients == other.coefficients &&
           logMinimum == other.logMinimum && logMaximum == other.logMaximum;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const SmoothField & field)
  {
    if (field.IsLattice())
    {
      os << field.controlPoints[0] << " x " << field.controlPoints[1] << " x " << field.controlPoints[2] << " x "
         << field.controlPoints[3] << " control points, ";
    }
    else
    {
      os << "order " << field.order << ", ";
    }
    return os << field.coefficients.size() << " coefficients, log field in [" << field.logMinimum << ", "
              << field.logMaximum << ']';
  }

  bool
  IsLattice() const
  {
    return controlPoints != Powers{};
  }

  /** Whether there are as many coefficients as the series or the lattice takes, or none, over a box and neither larger
   * than can be evaluated. */
  bool
  IsConsistent() const
  {
    constexpr double longest = 1 << 30;
    for (const double extent : halfExtent)
    {
      if (!(extent >= 0.0 && extent <= longest))
      {
        return false;
      }
    }
    if (!this->IsLattice())
    {
      return order <= MaximumOrder && (coefficients.empty() || coefficients.size() == this->Terms().size());
    }
    double count = 1.0;
    for (unsigned int axis = 0; axis < MaximumDimension; ++axis)
    {
      if (controlPoints[axis] != 1 && (controlPoints[axis] < 4 || !(halfExtent[axis] > 0.0)))
      {
        return false;
      }
      count *= controlPoints[axis];
    }
    return coefficients.empty() || static_cast<double>(coefficients.size()) == count;
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

  /** The product of each of Terms() at a voxel index. */
  void
  Products(const std::vector<Powers> &                  terms,
           const std::array<double, MaximumDimension> & position,
           std::vector<double> &                        products) const
  {
    std::array<std::array<double, MaximumOrder + 1>, MaximumDimension> values{};
    for (unsigned int axis = 0; axis < MaximumDimension; ++axis)
    {
      values[axis] = this->Basis(axis, position[axis]);
    }
    products.assign(terms.size(), 1.0);
    for (std::size_t k = 0; k < terms.size(); ++k)
    {
      for (unsigned int axis = 0; axis < MaximumDimension; ++axis)
      {
        products[k] *= values[axis][terms[k][axis]];
      }
    }
  }

  /** Of the cubic B-splines at the fraction t, in [0, 1], of a span. */
  static std::array<double, 4>
  CubicWeights(double t)
  {
    const double s = 1.0 - t;
    return {
      { s * s * s / 6.0, ((3.0 * t - 6.0) * t * t + 4.0) / 6.0, ((3.0 * s - 6.0) * s * s + 4.0) / 6.0, t * t * t / 6.0 }
    };
  }

  /** Of the lattice, at the voxel index `position` along `axis`. */
  SplineWeights
  Spline(unsigned int axis, double position) const
  {
    if (controlPoints[axis] == 1)
    {
      return {};
    }
    const unsigned int spans = controlPoints[axis] - 3;
    const double       along = 0.5 * spans * (this->Normalised(axis, position) + 1.0);
    const unsigned int first = std::min(static_cast<unsigned int>(along), spans - 1);
    return { first, 4, CubicWeights(along - first) };
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
    , m_Terms(field.IsLattice() ? std::vector<SmoothField::Powers>{} : field.Terms())
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
    if (m_Field.IsLattice())
    {
      this->EvaluateLattice(index, begin, length, logField);
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
    const auto set = BestInstructionSet();
    for (std::size_t first = 0; first < length; first += BlockLength)
    {
      RunWith<SeriesKernel>(set,
                            &m_Field,
                            series.data(),
                            static_cast<double>(begin) + static_cast<double>(first),
                            std::min(BlockLength, length - first),
                            logField + first);
    }
  }

private:
  static constexpr std::size_t BlockLength = 128;

  /** What a row sees of the lattice: its control points along x, each a weighted sum over the other axes. */
  class LatticeRow
  {
  public:
    template <typename TIndex>
    LatticeRow(const SmoothField & field, const TIndex & index)
      : m_Coefficients(field.coefficients.data())
      , m_Points(field.controlPoints[0])
    {
      std::array<SmoothField::SplineWeights, SmoothField::MaximumDimension> splines;
      std::array<std::size_t, SmoothField::MaximumDimension>                strides{ { 1 } };
      for (unsigned int axis = 1; axis < SmoothField::MaximumDimension; ++axis)
      {
        splines[axis] = field.Spline(axis, axis < TIndex::Dimension ? static_cast<double>(index[axis]) : 0.0);
        strides[axis] = strides[axis - 1] * field.controlPoints[axis - 1];
      }
      for (unsigned int t = 0; t < splines[3].count; ++t)
      {
        for (unsigned int z = 0; z < splines[2].count; ++z)
        {
          for (unsigned int y = 0; y < splines[1].count; ++y)
          {
            m_Offsets[m_Count] = (splines[3].first + t) * strides[3] + (splines[2].first + z) * strides[2] +
                                 (splines[1].first + y) * strides[1];
            m_Weights[m_Count++] = splines[3].weights[t] * splines[2].weights[z] * splines[1].weights[y];
          }
        }
      }
    }

    double
    operator[](unsigned int x)
    {
      if (x < m_First || x >= m_End)
      {
        m_First = x;
        m_End = std::min(x + static_cast<unsigned int>(m_Columns.size()), m_Points);
        RunWith<ColumnKernel>(BestInstructionSet(), static_cast<const LatticeRow *>(this), m_Columns.data());
      }
      return m_Columns[x - m_First];
    }

  private:
    /** Control points from First to End, side by side. */
    struct ColumnKernel
    {
      template <int>
      [[gnu::always_inline]] static inline void
      Run(const LatticeRow * row, double * columns)
      {
        const unsigned int count = row->m_End - row->m_First;
        std::fill_n(columns, count, 0.0);
        for (std::size_t i = 0; i < row->m_Count; ++i)
        {
          const double * coefficients = row->m_Coefficients + row->m_Offsets[i] + row->m_First;
          const double   weight = row->m_Weights[i];
          for (unsigned int x = 0; x < count; ++x)
          {
            columns[x] += weight * coefficients[x];
          }
        }
      }
    };

    const double *              m_Coefficients;
    unsigned int                m_Points;
    std::size_t                 m_Count{ 0 };
    std::array<std::size_t, 64> m_Offsets;
    std::array<double, 64>      m_Weights;
    unsigned int                m_First{ 0 };
    unsigned int                m_End{ 0 };
    std::array<double, 16>      m_Columns;
  };

  template <typename TIndex>
  void
  EvaluateLattice(const TIndex & index, long begin, std::size_t length, double * logField) const
  {
    LatticeRow   row(m_Field, index);
    const double low = m_Field.logMinimum;
    const double high = m_Field.logMaximum;
    if (m_Field.controlPoints[0] == 1)
    {
      std::fill_n(logField, length, std::min(high, std::max(low, row[0])));
      return;
    }
    const unsigned int    spans = m_Field.controlPoints[0] - 3;
    const double          half = 0.5 * spans;
    const double          centre = m_Field.centre[0];
    const double          rate = half / m_Field.halfExtent[0]; // spans per voxel
    const auto            along = [&](long x) { return half + (static_cast<double>(x) - centre) * rate; };
    const auto            set = BestInstructionSet();
    std::array<double, 4> points{};
    unsigned int          span = spans; // whose control points are at hand
    const long            end = begin + static_cast<long>(length);
    for (long x = begin, next = begin; x < end; x = next)
    {
      const auto found = static_cast<unsigned int>(std::clamp(along(x), 0.0, static_cast<double>(spans - 1)));
      for (unsigned int k = 0; k < 4 && span != found; ++k)
      {
        points[k] = span + 1 == found && k < 3 ? points[k + 1] : row[found + k];
      }
      span = found;
      next = end;
      if (span + 1 < spans) // up to the first voxel of the next span
      {
        const double boundary = span + 1.0;
        const double guess = std::ceil(centre + (boundary - half) / rate);
        next = guess < static_cast<double>(end) ? std::max(x + 1, static_cast<long>(guess)) : end;
        while (next - 1 > x && along(next - 1) >= boundary)
        {
          --next;
        }
        while (next < end && along(next) < boundary)
        {
          ++next;
        }
      }
      const SpanPolynomial polynomial{ (points[0] + 4.0 * points[1] + points[2]) / 6.0,
                                       0.5 * (points[2] - points[0]),
                                       0.5 * (points[0] - 2.0 * points[1] + points[2]),
                                       (points[3] - points[0] + 3.0 * (points[1] - points[2])) / 6.0,
                                       centre,
                                       rate,
                                       half,
                                       static_cast<double>(span) };
      RunWith<SpanKernel>(set, &m_Field, &polynomial, x, next, logField + (x - begin));
    }
  }

  /** A lattice's row within a span: a polynomial in the fraction t of the span. */
  struct SpanPolynomial
  {
    double constant;
    double linear;
    double quadratic;
    double cubic;
    double centre; // t = half + (x - centre) rate - start
    double rate;
    double half;
    double start;
  };
  struct SpanKernel
  {
    template <int>
    [[gnu::always_inline]] static inline void
    Run(const SmoothField * field, const SpanPolynomial * polynomial, long begin, long end, double * logField)
    {
      const SpanPolynomial p = *polynomial;
      const double         low = field->logMinimum;
      const double         high = field->logMaximum;
      const auto           first = static_cast<double>(begin);
      const int            length = static_cast<int>(end - begin);
      for (int i = 0; i < length; ++i)
      {
        const double t = std::min(1.0, std::max(0.0, p.half + ((first + i) - p.centre) * p.rate - p.start));
        const double sum = p.constant + t * (p.linear + t * (p.quadratic + t * p.cubic));
        logField[i] = std::min(high, std::max(low, sum));
      }
    }
  };

  /** A block of a series' row, by Clenshaw's recurrence: each step is one vectorised loop. */
  struct SeriesKernel
  {
    template <int>
    [[gnu::always_inline]] static inline void
    Run(const SmoothField * field, const double * series, double begin, std::size_t count, double * logField)
    {
      const double                    low = field->logMinimum;
      const double                    high = field->logMaximum;
      const double                    centre = field->centre[0];
      const double                    scale = field->halfExtent[0] > 0.0 ? 1.0 / field->halfExtent[0] : 0.0;
      std::array<double, BlockLength> u;
      std::array<double, BlockLength> value{};
      std::array<double, BlockLength> next{};
      for (std::size_t i = 0; i < count; ++i)
      {
        const double position = begin + static_cast<double>(i);
        u[i] = std::min(1.0, std::max(-1.0, (position - centre) * scale));
      }
      for (unsigned int n = field->order; n > 0; --n)
      {
        const double rise = (2.0 * n + 1.0) / (n + 1.0);
        const double fall = (n + 1.0) / (n + 2.0);
        const double term = series[n];
        for (std::size_t i = 0; i < count; ++i)
        {
          const double current = term + rise * u[i] * value[i] - fall * next[i];
          next[i] = value[i];
          value[i] = current;
        }
      }
      const double constant = series[0];
      for (std::size_t i = 0; i < count; ++i)
      {
        const double sum = constant + u[i] * value[i] - 0.5 * next[i];
        logField[i] = std::min(high, std::max(low, sum));
      }
    }
  };

  const SmoothField                      m_Field;
  const std::vector<SmoothField::Powers> m_Terms;
};
} // namespace itk

#endif
