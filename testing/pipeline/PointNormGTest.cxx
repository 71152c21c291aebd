#include "PointNorm.h"

#include "Error.h"
#include "Icosphere.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace isolux
{
namespace
{
PointSurface
SurfaceOf(const testing::Surface & surface)
{
  PointSurface points;
  points.points = surface.points;
  for (const auto & triangle : surface.triangles)
  {
    points.corners.insert(points.corners.end(), triangle.begin(), triangle.end());
    points.ends.push_back(points.corners.size());
  }
  return points;
}

PointAttribute
ThicknessOf(const testing::Surface & surface)
{
  PointAttribute attribute;
  for (const auto & point : surface.points)
  {
    attribute.values.push_back(testing::Thickness(point));
  }
  return attribute;
}

std::string
MessageOf(const std::function<void()> & call)
{
  try
  {
    call();
  }
  catch (const Error & error)
  {
    return error.what();
  }
  return "";
}
} // namespace

TEST(PointNorm, NormalizesEachComponentByItselfAndUndoesIt)
{
  PointAttribute attribute;
  attribute.components = 2;
  attribute.values = { 1.0, 50.0, 3.0, 10.0, 5.0, 30.0 };
  PointNormOptions options;
  options.eps = 0.0;
  options.gamma = 2.0;
  options.beta = 7.0;
  const auto original = attribute.values;
  const auto moments = LearnPointMoments(attribute, { 1.0, 1.0, 1.0 });
  ASSERT_EQ(moments.size(), 2U);
  EXPECT_EQ(moments[0].mean, 3.0);
  EXPECT_EQ(moments[1].mean, 30.0);
  EXPECT_EQ(moments[1].count, 3U);
  NormalizePoints(attribute, moments, options);
  const double              step = 2.0 * 2.0 / std::sqrt(8.0 / 3.0);
  const std::vector<double> expected = { 7.0 - step, 7.0 + step, 7.0, 7.0 - step, 7.0 + step, 7.0 };
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    EXPECT_NEAR(attribute.values[i], expected[i], 1e-14) << i; // a few roundings of numbers below 10
  }
  RestorePoints(attribute, moments, options);
  for (std::size_t i = 0; i < original.size(); ++i)
  {
    EXPECT_NEAR(attribute.values[i], original[i], 1e-13) << i; // of numbers below 50
  }
}

TEST(PointNorm, CannotBeUndoneWithGammaZero)
{
  PointNormOptions options;
  options.gamma = 0.0;
  PointAttribute attribute;
  attribute.values = { 1.0 };
  EXPECT_NE(MessageOf(
              [&] {
                RestorePoints(attribute, { { 1.0, 1.0, 1 } }, options);
              })
              .find("gamma 0"),
            std::string::npos);
}

TEST(PointNorm, CannotBeUndoneWhereEveryValueBecameBeta)
{
  const auto refusal = [](const std::vector<double> & values, const std::vector<double> & weights)
  {
    PointAttribute         attribute{ "thickness", 1, values };
    const PointNormOptions options;
    const auto             moments = LearnPointMoments(attribute, weights);
    NormalizePoints(attribute, moments, options);
    try
    {
      RestorePoints(attribute, moments, options);
    }
    catch (const Error & error)
    {
      return std::string(error.what());
    }
    EXPECT_EQ(attribute.values, values);
    return std::string();
  };
  EXPECT_NE(refusal({ 1.0, 2.0 }, { 0.0, 0.0 }).find("no point counted"), std::string::npos);
  EXPECT_NE(refusal({ 2.0, 2.0, 3.0 }, { 1.0, 1.0, 0.0 }).find("had one value"), std::string::npos);
  EXPECT_EQ(refusal({ 2.0, 2.0, HUGE_VAL }, { 1.0, 1.0, 1.0 }), "");
  EXPECT_EQ(refusal({ HUGE_VAL, -HUGE_VAL }, { 1.0, 1.0 }), "");
}

