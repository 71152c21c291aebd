#pragma once

#include "FilterTest.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace isolux::testing
{
/** NaN where a voxel is a hole. */
inline bool
IsHole(double value)
{
  return std::isnan(value);
}

/** Normalised convolution as its definition has it: a sum over every voxel of the image, in double, with the discrete
 * Gaussian exp(-t) I_n(t) cut at 4 deviations. `sigma` in mm, along each axis; 0: the axis is left out. Holes of
 * `values` are NaN; NaN is returned where no voxel is in reach. */
template <typename TImage>
std::vector<double>
SlowGaussianMean(const TImage * image, const std::vector<double> & values, const std::vector<double> & sigma)
{
  constexpr unsigned int           dimension = TImage::ImageDimension;
  const auto                       size = image->GetLargestPossibleRegion().GetSize();
  std::vector<std::vector<double>> kernels(dimension);
  for (unsigned int axis = 0; axis < dimension; ++axis)
  {
    const double width = sigma[axis] / image->GetSpacing()[axis];
    for (std::size_t n = 0; n < size[axis]; ++n)
    {
      const bool isReached = static_cast<double>(n) <= std::ceil(4.0 * width);
      kernels[axis].push_back(width == 0.0 ? static_cast<double>(n == 0)
                              : isReached  ? std::cyl_bessel_i(static_cast<double>(n), width * width)
                                           : 0.0);
    }
  }
  const auto at = [&](std::size_t i)
  {
    std::vector<std::int64_t> place(dimension);
    for (unsigned int axis = 0; axis < dimension; ++axis)
    {
      place[axis] = static_cast<std::int64_t>(i % size[axis]);
      i /= size[axis];
    }
    return place;
  };
  std::vector<double> means;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    const auto here = at(i);
    double     sum = 0.0;
    double     weights = 0.0;
    for (std::size_t k = 0; k < values.size(); ++k)
    {
      const auto there = at(k);
      double     weight = 1.0;
      for (unsigned int axis = 0; axis < dimension; ++axis)
      {
        weight *= kernels[axis][static_cast<std::size_t>(std::abs(here[axis] - there[axis]))];
      }
      if (weight > 0.0 && !IsHole(values[k]))
      {
        sum += weight * values[k];
        weights += weight;
      }
    }
    means.push_back(weights > 0.0 ? sum / weights : std::numeric_limits<double>::quiet_NaN());
  }
  return means;
}
} // namespace isolux::testing
