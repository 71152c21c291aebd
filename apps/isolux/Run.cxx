#include "Arguments.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "Progress.h"
#include "SidecarJson.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <set>
#include <sstream>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
po::options_description
MaskOptions()
{
  po::options_description options("Mask and values");
  options.add_options()("mask,x", po::value<std::string>()->value_name("FILE"), "foreground: values of 0.5 and above")(
    ",m", po::value<std::string>()->value_name("FILE"), "the same as --mask")(
    "mask-labels",
    po::value<std::string>()->value_name("LIST"),
    "values of the mask file that count as foreground, such as 1,3")(
    "weights,w", po::value<std::string>()->value_name("FILE"), "weight of each voxel in the statistics, 0 or more")(
    "tissue", po::value<std::string>()->value_name("FILE"), "tissue labels, to measure how even the image becomes")(
    "tissue-labels",
    po::value<std::string>()->value_name("LIST"),
    "values of grey and white matter in --tissue (default 2,3)")("verbose,v",
                                                                 "say what each stage learned, and how long it took")(
    "mask-out", po::value<std::string>()->value_name("FILE"), "write the mask that was used");
  AddNanOption(options);
  return options;
}

void
AddFieldOption(po::options_description & options)
{
  options.add_options()("field", po::value<std::string>()->value_name("FILE"), "write what the image was divided by");
}

std::vector<long long>
ReadLabels(const std::string & option, const std::string & text)
{
  std::vector<long long> labels;
  std::istringstream     list(text);
  for (std::string item; std::getline(list, item, ',');)
  {
    long long  label = 0;
    const auto end = std::from_chars(item.data(), item.data() + item.size(), label);
    if (end.ec != std::errc() || end.ptr != item.data() + item.size())
    {
      throw UsageError("--" + option + " must be whole numbers parted by commas, such as 1,3; not '" + text + "'");
    }
    labels.push_back(label);
  }
  return labels;
}

/** A learned value for the terminal: a long list is cut. */
std::string
Brief(const Value & value)
{
  constexpr std::size_t longest = 8;
  const auto *          numbers = std::get_if<std::vector<double>>(&value);
  if (numbers == nullptr || numbers->size() <= longest)
  {
    return ToString(value);
  }
  const std::string head = ToString(Value(std::vector<double>(numbers->begin(), numbers->begin() + longest)));
  return head.substr(0, head.size() - 1) + ", ... of " + std::to_string(numbers->size()) + "]";
}

/** How even the image became, where a field was divided by or labels are given. */
void
PrintQuality(std::ostream & out, const ChannelReport & channel)
{
  std::string separator;
  const auto  change = [&separator, &out](const char * name, double before, double after)
  {
    if (std::isfinite(before) && std::isfinite(after))
    {
      out << separator << name << ' ' << before << " -> " << after;
      separator = ", ";
    }
  };
  out << std::setprecision(3);
  if (const auto & field = channel.field; field && std::isfinite(field->minimum))
  {
    out << "; field " << field->minimum << " to " << field->maximum;
    const auto & before = channel.evennessBefore;
    const auto & after = channel.evennessAfter;
    separator = "; in classes of the corrected image ";
    change("CV", before.coefficientOfVariation, after.coefficientOfVariation);
    change("CJV", before.coefficientOfJointVariation, after.coefficientOfJointVariation);
    separator = "; ";
    change("entropy", before.entropy, after.entropy);
  }
  if (channel.tissueBefore && channel.tissueAfter)
  {
    const auto & before = *channel.tissueBefore;
    const auto & after = *channel.tissueAfter;
    separator = "; by labels ";
    change("CV of grey matter", before.greyMatterVariation, after.greyMatterVariation);
    change("CV of white matter", before.whiteMatterVariation, after.whiteMatterVariation);
    change("CJV", before.coefficientOfJointVariation, after.coefficientOfJointVariation);
  }
}

