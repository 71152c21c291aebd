#pragma once

#include "Manifest.h"
#include "Shard.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isolux
{
struct BatchOptions
{
  unsigned int jobs = 1; ///< cases at a time, each a process of its own with threads / jobs threads
  bool         resume = false;
  bool         force = false;
  /** `options.execution.memory` holds for all that run together: as many as it allows, at most `jobs`. */
  CaseOptions options;
  /** Only a part of the cohort, whose other parts may be at work in the same folder, on other machines: its rows go to
   * PartPath() instead of manifest.tsv. A name for a file. Empty: the whole. */
  std::string part;
  std::string list; ///< of a part: ChecksumOf() the whole cohort
};

struct BatchResult
{
  std::vector<BatchRow> rows;       ///< in the order of the tasks
  int                   signal = 0; ///< SIGINT or SIGTERM where that ended the batch early; 0: it did not
};

/** Writes a page of a finished case, in the case's own process. */
using CaseRenderer = std::function<void(const CaseTask &, const CaseResult &, const std::filesystem::path & page)>;

/** What is told while a batch runs. */
struct BatchProgress
{
  std::function<void(const BatchRow & row, std::size_t finished, std::size_t total)> ended = [](auto &&...) {};
  /** That no further case begins. `running` cases are brought to their end, or, of SIGTERM and of a second SIGINT,
   * given up. */
  std::function<void(int signal, std::size_t running)> interrupted = [](auto &&...) {};
};

/** Runs every case in a process of its own, the largest first: one that fails, or dies, never stops the rest. Rows are
 * in OUT/manifest.tsv as cases end; whole, in the order of `tasks`, when all have. Killed at any moment, it loses the
 * cases in flight and no more. \throws UsageError where an output exists and neither force nor resume is set, or
 * another batch is at work in the folder; nothing is run then. */
BatchResult
RunBatch(const std::vector<CaseTask> & tasks,
         const std::filesystem::path & folder,
         const PipelineSpec &          pipeline,
         const BatchOptions &          batch,
         const CaseRenderer &          render,
         const BatchProgress &         progress);

/** Where a case's page lies. */
std::filesystem::path
PagePath(const std::filesystem::path & folder, const CaseTask & task);

/** Where the rows of a part lie until GatherShards() joins them. */
std::filesystem::path
PartPath(const std::filesystem::path & folder, const std::string & part);

/** The text of the pipeline that a batch ran in `folder`, with file names. \throws Error */
std::string
ReadBatchPipeline(const std::filesystem::path & folder);
/** Not of folders that Isolux up to 0.3.0 wrote. */
bool
HasBatchPipeline(const std::filesystem::path & folder);

/** Removes what killed runs left half written. \throws UsageError where others are at work in the folder. */
void
RemoveLeftovers(const std::filesystem::path & folder);

/** Joins the rows that all shards of a batch have left in `folder` to manifest.tsv, sorted by path, and reads their
 * reports. \throws Error where a shard is missing, unfinished, still at work, of another cohort or with other
 * parameters. */
std::vector<BatchRow>
GatherShards(const std::filesystem::path & folder);
} // namespace isolux
