#include "Audit.h"
#include "AuditJson.h"
#include "Error.h"
#include "IntensityModel.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace isolux
{
namespace
{
constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

/** About normal: a sum of uniforms. */
class Noise
{
public:
  explicit Noise(std::uint64_t seed)
    : m_Random(seed)
  {
  }
  double
  operator()()
  {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i)
    {
      sum += static_cast<double>(m_Random() >> 11U) * 0x1p-53;
    }
    return sum;
  }

private:
  std::mt19937_64 m_Random;
};

/** 60 participants: every second of group B and every third a patient, without a tie to any statistic. */
std::vector<AuditRow>
Cohort(std::size_t count = 60, std::uint64_t seed = 8)
{
  Noise                 noise(seed);
  std::vector<AuditRow> rows;
  for (std::size_t i = 0; i < count; ++i)
  {
    AuditRow row;
    row.participant = std::to_string(i);
    row.group = i % 2 == 0 ? "A" : "B";
    row.label = i % 3 == 0 ? "patient" : "control";
    for (std::size_t m = 0; m < AuditMeasures; ++m)
    {
      row.before[m] = 100.0 + 10.0 * noise();
      row.after[m] = noise();
    }
    row.after[0] = 1e-8 * noise();
    row.after[1] = 1.0 + 1e-6 * noise();
    row.after[FieldMeasure] = NaN;
    rows.push_back(row);
  }
  return rows;
}

const Comparison &
Only(const AuditReport & report, std::size_t variable = 0)
{
  EXPECT_EQ(report.variables.at(variable).comparisons.size(), 1U);
  return report.variables[variable].comparisons.front();
}

std::string
ErrorOf(const std::vector<AuditRow> & rows, const AuditColumns & columns)
{
  try
  {
    MakeAudit(rows, columns);
  }
  catch (const Error & error)
  {
    return error.what();
  }
  return "";
}
} // namespace

TEST(Association, AreaIsThePartOfPairsWonWithTiesHalf)
{
  EXPECT_EQ(AreaUnderCurve({ 3.0, 4.0 }, { 1.0, 2.0 }), 1.0);
  EXPECT_EQ(AreaUnderCurve({ 1.0, 2.0 }, { 3.0, 4.0 }), 0.0);
  // 2 beats 1, ties with 2; 5 beats both
  EXPECT_EQ(AreaUnderCurve({ 2.0, 5.0 }, { 1.0, 2.0 }), 3.5 / 4.0);
  EXPECT_EQ(AreaUnderCurve({ 2.0, NaN }, { 1.0, 3.0 }), 0.5);
  EXPECT_TRUE(std::isnan(AreaUnderCurve({ 2.0 }, {})));
}

TEST(Association, AreasOfThreeCategoriesAreEachAgainstTheRest)
{
  const SortedValues values({ 1.0, 2.0, 2.0, 7.0, 9.0 });
  const auto         areas = values.AreasAgainstRest({ 0, 0, 1, 1, 2 }, 3, Weights(5, 1.0));
  EXPECT_DOUBLE_EQ(areas[0], 0.5 / 6.0); // one tie among 2 x 3 pairs
  EXPECT_DOUBLE_EQ(areas[1], (1.0 + 0.5 + 2.0) / 6.0);
  EXPECT_DOUBLE_EQ(areas[2], 1.0);
}

