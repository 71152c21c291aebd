#ifndef itkNeumannPoisson_h
#define itkNeumannPoisson_h

#include "itkMaskedPoisson.h"

#include <optional>

namespace itk
{
/** \class NeumannPoisson
 * \brief (screening + A + bending A^2) u = f, A = -Laplace with Neumann borders: BoxPoisson where all is inside,
 * MaskedPoisson else.
 *
 * \ingroup Spatial
 */
class NeumannPoisson
{
public:
  using Summary = MaskedPoisson::Summary;

  /** `inside`: not 0 inside the mask, for each voxel; null: the whole box. */
  NeumannPoisson(const PoissonGrid & grid, const unsigned char * inside)
    : m_Voxels(grid.NumberOfVoxels())
  {
    if (inside == nullptr || std::count(inside, inside + m_Voxels, 0) == 0)
    {
      m_Box.emplace(grid);
    }
    else
    {
      m_Masked.emplace(grid, inside);
      m_Scratch.resize(m_Voxels);
    }
  }

  /** `values` holds f, finite, and then u. Inside a mask each solve with A^-1 ends by `tolerance`, or after so many
   * cycles: the summary of the last one. bending > 0 goes without screening only. */
  Summary
  Solve(float *      values,
        double       screening = 0.0,
        double       bending = 0.0,
        double       tolerance = MaskedPoisson::DefaultTolerance,
        unsigned int maximumNumberOfCycles = MaskedPoisson::DefaultMaximumNumberOfCycles)
  {
    if (m_Box)
    {
      m_Box->Solve(values, screening, bending);
      return {};
    }
    const auto solve = [&](double by)
    {
      std::fill(m_Scratch.begin(), m_Scratch.end(), 0.0F);
      const auto summary = m_Masked->Solve(values, m_Scratch.data(), by, tolerance, maximumNumberOfCycles);
      std::copy(m_Scratch.begin(), m_Scratch.end(), values);
      return summary;
    };
    if (bending > 0.0) // A + bending A^2 = bending A (1 / bending + A)
    {
      m_Masked->RemoveMeans(values);
      solve(1.0 / bending);
      std::for_each(
        values, values + m_Voxels, [factor = static_cast<float>(1.0 / bending)](float & value) { value *= factor; });
    }
    return solve(screening);
  }

  /** Connected parts of the mask, each with a free constant; a box counts as one. */
  std::size_t
  NumberOfComponents() const
  {
    return m_Masked ? m_Masked->NumberOfComponents() : 1;
  }

private:
  std::size_t                  m_Voxels;
  std::optional<BoxPoisson>    m_Box;
  std::optional<MaskedPoisson> m_Masked;
  std::vector<float>           m_Scratch;
};
} // namespace itk

#endif
