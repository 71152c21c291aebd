#pragma once

#include "Case.h"

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
/** What became of one case. */
struct BatchRow
{
  CaseTask    task;
  std::string status; ///< "done", "skipped" (finished before), "failed"; "pending" where a batch was interrupted
  double      seconds = 0.0;
  std::string message;
  std::string parameters; ///< ChecksumOf() what it was processed with
  /** Of the sidecar, without stages and the files' names; without channels where the case failed. */
  CaseReport report;

  bool
  HasOutput() const
  {
    return status == "done" || status == "skipped";
  }
};

/** Of the pipeline with the content of its files, of what the output is written as, and of this version. */
std::string
ChecksumOf(const PipelineSpec & pipeline, const CaseOptions & options);

/** Fills report and message of a row that has an output; what cannot be read makes it "failed". */
void
ReadReport(BatchRow & row);

std::string
ManifestText(const std::vector<BatchRow> & rows, const std::filesystem::path & folder);

/** Rows of a manifest in `folder`: of each path the last one, without a last line that a killed run did not finish.
 * None where there is no such file. \throws Error where it is no manifest. */
std::vector<BatchRow>
ReadManifest(const std::filesystem::path & file, const std::filesystem::path & folder);

/** A manifest that grows: each row is there, whole, as soon as it is added. */
class GrowingManifest
{
public:
  /** Replaces the file by one of these rows. \throws Error */
  GrowingManifest(const std::filesystem::path & file, const std::filesystem::path & folder, std::string text);
  ~GrowingManifest();
  GrowingManifest(const GrowingManifest &) = delete;
  GrowingManifest &
  operator=(const GrowingManifest &) = delete;

  /** \throws Error */
  void
  Add(const BatchRow & row);

private:
  std::filesystem::path m_File;
  std::filesystem::path m_Folder;
  int                   m_Descriptor = -1;
};
} // namespace isolux
