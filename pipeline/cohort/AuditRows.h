#pragma once

#include "Audit.h"

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
struct AuditRequest
{
  std::filesystem::path folder;       ///< that harmonize wrote
  std::filesystem::path participants; ///< a BIDS participants.tsv; may be empty where only `site` is asked for
  AuditColumns          columns;
  std::string           suffix; ///< of BIDS names to use ("T1w"); empty: all are of one
};

struct AuditInput
{
  std::vector<AuditRow>    rows;
  std::vector<std::string> notes; ///< what was left out, with counts and without names of participants
};

/** Reads the manifest, the sidecars beside the outputs, and the participants. A column `site` that the participants
 * lack is the manifest's.
 * \throws Error, UsageError naming the file and what it lacks. */
AuditInput
ReadAuditRows(const AuditRequest & request);
} // namespace isolux
