#pragma once

#include "itkImage.h"

#include <vector>

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

  std::vector<unsigned int> mesh = { 1, 1, 1 }; ///< spans of the first level, along each axis
  double                    splineDistance = 0; ///< above 0: instead of the mesh, the length of a span in mm
  double                    fullWidth = 0.15;   ///< at half maximum, of the sharpening kernel
  double                    wienerNoise = 0.01;
  unsigned int              histogramBins = 200;
};

/** The estimated field at full resolution; nothing else of the image is touched. Weights, ITK's confidence, may be
 * null. */
template <unsigned int VDimension>
typename itk::Image<float, VDimension>::Pointer
N4Field(const itk::Image<float, VDimension> *         image,
        const itk::Image<unsigned char, VDimension> * mask,
        const N4Options &                             options = {},
        const itk::Image<float, VDimension> *         weights = nullptr);

extern template itk::Image<float, 2>::Pointer
N4Field<2>(const itk::Image<float, 2> *,
           const itk::Image<unsigned char, 2> *,
           const N4Options &,
           const itk::Image<float, 2> *);
extern template itk::Image<float, 3>::Pointer
N4Field<3>(const itk::Image<float, 3> *,
           const itk::Image<unsigned char, 3> *,
           const N4Options &,
           const itk::Image<float, 3> *);

/** Of three dimensions; takes smart pointers as well, of which a dimension is not deduced. */
inline itk::Image<float, 3>::Pointer
N4Field(const itk::Image<float, 3> *         image,
        const itk::Image<unsigned char, 3> * mask,
        const N4Options &                    options = {},
        const itk::Image<float, 3> *         weights = nullptr)
{
  return N4Field<3>(image, mask, options, weights);
}
} // namespace isolux::testing
