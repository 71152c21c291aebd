#include "Arguments.h"
#include "PipelineJson.h"

#include <iomanip>
#include <iostream>

namespace isolux
{
namespace po = boost::program_options;

int
ListStages(const Arguments & arguments)
{
  if (WantsHelp(arguments))
  {
    std::cout << "isolux stages\n\nLists every stage: name, how it reads its input, what it does.\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, {}, {});
  for (const auto & stage : BuiltInStages().All())
  {
    std::cout << std::left << std::setw(20) << stage.name << std::setw(15) << ToString(stage.access) << stage.summary
              << '\n';
  }
  std::cout << "\nOptions, formula and reference of one: isolux STAGE --help\n";
  return 0;
}

int
Explain(const Arguments & arguments)
{
  po::options_description options;
  options.add_options()("pipeline", po::value<std::string>()->value_name("FILE"), "pipeline file")("help,h", "this text");
  if (WantsHelp(arguments))
  {
    std::cout << "isolux explain PIPELINE.json\n\nWhat a pipeline file does, with every option as it will be used, which "
                 "stages stream, and whether the result can be undone.\n\n"
              << options;
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "pipeline" });
  const PipelineSpec    pipeline = ReadPipelineFile(parsed.Text("pipeline"));
  unsigned int          number = 0;
  bool                  hasMask = false;
  for (const auto & spec : Pipeline(pipeline, true).Describe())
  {
    const auto & stage = BuiltInStages().Find(spec.name);
    std::cout << ++number << ". " << stage.name << ": " << stage.summary << "\n     " << stage.formula << '\n';
    for (const auto & [name, value] : spec.options)
    {
      std::cout << "     " << std::left << std::setw(20) << name << ToString(value) << '\n';
    }
    std::cout << "     reads: " << ToString(stage.access)
              << (stage.access == Access::WholeImage ? " (this stage holds the whole image in memory)" : "")
              << "\n     undo:  " << stage.inverse << '\n';
    if (stage.needsMask && !hasMask)
    {
      std::cout << "     mask:  needed; run with --mask\n";
    }
    hasMask = hasMask || stage.makesMask;
  }
  std::cout << "Non-finite voxels of the output: " << pipeline.nan << '\n';
  return 0;
}

int
PrintSchema(const Arguments & arguments)
{
  if (WantsHelp(arguments))
  {
    std::cout << "isolux schema\n\nPrints the JSON Schema of a pipeline file.\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, {}, {});
  std::cout << PipelineSchema();
  return 0;
}
} // namespace isolux
