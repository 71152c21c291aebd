#include "AuditJson.h"

#include "PipelineJson.h"
#include "Version.h"

#include <nlohmann/json.hpp>

namespace isolux
{
namespace
{
using Json = nlohmann::ordered_json;

Json
Number(double value)
{
  return ToJson(Value(value));
}

Json
ToJson(const Estimate & estimate)
{
  return { { "value", Number(estimate.value) }, { "interval", { Number(estimate.low), Number(estimate.high) } } };
}

Json
ToJson(const Tie & tie, bool isNumber)
{
  if (tie.isSame)
  {
    return { { "same_in_all_images", true } };
  }
  Json json = { { isNumber ? "spearman" : "auc", ToJson(tie.association) } };
  if (!isNumber)
  {
    json["cohen_d"] = ToJson(tie.difference);
  }
  json[isNumber ? "spearman_within_the_other_column" : "auc_within_the_other_column"] = ToJson(tie.within);
  json["corrected_p"] = tie.p;
  return json;
}

Json
ToJson(const Comparison & comparison, bool isNumber)
{
  Json json;
  if (!isNumber)
  {
    json["value"] = comparison.value;
    json["against"] = comparison.other.empty() ? Json("all others") : Json(comparison.other);
  }
  json["participants"] = isNumber ? Json(comparison.participants[0]) : Json(comparison.participants);
  json["too_few"] = comparison.isTooFew;
  json["sentence"] = comparison.sentence;
  json["statistics"] = Json::array();
  for (std::size_t m = 0; m < AuditMeasures && !comparison.isTooFew; ++m)
  {
    const auto & measure = comparison.measures[m];
    Json         item = { { "statistic", AuditMeasureList[m].key },
                          { "outcome", ToString(measure.outcome) },
                          { "sentence", measure.sentence } };
    if (measure.outcome != AuditOutcome::NotMeasured)
    {
      item["before"] = ToJson(measure.before, isNumber);
      item["after"] = m == FieldMeasure ? Json() : ToJson(measure.after, isNumber);
    }
    json["statistics"].push_back(std::move(item));
  }
  return json;
}

Json
ToJson(const AuditVariable & variable)
{
  Json json = { { "role", variable.isLabel ? "label" : "group" },
                { "column", variable.name },
                { "kind", variable.isNumber ? "number" : "values" } };
  json["participants_by_value"] = Json::object();
  for (const auto & [value, participants] : variable.values)
  {
    json["participants_by_value"][value] = participants;
  }
  json["participants_without_value"] = variable.missing;
  json["associations_tested"] = variable.tests;
  json["comparisons"] = Json::array();
  for (const auto & comparison : variable.comparisons)
  {
    json["comparisons"].push_back(ToJson(comparison, variable.isNumber));
  }
  return json;
}

Json
ToJson(const ModelAudit & model)
{
  Json json = { { "positive", model.positive },
                { "against", model.other.empty() ? Json("all others") : Json(model.other) },
                { "participants", model.participants },
                { "too_few", model.isTooFew },
                { "sentence", model.sentence } };
  if (model.isTooFew)
  {
    return json;
  }
  json["balanced_accuracy"] = { { "before", ToJson(model.accuracyBefore) },
                                { "after", ToJson(model.accuracyAfter) },
                                { "change", ToJson(model.accuracyChange) } };
  json["auc"] = { { "before", ToJson(model.areaBefore) }, { "after", ToJson(model.areaAfter) } };
  json["prediction_rates"] = Json::array();
  for (const auto & gap : model.gaps)
  {
    json["prediction_rates"].push_back({ { "group", gap.value },
                                         { "against", gap.other.empty() ? Json("all others") : Json(gap.other) },
                                         { "before", gap.before },
                                         { "after", gap.after },
                                         { "of_the_label_itself", gap.truth },
                                         { "gap_before", ToJson(gap.gapBefore) },
                                         { "gap_after", ToJson(gap.gapAfter) },
                                         { "sentence", gap.sentence } });
  }
  return json;
}
} // namespace

std::string
WriteAudit(const AuditReport & report)
{
  Json json;
  json["isolux_audit"] = 1;
  json["version"] = Version;
  json["methods"] = AuditMethods();
  json["bootstrap"] = { { "draws", Resampler::Draws }, { "seed", Resampler::Seed } };
  json["volumes"] = report.volumes;
  json["participants"] = report.participants;
  json["notes"] = report.notes;
  json["columns"] = Json::array();
  for (const auto & variable : report.variables)
  {
    json["columns"].push_back(ToJson(variable));
  }
  if (report.overlap)
  {
    json["group_and_label"] = { { "participants_by_group_then_label", report.overlap->participants },
                                { "p", report.overlap->p },
                                { "sentence", report.overlap->sentence } };
  }
  json["models"] = Json::array();
  for (const auto & model : report.models)
  {
    json["models"].push_back(ToJson(model));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; // names need not be UTF-8
}
} // namespace isolux
