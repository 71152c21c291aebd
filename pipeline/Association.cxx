#include "Association.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

namespace isolux
{
namespace
{
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

std::vector<double>
Joined(const std::vector<double> & first, const std::vector<double> & second)
{
  auto all = first;
  all.insert(all.end(), second.begin(), second.end());
  return all;
}

std::vector<std::size_t>
Sides(std::size_t first, std::size_t second)
{
  std::vector<std::size_t> sides(first, 0);
  sides.resize(first + second, 1);
  return sides;
}
} // namespace

Estimate::Estimate()
  : value(NaN)
  , low(NaN)
  , high(NaN)
{
}

SortedValues::SortedValues(const std::vector<double> & values, std::vector<std::size_t> strata)
  : m_Values(values)
  , m_Strata(std::move(strata))
{
  m_Strata.resize(m_Values.size(), 0);
  for (std::size_t i = 0; i < m_Values.size(); ++i)
  {
    if (std::isfinite(m_Values[i]))
    {
      m_Order.push_back(i);
    }
  }
  std::sort(m_Order.begin(),
            m_Order.end(),
            [this](std::size_t a, std::size_t b)
            { return std::tie(m_Strata[a], m_Values[a], a) < std::tie(m_Strata[b], m_Values[b], b); });
}

/** visit(first, last, isNewStratum) of the ranges of m_Order that have one stratum and one value. */
template <typename TBlock>
void
SortedValues::ForEachTie(TBlock && visit) const
{
  for (std::size_t first = 0, last = 0; first < m_Order.size(); first = last)
  {
    const auto unit = m_Order[first];
    while (last < m_Order.size() && m_Strata[m_Order[last]] == m_Strata[unit] &&
           m_Values[m_Order[last]] == m_Values[unit])
    {
      ++last;
    }
    visit(first, last, first == 0 || m_Strata[m_Order[first - 1]] != m_Strata[unit]);
  }
}

std::vector<double>
SortedValues::AreasAgainstRest(const std::vector<std::size_t> & categories,
                               std::size_t                      count,
                               const Weights &                  weights) const
{
  std::vector<double> wins(count, 0.0);
  std::vector<double> pairs(count, 0.0);
  std::vector<double> below(count, 0.0); // in this stratum
  std::vector<double> tied(count, 0.0);
  double              allBelow = 0.0;
  const auto          endStratum = [&]
  {
    for (std::size_t c = 0; c < count; ++c)
    {
      pairs[c] += below[c] * (allBelow - below[c]);
    }
  };
  this->ForEachTie(
    [&](std::size_t first, std::size_t last, bool isNewStratum)
    {
      if (isNewStratum)
      {
        endStratum();
        std::fill(below.begin(), below.end(), 0.0);
        allBelow = 0.0;
      }
      double allTied = 0.0;
      for (std::size_t i = first; i < last; ++i)
      {
        const auto unit = m_Order[i];
        tied[categories[unit]] += weights[unit];
        allTied += weights[unit];
      }
      for (std::size_t i = first; i < last; ++i)
      {
        const auto c = categories[m_Order[i]];
        wins[c] += tied[c] * (allBelow - below[c] + 0.5 * (allTied - tied[c]));
        below[c] += tied[c];
        tied[c] = 0.0; // its next unit of this tie adds nothing
      }
      allBelow += allTied;
    });
  endStratum();
  std::vector<double> areas(count, NaN);
  for (std::size_t c = 0; c < count; ++c)
  {
    areas[c] = pairs[c] > 0.0 ? wins[c] / pairs[c] : NaN;
  }
  return areas;
}

SortedValues::Ranks
SortedValues::RanksOf(const Weights & weights) const
{
  Ranks ranks;
  ranks.rank.assign(m_Values.size(), 0.0);
  ranks.weight.assign(m_Values.size(), 0.0);
  std::map<std::size_t, double> totals;
  for (const auto unit : m_Order)
  {
    totals[m_Strata[unit]] += weights[unit];
    ranks.weight[unit] = weights[unit];
  }
  double below = 0.0;
  this->ForEachTie(
    [&](std::size_t first, std::size_t last, bool isNewStratum)
    {
      below = isNewStratum ? 0.0 : below;
      double tied = 0.0;
      for (std::size_t i = first; i < last; ++i)
      {
        tied += weights[m_Order[i]];
      }
      const double total = totals[m_Strata[m_Order[first]]];
      for (std::size_t i = first; i < last && total > 0.0; ++i)
      {
        ranks.rank[m_Order[i]] = (below + 0.5 * tied) / total - 0.5;
      }
      below += tied;
    });
  return ranks;
}

double
SortedValues::RankCorrelation(const SortedValues & other, const Weights & weights) const
{
  Weights common = weights;
  for (std::size_t i = 0; i < common.size(); ++i)
  {
    common[i] = std::isfinite(m_Values[i]) && std::isfinite(other.m_Values[i]) ? common[i] : 0.0;
  }
  const auto x = this->RanksOf(common);
  const auto y = other.RanksOf(common);
  double     xy = 0.0;
  double     xx = 0.0;
  double     yy = 0.0;
  for (std::size_t i = 0; i < common.size(); ++i) // the ranks of a stratum have mean 0
  {
    xy += common[i] * x.rank[i] * y.rank[i];
    xx += common[i] * x.rank[i] * x.rank[i];
    yy += common[i] * y.rank[i] * y.rank[i];
  }
  return xx > 0.0 && yy > 0.0 ? xy / std::sqrt(xx * yy) : NaN;
}

std::vector<double>
SortedValues::DifferencesFromRest(const std::vector<std::size_t> & categories,
                                  std::size_t                      count,
                                  const Weights &                  weights) const
{
  std::vector<double> n(count, 0.0);
  std::vector<double> sum(count, 0.0);
  std::vector<double> squares(count, 0.0);
  const double        centre = m_Order.empty() ? 0.0 : m_Values[m_Order[m_Order.size() / 2]]; // against cancellation
  for (const auto unit : m_Order)
  {
    const double value = m_Values[unit] - centre;
    n[categories[unit]] += weights[unit];
    sum[categories[unit]] += weights[unit] * value;
    squares[categories[unit]] += weights[unit] * value * value;
  }
  const auto total = [](const std::vector<double> & values)
  { return std::accumulate(values.begin(), values.end(), 0.0); };
  const double allN = total(n);
  const double allSum = total(sum);
  const double allSquares = total(squares);

  std::vector<double> differences(count, NaN);
  for (std::size_t c = 0; c < count; ++c)
  {
    const double restN = allN - n[c];
    if (n[c] > 0.0 && restN > 0.0 && allN > 2.0)
    {
      const double mean = sum[c] / n[c];
      const double rest = (allSum - sum[c]) / restN;
      const double variance = (allSquares - n[c] * mean * mean - restN * rest * rest) / (allN - 2.0);
      differences[c] = variance > 1e-12 * allSquares / allN ? (mean - rest) / std::sqrt(variance) : NaN;
    }
  }
  return differences;
}

double
AreaUnderCurve(const std::vector<double> & positive, const std::vector<double> & negative)
{
  const SortedValues values(Joined(positive, negative));
  const auto         sides = Sides(positive.size(), negative.size());
  return values.AreasAgainstRest(sides, 2, Weights(sides.size(), 1.0)).front();
}

double
StandardisedDifference(const std::vector<double> & first, const std::vector<double> & second)
{
  const SortedValues values(Joined(first, second));
  const auto         sides = Sides(first.size(), second.size());
  return values.DifferencesFromRest(sides, 2, Weights(sides.size(), 1.0)).front();
}

double
RankCorrelation(const std::vector<double> & first, const std::vector<double> & second)
{
  return SortedValues(first).RankCorrelation(SortedValues(second), Weights(first.size(), 1.0));
}

Resampler::Resampler(const std::vector<std::size_t> & persons, std::vector<double> values)
  : m_Values(std::move(values))
{
  std::map<std::size_t, std::vector<std::size_t>> byPerson;
  for (std::size_t i = 0; i < persons.size(); ++i)
  {
    byPerson[persons[i]].push_back(i);
  }
  std::map<std::vector<double>, std::vector<std::vector<std::size_t>>> byValues;
  for (const auto & [person, units] : byPerson)
  {
    std::vector<double> set;
    for (const auto unit : units)
    {
      set.push_back(m_Values[unit]);
    }
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    byValues[set].push_back(units);
    m_Units.push_back(units);
  }
  for (auto & [set, stratum] : byValues)
  {
    m_Strata.push_back(std::move(stratum));
  }
}

std::size_t
Resampler::Below(std::size_t bound)
{
  const std::uint64_t limit = m_Random.max() - m_Random.max() % bound; // numbers from here on would favour the low ones
  std::uint64_t       number = m_Random();
  while (number >= limit)
  {
    number = m_Random();
  }
  return static_cast<std::size_t>(number % bound);
}

void
Resampler::Shuffle(std::vector<double> & values)
{
  for (std::size_t i = values.size(); i > 1; --i)
  {
    std::swap(values[i - 1], values[this->Below(i)]);
  }
}

Weights
Resampler::Draw(bool isStratified)
{
  Weights    weights(m_Values.size(), 0.0);
  const auto draw = [&](const std::vector<std::vector<std::size_t>> & persons)
  {
    for (std::size_t i = 0; i < persons.size(); ++i)
    {
      for (const auto unit : persons[this->Below(persons.size())])
      {
        weights[unit] += 1.0;
      }
    }
  };
  if (!isStratified)
  {
    draw(m_Units);
    return weights;
  }
  for (const auto & stratum : m_Strata)
  {
    draw(stratum);
  }
  return weights;
}

std::vector<double>
Resampler::Permute()
{
  auto                     permuted = m_Values;
  std::vector<double>      between;
  std::vector<std::size_t> persons;
  for (std::size_t p = 0; p < m_Units.size(); ++p)
  {
    std::vector<double> own;
    for (const auto unit : m_Units[p])
    {
      own.push_back(m_Values[unit]);
    }
    if (std::adjacent_find(own.begin(), own.end(), std::not_equal_to<>()) == own.end())
    {
      between.push_back(own.front());
      persons.push_back(p);
      continue;
    }
    this->Shuffle(own);
    for (std::size_t i = 0; i < own.size(); ++i)
    {
      permuted[m_Units[p][i]] = own[i];
    }
  }
  this->Shuffle(between);
  for (std::size_t i = 0; i < persons.size(); ++i)
  {
    for (const auto unit : m_Units[persons[i]])
    {
      permuted[unit] = between[i];
    }
  }
  return permuted;
}

Estimate
PercentileInterval(double value, std::vector<double> draws)
{
  Estimate estimate;
  estimate.value = value;
  draws.erase(std::remove_if(draws.begin(), draws.end(), [](double draw) { return !std::isfinite(draw); }),
              draws.end());
  if (draws.empty() || !std::isfinite(value))
  {
    return estimate;
  }
  std::sort(draws.begin(), draws.end());
  const auto at = [&draws](double part)
  { return draws[static_cast<std::size_t>(std::lround(part * static_cast<double>(draws.size() - 1)))]; };
  estimate.low = at(0.025);
  estimate.high = at(0.975);
  return estimate;
}
} // namespace isolux
