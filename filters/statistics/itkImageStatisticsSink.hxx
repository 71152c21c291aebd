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
  const TInputImage * image = this->GetInput();
  const TMaskImage *  mask = this->GetMaskImage();
  ReduceRegion(this->GetMultiThreader(),
               this->m_Region,
               SlowestAxis(image->GetLargestPossibleRegion()),
               m_Total,
               [&](const RegionType & slab, ImageStatistics & statistics)
               {
                 ForEachRun(image,
                            slab,
                            RunAxes(image, mask),
                            [&](const typename TInputImage::IndexType & index, const auto * run, std::size_t length)
                            {
                              const auto * maskRun = MaskAt(mask, index);
                              const auto   before = statistics.moments.Count();
                              const auto   skipped = statistics.moments.Add(run, maskRun, length);
                              statistics.voxels += statistics.moments.Count() - before + skipped;
                              for (std::size_t i = 0; i < length; ++i)
                              {
                                const bool isInside = maskRun == nullptr || maskRun[i] != 0;
                                statistics.nonPositive += isInside && run[i] <= typename TInputImage::PixelType{};
                              }
                              for (std::size_t i = 0; (skipped > 0 || m_CollectQuantiles) && i < length; ++i)
                              {
                                if (maskRun != nullptr && maskRun[i] == 0)
                                {
                                  continue;
                                }
                                const auto value = static_cast<double>(run[i]);
                                statistics.nan += std::isnan(value);
                                statistics.infinite += std::isinf(value);
                                if (m_CollectQuantiles && std::isfinite(value))
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
