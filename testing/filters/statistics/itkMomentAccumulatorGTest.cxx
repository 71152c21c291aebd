#include "itkMomentAccumulator.h"

#include "itkInstanceMoments.h"

#include "FilterTest.h"
#include "Golden.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::InstructionSet;
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
  for (const double intensity : { 0.0, 0.1, -1e9, 1e140 })
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

/** The definition of the sums, lane by lane: what every instruction set must give. */
template <typename TPixel>
itk::MeanAndVariance
SlowMoments(const TPixel * run, const unsigned char * mask, std::size_t length)
{
  const auto counts = [run, mask](std::size_t i)
  { return (mask == nullptr || mask[i] != 0) && std::abs(static_cast<double>(run[i])) <= 1e140; };
  const auto addUp = [](std::array<double, 16> lanes)
  {
    for (std::size_t half = 8; half > 0; half /= 2)
    {
      for (std::size_t lane = 0; lane < half; ++lane)
      {
        lanes[lane] = lanes[lane] + lanes[lane + half];
      }
    }
    return lanes[0];
  };
  itk::ExactSum sums;
  itk::ExactSum sumsOfSquares;
  std::uint64_t total = 0;
  for (std::size_t begin = 0; begin < length; begin += 4096)
  {
    const std::size_t      end = std::min(length, begin + 4096);
    std::array<double, 16> sum{};
    std::array<double, 16> squares{};
    std::uint64_t          count = 0;
    for (std::size_t i = begin; i < end; ++i)
    {
      sum[(i - begin) % 16] += counts(i) ? static_cast<double>(run[i]) : 0.0;
      count += counts(i);
    }
    if (count == 0)
    {
      continue;
    }
    const auto   n = static_cast<double>(count);
    const double mean = addUp(sum) / n;
    for (std::size_t i = begin; i < end; ++i)
    {
      const double deviation = counts(i) ? static_cast<double>(run[i]) - mean : 0.0;
      squares[(i - begin) % 16] += deviation * deviation;
    }
    const double product = addUp(sum) * mean;
    sums.Add(addUp(sum));
    sumsOfSquares.Add(product);
    sumsOfSquares.Add(std::fma(addUp(sum), mean, -product) + addUp(sum) * (std::fma(-mean, n, addUp(sum)) / n) +
                      addUp(squares));
    total += count;
  }
  const auto   n = static_cast<double>(total);
  const double high = sums.Value();
  sums.Add(-high);
  const double square = high * high;
  const double squareLow = std::fma(high, high, -square) + 2.0 * high * sums.Value();
  sumsOfSquares.Add(-square / n);
  sumsOfSquares.Add(-((std::fma(-square / n, n, square) + squareLow) / n));
  return { high / n, std::max(0.0, sumsOfSquares.Value() / n), total };
}

template <typename TPixel>
class MomentKernels : public ::testing::Test
{
};
using Pixels = ::testing::Types<float, double, short, unsigned char, unsigned short, int, long>;
TYPED_TEST_SUITE(MomentKernels, Pixels);

/** Awkward lengths, addresses and masks; what is not finite, in some blocks; poison around the run. */
TYPED_TEST(MomentKernels, HaveTheBitsOfTheDefinitionForEveryInstructionSet)
{
  using Limits = std::numeric_limits<TypeParam>;
  Random random(11);
  for (const std::size_t length : { 1U, 3U, 15U, 16U, 17U, 255U, 4095U, 4096U, 4097U, 8192U, 20011U })
  {
    for (const std::size_t offset : { 1U, 2U, 7U })
    {
      const auto                 poison = Limits::has_infinity ? Limits::infinity() : Limits::max();
      std::vector<TypeParam>     row(length + offset + 40, poison);
      std::vector<unsigned char> mask(row.size(), 1);
      for (std::size_t i = offset; i < offset + length; ++i)
      {
        row[i] = static_cast<TypeParam>(random.Uniform(0.0, 250.0));
        // whole blocks inside and outside, and mixed ones
        mask[i] = i / 4096 % 3 == 0 ? static_cast<unsigned char>(random.Bits() % 3) : i / 4096 % 3 == 1;
      }
      for (const bool isDirty : { false, true })
      {
        if (isDirty && Limits::has_infinity)
        {
          row[offset + length / 2] = Limits::infinity();
          row[offset + length - 1] = Limits::quiet_NaN();
          row[offset + length / 3] = -Limits::infinity();
        }
        for (const unsigned char * given : std::array<const unsigned char *, 2>{ nullptr, mask.data() + offset })
        {
          const auto expected = SlowMoments(row.data() + offset, given, length);
          for (const auto set : { InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512 })
          {
            if (set > itk::BestInstructionSet())
            {
              continue;
            }
            MomentAccumulator moments;
            moments.Add(row.data() + offset, given, length, set);
            ASSERT_EQ(moments.Count(), expected.count);
            if (expected.count > 0)
            {
              ASSERT_TRUE(SameBits(moments.Mean(), expected.mean)) << length;
              ASSERT_TRUE(SameBits(moments.Variance(), expected.variance)) << length;
            }
          }
        }
      }
    }
  }
}

