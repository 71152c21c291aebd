#include "Arguments.h"
#include "Batch.h"
#include "CaseList.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "CohortReport.h"
#include "ReferenceJson.h"
#include "Shard.h"

#include <algorithm>
#include <csignal>
#include <iomanip>
#include <iostream>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
std::string
InterruptionText(int signal, std::size_t running)
{
  return "interrupted; no further volume begins, " +
         (signal == SIGTERM ? "and those at work are given up"
                            : "and " + std::to_string(running) + " at work will be finished: once more gives them up");
}

/** Gives `reference` to each stage that can take one and names none. */
PipelineSpec
WithReference(PipelineSpec pipeline, const std::string & reference, const std::string & file)
{
  bool isTaken = false;
  for (auto & spec : pipeline.stages)
  {
    const auto stage = BuiltInStages().Find(spec.name).make();
    for (const auto & option : Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }))
    {
      const bool isGiven = std::any_of(
        spec.options.begin(), spec.options.end(), [&](const auto & given) { return given.first == option.name; });
      if ((option.name == "reference" || option.name == "style") && !isGiven)
      {
        spec.options.emplace_back(option.name, reference);
        isTaken = true;
      }
    }
  }
  if (!isTaken)
  {
    throw UsageError(file + ": has no stage that lacks a reference, so --reference would change nothing; add "
                            "quantile-norm, adaptive-norm, batch-norm or band-norm, or leave --reference out");
  }
  return pipeline;
}

/** The stages that volumes go through: those of --pipeline, or of --reference, or the default ones. */
PipelineSpec
ReadStages(const ParsedArguments & parsed)
{
  const auto file = parsed.Text("pipeline");
  auto       pipeline = file.empty() ? DefaultPipeline() : ReadPipelineFile(file);
  auto       reference = parsed.Text("reference");
  if (reference.empty())
  {
    if (parsed.Has("to"))
    {
      throw UsageError("--to names a site of a reference; give --reference too");
    }
    return pipeline;
  }
  if (parsed.Has("to") && parsed.Text("to").empty())
  {
    throw UsageError("--to is empty; name a site of the reference, or leave it out for all together");
  }
  reference += parsed.Has("to") ? "#" + parsed.Text("to") : "";
  const auto target = ReadReferenceOf(reference);
  if (file.empty())
  {
    const auto origin = FileOf(reference);
    pipeline = ParsePipeline(target.pipeline, origin.string(), origin.parent_path());
    if (HashFiles(pipeline) != target.files)
    {
      throw UsageError(origin.string() + ": the files that its pipeline names are not those that it was measured with; "
                                         "put these beside it, or give --pipeline");
    }
    pipeline.stages.push_back({ "quantile-norm", { { "reference", reference } } });
    return pipeline;
  }
  return WithReference(pipeline, reference, file);
}
} // namespace

