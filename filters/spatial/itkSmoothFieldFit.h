#ifndef itkSmoothFieldFit_h
#define itkSmoothFieldFit_h

#include "itkInstructionSet.h"
#include "itkSmoothField.h"

#include "itkMacro.h"
#include "vnl/algo/vnl_cholesky.h"
#include "vnl/vnl_matrix.h"
#include "vnl/vnl_vector.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace itk
{
/** \class SmoothFieldFit
 * \brief Least squares of a SmoothField at fixed positions: the normal matrix is factored once for any number of fits.
 *
 * Minimises sum_i (value_i - field(i))^2 / n + Stiffness sum_k degree_k^2 c_k^2. Sums run over blocks of fixed size
 * that are added in order, so the number of threads does not show in the result. \ingroup Spatial
 */
class SmoothFieldFit
{
public:
  using Position = std::array<double, SmoothField::MaximumDimension>; ///< voxel index

  static constexpr double DefaultStiffness = 1e-5;

  /** The coefficients of `field` are of no interest; its box and order are. */
  SmoothFieldFit(const SmoothField &           field,
                 const std::vector<Position> & positions,
                 double                        stiffness = DefaultStiffness)
    : m_Positions(positions.size())
    , m_Terms(field.Terms().size())
    , m_Basis(m_Positions * m_Terms)
  {
    const auto          terms = field.Terms();
    std::vector<double> values;
    for (std::size_t i = 0; i < m_Positions; ++i)
    {
      field.Products(terms, positions[i], values);
      std::copy(values.begin(), values.end(), m_Basis.begin() + static_cast<std::ptrdiff_t>(i * m_Terms));
    }
    const auto products = this->SumOverBlocks(
      m_Terms * m_Terms,
      [this](std::size_t begin, std::size_t end, double * sums)
      { RunWith<ProductsKernel>(BestInstructionSet(), &m_Basis[begin * m_Terms], end - begin, m_Terms, sums); });
    vnl_matrix<double> normal(static_cast<unsigned int>(m_Terms), static_cast<unsigned int>(m_Terms));
    const auto         n = static_cast<double>(m_Positions);
    for (unsigned int a = 0; a < m_Terms; ++a)
    {
      for (unsigned int b = 0; b <= a; ++b)
      {
        normal(a, b) = normal(b, a) = products[a * m_Terms + b] / n;
      }
      double degree = 0.0;
      for (const unsigned int power : terms[a])
      {
        degree += power;
      }
      normal(a, a) += stiffness * degree * degree + 1e-12;
    }
    m_Inverse = vnl_cholesky(normal).inverse();
  }

  /** Coefficients, in the order of SmoothField::Terms(), of the field nearest to one value per position. */
  std::vector<double>
  Solve(const std::vector<double> & values) const
  {
    const auto sums = this->SumOverBlocks(
      m_Terms,
      [this, &values](std::size_t begin, std::size_t end, double * total)
      {
        RunWith<ProjectionKernel>(
          BestInstructionSet(), &m_Basis[begin * m_Terms], values.data() + begin, end - begin, m_Terms, total);
      });
    vnl_vector<double> right(sums.data(), static_cast<unsigned int>(m_Terms));
    const auto         solution = m_Inverse * (right / static_cast<double>(m_Positions));
    return std::vector<double>(solution.begin(), solution.end());
  }

  /** The log field at every position. */
  std::vector<double>
  Evaluate(const std::vector<double> & coefficients) const
  {
    std::vector<double> values(m_Positions);
#pragma omp parallel for schedule(static) if (this->IsLarge())
    for (std::size_t i = 0; i < m_Positions; ++i)
    {
      double sum = 0.0;
      for (std::size_t k = 0; k < m_Terms; ++k)
      {
        sum += m_Basis[i * m_Terms + k] * coefficients[k];
      }
      values[i] = sum;
    }
    return values;
  }

private:
  static constexpr std::size_t BlockLength = 4096;

  /** Adds each row's products of two terms, the second up to the first, to sums[first * terms + second]. */
  struct ProductsKernel
  {
    template <int>
    [[gnu::always_inline]] static inline void
    Run(const float * rows, std::size_t count, std::size_t terms, double * sums)
    {
      std::vector<double> row(terms); // a product of floats would round
      for (std::size_t i = 0; i < count; ++i)
      {
        std::copy_n(rows + i * terms, terms, row.begin());
        const double * values = row.data();
        for (std::size_t first = 0; first < terms; ++first)
        {
          const double value = values[first];
          double *     into = sums + first * terms;
          for (std::size_t second = 0; second <= first; ++second)
          {
            into[second] += value * values[second];
          }
        }
      }
    }
  };

  /** Adds each row times its value to sums. */
  struct ProjectionKernel
  {
    template <int>
    [[gnu::always_inline]] static inline void
    Run(const float * rows, const double * values, std::size_t count, std::size_t terms, double * sums)
    {
      for (std::size_t i = 0; i < count; ++i)
      {
        const float * row = rows + i * terms;
        const double  value = values[i];
        for (std::size_t k = 0; k < terms; ++k)
        {
          sums[k] += row[k] * value;
        }
      }
    }
  };

  /** Below, a fit takes about a millisecond, and waiting for a thread that another process has pushed aside takes
   * longer. */
  bool
  IsLarge() const
  {
    return m_Basis.size() > 10000000;
  }

  template <typename TFunction>
  std::vector<double>
  SumOverBlocks(std::size_t width, TFunction && addTo) const
  {
    const std::size_t   blocks = (m_Positions + BlockLength - 1) / BlockLength;
    std::vector<double> partial(blocks * width);
#pragma omp parallel for schedule(dynamic) if (this->IsLarge())
    for (std::size_t block = 0; block < blocks; ++block)
    {
      const std::size_t end = std::min(m_Positions, (block + 1) * BlockLength);
      addTo(block * BlockLength, end, &partial[block * width]);
    }
    std::vector<double> sums(width);
    for (std::size_t i = 0; i < partial.size(); ++i)
    {
      sums[i % width] += partial[i];
    }
    return sums;
  }

  std::size_t        m_Positions;
  std::size_t        m_Terms;
  std::vector<float> m_Basis; // row by row: one row per position; float, because reading it is what takes the time
  vnl_matrix<double> m_Inverse;
};
} // namespace itk

#endif