TEST(Association, AWeightIsARepetition)
{
  const SortedValues             weighted({ 1.0, 4.0, 2.0, 4.0, 5.0 });
  const SortedValues             repeated({ 1.0, 4.0, 4.0, 4.0, 2.0, 4.0, 4.0 });
  const std::vector<std::size_t> categories{ 0, 0, 1, 1, 1 };
  const std::vector<std::size_t> longer{ 0, 0, 0, 0, 1, 1, 1 };
  const Weights                  weights{ 1.0, 3.0, 1.0, 2.0, 0.0 };
  const Weights                  once(7, 1.0);
  EXPECT_DOUBLE_EQ(weighted.AreasAgainstRest(categories, 2, weights)[0], repeated.AreasAgainstRest(longer, 2, once)[0]);
  EXPECT_NEAR(weighted.DifferencesFromRest(categories, 2, weights)[0],
              repeated.DifferencesFromRest(longer, 2, once)[0],
              1e-14); // sums in another order
  const SortedValues other({ 3.0, 1.0, 2.0, 2.0, 0.0 });
  const SortedValues otherRepeated({ 3.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0 });
  EXPECT_NEAR(weighted.RankCorrelation(other, weights), repeated.RankCorrelation(otherRepeated, once), 1e-14);
}

TEST(Association, StandardisedDifferenceIsCohens)
{
  // means 4 and 1, sums of squares 8 and 2, n - 2 = 4
  EXPECT_DOUBLE_EQ(StandardisedDifference({ 2.0, 4.0, 6.0 }, { 0.0, 1.0, 2.0 }), 3.0 / std::sqrt(2.5));
  EXPECT_NEAR(StandardisedDifference({ 1e9 + 2.0, 1e9 + 4.0, 1e9 + 6.0 }, { 1e9, 1e9 + 1.0, 1e9 + 2.0 }),
              3.0 / std::sqrt(2.5),
              1e-12);
  EXPECT_TRUE(std::isnan(StandardisedDifference({ 1.0, 1.0 }, { 1.0, 1.0 })));
}

TEST(Association, SpearmanIsTheCorrelationOfRanks)
{
  EXPECT_DOUBLE_EQ(RankCorrelation({ 1.0, 2.0, 3.0, 4.0 }, { 1.0, 8.0, 27.0, 64.0 }), 1.0);
  EXPECT_DOUBLE_EQ(RankCorrelation({ 1.0, 2.0, 3.0, 4.0 }, { 9.0, 7.0, 5.0, -1.0 }), -1.0);
  // 1 - 6 sum d^2 / (n (n^2 - 1)), d = 0, 2, 1, 1, 2
  EXPECT_NEAR(
    RankCorrelation({ 1.0, 2.0, 3.0, 4.0, 5.0 }, { 10.0, 40.0, 20.0, 50.0, 30.0 }), 1.0 - 6.0 * 10.0 / 120.0, 1e-14);
  EXPECT_TRUE(std::isnan(RankCorrelation({ 1.0, 2.0 }, { 3.0, 3.0 })));
}

TEST(Association, OnlyUnitsOfOneStratumAreCompared)
{
  // within each stratum category 1 is higher, over both it is lower as often
  const SortedValues values({ 1.0, 2.0, 11.0, 12.0 }, { 0, 0, 1, 1 });
  EXPECT_EQ(values.AreasAgainstRest({ 0, 1, 0, 1 }, 2, Weights(4, 1.0))[1], 1.0);
  const SortedValues other({ 5.0, 6.0, 1.0, 2.0 }, { 0, 0, 1, 1 });
  EXPECT_DOUBLE_EQ(values.RankCorrelation(other, Weights(4, 1.0)), 1.0);
  EXPECT_LT(RankCorrelation(values.Values(), other.Values()), 0.0);
}

TEST(Resampler, DrawsPersonsWithinStrataAndTheSameEachTime)
{
  const std::vector<std::size_t> persons{ 0, 0, 1, 2, 3, 3, 4 };
  const std::vector<double>      values{ 0, 0, 0, 0, 1, 1, 1 };
  Resampler                      first(persons, values);
  Resampler                      second(persons, values);
  std::set<Weights>              seen;
  for (int draw = 0; draw < 100; ++draw)
  {
    const auto weights = first.Draw(true);
    EXPECT_EQ(weights, second.Draw(true));
    EXPECT_EQ(weights[0], weights[1]);
    EXPECT_EQ(weights[4], weights[5]);
    EXPECT_EQ(weights[0] + weights[2] + weights[3], 3.0);
    EXPECT_EQ(weights[4] + weights[6], 2.0);
    seen.insert(weights);
  }
  EXPECT_GT(seen.size(), 15U); // of 10 times 3 compositions
}

