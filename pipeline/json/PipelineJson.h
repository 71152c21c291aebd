#pragma once

#include "Pipeline.h"

#include <nlohmann/json_fwd.hpp>

#include <filesystem>
#include <string>

namespace isolux
{
/** Reads a pipeline file:
 * { "isolux": 1, "nan": "keep", "stages": [ { "stage": "instance-norm", "eps": 1e-5 }, ... ] }
 * \throws UsageError naming the file, the stage and the key. */
PipelineSpec
ReadPipelineFile(const std::filesystem::path & path);

/** As ReadPipelineFile; `name` stands for the file in messages, and `folder` is where the files lie that it names by a
 * relative path; empty: the working directory. */
PipelineSpec
ParsePipeline(const std::string & text, const std::string & name, const std::filesystem::path & folder = {});

/** Every stage with the given options, in the form that ReadPipelineFile reads. */
std::string
WritePipeline(const PipelineSpec & spec);

/** JSON Schema (draft 2020-12) of a pipeline file, from the stages' own descriptions. */
std::string
PipelineSchema();

nlohmann::ordered_json
ToJson(const Value & value);
nlohmann::ordered_json
ToJson(const Values & values);
/** The same in one line. */
std::string
JsonLine(const Values & values);

/** Whether JSON holds the text unchanged. */
bool
IsUtf8(const std::string & text);

/** null reads as NaN. \throws UsageError where the JSON type is none of Value's. */
Value
ValueFromJson(const nlohmann::ordered_json & json, const std::string & where);

/** A flag's text as the value of that parameter's type: "0.5", "[0.1, 0.05]" or "0.1,0.05", "true", "text". */
Value
ValueFromText(const ParameterRecord & parameter, const std::string & text, const std::string & where);
} // namespace isolux
