#include "itkQuantileSketch.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::QuantileSketch;

QuantileSketch
SketchOf(const std::vector<float> & values)
{
  QuantileSketch sketch;
  for (const float value : values)
  {
    sketch.Add(value);
  }
  return sketch;
}

const std::vector<double> Fractions{ 0.0,  0.001, 0.01, 0.05, 0.1,   0.25,  0.3, 0.5,
                                     0.61, 0.75,  0.9,  0.99, 0.995, 0.999, 1.0 };

/** Against the value of rank ceil(p n) in the sorted list. */
void
ExpectQuantilesNear(std::vector<float> values)
{
  const QuantileSketch sketch = SketchOf(values);
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  for (const double p : Fractions)
  {
    const double exact = values[static_cast<std::size_t>(std::max(1.0, std::ceil(p * n))) - 1];
    // The class's own claim: a bin is 1/512 wide at most, and 2^-135 around 0.
    EXPECT_NEAR(sketch.Quantile(p), exact, std::abs(exact) / 512.0 + std::ldexp(1.0, -135)) << p;
  }
  EXPECT_EQ(sketch.Minimum(), values.front());
  EXPECT_EQ(sketch.Maximum(), values.back());
  EXPECT_EQ(sketch.Count(), values.size());
}

TEST(QuantileSketch, OfNothingIsNaN)
{
  EXPECT_EQ(QuantileSketch().Count(), 0u);
  EXPECT_TRUE(std::isnan(QuantileSketch().Minimum()));
  EXPECT_TRUE(std::isnan(QuantileSketch().Maximum()));
  EXPECT_TRUE(std::isnan(QuantileSketch().Quantile(0.5)));
  EXPECT_EQ(SketchOf({}).Count(), 0u);
}

TEST(QuantileSketch, OfOneValueIsThatValueAtEveryFraction)
{
  for (const float value : { 0.0F, -0.0F, 1.0F, -273.15F, 1e-42F, 3.4e38F })
  {
    for (const double p : Fractions)
    {
      EXPECT_EQ(SketchOf({ value, value, value }).Quantile(p), value);
    }
  }
}

TEST(QuantileSketch, KeysRiseWithTheValueAndGiveItBack)
{
  constexpr float          largest = std::numeric_limits<float>::max();
  const std::vector<float> rising = { -largest, -2.0F, -1.5F, -1e-40F, 0.0F, 1e-45F, 1e-40F, 1.0F, 1.5F, largest };
  for (std::size_t i = 0; i < rising.size(); ++i)
  {
    EXPECT_EQ(QuantileSketch::ValueOf(QuantileSketch::KeyOf(rising[i])), rising[i]);
    EXPECT_TRUE(i == 0 || QuantileSketch::KeyOf(rising[i - 1]) < QuantileSketch::KeyOf(rising[i])) << rising[i];
  }
}

TEST(QuantileSketch, CountsTheValuesOfABin)
{
  const QuantileSketch sketch = SketchOf({ 1.0F, 1.0001F, -1.0F, 2.0F });
  EXPECT_EQ(sketch.CountAt(QuantileSketch::KeyOf(1.0F) >> QuantileSketch::DroppedBits), 2u);
  EXPECT_EQ(sketch.CountAt(QuantileSketch::KeyOf(-1.0F) >> QuantileSketch::DroppedBits), 1u);
  EXPECT_EQ(sketch.CountAt(0), 0u);
  EXPECT_EQ(QuantileSketch().CountAt(7), 0u);
}

TEST(QuantileSketch, EndsAtMinimumAndMaximum)
{
  const QuantileSketch sketch = SketchOf({ -7.25F, 3.0F, 1000.5F });
  EXPECT_EQ(sketch.Quantile(0.0), -7.25);
  EXPECT_EQ(sketch.Quantile(1.0), 1000.5);
}

