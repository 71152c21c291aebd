#ifndef itkVariationalRetinexImageFilter_hxx
#define itkVariationalRetinexImageFilter_hxx

#include "itkInstructionSet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace itk
{
namespace VariationalRetinexDetail
{
/** What the gradient of l is fitted to. An edge joins voxel i and voxel i + stride, and is known by i. */
struct Fit
{
  const float *         logs;
  const unsigned char * inside; ///< 0 or 1; null: everywhere
  const float *         illumination;
  float                 threshold;
  float                 bound; ///< of the Bregman variable
  bool                  isFree;
};

/** Edges of neighbouring voxels of a row. */
struct Edges
{
  std::size_t    begin;
  std::size_t    count; ///< Strip at most
  std::ptrdiff_t stride;
  float          inverse; ///< 1 / spacing
};

constexpr std::size_t Strip = 256; // in the first-level cache

// Choices are made by masks, all bits or none: loops that choose between floats are not vectorised.
[[gnu::always_inline]] inline std::int32_t
BitsOf(float x)
{
  std::int32_t bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

/** x, or 0. */
[[gnu::always_inline]] inline float
Where(std::int32_t mask, float x)
{
  const std::int32_t bits = BitsOf(x) & mask;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/** |x| <= bound; not where x is NaN. */
[[gnu::always_inline]] inline std::int32_t
IsWithin(float x, float bound)
{
  return -static_cast<std::int32_t>((BitsOf(x) & 0x7fffffff) <= BitsOf(bound));
}

[[gnu::always_inline]] inline float
Clip(float x, float bound)
{
  return std::min(bound, std::max(-bound, x));
}

/** In a fixed order. */
[[gnu::always_inline]] inline double
Sum(const float * values, std::size_t count)
{
  constexpr std::size_t lanes = 8;
  double                parts[lanes] = {};
  std::size_t           i = 0;
  for (; i + lanes <= count; i += lanes)
  {
    for (std::size_t k = 0; k < lanes; ++k)
    {
      parts[k] += static_cast<double>(values[i + k]);
    }
  }
  for (; i < count; ++i)
  {
    parts[0] += static_cast<double>(values[i]);
  }
  double sum = 0.0;
  for (const double part : parts)
  {
    sum += part;
  }
  return sum;
}

/** What the gradient along each edge is fitted to, and whether it is. */
[[gnu::always_inline]] inline void
Wanted(const Fit & fit, const Edges & edges, float * want, std::int32_t * isFitted)
{
  const float * from = fit.logs + edges.begin;
  const float * to = from + edges.stride;
  const float   known = fit.isFree ? fit.threshold : std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < edges.count; ++i)
  {
    const float difference = to[i] - from[i];
    want[i] = Where(IsWithin(difference, fit.threshold), difference * edges.inverse);
    isFitted[i] = IsWithin(difference, known);
  }
}

/** Whether both ends of each edge are inside. */
[[gnu::always_inline]] inline void
BothInside(const Fit & fit, const Edges & edges, std::int32_t * both)
{
  if (fit.inside == nullptr)
  {
    std::fill_n(both, edges.count, -1);
    return;
  }
  const unsigned char * from = fit.inside + edges.begin;
  const unsigned char * to = from + edges.stride;
  for (std::size_t i = 0; i < edges.count; ++i)
  {
    both[i] = -static_cast<std::int32_t>(from[i] & to[i]);
  }
}

/** Adds the number of edges within the threshold to sums[0], their |gradients| to sums[1]. For RunWith(). */
struct SlopeKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const Fit * fit, const Edges * edges, double * sums)
  {
    float         slope[Strip];
    float         one[Strip];
    const float * from = fit->logs + edges->begin;
    const float * to = from + edges->stride;
    for (std::size_t i = 0; i < edges->count; ++i)
    {
      const float difference = to[i] - from[i];
      const auto  isSmall = IsWithin(difference, fit->threshold);
      one[i] = Where(isSmall, 1.0F);
      slope[i] = Where(isSmall, std::abs(difference) * edges->inverse);
    }
    sums[0] += Sum(one, edges->count);
    sums[1] += Sum(slope, edges->count);
  }
};

/** split = gradient of l - wanted + Bregman variable, the old split within the bound. Adds the |gradient - wanted| to
 * *sum. For RunWith(). */
struct SplitKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const Fit * fit, const Edges * edges, float * split, double * sum)
  {
    float        want[Strip];
    float        misfit[Strip];
    std::int32_t isFitted[Strip];
    Wanted(*fit, *edges, want, isFitted);
    const float * from = fit->illumination + edges->begin;
    const float * to = from + edges->stride;
    for (std::size_t i = 0; i < edges->count; ++i)
    {
      const float difference = Where(isFitted[i], (to[i] - from[i]) * edges->inverse - want[i]);
      split[i] = difference + Clip(split[i], fit->bound);
      misfit[i] = std::abs(difference);
    }
    *sum += Sum(misfit, edges->count);
  }
};

