#ifndef itkVariationalRetinexImageFilter_hxx
#define itkVariationalRetinexImageFilter_hxx

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TInputImage>
void
VariationalRetinexImageFilter<TInputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  const auto verify = [this](const char * name, double value, bool isBounded)
  {
    if (!(value >= 0.0 && (!isBounded || std::isfinite(value))))
    {
      itkExceptionMacro(<< name << " must be at least 0" << (isBounded ? " and finite" : "") << ", got " << value
                        << '.');
    }
  };
  verify("Threshold", m_Threshold, false);
  verify("Smoothness", m_Smoothness, true);
  verify("ConvergenceThreshold", m_ConvergenceThreshold, true);
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
  const auto & grid = domain.grid;
  const auto   length = grid.size[0];
  const auto   voxels = grid.NumberOfVoxels();
  const auto   rows = static_cast<std::int64_t>(voxels / length);
  const auto   threshold = static_cast<float>(m_Threshold);

  const float * const logs = domain.logImage.data();
  const bool          isFree = m_AtEdges == IlluminationAtEdges::Free;

  std::vector<unsigned int> axes;
  for (unsigned int axis = 0; axis < PoissonGrid::MaximumDimension; ++axis)
  {
    if (grid.IsConnected(axis))
    {
      axes.push_back(axis);
    }
  }
  // Calls f(axis, 1 / spacing, first voxel, end, stride) for each row's edges to the next voxel along each axis or,
  // with `before`, to the one before.
  const auto forEachEdge = [&](std::int64_t row, bool before, auto && f)
  {
    const auto first = static_cast<std::size_t>(row) * length;
    for (const auto axis : axes)
    {
      const auto stride = grid.Stride(axis);
      const auto inverse = static_cast<float>(std::sqrt(grid.weight[axis]));
      const auto place = first / stride % grid.size[axis];
      if (axis == 0)
      {
        f(axis, inverse, before ? first + 1 : first, before ? first + length : first + length - 1, stride);
      }
      else if (before ? place > 0 : place + 1 < grid.size[axis])
      {
        f(axis, inverse, first, first + length, stride);
      }
    }
  };
  const auto sumOverRows = [rows](auto && f)
  {
    std::vector<double> sums(static_cast<std::size_t>(rows), 0.0);
#pragma omp parallel for schedule(dynamic, 64)
    for (std::int64_t row = 0; row < rows; ++row)
    {
      sums[static_cast<std::size_t>(row)] = f(row);
    }
    double total = 0.0;
    for (const double sum : sums)
    {
      total += sum;
    }
    return total;
  };
  const auto isInside = [&](std::size_t i) { return domain.inside.empty() || domain.inside[i] != 0; };
  // What the gradient of l is fitted to along the edge from i; NaN where that is left out.
  const auto wanted = [&](float inverse, std::size_t i, std::size_t stride)
  {
    const float difference = logs[i + stride] - logs[i];
    const float beyond = isFree ? std::numeric_limits<float>::quiet_NaN() : 0.0F;
    return std::isnan(difference) || std::abs(difference) <= threshold ? difference * inverse : beyond;
  };

  double fitted = 0.0;
  double slopes = 0.0;
  for (const bool isCount : { true, false })
  {
    (isCount ? fitted : slopes) = sumOverRows(
      [&](std::int64_t row)
      {
        double sum = 0.0;
        forEachEdge(row,
                    false,
                    [&](unsigned int, float inverse, std::size_t begin, std::size_t end, std::size_t stride)
                    {
                      for (auto i = begin; i < end; ++i)
                      {
                        const bool isFitted = std::abs(logs[i + stride] - logs[i]) <= threshold;
                        const auto slope = isFitted ? std::abs(wanted(inverse, i, stride)) : 0.0F;
                        sum += isCount ? (isFitted ? 1.0 : 0.0) : static_cast<double>(slope);
                      }
                    });
        return sum;
      });
  }
  if (!(slopes > 0.0))
  {
    return;
  }
  const double typical = slopes / fitted;
  const auto   bound = static_cast<float>(typical); // of the Bregman variable
  const double bending = m_Smoothness * m_Smoothness;
  const auto   perVoxel = 1.0 / static_cast<double>(summary.voxels);

  // Gradient of l - wanted gradient + Bregman variable, for the edge from each voxel: within `bound` the next Bregman
  // variable, beyond it the sparse part.
  std::array<std::vector<float>, PoissonGrid::MaximumDimension> split;
  for (const auto axis : axes)
  {
    split[axis].resize(voxels, 0.0F);
  }
  std::vector<float> source(voxels, 0.0F);
  std::vector<float> increment(voxels, 0.0F);
  // The gradient that l is to have: wanted + sparse part - Bregman variable; where nothing is wanted, as it is.
  const auto target = [&](unsigned int axis, float inverse, std::size_t i, std::size_t stride)
  {
    const float want = wanted(inverse, i, stride);
    if (std::isnan(want))
    {
      return isInside(i) && isInside(i + stride) ? (illumination[i + stride] - illumination[i]) * inverse : 0.0F;
    }
    return want + split[axis][i] - 2.0F * std::min(bound, std::max(-bound, split[axis][i]));
  };
  double change = std::numeric_limits<double>::infinity();
  while (summary.iterations < m_MaximumNumberOfIterations && change > m_ConvergenceThreshold)
  {
#pragma omp parallel for schedule(dynamic, 64)
    for (std::int64_t row = 0; row < rows; ++row)
    {
      const auto first = static_cast<std::size_t>(row) * length;
      std::fill_n(&increment[first], length, 0.0F);
      for (const bool before : { false, true })
      {
        forEachEdge(row,
                    before,
                    [&](unsigned int axis, float inverse, std::size_t begin, std::size_t end, std::size_t stride)
                    {
                      for (auto i = begin; i < end; ++i)
                      {
                        const float flux = inverse * target(axis, inverse, before ? i - stride : i, stride);
                        increment[i] += before ? flux : -flux;
                      }
                    });
      }
      for (auto i = first; i < first + length; ++i)
      {
        std::swap(increment[i], source[i]);
        increment[i] = source[i] - increment[i];
      }
    }
    summary.cycles = solver.Solve(increment.data(), 0.0, bending, Tolerance).cycles;
    change = std::sqrt(perVoxel * sumOverRows(
                                    [&](std::int64_t row)
                                    {
                                      double     sum = 0.0;
                                      const auto first = static_cast<std::size_t>(row) * length;
                                      for (auto i = first; i < first + length; ++i)
                                      {
                                        illumination[i] += increment[i];
                                        sum += static_cast<double>(increment[i]) * static_cast<double>(increment[i]);
                                      }
                                      return sum;
                                    }));
    ++summary.iterations;
    const double energy = sumOverRows(
      [&](std::int64_t row)
      {
        double             sum = 0.0;
        std::vector<float> laplace(length, 0.0F);
        const auto         first = static_cast<std::size_t>(row) * length;
        for (const bool before : { false, true })
        {
          forEachEdge(row,
                      before,
                      [&](unsigned int axis, float inverse, std::size_t begin, std::size_t end, std::size_t stride)
                      {
                        for (auto i = begin; i < end; ++i)
                        {
                          const auto  from = before ? i - stride : i;
                          const float slope = (illumination[from + stride] - illumination[from]) * inverse;
                          if (isInside(from) && isInside(from + stride))
                          {
                            laplace[i - first] += (before ? -slope : slope) * inverse;
                          }
                          const float want =
                            before ? std::numeric_limits<float>::quiet_NaN() : wanted(inverse, i, stride);
                          if (!std::isnan(want))
                          {
                            split[axis][i] = slope - want + std::min(bound, std::max(-bound, split[axis][i]));
                            sum += static_cast<double>(std::abs(slope - want));
                          }
                        }
                      });
        }
        for (const float value : laplace)
        {
          sum += 0.5 * bending / typical * static_cast<double>(value) * static_cast<double>(value);
        }
        return sum;
      });
    summary.energies.push_back(energy * perVoxel);
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
