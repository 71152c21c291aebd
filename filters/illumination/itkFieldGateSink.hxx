#ifndef itkFieldGateSink_hxx
#define itkFieldGateSink_hxx

#include "itkEvenness.h"
#include "itkImageRows.h"
#include "itkPortableLog.h"
#include "itkSplitMix64.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  const auto verify = [this](const char * name, double value)
  {
    if (!(value >= 0.0))
    {
      itkExceptionMacro(<< name << " must be >= 0, got " << value << '.');
    }
  };
  verify("MinimumDeviation", m_MinimumDeviation);
  verify("MinimumEntropyGain", m_MinimumEntropyGain);
  const bool hasField = this->GetFieldInput() != nullptr;
  if (hasField == (this->GetCorrectedImage() != nullptr))
  {
    itkExceptionMacro("Field or CorrectedImage must be set, " << (hasField ? "not both." : "neither is."));
  }
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::VerifyInputInformation() ITKv5_CONST
{
  Superclass::VerifyInputInformation();
  const auto * corrected = this->GetCorrectedImage();
  if (corrected != nullptr && corrected->GetLargestPossibleRegion() != this->GetInput()->GetLargestPossibleRegion())
  {
    itkExceptionMacro("CorrectedImage must be of the image's region: image "
                      << this->GetInput()->GetLargestPossibleRegion().GetSize() << " from "
                      << this->GetInput()->GetLargestPossibleRegion().GetIndex() << ", CorrectedImage "
                      << corrected->GetLargestPossibleRegion().GetSize() << " from "
                      << corrected->GetLargestPossibleRegion().GetIndex() << '.');
  }
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::GenerateNthInputRequestedRegion(unsigned int division)
{
  Superclass::GenerateNthInputRequestedRegion(division);
  if (auto * corrected = const_cast<TInputImage *>(this->GetCorrectedImage()))
  {
    RequestRegion(corrected, this->m_Region);
    corrected->PropagateRequestedRegion();
    RequestRegion(this->GetInput(), this->m_Region);
  }
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Samples = Samples{};
  // A mask fills about a third of its image.
  constexpr double wantedVoxels = 180000.0;
  constexpr double wantedRows = 64.0;
  const auto       region = this->GetInput()->GetLargestPossibleRegion();
  const double     voxels = static_cast<double>(region.GetNumberOfPixels());
  const double     share = std::max(wantedVoxels, wantedRows * static_cast<double>(region.GetSize(0))) / voxels;
  m_RowLimit = share < 1.0 ? static_cast<std::uint64_t>(share * 0x1p64) : std::numeric_limits<std::uint64_t>::max();
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  const TInputImage *           input = this->GetInput();
  const TMaskImage *            mask = this->GetMaskImage();
  const RegionType              whole = input->GetLargestPossibleRegion();
  const TInputImage *           corrected = this->GetCorrectedImage();
  const SmoothFieldRowEvaluator logFieldOf(corrected == nullptr ? this->GetField() : SmoothField{});
  const auto                    hasLogarithm = [](double value)
  { return value >= std::numeric_limits<double>::min() && value <= std::numeric_limits<double>::max(); };
  ReduceRegion(this->GetMultiThreader(),
               this->m_Region,
               m_Samples,
               [&](const RegionType & slab, Samples & samples)
               {
                 const std::size_t   length = slab.GetSize(0);
                 std::vector<double> logField(length);
                 ForEachRow(
                   input,
                   slab,
                   [&](const IndexType & index, const auto * row)
                   {
                     const std::uint64_t offset = NumberOf(whole, index);
                     if (SplitMix64(offset * SplitMix64Increment) > m_RowLimit)
                     {
                       return;
                     }
                     logFieldOf(index, index[0], length, logField.data());
                     const auto * maskRow = MaskAt(mask, index);
                     const auto * correctedRow = MaskAt(corrected, index);
                     for (std::size_t i = 0; i < length; ++i)
                     {
                       const auto value = static_cast<double>(row[i]);
                       const auto after = static_cast<double>(correctedRow == nullptr ? row[i] : correctedRow[i]);
                       if ((maskRow == nullptr || maskRow[i] != 0) && hasLogarithm(value) && hasLogarithm(after))
                       {
                         const double log = PortableLog(value);
                         samples.list.push_back(
                           { offset + i, log, correctedRow == nullptr ? logField[i] : log - PortableLog(after) });
                       }
                     }
                   });
               });
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  constexpr double entropyBlur = 0.02; // of log intensity: it hides the steps of 8-bit data, and no tissue
  auto &           list = m_Samples.list;
  std::sort(list.begin(), list.end(), [](const Sample & a, const Sample & b) { return a.offset < b.offset; });

  FieldGateSummary summary;
  summary.samples = list.size();
  std::vector<double> before;
  std::vector<double> after;
  double              sum = 0.0;
  double              squares = 0.0;
  for (const auto & sample : list)
  {
    before.push_back(sample.logIntensity);
    after.push_back(sample.logIntensity - sample.logField);
    sum += sample.logField;
  }
  const double mean = sum / static_cast<double>(list.size());
  for (const auto & sample : list)
  {
    squares += (sample.logField - mean) * (sample.logField - mean);
  }
  if (!list.empty())
  {
    summary.deviation = std::sqrt(squares / static_cast<double>(list.size()));
    summary.entropyGain = DensityEntropy(before, entropyBlur) - DensityEntropy(after, entropyBlur);
    summary.passed =
      summary.deviation > 0.0 && summary.deviation >= m_MinimumDeviation && summary.entropyGain > m_MinimumEntropyGain;
  }
  m_Samples = Samples{};
  this->SetSummary(summary);
  this->SetPassedField(summary.passed && this->GetFieldInput() != nullptr ? this->GetField() : SmoothField{});
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "MinimumDeviation: " << m_MinimumDeviation << '\n';
  os << indent << "MinimumEntropyGain: " << m_MinimumEntropyGain << '\n';
}
} // namespace itk
#endif
