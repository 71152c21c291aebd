#include "Audit.h"

#include "AuditText.h"
#include "Error.h"
#include "IntensityModel.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace isolux
{
namespace
{
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

/** A participant at one value of group and label. */
struct Unit
{
  std::size_t person;
  std::string group;
  std::string label;
  AuditValues before{};
  AuditValues after{};
};

AuditValues
MeanOf(const std::vector<const AuditRow *> & rows, AuditValues AuditRow::*const values)
{
  AuditValues means{};
  for (std::size_t m = 0; m < AuditMeasures; ++m)
  {
    double sum = 0.0;
    double count = 0.0;
    for (const auto * row : rows)
    {
      const double value = (row->*values)[m];
      sum += std::isfinite(value) ? value : 0.0;
      count += std::isfinite(value) ? 1.0 : 0.0;
    }
    means[m] = count > 0.0 ? sum / count : NaN;
  }
  return means;
}

std::vector<Unit>
UnitsOf(const std::vector<AuditRow> & rows)
{
  std::map<std::string, std::map<std::pair<std::string, std::string>, std::vector<const AuditRow *>>> people;
  for (const auto & row : rows)
  {
    people[row.participant][{ row.group, row.label }].push_back(&row);
  }
  std::vector<Unit> units;
  std::size_t       person = 0;
  for (const auto & [name, values] : people)
  {
    for (const auto & [value, volumes] : values)
    {
      units.push_back(
        { person, value.first, value.second, MeanOf(volumes, &AuditRow::before), MeanOf(volumes, &AuditRow::after) });
    }
    ++person;
  }
  return units;
}

std::optional<double>
NumberIn(const std::string & text)
{
  double     number = 0.0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && std::isfinite(number)
           ? std::optional<double>(number)
           : std::nullopt;
}

/** A column's values as they are worked with. */
struct Column
{
  bool                     isNumber = false;
  std::vector<std::string> names;  ///< of a categorical one; numbers in their order
  std::vector<double>      values; ///< of each unit: number, or place in `names`; NaN where unknown

  bool
  IsEmpty() const
  {
    return values.empty();
  }
  std::size_t
  Place(std::size_t unit) const
  {
    return static_cast<std::size_t>(values[unit]);
  }
};

Column
ColumnOf(const std::vector<Unit> & units, std::string Unit::*const member, const std::string & name)
{
  Column                column;
  std::set<std::string> texts;
  std::set<double>      numbers;
  bool                  isNumeric = true;
  for (const auto & unit : units)
  {
    const auto & text = unit.*member;
    if (!text.empty())
    {
      const auto number = NumberIn(text);
      isNumeric = isNumeric && number;
      texts.insert(text);
      numbers.insert(number.value_or(0.0));
    }
  }
  if (texts.size() < 2)
  {
    throw Error("column '" + name + "': " +
                (texts.empty() ? "no participant with a volume has a value"
                               : "every participant with a volume has the same value, '" + *texts.begin() + "'") +
                ": there is nothing to compare; choose another column");
  }
  column.isNumber = isNumeric && numbers.size() >= LeastDistinctNumbers;
  column.names.assign(texts.begin(), texts.end());
  if (isNumeric)
  {
    std::sort(column.names.begin(),
              column.names.end(),
              [](const auto & a, const auto & b) { return *NumberIn(a) < *NumberIn(b); });
  }
  for (const auto & unit : units)
  {
    const auto & text = unit.*member;
    column.values.push_back(
      text.empty() ? NaN
      : column.isNumber
        ? *NumberIn(text)
        : static_cast<double>(std::find(column.names.begin(), column.names.end(), text) - column.names.begin()));
  }
  return column;
}

template <typename TPredicate>
std::vector<std::size_t>
Where(std::size_t count, const TPredicate & is)
{
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < count; ++i)
  {
    if (is(i))
    {
      places.push_back(i);
    }
  }
  return places;
}

template <typename TPredicate>
std::size_t
PeopleWhere(const std::vector<Unit> & units, const TPredicate & is)
{
  std::set<std::size_t> people;
  for (std::size_t i = 0; i < units.size(); ++i)
  {
    if (is(i))
    {
      people.insert(units[i].person);
    }
  }
  return people.size();
}

/** Which measures are the same in all images but for rounding. */
std::array<bool, AuditMeasures>
SameIn(const std::vector<Unit> & units, AuditValues Unit::*const values)
{
  std::vector<double> deviations;
  for (const auto & unit : units)
  {
    deviations.push_back(std::isfinite((unit.*values)[1]) ? std::abs((unit.*values)[1]) : 0.0);
  }
  std::nth_element(deviations.begin(), deviations.begin() + deviations.size() / 2, deviations.end());
  const double                    scale = deviations[deviations.size() / 2];
  std::array<bool, AuditMeasures> same{};
  for (std::size_t m = 0; m < AuditMeasures; ++m)
  {
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const auto & unit : units)
    {
      const double value = (unit.*values)[m];
      low = std::isfinite(value) ? std::min(low, value) : low;
      high = std::isfinite(value) ? std::max(high, value) : high;
    }
    same[m] = high >= low && high - low <= SameRange * (m == FieldMeasure ? 1.0 : scale);
  }
  return same;
}

