#ifndef itkStackIllumination_h
#define itkStackIllumination_h

#include "itkCosineSeries.h"

#include <algorithm>
#include <cstddef>
#include <ostream>
#include <vector>

namespace itk
{
/** \class StackIllumination
 * \brief What the images of a stack have in common: x_i = b_i flat + dark + what is seen.
 *
 * The flat-field has the mean 1 over the plane, and is taken as LowestFlat where its series is below; a series without
 * terms is a flat-field of 1. The dark-field, in intensity, is 0 where its series is negative.
 * \ingroup Illumination
 */
class StackIllumination
{
public:
  static constexpr double LowestFlat = 0.05;
  static constexpr double LowestBaseline = 0.01; ///< of the mean baseline

  CosineSeries        flat;
  CosineSeries        dark;
  std::vector<double> baselines; ///< b_i of each image, in intensity; 0: the image has none

  bool
  operator==(const StackIllumination & other) const
  {
    return flat == other.flat && dark == other.dark && baselines == other.baselines;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const StackIllumination & illumination)
  {
    return os << "flat-field of " << illumination.flat << ", dark-field of " << illumination.dark << ", "
              << illumination.baselines.size() << " baselines";
  }

  static double
  FlatFrom(double series)
  {
    return std::max(series, LowestFlat);
  }

  static double
  DarkFrom(double series)
  {
    return std::max(series, 0.0);
  }

  /** Baselines in units of their mean; 1 for an image whose own is less than LowestBaseline of it. */
  std::vector<double>
  RelativeBaselines() const
  {
    double      sum = 0.0;
    std::size_t count = 0;
    for (const double baseline : baselines)
    {
      sum += std::max(baseline, 0.0);
      count += baseline > 0.0;
    }
    const double        mean = sum / static_cast<double>(std::max<std::size_t>(count, 1));
    std::vector<double> relative;
    for (const double baseline : baselines)
    {
      relative.push_back(baseline > LowestBaseline * mean ? baseline / mean : 1.0);
    }
    return relative;
  }
};
} // namespace itk

#endif
