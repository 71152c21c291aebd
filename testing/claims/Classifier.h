#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

/** The smallest of models: positive above a threshold. */
namespace isolux::testing
{
struct Counts
{
  double truePositive = 0.0;
  double falsePositive = 0.0;
  double falseNegative = 0.0;
  double trueNegative = 0.0;
};

/** Mean of the Dice coefficients of both classes. */
inline double
MeanDice(const Counts & counts)
{
  const double errors = counts.falsePositive + counts.falseNegative;
  return counts.truePositive / (2.0 * counts.truePositive + errors) +
         counts.trueNegative / (2.0 * counts.trueNegative + errors);
}

inline double
Accuracy(const Counts & counts)
{
  const double right = counts.truePositive + counts.trueNegative;
  return right / (right + counts.falsePositive + counts.falseNegative);
}

/** A feature and whether it belongs to the positive class. */
using Example = std::pair<float, bool>;
using Examples = std::vector<Example>;

inline Counts
CountsOf(const Examples & examples, double threshold)
{
  Counts counts;
  for (const auto & [feature, isPositive] : examples)
  {
    (feature > threshold ? (isPositive ? counts.truePositive : counts.falsePositive)
                         : (isPositive ? counts.falseNegative : counts.trueNegative)) += 1.0;
  }
  return counts;
}

/** The threshold with the highest score, halfway between two features. */
template <typename TScore>
double
LearnThreshold(Examples examples, TScore && score)
{
  std::sort(examples.begin(), examples.end());
  Counts counts = CountsOf(examples, static_cast<double>(examples.front().first) - 1.0);
  double best = score(counts);
  double threshold = static_cast<double>(examples.front().first) - 1.0;
  for (std::size_t i = 0; i + 1 < examples.size(); ++i)
  {
    const double step = examples[i].second ? 1.0 : 0.0;
    counts.truePositive -= step;
    counts.falseNegative += step;
    counts.falsePositive -= 1.0 - step;
    counts.trueNegative += 1.0 - step;
    if (examples[i].first < examples[i + 1].first && score(counts) > best)
    {
      best = score(counts);
      threshold = 0.5 * (static_cast<double>(examples[i].first) + examples[i + 1].first);
    }
  }
  return threshold;
}

inline double
PositiveRate(const Counts & counts)
{
  const double positive = counts.truePositive + counts.falsePositive;
  return positive / (positive + counts.trueNegative + counts.falseNegative);
}
} // namespace isolux::testing
