#pragma once

#include "itkImage.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

/** Heads of known illumination. The same bits on every machine: no <random>, and of <cmath> only what IEEE 754 defines
 * exactly (one logarithm is rounded to float); compile without contraction into fused multiply-add. */
namespace isolux::testing
{
using PhantomImage = itk::Image<float, 3>;
using PhantomLabels = itk::Image<unsigned char, 3>;

enum PhantomLabel : unsigned char
{
  BackgroundLabel = 0, ///< air, and the skull between brain and scalp
  CerebrospinalFluidLabel = 1,
  GreyMatterLabel = 2,
  WhiteMatterLabel = 3,
  ScalpLabel = 4,
  LesionLabel = 5, ///< part of the brain
  NumberOfPhantomLabels
};

enum class FieldKind
{
  None,
  Polynomial,  ///< of total degree 3, random coefficients
  Gaussians,   ///< four random bumps and dips
  SurfaceCoil, ///< three coils around the head, falling off as 1 / (1 + (distance / 0.9)^2)
  Sinusoidal   ///< products of waves of a quarter to half a period to either side of the centre
};

struct PhantomOptions
{
  /** The brain, 132 x 164 x 128 mm (160 x 192 x 156 mm with scalp), lies at the centre of the grid. */
  std::array<unsigned int, 3> size{ { 128, 160, 128 } };
  std::array<double, 3>       spacing{ { 1.25, 1.25, 1.25 } }; ///< mm
  unsigned int                supersampling = 2;               ///< samples per voxel and axis, for partial volume
  bool                        scalp = false;
  /** Anatomy in place of the drawn one, in PhantomLabel. Its grid replaces size and spacing, its borders are softened
   * by 0.6 voxels, and nothing is added to it. Not owned. */
  const PhantomLabels * labels = nullptr;
  unsigned int          slices = 1; ///< of the given labels, averaged into one along z

  std::array<double, NumberOfPhantomLabels> intensities{ { 0.0, 0.35, 0.68, 1.0, 0.9, 0.0 } }; ///< by PhantomLabel

