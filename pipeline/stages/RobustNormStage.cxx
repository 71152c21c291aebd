#include "RobustLinear.h"
#include "Stages.h"

#include "itkRobustScaleSink.h"

#include <sstream>

namespace isolux
{
namespace
{
using Sink = itk::RobustScaleSink<WorkImage, MaskImage>;

const std::vector<std::string> &
MethodNames() // in the order of itk::RobustMethod
{
  static const std::vector<std::string> names = { "median-mad", "median-iqr", "trimmed", "window" };
  return names;
}

struct RobustNormOptions : RobustLinearOptions
{
  std::string method = MethodNames().front();
  double      lower = Sink::DefaultLowerProbability;
  double      upper = Sink::DefaultUpperProbability;
  bool        clip = false;

  void
  Visit(ParameterVisitor & visit)
  {
    visit(
      { "method",
        Unit::None,
        "Centre and scale: median and median absolute deviation times 1.4826; median and interquartile range over "
        "1.349; mean and deviation between the quantiles of lower and upper; or those quantiles, mapped to 0 and 1.",
        -Unbounded,
        Unbounded,
        MethodNames() },
      method);
    visit({ "lower", Unit::None, "Fraction of the voxels below the lower quantile.", 0.0, 0.25 }, lower);
    visit({ "upper", Unit::None, "Fraction of the voxels below the upper quantile.", 0.75, 1.0 }, upper);
    visit({ "clip", Unit::None, "Hold intensities within the lower and the upper quantile." }, clip);
    RobustLinearOptions::Visit(visit);
  }
};

struct RobustNormLearned : RobustLinearLearned
{
  double    lower_quantile = 0.0;
  double    upper_quantile = 0.0;
  long long below = 0;
  long long above = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    RobustLinearLearned::Visit(visit);
    visit({ "lower_quantile", Unit::Intensity, "Of the voxels inside the mask." }, lower_quantile);
    visit({ "upper_quantile", Unit::Intensity, "Of the voxels inside the mask." }, upper_quantile);
    visit({ "below", Unit::Voxel, "Inside the mask, below the lower quantile." }, below);
    visit({ "above", Unit::Voxel, "Inside the mask, above the upper quantile." }, above);
  }
};

class RobustNormStage : public RobustLinearStage<RobustNormOptions, RobustNormLearned>
{
public:
  void
  CheckOptions() const override
  {
    const bool usesQuantiles = m_Options.clip || m_Options.method == "trimmed" || m_Options.method == "window";
    for (const char * name : { "lower", "upper" })
    {
      const RobustNormOptions defaults;
      const bool given = name[0] == 'l' ? m_Options.lower != defaults.lower : m_Options.upper != defaults.upper;
      if (given && !usesQuantiles)
      {
        throw UsageError("'" + std::string(name) + "' belongs to method trimmed or window, or to clip, not to '" +
                         m_Options.method + "' alone");
      }
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    m_Sink->SetMethod(this->Method());
    m_Sink->SetLowerProbability(m_Options.lower);
    m_Sink->SetUpperProbability(m_Options.upper);

    auto filter = this->MakeFilter(input.image);
    filter->SetCentreAndScaleInput(m_Sink->GetCentreAndScaleOutput());
    filter->SetMaskImage(input.mask);
    filter->SetOutside(OutsideFrom(m_Options.outside));
    filter->SetClip(m_Options.clip);
    return { filter->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    const auto & learned = m_Learned;
    learned.RequireInvertible("robust-norm", m_Options.outside, this->OfChannel(m_Options.gamma, "gamma"));
    if (m_Options.clip && (learned.minimum < learned.lower_quantile || learned.maximum > learned.upper_quantile))
    {
      std::ostringstream text;
      text << "robust-norm with clip cannot be undone: the image reached from " << learned.minimum << " to "
           << learned.maximum << ", and was held within " << learned.lower_quantile << " and " << learned.upper_quantile
           << "; normalize without clip";
      throw Error(text.str());
    }
    auto filter = this->MakeFilter(output);
    filter->SetCentreAndScale({ learned.centre, learned.scale, learned.lower_quantile, learned.upper_quantile });
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
    const auto &       measured = m_Sink->GetQuantiles();
    const auto &       learned = m_Sink->GetCentreAndScale();
    std::ostringstream text;
    if (measured.voxels == 0)
    {
      text << "no finite voxel inside the mask: every voxel becomes beta";
    }
    else if (learned.scale == 0.0)
    {
      const char * const part = m_Options.method == "median-mad"   ? "more than half"
                                : m_Options.method == "median-iqr" ? "the middle half"
                                                                   : "all between the lower and the upper quantile";
      text << part << " of the " << measured.voxels << " voxels inside the mask have the intensity " << learned.centre
           << ": every voxel becomes beta";
    }
    else if (m_Options.clip && measured.below + measured.above > 0)
    {
      text << measured.below << " voxels inside the mask below " << learned.lower << " and " << measured.above
           << " above " << learned.upper << " are clipped, and any such outside it";
    }
    if (!text.str().empty())
    {
      warnings.push_back(text.str());
    }
    WarnOfSkipped(warnings, measured.nan + measured.infinite);
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Sink)
    {
      const auto & measured = m_Sink->GetQuantiles();
      const auto & learned = m_Sink->GetCentreAndScale();
      m_Learned.centre = learned.centre;
      m_Learned.scale = learned.scale;
      m_Learned.minimum = measured.minimum;
      m_Learned.maximum = measured.maximum;
      m_Learned.voxels = static_cast<long long>(measured.voxels);
      m_Learned.non_finite = static_cast<long long>(measured.nan + measured.infinite);
      m_Learned.lower_quantile = learned.lower;
      m_Learned.upper_quantile = learned.upper;
      m_Learned.below = static_cast<long long>(measured.below);
      m_Learned.above = static_cast<long long>(measured.above);
    }
  }

private:
  itk::RobustMethod
  Method() const
  {
    const auto & names = MethodNames();
    return static_cast<itk::RobustMethod>(std::find(names.begin(), names.end(), m_Options.method) - names.begin());
  }

  Sink::Pointer m_Sink;
};
} // namespace

StageDescription
DescribeRobustNormStage()
{
  StageDescription stage;
  stage.name = "robust-norm";
  stage.family = "normalization";
  stage.summary = "Normalizes by exact quantiles, which a few outliers do not move: median and MAD, or a window.";
  stage.formula = "y = gamma (x - centre) / scale + beta";
  stage.reference =
    "P. Rousseeuw, C. Croux, JASA 88:1273, 1993; window of F. Isensee et al., Nature Methods 18:203, 2021";
  stage.access = Access::TwoPass;
  stage.learningPasses = 4; // of median-mad; 2 of the other methods
  stage.inverse =
    "exact, within float32; not with outside keep or zero, gamma 0, a scale of 0, or where clip held a voxel";
  stage.make = [] { return std::make_unique<RobustNormStage>(); };
  return stage;
}
} // namespace isolux
