#ifndef itkFieldGateSink_h
#define itkFieldGateSink_h

#include "itkLearnerSink.h"
#include "itkSmoothField.h"

#include "itkSimpleDataObjectDecorator.h"

#include <cstdint>
#include <ostream>
#include <vector>

namespace itk
{
/** What a field does to an image, and whether that is worth it. */
struct FieldGateSummary
{
  std::uint64_t samples{ 0 };       ///< positive voxels inside the mask that were looked at
  double        deviation{ 0.0 };   ///< of the log field
  double        entropyGain{ 0.0 }; ///< bits by which the entropy of the log intensity falls
  bool          passed{ false };

  bool
  operator==(const FieldGateSummary & other) const
  {
    return samples == other.samples && deviation == other.deviation && entropyGain == other.entropyGain &&
           passed == other.passed;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const FieldGateSummary & summary)
  {
    return os << summary.samples << " samples, deviation " << summary.deviation << ", entropy gain "
              << summary.entropyGain << ", " << (summary.passed ? "passed" : "refused");
  }
};

/** \class FieldGateSink
 * \brief Hands a log field on where dividing by it improves the image, and a field of 1 where it does not.
 *
 * In place of a field, CorrectedImage may be given, of the image's grid: the log field is then the difference of the
 * logarithms where both are positive, and FieldGateImageFilter acts on Summary.
 *
 * On about 60,000 positive voxels inside the mask, in whole rows drawn by a hash, it takes the entropy of the log
 * intensity before and after: that of the histogram under a Gaussian of deviation 0.02. The field passes where its log
 * deviates by MinimumDeviation at least, and the entropy falls by more than MinimumEntropyGain. (The variation within
 * Otsu's classes would be no witness: classes made of the corrected image are more even in it, whatever the field.)
 * Anatomy that looks like a field cannot be told from a field so.
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces, after the field's learner is done, and
 * CorrectedImage with it.
 *
 * \par Properties
 * - The same bits for every number of threads and stream divisions.
 * - A gain of the image or of the field changes neither what passes nor the figures, beyond rounding.
 * - A field of 1, and an image without positive voxels, do not pass; nothing throws.
 * - An image corrected by a field gives the figures of the field, to rounding of its pixels.
 *
 * \ingroup Illumination
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT FieldGateSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(FieldGateSink);

  using Self = FieldGateSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;

  static constexpr double DefaultMinimumDeviation = 0.008;
  static constexpr double DefaultMinimumEntropyGain = 0.005;

  itkNewMacro(Self);
  itkTypeMacro(FieldGateSink, LearnerSink);

  /** Log field. It or CorrectedImage is required. */
  itkSetGetDecoratedInputMacro(Field, SmoothField);

  /** The image after its correction, on its grid. */
  itkSetInputMacro(CorrectedImage, TInputImage);
  itkGetInputMacro(CorrectedImage, TInputImage);

  itkGetDecoratedOutputMacro(PassedField, SmoothField);
  itkGetDecoratedOutputMacro(Summary, FieldGateSummary);

  /** Of the log field, 0 or more: below, it is what fits find where there is no field. */
  itkSetMacro(MinimumDeviation, double);
  itkGetConstMacro(MinimumDeviation, double);

  /** In bits, 0 or more. */
  itkSetMacro(MinimumEntropyGain, double);
  itkGetConstMacro(MinimumEntropyGain, double);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "PassedField")
    {
      return SimpleDataObjectDecorator<SmoothField>::New().GetPointer();
    }
    return name == "Summary" ? SimpleDataObjectDecorator<FieldGateSummary>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  FieldGateSink()
  {
    this->SetPassedField(SmoothField{});
    this->SetSummary(FieldGateSummary{});
  }
  ~FieldGateSink() override = default;

  itkSetDecoratedOutputMacro(PassedField, SmoothField);
  itkSetDecoratedOutputMacro(Summary, FieldGateSummary);

  void
  VerifyPreconditions() ITKv5_CONST override;
  void
  VerifyInputInformation() ITKv5_CONST override;
  void
  GenerateNthInputRequestedRegion(unsigned int division) override;
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
    std::uint64_t offset; // linear index in the whole image
    double        logIntensity;
    double        logField;
  };
  struct Samples
  {
    std::vector<Sample> list;
    void
    Merge(const Samples & other)
    {
      list.insert(list.end(), other.list.begin(), other.list.end());
    }
  };

  double m_MinimumDeviation{ DefaultMinimumDeviation };
  double m_MinimumEntropyGain{ DefaultMinimumEntropyGain };

  std::uint64_t m_RowLimit{ 0 }; // a row is looked at when the hash of its number is at most this
  Samples       m_Samples;
};
} // namespace itk

#include "itkFieldGateSink.hxx"
#endif