TEST(MomentAccumulator, TellsHowManyInsideTheMaskItSkipped)
{
  const std::vector<float>         row{ 1.0F, float(NaN), 2.0F, float(Infinity), 6.0F, float(-Infinity) };
  const std::vector<unsigned char> mask{ 1, 1, 1, 0, 0, 1 };
  const std::vector<float>         weights{ 1.0F, 0.0F, 0.0F, 1.0F, 1.0F, 1.0F };
  MomentAccumulator                moments;
  EXPECT_EQ(moments.Add(row.data(), static_cast<const unsigned char *>(nullptr), row.size()), 3u);
  EXPECT_EQ(moments.Add(row.data(), mask.data(), row.size()), 2u);
  EXPECT_EQ(moments.AddWeighted(row.data(), mask.data(), weights.data(), row.size()), 2u);
  EXPECT_EQ(moments.Count(), 3u + 2u + 1u);
}

TEST(MomentAccumulator, SkipsWhatCannotBeSquaredWhateverStandsBesideIt)
{
  for (const std::size_t length : { 3u, 5000u })
  {
    std::vector<double> row(length, 2.0);
    row[1] = 1.1e140;
    row[2] = -1e308;
    const auto moments = MomentsOf(row);
    EXPECT_EQ(moments.Count(), length - 2);
    EXPECT_EQ(moments.Mean(), 2.0);
    EXPECT_EQ(moments.Variance(), 0.0);
  }
  const auto large = MomentsOf(std::vector<double>(5000, 1e140));
  EXPECT_EQ(large.Count(), 5000u);
  EXPECT_DOUBLE_EQ(large.Mean(), 1e140);
}

TEST(MomentAccumulator, HoldsTheDeviationTo1e7OnALargeOffsetInFloat)
{
  // 1e6 + noise of 1: the nearest floats are 1/16 apart, and their own deviation is the truth.
  Random             random(3);
  std::vector<float> row(300007);
  for (float & intensity : row)
  {
    intensity = static_cast<float>(random.Normal(1e6, 1.0));
  }
  long double sum = 0.0;
  long double squares = 0.0;
  for (const float intensity : row)
  {
    sum += intensity - 1e6;
    squares += (intensity - 1e6) * (intensity - 1e6);
  }
  const auto        n = static_cast<long double>(row.size());
  const long double variance = squares / n - sum / n * (sum / n);
  // far below the 1e-7 that is promised: sums of doubles, about each block's own mean
  EXPECT_NEAR(std::sqrt(MomentsOf(row).Variance() / static_cast<double>(variance)), 1.0, 1e-12);
}

template <typename TPixel>
MomentAccumulator
WeightedMomentsOf(const std::vector<TPixel> & row, const std::vector<double> & weights)
{
  MomentAccumulator moments;
  moments.AddWeighted(row.data(), static_cast<const unsigned char *>(nullptr), weights.data(), row.size());
  return moments;
}

TEST(WeightedMoments, AreTheirDefinition)
{
  const auto moments = WeightedMomentsOf<double>({ 1.0, 4.0, 100.0, 7.0 }, { 2.0, 0.5, 0.0, 1.5 });
  EXPECT_EQ(moments.Count(), 3u);
  EXPECT_EQ(moments.SumOfWeights(), 4.0);
  EXPECT_DOUBLE_EQ(moments.Mean(), 14.5 / 4.0);
  EXPECT_DOUBLE_EQ(moments.Variance(), (2.0 * 2.625 * 2.625 + 0.5 * 0.375 * 0.375 + 1.5 * 3.375 * 3.375) / 4.0);
}

TEST(WeightedMoments, OfWholeNumbersAreThoseOfRepeatedIntensities)
{
  const auto          row = NormalRow(9, 10007, 1e6, 3.0);
  std::vector<double> weights(row.size());
  std::vector<double> repeated;
  for (std::size_t i = 0; i < row.size(); ++i)
  {
    weights[i] = static_cast<double>(i % 4);
    repeated.insert(repeated.end(), i % 4, row[i]);
  }
  const auto moments = WeightedMomentsOf(row, weights);
  const auto expected = MomentsOf(repeated);
  EXPECT_EQ(moments.SumOfWeights(), static_cast<double>(expected.Count()));
  // Sums of thousands round at 1e-16; the variance is 1e-11 of the squared offset, which is kept as pairs of doubles.
  EXPECT_NEAR(moments.Mean() / expected.Mean(), 1.0, 1e-14);
  EXPECT_NEAR(moments.Variance() / expected.Variance(), 1.0, 1e-12);
}

TEST(WeightedMoments, DoNotDependOnTheScaleOfTheWeights)
{
  const auto          row = NormalRow(10, 5003, 1e6, 3.0);
  std::vector<double> weights(row.size());
  std::vector<double> scaled(row.size());
  for (std::size_t i = 0; i < row.size(); ++i)
  {
    weights[i] = Random(i).Uniform(0.0, 1.0);
    scaled[i] = 1e-9 * weights[i];
  }
  const auto moments = WeightedMomentsOf(row, weights);
  const auto again = WeightedMomentsOf(row, scaled);
  EXPECT_NEAR(again.Mean() / moments.Mean(), 1.0, 1e-14);         // 1e-9 is not a power of two: each weight is rounded
  EXPECT_NEAR(again.Variance() / moments.Variance(), 1.0, 1e-12); // as above
}