TEST(Resampler, PermutesBetweenPersonsOfOneValueAndWithinThoseOfSeveral)
{
  const std::vector<std::size_t> persons{ 0, 0, 1, 2, 3, 3 };
  const std::vector<double>      values{ 0, 0, 1, 1, 0, 1 };
  Resampler                      resampler(persons, values);
  std::set<std::vector<double>>  seen;
  for (int draw = 0; draw < 200; ++draw)
  {
    const auto permuted = resampler.Permute();
    EXPECT_EQ(permuted[0], permuted[1]);
    EXPECT_EQ(permuted[0] + permuted[2] + permuted[3], 2.0);
    EXPECT_EQ(permuted[4] + permuted[5], 1.0);
    seen.insert(permuted);
  }
  EXPECT_EQ(seen.size(), 6U);
}

TEST(IntensityModel, VolumesOfOnePersonStayInOneFoldAndSidesAreSpread)
{
  std::vector<std::size_t> persons;
  std::vector<bool>        isPositive;
  for (std::size_t i = 0; i < 60; ++i)
  {
    persons.push_back(i / 2);
    isPositive.push_back(i / 2 % 3 == 0);
  }
  const auto                                   folds = FoldsByPerson(persons, isPositive);
  std::map<std::size_t, std::set<std::size_t>> positives;
  for (std::size_t i = 0; i < 60; ++i)
  {
    EXPECT_EQ(folds[i], folds[i - i % 2]);
    if (isPositive[i])
    {
      positives[folds[i]].insert(persons[i]);
    }
  }
  ASSERT_EQ(positives.size(), IntensityModel::Folds);
  for (const auto & [fold, people] : positives)
  {
    EXPECT_EQ(people.size(), 1U) << fold;
  }
}

/** At the minimum the derivatives by intercept and slope are zero: seen by trying on both sides of it. */
TEST(IntensityModel, MinimisesTheRidgedLoss)
{
  const std::vector<std::vector<double>> features{ { 1.0, 7.0 }, { 2.0, 7.0 }, { 4.0, 7.0 }, { 3.0, 7.0 } };
  const std::vector<bool>                isPositive{ false, false, true, false };
  const auto                             model = LearnIntensityModel(features, isPositive, { 0, 1, 2, 3 });
  EXPECT_EQ(model.scale[1], 0.0); // one value: disregarded
  const auto loss = [&](double slope, double intercept)
  {
    double sum = 0.5 * slope * slope;
    for (std::size_t i = 0; i < 4; ++i)
    {
      const double odds = intercept + slope * (features[i][0] - 2.5) / std::sqrt(1.25);
      sum += (isPositive[i] ? 2.0 : 2.0 / 3.0) * std::log1p(std::exp(isPositive[i] ? -odds : odds));
    }
    return sum;
  };
  const double slope = model.slopes[0];
  const double least = loss(slope, model.intercept);
  EXPECT_NEAR(model({ 4.0, 100.0 }), model.intercept + slope * 1.5 / std::sqrt(1.25), 1e-12);
  for (const double step : { -1e-4, 1e-4 })
  {
    EXPECT_GT(loss(slope + step, model.intercept), least);
    EXPECT_GT(loss(slope, model.intercept + step), least);
  }
}

