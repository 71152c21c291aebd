#ifndef itkHistogramSharpening_hxx
#define itkHistogramSharpening_hxx

#include "itkPortableExp.h"

#include "vnl/algo/vnl_fft_1d.h"

#include <algorithm>
#include <cmath>

namespace itk
{
inline HistogramSharpening::HistogramSharpening(double lowest, double highest, double binWidth)
  : m_Lowest(lowest)
  , m_BinWidth(binWidth)
  , m_Bins(std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil((highest - lowest) / binWidth))) + 1)
  , m_Length(64)
{
  while (m_Length < m_Bins + m_Bins / 2)
  {
    m_Length *= 2;
  }
}

inline HistogramSharpening::Spectrum
HistogramSharpening::Transform(const std::vector<double> & values) const
{
  Spectrum spectrum(m_Length);
  std::copy(values.begin(), values.end(), spectrum.begin());
  vnl_fft_1d<double>(static_cast<int>(m_Length)).fwd_transform(spectrum);
  return spectrum;
}

inline std::vector<double>
HistogramSharpening::Filtered(const Spectrum & values, const Spectrum & kernel) const
{
  Spectrum product(m_Length);
  for (std::size_t i = 0; i < m_Length; ++i)
  {
    product[i] = values[i] * kernel[i];
  }
  vnl_fft_1d<double>(static_cast<int>(m_Length)).bwd_transform(product);
  std::vector<double> filtered(m_Length);
  for (std::size_t i = 0; i < m_Length; ++i)
  {
    filtered[i] = product[i].real() / static_cast<double>(m_Length);
  }
  return filtered;
}

inline void
HistogramSharpening::SetKernel(double fullWidth, double noise)
{
  const double        sigma = fullWidth / m_BinWidth / (2.0 * std::sqrt(2.0 * std::log(2.0)));
  std::vector<double> kernel(m_Length);
  double              sum = 0.0;
  for (std::size_t i = 0; i < m_Length; ++i)
  {
    const auto distance = static_cast<double>(std::min(i, m_Length - i));
    kernel[i] = PortableExp(std::max(-700.0, -0.5 * distance * distance / (sigma * sigma)));
    sum += kernel[i];
  }
  for (double & value : kernel)
  {
    value /= sum;
  }
  m_Blur = this->Transform(kernel);
  m_Sharpen.resize(m_Length);
  for (std::size_t i = 0; i < m_Length; ++i)
  {
    m_Sharpen[i] = std::conj(m_Blur[i]) / (std::norm(m_Blur[i]) + noise);
  }
}

inline void
HistogramSharpening::Fit(const std::vector<double> & logIntensities)
{
  std::vector<double> histogram(m_Length);
  for (const double logIntensity : logIntensities)
  {
    const double position = std::clamp((logIntensity - m_Lowest) / m_BinWidth, 0.0, static_cast<double>(m_Bins - 1));
    const auto   bin = std::min(static_cast<std::size_t>(position), m_Bins - 2);
    const double upper = position - static_cast<double>(bin);
    histogram[bin] += 1.0 - upper;
    histogram[bin + 1] += upper;
  }
  std::vector<double> sharp = this->Filtered(this->Transform(histogram), m_Sharpen);
  std::vector<double> moment(m_Length);
  for (std::size_t i = 0; i < m_Length; ++i)
  {
    sharp[i] = i < m_Bins ? std::max(0.0, sharp[i]) : 0.0;
    moment[i] = sharp[i] * static_cast<double>(i);
  }
  const std::vector<double> numerator = this->Filtered(this->Transform(moment), m_Blur);
  const std::vector<double> denominator = this->Filtered(this->Transform(sharp), m_Blur);
  const double              negligible = 1e-9 * static_cast<double>(logIntensities.size());
  m_Estimate.resize(m_Bins);
  for (std::size_t i = 0; i < m_Bins; ++i)
  {
    const double bin = denominator[i] > negligible ? numerator[i] / denominator[i] : static_cast<double>(i);
    m_Estimate[i] = m_Lowest + m_BinWidth * bin;
  }
}

inline double
HistogramSharpening::Estimate(double logIntensity) const
{
  const double position = std::clamp((logIntensity - m_Lowest) / m_BinWidth, 0.0, static_cast<double>(m_Bins - 1));
  const auto   bin = std::min(static_cast<std::size_t>(position), m_Bins - 2);
  const double upper = position - static_cast<double>(bin);
  return (1.0 - upper) * m_Estimate[bin] + upper * m_Estimate[bin + 1];
}
} // namespace itk
#endif
