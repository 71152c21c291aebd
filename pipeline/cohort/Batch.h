#pragma once

#include "Case.h"

#include <functional>
#include <string>
#include <vector>

namespace isolux
{
struct BatchOptions
{
  unsigned int jobs = 1; ///< cases at a time, each a process of its own with threads / jobs threads
  bool         resume = false;
  bool         force = false;
  CaseOptions  options;
};

struct BatchRow
{
  CaseTask    task;
  std::string status; ///< "done", "skipped" (finished before), "failed"
  double      seconds = 0.0;
  std::string message;
  CaseReport  report;  ///< of the sidecar; without channels where the case failed
  std::string section; ///< what `render` made of the case
};

/** Makes a text of a finished case, in the case's own process; it is kept in OUT/.isolux for a later --resume. */
using CaseRenderer = std::function<std::string(const CaseTask &, const CaseResult &)>;
using BatchProgress = std::function<void(const BatchRow & row, std::size_t finished, std::size_t total)>;

/** Runs every case in a process of its own: one that fails, or dies, never stops the rest. Appends to OUT/manifest.tsv
 * as cases end and writes it whole, in the order of `tasks`, when all have. \throws UsageError where an output exists
 * and neither force nor resume is set; nothing is run then. */
std::vector<BatchRow>
RunBatch(const std::vector<CaseTask> & tasks,
         const std::filesystem::path & folder,
         const PipelineSpec &          pipeline,
         const BatchOptions &          batch,
         const CaseRenderer &          render,
         const BatchProgress &         progress);
} // namespace isolux
