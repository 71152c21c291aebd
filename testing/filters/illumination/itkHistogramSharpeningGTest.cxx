#include "itkHistogramSharpening.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::HistogramSharpening;

constexpr double BinWidth = 0.01;
constexpr double Low = 3.0; // the two tissues, in log intensity
constexpr double High = 3.6;

/** Two tissues blurred by a Gaussian of full width at half maximum `fullWidth`. */
std::vector<double>
BlurredTissues(double fullWidth, double shift = 0.0)
{
  Random              random(50);
  std::vector<double> values;
  for (int i = 0; i < 40000; ++i)
  {
    values.push_back(shift + random.Normal(i % 5 < 2 ? Low : High, fullWidth / 2.3548));
  }
  return values;
}

HistogramSharpening
Learn(const std::vector<double> & values, double fullWidth, double shift = 0.0)
{
  HistogramSharpening sharpening(shift + 1.5, shift + 5.1, BinWidth);
  sharpening.SetKernel(fullWidth, 0.01);
  sharpening.Fit(values);
  return sharpening;
}

TEST(HistogramSharpening, LeavesASingleIntensityWhereItIs)
{
  const auto sharpening = Learn(std::vector<double>(1000, 3.21), 0.15);
  // The delta lies on a bin; ringing of the Wiener filter that is cut at 0 is symmetric around it.
  EXPECT_NEAR(sharpening.Estimate(3.21), 3.21, 1e-3);
}

TEST(HistogramSharpening, OfARangeOfOneIntensityEstimatesThat)
{
  HistogramSharpening sharpening(3.0, 3.0, 0.01);
  sharpening.SetKernel(0.15, 0.01);
  sharpening.Fit(std::vector<double>(100, 3.0));
  EXPECT_NEAR(sharpening.Estimate(3.0), 3.0, 0.01);
}

TEST(HistogramSharpening, FollowsAShiftOfAllIntensities)
{
  const auto   sharpening = Learn(BlurredTissues(0.15), 0.15);
  const double shift = 7.0;
  const auto   shifted = Learn(BlurredTissues(0.15, shift), 0.15, shift);
  for (double v = 2.6; v < 4.0; v += 0.013)
  {
    EXPECT_NEAR(shifted.Estimate(v + shift), sharpening.Estimate(v) + shift, 1e-9) << v; // bins' edges round
  }
}

TEST(HistogramSharpening, DoesNotDependOnTheNumberOfVoxels)
{
  auto       values = BlurredTissues(0.15);
  const auto once = Learn(values, 0.15);
  values.insert(values.end(), values.begin(), values.end());
  const auto twice = Learn(values, 0.15);
  for (double v = 2.6; v < 4.0; v += 0.013)
  {
    EXPECT_NEAR(twice.Estimate(v), once.Estimate(v), 1e-9) << v; // rounding of the transforms
  }
}

TEST(HistogramSharpening, PutsWhatLiesOutsideItsRangeToTheEnds)
{
  const auto sharpening = Learn(BlurredTissues(0.15), 0.15);
  EXPECT_EQ(sharpening.Estimate(-100.0), sharpening.Estimate(1.5));
  EXPECT_EQ(sharpening.Estimate(100.0), sharpening.Estimate(5.1));
}

TEST(HistogramSharpening, PullsBlurredIntensitiesTowardsTheirTissue)
{
  for (const double width : { 0.1, 0.15, 0.2 })
  {
    const auto sharpening = Learn(BlurredTissues(width), width);
    for (const double tissue : { Low, High })
    {
      for (const double away : { -0.5 * width, -0.25 * width, 0.25 * width, 0.5 * width })
      {
        // The Wiener filter's noise leaves a part of the blur: at most half of the distance, measured a third.
        EXPECT_LT(std::abs(sharpening.Estimate(tissue + away) - tissue), 0.5 * std::abs(away)) << tissue << ' ' << away;
      }
    }
  }
}

TEST(HistogramSharpening, RisesFromTissueToTissue)
{
  const auto sharpening = Learn(BlurredTissues(0.15), 0.15);
  double     before = -1.0;
  for (double v = Low - 0.1; v <= High + 0.1; v += 0.001)
  {
    const double estimate = sharpening.Estimate(v);
    EXPECT_GE(estimate, before) << v;
    before = estimate;
  }
  EXPECT_LT(sharpening.Estimate(Low + 0.2), 0.5 * (Low + High)); // in between, the nearer one wins
  EXPECT_GT(sharpening.Estimate(High - 0.2), 0.5 * (Low + High));
}

TEST(HistogramSharpening, NarrowsTheSpreadOfEachTissue)
{
  const auto values = BlurredTissues(0.15);
  const auto sharpening = Learn(values, 0.15);
  double     before = 0.0;
  double     after = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    const double tissue = i % 5 < 2 ? Low : High;
    before += (values[i] - tissue) * (values[i] - tissue);
    after += (sharpening.Estimate(values[i]) - tissue) * (sharpening.Estimate(values[i]) - tissue);
  }
  EXPECT_LT(after, 0.25 * before); // half of the deviation
}
} // namespace
