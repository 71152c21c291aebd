#pragma once

#include "CaseReport.h"

#include <string>
#include <vector>

namespace isolux
{
/** One density, sampled at equal steps from the chart's left end to its right end. */
struct Curve
{
  std::string         title;
  std::string         style; ///< CSS classes
  bool                filled = false;
  std::vector<double> density;
  std::vector<double> lower{}; ///< not empty: the lower rim of a band whose upper one is `density`
};

struct Chart
{
  std::string        description; ///< for those who cannot see it
  std::string        axis;        ///< what is along x, with its unit
  double             low = 0.0;
  double             high = 1.0;
  unsigned int       width = 480;
  unsigned int       height = 200;
  std::vector<Curve> curves;
};

/** An inline <svg>. */
std::string
RenderChart(const Chart & chart);

/** `points` values of the density that has these percentiles: an equal share of the voxels between each two, smoothed
 * with a Gaussian of a twentieth of the distance between the percentiles 5 and 95. */
std::vector<double>
DensityFromPercentiles(const IntensitySummary & summary, double low, double high, unsigned int points);
} // namespace isolux
