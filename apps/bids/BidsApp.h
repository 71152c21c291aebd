#pragma once

#include "Batch.h"
#include "BidsJson.h"
#include "CaseList.h"
#include "Pipeline.h"
#include "Progress.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace isolux
{
/** The command line, with the names of its options. */
struct BidsRun
{
  CaseListOptions             list; ///< dataset, output, masks, participants, sessions
  bool                        validates = true;
  std::optional<PipelineSpec> pipeline;
  unsigned int                processors = 1;   ///< threads of all images together
  unsigned int                threads = 1;      ///< of one image
  double                      memory = 0.0;     ///< MiB of all images together; 0: as much as they need
  unsigned int                minimumCases = 1; ///< that a site needs to be in the reference
};

// Both return the exit code. 0 done, 1 failed, 2 usage, 3 partly failed.
int
RunParticipants(const BidsRun & run, Progress & told);
int
RunGroup(const BidsRun & run, Progress & told);

/** \throws UsageError where `output` would change the raw dataset: it may lie in derivatives/ only. */
void
CheckPlaces(const BidsRun & run);

/** Its description. Where the run validates: Name and BIDSVersion are there, and each image bears the names of its
 * participant and session. \throws Error */
BidsDescription
ValidateDataset(const BidsRun & run, const std::vector<CaseTask> & tasks);

/** dataset_description.json, README.md, descriptions.tsv and .bidsignore, each whole or not at all, and only where it
 * differs, so that many runs may do so at the same time. What a user wrote into the latter three stays.
 * \throws UsageError where the output folder holds another dataset. */
void
WriteDatasetFiles(const BidsRun & run, const BidsDescription & raw);

/** BIDS URIs of what a case is made of. */
std::vector<std::string>
SourcesOf(const BidsRun & run, const CaseTask & task);

/** Where it is kept why a case failed, until it succeeds. */
std::filesystem::path
ProblemPath(const BidsRun & run, const CaseTask & task);
} // namespace isolux
