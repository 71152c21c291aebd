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
               m_Total,
               [&](const RegionType & slab, ImageStatistics & statistics)
               {
                 const std::size_t length = slab.GetSize(0);
                 ForEachRow(image,
                            slab,
                            [&](const typename TInputImage::IndexType & index, const auto * row)
                            {
                              const auto * maskRow = MaskAt(mask, index);
                              statistics.moments.Add(row, maskRow, length);
                              for (std::size_t i = 0; i < length; ++i)
                              {
                                if (maskRow && maskRow[i] == 0)
                                {
                                  continue;
                                }
                                const auto value = static_cast<double>(row[i]);
                                ++statistics.voxels;
                                statistics.nan += std::isnan(value);
                                statistics.infinite += std::isinf(value);
                                statistics.nonPositive += value <= 0.0;
                                if (m_CollectQuantiles && std::isfinite(value))
                                {
                                  statistics.sketch.Add(static_cast<float>(value));
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
  this->SetMoments({ m_Total.moments.Mean(), m_Total.moments.Variance() });
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
