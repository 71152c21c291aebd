#include "Module.h"

#include "Commands.h"
#include "Version.h"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>

namespace isolux
{
namespace
{
/** What a learned value is called, which may bear the name of an option. */
constexpr const char * LearnedPrefix = "learned_";

/** Shortest, without an exponent. */
std::string
Decimal(double number)
{
  std::array<char, 400> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed).ptr;
  return { text.data(), end };
}

/** "Log floor" of "log_floor"; "Histogram Retinex" where every word is to begin so. */
std::string
Words(std::string name, bool everyWord)
{
  bool begins = true;
  for (char & letter : name)
  {
    if (letter == '_' || letter == '-')
    {
      letter = ' ';
      begins = everyWord;
    }
    else if (begins)
    {
      letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
      begins = false;
    }
  }
  return name;
}

std::string
Label(const Parameter & parameter, const std::string & name)
{
  const auto unit = ToString(parameter.unit);
  return Words(name, false) + (unit.empty() ? "" : " [" + unit + "]");
}

std::string
DefaultText(const Value & value)
{
  if (const auto * number = std::get_if<double>(&value))
  {
    return Decimal(*number);
  }
  if (const auto * numbers = std::get_if<std::vector<double>>(&value))
  {
    std::string text;
    for (const double number : *numbers)
    {
      text += (text.empty() ? "" : ",") + Decimal(number);
    }
    return text;
  }
  return std::holds_alternative<std::vector<std::string>>(value) ? "" : ToString(value);
}

/** A tenth of the default's or the range's power of ten, so that a slider reaches both. */
double
StepOf(const ParameterRecord & option, double value)
{
  const double range = option.maximum - option.minimum;
  double       step = std::pow(10.0, std::floor(std::log10(value != 0.0 ? std::abs(value) : range) + 1e-9) - 1.0);
  while (range / step > 1e8)
  {
    step *= 10.0;
  }
  return step;
}

ModuleParameter
DescribeOption(const ParameterRecord & option)
{
  ModuleParameter parameter;
  parameter.name = option.name;
  parameter.option = option;
  parameter.label = Label(option, option.name);
  parameter.description = option.help;
  parameter.defaultText = DefaultText(option.defaultValue);
  const auto type = option.Type();
  if (const auto bounds = option.Bounds(); !bounds.empty() && option.choices.empty())
  {
    parameter.description += " Range: " + bounds + ".";
  }
  if (option.isFile)
  {
    parameter.tag = "file";
    parameter.channel = "input";
    if (type == "strings")
    {
      parameter.attributes = { { "multiple", "true" } };
    }
  }
  else if (!option.choices.empty())
  {
    parameter.tag = "string-enumeration";
    parameter.elements = option.choices;
  }
  else if (type == "boolean" && std::get<bool>(option.defaultValue))
  {
    parameter.tag = "string-enumeration"; // a flag that is left out is false to Slicer, whatever its default
    parameter.elements = { "true", "false" };
  }
  else if (type == "integer" || type == "number")
  {
    parameter.tag = type == "integer" ? "integer" : "double";
    // With one bound the slider would reach to the largest number there is.
    if (std::isfinite(option.minimum) && std::isfinite(option.maximum))
    {
      const auto * number = std::get_if<double>(&option.defaultValue);
      parameter.constraints = { Decimal(option.minimum),
                                Decimal(option.maximum),
                                number == nullptr ? "1" : Decimal(StepOf(option, *number)) };
    }
  }
  else
  {
    parameter.tag = type == "numbers" ? "double-vector" : type == "strings" ? "string-vector" : type; // boolean, string
  }
  return parameter;
}

ModuleParameter
Image(const std::string & name, const std::string & label, const std::string & channel, const std::string & type)
{
  ModuleParameter parameter{ "image", name, label, "" };
  parameter.channel = channel;
  parameter.attributes = { { "type", type } };
  if (channel == "output")
  {
    parameter.attributes.emplace_back("reference", "input");
  }
  return parameter;
}

ModuleGroup
Volumes(const StageDescription & stage)
{
  const std::string type = stage.usesChannels ? "any" : "scalar";
  ModuleGroup       group{ "Volumes", "What is read and written." };
  auto              input = Image("input", "Input volume", "input", type);
  input.description = "The volume to process.";
  input.index = 0;
  auto output = Image("output", "Output volume", "output", stage.makesMask ? "label" : type);
  output.description = stage.makesMask ? "The mask, 0 and 1." : "The processed volume, in float32.";
  output.index = 1;
  auto mask = Image("mask", "Mask", "input", "label");
  mask.description = "Foreground: labels above 0.";
  mask.description += stage.needsMask || stage.prefersMask ? " Without a mask, 'foreground' finds one first."
                      : stage.makesMask                    ? " It comes before any rule."
                                                           : " Without a mask, every voxel counts.";
  group.parameters = { input, output, mask };
  if (stage.usesWeights)
  {
    group.parameters.push_back(Image("weights", "Weights", "input", "scalar"));
    group.parameters.back().description = "Weight of each voxel in the statistics, 0 or more.";
  }
  if (HasFieldOutput(stage))
  {
    group.parameters.push_back(Image("field", "Field", "output", type));
    group.parameters.back().description = "What the volume was divided by.";
  }
  return group;
}

ModuleGroup
Record()
{
  ModuleGroup group{ "Values and record", "What becomes of odd voxels, and what is written down.", true };
  group.parameters.push_back(
    { "string-enumeration", "nan", "Non-finite voxels", "What becomes of non-finite voxels of the output.", "keep" });
  group.parameters.back().elements = NanPolicies();
  ModuleParameter sidecar{
    "file",
    "sidecar",
    "Sidecar",
    "Where to keep the record of what was done and learned, which 'isolux restore' undoes it from. Without, it lies "
    "beside the output file."
  };
  sidecar.channel = "output";
  sidecar.attributes = { { "fileExtensions", ".json" } };
  group.parameters.push_back(sidecar);
  return group;
}

ModuleParameter
Returned(const std::string & tag, const std::string & name, const std::string & label, const std::string & description)
{
  ModuleParameter parameter{ tag, name, label, description };
  parameter.channel = "output";
  return parameter;
}

ModuleGroup
Results(const StageDescription & stage)
{
  ModuleGroup group{ "Results", "What came out, of the first channel." };
  auto &      parameters = group.parameters;
  parameters = { Returned("integer", "mask_voxels", "Voxels", "Inside the mask; all, where there is none."),
                 Returned("double", "mean_before", "Mean before", "Of the input inside the mask."),
                 Returned("double", "deviation_before", "Deviation before", "Of the input inside the mask.") };
  if (!stage.makesMask)
  {
    parameters.push_back(Returned("double", "mean_after", "Mean after", "Of the output inside the mask."));
    parameters.push_back(Returned("double", "deviation_after", "Deviation after", "Of the output inside the mask."));
  }
  if (stage.makesField)
  {
    parameters.push_back(Returned("double", "field_minimum", "Field minimum", "Inside the mask."));
    parameters.push_back(Returned("double", "field_maximum", "Field maximum", "Inside the mask."));
  }
  const auto made = stage.make();
  for (const auto & learned : Describe([&](ParameterVisitor & visit) { made->VisitLearned(visit); }))
  {
    const auto type = learned.Type();
    if (type != "numbers" && type != "strings")
    {
      parameters.push_back(Returned(type == "number" ? "double" : type,
                                    LearnedPrefix + learned.name,
                                    Label(learned, learned.name) + " (learned)",
                                    learned.help));
    }
  }
  return group;
}

/** The example's own files are in the folder that it is called in. */
std::string
Example(const StageDescription & stage)
{
  return ModuleName(stage.name) + (stage.needs.empty() ? "" : " ") + stage.needs + " in.nrrd out.nrrd";
}

void
Append(pugi::xml_node & parent, const char * name, const std::string & text)
{
  parent.append_child(name).text().set(text.c_str());
}

void
AppendParameter(pugi::xml_node & group, const ModuleParameter & parameter)
{
  auto node = group.append_child(parameter.tag.c_str());
  for (const auto & [name, value] : parameter.attributes)
  {
    node.append_attribute(name.c_str()) = value.c_str();
  }
  Append(node, "name", parameter.name);
  if (parameter.index < 0 && !parameter.IsReturned())
  {
    Append(node, "longflag", parameter.name);
  }
  Append(node, "label", parameter.label);
  Append(node, "description", parameter.description);
  if (!parameter.channel.empty())
  {
    Append(node, "channel", parameter.channel);
  }
  if (parameter.index >= 0)
  {
    Append(node, "index", std::to_string(parameter.index));
  }
  if (!parameter.defaultText.empty())
  {
    Append(node, "default", parameter.defaultText);
  }
  for (const auto & element : parameter.elements)
  {
    Append(node, "element", element);
  }
  if (parameter.constraints)
  {
    auto constraints = node.append_child("constraints");
    Append(constraints, "minimum", parameter.constraints->minimum);
    Append(constraints, "maximum", parameter.constraints->maximum);
    Append(constraints, "step", parameter.constraints->step);
  }
}

bool
IsNonFinite(const Value & value)
{
  const auto * const number = std::get_if<double>(&value);
  return number != nullptr && !std::isfinite(*number);
}
} // namespace

