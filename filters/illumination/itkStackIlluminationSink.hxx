#ifndef itkStackIlluminationSink_hxx
#define itkStackIlluminationSink_hxx

#include "itkImageRows.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

namespace itk
{
namespace StackIlluminationDetail
{
/** Adds the finite pixels of a row, and counts them, column by column. */
struct ColumnKernel
{
  template <int, typename TPixel>
  [[gnu::always_inline]] static inline void
  Run(const TPixel * row, std::size_t length, double * sums, double * counts)
  {
    for (std::size_t x = 0; x < length; ++x)
    {
      const auto value = static_cast<double>(row[x]);
      const bool isFinite = std::abs(value) <= std::numeric_limits<double>::max();
      sums[x] += isFinite ? value : 0.0;
      counts[x] += isFinite ? 1.0 : 0.0;
    }
  }
};
} // namespace StackIlluminationDetail

template <typename TInputImage, typename TMaskImage>
void
StackIlluminationSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_WorkingSize < 16 || m_WorkingSize > 1024)
  {
    itkExceptionMacro("WorkingSize must be in [16, 1024] cells, not " << m_WorkingSize << '.');
  }
  if (!(m_SmoothnessFlatField >= 0.0) || !(m_SmoothnessDarkField >= 0.0))
  {
    itkExceptionMacro("SmoothnessFlatField and SmoothnessDarkField must not be negative, but are "
                      << m_SmoothnessFlatField << " and " << m_SmoothnessDarkField << '.');
  }
  if (m_MaximumNumberOfImages < MinimumNumberOfImages)
  {
    itkExceptionMacro("MaximumNumberOfImages must be at least " << MinimumNumberOfImages << ", not "
                                                                << m_MaximumNumberOfImages << '.');
  }
  if (m_MaximumNumberOfReweightings < 1)
  {
    itkExceptionMacro("MaximumNumberOfReweightings must be at least 1, not 0.");
  }
  if (!(m_ReweightTolerance >= 0.0))
  {
    itkExceptionMacro("ReweightTolerance must not be negative, but is " << m_ReweightTolerance << '.');
  }
}

template <typename TInputImage, typename TMaskImage>
void
StackIlluminationSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  const auto & size = this->GetInput()->GetLargestPossibleRegion().GetSize();
  const auto   longest = std::max(size[0], size[1]);
  m_CellSize = std::max<std::size_t>(1, (longest + m_WorkingSize - 1) / m_WorkingSize);
  m_Cells = { (size[0] + m_CellSize - 1) / m_CellSize, (size[1] + m_CellSize - 1) / m_CellSize };
  m_Images = 1;
  for (unsigned int axis = 2; axis < Dimension; ++axis)
  {
    m_Images *= size[axis];
  }
  m_NonFinite = 0;
  m_Reduced.assign(m_Images < MinimumNumberOfImages ? 0 : m_Images * this->NumberOfCells(), 0.0F);
}

template <typename TInputImage, typename TMaskImage>
void
StackIlluminationSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  if (m_Reduced.empty()) // also the only case in which a division may cut a plane
  {
    return;
  }
  const auto &               whole = this->GetInput()->GetLargestPossibleRegion();
  const SizeValueType        planes = this->m_Region.GetNumberOfPixels() / (whole.GetSize(0) * whole.GetSize(1));
  std::atomic<std::uint64_t> nonFinite{ 0 };
  this->GetMultiThreader()->ParallelizeArray(
    0,
    planes * m_Cells[1],
    [&](SizeValueType unit)
    {
      SizeValueType plane = unit / m_Cells[1];
      IndexType     start = this->m_Region.GetIndex();
      SizeValueType image = 0;
      SizeValueType stride = 1;
      for (unsigned int axis = 2; axis < Dimension; ++axis)
      {
        start[axis] += static_cast<IndexValueType>(plane % this->m_Region.GetSize(axis));
        plane /= this->m_Region.GetSize(axis);
        image += stride * static_cast<SizeValueType>(start[axis] - whole.GetIndex(axis));
        stride *= whole.GetSize(axis);
      }
      const std::size_t cellRow = unit % m_Cells[1];
      nonFinite += this->ReduceRow(start, cellRow, &m_Reduced[image * this->NumberOfCells() + cellRow * m_Cells[0]]);
    },
    nullptr);
  m_NonFinite += nonFinite;
}