  FieldKind field = FieldKind::Polynomial;
  /** Extremes in the brain, before division by the geometric mean: 1 - range / 2 and 1 + range / 2; in [0, 1.9]. */
  double        range = 0.4;
  double        noise = 0.03; ///< Rician: deviation of either channel, as a part of white matter's intensity
  std::uint64_t seed = 1;     ///< of field and noise
};

struct Phantom
{
  PhantomImage::Pointer  image; ///< tissue * field, with noise
  PhantomImage::Pointer  clean; ///< tissue without field, with the same noise
  PhantomImage::Pointer  field; ///< everywhere, geometric mean 1 in the brain
  PhantomLabels::Pointer brain; ///< 1 where CSF, GM, WM or lesion
  PhantomLabels::Pointer labels;
};

namespace phantom_detail
{
/** Random bits addressed by what they are for, so that no drawing depends on another. */
inline std::uint64_t
Hash(std::uint64_t seed, std::uint64_t stream, std::uint64_t index)
{
  std::uint64_t bits = seed * 0x9E3779B97F4A7C15u ^ stream * 0xD1B54A32D192ED03u ^ (index + 1) * 0x8CB92BA72F3D8DD7u;
  for (int round = 0; round < 2; ++round)
  {
    bits = (bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93u;
  }
  return bits ^ (bits >> 32);
}

/** In [low, high). */
inline double
Uniform(std::uint64_t seed, std::uint64_t stream, std::uint64_t index, double low, double high)
{
  return low + (high - low) * (static_cast<double>(Hash(seed, stream, index) >> 11) * 0x1p-53);
}

/** Standard deviation 1: the sum of twelve 16-bit uniforms, whose tails end at 6 (excess kurtosis -0.1). */
inline double
Normal(std::uint64_t seed, std::uint64_t stream, std::uint64_t index)
{
  std::uint32_t sum = 0;
  for (std::uint64_t part = 0; part < 3; ++part)
  {
    const std::uint64_t bits = Hash(seed, stream, 3 * index + part);
    sum += static_cast<std::uint32_t>((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48));
  }
  return (static_cast<double>(sum) - 6.0 * 65535.0) / 65536.0;
}

/** cos(2 pi turns) by its series, to 1e-10. */
inline double
Cosine(double turns)
{
  const double angle = 6.283185307179586 * (turns - std::floor(turns + 0.5));
  double       sum = 1.0;
  for (int k = 22; k > 0; k -= 2)
  {
    sum = 1.0 - angle * angle / (k * (k - 1)) * sum;
  }
  return sum;
}

/** exp(-x) for x >= 0, as (1 - x / 256)^256. */
inline double
Decay(double x)
{
  double power = std::max(0.0, 1.0 - x / 256.0);
  for (int squaring = 0; squaring < 8; ++squaring)
  {
    power *= power;
  }
  return power;
}

using Point = std::array<double, 3>;

/** The point's distance from the centre of an ellipsoid, as a part of the radius in that direction. */
inline double
EllipsoidRadius(const Point & point, const Point & centre, const Point & semiAxes)
{
  double sum = 0.0;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double ratio = (point[axis] - centre[axis]) / semiAxes[axis];
    sum += ratio * ratio;
  }
  return std::sqrt(sum);
}

/** Sulci are the zeros of a random sum of plane waves, whose sheets meander as cortex does. */
class Folding
{
public:
  /** Sampled along x at the given positions, in mm. */
  explicit Folding(const std::vector<double> & positions)
    : m_Value(positions.size())
  {
    for (std::size_t wave = 0; wave < Waves; ++wave)
    {
      constexpr std::uint64_t anatomy = 2026;
      Point                   direction;
      double                  length = 0.0;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        direction[axis] = Normal(anatomy, axis, wave);
        length += direction[axis] * direction[axis];
      }
      const double wavelength = Uniform(anatomy, 3, wave, 16.0, 28.0);
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        m_Frequency[wave][axis] = direction[axis] / std::sqrt(length) / wavelength;
      }
      m_Phase[wave] = Uniform(anatomy, 4, wave, 0.0, 1.0);
      m_Cosine[wave].resize(positions.size());
      m_Sine[wave].resize(positions.size());
      for (std::size_t i = 0; i < positions.size(); ++i)
      {
        m_Cosine[wave][i] = Cosine(m_Frequency[wave][0] * positions[i]);
        m_Sine[wave][i] = Cosine(m_Frequency[wave][0] * positions[i] - 0.25);
      }
    }
  }

  /** Approximate distance in mm to the nearest sheet, of each position in the row at y, z. */
  const std::vector<double> &
  Row(double y, double z)
  {
    std::fill(m_Value.begin(), m_Value.end(), 0.0);
    for (std::size_t wave = 0; wave < Waves; ++wave)
    {
      const double turns = m_Phase[wave] + m_Frequency[wave][1] * y + m_Frequency[wave][2] * z;
      const double cosine = Cosine(turns);
      const double sine = Cosine(turns - 0.25);
      for (std::size_t i = 0; i < m_Value.size(); ++i)
      {
        m_Value[i] += cosine * m_Cosine[wave][i] - sine * m_Sine[wave][i];
      }
    }
    constexpr double slope = 0.68; // per mm: a typical gradient of the sum at its zeros
    for (double & value : m_Value)
    {
      value = std::abs(value) / slope;
    }
    return m_Value;
  }

private:
  static constexpr std::size_t           Waves = 12;
  std::array<Point, Waves>               m_Frequency; ///< turns per mm
  std::array<double, Waves>              m_Phase;     ///< turns
  std::array<std::vector<double>, Waves> m_Cosine;
  std::array<std::vector<double>, Waves> m_Sine;
  std::vector<double>                    m_Value;
};

