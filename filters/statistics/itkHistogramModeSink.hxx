#ifndef itkHistogramModeSink_hxx
#define itkHistogramModeSink_hxx

#include "itkPortableExp.h"

#include <cmath>

namespace itk
{
inline std::vector<HistogramPeak>
FindLargeModes(const std::vector<std::uint64_t> & counts, double smoothing, double largeFraction)
{
  constexpr double    LeastProminence = 0.02;
  const auto          radius = static_cast<std::size_t>(std::ceil(6.0 * smoothing));
  std::vector<double> kernel(radius + 1, 1.0);
  for (std::size_t i = 1; i <= radius; ++i)
  {
    const double distance = static_cast<double>(i) / smoothing;
    kernel[i] = PortableExp(-0.5 * distance * distance);
  }
  const std::size_t   bins = counts.size();
  std::vector<double> smoothed(bins);
  for (std::size_t bin = 0; bin < bins; ++bin)
  {
    if (counts[bin] > 0)
    {
      const auto count = static_cast<double>(counts[bin]);
      for (std::size_t i = bin - std::min(bin, radius); i < std::min(bins, bin + radius + 1); ++i)
      {
        smoothed[i] += count * kernel[i > bin ? i - bin : bin - i];
      }
    }
  }
  const double highest = bins > 0 ? *std::max_element(smoothed.begin(), smoothed.end()) : 0.0;
  // The lowest place on the way from a bin to the next higher one; 0 where none is higher.
  const auto dip = [&](std::size_t from, bool upward)
  {
    double lowest = smoothed[from];
    for (std::size_t i = from; upward ? i < bins : i != std::size_t(-1); upward ? ++i : --i)
    {
      if (smoothed[i] > smoothed[from])
      {
        return lowest;
      }
      lowest = std::min(lowest, smoothed[i]);
    }
    return 0.0;
  };
  std::vector<HistogramPeak> modes;
  for (std::size_t begin = 0, end = 0; begin < bins; begin = end) // runs of equal height
  {
    end = begin + 1;
    while (end < bins && smoothed[end] == smoothed[begin])
    {
      ++end;
    }
    const double height = smoothed[begin];
    const bool   rises = begin == 0 || smoothed[begin - 1] < height;
    const bool   falls = end == bins || smoothed[end] < height;
    if (rises && falls && height > 0.0 && height >= largeFraction * highest &&
        height - std::max(dip(begin, false), dip(begin, true)) >= LeastProminence * highest)
    {
      modes.push_back({ (begin + end - 1) / 2, height });
    }
  }
  return modes;
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_Width > 0.0 && m_Width <= 0.5))
  {
    itkExceptionMacro("Width must be in (0, 0.5], got " << m_Width << '.');
  }
  if (!(m_Smoothing >= 0.0 && m_Smoothing <= 0.25))
  {
    itkExceptionMacro("Smoothing must be in [0, 0.25] of the histogram's range, got " << m_Smoothing << '.');
  }
  if (!(m_LargeFraction >= 0.0 && m_LargeFraction <= 1.0))
  {
    itkExceptionMacro("LargeFraction must be in [0, 1], got " << m_LargeFraction << '.');
  }
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Survey = IntensitySurvey{};
  m_Counts = ExactQuantiles::Counts{};
  m_Histogram = Histogram{};
  m_Result = HistogramModeSummary{};
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::BeginPass(Pass pass)
{
  switch (pass)
  {
    case SurveyPass:
      break;
    case RangePass:
      m_Selected = ExactQuantiles(m_Survey.sketch, { RangeProbability, 1.0 - RangeProbability });
      break;
    case HistogramPass:
      m_Selected.SetCounts(std::move(m_Counts));
      m_RangeLower = m_Selected.Quantile(RangeProbability);
      m_RangeUpper = m_Selected.Quantile(1.0 - RangeProbability);
      break;
    case StripePass:
      this->ChooseMode();
      m_Selected = ExactQuantiles(m_Survey.sketch, m_StripeProbabilities, true);
      m_Counts = ExactQuantiles::Counts{};
      break;
  }
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int division)
{
  const auto pass = static_cast<Pass>(division / this->GetNumberOfDivisions());
  if (division % this->GetNumberOfDivisions() == 0)
  {
    this->BeginPass(pass);
  }
  const auto reduce = [this](auto & total, auto && addRow)
  {
    ReduceRegion(this->GetMultiThreader(),
                 this->m_Region,
                 total,
                 [&](const RegionType & slab, auto & part)
                 {
                   FloatRow row;
                   ForEachRow(this->GetInput(),
                              slab,
                              [&](const typename TInputImage::IndexType & index, const auto * pixels)
                              {
                                row.Assign(pixels, MaskAt(this->GetMaskImage(), index), slab.GetSize(0));
                                addRow(row, part);
                              });
                 });
  };
  switch (pass)
  {
    case SurveyPass:
      reduce(m_Survey, [](const FloatRow & row, IntensitySurvey & survey) { survey.Add(row); });
      break;
    case RangePass:
    case StripePass:
      reduce(m_Counts, [this](FloatRow & row, ExactQuantiles::Counts & counts) { m_Selected.Add(row, counts); });
      break;
    case HistogramPass:
      reduce(m_Histogram,
             [this](const FloatRow & row, Histogram & histogram)
             {
               const double range = m_RangeUpper - m_RangeLower;
               for (std::size_t i = 0; i < row.values.size(); ++i)
               {
                 const auto value = static_cast<double>(row.values[i]);
                 if (row.counts[i] != 0 && value >= m_RangeLower && value <= m_RangeUpper)
                 {
                   const double position = range > 0.0 ? (value - m_RangeLower) / range * NumberOfBins : 0.0;
                   ++histogram.counts[std::min(NumberOfBins - 1, static_cast<std::size_t>(position))];
                 }
                 histogram.below += row.counts[i] != 0 && value < m_RangeLower;
               }
             });
      break;
  }
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::ChooseMode()
{
  const auto peaks = FindLargeModes(m_Histogram.counts, m_Smoothing * NumberOfBins, m_LargeFraction);
  m_Centre = std::numeric_limits<double>::quiet_NaN();
  m_StripeProbabilities = { 0.0, 1.0 };
  if (peaks.empty())
  {
    return;
  }
  auto chosen = m_Mode == HistogramMode::Last ? peaks.back() : peaks.front();
  for (const auto & peak : peaks)
  {
    chosen = m_Mode == HistogramMode::Largest && peak.height > chosen.height ? peak : chosen;
    m_Result.modes.push_back(this->IntensityOf(peak.bin));
  }
  std::uint64_t below = m_Histogram.below;
  for (std::size_t bin = 0; bin < chosen.bin; ++bin)
  {
    below += m_Histogram.counts[bin];
  }
  m_Centre = this->IntensityOf(chosen.bin);
  const double within = 0.5 * static_cast<double>(m_Histogram.counts[chosen.bin]);
  m_Result.modeProbability = (static_cast<double>(below) + within) / static_cast<double>(m_Survey.sketch.Count());
  m_StripeProbabilities = { std::max(0.0, m_Result.modeProbability - m_Width),
                            std::min(1.0, m_Result.modeProbability + m_Width) };
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  m_Selected.SetCounts(std::move(m_Counts));
  const auto & stripe = m_Selected.Moments();
  m_Result.stripeLower = m_Selected.Quantile(m_StripeProbabilities.front());
  m_Result.stripeUpper = m_Selected.Quantile(m_StripeProbabilities.back());
  m_Result.stripeVoxels = stripe.Count();
  m_Result.voxels = m_Selected.Count();
  m_Result.nan = m_Survey.nan;
  m_Result.infinite = m_Survey.infinite;
  m_Result.minimum = m_Survey.Minimum();
  m_Result.maximum = m_Survey.Maximum();
  CentreAndScale learned;
  learned.centre = m_Centre;
  learned.scale = stripe.Count() > 0 ? std::sqrt(stripe.Variance()) : 0.0;
  this->SetCentreAndScale(learned);
  this->SetSummary(m_Result);
  m_Survey = IntensitySurvey{};
  m_Selected = ExactQuantiles{};
  m_Counts = ExactQuantiles::Counts{};
}

template <typename TInputImage, typename TMaskImage>
void
HistogramModeSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Mode: " << static_cast<int>(m_Mode) << '\n';
  os << indent << "Width: " << m_Width << '\n';
  os << indent << "Smoothing: " << m_Smoothing << '\n';
  os << indent << "LargeFraction: " << m_LargeFraction << '\n';
}
} // namespace itk
#endif
