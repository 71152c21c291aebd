#ifndef itkHistogramRetinexSink_h
#define itkHistogramRetinexSink_h

#include "itkLearnerSink.h"
#include "itkSmoothField.h"
#include "itkSmoothFieldFit.h"

#include "itkSimpleDataObjectDecorator.h"

#include <array>
#include <cstdint>
#include <ostream>
#include <vector>

namespace itk
{
/** What the estimate rests on. */
struct HistogramRetinexSummary
{
  std::uint64_t maskVoxels{ 0 };
  std::uint64_t excluded{ 0 }; ///< mask voxels left out of the fit: not finite, or not positive
  std::uint64_t samples{ 0 };  ///< 0: too few voxels for an estimate, the field is 1
  unsigned int  rim{ 0 };      ///< voxels from the mask's border that were kept away from
  unsigned int  iterations{ 0 };
  double        logFloor{ 0.0 };      ///< intensity
  double        unevenness{ 0.0 };    ///< log intensity; see HistogramRetinexSink
  bool          isOfTissues{ false }; ///< the field is that of all samples, which keeps their tissues apart

  bool
  operator==(const HistogramRetinexSummary & other) const
  {
    return maskVoxels == other.maskVoxels && excluded == other.excluded && samples == other.samples &&
           rim == other.rim && iterations == other.iterations && logFloor == other.logFloor &&
           unevenness == other.unevenness && isOfTissues == other.isOfTissues;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const HistogramRetinexSummary & summary)
  {
    return os << summary.samples << " samples of " << summary.maskVoxels << " mask voxels, " << summary.excluded
              << " excluded, rim " << summary.rim << ", " << summary.iterations << " iterations, log floor "
              << summary.logFloor << ", unevenness " << summary.unevenness
              << (summary.isOfTissues ? ", of all tissues" : ", of the flattest places");
  }
};

/** \class HistogramRetinexSink
 * \brief Learns the smooth multiplicative illumination of an image: log image = log reflectance + log illumination.
 *
 * The log illumination is a SmoothField that makes the histogram of the log reflectance sharpest, of mean 1 inside the
 * mask. Voxels are drawn from the mask at full resolution by a hash of their index, away from the mask's rim, and
 * lightly blurred. The field is first fitted to the Flattest of them, which are nearly all of one tissue: the histogram
 * of what remains after the field is deconvolved (HistogramSharpening), the field refitted to the difference, and the
 * kernel's width lowered step by step (Widths).
 *
 * Where that tissue is of one intensity, as in phantoms and fluids, little else does better. Noise is a smaller part of
 * what a strong field makes bright, and draws the Flattest there: they are chosen anew, by their relative deviation
 * times the root of the field found, half way to what noise alone would ask for, and the last width settles once more.
 * In a living brain it is not of one, and its own slow variation goes into the field. It shows in the residuals within
 * 0.1 of their main peak: the deviation of their means over cells of 12 mm, less what the deviation inside cells
 * explains, is the Unevenness. Above UnevennessOfOneTissue, and above NoiseShare of the deviation inside cells, the
 * field is fitted to all samples instead, under the entropy of their histogram and their tissues' Contrast
 * (HistogramEntropyFit), starting from the first; unless they form no tissues, as those of a whole head do, or lie in a
 * plane, as those of a picture do.
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces, each with the Rim or the reach
 * of the blur around it, of which the wider counts: four voxels at most. The mask is held whole.
 *
 * \par Properties
 * - The same bits for every number of threads and stream divisions.
 * - A gain of the image leaves the field as it is.
 * - Voxels that are not finite or not positive, and samples not above LogFloor times the median, are left out of the
 * fit.
 * - Too few voxels, or none, give a field of 1, never an exception.
 *
 * \par Reference
 * J. Sled, A. Zijdenbos, A. Evans, IEEE TMI 17:87, 1998, DOI 10.1109/42.668698 (sharpening);
 * E. Land, J. McCann, J. Opt. Soc. Am. 61:1, 1971, DOI 10.1364/JOSA.61.000001 (retinex).
 * \ingroup Illumination
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT HistogramRetinexSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(HistogramRetinexSink);

  using Self = HistogramRetinexSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;

  static constexpr unsigned int Dimension = TInputImage::ImageDimension;
  static constexpr unsigned int DefaultOrder = 5;
  static constexpr unsigned int DefaultNumberOfSamples = 160000;
  static constexpr unsigned int DefaultRim = 2;
  static constexpr unsigned int DefaultMaximumNumberOfIterations = 50;
  static constexpr double       VoxelsADegree = 12.0;
  static constexpr std::size_t  CoarseSamples = 10000;          ///< of all but the last width, at least
  static constexpr std::size_t  CoarseSamplesOfTissues = 12000; ///< of all but the last fit to tissues, at least
  static constexpr double       UnevennessOfOneTissue = 0.008;  ///< log intensity
  static constexpr double       NoiseShare = 0.6;
  static constexpr double       CellSize = 12.0; ///< mm
  static constexpr double       DefaultContrast = 0.5;
  static constexpr double       DefaultSmoothing = 0.7;
  static constexpr double       DefaultFlattest = 0.15;
  static constexpr double       DefaultLogFloor = 0.05;
  static constexpr double       DefaultConvergenceThreshold = 1e-4;
  static constexpr double       DefaultWienerNoise = 0.01;
  static std::vector<double>
  DefaultWidths()
  {
    return { 0.25, 0.15, 0.10, 0.07, 0.05 };
  }

  itkNewMacro(Self);
  itkTypeMacro(HistogramRetinexSink, LearnerSink);

  itkGetDecoratedOutputMacro(Field, SmoothField);
  itkGetDecoratedOutputMacro(Summary, HistogramRetinexSummary);

  /** Total degree of the Legendre series, 1 to 8. Lowered to one for every VoxelsADegree voxels of the longest axis of
   * the mask's box. */
  itkSetMacro(Order, unsigned int);
  itkGetConstMacro(Order, unsigned int);

