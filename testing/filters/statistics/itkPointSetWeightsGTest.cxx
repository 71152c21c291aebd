#include "itkPointSetWeights.h"

#include "FilterTest.h"
#include "Icosphere.h"

#include "itkDefaultDynamicMeshTraits.h"
#include "itkMesh.h"
#include "itkPolygonCell.h"
#include "itkQuadrilateralCell.h"
#include "itkTriangleCell.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace
{
using namespace isolux::testing;
constexpr double Rounding = 1e-14; // relative, of a few sums and products of double
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <unsigned int VDimension>
using Points = itk::PointSet<double, VDimension>;
using Mesh = itk::Mesh<double, 3, itk::DefaultStaticMeshTraits<double, 3, 3, double, double>>;
using SparseMesh = itk::Mesh<double, 3, itk::DefaultDynamicMeshTraits<double, 3, 3, double, double>>;

template <typename TPointSet>
typename TPointSet::PointType
PointOf(std::initializer_list<double> coordinates)
{
  typename TPointSet::PointType point;
  point.Fill(0.25F);
  std::copy(coordinates.begin(), coordinates.end(), point.Begin());
  return point;
}

template <typename TPointSet>
typename TPointSet::Pointer
SetOf(const std::vector<typename TPointSet::PointType> & points)
{
  const auto set = TPointSet::New();
  for (std::size_t i = 0; i < points.size(); ++i)
  {
    set->SetPoint(i, points[i]);
  }
  return set;
}

template <typename TCell, typename TMesh>
void
AddCell(TMesh * mesh, const std::vector<itk::IdentifierType> & corners)
{
  typename TMesh::CellAutoPointer cell;
  cell.TakeOwnership(new TCell);
  for (std::size_t i = 0; i < corners.size(); ++i)
  {
    cell->SetPointId(static_cast<int>(i), corners[i]);
  }
  mesh->SetCell(mesh->GetNumberOfCells(), cell);
}

template <typename TMesh>
using Triangle = itk::TriangleCell<typename TMesh::CellType>;

template <typename T>
class DensityWeights : public ::testing::Test
{
};
using Sets = ::testing::Types<Points<2>, Points<3>, Points<4>>;
TYPED_TEST_SUITE(DensityWeights, Sets);
} // namespace

TYPED_TEST(DensityWeights, PointsAtOnePositionShareOneWeight)
{
  const auto a = PointOf<TypeParam>({ 1.0, 2.0 });
  const auto b = PointOf<TypeParam>({ 2.0, 1.0 });
  const auto c = PointOf<TypeParam>({ 0.0, 0.0 });
  const auto alsoC = PointOf<TypeParam>({ -0.0, 0.0 });
  const auto set = SetOf<TypeParam>({ a, c, b, a, alsoC, a, a });
  EXPECT_EQ(itk::DensityWeights(set.GetPointer()), (std::vector<double>{ 0.25, 0.5, 1.0, 0.25, 0.5, 0.25, 0.25 }));
}

TYPED_TEST(DensityWeights, WithARadiusCountPositionsAndNotPoints)
{
  const auto                at = [](double x) { return PointOf<TypeParam>({ x, 3.0 }); };
  const auto                set = SetOf<TypeParam>({ at(0.0), at(1.0), at(1.0), at(1.5), at(9.0) });
  const auto                weights = itk::DensityWeights(set.GetPointer(), 1.0);
  const std::vector<double> expected = { 1.0 / 2, 1.0 / 6, 1.0 / 6, 1.0 / 2, 1.0 };
  EXPECT_EQ(weights, expected);
}