/** Runs one volume and tells how it went. */
CaseReport
RunOne(const std::string &         verb,
       PipelineSpec                pipeline,
       const ParsedArguments &     parsed,
       bool                        maskIsOutput,
       bool                        hasFieldOutput,
       const Execution::Progress & progress = {})
{
  Progress told(parsed, verb);
  pipeline.nan = parsed.Text("nan", pipeline.nan);
  CheckNanPolicy(pipeline.nan, "--nan");
  CaseTask task;
  task.input = parsed.Text("input");
  task.output = parsed.Text("output");
  if (parsed.Has("mask") && parsed.Has("-m"))
  {
    throw UsageError("the mask is given twice, by -m and by --mask; leave one out");
  }
  task.mask = parsed.Text("mask", parsed.Text("-m"));
  task.name = task.input.string();
  CaseOptions options = ReadExecution(parsed);
  options.execution.prefersPieces = true;
  options.execution.progress = progress ? progress : told.Volume(task.input);
  options.field = hasFieldOutput ? parsed.Text("field") : "";
  options.mask = parsed.Text("mask-out");
  options.maskIsOutput = maskIsOutput;
  std::set<std::filesystem::path> used;
  options.weights = parsed.Text("weights");
  if (parsed.Has("mask-labels"))
  {
    if (task.mask.empty())
    {
      throw UsageError("--mask-labels chooses values of a mask file; give it with --mask");
    }
    options.maskLabels = ReadLabels("mask-labels", parsed.Text("mask-labels"));
  }
  options.tissue = parsed.Text("tissue");
  if (parsed.Has("tissue-labels"))
  {
    if (options.tissue.empty())
    {
      throw UsageError("--tissue-labels names values of a tissue file; give it with --tissue");
    }
    const auto labels = ReadLabels("tissue-labels", parsed.Text("tissue-labels"));
    if (labels.size() != 2 || labels[0] == labels[1])
    {
      throw UsageError(
        "--tissue-labels must be two different numbers, of grey and of white matter, such as 2,3; not '" +
        parsed.Text("tissue-labels") + "'");
    }
    options.tissueLabels = { static_cast<double>(labels[0]), static_cast<double>(labels[1]) };
  }
  std::vector<std::filesystem::path> inputs = { task.input, task.mask, options.weights, options.tissue };
  ForEachFile(pipeline, [&inputs](std::string & text) { inputs.push_back(FileOf(text)); });
  for (const auto & path : inputs)
  {
    if (!path.empty())
    {
      used.insert(std::filesystem::weakly_canonical(std::filesystem::absolute(path)));
    }
  }
  for (const auto & path : { task.output, SidecarPath(task.output), options.field, options.mask })
  {
    if (!path.empty())
    {
      RefuseToOverwrite(path, parsed);
      if (!used.insert(std::filesystem::weakly_canonical(std::filesystem::absolute(path))).second)
      {
        throw UsageError(path.string() +
                         ": is named twice, as an input or another output; give each a name of its own");
      }
    }
  }
  const Pipeline check(pipeline, !task.mask.empty());
  SetThreads(options.execution.threads);
  const auto   report = ProcessCase(task, pipeline, options).report;
  const auto & channel = report.channels.front();
  for (const auto & warning : AllWarnings(report))
  {
    told.Warn("warning: " + task.name + ": " + warning);
  }
  told.Done(task.name, task.output.string(), report.seconds);
  std::ostringstream text;
  if (parsed.Has("verbose"))
  {
    for (const auto & stage : channel.stages)
    {
      text << stage.name << " (" << std::setprecision(3) << stage.seconds << " s)\n";
      for (const auto & [name, value] : stage.learned)
      {
        text << "  " << std::left << std::setw(18) << name << " " << Brief(value) << '\n';
      }
    }
  }
  text << task.name << " -> " << task.output.string() << std::setprecision(4) << ": " << report.seconds << " s, "
       << (report.channels.size() > 1 ? "channel 1 of " + std::to_string(report.channels.size()) + ": " : "")
       << channel.maskVoxels << " voxels, mean " << channel.before.mean << " -> " << channel.after.mean
       << ", deviation " << channel.before.standardDeviation << " -> " << channel.after.standardDeviation;
  PrintQuality(text, channel);
  told.Conclude(text.str(), 0);
  return report;
}

