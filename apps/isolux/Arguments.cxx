#include "Arguments.h"

#include "Error.h"
#include "PipelineJson.h"

#include <algorithm>
#include <charconv>
#include <iostream>
#include <new>

namespace isolux
{
namespace po = boost::program_options;

ParsedArguments::ParsedArguments(const Arguments &                arguments,
                                 const po::options_description &  options,
                                 const std::vector<std::string> & places)
{
  po::positional_options_description positions;
  std::vector<std::string>           positional = places;
  std::vector<std::string>           optional;
  for (auto & name : positional)
  {
    const auto dots = name.find("...");
    const bool isOptional = name.back() == '?';
    name = name.substr(0, isOptional ? name.size() - 1 : dots);
    positions.add(name.c_str(), dots == std::string::npos ? 1 : -1);
    optional.insert(optional.end(), isOptional, name);
  }
  try
  {
    const auto style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    po::store(po::command_line_parser(arguments).options(options).positional(positions).style(style).run(), m_Map);
  }
  catch (const po::unknown_option & error)
  {
    std::vector<std::string> known;
    for (const auto & option : options.options())
    {
      if (!option->long_name().empty())
      {
        known.push_back("--" + option->long_name());
      }
    }
    throw UsageError("unknown option '" + error.get_option_name() + "'" +
                     SuggestNearest(error.get_option_name(), known));
  }
  catch (const po::too_many_positional_options_error &)
  {
    throw UsageError("too many arguments: " + std::to_string(positional.size()) +
                     " without a flag are expected; see --help");
  }
  catch (const po::error & error)
  {
    throw UsageError(std::string(error.what()) + "; see --help");
  }
  for (const auto & name : positional)
  {
    if (!this->Has(name) && std::find(optional.begin(), optional.end(), name) == optional.end())
    {
      std::string upper = name;
      std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
      throw UsageError("argument " + upper + " is missing; see --help");
    }
  }
}

std::string
ParsedArguments::Text(const std::string & name, const std::string & otherwise) const
{
  return this->Has(name) ? m_Map[name].as<std::string>() : otherwise;
}

std::vector<std::string>
ParsedArguments::Texts(const std::string & name) const
{
  return this->Has(name) ? m_Map[name].as<std::vector<std::string>>() : std::vector<std::string>();
}

unsigned int
ParsedArguments::Number(const std::string & name,
                        unsigned int        otherwise,
                        unsigned int        minimum,
                        unsigned int        maximum) const
{
  if (!this->Has(name))
  {
    return otherwise;
  }
  const std::string text = this->Text(name);
  unsigned int      number = 0;
  const auto        end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || number < minimum || number > maximum)
  {
    throw UsageError("--" + name + " must be a whole number in [" + std::to_string(minimum) + ", " +
                     std::to_string(maximum) + "], not '" + text + "'");
  }
  return number;
}

bool
WantsHelp(const Arguments & arguments)
{
  return std::any_of(
    arguments.begin(), arguments.end(), [](const auto & argument) { return argument == "--help" || argument == "-h"; });
}

po::options_description
InputOutputOptions()
{
  po::options_description options("Files");
  options.add_options()("input,i", po::value<std::string>()->value_name("IN"), "what to read")(
    "output,o", po::value<std::string>()->value_name("OUT"), "what to write");
  return options;
}

po::options_description
ExecutionOptions()
{
  po::options_description options("Execution");
  options.add_options()(
    "threads", po::value<std::string>()->value_name("N"), "threads (default: the processors there are)")(
    "stream-divisions", po::value<std::string>()->value_name("N"), "pieces that an image is processed in (default 1)");
  AddTypeOption(options);
  options.add_options()(
    "compression", po::value<std::string>()->value_name("N"), "0 to 12, of formats that compress (default 1)")(
    "force,f", "overwrite what exists")("help,h", "this text");
  return options;
}

void
AddMemoryOption(po::options_description & options)
{
  options.add_options()("memory",
                        po::value<std::string>()->value_name("MIB"),
                        "most memory to take, in MiB: a larger image is read and written in pieces");
}

void
AddHashOption(po::options_description & options)
{
  options.add_options()("hash",
                        po::value<std::string>()->value_name("TYPE"),
                        "hash of the input in the sidecar: sha256 (default), or xxh128: fast, but no proof against "
                        "forgery");
}

