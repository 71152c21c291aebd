#include "Evenness.h"

#include "itkEvenness.h"
#include "itkImageRows.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <future>
#include <iterator>
#include <limits>

namespace isolux
{
namespace
{
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/** Of the positive intensities; the blur hides the steps of 8-bit data. */
double
LogEntropy(const std::vector<double> & intensities)
{
  std::vector<double> logs;
  logs.reserve(intensities.size());
  std::copy_if(
    intensities.begin(), intensities.end(), std::back_inserter(logs), [](double intensity) { return intensity > 0.0; });
  for (double & value : logs)
  {
    value = itk::PortableLog(value);
  }
  return itk::DensityEntropy(logs, 0.05);
}

/** About half a million voxels are enough. */
std::size_t
StepOf(const WorkImage::RegionType & whole)
{
  return std::max<std::size_t>(1, whole.GetNumberOfPixels() / 500000);
}

/** Calls row(index) for every row of the piece, and what that returns with the number of every voxel in it that is
 * drawn of the whole. */
template <typename TFunction>
void
ForEachDrawn(const WorkImage::RegionType & whole,
             const WorkImage::RegionType & piece,
             const MaskImage *             mask,
             TFunction &&                  row)
{
  const std::size_t step = StepOf(whole);
  const auto        length = piece.GetSize(0);
  itk::ForEachRunIndex(piece,
                       1,
                       [&](const WorkImage::IndexType & index)
                       {
                         const auto *      maskRow = itk::MaskAt(mask, index);
                         const auto        f = row(index);
                         const std::size_t first = itk::NumberOf(whole, index);
                         for (std::size_t i = (step - first % step) % step; i < length; i += step)
                         {
                           if (maskRow == nullptr || maskRow[i] != 0)
                           {
                             f(i);
                           }
                         }
                       });
}
} // namespace

EvennessSample::EvennessSample(const WorkImage::RegionType & whole, const Tissue & tissue)
  : m_Whole(whole)
  , m_Tissue(tissue)
{
}

void
EvennessSample::Add(const WorkImage &             before,
                    const WorkImage &             corrected,
                    const MaskImage *             mask,
                    const WorkImage::RegionType & piece)
{
  m_IsOne = m_IsOne && &before == &corrected;
  m_Corrected.reserve(m_Whole.GetNumberOfPixels() / StepOf(m_Whole) + 1);
  m_Before.reserve(m_IsOne ? 0 : m_Corrected.capacity());
  ForEachDrawn(m_Whole,
               piece,
               mask,
               [&](const WorkImage::IndexType & index)
               {
                 const float * const beforeRow = itk::MaskAt(&before, index);
                 const float * const correctedRow = itk::MaskAt(&corrected, index);
                 const float * const labelRow = itk::MaskAt(m_Tissue.labels.GetPointer(), index);
                 return [=](std::size_t i)
                 {
                   if (!std::isfinite(beforeRow[i]) || !std::isfinite(correctedRow[i]))
                   {
                     return;
                   }
                   m_Corrected.push_back(correctedRow[i]);
                   if (!m_IsOne)
                   {
                     m_Before.push_back(beforeRow[i]);
                   }
                   if (labelRow != nullptr)
                   {
                     const float label = labelRow[i];
                     m_Labels.push_back(label == m_Tissue.values[0] ? 0 : label == m_Tissue.values[1] ? 1 : -1);
                   }
                 };
               });
}

void
EvennessSample::Report(ChannelReport & report) const
{
  if (m_Tissue.labels)
  {
    const auto measure = [&](const std::vector<double> & values)
    {
      const auto variation = itk::MeasureTissueVariation(values, [&](std::size_t i) { return m_Labels[i]; });
      return TissueEvenness{ variation.coefficientsOfVariation[0],
                             variation.coefficientsOfVariation[1],
                             variation.coefficientOfJointVariation };
    };
    report.tissueAfter = measure(m_Corrected);
    report.tissueBefore = m_IsOne ? report.tissueAfter : measure(m_Before);
    report.tissueVoxels = { static_cast<std::size_t>(std::count(m_Labels.begin(), m_Labels.end(), 0)),
                            static_cast<std::size_t>(std::count(m_Labels.begin(), m_Labels.end(), 1)) };
  }
  if (m_Corrected.size() < 100)
  {
    return;
  }
  auto       entropy = std::async(std::launch::async | std::launch::deferred, LogEntropy, std::cref(m_Corrected));
  const auto thresholds = itk::ThreeClassThresholds(m_Corrected);
  if (thresholds.empty())
  {
    return;
  }
  const auto measure = [&](const std::vector<double> & values, double logEntropy)
  {
    const auto variation = itk::MeasureTissueVariation(
      values, [&](std::size_t i) { return itk::BrightTissueOf(m_Corrected[i], thresholds); });
    return Evenness{ variation.coefficientsOfVariation[1], variation.coefficientOfJointVariation, logEntropy };
  };
  report.evennessAfter = measure(m_Corrected, entropy.get());
  report.evennessBefore = m_IsOne ? report.evennessAfter : measure(m_Before, LogEntropy(m_Before));
}

void
FieldSample::Add(const WorkImage & field, const MaskImage * mask, const WorkImage::RegionType & piece)
{
  const auto length = piece.GetSize(0);
  const auto isField = [](float value) { return value > 0.0F && std::isfinite(value); };
  itk::ForEachRow(&field,
                  piece,
                  [&](const WorkImage::IndexType & index, const float * row)
                  {
                    const auto * maskRow = itk::MaskAt(mask, index);
                    for (std::size_t i = 0; i < length; ++i)
                    {
                      if ((maskRow == nullptr || maskRow[i] != 0) && isField(row[i]))
                      {
                        m_Minimum = std::min<double>(m_Minimum, row[i]);
                        m_Maximum = std::max<double>(m_Maximum, row[i]);
                      }
                    }
                  });
  ForEachDrawn(m_Whole,
               piece,
               mask,
               [&](const WorkImage::IndexType & index)
               {
                 const float * const row = itk::MaskAt(&field, index);
                 return [this, row, isField](std::size_t i)
                 {
                   if (isField(row[i]))
                   {
                     m_Drawn.push_back(row[i]);
                   }
                 };
               });
}

FieldSummary
FieldSample::Summary() const
{
  if (m_Drawn.empty())
  {
    return { nan, nan, nan, nan, nan };
  }
  double sum = 0.0;
  double squares = 0.0;
  for (const float value : m_Drawn)
  {
    const double logField = itk::PortableLog(value); // near 0: its square is no large number
    sum += logField;
    squares += logField * logField;
  }
  const auto   count = static_cast<double>(m_Drawn.size());
  const double variance = squares / count - sum / count * (sum / count);
  auto         drawn = m_Drawn;
  const auto   at = [&drawn](double p)
  {
    const auto place = drawn.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(drawn.size() - 1) + 0.5);
    std::nth_element(drawn.begin(), place, drawn.end());
    return static_cast<double>(*place);
  };
  return { m_Minimum, at(0.01), at(0.99), m_Maximum, std::sqrt(std::max(0.0, variance)) };
}
} // namespace isolux
