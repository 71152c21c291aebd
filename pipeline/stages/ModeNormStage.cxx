#include "RobustLinear.h"
#include "Stages.h"

#include "itkHistogramModeSink.h"

#include <sstream>

namespace isolux
{
namespace
{
using Sink = itk::HistogramModeSink<WorkImage, MaskImage>;

const std::vector<std::string> &
ModeNames() // in the order of itk::HistogramMode
{
  static const std::vector<std::string> names = { "first", "largest", "last" };
  return names;
}

struct ModeNormOptions : RobustLinearOptions
{
  std::string mode = ModeNames().at(static_cast<std::size_t>(Sink::DefaultMode));
  double      width = Sink::DefaultWidth;
  double      smoothing = Sink::DefaultSmoothing;
  double      large = Sink::DefaultLargeFraction;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "mode",
            Unit::None,
            "Which large mode of the histogram: first, the darkest; largest, that of most voxels; last, the brightest "
            "(T1-weighted MR: white matter).",
            -Unbounded,
            Unbounded,
            ModeNames() },
          mode);
    visit({ "width", Unit::None, "Of the stripe to either side of the mode, as a fraction of the voxels.", 0.001, 0.5 },
          width);
    visit({ "smoothing",
            Unit::None,
            "Standard deviation of the Gaussian that smooths the histogram, as a fraction of its range.",
            0.0,
            0.25 },
          smoothing);
    visit({ "large", Unit::None, "Height from which a mode is large, as a fraction of the highest one.", 0.0, 1.0 },
          large);
    RobustLinearOptions::Visit(visit);
  }
};

struct ModeNormLearned : RobustLinearLearned
{
  double              mode_quantile = 0.0;
  double              stripe_lower = 0.0;
  double              stripe_upper = 0.0;
  long long           stripe_voxels = 0;
  std::vector<double> modes;

  void
  Visit(ParameterVisitor & visit)
  {
    RobustLinearLearned::Visit(visit);
    visit({ "mode_quantile", Unit::None, "Fraction of the voxels inside the mask below the mode." }, mode_quantile);
    visit({ "stripe_lower", Unit::Intensity, "Where the stripe begins." }, stripe_lower);
    visit({ "stripe_upper", Unit::Intensity, "Where the stripe ends." }, stripe_upper);
    visit({ "stripe_voxels", Unit::Voxel, "That the scale rests on." }, stripe_voxels);
    visit({ "modes", Unit::Intensity, "All large modes, rising." }, modes);
  }
};

class ModeNormStage : public RobustLinearStage<ModeNormOptions, ModeNormLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    const auto & names = ModeNames();
    m_Sink->SetMode(
      static_cast<itk::HistogramMode>(std::find(names.begin(), names.end(), m_Options.mode) - names.begin()));
    m_Sink->SetWidth(m_Options.width);
    m_Sink->SetSmoothing(m_Options.smoothing);
    m_Sink->SetLargeFraction(m_Options.large);

    auto filter = this->MakeFilter(input.image);
    filter->SetCentreAndScaleInput(m_Sink->GetCentreAndScaleOutput());
    filter->SetMaskImage(input.mask);
    filter->SetOutside(OutsideFrom(m_Options.outside));
    return { filter->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    m_Learned.RequireInvertible("mode-norm", m_Options.outside, this->OfChannel(m_Options.gamma, "gamma"));
    auto filter = this->MakeFilter(output);
    filter->SetCentreAndScale({ m_Learned.centre, m_Learned.scale });
    filter->InverseOn();
    return filter->GetOutput();
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (!m_Sink)
    {
      return warnings;
    }
    const auto & summary = m_Sink->GetSummary();
    if (summary.voxels == 0)
    {
      warnings.emplace_back("no finite voxel inside the mask: every voxel becomes beta");
    }
    else if (m_Sink->GetCentreAndScale().scale == 0.0)
    {
      std::ostringstream text;
      text << "all " << summary.stripeVoxels << " voxels of the stripe have the intensity "
           << m_Sink->GetCentreAndScale().centre << ": every voxel becomes beta; a wider --width may tell them apart";
      warnings.push_back(text.str());
    }
    WarnOfSkipped(warnings, summary.nan + summary.infinite);
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (!m_Sink)
    {
      return;
    }
    const auto & summary = m_Sink->GetSummary();
    m_Learned.centre = m_Sink->GetCentreAndScale().centre;
    m_Learned.scale = m_Sink->GetCentreAndScale().scale;
    m_Learned.minimum = summary.minimum;
    m_Learned.maximum = summary.maximum;
    m_Learned.voxels = static_cast<long long>(summary.voxels);
    m_Learned.non_finite = static_cast<long long>(summary.nan + summary.infinite);
    m_Learned.mode_quantile = summary.modeProbability;
    m_Learned.stripe_lower = summary.stripeLower;
    m_Learned.stripe_upper = summary.stripeUpper;
    m_Learned.stripe_voxels = static_cast<long long>(summary.stripeVoxels);
    m_Learned.modes = summary.modes;
  }

private:
  Sink::Pointer m_Sink;
};
} // namespace

StageDescription
DescribeModeNormStage()
{
  StageDescription stage;
  stage.name = "mode-norm";
  stage.family = "normalization";
  stage.summary = "Normalizes by a mode of the histogram, such as white matter's, and the deviation around it.";
  stage.formula = "y = gamma (x - mode) / deviation of the stripe + beta";
  stage.reference = "R. Shinohara et al., NeuroImage: Clinical 6:9, 2014";
  stage.access = Access::TwoPass;
  stage.prefersMask = true;
  stage.learningPasses = 4;
  stage.inverse =
    "exact, within float32 rounding; not with outside 'keep' or 'zero', gamma 0, or a stripe of one intensity";
  stage.make = [] { return std::make_unique<ModeNormStage>(); };
  return stage;
}
} // namespace isolux
