#ifndef itkMaskedGaussian_h
#define itkMaskedGaussian_h

#include "itkImageRows.h"
#include "itkInstructionSet.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace itk
{
/** Intensities beyond it, in magnitude, count as non-finite where images are smoothed: a float holds no larger square.
 */
constexpr double LargestSmoothable = 1e18;

/** The weights at 0, at 1, ... `radius` voxels of a Gaussian of deviation `sigma` voxels, at least 1e-4; all of them,
 * on both sides, add up to 1.
 *
 * The discrete Gaussian exp(-t) I_n(t), t = sigma^2, by downward recurrence of the Bessel functions: its variance is
 * sigma^2 however narrow it is, where a sampled one is too sharp, and only +, * and / are used.
 *
 * \par Reference
 * T. Lindeberg, Scale-space for discrete signals, IEEE TPAMI 12:234, 1990. DOI 10.1109/34.49051 */
inline std::vector<float>
DiscreteGaussian(double sigma, std::size_t radius)
{
  const double        variance = sigma * sigma;
  std::vector<double> weights(radius + 1, 0.0);
  double              above = 0.0;
  double              weight = 1.0;
  // From 8 deviations on weights are 0 in float, and the recurrence has forgotten its start long before 4.
  for (auto n = static_cast<std::size_t>(std::ceil(8.0 * sigma)) + 4; n > 0; --n)
  {
    const double below = above + 2.0 * static_cast<double>(n) / variance * weight;
    above = weight;
    weight = below;
    if (n - 1 <= radius)
    {
      weights[n - 1] = weight;
    }
  }
  double sum = weights.front();
  for (std::size_t n = 1; n <= radius; ++n)
  {
    sum += 2.0 * weights[n];
  }
  std::vector<float> kernel;
  for (const double value : weights)
  {
    kernel.push_back(static_cast<float>(value / sum));
  }
  return kernel;
}

/** Calls f(begin, end) for parts of [0, count) in ITK's thread pool. */
template <typename TFunction>
void
ForEachPart(MultiThreaderBase * threader, std::size_t count, TFunction && f)
{
  const auto parts = std::min<std::size_t>(count, 4 * static_cast<std::size_t>(threader->GetNumberOfWorkUnits()));
  threader->ParallelizeArray(
    0, parts, [&](SizeValueType part) { f(count * part / parts, count * (part + 1) / parts); }, nullptr);
}

/** sums[i] = kernel[0] centre[i] + sum over n = 1 ... radius of kernel[n] (centre[i - n step] + centre[i + n step]), in
 * this order for each i, whatever the registers. For RunWith(). */
struct SymmetricSum
{
  template <int VWidth>
  [[gnu::always_inline]] static inline void
  Run(const float * centre, std::size_t step, const float * kernel, std::size_t radius, float * sums, std::size_t count)
  {
    constexpr std::size_t lanes = 8 * VWidth; // four registers: the additions of one wait for each other
    std::size_t           begin = 0;
    for (; begin + lanes <= count; begin += lanes)
    {
      RunLanes<lanes>(centre + begin, step, kernel, radius, sums + begin);
    }
    for (; begin < count; ++begin)
    {
      RunLanes<1>(centre + begin, step, kernel, radius, sums + begin);
    }
  }

private:
  template <std::size_t VLanes>
  [[gnu::always_inline]] static inline void
  RunLanes(const float * centre, std::size_t step, const float * kernel, std::size_t radius, float * sums)
  {
    float total[VLanes];
    for (std::size_t i = 0; i < VLanes; ++i)
    {
      total[i] = kernel[0] * centre[i];
    }
    for (std::size_t n = 1; n <= radius; ++n)
    {
      const float * below = centre - n * step;
      const float * above = centre + n * step;
      for (std::size_t i = 0; i < VLanes; ++i)
      {
        total[i] += kernel[n] * (below[i] + above[i]);
      }
    }
    std::copy_n(total, VLanes, sums);
  }
};

/** \class MaskedGaussian
 * \brief Gaussian mean of the voxels that count, G * (m x) / G * m: no dark rim at holes, mask and image border.
 *
 * Works on a buffer of whole rows, x fastest, with weights m of 0 or 1; beyond the buffer the weight is 0. Separable,
 * in float, with a fixed order of additions for each voxel: a voxel has the same bits in every buffer that holds its
 * surroundings up to Radius(), or the image's border, for any number of threads.
 *
 * \par Reference
 * H. Knutsson, C.-F. Westin, Normalized and differential convolution, CVPR 1993. DOI 10.1109/CVPR.1993.341081
 * \ingroup Spatial
 */
template <unsigned int VDimension>
class MaskedGaussian
{
public:
  using SizeType = Size<VDimension>;
  using AxesType = std::array<bool, VDimension>;
  /** Of each axis, see DiscreteGaussian(). Empty: the axis is left out. */
  using KernelsType = std::array<std::vector<float>, VDimension>;

  /** Deviations at which the kernel ends. */
  static constexpr double Truncation = 4.0;

  /** Kernels of deviation `sigma` mm along the wanted axes of an image. Left out are axes of one voxel and those where
   * sigma is below 1e-4 voxel. Beyond 100 times the extent a Gaussian is flat: sigma is held there. */
  template <typename TImage>
  static KernelsType
  Kernels(const TImage * image, double sigma, const AxesType & axes)
  {
    KernelsType kernels;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      const auto   extent = image->GetLargestPossibleRegion().GetSize(axis);
      const double width = std::min(sigma / image->GetSpacing()[axis], 100.0 * static_cast<double>(extent));
      if (axes[axis] && extent > 1 && width >= 1e-4)
      {
        const auto radius = static_cast<SizeValueType>(std::ceil(Truncation * width));
        kernels[axis] = DiscreteGaussian(width, std::min(radius, extent - 1));
      }
    }
    return kernels;
  }

  /** Voxels to each side that a voxel's mean rests on. */
  static SizeType
  Radius(const KernelsType & kernels)
  {
    SizeType radius;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      radius[axis] = kernels[axis].empty() ? 0 : kernels[axis].size() - 1;
    }
    return radius;
  }

  /** For buffers of `size`, with the weight of each voxel; `threader` is used as long as this object is. */
  MaskedGaussian(const KernelsType &        kernels,
                 const SizeType &           size,
                 const std::vector<float> & weights,
                 MultiThreaderBase *        threader)
    : m_Kernels(kernels)
    , m_Size(size)
    , m_Threader(threader)
    , m_Reciprocal(weights)
  {
    this->Convolve(m_Reciprocal.data());
    ForEachPart(m_Threader,
                m_Reciprocal.size(),
                [this](std::size_t begin, std::size_t end)
                {
                  for (auto i = begin; i < end; ++i)
                  {
                    m_Reciprocal[i] = m_Reciprocal[i] > 1e-30F ? 1.0F / m_Reciprocal[i] : 0.0F; // below, infinite
                  }
                });
  }

  /** Replaces every value, holes included, by the mean of those that count; by 0 where none is in reach. Voxels of
   * weight 0 must hold 0. */
  void
  Smooth(std::vector<float> & values) const
  {
    this->Convolve(values.data());
    ForEachPart(m_Threader,
                values.size(),
                [&](std::size_t begin, std::size_t end)
                {
                  for (auto i = begin; i < end; ++i)
                  {
                    values[i] *= m_Reciprocal[i];
                  }
                });
  }

