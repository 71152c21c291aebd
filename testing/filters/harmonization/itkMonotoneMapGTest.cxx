#include "itkMonotoneMap.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using itk::MonotoneMap;
using Numbers = std::vector<double>;
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

TEST(MonotoneMap, WithoutAKnotIsTheIdentity)
{
  for (const auto & map : { MonotoneMap(),
                            MonotoneMap({}, {}),
                            MonotoneMap({ 1.0, NaN }, { 2.0, 3.0 }),
                            MonotoneMap({ 1.0, 2.0 }, { 2.0, HUGE_VAL }),
                            MonotoneMap({ 1.0, 2.0 }, { 2.0 }) })
  {
    EXPECT_EQ(map(-3.7), -3.7);
    EXPECT_EQ(map.NumberOfKnots(), 0U);
    EXPECT_TRUE(map.IsInvertible());
    EXPECT_EQ(map.Inverse()(5.5), 5.5);
  }
}

TEST(MonotoneMap, GoesThroughItsKnotsAndStraightBetween)
{
  const MonotoneMap map({ -4.0, 0.0, 2.0, 10.0 }, { 100.0, 104.0, 110.0, 112.0 });
  EXPECT_EQ(map(-4.0), 100.0);
  EXPECT_EQ(map(-3.0), 101.0);
  EXPECT_EQ(map(0.0), 104.0);
  EXPECT_EQ(map(1.0), 107.0);
  EXPECT_EQ(map(2.0), 110.0);
  EXPECT_EQ(map(6.0), 111.0);
  EXPECT_EQ(map(10.0), 112.0);
}

TEST(MonotoneMap, GoesOnBeyondTheEndsWithTheSlopeOfTheEndSegments)
{
  const MonotoneMap map({ -4.0, 0.0, 2.0, 10.0 }, { 100.0, 104.0, 110.0, 112.0 });
  EXPECT_EQ(map(-24.0), 80.0); // slope 1
  EXPECT_EQ(map(50.0), 122.0); // slope 1 / 4
}

TEST(MonotoneMap, KnotsThatCoincideBecomeOneAtTheMeanOfTheirImages)
{
  const MonotoneMap map({ 0.0, 0.0, 0.0, 5.0, 5.0, 8.0 }, { 1.0, 2.0, 6.0, 9.0, 11.0, 16.0 });
  EXPECT_EQ(map.NumberOfKnots(), 3U);
  EXPECT_EQ(map(0.0), 3.0);
  EXPECT_EQ(map(5.0), 10.0);
  EXPECT_EQ(map(8.0), 16.0);
  EXPECT_EQ(map(2.5), 6.5);
  EXPECT_TRUE(map.IsInvertible());
}

TEST(MonotoneMap, KnotsSoNearThatTheSlopeWouldOverflowBecomeOne)
{
  const MonotoneMap map({ 0.0, 1e-320, 1.0 }, { 0.0, 10.0, 20.0 });
  EXPECT_EQ(map.NumberOfKnots(), 2U);
  EXPECT_EQ(map(0.0), 5.0);
  EXPECT_TRUE(std::isfinite(map(-1e38)));
}

TEST(MonotoneMap, ASingleKnotIsAShift)
{
  const MonotoneMap map({ 7.0, 7.0 }, { 10.0, 12.0 });
  EXPECT_EQ(map(7.0), 11.0);
  EXPECT_EQ(map(-100.0), -96.0);
  EXPECT_TRUE(map.IsInvertible());
  EXPECT_EQ(map.Inverse()(-96.0), -100.0);
}

TEST(MonotoneMap, AFlatSegmentCannotBeInverted)
{
  EXPECT_FALSE(MonotoneMap({ 0.0, 1.0, 2.0 }, { 0.0, 3.0, 3.0 }).IsInvertible());
  EXPECT_FALSE(MonotoneMap({ 0.0, 1.0 }, { 3.0, 3.0 }).IsInvertible());
}

TEST(MonotoneMap, NeverFallsAlsoNotByARounding)
{
  isolux::testing::Random random(3);
  for (int trial = 0; trial < 200; ++trial)
  {
    Numbers from;
    Numbers to;
    for (int i = 0; i < 12; ++i)
    {
      from.push_back(random.Uniform(-1.0, 1.0));
      to.push_back(random.Uniform(1e5, 1e5 + 1e-6)); // slopes that cancel nearly every digit
    }
    std::sort(from.begin(), from.end());
    std::sort(to.begin(), to.end());
    const MonotoneMap map(from, to);
    for (const double knot : from)
    {
      double x = knot;
      for (int step = 0; step < 5; ++step)
      {
        const double next = std::nextafter(x, -HUGE_VAL);
        ASSERT_LE(map(next), map(x));
        x = next;
      }
    }
  }
}

TEST(MonotoneMap, TheInverseUndoesIt)
{
  isolux::testing::Random random(5);
  const Numbers           from = { -50.0, 1.0, 3.0, 90.0, 400.0 };
  const Numbers           to = { 0.1, 0.2, 0.3, 0.9, 1.0 };
  const MonotoneMap       map(from, to);
  const auto              inverse = map.Inverse();
  for (int i = 0; i < 1000; ++i)
  {
    const double x = random.Uniform(-1000.0, 1000.0);
    // rounding of y (below 3) over the smallest slope, 1 / 3100
    ASSERT_NEAR(inverse(map(x)), x, 3100.0 * std::ldexp(3.0, -51));
  }
}
} // namespace
