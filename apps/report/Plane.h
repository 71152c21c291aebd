#pragma once

#include "Stage.h"

#include <string>
#include <vector>

namespace isolux
{
/** A slice along the image's own axes, turned to the radiological view: axial and coronal with the patient's right on
 * the left, sagittal with anterior on the left, superior or anterior on top. */
struct Plane
{
  std::string  name; ///< "Axial", "Coronal" or "Sagittal"
  unsigned int columnAxis = 0;
  unsigned int rowAxis = 1;
  unsigned int sliceAxis = 2;
  bool         flipColumns = false;
  bool         flipRows = false;
  char         left = 'R';
  char         right = 'L';
  char         top = 'A';
  char         bottom = 'P';
  unsigned int slice = 0; ///< from 0, of slices
  unsigned int slices = 1;
  std::string  reason;    ///< for the slice: "through the mask’s centre"
  unsigned int frame = 0; ///< from 0, of frames
  unsigned int frames = 1;
  double       degrees = 0.0; ///< largest angle between an axis of the picture, or its normal, and its anatomical one
};

/** Axial, coronal and sagittal through the mask's centre of mass, or through its largest cross-section where it is
 * less than half as large there; through the middle where there is no mask. One plane of an image without depth. */
std::vector<Plane>
ChoosePlanes(const WorkImage & image, const MaskImage * mask);

/** Rows from top to bottom. */
struct Raster
{
  unsigned int       width = 0;
  unsigned int       height = 0;
  std::vector<float> values;
};

/** Width and height in mm. */
std::pair<double, double>
Extent(const WorkImage & image, const Plane & plane);

/** The plane's voxels in the order of the view, not resampled. */
Raster
Slice(const WorkImage & image, const Plane & plane);
Raster
Slice(const MaskImage & image, const Plane & plane);

/** Linear interpolation, or a triangle filter where it shrinks. A pixel that only non-finite ones reach is NaN. */
Raster
Resample(const Raster & input, unsigned int width, unsigned int height);
} // namespace isolux
