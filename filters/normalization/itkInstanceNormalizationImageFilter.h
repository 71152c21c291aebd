#ifndef itkInstanceNormalizationImageFilter_h
#define itkInstanceNormalizationImageFilter_h

#include "itkInstanceMoments.h"
#include "itkLinearNormalizationImageFilter.h"

namespace itk
{
/** How Epsilon keeps the divisor from zero. */
enum class EpsilonMode
{
  Inside,  ///< sqrt(variance + Epsilon)
  Maximum, ///< max(deviation, Epsilon)
  None     ///< the deviation alone
};

/** \class InstanceNormalizationImageFilter
 * \brief y = Gamma (x - mean) / divisor + Beta for each instance; with Inverse on, x from y.
 *
 * The divisor is sqrt(variance + Epsilon), see EpsilonMode. The moments, biased, come from an InstanceMomentsSink,
 * whose axes and channels make this instance, layer or group normalization, or from a record; those of a cohort make it
 * batch normalization. Applied by the moments of another image of the same anatomy it is that image's normalization.
 *
 * \par Access
 * Pointwise: the output region needs exactly the same input region, so the filter streams. Connect Moments to a learner
 * for a two-pass pipeline.
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
class ITK_TEMPLATE_EXPORT InstanceNormalizationImageFilter
  : public LinearNormalizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(InstanceNormalizationImageFilter);

  using Self = InstanceNormalizationImageFilter;
  using Superclass = LinearNormalizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using typename Superclass::PartitionType;
  using MomentsType = InstanceMoments<TInputImage::ImageDimension>;

  static constexpr double DefaultEpsilon = 1e-5;

  itkNewMacro(Self);
  itkTypeMacro(InstanceNormalizationImageFilter, LinearNormalizationImageFilter);

  /** Required. A MeanAndVariance makes one instance of the whole image. */
  itkSetGetDecoratedInputMacro(Moments, MomentsType);

  /** In squared intensity where it is added inside the root, else in intensity; >= 0. */
  itkSetMacro(Epsilon, double);
  itkGetConstMacro(Epsilon, double);

  itkSetEnumMacro(EpsilonMode, itk::EpsilonMode);
  itkGetEnumMacro(EpsilonMode, itk::EpsilonMode);

  /** Variance is the sum of squares divided by count - DeltaDegreesOfFreedom: 0 (biased) or 1 (unbiased). */
  itkSetMacro(DeltaDegreesOfFreedom, unsigned int);
  itkGetConstMacro(DeltaDegreesOfFreedom, unsigned int);

  /** Deviation of the output. */
  itkSetMacro(Gamma, double);
  itkGetConstMacro(Gamma, double);

  /** Mean of the output. */
  itkSetMacro(Beta, double);
  itkGetConstMacro(Beta, double);

protected:
  InstanceNormalizationImageFilter()
  {
    this->AddRequiredInputName("Moments");
  }
  ~InstanceNormalizationImageFilter() override = default;

  void
  MakeMaps(PartitionType & partition, std::vector<LinearMap> & maps) const override;
  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  double           m_Epsilon{ DefaultEpsilon };
  itk::EpsilonMode m_EpsilonMode{ itk::EpsilonMode::Inside };
  unsigned int     m_DeltaDegreesOfFreedom{ 0 };
  double           m_Gamma{ 1.0 };
  double           m_Beta{ 0.0 };
};
} // namespace itk

#include "itkInstanceNormalizationImageFilter.hxx"
#endif
