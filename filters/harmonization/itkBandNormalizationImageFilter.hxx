#ifndef itkBandNormalizationImageFilter_hxx
#define itkBandNormalizationImageFilter_hxx

#include "itkProgressReporter.h"

#include <algorithm>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
BandNormalizationImageFilter<TInputImage, TOutputImage>::BandNormalizationImageFilter()
{
  this->AddRequiredInputName("Gains");
}

template <typename TInputImage, typename TOutputImage>
void
BandNormalizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
}

template <typename TInputImage, typename TOutputImage>
auto
BandNormalizationImageFilter<TInputImage, TOutputImage>::Terms() const -> std::vector<Term>
{
  std::vector<Term> terms;
  const auto &      bands = this->GetGains();
  for (std::size_t band = 0; band < bands.gains.size(); ++band)
  {
    const double coefficient = (band + 1 < bands.gains.size() ? bands.gains[band + 1] : 1.0) - bands.gains[band];
    if (coefficient != 0.0)
    {
      terms.push_back({ coefficient, GaussianType::Kernels(this->GetInput(), bands.scales[band], bands.axes) });
    }
  }
  return terms;
}

template <typename TInputImage, typename TOutputImage>
auto
BandNormalizationImageFilter<TInputImage, TOutputImage>::Radius(const std::vector<Term> & terms) ->
  typename GaussianType::SizeType
{
  typename GaussianType::SizeType largest{};
  for (const auto & term : terms)
  {
    const auto radius = GaussianType::Radius(term.kernels);
    for (unsigned int axis = 0; axis < ImageDimension; ++axis)
    {
      largest[axis] = std::max(largest[axis], radius[axis]);
    }
  }
  return largest;
}

template <typename TInputImage, typename TOutputImage>
void
BandNormalizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  const auto & bands = this->GetGains();
  if (bands.gains.size() != bands.scales.size())
  {
    itkExceptionMacro("Gains must hold one gain for each scale, got " << bands.gains.size() << " for "
                                                                      << bands.scales.size() << '.');
  }
  auto region = this->GetOutput()->GetRequestedRegion();
  region.PadByRadius(Radius(this->Terms()));
  region.Crop(this->GetInput()->GetLargestPossibleRegion());
  RequestRegion(this->GetInput(), region);
  RequestRegion(this->GetMaskImage(), region);
}

template <typename TInputImage, typename TOutputImage>
void
BandNormalizationImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const TInputImage * const   input = this->GetInput();
  const MaskImageType * const mask = m_Outside == OutsideMask::Transform ? nullptr : this->GetMaskImage();
  TOutputImage * const        output = this->GetOutput();
  const auto                  threader = this->GetMultiThreader();
  threader->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  const auto         terms = this->Terms();
  const auto         radius = Radius(terms);
  std::vector<float> image;
  std::vector<float> weights;
  std::vector<float> smooth;
  std::vector<float> change;

  const auto       pieces = PiecesToSmooth(output->GetRequestedRegion(), radius);
  ProgressReporter progress(this, 0, (2 * terms.size() + 2) * pieces.size());
  for (const auto & piece : pieces)
  {
    auto region = piece;
    region.PadByRadius(radius);
    region.Crop(input->GetLargestPossibleRegion());
    GatherToSmooth(input, mask, region, 0.0, 1.0, image, weights, threader);
    change.assign(image.size(), 0.0F);
    progress.CompletedPixel();
    for (const auto & term : terms)
    {
      const auto coefficient = static_cast<float>(term.coefficient);
      smooth = image;
      const GaussianType gaussian(term.kernels, region.GetSize(), weights, threader);
      progress.CompletedPixel();
      gaussian.Smooth(smooth);
      progress.CompletedPixel();
      ForEachPart(threader,
                  change.size(),
                  [&](std::size_t begin, std::size_t end)
                  {
                    for (auto i = begin; i < end; ++i)
                    {
                      change[i] += coefficient * (smooth[i] - image[i]);
                    }
                  });
    }
    WriteSmoothed(input,
                  m_Outside == OutsideMask::Zero ? mask : nullptr,
                  output,
                  piece,
                  region,
                  weights,
                  threader,
                  [&](double value, std::size_t i) { return change[i] != 0.0F ? value + change[i] : value; });
    progress.CompletedPixel();
  }
}

template <typename TInputImage, typename TOutputImage>
void
BandNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Outside: " << static_cast<int>(m_Outside) << '\n';
}
} // namespace itk
#endif
