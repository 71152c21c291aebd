#include "Batch.h"

#include "AtomicFile.h"
#include "CaseJobs.h"
#include "Error.h"
#include "FileLock.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "SidecarJson.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
fs::path
HiddenFolder(const fs::path & folder)
{
  return folder / ".isolux";
}

fs::path
PipelinePath(const fs::path & folder)
{
  return HiddenFolder(folder) / "pipeline.json";
}

/** Bytes of the file, or of all files of the folder; 0 where there is none. */
std::uintmax_t
SizeOf(const fs::path & input)
{
  std::error_code error;
  if (!fs::is_directory(input, error))
  {
    const auto size = fs::file_size(input, error);
    return error ? 0 : size;
  }
  std::uintmax_t size = 0;
  for (const auto & entry : fs::directory_iterator(input, error))
  {
    size += entry.file_size(error);
  }
  return size;
}

/** \throws UsageError where something is there already, and is neither to be overwritten nor gone on with. */
void
RefuseWhatExists(const std::vector<CaseTask> & tasks, const fs::path & manifest)
{
  for (const auto & task : tasks)
  {
    for (const auto & file : { task.output, SidecarPath(task.output) })
    {
      if (task.problem.empty() && fs::exists(file))
      {
        throw UsageError(file.string() +
                         ": exists already; give --force to overwrite, or --resume to skip what is finished");
      }
    }
  }
  if (fs::exists(manifest))
  {
    throw UsageError(manifest.string() +
                     ": exists already; give --force to overwrite, --resume to go on, or choose another output folder");
  }
}

/** What an earlier run with the same parameters did for these tasks. */
std::vector<BatchRow>
RowsToKeep(const fs::path &              manifest,
           const fs::path &              folder,
           const std::vector<CaseTask> & tasks,
           const std::string &           parameters,
           bool                          force)
{
  std::set<std::string> names;
  for (const auto & task : tasks)
  {
    names.insert(task.name);
  }
  std::vector<BatchRow> rows;
  try
  {
    for (auto & row : ReadManifest(manifest, folder))
    {
      if (row.parameters == parameters && names.count(row.task.name) > 0)
      {
        ReadReport(row);
        rows.push_back(std::move(row));
      }
    }
  }
  catch (const Error & error)
  {
    if (!force)
    {
      throw UsageError(std::string(error.what()) + "; give --force to replace it, or choose another output folder");
    }
    return {};
  }
  return rows;
}

/** The first line of a part's rows. */
std::string
PartHeader(const BatchOptions & batch, std::size_t cases, const std::string & parameters)
{
  return batch.part.empty()
           ? ""
           : "# cases " + std::to_string(cases) + " list " + batch.list + " parameters " + parameters + '\n';
}
} // namespace

fs::path
PagePath(const fs::path & folder, const CaseTask & task)
{
  return folder / "report" / (task.output.lexically_relative(folder).string() + ".html");
}

fs::path
PartPath(const fs::path & folder, const std::string & part)
{
  return HiddenFolder(folder) / "parts" / (part + ".tsv");
}

std::string
ReadBatchPipeline(const fs::path & folder)
{
  return ReadTextFile(PipelinePath(folder));
}

bool
HasBatchPipeline(const fs::path & folder)
{
  return fs::exists(PipelinePath(folder));
}

void
RemoveLeftovers(const fs::path & folder)
{
  const FileLock lock(
    HiddenFolder(folder) / "lock", false, folder.string() + ": others are at work in this folder; wait for them");
  RemovePartialOutputs(folder);
}

