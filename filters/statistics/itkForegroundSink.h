#ifndef itkForegroundSink_h
#define itkForegroundSink_h

#include "itkLearnerSink.h"
#include "itkQuantileSketch.h"
#include "itkRunMask.h"

#include "itkSimpleDataObjectDecorator.h"

#include <cstdint>
#include <memory>

namespace itk
{
/** How foreground is told from background. */
enum class ForegroundRule
{
  Automatic,
  LogOtsu, ///< Otsu's threshold of the log intensity: magnitude images such as MR, air near 0
  Otsu,    ///< Otsu's threshold of the intensity: images with negative values
  Air,     ///< above -500: CT in Hounsfield units, air -1000, water 0
  All      ///< every finite pixel: 2-D images, whose background is part of the picture
};

struct ForegroundSummary
{
  ForegroundRule rule{ ForegroundRule::Automatic }; ///< the rule that was used, never Automatic
  double         threshold{ 0.0 };                  ///< intensity: foreground is above; -infinity for All
  std::uint64_t  components{ 0 };                   ///< kept
  std::uint64_t  voxels{ 0 };
};

/** \class ForegroundSink
 * \brief Learns the mask of the object: pixels above a threshold, in the largest connected components, holes closed.
 *
 * Automatic takes All for an image with fewer than three axes of extent above 1 (a fourth axis is time and not
 * counted); Air where more than 5 % of the finite voxels lie in [-1100, -900]; Otsu where more than 5 % are negative;
 * else LogOtsu. LogOtsu works on log(max(x, q / 1000)), q the 99.5th percentile of the positive intensities, so that
 * air set to zero and noisy air are one class. RunMaskImageSource makes an image of the Runs.
 *
 * \par Access
 * Streams: the input is read twice, for the threshold and for the runs, each time in NumberOfStreamDivisions pieces of
 * whole rows. What is kept is some 16 bytes for each run above the threshold, more
 * where most of them are components of their own, as noise is.
 *
 * \par Properties
 * - LogOtsu and Otsu are invariant to a gain, Otsu also to an offset, as far as QuantileSketch resolves intensities.
 * - Components of less than ComponentFraction of the largest one are dropped; then background that does not reach the
 *   image's border is filled.
 * - A constant image is foreground as a whole, except one of zeros (LogOtsu) or of air (Air), whose mask is empty.
 *   Non-finite pixels are never above the threshold.
 * - The mask is the same for every number of threads and stream divisions.
 * - Of a series (extent above 1 along a fourth axis) give the mean frame.
 *
 * \par Reference
 * N. Otsu, A threshold selection method from gray-level histograms, IEEE TSMC 9:62, 1979. DOI 10.1109/TSMC.1979.4310076
 * \ingroup Statistics
 */
template <typename TInputImage>
class ITK_TEMPLATE_EXPORT ForegroundSink
  : public LearnerSink<TInputImage, Image<unsigned char, TInputImage::ImageDimension>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ForegroundSink);

  using Self = ForegroundSink;
  using Superclass = LearnerSink<TInputImage, Image<unsigned char, TInputImage::ImageDimension>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using RunMaskType = RunMask<TInputImage::ImageDimension>;

  static constexpr double DefaultComponentFraction = 0.1;

  itkNewMacro(Self);
  itkTypeMacro(ForegroundSink, LearnerSink);

  itkSetEnumMacro(Rule, ForegroundRule);
  itkGetEnumMacro(Rule, ForegroundRule);

  /** Smallest component kept, as a fraction in [0, 1] of the largest one's size. */
  itkSetMacro(ComponentFraction, double);
  itkGetConstMacro(ComponentFraction, double);

  /** Null before the first update. */
  itkGetDecoratedOutputMacro(Runs, std::shared_ptr<const RunMaskType>);

  const ForegroundSummary &
  GetSummary() const
  {
    return m_Summary;
  }

  unsigned int
  GetNumberOfPasses() const override
  {
    return 2;
  }

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    return name == "Runs" ? SimpleDataObjectDecorator<std::shared_ptr<const RunMaskType>>::New().GetPointer()
                          : Superclass::MakeOutput(name);
  }

protected:
  ForegroundSink()
  {
    this->SetRuns(nullptr);
  }
  ~ForegroundSink() override = default;

  itkSetDecoratedOutputMacro(Runs, std::shared_ptr<const RunMaskType>);

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  BeforeStreamedGenerateData() override;
  void
  StreamedGenerateData(unsigned int division) override;
  void
  AfterStreamedGenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  ForegroundRule
  ChooseRule(const QuantileSketch & sketch) const;
  static double
  Threshold(ForegroundRule rule, const QuantileSketch & sketch);
  void
  AddToSketch();
  void
  AppendRuns();

  ForegroundRule    m_Rule{ ForegroundRule::Automatic };
  double            m_ComponentFraction{ DefaultComponentFraction };
  ForegroundSummary m_Summary;
  QuantileSketch    m_Sketch; // of the first pass
  RunMaskType       m_Above;  // of the second
};
} // namespace itk

#include "itkForegroundSink.hxx"
#endif
