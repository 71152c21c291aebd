#ifndef itkBandEnergySink_hxx
#define itkBandEnergySink_hxx

#include <algorithm>

namespace itk
{
template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::Sums::Merge(const Sums & other)
{
  for (std::size_t i = 0; i < other.values.size(); ++i)
  {
    values[i].Merge(other.values[i]);
  }
  for (std::size_t i = 0; i < other.products.size(); ++i)
  {
    products[i].Merge(other.products[i]);
  }
  voxels += other.voxels;
  skipped += other.skipped;
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_Scales.empty())
  {
    itkExceptionMacro("Scales must hold at least one deviation in mm.");
  }
  if (m_ReferenceEnergies.size() > m_Scales.size())
  {
    itkExceptionMacro("ReferenceEnergies has " << m_ReferenceEnergies.size() << " numbers for " << m_Scales.size()
                                               << " bands, one for each of Scales.");
  }
  for (const double energy : m_ReferenceEnergies)
  {
    if (!(energy >= 0.0 && std::isfinite(energy)))
    {
      itkExceptionMacro("ReferenceEnergies must be at least 0 and finite, got " << energy << '.');
    }
  }
  if (!(m_MaximumGain >= 1.0 && std::isfinite(m_MaximumGain)))
  {
    itkExceptionMacro("MaximumGain must be at least 1 and finite, got " << m_MaximumGain << '.');
  }
  for (const double scale : m_Scales)
  {
    if (!(scale >= 0.0 && std::isfinite(scale)))
    {
      itkExceptionMacro("Scales must be at least 0 and finite, got " << scale << '.');
    }
  }
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Kernels.clear();
  this->m_Radius.Fill(0);
  for (const double scale : m_Scales)
  {
    m_Kernels.push_back(GaussianType::Kernels(this->GetInput(), scale, m_Axes));
    const auto radius = GaussianType::Radius(m_Kernels.back());
    for (unsigned int axis = 0; axis < TInputImage::ImageDimension; ++axis)
    {
      this->m_Radius[axis] = std::max(this->m_Radius[axis], 2 * radius[axis]); // a band of a band
    }
  }
  m_Totals.assign(m_Scales.size(), Sums(m_Scales.size() + 1));
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  const auto  pieces = PiecesToSmooth(this->m_Region, this->m_Radius);
  const auto  steps = static_cast<double>(pieces.size() * (2 * m_Scales.size() + 1));
  std::size_t done = 0;
  for (const auto & piece : pieces)
  {
    this->AddPiece(piece, [&] { this->ReportProgress(static_cast<double>(++done) / steps); });
  }
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::AddPiece(const RegionType & piece, const std::function<void()> & report)
{
  const auto threader = this->GetMultiThreader();
  auto       region = piece;
  region.PadByRadius(this->m_Radius);
  region.Crop(this->GetInput()->GetLargestPossibleRegion());

  Buffer image;
  Buffer weights;
  GatherToSmooth(this->GetInput(), this->GetMaskImage(), region, 0.0, 1.0, image, weights, threader);
  std::vector<GaussianType> gaussians;
  for (const auto & kernels : m_Kernels)
  {
    gaussians.emplace_back(kernels, region.GetSize(), weights, threader);
  }
  report();

  std::vector<Buffer> parts; // the bands and the residual, 0 at holes
  Buffer              fine = image;
  for (const auto & gaussian : gaussians)
  {
    Buffer coarse = image;
    gaussian.Smooth(coarse);
    ForEachPart(threader,
                coarse.size(),
                [&](std::size_t begin, std::size_t end)
                {
                  for (auto i = begin; i < end; ++i)
                  {
                    coarse[i] *= weights[i];
                    fine[i] -= coarse[i];
                  }
                });
    parts.push_back(std::move(fine));
    fine = std::move(coarse);
    report();
  }
  parts.push_back(std::move(fine));

  std::vector<Buffer> finer = parts;
  std::vector<Buffer> coarser;
  for (std::size_t band = 0; band < gaussians.size(); ++band)
  {
    coarser = parts;
    for (auto & part : coarser)
    {
      gaussians[band].Smooth(part);
    }
    this->AddBand(piece, region, weights, finer, coarser, m_Totals[band]);
    finer.swap(coarser);
    report();
  }
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::AddBand(const RegionType &          piece,
                                                 const RegionType &          region,
                                                 const Buffer &              weights,
                                                 const std::vector<Buffer> & fine,
                                                 const std::vector<Buffer> & coarse,
                                                 Sums &                      total)
{
  constexpr std::size_t    lanes = 8;
  const TMaskImage * const mask = this->GetMaskImage();
  const std::size_t        parts = fine.size();
  const auto               length = static_cast<std::size_t>(piece.GetSize(0));
  const auto               padded = (length + lanes - 1) / lanes * lanes;
  ReduceRegion(this->GetMultiThreader(),
               piece,
               total,
               [&](const RegionType & slab, Sums & sums)
               {
                 sums = Sums(parts);
                 std::vector<double> rows(parts * padded, 0.0);
                 ForEachRow(this->GetInput(),
                            slab,
                            [&](const typename RegionType::IndexType & index, const auto *)
                            {
                              const auto   first = OffsetInRegion(region, index);
                              const auto * inMask = MaskAt(mask, index);
                              for (std::size_t i = 0; i < length; ++i)
                              {
                                const bool isInside = !inMask || inMask[i] != 0;
                                const bool counts = isInside && weights[first + i] != 0.0F;
                                sums.voxels += counts;
                                sums.skipped += isInside && !counts;
                                for (std::size_t part = 0; part < parts; ++part)
                                {
                                  rows[part * padded + i] =
                                    counts ? static_cast<double>(fine[part][first + i]) - coarse[part][first + i] : 0.0;
                                }
                              }
                              std::size_t pair = 0;
                              for (std::size_t a = 0; a < parts; ++a)
                              {
                                const double * const row = &rows[a * padded];
                                double               sum = 0.0;
                                for (std::size_t i = 0; i < length; ++i)
                                {
                                  sum += row[i];
                                }
                                sums.values[a].Add(sum);
                                for (std::size_t b = a; b < parts; ++b, ++pair)
                                {
                                  const double * const other = &rows[b * padded];
                                  double               product[lanes] = {};
                                  for (std::size_t i = 0; i < padded; i += lanes)
                                  {
                                    for (std::size_t lane = 0; lane < lanes; ++lane)
                                    {
                                      product[lane] += row[i + lane] * other[i + lane];
                                    }
                                  }
                                  double products = 0.0;
                                  for (const double value : product)
                                  {
                                    products += value;
                                  }
                                  sums.products[pair].Add(products);
                                }
                              }
                            });
               });
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  std::vector<std::vector<double>> covariances;
  for (const auto & total : m_Totals)
  {
    const auto          parts = total.values.size();
    const auto          voxels = static_cast<double>(std::max<std::uint64_t>(1, total.voxels));
    std::vector<double> covariance(parts * parts);
    std::size_t         pair = 0;
    for (std::size_t a = 0; a < parts; ++a)
    {
      for (std::size_t b = a; b < parts; ++b, ++pair)
      {
        covariance[a * parts + b] = covariance[b * parts + a] =
          total.products[pair].Value() / voxels - total.values[a].Value() / voxels * (total.values[b].Value() / voxels);
      }
    }
    covariances.push_back(covariance);
  }
  const BandEnergies energies(covariances, m_Totals.front().voxels, m_Totals.front().skipped);
  this->SetEnergies(energies);
  this->SetGains({ m_Scales, m_Axes, energies.SolveGains(m_ReferenceEnergies, m_MaximumGain) });
  m_Totals.clear();
}

template <typename TInputImage, typename TMaskImage>
void
BandEnergySink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Scales:";
  for (const double scale : m_Scales)
  {
    os << ' ' << scale;
  }
  os << '\n' << indent << "Axes:";
  for (const bool axis : m_Axes)
  {
    os << ' ' << axis;
  }
  os << '\n' << indent << "ReferenceEnergies:";
  for (const double energy : m_ReferenceEnergies)
  {
    os << ' ' << energy;
  }
  os << '\n' << indent << "MaximumGain: " << m_MaximumGain << '\n';
}
} // namespace itk
#endif
