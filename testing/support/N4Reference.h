#pragma once

#include "itkImage.h"

namespace isolux::testing
{
/** itk::N4BiasFieldCorrectionImageFilter as ANTs's N4BiasFieldCorrection drives it by default. */
struct N4Options
{
  /** ANTs: 0, so that every iteration runs; ITK's filter: 0.001. */
  double       convergenceThreshold = 0.0;
  unsigned int iterations = 50; ///< at each of the levels
  unsigned int levels = 4;
  unsigned int shrinkFactor = 4; ///< sub-sampling, without averaging
};

/** The estimated field at full resolution; nothing else of the image is touched. */
itk::Image<float, 3>::Pointer
N4Field(const itk::Image<float, 3> * image, const itk::Image<unsigned char, 3> * mask, const N4Options & options = {});
} // namespace isolux::testing
