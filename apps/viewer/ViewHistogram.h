#pragma once

#include "ViewImage.h"

#include <array>
#include <cstdint>

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

/** Intensities of one frame inside the mask, all channels together. */
struct ViewHistogram
{
  static constexpr std::size_t Bins = 128;

  double                        low = 0.0;
  double                        high = 1.0;
  std::array<std::size_t, Bins> counts{}; ///< of equal bins from low to high
  std::size_t                   below = 0;
  std::size_t                   above = 0;
  std::size_t                   nonFinite = 0;

  std::size_t
  Voxels() const; ///< finite ones
};

/** From the 1st to the 99th percentile inside the mask (everywhere where it is null), of a sample that is drawn at
 * an even stride. */
ViewWindow
ChooseWindow(const ViewImage & image, std::size_t frame, const MaskImage * mask);

/** Every voxel is counted; the range is a little wider than the 0.1th to 99.9th percentile of that sample. */
ViewHistogram
CountIntensities(const ViewImage & image, std::size_t frame, const MaskImage * mask);

/** The foreground stage's mask of an image's first channel; null where it finds nothing. */
MaskImage::Pointer
FindForeground(const ViewImage & image);
} // namespace isolux
