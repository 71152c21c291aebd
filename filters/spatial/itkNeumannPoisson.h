#ifndef itkNeumannPoisson_h
#define itkNeumannPoisson_h

#include "itkMaskedPoisson.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace itk
{
/** \class NeumannPoisson
 * \brief (A + bending A^2) u = f, A = -Laplace with Neumann borders: BoxPoisson where all is inside, MaskedPoisson
 * else.
 *
 * \ingroup Spatial
 */
class NeumannPoisson
{
public:
  using Summary = MaskedPoisson::Summary;

  /** `inside`: not 0 inside the mask, for each voxel; null: the whole box. */
  NeumannPoisson(const PoissonGrid & grid, const unsigned char * inside)
    : m_Grid(grid)
  {
    if (inside == nullptr || std::count(inside, inside + grid.NumberOfVoxels(), 0) == 0)
    {
      m_Box.emplace(grid);
    }
    else
    {
      m_Masked.emplace(grid, inside);
    }
  }

  /** f must be finite. `u` holds the first guess, and then the solution, of which a box has no need: its solution is
   * exact, and takes no cycles. See MaskedPoisson::SolveBent() for the `resolution`. */
  Summary
  Solve(const float * f,
        float *       u,
        double        bending = 0.0,
        double        tolerance = MaskedPoisson::DefaultTolerance,
        double        resolution = 0.0,
        unsigned int  maximumNumberOfCycles = MaskedPoisson::DefaultMaximumNumberOfCycles)
  {
    if (m_Box)
    {
      std::copy_n(f, m_Grid.NumberOfVoxels(), u);
      m_Box->Solve(u, 0.0, bending);
      return {};
    }
    return bending > 0.0 ? m_Masked->SolveBent(f, u, bending, resolution, tolerance, maximumNumberOfCycles)
                         : m_Masked->Solve(f, u, 0.0, tolerance, maximumNumberOfCycles);
  }

  /** Connected parts, each with a free constant: on a box as many as there are slices that stand for themselves. */
  std::size_t
  NumberOfComponents() const
  {
    if (m_Masked)
    {
      return m_Masked->NumberOfComponents();
    }
    std::size_t components = 1;
    for (unsigned int axis = 0; axis < PoissonGrid::MaximumDimension; ++axis)
    {
      components *= m_Grid.IsConnected(axis) ? 1 : m_Grid.size[axis];
    }
    return components;
  }

private:
  PoissonGrid                  m_Grid;
  std::optional<BoxPoisson>    m_Box;
  std::optional<MaskedPoisson> m_Masked;
};
} // namespace itk

#endif
