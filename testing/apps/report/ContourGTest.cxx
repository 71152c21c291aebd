#include "Contour.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

using namespace isolux;

namespace
{
template <typename TFunction>
Raster
Make(const unsigned int width, const unsigned int height, const TFunction & value)
{
  Raster raster{ width, height, {} };
  for (unsigned int y = 0; y < height; ++y)
  {
    for (unsigned int x = 0; x < width; ++x)
    {
      raster.values.push_back(static_cast<float>(value(x, y)));
    }
  }
  return raster;
}

/** x and y of the start of each segment, and its run and rise, in tenths of a pixel. */
std::vector<std::array<int, 4>>
Segments(const std::string & path)
{
  std::vector<std::array<int, 4>> segments;
  std::istringstream              text(path);
  std::array<int, 4>              segment{};
  for (char letter = 0; text >> letter >> segment[0] >> segment[1] >> letter >> segment[2] >> segment[3];)
  {
    segments.push_back(segment);
  }
  return segments;
}
} // namespace

TEST(Contour, OfARampIsTheLineWhereItPassesTheLevel)
{
  const auto segments = Segments(ContourPath(Make(9, 5, [](auto x, auto) { return 0.5 + 0.1 * x; }), {}, 1.13));
  ASSERT_EQ(segments.size(), 4U); // between five rows of pixels
  for (const auto & [x, y, run, rise] : segments)
  {
    EXPECT_EQ(x, 68); // 0.5 + 6.3
    EXPECT_EQ(run, 0);
    EXPECT_EQ(std::abs(rise), 10);
    EXPECT_EQ(y % 10, 5) << "through pixels' centres";
  }
}

TEST(Contour, OfAConeStaysAtItsRadius)
{
  const auto cone = [](auto x, auto y) { return 1.0 + 0.1 * std::hypot(x - 20.0, y - 15.0); };
  const auto segments = Segments(ContourPath(Make(41, 31, cone), {}, 2.0));
  EXPECT_GT(segments.size(), 50U);
  for (const auto & segment : segments)
  {
    EXPECT_NEAR(std::hypot(segment[0] / 10.0 - 20.5, segment[1] / 10.0 - 15.5), 10.0, 0.1); // rounded to tenths
  }
}

TEST(Contour, IsNotDrawnOutsideTheMaskOrBesideWhatIsNotPositive)
{
  const auto ramp = Make(9, 5, [](auto x, auto) { return 0.5 + 0.1 * x; });
  const auto mask = Make(9, 5, [](auto, auto y) { return y >= 2 ? 1.0 : 0.0; });
  EXPECT_EQ(Segments(ContourPath(ramp, mask, 1.13)).size(), 2U);
  auto hole = ramp;
  hole.values[6] = std::numeric_limits<float>::quiet_NaN();
  hole.values[9 * 4 + 6] = 0.0F;
  EXPECT_EQ(Segments(ContourPath(hole, {}, 1.13)).size(), 2U);
}

TEST(Contour, OfASaddleIsTwoLinesThatDoNotCross)
{
  Raster saddle{ 2, 2, { 2.0F, 1.0F, 1.0F, 2.0F } };
  for (const double level : { 1.4, 1.6 }) // the centre, 1.5, is above or below
  {
    const auto segments = Segments(ContourPath(saddle, {}, level));
    ASSERT_EQ(segments.size(), 2U);
    const bool high = level > 1.5; // then the high corners, of which the first is at the top left, are alone
    for (const auto & [x, y, run, rise] : segments)
    {
      EXPECT_EQ(run * rise > 0, !high) << level;
      EXPECT_TRUE(x >= 5 && x <= 15 && y >= 5 && y <= 15);
    }
  }
}

TEST(ContourLevels, AreRoundSymmetricFewAndInsideTheLimit)
{
  for (const double limit : { 1.01, 1.05, 1.3, 2.4, 10.0, 1e6 })
  {
    const auto levels = ContourLevels(limit);
    EXPECT_EQ(levels.size() % 2, 1U);
    EXPECT_LE(levels.size(), 9U);
    EXPECT_EQ(levels[levels.size() / 2], 1.0);
    EXPECT_LT(levels.back(), limit);
    EXPECT_NEAR(levels.front() * levels.back(), 1.0, 1e-12);
  }
  EXPECT_NEAR(ContourLevels(2.4).back(), 1.2 * 1.2 * 1.2 * 1.2, 1e-12);
}
