#include "BidsJson.h"

#include "AtomicFile.h"
#include "Error.h"
#include "Version.h"
#include "Volume.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <sstream>

namespace isolux
{
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace
{
Json
ReadObject(const fs::path & path)
{
  const Json json = Json::parse(ReadTextFile(path), nullptr, false);
  if (!json.is_object())
  {
    throw Error(path.string() + ": is not a JSON object, as BIDS asks for; correct or remove the file");
  }
  return json;
}

std::string
TextOf(const Json & json, const char * key)
{
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

std::string
Dump(const Json & json)
{
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/** A name's parts between underscores, the last of which is the suffix. */
std::vector<std::string>
Parts(const std::string & stem)
{
  std::vector<std::string> parts;
  std::istringstream       stream(stem);
  for (std::string part; std::getline(stream, part, '_');)
  {
    parts.push_back(part);
  }
  return parts;
}

/** Whether a sidecar of that name describes an image of that name: the same suffix, and no entity that the image lacks.
 */
bool
Describes(const std::vector<std::string> & sidecar, const std::vector<std::string> & image)
{
  return !sidecar.empty() && !image.empty() && sidecar.back() == image.back() &&
         std::all_of(sidecar.begin(),
                     sidecar.end(),
                     [&](const auto & part) { return std::find(image.begin(), image.end(), part) != image.end(); });
}

bool
IsBidsField(const std::string & key)
{
  return !key.empty() && key.front() >= 'A' && key.front() <= 'Z';
}

/** Of the raw image: what tells of its intensities, and of files that are not in the derivative dataset. */
bool
HoldsNoMore(const std::string & key)
{
  static const std::set<std::string> keys = { "Description",         "Sources",
                                              "RawSources",          "BasedOn",
                                              "SpatialReference",    "IntendedFor",
                                              "B0FieldIdentifier",   "B0FieldSource",
                                              "RescaleSlope",        "RescaleIntercept",
                                              "PhilipsRescaleSlope", "PhilipsRescaleIntercept",
                                              "PhilipsScaleSlope",   "UsePhilipsFloatNotDisplayScaling",
                                              "WindowCenter",        "WindowWidth" };
  return keys.count(key) > 0;
}
} // namespace

BidsDescription
ReadBidsDescription(const fs::path & dataset)
{
  const fs::path path = dataset / "dataset_description.json";
  if (std::error_code error; !fs::exists(path, error))
  {
    throw Error(path.string() + ": is missing; a BIDS dataset has one at its root. Name that folder");
  }
  const Json      json = ReadObject(path);
  BidsDescription description;
  description.name = TextOf(json, "Name");
  description.version = TextOf(json, "BIDSVersion");
  description.doi = TextOf(json, "DatasetDOI");
  const Json generators = json.value("GeneratedBy", Json::array());
  if (generators.is_array() && !generators.empty() && generators.front().is_object())
  {
    description.generator = TextOf(generators.front(), "Name");
  }
  const Json links = json.value("DatasetLinks", Json::object());
  for (const auto & [name, link] : links.items())
  {
    if (link.is_string())
    {
      description.links[name] = link.get<std::string>();
    }
  }
  return description;
}

std::string
HarmonizedDatasetName(const BidsDescription & raw)
{
  return raw.name + ": harmonized intensities";
}

std::string
WriteBidsDescription(const BidsDescription & raw, const std::map<std::string, std::string> & links)
{
  Json json;
  json["Name"] = HarmonizedDatasetName(raw);
  json["BIDSVersion"] = "1.10.0";
  json["DatasetType"] = "derivative";
  json["GeneratedBy"] =
    Json::array({ { { "Name", "Isolux" },
                    { "Version", Version },
                    { "Description", "Makes the intensities of images from different scanners comparable" } } });
  // A URL must be a URI with a scheme, and a folder of this machine is nobody's business: DatasetLinks tells where.
  json["SourceDatasets"] =
    Json::array({ raw.doi.empty() ? Json{ { "URL", "bids:raw:" } } : Json{ { "DOI", raw.doi } } });
  json["DatasetLinks"] = links;
  return Dump(json);
}

std::string
BidsMetadata(const fs::path & dataset, const fs::path & image, const BidsDerivation & derivation)
{
  const auto            parts = Parts(WithoutVolumeExtension(image).filename().string());
  std::vector<fs::path> places = { dataset };
  for (const auto & folder : FolderOf(image).lexically_relative(dataset))
  {
    places.push_back(places.back() / folder);
  }
  Json merged = Json::object();
  for (const auto & place : places)
  {
    std::vector<fs::path> sidecars;
    for (const auto & entry : fs::directory_iterator(place))
    {
      if (entry.path().extension() == ".json" && Describes(Parts(entry.path().stem().string()), parts))
      {
        sidecars.push_back(entry.path());
      }
    }
    std::sort(sidecars.begin(),
              sidecars.end(),
              [](const fs::path & a, const fs::path & b)
              {
                const auto as = Parts(a.stem().string()).size();
                const auto bs = Parts(b.stem().string()).size();
                return as != bs ? as < bs : a < b;
              });
    for (const auto & sidecar : sidecars)
    {
      merged.update(ReadObject(sidecar)); // the nearer and the more special goes before
    }
  }
  Json json;
  json["Description"] = derivation.description;
  json["Sources"] = derivation.sources;
  json["SkullStripped"] =
    derivation.skullStripped || (merged.contains("SkullStripped") && merged["SkullStripped"] == true);
  for (const auto & [key, value] : merged.items())
  {
    if (IsBidsField(key) && !HoldsNoMore(key) && !json.contains(key))
    {
      json[key] = key == "Units" ? Json("arbitrary") : value;
    }
  }
  return Dump(json);
}

std::string
WithBidsMetadata(const std::string & sidecar, const std::string & metadata)
{
  Json       json = Json::parse(metadata);
  const Json own = Json::parse(sidecar);
  for (const auto & [key, value] : own.items())
  {
    if (!IsBidsField(key))
    {
      json[key] = value;
    }
  }
  return Dump(json);
}
} // namespace isolux
