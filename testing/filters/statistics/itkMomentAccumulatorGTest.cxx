#include "itkMomentAccumulator.h"

#include "FilterTest.h"
#include "Golden.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::MomentAccumulator;

constexpr double Infinity = std::numeric_limits<double>::infinity();
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TPixel>
MomentAccumulator
MomentsOf(const std::vector<TPixel> & row)
{
  MomentAccumulator moments;
  moments.Add(row.data(), static_cast<const unsigned char *>(nullptr), row.size());
  return moments;
}

std::vector<double>
NormalRow(std::uint64_t seed, std::size_t length, double mean, double deviation)
{
  Random              random(seed);
  std::vector<double> row(length);
  for (double & intensity : row)
  {
    intensity = random.Normal(mean, deviation);
  }
  return row;
}

TEST(MomentAccumulator, OfNothingIsCountZeroAndNaN)
{
  EXPECT_EQ(MomentAccumulator().Count(), 0u);
  EXPECT_TRUE(std::isnan(MomentAccumulator().Mean()));
  EXPECT_TRUE(std::isnan(MomentAccumulator().Variance()));
  EXPECT_TRUE(std::isnan(MomentsOf<float>({ float(NaN) }).Mean()));
}

TEST(MomentAccumulator, OfOnePixelIsItsIntensityAndVarianceZero)
{
  for (const double intensity : { 0.0, 0.1, -1e9, 1e150 })
  {
    const auto moments = MomentsOf<double>({ intensity });
    EXPECT_EQ(moments.Count(), 1u);
    EXPECT_EQ(moments.Mean(), intensity);
    EXPECT_EQ(moments.Variance(), 0.0);
  }
}

TEST(MomentAccumulator, OfAConstantHasThatMeanAndVarianceZero)
{
  // Three times 0.1 is not representable: sums that round would leave a variance.
  MomentAccumulator moments;
  for (int row = 0; row < 37; ++row)
  {
    moments.Merge(MomentsOf(std::vector<float>(4099, 0.1F)));
  }
  EXPECT_EQ(moments.Mean(), static_cast<double>(0.1F));
  EXPECT_EQ(moments.Variance(), 0.0);
}

TEST(MomentAccumulator, SkipsWhatIsNotFinite)
{
  const auto clean = MomentsOf<float>({ 1.0F, 2.0F, 6.0F });
  const auto moments = MomentsOf<float>({ 1.0F, float(NaN), 2.0F, float(Infinity), 6.0F, float(-Infinity) });
  EXPECT_EQ(moments.Count(), 3u);
  EXPECT_EQ(moments.Mean(), 3.0);
  EXPECT_EQ(moments.Mean(), clean.Mean());
  EXPECT_NEAR(moments.Variance(), 14.0 / 3.0, 1e-15); // one rounding of the quotient
}

TEST(MomentAccumulator, CountsOnlyWhatTheMaskHolds)
{
  const std::vector<short>         row{ 1, 100, 2, -50, 6 };
  const std::vector<unsigned char> mask{ 1, 0, 255, 0, 7 };
  MomentAccumulator                moments;
  moments.Add(row.data(), mask.data(), row.size());
  EXPECT_EQ(moments.Count(), 3u);
  EXPECT_EQ(moments.Mean(), 3.0);
  moments.Add(row.data(), std::vector<unsigned char>(row.size()).data(), row.size());
  EXPECT_EQ(moments.Count(), 3u);
}

