#include "IntegerMap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace isolux
{
namespace
{
struct Intensities
{
  std::vector<float> before;
  std::vector<float> after;
};

/** Of the integers from -32768 to 32767 in steps, stored with a scale, under a map. */
Intensities
Mapped(const Scaling & stored, float gain, float offset, int step = 7)
{
  Intensities intensities;
  for (int integer = -32768; integer < 32768; integer += step)
  {
    intensities.before.push_back(static_cast<float>(integer * stored.slope + stored.intercept));
    intensities.after.push_back(gain * intensities.before.back() + offset);
  }
  return intensities;
}

IntegerMap
MapOf(const Scaling & stored, const Intensities & intensities)
{
  IntegerMap map(stored);
  map.Add(intensities.before.data(), intensities.after.data(), intensities.before.size());
  return map;
}

TEST(IntegerMap, FindsTheScaleFromTheFilesIntegersToTheIntensitiesAfter)
{
  const Scaling stored{ 0.25, -700.0 };
  const auto    intensities = Mapped(stored, -0.0137F, 3.0F);
  const auto    linear = MapOf(stored, intensities).AsLinear();
  ASSERT_TRUE(linear);
  const double range = 65535 * 0.25 * 0.0137;
  EXPECT_NEAR(linear->slope, -0.0137 * 0.25, 1e-6 * 0.0137 * 0.25); // of float32
  EXPECT_NEAR(linear->intercept, 3.0 + 0.0137 * 700.0, 1e-6 * range);
  double largest = 0.0;
  for (std::size_t i = 0; i < intensities.after.size(); ++i)
  {
    const double integer = -32768.0 + 7.0 * static_cast<double>(i);
    largest = std::max(largest, std::abs(integer * linear->slope + linear->intercept - intensities.after[i]));
  }
  EXPECT_DOUBLE_EQ(linear->largest, largest);
  EXPECT_LE(largest, 1e-6 * range);
}

TEST(IntegerMap, IsTheSameInPartsOfAnyOrder)
{
  const Scaling stored{ 2.0, 1.0 };
  const auto    all = Mapped(stored, 0.3F, 0.1F);
  const auto    whole = MapOf(stored, all).AsLinear();
  const auto    half = all.before.size() / 3;
  IntegerMap    first(stored);
  IntegerMap    second(stored);
  first.Add(all.before.data() + half, all.after.data() + half, all.before.size() - half);
  second.Add(all.before.data(), all.after.data(), half + 5); // some twice
  first.Merge(second);
  const auto parts = first.AsLinear();
  ASSERT_TRUE(whole && parts);
  EXPECT_EQ(parts->slope, whole->slope);
  EXPECT_EQ(parts->intercept, whole->intercept);
  EXPECT_EQ(parts->largest, whole->largest);
}

TEST(IntegerMap, IsNotLinearWhereOneVoxelIsOff)
{
  const Scaling stored;
  const auto    good = Mapped(stored, 0.3F, 0.1F);
  ASSERT_TRUE(MapOf(stored, good).AsLinear());
  auto bent = good; // a map, but not a line
  bent.after[5000] += 0.1F;
  EXPECT_TRUE(MapOf(stored, bent).IsMap());
  EXPECT_FALSE(MapOf(stored, bent).AsLinear());
  auto twice = good; // two intensities of one integer
  twice.before.push_back(good.before[5]);
  twice.after.push_back(good.after[6]);
  EXPECT_FALSE(MapOf(stored, twice).IsMap());
  auto split = MapOf(stored, good); // the same in another part
  split.Merge(MapOf(stored, { { good.before[5] }, { good.after[6] } }));
  EXPECT_FALSE(split.IsMap());
  auto none = good;
  none.after[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(MapOf(stored, none).AsLinear());
}

TEST(IntegerMap, IsNoMapOfWhatHasNoInteger)
{
  for (const float before :
       { 32768.0F, -32769.0F, 1e30F, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN() })
  {
    EXPECT_FALSE(MapOf({}, { { 1.0F, 2.0F, before }, { 1.0F, 2.0F, 3.0F } }).IsMap()) << before;
  }
  EXPECT_FALSE(MapOf({}, { { 4.0F, 4.0F }, { 1.0F, 1.0F } }).AsLinear()); // one integer has no slope
  EXPECT_FALSE(MapOf({}, {}).AsLinear());
  // Beside such an intercept float32 does not tell the integers apart.
  EXPECT_FALSE(IntegerMap({ 1e-5, 1000.0 }).IsMap());
  EXPECT_TRUE(IntegerMap({ 1e-5, 10.0 }).IsMap());
}
} // namespace
} // namespace isolux
