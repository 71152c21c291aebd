#ifndef itkInstanceNormalizationPointSetFilter_h
#define itkInstanceNormalizationPointSetFilter_h

#include "itkPointSetMomentsSink.h"

#include "itkMeshToMeshFilter.h"

namespace itk
{
/** \class InstanceNormalizationPointSetFilter
 * \brief y_c = Gamma (x_c - mean_c) / sqrt(variance_c + Epsilon) + Beta for each component c of the attributes (point
 * data) of a PointSet or Mesh; with Inverse on, x from y.
 *
 * The moments come from a PointSetMomentsSink, which weighs the points, or from a record.
 *
 * \par Access
 * Pointwise: each attribute by itself. Connect Moments to a learner for a two-pass pipeline.
 *
 * \par Properties
 * - Invariant to x -> a x + b, a > 0, up to Epsilon / variance.
 * - Variance 0 (attributes that are alike, one point) gives Beta everywhere, never NaN; its inverse is the mean.
 * - NaN moments (no point counted) give Beta everywhere. A point set without attributes passes unchanged.
 * - Components that are not finite pass through.
 * - Points, cells and cell data are the input's own, shared; identifiers are kept.
 *
 * \par Reference
 * D. Ulyanov, A. Vedaldi, V. Lempitsky, Instance Normalization, 2016. arXiv 1607.08022. Defaults are torch's.
 * \ingroup Normalization
 */
template <typename TPointSet>
class ITK_TEMPLATE_EXPORT InstanceNormalizationPointSetFilter : public MeshToMeshFilter<TPointSet, TPointSet>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(InstanceNormalizationPointSetFilter);

  using Self = InstanceNormalizationPointSetFilter;
  using Superclass = MeshToMeshFilter<TPointSet, TPointSet>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using PixelType = typename TPointSet::PixelType;

  static constexpr double DefaultEpsilon = 1e-5;

  itkNewMacro(Self);
  itkTypeMacro(InstanceNormalizationPointSetFilter, MeshToMeshFilter);

  /** Required. */
  itkSetGetDecoratedInputMacro(Moments, PointSetMoments);

  /** Added to the variance inside the root, in squared attribute, >= 0. */
  itkSetMacro(Epsilon, double);
  itkGetConstMacro(Epsilon, double);

  /** Deviation of the output. */
  itkSetMacro(Gamma, double);
  itkGetConstMacro(Gamma, double);

  /** Mean of the output. */
  itkSetMacro(Beta, double);
  itkGetConstMacro(Beta, double);

  /** Undo instead of apply: needs a Gamma that is not 0. */
  itkSetMacro(Inverse, bool);
  itkGetConstMacro(Inverse, bool);
  itkBooleanMacro(Inverse);

  itkConceptMacro(AttributesAreFloatingPoint,
                  (Concept::IsFloatingPoint<typename DefaultConvertPixelTraits<PixelType>::ComponentType>));

protected:
  InstanceNormalizationPointSetFilter()
  {
    this->AddRequiredInputName("Moments");
  }
  ~InstanceNormalizationPointSetFilter() override = default;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  GenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  double m_Epsilon{ DefaultEpsilon };
  double m_Gamma{ 1.0 };
  double m_Beta{ 0.0 };
  bool   m_Inverse{ false };
};
} // namespace itk

#include "itkInstanceNormalizationPointSetFilter.hxx"
#endif