/** Of columns that nothing is tied to, one in twenty shows something before, and as many after. */
TEST(Audit, WhereNothingIsTiedLittleIsShownAndIntervalsHoldChance)
{
  constexpr std::size_t cohorts = 20;
  std::size_t           shown = 0;
  std::size_t           held = 0;
  std::size_t           found = 0;
  for (std::uint64_t seed = 0; seed < cohorts; ++seed)
  {
    const auto report = MakeAudit(Cohort(60, seed), { "site", "diagnosis" });
    for (std::size_t v = 0; v < 2; ++v)
    {
      const auto & measures = Only(report, v).measures;
      for (auto side : { &MeasureAudit::before, &MeasureAudit::after })
      {
        shown += std::any_of(
          measures.begin(), measures.end(), [&](const MeasureAudit & measure) { return (measure.*side).IsShown(); });
      }
      const auto & mean = measures[0].before.association;
      held += mean.low <= 0.5 && mean.high >= 0.5;
    }
    found += report.models.at(0).accuracyBefore.low > 0.5;
  }
  // expected: 4 of 80, 38 of 40, 1 of 20; binomial, beyond each bound with probability below 0.005
  EXPECT_LE(shown, 10U);
  EXPECT_GE(held, 33U);
  EXPECT_LE(found, 5U);
}

TEST(Audit, WhereNothingIsShownItSaysSo)
{
  const auto report = MakeAudit(Cohort(), { "site", "diagnosis" });
  for (std::size_t v = 0; v < 2; ++v)
  {
    for (const auto & measure : Only(report, v).measures)
    {
      EXPECT_EQ(measure.outcome, AuditOutcome::NotShown) << measure.sentence;
    }
    EXPECT_NE(Only(report, v).sentence.find("nothing is shown"), std::string::npos) << Only(report, v).sentence;
  }
  EXPECT_GT(report.overlap->p, 0.05);
}

TEST(Audit, WhatIsPlantedIsFoundAndRoundingErrorsAreNot)
{
  auto rows = Cohort();
  for (auto & row : rows)
  {
    const bool isB = row.group == "B";
    const bool isPatient = row.label == "patient";
    row.before[0] += isB ? 40.0 : 0.0;
    row.after[0] += isB ? 1e-7 : 0.0; // the same but for rounding, which goes with the site
    row.before[FieldMeasure] += isB ? 40.0 : 0.0;
    row.before[1] += isPatient ? 30.0 : 0.0;
    row.after[5] += isPatient ? 3.0 : 0.0;
    row.before[6] += isPatient ? 30.0 : 0.0;
    row.after[6] += isPatient ? 3.0 : 0.0;
  }
  const auto   report = MakeAudit(rows, { "site", "diagnosis" });
  const auto & site = Only(report, 0).measures;
  EXPECT_EQ(site[0].outcome, AuditOutcome::Removed);
  EXPECT_TRUE(site[0].after.isSame);
  EXPECT_GT(site[0].before.association.low, 0.9);
  EXPECT_GT(site[0].before.difference.low, 2.0);
  EXPECT_NE(site[0].sentence.find("A nuisance that was removed"), std::string::npos) << site[0].sentence;
  EXPECT_EQ(site[FieldMeasure].outcome, AuditOutcome::Removed);
  EXPECT_EQ(site[1].outcome, AuditOutcome::NotShown);
  const auto & diagnosis = Only(report, 1).measures;
  EXPECT_EQ(diagnosis[0].outcome, AuditOutcome::NotShown);
  EXPECT_EQ(diagnosis[1].outcome, AuditOutcome::Removed);
  EXPECT_NE(diagnosis[1].sentence.find("it was erased. To keep it"), std::string::npos) << diagnosis[1].sentence;
  EXPECT_EQ(diagnosis[5].outcome, AuditOutcome::Introduced);
  EXPECT_EQ(diagnosis[6].outcome, AuditOutcome::Remains);
  EXPECT_GT(report.models[0].accuracyBefore.low, 0.6);
  EXPECT_GT(report.models[0].accuracyAfter.low, 0.6);
}