/** Of a point in mm from the centre; x left, y back, z up. */
inline PhantomLabel
TissueAt(const Point & point, double sulcusDistance, bool scalp)
{
  const double radius = EllipsoidRadius(point, { { 0, 0, 0 } }, { { 66, 82, 64 } });
  if (radius >= 1.0)
  {
    const double outside = EllipsoidRadius(point, { { 0, 0, 0 } }, { { 80, 96, 78 } });
    return scalp && radius > 1.1 && outside < 1.0 ? ScalpLabel : BackgroundLabel;
  }
  constexpr double coating = 1.5;    // mm of fluid around the brain
  constexpr double sulcusDepth = 24; // mm
  constexpr double cortex = 3.0;     // mm
  const double     depth = 70.0 * (1.0 - radius);

  double fluid = depth - coating; // signed distances in mm from the nearest fluid
  fluid = std::min(fluid, sulcusDistance - 1.2 * (1.0 - depth / sulcusDepth) + std::max(0.0, depth - sulcusDepth));
  if (point[2] > -5.0)
  {
    fluid = std::min(fluid, std::abs(point[0]) - 1.0 + std::max(0.0, depth - 40.0));
  }
  if (fluid < 0.0)
  {
    return CerebrospinalFluidLabel;
  }
  const Point side{ { std::abs(point[0]), point[1], point[2] } };
  if (EllipsoidRadius(side, { { 11, 4, 8 } }, { { 6, 26, 8 } }) < 1.0 ||
      EllipsoidRadius(side, { { 0, 2, -4 } }, { { 2.5, 12, 9 } }) < 1.0)
  {
    return CerebrospinalFluidLabel;
  }
  if (fluid < cortex || EllipsoidRadius(side, { { 12, 12, -2 } }, { { 9, 14, 8 } }) < 1.0 ||
      EllipsoidRadius(side, { { 26, -2, -1 } }, { { 6, 17, 11 } }) < 1.0 ||
      EllipsoidRadius(side, { { 18, -16, 7 } }, { { 5, 14, 9 } }) < 1.0)
  {
    return GreyMatterLabel;
  }
  return WhiteMatterLabel;
}

/** Coordinates in [-1, 1] along the grid's longest side; before scaling to the range. */
class RawField
{
public:
  RawField(FieldKind kind, std::uint64_t seed)
    : m_Kind(kind)
  {
    for (std::size_t i = 0; i < m_Random.size(); ++i)
    {
      m_Random[i] = Uniform(seed, 10, i, -1.0, 1.0);
    }
  }

  double
  operator()(const Point & point) const
  {
    switch (m_Kind)
    {
      case FieldKind::Polynomial:
        return Polynomial(point);
      case FieldKind::Gaussians:
        return Gaussians(point);
      case FieldKind::SurfaceCoil:
        return SurfaceCoil(point);
      case FieldKind::Sinusoidal:
        return Sinusoidal(point);
      case FieldKind::None:
        break;
    }
    return 0.0;
  }

private:
  double
  Polynomial(const Point & point) const
  {
    double      sum = 0.0;
    std::size_t term = 0;
    double      x = 1.0;
    for (int i = 0; i <= 3; ++i, x *= point[0])
    {
      double xy = x;
      for (int j = 0; i + j <= 3; ++j, xy *= point[1])
      {
        double xyz = xy;
        for (int k = 0; i + j + k <= 3; ++k, xyz *= point[2])
        {
          sum += m_Random[term++] * xyz;
        }
      }
    }
    return sum;
  }

  double
  Gaussians(const Point & point) const
  {
    double sum = 0.0;
    for (std::size_t bump = 0; bump < 4; ++bump)
    {
      const double * const random = &m_Random[5 * bump];
      const double         width = 0.6 + 0.15 * random[3];
      const double         height = (bump % 2 == 0 ? 1.0 : -1.0) * (0.75 + 0.25 * random[4]);
      sum += height * Decay(SquaredDistance(point, random, 0.7) / (2.0 * width * width));
    }
    return sum;
  }

