#pragma once

#include "Plane.h"

#include <string>
#include <vector>

namespace isolux
{
/** Levels of a multiplicative field that runs from 1 / limit to limit: powers of one round factor, with 1 itself, at
 * most four on either side. From low to high. */
std::vector<double>
ContourLevels(double limit);

/** Where the field passes the level, as an SVG path in tenths of a pixel. Not beside pixels that are outside the mask
 * (below 0.5; an empty raster: everything is inside) or not positive. */
std::string
ContourPath(const Raster & field, const Raster & mask, double level);
} // namespace isolux
