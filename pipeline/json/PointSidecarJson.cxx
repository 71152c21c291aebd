#include "PointSidecarJson.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineJson.h"
#include "PointFile.h"
#include "Version.h"

#include <nlohmann/json.hpp>

namespace isolux
{
using Json = nlohmann::ordered_json;

namespace
{
Json
MomentsToJson(const std::vector<PointMoments> & moments)
{
  Json json = Json::array();
  for (const PointMoments & component : moments)
  {
    json.push_back({ { "points", component.count },
                     { "mean", ToJson(Value(component.mean)) },
                     { "variance", ToJson(Value(component.variance)) } });
  }
  return json;
}

std::vector<PointMoments>
MomentsFrom(const Json & json, const std::string & where)
{
  const auto number = [&where](const Json & value)
  {
    const auto   read = ValueFromJson(value, where);
    const auto * integer = std::get_if<long long>(&read);
    return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(read);
  };
  std::vector<PointMoments> moments;
  for (const auto & component : json)
  {
    moments.push_back(
      { number(component.at("mean")), number(component.at("variance")), component.at("points").get<std::size_t>() });
  }
  return moments;
}

void
AddFile(Json & json, const char * key, const std::string & name, const std::string & sha256)
{
  if (!name.empty())
  {
    json[key] = { { "name", name }, { "sha256", sha256 } };
  }
}
} // namespace

std::string
WritePointSidecar(const PointReport & report)
{
  Json json;
  json["isolux"] = { { "version", Version }, { "itk", ItkVersion() }, { "format", 1 } };
  json["input"] = { { "name", report.input }, { "sha256", report.inputSha256 }, { "format", report.inputFormat } };
  AddFile(json, "surface", report.surface, report.surfaceSha256);
  AddFile(json, "weights", report.weights, report.weightsSha256);
  AddFile(json, "mask", report.mask, report.maskSha256);
  json["output"] = { { "name", report.output }, { "bytes", report.outputBytes } };
  json["point_norm"] = ToJson(report.options);
  json["points"] = { { "count", report.points }, { "of_weight_zero", report.zeroWeights } };
  json["attributes"] = Json::array();
  for (const auto & attribute : report.attributes)
  {
    json["attributes"].push_back({ { "name", attribute.name },
                                   { "number", attribute.number },
                                   { "component", attribute.component },
                                   { "written", attribute.written },
                                   { "non_finite", attribute.nonFinite },
                                   { "learned", MomentsToJson(attribute.before) },
                                   { "after", MomentsToJson(attribute.after) } });
  }
  json["warnings"] = report.warnings;
  json["seconds"] = report.seconds;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; // names need not be UTF-8
}

PointReport
ReadPointSidecar(const std::filesystem::path & path)
{
  const std::string name = path.string();
  try
  {
    const Json        json = Json::parse(ReadTextFile(path));
    const std::string version = json.at("isolux").at("version").get<std::string>();
    if (json.at("isolux").at("format") != 1)
    {
      throw Error(name + ": written by Isolux " + version + " in a format that this version, " + Version +
                  ", does not know; use a newer Isolux");
    }
    PointReport report;
    report.input = json.at("input").at("name").get<std::string>();
    report.inputSha256 = json.at("input").at("sha256").get<std::string>();
    report.output = json.at("output").at("name").get<std::string>();
    for (const auto & [key, value] : json.at("point_norm").items())
    {
      report.options.emplace_back(key, ValueFromJson(value, name));
    }
    for (const auto & attribute : json.at("attributes"))
    {
      PointAttributeReport read;
      read.name = attribute.at("name").get<std::string>();
      read.number = attribute.at("number").get<std::size_t>();
      read.before = MomentsFrom(attribute.at("learned"), name);
      report.attributes.push_back(std::move(read));
    }
    return report;
  }
  catch (const std::bad_variant_access &)
  {
    throw Error(name + ": its moments are no numbers; it is written beside every output of point-norm");
  }
  catch (const Json::exception &)
  {
    throw Error(name + ": not a sidecar of normalized points (not JSON, or a key is missing); it is written beside " +
                "every output of point-norm");
  }
}

std::filesystem::path
PointSidecarPath(const std::filesystem::path & points)
{
  return WithoutPointFileExtension(points).string() + ".json";
}
} // namespace isolux
