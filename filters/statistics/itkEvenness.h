#ifndef itkEvenness_h
#define itkEvenness_h

#include "itkOtsuThresholds.h"
#include "itkPortableExp.h"
#include "itkPortableLog.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace itk
{
/** How even two tissues are. Smaller is more even; NaN of a tissue without values. */
struct TissueVariation
{
  std::array<double, 2> coefficientsOfVariation{};          ///< deviation / mean, of either tissue
  double                coefficientOfJointVariation{ 0.0 }; ///< (sd1 + sd2) / |mean2 - mean1|
};

/** Of the values whose tissue, `tissueOf(i)`, is 0 or 1; those of another number are left out. */
template <typename TFunction>
TissueVariation
MeasureTissueVariation(const std::vector<double> & values, TFunction && tissueOf)
{
  std::array<double, 2> sums{};
  std::array<double, 2> numbers{};
  std::array<double, 2> squares{};
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (const int tissue = tissueOf(i); tissue == 0 || tissue == 1)
    {
      sums[tissue] += values[i];
      numbers[tissue] += 1.0;
    }
  }
  const std::array<double, 2> means{ { sums[0] / numbers[0], sums[1] / numbers[1] } };
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (const int tissue = tissueOf(i); tissue == 0 || tissue == 1)
    {
      squares[tissue] += (values[i] - means[tissue]) * (values[i] - means[tissue]);
    }
  }
  const std::array<double, 2> deviations{ { std::sqrt(squares[0] / numbers[0]), std::sqrt(squares[1] / numbers[1]) } };
  return { { { deviations[0] / means[0], deviations[1] / means[1] } },
           (deviations[0] + deviations[1]) / std::abs(means[1] - means[0]) };
}

/** Two thresholds that part the values into three classes, by Otsu's method on 256 bins between the quantiles 0.001 and
 * 0.999; none where these are one value. The brighter two classes stand for tissues where there are no labels. */
inline std::vector<double>
ThreeClassThresholds(const std::vector<double> & values)
{
  if (values.empty())
  {
    return {};
  }
  constexpr std::size_t most = 250000; // of which the two quantiles are taken
  const std::size_t     step = std::max<std::size_t>(1, values.size() / most);
  std::vector<double>   sorted;
  for (std::size_t i = 0; i < values.size(); i += step)
  {
    sorted.push_back(values[i]);
  }
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
    return {};
  }
  std::vector<double> counts(256);
  for (const double value : values)
  {
    const double bin = (std::clamp(value, low, high) - low) / (high - low) * 256.0;
    counts[std::min<std::size_t>(255, static_cast<std::size_t>(bin))] += 1.0;
  }
  return OtsuThresholds(counts, low, high, 2);
}

/** The tissue of a value, for MeasureTissueVariation(): 0 and 1 are the brighter two of three classes, -1 the darkest.
 */
inline int
BrightTissueOf(double value, const std::vector<double> & thresholds)
{
  return value <= thresholds[0] ? -1 : value > thresholds[1];
}

/** Entropy, in bits, of the values' density: a histogram in bins of 0.01 under a Gaussian. NaN where there is none. */
inline double
DensityEntropy(const std::vector<double> & values, double deviation)
{
  constexpr double binWidth = 0.01;
  if (values.empty())
  {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const auto reach = static_cast<std::ptrdiff_t>(std::lround(4.0 * deviation / binWidth));
  const auto [lowest, highest] = std::minmax_element(values.begin(), values.end());
  const long          first = std::lround(*lowest / binWidth);
  const auto          bins = static_cast<std::size_t>(std::lround(*highest / binWidth) - first) + 1;
  std::vector<double> histogram(bins);
  for (const double value : values)
  {
    histogram[static_cast<std::size_t>(std::lround(value / binWidth) - first)] += 1.0;
  }
  std::vector<double> kernel;
  for (std::ptrdiff_t step = -reach; step <= reach; ++step)
  {
    const double distance = static_cast<double>(step) * binWidth / deviation;
    kernel.push_back(PortableExp(-0.5 * distance * distance));
  }
  std::vector<double> density(bins + kernel.size() - 1);
  double              total = 0.0;
  for (std::size_t bin = 0; bin < bins; ++bin)
  {
    for (std::size_t step = 0; step < kernel.size() && histogram[bin] > 0.0; ++step)
    {
      const double share = histogram[bin] * kernel[step];
      density[bin + step] += share;
      total += share;
    }
  }
  double entropy = 0.0;
  for (const double share : density)
  {
    entropy -= share > 0.0 ? share / total * PortableLog(share / total) : 0.0;
  }
  return entropy / PortableLog(2.0); // in bits
}
} // namespace itk

#endif
