#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace isolux
{
/** Equidistant stops in the logarithm of the field. Blue and orange stay apart in every common colour blindness. */
constexpr std::array<std::array<double, 3>, 5> FieldColours{
  { { 23, 78, 148 }, { 120, 175, 222 }, { 247, 247, 247 }, { 246, 178, 98 }, { 176, 77, 0 } }
};

/** Red, green and blue, 0 to 255, of a value that is clamped to [-1, 1]. */
template <std::size_t Stops>
std::array<double, 3>
ColourBetween(const std::array<std::array<double, 3>, Stops> & stops, const double value)
{
  const double          position = (std::clamp(value, -1.0, 1.0) + 1.0) / 2.0 * (Stops - 1);
  const auto            stop = std::min(static_cast<std::size_t>(position), Stops - 2);
  std::array<double, 3> colour{};
  for (std::size_t channel = 0; channel < 3; ++channel)
  {
    const double low = stops[stop][channel];
    colour[channel] = low + (stops[stop + 1][channel] - low) * (position - static_cast<double>(stop));
  }
  return colour;
}
} // namespace isolux
