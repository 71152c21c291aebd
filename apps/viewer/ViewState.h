#pragma once

#include "ViewGeometry.h"
#include "ViewHistogram.h"

#include <optional>
#include <string>
#include <vector>

namespace isolux
{
/** How before and after are brought together. */
enum class ViewMode
{
  SideBySide,
  Swipe,
  Fade,
  Flicker,
  Checkerboard,
  Difference,
  Field
};

enum class ViewLayout
{
  FourUp,
  Conventional,   ///< 3-D above, the planes below
  ThreeOverThree, ///< planes of BEFORE above those of AFTER
  Axial,
  Coronal,
  Sagittal,
  ThreeD
};

/** As the command line and the window spell them, in the order of the enumeration. */
const std::vector<std::string> &
ViewModeNames();
const std::vector<std::string> &
ViewLayoutNames();

/** Whether a layout shows anything of a mode: one of both images above each other, or of one volume, does not. */
bool
UsesMode(ViewLayout layout, ViewMode mode);

enum Side : unsigned int
{
  Before = 0,
  After = 1
};

/** What the user can change. */
struct ViewState
{
  ViewMode   mode = ViewMode::SideBySide;
  ViewLayout layout = ViewLayout::FourUp;

  Point  cursor{ { 0, 0, 0 } }; ///< where the three planes meet
  Point  focus{ { 0, 0, 0 } };  ///< what lies in the middle of every plane's picture, as far as the plane allows
  double pixel = 1.0;           ///< mm of one picture element, the same in every plane

  double curtain = 0.5;     ///< from the left, of a picture's width
  double opacity = 0.5;     ///< of AFTER over BEFORE, in fade
  bool   afterShown = true; ///< flicker, and the volume where there is room for one
  bool   swapped = false;   ///< AFTER is where BEFORE is else, and is taken away from it
  int    square = 48;       ///< picture elements, of the checkerboard

  std::size_t                frame = 0;
  std::optional<std::size_t> channel; ///< none: colours

  std::array<ViewWindow, 2> windows; ///< by Side
  bool                      linked = false;

  bool nearest = false; ///< voxels as they are, not interpolated
  bool patientPlanes = false;
  bool crosshair = true;
  bool histogram = true;
  bool help = false;
};
} // namespace isolux
