#pragma once

#include "Volume.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace isolux::testing
{
/** Anisotropic, rotated about two axes, off centre, with a start index that is not zero: no two axes can be confused.
 */
inline WorkImage::Pointer
ObliqueGrid(const WorkImage::SizeType & size, const WorkImage::IndexType & start = { { 3, -2, 5, 0 } })
{
  auto image = WorkImage::New();
  image->SetRegions({ start, size });
  image->Allocate();
  const double             c = std::cos(0.3);
  const double             s = std::sin(0.3);
  const double             d = std::cos(-0.2);
  const double             t = std::sin(-0.2);
  const double             rotation[3][3] = { { c, -s * d, s * t }, { s, c * d, -c * t }, { 0, t, d } };
  WorkImage::DirectionType direction;
  direction.SetIdentity();
  for (unsigned int row = 0; row < 3; ++row)
  {
    for (unsigned int column = 0; column < 3; ++column)
    {
      direction[row][column] = rotation[row][column];
    }
  }
  image->SetDirection(direction);
  const double spacing[] = { 0.75, 1.5, 3.25, 2.5 };
  const double origin[] = { -31.5, 12.25, 100.0, 0.0 };
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  return image;
}

/** The same on an axis-parallel grid from index 0, which every format can hold. */
inline WorkImage::Pointer
PlainGrid(const WorkImage::SizeType & size)
{
  auto image = WorkImage::New();
  image->SetRegions(size);
  image->Allocate();
  return image;
}

/** Dark noisy air around an ellipsoid of two interleaved tissues, under a smooth shade; each frame of a series a little
 * brighter. All values positive. */
inline WorkImage::Pointer
FillHead(const WorkImage::Pointer & image, float gain = 100.0F, std::uint32_t seed = 1)
{
  const auto &  region = image->GetLargestPossibleRegion();
  std::uint32_t state = seed * 2654435761U + 1U;
  float *       voxel = image->GetBufferPointer();
  const auto    at = [&](unsigned int axis, std::size_t i)
  {
    return region.GetSize(axis) == 1
             ? 0.0
             : 2.0 * static_cast<double>(i) / static_cast<double>(region.GetSize(axis) - 1) - 1.0;
  };
  for (std::size_t t = 0; t < region.GetSize(3); ++t)
  {
    for (std::size_t z = 0; z < region.GetSize(2); ++z)
    {
      for (std::size_t y = 0; y < region.GetSize(1); ++y)
      {
        for (std::size_t x = 0; x < region.GetSize(0); ++x, ++voxel)
        {
          state = state * 1664525U + 1013904223U;
          const double noise = static_cast<double>(state >> 8U) / 16777216.0;
          const double u = at(0, x);
          const double v = at(1, y);
          const double w = at(2, z);
          const bool   inside = u * u + v * v + w * w < 0.8;
          const double tissue = (x / 4 + y / 4 + z / 4) % 2 == 0 ? 1.0 : 0.6;
          const double shade = 1.0 + 0.3 * u - 0.2 * v * v + 0.1 * w;
          *voxel = gain * static_cast<float>(inside ? tissue * shade * (0.98 + 0.04 * noise) *
                                                        (1.0 + 0.05 * static_cast<double>(t))
                                                    : 0.001 + 0.01 * noise);
        }
      }
    }
  }
  return image;
}

/** The voxels that FillHead() puts inside. */
inline MaskImage::Pointer
MaskAbove(const WorkImage & image, float threshold)
{
  auto region = image.GetLargestPossibleRegion();
  region.SetSize(3, 1);
  auto mask = MaskImage::New();
  mask->SetRegions(region);
  mask->SetSpacing(image.GetSpacing());
  mask->SetOrigin(image.GetOrigin());
  mask->SetDirection(image.GetDirection());
  mask->Allocate();
  for (std::size_t i = 0; i < region.GetNumberOfPixels(); ++i)
  {
    mask->GetBufferPointer()[i] = image.GetBufferPointer()[i] > threshold;
  }
  return mask;
}

inline std::vector<float>
PixelsOf(const WorkImage & image)
{
  return { image.GetBufferPointer(), image.GetBufferPointer() + image.GetBufferedRegion().GetNumberOfPixels() };
}

/** The bits, so that NaN equals NaN and 0 differs from -0. */
inline std::vector<std::uint32_t>
BitsOf(const WorkImage & image)
{
  std::vector<std::uint32_t> bits(image.GetBufferedRegion().GetNumberOfPixels());
  std::memcpy(bits.data(), image.GetBufferPointer(), 4 * bits.size());
  return bits;
}

inline WorkImage::Pointer
CopyOf(const WorkImage & image)
{
  auto copy = WorkImage::New();
  copy->CopyInformation(&image);
  copy->SetRegions(image.GetLargestPossibleRegion());
  copy->Allocate();
  std::memcpy(copy->GetBufferPointer(), image.GetBufferPointer(), 4 * image.GetBufferedRegion().GetNumberOfPixels());
  return copy;
}

/** A head as a file's contents. */
inline Volume
HeadVolume(const WorkImage::SizeType & size, float gain = 100.0F, std::uint32_t seed = 1)
{
  Volume volume;
  volume.axes = size[3] > 1 ? 4 : size[2] > 1 ? 3 : 2;
  volume.channels = { FillHead(PlainGrid(size), gain, seed) };
  return volume;
}
} // namespace isolux::testing
