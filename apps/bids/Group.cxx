#include "AtomicFile.h"
#include "Batch.h"
#include "BidsApp.h"
#include "CohortReport.h"
#include "Error.h"
#include "Fit.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "ReferenceJson.h"
#include "ReferenceSummary.h"
#include "SidecarJson.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
/** What the participant level left of a case. */
BatchRow
GatheredRow(const BidsRun & run, const CaseTask & task)
{
  BatchRow row;
  row.task = task;
  row.status = "failed";
  std::error_code error;
  if (const auto problem = ProblemPath(run, task); fs::exists(problem, error))
  {
    row.message = ReadTextFile(problem);
  }
  else if (fs::exists(task.output, error) && fs::exists(SidecarPath(task.output), error))
  {
    row.status = "done";
    ReadReport(row);
    row.seconds = row.report.seconds;
  }
  else
  {
    row.message = task.name + ": was not harmonized; run the level 'participant' with --participant-label " +
                  fs::path(task.name).begin()->string();
  }
  return row;
}

/** The pipelines by which the images were made, as text. */
std::set<std::string>
PipelinesOf(const std::vector<BatchRow> & rows)
{
  std::set<std::string> pipelines;
  for (const auto & row : rows)
  {
    if (row.status == "done")
    {
      pipelines.insert(WritePipeline(WithFileNames(ReadSidecar(SidecarPath(row.task.output)).pipeline)));
    }
  }
  return pipelines;
}

/** "T1w" of ".../sub-01_ses-2_T1w.nii.gz". */
std::string
SuffixOf(const CaseTask & task)
{
  const auto stem = WithoutVolumeExtension(task.name).filename().string();
  return stem.substr(stem.rfind('_') + 1);
}

/** Learns a reference, by site where sites are known; returns how many cases and sites it lacks. */
std::size_t
FitGroup(const BidsRun & run, const std::vector<CaseTask> & tasks, const fs::path & file, Progress & told)
{
  FitOptions how;
  how.pipeline = run.pipeline.value_or(PipelineSpec());
  how.execution.threads = run.processors;
  how.bands = BandSettings::Default();
  how.bySite = std::any_of(tasks.begin(), tasks.end(), [](const CaseTask & task) { return !task.site.empty(); });
  SetThreads(how.execution.threads);
  std::size_t leftOut = 0;
  auto        reference = FitReference(tasks, how, TellingFit(told, leftOut));
  leftOut += ReportSmallSites(reference, run.minimumCases, told);
  if (reference.channels.empty())
  {
    told.Warn("too little could be measured, so " + file.string() + " was not written");
    return leftOut;
  }
  WriteTextFile(file, WriteReference(reference));
  return leftOut;
}

/** A reference for each contrast: reference.json where all images are of one, else reference-T1w.json and so on. */
std::size_t
FitGroups(const BidsRun & run, const std::vector<CaseTask> & tasks, Progress & told)
{
  std::map<std::string, std::vector<CaseTask>> groups;
  for (const auto & task : tasks)
  {
    groups[SuffixOf(task)].push_back(task);
  }
  std::vector<fs::path> old;
  for (const auto & entry : fs::directory_iterator(run.list.output))
  {
    static const std::regex pattern("reference(-[A-Za-z0-9]+)?\\.json");
    if (std::regex_match(entry.path().filename().string(), pattern))
    {
      old.push_back(entry.path());
    }
  }
  for (const auto & file : old)
  {
    fs::remove(file);
  }
  std::size_t leftOut = 0;
  for (const auto & [suffix, group] : groups)
  {
    const auto name = groups.size() == 1 ? "reference.json" : "reference-" + suffix + ".json";
    leftOut += FitGroup(run, group, run.list.output / name, told);
  }
  return leftOut;
}
} // namespace

int
RunGroup(const BidsRun & run, Progress & told)
{
  const auto            tasks = ListCases(run.list);
  const auto            raw = ValidateDataset(run, tasks);
  const auto &          folder = run.list.output;
  std::vector<BatchRow> rows;
  std::vector<CaseTask> measured;
  for (const auto & task : tasks)
  {
    rows.push_back(GatheredRow(run, task));
    if (rows.back().status == "done")
    {
      measured.push_back(task);
      if (task.mask.empty() && !rows.back().report.mask.empty())
      {
        throw UsageError(task.output.string() + ": was harmonized with the mask " + rows.back().report.mask +
                         "; give the same --masks to the level 'group'");
      }
    }
  }
  if (measured.empty())
  {
    throw UsageError(folder.string() + ": holds no harmonized image of " + run.list.input.string() +
                     "; run the level 'participant' first" +
                     (rows.front().message.empty() ? "" : ": " + rows.front().message));
  }
  RemoveLeftovers(folder);
  WriteDatasetFiles(run, raw);
  for (const auto & row : rows)
  {
    if (row.status == "failed")
    {
      told.Warn(row.message);
    }
  }
  const auto pipelines = PipelinesOf(rows);
  if (pipelines.size() > 1)
  {
    told.Warn("warning: the images were harmonized by " + std::to_string(pipelines.size()) +
              " different pipelines; run the level 'participant' for all with one");
  }
  WriteTextFile(folder / "manifest.tsv", ManifestText(rows, folder));
  WriteCohortReport(rows, folder);
  const bool isWhole = FitGroups(run, measured, told) == 0 && measured.size() == rows.size();
  const int  code = isWhole ? 0 : 3;
  told.Conclude(std::to_string(measured.size()) + " of " + std::to_string(rows.size()) + " images in " +
                  folder.string() + "; see report.html and manifest.tsv there",
                code);
  return code;
}
} // namespace isolux