/** The measures before, then after, of the units that a variable is known of. */
class Ties
{
public:
  static constexpr std::size_t Series = 2 * AuditMeasures;

  Ties(const std::vector<Unit> & units, const Column & column, const Column & other)
    : m_IsNumber(column.isNumber)
    , m_Count(column.isNumber ? 1 : column.names.size())
  {
    const auto               same = std::array{ SameIn(units, &Unit::before), SameIn(units, &Unit::after) };
    const bool               hasOther = !other.IsEmpty() && !other.isNumber;
    const auto               uses = Where(units.size(), [&](std::size_t i) { return std::isfinite(column.values[i]); });
    std::vector<std::size_t> persons;
    std::vector<std::size_t> strata;
    for (const auto i : uses)
    {
      m_Values.push_back(column.values[i]);
      persons.push_back(units[i].person);
      strata.push_back(hasOther && std::isfinite(other.values[i]) ? other.Place(i) : 0);
      m_IsKnownWithin.push_back(hasOther && std::isfinite(other.values[i]));
    }
    for (std::size_t s = 0; s < Series; ++s)
    {
      std::vector<double> values;
      std::vector<double> within;
      m_IsSame[s] = same[s / AuditMeasures][s % AuditMeasures];
      for (std::size_t i = 0; i < uses.size(); ++i)
      {
        const auto & unit = units[uses[i]];
        values.push_back(m_IsSame[s] ? NaN : (s < AuditMeasures ? unit.before : unit.after)[s % AuditMeasures]);
        within.push_back(m_IsKnownWithin[i] ? values.back() : NaN);
      }
      m_All.emplace_back(values);
      m_Within.emplace_back(within, strata);
    }
    m_Variable = SortedValues(m_Values);
    m_VariableWithin = SortedValues(m_Values, strata);
    this->Measure(persons);
  }

  Tie
  Of(std::size_t series, std::size_t comparison) const
  {
    Tie tie = m_Ties[series][comparison];
    tie.isSame = m_IsSame[series];
    return tie;
  }

  /** Leaves a comparison out of the tests. */
  static bool
  HasEnough(const std::array<std::size_t, 2> & participants, bool isNumber)
  {
    return isNumber ? participants[0] >= LeastParticipantsModelled
                    : std::min(participants[0], participants[1]) >= LeastParticipantsCompared;
  }

private:
  using Results = std::vector<double>; ///< for each comparison

  static std::vector<std::size_t>
  Places(const std::vector<double> & values)
  {
    return { values.begin(), values.end() };
  }

  Results
  Association(const SortedValues & series, const SortedValues & variable, const Weights & weights) const
  {
    return m_IsNumber ? Results{ series.RankCorrelation(variable, weights) }
                      : series.AreasAgainstRest(m_Places, m_Count, weights);
  }

