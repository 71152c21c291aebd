#include "PointNorm.h"

#include "Error.h"

#include "itkInstanceNormalizationPointSetFilter.h"
#include "itkPointSetMomentsSink.h"

#include "itkMesh.h"
#include "itkPolygonCell.h"
#include "itkTriangleCell.h"

#include <cmath>

namespace isolux
{
namespace
{
/** Components are independent: each is a set of scalars by itself. */
using ScalarPoints = itk::PointSet<double, 3>;
using ScalarFilter = itk::InstanceNormalizationPointSetFilter<ScalarPoints>;
using SurfaceMesh = itk::Mesh<double, 3, itk::DefaultStaticMeshTraits<double, 3, 3, double, double>>;

ScalarPoints::Pointer
ComponentOf(const PointAttribute & attribute, std::size_t component)
{
  const auto data = ScalarPoints::PointDataContainer::New();
  auto &     scalars = data->CastToSTLContainer();
  scalars.reserve(attribute.values.size() / attribute.components);
  for (std::size_t i = component; i < attribute.values.size(); i += attribute.components)
  {
    scalars.push_back(attribute.values[i]);
  }
  const auto points = ScalarPoints::New();
  points->SetPointData(data);
  return points;
}

template <typename TPointSet>
typename TPointSet::Pointer
PositionsOf(const PointSurface & surface)
{
  const auto points = TPointSet::New();
  const auto positions = TPointSet::PointsContainer::New();
  positions->reserve(surface.points.size());
  for (const auto & position : surface.points)
  {
    positions->push_back(typename TPointSet::PointType(position.data()));
  }
  points->SetPoints(positions);
  return points;
}

/** A call of ITK whose exceptions become errors. */
template <typename TCall>
auto
Run(const TCall & call)
{
  try
  {
    return call();
  }
  catch (const itk::ExceptionObject & error)
  {
    throw Error(error.GetDescription());
  }
}

void
Apply(PointAttribute &                  attribute,
      const std::vector<PointMoments> & moments,
      const PointNormOptions &          options,
      bool                              inverse)
{
  for (std::size_t component = 0; component < attribute.components; ++component)
  {
    const auto & learned = moments.at(component);
    const auto   filter = ScalarFilter::New();
    filter->SetInput(ComponentOf(attribute, component));
    filter->SetMoments({ { { learned.mean, learned.variance, learned.count } } });
    filter->SetEpsilon(options.eps);
    filter->SetGamma(options.gamma);
    filter->SetBeta(options.beta);
    filter->SetInverse(inverse);
    Run([&] { filter->Update(); });
    std::size_t i = component;
    for (const double value : filter->GetOutput()->GetPointData()->CastToSTLConstContainer())
    {
      attribute.values[i] = value;
      i += attribute.components;
    }
  }
}
} // namespace

PointNormOptions::PointNormOptions()
  : eps(ScalarFilter::DefaultEpsilon)
{
}

void
PointNormOptions::Visit(ParameterVisitor & visit)
{
  constexpr double unbounded = std::numeric_limits<double>::infinity();
  visit({ "weights",
          Unit::None,
          "What a point counts in mean and deviation: none (the same), area (its part of the surface), density (its "
          "share of its position), or a file with a number of 0 or more for each point." },
        weights);
  visit({ "density_radius",
          Unit::Millimetre,
          "Of weights density: also divide by the number of positions within this radius.",
          0.0,
          unbounded },
        density_radius);
  visit({ "eps", Unit::None, "Added to the variance, in squared attribute.", 0.0, unbounded }, eps);
  visit({ "gamma", Unit::None, "Standard deviation of the output." }, gamma);
  visit({ "beta", Unit::None, "Mean of the output." }, beta);
}

std::vector<double>
PointAreas(const PointSurface & surface)
{
  const auto  mesh = PositionsOf<SurfaceMesh>(surface);
  std::size_t begin = 0;
  for (std::size_t polygon = 0; polygon < surface.ends.size(); begin = surface.ends[polygon++])
  {
    const std::size_t            count = surface.ends[polygon] - begin;
    SurfaceMesh::CellAutoPointer cell;
    if (count == 3)
    {
      cell.TakeOwnership(new itk::TriangleCell<SurfaceMesh::CellType>);
    }
    else
    {
      cell.TakeOwnership(new itk::PolygonCell<SurfaceMesh::CellType>(count));
    }
    for (std::size_t corner = 0; corner < count; ++corner)
    {
      cell->SetPointId(static_cast<int>(corner), surface.corners[begin + corner]);
    }
    mesh->SetCell(polygon, cell);
  }
  return Run([&] { return itk::AreaWeights(mesh.GetPointer()); });
}

std::vector<double>
PointDensityWeights(const PointSurface & surface, double radius)
{
  using Positions = itk::PointSet<double, 3, itk::DefaultStaticMeshTraits<double, 3, 3, double, double>>;
  return itk::DensityWeights(PositionsOf<Positions>(surface).GetPointer(), radius);
}

std::vector<PointMoments>
LearnPointMoments(const PointAttribute & attribute, const std::vector<double> & weights)
{
  std::vector<PointMoments> moments;
  for (std::size_t component = 0; component < attribute.components; ++component)
  {
    const auto sink = itk::PointSetMomentsSink<ScalarPoints>::New();
    sink->SetInput(ComponentOf(attribute, component));
    sink->SetWeights(weights);
    Run([&] { sink->Update(); });
    const auto &     learned = sink->GetMoments().components;
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    moments.push_back(learned.empty() ? PointMoments{ nan, nan, 0 }
                                      : PointMoments{ learned[0].mean, learned[0].variance, learned[0].count });
  }
  return moments;
}

void
NormalizePoints(PointAttribute & attribute, const std::vector<PointMoments> & moments, const PointNormOptions & options)
{
  Apply(attribute, moments, options, false);
}

void
RestorePoints(PointAttribute & attribute, const std::vector<PointMoments> & moments, const PointNormOptions & options)
{
  if (options.gamma == 0.0)
  {
    throw Error("gamma 0 made every value the same: nothing can be restored");
  }
  for (std::size_t component = 0; component < attribute.components; ++component)
  {
    std::size_t finite = 0;
    for (std::size_t i = component; i < attribute.values.size(); i += attribute.components)
    {
      finite += std::isfinite(attribute.values[i]);
    }
    const auto & learned = moments.at(component);
    if (finite > 0 && learned.count == 0)
    {
      throw Error("no point counted, so every value became beta: nothing can be restored");
    }
    if (learned.variance == 0.0 && learned.count < finite)
    {
      throw Error("the points that counted had one value, so those of the others became beta too and cannot be "
                  "restored");
    }
  }
  Apply(attribute, moments, options, true);
}
} // namespace isolux
