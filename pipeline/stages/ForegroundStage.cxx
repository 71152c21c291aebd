#include "Stages.h"

#include "itkForegroundSink.h"
#include "itkRunMaskImageSource.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace isolux
{
namespace
{
using Sink = itk::ForegroundSink<WorkImage>;

const std::vector<std::string> &
RuleNames() // in the order of itk::ForegroundRule
{
  static const std::vector<std::string> names = { "auto", "log-otsu", "otsu", "air", "all" };
  return names;
}

struct ForegroundOptions
{
  std::string rule = RuleNames().front();
  double      component_fraction = Sink::DefaultComponentFraction;

  void
  Visit(ParameterVisitor & visit)
  {
    constexpr double none = std::numeric_limits<double>::infinity();
    visit({ "rule",
            Unit::None,
            "How foreground is found: by Otsu's threshold of the log intensity (MR) or of the intensity (negative "
            "values), above -500 HU (CT), everything (2-D), or whichever fits; a given mask comes before any rule.",
            -none,
            none,
            RuleNames() },
          rule);
    visit({ "component_fraction",
            Unit::None,
            "Smallest connected component that is kept, as a fraction of the largest one.",
            0.0,
            1.0 },
          component_fraction);
  }
};

struct ForegroundLearned
{
  std::string rule; ///< that was used; "given" for the user's mask
  double      threshold = std::numeric_limits<double>::quiet_NaN();
  long long   components = 0;
  long long   voxels = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "rule", Unit::None, "Rule that was used; 'given' for the user's mask." }, rule);
    visit({ "threshold", Unit::Intensity, "Foreground is above; none for a rule without a threshold." }, threshold);
    visit({ "components", Unit::None, "Connected components kept; 0 for a given mask." }, components);
    visit({ "voxels", Unit::Voxel, "Voxels inside the mask." }, voxels);
  }
};

class ForegroundStage : public StageOf<ForegroundOptions, ForegroundLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    if (input.mask)
    {
      m_Given = input.mask;
      return input;
    }
    const auto frame = this->MeanFrame(input.image);
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(frame);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    const auto & names = RuleNames();
    m_Sink->SetRule(
      static_cast<itk::ForegroundRule>(std::find(names.begin(), names.end(), m_Options.rule) - names.begin()));
    m_Sink->SetComponentFraction(m_Options.component_fraction);
    m_Mask = this->Make<itk::RunMaskImageSource<MaskImage>>();
    m_Mask->SetRunsInput(m_Sink->GetRunsOutput());
    m_Mask->SetGrid(frame);
    return { input.image, m_Mask->GetOutput() };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    return output;
  }

  std::vector<std::string>
  Warnings() const override
  {
    if (m_Sink ? m_Sink->GetSummary().voxels == 0 : m_Given && CountOf(m_Given) == 0)
    {
      return { "the mask is empty: every later stage has nothing to learn from" };
    }
    return {};
  }

protected:
  void
  Collect() override
  {
    if (m_Given)
    {
      m_Learned = { "given", std::numeric_limits<double>::quiet_NaN(), 0, CountOf(m_Given) };
    }
    else if (m_Sink)
    {
      const auto & summary = m_Sink->GetSummary();
      m_Learned = { RuleNames()[static_cast<std::size_t>(summary.rule)],
                    std::isfinite(summary.threshold) ? summary.threshold : std::numeric_limits<double>::quiet_NaN(),
                    static_cast<long long>(summary.components),
                    static_cast<long long>(summary.voxels) };
    }
  }

private:
  static long long
  CountOf(const MaskImage * mask)
  {
    const auto * begin = mask->GetBufferPointer();
    return static_cast<long long>(mask->GetBufferedRegion().GetNumberOfPixels()) -
           std::count(begin, begin + mask->GetBufferedRegion().GetNumberOfPixels(), 0);
  }

  Sink::Pointer                               m_Sink;
  itk::RunMaskImageSource<MaskImage>::Pointer m_Mask;
  MaskImage::Pointer                          m_Given;
};
} // namespace

StageDescription
DescribeForegroundStage()
{
  StageDescription stage;
  stage.name = "foreground";
  stage.family = "statistics";
  stage.summary = "Finds the object: a mask of the voxels above a threshold, largest components, holes closed.";
  stage.formula = "mask = fill(largest(x > threshold)); the image passes through";
  stage.reference = "N. Otsu, IEEE TSMC 9:62, 1979. DOI 10.1109/TSMC.1979.4310076";
  stage.access = Access::TwoPass;
  stage.learningPasses = 2;
  stage.makesMask = true;
  stage.inverse = "exact: the image is unchanged";
  stage.make = [] { return std::make_unique<ForegroundStage>(); };
  return stage;
}
} // namespace isolux