TYPED_TEST(DensityWeights, WithARadiusAgreeWithCountingEveryPair)
{
  Random                                     random(7);
  std::vector<typename TypeParam::PointType> points(400);
  for (auto & point : points)
  {
    for (unsigned int axis = 0; axis < TypeParam::PointDimension; ++axis)
    {
      point[axis] = static_cast<float>(random.Uniform(0.0, 10.0));
    }
  }
  for (const double radius : { 0.3, 1.7, 6.0 })
  {
    const auto weights = itk::DensityWeights(SetOf<TypeParam>(points).GetPointer(), radius);
    for (std::size_t i = 0; i < points.size(); ++i)
    {
      const auto near =
        std::count_if(points.begin(),
                      points.end(),
                      [&](const auto & other) { return other.EuclideanDistanceTo(points[i]) <= radius; });
      ASSERT_EQ(weights[i], 1.0 / static_cast<double>(near)) << i;
    }
  }
}

TYPED_TEST(DensityWeights, OfPositionsThatAreNotFiniteAreOneOrShared)
{
  const auto set = SetOf<TypeParam>(
    { PointOf<TypeParam>({ NaN, 1.0 }), PointOf<TypeParam>({ 1.0, 1.0 }), PointOf<TypeParam>({ NaN, 1.0 }) });
  for (const double radius : { 0.0, 2.0 })
  {
    EXPECT_EQ(itk::DensityWeights(set.GetPointer(), radius), (std::vector<double>{ 0.5, 1.0, 0.5 }));
  }
}

TYPED_TEST(DensityWeights, OfNoPointsAreNone)
{
  EXPECT_TRUE(itk::DensityWeights(TypeParam::New().GetPointer(), 1.0).empty());
}

TEST(AreaWeights, AreAThirdOfEachTriangleAndAddUpToTheSurface)
{
  const auto mesh = SetOf<Mesh>({ PointOf<Mesh>({ 1, 1, 5 }),
                                  PointOf<Mesh>({ 4, 1, 5 }),
                                  PointOf<Mesh>({ 1, 3, 5 }),
                                  PointOf<Mesh>({ 1, 1, 9 }),
                                  PointOf<Mesh>({ 7, 7, 7 }) });
  AddCell<Triangle<Mesh>>(mesh.GetPointer(), { 0, 1, 2 }); // 3
  AddCell<Triangle<Mesh>>(mesh.GetPointer(), { 0, 3, 1 }); // 6
  const auto                weights = itk::AreaWeights(mesh.GetPointer());
  const std::vector<double> expected = { 3.0, 3.0, 1.0, 2.0, 0.0 };
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    EXPECT_NEAR(weights[i], expected[i], Rounding * 6.0) << i;
  }
}

TEST(AreaWeights, OfQuadrilateralsAndPolygonsAreTheirAreaInEqualParts)
{
  const auto mesh = SetOf<Mesh>({ PointOf<Mesh>({ 0, 0, 1 }),
                                  PointOf<Mesh>({ 4, 0, 1 }),
                                  PointOf<Mesh>({ 4, 2, 1 }),
                                  PointOf<Mesh>({ 0, 2, 1 }),
                                  PointOf<Mesh>({ -1, 1, 1 }) });
  AddCell<itk::QuadrilateralCell<Mesh::CellType>>(mesh.GetPointer(), { 0, 1, 2, 3 }); // 8
  AddCell<itk::PolygonCell<Mesh::CellType>>(mesh.GetPointer(), { 0, 1, 2, 3, 4 });    // 9
  const auto                weights = itk::AreaWeights(mesh.GetPointer());
  const std::vector<double> expected = { 3.8, 3.8, 3.8, 3.8, 1.8 };
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    EXPECT_NEAR(weights[i], expected[i], Rounding * 9.0) << i;
  }
}

TEST(AreaWeights, AddUpToTheAreaOfASphere)
{
  const auto surface = Icosphere(4, { 50.0, 50.0, 50.0 });
  const auto mesh = Mesh::New();
  for (std::size_t i = 0; i < surface.points.size(); ++i)
  {
    mesh->SetPoint(i, Mesh::PointType(surface.points[i].data()));
  }
  for (const auto & [a, b, c] : surface.triangles)
  {
    AddCell<Triangle<Mesh>>(mesh.GetPointer(), { a, b, c });
  }
  const auto   weights = itk::AreaWeights(mesh.GetPointer());
  const double area = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double sphere = 4.0 * std::acos(-1.0) * 2500.0;
  EXPECT_LT(area, sphere);                  // the triangles lie inside it,
  EXPECT_NEAR(area, sphere, 0.01 * sphere); // with edges of 0.07 radii: 0.3 % of it
}