  double
  SurfaceCoil(const Point & point) const
  {
    double sum = 0.0;
    for (std::size_t coil = 0; coil < 3; ++coil)
    {
      const double * const random = &m_Random[3 * coil];
      const double length = std::sqrt(random[0] * random[0] + random[1] * random[1] + random[2] * random[2] + 1e-6);
      sum += 1.0 / (1.0 + SquaredDistance(point, random, 1.3 / length) / 0.81);
    }
    return sum;
  }

  double
  Sinusoidal(const Point & point) const
  {
    const auto wave = [&](unsigned int axis, double turns, std::size_t phase)
    { return Cosine(turns * point[axis] + 0.5 * m_Random[phase]); };
    return wave(0, 0.25, 0) * wave(1, 0.25, 1) + 0.7 * wave(2, 0.35, 2) * wave(1, 0.25, 3) +
           0.5 * wave(0, 0.48, 4) * wave(2, 0.35, 5);
  }

  static double
  SquaredDistance(const Point & point, const double * centre, double scale)
  {
    double sum = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      const double difference = point[axis] - scale * centre[axis];
      sum += difference * difference;
    }
    return sum;
  }

  FieldKind              m_Kind;
  std::array<double, 20> m_Random;
};

template <typename TImage>
typename TImage::Pointer
AllocateLike(const itk::ImageBase<3> * grid)
{
  auto image = TImage::New();
  image->CopyInformation(grid);
  image->SetRegions(grid->GetLargestPossibleRegion());
  image->Allocate(true);
  return image;
}

/** Labels and tissue intensities of the drawn head. */
inline void
DrawHead(const PhantomOptions & options, PhantomLabels * labels, PhantomImage * tissue)
{
  const unsigned int samples = options.supersampling;
  const auto         position = [&](unsigned int axis, std::size_t sample)
  { return ((static_cast<double>(sample) + 0.5) / samples - 0.5 * options.size[axis]) * options.spacing[axis]; };
  const std::size_t   columns = options.size[0];
  std::vector<double> x(columns * samples);
  for (std::size_t i = 0; i < x.size(); ++i)
  {
    x[i] = position(0, i);
  }
  Folding                                  folding(x);
  std::vector<std::array<unsigned int, 5>> counts(columns);
  unsigned char *                          label = labels->GetBufferPointer();
  float *                                  value = tissue->GetBufferPointer();
  for (std::size_t slice = 0; slice < options.size[2]; ++slice)
  {
    for (std::size_t row = 0; row < options.size[1]; ++row)
    {
      std::fill(counts.begin(), counts.end(), std::array<unsigned int, 5>{});
      for (std::size_t sub = 0; sub < std::size_t{ samples } * samples; ++sub)
      {
        const double y = position(1, row * samples + sub % samples);
        const double z = position(2, slice * samples + sub / samples);
        const auto & sulcusDistance = folding.Row(y, z);
        for (std::size_t i = 0; i < x.size(); ++i)
        {
          ++counts[i / samples][TissueAt({ { x[i], y, z } }, sulcusDistance[i], options.scalp)];
        }
      }
      for (const auto & count : counts)
      {
        double sum = 0.0;
        for (std::size_t tissueLabel = 0; tissueLabel < count.size(); ++tissueLabel)
        {
          sum += count[tissueLabel] * options.intensities[tissueLabel];
        }
        *value++ = static_cast<float>(sum / (samples * samples * samples));
        *label++ = static_cast<unsigned char>(std::max_element(count.begin(), count.end()) - count.begin());
      }
    }
  }
}