/** result += factor times the gradient that l is to have: wanted + sparse part - Bregman variable; where nothing is
 * wanted, as it is. For RunWith(). */
struct TargetKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const Fit * fit, const Edges * edges, const float * split, float factor, float * result)
  {
    float        want[Strip];
    std::int32_t isFitted[Strip];
    std::int32_t both[Strip];
    Wanted(*fit, *edges, want, isFitted);
    BothInside(*fit, *edges, both);
    const float * from = fit->illumination + edges->begin;
    const float * to = from + edges->stride;
    for (std::size_t i = 0; i < edges->count; ++i)
    {
      const float fitted = Where(isFitted[i], want[i] + split[i] - 2.0F * Clip(split[i], fit->bound));
      const float free = Where(both[i] & ~isFitted[i], (to[i] - from[i]) * edges->inverse);
      result[i] += factor * (fitted + free);
    }
  }
};

/** result += factor times the gradient of l inside the mask. For RunWith(). */
struct GradientKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const Fit * fit, const Edges * edges, float factor, float * result)
  {
    std::int32_t both[Strip];
    BothInside(*fit, *edges, both);
    const float * from = fit->illumination + edges->begin;
    const float * to = from + edges->stride;
    for (std::size_t i = 0; i < edges->count; ++i)
    {
      result[i] += factor * Where(both[i], (to[i] - from[i]) * edges->inverse);
    }
  }
};

/** Adds the sum of squares to *sum, Strip values at most. For RunWith(). */
struct SquareKernel
{
  template <int>
  [[gnu::always_inline]] static inline void
  Run(const float * values, std::size_t count, double * sum)
  {
    float squares[Strip];
    for (std::size_t i = 0; i < count; ++i)
    {
      squares[i] = values[i] * values[i];
    }
    *sum += Sum(squares, count);
  }
};
} // namespace VariationalRetinexDetail

template <typename TInputImage>
void
VariationalRetinexImageFilter<TInputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_Threshold >= 0.0))
  {
    itkExceptionMacro("Threshold must be at least 0, got " << m_Threshold << '.');
  }
  if (!(m_Smoothness >= 0.0 && m_Smoothness <= MaximumSmoothness))
  {
    itkExceptionMacro("Smoothness must be in [0, " << MaximumSmoothness << "] mm, got " << m_Smoothness << '.');
  }
  if (!(m_ConvergenceThreshold >= 0.0 && std::isfinite(m_ConvergenceThreshold)))
  {
    itkExceptionMacro("ConvergenceThreshold must be at least 0 and finite, got " << m_ConvergenceThreshold << '.');
  }
  if (m_MaximumNumberOfIterations == 0)
  {
    itkExceptionMacro("MaximumNumberOfIterations must be above 0, got 0.");
  }
}