/** What the verb of a stage takes. */
struct StageOptions
{
  std::vector<ParameterRecord> own;
  po::options_description      all;
  bool                         findsMask = false;
};

StageOptions
OptionsOf(const StageDescription & description)
{
  StageOptions options;
  const auto   stage = description.make();
  options.own = Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); });
  options.findsMask = description.needsMask || description.prefersMask;
  po::options_description own("Options of " + description.name);
  AddParameters(own, options.own);
  auto masks = MaskOptions();
  if (HasFieldOutput(description))
  {
    AddFieldOption(masks);
  }
  auto execution = ExecutionOptions();
  AddMemoryOption(execution);
  AddHashOption(execution);
  AddProgressOptions(execution);
  options.all.add(InputOutputOptions()).add(own).add(masks).add(execution);
  return options;
}
} // namespace

int
RunPipeline(const Arguments & arguments)
{
  po::options_description options;
  auto                    files = InputOutputOptions();
  files.add_options()("pipeline", po::value<std::string>()->value_name("FILE"), "pipeline file, see 'isolux schema'");
  auto masks = MaskOptions();
  AddFieldOption(masks);
  auto execution = ExecutionOptions();
  AddMemoryOption(execution);
  AddHashOption(execution);
  AddProgressOptions(execution);
  options.add(files).add(masks).add(execution);
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux run PIPELINE.json IN OUT [options]\n\nOne volume through a pipeline file; a sidecar OUT.json records "
         "how.\n\n"
      << options << "\nExample: isolux run data/pipelines/default.json t1.nii.gz out.nii.gz --field field.nii.gz\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "pipeline", "input", "output" });
  RunOne("run", ReadPipelineFile(parsed.Text("pipeline")), parsed, false, true);
  return 0;
}

bool
HasFieldOutput(const StageDescription & description)
{
  const auto stage = description.make();
  const auto options = Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); });
  return description.makesField &&
         std::none_of(options.begin(), options.end(), [](const auto & option) { return option.name == "field"; });
}

int
RunStage(const std::string & name, const Arguments & arguments)
{
  if (!WantsHelp(arguments))
  {
    RunStage(name, arguments, {});
    return 0;
  }
  const auto & description = BuiltInStages().Find(name);
  const auto   options = OptionsOf(description);
  std::cout << "isolux " << name << " IN OUT [options]\n\n"
            << description.summary << "\n\n  " << description.formula << "\n\n"
            << (description.makesMask ? "OUT is the mask, 0 and 1. " : "")
            << (options.findsMask       ? "Without --mask, 'foreground' finds one first. "
                : description.makesMask ? ""
                                        : "Without --mask every voxel counts. ")
            << "A sidecar OUT.json records how.\n\n"
            << options.all << "\nReads:     " << description.Reads() << "\nInverse:   " << description.inverse
            << "\nReference: " << description.reference << "\n\nExample: isolux " << name << " in.nii.gz out.nii.gz"
            << (description.needs.empty() ? "" : " ") << description.needs << '\n';
  return 0;
}

CaseReport
RunStage(const std::string & name, const Arguments & arguments, const Execution::Progress & progress)
{
  const auto &          description = BuiltInStages().Find(name);
  const auto            options = OptionsOf(description);
  const ParsedArguments parsed(arguments, options.all, { "input", "output" });
  PipelineSpec          pipeline;
  if (options.findsMask && !parsed.Has("mask") && !parsed.Has("-m"))
  {
    pipeline.stages.push_back({ "foreground", {} });
  }
  pipeline.stages.push_back({ name, GivenParameters(parsed, options.own) });
  return RunOne(name, pipeline, parsed, description.makesMask, HasFieldOutput(description), progress);
}
} // namespace isolux