/** Intensities of given labels, smoothed by (0.18, 0.64, 0.18) along each axis: a deviation of 0.6 voxels. */
inline void
PaintLabels(const PhantomOptions & options, const PhantomLabels * labels, PhantomImage * tissue)
{
  const auto        size = labels->GetLargestPossibleRegion().GetSize();
  const std::size_t count = labels->GetLargestPossibleRegion().GetNumberOfPixels();
  float * const     value = tissue->GetBufferPointer();
  for (std::size_t i = 0; i < count; ++i)
  {
    const unsigned char label = labels->GetBufferPointer()[i];
    if (label >= NumberOfPhantomLabels)
    {
      throw std::invalid_argument("phantom: labels must be 0 to 5, not " + std::to_string(label));
    }
    value[i] = static_cast<float>(options.intensities[label]);
  }
  std::vector<float> line;
  std::size_t        stride = 1;
  for (unsigned int axis = 0; axis < 3; stride *= size[axis++])
  {
    line.resize(size[axis]);
    for (std::size_t start = 0; start < count; ++start)
    {
      if (start / stride % size[axis] != 0)
      {
        continue;
      }
      for (std::size_t i = 0; i < line.size(); ++i)
      {
        line[i] = value[start + i * stride];
      }
      for (std::size_t i = 0; i < line.size(); ++i)
      {
        const float before = line[i == 0 ? 0 : i - 1];
        const float after = line[i + 1 == line.size() ? i : i + 1];
        value[start + i * stride] = 0.18f * (before + after) + 0.64f * line[i];
      }
    }
  }
}

/** The smallest box, from index 0 of the buffer, that holds the brain. */
inline PhantomLabels::RegionType
BrainBox(const PhantomLabels * brain)
{
  const auto          size = brain->GetLargestPossibleRegion().GetSize();
  std::array<long, 3> low;
  low.fill(std::numeric_limits<long>::max());
  std::array<long, 3>   high{ { -1, -1, -1 } };
  std::array<long, 3>   index{};
  const unsigned char * inside = brain->GetBufferPointer();
  for (index[2] = 0; index[2] < static_cast<long>(size[2]); ++index[2])
  {
    for (index[1] = 0; index[1] < static_cast<long>(size[1]); ++index[1])
    {
      for (index[0] = 0; index[0] < static_cast<long>(size[0]); ++index[0])
      {
        if (*inside++)
        {
          for (unsigned int axis = 0; axis < 3; ++axis)
          {
            low[axis] = std::min(low[axis], index[axis]);
            high[axis] = std::max(high[axis], index[axis]);
          }
        }
      }
    }
  }
  PhantomLabels::RegionType box;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    box.SetIndex(axis, low[axis]);
    box.SetSize(axis, high[axis] < 0 ? 0 : high[axis] - low[axis] + 1);
  }
  return box;
}

/** Drawn in coordinates of the box, scaled to the options' range in the brain, then divided by the geometric mean
 * there.
 */
