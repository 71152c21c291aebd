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
 * foreground, put before it. `warnings` receives those of reading and of the stages, `sha256` the volume's.
 * \throws Error */
std::vector<Pipeline::Result>
MeasureVolume(const CaseTask &           task,
              const PipelineSpec &       pipeline,
              const Execution &          execution,
              std::vector<std::string> & warnings,
              std::string *              sha256 = nullptr);

struct FitOptions
{
  PipelineSpec pipeline; ///< that each volume goes through before it is measured
  Execution    execution;
  BandSettings bands;
  bool        bySite = false; ///< the tasks' sites are told apart; those of tasks without one are Reference::Everything
  std::size_t channels = 0;   ///< that a volume must have; 0: as many as the first that is measured
};

/** What one volume adds to a reference: its statistics inside the mask, see MeasureVolume(). \throws Error where the
 * volume cannot be read, or nothing is to be learned from it: an empty mask, one intensity. */
Reference
MeasureCase(const CaseTask & task, const FitOptions & options, std::vector<std::string> & warnings);

/** Channels of the first volume that can be read, from its header where that tells; 0 where none can. All shards of a
 * list agree on it. */
std::size_t
ChannelsOfFirst(const std::vector<CaseTask> & tasks);

/** The reference of all tasks, one volume in memory at a time. Those that fail are left out, as are those with other
 * numbers of channels than the first; without channels where all are. The order of tasks changes no bit else. */
Reference
FitReference(const std::vector<CaseTask> & tasks, const FitOptions & options, const FitProgress & progress);

/** What reference files amount to; their order changes no bit. Of shards, all or none must be there.
 * \throws Error naming the file: not a reference, given twice, measured in another way, of a shard whose fellows are
 * missing. */
Reference
MergeReferences(const std::vector<std::filesystem::path> & files);

/** Whether an option's file is an image, to be measured, and not a reference to be read. */
bool
IsImage(const std::filesystem::path & file);

/** What a stage's option names: a reference file, FILE or FILE#SITE, or a volume, measured here as a reference of that
 * one case (`mask` may be empty, or a mask file of the volume). \throws Error */
Reference
LoadReference(const std::string & text, const std::filesystem::path & mask, std::vector<std::string> & warnings);
} // namespace isolux
