#ifndef itkInstanceMomentsSink_hxx
#define itkInstanceMomentsSink_hxx

#include <atomic>

namespace itk
{
template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::ExactMoments::Merge(const ExactMoments & other)
{
  instances.resize(std::max(instances.size(), other.instances.size()));
  for (std::size_t i = 0; i < other.instances.size(); ++i)
  {
    if (other.instances[i].Count() > 0)
    {
      instances[i].Merge(other.instances[i]);
    }
  }
  skipped += other.skipped;
}

template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::VerifyInputInformation() ITKv5_CONST
{
  Superclass::VerifyInputInformation();
  VerifyMaskExtent(this->GetInput(), this->GetWeightImage(), "WeightImage");
  for (unsigned int channel = 1; channel <= m_FurtherChannels; ++channel)
  {
    if (this->GetInput(channel)->GetLargestPossibleRegion() != this->GetInput()->GetLargestPossibleRegion())
    {
      itkExceptionMacro("Channel " << channel << " covers " << this->GetInput(channel)->GetLargestPossibleRegion()
                                   << ", which is not the input's " << this->GetInput()->GetLargestPossibleRegion());
    }
  }
}

template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::GenerateNthInputRequestedRegion(unsigned int division)
{
  Superclass::GenerateNthInputRequestedRegion(division);
  for (unsigned int channel = 1; channel <= m_FurtherChannels; ++channel)
  {
    RequestRegion(this->GetInput(channel), this->m_Region);
  }
  RequestRegion(this->GetWeightImage(), this->m_Region);
}

template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Partition = PartitionType(this->GetInput()->GetLargestPossibleRegion(), m_KeptAxes);
  m_Exact = ExactMoments();
  m_Exact.instances.resize(this->IsExact() ? m_Partition.Count() : 0);
  m_Ordered.assign(this->IsExact() ? 0 : m_Partition.Count(), OrderedMoments());
  m_Skipped = 0;
}

template <typename TInputImage, typename TMaskImage>
template <typename TFunction>
void
InstanceMomentsSink<TInputImage, TMaskImage>::ForEachRunOfChannels(const RegionType & region,
                                                                   unsigned int       axes,
                                                                   TFunction &&       f) const
{
  ForEachRun(this->GetInput(),
             region,
             axes,
             [&](const IndexType & index, const auto *, std::size_t length)
             {
               const auto * mask = MaskAt(this->GetMaskImage(), index);
               const auto * weights = MaskAt(this->GetWeightImage(), index);
               for (unsigned int channel = 0; channel <= m_FurtherChannels; ++channel)
               {
                 const TInputImage * image = this->GetInput(channel);
                 f(m_Partition.InstanceOf(index),
                   image->GetBufferPointer() + image->ComputeOffset(index),
                   mask,
                   weights,
                   length);
               }
             });
}

template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  if (this->IsExact())
  {
    const unsigned int axes = m_Partition.UniformAxes(
      std::min(RunAxes(this->GetInput(), this->GetMaskImage()), RunAxes(this->GetInput(), this->GetWeightImage())));
    ReduceRegion(
      this->GetMultiThreader(),
      this->m_Region,
      SlowestAxis(this->GetInput()->GetLargestPossibleRegion()),
      m_Exact,
      [&](const RegionType & slab, ExactMoments & partial)
      {
        partial.instances.resize(m_Partition.Count());
        this->ForEachRunOfChannels(
          slab,
          axes,
          [&](std::size_t instance, const auto * run, const auto * mask, const float * weights, std::size_t length)
          {
            auto & accumulator = partial.instances[instance];
            partial.skipped += weights != nullptr ? accumulator.AddWeighted(run, mask, weights, length)
                                                  : accumulator.Add(run, mask, length);
          });
      });
    return;
  }
  // Threads part the region along a kept axis, so that each instance is updated by one of them.
  unsigned int axis = ImageDimension - 1;
  while (axis > 0 && !(m_Partition.Keeps(axis) && this->m_Region.GetSize(axis) > 1))
  {
    --axis;
  }
  const SizeValueType extent = this->m_Region.GetSize(axis);
  const SizeValueType slabs =
    m_Partition.Keeps(axis) ? std::min<SizeValueType>(extent, this->GetNumberOfWorkUnits()) : 1;
  const double limit = this->GetWeightImage() == nullptr ? MomentAccumulator::Limit : MomentAccumulator::WeightedLimit;
  std::atomic<std::uint64_t> skipped{ 0 };
  this->GetMultiThreader()->ParallelizeArray(
    0,
    slabs,
    [&](SizeValueType slab)
    {
      const SizeValueType begin = extent * slab / slabs;
      RegionType          part = this->m_Region;
      part.SetIndex(axis, this->m_Region.GetIndex(axis) + static_cast<IndexValueType>(begin));
      part.SetSize(axis, extent * (slab + 1) / slabs - begin);
      std::uint64_t     skippedHere = 0;
      const std::size_t stride = m_Partition.StrideAlongRow();
      this->ForEachRunOfChannels(
        part,
        1,
        [&](std::size_t first, const auto * row, const auto * mask, const float * weights, std::size_t length)
        {
          OrderedMoments * instance = m_Ordered.data() + first;
          for (std::size_t i = 0; i < length; ++i, instance += stride)
          {
            if (mask != nullptr && mask[i] == 0)
            {
              continue;
            }
            const auto value = static_cast<double>(row[i]);
            const auto weight = weights == nullptr ? 1.0 : static_cast<double>(weights[i]);
            if (!(std::abs(value) <= limit))
            {
              ++skippedHere;
            }
            else if (weight > 0.0 && std::isfinite(weight))
            {
              ++instance->count;
              instance->weight += weight;
              const double deviation = value - instance->mean;
              instance->mean += deviation * (weight / instance->weight);
              instance->squares += weight * deviation * (value - instance->mean);
            }
          }
        });
      skipped += skippedHere;
    },
    nullptr);
  m_Skipped += skipped;
}

template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  MomentsType result;
  result.partition = m_Partition;
  result.moments.reserve(m_Partition.Count());
  for (const auto & instance : m_Exact.instances)
  {
    result.moments.push_back({ instance.Mean(), instance.Variance(), instance.Count() });
  }
  for (const auto & instance : m_Ordered)
  {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    const bool       empty = instance.count == 0;
    result.moments.push_back(
      { empty ? none : instance.mean, empty ? none : instance.squares / instance.weight, instance.count });
  }
  result.skipped = m_Exact.skipped + m_Skipped;
  this->SetMoments(result);
  m_Exact = ExactMoments();
  m_Ordered = std::vector<OrderedMoments>();
}

template <typename TInputImage, typename TMaskImage>
void
InstanceMomentsSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "KeptAxes:";
  for (const bool kept : m_KeptAxes)
  {
    os << ' ' << kept;
  }
  os << '\n';
  os << indent << "FurtherChannels: " << m_FurtherChannels << '\n';
}
} // namespace itk
#endif
