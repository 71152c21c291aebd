#ifndef itkPoissonRetinexImageFilter_hxx
#define itkPoissonRetinexImageFilter_hxx

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

namespace itk
{
template <typename TInputImage>
void
PoissonRetinexImageFilter<TInputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_Threshold >= 0.0))
  {
    itkExceptionMacro("Threshold must be at least 0, got " << m_Threshold << '.');
  }
}

template <typename TInputImage>
void
PoissonRetinexImageFilter<TInputImage>::Estimate(const typename Superclass::Domain & domain,
                                                 NeumannPoisson &                    solver,
                                                 float *                             illumination,
                                                 LogIlluminationSummary &            summary)
{
  const auto &        grid = domain.grid;
  const auto          voxels = grid.NumberOfVoxels();
  const auto          length = grid.size[0];
  const auto          threshold = static_cast<float>(m_Threshold);
  const bool          isGradient = m_Edges == RetinexEdges::Gradient;
  const double        unit = isGradient ? 1.0 : domain.finestSpacing * domain.finestSpacing;
  const float * const logs = domain.logImage.data();

  // result = -sum over neighbours of what difference(voxel, neighbour) says, times the axis' weight times `factor`.
  const auto divergence = [&](float * result, double factor, auto && difference)
  {
    const auto rows = static_cast<std::int64_t>(voxels / length);
#pragma omp parallel for schedule(dynamic, 64) if (voxels > Superclass::LargestOfOneThread)
    for (std::int64_t row = 0; row < rows; ++row)
    {
      const auto first = static_cast<std::size_t>(row) * length;
      std::fill_n(result + first, length, 0.0F);
      for (unsigned int axis = 0; axis < PoissonGrid::MaximumDimension; ++axis)
      {
        if (!grid.IsConnected(axis))
        {
          continue;
        }
        const auto weight = static_cast<float>(grid.weight[axis] * factor);
        const auto stride = grid.Stride(axis);
        const auto place = first / stride % grid.size[axis];
        const auto isLast = place + 1 == grid.size[axis];
        for (auto i = first; i < first + length - (axis == 0 ? 1 : 0) && (axis == 0 || !isLast); ++i)
        {
          result[i] -= weight * difference(i, i + stride);
        }
        for (auto i = first + (axis == 0 ? 1 : 0); i < first + length && (axis == 0 || place > 0); ++i)
        {
          result[i] -= weight * difference(i, i - stride);
        }
      }
    }
  };
  std::vector<float> source(voxels);
  // 0 where either has no logarithm (NaN) and where it is an edge
  divergence(source.data(),
             unit,
             [=, most = isGradient ? threshold : std::numeric_limits<float>::max()](std::size_t from, std::size_t to)
             {
               const float difference = logs[to] - logs[from];
               return std::abs(difference) <= most ? difference : 0.0F;
             });
  if (!isGradient)
  {
    const auto scale = static_cast<float>(1.0 / unit);
    std::transform(source.begin(),
                   source.end(),
                   source.begin(),
                   [=](float value) { return std::abs(value) <= threshold ? value * scale : 0.0F; });
  }
  this->ReportProgress(0.1);
  if (summary.excluded == 0 || !isGradient)
  {
    summary.Add(solver.Solve(source.data(), illumination, 0.0, Tolerance), Tolerance);
    summary.iterations = 1;
    return;
  }
  // Where differences are not known there is no equation. Conjugate gradients on those that are known, preconditioned
  // by the solution as if all were: of what agrees with them, that of the least gradient where they are not.
  const auto dot = [](const std::vector<float> & a, const std::vector<float> & b)
  {
    return std::inner_product(a.begin(),
                              a.end(),
                              b.begin(),
                              0.0,
                              std::plus<>(),
                              [](float x, float y) { return static_cast<double>(x) * static_cast<double>(y); });
  };
  std::vector<float>      step(voxels);
  std::vector<float>      direction(voxels);
  std::vector<float>      product(voxels);
  NeumannPoisson::Summary solved;
  double                  start = 0.0;
  double                  previous = 1.0;
  while (summary.iterations < MaximumNumberOfIterations)
  {
    std::fill(step.begin(), step.end(), 0.0F);
    solved.cycles = solver.Solve(source.data(), step.data(), 0.0, PreconditionerTolerance).cycles;
    ++summary.iterations;
    const double descent = dot(source, step);
    start = summary.iterations == 1 ? descent : start;
    solved.reduction = descent > 0.0 ? std::sqrt(descent / start) : 0.0;
    this->ReportProgress(0.1 + 0.9 * summary.iterations / MaximumNumberOfIterations);
    if (solved.reduction <= ToleranceWithHoles)
    {
      break;
    }
    const auto beta = static_cast<float>(summary.iterations == 1 ? 0.0 : descent / previous);
    previous = descent;
    std::transform(step.begin(),
                   step.end(),
                   direction.begin(),
                   direction.begin(),
                   [beta](float a, float b) { return a + beta * b; });
    divergence(product.data(),
               1.0,
               [&](std::size_t from, std::size_t to)
               { return std::isnan(logs[from]) || std::isnan(logs[to]) ? 0.0F : direction[to] - direction[from]; });
    const double curvature = dot(direction, product);
    if (!(curvature > 0.0))
    {
      break;
    }
    const auto along = static_cast<float>(descent / curvature);
    for (std::size_t i = 0; i < voxels; ++i)
    {
      illumination[i] += along * direction[i];
      source[i] -= along * product[i];
    }
  }
  summary.Add(solved, ToleranceWithHoles);
}

template <typename TInputImage>
void
PoissonRetinexImageFilter<TInputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Threshold: " << m_Threshold << '\n';
  os << indent << "Edges: " << (m_Edges == RetinexEdges::Gradient ? "Gradient" : "Laplacian") << '\n';
}
} // namespace itk
#endif