TEST(QuantileSketch, RisesWithTheFraction)
{
  Random             random(7);
  std::vector<float> values;
  for (int i = 0; i < 5000; ++i)
  {
    values.push_back(static_cast<float>(random.Normal(0.0, 1.0)));
  }
  const QuantileSketch sketch = SketchOf(values);
  double               before = sketch.Minimum();
  for (int i = 0; i <= 1000; ++i)
  {
    const double quantile = sketch.Quantile(i / 1000.0);
    EXPECT_GE(quantile, before);
    before = quantile;
  }
}

TEST(QuantileSketch, VisitsBinsInRisingOrderAndLosesNoValue)
{
  const std::vector<float> values{ 5.0F, -2.0F, 5.0F, 0.0F, 1e-40F, -1e30F, 1e30F };
  double                   before = -std::numeric_limits<double>::infinity();
  std::uint64_t            total = 0;
  SketchOf(values).ForEachBin(
    [&](double value, std::uint64_t count)
    {
      EXPECT_GT(value, before);
      before = value;
      total += count;
    });
  EXPECT_EQ(total, values.size());
}

TEST(QuantileSketch, MergedFromPartsEqualsOne)
{
  Random                      random(8);
  std::vector<float>          values;
  std::vector<QuantileSketch> parts(5);
  for (int i = 0; i < 10000; ++i)
  {
    values.push_back(static_cast<float>(random.Normal(3.0, 100.0)));
    parts[random.Bits() % 4].Add(values.back()); // the last part stays empty
  }
  const QuantileSketch whole = SketchOf(values);
  for (int shuffle = 0; shuffle < 5; ++shuffle)
  {
    random.Shuffle(parts);
    QuantileSketch merged;
    for (const auto & part : parts)
    {
      merged.Merge(part);
    }
    EXPECT_EQ(merged.Count(), whole.Count());
    EXPECT_EQ(merged.Minimum(), whole.Minimum());
    EXPECT_EQ(merged.Maximum(), whole.Maximum());
    for (const double p : Fractions)
    {
      EXPECT_TRUE(SameBits(merged.Quantile(p), whole.Quantile(p))) << p;
    }
  }
}

TEST(QuantileSketch, IsWithinItsBoundOfTheSortedValues)
{
  Random             random(9);
  std::vector<float> uniform;
  std::vector<float> normal;
  std::vector<float> wide;
  std::vector<float> integers;
  for (int i = 0; i < 20011; ++i)
  {
    uniform.push_back(static_cast<float>(random.Uniform(0.0, 4095.0)));
    normal.push_back(static_cast<float>(random.Normal(0.0, 50.0)));
    wide.push_back(
      static_cast<float>(std::ldexp(random.Uniform(-1.0, 1.0), static_cast<int>(random.Bits() % 200) - 100)));
    integers.push_back(static_cast<float>(static_cast<int>(random.Bits() % 4096) - 1024));
  }
  ExpectQuantilesNear(uniform);
  ExpectQuantilesNear(normal);
  ExpectQuantilesNear(wide);
  ExpectQuantilesNear(integers);
}

TEST(QuantileSketch, HoldsImagesThatAreMostlyZero)
{
  Random             random(10);
  std::vector<float> values(9000, 0.0F);
  for (int i = 0; i < 1000; ++i)
  {
    values.push_back(static_cast<float>(random.Uniform(-300.0, 300.0)));
  }
  ExpectQuantilesNear(values);
}
TEST(QuantileSketch, ABinsCentreLiesInItAndMayBeAddedManyTimes)
{
  for (const std::size_t bin : { std::size_t{ 70000 }, QuantileSketch::NumberOfBins / 2, std::size_t{ 200001 } })
  {
    QuantileSketch sketch;
    sketch.Add(QuantileSketch::CentreOf(bin), 5);
    EXPECT_EQ(sketch.CountAt(bin), 5U);
    EXPECT_EQ(sketch.Count(), 5U);
  }
  EXPECT_EQ(QuantileSketch::CentreOf(QuantileSketch::NumberOfBins / 2), 0.0F);
  EXPECT_FALSE(std::isfinite(QuantileSketch::CentreOf(QuantileSketch::NumberOfBins - 1)));
}
} // namespace
