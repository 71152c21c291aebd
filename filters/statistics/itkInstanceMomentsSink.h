#ifndef itkInstanceMomentsSink_h
#define itkInstanceMomentsSink_h

#include "itkInstanceMoments.h"
#include "itkLearnerSink.h"
#include "itkMomentAccumulator.h"

#include "itkSimpleDataObjectDecorator.h"

namespace itk
{
/** \class InstanceMomentsSink
 * \brief Mean and biased variance of each instance of an image: over the axes that are not kept, and over channels.
 *
 * KeptAxes says along which axes every position has statistics of its own. With t kept each frame is an instance
 * (torch's InstanceNorm), with nothing kept the whole series is one, with x, y and z kept each voxel's course over
 * time. Further channels of the same grid, see AddChannel(), are pooled with the first (torch's LayerNorm and
 * GroupNorm). With a weight image w the moments are sum(w x) / sum(w) and sum(w (x - mean)^2) / sum(w).
 *
 * \par Access
 * Streams: every channel is read once, in NumberOfStreamDivisions pieces of whole rows.
 *
 * \par Properties
 * - The result has the same bits for every number of threads and stream divisions.
 * - Up to MaximumExactInstances instances are summed exactly, and so do not depend on the order of channels either;
 * more, each in the order of its voxels.
 * - Non-finite voxels, and those beyond the limits of MomentAccumulator, are skipped and counted; those whose weight is
 *   not positive and finite are skipped.
 * - An instance without a voxel has Count 0 and NaN moments, one of a single intensity variance 0 exactly.
 *
 * \par Reference
 * For many instances: D. West, Updating mean and variance estimates, Comm. ACM 22:532, 1979. DOI 10.1145/359146.359153
 * \ingroup Statistics
 */
template <typename TInputImage, typename TMaskImage = Image<unsigned char, TInputImage::ImageDimension>>
class ITK_TEMPLATE_EXPORT InstanceMomentsSink : public LearnerSink<TInputImage, TMaskImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(InstanceMomentsSink);

  using Self = InstanceMomentsSink;
  using Superclass = LearnerSink<TInputImage, TMaskImage>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;
  static constexpr unsigned int ImageDimension = TInputImage::ImageDimension;
  using RegionType = typename TInputImage::RegionType;
  using IndexType = typename TInputImage::IndexType;
  using MomentsType = InstanceMoments<ImageDimension>;
  using PartitionType = InstancePartition<ImageDimension>;
  using AxesType = typename PartitionType::AxesType;
  using WeightImageType = Image<float, ImageDimension>;

  static constexpr std::size_t MaximumExactInstances = 1024;

  itkNewMacro(Self);
  itkTypeMacro(InstanceMomentsSink, LearnerSink);

  itkGetDecoratedOutputMacro(Moments, MomentsType);

  /** Axes along which each position is normalized alone. Default: none. */
  void
  SetKeptAxes(const AxesType & axes)
  {
    if (axes != m_KeptAxes)
    {
      m_KeptAxes = axes;
      this->Modified();
    }
  }
  const AxesType &
  GetKeptAxes() const
  {
    return m_KeptAxes;
  }

  /** A further channel, of the input's region, whose voxels count with the input's. */
  void
  AddChannel(const TInputImage * image)
  {
    this->SetNthInput(static_cast<DataObjectPointerArraySizeType>(++m_FurtherChannels),
                      const_cast<TInputImage *>(image));
  }

  /** Weight of each voxel, >= 0, any scale; of the image's extent, or of extent 1 along axes, as the mask. Optional. */
  itkSetInputMacro(WeightImage, WeightImageType);
  itkGetInputMacro(WeightImage, WeightImageType);

  using Superclass::MakeOutput;
  using typename Superclass::DataObjectIdentifierType;
  DataObject::Pointer
  MakeOutput(const DataObjectIdentifierType & name) override
  {
    return name == "Moments" ? SimpleDataObjectDecorator<MomentsType>::New().GetPointer()
                             : Superclass::MakeOutput(name);
  }

protected:
  using DataObjectPointerArraySizeType = ProcessObject::DataObjectPointerArraySizeType;

  InstanceMomentsSink()
  {
    this->SetMoments(MomentsType());
  }
  ~InstanceMomentsSink() override = default;

  itkSetDecoratedOutputMacro(Moments, MomentsType);

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
  /** Of few, large instances: may be merged in any order. */
  struct ExactMoments
  {
    std::vector<MomentAccumulator> instances;
    std::uint64_t                  skipped{ 0 };

    void
    Merge(const ExactMoments & other);
  };

  /** Of many, small instances: each is updated by one thread, in the order of its voxels. */
  struct OrderedMoments
  {
    std::uint64_t count{ 0 };
    double        weight{ 0.0 };
    double        mean{ 0.0 };
    double        squares{ 0.0 }; // weighted, about the mean
  };

  /** Calls f(first instance, run, mask run, weight run, length) for each run over `axes` axes of each channel, in
   * order.
   */
  template <typename TFunction>
  void
  ForEachRunOfChannels(const RegionType & region, unsigned int axes, TFunction && f) const;

  bool
  IsExact() const
  {
    return m_Partition.StrideAlongRow() == 0 && m_Partition.Count() <= MaximumExactInstances;
  }

  AxesType                    m_KeptAxes{};
  unsigned int                m_FurtherChannels{ 0 };
  PartitionType               m_Partition;
  ExactMoments                m_Exact;
  std::vector<OrderedMoments> m_Ordered;
  std::uint64_t               m_Skipped{ 0 };
};
} // namespace itk

#include "itkInstanceMomentsSink.hxx"
#endif
