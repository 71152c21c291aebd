#include "itkExactQuantiles.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;

constexpr float       NaN = std::numeric_limits<float>::quiet_NaN();
constexpr float       Infinity = std::numeric_limits<float>::infinity();
const unsigned char * NoMask = nullptr;
using Floats = std::vector<float>;

/** Both passes over `values`, each cut into `parts` that are merged in falling order. */
itk::ExactQuantiles
QuantilesOf(const Floats & values, const std::vector<double> & probabilities, bool withMoments = true, int parts = 1)
{
  const auto cut = [&](int part)
  { return values.data() + values.size() * static_cast<std::size_t>(part) / static_cast<std::size_t>(parts); };
  const auto eachPart = [&](auto && f)
  {
    for (int part = parts - 1; part >= 0; --part)
    {
      itk::FloatRow row;
      row.Assign(cut(part), NoMask, static_cast<std::size_t>(cut(part + 1) - cut(part)));
      f(row);
    }
  };
  itk::IntensitySurvey survey;
  eachPart(
    [&](const itk::FloatRow & row)
    {
      itk::IntensitySurvey one;
      one.Add(row);
      survey.Merge(one);
    });
  itk::ExactQuantiles         quantiles(survey.sketch, probabilities, withMoments);
  itk::ExactQuantiles::Counts counts;
  eachPart(
    [&](itk::FloatRow & row)
    {
      itk::ExactQuantiles::Counts one;
      quantiles.Add(row, one);
      counts.Merge(one);
    });
  quantiles.SetCounts(counts);
  return quantiles;
}

/** Slow and obvious. */
double
SortedQuantile(Floats values, double p)
{
  std::sort(values.begin(), values.end());
  const double position = p * static_cast<double>(values.size() - 1);
  const auto   rank = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(rank);
  const double lower = values[rank];
  const double upper = values[std::min(rank + 1, values.size() - 1)];
  return fraction < 0.5 ? lower + (upper - lower) * fraction : upper - (upper - lower) * (1.0 - fraction);
}

const std::vector<double> Probabilities = { 0.0, 0.005, 0.01, 0.25, 1.0 / 3.0, 0.5, 0.75, 0.99, 1.0 };

/** Sets of values that a wrong rank, bin or sign would show on. */
std::vector<std::pair<std::string, Floats>>
Sets()
{
  std::vector<std::pair<std::string, Floats>> sets = {
    { "one", { -3.5F } },
    { "two", { 7.0F, -2.0F } },
    { "ties", { 4.0F, 1.0F, 4.0F, 4.0F, 9.0F, 1.0F } },
    { "about zero", { -1e-40F, 0.0F, -0.0F, 1e-40F, -1e-38F, 2e-38F, 1.0F, -1.0F } },
    { "ends", { 3.4028235e38F, -3.4028235e38F, 1.0F } },
  };
  Random random(7);
  Floats normal;
  Floats whole;
  Floats offset;
  Floats logarithmic;
  for (int i = 0; i < 5003; ++i)
  {
    normal.push_back(static_cast<float>(random.Normal(0.0, 100.0)));
    whole.push_back(std::floor(static_cast<float>(random.Uniform(-40.0, 60.0))));
    offset.push_back(static_cast<float>(random.Uniform(1e6, 1e6 + 20.0)));
    logarithmic.push_back(
      static_cast<float>(std::ldexp(random.Uniform(-1.0, 1.0), static_cast<int>(random.Bits() % 60))));
  }
  sets.emplace_back("normal", normal);
  sets.emplace_back("whole numbers", whole);
  sets.emplace_back("small spread on a large offset", offset);
  sets.emplace_back("many magnitudes of both signs", logarithmic);
  normal.resize(5000);
  sets.emplace_back("an even number", normal);
  return sets;
}
} // namespace

TEST(ExactQuantiles, AreThoseOfTheSortedValuesToTheLastBit)
{
  for (const auto & [name, values] : Sets())
  {
    const auto quantiles = QuantilesOf(values, Probabilities);
    for (const double p : Probabilities)
    {
      EXPECT_EQ(quantiles.Quantile(p), SortedQuantile(values, p)) << name << ' ' << p;
    }
  }
}

// numpy.quantile of float64, method 'linear'
TEST(ExactQuantiles, AreNumpysLinear)
{
  const Floats values = { 15.0F, 20.0F, 35.0F, 40.0F, 50.0F };
  const auto   quantiles = QuantilesOf(values, { 0.05, 0.3, 0.4, 0.9 });
  EXPECT_DOUBLE_EQ(quantiles.Quantile(0.05), 16.0);
  EXPECT_DOUBLE_EQ(quantiles.Quantile(0.3), 23.0);
  EXPECT_DOUBLE_EQ(quantiles.Quantile(0.4), 29.0);
  EXPECT_DOUBLE_EQ(quantiles.Quantile(0.9), 46.0);
}

