#ifndef itkFieldGateSink_hxx
#define itkFieldGateSink_hxx

#include "itkEvenness.h"
#include "itkImageRows.h"
#include "itkPortableLog.h"
#include "itkSplitMix64.h"

#include <algorithm>
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
}

template <typename TInputImage, typename TMaskImage>
void
FieldGateSink<TInputImage, TMaskImage>::GenerateNthInputRequestedRegion(unsigned int division)
{
  // The learner reads the same input in pieces, and moves what is requested of it: it must be done before.
  this->ProcessObject::GetInput("Field")->UpdateOutputData();
  Superclass::GenerateNthInputRequestedRegion(division);
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
  const SmoothFieldRowEvaluator logFieldOf(this->GetField());
  ReduceRegion(this->GetMultiThreader(),
               this->m_Region,
               m_Samples,
               [&](const RegionType & slab, Samples & samples)
               {
                 const std::size_t   length = slab.GetSize(0);
                 std::vector<double> logField(length);
                 ForEachRow(input,
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
                              for (std::size_t i = 0; i < length; ++i)
                              {
                                const auto value = static_cast<double>(row[i]);
                                if ((maskRow == nullptr || maskRow[i] != 0) &&
                                    value >= std::numeric_limits<double>::min() &&
                                    value <= std::numeric_limits<double>::max())
                                {
                                  samples.list.push_back({ offset + i, PortableLog(value), logField[i] });
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
  this->SetPassedField(summary.passed ? this->GetField() : SmoothField{});
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