private:
  static constexpr std::size_t Columns = 64; // of a slab: it stays in the second-level cache

  void
  Convolve(float * values) const
  {
    std::size_t inner = 1;
    std::size_t outer = 1;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      outer *= m_Size[axis];
    }
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      outer /= std::max<std::size_t>(1, m_Size[axis]);
      if (!m_Kernels[axis].empty())
      {
        this->ConvolveAxis(values, axis, inner, outer);
      }
      inner *= m_Size[axis];
    }
  }

  /** `inner` neighbouring voxels, the axis' extent of them in a row, and `outer` such slabs. */
  void
  ConvolveAxis(float * values, unsigned int axis, std::size_t inner, std::size_t outer) const
  {
    const auto & kernel = m_Kernels[axis];
    const auto   radius = kernel.size() - 1;
    const auto   extent = static_cast<std::size_t>(m_Size[axis]);
    const auto   blocks = (inner + Columns - 1) / Columns;
    const auto   set = BestInstructionSet();
    ForEachPart(m_Threader,
                outer * blocks,
                [&](std::size_t begin, std::size_t end)
                {
                  std::vector<float> padded;
                  for (auto task = begin; task < end; ++task)
                  {
                    const auto column = task % blocks * Columns;
                    const auto width = std::min(Columns, inner - column);
                    float *    slab = values + task / blocks * extent * inner + column;
                    padded.assign((extent + 2 * radius) * width, 0.0F);
                    for (std::size_t i = 0; i < extent; ++i)
                    {
                      std::copy_n(slab + i * inner, width, &padded[(i + radius) * width]);
                    }
                    if (inner == 1)
                    {
                      RunWith<SymmetricSum>(
                        set, &padded[radius], std::size_t{ 1 }, kernel.data(), radius, slab, extent);
                      continue;
                    }
                    for (std::size_t i = 0; i < extent; ++i)
                    {
                      RunWith<SymmetricSum>(
                        set, &padded[(i + radius) * width], width, kernel.data(), radius, slab + i * inner, width);
                    }
                  }
                });
  }

  KernelsType         m_Kernels;
  SizeType            m_Size;
  MultiThreaderBase * m_Threader;
  std::vector<float>  m_Reciprocal; // of the weight in reach
};

