#ifndef itkImageStatisticsSink_h
#define itkImageStatisticsSink_h

#include "itkInstanceMoments.h"
#include "itkLearnerSink.h"
#include "itkMomentAccumulator.h"
#include "itkQuantileSketch.h"
#include "itkSplitMix64.h"

#include "itkSimpleDataObjectDecorator.h"

#include <memory>
#include <vector>

namespace itk
{
/** Which voxels of an image quantiles are taken from: none, all, or segments of 16 voxels along the first axis, drawn
 * by a hash of their place, so that threads and divisions agree. */
class QuantileDraw
{
public:
  static constexpr std::size_t SegmentLength = 16;

  static QuantileDraw
  None()
  {
    return QuantileDraw(0);
  }
  static QuantileDraw
  All()
  {
    return QuantileDraw(std::numeric_limits<std::uint64_t>::max());
  }
  /** About `wanted` of `voxels`; all where there are no more. */
  static QuantileDraw
  About(std::uint64_t wanted, std::uint64_t voxels)
  {
    return wanted >= voxels ? All()
                            : QuantileDraw(static_cast<std::uint64_t>(
                                0x1p64 * (static_cast<double>(wanted) / static_cast<double>(voxels))));
  }

  bool
  IsNone() const
  {
    return m_Below == 0;
  }

  /** Whether the segment is drawn that begins with that voxel of the image. */
  bool
  Draws(std::uint64_t voxel) const
  {
    return SplitMix64(voxel) <= m_Below && m_Below > 0;
  }

private:
  explicit QuantileDraw(std::uint64_t below)
    : m_Below(below)
  {
  }

  std::uint64_t m_Below;
};

/** What ImageStatisticsSink measures. Merging is associative and commutative to the last bit. */
struct ImageStatistics
{
  MomentAccumulator moments;
  QuantileSketch    sketch; ///< of what was drawn; whole after Finish()
  std::uint64_t     voxels{ 0 };
  std::uint64_t     nan{ 0 };
  std::uint64_t     infinite{ 0 };
  std::uint64_t     nonPositive{ 0 };
  double            minimum{ std::numeric_limits<double>::infinity() }; ///< of the finite ones
  double            maximum{ -std::numeric_limits<double>::infinity() };

  /** Adds intensities, those whose mask is not 0; the mask may be null. `first` is the first one's number in the image.
   */
  template <typename TPixel, typename TMask>
  void
  Add(const TPixel * run, const TMask * mask, std::size_t length, const QuantileDraw & draw, std::uint64_t first);

  void
  Merge(const ImageStatistics & other);

  /** To be called before the sketch is read. */
  void
  Finish();

private:
  void
  AddDrawn(float value);
  /** Of finite ones. */
  template <bool VMasks, typename TPixel, typename TMask>
  void
  AddRange(const TPixel * run, const TMask * mask, std::size_t length);
  /** Of any. */
  template <typename TPixel, typename TMask>
  void
  AddChecked(const TPixel * run, const TMask * mask, std::size_t length);

  std::vector<float>
    m_Few; // drawn, not in the sketch, whose bins take longer to make and to merge than a piece to read
};

/** Adds those of a piece of an image, of whole hyperplanes of its slowest axis, inside the mask, which may be null. The
 * bits do not depend on how an image is cut into pieces. */
template <typename TImage, typename TMask>
void
AddStatistics(MultiThreaderBase *                 threader,
              const TImage *                      image,
              const TMask *                       mask,
              const typename TImage::RegionType & piece,
              const QuantileDraw &                draw,
              ImageStatistics &                   total);

/** \class ImageStatisticsSink
 * \brief Count, mean, biased variance and, on request, quantiles of the intensities inside a mask.
 *
 * \par Access
 * Streams: the input is read once, in NumberOfStreamDivisions pieces of whole rows.
 *
 * \par Properties
 * - The result has the same bits for every number of threads and stream divisions.
 * - Non-finite voxels are counted and otherwise skipped.
 * - Without a mask every voxel counts. An empty mask gives Count 0 and NaN moments, no exception.
 * - A mask of extent 1 along an axis holds for the whole axis: a volume's mask for each frame of a series.
 *
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT ImageStatisticsSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ImageStatisticsSink);

  using Self = ImageStatisticsSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  using RegionType = typename TInputImage::RegionType;

  itkNewMacro(Self);
  itkTypeMacro(ImageStatisticsSink, LearnerSink);

  /** Of the finite voxels inside the mask. */
  itkGetDecoratedOutputMacro(Moments, MeanAndVariance);

  /** Everything that was measured; null before the first update. */
  itkGetDecoratedOutputMacro(Statistics, std::shared_ptr<const ImageStatistics>);

  /** Whether to fill the quantile sketch. Default off. */
  itkSetMacro(CollectQuantiles, bool);
  itkGetConstMacro(CollectQuantiles, bool);
  itkBooleanMacro(CollectQuantiles);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    if (name == "Moments")
    {
      return SimpleDataObjectDecorator<MeanAndVariance>::New().GetPointer();
    }
    return name == "Statistics" ? SimpleDataObjectDecorator<std::shared_ptr<const ImageStatistics>>::New().GetPointer()
                                : Superclass::MakeOutput(name);
  }

protected:
  ImageStatisticsSink()
  {
    this->SetMoments(MeanAndVariance{});
    this->SetStatistics(nullptr);
  }
  ~ImageStatisticsSink() override = default;

  itkSetDecoratedOutputMacro(Moments, MeanAndVariance);
  itkSetDecoratedOutputMacro(Statistics, std::shared_ptr<const ImageStatistics>);

  void
  BeforeStreamedGenerateData() override;
  void
  StreamedGenerateData(unsigned int division) override;
  void
  AfterStreamedGenerateData() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  bool            m_CollectQuantiles{ false };
  ImageStatistics m_Total;
};
} // namespace itk

#include "itkImageStatisticsSink.hxx"
#endif