BatchResult
RunBatch(const std::vector<CaseTask> & tasks,
         const fs::path &              folder,
         const PipelineSpec &          pipeline,
         const BatchOptions &          batch,
         const CaseRenderer &          render,
         const BatchProgress &         progress)
{
  const bool     isPart = !batch.part.empty();
  const fs::path manifestPath = isPart ? PartPath(folder, batch.part) : folder / "manifest.tsv";
  const bool     refuses = !batch.force && !batch.resume;
  if (refuses)
  {
    RefuseWhatExists(tasks, manifestPath);
  }
  std::error_code failure;
  fs::create_directories(manifestPath.parent_path(), failure);
  if (failure)
  {
    throw Error(folder.string() + ": cannot be created: " + failure.message() + "; choose another output folder");
  }
  const FileLock          lock(HiddenFolder(folder) / "lock",
                      isPart,
                      folder.string() + ": another isolux harmonize is writing into this folder; wait for it, or "
                                                 "choose another output folder");
  std::optional<FileLock> partLock;
  if (isPart)
  {
    partLock.emplace(HiddenFolder(folder) / "parts" / (batch.part + ".lock"),
                     false,
                     folder.string() + ": another isolux harmonize is at work on part " + batch.part +
                       "; wait for it, or take another part");
  }
  if (refuses)
  {
    RefuseWhatExists(tasks, manifestPath); // again, under the lock: another run may just have ended
  }
  if (!isPart)
  {
    RemovePartialOutputs(folder);
    fs::remove_all(PartPath(folder, "").parent_path()); // rows of shards that this run replaces
  }
  const auto parameters = ChecksumOf(pipeline, batch.options);
  const auto header = PartHeader(batch, tasks.size(), parameters);
  // What a part has not looked at again does not count: gather would take the part for finished.
  const auto      kept = batch.resume && !isPart ? RowsToKeep(manifestPath, folder, tasks, parameters, batch.force)
                                                 : std::vector<BatchRow>();
  GrowingManifest manifest(manifestPath, folder, header + ManifestText(kept, folder));
  WriteTextFile(PipelinePath(folder), WritePipeline(WithFileNames(pipeline)));

  BatchResult result;
  auto &      rows = result.rows;
  std::size_t finished = 0;
  for (const auto & task : tasks)
  {
    rows.emplace_back();
    rows.back().task = task;
    rows.back().status = "pending";
    rows.back().parameters = parameters;
  }
  const auto end = [&](BatchRow & row, const std::string & status, const std::string & message)
  {
    row.status = status;
    row.message = message;
    ReadReport(row);
    manifest.Add(row);
    progress.ended(row, ++finished, rows.size());
  };

  CaseJobs   jobs(folder, pipeline, batch, render);
  Interrupts interrupts;
  const auto collect = [&]
  {
    int        status = 0;
    const auto job = jobs.WaitForOne(interrupts, status);
    if (!job)
    {
      return;
    }
    BatchRow & row = rows[job->number];
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - job->start).count();
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 0 || code == CaseJobs::Skipped)
    {
      end(row, code == 0 ? "done" : "skipped", "");
    }
    else if (WIFSIGNALED(status))
    {
      const int signal = WTERMSIG(status);
      end(row,
          "failed",
          row.task.name + ": ended by signal " + std::to_string(signal) + " (" + strsignal(signal) +
            (signal == SIGKILL ? "; out of memory? Use fewer --jobs)" : ")"));
    }
    else
    {
      end(row, "failed", job->message);
    }
  };

  std::vector<std::pair<std::uintmax_t, std::size_t>> order; // the largest first, or it would be waited for at the end
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    if (rows[i].task.problem.empty())
    {
      order.emplace_back(SizeOf(rows[i].task.input), i);
    }
    else
    {
      end(rows[i], "failed", rows[i].task.problem);
    }
  }
  std::stable_sort(order.begin(), order.end(), [](const auto & a, const auto & b) { return a.first > b.first; });
  const auto isInterrupted = [&]
  {
    std::vector<pollfd> none;
    interrupts.Poll(none, false);
    if (Interrupts::Count > 0 && result.signal == 0)
    {
      result.signal = Interrupts::Noted;
      progress.interrupted(result.signal, jobs.Running());
    }
    return result.signal != 0;
  };
  for (const auto & [size, i] : order)
  {
    const auto memory = jobs.NeedOf(rows[i].task);
    while (!jobs.HasRoomFor(memory) && !isInterrupted())
    {
      collect();
    }
    if (isInterrupted())
    {
      break;
    }
    jobs.Start(i, rows[i].task, memory, interrupts);
  }
  while (jobs.Running() > 0)
  {
    if (isInterrupted() && (Interrupts::Noted == SIGTERM || Interrupts::Count > 1))
    {
      jobs.Abandon();
      break;
    }
    collect();
  }
  if (result.signal == 0)
  {
    WriteTextFile(manifestPath, header + ManifestText(rows, folder));
  }
  return result;
}

