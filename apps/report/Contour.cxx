#include "Contour.h"

#include <array>
#include <cmath>

namespace isolux
{
namespace
{
constexpr int LevelsOnASide = 4;

struct Point
{
  double x = 0.0;
  double y = 0.0;
};

std::string
Segment(const Point & from, const Point & to)
{
  const auto tenths = [](const double value) { return std::lround(10.0 * value); };
  const auto x = tenths(from.x);
  const auto y = tenths(from.y);
  const auto dx = tenths(to.x) - x;
  const auto dy = tenths(to.y) - y;
  return dx == 0 && dy == 0
           ? ""
           : "M" + std::to_string(x) + " " + std::to_string(y) + "l" + std::to_string(dx) + " " + std::to_string(dy);
}
} // namespace

std::vector<double>
ContourLevels(const double limit)
{
  double factor = 2.0;
  for (const double candidate : { 1.01, 1.02, 1.05, 1.1, 1.2, 1.5, 2.0 })
  {
    factor = candidate;
    if (std::log(limit) <= (LevelsOnASide + 1) * std::log(candidate))
    {
      break;
    }
  }
  while (std::log(limit) > (LevelsOnASide + 1) * std::log(factor))
  {
    factor *= 2.0;
  }
  std::vector<double> levels;
  for (int power = -LevelsOnASide; power <= LevelsOnASide; ++power)
  {
    const double level = std::pow(factor, power);
    if (std::abs(std::log(level)) < std::log(limit))
    {
      levels.push_back(level);
    }
  }
  return levels;
}

std::string
ContourPath(const Raster & field, const Raster & mask, const double level)
{
  // Corners of a cell of four pixels, clockwise; the path is linear between their centres.
  constexpr std::array<std::array<unsigned int, 2>, 4> corners{ { { 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } } };

  std::string path;
  for (unsigned int y = 0; y + 1 < field.height; ++y)
  {
    for (unsigned int x = 0; x + 1 < field.width; ++x)
    {
      std::array<double, 4> values{};
      bool                  isInside = true;
      for (std::size_t corner = 0; corner < 4; ++corner)
      {
        const auto index = static_cast<std::size_t>(y + corners[corner][1]) * field.width + x + corners[corner][0];
        values[corner] = field.values[index];
        isInside = isInside && values[corner] > 0.0 && std::isfinite(values[corner]) &&
                   (mask.values.empty() || mask.values[index] >= 0.5F);
      }
      if (!isInside)
      {
        continue;
      }
      std::array<Point, 4> crossings;
      std::size_t          count = 0;
      for (std::size_t edge = 0; edge < 4; ++edge)
      {
        const auto & from = corners[edge];
        const auto & to = corners[(edge + 1) % 4];
        const double start = values[edge];
        const double end = values[(edge + 1) % 4];
        if ((start < level) != (end < level))
        {
          const double share = (level - start) / (end - start);
          crossings[count++] = { x + 0.5 + from[0] + share * (static_cast<double>(to[0]) - from[0]),
                                 y + 0.5 + from[1] + share * (static_cast<double>(to[1]) - from[1]) };
        }
      }
      if (count == 2)
      {
        path += Segment(crossings[0], crossings[1]);
      }
      else if (count == 4) // a saddle: the centre tells which corners belong together
      {
        const double centre = 0.25 * (values[0] + values[1] + values[2] + values[3]);
        const bool   joinsFirst = (centre < level) == (values[0] < level);
        path += Segment(crossings[0], crossings[joinsFirst ? 1 : 3]);
        path += Segment(crossings[2], crossings[joinsFirst ? 3 : 1]);
      }
    }
  }
  return path;
}
} // namespace isolux