/** The pieces, one or more, of a region that can be smoothed each by itself: cut along the slowest axis, where it is
 * not smoothed, into pieces of about `voxels`. */
template <unsigned int VDimension>
std::vector<ImageRegion<VDimension>>
PiecesToSmooth(const ImageRegion<VDimension> & region, const Size<VDimension> & radius, std::size_t voxels = 1U << 18U)
{
  const unsigned int slow = SlowestAxis(region);
  const auto         extent = region.GetSize(slow);
  const auto         plane = std::max<std::size_t>(1, region.GetNumberOfPixels() / std::max<SizeValueType>(1, extent));
  const auto         thickness = radius[slow] > 0 ? extent : std::max<SizeValueType>(1, voxels / plane);
  std::vector<ImageRegion<VDimension>> pieces;
  for (SizeValueType begin = 0; begin < extent; begin += thickness)
  {
    auto piece = region;
    piece.SetIndex(slow, region.GetIndex(slow) + static_cast<IndexValueType>(begin));
    piece.SetSize(slow, std::min(thickness, extent - begin));
    pieces.push_back(piece);
  }
  return pieces;
}

/** Place of the voxel at `index` in a buffer that holds `region` and nothing else. */
template <unsigned int VDimension>
std::size_t
OffsetInRegion(const ImageRegion<VDimension> & region, const Index<VDimension> & index)
{
  std::size_t offset = 0;
  for (unsigned int axis = VDimension; axis-- > 0;)
  {
    offset = offset * region.GetSize(axis) + static_cast<std::size_t>(index[axis] - region.GetIndex(axis));
  }
  return offset;
}

/** Fills `values` with (x - offset) scale over `region` and `weights` with 1; both with 0 at holes: where the mask, if
 * there is one, is 0, and where the value is not finite or beyond LargestSmoothable. */
template <typename TImage, typename TMask>
void
GatherToSmooth(const TImage *                      image,
               const TMask *                       mask,
               const typename TImage::RegionType & region,
               double                              offset,
               double                              scale,
               std::vector<float> &                values,
               std::vector<float> &                weights,
               MultiThreaderBase *                 threader)
{
  const auto length = static_cast<std::size_t>(region.GetSize(0));
  values.resize(region.GetNumberOfPixels());
  weights.resize(region.GetNumberOfPixels());
  ForEachPart(threader,
              values.size() / std::max<std::size_t>(1, length),
              [&](std::size_t begin, std::size_t end)
              {
                for (auto row = begin; row < end; ++row)
                {
                  const auto   index = IndexOf(region, row, 1);
                  const auto * in = image->GetBufferPointer() + image->ComputeOffset(index);
                  const auto * inMask = MaskAt(mask, index);
                  for (std::size_t i = 0; i < length; ++i)
                  {
                    const double value = (static_cast<double>(in[i]) - offset) * scale;
                    const bool   counts = std::abs(value) <= LargestSmoothable && (!inMask || inMask[i] != 0);
                    values[row * length + i] = counts ? static_cast<float>(value) : 0.0F;
                    weights[row * length + i] = counts ? 1.0F : 0.0F;
                  }
                }
              });
}

/** Fills `piece` of the output: with f(input, place in buffers over `region`) where the weight is not 0; of the holes
 * with 0 where the mask `zeroed`, if there is one, is 0, and with the input elsewhere. */
template <typename TImage, typename TMask, typename TOutput, typename TFunction>
void
WriteSmoothed(const TImage *                      image,
              const TMask *                       zeroed,
              TOutput *                           output,
              const typename TImage::RegionType & piece,
              const typename TImage::RegionType & region,
              const std::vector<float> &          weights,
              MultiThreaderBase *                 threader,
              TFunction &&                        f)
{
  using OutputPixelType = typename TOutput::PixelType;
  threader->template ParallelizeImageRegion<TImage::ImageDimension>(
    piece,
    [&](const typename TImage::RegionType & part)
    {
      const auto length = static_cast<std::size_t>(part.GetSize(0));
      ForEachRow(output,
                 part,
                 [&](const typename TImage::IndexType & index, OutputPixelType * out)
                 {
                   const auto * in = image->GetBufferPointer() + image->ComputeOffset(index);
                   const auto * isKept = MaskAt(zeroed, index);
                   const auto   first = OffsetInRegion(region, index);
                   for (std::size_t i = 0; i < length; ++i)
                   {
                     const auto value = static_cast<double>(in[i]);
                     const bool isZero = isKept != nullptr && isKept[i] == 0;
                     out[i] = static_cast<OutputPixelType>(weights[first + i] != 0.0F ? f(value, first + i)
                                                           : isZero                   ? 0.0
                                                                                      : value);
                   }
                 });
    },
    nullptr);
}
} // namespace itk

#endif
