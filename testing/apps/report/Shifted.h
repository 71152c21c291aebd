#pragma once

#include "CaseReport.h"

namespace isolux
{
/** Intensities about `centre`, as far as `width` from it, most of them near. */
inline IntensitySummary
Shifted(const double centre, const double width)
{
  IntensitySummary summary;
  summary.count = 1000;
  summary.mean = centre;
  summary.standardDeviation = width;
  for (std::size_t percentile = 0; percentile <= 100; ++percentile)
  {
    const double share = static_cast<double>(percentile) / 50.0 - 1.0;
    summary.percentiles[percentile] = centre + width * share * share * share;
  }
  return summary;
}
} // namespace isolux
