#include "TransferMeasures.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace isolux::testing
{
namespace
{
constexpr double None = std::numeric_limits<double>::quiet_NaN();

std::vector<double>
Ranks(const std::vector<double> & values)
{
  std::vector<double> ranks;
  for (const double value : values)
  {
    double rank = 0.0;
    for (const double other : values)
    {
      rank += other < value ? 1.0 : other == value ? 0.5 : 0.0;
    }
    ranks.push_back(rank);
  }
  return ranks;
}

/** Of one feature at one site, without the image at `left`. */
double
MeanWithout(const Features & site, std::size_t feature, std::size_t left)
{
  double sum = 0.0;
  for (std::size_t i = 0; i < site.size(); ++i)
  {
    sum += i == left ? 0.0 : site[i][feature];
  }
  return sum / static_cast<double>(site.size() - 1);
}

double
SquaresWithout(const Features & site, std::size_t feature, std::size_t left, double mean)
{
  double sum = 0.0;
  for (std::size_t i = 0; i < site.size(); ++i)
  {
    const double difference = site[i][feature] - mean;
    sum += i == left ? 0.0 : difference * difference;
  }
  return sum;
}
} // namespace

double
Dice(const std::vector<unsigned char> & a, const std::vector<unsigned char> & b, unsigned char label)
{
  double both = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    both += a[i] == label && b[i] == label ? 1.0 : 0.0;
    sum += (a[i] == label ? 1.0 : 0.0) + (b[i] == label ? 1.0 : 0.0);
  }
  return sum > 0.0 ? 2.0 * both / sum : None;
}

double
Wasserstein(const std::vector<float> & a, const std::vector<float> & b)
{
  if (a.empty() || b.empty())
  {
    return None;
  }
  double      area = 0.0;
  std::size_t i = 0;
  std::size_t j = 0;
  double      position = std::min(a.front(), b.front());
  while (i < a.size() || j < b.size())
  {
    const bool   takesA = j == b.size() || (i < a.size() && a[i] <= b[j]);
    const double next = takesA ? a[i] : b[j];
    const double below =
      static_cast<double>(i) / static_cast<double>(a.size()) - static_cast<double>(j) / static_cast<double>(b.size());
    area += std::abs(below) * (next - position);
    position = next;
    ++(takesA ? i : j);
  }
  return area;
}

double
Peak(const std::vector<float> & sorted)
{
  if (sorted.empty())
  {
    return None;
  }
  const std::size_t length = (sorted.size() + 2) / 3;
  std::size_t       best = 0;
  for (std::size_t i = 0; i + length <= sorted.size(); ++i)
  {
    if (sorted[i + length - 1] - sorted[i] < sorted[best + length - 1] - sorted[best])
    {
      best = i;
    }
  }
  return 0.5 * (static_cast<double>(sorted[best]) + static_cast<double>(sorted[best + length - 1]));
}

double
MeanOf(const std::vector<double> & values)
{
  return values.empty() ? None
                        : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double
DeviationOf(const std::vector<double> & values)
{
  const double        mean = MeanOf(values);
  std::vector<double> squares;
  for (const double value : values)
  {
    squares.push_back((value - mean) * (value - mean));
  }
  return std::sqrt(MeanOf(squares));
}

double
Spearman(const std::vector<double> & a, const std::vector<double> & b)
{
  const auto   ranksA = Ranks(a);
  const auto   ranksB = Ranks(b);
  const double meanA = MeanOf(ranksA);
  const double meanB = MeanOf(ranksB);
  double       products = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    products += (ranksA[i] - meanA) * (ranksB[i] - meanB);
  }
  const double deviations = DeviationOf(ranksA) * DeviationOf(ranksB);
  return deviations > 0.0 ? products / static_cast<double>(a.size()) / deviations : None;
}

double
SiteAuc(const Features & a, const Features & b, double floor)
{
  if (a.size() < 3 || b.size() < 3)
  {
    return None;
  }
  const double degrees = static_cast<double>(a.size() + b.size() - 2);
  double       right = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    for (std::size_t j = 0; j < b.size(); ++j)
    {
      double score = 0.0; // of b's image less that of a's
      for (std::size_t feature = 0; feature < a[i].size(); ++feature)
      {
        const double meanA = MeanWithout(a, feature, i);
        const double meanB = MeanWithout(b, feature, j);
        const double squares = SquaresWithout(a, feature, i, meanA) + SquaresWithout(b, feature, j, meanB);
        const double variance = std::max(squares / degrees, floor * floor);
        score += (meanB - meanA) / variance * (b[j][feature] - a[i][feature]);
      }
      right += score > 0.0 ? 1.0 : score == 0.0 ? 0.5 : 0.0;
    }
  }
  return right / static_cast<double>(a.size() * b.size());
}

void
GaussianClassifier::Learn(const std::vector<float> & values, const std::vector<unsigned char> & labels)
{
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    auto &       of = m_Moments[labels[i]];
    const double difference = values[i] - of.mean;
    of.count += 1.0;
    of.mean += difference / of.count;
    of.squares += difference * (values[i] - of.mean);
  }
}

std::vector<unsigned char>
GaussianClassifier::Classify(const std::vector<float> & values) const
{
  std::array<double, 4> constant{}; // log of prior and height
  std::array<double, 4> slope{};    // 1 / (2 variance)
  for (std::size_t label = 1; label < m_Moments.size(); ++label)
  {
    const auto & of = m_Moments[label];
    constant[label] = std::log(of.count) - 0.5 * std::log(of.squares / of.count);
    slope[label] = 0.5 * of.count / of.squares;
  }
  std::vector<unsigned char> labels;
  labels.reserve(values.size());
  for (const float value : values)
  {
    unsigned char best = 0;
    double        highest = -std::numeric_limits<double>::infinity();
    for (unsigned char label = 1; label < m_Moments.size(); ++label)
    {
      const double difference = value - m_Moments[label].mean;
      const double score = constant[label] - slope[label] * difference * difference;
      if (m_Moments[label].count > 0.0 && score > highest)
      {
        best = label;
        highest = score;
      }
    }
    labels.push_back(best);
  }
  return labels;
}
} // namespace isolux::testing
