#include "N4Reference.h"

#include "itkBSplineControlPointImageFilter.h"
#include "itkN4BiasFieldCorrectionImageFilter.h"
#include "itkShrinkImageFilter.h"

#include <cmath>

namespace isolux::testing
{
using Image = itk::Image<float, 3>;
using Mask = itk::Image<unsigned char, 3>;
using N4 = itk::N4BiasFieldCorrectionImageFilter<Image, Mask, Image>;

Image::Pointer
N4Field(const Image * image, const Mask * mask, const N4Options & options)
{
  const auto shrunkImage = itk::ShrinkImageFilter<Image, Image>::New();
  shrunkImage->SetInput(image);
  shrunkImage->SetShrinkFactors(options.shrinkFactor);
  const auto shrunkMask = itk::ShrinkImageFilter<Mask, Mask>::New();
  shrunkMask->SetInput(mask);
  shrunkMask->SetShrinkFactors(options.shrinkFactor);

  const auto    n4 = N4::New();
  N4::ArrayType levels;
  levels.Fill(options.levels);
  N4::ArrayType controlPoints;
  controlPoints.Fill(n4->GetSplineOrder() + 1); // a mesh of one element
  N4::VariableSizeArrayType iterations(options.levels);
  iterations.Fill(options.iterations);

  n4->SetInput(shrunkImage->GetOutput());
  n4->SetMaskImage(shrunkMask->GetOutput()); // any non-zero voxel counts, as UseMaskLabel is off
  n4->SetSplineOrder(3);
  n4->SetNumberOfControlPoints(controlPoints);
  n4->SetNumberOfFittingLevels(levels);
  n4->SetMaximumNumberOfIterations(iterations);
  n4->SetConvergenceThreshold(static_cast<float>(options.convergenceThreshold));
  n4->SetBiasFieldFullWidthAtHalfMaximum(0.15f);
  n4->SetWienerFilterNoise(0.01f);
  n4->SetNumberOfHistogramBins(200);
  n4->Update();

  using Spline = itk::BSplineControlPointImageFilter<N4::BiasFieldControlPointLatticeType, N4::ScalarImageType>;
  const auto spline = Spline::New();
  spline->SetInput(n4->GetLogBiasFieldControlPointLattice());
  spline->SetSplineOrder(n4->GetSplineOrder());
  spline->SetSize(image->GetLargestPossibleRegion().GetSize());
  spline->SetOrigin(image->GetOrigin());
  spline->SetDirection(image->GetDirection());
  spline->SetSpacing(image->GetSpacing());
  spline->Update();

  const auto field = Image::New();
  field->CopyInformation(image);
  field->SetRegions(image->GetLargestPossibleRegion());
  field->Allocate();
  const auto * const logField = spline->GetOutput()->GetBufferPointer();
  for (itk::SizeValueType i = 0; i < field->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    field->GetBufferPointer()[i] = std::exp(logField[i][0]);
  }
  return field;
}
} // namespace isolux::testing
