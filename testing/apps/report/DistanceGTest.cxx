#include "Distance.h"
#include "Shifted.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace isolux;

TEST(Wasserstein, OfTwoShiftedDistributionsIsTheShiftInDeviations)
{
  EXPECT_NEAR(MeanPairwiseWasserstein({ Shifted(100.0, 20.0), Shifted(130.0, 20.0) }), 1.5, 1e-12); // rounding
  EXPECT_NEAR(MeanPairwiseWasserstein({ Shifted(130.0, 20.0), Shifted(100.0, 20.0) }), 1.5, 1e-12);
}

TEST(Wasserstein, OfThreeIsTheMeanOverPairs)
{
  // Shifts 1, 3 and 4 deviations.
  EXPECT_NEAR(
    MeanPairwiseWasserstein({ Shifted(10.0, 2.0), Shifted(18.0, 2.0), Shifted(12.0, 2.0) }), 8.0 / 3.0, 1e-12);
}

TEST(Wasserstein, EqualsTheLoopOverPairsAndPercentiles)
{
  const std::vector<IntensitySummary> cases{
    Shifted(5.0, 1.0), Shifted(4.0, 3.0), Shifted(6.5, 0.5), Shifted(0.0, 2.0)
  };
  double sum = 0.0;
  double deviation = 0.0;
  for (std::size_t a = 0; a < 4; ++a)
  {
    deviation += cases[a].standardDeviation / 4.0;
    for (std::size_t b = a + 1; b < 4; ++b)
    {
      for (std::size_t percentile = 1; percentile < 100; ++percentile)
      {
        sum += std::abs(cases[a].percentiles[percentile] - cases[b].percentiles[percentile]) / 99.0 / 6.0;
      }
    }
  }
  EXPECT_NEAR(MeanPairwiseWasserstein(cases), sum / deviation, 1e-12);
}

TEST(Wasserstein, HasNoUnit)
{
  const auto kelvin = MeanPairwiseWasserstein({ Shifted(10.0, 2.0), Shifted(18.0, 3.0) });
  EXPECT_NEAR(MeanPairwiseWasserstein({ Shifted(10e3, 2e3), Shifted(18e3, 3e3) }), kelvin, 1e-9);
}

TEST(Wasserstein, IsUndefinedForFewerThanTwoCases)
{
  EXPECT_TRUE(std::isnan(MeanPairwiseWasserstein({})));
  EXPECT_TRUE(std::isnan(MeanPairwiseWasserstein({ Shifted(1.0, 1.0), IntensitySummary{} })));
  EXPECT_TRUE(std::isnan(MeanPairwiseWasserstein({ Shifted(1.0, 0.0), Shifted(2.0, 0.0) })));
}

TEST(DistanceFromMedian, OfAShiftedCaseIsTheShiftInDeviations)
{
  const auto distances = DistancesFromMedian(
    { Shifted(10.0, 2.0), Shifted(10.0, 2.0), Shifted(13.0, 2.0), IntensitySummary{}, Shifted(9.0, 2.0) });
  ASSERT_EQ(distances.size(), 5U);
  EXPECT_NEAR(distances[0], 0.0, 1e-12); // rounding
  EXPECT_NEAR(distances[2], 1.5, 1e-12);
  EXPECT_TRUE(std::isnan(distances[3]));
  EXPECT_NEAR(distances[4], 0.5, 1e-12);
}

TEST(DistanceFromMedian, OfAnEvenNumberIsFromTheMiddleOfTheTwoInTheMiddle)
{
  const auto distances =
    DistancesFromMedian({ Shifted(4.0, 1.0), Shifted(0.0, 1.0), Shifted(3.0, 1.0), Shifted(1.0, 1.0) });
  EXPECT_NEAR(distances[0], 2.0, 1e-12);
  EXPECT_NEAR(distances[3], 1.0, 1e-12);
}

TEST(DistanceFromMedian, IsUndefinedForFewerThanTwoCases)
{
  EXPECT_TRUE(std::isnan(DistancesFromMedian({ Shifted(4.0, 1.0) })[0]));
  EXPECT_TRUE(DistancesFromMedian({}).empty());
}

TEST(OutlierLimit, IsTheMedianAndThreeAndAHalfScaledMedianDeviations)
{
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NEAR(OutlierLimit({ 1.0, 9.0, 2.0, nan, 3.0, 4.0 }), 3.0 + 3.5 * 1.4826 * 1.0, 1e-12);
}

TEST(OutlierLimit, IsNeverBelowWhatCanBeSeenAndInfiniteForFewCases)
{
  EXPECT_EQ(OutlierLimit({ 0.01, 0.01, 0.01, 0.01, 0.02 }), 0.1);
  EXPECT_TRUE(std::isinf(OutlierLimit({ 1.0, 1.0, 1.0, 100.0 })));
}
