#include "AuditPage.h"

#include "Format.h"
#include "Templates.h"

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
using kainjow::mustache::data;

std::string
WithInterval(const Estimate & estimate, int decimals = 2)
{
  return std::isfinite(estimate.value)
           ? FormatFixed(estimate.value, decimals) + " (" + FormatFixed(estimate.low, decimals) + " to " +
               FormatFixed(estimate.high, decimals) + ")"
           : "–";
}

std::string
Percent(double part)
{
  return FormatFixed(100.0 * part, 0) + " %";
}

/** A dot with its interval, across a scale from `low` to 1. */
data
Mark(const Estimate & estimate, double low)
{
  if (!std::isfinite(estimate.value))
  {
    return data{ false };
  }
  const auto at = [low](double value) { return FormatFixed(10.0 + 180.0 * (value - low) / (1.0 - low), 1); };
  data       mark;
  mark["dot"] = at(estimate.value);
  mark["from"] = at(estimate.low);
  mark["to"] = at(estimate.high);
  return mark;
}

std::string
OutcomeStyle(AuditOutcome outcome, bool isLabel)
{
  switch (outcome)
  {
    case AuditOutcome::Removed:
      return isLabel ? "erased" : "good";
    case AuditOutcome::Introduced:
      return isLabel ? "quiet" : "attention";
    case AuditOutcome::Remains:
      return isLabel ? "good" : "attention";
    default:
      return "quiet";
  }
}

std::string
OutcomeWord(AuditOutcome outcome, bool isLabel)
{
  return outcome == AuditOutcome::Removed      ? (isLabel ? "erased" : "removed")
         : outcome == AuditOutcome::Remains    ? (isLabel ? "kept" : "remains")
         : outcome == AuditOutcome::Introduced ? "only after"
                                               : ToString(outcome);
}

std::string
Numbers(const Tie & tie)
{
  return tie.isSame ? "the same in all" : WithInterval(tie.association);
}

data
ComparisonData(const AuditVariable & variable, const Comparison & comparison)
{
  const double low = variable.isNumber ? -1.0 : 0.0;
  data         item;
  item["title"] = variable.isNumber
                    ? data{ false }
                    : data{ comparison.value + " (" + FormatCount(comparison.participants[0]) + ") against " +
                            (comparison.other.empty() ? "all others" : comparison.other) + " (" +
                            FormatCount(comparison.participants[1]) + ")" };
  item["sentence"] = comparison.sentence;
  item["measured"] = !comparison.isTooFew;
  item["statistic"] = variable.isNumber ? "Spearman" : "AUC";
  item["lowName"] = variable.isNumber ? "−1" : "0";
  item["middleName"] = variable.isNumber ? "0: no tie" : "0.5: alike";
  item["highName"] = "1";
  item["right"] = variable.isNumber ? "rises with " + variable.name : "higher in " + comparison.value;
  item["hasDifference"] = !variable.isNumber;
  data rows{ data::type::list };
  for (std::size_t m = 0; m < AuditMeasures; ++m)
  {
    const auto & measure = comparison.measures[m];
    data         row;
    row["name"] = AuditMeasureList[m].name;
    row["before"] = Numbers(measure.before);
    row["after"] = Numbers(measure.after);
    row["difference"] = WithInterval(measure.before.difference, 1);
    row["markBefore"] = Mark(measure.before.association, low);
    row["markAfter"] = Mark(measure.after.association, low);
    row["style"] = OutcomeStyle(measure.outcome, variable.isLabel);
    row["outcome"] = OutcomeWord(measure.outcome, variable.isLabel);
    row["sentence"] = measure.sentence;
    rows << row;
  }
  item["rows"] = std::move(rows);
  return item;
}

data
VariableData(const AuditVariable & variable)
{
  data item;
  item["name"] = variable.name;
  item["role"] = variable.isLabel ? "label" : "group";
  item["isLabel"] = variable.isLabel;
  item["isNumber"] = variable.isNumber;
  item["tests"] = FormatCount(variable.tests);
  item["missing"] = variable.missing > 0 ? data{ FormatCount(variable.missing) } : data{ false };
  data comparisons{ data::type::list };
  for (const auto & comparison : variable.comparisons)
  {
    comparisons << ComparisonData(variable, comparison);
  }
  item["comparisons"] = std::move(comparisons);
  return item;
}

