#include "Arguments.h"
#include "Case.h"
#include "Error.h"
#include "PipelineJson.h"

#include <cmath>
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

std::string
Times(unsigned int number)
{
  return number == 1 ? "once" : number == 2 ? "twice" : std::to_string(number) + " times";
}

std::string
MiB(double amount)
{
  return std::to_string(std::lround(std::ceil(amount))) + " MiB";
}

/** How a volume gets along with the memory. \return whether it does. */
bool
PrintPlan(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options)
{
  Volume       volume;
  const auto   plan = PlanCase(task, pipeline, options, volume);
  const auto & size = volume.channels.front()->GetLargestPossibleRegion().GetSize();
  const auto   channels = volume.channels.size();
  const double memory = options.execution.memory;
  std::cout << "\n" << task.input.string() << ": " << size[0];
  for (unsigned int axis = 1; axis < volume.axes; ++axis)
  {
    std::cout << " x " << size[axis];
  }
  std::cout << ' ' << volume.component << (channels > 1 ? ", " + std::to_string(channels) + " channels" : "") << ", "
            << MiB(4.0 *
                   static_cast<double>(channels *
                                       volume.channels.front()->GetLargestPossibleRegion().GetNumberOfPixels()) /
                   1048576.0)
            << " as float32" << (memory > 0.0 ? "; --memory " + MiB(memory) : "; no --memory given") << '\n';
  if (!plan.inPieces)
  {
    std::cout << "  memory  the whole image at once, about " << MiB(plan.peak) << '\n';
    if (memory > 0.0 && plan.peak > memory)
    {
      std::cout << "  that is too much; in pieces it cannot be: " << plan.obstacle << '\n';
      return false;
    }
    return true;
  }
  std::cout << "  memory  at most " << MiB(plan.peak) << ": " << plan.pieces << " pieces"
            << (channels > 1 ? " of each channel" : "") << ", one at a time\n";
  if (volume.inflated)
  {
    std::cout << "  inflate once, " << MiB(volume.inflatedMiB) << ' '
              << (plan.inflatesInMemory ? "in memory" : "into a scratch file beside the output") << '\n';
  }
  unsigned int pass = 1;
  for (const auto & [stage, passes] : plan.learners)
  {
    std::cout << "  pass " << pass << (passes > 1 ? " to " + std::to_string(pass + passes - 1) : "") << "  " << stage
              << " learns\n";
    pass += passes;
  }
  std::cout << "  pass " << pass << "  all stages apply; the output is written\n"
            << "  reads   " << (channels > 1 ? "each channel " : "the input ") << Times(pass)
            << (volume.inflated ? "" : ", once more for its hash") << ", writes once\n";
  if (OutputType(options, volume.component, task.output) == FileType::Int16Scaled)
  {
    auto anew = options;
    anew.keepsIntegers = false;
    std::cout
      << "  int16   of the input is kept, if all of the output is one linear map of it; else the whole image at "
         "once, about "
      << MiB(PlanCase(task, pipeline, anew, volume).peak) << '\n';
  }
  if (memory > 0.0 && plan.peak > memory)
  {
    std::cout << "  that is too much: give --memory " << std::lround(std::ceil(plan.peak)) << '\n';
    return false;
  }
  return true;
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
  options.add_options()("pipeline", po::value<std::string>()->value_name("FILE"), "pipeline file")(
    "input,i", po::value<std::string>()->value_name("IN"), "a volume to plan for")(
    "output,o", po::value<std::string>()->value_name("OUT"), "what it would be written as (default: as IN)")(
    "mask,x", po::value<std::string>()->value_name("FILE"), "a mask that would be given")(
    "weights,w", po::value<std::string>()->value_name("FILE"), "weights that would be given")(
    "tissue", po::value<std::string>()->value_name("FILE"), "tissue labels that would be given")(
    "field", po::value<std::string>()->value_name("FILE"), "where the field would be written");
  AddMemoryOption(options);
  AddTypeOption(options);
  options.add_options()("help,h", "this text");
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux explain PIPELINE.json [IN]\n\nWhat a pipeline file does, with every option as it will be used, "
         "which stages\n"
         "stream, and whether the result can be undone. With a volume: the memory that it takes, and how often it "
         "is read.\n\n"
      << options
      << "\nExit code: 0, or 1 where the volume does not fit the memory.\n"
         "Example: isolux explain data/pipelines/default.json t1.nii.gz --memory 256\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "pipeline", "input?" });
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
  if (!parsed.Has("input"))
  {
    for (const char * const option : { "memory", "output", "mask", "weights", "tissue", "field", "dtype" })
    {
      if (parsed.Has(option))
      {
        throw UsageError("--" + std::string(option) +
                         " is of a plan for a volume; name the volume behind the pipeline");
      }
    }
    return 0;
  }
  CaseTask task;
  task.input = parsed.Text("input");
  task.output =
    parsed.Text("output", WithoutVolumeExtension(task.input).string() + "_out" + OutputExtension(task.input));
  task.mask = parsed.Text("mask");
  CaseOptions caseOptions;
  caseOptions.execution.memory = ReadMemory(parsed);
  caseOptions.execution.prefersPieces = true; // as run does
  caseOptions.weights = parsed.Text("weights");
  caseOptions.tissue = parsed.Text("tissue");
  caseOptions.field = parsed.Text("field");
  ReadType(parsed, caseOptions);
  CheckWritable(task.output, caseOptions.write.type);
  return PrintPlan(task, pipeline, caseOptions) ? 0 : 1;
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