/** A weak tie that the corrected test does not show, but the interval: no success of normalization. */
TEST(Audit, InDoubtANuisanceRemainsAndSignalIsErased)
{
  auto rows = Cohort();
  for (auto & row : rows)
  {
    row.before[5] += row.group == "B" ? 40.0 : 0.0;
    row.after[5] += row.group == "B" ? 0.5 : 0.0;
  }
  const auto group = Only(MakeAudit(rows, { "site", "" })).measures[5];
  EXPECT_FALSE(group.after.IsShown());
  EXPECT_GT(group.after.association.low, 0.5);
  EXPECT_EQ(group.outcome, AuditOutcome::Remains);
  for (auto & row : rows)
  {
    row.label = row.group;
  }
  EXPECT_EQ(Only(MakeAudit(rows, { "", "diagnosis" })).measures[5].outcome, AuditOutcome::Removed);
}

TEST(Audit, ATieOfTheLabelThatTheSiteExplainsIsSaid)
{
  auto rows = Cohort(100);
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    rows[i].label = (i % 2 == 1) != (i % 10 < 2) ? "patient" : "control"; // nine of ten go with the site
    rows[i].before[0] += rows[i].group == "B" ? 60.0 : 0.0;
  }
  const auto   report = MakeAudit(rows, { "site", "diagnosis" });
  const auto & mean = Only(report, 1).measures[0];
  EXPECT_EQ(mean.outcome, AuditOutcome::Removed);
  EXPECT_LT(mean.before.within.low, 0.5);
  EXPECT_GT(mean.before.within.high, 0.5);
  EXPECT_NE(mean.sentence.find("it may come from site"), std::string::npos) << mean.sentence;
  EXPECT_LT(report.overlap->p, 0.05);
}

TEST(Audit, TheGapOfAModelThatReadsTheSiteIsMeasured)
{
  auto rows = Cohort(80, 1);
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    rows[i].label = (i % 2 == 1) != (i % 8 < 2) ? "patient" : "control"; // three of four go with the site
    for (std::size_t m = FirstPercentile; m < AuditMeasures; ++m)
    {
      rows[i].before[m] += rows[i].group == "B" ? 60.0 : 0.0;
    }
  }
  const auto report = MakeAudit(rows, { "site", "diagnosis" });
  ASSERT_EQ(report.models.at(0).gaps.size(), 1U);
  const auto & gap = report.models[0].gaps[0];
  EXPECT_GT(gap.gapBefore.low, 0.5);
  EXPECT_DOUBLE_EQ(gap.gapBefore.value, gap.before[0] - gap.before[1]);
  EXPECT_DOUBLE_EQ(gap.truth[0], 0.75);
  EXPECT_LT(gap.gapAfter.low, 0.0);
  EXPECT_GT(gap.gapAfter.high, 0.0);
  EXPECT_EQ(report.models[0].outcome, AuditOutcome::Removed);
}

TEST(Audit, AModelDoesNotReadRoundingErrors)
{
  auto rows = Cohort();
  for (auto & row : rows)
  {
    for (std::size_t m = FirstPercentile; m < AuditMeasures; ++m)
    {
      row.after[m] = static_cast<double>(m) + (row.label == "patient" ? 1e-7 : 0.0);
    }
  }
  const auto report = MakeAudit(rows, { "", "diagnosis" });
  EXPECT_DOUBLE_EQ(report.models.at(0).areaAfter.value, 0.5);
}

TEST(Audit, AParticipantWithManyVolumesCountsOnce)
{
  const auto once = Cohort();
  auto       many = once;
  many.insert(many.end(), 5, once[1]);
  const auto first = MakeAudit(once, { "site", "diagnosis" });
  const auto second = MakeAudit(many, { "site", "diagnosis" });
  EXPECT_EQ(second.volumes, first.volumes + 5);
  EXPECT_EQ(second.participants, first.participants);
  auto a = nlohmann::json::parse(WriteAudit(first));
  auto b = nlohmann::json::parse(WriteAudit(second));
  EXPECT_NEAR(a["columns"][0]["comparisons"][0]["statistics"][0]["before"]["auc"]["value"].get<double>(),
              b["columns"][0]["comparisons"][0]["statistics"][0]["before"]["auc"]["value"].get<double>(),
              1e-12);
}

