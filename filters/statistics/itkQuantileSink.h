#ifndef itkQuantileSink_h
#define itkQuantileSink_h

#include "itkExactQuantiles.h"
#include "itkLearnerSink.h"

#include "itkSimpleDataObjectDecorator.h"

#include <ostream>
#include <vector>

namespace itk
{
/** What QuantileSink measures. NaN of no voxels. */
struct ImageQuantiles
{
  std::vector<double> values;                         ///< of the probabilities, in their order
  double              medianAbsoluteDeviation{ 0.0 }; ///< where asked for
  double              trimmedMean{ 0.0 };             ///< where asked for
  double              trimmedDeviation{ 0.0 };        ///< biased
  std::uint64_t       trimmedVoxels{ 0 };
  std::uint64_t       voxels{ 0 }; ///< finite, inside the mask
  std::uint64_t       nan{ 0 };    ///< inside the mask
  std::uint64_t       infinite{ 0 };
  std::uint64_t       below{ 0 };     ///< inside the mask, the first of the quantiles
  std::uint64_t       above{ 0 };     ///< the last
  double              minimum{ 0.0 }; ///< finite, of the whole image: outside the mask as well
  double              maximum{ 0.0 };

  bool
  operator==(const ImageQuantiles & other) const
  {
    return values == other.values && medianAbsoluteDeviation == other.medianAbsoluteDeviation &&
           trimmedMean == other.trimmedMean && trimmedDeviation == other.trimmedDeviation &&
           trimmedVoxels == other.trimmedVoxels && voxels == other.voxels && nan == other.nan &&
           infinite == other.infinite && below == other.below && above == other.above && minimum == other.minimum &&
           maximum == other.maximum;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const ImageQuantiles & quantiles)
  {
    os << "quantiles";
    for (const double value : quantiles.values)
    {
      os << ' ' << value;
    }
    return os << " of " << quantiles.voxels << " voxels";
  }
};

/** \class QuantileSink
 * \brief Exact quantiles of the intensities inside a mask, and on request their median absolute deviation (MAD) and
 * the mean and deviation of what lies between the first and the last quantile.
 *
 * Intensities are rounded to float. The MAD is the median of |x - median|, the difference taken in double and rounded
 * to float once. The trimmed mean and the biased trimmed deviation are those of every x with first <= x <= last
 * quantile, all ties with the two included; where no voxel lies there (two or three voxels), they are the two
 * quantiles' midpoint and 0. No voxel is sorted: see ExactQuantiles.
 *
 * \par Access
 * Streams: the input is read twice, with MedianAbsoluteDeviation four times, each time in NumberOfStreamDivisions
 * pieces of whole rows.
 *
 * \par Properties
 * - Quantiles and MAD equal those of the sorted intensities to the last bit, numpy's method 'linear'.
 * - The result has the same bits for every number of threads and stream divisions.
 * - Non-finite voxels are counted and otherwise skipped.
 * - Without a mask every voxel counts. An empty mask gives NaN and voxels 0, no exception.
 * - Probabilities that are empty, fall or leave [0, 1] are refused, and a MAD without 0.5 among them.
 *
 * \par Reference
 * R. Hyndman, Y. Fan, Sample quantiles in statistical packages, Am. Stat. 50:361, 1996 (definition 7).
 * DOI 10.1080/00031305.1996.10473566
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT QuantileSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(QuantileSink);

  using Self = QuantileSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;

  itkNewMacro(Self);
  itkTypeMacro(QuantileSink, LearnerSink);

  itkGetDecoratedOutputMacro(Quantiles, ImageQuantiles);

  /** In [0, 1], rising. Default: the median. */
  void
  SetProbabilities(const std::vector<double> & probabilities)
  {
    if (m_Probabilities != probabilities)
    {
      m_Probabilities = probabilities;
      this->Modified();
    }
  }
  itkGetConstReferenceMacro(Probabilities, std::vector<double>);

  /** Whether to measure it, in two more passes. Default off. */
  itkSetMacro(MedianAbsoluteDeviation, bool);
  itkGetConstMacro(MedianAbsoluteDeviation, bool);
  itkBooleanMacro(MedianAbsoluteDeviation);

  /** Whether to measure the trimmed mean and deviation. Default off. */
  itkSetMacro(TrimmedMoments, bool);
  itkGetConstMacro(TrimmedMoments, bool);
  itkBooleanMacro(TrimmedMoments);

  unsigned int
  GetNumberOfPasses() const override
  {
    return m_MedianAbsoluteDeviation ? 4 : 2;
  }

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    return name == "Quantiles" ? SimpleDataObjectDecorator<ImageQuantiles>::New().GetPointer()
                               : Superclass::MakeOutput(name);
  }

protected:
  QuantileSink()
  {
    this->SetQuantiles(ImageQuantiles{});
  }
  ~QuantileSink() override = default;

  itkSetDecoratedOutputMacro(Quantiles, ImageQuantiles);

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
  /** From the two passes over the intensities themselves. */
  void
  FinishIntensities();

  std::vector<double> m_Probabilities{ 0.5 };
  bool                m_MedianAbsoluteDeviation{ false };
  bool                m_TrimmedMoments{ false };

  IntensitySurvey        m_Survey;   // of the intensities in the first two passes, then of |x - median|
  ExactQuantiles         m_Selected; // of the same
  ExactQuantiles::Counts m_Counts;
  double                 m_Median{ 0.0 };
  ImageQuantiles         m_Result;
};
} // namespace itk

#include "itkQuantileSink.hxx"
#endif