data
ModelData(const ModelAudit & model)
{
  data item;
  item["title"] = model.positive + " against " + (model.other.empty() ? "all others" : model.other);
  item["sentence"] = model.sentence;
  item["measured"] = !model.isTooFew;
  item["accuracyBefore"] = WithInterval(model.accuracyBefore);
  item["accuracyAfter"] = WithInterval(model.accuracyAfter);
  item["accuracyChange"] = WithInterval(model.accuracyChange);
  item["areaBefore"] = WithInterval(model.areaBefore);
  item["areaAfter"] = WithInterval(model.areaAfter);
  data gaps{ data::type::list };
  for (const auto & gap : model.gaps)
  {
    data row;
    row["name"] = gap.value + " against " + (gap.other.empty() ? "all others" : gap.other);
    row["before"] = Percent(gap.before[0]) + " and " + Percent(gap.before[1]);
    row["after"] = Percent(gap.after[0]) + " and " + Percent(gap.after[1]);
    row["truth"] = Percent(gap.truth[0]) + " and " + Percent(gap.truth[1]);
    row["gapBefore"] = WithInterval(gap.gapBefore);
    row["gapAfter"] = WithInterval(gap.gapAfter);
    row["sentence"] = gap.sentence;
    gaps << row;
  }
  item["hasGaps"] = !model.gaps.empty();
  item["positive"] = model.positive;
  item["gaps"] = std::move(gaps);
  return item;
}

data
OverlapData(const AuditReport & report)
{
  const auto & group = report.variables.front();
  const auto & label = report.variables.back();
  data         item;
  data         columns{ data::type::list };
  data         rows{ data::type::list };
  for (const auto & value : label.values)
  {
    columns << data{ value.first };
  }
  for (std::size_t g = 0; g < group.values.size(); ++g)
  {
    data row;
    data cells{ data::type::list };
    for (const auto count : report.overlap->participants[g])
    {
      cells << data{ FormatCount(count) };
    }
    row["name"] = group.values[g].first;
    row["cells"] = std::move(cells);
    rows << row;
  }
  item["group"] = group.name;
  item["label"] = label.name;
  item["sentence"] = report.overlap->sentence;
  item["columns"] = std::move(columns);
  item["rows"] = std::move(rows);
  return item;
}

template <typename TItems>
data
Texts(const TItems & items)
{
  data list{ data::type::list };
  for (const auto & item : items)
  {
    list << data{ item };
  }
  return list;
}
} // namespace

std::string
RenderAudit(const AuditReport & report, const std::string & version)
{
  data        variables{ data::type::list };
  std::string title;
  for (const auto & variable : report.variables)
  {
    title += (title.empty() ? "" : " and ") + variable.name;
    auto item = VariableData(variable);
    item["and"] = variables.is_non_empty_list();
    variables << item;
  }
  data headlines{ data::type::list };
  for (const auto & headline : AuditSummary(report))
  {
    data item;
    item["kind"] = headline.kind;
    item["mark"] = headline.kind == "erased"      ? "⚠"
                   : headline.kind == "attention" ? "!"
                   : headline.kind == "good"      ? "✓"
                                                  : "·";
    item["text"] = headline.text;
    headlines << item;
  }
  data models{ data::type::list };
  for (const auto & model : report.models)
  {
    models << ModelData(model);
  }
  data page;
  page["title"] = title;
  page["style"] = StyleSheet;
  page["volumes"] = FormatCount(report.volumes);
  page["participants"] = FormatCount(report.participants);
  page["hasNotes"] = !report.notes.empty();
  page["notes"] = Texts(report.notes);
  page["headlines"] = std::move(headlines);
  page["variables"] = std::move(variables);
  page["overlap"] = report.overlap ? OverlapData(report) : data{ false };
  page["hasModels"] = !report.models.empty();
  page["models"] = std::move(models);
  page["methods"] = Texts(AuditMethods());
  page["version"] = version;
  return kainjow::mustache::mustache(AuditTemplate).render(page);
}
} // namespace isolux
