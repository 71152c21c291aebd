#ifndef itkHistogramRetinexSink_hxx
#define itkHistogramRetinexSink_hxx

#include "itkFieldInMask.h"
#include "itkHistogramEntropyFit.h"
#include "itkHistogramSharpening.h"
#include "itkImageRows.h"
#include "itkPortableExp.h"
#include "itkPortableLog.h"
#include "itkSplitMix64.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <limits>
#include <map>

namespace itk
{
namespace HistogramRetinexDetail
{
struct MaskExtent
{
  std::uint64_t       voxels{ 0 };
  std::array<long, 4> lowest{ { LONG_MAX, LONG_MAX, LONG_MAX, LONG_MAX } };
  std::array<long, 4> highest{ { LONG_MIN, LONG_MIN, LONG_MIN, LONG_MIN } };

  void
  Merge(const MaskExtent & other)
  {
    voxels += other.voxels;
    for (std::size_t axis = 0; axis < 4; ++axis)
    {
      lowest[axis] = std::min(lowest[axis], other.lowest[axis]);
      highest[axis] = std::max(highest[axis], other.highest[axis]);
    }
  }
};

/** The value around which most of `values`, at least one, lie. */
inline double
MainPeak(const std::vector<double> & values)
{
  constexpr double binWidth = 0.01;
  constexpr long   reach = 3; // bins of a triangle on either side
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  std::vector<double> heights(static_cast<std::size_t>((*high - *low) / binWidth) + 2 * reach + 2, 0.0);
  for (const double value : values)
  {
    const auto bin = static_cast<std::size_t>((value - *low) / binWidth + 0.5);
    for (long step = -reach; step <= reach; ++step)
    {
      heights[bin + static_cast<std::size_t>(reach + step)] += static_cast<double>(reach + 1 - std::abs(step));
    }
  }
  const auto highest = std::max_element(heights.begin(), heights.end()) - heights.begin();
  return *low + binWidth * static_cast<double>(highest - reach);
}

/** Values of one cell. */
struct Cell
{
  double count{ 0.0 };
  double sum{ 0.0 };
  double squares{ 0.0 };
};
} // namespace HistogramRetinexDetail

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_Order < 1 || m_Order > 8)
  {
    itkExceptionMacro("Order must be in [1, 8], got " << m_Order << '.');
  }
  if (!(m_Flattest > 0.0 && m_Flattest <= 1.0))
  {
    itkExceptionMacro("Flattest must be in (0, 1], got " << m_Flattest << '.');
  }
  if (m_Rim > 4)
  {
    itkExceptionMacro("Rim must be in [0, 4] voxels, got " << m_Rim << '.');
  }
  if (!(m_Smoothing >= 0.0))
  {
    itkExceptionMacro("Smoothing must be >= 0 mm, got " << m_Smoothing << '.');
  }
  if (!(m_WienerNoise > 0.0))
  {
    itkExceptionMacro("WienerNoise must be > 0, got " << m_WienerNoise << '.');
  }
  if (!(m_LogFloor >= 0.0 && m_LogFloor < 1.0))
  {
    itkExceptionMacro("LogFloor must be in [0, 1), got " << m_LogFloor << '.');
  }
  if (!(m_Contrast >= 0.0))
  {
    itkExceptionMacro("Contrast must be >= 0, got " << m_Contrast << '.');
  }
  if (!(m_ConvergenceThreshold >= 0.0))
  {
    itkExceptionMacro("ConvergenceThreshold must be >= 0, got " << m_ConvergenceThreshold << '.');
  }
  for (const double width : m_Widths)
  {
    if (!(width >= 0.02 && width <= 1.0))
    {
      itkExceptionMacro("Widths must be in [0.02, 1] of log intensity, got " << width << '.');
    }
  }
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Samples = Samples{};

  const RegionType whole = this->GetInput()->GetLargestPossibleRegion();
  m_MaskBox = whole;
  m_MaskVoxels = whole.GetNumberOfPixels();
  if (const auto * mask = this->GetMaskImage())
  {
    HistogramRetinexDetail::MaskExtent extent;
    ForEachPiece(mask,
                 mask->GetLargestPossibleRegion(),
                 this->GetNumberOfStreamDivisions(),
                 [&](const RegionType & piece)
                 {
                   ReduceRegion(this->GetMultiThreader(),
                                piece,
                                extent,
                                [mask](const RegionType & slab, HistogramRetinexDetail::MaskExtent & part)
                                {
                                  const auto length = static_cast<long>(slab.GetSize(0));
                                  ForEachRow(mask,
                                             slab,
                                             [&](const IndexType & index, const auto * row)
                                             {
                                               HistogramRetinexDetail::MaskExtent rowExtent;
                                               for (long i = 0; i < length; ++i)
                                               {
                                                 if (row[i] != 0)
                                                 {
                                                   ++rowExtent.voxels;
                                                   rowExtent.lowest[0] = std::min(rowExtent.lowest[0], index[0] + i);
                                                   rowExtent.highest[0] = std::max(rowExtent.highest[0], index[0] + i);
                                                 }
                                               }
                                               for (unsigned int axis = 1; axis < Dimension && rowExtent.voxels > 0;
                                                    ++axis)
                                               {
                                                 rowExtent.lowest[axis] = rowExtent.highest[axis] = index[axis];
                                               }
                                               part.Merge(rowExtent);
                                             });
                                });
                 });
    m_MaskVoxels = extent.voxels;
    for (unsigned int axis = 0; axis < Dimension && extent.voxels > 0; ++axis)
    {
      if (mask->GetLargestPossibleRegion().GetSize(axis) > 1)
      {
        m_MaskBox.SetIndex(axis, extent.lowest[axis]);
        m_MaskBox.SetSize(axis, static_cast<SizeValueType>(extent.highest[axis] - extent.lowest[axis] + 1));
      }
      else
      {
        m_MaskVoxels *= whole.GetSize(axis); // the mask holds for the whole axis
      }
    }
  }
  const double fraction =
    static_cast<double>(m_NumberOfSamples) / std::max<double>(1.0, static_cast<double>(m_MaskVoxels));
  m_HashLimit = fraction < 1.0 ? static_cast<std::uint64_t>(std::ldexp(fraction, 64)) : ~std::uint64_t{ 0 };
  this->MakeNeighbourhood();
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::MakeNeighbourhood()
{
  this->m_Radius.Fill(0);
  const auto & spacing = this->GetInput()->GetSpacing();
  const auto   whole = this->GetInput()->GetLargestPossibleRegion();
  double       finest = std::numeric_limits<double>::infinity();
  for (unsigned int axis = 0; axis < std::min(Dimension, 3U); ++axis)
  {
    finest = whole.GetSize(axis) > 1 ? std::min(finest, spacing[axis]) : finest;
  }
  // A fourth axis is time: neither blurred nor eroded.
  std::array<double, Dimension>              sigma{};
  std::array<std::array<long, Dimension>, 5> reach{}; // of the rim's box, by rim and axis
  typename TInputImage::OffsetType           lowest{};
  for (unsigned int axis = 0; axis < std::min(Dimension, 3U); ++axis)
  {
    if (whole.GetSize(axis) > 1)
    {
      const double ratio = finest / spacing[axis];
      sigma[axis] = std::min(0.8, m_Smoothing / spacing[axis]);
      this->m_Radius[axis] = static_cast<SizeValueType>(std::ceil(2.5 * sigma[axis]));
      for (unsigned int rim = 1; rim <= m_Rim; ++rim)
      {
        reach[rim][axis] = std::max(1L, std::lround(rim * ratio));
        this->m_Radius[axis] = std::max(this->m_Radius[axis], static_cast<SizeValueType>(reach[rim][axis]));
      }
    }
    lowest[axis] = -static_cast<OffsetValueType>(this->m_Radius[axis]);
  }
  m_Neighbourhood.clear();
  auto offset = lowest;
  while (true)
  {
    Neighbour neighbour{ offset, 0, 1.0 };
    for (unsigned int axis = 0; axis < Dimension; ++axis)
    {
      const auto distance = std::abs(offset[axis]);
      while (neighbour.level <= m_Rim && distance > reach[neighbour.level][axis])
      {
        ++neighbour.level;
      }
      const double scaled = sigma[axis] > 0.0 ? static_cast<double>(distance) / sigma[axis]
                            : distance == 0   ? 0.0
                                              : 40.0;
      neighbour.weight *= scaled <= 3.0 ? PortableExp(-0.5 * scaled * scaled) : 0.0;
    }
    if (neighbour.level <= m_Rim || neighbour.weight > 0.0)
    {
      m_Neighbourhood.push_back(neighbour);
    }
    unsigned int axis = 0;
    while (axis < Dimension && ++offset[axis] > static_cast<OffsetValueType>(this->m_Radius[axis]))
    {
      offset[axis] = lowest[axis];
      ++axis;
    }
    if (axis == Dimension)
    {
      break;
    }
  }
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::StreamedGenerateData(unsigned int)
{
  ReduceRegion(this->GetMultiThreader(),
               this->m_Region,
               m_Samples,
               [this](const RegionType & slab, Samples & samples) { this->DrawSamples(slab, samples); });
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::DrawSamples(const RegionType & slab, Samples & samples) const
{
  const TInputImage * image = this->GetInput();
  const TMaskImage *  mask = this->GetMaskImage();
  const RegionType    whole = image->GetLargestPossibleRegion();
  const auto          length = static_cast<long>(slab.GetSize(0));

  RegionType                   interior = whole; // where every neighbour is inside the image
  std::vector<OffsetValueType> imageSteps;       // from a pixel to its neighbours, in the buffers
  std::vector<OffsetValueType> maskSteps;
  const bool                   hasInterior = interior.ShrinkByRadius(this->m_Radius);
  for (const Neighbour & neighbour : m_Neighbourhood)
  {
    OffsetValueType imageStep = 0;
    OffsetValueType maskStep = 0;
    for (unsigned int axis = 0; axis < Dimension; ++axis)
    {
      imageStep += neighbour.offset[axis] * image->GetOffsetTable()[axis];
      if (mask && mask->GetLargestPossibleRegion().GetSize(axis) > 1)
      {
        maskStep += neighbour.offset[axis] * mask->GetOffsetTable()[axis];
      }
    }
    imageSteps.push_back(imageStep);
    maskSteps.push_back(maskStep);
  }
  ForEachRow(image,
             slab,
             [&](const IndexType & rowIndex, const auto * row)
             {
               const auto *        maskRow = MaskAt(mask, rowIndex);
               const std::uint64_t rowOffset = NumberOf(whole, rowIndex);
               for (long i = 0; i < length; ++i)
               {
                 if (maskRow && maskRow[i] == 0)
                 {
                   continue;
                 }
                 const auto centreIntensity = static_cast<double>(row[i]);
                 if (!(std::isfinite(centreIntensity) && centreIntensity > 0.0))
                 {
                   ++samples.nonPositive;
                   continue;
                 }
                 const std::uint64_t offset = rowOffset + static_cast<std::uint64_t>(i);
                 if (SplitMix64(offset) >= m_HashLimit)
                 {
                   continue;
                 }
                 IndexType centre = rowIndex;
                 centre[0] += i;
                 unsigned int depth = m_Rim;
                 double       weights = 0.0;
                 double       sum = 0.0;
                 double       squares = 0.0;
                 const bool   isInterior = hasInterior && interior.IsInside(centre);
                 for (std::size_t k = 0; k < m_Neighbourhood.size(); ++k)
                 {
                   const Neighbour & neighbour = m_Neighbourhood[k];
                   if (!isInterior && !whole.IsInside(centre + neighbour.offset))
                   {
                     continue;
                   }
                   if (maskRow && maskRow[i + maskSteps[k]] == 0)
                   {
                     depth = neighbour.level > 0 ? std::min(depth, neighbour.level - 1) : 0;
                     continue;
                   }
                   const auto intensity = static_cast<double>(row[i + imageSteps[k]]);
                   if (neighbour.weight > 0.0 && std::isfinite(intensity) && intensity > 0.0)
                   {
                     weights += neighbour.weight;
                     sum += neighbour.weight * intensity;
                     squares += neighbour.weight * intensity * intensity;
                   }
                 }
                 const double mean = sum / weights;
                 const double variance = std::max(0.0, squares / weights - mean * mean);
                 samples.list.push_back({ offset, mean, std::sqrt(variance) / mean, depth });
               }
             });
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::SelectSamples(HistogramRetinexSummary & summary)
{
  auto & list = m_Samples.list;
  // Threads deliver in any order.
  std::sort(list.begin(), list.end(), [](const Sample & a, const Sample & b) { return a.offset < b.offset; });

  const auto drawn = list.size();
  const auto atLeast = [&list](unsigned int depth)
  {
    return static_cast<std::size_t>(
      std::count_if(list.begin(), list.end(), [depth](const Sample & sample) { return sample.depth >= depth; }));
  };
  summary.rim = m_Rim;
  while (summary.rim > 0 && atLeast(summary.rim) < std::max<std::size_t>(2000, drawn / 5))
  {
    --summary.rim;
  }
  list.erase(
    std::remove_if(list.begin(), list.end(), [&](const Sample & sample) { return sample.depth < summary.rim; }),
    list.end());

  const auto nth = [&list](double Sample::*member, std::size_t rank)
  {
    std::vector<double> values;
    values.reserve(list.size());
    for (const Sample & sample : list)
    {
      values.push_back(sample.*member);
    }
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(values.begin(), place, values.end());
    return *place;
  };
  const auto drop = [&list](auto && isDropped)
  { list.erase(std::remove_if(list.begin(), list.end(), isDropped), list.end()); };
  if (!list.empty())
  {
    summary.logFloor = m_LogFloor * nth(&Sample::intensity, list.size() / 2);
    drop([&](const Sample & sample) { return sample.intensity <= summary.logFloor; });
  }
  summary.maskVoxels = m_MaskVoxels;
  summary.excluded = m_Samples.nonPositive;
  summary.samples = list.size();
}

template <typename TInputImage, typename TMaskImage>
std::vector<double>
HistogramRetinexSink<TInputImage, TMaskImage>::LogField(const SmoothField & field, const List & samples) const
{
  const SmoothFieldRowEvaluator logFieldOf(field);
  const auto                    whole = this->GetInput()->GetLargestPossibleRegion();
  std::vector<double>           logField(samples.size());
  std::vector<double>           row;
  for (std::size_t i = 0; i < samples.size();)
  {
    const IndexType   index = IndexOf(whole, samples[i].offset);
    const std::size_t toRowEnd = whole.GetSize(0) - static_cast<std::size_t>(index[0] - whole.GetIndex(0));
    const std::size_t first = i;
    while (i < samples.size() && samples[i].offset - samples[first].offset < toRowEnd)
    {
      ++i;
    }
    row.resize(samples[i - 1].offset - samples[first].offset + 1);
    logFieldOf(index, index[0], row.size(), row.data());
    for (std::size_t k = first; k < i; ++k)
    {
      logField[k] = row[samples[k].offset - samples[first].offset];
    }
  }
  return logField;
}

template <typename TInputImage, typename TMaskImage>
auto
HistogramRetinexSink<TInputImage, TMaskImage>::FlattestSamples(const SmoothField & field, std::size_t least) const
  -> List
{
  const List & all = m_Samples.list;
  const auto   share = static_cast<std::size_t>(m_Flattest * static_cast<double>(all.size()));
  const auto   kept = std::min(all.size(), std::max(least, share));
  if (kept == all.size())
  {
    return all;
  }
  std::vector<double> deviations = this->LogField(field, all);
  for (std::size_t i = 0; i < all.size(); ++i)
  {
    deviations[i] = all[i].deviation * PortableExp(0.5 * deviations[i]);
  }
  std::vector<double> ranked = deviations;
  const auto          limit = ranked.begin() + static_cast<std::ptrdiff_t>(kept - 1);
  std::nth_element(ranked.begin(), limit, ranked.end());
  List flattest;
  for (std::size_t i = 0; i < all.size(); ++i)
  {
    if (deviations[i] <= *limit)
    {
      flattest.push_back(all[i]);
    }
  }
  return flattest;
}

template <typename TInputImage, typename TMaskImage>
auto
HistogramRetinexSink<TInputImage, TMaskImage>::Observe(const List & samples, std::size_t atLeast) const -> Observations
{
  const auto        whole = this->GetInput()->GetLargestPossibleRegion();
  const std::size_t stride = atLeast == 0 ? 1 : std::max<std::size_t>(1, samples.size() / atLeast);
  Observations      observations;
  for (std::size_t i = 0; i < samples.size(); i += stride)
  {
    const IndexType          index = IndexOf(whole, samples[i].offset);
    SmoothFieldFit::Position position{};
    std::copy_n(index.begin(), Dimension, position.begin());
    observations.positions.push_back(position);
    observations.logIntensities.push_back(PortableLog(samples[i].intensity));
  }
  return observations;
}

template <typename TInputImage, typename TMaskImage>
SmoothField
HistogramRetinexSink<TInputImage, TMaskImage>::MakeField() const
{
  const auto  whole = this->GetInput()->GetLargestPossibleRegion();
  IndexType   lowest = whole.GetUpperIndex();
  IndexType   highest = whole.GetIndex();
  SmoothField field;
  for (const Sample & sample : m_Samples.list)
  {
    const IndexType index = IndexOf(whole, sample.offset);
    for (unsigned int axis = 0; axis < Dimension; ++axis)
    {
      lowest[axis] = std::min(lowest[axis], index[axis]);
      highest[axis] = std::max(highest[axis], index[axis]);
    }
  }
  for (unsigned int axis = 0; axis < Dimension; ++axis)
  {
    auto begin = m_MaskBox.GetIndex(axis);
    auto end = m_MaskBox.GetUpperIndex()[axis];
    if (2 * (highest[axis] - lowest[axis]) < end - begin && lowest[axis] <= highest[axis])
    {
      begin = lowest[axis];
      end = highest[axis];
    }
    field.centre[axis] = 0.5 * static_cast<double>(begin + end);
    field.halfExtent[axis] = 0.5 * static_cast<double>(end - begin);
  }
  return field;
}

template <typename TInputImage, typename TMaskImage>
SmoothField
HistogramRetinexSink<TInputImage, TMaskImage>::FitField(HistogramRetinexSummary & summary)
{
  SmoothField  field = this->MakeField();
  const auto & size = m_MaskBox.GetSize();
  const auto   longest = static_cast<double>(*std::max_element(size.begin(), size.end()));
  // Within a few voxels, what a high degree would follow is anatomy.
  field.order = std::min(m_Order, std::max(1U, static_cast<unsigned int>(longest / VoxelsADegree)));
  const std::size_t least = 20 * field.Terms().size();
  if (m_Samples.list.size() < least)
  {
    summary.samples = 0;
    return SmoothField{};
  }
  field.coefficients.assign(field.Terms().size(), 0.0);

  // The last width settles on every sample; on the way there a part of them says as much.
  const List          flattest = this->FlattestSamples(SmoothField{}, least);
  std::vector<double> last;
  std::vector<double> before = m_Widths;
  if (!before.empty())
  {
    last.push_back(before.back());
    before.pop_back();
  }
  this->ReportProgress(0.1);
  summary.iterations = this->Sharpen(field, this->Observe(flattest, CoarseSamples), before);
  this->ReportProgress(0.2);
  const auto axes = std::count_if(field.halfExtent.begin(),
                                  field.halfExtent.begin() + std::min(Dimension, 3U),
                                  [](double extent) { return extent > 0.0; });
  const bool isUneven = this->IsUneven(field, flattest, summary);
  summary.isOfTissues = axes == 3 && isUneven && m_Contrast > 0.0 && this->FitTissues(field, summary);
  if (!summary.isOfTissues)
  {
    summary.samples = flattest.size();
    summary.iterations += this->Sharpen(field, this->Observe(flattest, 0), last);
  }
  this->ReportProgress(0.8);
  if (!isUneven)
  {
    const List underField = this->FlattestSamples(field, least);
    summary.samples = underField.size();
    summary.iterations += this->Sharpen(field, this->Observe(underField, 0), last);
  }
  return field;
}

template <typename TInputImage, typename TMaskImage>
bool
HistogramRetinexSink<TInputImage, TMaskImage>::IsUneven(const SmoothField &       field,
                                                        const List &              samples,
                                                        HistogramRetinexSummary & summary) const
{
  constexpr double nearPeak = 0.1;
  constexpr double leastInCell = 8.0;

  std::vector<double> residuals = this->LogField(field, samples);
  std::transform(samples.begin(),
                 samples.end(),
                 residuals.begin(),
                 residuals.begin(),
                 [](const Sample & sample, double logField) { return PortableLog(sample.intensity) - logField; });
  const double peak = HistogramRetinexDetail::MainPeak(residuals);

  const auto whole = this->GetInput()->GetLargestPossibleRegion();

  std::map<std::array<long, 3>, HistogramRetinexDetail::Cell> cells;
  for (std::size_t i = 0; i < residuals.size(); ++i)
  {
    const double distance = residuals[i] - peak;
    if (std::abs(distance) < nearPeak)
    {
      const IndexType     index = IndexOf(whole, samples[i].offset);
      std::array<long, 3> place{};
      for (unsigned int axis = 0; axis < std::min(Dimension, 3U); ++axis)
      {
        place[axis] = static_cast<long>(
          std::floor(static_cast<double>(index[axis]) * this->GetInput()->GetSpacing()[axis] / CellSize));
      }
      auto & cell = cells[place];
      cell.count += 1.0;
      cell.sum += distance;
      cell.squares += distance * distance;
    }
  }
  HistogramRetinexDetail::Cell means;
  double                       inside = 0.0;    // deviation inside cells
  double                       explained = 0.0; // variance that it gives their means
  for (const auto & [place, cell] : cells)
  {
    if (cell.count >= leastInCell)
    {
      const double mean = cell.sum / cell.count;
      const double variance = std::max(0.0, cell.squares / cell.count - mean * mean) * cell.count / (cell.count - 1.0);
      means.count += 1.0;
      means.sum += mean;
      means.squares += mean * mean;
      inside += std::sqrt(variance);
      explained += variance / cell.count;
    }
  }
  if (means.count > 2.0)
  {
    const double mean = means.sum / means.count;
    summary.unevenness = std::sqrt(std::max(0.0, (means.squares - explained) / means.count - mean * mean));
  }
  return summary.unevenness >= UnevennessOfOneTissue && summary.unevenness * means.count >= NoiseShare * inside;
}

template <typename TInputImage, typename TMaskImage>
bool
HistogramRetinexSink<TInputImage, TMaskImage>::FitTissues(SmoothField & field, HistogramRetinexSummary & summary)
{
  const auto fitTo = [&](std::size_t atLeast)
  {
    const auto observations = this->Observe(m_Samples.list, atLeast);
    return HistogramEntropyFit(field, observations.positions, observations.logIntensities);
  };
  // From one width alone, one head in ten ends in a minimum that is not the lowest.
  constexpr double             narrow = 0.03;
  const HistogramEntropyFit    coarse = fitTo(CoarseSamplesOfTissues);
  HistogramEntropyFit::Minimum lowest;
  std::vector<double>          best;
  double                       done = 0.2; // of the fit
  for (const double wide : { 0.24, 0.12, 0.06 })
  {
    auto       coefficients = field.coefficients;
    const auto first = coarse.Minimise(coefficients, wide, m_Contrast);
    const auto second = first.evaluations > 0 ? coarse.Minimise(coefficients, narrow, m_Contrast) : first;
    summary.iterations += first.evaluations + second.evaluations;
    if (second.evaluations > 0 && (best.empty() || second.value < lowest.value))
    {
      lowest = second;
      best = coefficients;
    }
    this->ReportProgress(done += 0.1);
  }
  if (best.empty())
  {
    return false;
  }
  summary.iterations += fitTo(0).Minimise(best, narrow, m_Contrast).evaluations;
  field.coefficients = best;
  return true;
}

template <typename TInputImage, typename TMaskImage>
unsigned int
HistogramRetinexSink<TInputImage, TMaskImage>::Sharpen(SmoothField &               field,
                                                       const Observations &        observations,
                                                       const std::vector<double> & widths) const
{
  const auto &         logIntensity = observations.logIntensities;
  const std::size_t    count = logIntensity.size();
  const SmoothFieldFit fit(field, observations.positions);
  const auto [low, high] = std::minmax_element(logIntensity.begin(), logIntensity.end());
  constexpr double    margin = 1.0; // room for the field, which may move intensities beyond their first range
  constexpr double    binWidth = 0.01;
  HistogramSharpening sharpening(*low - margin, *high + margin, binWidth);

  unsigned int        iterations = 0;
  std::vector<double> logField = fit.Evaluate(field.coefficients);
  std::vector<double> residual(count);
  for (const double width : widths)
  {
    sharpening.SetKernel(width, m_WienerNoise);
    for (unsigned int iteration = 0; iteration < m_MaximumNumberOfIterations; ++iteration)
    {
      for (std::size_t i = 0; i < count; ++i)
      {
        residual[i] = logIntensity[i] - logField[i];
      }
      sharpening.Fit(residual);
      for (std::size_t i = 0; i < count; ++i)
      {
        residual[i] = logIntensity[i] - sharpening.Estimate(residual[i]);
      }
      field.coefficients = fit.Solve(residual);
      field.coefficients[0] = 0.0; // the constant is the histogram's to keep
      const auto refined = fit.Evaluate(field.coefficients);
      double     change = 0.0;
      for (std::size_t i = 0; i < count; ++i)
      {
        change += (refined[i] - logField[i]) * (refined[i] - logField[i]);
      }
      logField = refined;
      ++iterations;
      if (std::sqrt(change / static_cast<double>(count)) < m_ConvergenceThreshold)
      {
        break;
      }
    }
  }
  return iterations;
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::NormaliseField(SmoothField & field)
{
  const FieldInMask range = MeasureField(
    this->GetMultiThreader(), field, this->GetMaskImage(), m_MaskBox, this->GetNumberOfStreamDivisions(), PortableExp);
  const double logMean = PortableLog(range.sum.Value() / static_cast<double>(range.voxels));
  field.coefficients[0] -= logMean;
  field.logMinimum = range.lowest - logMean;
  field.logMaximum = range.highest - logMean;
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  HistogramRetinexSummary summary;
  this->SelectSamples(summary);
  SmoothField field = this->FitField(summary);
  if (!field.coefficients.empty())
  {
    this->ReportProgress(0.9);
    this->NormaliseField(field);
  }
  m_Samples = Samples{};
  this->SetField(field);
  this->SetSummary(summary);
}

template <typename TInputImage, typename TMaskImage>
void
HistogramRetinexSink<TInputImage, TMaskImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Order: " << m_Order << '\n';
  os << indent << "NumberOfSamples: " << m_NumberOfSamples << '\n';
  os << indent << "Smoothing: " << m_Smoothing << '\n';
  os << indent << "Rim: " << m_Rim << '\n';
  os << indent << "Flattest: " << m_Flattest << '\n';
  os << indent << "Contrast: " << m_Contrast << '\n';
  os << indent << "LogFloor: " << m_LogFloor << '\n';
  os << indent << "MaximumNumberOfIterations: " << m_MaximumNumberOfIterations << '\n';
  os << indent << "ConvergenceThreshold: " << m_ConvergenceThreshold << '\n';
  os << indent << "WienerNoise: " << m_WienerNoise << '\n';
  os << indent << "Widths:";
  for (const double width : m_Widths)
  {
    os << ' ' << width;
  }
  os << '\n';
}
} // namespace itk
#endif