  /** Voxels drawn from the mask, before those near its rim are dropped. */
  itkSetMacro(NumberOfSamples, unsigned int);
  itkGetConstMacro(NumberOfSamples, unsigned int);

  /** Deviation of the Gaussian blur of each sample, in mm, and 0.8 voxel at most along each axis: it calms noise
   * without mixing tissues. */
  itkSetMacro(Smoothing, double);
  itkGetConstMacro(Smoothing, double);

  /** Voxels of the finest axis to keep away from the mask's border, 0 to 4. Lowered where too few samples remain. */
  itkSetMacro(Rim, unsigned int);
  itkGetConstMacro(Rim, unsigned int);

  /** Fraction in (0, 1] of the samples that the field is first fitted to: those with the smallest relative deviation
   * around them, under the field. */
  itkSetMacro(Flattest, double);
  itkGetConstMacro(Flattest, double);

  /** Weight, >= 0, of the log distance between tissues beside the entropy of their histogram: 0.5 neither draws
   * tissues together nor drives them apart. 0: the field is that of the Flattest. */
  itkSetMacro(Contrast, double);
  itkGetConstMacro(Contrast, double);

  /** Fraction of the samples' median intensity at and below which voxels are left out of the fit. */
  itkSetMacro(LogFloor, double);
  itkGetConstMacro(LogFloor, double);

