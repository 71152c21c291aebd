#include "Call.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineJson.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace isolux
{
namespace
{
using Json = nlohmann::ordered_json;

/** Parts at commas that no quotes enclose, and takes the quotes away. */
std::vector<std::string>
FilesOf(const std::string & text)
{
  std::vector<std::string> files(1);
  bool                     isQuoted = false;
  for (const char letter : text)
  {
    if (letter == '"')
    {
      isQuoted = !isQuoted;
    }
    else if (letter == ',' && !isQuoted)
    {
      files.emplace_back();
    }
    else
    {
      files.back() += letter;
    }
  }
  files.erase(std::remove(files.begin(), files.end(), ""), files.end());
  return files;
}

bool
HoldsSeveral(const ModuleParameter & parameter)
{
  return parameter.option && parameter.option->Type() == "strings";
}

const ModuleParameter *
FindParameter(const Module & module, const std::string & name)
{
  for (const auto & group : module.groups)
  {
    for (const auto & parameter : group.parameters)
    {
      if (parameter.name == name && !parameter.IsReturned())
      {
        return &parameter;
      }
    }
  }
  return nullptr;
}

const ModuleParameter *
FindPlace(const Module & module, int index)
{
  for (const auto & group : module.groups)
  {
    for (const auto & parameter : group.parameters)
    {
      if (parameter.index == index)
      {
        return &parameter;
      }
    }
  }
  return nullptr;
}

bool
IsDefault(const StageDescription & stage, const ParameterRecord & option, const std::string & text)
{
  const auto made = stage.make();
  const auto members = [&](ParameterVisitor & visit) { made->VisitOptions(visit); };
  try
  {
    Assign(members, { { option.name, ValueFromText(option, text, option.name) } }, stage.name);
  }
  catch (const UsageError &) // which the verb reports
  {
    return false;
  }
  for (const auto & [name, value] : Read(members))
  {
    if (name == option.name)
    {
      return value == option.defaultValue;
    }
  }
  return false;
}

Json
ToJson(const ModuleParameter & parameter, const std::string & text)
{
  if (HoldsSeveral(parameter))
  {
    return FilesOf(text);
  }
  const bool isList = parameter.tag == "double-vector";
  if (isList || parameter.tag == "double" || parameter.tag == "integer" || parameter.tag == "boolean")
  {
    const Json json = Json::parse(isList && text.rfind('[', 0) != 0 ? "[" + text + "]" : text, nullptr, false);
    if (!json.is_discarded())
    {
      return json;
    }
  }
  return text;
}

std::string
TextOf(const Json & json)
{
  if (json.is_string())
  {
    return json.get<std::string>();
  }
  if (!json.is_array())
  {
    return json.dump();
  }
  std::string text;
  for (const auto & item : json)
  {
    text += (text.empty() ? "" : ",") + (item.is_string() ? '"' + item.get<std::string>() + '"' : item.dump());
  }
  return text;
}
} // namespace

ModuleCall::ModuleCall(const Module & module, const std::vector<std::string> & words)
  : m_Module(module)
{
  static const std::map<std::string, std::string> shorts = {
    { "-i", "--input" }, { "-o", "--output" }, { "-x", "--mask" }, { "-m", "--mask" }, { "-w", "--weights" }
  };
  std::filesystem::path                                deserialized;
  std::string                                          ignored;
  const std::map<std::string, std::filesystem::path *> files = { { "returnparameterfile", &returnFile },
                                                                 { "serialize", &serialized },
                                                                 { "deserialize", &deserialized },
                                                                 { "sidecar", &sidecar } };
  int                                                  place = 0;
  for (auto word = words.begin(); word != words.end(); ++word)
  {
    const auto known = shorts.find(*word);
    const auto spelled = known == shorts.end() ? *word : known->second;
    if (spelled.rfind("--", 0) != 0)
    {
      if (spelled.size() > 1 && spelled.front() == '-')
      {
        m_Others.push_back(spelled); // -f, -v
        continue;
      }
      const auto * parameter = FindPlace(module, place++);
      if (parameter == nullptr)
      {
        throw UsageError("too many arguments: INPUT and OUTPUT are expected without a flag, and '" + *word +
                         "' is left; see --help");
      }
      this->Set(*parameter, *word);
      continue;
    }
    const auto  equals = spelled.find('=');
    const auto  flag = spelled.substr(2, equals == std::string::npos ? equals : equals - 2);
    std::string name = flag;
    std::replace(name.begin(), name.end(), '-', '_');
    const auto value = [&]
    {
      if (equals != std::string::npos)
      {
        return spelled.substr(equals + 1);
      }
      if (word + 1 == words.end())
      {
        throw UsageError("--" + flag + " needs a value; see --help");
      }
      return *++word;
    };
    const auto * parameter = FindParameter(module, name);
    if (name == "echo")
    {
      echoes = true;
    }
    else if (name == "processinformationaddress")
    {
      ignored = value(); // of Slicer's own memory, to which a module that is a program has no access
    }
    else if (const auto file = files.find(name); file != files.end())
    {
      *file->second = value();
    }
    else if (name == "force" || name == "verbose")
    {
      m_Others.push_back(spelled);
    }
    else if (parameter == nullptr)
    {
      m_Others.push_back("--" + flag + "=" + value()); // of the stage's verb, which says so where it is none
    }
    else if (parameter->tag == "boolean" && equals == std::string::npos)
    {
      const bool isSaid = word + 1 != words.end() && (word[1] == "true" || word[1] == "false");
      this->Set(*parameter, isSaid ? *++word : "true");
    }
    else
    {
      this->Set(*parameter, value());
    }
  }
  if (!deserialized.empty())
  {
    this->Deserialize(deserialized);
  }
}

void
ModuleCall::Set(const ModuleParameter & parameter, const std::string & text)
{
  if (HoldsSeveral(parameter))
  {
    for (const auto & file : FilesOf(text))
    {
      m_Given.emplace_back(parameter.name, file);
    }
  }
  else if (!text.empty())
  {
    m_Given.emplace_back(parameter.name, text);
  }
}

std::vector<std::string>
ModuleCall::ArgumentsOf(const StageDescription & stage) const
{
  std::vector<std::string> arguments = { "--force" }; // Slicer has made the files that it wants filled
  for (const auto & [name, text] : m_Given)
  {
    const auto & parameter = *FindParameter(m_Module, name);
    if (!parameter.option || HoldsSeveral(parameter) || !IsDefault(stage, *parameter.option, text))
    {
      std::string flag = name;
      std::replace(flag.begin(), flag.end(), '_', '-');
      arguments.push_back("--" + flag + "=" + text);
    }
  }
  std::copy_if(m_Others.begin(),
               m_Others.end(),
               std::back_inserter(arguments),
               [](const auto & other) { return other != "--force" && other != "-f"; });
  // Slicer hands volumes over in .nrrd and deletes them: compressing would take longer than most stages.
  const auto has = [&arguments](const auto & matches)
  { return std::any_of(arguments.begin(), arguments.end(), matches); };
  if (has([](const std::string & word)
          { return word.rfind("--output=", 0) == 0 && std::filesystem::path(word).extension() == ".nrrd"; }) &&
      !has([](const std::string & word) { return word.rfind("--compression=", 0) == 0; }))
  {
    arguments.emplace_back("--compression=0");
  }
  return arguments;
}

std::string
ModuleCall::Text(const ModuleParameter & parameter) const
{
  std::string text;
  for (const auto & [name, given] : m_Given)
  {
    if (name == parameter.name)
    {
      text += text.empty() ? "" : ",";
      text += given.find(',') != std::string::npos && HoldsSeveral(parameter) ? '"' + given + '"' : given;
    }
  }
  return parameter.name == "sidecar" ? sidecar.string() : text.empty() ? parameter.defaultText : text;
}

std::vector<std::pair<std::string, std::string>>
ModuleCall::Values() const
{
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto & group : m_Module.groups)
  {
    for (const auto & parameter : group.parameters)
    {
      if (!parameter.IsReturned())
      {
        values.emplace_back(parameter.name, this->Text(parameter));
      }
    }
  }
  return values;
}

