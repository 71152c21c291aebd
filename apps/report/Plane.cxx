#include "Plane.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace isolux
{
namespace
{
/** Index axis of each anatomical axis (left, posterior, superior): the pairing with the smallest angles. */
std::array<unsigned int, 3>
ClosestAxes(const WorkImage::DirectionType & direction)
{
  std::array<unsigned int, 3> order{ 0, 1, 2 };
  std::array<unsigned int, 3> best = order;
  double                      bestAgreement = -1.0;
  do
  {
    double agreement = 0.0;
    for (unsigned int anatomical = 0; anatomical < 3; ++anatomical)
    {
      agreement += std::abs(direction[anatomical][order[anatomical]]);
    }
    if (agreement > bestAgreement + 1e-9)
    {
      bestAgreement = agreement;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

struct MaskProfile
{
  std::array<std::vector<std::size_t>, 3> area; ///< voxels of each slice
  std::size_t                             voxels = 0;
};

MaskProfile
Measure(const MaskImage & mask, const unsigned int frame)
{
  const auto            size = mask.GetLargestPossibleRegion().GetSize();
  MaskProfile           profile;
  const unsigned char * voxel = mask.GetBufferPointer() + frame * size[0] * size[1] * size[2];
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    profile.area[axis].assign(size[axis], 0);
  }
  for (std::size_t z = 0; z < size[2]; ++z)
  {
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      std::size_t row = 0;
      for (std::size_t x = 0; x < size[0]; ++x, ++voxel)
      {
        if (*voxel != 0)
        {
          ++profile.area[0][x];
          ++row;
        }
      }
      profile.area[1][y] += row;
      profile.area[2][z] += row;
    }
    profile.voxels += profile.area[2][z];
  }
  return profile;
}

void
ChooseSlice(Plane & plane, const std::vector<std::size_t> & area, const std::size_t voxels)
{
  double sum = 0.0;
  for (std::size_t index = 0; index < area.size(); ++index)
  {
    sum += static_cast<double>(index) * static_cast<double>(area[index]);
  }
  const auto centre = static_cast<std::size_t>(std::lround(sum / static_cast<double>(voxels)));
  const auto largest = std::max_element(area.begin(), area.end());
  const bool isThin = 2 * area[centre] < *largest;
  plane.slice = static_cast<unsigned int>(isThin ? largest - area.begin() : static_cast<std::ptrdiff_t>(centre));
  plane.reason = isThin ? "where the mask is largest" : "through the mask’s centre";
}

template <typename TImage>
Raster
SliceOf(const TImage & image, const Plane & plane)
{
  const auto        region = image.GetBufferedRegion();
  const auto        size = region.GetSize();
  const std::size_t strides[] = { 1, size[0], size[0] * size[1], size[0] * size[1] * size[2] };
  const std::size_t columnStride = strides[plane.columnAxis];
  const std::size_t rowStride = strides[plane.rowAxis];
  const auto        frame = std::min<std::size_t>(plane.frame, size[3] - 1);
  const auto *      origin = image.GetBufferPointer() + plane.slice * strides[plane.sliceAxis] + frame * strides[3];

  Raster raster;
  raster.width = static_cast<unsigned int>(size[plane.columnAxis]);
  raster.height = static_cast<unsigned int>(size[plane.rowAxis]);
  raster.values.reserve(static_cast<std::size_t>(raster.width) * raster.height);
  for (unsigned int row = 0; row < raster.height; ++row)
  {
    const std::size_t y = plane.flipRows ? raster.height - 1 - row : row;
    for (unsigned int column = 0; column < raster.width; ++column)
    {
      const std::size_t x = plane.flipColumns ? raster.width - 1 - column : column;
      raster.values.push_back(static_cast<float>(origin[x * columnStride + y * rowStride]));
    }
  }
  return raster;
}

/** Weights of the input samples for each output sample. */
struct Tap
{
  unsigned int       first = 0;
  std::vector<float> weights;
};

std::vector<Tap>
TriangleTaps(const unsigned int input, const unsigned int output)
{
  const double     scale = static_cast<double>(input) / output;
  const double     reach = std::max(1.0, scale);
  std::vector<Tap> taps(output);
  for (unsigned int index = 0; index < output; ++index)
  {
    const double centre = (index + 0.5) * scale - 0.5;
    const auto   first = static_cast<int>(std::max(0.0, std::ceil(centre - reach)));
    const auto   last = static_cast<int>(std::min(input - 1.0, std::floor(centre + reach)));
    taps[index].first = static_cast<unsigned int>(first);
    for (int sample = first; sample <= last; ++sample)
    {
      taps[index].weights.push_back(static_cast<float>(std::max(0.0, 1.0 - std::abs(sample - centre) / reach)));
    }
  }
  return taps;
}
} // namespace

std::vector<Plane>
ChoosePlanes(const WorkImage & image, const MaskImage * mask)
{
  const auto   size = image.GetLargestPossibleRegion().GetSize();
  const auto & direction = image.GetDirection();
  const auto   axes = ClosestAxes(direction);

  const auto  frames = static_cast<unsigned int>(size[3]);
  MaskProfile profile;
  if (mask != nullptr)
  {
    const auto maskFrames = static_cast<unsigned int>(mask->GetLargestPossibleRegion().GetSize(3));
    profile = Measure(*mask, std::min(frames / 2, maskFrames - 1));
  }

  constexpr char towards[] = { 'L', 'P', 'S' };
  constexpr char from[] = { 'R', 'A', 'I' };
  struct View
  {
    const char * name;
    unsigned int column; ///< anatomical axis
    unsigned int row;
    unsigned int normal;
    bool         upwards; ///< the row axis points to the top
  };
  constexpr View views[] = { { "Axial", 0, 1, 2, false }, { "Coronal", 0, 2, 1, true }, { "Sagittal", 1, 2, 0, true } };

  const bool         flat = std::min({ size[0], size[1], size[2] }) == 1;
  std::vector<Plane> planes;
  for (const View & view : views)
  {
    Plane plane;
    plane.name = view.name;
    plane.columnAxis = axes[view.column];
    plane.rowAxis = axes[view.row];
    plane.sliceAxis = axes[view.normal];
    if (flat && size[plane.sliceAxis] != 1)
    {
      continue;
    }
    const double columnCosine = direction[view.column][plane.columnAxis];
    const double rowCosine = direction[view.row][plane.rowAxis];
    plane.flipColumns = columnCosine < 0.0;
    plane.flipRows = view.upwards ? rowCosine > 0.0 : rowCosine < 0.0;
    plane.left = from[view.column];
    plane.right = towards[view.column];
    plane.top = view.upwards ? towards[view.row] : from[view.row];
    plane.bottom = view.upwards ? from[view.row] : towards[view.row];
    plane.slices = static_cast<unsigned int>(size[plane.sliceAxis]);
    plane.slice = plane.slices / 2;
    plane.reason = "in the middle";
    if (profile.voxels > 0)
    {
      ChooseSlice(plane, profile.area[plane.sliceAxis], profile.voxels);
    }
    plane.frames = frames;
    plane.frame = frames / 2;
    const double normalCosine = direction[view.normal][plane.sliceAxis];
    const double smallestCosine =
      std::min({ 1.0, std::abs(columnCosine), std::abs(rowCosine), std::abs(normalCosine) });
    plane.degrees = std::acos(smallestCosine) * 180.0 / std::acos(-1.0);
    planes.push_back(std::move(plane));
    if (flat)
    {
      break;
    }
  }
  return planes;
}

std::pair<double, double>
Extent(const WorkImage & image, const Plane & plane)
{
  const auto   size = image.GetLargestPossibleRegion().GetSize();
  const auto & spacing = image.GetSpacing();
  return { static_cast<double>(size[plane.columnAxis]) * spacing[plane.columnAxis],
           static_cast<double>(size[plane.rowAxis]) * spacing[plane.rowAxis] };
}

Raster
Slice(const WorkImage & image, const Plane & plane)
{
  return SliceOf(image, plane);
}

Raster
Slice(const MaskImage & image, const Plane & plane)
{
  return SliceOf(image, plane);
}

Raster
Resample(const Raster & input, const unsigned int width, const unsigned int height)
{
  // Numerator and weight are carried apart, so that non-finite pixels drop out.
  const auto         columnTaps = TriangleTaps(input.width, width);
  const auto         rowTaps = TriangleTaps(input.height, height);
  std::vector<float> sums(static_cast<std::size_t>(width) * input.height, 0.0F);
  std::vector<float> weights(sums.size(), 0.0F);
  for (std::size_t row = 0; row < input.height; ++row)
  {
    for (std::size_t column = 0; column < width; ++column)
    {
      const Tap &       tap = columnTaps[column];
      const float *     source = input.values.data() + row * input.width + tap.first;
      const std::size_t target = row * width + column;
      for (std::size_t index = 0; index < tap.weights.size(); ++index)
      {
        if (std::isfinite(source[index]))
        {
          sums[target] += tap.weights[index] * source[index];
          weights[target] += tap.weights[index];
        }
      }
    }
  }

  Raster output;
  output.width = width;
  output.height = height;
  output.values.resize(static_cast<std::size_t>(width) * height);
  for (std::size_t row = 0; row < height; ++row)
  {
    const Tap & tap = rowTaps[row];
    for (std::size_t column = 0; column < width; ++column)
    {
      float sum = 0.0F;
      float weight = 0.0F;
      for (std::size_t index = 0; index < tap.weights.size(); ++index)
      {
        const std::size_t source = (tap.first + index) * width + column;
        sum += tap.weights[index] * sums[source];
        weight += tap.weights[index] * weights[source];
      }
      output.values[row * width + column] = weight > 0.0F ? sum / weight : std::numeric_limits<float>::quiet_NaN();
    }
  }
  return output;
}
} // namespace isolux