  /** How far from chance, in standard deviations under independence; 0 where there is none. */
  Results
  Distance(std::size_t s, const std::vector<double> & values) const
  {
    Results             distances;
    const Weights       once(values.size(), 1.0);
    const auto &        series = m_All[s];
    std::size_t         n = 0;
    std::vector<double> sides(m_Count, 0.0);
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      if (std::isfinite(series.Values()[i]))
      {
        ++n;
        sides[m_IsNumber ? 0 : static_cast<std::size_t>(values[i])] += 1.0;
      }
    }
    const auto total = static_cast<double>(n);
    if (m_IsNumber)
    {
      distances = { series.RankCorrelation(SortedValues(values), once) * std::sqrt(std::max(0.0, total - 1.0)) };
    }
    else
    {
      distances = series.AreasAgainstRest(Places(values), m_Count, once);
      for (std::size_t c = 0; c < m_Count; ++c)
      {
        distances[c] = (distances[c] - 0.5) / std::sqrt((total + 1.0) / (12.0 * sides[c] * (total - sides[c])));
      }
    }
    for (auto & distance : distances)
    {
      distance = std::isfinite(distance) ? std::abs(distance) : 0.0;
    }
    return distances;
  }

  void
  Measure(const std::vector<std::size_t> & persons)
  {
    if (!m_IsNumber)
    {
      m_Places = Places(m_Values);
    }
    m_IsTested.assign(m_Count, false);
    for (std::size_t c = 0; c < m_Count; ++c)
    {
      std::array<std::set<std::size_t>, 2> sides;
      for (std::size_t i = 0; i < persons.size(); ++i)
      {
        sides[m_IsNumber || m_Places[i] == c ? 0 : 1].insert(persons[i]);
      }
      m_IsTested[c] = HasEnough({ sides[0].size(), sides[1].size() }, m_IsNumber);
    }
    Resampler     resampler(persons, m_Values);
    const Weights once(persons.size(), 1.0);

    using Draws = std::vector<std::vector<double>>;
    std::array<std::array<Draws, 3>, Series> draws;
    for (auto & kinds : draws)
    {
      kinds.fill(Draws(m_Count));
    }
    const auto visit = [&](const Weights & weights, auto && take)
    {
      for (std::size_t s = 0; s < Series; ++s)
      {
        if (!m_IsSame[s])
        {
          take(s, 0, this->Association(m_All[s], m_Variable, weights));
          take(s, 1, this->Association(m_Within[s], m_VariableWithin, weights));
          take(s, 2, m_IsNumber ? Results{ NaN } : m_All[s].DifferencesFromRest(m_Places, m_Count, weights));
        }
      }
    };
    for (std::size_t draw = 0; draw < Resampler::Draws; ++draw)
    {
      visit(resampler.Draw(!m_IsNumber),
            [&](std::size_t s, std::size_t kind, const Results & results)
            {
              for (std::size_t c = 0; c < m_Count; ++c)
              {
                draws[s][kind][c].push_back(results[c]);
              }
            });
    }
    for (auto & ties : m_Ties)
    {
      ties.assign(m_Count, Tie());
    }
    visit(once,
          [&](std::size_t s, std::size_t kind, const Results & results)
          {
            for (std::size_t c = 0; c < m_Count; ++c)
            {
              Tie &      tie = m_Ties[s][c];
              Estimate & estimate = kind == 0 ? tie.association : kind == 1 ? tie.within : tie.difference;
              estimate = PercentileInterval(results[c], std::move(draws[s][kind][c]));
            }
          });
    this->Test(resampler);
  }

  /** The largest distance of all comparisons and measures, before and after apart, under permutation: an association
   * counts by how often chance alone brings one as far anywhere. */
  void
  Test(Resampler & resampler)
  {
    const auto largest = [this](const std::vector<double> & values, std::size_t first)
    {
      double most = 0.0;
      for (std::size_t s = first; s < first + AuditMeasures; ++s)
      {
        const auto distances = m_IsSame[s] ? Results(m_Count, 0.0) : this->Distance(s, values);
        for (std::size_t c = 0; c < m_Count; ++c)
        {
          most = m_IsTested[c] ? std::max(most, distances[c]) : most;
        }
      }
      return most;
    };
    std::array<std::vector<double>, 2> chance;
    for (std::size_t draw = 0; draw < Resampler::Draws; ++draw)
    {
      const auto values = resampler.Permute();
      for (std::size_t side = 0; side < 2; ++side)
      {
        chance[side].push_back(largest(values, side * AuditMeasures));
      }
    }
    for (std::size_t s = 0; s < Series; ++s)
    {
      const auto distances = this->Distance(s, m_Values);
      for (std::size_t c = 0; c < m_Count; ++c)
      {
        const auto & by = chance[s / AuditMeasures];
        const auto   further = std::count_if(
          by.begin(), by.end(), [&](double most) { return most >= distances[c] - 1e-9; }); // equal but for rounding
        m_Ties[s][c].p = m_IsTested[c] && !m_IsSame[s]
                           ? (1.0 + static_cast<double>(further)) / (1.0 + static_cast<double>(by.size()))
                           : 1.0;
      }
    }
  }

  bool                                 m_IsNumber;
  std::size_t                          m_Count; ///< of comparisons
  std::vector<double>                  m_Values;
  std::vector<std::size_t>             m_Places;
  std::vector<bool>                    m_IsKnownWithin;
  std::vector<bool>                    m_IsTested;
  std::array<bool, Series>             m_IsSame{};
  std::vector<SortedValues>            m_All;    ///< of each series
  std::vector<SortedValues>            m_Within; ///< of each, in strata of the other variable
  SortedValues                         m_Variable{ {} };
  SortedValues                         m_VariableWithin{ {} };
  std::array<std::vector<Tie>, Series> m_Ties;
};

