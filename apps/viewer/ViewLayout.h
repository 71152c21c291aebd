#pragma once

#include "ViewState.h"

#include <cmath>
#include <vector>

namespace isolux
{
/** In picture elements from the window's lower left corner. */
struct Rectangle
{
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool
  Contains(int column, int row) const
  {
    return column >= x && column < x + width && row >= y && row < y + height;
  }
};

constexpr int BarHeight = 22; ///< of the coloured bar above a slice or volume, with the slice's slider

/** Of texts and bars: 1 in a window of 1280 x 900 and in smaller ones, and growing with larger ones. */
double
TextScale(int width, int height);

/** A part of the window. */
struct Pane
{
  enum class Kind
  {
    Slice,
    Volume,
    Histogram,
    Probe, ///< position and values under the mouse
    Time   ///< slider of a series
  };
  Kind                kind = Kind::Slice;
  Rectangle           place;
  Orientation         orientation = Orientation::Axial; ///< of a slice
  std::optional<Side> side;                             ///< which image it shows whatever the mode is
  double              scale = 1.0;                      ///< of texts and bars

  int
  Scaled(const int length) const
  {
    return static_cast<int>(std::lround(scale * length));
  }
  int
  Bar() const
  {
    return this->Scaled(BarHeight);
  }
};

/** A window too low for histograms has one line of values. `plane`: the only one that there is, of an image without
 * depth. */
std::vector<Pane>
Arrange(
  ViewLayout layout, int width, int height, bool histogram, bool time, std::optional<Orientation> plane = std::nullopt);
} // namespace isolux
