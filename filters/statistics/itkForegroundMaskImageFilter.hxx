#ifndef itkForegroundMaskImageFilter_hxx
#define itkForegroundMaskImageFilter_hxx

#include "itkImageRows.h"
#include "itkOtsuThresholds.h"
#include "itkRunComponents.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
void
ForegroundMaskImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_ComponentFraction >= 0.0 && m_ComponentFraction <= 1.0))
  {
    itkExceptionMacro("ComponentFraction must be in [0, 1], got " << m_ComponentFraction << '.');
  }
}

template <typename TInputImage, typename TOutputImage>
void
ForegroundMaskImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  const_cast<TInputImage *>(this->GetInput())->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
void
ForegroundMaskImageFilter<TInputImage, TOutputImage>::EnlargeOutputRequestedRegion(DataObject * output)
{
  output->SetRequestedRegionToLargestPossibleRegion();
}

template <typename TInputImage, typename TOutputImage>
ForegroundRule
ForegroundMaskImageFilter<TInputImage, TOutputImage>::ChooseRule(const QuantileSketch & sketch) const
{
  if (m_Rule != ForegroundRule::Automatic)
  {
    return m_Rule;
  }
  unsigned int spatialAxes = 0;
  const auto & size = this->GetInput()->GetLargestPossibleRegion().GetSize();
  for (unsigned int axis = 0; axis < std::min(3U, TInputImage::ImageDimension); ++axis)
  {
    spatialAxes += size[axis] > 1;
  }
  double air = 0.0;
  double negative = 0.0;
  sketch.ForEachBin(
    [&](double value, std::uint64_t count)
    {
      air += value >= -1100.0 && value <= -900.0 ? static_cast<double>(count) : 0.0;
      negative += value < 0.0 ? static_cast<double>(count) : 0.0;
    });
  const double many = 0.05 * static_cast<double>(sketch.Count());
  return spatialAxes < 3   ? ForegroundRule::All
         : air > many      ? ForegroundRule::Air
         : negative > many ? ForegroundRule::Otsu
                           : ForegroundRule::LogOtsu;
}

template <typename TInputImage, typename TOutputImage>
double
ForegroundMaskImageFilter<TInputImage, TOutputImage>::Threshold(ForegroundRule rule, const QuantileSketch & sketch)
{
  constexpr double everything = -std::numeric_limits<double>::infinity();
  if (sketch.Count() == 0 || rule == ForegroundRule::All)
  {
    return everything;
  }
  if (rule == ForegroundRule::Air)
  {
    return -500.0;
  }
  double     positive = 0.0; // the bin of 0 reaches up to the smallest floats
  const bool inLog = rule == ForegroundRule::LogOtsu;
  sketch.ForEachBin([&](double value, std::uint64_t count)
                    { positive += value > std::numeric_limits<float>::min() ? static_cast<double>(count) : 0.0; });
  if (inLog && positive == 0.0)
  {
    return 0.0;
  }
  // of the positive intensities
  const double top = sketch.Quantile(1.0 - 0.005 * positive / static_cast<double>(sketch.Count()));
  if (sketch.Minimum() == sketch.Maximum())
  {
    return everything;
  }
  const double low = inLog ? std::log(top / 1000.0) : sketch.Quantile(0.001);
  const double high = inLog ? std::log(top) : sketch.Quantile(0.999);
  if (!(low < high))
  {
    return everything;
  }
  std::vector<double> counts(512);
  sketch.ForEachBin(
    [&](double value, std::uint64_t count)
    {
      const double position = inLog ? std::log(std::max(value, top / 1000.0)) : value;
      const double bin = (std::clamp(position, low, high) - low) / (high - low) * static_cast<double>(counts.size());
      counts[std::min(static_cast<std::size_t>(bin), counts.size() - 1)] += static_cast<double>(count);
    });
  const double threshold = OtsuThresholds(counts, low, high, 1).front();
  return inLog ? std::exp(threshold) : threshold;
}

template <typename TInputImage, typename TOutputImage>
void
ForegroundMaskImageFilter<TInputImage, TOutputImage>::GenerateData()
{
  this->AllocateOutputs();
  const TInputImage * input = this->GetInput();
  TOutputImage *      mask = this->GetOutput();
  const RegionType    region = mask->GetRequestedRegion();
  const std::size_t   length = region.GetSize(0);

  QuantileSketch sketch;
  ReduceRegion(this->GetMultiThreader(),
               region,
               sketch,
               [&](const RegionType & slab, QuantileSketch & part)
               {
                 ForEachRow(input,
                            slab,
                            [&](const auto &, const auto * row)
                            {
                              for (std::size_t i = 0; i < length; ++i)
                              {
                                if (std::isfinite(static_cast<double>(row[i])))
                                {
                                  part.Add(static_cast<float>(row[i]));
                                }
                              }
                            });
               });
  m_Summary = ForegroundSummary{};
  m_Summary.rule = this->ChooseRule(sketch);
  m_Summary.threshold = Threshold(m_Summary.rule, sketch);

  this->GetMultiThreader()->template ParallelizeImageRegion<TInputImage::ImageDimension>(
    region,
    [&](const RegionType & part)
    {
      const std::size_t partLength = part.GetSize(0);
      ForEachRow(mask,
                 part,
                 [&](const auto & index, auto * out)
                 {
                   const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
                   for (std::size_t i = 0; i < partLength; ++i)
                   {
                     const auto value = static_cast<double>(in[i]);
                     out[i] = std::isfinite(value) && value > m_Summary.threshold;
                   }
                 });
    },
    nullptr);

  if (m_Summary.rule != ForegroundRule::All)
  {
    const RunComponents<TOutputImage> objects(mask, true);
    std::uint64_t                     largest = 0;
    for (const auto & component : objects.Components())
    {
      largest = std::max(largest, component.pixels);
    }
    const auto kept = [&](const auto & component)
    { return static_cast<double>(component.pixels) >= m_ComponentFraction * static_cast<double>(largest); };
    m_Summary.components =
      static_cast<std::uint64_t>(std::count_if(objects.Components().begin(), objects.Components().end(), kept));
    objects.Fill(mask, 0, [&](const auto & component) { return !kept(component); });
    const RunComponents<TOutputImage> holes(mask, false);
    holes.Fill(mask, 1, [](const auto & component) { return !component.touchesBorder; });
  }
  else
  {
    m_Summary.components = 1;
  }
  ForEachRow(mask,
             region,
             [&](const auto &, const auto * row) {
               m_Summary.voxels +=
                 static_cast<std::uint64_t>(std::count_if(row, row + length, [](auto v) { return v != 0; }));
             });
}

template <typename TInputImage, typename TOutputImage>
void
ForegroundMaskImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Rule: " << static_cast<int>(m_Rule) << '\n';
  os << indent << "ComponentFraction: " << m_ComponentFraction << '\n';
}
} // namespace itk
#endif
