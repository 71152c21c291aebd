#ifndef itkContinueOutside_h
#define itkContinueOutside_h

#include "itkBoxPoisson.h"
#include "itkPerThread.h"

#include <algorithm>
#include <vector>

namespace itk
{
/** Continues values that are known in some voxels of a grid smoothly to all others, by pull and push: means of the
 * known ones over ever larger cells of 2 voxels along each connected axis, from which the unknown ones are interpolated
 * linearly, far ones from larger cells. Known values stay as they are, continued ones lie within their range; 0 where a
 * slice that stands for itself knows none. `isKnown` is 0 or 1.
 *
 * \par Reference
 * S. Gortler, R. Grzeszczuk, R. Szeliski, M. Cohen, The lumigraph, SIGGRAPH 1996. DOI 10.1145/237170.237200 */
inline void
ContinueOutside(const PoissonGrid & grid, float * values, const unsigned char * isKnown)
{
  constexpr unsigned int Axes = PoissonGrid::MaximumDimension;
  const std::size_t      voxels = grid.NumberOfVoxels();
  PoissonGrid            coarse = grid;
  bool                   isHalved = false;
  for (unsigned int axis = 0; axis < Axes; ++axis)
  {
    if (grid.IsConnected(axis))
    {
      coarse.size[axis] = (grid.size[axis] + 1) / 2;
      isHalved = true;
    }
  }
  if (!isHalved)
  {
    for (std::size_t i = 0; i < voxels; ++i)
    {
      values[i] = isKnown[i] != 0 ? values[i] : 0.0F;
    }
    return;
  }
  // A row's place, and for each axis the coarse cell and the one that it is interpolated with.
  struct Row
  {
    std::size_t                                  own = 0;
    std::array<std::array<std::size_t, 2>, Axes> pair{};
  };
  const auto pairOf = [&](unsigned int axis, std::size_t place)
  {
    if (!grid.IsConnected(axis))
    {
      return std::array<std::size_t, 2>{ { place, place } };
    }
    const auto cell = place / 2;
    const auto other = place % 2 == 1 ? std::min(cell + 1, coarse.size[axis] - 1) : cell - (cell > 0 ? 1 : 0);
    return std::array<std::size_t, 2>{ { cell, other } };
  };
  const auto rowOf = [&](std::size_t row)
  {
    Row found;
    for (unsigned int axis = 1; axis < Axes; ++axis)
    {
      found.pair[axis] = pairOf(axis, row * grid.size[0] / grid.Stride(axis) % grid.size[axis]);
      found.own += found.pair[axis][0] * coarse.Stride(axis);
    }
    return found;
  };
  const auto         rows = voxels / grid.size[0];
  std::vector<float> means(coarse.NumberOfVoxels(), 0.0F);
  std::vector<float> counts(coarse.NumberOfVoxels(), 0.0F);
  const std::size_t  step = grid.IsConnected(0) ? 2 : 1;
  for (std::size_t row = 0; row < rows; ++row)
  {
    const auto own = rowOf(row).own;
    for (std::size_t x = 0; x < grid.size[0]; ++x)
    {
      const auto i = row * grid.size[0] + x;
      if (isKnown[i] != 0)
      {
        means[own + x / step] += values[i];
        counts[own + x / step] += 1.0F;
      }
    }
  }
  std::vector<unsigned char> isMean(means.size());
  for (std::size_t i = 0; i < means.size(); ++i)
  {
    isMean[i] = counts[i] > 0.0F ? 1 : 0;
    means[i] /= std::max(1.0F, counts[i]);
  }
  ContinueOutside(coarse, means.data(), isMean.data());

  PerThread<std::vector<float>> blends(std::vector<float>(coarse.size[0]));
#pragma omp parallel for schedule(dynamic, 16) if (voxels > 1U << 18U)
  for (std::int64_t row = 0; row < static_cast<std::int64_t>(rows); ++row)
  {
    const auto begin = static_cast<std::size_t>(row) * grid.size[0];
    if (std::count(isKnown + begin, isKnown + begin + grid.size[0], 0) == 0)
    {
      continue;
    }
    const auto place = rowOf(static_cast<std::size_t>(row));
    auto &     blend = blends.Mine(); // along all axes but x
    std::fill(blend.begin(), blend.end(), 0.0F);
    for (std::size_t corner = 0; corner < 1U << (Axes - 1); ++corner)
    {
      float       weight = 1.0F;
      std::size_t offset = 0;
      for (unsigned int axis = 1; axis < Axes; ++axis)
      {
        const auto side = corner >> (axis - 1) & 1U;
        weight *= grid.IsConnected(axis) ? (side == 0 ? 0.75F : 0.25F) : (side == 0 ? 1.0F : 0.0F);
        offset += place.pair[axis][side] * coarse.Stride(axis);
      }
      for (std::size_t x = 0; weight > 0.0F && x < coarse.size[0]; ++x)
      {
        blend[x] += weight * means[offset + x];
      }
    }
    for (std::size_t x = 0; x < grid.size[0]; ++x)
    {
      if (isKnown[begin + x] == 0)
      {
        const auto pair = pairOf(0, x);
        values[begin + x] = 0.75F * blend[pair[0]] + 0.25F * blend[pair[1]];
      }
    }
  }
}
} // namespace itk

#endif
