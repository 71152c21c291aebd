#include "MemoryPlan.h"

#include "ReducedPictures.h"

#include "itkImageRows.h"

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
constexpr double MiB = 1024.0 * 1024.0;
constexpr double Program = 52.0;     ///< MiB: code, libraries, threads, buffers of files
constexpr double Samples = 32.0;     ///< MiB: quantile sketches, and the voxels that evenness is measured on
constexpr double Copies = 6.0;       ///< of a volume, of float32, where it is in memory
constexpr double LargestPiece = 2.0; ///< MiB of float32: what stays in a processor's cache
constexpr double RowOfMask = 128.0;  ///< bytes that a mask is learned in, for each row of voxels: some ten runs
} // namespace

MemoryPlan
PlanMemory(
  const PipelineSpec & pipeline, const MemoryNeeds & needs, double memory, bool prefersPieces, std::string obstacle)
{
  const auto & whole = needs.region;
  const double rows = static_cast<double>(whole.GetNumberOfPixels() / whole.GetSize(0) / whole.GetSize(3));
  const double volume = 4.0 * static_cast<double>(whole.GetNumberOfPixels()) / MiB;
  MemoryPlan   plan;
  const double frame = volume / static_cast<double>(whole.GetSize(3));
  // A mask is read as float32, and kept as a byte for each voxel.
  const double held = frame * ((needs.hasMask ? 1.25 : 0.0) + needs.companions);
  plan.peak = Program + Samples + Copies * volume * static_cast<double>(needs.channels) + held;
  plan.obstacle = std::move(obstacle);
  const bool fits = memory == 0.0 || plan.peak <= memory;
  if (fits && !prefersPieces)
  {
    return plan;
  }
  bool   hasMask = needs.hasMask;
  double copies = 1.0;  // of a piece, that are in memory together
  double learned = 0.0; // MiB
  for (const auto & spec : pipeline.stages)
  {
    const auto & stage = BuiltInStages().Find(spec.name);
    if (stage.access == Access::WholeImage && plan.obstacle.empty())
    {
      plan.obstacle = stage.name + " holds the whole image";
    }
    if (stage.makesMask && hasMask)
    {
      continue; // passes it on
    }
    if (stage.access == Access::TwoPass)
    {
      plan.reads += stage.learningPasses;
      plan.learners.emplace_back(stage.name, stage.learningPasses);
    }
    learned += stage.makesMask ? RowOfMask * rows / MiB : 0.0;
    copies += stage.makesField ? 4.0 : 1.0;
    hasMask = hasMask || stage.makesMask;
  }
  if (pipeline.nan == "mean" && plan.obstacle.empty())
  {
    plan.obstacle = "--nan mean takes the mean of the whole output";
  }
  if (!plan.obstacle.empty() || (fits && plan.reads > 2))
  {
    return plan;
  }
  plan.reads *= static_cast<unsigned int>(needs.channels);
  double fixed =
    Program + Samples + needs.buffers + held + learned + (needs.wantsPictures ? ReducedPictures::MiB : 0.0);
  plan.inflatesInMemory = fits || fixed + needs.inflated + (copies + 1.0) * LargestPiece <= memory;
  fixed += plan.inflatesInMemory ? needs.inflated : 0.0;
  const double left = std::max(0.0, memory - fixed);
  const double piece = fits ? LargestPiece : std::clamp(left / (copies + 1.0), 0.25, LargestPiece);
  plan.inPieces = true;
  plan.pieces = itk::NumberOfRowDivisions(
    whole, static_cast<unsigned int>(std::min(1e6, std::max(1.0, std::ceil(volume / piece)))));
  plan.peak = fixed + (copies + 1.0) * volume / plan.pieces;
  return plan;
}
} // namespace isolux
