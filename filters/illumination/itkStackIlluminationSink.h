#ifndef itkStackIlluminationSink_h
#define itkStackIlluminationSink_h

#include "itkLearnerSink.h"
#include "itkStackIlluminationFit.h"

#include "itkSimpleDataObjectDecorator.h"

#include <array>
#include <cstdint>
#include <ostream>
#include <vector>

namespace itk
{
/** What the estimate rests on. */
struct StackIlluminationSummary
{
  std::uint64_t images{ 0 };    ///< of the stack
  std::uint64_t excluded{ 0 };  ///< constant, saturated, not positive on the mean, or without a pixel inside the mask
  std::uint64_t fitted{ 0 };    ///< 0: too few, or none that light explains; the flat-field is 1
  std::uint64_t nonFinite{ 0 }; ///< pixels inside the mask that were skipped
  unsigned int  reweightings{ 0 };
  double        floored{ 0.0 }; ///< share of the plane where the flat-field is held at its lowest

  bool
  operator==(const StackIlluminationSummary & other) const
  {
    return images == other.images && excluded == other.excluded && fitted == other.fitted &&
           nonFinite == other.nonFinite && reweightings == other.reweightings && floored == other.floored;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const StackIlluminationSummary & summary)
  {
    return os << summary.fitted << " of " << summary.images << " images fitted, " << summary.excluded << " excluded, "
              << summary.nonFinite << " pixels not finite, " << summary.reweightings << " reweightings, "
              << summary.floored << " of the plane at the lowest flat-field";
  }
};

/** \class StackIlluminationSink
 * \brief Learns the flat-field and the dark-field that the 2-D images of a stack share: x_i = b_i flat + dark +
 * residual.
 *
 * The images are the planes along the first two axes; all others are the stack. Each is reduced to the means of square
 * cells of its finite pixels inside the mask, at most WorkingSize cells along an axis, and StackIlluminationFit splits
 * them: both fields sparse in the cosine transform, the residual (cells, tissue) sparse in place. Images that are
 * constant, more than half of whose cells hold their highest value (saturation), or whose mean is not positive are left
 * out. A baseline is the median of (x - dark) / flat over an image's cells, weighted by the flat-field.
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces. The reduced images are kept, and while the fit
 * runs four more of each that it takes, MaximumNumberOfImages at most.
 *
 * \par Properties
 * - The same bits for every number of threads and stream divisions.
 * - The flat-field's mean over the plane is 1; the dark-field is not negative.
 * - Images under no common lamp, whose flat-field would fall below LowestFlat, have a share of the plane in Summary.
 * - A gain of the stack leaves the flat-field as it is, and multiplies dark-field and baselines.
 * - Fewer than MinimumNumberOfImages usable images give a flat-field of 1 and no dark-field, never an exception.
 *
 * \par Reference
 * T. Peng, K. Thorn, T. Schroeder, L. Wang, F. J. Theis, C. Marr, N. Navab, Nature Communications 8:14836, 2017,
 * DOI 10.1038/ncomms14836.
 * \ingroup Illumination
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT StackIlluminationSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(StackIlluminationSink);

  using Self = StackIlluminationSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;

  static constexpr unsigned int Dimension = TInputImage::ImageDimension;
  static constexpr unsigned int MinimumNumberOfImages = 3;
  static constexpr unsigned int DefaultWorkingSize = 128;
  static constexpr unsigned int DefaultMaximumNumberOfImages = 256;
  static constexpr unsigned int DefaultMaximumNumberOfReweightings = 10;
  static constexpr double       DefaultReweightTolerance = 1e-3;
  static constexpr double       DefaultSmoothness = 1.0;

  itkNewMacro(Self);
  itkTypeMacro(StackIlluminationSink, LearnerSink);

  itkGetDecoratedOutputMacro(Illumination, StackIllumination);
  itkGetDecoratedOutputMacro(Summary, StackIlluminationSummary);

  /** Estimate a dark-field: an offset, the same in each image. It takes images of different brightness. */
  itkSetMacro(DarkField, bool);
  itkGetConstMacro(DarkField, bool);
  itkBooleanMacro(DarkField);

