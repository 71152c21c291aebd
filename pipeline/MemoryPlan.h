#pragma once

#include "Pipeline.h"

#include <string>

namespace isolux
{
/** How a pipeline gets along with the memory that it may take. */
struct MemoryPlan
{
  bool         inPieces = false; ///< else the whole image is in memory
  unsigned int pieces = 1;
  unsigned int reads = 1;  ///< times that the input is read: once by each learner's pass, and once for the output
  double       peak = 0.0; ///< of the process, in MiB: an estimate from above
  std::string  obstacle;   ///< why it cannot be processed in pieces; "": it can
};

/** Of an image of that region, and so many channels.
 * \param memory what the process may take, in MiB; 0: as much as it needs
 * \param obstacle why the files cannot be read or written in pieces; "": they can */
MemoryPlan
PlanMemory(const PipelineSpec &          pipeline,
           const WorkImage::RegionType & whole,
           std::size_t                   channels,
           bool                          maskGiven,
           double                        memory,
           std::string                   obstacle);
} // namespace isolux