inline void
FillField(const PhantomOptions &            options,
          const PhantomLabels::RegionType & box,
          const PhantomLabels *             brain,
          PhantomImage *                    field)
{
  const auto   size = field->GetLargestPossibleRegion().GetSize();
  const auto   start = box.GetIndex();
  const auto   extent = box.GetSize();
  const auto   spacing = field->GetSpacing();
  const double halfLength = 0.5 * std::max({ extent[0] * spacing[0], extent[1] * spacing[1], extent[2] * spacing[2] });
  const RawField raw(options.field, options.seed);
  const auto     coordinate = [&](unsigned int axis, std::size_t index)
  {
    const double fromStart = static_cast<double>(index) + 0.5 - static_cast<double>(start[axis]);
    return (fromStart - 0.5 * static_cast<double>(extent[axis])) * spacing[axis] / halfLength;
  };

  float * const               value = field->GetBufferPointer();
  const unsigned char * const inside = brain->GetBufferPointer();
  double                      minimum = std::numeric_limits<double>::max();
  double                      maximum = std::numeric_limits<double>::lowest();
  std::size_t                 voxel = 0;
  for (std::size_t slice = 0; slice < size[2]; ++slice)
  {
    for (std::size_t row = 0; row < size[1]; ++row)
    {
      for (std::size_t column = 0; column < size[0]; ++column, ++voxel)
      {
        value[voxel] = static_cast<float>(raw({ { coordinate(0, column), coordinate(1, row), coordinate(2, slice) } }));
        if (inside[voxel])
        {
          minimum = std::min<double>(minimum, value[voxel]);
          maximum = std::max<double>(maximum, value[voxel]);
        }
      }
    }
  }
  const double scale = maximum > minimum ? options.range / (maximum - minimum) : 0.0;
  const double offset = maximum > minimum ? 1.0 - 0.5 * options.range - scale * minimum : 1.0;
  double       logSum = 0.0;
  std::size_t  count = 0;
  for (std::size_t i = 0; i < voxel; ++i)
  {
    value[i] = static_cast<float>(std::max(0.05, offset + scale * value[i]));
    if (inside[i])
    {
      logSum += std::log(static_cast<double>(value[i]));
      ++count;
    }
  }
  const auto geometricMean = static_cast<float>(std::exp(logSum / static_cast<double>(count)));
  for (std::size_t i = 0; i < voxel; ++i)
  {
    value[i] /= geometricMean;
  }
}

/** Means of every so many slices and their most frequent label, the lower of equals; what remains at the end is left
 * out. */
inline void
AverageSlices(unsigned int slices, PhantomLabels::Pointer & labels, PhantomImage::Pointer & tissue)
{
  auto region = labels->GetLargestPossibleRegion();
  auto spacing = labels->GetSpacing();
  auto origin = labels->GetOrigin();
  region.SetSize(2, region.GetSize(2) / slices);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    origin[axis] += 0.5 * (slices - 1) * spacing[2] * labels->GetDirection()[axis][2];
  }
  spacing[2] *= slices;

  const auto grid = PhantomLabels::New();
  grid->CopyInformation(labels);
  grid->SetRegions(region);
  grid->SetSpacing(spacing);
  grid->SetOrigin(origin);
  const auto        thickLabels = AllocateLike<PhantomLabels>(grid);
  const auto        thickTissue = AllocateLike<PhantomImage>(grid);
  const std::size_t area = region.GetSize(0) * region.GetSize(1);
  for (std::size_t i = 0; i < area * region.GetSize(2); ++i)
  {
    std::array<unsigned int, NumberOfPhantomLabels> counts{};
    double                                          sum = 0.0;
    for (std::size_t slice = 0; slice < slices; ++slice)
    {
      const std::size_t from = (i / area * slices + slice) * area + i % area;
      ++counts[labels->GetBufferPointer()[from]];
      sum += tissue->GetBufferPointer()[from];
    }
    thickTissue->GetBufferPointer()[i] = static_cast<float>(sum / slices);
    thickLabels->GetBufferPointer()[i] =
      static_cast<unsigned char>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  }
  labels = thickLabels;
  tissue = thickTissue;
}
} // namespace phantom_detail

