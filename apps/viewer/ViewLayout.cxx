#include "ViewLayout.h"

#include <algorithm>

namespace isolux
{
namespace
{
constexpr int Gap = 2;
constexpr int TimeHeight = 24;
constexpr int StripHeight = 150;
constexpr int LineHeight = 20;
constexpr int SmallestHeight = 420; ///< a lower window has one line instead of the strip
constexpr int ProbeWidth = 380;

/** Cells of a grid, row by row from the upper left. */
std::vector<Rectangle>
Grid(const Rectangle & area, const int columns, const int rows)
{
  std::vector<Rectangle> cells;
  for (int row = 0; row < rows; ++row)
  {
    for (int column = 0; column < columns; ++column)
    {
      const int left = area.width * column / columns;
      const int right = area.width * (column + 1) / columns - (column + 1 < columns ? Gap : 0);
      const int bottom = area.height * (rows - 1 - row) / rows;
      const int top = area.height * (rows - row) / rows - (row > 0 ? Gap : 0);
      cells.push_back({ area.x + left, area.y + bottom, right - left, top - bottom });
    }
  }
  return cells;
}

Pane
Slice(const Orientation orientation, const Rectangle & place, const std::optional<Side> side = std::nullopt)
{
  return { Pane::Kind::Slice, place, orientation, side };
}

Pane
Other(const Pane::Kind kind, const Rectangle & place)
{
  Pane pane;
  pane.kind = kind;
  pane.place = place;
  return pane;
}
/** The slices and volumes of a layout. */
void
AddViews(std::vector<Pane> &                panes,
         const Rectangle &                  area,
         const ViewLayout                   layout,
         const std::optional<Orientation> & plane)
{
  if (plane)
  {
    panes.push_back(Slice(*plane, area));
    return;
  }
  switch (layout)
  {
    case ViewLayout::FourUp:
    {
      const auto cells = Grid(area, 2, 2);
      panes.push_back(Slice(Orientation::Axial, cells[0]));
      panes.push_back(Other(Pane::Kind::Volume, cells[1]));
      panes.push_back(Slice(Orientation::Coronal, cells[2]));
      panes.push_back(Slice(Orientation::Sagittal, cells[3]));
      break;
    }
    case ViewLayout::Conventional:
    {
      const auto rows = Grid(area, 1, 2);
      panes.push_back(Other(Pane::Kind::Volume, rows[0]));
      const auto cells = Grid(rows[1], 3, 1);
      panes.push_back(Slice(Orientation::Axial, cells[0]));
      panes.push_back(Slice(Orientation::Sagittal, cells[1]));
      panes.push_back(Slice(Orientation::Coronal, cells[2]));
      break;
    }
    case ViewLayout::ThreeOverThree:
    {
      const auto cells = Grid(area, 3, 2);
      for (unsigned int row = 0; row < 2; ++row)
      {
        panes.push_back(Slice(Orientation::Axial, cells[3 * row], static_cast<Side>(row)));
        panes.push_back(Slice(Orientation::Sagittal, cells[3 * row + 1], static_cast<Side>(row)));
        panes.push_back(Slice(Orientation::Coronal, cells[3 * row + 2], static_cast<Side>(row)));
      }
      break;
    }
    case ViewLayout::Axial:
      panes.push_back(Slice(Orientation::Axial, area));
      break;
    case ViewLayout::Coronal:
      panes.push_back(Slice(Orientation::Coronal, area));
      break;
    case ViewLayout::Sagittal:
      panes.push_back(Slice(Orientation::Sagittal, area));
      break;
    case ViewLayout::ThreeD:
      panes.push_back(Other(Pane::Kind::Volume, area));
      break;
  }
}
} // namespace

const std::vector<std::string> &
ViewModeNames()
{
  static const std::vector<std::string> names = { "side-by-side", "swipe",      "fade", "flicker",
                                                  "checkerboard", "difference", "field" };
  return names;
}

const std::vector<std::string> &
ViewLayoutNames()
{
  static const std::vector<std::string> names = { "four-up", "conventional", "three-over-three",
                                                  "axial",   "coronal",      "sagittal",
                                                  "3d" };
  return names;
}

bool
UsesMode(const ViewLayout layout, const ViewMode mode)
{
  return layout == ViewLayout::ThreeD ? mode == ViewMode::SideBySide || mode == ViewMode::Flicker
                                      : layout != ViewLayout::ThreeOverThree;
}

double
TextScale(const int width, const int height)
{
  return std::max(1.0, std::min(width / 1280.0, height / 900.0));
}

std::vector<Pane>
Arrange(const ViewLayout                 layout,
        const int                        width,
        const int                        height,
        const bool                       histogram,
        const bool                       time,
        const std::optional<Orientation> plane)
{
  std::vector<Pane> panes;
  Pane              any;
  any.scale = TextScale(width, height);
  int bottom = 0;
  if (histogram && height >= SmallestHeight)
  {
    const int strip = any.Scaled(StripHeight);
    const int probe = std::min(any.Scaled(ProbeWidth), width / 2);
    panes.push_back(Other(Pane::Kind::Probe, { 0, 0, probe, strip }));
    panes.push_back(Other(Pane::Kind::Histogram, { probe + Gap, 0, width - probe - Gap, strip }));
    bottom = strip + Gap;
  }
  else if (histogram)
  {
    panes.push_back(Other(Pane::Kind::Probe, { 0, 0, width, LineHeight }));
    bottom = LineHeight + Gap;
  }
  if (time)
  {
    const int slider = any.Scaled(TimeHeight);
    panes.push_back(Other(Pane::Kind::Time, { 0, bottom, width, slider }));
    bottom += slider + Gap;
  }
  const Rectangle area{ 0, bottom, width, std::max(1, height - bottom) };
  AddViews(panes, area, layout, plane);
  for (auto & pane : panes)
  {
    pane.scale = any.scale;
  }
  return panes;
}
} // namespace isolux
