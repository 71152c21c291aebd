#ifndef itkOtsuThresholds_h
#define itkOtsuThresholds_h

#include "itkHistogram.h"
#include "itkOtsuMultipleThresholdsCalculator.h"

#include <vector>

namespace itk
{
/** Otsu's thresholds between equal bins over [low, high]: values at which the variance between classes is largest. */
inline std::vector<double>
OtsuThresholds(const std::vector<double> & counts, double low, double high, unsigned int thresholds)
{
  using HistogramType = Statistics::Histogram<double>;
  auto                                          histogram = HistogramType::New();
  typename HistogramType::SizeType              size(1);
  typename HistogramType::MeasurementVectorType lower(1);
  typename HistogramType::MeasurementVectorType upper(1);
  size[0] = counts.size();
  lower[0] = low;
  upper[0] = high;
  histogram->SetMeasurementVectorSize(1);
  histogram->Initialize(size, lower, upper);
  for (std::size_t bin = 0; bin < counts.size(); ++bin)
  {
    histogram->SetFrequency(bin, static_cast<HistogramType::AbsoluteFrequencyType>(counts[bin]));
  }
  auto calculator = OtsuMultipleThresholdsCalculator<HistogramType>::New();
  calculator->SetInputHistogram(histogram);
  calculator->SetNumberOfThresholds(thresholds);
  calculator->Compute();
  return calculator->GetOutput();
}
} // namespace itk

#endif
