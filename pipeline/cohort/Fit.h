#pragma once

#include "Case.h"
#include "Reference.h"

#include <functional>
#include <string>
#include <vector>

namespace isolux
{
/** What becomes of one volume of a fit. */
struct FitRow
{
  CaseTask    task;
  std::string problem; ///< why it adds nothing; empty: it does
  std::string warning;
  double      seconds = 0.0;
};

using FitProgress = std::function<void(const FitRow & row, std::size_t finished, std::size_t total)>;

/** One volume through a pipeline: its mask is the task's, or one that `pipeline` finds, or that of the stage
 * foreground, put before it. `warnings` receives those of reading and of the stages. \throws Error */
std::vector<Pipeline::Result>
MeasureVolume(const CaseTask &           task,
              const PipelineSpec &       pipeline,
              const Execution &          execution,
              std::vector<std::string> & warnings);

/** What one volume adds to a reference: its statistics inside the mask, see MeasureVolume(). \throws Error where the
 * volume cannot be read, or nothing is to be learned from it: an empty mask, one intensity. */
Reference
MeasureCase(const CaseTask &           task,
            const PipelineSpec &       pipeline,
            const Execution &          execution,
            std::vector<std::string> & warnings);

/** The reference of all tasks, one volume in memory at a time. Those that fail are left out, as are those with other
 * numbers of channels than the first; without channels where all are. The order of tasks changes no bit else. */
Reference
FitReference(const std::vector<CaseTask> & tasks,
             const PipelineSpec &          pipeline,
             const Execution &             execution,
             const FitProgress &           progress);

/** What a stage's option names: a reference file, or a volume, measured here as a reference of that one case (`mask`
 * may be empty, or a mask file of the volume). \throws Error */
Reference
LoadReference(const std::filesystem::path & path,
              const std::filesystem::path & mask,
              std::vector<std::string> &    warnings);
} // namespace isolux
