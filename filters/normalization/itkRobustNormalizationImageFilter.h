#ifndef itkRobustNormalizationImageFilter_h
#define itkRobustNormalizationImageFilter_h

#include "itkCentreAndScale.h"
#include "itkLinearNormalizationImageFilter.h"

namespace itk
{
/** \class RobustNormalizationImageFilter
 * \brief y = Gamma (x - centre) / scale + Beta, with Clip on of x held within [lower, upper].
 *
 * CentreAndScale comes from a RobustScaleSink (median and MAD, a trimmed mean, a window between quantiles), from a
 * HistogramModeSink (a tissue's mode and the deviation around it), or from a record.
 *
 * \par Access
 * Pointwise: the output region needs exactly the same input region, so the filter streams. Connect CentreAndScale to a
 * learner for a pipeline of several passes.
 *
 * \par Properties
 * - Invariant to x -> a x + b, a > 0, of image and learner.
 * - Scale 0 (one intensity) or a NaN centre (no voxels) gives Beta everywhere, never NaN; the inverse of the former is
 *   the centre.
 * - Non-finite voxels pass through; finite ones stay finite: beyond the output type's range they become its ends.
 * - With Inverse on, x from y, exact within rounding where nothing was clipped.
 *
 * \par Reference
 * R. Shinohara et al., Statistical normalization techniques for magnetic resonance imaging, NeuroImage: Clinical 6:9,
 * 2014. DOI 10.1016/j.nicl.2014.08.008
 * \ingroup Normalization
 */
template <typename TInputImage, typename TOutputImage = TInputImage>
class ITK_TEMPLATE_EXPORT RobustNormalizationImageFilter
  : public LinearNormalizationImageFilter<TInputImage, TOutputImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RobustNormalizationImageFilter);

  using Self = RobustNormalizationImageFilter;
  using Superclass = LinearNormalizationImageFilter<TInputImage, TOutputImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using typename Superclass::PartitionType;

  itkNewMacro(Self);
  itkTypeMacro(RobustNormalizationImageFilter, LinearNormalizationImageFilter);

  /** Required. */
  itkSetGetDecoratedInputMacro(CentreAndScale, CentreAndScale);

  /** Scale of the output. */
  itkSetMacro(Gamma, double);
  itkGetConstMacro(Gamma, double);

  /** Centre of the output. */
  itkSetMacro(Beta, double);
  itkGetConstMacro(Beta, double);

  /** Default off. */
  itkSetMacro(Clip, bool);
  itkGetConstMacro(Clip, bool);
  itkBooleanMacro(Clip);

protected:
  RobustNormalizationImageFilter()
  {
    this->AddRequiredInputName("CentreAndScale");
  }
  ~RobustNormalizationImageFilter() override = default;

  void
  MakeMaps(PartitionType & partition, std::vector<LinearMap> & maps) const override;
  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  double m_Gamma{ 1.0 };
  double m_Beta{ 0.0 };
  bool   m_Clip{ false };
};
} // namespace itk

#include "itkRobustNormalizationImageFilter.hxx"
#endif