TEST(AreaWeights, HaveTheSameBitsForAnyOrderOfCellsAndPoints)
{
  const auto surface = Icosphere(3, { 40.0, 60.0, 50.0 });
  const auto weightsOf = [&](const std::vector<std::size_t> & order, const std::vector<std::size_t> & cells)
  {
    const auto               mesh = Mesh::New();
    std::vector<std::size_t> place(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
    {
      place[order[i]] = i;
      mesh->SetPoint(i, Mesh::PointType(surface.points[order[i]].data()));
    }
    for (const auto cell : cells)
    {
      const auto & [a, b, c] = surface.triangles[cell];
      AddCell<Triangle<Mesh>>(mesh.GetPointer(), { place[a], place[b], place[c] });
    }
    const auto          weights = itk::AreaWeights(mesh.GetPointer());
    std::vector<double> back(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
    {
      back[order[i]] = weights[i];
    }
    return back;
  };
  std::vector<std::size_t> order(surface.points.size());
  std::vector<std::size_t> cells(surface.triangles.size());
  std::iota(order.begin(), order.end(), 0U);
  std::iota(cells.begin(), cells.end(), 0U);
  const auto first = weightsOf(order, cells);
  Random     random(3);
  random.Shuffle(order);
  random.Shuffle(cells);
  EXPECT_TRUE(SameBits(weightsOf(order, cells), first));
}

TEST(AreaWeights, OfIdentifiersWithGapsComeInTheOrderOfThePoints)
{
  const auto mesh = SparseMesh::New();
  mesh->SetPoint(40, PointOf<SparseMesh>({ 0, 0, 0 }));
  mesh->SetPoint(7, PointOf<SparseMesh>({ 9, 9, 9 }));
  mesh->SetPoint(3, PointOf<SparseMesh>({ 6, 0, 0 }));
  mesh->SetPoint(99, PointOf<SparseMesh>({ 0, 1, 0 }));
  AddCell<Triangle<SparseMesh>>(mesh.GetPointer(), { 3, 40, 99 });
  EXPECT_EQ(itk::AreaWeights(mesh.GetPointer()), (std::vector<double>{ 1.0, 0.0, 1.0, 1.0 }));
  AddCell<Triangle<SparseMesh>>(mesh.GetPointer(), { 3, 41, 99 });
  EXPECT_NE(MessageOf([&] { itk::AreaWeights(mesh.GetPointer()); }).find("point 41 as a corner"), std::string::npos);
}

TEST(AreaWeights, OfACellWithoutAreaOrWithACoordinateThatIsNotFiniteAreZero)
{
  const auto mesh = SetOf<Mesh>({ PointOf<Mesh>({ 0, 0, 0 }),
                                  PointOf<Mesh>({ 1, 0, 0 }),
                                  PointOf<Mesh>({ 2, 0, 0 }),
                                  PointOf<Mesh>({ 0, NaN, 0 }),
                                  PointOf<Mesh>({ 0, 6, 0 }) });
  AddCell<Triangle<Mesh>>(mesh.GetPointer(), { 0, 1, 2 });
  AddCell<Triangle<Mesh>>(mesh.GetPointer(), { 0, 1, 1 });
  AddCell<Triangle<Mesh>>(mesh.GetPointer(), { 0, 1, 3 });
  EXPECT_EQ(itk::AreaWeights(mesh.GetPointer()), std::vector<double>(5, 0.0));
  AddCell<Triangle<Mesh>>(mesh.GetPointer(), { 0, 1, 4 });
  EXPECT_EQ(itk::AreaWeights(mesh.GetPointer()), (std::vector<double>{ 1.0, 1.0, 0.0, 0.0, 1.0 }));
}
