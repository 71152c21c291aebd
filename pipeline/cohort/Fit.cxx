#include "Fit.h"

#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "ReferenceJson.h"
#include "Version.h"

#include <algorithm>
#include <chrono>

namespace isolux
{
namespace
{
/** The stages that a case goes through: as given, with `foreground` before them where nothing else makes a mask. */
PipelineSpec
WithMask(PipelineSpec pipeline, bool maskGiven)
{
  const bool makesMask =
    std::any_of(pipeline.stages.begin(),
                pipeline.stages.end(),
                [](const StageSpec & stage) { return BuiltInStages().Find(stage.name).makesMask; });
  if (pipeline.stages.empty() || (!maskGiven && !makesMask))
  {
    pipeline.stages.insert(pipeline.stages.begin(), { "foreground", {} });
  }
  return pipeline;
}
} // namespace

std::vector<Pipeline::Result>
MeasureVolume(const CaseTask &           task,
              const PipelineSpec &       pipeline,
              const Execution &          execution,
              std::vector<std::string> & warnings)
{
  Volume volume = ReadVolume(task.input);
  warnings.insert(warnings.end(), volume.warnings.begin(), volume.warnings.end());
  MaskImage::Pointer mask;
  if (!task.mask.empty())
  {
    mask = ReadMask(task.mask, *volume.channels.front(), warnings);
  }
  const auto spec = WithMask(pipeline, mask.IsNotNull());
  auto       results = Pipeline(spec, mask.IsNotNull()).Run(volume.channels, mask, nullptr, execution);
  CaseReport report;
  for (const auto & channel : results)
  {
    report.channels.push_back(channel.report);
  }
  const auto all = AllWarnings(report);
  warnings.insert(warnings.end(), all.begin(), all.end());
  return results;
}

Reference
MeasureCase(const CaseTask &           task,
            const PipelineSpec &       pipeline,
            const Execution &          execution,
            std::vector<std::string> & warnings)
{
  Reference reference;
  reference.version = Version;
  for (const auto & channel : MeasureVolume(task, pipeline, execution, warnings))
  {
    reference.channels.push_back(MeasureChannel(channel.images.after, channel.images.mask, task.name));
  }
  reference.pipeline = WritePipeline(WithFileNames(WithMask(pipeline, false)));
  return reference;
}

Reference
FitReference(const std::vector<CaseTask> & tasks,
             const PipelineSpec &          pipeline,
             const Execution &             execution,
             const FitProgress &           progress)
{
  Reference   total;
  std::size_t finished = 0;
  for (const auto & task : tasks)
  {
    const auto start = std::chrono::steady_clock::now();
    FitRow     row{ task, task.problem, "", 0.0 };
    if (row.problem.empty())
    {
      try
      {
        std::vector<std::string> warnings;
        const auto               one = MeasureCase(task, pipeline, execution, warnings);
        total.Merge(one);
        for (const auto & warning : warnings)
        {
          row.warning += (row.warning.empty() ? "" : "; ") + warning;
        }
      }
      catch (const std::exception & error)
      {
        row.problem = error.what();
      }
      if (!row.problem.empty() && row.problem.find(task.name) == std::string::npos)
      {
        row.problem = task.name + ": " + row.problem;
      }
    }
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress(row, ++finished, tasks.size());
  }
  return total;
}

Reference
LoadReference(const std::filesystem::path & path,
              const std::filesystem::path & mask,
              std::vector<std::string> &    warnings)
{
  if (!IsVolumeName(path) && !std::filesystem::is_directory(path))
  {
    return ReadReference(path);
  }
  CaseTask task;
  task.name = path.string();
  task.input = path;
  task.mask = mask;
  return MeasureCase(task, {}, {}, warnings);
}
} // namespace isolux
