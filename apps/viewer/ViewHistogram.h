#pragma once

#include "ViewImage.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace isolux
{
/** Intensities drawn black and white. */
struct ViewWindow
{
  double low = 0.0;
  double high = 1.0;

  double
  Width() const
  {
    return high - low;
  }
  /** 0 at the black end, 1 at the white one. */
  double
  Level(double value) const
  {
    return (value - low) / (high - low);
  }
};

/** Intensities of one frame inside the mask, of one channel or of all together. */
struct ViewHistogram
{
  static constexpr std::size_t MostBins = 128;

  double                   low = 0.0;
  double                   high = 1.0;
  std::vector<std::size_t> counts; ///< of values, in equal bins from low to high
  std::size_t              below = 0;
  std::size_t              above = 0;
  std::size_t              voxels = 0;    ///< of which a channel at least is finite
  std::size_t              nonFinite = 0; ///< voxels of which a channel is NaN or infinite
};

/** From the 1st to the 99th percentile inside the mask (everywhere where it is null), of a sample that is drawn at
 * an even stride. */
ViewWindow
ChooseWindow(const ViewImage & image, std::size_t frame, const MaskImage * mask);

/** Every voxel is counted; the range is a little wider than the 0.1th to 99.9th percentile of that sample. Where values
 * lie a step apart, as integers do, each bin holds the same number of steps. */
ViewHistogram
CountIntensities(const ViewImage &          image,
                 std::size_t                frame,
                 const MaskImage *          mask,
                 std::optional<std::size_t> channel = std::nullopt);

/** The foreground stage's mask of an image's first channel; null where it finds nothing. */
MaskImage::Pointer
FindForeground(const ViewImage & image);
} // namespace isolux
