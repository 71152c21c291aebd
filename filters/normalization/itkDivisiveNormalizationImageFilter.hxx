#ifndef itkDivisiveNormalizationImageFilter_hxx
#define itkDivisiveNormalizationImageFilter_hxx

#include "itkProgressReporter.h"

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::DivisiveNormalizationImageFilter()
{
  this->AddRequiredInputName("Moments");
  m_Axes.fill(true);
}

template <typename TInputImage, typename TOutputImage>
void
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  const auto verify = [this](const char * name, double value)
  {
    if (!(value > 0.0 && std::isfinite(value)))
    {
      itkExceptionMacro(<< name << " must be above 0 and finite, got " << value << '.');
    }
  };
  verify("Pool", m_Pool);
  verify("SemiSaturation", m_SemiSaturation);
  verify("Exponent", m_Exponent);
}

template <typename TInputImage, typename TOutputImage>
void
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
}

template <typename TInputImage, typename TOutputImage>
auto
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::Surroundings(RegionType region) const -> RegionType
{
  const auto radius = GaussianType::Radius(this->Kernels());
  region.PadByRadius(radius);
  if (m_RemoveLocalMean)
  {
    region.PadByRadius(radius);
  }
  region.Crop(this->GetInput()->GetLargestPossibleRegion());
  return region;
}

template <typename TInputImage, typename TOutputImage>
void
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  const auto region = this->Surroundings(this->GetOutput()->GetRequestedRegion());
  RequestRegion(this->GetInput(), region);
  RequestRegion(this->GetMaskImage(), region);
}

template <typename TInputImage, typename TOutputImage>
void
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const TInputImage * const   input = this->GetInput();
  const MaskImageType * const mask = this->GetMaskImage();
  TOutputImage * const        output = this->GetOutput();
  const auto                  threader = this->GetMultiThreader();
  threader->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  const auto         kernels = this->Kernels();
  const auto         moments = this->GetMoments();
  const double       deviation = moments.variance > 0.0 ? std::sqrt(moments.variance) : 0.0;
  const double       offset = m_RemoveLocalMean && deviation > 0.0 ? moments.mean : 0.0;
  const double       scale = deviation > 0.0 ? 1.0 / deviation : 0.0;
  std::vector<float> contrast;
  std::vector<float> weights;
  std::vector<float> pooled;

  const auto responseTo = [&](double value, double energy)
  {
    if (deviation == 0.0)
    {
      return 0.0;
    }
    const double pool = std::sqrt(energy);
    if (m_Exponent == 2.0)
    {
      return m_Gamma * value / std::sqrt(m_SemiSaturation * m_SemiSaturation + energy);
    }
    if (m_Exponent == 1.0)
    {
      return m_Gamma * value / (m_SemiSaturation + pool);
    }
    const double larger = std::max(m_SemiSaturation, pool); // neither overflow nor underflow
    const double smaller = std::min(m_SemiSaturation, pool);
    return m_Gamma * value / (larger * std::pow(1.0 + std::pow(smaller / larger, m_Exponent), 1.0 / m_Exponent));
  };

  const auto       pieces = PiecesToSmooth(output->GetRequestedRegion(), GaussianType::Radius(kernels));
  ProgressReporter progress(this, 0, 5 * pieces.size());
  for (const auto & piece : pieces)
  {
    const auto region = this->Surroundings(piece);
    GatherToSmooth(
      input, m_Outside == OutsideMask::Transform ? nullptr : mask, region, offset, scale, contrast, weights, threader);
    const GaussianType gaussian(kernels, region.GetSize(), weights, threader);
    pooled = contrast;
    progress.CompletedPixel();
    if (m_RemoveLocalMean)
    {
      gaussian.Smooth(pooled);
    }
    progress.CompletedPixel();
    ForEachPart(threader,
                pooled.size(),
                [&](std::size_t begin, std::size_t end)
                {
                  for (auto i = begin; i < end; ++i)
                  {
                    contrast[i] = m_RemoveLocalMean ? weights[i] * (contrast[i] - pooled[i]) : contrast[i];
                    pooled[i] = contrast[i] * contrast[i];
                  }
                });
    progress.CompletedPixel();
    gaussian.Smooth(pooled);
    progress.CompletedPixel();
    WriteSmoothed(input,
                  m_Outside == OutsideMask::Zero ? mask : nullptr,
                  output,
                  piece,
                  region,
                  weights,
                  threader,
                  [&](double, std::size_t i) { return responseTo(contrast[i], pooled[i]); });
    progress.CompletedPixel();
  }
}

template <typename TInputImage, typename TOutputImage>
void
DivisiveNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Pool: " << m_Pool << '\n' << indent << "Axes:";
  for (const bool axis : m_Axes)
  {
    os << ' ' << axis;
  }
  os << '\n' << indent << "SemiSaturation: " << m_SemiSaturation << '\n';
  os << indent << "Exponent: " << m_Exponent << '\n';
  os << indent << "RemoveLocalMean: " << m_RemoveLocalMean << '\n';
  os << indent << "Gamma: " << m_Gamma << '\n';
  os << indent << "Outside: " << static_cast<int>(m_Outside) << '\n';
}
} // namespace itk
#endif