template <typename TInputImage>
void
VariationalRetinexImageFilter<TInputImage>::Estimate(const typename Superclass::Domain & domain,
                                                     NeumannPoisson &                    solver,
                                                     float *                             illumination,
                                                     LogIlluminationSummary &            summary)
{
  namespace detail = VariationalRetinexDetail;
  const auto & grid = domain.grid;
  const auto   length = grid.size[0];
  const auto   voxels = grid.NumberOfVoxels();
  const auto   stripsOfRow = (length + detail::Strip - 1) / detail::Strip;
  const auto   strips = static_cast<std::int64_t>(voxels / length * stripsOfRow);
  const auto   set = BestInstructionSet();
  detail::Fit  fit{ domain.logImage.data(),
                   domain.inside.empty() ? nullptr : domain.inside.data(),
                   illumination,
                   static_cast<float>(m_Threshold),
                   0.0F,
                   m_AtEdges == IlluminationAtEdges::Free };

  std::vector<unsigned int> axes;
  for (unsigned int axis = 0; axis < PoissonGrid::MaximumDimension; ++axis)
  {
    if (grid.IsConnected(axis))
    {
      axes.push_back(axis);
    }
  }
  // Calls f(first voxel, end) for each strip, a part of a row, in any order; adds up what it adds to two sums.
  using Sums = std::array<double, 2>;
  std::vector<Sums> ofStrip(static_cast<std::size_t>(strips));
  const auto        sumOverStrips = [&](auto && f)
  {
#pragma omp parallel for schedule(dynamic, 64) if (voxels > Superclass::LargestOfOneThread)
    for (std::int64_t strip = 0; strip < strips; ++strip)
    {
      const auto row = static_cast<std::size_t>(strip) / stripsOfRow;
      const auto x = static_cast<std::size_t>(strip) % stripsOfRow * detail::Strip;
      Sums &     sums = ofStrip[static_cast<std::size_t>(strip)];
      sums = {};
      f(row * length + x, row * length + std::min(length, x + detail::Strip), sums.data());
    }
    Sums total{};
    for (const Sums & sums : ofStrip)
    {
      total[0] += sums[0];
      total[1] += sums[1];
    }
    return total;
  };
  // Calls f(axis, edges, first of their voxels) for the edges of a strip to the next voxel along each axis or, with
  // `before`, from the one before.
  const auto forEachAxis = [&](std::size_t first, std::size_t end, bool before, auto && f)
  {
    for (const auto axis : axes)
    {
      const auto stride = grid.Stride(axis);
      const auto inverse = static_cast<float>(std::sqrt(grid.weight[axis]));
      const auto place = first / stride % grid.size[axis];
      auto       begin = first;
      auto       count = end - first;
      if (axis == 0)
      {
        begin += before && place == 0 ? 1 : 0;
        count -= (before ? place == 0 : place + count == length) ? 1 : 0;
      }
      else if (before ? place == 0 : place + 1 == grid.size[axis])
      {
        continue;
      }
      f(axis,
        detail::Edges{ before ? begin - stride : begin, count, static_cast<std::ptrdiff_t>(stride), inverse },
        begin);
    }
  };

  const auto slopes = sumOverStrips(
    [&](std::size_t first, std::size_t end, double * sums)
    {
      forEachAxis(first,
                  end,
                  false,
                  [&](unsigned int, const detail::Edges & edges, std::size_t)
                  { RunWith<detail::SlopeKernel>(set, &std::as_const(fit), &edges, sums); });
    });
  if (!(slopes[1] > 0.0))
  {
    return;
  }
  const double typical = slopes[1] / slopes[0];
  const double bending = m_Smoothness * m_Smoothness;
  const auto   perVoxel = 1.0 / static_cast<double>(summary.voxels);
  fit.bound = static_cast<float>(typical);

  // Gradient of l - wanted gradient + Bregman variable, for the edge from each voxel: within the bound the next Bregman
  // variable, beyond it the sparse part.
  std::array<std::vector<float>, PoissonGrid::MaximumDimension> split;
  for (const auto axis : axes)
  {
    split[axis].resize(voxels, 0.0F);
  }
  std::vector<float> source(voxels, 0.0F);
  std::vector<float> changeOfSource(voxels);
  std::vector<float> increment(voxels); // of the illumination
  double             change = std::numeric_limits<double>::infinity();
  while (summary.iterations < m_MaximumNumberOfIterations && change > m_ConvergenceThreshold)
  {
    sumOverStrips(
      [&](std::size_t first, std::size_t end, double *)
      {
        float now[detail::Strip] = {};
        for (const bool before : { false, true })
        {
          forEachAxis(first,
                      end,
                      before,
                      [&](unsigned int axis, const detail::Edges & edges, std::size_t voxel)
                      {
                        const float * const ofEdge = &split[axis][edges.begin];
                        const float         factor = before ? edges.inverse : -edges.inverse;
                        RunWith<detail::TargetKernel>(
                          set, &std::as_const(fit), &edges, ofEdge, factor, now + (voxel - first));
                      });
        }
        for (auto i = first; i < end; ++i)
        {
          changeOfSource[i] = now[i - first] - source[i];
          source[i] = now[i - first];
        }
      });
    summary.cycles =
      solver.Solve(changeOfSource.data(), increment.data(), bending, Tolerance, 0.5 * m_Smoothness).cycles;
    const auto squares = sumOverStrips(
      [&](std::size_t first, std::size_t end, double * sums)
      {
        for (auto i = first; i < end; ++i)
        {
          illumination[i] += increment[i];
        }
        RunWith<detail::SquareKernel>(set, &std::as_const(increment)[first], end - first, sums);
      });
    change = std::sqrt(perVoxel * squares[0]);
    ++summary.iterations;
    const auto energies = sumOverStrips(
      [&](std::size_t first, std::size_t end, double * sums)
      {
        float laplace[detail::Strip] = {};
        for (const bool before : { false, true })
        {
          forEachAxis(first,
                      end,
                      before,
                      [&](unsigned int axis, const detail::Edges & edges, std::size_t voxel)
                      {
                        const float factor = before ? -edges.inverse : edges.inverse;
                        RunWith<detail::GradientKernel>(
                          set, &std::as_const(fit), &edges, factor, laplace + (voxel - first));
                        if (!before)
                        {
                          RunWith<detail::SplitKernel>(set, &std::as_const(fit), &edges, &split[axis][voxel], sums);
                        }
                      });
        }
        RunWith<detail::SquareKernel>(set, static_cast<const float *>(laplace), end - first, sums + 1);
      });
    this->ReportProgress(static_cast<double>(summary.iterations) / m_MaximumNumberOfIterations);
    summary.energies.push_back(perVoxel * (energies[0] + 0.5 * bending / typical * energies[1]));
  }
}

template <typename TInputImage>
void
VariationalRetinexImageFilter<TInputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Threshold: " << m_Threshold << '\n';
  os << indent << "AtEdges: " << (m_AtEdges == IlluminationAtEdges::Flat ? "Flat" : "Free") << '\n';
  os << indent << "Smoothness: " << m_Smoothness << '\n';
  os << indent << "MaximumNumberOfIterations: " << m_MaximumNumberOfIterations << '\n';
  os << indent << "ConvergenceThreshold: " << m_ConvergenceThreshold << '\n';
}
} // namespace itk
#endif