std::string
ModuleName(const std::string & stage)
{
  std::string name = "Isolux" + Words(stage, true);
  name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
  return name;
}

Module
DescribeModule(const StageDescription & stage)
{
  Module module;
  module.name = ModuleName(stage.name);
  module.title = Words(stage.name, true) + " (Isolux)";
  module.category = "Isolux." + Words(stage.family, true);
  module.description = stage.summary + "\n\n" + stage.formula + "\n\nUndo: " + stage.inverse +
                       ".\nReference: " + stage.reference + "\nExample: " + Example(stage);
  module.groups.push_back(Volumes(stage));
  ModuleGroup options{ "Options", "Of the stage '" + stage.name + "'." };
  const auto  made = stage.make();
  for (const auto & option : Describe([&](ParameterVisitor & visit) { made->VisitOptions(visit); }))
  {
    options.parameters.push_back(DescribeOption(option));
  }
  if (!options.parameters.empty())
  {
    module.groups.push_back(options);
  }
  module.groups.push_back(Record());
  module.groups.push_back(Results(stage));
  return module;
}

std::string
ToXml(const Module & module)
{
  pugi::xml_document document;
  auto               declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "utf-8";
  auto executable = document.append_child("executable");
  Append(executable, "category", module.category);
  Append(executable, "title", module.title);
  Append(executable, "description", module.description);
  Append(executable, "version", std::string(Version).substr(0, std::string(Version).find('+')));
  Append(executable, "documentation-url", "");
  Append(executable, "license", "Apache-2.0");
  Append(executable, "contributor", "Isolux");
  for (const auto & group : module.groups)
  {
    auto node = executable.append_child("parameters");
    if (group.isAdvanced)
    {
      node.append_attribute("advanced") = "true";
    }
    Append(node, "label", group.label);
    Append(node, "description", group.description);
    for (const auto & parameter : group.parameters)
    {
      AppendParameter(node, parameter);
    }
  }
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

std::vector<std::pair<std::string, std::string>>
ReturnedValues(const Module & module, const CaseReport & report)
{
  const auto & channel = report.channels.front();
  Values       all = { { "mask_voxels", static_cast<long long>(channel.maskVoxels) },
                       { "mean_before", channel.before.mean },
                       { "deviation_before", channel.before.standardDeviation },
                       { "mean_after", channel.after.mean },
                       { "deviation_after", channel.after.standardDeviation } };
  if (channel.field)
  {
    all.emplace_back("field_minimum", channel.field->minimum);
    all.emplace_back("field_maximum", channel.field->maximum);
  }
  for (const auto & [name, value] : channel.stages.back().learned)
  {
    all.emplace_back(LearnedPrefix + name, value);
  }
  std::vector<std::pair<std::string, std::string>> returned;
  for (const auto & group : module.groups)
  {
    for (const auto & parameter : group.parameters)
    {
      const auto entry = std::find_if(
        all.begin(), all.end(), [&parameter](const auto & value) { return value.first == parameter.name; });
      if (parameter.IsReturned() && entry != all.end() && !IsNonFinite(entry->second))
      {
        returned.emplace_back(parameter.name, ToString(entry->second));
      }
    }
  }
  return returned;
}
} // namespace isolux
