#ifndef itkImageStatisticsSink_hxx
#define itkImageStatisticsSink_hxx

namespace itk
{
inline void
ImageStatistics::Merge(const ImageStatistics & other)
{
  moments.Merge(other.moments);
  sketch.Merge(other.sketch);
  voxels += other.voxels;
  nan += other.nan;
  infinite += other.infinite;
  nonPositive += other.nonPositive;
}

template <typename TImage, typename TMask>
void
AddStatistics(MultiThreaderBase *                 threader,
              const TImage *                      image,
              const TMask *                       mask,
              const typename TImage::RegionType & piece,
              bool                                collectsQuantiles,
              ImageStatistics &                   total)
{
  ReduceRegion(threader,
               piece,
               SlowestAxis(image->GetLargestPossibleRegion()),
               total,
               [&](const auto & slab, ImageStatistics & statistics)
               {
                 ForEachRun(image,
                            slab,
                            RunAxes(image, mask),
                            [&](const typename TImage::IndexType & index, const auto * run, std::size_t length)
                            {
                              const auto * maskRun = MaskAt(mask, index);
                              const auto   before = statistics.moments.Count();
                              const auto   skipped = statistics.moments.Add(run, maskRun, length);
                              statistics.voxels += statistics.moments.Count() - before + skipped;
                              for (std::size_t i = 0; i < length; ++i)
                              {
                                const bool isInside = maskRun == nullptr || maskRun[i] != 0;
                                statistics.nonPositive += isInside && run[i] <= typename TImage::PixelType{};
                              }
                              for (std::size_t i = 0; (skipped > 0 || collectsQuantiles) && i < length; ++i)
                              {
                                if (maskRun != nullptr && maskRun[i] == 0)
                                {
                                  continue;
                                }
                                const auto value = static_cast<double>(run[i]);
                                statistics.nan += std::isnan(value);
                                statistics.infinite += std::isinf(value);
                                if (collectsQuantiles && std::isfinite(value))
                                {
                                  constexpr auto bound = static_cast<double>(std::numeric_limits<float>::max());
                                  statistics.sketch.Add(static_cast<float>(std::clamp(value, -bound, bound)));
                                }
                              }
                            });
               });
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Total = ImageStatistics{};
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  AddStatistics(
    this->GetMultiThreader(), this->GetInput(), this->GetMaskImage(), this->m_Region, m_CollectQuantiles, m_Total);
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  this->SetMoments({ m_Total.moments.Mean(), m_Total.moments.Variance(), m_Total.moments.Count() });
  this->SetStatistics(std::make_shared<const ImageStatistics>(m_Total));
  m_Total = ImageStatistics{};
}

template <typename TInputImage, typename TMaskImage>
void
ImageStatisticsSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "CollectQuantiles: " << m_CollectQuantiles << '\n';
}
} // namespace itk
#endif