AuditOutcome
OutcomeOf(bool wasShown, bool isShown)
{
  return wasShown ? (isShown ? AuditOutcome::Remains : AuditOutcome::Removed)
                  : (isShown ? AuditOutcome::Introduced : AuditOutcome::NotShown);
}

AuditVariable
VariableOf(
  const std::vector<Unit> & units, const Column & column, const Column & other, const std::string & name, bool isLabel)
{
  AuditVariable variable;
  variable.name = name;
  variable.isLabel = isLabel;
  variable.isNumber = column.isNumber;
  const auto isKnown = [&](std::size_t i) { return std::isfinite(column.values[i]); };
  const auto known = PeopleWhere(units, isKnown);
  variable.missing = PeopleWhere(units, [](std::size_t) { return true; }) - known;
  const Ties        ties(units, column, other);
  const std::size_t count = column.isNumber ? 1 : column.names.size();
  const bool        isPair = count == 2;
  for (std::size_t c = 0; c < count; ++c)
  {
    Comparison comparison;
    const auto isIn = [&](std::size_t i) { return isKnown(i) && (column.isNumber || column.Place(i) == c); };
    comparison.participants = { PeopleWhere(units, isIn),
                                PeopleWhere(units, [&](std::size_t i) { return isKnown(i) && !isIn(i); }) };
    if (!column.isNumber)
    {
      comparison.value = column.names[c];
      comparison.other = isPair ? column.names[1 - c] : "";
      variable.values.emplace_back(column.names[c], comparison.participants[0]);
    }
    if (isPair && c == 0)
    {
      continue; // the other way round says the same
    }
    comparison.isTooFew = !Ties::HasEnough(comparison.participants, column.isNumber);
    for (std::size_t m = 0; m < AuditMeasures && !comparison.isTooFew; ++m)
    {
      auto & measure = comparison.measures[m];
      measure.before = ties.Of(m, c);
      measure.after = ties.Of(AuditMeasures + m, c);
      const bool isMeasured = measure.before.isSame || std::isfinite(measure.before.association.value);
      // in doubt against normalization: of a nuisance that it remains, of signal that it was erased
      const double chance = column.isNumber ? 0.0 : 0.5;
      const auto & after = measure.after.association;
      const bool   isInDoubt = !isLabel && measure.before.IsShown() && (after.low > chance || after.high < chance);
      measure.outcome = isMeasured ? OutcomeOf(measure.before.IsShown(), measure.after.IsShown() || isInDoubt)
                                   : AuditOutcome::NotMeasured;
      variable.tests += isMeasured && !measure.before.isSame;
    }
    variable.comparisons.push_back(std::move(comparison));
  }
  return variable;
}

