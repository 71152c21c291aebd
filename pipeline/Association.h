#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace isolux
{
/** Of a sample: how often each unit counts. */
using Weights = std::vector<double>;

/** A statistic with its 95 % interval; NaN where there is none. */
struct Estimate
{
  Estimate();

  double value;
  double low;
  double high;
};

/** Numbers sorted once within strata, so that a statistic of any sample takes one pass. Values that are not finite are
 * left out. Only units of one stratum are compared with each other. */
class SortedValues
{
public:
  explicit SortedValues(const std::vector<double> & values, std::vector<std::size_t> strata = {});

  /** For each category: the probability that one of its units has a higher value than one of another category, ties
   * counting half. NaN where a side is empty. */
  std::vector<double>
  AreasAgainstRest(const std::vector<std::size_t> & categories, std::size_t count, const Weights & weights) const;

  /** Of the units that both hold, with mean ranks for ties; over several strata, of the ranks within each, from -1/2
   * to 1/2. NaN where either has one value only. */
  double
  RankCorrelation(const SortedValues & other, const Weights & weights) const;

  /** For each category: difference of means, it less the rest, over the pooled deviation (Cohen's d: sums of squares
   * divided by n - 2). Strata are disregarded. NaN where a side is empty or the deviation zero. */
  std::vector<double>
  DifferencesFromRest(const std::vector<std::size_t> & categories, std::size_t count, const Weights & weights) const;

  const std::vector<double> &
  Values() const
  {
    return m_Values;
  }

private:
  struct Ranks
  {
    std::vector<double> rank; ///< of each unit within its stratum, from -1/2 to 1/2
    std::vector<double> weight;
  };
  Ranks
  RanksOf(const Weights & weights) const;
  template <typename TBlock>
  void
  ForEachTie(TBlock && visit) const;

  std::vector<double>      m_Values;
  std::vector<std::size_t> m_Strata;
  std::vector<std::size_t> m_Order; ///< of finite values
};

double
AreaUnderCurve(const std::vector<double> & positive, const std::vector<double> & negative);
double
StandardisedDifference(const std::vector<double> & first, const std::vector<double> & second);
double
RankCorrelation(const std::vector<double> & first, const std::vector<double> & second);

/** Draws persons, not volumes: units of one person are drawn together. The numbers are those of std::mt19937_64, of
 * which the standard fixes every bit, so that a seed gives the same draws everywhere. */
class Resampler
{
public:
  static constexpr std::size_t   Draws = 2000;
  static constexpr std::uint64_t Seed = 20240229;

  /** `persons` and `values` of each unit. */
  Resampler(const std::vector<std::size_t> & persons, std::vector<double> values);

  /** A bootstrap sample: as many persons as there are, with replacement; where `isStratified`, as many as there are of
   * each value (of each set of values, where a person has several). */
  Weights
  Draw(bool isStratified);

  /** The values in another order, as likely as the given one if nothing depends on them: swapped between the persons
   * who have one value, and within each who has several. */
  std::vector<double>
  Permute();

private:
  std::size_t
  Below(std::size_t bound);
  void
  Shuffle(std::vector<double> & values);

  std::vector<double>                                m_Values;
  std::vector<std::vector<std::size_t>>              m_Units;  ///< of each person
  std::vector<std::vector<std::vector<std::size_t>>> m_Strata; ///< persons, as their units, by their set of values
  std::mt19937_64                                    m_Random{ Seed };
};

/** The 2.5th and 97.5th percentile of draws, without those that are not finite. */
Estimate
PercentileInterval(double value, std::vector<double> draws);
} // namespace isolux
