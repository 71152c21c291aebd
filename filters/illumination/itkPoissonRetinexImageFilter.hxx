#ifndef itkPoissonRetinexImageFilter_hxx
#define itkPoissonRetinexImageFilter_hxx

#include <cmath>

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
  const auto & grid = domain.grid;
  const auto   length = grid.size[0];
  const auto   rows = static_cast<std::int64_t>(grid.NumberOfVoxels() / length);
  const auto   threshold = static_cast<float>(m_Threshold);
  const bool   isGradient = m_Edges == RetinexEdges::Gradient;
  const double unit = domain.finestSpacing * domain.finestSpacing;

  // The difference to a neighbour, 0 where either has no logarithm (NaN) and where it is an edge.
  const auto smallPart = [&](float from, float to)
  {
    const float difference = to - from;
    return std::abs(difference) <= (isGradient ? threshold : std::numeric_limits<float>::max()) ? difference : 0.0F;
  };
#pragma omp parallel for schedule(dynamic, 64)
  for (std::int64_t row = 0; row < rows; ++row)
  {
    const auto          first = static_cast<std::size_t>(row) * length;
    const float * const logs = domain.logImage.data() + first;
    float * const       source = illumination + first;
    for (unsigned int axis = 0; axis < PoissonGrid::MaximumDimension; ++axis)
    {
      if (!grid.IsConnected(axis))
      {
        continue;
      }
      const auto weight = static_cast<float>(grid.weight[axis] * (isGradient ? 1.0 : unit));
      const auto stride = static_cast<std::ptrdiff_t>(grid.Stride(axis));
      const auto place = first / grid.Stride(axis) % grid.size[axis];
      const auto add = [&](std::ptrdiff_t step, std::size_t begin, std::size_t end)
      {
        for (std::size_t i = begin; i < end; ++i)
        {
          source[i] -= weight * smallPart(logs[i], logs[static_cast<std::ptrdiff_t>(i) + step]);
        }
      };
      if (axis == 0)
      {
        add(1, 0, length - 1);
        add(-1, 1, length);
        continue;
      }
      add(stride, 0, place + 1 < grid.size[axis] ? length : 0);
      add(-stride, 0, place > 0 ? length : 0);
    }
    if (!isGradient)
    {
      const auto scale = static_cast<float>(1.0 / unit);
      for (std::size_t i = 0; i < length; ++i)
      {
        source[i] = std::abs(source[i]) <= threshold ? source[i] * scale : 0.0F;
      }
    }
  }
  const auto solved = solver.Solve(illumination, 0.0, 0.0, Tolerance);
  summary.cycles = solved.cycles;
  summary.iterations = 1;
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
