#include "Arguments.h"
#include "PipelineJson.h"

#include <iomanip>
#include <iostream>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
/** The reference page, pipeline/stages/README.md. */
void
PrintReference()
{
  std::cout
    << "# Stages\n\nWritten by `isolux stages --markdown` from what each stage says of itself. A stage is used as "
       "`isolux STAGE IN OUT`, or by\nname in a pipeline file.\n";
  for (const auto & description : BuiltInStages().All())
  {
    const auto stage = description.make();
    std::cout << "\n## " << description.name << "\n\n"
              << description.summary << "\n\n    " << description.formula << "\n\n- Reads: " << description.Reads()
              << (description.needsMask ? "; needs a mask" : "") << (description.makesMask ? "; makes a mask" : "")
              << "\n- Undo: " << description.inverse << "\n- Reference: " << description.reference << "\n\n"
              << "| flag | key | default | range | unit | meaning |\n|---|---|---|---|---|---|\n";
    for (const auto & parameter : Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }))
    {
      std::cout << "| `" << parameter.Flag() << "` | `" << parameter.name << "` | " << ToString(parameter.defaultValue)
                << " | " << parameter.Bounds() << " | " << ToString(parameter.unit) << " | " << parameter.help
                << " |\n";
    }
    std::cout << "\nLearned, and recorded in the sidecar:\n\n| key | unit | meaning |\n|---|---|---|\n";
    for (const auto & value : Describe([&](ParameterVisitor & visit) { stage->VisitLearned(visit); }))
    {
      std::cout << "| `" << value.name << "` | " << ToString(value.unit) << " | " << value.help << " |\n";
    }
  }
}
} // namespace

int
ListStages(const Arguments & arguments)
{
  po::options_description options;
  options.add_options()("markdown", "the whole reference, as Markdown")("help,h", "this text");
  if (WantsHelp(arguments))
  {
    std::cout << "isolux stages [options]\n\nLists every stage: name, how it reads its input, what it does.\n\n"
              << options;
    return 0;
  }
  const ParsedArguments parsed(arguments, options, {});
  if (parsed.Has("markdown"))
  {
    PrintReference();
    return 0;
  }
  for (const auto & stage : BuiltInStages().All())
  {
    std::cout << std::left << std::setw(22) << stage.name << std::setw(15) << stage.Reads() << stage.summary << '\n';
  }
  std::cout << "\nOptions, formula and reference of one: isolux STAGE --help\n";
  return 0;
}

int
Explain(const Arguments & arguments)
{
  po::options_description options;
  options.add_options()("pipeline", po::value<std::string>()->value_name("FILE"), "pipeline file")("help,h",
                                                                                                   "this text");
  if (WantsHelp(arguments))
  {
    std::cout << "isolux explain PIPELINE.json\n\nWhat a pipeline file does, with every option as it will be used, "
                 "which stages\n"
                 "stream, and whether the result can be undone.\n\n"
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
    std::cout << "     reads: " << stage.Reads()
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