int
Harmonize(const Arguments & arguments)
{
  po::options_description files("Files");
  files.add_options()(
    "input,i", po::value<std::string>()->value_name("IN"), "folder, BIDS dataset, .tsv list or volume")(
    "output,o", po::value<std::string>()->value_name("OUT"), "folder for the results")(
    "pipeline,p",
    po::value<std::string>()->value_name("FILE"),
    "pipeline file (default: for MR, see 'isolux explain')")(
    "mask-dir", po::value<std::string>()->value_name("DIR"), "folder with a mask for every volume: NAME or NAME_mask")(
    "site",
    po::value<std::string>()->value_name("COLUMN"),
    "column of a .tsv list, or of a BIDS dataset's participants.tsv, with the sites (default: site)");
  po::options_description target("Target");
  target.add_options()("reference,r",
                       po::value<std::string>()->value_name("FILE"),
                       "reference that 'isolux fit' or 'isolux merge' wrote, to bring all volumes to: they go through "
                       "the stages that its volumes went through, then quantile-norm; with --pipeline, through that, "
                       "whose stages without a reference get this one")(
    "to",
    po::value<std::string>()->value_name("SITE"),
    "site of the reference (default: all together). Volumes of a site that the reference does not know are brought to "
    "it like all others: what is changed is learned from each volume alone");
  auto execution = ExecutionOptions();
  AddMemoryOption(execution);
  AddHashOption(execution);
  AddNanOption(execution);
  AddProgressOptions(execution);
  execution.add_options()("jobs,j", po::value<std::string>()->value_name("N"), "volumes at a time (default 1)")(
    "resume", "skip what was finished with the same input, mask and parameters")(
    "shard",
    po::value<std::string>()->value_name("I/N"),
    "take the I-th of N parts of the volumes, the others being for other machines, and 'isolux gather' for the end; "
    "slurm: those of a job array");
  po::options_description options;
  options.add(files).add(target).add(execution);
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux harmonize IN OUT [options]\n\n"
         "Makes volumes of different scanners comparable. IN is a folder (searched below), a BIDS dataset "
         "(anat), a list\n"
         "(.tsv with a column path; optional: mask, site, participant_id) or one volume. OUT receives one "
         "volume for each\n"
         "input, a JSON sidecar beside each, manifest.tsv, and report.html with a page for each in report/. In a "
         "folder,\n"
         "what lies in derivatives/ and names ending in _mask, _brainmask, _dseg, _probseg, _seg or _label(s) are left "
         "out.\n\n"
      << options
      << "\nWhat --memory allows is for all jobs together. Ctrl-C: no further volume begins, and those at work are\n"
         "finished; once more, they are given up. Exit code: 0 all done, 1 all failed, 2 wrong usage, 3 some failed;\n"
         "130 or 143 where a signal ended it.\n"
         "Example: isolux harmonize data/demo.tsv out --jobs 2\n";
    return 0;
  }
  const ParsedArguments       parsed(arguments, options, { "input", "output" });
  Progress                    told(parsed, "harmonize");
  const std::filesystem::path folder = parsed.Text("output");
  if (folder.empty())
  {
    throw UsageError("OUT is empty; name the folder for the results");
  }
  PipelineSpec pipeline = ReadStages(parsed);
  pipeline.nan = parsed.Text("nan", pipeline.nan);
  CheckNanPolicy(pipeline.nan, "--nan");
  BatchOptions batch;
  batch.options = ReadExecution(parsed);
  batch.jobs = parsed.Number("jobs", 1, 1, 1024);
  batch.resume = parsed.Has("resume");
  batch.force = parsed.Has("force");
  auto tasks = ListCases({ parsed.Text("input"), folder, parsed.Text("mask-dir"), parsed.Text("site"), {}, {} });
  CheckTasks(tasks, pipeline); // all, lest a shard without masks be refused for good
  if (parsed.Has("shard"))
  {
    const auto shard = ParseShard(parsed.Text("shard"));
    batch.part = shard.Name();
    batch.list = ChecksumOf(tasks);
    tasks = CasesOf(shard, tasks);
  }
  const auto result =
    RunBatch(tasks,
             folder,
             pipeline,
             batch,
             [&folder](const CaseTask & task, const CaseResult & done, const std::filesystem::path & page)
             { WriteCasePage(task, done, folder, page); },
             { [&told](const BatchRow & row, std::size_t finished, std::size_t total)
               { told.Case(row.task.name, row.status, row.seconds, row.message, finished, total); },
               [&told](int signal, std::size_t running) { told.Warn(InterruptionText(signal, running)); } });
  if (result.signal != 0)
  {
    const auto finished = std::count_if(
      result.rows.begin(), result.rows.end(), [](const BatchRow & row) { return row.status != "pending"; });
    told.Warn("ended by a signal after " + std::to_string(finished) + " of " + std::to_string(result.rows.size()) +
              " volumes; go on with --resume");
    told.Conclude("", 128 + result.signal);
    return 128 + result.signal;
  }
  if (!batch.part.empty())
  {
    return Conclude(told, result.rows, folder, "; join the shards with 'isolux gather " + folder.string() + "'");
  }
  WriteCohortReport(result.rows, folder);
  return Conclude(told, result.rows, folder, "; see report.html and manifest.tsv there");
}
} // namespace isolux
