#pragma once

#include "CaseReport.h"
#include "Pipeline.h"

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
/** The JSON text that lies beside an output: what was done, with what, and what was learned. */
std::string
WriteSidecar(const CaseReport & report);

/** What `restore` and `--resume` need of a sidecar. */
struct Sidecar
{
  std::string  version;
  PipelineSpec pipeline; ///< every option as used

  std::vector<std::vector<Values>> learned; ///< by channel and stage
  CaseReport                       report;  ///< names, times and statistics only
};

/** \throws Error naming the file where it is missing, not JSON, or not a sidecar of Isolux. */
Sidecar
ReadSidecar(const std::filesystem::path & path);

/** "x.json" beside "x.nii.gz". */
std::filesystem::path
SidecarPath(const std::filesystem::path & volume);
} // namespace isolux
