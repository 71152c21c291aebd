#include "AuditText.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace isolux
{
namespace
{
std::string
Fixed(double value, int decimals)
{
  char        text[64];
  const auto  end = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed, decimals).ptr;
  std::string shown(text, end);
  return shown.find_first_not_of("-0.") == std::string::npos && shown.front() == '-' ? shown.substr(1) : shown;
}

std::string
InBrackets(const std::string & name, const Estimate & estimate)
{
  return "(" + name + " " + Fixed(estimate.value, 2) + ", 95\u00a0% interval " + Fixed(estimate.low, 2) + " to " +
         Fixed(estimate.high, 2) + ")";
}

std::string
Percent(double part)
{
  return Fixed(100.0 * part, 0) + "\u00a0%";
}

std::string
Listed(const std::vector<std::string> & items)
{
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
  {
    text += (i == 0 ? "" : i + 1 < items.size() ? ", " : " and ") + items[i];
  }
  return text;
}

/** "mean, deviation and percentiles 5, 25", or "". */
std::string
NamesOf(const Comparison & comparison, AuditOutcome outcome)
{
  std::vector<std::string> names;
  std::string              percentiles;
  std::size_t              count = 0;
  for (std::size_t m = 0; m < AuditMeasures; ++m)
  {
    if (comparison.measures[m].outcome != outcome)
    {
      continue;
    }
    if (m < FirstPercentile)
    {
      names.push_back(std::string("the ") + AuditMeasureList[m].name);
    }
    else
    {
      percentiles += (percentiles.empty() ? "" : ", ") + std::to_string(AuditPercentiles[m - FirstPercentile]);
      ++count;
    }
  }
  if (count > 0)
  {
    names.push_back((count == 1 ? "percentile " : "percentiles ") + percentiles);
  }
  return Listed(names);
}

/** How a comparison is spoken of. */
struct Words
{
  Words(const AuditVariable & variable, const Comparison & comparison, const std::string & theOther)
    : other(theOther)
    , isNumber(variable.isNumber)
    , isLabel(variable.isLabel)
    , statistic(isNumber ? "Spearman" : "AUC")
    , subject(variable.name)
  {
    if (!isNumber)
    {
      subject += " " + comparison.value + " and " + (comparison.other.empty() ? "the others" : comparison.other);
    }
  }

  std::string other; ///< name of the other variable
  bool        isNumber;
  bool        isLabel;
  std::string statistic;
  std::string subject; ///< "sex M and F", "site A and the others", "age"

  std::string
  Tied() const
  {
    return (isNumber ? "goes with " : "differs between ") + subject;
  }

  bool
  HoldsMuch(const Estimate & estimate) const
  {
    return isNumber ? std::max(-estimate.low, estimate.high) > 0.4 : std::max(1.0 - estimate.low, estimate.high) > 0.7;
  }

  bool
  IsChance(const Estimate & estimate) const
  {
    const double chance = isNumber ? 0.0 : 0.5;
    return estimate.low <= chance && estimate.high >= chance;
  }

  /** Whether the other variable may be what it goes with. */
  std::string
  Within(const Tie & tie) const
  {
    if (other.empty() || !std::isfinite(tie.within.low))
    {
      return "";
    }
    return this->IsChance(tie.within)
             ? " Among participants of the same " + other + " it is not shown " + InBrackets(statistic, tie.within) +
                 ": it may come from " + other + "."
             : " Also among participants of the same " + other + " " + InBrackets(statistic, tie.within) + ".";
  }
};

std::string
WayToKeep(std::size_t measure)
{
  const std::string recorded = AuditMeasureList[measure].recorded;
  if (measure == FieldMeasure)
  {
    return "give it to the model as a covariate (" + recorded +
           "), or leave the illumination stage out, or gate it (--gate)";
  }
  return "give it to the model as a covariate (" + recorded +
         "), or bring the intensities back with isolux restore, or normalize all images by one reference (isolux fit, "
         "then batch-norm --reference), which keeps the differences between them";
}

std::string
Afterwards(std::size_t measure, const Tie & after, const Words & words)
{
  return after.isSame                             ? "it is the same in all images"
         : measure == FieldMeasure                ? "the field is divided out"
         : std::isfinite(after.association.value) ? "none is shown " + InBrackets(words.statistic, after.association)
                                                  : "it was not measured";
}

std::string
SentenceOf(std::size_t m, const MeasureAudit & measure, const Words & words)
{
  const std::string the = std::string("The ") + AuditMeasureList[m].name;
  const std::string before = InBrackets(words.statistic, measure.before.association);
  switch (measure.outcome)
  {
    case AuditOutcome::Removed:
      return the + " " + words.Tied() + " before " + before + "; afterwards " + Afterwards(m, measure.after, words) +
             ". " +
             (words.isLabel ? "If that is signal, it was erased. To keep it, " + WayToKeep(m) + "."
                            : "A nuisance that was removed, unless the groups are to differ in it.") +
             words.Within(measure.before);
    case AuditOutcome::Remains:
      return the + " " + words.Tied() + " before " + before + " and afterwards " +
             InBrackets(words.statistic, measure.after.association) + ": " +
             (words.isLabel ? "it was kept." : "it was not removed, or not wholly.") + words.Within(measure.after);
    case AuditOutcome::Introduced:
      return the + " " + words.Tied() + " only afterwards " + InBrackets(words.statistic, measure.after.association) +
             (words.isLabel ? ": what hid it was removed, or the masks differ."
                            : ": normalization brought that in, or laid it bare. Look at the masks, and at how much of "
                              "each tissue they hold.") +
             words.Within(measure.after);
    case AuditOutcome::NotShown:
      if (measure.before.isSame)
      {
        return the + " is the same in all images, before already.";
      }
      return the + ": " + (words.isNumber ? "no tie is shown with " : "no difference is shown between ") +
             words.subject + " " + before +
             (words.HoldsMuch(measure.before.association) ? "; a large one is not ruled out either." : ".") +
             (!words.other.empty() && !words.IsChance(measure.before.within) && std::isfinite(measure.before.within.low)
                ? " Among participants of the same " + words.other + " there may be " +
                    InBrackets(words.statistic, measure.before.within) +
                    ", not corrected for the number of comparisons."
                : "");
    case AuditOutcome::NotMeasured:
      break;
  }
  return the + " was not measured" + (m == FieldMeasure ? ": no field was divided out." : ".");
}

void
PutInWords(AuditVariable & variable, const std::string & other)
{
  for (auto & comparison : variable.comparisons)
  {
    const Words words(variable, comparison, other);
    if (comparison.isTooFew)
    {
      comparison.sentence =
        "Too few to tell whether anything " + words.Tied() + ": " +
        (variable.isNumber
           ? std::to_string(comparison.participants[0]) + " participants, where " +
               std::to_string(LeastParticipantsModelled) + " are needed."
           : std::to_string(comparison.participants[0]) + " and " + std::to_string(comparison.participants[1]) +
               " participants, where " + std::to_string(LeastParticipantsCompared) + " on each side are needed.");
      continue;
    }
    bool isLarge = false;
    for (std::size_t m = 0; m < AuditMeasures; ++m)
    {
      auto & measure = comparison.measures[m];
      measure.sentence = SentenceOf(m, measure, words);
      isLarge = isLarge || (!measure.before.isSame && words.HoldsMuch(measure.before.association));
    }
    std::string found;
    const auto  add = [&](AuditOutcome outcome, const std::string & number, const std::string & values)
    {
      if (auto names = NamesOf(comparison, outcome); !names.empty())
      {
        names.front() = static_cast<char>(found.empty() ? names.front() : std::toupper(names.front()));
        found += " " + names + (variable.isNumber ? number : values);
      }
    };
    const std::string removed = variable.isLabel
                                  ? " If that is signal, it was erased; how to keep it is said below."
                                  : " A nuisance that was removed, unless the groups are to differ in it.";
    const std::string remains = variable.isLabel ? ": kept." : ": not removed, or not wholly.";
    const std::string introduced =
      variable.isLabel ? ": what hid it was removed, or the masks differ." : ": look at the masks.";
    add(AuditOutcome::Removed,
        " went with it before; afterwards no tie is shown." + removed,
        " differed before; afterwards no difference is shown." + removed);
    add(AuditOutcome::Remains,
        " went with it before and afterwards" + remains,
        " differed before and afterwards" + remains);
    add(
      AuditOutcome::Introduced, " went with it only afterwards" + introduced, " differed only afterwards" + introduced);
    comparison.sentence =
      words.subject + ":" +
      (found.empty()
         ? std::string(" nothing is shown to ") +
             (variable.isNumber ? "go with it" : "be higher or lower on one side") + ", before or afterwards" +
             (isLarge ? "; with so few participants a large difference is not ruled out either." : ".")
         : found);
  }
}

void
PutInWords(ModelAudit & model, const std::string & label, const std::string & group)
{
  const std::string task = label + " " + model.positive + " from " + (model.other.empty() ? "the others" : model.other);
  if (model.isTooFew)
  {
    model.sentence = "Too few to model " + task + ": " + std::to_string(model.participants[0]) + " and " +
                     std::to_string(model.participants[1]) + " participants, where " +
                     std::to_string(LeastParticipantsModelled) + " on each side are needed.";
    return;
  }
  const std::string before = InBrackets("accuracy", model.accuracyBefore);
  const std::string after = InBrackets("accuracy", model.accuracyAfter);
  switch (model.outcome)
  {
    case AuditOutcome::Removed:
      model.sentence = "Intensities alone told " + task + " before " + before + " and no longer do " + after +
                       ": what told them was removed. If it is signal, keep it; if it came with the scanner, good.";
      break;
    case AuditOutcome::Remains:
      model.sentence = "Intensities alone tell " + task + " before " + before + " and afterwards " + after + ".";
      break;
    case AuditOutcome::Introduced:
      model.sentence = "Intensities alone tell " + task + " only afterwards " + after + ", not before " + before +
                       ": what hid it was removed.";
      break;
    default:
      model.sentence = "Intensities alone are not shown to tell " + task + ", neither before " + before +
                       " nor afterwards " + after + ".";
  }
  for (auto & gap : model.gaps)
  {
    const auto points = [](const Estimate & estimate)
    {
      return "(gap " + Fixed(100.0 * estimate.value, 0) + " points, 95\u00a0% interval " +
             Fixed(100.0 * estimate.low, 0) + " to " + Fixed(100.0 * estimate.high, 0) + ")";
    };
    const auto both = [&](const std::array<double, 2> & rates)
    { return Percent(rates[0]) + " and " + Percent(rates[1]); };
    gap.sentence = group + " " + gap.value + " and " + (gap.other.empty() ? "the others" : gap.other) +
                   ": from intensities alone the model says " + label + " " + model.positive + " for " +
                   both(gap.before) + " before " + points(gap.gapBefore) + ", for " + both(gap.after) + " afterwards " +
                   points(gap.gapAfter) + "; the label itself: " + both(gap.truth) + ".";
  }
}
} // namespace

