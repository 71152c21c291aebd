#include "Distance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>

namespace isolux
{
namespace
{
constexpr std::size_t FirstPercentile = 1;
constexpr std::size_t LastPercentile = 99;
constexpr double      Percentiles = 99.0;

constexpr std::size_t FewestForOutliers = 5;
constexpr double      SmallestLimit = 0.1; ///< standard deviations: nobody sees less

/** Cases that have voxels. */
struct Counted
{
  std::vector<const IntensitySummary *> cases;
  double                                meanDeviation = 0.0;

  explicit Counted(const std::vector<IntensitySummary> & all)
  {
    for (const IntensitySummary & summary : all)
    {
      if (summary.count > 0)
      {
        cases.push_back(&summary);
        meanDeviation += summary.standardDeviation;
      }
    }
    meanDeviation /= std::max<double>(1.0, static_cast<double>(cases.size()));
  }

  bool
  AreComparable() const
  {
    return cases.size() >= 2 && meanDeviation > 0.0;
  }

  std::vector<double>
  Values(const std::size_t percentile) const
  {
    std::vector<double> values(cases.size());
    std::transform(cases.begin(),
                   cases.end(),
                   values.begin(),
                   [percentile](const IntensitySummary * summary) { return summary->percentiles[percentile]; });
    return values;
  }
};

double
Median(std::vector<double> values)
{
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : 0.5 * (*middle + *std::max_element(values.begin(), middle));
}
} // namespace

double
MeanPairwiseWasserstein(const std::vector<IntensitySummary> & cases)
{
  const Counted counted(cases);
  if (!counted.AreComparable())
  {
    return std::numeric_limits<double>::quiet_NaN();
  }

  // Over sorted values, the sum of all pairs' differences needs no loop over pairs.
  const auto count = static_cast<double>(counted.cases.size());
  double     sum = 0.0;
  for (std::size_t percentile = FirstPercentile; percentile <= LastPercentile; ++percentile)
  {
    auto values = counted.Values(percentile);
    std::sort(values.begin(), values.end());
    for (std::size_t rank = 0; rank < values.size(); ++rank)
    {
      sum += values[rank] * (2.0 * static_cast<double>(rank) - count + 1.0);
    }
  }
  const double pairs = count * (count - 1.0) / 2.0;
  return sum / Percentiles / pairs / counted.meanDeviation;
}

std::vector<double>
DistancesFromMedian(const std::vector<IntensitySummary> & cases)
{
  std::vector<double> distances(cases.size(), std::numeric_limits<double>::quiet_NaN());
  const Counted       counted(cases);
  if (!counted.AreComparable())
  {
    return distances;
  }
  std::array<double, 101> median{};
  for (std::size_t percentile = FirstPercentile; percentile <= LastPercentile; ++percentile)
  {
    median[percentile] = Median(counted.Values(percentile));
  }
  for (std::size_t index = 0; index < cases.size(); ++index)
  {
    if (cases[index].count > 0)
    {
      double sum = 0.0;
      for (std::size_t percentile = FirstPercentile; percentile <= LastPercentile; ++percentile)
      {
        sum += std::abs(cases[index].percentiles[percentile] - median[percentile]);
      }
      distances[index] = sum / Percentiles / counted.meanDeviation;
    }
  }
  return distances;
}

double
OutlierLimit(const std::vector<double> & distances)
{
  std::vector<double> known;
  std::copy_if(distances.begin(),
               distances.end(),
               std::back_inserter(known),
               [](const double distance) { return std::isfinite(distance); });
  if (known.size() < FewestForOutliers)
  {
    return std::numeric_limits<double>::infinity();
  }
  const double median = Median(known);
  std::transform(
    known.begin(), known.end(), known.begin(), [median](const double value) { return std::abs(value - median); });
  return std::max(SmallestLimit, median + 3.5 * 1.4826 * Median(known));
}
} // namespace isolux