  /** At each place, exchange the images so that intensities ascend: for stacks that tissue fills, where no place is
   * background in most images. With objects on a background it is the worse choice. */
  itkSetMacro(SortIntensity, bool);
  itkGetConstMacro(SortIntensity, bool);
  itkBooleanMacro(SortIntensity);

  /** Weight of the flat-field's cosine coefficients against the residual, in units of the automatic one; >= 0. */
  itkSetMacro(SmoothnessFlatField, double);
  itkGetConstMacro(SmoothnessFlatField, double);

  /** That of the dark-field's. */
  itkSetMacro(SmoothnessDarkField, double);
  itkGetConstMacro(SmoothnessDarkField, double);

  /** Cells along an axis at most, 16 to 1024. */
  itkSetMacro(WorkingSize, unsigned int);
  itkGetConstMacro(WorkingSize, unsigned int);

  /** Images that the fit takes at most, evenly from the stack. */
  itkSetMacro(MaximumNumberOfImages, unsigned int);
  itkGetConstMacro(MaximumNumberOfImages, unsigned int);

  itkSetMacro(MaximumNumberOfReweightings, unsigned int);
  itkGetConstMacro(MaximumNumberOfReweightings, unsigned int);

  /** Mean change of the flat-field at which the weights have settled. */
  itkSetMacro(ReweightTolerance, double);
  itkGetConstMacro(ReweightTolerance, double);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "Illumination")
    {
      return SimpleDataObjectDecorator<StackIllumination>::New().GetPointer();
    }
    return name == "Summary" ? SimpleDataObjectDecorator<StackIlluminationSummary>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  StackIlluminationSink()
  {
    this->SetIllumination(StackIllumination{});
    this->SetSummary(StackIlluminationSummary{});
    this->m_ReadingShare = 0.3;
  }
  ~StackIlluminationSink() override = default;

  itkSetDecoratedOutputMacro(Illumination, StackIllumination);
  itkSetDecoratedOutputMacro(Summary, StackIlluminationSummary);

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
  std::size_t
  NumberOfCells() const
  {
    return m_Cells[0] * m_Cells[1];
  }
  /** Means of one row of cells of the plane that begins at `start`; NaN for a cell without a pixel. Returns the pixels
   * that are not finite. */
  std::uint64_t
  ReduceRow(IndexType start, std::size_t cellRow, float * cells) const;
  bool
  IsUsable(std::size_t image) const;
  double
  BaselineOf(std::size_t image, const std::vector<double> & flat, const std::vector<double> & dark) const;
  /** Of the series at the middle of each cell. */
  std::vector<double>
  AtCells(const CosineSeries & series) const;

  bool         m_DarkField{ false };
  bool         m_SortIntensity{ false };
  double       m_SmoothnessFlatField{ DefaultSmoothness };
  double       m_SmoothnessDarkField{ DefaultSmoothness };
  unsigned int m_WorkingSize{ DefaultWorkingSize };
  unsigned int m_MaximumNumberOfImages{ DefaultMaximumNumberOfImages };
  unsigned int m_MaximumNumberOfReweightings{ DefaultMaximumNumberOfReweightings };
  double       m_ReweightTolerance{ DefaultReweightTolerance };

  std::size_t                m_CellSize{ 1 }; ///< pixels along both axes; the last cell may be smaller
  std::array<std::size_t, 2> m_Cells{};
  std::size_t                m_Images{ 0 };
  std::vector<float>         m_Reduced; ///< image after image; none where there are too few
  std::uint64_t              m_NonFinite{ 0 };
};
} // namespace itk

#include "itkStackIlluminationSink.hxx"
#endif
