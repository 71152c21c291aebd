#pragma once

#include "CaseReport.h"
#include "MemoryPlan.h"
#include "Pipeline.h"
#include "Volume.h"

#include <array>
#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
/** One volume to process. */
struct CaseTask
{
  std::string           name;  ///< what the user reads: the input's path relative to where the search began
  std::filesystem::path input; ///< a file, or a folder that holds one DICOM series
  std::filesystem::path output;
  std::filesystem::path mask; ///< empty: none
  std::string           site;
  std::string           participant;
  std::string           problem; ///< not empty: why this case cannot be run
};

struct CaseOptions
{
  Execution    execution;
  WriteOptions write;
  HashType     hashType = HashType::Sha256; ///< of the input; every other file is told by SHA-256
  /** Where to write what was divided by; empty: nowhere. To RestoreCase(), the field that apply-field was given, or
   * that was written of a stage which does not record its own; empty: beside the output. */
  std::filesystem::path  field;
  std::filesystem::path  mask;                 ///< where to write the mask; empty: nowhere
  bool                   maskIsOutput = false; ///< the task's output is the mask instead of the image
  std::vector<long long> maskLabels;           ///< values of the task's mask that count as inside; empty: 0.5 and above
  std::filesystem::path  tissue;               ///< labels that evenness is measured by; empty: none
  std::array<double, 2>  tissueLabels{ { 2.0, 3.0 } }; ///< of grey and of white matter
  std::filesystem::path  weights;                      ///< a weight for each voxel in the statistics; empty: none
  bool                   keepsType = false;     ///< write.type is Int16Scaled of small integers, Float32 of the rest
  bool                   keepsIntegers = true;  ///< int16 of the input, in pieces, should they turn out to be kept
  bool                   wantsPictures = false; ///< for a report, also where the image is never in memory as a whole
};

struct CaseResult
{
  CaseReport                report;
  std::vector<CasePictures> channels; ///< none where the image was processed in pieces and no pictures are wanted
};

/** What an input of such components is written as. Small integers are kept where the format holds a scale. */
FileType
OutputType(const CaseOptions & options, const std::string & component, const std::filesystem::path & output);

/** How a case gets along with the memory that it may take, from the headers of its files. `volume` is opened; of
 * formats that are not read in pieces, the whole is read. \throws Error */
MemoryPlan
PlanCase(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options, Volume & volume);

/** Reads, runs the pipeline over every channel, writes output and then sidecar.
 * \throws Error; nothing is left under a final name then. */
CaseResult
ProcessCase(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options);

/** The text of each option that names a file, without folders, and the file's sha256. \throws Error where it cannot be
 * read. */
std::vector<std::pair<std::string, std::string>>
HashFiles(const PipelineSpec & pipeline);

/** Reads an output and its sidecar and writes the original intensities.
 * Returns what could not be brought back (voxels that were replaced or clamped), with counts.
 * \throws Error naming what is missing or which stage cannot be undone. */
std::vector<std::string>
RestoreCase(const std::filesystem::path & output, const std::filesystem::path & back, const CaseOptions & options);
} // namespace isolux