void
AddNanOption(po::options_description & options)
{
  options.add_options()("nan",
                        po::value<std::string>()->value_name("POLICY"),
                        "non-finite voxels of the output: keep (default), zero, or mean");
}

void
AddParameters(po::options_description & options, const std::vector<ParameterRecord> & parameters)
{
  for (const auto & parameter : parameters)
  {
    std::string help = parameter.help;
    if (const auto unit = ToString(parameter.unit); !unit.empty())
    {
      help += " [" + unit + "]";
    }
    if (const auto bounds = parameter.Bounds(); !bounds.empty())
    {
      help += " " + bounds;
    }
    const std::string flag = parameter.Flag().substr(2);
    help += " (default " + ToString(parameter.defaultValue) + ")";
    if (parameter.Type() == "strings")
    {
      options.add_options()(
        flag.c_str(), po::value<std::vector<std::string>>()->composing()->value_name("string"), help.c_str());
    }
    else
    {
      options.add_options()(flag.c_str(), po::value<std::string>()->value_name(parameter.Type()), help.c_str());
    }
  }
}

Values
GivenParameters(const ParsedArguments & parsed, const std::vector<ParameterRecord> & parameters)
{
  Values values;
  for (const auto & parameter : parameters)
  {
    const std::string flag = parameter.Flag().substr(2);
    if (parsed.Has(flag))
    {
      values.emplace_back(parameter.name,
                          parameter.Type() == "strings" ? Value(parsed.Texts(flag))
                                                        : ValueFromText(parameter, parsed.Text(flag), "--" + flag));
    }
  }
  return values;
}

double
ReadMemory(const ParsedArguments & parsed)
{
  return parsed.Number("memory", 0, 64, 1U << 30);
}

void
AddTypeOption(po::options_description & options)
{
  options.add_options()(
    "dtype",
    po::value<std::string>()->value_name("TYPE"),
    "float32 (default), int16-scaled (NIfTI with scl_slope), or same: int16-scaled of small integers");
}

void
ReadType(const ParsedArguments & parsed, CaseOptions & options)
{
  const std::string type = parsed.Text("dtype", "float32");
  if (type != "float32" && type != "int16-scaled" && type != "same")
  {
    throw UsageError("--dtype must be one of 'float32', 'int16-scaled', 'same', not '" + type + "'");
  }
  options.write.type = type == "int16-scaled" ? FileType::Int16Scaled : FileType::Float32;
  options.keepsType = type == "same";
}

CaseOptions
ReadExecution(const ParsedArguments & parsed)
{
  CaseOptions options;
  options.execution.threads = parsed.Number("threads", AvailableThreads(), 1, 1024);
  options.execution.streamDivisions = parsed.Number("stream-divisions", 1, 1, 100000);
  options.execution.memory = ReadMemory(parsed);
  options.write.threads = options.execution.threads;
  options.write.compression = static_cast<int>(parsed.Number("compression", 1, 0, 12));
  options.write.keepsCompression = !parsed.Has("compression");
  ReadType(parsed, options);
  const std::string hash = parsed.Text("hash", "sha256");
  if (hash != "sha256" && hash != "xxh128")
  {
    throw UsageError("--hash must be one of 'sha256', 'xxh128', not '" + hash + "'");
  }
  options.hashType = hash == "xxh128" ? HashType::Xxh128 : HashType::Sha256;
  return options;
}

void
RefuseToOverwrite(const std::filesystem::path & path, const ParsedArguments & parsed)
{
  if (std::filesystem::exists(path) && !parsed.Has("force"))
  {
    throw UsageError(path.string() + ": exists already; give --force to overwrite it");
  }
}

int
ExitCodeOf(const std::string & program, const std::function<int()> & run)
{
  const auto tell = [&program](const std::string & what, int code)
  {
    std::cerr << program << ": " << what << '\n';
    return code;
  };
  try
  {
    const int code = run();
    return std::cout.flush() ? code : tell("standard output cannot be written", 1);
  }
  catch (const UsageError & error)
  {
    return tell(error.what(), 2);
  }
  catch (const std::bad_alloc &)
  {
    return tell("not enough memory for this image", 1);
  }
  catch (const std::exception & error)
  {
    return tell(error.what(), 1);
  }
}
} // namespace isolux
