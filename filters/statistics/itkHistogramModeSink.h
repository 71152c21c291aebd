#ifndef itkHistogramModeSink_h
#define itkHistogramModeSink_h

#include "itkCentreAndScale.h"
#include "itkExactQuantiles.h"
#include "itkLearnerSink.h"

#include "itkSimpleDataObjectDecorator.h"

#include <ostream>
#include <vector>

namespace itk
{
/** Which of the large modes, in rising intensity. */
enum class HistogramMode
{
  First,   ///< the darkest
  Largest, ///< the one with most voxels
  Last     ///< the brightest: white matter in T1-weighted MR
};

struct HistogramPeak
{
  std::size_t bin;
  double      height; ///< of the smoothed histogram
};

/** Large modes of a histogram that was smoothed with a Gaussian of deviation `smoothing` bins, in rising order: local
 * maxima of at least `largeFraction` of the highest one, with a dip of at least 2 % of it before any higher place.
 * Beyond its ends the histogram is taken as empty. At least one, where a count is positive. */
inline std::vector<HistogramPeak>
FindLargeModes(const std::vector<std::uint64_t> & counts, double smoothing, double largeFraction);

/** What HistogramModeSink measures. Intensities are NaN of no voxels. */
struct HistogramModeSummary
{
  std::vector<double> modes;                  ///< intensities of all large ones, rising
  double              modeProbability{ 0.0 }; ///< fraction of the voxels below the chosen one
  double              stripeLower{ 0.0 };     ///< intensity
  double              stripeUpper{ 0.0 };
  std::uint64_t       stripeVoxels{ 0 };
  std::uint64_t       voxels{ 0 }; ///< finite, inside the mask
  std::uint64_t       nan{ 0 };    ///< inside the mask
  std::uint64_t       infinite{ 0 };
  double              minimum{ 0.0 }; ///< finite, of the whole image: outside the mask as well
  double              maximum{ 0.0 };

  bool
  operator==(const HistogramModeSummary & other) const
  {
    return modes == other.modes && modeProbability == other.modeProbability && stripeLower == other.stripeLower &&
           stripeUpper == other.stripeUpper && stripeVoxels == other.stripeVoxels && voxels == other.voxels &&
           nan == other.nan && infinite == other.infinite && minimum == other.minimum && maximum == other.maximum;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const HistogramModeSummary & summary)
  {
    os << "modes";
    for (const double mode : summary.modes)
    {
      os << ' ' << mode;
    }
    return os << " of " << summary.voxels << " voxels, stripe [" << summary.stripeLower << ", " << summary.stripeUpper
              << ']';
  }
};

/** \class HistogramModeSink
 * \brief A mode of the intensities inside a mask, and the deviation of the stripe of voxels around it.
 *
 * The histogram has NumberOfBins equal bins between two quantiles, so that outliers do not widen them, and is smoothed
 * with a Gaussian. Of its large modes, see FindLargeModes(), Mode says which is taken. A bias field smears them: remove
 * it first. The stripe holds the voxels between the quantiles of p - Width and p + Width, p being the fraction of
 * voxels below the mode, all ties included. Centre is the mode (its bin's middle), scale the stripe's biased deviation.
 * Intensities are rounded to float.
 *
 * \par Access
 * Streams: the input is read four times (range, histogram, stripe), each time in NumberOfStreamDivisions pieces.
 *
 * \par Properties
 * - The result has the same bits for every number of threads and stream divisions.
 * - Scales and shifts with the image: a gain of a power of two to the last bit.
 * - Outliers of less than RangeProbability of the voxels move the mode by a few bins at most, however bright they are.
 * - Non-finite voxels are counted and otherwise skipped. An empty mask gives NaN, no exception.
 * - One intensity is its own mode, with scale 0.
 *
 * \par Reference
 * R. Shinohara et al., Statistical normalization techniques for magnetic resonance imaging, NeuroImage: Clinical 6:9,
 * 2014. DOI 10.1016/j.nicl.2014.08.008
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT HistogramModeSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(HistogramModeSink);

  using Self = HistogramModeSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;

  static constexpr std::size_t NumberOfBins = 2000;
  static constexpr double      RangeProbability = 0.005; ///< of the voxels that the histogram leaves out, at either end
  static constexpr HistogramMode DefaultMode = HistogramMode::Last;
  static constexpr double        DefaultWidth = 0.05;
  static constexpr double        DefaultSmoothing = 0.015;
  static constexpr double        DefaultLargeFraction = 0.2;

  itkNewMacro(Self);
  itkTypeMacro(HistogramModeSink, LearnerSink);

  itkGetDecoratedOutputMacro(CentreAndScale, CentreAndScale);
  itkGetDecoratedOutputMacro(Summary, HistogramModeSummary);

  itkSetEnumMacro(Mode, HistogramMode);
  itkGetEnumMacro(Mode, HistogramMode);

  /** Of the stripe, to either side, as a fraction in (0, 0.5] of the voxels. */
  itkSetMacro(Width, double);
  itkGetConstMacro(Width, double);

  /** Deviation of the Gaussian, as a fraction in [0, 0.25] of the histogram's range. */
  itkSetMacro(Smoothing, double);
  itkGetConstMacro(Smoothing, double);

  /** In [0, 1]. */
  itkSetMacro(LargeFraction, double);
  itkGetConstMacro(LargeFraction, double);

  unsigned int
  GetNumberOfPasses() const override
  {
    return 4;
  }

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "CentreAndScale")
    {
      return SimpleDataObjectDecorator<CentreAndScale>::New().GetPointer();
    }
    return name == "Summary" ? SimpleDataObjectDecorator<HistogramModeSummary>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  HistogramModeSink()
  {
    this->SetCentreAndScale(CentreAndScale{});
    this->SetSummary(HistogramModeSummary{});
  }
  ~HistogramModeSink() override = default;

  itkSetDecoratedOutputMacro(CentreAndScale, CentreAndScale);
  itkSetDecoratedOutputMacro(Summary, HistogramModeSummary);

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
  enum Pass : unsigned int
  {
    SurveyPass,
    RangePass,
    HistogramPass,
    StripePass
  };
  struct Histogram
  {
    std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(NumberOfBins);
    std::uint64_t              below{ 0 }; // its range
    void
    Merge(const Histogram & other)
    {
      below += other.below;
      for (std::size_t i = 0; i < NumberOfBins; ++i)
      {
        counts[i] += other.counts[i];
      }
    }
  };

  void
  BeginPass(Pass pass);
  void
  ChooseMode();
  /** Intensity at the middle of a bin. */
  double
  IntensityOf(std::size_t bin) const
  {
    return m_RangeLower + (static_cast<double>(bin) + 0.5) * (m_RangeUpper - m_RangeLower) / NumberOfBins;
  }

  HistogramMode m_Mode{ DefaultMode };
  double        m_Width{ DefaultWidth };
  double        m_Smoothing{ DefaultSmoothing };
  double        m_LargeFraction{ DefaultLargeFraction };

  IntensitySurvey        m_Survey;
  ExactQuantiles         m_Selected; // of the range, then of the stripe
  ExactQuantiles::Counts m_Counts;
  double                 m_RangeLower{ 0.0 };
  double                 m_RangeUpper{ 0.0 };
  Histogram              m_Histogram;
  std::vector<double>    m_StripeProbabilities;
  double                 m_Centre{ 0.0 };
  HistogramModeSummary   m_Result;
};
} // namespace itk

#include "itkHistogramModeSink.hxx"
#endif
