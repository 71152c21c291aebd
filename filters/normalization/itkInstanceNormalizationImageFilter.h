#ifndef itkInstanceNormalizationImageFilter_h
#define itkInstanceNormalizationImageFilter_h

#include "itkImageRows.h"
#include "itkMomentAccumulator.h"

#include "itkImage.h"
#include "itkImageToImageFilter.h"
#include "itkSimpleDataObjectDecorator.h"

namespace itk
{
/** What becomes of voxels outside the mask. */
enum class OutsideMask
{
  Transform, ///< the same map as inside: can be undone
  Keep,      ///< left as they are
  Zero
};

/** \class InstanceNormalizationImageFilter
 * \brief y = Gamma (x - mean) / sqrt(variance + Epsilon) + Beta, and with Inverse on, x from y.
 *
 * \par Access
 * Pointwise: the output region needs exactly the same input region, so the filter streams. Connect Moments to a learner
 * (ImageStatisticsSink) for a two-pass pipeline, or set recorded values.
 *
 * \par Properties
 * - Invariant to x -> a x + b, a > 0, up to Epsilon / variance.
 * - Variance 0 (a constant image, one voxel) gives Beta everywhere, never NaN; its inverse is the mean.
 * - NaN moments (an empty mask) give Beta everywhere.
 * - Non-finite voxels pass through. Spacing, origin and direction are the input's.
 *
 * \par Reference
 * D. Ulyanov, A. Vedaldi, V. Lempitsky, Instance Normalization, 2016. arXiv 1607.08022. Defaults are torch's.
 * \ingroup Normalization
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT InstanceNormalizationImageFilter : public ImageToImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(InstanceNormalizationImageFilter);

  using Self = InstanceNormalizationImageFilter;
  using Superclass = ImageToImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using MaskImageType = Image<unsigned char, TInputImage::ImageDimension>;
  using OutputImageRegionType = typename TOutputImage::RegionType;
  using OutputPixelType = typename TOutputImage::PixelType;

  static constexpr double DefaultEpsilon = 1e-5;

  itkNewMacro(Self);
  itkTypeMacro(InstanceNormalizationImageFilter, ImageToImageFilter);

  /** Required. */
  itkSetGetDecoratedInputMacro(Moments, MeanAndVariance);

  /** Where Outside is not Transform. Non-zero inside; none: everything is inside. */
  itkSetInputMacro(MaskImage, MaskImageType);
  itkGetInputMacro(MaskImage, MaskImageType);

  /** Added to the variance inside the root, in squared intensity, >= 0. */
  itkSetMacro(Epsilon, double);
  itkGetConstMacro(Epsilon, double);

  /** Deviation of the output. */
  itkSetMacro(Gamma, double);
  itkGetConstMacro(Gamma, double);

  /** Mean of the output. */
  itkSetMacro(Beta, double);
  itkGetConstMacro(Beta, double);

  itkSetEnumMacro(Outside, OutsideMask);
  itkGetEnumMacro(Outside, OutsideMask);

  /** Undo instead of apply: needs Outside Transform and a Gamma that is not 0. */
  itkSetMacro(Inverse, bool);
  itkGetConstMacro(Inverse, bool);
  itkBooleanMacro(Inverse);

  itkConceptMacro(OutputIsFloatingPoint, (Concept::IsFloatingPoint<OutputPixelType>));
  itkConceptMacro(SameDimension, (Concept::SameDimension<TInputImage::ImageDimension, TOutputImage::ImageDimension>));

protected:
  InstanceNormalizationImageFilter();
  ~InstanceNormalizationImageFilter() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateInputRequestedRegion() override;
  void
  DynamicThreadedGenerateData(const OutputImageRegionType & region) override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  double      m_Epsilon{ DefaultEpsilon };
  double      m_Gamma{ 1.0 };
  double      m_Beta{ 0.0 };
  OutsideMask m_Outside{ OutsideMask::Transform };
  bool        m_Inverse{ false };
};
} // namespace itk

#include "itkInstanceNormalizationImageFilter.hxx"
#endif
