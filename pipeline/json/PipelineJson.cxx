#include "PipelineJson.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineFiles.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace isolux
{
using Json = nlohmann::ordered_json;

namespace
{
/** "a number, 0 or more" cannot be a schema; bounds and choices can. */
Json
SchemaOf(const ParameterRecord & parameter)
{
  Json       schema;
  const auto type = parameter.Type();
  schema["description"] =
    parameter.help + (parameter.unit == Unit::None ? "" : " In " + ToString(parameter.unit) + ".");
  Json bounds = Json::object();
  if (std::isfinite(parameter.minimum))
  {
    bounds["minimum"] = parameter.minimum;
  }
  if (std::isfinite(parameter.maximum))
  {
    bounds["maximum"] = parameter.maximum;
  }
  if (type == "numbers" || type == "strings")
  {
    Json item = { { "type", type.substr(0, type.size() - 1) } };
    item.update(bounds);
    schema["oneOf"] = { item, { { "type", "array" }, { "items", item } } };
  }
  else
  {
    schema["type"] = type;
    schema.update(bounds);
  }
  if (!parameter.choices.empty())
  {
    schema["enum"] = parameter.choices;
  }
  schema["default"] = ToJson(parameter.defaultValue);
  return schema;
}
} // namespace

Json
ToJson(const Value & value)
{
  return std::visit(
    [](const auto & member) -> Json
    {
      using Member = std::decay_t<decltype(member)>;
      if constexpr (std::is_same_v<Member, double>)
      {
        return std::isfinite(member) ? Json(member) : Json(nullptr);
      }
      else
      {
        return Json(member);
      }
    },
    value);
}

Json
ToJson(const Values & values)
{
  Json json = Json::object();
  for (const auto & [name, value] : values)
  {
    json[name] = ToJson(value);
  }
  return json;
}

Value
ValueFromJson(const Json & json, const std::string & where)
{
  switch (json.type())
  {
    case Json::value_t::null:
      return std::numeric_limits<double>::quiet_NaN();
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_unsigned:
      if (json.get<unsigned long long>() > static_cast<unsigned long long>(std::numeric_limits<long long>::max()))
      {
        return json.get<double>();
      }
      return json.get<long long>();
    case Json::value_t::number_integer:
      return json.get<long long>();
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return json.get<std::string>();
    case Json::value_t::array:
    {
      if (!json.empty() && json.front().is_string())
      {
        std::vector<std::string> texts;
        for (const auto & item : json)
        {
          if (!item.is_string())
          {
            throw UsageError(where + ": a list that begins with a string holds strings only, not " + item.dump());
          }
          texts.push_back(item.get<std::string>());
        }
        return texts;
      }
      std::vector<double> numbers;
      for (const auto & item : json)
      {
        if (!item.is_number() && !item.is_null())
        {
          throw UsageError(where + ": a list that begins with a number holds numbers only, not " + item.dump());
        }
        numbers.push_back(item.is_null() ? std::numeric_limits<double>::quiet_NaN() : item.get<double>());
      }
      return numbers;
    }
    default:
      throw UsageError(where + ": must be a number, a string, true, false or a list of numbers or strings, not " +
                       json.dump());
  }
}

Value
ValueFromText(const ParameterRecord & parameter, const std::string & text, const std::string & where)
{
  const std::string type = parameter.Type();
  if (type == "string" || type == "strings")
  {
    return text;
  }
  const bool bare = type == "numbers" && (text.empty() || text.front() != '[');
  const Json json = Json::parse(bare ? "[" + text + "]" : text, nullptr, false);
  // What is no JSON is handed on as text: the parameter's own check then says what it wants.
  return json.is_discarded() || json.is_null() ? Value(text) : ValueFromJson(json, where);
}

PipelineSpec
ParsePipeline(const std::string & text, const std::string & name, const std::filesystem::path & folder)
{
  Json json;
  try
  {
    json = Json::parse(text);
  }
  catch (const Json::parse_error & error)
  {
    throw UsageError(name + ": not JSON at byte " + std::to_string(error.byte) +
                     "; a pipeline file looks like {\"stages\": [{\"stage\": \"instance-norm\"}]}");
  }
  catch (const Json::out_of_range &)
  {
    throw UsageError(name + ": holds a number beyond 1.8e308; write a smaller one");
  }
  if (!json.is_object() || !json.contains("stages") || !json["stages"].is_array())
  {
    throw UsageError(name + ": a pipeline file is an object with a list 'stages'; see 'isolux schema'");
  }
  PipelineSpec spec;
  for (const auto & [key, value] : json.items())
  {
    if (key == "stages" || key == "$schema" || key == "description")
    {
      continue;
    }
    if (key == "isolux")
    {
      if (value != 1)
      {
        throw UsageError(name + ": 'isolux' is the version of the format and must be 1, not " + value.dump());
      }
    }
    else if (key == "nan")
    {
      spec.nan = value.is_string() ? value.get<std::string>() : value.dump();
      CheckNanPolicy(spec.nan, name + ": 'nan'");
    }
    else
    {
      throw UsageError(name + ": unknown key '" + key + "'" +
                       SuggestNearest(key, { "isolux", "nan", "stages", "description" }));
    }
  }
  for (const auto & item : json["stages"])
  {
    const std::string where = name + ": stage " + std::to_string(spec.stages.size() + 1);
    if (!item.is_object() || !item.contains("stage") || !item["stage"].is_string())
    {
      throw UsageError(where + ": must be an object with a string 'stage', not " + item.dump());
    }
    StageSpec stage;
    stage.name = item["stage"].get<std::string>();
    for (const auto & [key, value] : item.items())
    {
      if (key != "stage")
      {
        const std::string option = where + " (" + stage.name + "): '" + key + "'";
        if (value.is_null() ||
            (value.is_array() && std::any_of(value.begin(), value.end(), [](const Json & x) { return x.is_null(); })))
        {
          throw UsageError(option + " is null, or holds one; leave it out for its default");
        }
        stage.options.emplace_back(key, ValueFromJson(value, option));
      }
    }
    spec.stages.push_back(std::move(stage));
  }
  ForEachFile(spec, [&](std::string & file) { file = (folder / file).string(); });
  try
  {
    const Pipeline check(spec, true);
  }
  catch (const UsageError & error)
  {
    throw UsageError(name + ": " + error.what());
  }
  return spec;
}

PipelineSpec
ReadPipelineFile(const std::filesystem::path & path)
{
  return ParsePipeline(ReadTextFile(path), path.string(), path.parent_path());
}

std::string
WritePipeline(const PipelineSpec & spec)
{
  Json json;
  json["isolux"] = 1;
  json["nan"] = spec.nan;
  json["stages"] = Json::array();
  for (const auto & stage : spec.stages)
  {
    Json item = { { "stage", stage.name } };
    item.update(ToJson(stage.options));
    json["stages"].push_back(item);
  }
  return json.dump(2) + "\n";
}

std::string
PipelineSchema()
{
  Json stages = Json::array();
  for (const auto & description : BuiltInStages().All())
  {
    const auto stage = description.make();
    Json       properties;
    properties["stage"] = { { "const", description.name } };
    for (const auto & parameter : Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }))
    {
      properties[parameter.name] = SchemaOf(parameter);
    }
    stages.push_back({ { "title", description.name },
                       { "description", description.summary },
                       { "type", "object" },
                       { "properties", properties },
                       { "required", { "stage" } },
                       { "additionalProperties", false } });
  }
  Json schema;
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Isolux pipeline";
  schema["type"] = "object";
  schema["properties"] = {
    { "$schema", { { "type", "string" } } },
    { "isolux", { { "description", "Version of the format." }, { "const", 1 } } },
    { "description", { { "type", "string" } } },
    { "nan",
      { { "description", "Non-finite voxels of the output: kept, set to zero, or to the mean inside the mask." },
        { "enum", NanPolicies() },
        { "default", NanPolicies().front() } } },
    { "stages", { { "type", "array" }, { "minItems", 1 }, { "items", { { "oneOf", stages } } } } }
  };
  schema["required"] = { "stages" };
  schema["additionalProperties"] = false;
  return schema.dump(2) + "\n";
}

std::string
JsonLine(const Values & values)
{
  return ToJson(values).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool
IsUtf8(const std::string & text)
{
  try
  {
    return !Json(text).dump().empty();
  }
  catch (const Json::exception &)
  {
    return false;
  }
}
} // namespace isolux
