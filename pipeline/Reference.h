#pragma once

#include "Stage.h"

#include "itkExactSum.h"
#include "itkLandmarkScale.h"
#include "itkMomentAccumulator.h"
#include "itkQuantileSketch.h"

#include <cstdint>
#include <string>
#include <vector>

namespace isolux
{
/** What many volumes have in common, in one channel. Merging is associative and commutative to the last bit. */
struct ReferenceChannel
{
  std::uint64_t          cases = 0;
  itk::MomentAccumulator pooled; ///< of every voxel of every case, as in one batch: batch-norm's statistics
  itk::ExactSum          means; ///< of each case's own mean and biased deviation: divided by `cases` those of a typical
  itk::ExactSum          deviations; ///< case, whatever its size: adaptive-norm's style
  itk::QuantileSketch    histogram;  ///< of every voxel, each at the centre of its bin
  itk::LandmarkScale     landmarks;  ///< quantile-norm's standard scale

  double
  TypicalMean() const
  {
    return means.Value() / static_cast<double>(cases);
  }
  double
  TypicalDeviation() const
  {
    return deviations.Value() / static_cast<double>(cases);
  }

  void
  Merge(const ReferenceChannel & other);
};

/** What one image adds to a reference: its intensities inside the mask; everywhere where that is null.
 * \throws Error headed by `name` where nothing is to be learned: no finite voxel, or but one intensity. */
ReferenceChannel
MeasureChannel(const WorkImage::Pointer & image, const MaskImage::Pointer & mask, const std::string & name);

/** What `fit` learns and a stage brings an image to. It names neither files nor persons. */
struct Reference
{
  std::string                   version;  ///< of the Isolux that measured
  std::string                   pipeline; ///< JSON: what each case went through before it was measured
  std::vector<ReferenceChannel> channels;

  /** The channel that serves channel `channel` of an image of `count` channels: a reference of one serves each.
   * \throws UsageError where the numbers of channels differ, headed by `name`. */
  const ReferenceChannel &
  Of(std::size_t channel, std::size_t count, const std::string & name) const;

  /** A reference of nothing takes the other's channels.
   * \throws Error where the numbers of channels or the landmarks' probabilities differ. */
  void
  Merge(const Reference & other);
};
} // namespace isolux