TEST(PointNorm, AreasOfAnUnevenlyCutSurfaceMakeItsMeanThatOfTheSurface)
{
  // The same ellipsoid, one half of it cut finer by putting a point into the middle of each triangle, four times over.
  const auto even = testing::Icosphere(4, { 40.0, 60.0, 50.0 });
  auto       uneven = even;
  for (int time = 0; time < 2; ++time)
  {
    const auto triangles = uneven.triangles;
    uneven.triangles.clear();
    for (const auto & [a, b, c] : triangles)
    {
      std::array<double, 3> middle{};
      for (std::size_t axis = 0; axis < 3; ++axis)
      {
        middle[axis] = (uneven.points[a][axis] + uneven.points[b][axis] + uneven.points[c][axis]) / 3.0;
      }
      if (middle[1] < 10.0)
      {
        uneven.triangles.push_back({ a, b, c });
        continue;
      }
      const auto centre = static_cast<std::uint32_t>(uneven.points.size());
      uneven.points.push_back(middle);
      uneven.triangles.insert(uneven.triangles.end(), { { a, b, centre }, { b, c, centre }, { c, a, centre } });
    }
  }
  const auto meanOf = [](const testing::Surface & surface, bool byArea)
  {
    const auto weights = byArea ? PointAreas(SurfaceOf(surface)) : std::vector<double>(surface.points.size(), 1.0);
    return LearnPointMoments(ThicknessOf(surface), weights)[0].mean;
  };
  EXPECT_GT(std::abs(meanOf(uneven, false) - meanOf(even, false)), 0.1); // of a deviation of 0.4
  EXPECT_NEAR(meanOf(uneven, true), meanOf(even, true), 1e-3);           // thickness is not linear within a triangle
}

TEST(PointNorm, AreasTakePolygonsOfAnyNumberOfCorners)
{
  PointSurface surface;
  surface.points = { { 0, 0, 1 }, { 4, 0, 1 }, { 4, 2, 1 }, { 0, 2, 1 }, { 9, 9, 9 } };
  surface.corners = { 0, 1, 2, 3, 0, 1, 2, 1, 2 };
  surface.ends = { 4, 7, 9 };
  const std::vector<double> expected = { 2.0 + 4.0 / 3.0, 2.0 + 4.0 / 3.0, 2.0 + 4.0 / 3.0, 2.0, 0.0 };
  const auto                areas = PointAreas(surface);
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    EXPECT_NEAR(areas[i], expected[i], 1e-14) << i;
  }
  surface.corners[0] = 5;
  EXPECT_NE(MessageOf([&] { PointAreas(surface); }).find("point 5"), std::string::npos);
}

TEST(PointNorm, OfNoPointsIsNothing)
{
  PointAttribute attribute;
  const auto     moments = LearnPointMoments(attribute, {});
  ASSERT_EQ(moments.size(), 1U);
  EXPECT_TRUE(std::isnan(moments[0].mean));
  NormalizePoints(attribute, moments, PointNormOptions());
  EXPECT_TRUE(attribute.values.empty());
  EXPECT_TRUE(PointAreas(PointSurface()).empty());
  EXPECT_TRUE(PointDensityWeights(PointSurface(), 2.0).empty());
}

TEST(PointNorm, OptionsHaveTheFiltersDefaultAndBounds)
{
  PointNormOptions options;
  EXPECT_EQ(options.eps, 1e-5);
  const auto visit = [&](ParameterVisitor & visitor) { options.Visit(visitor); };
  EXPECT_NE(MessageOf(
              [&] {
                Assign(visit, { { "eps", -1.0 } }, "x");
              })
              .find("'eps' must be in [0, inf), not -1"),
            std::string::npos);
  EXPECT_NE(MessageOf(
              [&] {
                Assign(visit, { { "gama", 1.0 } }, "x");
              })
              .find("did you mean 'gamma'?"),
            std::string::npos);
}
} // namespace isolux
