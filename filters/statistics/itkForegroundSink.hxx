#ifndef itkForegroundSink_hxx
#define itkForegroundSink_hxx

#include "itkOtsuThresholds.h"
#include "itkPortableExp.h"
#include "itkPortableLog.h"
#include "itkRunComponents.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace itk
{
template <typename TInputImage>
void
ForegroundSink<TInputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_ComponentFraction >= 0.0 && m_ComponentFraction <= 1.0))
  {
    itkExceptionMacro("ComponentFraction must be in [0, 1], got " << m_ComponentFraction << '.');
  }
  if (this->GetMaskImage() != nullptr)
  {
    itkExceptionMacro("A MaskImage is not heeded: it is what this learner makes.");
  }
}

template <typename TInputImage>
ForegroundRule
ForegroundSink<TInputImage>::ChooseRule(const QuantileSketch & sketch) const
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

template <typename TInputImage>
double
ForegroundSink<TInputImage>::Threshold(ForegroundRule rule, const QuantileSketch & sketch)
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
  const double low = inLog ? PortableLog(top / 1000.0) : sketch.Quantile(0.001);
  const double high = inLog ? PortableLog(top) : sketch.Quantile(0.999);
  if (!(low < high))
  {
    return everything;
  }
  std::vector<double> counts(512);
  sketch.ForEachBin(
    [&](double value, std::uint64_t count)
    {
      const double position = inLog ? PortableLog(std::max(value, top / 1000.0)) : value;
      const double bin = (std::clamp(position, low, high) - low) / (high - low) * static_cast<double>(counts.size());
      counts[std::min(static_cast<std::size_t>(bin), counts.size() - 1)] += static_cast<double>(count);
    });
  const double threshold = OtsuThresholds(counts, low, high, 1).front();
  return inLog ? PortableExp(threshold) : threshold;
}

template <typename TInputImage>
void
ForegroundSink<TInputImage>::BeforeStreamedGenerateData()
{
  Superclass::BeforeStreamedGenerateData();
  m_Summary = ForegroundSummary{};
  m_Sketch = QuantileSketch{};
  m_Above = RunMaskType(this->GetInput()->GetLargestPossibleRegion());
}

template <typename TInputImage>
void
ForegroundSink<TInputImage>::StreamedGenerateData(unsigned int division)
{
  const unsigned int divisions = this->GetNumberOfDivisions();
  if (division == divisions)
  {
    m_Summary.rule = this->ChooseRule(m_Sketch);
    m_Summary.threshold = Threshold(m_Summary.rule, m_Sketch);
    m_Sketch = QuantileSketch{};
  }
  division < divisions ? this->AddToSketch() : this->AppendRuns();
}

template <typename TInputImage>
void
ForegroundSink<TInputImage>::AddToSketch()
{
  ReduceRegion(this->GetMultiThreader(),
               this->m_Region,
               m_Sketch,
               [this](const RegionType & slab, QuantileSketch & part)
               {
                 const std::size_t length = slab.GetSize(0);
                 ForEachRow(this->GetInput(),
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
}

template <typename TInputImage>
void
ForegroundSink<TInputImage>::AppendRuns()
{
  // Slabs of the slowest axis follow each other in the order of rows.
  const auto               slowest = SlowestAxis(this->m_Region);
  const SizeValueType      extent = this->m_Region.GetSize(slowest);
  const SizeValueType      slabs = slowest == 0 ? 1 : std::min<SizeValueType>(extent, this->GetNumberOfWorkUnits());
  std::vector<RunMaskType> parts(slabs, RunMaskType(m_Above.GetRegion()));
  this->GetMultiThreader()->ParallelizeArray(
    0,
    slabs,
    [&](SizeValueType slab)
    {
      auto region = this->m_Region;
      if (slabs > 1)
      {
        const auto begin = extent * slab / slabs;
        region.SetIndex(slowest, region.GetIndex(slowest) + static_cast<IndexValueType>(begin));
        region.SetSize(slowest, extent * (slab + 1) / slabs - begin);
      }
      ForEachRow(this->GetInput(),
                 region,
                 [&](const auto &, const auto * row)
                 {
                   parts[slab].AppendRow(
                     [&](std::size_t i)
                     {
                       const auto value = static_cast<double>(row[i]);
                       return std::isfinite(value) && value > m_Summary.threshold;
                     });
                 });
    },
    nullptr);
  for (const auto & part : parts)
  {
    m_Above.Append(part);
  }
}

template <typename TInputImage>
void
ForegroundSink<TInputImage>::AfterStreamedGenerateData()
{
  Superclass::AfterStreamedGenerateData();
  RunMaskType mask = std::move(m_Above);
  m_Above = RunMaskType{};
  m_Summary.components = 1;
  if (m_Summary.rule != ForegroundRule::All)
  {
    using Components = RunComponents<TInputImage::ImageDimension>;
    {
      const Components objects(mask);
      std::uint64_t    largest = 0;
      for (const auto & component : objects.Components())
      {
        largest = std::max(largest, component.pixels);
      }
      const auto isKept = [&](const auto & component)
      { return static_cast<double>(component.pixels) >= m_ComponentFraction * static_cast<double>(largest); };
      m_Summary.components =
        static_cast<std::uint64_t>(std::count_if(objects.Components().begin(), objects.Components().end(), isKept));
      mask.Keep([&](std::size_t run) { return isKept(objects.Of(run)); });
    }
    auto background = mask.Complement();
    {
      const Components holes(background);
      background.Keep([&](std::size_t run) { return holes.Of(run).touchesBorder; });
    }
    mask = background.Complement();
  }
  m_Summary.voxels = mask.NumberOfPixels();
  this->SetRuns(std::make_shared<const RunMaskType>(std::move(mask)));
}

template <typename TInputImage>
void
ForegroundSink<TInputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Rule: " << static_cast<int>(m_Rule) << '\n';
  os << indent << "ComponentFraction: " << m_ComponentFraction << '\n';
}
} // namespace itk
#endif
