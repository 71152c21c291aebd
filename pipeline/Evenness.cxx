#include "Evenness.h"

#include "itkImageRows.h"
#include "itkOtsuThresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace isolux
{
namespace
{
/** Entropy, in bits, of the log intensities' density: bins of 0.01 under a Gaussian of deviation 0.05, which hides the
 * steps of 8-bit data. NaN where nothing is positive. */
double
LogEntropy(const std::vector<double> & intensities)
{
  constexpr double       binWidth = 0.01;
  constexpr double       deviation = 0.05;
  const long             reach = std::lround(4.0 * deviation / binWidth);
  std::map<long, double> histogram;
  std::map<long, double> density;
  for (const double intensity : intensities)
  {
    if (intensity > 0.0)
    {
      histogram[std::lround(std::log(intensity) / binWidth)] += 1.0;
    }
  }
  double total = 0.0;
  for (const auto & [bin, count] : histogram)
  {
    for (long step = -reach; step <= reach; ++step)
    {
      const double distance = static_cast<double>(step) * binWidth / deviation;
      const double share = count * std::exp(-0.5 * distance * distance);
      density[bin + step] += share;
      total += share;
    }
  }
  double entropy = total > 0.0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  for (const auto & [bin, share] : density)
  {
    entropy -= share / total * std::log2(share / total);
  }
  return entropy;
}
} // namespace

void
MeasureEvenness(const WorkImage * before, const WorkImage * corrected, const MaskImage * mask, ChannelReport & report)
{
  const auto          region = before->GetLargestPossibleRegion();
  const std::size_t   length = region.GetSize(0);
  const std::size_t   step = std::max<std::size_t>(1, region.GetNumberOfPixels() / 2000000);
  std::vector<double> first;
  std::vector<double> second;
  std::size_t         voxel = 0;
  itk::ForEachRow(before,
                  region,
                  [&](const WorkImage::IndexType & index, const float * row)
                  {
                    const float * correctedRow = corrected->GetBufferPointer() + corrected->ComputeOffset(index);
                    const unsigned char * maskRow = itk::MaskAt(mask, index);
                    for (std::size_t i = 0; i < length; ++i, ++voxel)
                    {
                      if (voxel % step == 0 && (maskRow == nullptr || maskRow[i] != 0) && std::isfinite(row[i]) &&
                          std::isfinite(correctedRow[i]))
                      {
                        first.push_back(row[i]);
                        second.push_back(correctedRow[i]);
                      }
                    }
                  });
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  report.evennessBefore = report.evennessAfter = { nan, nan, nan };
  if (second.size() < 100)
  {
    return;
  }
  auto       sorted = second;
  const auto at = [&sorted](double p)
  {
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), place, sorted.end());
    return *place;
  };
  const double low = at(0.001);
  const double high = at(0.999);
  if (!(low < high))
  {
    return;
  }
  std::vector<double> counts(256);
  for (const double value : second)
  {
    const double bin = (std::clamp(value, low, high) - low) / (high - low) * 256.0;
    counts[std::min<std::size_t>(255, static_cast<std::size_t>(bin))] += 1.0;
  }
  const auto thresholds = itk::OtsuThresholds(counts, low, high, 2);
  const auto measure = [&](const std::vector<double> & values)
  {
    double     sums[2] = {};
    double     numbers[2] = {};
    double     squares[2] = {};
    const auto classOf = [&](std::size_t i) { return second[i] <= thresholds[0] ? -1 : second[i] > thresholds[1]; };
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      if (const int tissue = classOf(i); tissue >= 0)
      {
        sums[tissue] += values[i];
        numbers[tissue] += 1.0;
      }
    }
    const double means[2] = { sums[0] / numbers[0], sums[1] / numbers[1] };
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      if (const int tissue = classOf(i); tissue >= 0)
      {
        squares[tissue] += (values[i] - means[tissue]) * (values[i] - means[tissue]);
      }
    }
    const double deviations[2] = { std::sqrt(squares[0] / numbers[0]), std::sqrt(squares[1] / numbers[1]) };

    return Evenness{ deviations[1] / means[1],
                     (deviations[0] + deviations[1]) / std::abs(means[1] - means[0]),
                     LogEntropy(values) };
  };
  report.evennessBefore = measure(first);
  report.evennessAfter = measure(second);
}
} // namespace isolux
