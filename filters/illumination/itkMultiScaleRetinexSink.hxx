#ifndef itkMultiScaleRetinexSink_hxx
#define itkMultiScaleRetinexSink_hxx

#include "itkGaussianPyramid.h"
#include "itkInstructionSet.h"
#include "itkPortableExp.h"
#include "itkPortableLog.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <type_traits>

namespace itk
{
namespace MultiScaleRetinexDetail
{
/** values[i] = x and weights[i] = 1 where a voxel counts, else 0; adds up the voxels inside the mask. Counts what is
 * positive, and neither so small nor so large that its mean is subnormal or infinite in float. For RunWith(). */
struct GatherPositive
{
  template <int, typename TPixel, typename TMaskPixel>
  [[gnu::always_inline]] static inline int
  Run(const TPixel * in, const TMaskPixel * mask, std::size_t length, float * values, float * weights, int * inside)
  {
    // The order of bits is that of positive numbers, and loops that compare numbers are not vectorised.
    using Real = std::conditional_t<std::is_same<TPixel, double>::value, double, float>;
    using Bits = std::conditional_t<std::is_same<TPixel, double>::value, std::int64_t, std::int32_t>;
    const auto bitsOf = [](Real x) __attribute__((always_inline))
    {
      Bits bits = 0;
      std::memcpy(&bits, &x, sizeof(bits));
      return bits;
    };
    const Bits smallest = bitsOf(static_cast<Real>(1.0 / LargestSmoothable));
    const Bits largest = bitsOf(static_cast<Real>(LargestSmoothable));
    const auto gather = [&](std::size_t i, bool isInside) __attribute__((always_inline))
    {
      const auto x = static_cast<Real>(in[i]);
      const bool counts = isInside & (bitsOf(x) >= smallest) & (bitsOf(x) <= largest);
      const Bits kept = counts ? bitsOf(x) : 0;
      Real       value{};
      std::memcpy(&value, &kept, sizeof(value));
      values[i] = static_cast<float>(value);
      weights[i] = static_cast<float>(static_cast<int>(counts));
      return static_cast<int>(counts);
    };
    int counted = 0;
    int maskVoxels = 0;
    if (mask == nullptr)
    {
      for (std::size_t i = 0; i < length; ++i)
      {
        counted += gather(i, true);
      }
      maskVoxels = static_cast<int>(length);
    }
    else
    {
      for (std::size_t i = 0; i < length; ++i)
      {
        counted += gather(i, mask[i] != 0);
        maskVoxels += static_cast<int>(mask[i] != 0);
      }
    }
    *inside = maskVoxels;
    return counted;
  }
};
} // namespace MultiScaleRetinexDetail

template <typename TInputImage, typename TMaskImage>
void
MultiScaleRetinexSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_Scales.empty())
  {
    itkExceptionMacro("Scales must hold at least one deviation in mm; it is empty.");
  }
  for (const double scale : m_Scales)
  {
    if (!(scale > 0.0 && std::isfinite(scale)))
    {
      itkExceptionMacro("Scales must be above 0 mm and finite, got " << scale << '.');
    }
  }
  if (!m_Weights.empty() && m_Weights.size() != m_Scales.size())
  {
    itkExceptionMacro("Weights must be one for each of the " << m_Scales.size() << " Scales, or none; got "
                                                             << m_Weights.size() << '.');
  }
  for (const double weight : m_Weights)
  {
    if (!(weight >= 0.0 && std::isfinite(weight)))
    {
      itkExceptionMacro("Weights must be at least 0 and finite, got " << weight << '.');
    }
  }
  if (!m_Weights.empty() && !(*std::max_element(m_Weights.begin(), m_Weights.end()) > 0.0))
  {
    itkExceptionMacro("Weights are all 0; give one at least a weight above 0.");
  }
  if (!(m_Floor >= 0.0 && m_Floor < 1.0))
  {
    itkExceptionMacro("Floor must be in [0, 1), got " << m_Floor << '.');
  }
}