/** Predictions of units on one side. */
double
PositiveRate(const std::vector<double> & scores, const std::vector<std::size_t> & uses, const Weights & weights)
{
  double positive = 0.0;
  double total = 0.0;
  for (const auto i : uses)
  {
    positive += scores[i] > 0.0 ? weights[i] : 0.0;
    total += weights[i];
  }
  return positive / total;
}

ModelAudit
ModelOf(const std::vector<Unit> & units, const Column & label, const Column & group, std::size_t positive)
{
  ModelAudit model;
  const bool isPair = label.names.size() == 2;
  model.positive = label.names[positive];
  model.other = isPair ? label.names[1 - positive] : "";
  const auto               same = std::array{ SameIn(units, &Unit::before), SameIn(units, &Unit::after) };
  std::vector<std::size_t> persons;
  std::vector<bool>        isPositive;
  std::vector<double>      sides;
  std::vector<double>      groups;

  std::array<std::vector<std::vector<double>>, 2> features;
  for (std::size_t i = 0; i < units.size(); ++i)
  {
    const auto isMeasured = [](const AuditValues & values)
    { return std::all_of(values.begin() + FirstPercentile, values.end(), [](double v) { return std::isfinite(v); }); };
    if (!std::isfinite(label.values[i]) || !isMeasured(units[i].before) || !isMeasured(units[i].after))
    {
      continue;
    }
    persons.push_back(units[i].person);
    isPositive.push_back(label.Place(i) == positive);
    sides.push_back(isPositive.back() ? 1.0 : 0.0);
    groups.push_back(group.IsEmpty() || group.isNumber ? NaN : group.values[i]);
    for (std::size_t side = 0; side < 2; ++side)
    {
      std::vector<double> percentiles;
      for (std::size_t m = FirstPercentile; m < AuditMeasures; ++m)
      {
        percentiles.push_back(same[side][m] ? 0.0 : (side == 0 ? units[i].before : units[i].after)[m]);
      }
      features[side].push_back(std::move(percentiles));
    }
  }
  std::array<std::set<std::size_t>, 2> people;
  for (std::size_t i = 0; i < persons.size(); ++i)
  {
    people[isPositive[i] ? 0 : 1].insert(persons[i]);
  }
  model.participants = { people[0].size(), people[1].size() };
  model.isTooFew = std::min(people[0].size(), people[1].size()) < LeastParticipantsModelled;
  if (model.isTooFew)
  {
    return model;
  }

  std::array<std::vector<double>, 2> scores;
  for (std::size_t side = 0; side < 2; ++side)
  {
    scores[side] = CrossValidatedScores(features[side], isPositive, persons);
  }
  const auto places = std::vector<std::size_t>(sides.begin(), sides.end());
  const auto positives = Where(sides.size(), [&](std::size_t i) { return isPositive[i]; });
  const auto negatives = Where(sides.size(), [&](std::size_t i) { return !isPositive[i]; });
  const auto accuracy = [&](const std::vector<double> & score, const Weights & weights)
  { return 0.5 * (PositiveRate(score, positives, weights) + 1.0 - PositiveRate(score, negatives, weights)); };
  const std::array<SortedValues, 2> sorted{ { SortedValues(scores[0]), SortedValues(scores[1]) } };
  const auto                        area = [&](std::size_t side, const Weights & weights)
  { return sorted[side].AreasAgainstRest(places, 2, weights)[1]; };

  const auto estimate = [](Resampler resampler, const Weights & once, const auto & statistic)
  {
    std::vector<double> draws;
    for (std::size_t draw = 0; draw < Resampler::Draws; ++draw)
    {
      draws.push_back(statistic(resampler.Draw(true)));
    }
    return PercentileInterval(statistic(once), std::move(draws));
  };
  const Weights   once(sides.size(), 1.0);
  const Resampler byLabel(persons, sides);
  model.accuracyBefore = estimate(byLabel, once, [&](const Weights & weights) { return accuracy(scores[0], weights); });
  model.accuracyAfter = estimate(byLabel, once, [&](const Weights & weights) { return accuracy(scores[1], weights); });
  model.accuracyChange =
    estimate(byLabel,
             once,
             [&](const Weights & weights) { return accuracy(scores[1], weights) - accuracy(scores[0], weights); });
  model.areaBefore = estimate(byLabel, once, [&](const Weights & weights) { return area(0, weights); });
  model.areaAfter = estimate(byLabel, once, [&](const Weights & weights) { return area(1, weights); });
  model.outcome = OutcomeOf(model.accuracyBefore.low > 0.5, model.accuracyAfter.low > 0.5);

  const std::size_t count = group.isNumber || group.IsEmpty() ? 0 : group.names.size();
  for (std::size_t g = count == 2 ? 1 : 0; g < count; ++g)
  {
    const auto inside = Where(groups.size(), [&](std::size_t i) { return groups[i] == static_cast<double>(g); });
    const auto outside = Where(
      groups.size(), [&](std::size_t i) { return std::isfinite(groups[i]) && groups[i] != static_cast<double>(g); });
    const auto peopleOf = [&](const std::vector<std::size_t> & uses)
    {
      std::set<std::size_t> found;
      for (const auto i : uses)
      {
        found.insert(persons[i]);
      }
      return found.size();
    };
    if (std::min(peopleOf(inside), peopleOf(outside)) < LeastParticipantsCompared)
    {
      continue;
    }
    RateGap gap;
    gap.value = group.names[g];
    gap.other = count == 2 ? group.names[0] : "";
    auto sidesOfGroup = groups; // those without a group are a stratum of their own
    std::transform(sidesOfGroup.begin(),
                   sidesOfGroup.end(),
                   sidesOfGroup.begin(),
                   [&](double v) { return std::isfinite(v) ? v : -1.0; });
    const Resampler byGroup(persons, sidesOfGroup);
    const auto      rateGap = [&](std::size_t side)
    {
      return estimate(
        byGroup,
        once,
        [&](const Weights & weights)
        { return PositiveRate(scores[side], inside, weights) - PositiveRate(scores[side], outside, weights); });
    };
    gap.gapBefore = rateGap(0);
    gap.gapAfter = rateGap(1);
    gap.before = { PositiveRate(scores[0], inside, once), PositiveRate(scores[0], outside, once) };
    gap.after = { PositiveRate(scores[1], inside, once), PositiveRate(scores[1], outside, once) };
    gap.truth = { PositiveRate(sides, inside, once), PositiveRate(sides, outside, once) };
    model.gaps.push_back(std::move(gap));
  }
  return model;
}