TEST(MomentAccumulator, MergesToTheSameBitsInAnyOrder)
{
  std::vector<MomentAccumulator> rows;
  for (std::uint64_t row = 0; row < 40; ++row)
  {
    rows.push_back(MomentsOf(NormalRow(row, 1 + 311 * row, 1e5 * static_cast<double>(row) - 1e6, 3.0)));
  }
  const auto merged = [&rows]
  {
    MomentAccumulator moments;
    for (const auto & row : rows)
    {
      moments.Merge(row);
    }
    return moments;
  };
  const auto expected = merged();
  Random     random(5);
  for (int shuffle = 0; shuffle < 10; ++shuffle)
  {
    random.Shuffle(rows);
    MomentAccumulator later;
    for (std::size_t i = 20; i < rows.size(); ++i)
    {
      later.Merge(rows[i]);
    }
    MomentAccumulator tree;
    for (std::size_t i = 0; i < 20; ++i)
    {
      tree.Merge(rows[i]);
    }
    tree.Merge(later);
    for (const auto & moments : { merged(), tree })
    {
      EXPECT_EQ(moments.Count(), expected.Count());
      EXPECT_TRUE(SameBits(moments.Mean(), expected.Mean()));
      EXPECT_TRUE(SameBits(moments.Variance(), expected.Variance()));
    }
  }
}

TEST(MomentAccumulator, KeepsASmallSpreadOnALargeOffset)
{
  const auto moments = MomentsOf<double>({ 1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0 });
  EXPECT_EQ(moments.Mean(), 1e9 + 10.0);
  EXPECT_DOUBLE_EQ(moments.Variance(), 22.5); // biased
}

TEST(MomentAccumulator, KeepsASmallSpreadOnALargeOffsetBetweenRows)
{
  // Each row is constant: all of the variance lies between rows, and is got back from sums that agree to 16 digits.
  MomentAccumulator moments;
  for (const double intensity : { 1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0 })
  {
    moments.Merge(MomentsOf(std::vector<double>(1000, intensity)));
  }
  EXPECT_EQ(moments.Mean(), 1e9 + 10.0);
  EXPECT_NEAR(
    moments.Variance(), 22.5, 1e-12); // 1e-12 = 1e18 squared offset * 1e-30: products kept as pairs of doubles
}

TEST(MomentAccumulator, OfARampIsItsClosedForm)
{
  // 0 .. n - 1: mean (n - 1) / 2, variance (n^2 - 1) / 12; across the length of a block.
  for (const std::size_t n : { 2u, 7u, 4096u, 4097u, 20000u })
  {
    std::vector<int> ramp(n);
    for (std::size_t i = 0; i < n; ++i)
    {
      ramp[i] = static_cast<int>(i);
    }
    const auto moments = MomentsOf(ramp);
    EXPECT_EQ(moments.Mean(), 0.5 * static_cast<double>(n - 1));
    const double variance = (static_cast<double>(n) * static_cast<double>(n) - 1.0) / 12.0;
    EXPECT_NEAR(moments.Variance() / variance, 1.0, 1e-14) << n; // some 50 roundings
  }
}

TEST(MomentAccumulator, AgreesWithTwoPassesInLongDouble)
{
  const auto  row = NormalRow(6, 100003, 1e4, 5.0);
  long double sum = 0.0;
  for (const double intensity : row)
  {
    sum += intensity;
  }
  const long double mean = sum / static_cast<long double>(row.size());
  long double       squares = 0.0;
  for (const double intensity : row)
  {
    squares += (intensity - mean) * (intensity - mean);
  }
  const auto moments = MomentsOf(row);
  // Sums of a block's 512 intensities per lane round at 1e-16 each.
  EXPECT_NEAR(moments.Mean() / static_cast<double>(mean), 1.0, 1e-14);
  EXPECT_NEAR(moments.Variance() / static_cast<double>(squares / static_cast<long double>(row.size())), 1.0, 1e-12);
}

TEST(MomentAccumulator, NormalizesTorchsLargeOffsetToSixDigits)
{
  const auto golden = GoldenCase("large_offset"); // mean 1e6, deviation 1e-3
  const auto input = GoldenData(golden, "input");
  const auto output = GoldenData(golden, "output");
  const auto moments = MomentsOf(input);
  for (std::size_t i = 0; i < input.size(); ++i)
  {
    const double normalized = (input[i] - moments.Mean()) / std::sqrt(moments.Variance());
    // 1e-6 relative, and 2e-7 for outputs near 0: torch's mean of 1e6 carries a rounding of 1e-10, 1e-7 deviations.
    ASSERT_NEAR(normalized, output[i], 2e-7 + 1e-6 * std::abs(output[i])) << i;
  }
}
} // namespace
