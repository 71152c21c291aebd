#ifndef itkRobustScaleSink_h
#define itkRobustScaleSink_h

#include "itkCentreAndScale.h"
#include "itkQuantileSink.h"

namespace itk
{
/** What stands for mean and deviation. */
enum class RobustMethod
{
  MedianMad, ///< median; 1.4826 times the median absolute deviation
  MedianIqr, ///< median; the range from the first to the third quartile over 1.349
  Trimmed,   ///< mean and deviation of what lies between the lower and the upper quantile
  Window     ///< the lower quantile; the distance from it to the upper one
};

/** \class RobustScaleSink
 * \brief Centre and scale of the intensities inside a mask that a few outliers do not move, by Method.
 *
 * For a normal distribution the first two scales are its deviation. The window of the result is that of the
 * quantiles of LowerProbability and UpperProbability, whatever the method.
 *
 * \par Access
 * Streams: the input is read twice, by MedianMad four times, each time in NumberOfStreamDivisions pieces.
 *
 * \par Properties
 * - Centre and scale follow from QuantileSink's exact values.
 * - Half of the voxels, less one, may take any value: by MedianMad, centre and scale stay within the others' range.
 * - The scale is 0 where the quantiles that it rests on are one intensity: by MedianMad where more than half of the
 *   voxels are.
 * - LowerProbability must be in [0, 0.25], UpperProbability in [0.75, 1].
 *
 * \par Reference
 * P. Rousseeuw, C. Croux, Alternatives to the median absolute deviation, JASA 88:1273, 1993.
 * DOI 10.1080/01621459.1993.10476408
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT RobustScaleSink : public QuantileSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RobustScaleSink);

  using Self = RobustScaleSink;
  using Superclass = QuantileSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  static constexpr double DefaultLowerProbability = 0.005; ///< nnU-Net's window of CT
  static constexpr double DefaultUpperProbability = 0.995;

  itkNewMacro(Self);
  itkTypeMacro(RobustScaleSink, QuantileSink);

  itkGetDecoratedOutputMacro(CentreAndScale, CentreAndScale);

  /** Default MedianMad. */
  void
  SetMethod(RobustMethod method)
  {
    if (m_Method != method)
    {
      m_Method = method;
      this->Configure();
      this->Modified();
    }
  }
  itkGetEnumMacro(Method, RobustMethod);

  /** Of the window, and of what Trimmed keeps. */
  void
  SetLowerProbability(double probability)
  {
    m_LowerProbability = probability;
    this->Configure();
  }
  itkGetConstMacro(LowerProbability, double);
  void
  SetUpperProbability(double probability)
  {
    m_UpperProbability = probability;
    this->Configure();
  }
  itkGetConstMacro(UpperProbability, double);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    return name == "CentreAndScale" ? SimpleDataObjectDecorator<CentreAndScale>::New().GetPointer()
                                    : Superclass::MakeOutput(name);
  }

protected:
  RobustScaleSink()
  {
    this->SetCentreAndScale(CentreAndScale{});
    this->Configure();
  }
  ~RobustScaleSink() override = default;

  itkSetDecoratedOutputMacro(CentreAndScale, CentreAndScale);

  // follow from the method
  using Superclass::MedianAbsoluteDeviationOff;
  using Superclass::MedianAbsoluteDeviationOn;
  using Superclass::SetMedianAbsoluteDeviation;
  using Superclass::SetProbabilities;
  using Superclass::SetTrimmedMoments;
  using Superclass::TrimmedMomentsOff;
  using Superclass::TrimmedMomentsOn;

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  AfterStreamedGenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  void
  Configure();

  RobustMethod m_Method{ RobustMethod::MedianMad };
  double       m_LowerProbability{ DefaultLowerProbability };
  double       m_UpperProbability{ DefaultUpperProbability };
};
} // namespace itk

#include "itkRobustScaleSink.hxx"
#endif
