#include "N4Reference.h"

#include "itkBSplineControlPointImageFilter.h"
#include "itkConstantPadImageFilter.h"
#include "itkN4BiasFieldCorrectionImageFilter.h"
#include "itkShrinkImageFilter.h"

#include <cmath>

namespace isolux::testing
{
template <unsigned int VDimension>
typename itk::Image<float, VDimension>::Pointer
N4Field(const itk::Image<float, VDimension> *         image,
        const itk::Image<unsigned char, VDimension> * mask,
        const N4Options &                             options,
        const itk::Image<float, VDimension> *         weights)
{
  using Image = itk::Image<float, VDimension>;
  using Mask = itk::Image<unsigned char, VDimension>;
  using N4 = itk::N4BiasFieldCorrectionImageFilter<Image, Mask, Image>;

  const auto n4 = N4::New();
  const auto whole = image->GetLargestPossibleRegion();

  typename N4::ArrayType   controlPoints;
  typename Image::SizeType lower{};
  typename Image::SizeType upper{};
  for (unsigned int axis = 0; axis < VDimension; ++axis)
  {
    unsigned int spans = options.mesh[axis];
    if (options.splineDistance > 0.0)
    {
      const double spacing = image->GetSpacing()[axis];
      const double domain = static_cast<double>(whole.GetSize(axis) - 1) * spacing;
      spans = static_cast<unsigned int>(std::ceil(domain / options.splineDistance));
      const auto extra = static_cast<itk::SizeValueType>((spans * options.splineDistance - domain) / spacing + 0.5);
      lower[axis] = static_cast<itk::SizeValueType>(0.5 * static_cast<double>(extra));
      upper[axis] = extra - lower[axis];
    }
    controlPoints[axis] = spans + n4->GetSplineOrder();
  }
  const auto padded = [&](auto * input)
  {
    using Input = std::remove_const_t<std::remove_pointer_t<decltype(input)>>;
    const auto pad = itk::ConstantPadImageFilter<Input, Input>::New();
    pad->SetInput(input);
    pad->SetPadLowerBound(lower);
    pad->SetPadUpperBound(upper);
    pad->SetConstant(0);
    pad->Update();
    return typename Input::Pointer(pad->GetOutput());
  };
  const auto shrunk = [&](auto * input)
  {
    using Input = std::remove_const_t<std::remove_pointer_t<decltype(input)>>;
    const auto shrink = itk::ShrinkImageFilter<Input, Input>::New();
    shrink->SetInput(padded(input));
    shrink->SetShrinkFactors(options.shrinkFactor);
    shrink->Update();
    return typename Input::Pointer(shrink->GetOutput());
  };

  typename N4::ArrayType levels;
  levels.Fill(options.levels);
  typename N4::VariableSizeArrayType iterations(options.levels);
  iterations.Fill(options.iterations);
  n4->SetInput(shrunk(image));
  n4->SetMaskImage(shrunk(mask)); // any non-zero voxel counts, as UseMaskLabel is off
  if (weights)
  {
    n4->SetConfidenceImage(shrunk(weights));
  }
  n4->SetSplineOrder(3);
  n4->SetNumberOfControlPoints(controlPoints);
  n4->SetNumberOfFittingLevels(levels);
  n4->SetMaximumNumberOfIterations(iterations);
  n4->SetConvergenceThreshold(static_cast<float>(options.convergenceThreshold));
  n4->SetBiasFieldFullWidthAtHalfMaximum(static_cast<float>(options.fullWidth));
  n4->SetWienerFilterNoise(static_cast<float>(options.wienerNoise));
  n4->SetNumberOfHistogramBins(options.histogramBins);
  n4->Update();

  const auto grid = padded(image);
  using Spline =
    itk::BSplineControlPointImageFilter<typename N4::BiasFieldControlPointLatticeType, typename N4::ScalarImageType>;
  const auto spline = Spline::New();
  spline->SetInput(n4->GetLogBiasFieldControlPointLattice());
  spline->SetSplineOrder(n4->GetSplineOrder());
  spline->SetSize(grid->GetLargestPossibleRegion().GetSize());
  spline->SetOrigin(grid->GetOrigin());
  spline->SetDirection(grid->GetDirection());
  spline->SetSpacing(grid->GetSpacing());
  spline->Update();

  const auto field = Image::New();
  field->CopyInformation(image);
  field->SetRegions(whole);
  field->Allocate();
  for (itk::SizeValueType i = 0; i < whole.GetNumberOfPixels(); ++i)
  {
    auto index = field->ComputeIndex(static_cast<itk::OffsetValueType>(i));
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      index[axis] += static_cast<itk::IndexValueType>(lower[axis]) - whole.GetIndex(axis);
    }
    field->GetBufferPointer()[i] = std::exp(spline->GetOutput()->GetPixel(index)[0]);
  }
  return field;
}

template itk::Image<float, 2>::Pointer
N4Field<2>(const itk::Image<float, 2> *,
           const itk::Image<unsigned char, 2> *,
           const N4Options &,
           const itk::Image<float, 2> *);
template itk::Image<float, 3>::Pointer
N4Field<3>(const itk::Image<float, 3> *,
           const itk::Image<unsigned char, 3> *,
           const N4Options &,
           const itk::Image<float, 3> *);
} // namespace isolux::testing