template <typename TInputImage, typename TMaskImage>
std::uint64_t
StackIlluminationSink<TInputImage, TMaskImage>::ReduceRow(IndexType start, std::size_t cellRow, float * cells) const
{
  const auto *        input = this->GetInput();
  const auto *        mask = this->GetMaskImage();
  const auto &        size = input->GetLargestPossibleRegion().GetSize();
  const std::size_t   width = size[0];
  const std::size_t   last = std::min<std::size_t>(size[1], (cellRow + 1) * m_CellSize);
  const auto          set = BestInstructionSet();
  std::vector<double> sums(width);
  std::vector<double> counts(width);
  double              inside = 0.0;
  for (std::size_t y = cellRow * m_CellSize; y < last; ++y)
  {
    IndexType index = start;
    index[1] += static_cast<IndexValueType>(y);
    const auto * row = input->GetBufferPointer() + input->ComputeOffset(index);
    const auto * maskRow = MaskAt(mask, index);
    if (maskRow == nullptr)
    {
      RunWith<StackIlluminationDetail::ColumnKernel>(set, row, width, sums.data(), counts.data());
      inside += static_cast<double>(width);
      continue;
    }
    for (std::size_t x = 0; x < width; ++x)
    {
      if (maskRow[x] != 0)
      {
        const auto value = static_cast<double>(row[x]);
        const bool isFinite = std::isfinite(value);
        sums[x] += isFinite ? value : 0.0;
        counts[x] += isFinite ? 1.0 : 0.0;
        inside += 1.0;
      }
    }
  }
  double finite = 0.0;
  for (std::size_t cell = 0; cell < m_Cells[0]; ++cell)
  {
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t x = cell * m_CellSize; x < std::min(width, (cell + 1) * m_CellSize); ++x)
    {
      sum += sums[x];
      count += counts[x];
    }
    const double mean = sum / count;
    const bool   isKnown = std::abs(mean) <= static_cast<double>(std::numeric_limits<float>::max());
    cells[cell] = isKnown ? static_cast<float>(mean) : std::numeric_limits<float>::quiet_NaN();
    finite += count;
  }
  return static_cast<std::uint64_t>(inside - finite);
}

template <typename TInputImage, typename TMaskImage>
bool
StackIlluminationSink<TInputImage, TMaskImage>::IsUsable(std::size_t image) const
{
  const float * const cells = &m_Reduced[image * this->NumberOfCells()];
  double              sum = 0.0;
  std::size_t         count = 0;
  std::size_t         atHighest = 0;
  float               highest = -std::numeric_limits<float>::infinity();
  for (std::size_t c = 0; c < this->NumberOfCells(); ++c)
  {
    if (!std::isnan(cells[c]))
    {
      atHighest = cells[c] > highest ? 1 : atHighest + (cells[c] == highest);
      highest = std::max(highest, cells[c]);
      sum += static_cast<double>(cells[c]);
      ++count;
    }
  }
  return count > 1 && sum > 0.0 && 2 * atHighest <= count;
}

template <typename TInputImage, typename TMaskImage>
double
StackIlluminationSink<TInputImage, TMaskImage>::BaselineOf(std::size_t                 image,
                                                           const std::vector<double> & flat,
                                                           const std::vector<double> & dark) const
{
  const float * const                    cells = &m_Reduced[image * this->NumberOfCells()];
  std::vector<std::pair<double, double>> ratios; // and their weights
  double                                 total = 0.0;
  for (std::size_t c = 0; c < this->NumberOfCells(); ++c)
  {
    if (!std::isnan(cells[c]))
    {
      ratios.emplace_back((static_cast<double>(cells[c]) - dark[c]) / flat[c], flat[c]);
      total += flat[c];
    }
  }
  std::sort(ratios.begin(), ratios.end());
  double sum = 0.0;
  for (const auto & [ratio, weight] : ratios)
  {
    sum += weight;
    if (2.0 * sum >= total)
    {
      return std::max(ratio, 0.0);
    }
  }
  return 0.0;
}

template <typename TInputImage, typename TMaskImage>
std::vector<double>
StackIlluminationSink<TInputImage, TMaskImage>::AtCells(const CosineSeries & series) const
{
  CosineSeries cells = series;
  cells.box = { series.box[0] / static_cast<double>(m_CellSize), series.box[1] / static_cast<double>(m_CellSize) };
  const CosineSeriesRowEvaluator evaluator(cells, 0, m_Cells[0]);
  std::vector<double>            values(this->NumberOfCells());
  for (std::size_t y = 0; y < m_Cells[1]; ++y)
  {
    evaluator(y, &values[y * m_Cells[0]]);
  }
  return values;
}

