#pragma once

#include "Pipeline.h"

#include <string>
#include <utility>
#include <vector>

namespace isolux
{
/** How a pipeline gets along with the memory that it may take. */
struct MemoryPlan
{
  bool         inPieces = false; ///< else the whole image is in memory
  unsigned int pieces = 1;
  unsigned int reads = 1; ///< times that the input is read: once by each learner's pass, and once for the output

  std::vector<std::pair<std::string, unsigned int>> learners; ///< stages, and the passes that each takes
  double      peak = 0.0;              ///< of the process and what it keeps in memory, in MiB: an estimate from above
  std::string obstacle;                ///< why it cannot be processed in pieces; "": it can
  bool        inflatesInMemory = true; ///< a compressed input; else into a scratch file beside the output
};

/** What an image and its surroundings take, in MiB where nothing is said. */
struct MemoryNeeds
{
  WorkImage::RegionType region;
  std::size_t           channels = 1;
  bool                  hasMask = false;       ///< given
  bool                  wantsPictures = false; ///< for a report
  double                inflated = 0.0;        ///< what a compressed input inflates to
  double                buffers = 0.0;         ///< of reading
  unsigned int          companions = 0; ///< further images of one frame, held as float32: weights, labels, a field
};

/** \param memory what the process may take, in MiB; 0: as much as it needs
 * \param prefersPieces in pieces also where memory would do, if the input is read no more than twice
 * \param obstacle why the files cannot be read or written in pieces; "": they can */
MemoryPlan
PlanMemory(
  const PipelineSpec & pipeline, const MemoryNeeds & needs, double memory, bool prefersPieces, std::string obstacle);
} // namespace isolux
