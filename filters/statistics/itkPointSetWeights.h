#ifndef itkPointSetWeights_h
#define itkPointSetWeights_h

#include "itkCellInterface.h"
#include "itkPoint.h"
#include "itkPointsLocator.h"
#include "itkVectorContainer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace itk
{
/** One weight for each point, in the order of the container: 1 / (points at the same position x distinct positions
 * within `radius`, its own among them).
 *
 * With radius 0 (mm) each position weighs 1 however many points lie on it, so that duplicating points, here more than
 * there, changes no statistic but by rounding. With a radius a region that is sampled more densely, by distinct points,
 * weighs about as much as one of the same size that is sampled sparsely; duplicates still change nothing. */
template <typename TPointSet>
std::vector<double>
DensityWeights(const TPointSet * points, double radius = 0.0)
{
  constexpr unsigned int dimension = TPointSet::PointDimension;
  using PositionType = Point<double, dimension>;
  using BitsType = std::array<std::uint64_t, dimension>; // ordered also where a coordinate is NaN
  struct Located
  {
    BitsType    bits;
    std::size_t place;
  };
  std::vector<Located>      located;
  std::vector<PositionType> positions;
  if (points->GetPoints() != nullptr)
  {
    for (auto point = points->GetPoints()->Begin(); point != points->GetPoints()->End(); ++point)
    {
      PositionType position;
      Located      entry{ {}, positions.size() };
      for (unsigned int axis = 0; axis < dimension; ++axis)
      {
        position[axis] = static_cast<double>(point.Value()[axis]) + 0.0; // -0 becomes 0
        std::memcpy(&entry.bits[axis], &position[axis], sizeof(double));
      }
      positions.push_back(position);
      located.push_back(entry);
    }
  }
  std::sort(located.begin(), located.end(), [](const Located & a, const Located & b) { return a.bits < b.bits; });

  using DistinctType = VectorContainer<IdentifierType, PositionType>;
  const auto                                                    distinct = DistinctType::New();
  const auto                                                    locator = PointsLocator<DistinctType>::New();
  typename PointsLocator<DistinctType>::NeighborsIdentifierType neighbors;
  const auto                                                    isFinite = [](const PositionType & position)
  { return std::all_of(position.Begin(), position.End(), [](double x) { return std::isfinite(x); }); };
  const auto ForEachPosition = [&located](auto && visit)
  {
    for (std::size_t begin = 0, end = 0; begin < located.size(); begin = end)
    {
      while (end < located.size() && located[end].bits == located[begin].bits)
      {
        ++end;
      }
      visit(begin, end);
    }
  };
  if (radius > 0.0)
  {
    ForEachPosition(
      [&](std::size_t begin, std::size_t)
      {
        if (const auto & position = positions[located[begin].place]; isFinite(position))
        {
          distinct->push_back(position);
        }
      });
    locator->SetPoints(distinct);
    if (distinct->Size() > 0)
    {
      locator->Initialize();
    }
  }
  std::vector<double> weights(positions.size());
  ForEachPosition(
    [&](std::size_t begin, std::size_t end)
    {
      double       count = static_cast<double>(end - begin);
      const auto & position = positions[located[begin].place];
      if (radius > 0.0 && isFinite(position))
      {
        locator->FindPointsWithinRadius(position, radius, neighbors);
        count *= static_cast<double>(neighbors.size());
      }
      for (std::size_t i = begin; i < end; ++i)
      {
        weights[located[i].place] = 1.0 / count;
      }
    });
  return weights;
}

/** One weight for each point, in the order of the container: the area (mm^2) of each triangle, quadrilateral and
 * polygon in equal parts to its corners, a third of each triangle. 0 for a point without any.
 *
 * The same bits for any order of cells and points. A cell with a coordinate that is not finite has no area.
 * \throws ExceptionObject where a cell has a corner that is no point. */
template <typename TMesh>
std::vector<double>
AreaWeights(const TMesh * mesh)
{
  constexpr unsigned int dimension = TMesh::PointDimension;
  using PositionType = Point<double, dimension>;
  std::vector<IdentifierType> identifiers;
  std::vector<PositionType>   positions;
  if (mesh->GetPoints() != nullptr)
  {
    for (auto point = mesh->GetPoints()->Begin(); point != mesh->GetPoints()->End(); ++point)
    {
      identifiers.push_back(point.Index());
      positions.emplace_back();
      positions.back().CastFrom(point.Value());
    }
  }
  const auto placeOf = [&identifiers](IdentifierType identifier)
  {
    if (identifier < identifiers.size() && identifiers[identifier] == identifier)
    {
      return static_cast<std::size_t>(identifier);
    }
    const auto found = std::lower_bound(identifiers.begin(), identifiers.end(), identifier);
    if (found == identifiers.end() || *found != identifier)
    {
      itkGenericExceptionMacro("A cell has point " << identifier << " as a corner, but there is no such point.");
    }
    return static_cast<std::size_t>(found - identifiers.begin());
  };

  struct Share
  {
    std::size_t place;
    double      area;
  };
  std::vector<Share> shares;
  double             largest = 0.0;
  if (mesh->GetCells() != nullptr)
  {
    std::vector<std::size_t> corners;
    for (auto cell = mesh->GetCells()->Begin(); cell != mesh->GetCells()->End(); ++cell)
    {
      const auto type = cell.Value()->GetType();
      if (type != CellGeometryEnum::TRIANGLE_CELL && type != CellGeometryEnum::QUADRILATERAL_CELL &&
          type != CellGeometryEnum::POLYGON_CELL)
      {
        continue;
      }
      corners.clear();
      for (auto corner = cell.Value()->PointIdsBegin(); corner != cell.Value()->PointIdsEnd(); ++corner)
      {
        corners.push_back(placeOf(*corner));
      }
      double area = 0.0;
      for (std::size_t i = 2; i < corners.size(); ++i)
      {
        const auto side = positions[corners[i - 1]] - positions[corners[0]];
        const auto other = positions[corners[i]] - positions[corners[0]];
        const auto squared = side.GetSquaredNorm();
        const auto height = squared > 0.0 ? other - side * (side * other / squared) : side;
        area += 0.5 * std::sqrt(squared) * height.GetNorm();
      }
      if (area > 0.0 && std::isfinite(area))
      {
        const double part = area / static_cast<double>(corners.size());
        largest = std::max(largest, part);
        for (const std::size_t corner : corners)
        {
          shares.push_back({ corner, part });
        }
      }
    }
  }
  // Sums of integers: the largest part has 91 bits, so that 2^36 of them can meet at one point.
  __extension__ using FixedPoint = __int128;
  constexpr int           bits = 90;
  const int               exponent = largest > 0.0 ? bits - std::ilogb(largest) : 0;
  std::vector<FixedPoint> sums(positions.size(), 0);
  for (const Share & share : shares)
  {
    sums[share.place] += static_cast<FixedPoint>(std::ldexp(share.area, exponent));
  }
  std::vector<double> weights(sums.size());
  std::transform(sums.begin(),
                 sums.end(),
                 weights.begin(),
                 [exponent](FixedPoint sum) { return std::ldexp(static_cast<double>(sum), -exponent); });
  return weights;
}
} // namespace itk

#endif