template <typename TInputImage, typename TMaskImage>
void
StackIlluminationSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  StackIllumination        illumination;
  StackIlluminationSummary summary;
  summary.images = m_Images;
  summary.nonFinite = m_NonFinite;
  std::vector<std::size_t> usable;
  for (std::size_t image = 0; image < m_Images && !m_Reduced.empty(); ++image)
  {
    if (this->IsUsable(image))
    {
      usable.push_back(image);
    }
  }
  summary.excluded = m_Reduced.empty() ? 0 : m_Images - usable.size();
  if (usable.size() >= MinimumNumberOfImages)
  {
    const std::size_t  cells = this->NumberOfCells();
    const std::size_t  fitted = std::min<std::size_t>(usable.size(), m_MaximumNumberOfImages);
    std::vector<float> values(fitted * cells);
    for (std::size_t i = 0; i < fitted; ++i)
    {
      std::copy_n(&m_Reduced[usable[(2 * i + 1) * usable.size() / (2 * fitted)] * cells], cells, &values[i * cells]);
    }
    StackIlluminationFit::Parameters parameters;
    parameters.darkField = m_DarkField;
    parameters.sortIntensity = m_SortIntensity;
    parameters.smoothnessFlatField = m_SmoothnessFlatField;
    parameters.smoothnessDarkField = m_SmoothnessDarkField;
    parameters.maximumReweightings = m_MaximumNumberOfReweightings;
    parameters.reweightTolerance = m_ReweightTolerance;
    StackIlluminationFit fit(m_Cells[0], m_Cells[1], std::move(values), parameters);
    const auto &         size = this->GetInput()->GetLargestPossibleRegion().GetSize();
    if (fit.Run([this](double part) { this->ReportProgress(0.1 + 0.8 * part); }))
    {
      illumination.flat = fit.GetFlat();
      illumination.dark = fit.GetDark();
      for (auto * series : { &illumination.flat, &illumination.dark })
      {
        series->box = { static_cast<double>(m_Cells[0] * m_CellSize), static_cast<double>(m_Cells[1] * m_CellSize) };
      }
      illumination.flat.Scale(1.0 / illumination.flat.Mean(size[0], size[1]));
      summary.fitted = fitted;
      summary.reweightings = fit.GetReweightings();
    }
  }
  this->ReportProgress(0.9);
  if (!m_Reduced.empty())
  {
    auto       flat = illumination.flat.terms.empty() ? std::vector<double>(this->NumberOfCells(), 1.0)
                                                      : this->AtCells(illumination.flat);
    auto       dark = this->AtCells(illumination.dark);
    const auto floored =
      std::count_if(flat.begin(), flat.end(), [](double series) { return series < StackIllumination::LowestFlat; });
    summary.floored = static_cast<double>(floored) / static_cast<double>(flat.size());
    std::transform(flat.begin(), flat.end(), flat.begin(), StackIllumination::FlatFrom);
    std::transform(dark.begin(), dark.end(), dark.begin(), StackIllumination::DarkFrom);
    illumination.baselines.resize(m_Images);
    this->GetMultiThreader()->ParallelizeArray(
      0,
      m_Images,
      [&](SizeValueType image) { illumination.baselines[image] = this->BaselineOf(image, flat, dark); },
      nullptr);
  }
  this->SetIllumination(illumination);
  this->SetSummary(summary);
  m_Reduced = {};
}

template <typename TInputImage, typename TMaskImage>
void
StackIlluminationSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "DarkField: " << m_DarkField << '\n'
     << indent << "SortIntensity: " << m_SortIntensity << '\n'
     << indent << "SmoothnessFlatField: " << m_SmoothnessFlatField << '\n'
     << indent << "SmoothnessDarkField: " << m_SmoothnessDarkField << '\n'
     << indent << "WorkingSize: " << m_WorkingSize << '\n'
     << indent << "MaximumNumberOfImages: " << m_MaximumNumberOfImages << '\n'
     << indent << "MaximumNumberOfReweightings: " << m_MaximumNumberOfReweightings << '\n'
     << indent << "ReweightTolerance: " << m_ReweightTolerance << '\n';
}
} // namespace itk
#endif
