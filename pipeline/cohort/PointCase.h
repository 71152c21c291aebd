#pragma once

#include "PointNorm.h"

#include <filesystem>
#include <string>

namespace isolux
{
/** One file of points to normalize. */
struct PointTask
{
  std::filesystem::path input;
  std::filesystem::path output;
  std::filesystem::path surface; ///< where the positions are; empty: in the input
  std::filesystem::path mask;    ///< points with a value of 0.5 and above count; empty: all
  std::string           array;   ///< name, or number from 1; "all"; empty: the only one
  PointNormOptions      options;
};

/** Reads, normalizes, writes the output and then its sidecar.
 * \throws Error; nothing is left under a final name then. UsageError where the task contradicts itself. */
PointReport
ProcessPointCase(const PointTask & task);

/** Reads an output and its sidecar and writes the original values; types are the output's.
 * \throws Error naming what is missing or why it cannot be undone. */
void
RestorePointCase(const std::filesystem::path & output, const std::filesystem::path & back);

/** None of the words that weights may be: the name of a file. */
bool
IsWeightsFile(const std::string & weights);
} // namespace isolux