TEST(WeightedMoments, AWeightThatIsNotPositiveAndFiniteDoesNotCount)
{
  const auto moments =
    WeightedMomentsOf<float>({ 1.0F, 10.0F, 20.0F, 3.0F, 30.0F, 40.0F }, { 1.0, 0.0, -1.0, 1.0, NaN, Infinity });
  EXPECT_EQ(moments.Count(), 2u);
  EXPECT_EQ(moments.Mean(), 2.0);
  EXPECT_EQ(moments.Variance(), 1.0);
  const auto none = WeightedMomentsOf<float>({ 1.0F, 2.0F }, { 0.0, 0.0 });
  EXPECT_EQ(none.Count(), 0u);
  EXPECT_TRUE(std::isnan(none.Mean()));
  EXPECT_TRUE(std::isnan(none.Variance()));
}

TEST(WeightedMoments, KeepASmallSpreadOnALargeOffsetBetweenRuns)
{
  MomentAccumulator moments;
  for (const double intensity : { 1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0 })
  {
    moments.Merge(WeightedMomentsOf(std::vector<double>(1000, intensity), std::vector<double>(1000, 0.3)));
  }
  EXPECT_NEAR(moments.Mean(), 1e9 + 10.0, 1e-6); // 1e-15 of 1e9
  EXPECT_NEAR(moments.Variance(), 22.5, 1e-9);   // 1e18 squared offset * 1e-30, and the roundings of 1000 weights
}

TEST(WeightedMoments, MergeWithUnweightedOnesAsWeightsOfOne)
{
  auto moments = MomentsOf<float>({ 1.0F, 3.0F });
  moments.Merge(WeightedMomentsOf<float>({ 8.0F }, { 2.0 }));
  EXPECT_EQ(moments.Count(), 3u);
  EXPECT_EQ(moments.SumOfWeights(), 4.0);
  EXPECT_EQ(moments.Mean(), 5.0);
  EXPECT_DOUBLE_EQ(moments.Variance(), (16.0 + 4.0 + 18.0) / 4.0);
}
TEST(MomentAccumulator, ItsRecordMergesToTheSameBits)
{
  MomentAccumulator all;
  MomentAccumulator merged;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
  {
    const auto row = NormalRow(seed, 300 + 71 * seed, 1e6, 0.01 * static_cast<double>(seed));
    all.Merge(MomentsOf(row));
    merged.Merge(MomentAccumulator(MomentsOf(row).ToRecord()));
  }
  EXPECT_EQ(merged.Count(), all.Count());
  EXPECT_TRUE(SameBits(merged.Mean(), all.Mean()));
  EXPECT_TRUE(SameBits(merged.Variance(), all.Variance()));
  EXPECT_EQ(MomentAccumulator(MomentAccumulator().ToRecord()).Count(), 0U);
}

TEST(MomentAccumulator, OfASingleIntensityHasItAsMeanAndVarianceZeroExactly)
{
  for (const double intensity : { 0.1, -1.0 / 3.0, 1e139, 1e-300, -0.0 })
  {
    std::vector<double>        row(10001, intensity);
    std::vector<unsigned char> mask(row.size(), 1);
    row[7] = NaN;
    row[5000] = 2.0;
    mask[5000] = 0;
    MomentAccumulator moments;
    moments.Add(row.data(), mask.data(), row.size());
    moments.Merge(MomentsOf(std::vector<double>(77, intensity)));
    moments.Merge(MomentAccumulator());
    EXPECT_EQ(moments.Mean(), intensity);
    EXPECT_EQ(moments.Variance(), 0.0);
    moments.Merge(MomentsOf<double>({ intensity + 1.0 + std::abs(intensity) }));
    EXPECT_GT(moments.Variance(), 0.0) << intensity;
  }
}

TEST(WeightedMoments, OfASingleIntensityHaveVarianceZeroExactlyWhateverTheWeights)
{
  Random              random(3);
  std::vector<double> weights(9001);
  std::vector<double> row(weights.size(), 0.1);
  for (std::size_t i = 0; i < weights.size(); ++i)
  {
    weights[i] = random.Uniform(-1.0, 3.0); // below 0 it does not count, whatever the intensity
    row[i] = weights[i] > 0.0 ? 0.1 : 5.0;
  }
  auto moments = WeightedMomentsOf(row, weights);
  EXPECT_EQ(moments.Mean(), 0.1);
  EXPECT_EQ(moments.Variance(), 0.0);
  moments.Merge(MomentsOf<double>({ 0.1 }));
  EXPECT_EQ(moments.Variance(), 0.0);
  moments.Merge(MomentsOf<double>({ 0.2 }));
  EXPECT_GT(moments.Variance(), 0.0);
}
} // namespace