  /** Full widths at half maximum of the sharpening kernel, in log intensity, one after the other. */
  void
  SetWidths(const std::vector<double> & widths)
  {
    if (m_Widths != widths)
    {
      m_Widths = widths;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(Widths, std::vector<double>);

  /** Iterations at most for each width. */
  itkSetMacro(MaximumNumberOfIterations, unsigned int);
  itkGetConstMacro(MaximumNumberOfIterations, unsigned int);

  /** Root-mean-square change of the log field at which a width has settled. */
  itkSetMacro(ConvergenceThreshold, double);
  itkGetConstMacro(ConvergenceThreshold, double);

  /** Noise of the Wiener deconvolution, as a fraction of the signal's power. */
  itkSetMacro(WienerNoise, double);
  itkGetConstMacro(WienerNoise, double);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "Field")
    {
      return SimpleDataObjectDecorator<SmoothField>::New().GetPointer();
    }
    return name == "Summary" ? SimpleDataObjectDecorator<HistogramRetinexSummary>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  HistogramRetinexSink()
  {
    this->SetField(SmoothField{});
    this->SetSummary(HistogramRetinexSummary{});
    this->m_ReadingShare = 0.3;
  }
  ~HistogramRetinexSink() override = default;

  itkSetDecoratedOutputMacro(Field, SmoothField);
  itkSetDecoratedOutputMacro(Summary, HistogramRetinexSummary);

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
  struct Sample
  {
    std::uint64_t offset;    // linear index in the whole image
    double        intensity; // blurred
    double        deviation; // relative, of its neighbourhood
    unsigned int  depth;     // voxels to the mask's border, at most Rim
  };
  struct Samples
  {
    std::vector<Sample> list;
    std::uint64_t       nonPositive{ 0 };
    void
    Merge(const Samples & other)
    {
      list.insert(list.end(), other.list.begin(), other.list.end());
      nonPositive += other.nonPositive;
    }
  };
  struct Neighbour
  {
    typename TInputImage::OffsetType offset;
    unsigned int                     level;  // smallest rim whose box holds it
    double                           weight; // of the blur
  };

  using List = std::vector<Sample>;
  struct Observations
  {
    std::vector<SmoothFieldFit::Position> positions;
    std::vector<double>                   logIntensities;
  };

  void
  MakeNeighbourhood();
  void
  DrawSamples(const RegionType & slab, Samples & samples) const;
  /** Drops samples near the rim, and those at or below the log floor. */
  void
  SelectSamples(HistogramRetinexSummary & summary);
  /** At least `least` of them, where there are as many: by their relative deviation times the root of `field`. */
  List
  FlattestSamples(const SmoothField & field, std::size_t least) const;
  /** Of `field` at each of `samples`, which are in order of their offset. */
  std::vector<double>
  LogField(const SmoothField & field, const List & samples) const;
  /** Every n-th of `samples`, so many that at least `atLeast` remain; 0: all. */
  Observations
  Observe(const List & samples, std::size_t atLeast) const;
  /** A field without coefficients over the mask's box; along an axis of which the samples cover less than half, over
   * theirs: where none is, a series would run free. */
  SmoothField
  MakeField() const;
  SmoothField
  FitField(HistogramRetinexSummary & summary);
  /** Refines `field`, one width after the other. Returns the iterations. */
  unsigned int
  Sharpen(SmoothField & field, const Observations & observations, const std::vector<double> & widths) const;
  /** Sets the summary's unevenness. Returns whether it is more than one tissue's. */
  bool
  IsUneven(const SmoothField & field, const List & samples, HistogramRetinexSummary & summary) const;
  /** Returns whether there are tissues; else `field` stays. */
  bool
  FitTissues(SmoothField & field, HistogramRetinexSummary & summary);
  /** Sets the field's mean to 1 and its bounds to its range, inside the mask. */
  void
  NormaliseField(SmoothField & field);

  unsigned int        m_Order{ DefaultOrder };
  unsigned int        m_NumberOfSamples{ DefaultNumberOfSamples };
  double              m_Smoothing{ DefaultSmoothing };
  unsigned int        m_Rim{ DefaultRim };
  double              m_Flattest{ DefaultFlattest };
  double              m_Contrast{ DefaultContrast };
  double              m_LogFloor{ DefaultLogFloor };
  std::vector<double> m_Widths{ DefaultWidths() };
  unsigned int        m_MaximumNumberOfIterations{ DefaultMaximumNumberOfIterations };
  double              m_ConvergenceThreshold{ DefaultConvergenceThreshold };
  double              m_WienerNoise{ DefaultWienerNoise };

  RegionType             m_MaskBox;
  std::uint64_t          m_MaskVoxels{ 0 };
  std::uint64_t          m_HashLimit{ 0 }; // a voxel is drawn when the hash of its index is below
  std::vector<Neighbour> m_Neighbourhood;
  Samples                m_Samples;
};
} // namespace itk

#include "itkHistogramRetinexSink.hxx"
#endif
