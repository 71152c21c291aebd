#ifndef itkImageStatisticsSink_h
#define itkImageStatisticsSink_h

#include "itkInstanceMoments.h"
#include "itkLearnerSink.h"
#include "itkMomentAccumulator.h"
#include "itkQuantileSketch.h"

#include "itkSimpleDataObjectDecorator.h"

#include <memory>

namespace itk
{
/** What ImageStatisticsSink measures. Merging is associative and commutative to the last bit. */
struct ImageStatistics
{
  MomentAccumulator moments;
  QuantileSketch    sketch; ///< empty unless asked for
  std::uint64_t     voxels{ 0 };
  std::uint64_t     nan{ 0 };
  std::uint64_t     infinite{ 0 };
  std::uint64_t     nonPositive{ 0 };

  void
  Merge(const ImageStatistics & other);
};

/** Adds those of a piece of an image, of whole hyperplanes of its slowest axis, inside the mask, which may be null. The
 * bits do not depend on how an image is cut into pieces. */
template <typename TImage, typename TMask>
void
AddStatistics(MultiThreaderBase *                 threader,
              const TImage *                      image,
              const TMask *                       mask,
              const typename TImage::RegionType & piece,
              bool                                collectsQuantiles,
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
