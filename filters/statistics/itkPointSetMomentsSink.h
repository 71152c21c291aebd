#ifndef itkPointSetMomentsSink_h
#define itkPointSetMomentsSink_h

#include "itkInstanceMoments.h"
#include "itkMomentAccumulator.h"
#include "itkPointSetWeights.h"

#include "itkDefaultConvertPixelTraits.h"
#include "itkProcessObject.h"
#include "itkSimpleDataObjectDecorator.h"

#include <ostream>
#include <vector>

namespace itk
{
/** What each point of a set weighs in statistics. */
enum class PointWeighting
{
  Equal,   ///< the same
  Density, ///< 1 / density, see DensityWeights()
  Area     ///< of a mesh: its part of the surface, see AreaWeights()
};

/** Moments of each component of the attributes. */
struct PointSetMoments
{
  std::vector<MeanAndVariance> components;

  bool
  operator==(const PointSetMoments & other) const
  {
    return components == other.components;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const PointSetMoments & moments)
  {
    return os << moments.components.size() << " components";
  }
};

/** \class PointSetMomentsSink
 * \brief Mean and biased variance of each component of the attributes of a point set or mesh:
 * mean = sum(w x) / sum(w), variance = sum(w (x - mean)^2) / sum(w).
 *
 * Attributes are the point data: scalars, Vector, CovariantVector, FixedArray or VariableLengthVector. The weight w of
 * a point is that of Weighting times that of Weights, where given.
 *
 * \par Access
 * WholeImage: point sets do not stream.
 *
 * \par Properties
 * - The order of points and cells does not change a bit of the result.
 * - With Weighting Density, duplicating points changes the result by no more than rounding; equal numbers of duplicates
 *   of every point change it so little with any Weighting.
 * - The scale of Weights does not matter. A point of weight 0 does not count.
 * - A component that is not finite, or beyond 1e60, is skipped, the point's other components count.
 * - Components that are alike have variance 0 exactly. Of no points, mean and variance are NaN and the count 0.
 *
 * \par Reference
 * C. Qi, H. Su, K. Mo, L. Guibas, PointNet, CVPR 2017. DOI 10.1109/CVPR.2017.16 (point sets are unordered: statistics
 * over them must be symmetric)
 * \ingroup Statistics
 */
template <typename TPointSet>
class ITK_TEMPLATE_EXPORT PointSetMomentsSink : public ProcessObject
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(PointSetMomentsSink);

  using Self = PointSetMomentsSink;
  using Superclass = ProcessObject;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using PixelType = typename TPointSet::PixelType;
  using WeightsType = std::vector<double>;

  itkNewMacro(Self);
  itkTypeMacro(PointSetMomentsSink, ProcessObject);

  using Superclass::SetInput;
  void
  SetInput(const TPointSet * points)
  {
    this->SetNthInput(0, const_cast<TPointSet *>(points));
  }
  const TPointSet *
  GetInput() const
  {
    return itkDynamicCastInDebugMode<const TPointSet *>(this->GetPrimaryInput());
  }

  /** Default Equal. Area needs a mesh. */
  itkSetEnumMacro(Weighting, PointWeighting);
  itkGetEnumMacro(Weighting, PointWeighting);

  /** Of Weighting Density, mm, >= 0. Default 0: only points at the same position share their weight. */
  itkSetMacro(DensityRadius, double);
  itkGetConstMacro(DensityRadius, double);

  /** One for each attribute in the order of the point data, finite, >= 0, at most 1e60. Optional. */
  void
  SetWeights(const WeightsType & weights)
  {
    const auto decorated = SimpleDataObjectDecorator<WeightsType>::New();
    decorated->Set(weights);
    this->ProcessObject::SetInput("Weights", decorated);
  }

  itkGetDecoratedOutputMacro(Moments, PointSetMoments);

  using Superclass::MakeOutput;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    return name == "Moments" ? SimpleDataObjectDecorator<PointSetMoments>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  PointSetMomentsSink()
  {
    this->SetNumberOfRequiredInputs(1);
    this->SetPrimaryOutputName("Moments");
    this->SetMoments(PointSetMoments());
  }
  ~PointSetMomentsSink() override = default;

  itkSetDecoratedOutputMacro(Moments, PointSetMoments);

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  GenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  WeightsType
  WeightsOfAttributes() const;

  PointWeighting m_Weighting{ PointWeighting::Equal };
  double         m_DensityRadius{ 0.0 };
};
} // namespace itk

#include "itkPointSetMomentsSink.hxx"
#endif
