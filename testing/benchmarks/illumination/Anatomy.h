#pragma once

#include "Phantom.h"

#include <string>
#include <vector>

/** Heads to make phantoms of, from files of tissue labels. */
namespace isolux::testing
{
/** NIfTI. */
PhantomImage::Pointer
ReadVolume(const std::string & file);

/** 1 where the file's volume is above 0. */
PhantomLabels::Pointer
ReadMask(const std::string & file);

/** Tissue labels (1 CSF, 2 GM, 3 WM; all others become 0). Axes finer than 0.6 mm keep every second voxel. */
PhantomLabels::Pointer
ReadTissue(const std::string & file);

/** The labels on a grid that reaches at least `margin` mm beyond those above 0; it is never made smaller, because a
 * peer's splines span the grid. */
PhantomLabels::Pointer
PadAround(const PhantomLabels * labels, double margin);

/** Scalp 9 to 15 mm from the brain; the skull between them is background. */
void
AddScalp(PhantomLabels * labels);

/** Balls of these diameters, in mm, around random voxels of white matter; only white matter becomes lesion. */
void
AddLesions(PhantomLabels * labels, const std::vector<double> & diameters, std::uint64_t seed);

/** A bottle of two fluids: a cylinder 120 mm wide and 150 mm high, labelled white matter, around one half as wide,
 * labelled grey matter. */
PhantomLabels::Pointer
DrawBottle(double spacing);

/** The voxels of the mask within `radius` mm of the centre of its box. */
PhantomLabels::Pointer
BallInMask(const PhantomLabels * mask, double radius);
} // namespace isolux::testing