namespace
{
/** What stands in a part's first line. */
struct PartTitle
{
  std::size_t cases = 0;
  std::string list;
  std::string parameters;
};

PartTitle
ReadPartTitle(const fs::path & file)
{
  std::istringstream line(ReadTextFile(file));
  PartTitle          title;
  std::string        hash;
  std::string        word;
  if (!(line >> hash >> word >> title.cases >> word >> title.list >> word >> title.parameters) || hash != "#")
  {
    throw Error(file.string() + ": its first line is not that of a shard; run this shard again with --force");
  }
  return title;
}
} // namespace

std::vector<BatchRow>
GatherShards(const fs::path & folder)
{
  const std::string                                      name = folder.string();
  std::map<std::size_t, std::map<std::size_t, fs::path>> found; // count of shards, number, file
  std::error_code                                        none;
  for (const auto & entry : fs::directory_iterator(PartPath(folder, "x").parent_path(), none))
  {
    static const std::regex pattern("([0-9]+)-of-([0-9]+)\\.tsv");
    std::smatch             match;
    const std::string       file = entry.path().filename().string();
    if (std::regex_match(file, match, pattern))
    {
      found[std::stoul(match[2])][std::stoul(match[1])] = entry.path();
    }
  }
  if (found.empty())
  {
    throw Error(name + ": no shard has run into this folder; 'isolux harmonize IN " + name +
                " --shard 1/N' is the first");
  }
  if (found.size() > 1)
  {
    throw Error(name + ": holds shards of " + std::to_string(found.begin()->first) + " and of " +
                std::to_string(found.rbegin()->first) + "; remove those that do not count from " +
                PartPath(folder, "x").parent_path().string());
  }
  const FileLock lock(
    HiddenFolder(folder) / "lock", false, name + ": a shard is still at work in this folder; wait for it, then gather");
  RemovePartialOutputs(folder);
  const auto & [count, files] = *found.begin();
  const auto               first = ReadPartTitle(files.begin()->second);
  std::vector<std::string> missing;
  std::vector<BatchRow>    rows;
  for (std::size_t number = 1; number <= count && missing.size() <= MostNamed; ++number)
  {
    const auto file = files.find(number);
    const auto shard = std::to_string(number) + "/" + std::to_string(count);
    if (file == files.end())
    {
      missing.push_back(shard);
      continue;
    }
    const auto title = ReadPartTitle(file->second);
    if (title.list != first.list || title.parameters != first.parameters)
    {
      throw Error(file->second.string() + ": shard " + shard + " is of another " +
                  (title.list != first.list ? "list of volumes" : "pipeline, version or --dtype") + " than shard " +
                  std::to_string(files.begin()->first) + "/" + std::to_string(count) +
                  "; run it again with what the others have");
    }
    auto part = ReadManifest(file->second, folder);
    if (part.size() < title.cases)
    {
      missing.push_back(shard + " (" + std::to_string(part.size()) + " of " + std::to_string(title.cases) +
                        " volumes)");
      continue;
    }
    std::move(part.begin(), part.end(), std::back_inserter(rows));
  }
  if (!missing.empty())
  {
    throw Error(name + ": not finished: shard " + FirstOf(missing) + "; run 'isolux harmonize IN " + name +
                " --shard I/N --resume' for each, then gather again");
  }
  std::sort(rows.begin(), rows.end(), [](const auto & a, const auto & b) { return a.task.name < b.task.name; });
  const auto twice = std::adjacent_find(
    rows.begin(), rows.end(), [](const auto & a, const auto & b) { return a.task.name == b.task.name; });
  if (twice != rows.end())
  {
    throw Error(name + ": " + twice->task.name + " is in two shards; run the shards again with --force");
  }
  for (auto & row : rows)
  {
    ReadReport(row);
  }
  WriteTextFile(folder / "manifest.tsv", ManifestText(rows, folder));
  return rows;
}
} // namespace isolux
