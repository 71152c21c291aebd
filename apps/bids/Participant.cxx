#include "AtomicFile.h"
#include "BidsApp.h"
#include "CohortReport.h"
#include "Error.h"
#include "SidecarJson.h"
#include "Version.h"

#include <algorithm>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
/** "Intensities harmonized by Isolux 0.3.0: foreground, instance-norm". */
std::string
DescriptionOf(const PipelineSpec & pipeline)
{
  std::string stages;
  for (const auto & stage : pipeline.stages)
  {
    stages += (stages.empty() ? "" : ", ") + stage.name;
  }
  return "Intensities harmonized by Isolux " + std::string(Version) + ": " + stages;
}

/** Whether one of the stages, with every option, sets what is outside the given mask to zero. */
bool
StripsSkull(const std::vector<StageSpec> & stages, const CaseTask & task)
{
  const auto isZero = [](const auto & option)
  { return option.first == "outside" && ToString(option.second) == "zero"; };
  return !task.mask.empty() && std::any_of(stages.begin(),
                                           stages.end(),
                                           [&](const StageSpec & stage)
                                           { return std::any_of(stage.options.begin(), stage.options.end(), isZero); });
}
} // namespace

int
RunParticipants(const BidsRun & run, Progress & told)
{
  auto                            tasks = ListCases(run.list);
  const auto                      raw = ValidateDataset(run, tasks);
  const PipelineSpec              pipeline = run.pipeline.value_or(DefaultPipeline());
  std::map<fs::path, std::string> metadata; // by output
  CheckTasks(tasks, pipeline);
  for (auto & task : tasks)
  {
    try
    {
      const auto stages = Pipeline(pipeline, true).Describe();
      metadata[task.output] =
        BidsMetadata(run.list.input,
                     run.list.input / task.name,
                     { DescriptionOf(pipeline), SourcesOf(run, task), StripsSkull(stages, task) });
    }
    catch (const Error & error)
    {
      task.problem = task.problem.empty() ? task.name + ": " + error.what() : task.problem;
    }
  }
  WriteDatasetFiles(run, raw);

  BatchOptions batch;
  batch.list = ChecksumOf(tasks);
  batch.part = "bids-" + batch.list.substr(0, 16); // others may be at work in the same folder
  batch.resume = true;
  batch.jobs = run.processors / run.threads;
  batch.options.execution.threads = run.threads * batch.jobs;
  batch.options.execution.memory = run.memory;
  const auto complete = [&](const CaseTask & task)
  {
    const auto path = SidecarPath(task.output);
    const auto text = ReadTextFile(path);
    const auto completed = WithBidsMetadata(text, metadata.at(task.output));
    if (text != completed)
    {
      WriteTextFile(path, completed);
    }
  };
  BatchProgress progress;
  progress.ended = [&](const BatchRow & row, std::size_t finished, std::size_t total)
  {
    if (row.HasOutput())
    {
      if (row.status == "skipped")
      {
        complete(row.task); // a raw sidecar may have been corrected since
      }
      fs::remove(ProblemPath(run, row.task));
    }
    else
    {
      WriteTextFile(ProblemPath(run, row.task), row.message);
    }
    told.Case(row.task.name, row.status, row.seconds, row.message, finished, total);
  };
  const auto result = RunBatch(
    tasks,
    run.list.output,
    pipeline,
    batch,
    [&](const CaseTask & task, const CaseResult & done, const fs::path & page)
    {
      complete(task);
      WriteCasePage(task, done, run.list.output, page);
    },
    progress);
  if (result.signal != 0)
  {
    told.Warn("ended by a signal; the same command goes on");
    told.Conclude("", 128 + result.signal);
    return 128 + result.signal;
  }
  return Conclude(told, result.rows, run.list.output, "; the level 'group' makes the report");
}
} // namespace isolux
