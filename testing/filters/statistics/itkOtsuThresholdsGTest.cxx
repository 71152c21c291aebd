#include "itkOtsuThresholds.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;

/** Bumps of unequal weight at the given bins. */
std::vector<double>
Bumps(std::size_t bins, const std::vector<double> & centres)
{
  std::vector<double> counts(bins);
  for (std::size_t i = 0; i < bins; ++i)
  {
    double weight = 1000.0;
    for (const double centre : centres)
    {
      const double distance = (static_cast<double>(i) - centre) / 5.0;
      counts[i] += std::floor(weight * std::exp(-0.5 * distance * distance));
      weight *= 0.6;
    }
  }
  return counts;
}

TEST(OtsuThresholds, MoveAndStretchWithTheRange)
{
  const auto   counts = Bumps(128, { 30.0, 90.0 });
  const double threshold = itk::OtsuThresholds(counts, 0.0, 128.0, 1).front();
  // Bins are spaced alike but for the rounding of their edges.
  EXPECT_NEAR(itk::OtsuThresholds(counts, -10.0, 0.0, 1).front(), threshold / 12.8 - 10.0, 1e-9);
}

TEST(OtsuThresholds, SeparateAsManyClassesAsAskedFor)
{
  const auto thresholds = itk::OtsuThresholds(Bumps(128, { 20.0, 60.0, 100.0 }), 0.0, 128.0, 2);
  ASSERT_EQ(thresholds.size(), 2u);
  EXPECT_GT(thresholds[0], 30.0);
  EXPECT_LT(thresholds[0], 50.0);
  EXPECT_GT(thresholds[1], 70.0);
  EXPECT_LT(thresholds[1], 90.0);
}

TEST(OtsuThresholds, MaximizeTheVarianceBetweenTwoClasses)
{
  const std::vector<double> counts = Bumps(64, { 12.0, 40.0 });
  double                    best = -1.0;
  std::size_t               bestBin = 0;
  for (std::size_t last = 0; last + 1 < counts.size(); ++last)
  {
    double weight[2] = {};
    double moment[2] = {};
    for (std::size_t i = 0; i < counts.size(); ++i)
    {
      weight[i > last] += counts[i];
      moment[i > last] += counts[i] * (static_cast<double>(i) + 0.5);
    }
    const double between = moment[0] * moment[0] / weight[0] + moment[1] * moment[1] / weight[1];
    if (between > best)
    {
      best = between;
      bestBin = last;
    }
  }
  // One bin of slack: some ITK settings return the bin's centre, others its upper edge.
  EXPECT_NEAR(itk::OtsuThresholds(counts, 0.0, 64.0, 1).front(), static_cast<double>(bestBin) + 1.0, 1.0);
}
} // namespace
