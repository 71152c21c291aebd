#pragma once

#include "Phantom.h"

/** Of images and fields; all of the field's are in its log, inside a mask, means removed. */
namespace isolux::testing
{
PhantomImage::Pointer
Divide(const PhantomImage * numerator, const PhantomImage * denominator);

PhantomImage::Pointer
Multiply(const PhantomImage * a, const PhantomImage * b);

/** Standard deviation of the log field. */
double
LogDeviation(const PhantomImage * field, const PhantomLabels * mask);

/** Correlation of two log fields over the voxels of the mask where both are above 0. */
double
LogCorrelation(const PhantomImage * a, const PhantomImage * b, const PhantomLabels * mask);

/** Of the voxels labelled grey matter and white matter. */
struct TissueVariation
{
  double cvGreyMatter;  ///< deviation / mean
  double cvWhiteMatter; ///< deviation / mean
  double cjv;           ///< (deviation GM + deviation WM) / |mean WM - mean GM|
};
TissueVariation
MeasureTissue(const PhantomImage * image, const PhantomLabels * tissue);
} // namespace isolux::testing