template <typename TInputImage, typename TMaskImage>
void
MultiScaleRetinexSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_MaskVoxels = 0;
  m_Counted = 0;
  std::vector<std::size_t> order(m_Scales.size());
  std::iota(order.begin(), order.end(), std::size_t{ 0 });
  std::stable_sort(
    order.begin(), order.end(), [this](std::size_t a, std::size_t b) { return m_Scales[a] < m_Scales[b]; });
  const double sum = std::accumulate(m_Weights.begin(), m_Weights.end(), 0.0);
  const auto   spacing = this->GetInput()->GetSpacing();

  std::vector<typename PyramidType::DeviationsType> deviations;
  m_Shares.clear();
  for (const std::size_t k : order)
  {
    m_Shares.push_back(m_Weights.empty() ? 1.0 / static_cast<double>(m_Scales.size()) : m_Weights[k] / sum);
    deviations.emplace_back();
    for (unsigned int axis = 0; axis < Dimension; ++axis)
    {
      deviations.back()[axis] = m_Scales[k] / spacing[axis];
    }
  }
  m_Pyramid =
    std::make_unique<PyramidType>(this->GetInput()->GetLargestPossibleRegion(), deviations, this->GetMultiThreader());
}

template <typename TInputImage, typename TMaskImage>
void
MultiScaleRetinexSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  const TInputImage * image = this->GetInput();
  const TMaskImage *  mask = this->GetMaskImage();
  const auto          set = BestInstructionSet();
  m_Pyramid->Add(this->m_Region,
                 [&](const IndexType & index, std::size_t length, float * values, float * weights)
                 {
                   int inside = 0;
                   m_Counted += static_cast<std::uint64_t>(RunWith<MultiScaleRetinexDetail::GatherPositive>(
                     set,
                     image->GetBufferPointer() + image->ComputeOffset(index),
                     MaskAt(mask, index),
                     length,
                     values,
                     weights,
                     &inside));
                   m_MaskVoxels += static_cast<std::uint64_t>(inside);
                 });
}

template <typename TInputImage, typename TMaskImage>
void
MultiScaleRetinexSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  const std::unique_ptr<PyramidType> pyramid = std::move(m_Pyramid);
  MultiScaleRetinexSummary           summary;
  summary.maskVoxels = m_MaskVoxels;
  summary.excluded = m_MaskVoxels - m_Counted;
  pyramid->Finish();
  if (m_Counted == 0)
  {
    this->SetField(SmoothField{});
    this->SetSummary(summary);
    return;
  }
  const double        mean = pyramid->Mean();
  std::vector<double> logSurround(pyramid->Weights().size(), 0.0); // relative to the mean
  for (std::size_t k = 0; k < m_Shares.size(); ++k)
  {
    const auto          means = pyramid->Means(k);
    std::vector<double> logMeans(means.size());
    for (std::size_t i = 0; i < means.size(); ++i)
    {
      const double relative = static_cast<double>(means[i]) / mean; // 0 where no voxel is in reach: as the mean
      logMeans[i] = means[i] > 0.0F ? PortableLog(std::max(relative, m_Floor)) : 0.0;
    }
    const auto atFinest = pyramid->ToFinestGrid(k, std::move(logMeans));
    for (std::size_t i = 0; i < logSurround.size(); ++i)
    {
      logSurround[i] += m_Shares[k] * atFinest[i];
    }
  }
  double surrounds = 0.0;
  double weights = 0.0;
  for (std::size_t i = 0; i < logSurround.size(); ++i)
  {
    const auto weight = static_cast<double>(pyramid->Weights()[i]);
    surrounds += weight > 0.0 ? weight * PortableExp(logSurround[i]) : 0.0;
    weights += weight;
  }
  const double meanSurround = surrounds / weights;
  const double shift = PortableLog(m_Normalize ? 1.0 / meanSurround : mean);
  for (auto & value : logSurround)
  {
    value += shift;
  }
  summary.surround = mean * meanSurround;
  auto field = pyramid->Interpolate(std::move(logSurround));
  summary.fieldNodes = field.coefficients.size();
  for (auto & coefficient : field.coefficients)
  {
    coefficient = std::round(coefficient * 1e6) / 1e6; // few digits in a sidecar
  }
  const auto range = std::minmax_element(field.coefficients.begin(), field.coefficients.end());
  field.logMinimum = *range.first; // B-splines stay within their coefficients
  field.logMaximum = *range.second;
  this->SetField(field);
  this->SetSummary(summary);
}

template <typename TInputImage, typename TMaskImage>
void
MultiScaleRetinexSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Scales:";
  for (const double scale : m_Scales)
  {
    os << ' ' << scale;
  }
  os << '\n' << indent << "Weights:";
  for (const double weight : m_Weights)
  {
    os << ' ' << weight;
  }
  os << '\n' << indent << "Floor: " << m_Floor << '\n' << indent << "Normalize: " << m_Normalize << '\n';
}
} // namespace itk
#endif