TEST(ExactQuantiles, CountsWhatLiesBelowAndAboveThem)
{
  for (const auto & [name, values] : Sets())
  {
    const auto quantiles = QuantilesOf(values, Probabilities);
    for (const double p : Probabilities)
    {
      const double quantile = quantiles.Quantile(p);
      EXPECT_EQ(quantiles.CountBelow(quantile),
                std::count_if(values.begin(), values.end(), [=](float x) { return x < quantile; }))
        << name << ' ' << p;
      EXPECT_EQ(quantiles.CountAbove(quantile),
                std::count_if(values.begin(), values.end(), [=](float x) { return x > quantile; }))
        << name << ' ' << p;
    }
  }
}

TEST(ExactQuantiles, MomentsAreThoseOfWhatLiesBetweenTheFirstAndTheLastWithTies)
{
  for (const auto & [name, values] : Sets())
  {
    const auto quantiles = QuantilesOf(values, { 0.1, 0.5, 0.8 });
    Floats     between;
    for (const float value : values)
    {
      if (value >= quantiles.Quantile(0.1) && value <= quantiles.Quantile(0.8))
      {
        between.push_back(value);
      }
    }
    ASSERT_EQ(quantiles.Moments().Count(), between.size()) << name;
    itk::MomentAccumulator expected;
    expected.Add(between.data(), NoMask, between.size());
    if (!between.empty())
    {
      // Rows are cut otherwise: each block's sum of doubles rounds at its own 2^-53.
      const double magnitude = std::max(std::abs(expected.Mean()), std::sqrt(expected.Variance()));
      EXPECT_NEAR(quantiles.Moments().Mean(), expected.Mean(), 1e-13 * magnitude) << name;
      EXPECT_NEAR(quantiles.Moments().Variance(), expected.Variance(), 1e-12 * magnitude * magnitude) << name;
    }
  }
}

TEST(ExactQuantiles, DoNotDependOnHowTheValuesArePartedAndMerged)
{
  for (const auto & [name, values] : Sets())
  {
    const auto expected = QuantilesOf(values, Probabilities);
    for (const int parts : { 2, 3, 7 })
    {
      const auto quantiles = QuantilesOf(values, Probabilities, true, parts);
      for (const double p : Probabilities)
      {
        EXPECT_TRUE(SameBits(quantiles.Quantile(p), expected.Quantile(p))) << name << ' ' << p;
      }
      EXPECT_EQ(quantiles.Moments().Count(), expected.Moments().Count());
    }
  }
}

TEST(ExactQuantiles, OfNoValuesAreNan)
{
  const auto quantiles = QuantilesOf({}, { 0.5 });
  EXPECT_TRUE(std::isnan(quantiles.Quantile(0.5)));
  EXPECT_EQ(quantiles.Count(), 0U);
  EXPECT_EQ(quantiles.CountBelow(0.0), 0U);
  EXPECT_EQ(quantiles.CountAbove(0.0), 0U);
}

TEST(FloatRow, CountsWhatIsFiniteAndInsideTheMask)
{
  const std::vector<double>        pixels = { 1.5, NaN, -2.0, Infinity, 7.0, -Infinity, NaN };
  const std::vector<unsigned char> mask = { 1, 1, 255, 1, 0, 0, 0 };
  itk::FloatRow                    row;
  row.Assign(pixels.data(), mask.data(), pixels.size());
  EXPECT_EQ(row.counts, (std::vector<unsigned char>{ 1, 0, 1, 0, 0, 0, 0 }));
  EXPECT_EQ(row.values, (Floats{ 1.5F, 0.0F, -2.0F, 0.0F, 0.0F, 0.0F, 0.0F }));
  EXPECT_EQ(row.nan, 1U);
  EXPECT_EQ(row.infinite, 1U);
  EXPECT_EQ(row.minimum, -2.0F);
  EXPECT_EQ(row.maximum, 7.0F); // outside the mask as well
}

TEST(FloatRow, HoldsDoublesWithinTheRangeOfFloat)
{
  const std::vector<double> pixels = { 1e300, -1e300, 1.0 + 1e-9, -0.0 };
  itk::FloatRow             row;
  row.Assign(pixels.data(), NoMask, pixels.size());
  constexpr float largest = std::numeric_limits<float>::max();
  EXPECT_TRUE(SameBits(row.values, Floats{ largest, -largest, 1.0F, 0.0F }));
  EXPECT_EQ(row.counts, (std::vector<unsigned char>{ 1, 1, 1, 1 }));
}

TEST(IntensitySurvey, OfNothingFiniteHasNoExtremes)
{
  itk::IntensitySurvey survey;
  itk::FloatRow        row;
  row.Assign(&NaN, NoMask, 1);
  survey.Add(row);
  EXPECT_TRUE(std::isnan(survey.Minimum()));
  EXPECT_TRUE(std::isnan(survey.Maximum()));
  EXPECT_EQ(survey.nan, 1U);
}