std::string
ModuleCall::Serialize() const
{
  Json json;
  for (const auto & group : m_Module.groups)
  {
    for (const auto & parameter : group.parameters)
    {
      if (!parameter.IsReturned())
      {
        json["Parameters"][group.label][parameter.name] = ToJson(parameter, this->Text(parameter));
      }
    }
  }
  return json.dump(2) + "\n";
}

void
ModuleCall::Deserialize(const std::filesystem::path & file)
{
  const Json json = Json::parse(ReadTextFile(file), nullptr, false);
  if (!json.is_object() || !json.contains("Parameters") || !json["Parameters"].is_object())
  {
    throw UsageError(file.string() + ": holds no object 'Parameters'; give a file that --serialize wrote");
  }
  const auto               given = m_Given;
  std::vector<std::string> known;
  for (const auto & [name, text] : this->Values())
  {
    known.push_back(name);
  }
  for (const auto & group : json["Parameters"])
  {
    for (const auto & [name, value] : group.items())
    {
      const auto * parameter = FindParameter(m_Module, name);
      if (parameter == nullptr)
      {
        throw UsageError(file.string() + ": " + m_Module.name + " has no parameter '" + name + "'" +
                         SuggestNearest(name, known));
      }
      if (name == "sidecar")
      {
        sidecar = sidecar.empty() ? std::filesystem::path(TextOf(value)) : sidecar;
      }
      else if (std::none_of(
                 given.begin(), given.end(), [&name = name](const auto & entry) { return entry.first == name; }))
      {
        this->Set(*parameter, TextOf(value));
      }
    }
  }
}
} // namespace isolux
