#pragma once

#include "CaseReport.h"

#include <vector>

namespace isolux
{
/** How far apart the cases' intensity distributions are, without a unit: the Wasserstein-1 distance of two cases, mean
 * over the percentiles p = 1 to 99 of |Qa(p) - Qb(p)|, averaged over all pairs and divided by the cases' mean standard
 * deviation. The extremes, p = 0 and 100, are left out: a single voxel sets them. Cases without voxels do not count.
 * NaN for fewer than two cases, or where every deviation is zero. */
double
MeanPairwiseWasserstein(const std::vector<IntensitySummary> & cases);

/** The same distance of each case from the cohort's median case, whose every percentile is the median of the cases'.
 * NaN of a case without voxels, and of all where there are fewer than two or every deviation is zero. */
std::vector<double>
DistancesFromMedian(const std::vector<IntensitySummary> & cases);

/** The distance above which a case is an outlier: the median distance and 3.5 times their scaled median absolute
 * deviation (1.4826 MAD, the deviation of a normal distribution), at least 0.1. Infinite below five distances. */
double
OutlierLimit(const std::vector<double> & distances);
} // namespace isolux
