#ifndef itkCosineSeries_h
#define itkCosineSeries_h

#include "itkInstructionSet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <vector>

namespace itk
{
/** \class CosineSeries
 * \brief f(x, y) = sum_n c_n cos(pi k_n (x + 1/2) / X) cos(pi l_n (y + 1/2) / Y) over the pixels x, y = 0, 1, ... of a
 * plane.
 *
 * What is left of a cosine transform when the coefficients that are zero are dropped; X and Y are the extents of the
 * box that was transformed, in pixels. The slope across its borders is 0.
 *
 * \ingroup Spatial
 */
class CosineSeries
{
public:
  struct Term
  {
    unsigned int x{ 0 }; ///< half waves along x: k
    unsigned int y{ 0 }; ///< l
    double       coefficient{ 0.0 };

    bool
    operator==(const Term & other) const
    {
      return x == other.x && y == other.y && coefficient == other.coefficient;
    }
  };

  std::array<double, 2> box{ { 1.0, 1.0 } }; ///< X and Y
  std::vector<Term>     terms;               ///< none: 0 everywhere

  bool
  operator==(const CosineSeries & other) const
  {
    return box == other.box && terms == other.terms;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const CosineSeries & series)
  {
    return os << series.terms.size() << " cosine terms over " << series.box[0] << " x " << series.box[1] << " pixels";
  }

  /** Over the pixels of a plane of this extent. */
  double
  Mean(std::size_t width, std::size_t height) const
  {
    double mean = 0.0;
    for (const auto & term : terms)
    {
      mean += term.coefficient * this->MeanOf(term.x, 0, width) * this->MeanOf(term.y, 1, height);
    }
    return mean;
  }

  void
  Scale(double factor)
  {
    for (auto & term : terms)
    {
      term.coefficient *= factor;
    }
  }

  double
  Cosine(unsigned int halfWaves, unsigned int axis, double pixel) const
  {
    return std::cos(std::acos(-1.0) * halfWaves * (pixel + 0.5) / box[axis]);
  }

private:
  double
  MeanOf(unsigned int halfWaves, unsigned int axis, std::size_t extent) const
  {
    double sum = 0.0;
    for (std::size_t i = 0; i < extent; ++i)
    {
      sum += this->Cosine(halfWaves, axis, static_cast<double>(i));
    }
    return sum / static_cast<double>(extent);
  }
};

/** \class CosineSeriesRowEvaluator
 * \brief Evaluates a CosineSeries at the pixels first, ..., first + length - 1 of any row, the same bits whatever they
 * are.
 * \ingroup Spatial
 */
class CosineSeriesRowEvaluator
{
public:
  CosineSeriesRowEvaluator(const CosineSeries & series, std::size_t first, std::size_t length)
    : m_Series(series)
    , m_Length(length)
  {
    std::stable_sort(m_Series.terms.begin(),
                     m_Series.terms.end(),
                     [](const auto & a, const auto & b) { return a.x < b.x || (a.x == b.x && a.y < b.y); });
    for (const auto & term : m_Series.terms)
    {
      if (m_Columns.empty() || m_Columns.back() != term.x)
      {
        m_Columns.push_back(term.x);
        for (std::size_t i = 0; i < length; ++i)
        {
          m_Cosines.push_back(m_Series.Cosine(term.x, 0, static_cast<double>(first + i)));
        }
      }
    }
  }

  void
  operator()(std::size_t y, double * row) const
  {
    std::fill_n(row, m_Length, 0.0);
    auto           term = m_Series.terms.begin();
    const double * cosines = m_Cosines.data();
    for (const unsigned int column : m_Columns)
    {
      double weight = 0.0;
      for (; term != m_Series.terms.end() && term->x == column; ++term)
      {
        weight += term->coefficient * m_Series.Cosine(term->y, 1, static_cast<double>(y));
      }
      RunWith<AddKernel>(BestInstructionSet(), cosines, weight, m_Length, row);
      cosines += m_Length;
    }
  }

private:
  struct AddKernel
  {
    template <int>
    [[gnu::always_inline]] static inline void
    Run(const double * cosines, double weight, std::size_t length, double * row)
    {
      for (std::size_t i = 0; i < length; ++i)
      {
        row[i] += weight * cosines[i];
      }
    }
  };

  CosineSeries              m_Series;
  std::size_t               m_Length;
  std::vector<unsigned int> m_Columns; ///< half waves along x that occur
  std::vector<double>       m_Cosines; ///< a row for each of them
};
} // namespace itk

#endif
