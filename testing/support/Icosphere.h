#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace isolux::testing
{
/** A closed surface of triangles, much like a reconstructed cortex but convex. */
struct Surface
{
  std::vector<std::array<double, 3>>        points; ///< mm
  std::vector<std::array<std::uint32_t, 3>> triangles;
};

/** An ellipsoid with the given half axes (mm): an icosahedron, each triangle cut into four `cuts` times. Has
 * 10 * 4^cuts + 2 points and 20 * 4^cuts triangles. */
inline Surface
Icosphere(unsigned int cuts, const std::array<double, 3> & halfAxes)
{
  const double golden = (1.0 + std::sqrt(5.0)) / 2.0;
  Surface      surface;
  surface.points = { { -1, golden, 0 }, { 1, golden, 0 }, { -1, -golden, 0 }, { 1, -golden, 0 },
                     { 0, -1, golden }, { 0, 1, golden }, { 0, -1, -golden }, { 0, 1, -golden },
                     { golden, 0, -1 }, { golden, 0, 1 }, { -golden, 0, -1 }, { -golden, 0, 1 } };
  surface.triangles = { { 0, 11, 5 }, { 0, 5, 1 },  { 0, 1, 7 },   { 0, 7, 10 }, { 0, 10, 11 },
                        { 1, 5, 9 },  { 5, 11, 4 }, { 11, 10, 2 }, { 10, 7, 6 }, { 7, 1, 8 },
                        { 3, 9, 4 },  { 3, 4, 2 },  { 3, 2, 6 },   { 3, 6, 8 },  { 3, 8, 9 },
                        { 4, 9, 5 },  { 2, 4, 11 }, { 6, 2, 10 },  { 8, 6, 7 },  { 9, 8, 1 } };
  for (unsigned int cut = 0; cut < cuts; ++cut)
  {
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> middles;
    const auto                                                       middleOf = [&](std::uint32_t a, std::uint32_t b)
    {
      const auto [entry, isNew] = middles.emplace(std::minmax(a, b), static_cast<std::uint32_t>(surface.points.size()));
      if (isNew)
      {
        std::array<double, 3> middle{};
        for (std::size_t axis = 0; axis < 3; ++axis)
        {
          middle[axis] = (surface.points[a][axis] + surface.points[b][axis]) / 2.0;
        }
        surface.points.push_back(middle);
      }
      return entry->second;
    };
    std::vector<std::array<std::uint32_t, 3>> finer;
    for (const auto & [a, b, c] : surface.triangles)
    {
      const auto x = middleOf(a, b);
      const auto y = middleOf(b, c);
      const auto z = middleOf(c, a);
      finer.insert(finer.end(), { { a, x, z }, { b, y, x }, { c, z, y }, { x, y, z } });
    }
    surface.triangles = finer;
  }
  for (auto & point : surface.points)
  {
    const double length = std::hypot(point[0], point[1], point[2]);
    for (std::size_t axis = 0; axis < 3; ++axis)
    {
      point[axis] *= halfAxes[axis] / length;
    }
  }
  return surface;
}

/** Something like cortical thickness at a point, mm: between 1.4 and 3.6, thicker in front and at the poles. */
inline double
Thickness(const std::array<double, 3> & point)
{
  return 2.5 + 0.6 * std::sin(point[1] / 30.0) + 0.3 * std::cos(point[0] / 9.0) + 0.2 * std::sin(point[2] / 7.0);
}
} // namespace isolux::testing
