#pragma once

#include "Case.h"
#include "Shard.h"

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
struct CaseListOptions
{
  std::filesystem::path input;
  std::filesystem::path output;
  std::filesystem::path maskFolder; ///< empty: masks are those that a list names
  /** Column of a list, or of a BIDS dataset's participants.tsv and sub-*_sessions.tsv, that holds the sites; a
   * session's goes before its participant's. Empty: `site`, where there is such a column. */
  std::string              siteColumn;
  std::vector<std::string> participants; ///< of a BIDS dataset, with or without sub-; empty: all
  std::vector<std::string> sessions;     ///< likewise, with or without ses-
};

/** What `harmonize` finds under `input`:
 * - a .tsv with a column `path` and optionally `mask`, `site`, `participant_id`, relative to the TSV's folder;
 * - a BIDS dataset (dataset_description.json): the images of sub-*\/[ses-*\/]anat, no derivatives;
 * - a folder: every volume below it and every folder that holds a DICOM series, but nothing in folders
 *   called derivatives, and no masks and labels (names ending in _mask, _brainmask, _defacemask, _dseg, _probseg, _seg,
 *   _label(s));
 * - a single volume.
 * Sorted by name. A case that cannot be run (no mask under `maskFolder`, two inputs for one output) has a `problem`.
 * \throws UsageError where there is no input, a TSV has no column `path`, or what the options name is not there: the
 * message lists the columns, participants or sessions that are. */
std::vector<CaseTask>
ListCases(const CaseListOptions & options);

inline std::vector<CaseTask>
ListCases(const std::filesystem::path & input,
          const std::filesystem::path & output,
          const std::filesystem::path & maskFolder)
{
  return ListCases({ input, output, maskFolder, {}, {}, {} });
}

/** A case that the pipeline cannot take, for want of a mask, has a problem then. \throws UsageError where the pipeline
 * can take none of them. */
void
CheckTasks(std::vector<CaseTask> & tasks, const PipelineSpec & pipeline);

/** \throws UsageError where two tasks have one input. */
void
RefuseDuplicates(const std::vector<CaseTask> & tasks);

/** What BIDS calls the suffixes of the inputs, such as T1w, sorted; of other names none. */
std::vector<std::string>
ContrastsOf(const std::vector<CaseTask> & tasks);

std::vector<CaseTask>
CasesOf(const Shard & shard, const std::vector<CaseTask> & tasks);

/** Of names, inputs' places in the list, masks and sites: shards with the same one are of the same cohort. */
std::string
ChecksumOf(const std::vector<CaseTask> & tasks);

/** "sub-01_ses-2_T1w" -> "sub-01_ses-2_desc-harmonized_T1w"; a name that is not BIDS stays as it is. */
std::string
HarmonizedName(const std::string & stem);

/** "T1w" of "sub-01_ses-2_T1w"; "" of a name that is not BIDS. */
std::string
BidsSuffix(const std::string & stem);

/** Both canonical; true also where they are the same. */
bool
IsBelow(const std::filesystem::path & path, const std::filesystem::path & folder);
} // namespace isolux