void
PutInWords(AuditReport & report)
{
  const std::string group = report.variables.front().isLabel ? "" : report.variables.front().name;
  for (auto & variable : report.variables)
  {
    const auto & other = report.variables[report.variables.size() == 2 && !variable.isLabel ? 1 : 0];
    PutInWords(variable, &other != &variable && !other.isNumber ? other.name : "");
  }
  for (auto & model : report.models)
  {
    PutInWords(model, report.variables.back().name, group);
  }
  if (report.overlap)
  {
    const std::string both = group + " and " + report.variables.back().name;
    report.overlap->sentence =
      report.overlap->p < 0.05
        ? "The columns " + both + " go together (permutation test, p " +
            (report.overlap->p < 0.001 ? "below 0.001" : "= " + Fixed(report.overlap->p, 3)) +
            "): what goes with one of them goes with the other, and removing one may remove the other. Trust what is "
            "said of participants who are alike in one of them."
        : "The columns " + both +
            " are not shown to go together (permutation test, p = " + Fixed(report.overlap->p, 2) + ").";
  }
}

std::vector<AuditHeadline>
AuditSummary(const AuditReport & report)
{
  std::vector<AuditHeadline> headlines;
  for (const auto & variable : report.variables)
  {
    for (const auto & comparison : variable.comparisons)
    {
      const auto any = [&](AuditOutcome outcome)
      {
        return std::any_of(comparison.measures.begin(),
                           comparison.measures.end(),
                           [&](const MeasureAudit & measure) { return measure.outcome == outcome; });
      };
      const bool removed = any(AuditOutcome::Removed);
      const bool remains = any(AuditOutcome::Remains) && !variable.isLabel;
      headlines.push_back({ removed && variable.isLabel                                       ? "erased"
                            : (any(AuditOutcome::Introduced) && !variable.isLabel) || remains ? "attention"
                            : removed                                                         ? "good"
                                                                                              : "quiet",
                            comparison.sentence });
    }
  }
  if (report.overlap)
  {
    headlines.push_back({ report.overlap->p < 0.05 ? "attention" : "quiet", report.overlap->sentence });
  }
  for (const auto & model : report.models)
  {
    headlines.push_back({ model.outcome == AuditOutcome::Removed ? "erased" : "quiet", model.sentence });
    for (const auto & gap : model.gaps)
    {
      const auto isOpen = [](const Estimate & estimate) { return estimate.low > 0.0 || estimate.high < 0.0; };
      if (isOpen(gap.gapBefore) || isOpen(gap.gapAfter))
      {
        headlines.push_back({ isOpen(gap.gapAfter) ? "attention" : "quiet", gap.sentence });
      }
    }
  }
  return headlines;
}