AuditOverlap
OverlapOf(const std::vector<Unit> & units, const Column & group, const Column & label)
{
  const auto uses = Where(
    units.size(), [&](std::size_t i) { return std::isfinite(group.values[i]) && std::isfinite(label.values[i]); });
  std::vector<std::size_t> persons;
  std::vector<double>      labels;
  for (const auto i : uses)
  {
    persons.push_back(units[i].person);
    labels.push_back(label.values[i]);
  }
  const auto count = [&](const std::vector<double> & values)
  {
    std::vector<std::vector<std::size_t>> table(group.names.size(), std::vector<std::size_t>(label.names.size(), 0));
    for (std::size_t i = 0; i < uses.size(); ++i)
    {
      ++table[group.Place(uses[i])][static_cast<std::size_t>(values[i])];
    }
    return table;
  };
  const auto chiSquared = [&](const std::vector<double> & values)
  {
    const auto          table = count(values);
    std::vector<double> rows(group.names.size(), 0.0);
    std::vector<double> columns(label.names.size(), 0.0);
    for (std::size_t g = 0; g < rows.size(); ++g)
    {
      for (std::size_t l = 0; l < columns.size(); ++l)
      {
        rows[g] += static_cast<double>(table[g][l]);
        columns[l] += static_cast<double>(table[g][l]);
      }
    }
    double sum = 0.0;
    for (std::size_t g = 0; g < rows.size(); ++g)
    {
      for (std::size_t l = 0; l < columns.size(); ++l)
      {
        const double expected = rows[g] * columns[l] / static_cast<double>(uses.size());
        const double difference = static_cast<double>(table[g][l]) - expected;
        sum += expected > 0.0 ? difference * difference / expected : 0.0;
      }
    }
    return sum;
  };
  AuditOverlap overlap;
  overlap.participants = count(labels);
  Resampler    resampler(persons, labels);
  const double observed = chiSquared(labels);
  double       further = 1.0;
  for (std::size_t draw = 0; draw < Resampler::Draws; ++draw)
  {
    further += chiSquared(resampler.Permute()) >= observed - 1e-9 ? 1.0 : 0.0;
  }
  overlap.p = further / (1.0 + static_cast<double>(Resampler::Draws));
  return overlap;
}
} // namespace

