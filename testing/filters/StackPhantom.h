#pragma once

#include "FilterTest.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace isolux::testing
{
struct StackPhantomOptions
{
  std::size_t   width = 96;
  std::size_t   height = 80;
  std::size_t   images = 30;
  double        dark = 0.0;     ///< mean of the dark-field, of a background of about 100
  double        noise = 0.02;   ///< deviation at the background, relative; grows with the root of the signal
  double        cells = 20.0;   ///< discs in an image, on the mean, 1.3 to 4 times as bright as the background
  double        spread = 0.3;   ///< of the baselines, relative
  bool          tissue = false; ///< waves that fill the image, another in each
  std::uint64_t seed = 1;
};

/** Random cells on a background, or tissue, seen through a known flat-field and over a known dark-field. */
struct StackPhantom
{
  explicit StackPhantom(const StackPhantomOptions & options)
    : width(options.width)
    , height(options.height)
    , flat(width * height)
    , dark(width * height)
  {
    const auto at = [](std::size_t i, std::size_t extent)
    { return 2.0 * (static_cast<double>(i) + 0.5) / static_cast<double>(extent) - 1.0; };
    double mean = 0.0;
    for (std::size_t p = 0; p < flat.size(); ++p)
    {
      const double u = at(p % width, width);
      const double v = at(p / width, height);
      flat[p] = 1.0 - 0.2 * ((u - 0.2) * (u - 0.2) + (v + 0.1) * (v + 0.1)) + 0.1 * u - 0.05 * u * v;
      dark[p] = options.dark * (0.93 + 0.3 * v + 0.2 * u * u);
      mean += flat[p] / static_cast<double>(flat.size());
    }
    for (double & value : flat)
    {
      value /= mean;
    }
    Random random(options.seed);
    for (std::size_t image = 0; image < options.images; ++image)
    {
      const double        baseline = 100.0 * (1.0 + options.spread * random.Uniform(-1.0, 1.0));
      std::vector<double> seen(flat.size(), 1.0);
      const auto          count = static_cast<int>(options.cells * random.Uniform(0.5, 1.5));
      for (int cell = 0; cell < count; ++cell)
      {
        const double x = random.Uniform(-1.0, 1.0);
        const double y = random.Uniform(-1.0, 1.0);
        const double radius = random.Uniform(0.03, 0.09);
        const double brightness = random.Uniform(0.3, 3.0);
        for (std::size_t p = 0; p < flat.size(); ++p)
        {
          const double u = at(p % width, width) - x;
          const double v = at(p / width, height) - y;
          seen[p] += u * u + v * v < radius * radius ? brightness : 0.0;
        }
      }
      const double phaseX = random.Uniform(0.0, 6.28);
      const double phaseY = random.Uniform(0.0, 6.28);
      for (std::size_t p = 0; p < flat.size(); ++p)
      {
        if (options.tissue)
        {
          seen[p] += 1.5 * (1.0 + std::sin(3.0 * at(p % width, width) + phaseX) *
                                    std::cos(3.0 * at(p / width, height) + phaseY));
        }
        const double light = baseline * seen[p] * flat[p] + dark[p];
        values.push_back(
          static_cast<float>(light + random.Normal(0.0, options.noise * 100.0 * std::sqrt(light / 100.0))));
      }
      baselines.push_back(baseline);
    }
  }

  /** Root-mean-square error of a flat-field, relative to the true one. */
  double
  ErrorOf(const std::vector<double> & estimate) const
  {
    double sum = 0.0;
    for (std::size_t p = 0; p < flat.size(); ++p)
    {
      const double error = estimate[p] / flat[p] - 1.0;
      sum += error * error;
    }
    return std::sqrt(sum / static_cast<double>(flat.size()));
  }

  double
  DarkErrorOf(const std::vector<double> & estimate) const
  {
    double sum = 0.0;
    for (std::size_t p = 0; p < dark.size(); ++p)
    {
      sum += (estimate[p] - dark[p]) * (estimate[p] - dark[p]);
    }
    return std::sqrt(sum / static_cast<double>(dark.size()));
  }

  std::size_t         width;
  std::size_t         height;
  std::vector<double> flat; ///< mean 1
  std::vector<double> dark;
  std::vector<double> baselines;
  std::vector<float>  values; ///< image after image
};
} // namespace isolux::testing