TEST(Audit, GivesTheSameBytesEachTimeInAnyOrderOfVolumes)
{
  auto       rows = Cohort();
  const auto text = WriteAudit(MakeAudit(rows, { "site", "diagnosis" }));
  std::reverse(rows.begin(), rows.end());
  EXPECT_EQ(WriteAudit(MakeAudit(rows, { "site", "diagnosis" })), text);
}

TEST(Audit, ALabelThatIsANumberIsRanked)
{
  auto rows = Cohort();
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    rows[i].label = std::to_string(20 + i);
    rows[i].before[1] = std::exp(0.1 * static_cast<double>(i));
  }
  const auto   report = MakeAudit(rows, { "site", "age" });
  const auto & age = report.variables[1];
  EXPECT_TRUE(age.isNumber);
  EXPECT_DOUBLE_EQ(Only(report, 1).measures[1].before.association.value, 1.0);
  EXPECT_EQ(Only(report, 1).measures[1].outcome, AuditOutcome::Removed);
  EXPECT_EQ(Only(report, 1).measures[0].outcome, AuditOutcome::NotShown);
  EXPECT_TRUE(report.models.empty());
  EXPECT_FALSE(report.overlap);
}

TEST(Audit, OfSeveralValuesEachIsHeldAgainstTheOthers)
{
  auto rows = Cohort();
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    rows[i].group = std::to_string(i % 3 == 2 ? 10 : i % 3);
    rows[i].before[0] += i % 3 == 2 ? 50.0 : 0.0;
  }
  const auto   report = MakeAudit(rows, { "scanner", "" });
  const auto & comparisons = report.variables[0].comparisons;
  ASSERT_EQ(comparisons.size(), 3U);
  EXPECT_EQ(comparisons[2].value, "10"); // numbers in their order
  EXPECT_EQ(comparisons[2].measures[0].outcome, AuditOutcome::Removed);
  EXPECT_EQ(comparisons[2].participants[0], 20U);
  EXPECT_EQ(comparisons[2].participants[1], 40U);
}

TEST(Audit, TooFewAreSaidToBeTooFew)
{
  auto rows = Cohort(12);
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    rows[i].group = i < 4 ? "A" : "B";
    rows[i].before[0] += i < 4 ? 1000.0 : 0.0;
  }
  const auto report = MakeAudit(rows, { "site", "diagnosis" });
  EXPECT_TRUE(Only(report).isTooFew);
  EXPECT_NE(Only(report).sentence.find("8 and 4 participants, where 5 on each side are needed"), std::string::npos)
    << Only(report).sentence;
  EXPECT_TRUE(report.models.at(0).isTooFew);
  EXPECT_NE(report.models[0].sentence.find("10 on each side are needed"), std::string::npos);
}

TEST(Audit, AColumnOfOneValueOrNoneIsRefused)
{
  auto rows = Cohort();
  for (auto & row : rows)
  {
    row.group = "A";
    row.label.clear();
  }
  EXPECT_NE(
    ErrorOf(rows, { "site", "" }).find("column 'site': every participant with a volume has the same value, 'A'"),
    std::string::npos);
  EXPECT_NE(ErrorOf(rows, { "", "diagnosis" }).find("column 'diagnosis': no participant with a volume has a value"),
            std::string::npos);
  EXPECT_NE(ErrorOf({}, { "site", "" }).find("no volume is left"), std::string::npos);
}

TEST(Audit, ParticipantsWithoutAValueAreCountedAndTheJsonNamesNone)
{
  auto rows = Cohort();
  rows[3].label.clear();
  rows[4].label.clear();
  rows[3].participant = "sub-secret";
  const auto report = MakeAudit(rows, { "site", "diagnosis" });
  EXPECT_EQ(report.variables[1].missing, 2U);
  EXPECT_EQ(report.variables[0].missing, 0U);
  EXPECT_EQ(WriteAudit(report).find("secret"), std::string::npos);
}
} // namespace isolux