const std::vector<std::string> &
AuditMethods()
{
  static const std::vector<std::string> methods = {
    "Statistics are those of the intensities inside the mask, before and after, first channel. Field amplitude is the "
    "standard deviation of the logarithm of the field that was divided out; it has no value afterwards. Volumes of one "
    "participant are averaged first, so that each participant counts once for each value of group and label.",
    "AUC is the probability that an image of the first value has a higher statistic than one of the second, ties "
    "counting half: 0.5 is no difference, 0 and 1 are complete separation. d is Cohen's: the difference of the means "
    "over the pooled standard deviation (sums of squares divided by n - 2). With more than two values, each is held "
    "against all others: one that lies in their middle has an AUC of 0.5. A column of numbers with " +
      std::to_string(LeastDistinctNumbers) + " or more different ones is correlated by rank (Spearman).",
    "Intervals hold 95 % and are percentiles of " + std::to_string(Resampler::Draws) +
      " bootstrap samples of participants, drawn within each value (stratified), from a fixed seed. They are not "
      "corrected for the number of comparisons, and have no width where the sides are wholly apart.",
    "A tie counts as shown where a permutation test gives p < 0.05: in fewer than one of twenty random reassignments "
    "is "
    "any statistic of any comparison of the column as far from chance (largest distance of all, in standard deviations "
    "under independence; before and after apart). So the test is corrected for all comparisons of a column: where "
    "there "
    "is nothing, one audit in twenty shows something. In doubt normalization is not trusted: a tie to a group that was "
    "shown before counts as removed only where the interval afterwards holds chance too, one to the label as erased "
    "where it is not shown afterwards.",
    "A comparison needs " + std::to_string(LeastParticipantsCompared) +
      " participants on each side (a column of numbers " + std::to_string(LeastParticipantsModelled) + "), a model " +
      std::to_string(LeastParticipantsModelled) +
      " with each label; fewer are too few to tell. 'Not shown' is not 'absent': see how wide the interval is.",
    "A statistic that varies by less than a thousandth of the images' standard deviation is the same in all of them: "
    "what is left are rounding errors.",
    "The model is a logistic regression on the percentiles 5, 25, 50, 75 and 95, standardised, with a ridge of 1 and "
    "both labels of equal weight, tested on participants that it did not learn from (10 folds). Accuracy is balanced: "
    "the mean of both labels' hit rates, 0.5 is chance. The gap is the difference between groups in how often it says "
    "the label (demographic parity). Their intervals are of the predictions; the model is not learned anew, so they "
    "are a little narrow: where nothing is to be "
    "read, about one model in sixteen seems to read something. It says "
    "what intensities alone give away, not what another model does.",
  };
  return methods;
}
} // namespace isolux
