#pragma once

#include "Plane.h"

#include <string>
#include <vector>

namespace isolux
{
/** Values drawn black and white. */
struct Window
{
  double low = 0.0;
  double high = 1.0;
};

/** The part of a colour scale for multiplicative fields that is in use: log-symmetric about 1. */
struct FieldScale
{
  double limit = 1.01; ///< colours run from 1 / limit to limit
};

/** "data:image/png;base64,..." of one raster in grey, or of three in red, green and blue. NaN is black. */
std::string
GreyOrColourPng(const std::vector<Raster> & channels, const Window & window);

/** Blue below 1, white at 1, orange above; black where the mask is below 0.5 or the field is not positive.
 * An empty mask raster: everywhere. */
std::string
FieldPng(const Raster & field, const Raster & mask, const FieldScale & scale);

/** What a content security policy names a script by: "sha256-" and its base64. */
std::string
HashOfScript(const std::string & script);

/** The same colours from left to right, as a CSS gradient. */
std::string
FieldGradient();
} // namespace isolux