/** \throws std::invalid_argument where nothing of the brain lies on the grid. */
inline Phantom
MakePhantom(const PhantomOptions & options)
{
  using namespace phantom_detail;
  Phantom phantom;
  if (options.labels)
  {
    phantom.labels = AllocateLike<PhantomLabels>(options.labels);
    std::copy_n(options.labels->GetBufferPointer(),
                options.labels->GetLargestPossibleRegion().GetNumberOfPixels(),
                phantom.labels->GetBufferPointer());
  }
  else
  {
    phantom.labels = PhantomLabels::New();
    PhantomLabels::SizeType  size;
    PhantomLabels::PointType origin;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      size[axis] = options.size[axis];
      origin[axis] = -0.5 * (options.size[axis] - 1.0) * options.spacing[axis];
    }
    phantom.labels->SetRegions(size);
    phantom.labels->SetSpacing(options.spacing.data());
    phantom.labels->SetOrigin(origin);
    phantom.labels->Allocate(true);
  }
  phantom.clean = AllocateLike<PhantomImage>(phantom.labels);
  if (options.labels)
  {
    PaintLabels(options, phantom.labels, phantom.clean);
    AverageSlices(options.slices, phantom.labels, phantom.clean);
  }
  else
  {
    DrawHead(options, phantom.labels, phantom.clean);
  }
  phantom.image = AllocateLike<PhantomImage>(phantom.labels);
  phantom.field = AllocateLike<PhantomImage>(phantom.labels);
  phantom.brain = AllocateLike<PhantomLabels>(phantom.labels);

  const std::size_t count = phantom.labels->GetLargestPossibleRegion().GetNumberOfPixels();
  std::size_t       brainVoxels = 0;
  for (std::size_t i = 0; i < count; ++i)
  {
    const unsigned char label = phantom.labels->GetBufferPointer()[i];
    const bool          brain = label != BackgroundLabel && label != ScalpLabel;
    phantom.brain->GetBufferPointer()[i] = brain;
    brainVoxels += brain;
  }
  if (brainVoxels == 0)
  {
    throw std::invalid_argument("phantom: no voxel of the grid lies in the brain; give a larger size or spacing");
  }
  FillField(options,
            options.labels ? BrainBox(phantom.brain) : phantom.labels->GetLargestPossibleRegion(),
            phantom.brain,
            phantom.field);

  const double deviation = options.noise * options.intensities[WhiteMatterLabel];
  for (std::size_t i = 0; i < count; ++i)
  {
    const double tissue = phantom.clean->GetBufferPointer()[i];
    const double real = deviation * Normal(options.seed, 20, i);
    const double imaginary = deviation * Normal(options.seed, 21, i);
    const auto   magnitude = [&](double signal)
    { return static_cast<float>(std::sqrt((signal + real) * (signal + real) + imaginary * imaginary)); };
    phantom.image->GetBufferPointer()[i] = magnitude(tissue * phantom.field->GetBufferPointer()[i]);
    phantom.clean->GetBufferPointer()[i] = magnitude(tissue);
  }
  return phantom;
}

/** Root mean square, over the mask, of log(estimate) - log(truth) less its mean: a constant factor is no error.
 * \throws std::invalid_argument where sizes differ, the mask is empty, or a value in the mask is not positive. */
inline double
LogFieldError(const PhantomImage * truth, const PhantomImage * estimate, const PhantomLabels * mask)
{
  const auto size = truth->GetBufferedRegion().GetSize();
  if (estimate->GetBufferedRegion().GetSize() != size || mask->GetBufferedRegion().GetSize() != size)
  {
    throw std::invalid_argument("LogFieldError: the two fields and the mask must have one size");
  }
  std::vector<double> difference;
  double              mean = 0.0;
  for (std::size_t i = 0; i < truth->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (mask->GetBufferPointer()[i])
    {
      const double ratio = double{ estimate->GetBufferPointer()[i] } / truth->GetBufferPointer()[i];
      if (!(ratio > 0.0))
      {
        throw std::invalid_argument("LogFieldError: fields must be positive in the mask; their ratio at voxel " +
                                    std::to_string(i) + " is " + std::to_string(ratio));
      }
      difference.push_back(std::log(ratio));
      mean += difference.back();
    }
  }
  if (difference.empty())
  {
    throw std::invalid_argument("LogFieldError: the mask is empty");
  }
  mean /= static_cast<double>(difference.size());
  double squares = 0.0;
  for (const double value : difference)
  {
    squares += (value - mean) * (value - mean);
  }
  return std::sqrt(squares / static_cast<double>(difference.size()));
}
} // namespace isolux::testing
