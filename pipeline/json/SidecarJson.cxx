#include "SidecarJson.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "Version.h"
#include "Volume.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace isolux
{
using Json = nlohmann::ordered_json;

namespace
{
constexpr const char * EvennessDefinition =
  "Inside the mask, without tissue labels: three classes by Otsu's thresholds on the corrected image (after the last "
  "illumination stage), the same voxels before and after; so evenness_before depends on the method too. cv: deviation "
  "/ "
  "mean of the brightest class. cjv: (sd1 + sd2) / |mean2 - mean1| of the two brightest. entropy: bits of the log "
  "intensity's histogram, bins of 0.01, smoothed by a Gaussian of deviation 0.05. tissue_before, tissue_after: cv and "
  "cjv of grey and white matter inside the mask by the labels given. Smaller is more even. null: not measured, as of "
  "an "
  "output that is a logarithm, of fewer than 100 voxels or of one intensity. field: what the image was divided by, "
  "inside the mask.";

Json
Number(double value)
{
  return ToJson(Value(value));
}

double
NumberFrom(const Json & json)
{
  return json.is_number() ? json.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

Json
ToJson(const IntensitySummary & summary)
{
  Json percentiles = Json::array();
  for (const double value : summary.percentiles)
  {
    percentiles.push_back(Number(value));
  }
  return { { "voxels", summary.count },
           { "nan", summary.nan },
           { "infinite", summary.infinite },
           { "non_positive", summary.nonPositive },
           { "mean", Number(summary.mean) },
           { "standard_deviation", Number(summary.standardDeviation) },
           { "minimum", Number(summary.minimum) },
           { "maximum", Number(summary.maximum) },
           { "percentiles_0_to_100", percentiles } };
}

IntensitySummary
IntensityFrom(const Json & json)
{
  IntensitySummary summary;
  summary.count = json.at("voxels").get<std::size_t>();
  summary.nan = json.at("nan").get<std::size_t>();
  summary.infinite = json.at("infinite").get<std::size_t>();
  summary.nonPositive = json.at("non_positive").get<std::size_t>();
  summary.mean = NumberFrom(json.at("mean"));
  summary.standardDeviation = NumberFrom(json.at("standard_deviation"));
  summary.minimum = NumberFrom(json.at("minimum"));
  summary.maximum = NumberFrom(json.at("maximum"));
  const auto & percentiles = json.at("percentiles_0_to_100");
  for (std::size_t i = 0; i < summary.percentiles.size(); ++i)
  {
    summary.percentiles[i] = NumberFrom(percentiles.at(i));
  }
  return summary;
}

Json
ToJson(const Evenness & evenness)
{
  return { { "cv", Number(evenness.coefficientOfVariation) },
           { "cjv", Number(evenness.coefficientOfJointVariation) },
           { "entropy", Number(evenness.entropy) } };
}

Evenness
EvennessFrom(const Json & json)
{
  return { NumberFrom(json.at("cv")), NumberFrom(json.at("cjv")), NumberFrom(json.at("entropy")) };
}

Json
ToJson(const TissueEvenness & evenness)
{
  return { { "cv_grey_matter", Number(evenness.greyMatterVariation) },
           { "cv_white_matter", Number(evenness.whiteMatterVariation) },
           { "cjv", Number(evenness.coefficientOfJointVariation) } };
}

TissueEvenness
TissueEvennessFrom(const Json & json)
{
  return { NumberFrom(json.at("cv_grey_matter")), NumberFrom(json.at("cv_white_matter")), NumberFrom(json.at("cjv")) };
}

Json
ToJson(const FieldSummary & field)
{
  return { { "minimum", Number(field.minimum) },
           { "percentile_1", Number(field.percentile1) },
           { "percentile_99", Number(field.percentile99) },
           { "maximum", Number(field.maximum) },
           { "log_deviation", Number(field.logDeviation) } };
}

FieldSummary
FieldFrom(const Json & json)
{
  return { NumberFrom(json.at("minimum")),
           NumberFrom(json.at("percentile_1")),
           NumberFrom(json.at("percentile_99")),
           NumberFrom(json.at("maximum")),
           NumberFrom(json.at("log_deviation")) };
}

Json
ToJson(const WorkImage & grid)
{
  Json json = {
    { "size", Json::array() }, { "spacing", Json::array() }, { "origin", Json::array() }, { "direction", Json::array() }
  };
  for (unsigned int axis = 0; axis < WorkImage::ImageDimension; ++axis)
  {
    json["size"].push_back(grid.GetLargestPossibleRegion().GetSize(axis));
    json["spacing"].push_back(grid.GetSpacing()[axis]);
    json["origin"].push_back(grid.GetOrigin()[axis]);
    for (unsigned int column = 0; column < WorkImage::ImageDimension; ++column)
    {
      json["direction"].push_back(grid.GetDirection()[axis][column]);
    }
  }
  return json;
}

WorkImage::Pointer
GridFrom(const Json & json)
{
  WorkImage::RegionType    region;
  WorkImage::SpacingType   spacing;
  WorkImage::PointType     origin;
  WorkImage::DirectionType direction;
  for (unsigned int axis = 0; axis < WorkImage::ImageDimension; ++axis)
  {
    region.SetSize(axis, json.at("size").at(axis).get<std::size_t>());
    spacing[axis] = json.at("spacing").at(axis).get<double>();
    origin[axis] = json.at("origin").at(axis).get<double>();
    for (unsigned int column = 0; column < WorkImage::ImageDimension; ++column)
    {
      direction[axis][column] = json.at("direction").at(WorkImage::ImageDimension * axis + column).get<double>();
    }
  }
  auto grid = WorkImage::New();
  grid->SetRegions(region);
  grid->SetSpacing(spacing);
  grid->SetOrigin(origin);
  grid->SetDirection(direction);
  return grid;
}

Values
ValuesFrom(const Json & json, const std::string & where)
{
  Values values;
  for (const auto & [key, value] : json.items())
  {
    values.emplace_back(key, ValueFromJson(value, where));
  }
  return values;
}
} // namespace

std::string
WriteSidecar(const CaseReport & report)
{
  Json json;
  json["isolux"] = { { "version", Version }, { "itk", ItkVersion() }, { "format", 1 } };
  json["input"] = { { "name", report.input },
                    { ToString(report.inputHash.type), report.inputHash.text },
                    { "format", report.inputFormat },
                    { "component", report.inputComponent } };
  if (report.grid)
  {
    json["input"]["grid"] = ToJson(*report.grid);
  }
  if (!report.mask.empty())
  {
    json["mask"] = { { "name", report.mask }, { "sha256", report.maskSha256 } };
    if (!report.maskLabels.empty())
    {
      json["mask"]["labels"] = report.maskLabels;
    }
  }
  if (!report.weights.empty())
  {
    json["weights"] = { { "name", report.weights }, { "sha256", report.weightsSha256 } };
  }
  if (!report.tissue.empty())
  {
    json["tissue"] = { { "name", report.tissue },
                       { "sha256", report.tissueSha256 },
                       { "grey_matter", report.tissueLabels[0] },
                       { "white_matter", report.tissueLabels[1] } };
  }
  if (!report.field.empty())
  {
    json["field"] = { { "name", report.field }, { "sha256", report.fieldSha256 } };
  }
  json["output"] = { { "name", report.output },
                     { "type", report.fileType },
                     { "bytes", report.outputBytes },
                     { "clamped", report.clamped } };
  if (report.fileType == ToString(FileType::Int16Scaled))
  {
    json["output"]["largest_rounding"] = report.largestRounding;
  }
  if (!report.site.empty())
  {
    json["site"] = report.site;
  }
  json["nan"] = report.nanPolicy;
  PipelineSpec pipeline;
  for (const auto & stage : report.channels.front().stages)
  {
    pipeline.stages.push_back({ stage.name, stage.options });
  }
  Json stages = Json::array();
  for (const auto & stage : WithFileNames(pipeline).stages)
  {
    stages.push_back({ { "stage", stage.name }, { "options", ToJson(stage.options) } });
  }
  json["pipeline"] = stages;
  if (!report.files.empty())
  {
    json["files"] = Json::array();
    for (const auto & [name, sha256] : report.files)
    {
      json["files"].push_back({ { "name", name }, { "sha256", sha256 } });
    }
  }
  json["evenness_definition"] = EvennessDefinition;
  json["channels"] = Json::array();
  for (const auto & channel : report.channels)
  {
    Json learned = Json::array();
    for (const auto & stage : channel.stages)
    {
      learned.push_back({ { "stage", stage.name },
                          { "learned", ToJson(stage.learned) },
                          { "seconds", stage.seconds },
                          { "warnings", stage.warnings } });
    }
    Json item = { { "non_finite_voxels", channel.nonFinite },
                  { "mask_voxels", channel.maskVoxels },
                  { "stages", learned },
                  { "evenness_before", ToJson(channel.evennessBefore) },
                  { "evenness_after", ToJson(channel.evennessAfter) },
                  { "before", ToJson(channel.before) },
                  { "after", ToJson(channel.after) },
                  { "replaced", channel.replaced } };
    if (channel.field)
    {
      item["field"] = ToJson(*channel.field);
    }
    if (channel.tissueBefore && channel.tissueAfter)
    {
      item["tissue_voxels"] = channel.tissueVoxels;
      item["tissue_before"] = ToJson(*channel.tissueBefore);
      item["tissue_after"] = ToJson(*channel.tissueAfter);
    }
    json["channels"].push_back(std::move(item));
  }
  json["warnings"] = report.warnings;
  json["seconds"] = { { "read", report.readSeconds }, { "write", report.writeSeconds }, { "total", report.seconds } };
  json["peak_memory_mib"] = report.peakMemoryMiB;
  json["threads"] = report.threads;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; // names need not be UTF-8
}

Sidecar
ReadSidecar(const std::filesystem::path & path)
{
  const std::string name = path.string();
  try
  {
    const Json json = Json::parse(ReadTextFile(path));
    Sidecar    sidecar;
    sidecar.version = json.at("isolux").at("version").get<std::string>();
    if (json.at("isolux").at("format") != 1)
    {
      throw Error(name + ": written by Isolux " + sidecar.version + " in a format that this version, " + Version +
                  ", does not know; use a newer Isolux");
    }
    auto & report = sidecar.report;
    report.input = json.at("input").at("name").get<std::string>();
    report.inputHash.type = json["input"].contains(ToString(HashType::Xxh128)) ? HashType::Xxh128 : HashType::Sha256;
    report.inputHash.text = json["input"].at(ToString(report.inputHash.type)).get<std::string>();
    report.inputFormat = json["input"].value("format", "");
    report.inputComponent = json["input"].value("component", "");
    if (json["input"].contains("grid"))
    {
      report.grid = GridFrom(json["input"]["grid"]);
    }
    if (json.contains("mask"))
    {
      report.mask = json["mask"].at("name").get<std::string>();
      report.maskSha256 = json["mask"].at("sha256").get<std::string>();
      report.maskLabels = json["mask"].value("labels", std::vector<long long>());
    }
    if (json.contains("weights"))
    {
      report.weights = json["weights"].at("name").get<std::string>();
      report.weightsSha256 = json["weights"].at("sha256").get<std::string>();
    }
    if (json.contains("tissue"))
    {
      report.tissue = json["tissue"].at("name").get<std::string>();
      report.tissueSha256 = json["tissue"].at("sha256").get<std::string>();
      report.tissueLabels = { json["tissue"].at("grey_matter").get<double>(),
                              json["tissue"].at("white_matter").get<double>() };
    }
    if (json.contains("field"))
    {
      report.field = json["field"].at("name").get<std::string>();
      report.fieldSha256 = json["field"].at("sha256").get<std::string>();
    }
    report.output = json.at("output").at("name").get<std::string>();
    report.fileType = json.at("output").at("type").get<std::string>();
    report.outputBytes = json.at("output").at("bytes").get<std::uintmax_t>();
    report.clamped = json.at("output").at("clamped").get<std::size_t>();
    report.largestRounding = json.at("output").value("largest_rounding", 0.0);
    report.site = json.value("site", "");
    report.seconds = json.at("seconds").at("total").get<double>();
    sidecar.pipeline.nan = json.at("nan").get<std::string>();
    for (const auto & stage : json.at("pipeline"))
    {
      sidecar.pipeline.stages.push_back(
        { stage.at("stage").get<std::string>(), ValuesFrom(stage.at("options"), name) });
    }
    for (const auto & file : json.value("files", Json::array()))
    {
      report.files.emplace_back(file.at("name").get<std::string>(), file.at("sha256").get<std::string>());
    }
    for (const auto & channel : json.at("channels"))
    {
      ChannelReport       channelReport;
      std::vector<Values> learned;
      for (const auto & stage : channel.at("stages"))
      {
        learned.push_back(ValuesFrom(stage.at("learned"), name));
        StageReport stageReport;
        stageReport.name = stage.at("stage").get<std::string>();
        stageReport.warnings = stage.at("warnings").get<std::vector<std::string>>();
        channelReport.stages.push_back(stageReport);
      }
      sidecar.learned.push_back(std::move(learned));
      channelReport.before = IntensityFrom(channel.at("before"));
      channelReport.after = IntensityFrom(channel.at("after"));
      channelReport.evennessBefore = EvennessFrom(channel.at("evenness_before"));
      channelReport.evennessAfter = EvennessFrom(channel.at("evenness_after"));
      if (channel.contains("field"))
      {
        channelReport.field = FieldFrom(channel["field"]);
      }
      if (channel.contains("tissue_before"))
      {
        channelReport.tissueVoxels = channel.at("tissue_voxels").get<std::array<std::size_t, 2>>();
        channelReport.tissueBefore = TissueEvennessFrom(channel["tissue_before"]);
        channelReport.tissueAfter = TissueEvennessFrom(channel.at("tissue_after"));
      }
      channelReport.maskVoxels = channel.at("mask_voxels").get<std::size_t>();
      channelReport.nonFinite = channel.at("non_finite_voxels").get<std::size_t>();
      channelReport.replaced = channel.at("replaced").get<std::size_t>();
      report.channels.push_back(std::move(channelReport));
    }
    report.warnings = json.at("warnings").get<std::vector<std::string>>();
    return sidecar;
  }
  catch (const itk::ExceptionObject &) // of the grid's direction
  {
    throw Error(name + ": the input's grid has no volume; the sidecar was changed or damaged");
  }
  catch (const Json::exception &)
  {
    throw Error(name + ": not a sidecar of Isolux (not JSON, or a key is missing); it is written beside every output");
  }
}

std::filesystem::path
SidecarPath(const std::filesystem::path & volume)
{
  return WithoutVolumeExtension(volume).string() + ".json";
}
} // namespace isolux
