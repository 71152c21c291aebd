#include "Evenness.h"

#include "itkEvenness.h"
#include "itkImageRows.h"

#include <algorithm>
#include <cmath>
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
  for (const double intensity : intensities)
  {
    if (intensity > 0.0)
    {
      logs.push_back(std::log(intensity));
    }
  }
  return itk::DensityEntropy(logs, 0.05);
}

/** About two million voxels are enough. */
std::size_t
StepOf(const WorkImage & image)
{
  return std::max<std::size_t>(1, image.GetLargestPossibleRegion().GetNumberOfPixels() / 2000000);
}

/** Calls f(index of the row's first voxel, its pointer, its mask or null) for each row. */
template <typename TFunction>
void
ForEachMaskedRow(const WorkImage * image, const MaskImage * mask, TFunction && f)
{
  itk::ForEachRow(image,
                  image->GetLargestPossibleRegion(),
                  [&](const WorkImage::IndexType & index, const float * row)
                  { f(index, row, itk::MaskAt(mask, index)); });
}
} // namespace

void
MeasureEvenness(const WorkImage * before,
                const WorkImage * corrected,
                const MaskImage * mask,
                const Tissue &    tissue,
                ChannelReport &   report)
{
  const std::size_t   length = before->GetLargestPossibleRegion().GetSize(0);
  const std::size_t   step = StepOf(*before);
  std::vector<double> first;
  std::vector<double> second;
  std::vector<int>    labels;
  std::size_t         voxel = 0;
  ForEachMaskedRow(
    before,
    mask,
    [&](const WorkImage::IndexType & index, const float * row, const unsigned char * maskRow)
    {
      const float * correctedRow = corrected->GetBufferPointer() + corrected->ComputeOffset(index);
      const float * labelRow = itk::MaskAt(tissue.labels.GetPointer(), index);
      for (std::size_t i = 0; i < length; ++i, ++voxel)
      {
        if (voxel % step == 0 && (maskRow == nullptr || maskRow[i] != 0) && std::isfinite(row[i]) &&
            std::isfinite(correctedRow[i]))
        {
          first.push_back(row[i]);
          second.push_back(correctedRow[i]);
          if (labelRow != nullptr)
          {
            labels.push_back(labelRow[i] == tissue.values[0] ? 0 : labelRow[i] == tissue.values[1] ? 1 : -1);
          }
        }
      }
    });
  if (tissue.labels)
  {
    const auto measure = [&](const std::vector<double> & values)
    {
      const auto variation = itk::MeasureTissueVariation(values, [&](std::size_t i) { return labels[i]; });
      return TissueEvenness{ variation.coefficientsOfVariation[0],
                             variation.coefficientsOfVariation[1],
                             variation.coefficientOfJointVariation };
    };
    report.tissueBefore = measure(first);
    report.tissueAfter = measure(second);
    report.tissueVoxels = { static_cast<std::size_t>(std::count(labels.begin(), labels.end(), 0)),
                            static_cast<std::size_t>(std::count(labels.begin(), labels.end(), 1)) };
  }
  if (second.size() < 100)
  {
    return;
  }
  const auto thresholds = itk::ThreeClassThresholds(second);
  if (thresholds.empty())
  {
    return;
  }
  const auto measure = [&](const std::vector<double> & values)
  {
    const auto variation =
      itk::MeasureTissueVariation(values, [&](std::size_t i) { return itk::BrightTissueOf(second[i], thresholds); });
    return Evenness{ variation.coefficientsOfVariation[1], variation.coefficientOfJointVariation, LogEntropy(values) };
  };
  report.evennessBefore = measure(first);
  report.evennessAfter = measure(second);
}

FieldSummary
SummariseField(const WorkImage & field, const MaskImage * mask)
{
  const std::size_t  length = field.GetLargestPossibleRegion().GetSize(0);
  const std::size_t  step = StepOf(field);
  std::vector<float> drawn;
  std::size_t        voxel = 0;
  double             minimum = HUGE_VAL;
  double             maximum = 0.0;
  ForEachMaskedRow(&field,
                   mask,
                   [&](const WorkImage::IndexType &, const float * row, const unsigned char * maskRow)
                   {
                     for (std::size_t i = 0; i < length; ++i, ++voxel)
                     {
                       if ((maskRow == nullptr || maskRow[i] != 0) && row[i] > 0.0F && std::isfinite(row[i]))
                       {
                         minimum = std::min<double>(minimum, row[i]);
                         maximum = std::max<double>(maximum, row[i]);
                         if (voxel % step == 0)
                         {
                           drawn.push_back(row[i]);
                         }
                       }
                     }
                   });
  if (drawn.empty())
  {
    return { nan, nan, nan, nan, nan };
  }
  double sum = 0.0;
  double squares = 0.0;
  for (const float value : drawn)
  {
    const double logField = std::log(static_cast<double>(value)); // near 0: its square is no large number
    sum += logField;
    squares += logField * logField;
  }
  const auto   count = static_cast<double>(drawn.size());
  const double variance = squares / count - sum / count * (sum / count);
  const auto   at = [&drawn](double p)
  {
    const auto place = drawn.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(drawn.size() - 1) + 0.5);
    std::nth_element(drawn.begin(), place, drawn.end());
    return static_cast<double>(*place);
  };
  return { minimum, at(0.01), at(0.99), maximum, std::sqrt(std::max(0.0, variance)) };
}
} // namespace isolux