const std::array<AuditMeasure, AuditMeasures> AuditMeasureList{ {
  { "mean", "mean", "column mean_before of manifest.tsv" },
  { "deviation", "deviation", "column sd_before of manifest.tsv" },
  { "field_amplitude", "field amplitude", "log_deviation of the field, in the sidecars" },
  { "percentile_5", "5th percentile", "percentiles before, in the sidecars" },
  { "percentile_25", "25th percentile", "percentiles before, in the sidecars" },
  { "percentile_50", "50th percentile", "percentiles before, in the sidecars" },
  { "percentile_75", "75th percentile", "percentiles before, in the sidecars" },
  { "percentile_95", "95th percentile", "percentiles before, in the sidecars" },
} };

std::string
ToString(AuditOutcome outcome)
{
  switch (outcome)
  {
    case AuditOutcome::NotShown:
      return "not shown";
    case AuditOutcome::Removed:
      return "removed";
    case AuditOutcome::Remains:
      return "remains";
    case AuditOutcome::Introduced:
      return "introduced";
    case AuditOutcome::NotMeasured:
      break;
  }
  return "not measured";
}

AuditReport
MakeAudit(const std::vector<AuditRow> & rows, const AuditColumns & columns)
{
  if (rows.empty())
  {
    throw Error("no volume is left to audit");
  }
  AuditReport report;
  const auto  units = UnitsOf(rows);
  report.volumes = rows.size();
  report.participants = PeopleWhere(units, [](std::size_t) { return true; });
  const Column group = columns.group.empty() ? Column() : ColumnOf(units, &Unit::group, columns.group);
  const Column label = columns.label.empty() ? Column() : ColumnOf(units, &Unit::label, columns.label);
  if (!group.IsEmpty())
  {
    report.variables.push_back(VariableOf(units, group, label, columns.group, false));
  }
  if (!label.IsEmpty())
  {
    report.variables.push_back(VariableOf(units, label, group, columns.label, true));
    for (std::size_t l = label.names.size() == 2 ? 1 : 0; l < label.names.size() && !label.isNumber; ++l)
    {
      report.models.push_back(ModelOf(units, label, group, l));
    }
  }
  if (!group.IsEmpty() && !label.IsEmpty() && !group.isNumber && !label.isNumber)
  {
    report.overlap = OverlapOf(units, group, label);
  }
  PutInWords(report);
  return report;
}
} // namespace isolux
