#pragma once

#include "Stage.h"

#include "itkHugePages.h"

#include <array>
#include <vector>

namespace isolux
{
using Extents = std::array<itk::SizeValueType, 4>;

inline WorkImage::SizeType
SizeOf(const Extents & extents)
{
  WorkImage::SizeType size;
  std::copy(extents.begin(), extents.end(), size.begin());
  return size;
}

/** An allocated image, not initialised. */
inline WorkImage::Pointer
MakeImage(const Extents & extents)
{
  auto image = WorkImage::New();
  image->SetRegions(SizeOf(extents));
  const auto voxels = image->GetLargestPossibleRegion().GetNumberOfPixels();
  if (voxels * sizeof(float) >= itk::LargeAllocation)
  {
    using Pixels = WorkImage::PixelContainer;
    const auto pixels = itk::HugePageContainer<Pixels::ElementIdentifier, Pixels::Element>::New();
    pixels->Allocate(voxels);
    image->SetPixelContainer(pixels);
  }
  image->Allocate();
  return image;
}

/** Interleaved pixels of type T to one image for each channel. */
template <typename T>
void
SplitChannels(const void * pixels, const std::vector<WorkImage::Pointer> & channels)
{
  const T * const   source = static_cast<const T *>(pixels);
  const std::size_t step = channels.size();
  for (std::size_t channel = 0; channel < step; ++channel)
  {
    float * const     target = channels[channel]->GetBufferPointer();
    const std::size_t count = channels[channel]->GetPixelContainer()->Size();
    for (std::size_t i = 0; i < count; ++i)
    {
      target[i] = static_cast<float>(source[i * step + channel]);
    }
  }
}

/** Rounded and clamped to 0 to 255; NaN becomes 0. */
std::vector<unsigned char>
ToUInt8(const WorkImage & image);

/** Axes up to the last one longer than 1; at least 2. */
inline unsigned int
CountAxes(const Extents & extents)
{
  unsigned int axes = 4;
  while (axes > 2 && extents[axes - 1] == 1)
  {
    --axes;
  }
  return axes;
}

/** Columns (in mm, LPS) of the first three axes become spacing and direction.
 * One column of no length is completed at right angles to the others with spacing 1.
 * False, and `image` untouched, where the columns span no volume or are not finite. */
bool
SetColumns(WorkImage & image, std::array<std::array<double, 3>, 3> columns, const std::array<double, 3> & origin);

/** Largest displacement of a corner over the first `axes` axes, in voxels of `a`; other axes and sizes are not
 * compared.
 */
double
CornerDisplacement(const WorkImage & a, const WorkImage & b, unsigned int axes);
} // namespace isolux
