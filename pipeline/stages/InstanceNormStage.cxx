#include "MomentsNorm.h"
#include "Stages.h"

#include <map>

namespace isolux
{
namespace
{
struct InstanceNormOptions
{
  std::string         axes = "series";
  long long           frame = 0;
  std::string         compatible_with = "torch";
  double              eps = MomentsNorm::Filter::DefaultEpsilon;
  std::string         eps_mode = "inside";
  long long           ddof = 0;
  std::vector<double> gamma = { 1.0 };
  std::vector<double> beta = { 0.0 };
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "axes",
            Unit::None,
            "Axes that statistics run over: series (all), volume or frame (x, y, z), slice (x, y), voxel-time (t), "
            "reference-frame (x, y, z of one frame, for all), or letters of xyztc, c being the channels." },
          axes);
    visit({ "frame", Unit::None, "Frame that axes reference-frame takes, from 0.", 0.0, Unbounded }, frame);
    visit({ "compatible_with",
            Unit::None,
            "Whose ddof, eps, eps_mode and outside to take.",
            -Unbounded,
            Unbounded,
            { "torch", "monai", "torchio", "nnunet", "intensity-normalization", "itk" } },
          compatible_with);
    visit({ "eps", Unit::None, "In squared intensity where it is inside the root, else in intensity.", 0.0, Unbounded },
          eps);
    visit({ "eps_mode",
            Unit::None,
            "The divisor: inside, sqrt(variance + eps); max, max(deviation, eps); none, the deviation.",
            -Unbounded,
            Unbounded,
            { "inside", "max", "none" } },
          eps_mode);
    visit({ "ddof", Unit::None, "Variance is divided by n - ddof: 0 biased, 1 unbiased.", 0.0, 1.0 }, ddof);
    visit({ "gamma", Unit::None, "Standard deviation of the output inside the mask; one, or one for each channel." },
          gamma);
    visit({ "beta", Unit::None, "Mean of the output inside the mask; one, or one for each channel." }, beta);
    VisitOutside(visit, outside);
  }
};

/** Letters of xyztc for a preset; the text itself where it is none. */
std::string
AxesOf(const std::string & text)
{
  static const std::map<std::string, std::string> presets = { { "series", "xyzt" },  { "volume", "xyz" },
                                                              { "frame", "xyz" },    { "slice", "xy" },
                                                              { "voxel-time", "t" }, { "reference-frame", "xyzt" } };
  const auto                                      preset = presets.find(text);
  return preset == presets.end() ? text : preset->second;
}

class InstanceNormStage : public MomentsStage<InstanceNormOptions>
{
public:
  void
  CheckOptions() const override
  {
    const auto & options = m_Options;
    const auto   axes = AxesOf(options.axes);
    auto         letters = axes;
    std::sort(letters.begin(), letters.end());
    if (letters.empty() || letters.find_first_not_of("xyztc") != std::string::npos ||
        std::unique(letters.begin(), letters.end()) != letters.end() || letters == "c")
    {
      throw UsageError("'axes' must be series, volume, frame, slice, voxel-time, reference-frame, or letters of "
                       "xyztc, each once and not c alone; not '" +
                       options.axes + "'");
    }
    const InstanceNormOptions defaults;
    if (options.frame != defaults.frame && options.axes != "reference-frame")
    {
      throw UsageError("'frame' belongs to axes reference-frame, not to '" + options.axes + "'");
    }
    if (options.compatible_with != defaults.compatible_with &&
        (options.eps != defaults.eps || options.eps_mode != defaults.eps_mode || options.ddof != defaults.ddof ||
         options.outside != defaults.outside))
    {
      throw UsageError("compatible_with '" + options.compatible_with +
                       "' sets eps, eps_mode, ddof and outside; leave those out, or it");
    }
    if (options.eps_mode == "none" && options.eps != defaults.eps)
    {
      throw UsageError("eps_mode none takes no 'eps'; leave it out");
    }
  }

protected:
  MomentsNorm::Settings
  GetSettings() const override
  {
    const auto            letters = AxesOf(m_Options.axes);
    MomentsNorm::Settings settings;
    settings.stage = "instance-norm";
    for (unsigned int axis = 0; axis < WorkImage::ImageDimension; ++axis)
    {
      settings.kept[axis] = letters.find("xyzt"[axis]) == std::string::npos;
    }
    settings.oneFrame = m_Options.axes == "reference-frame";
    settings.frame = m_Options.frame;
    settings.eps = m_Options.eps;
    settings.epsMode = m_Options.eps_mode == "inside" ? itk::EpsilonMode::Inside
                       : m_Options.eps_mode == "max"  ? itk::EpsilonMode::Maximum
                                                      : itk::EpsilonMode::None;
    settings.ddof = static_cast<unsigned int>(m_Options.ddof);
    settings.gamma = this->OfChannel(m_Options.gamma, "gamma");
    settings.beta = this->OfChannel(m_Options.beta, "beta");
    settings.outside = m_Options.outside;

    const auto & peer = m_Options.compatible_with;
    if (peer == "torchio" || peer == "itk")
    {
      settings.ddof = 1;
      settings.epsMode = itk::EpsilonMode::None;
    }
    else if (peer == "monai")
    {
      settings.epsMode = itk::EpsilonMode::None;
      settings.outside = "keep";
    }
    else if (peer == "nnunet")
    {
      settings.epsMode = itk::EpsilonMode::Maximum;
      settings.eps = 1e-8;
      settings.outside = "keep";
    }
    else if (peer == "intensity-normalization")
    {
      settings.epsMode = itk::EpsilonMode::None;
    }
    return settings;
  }

  std::vector<Flow>
  Pooled(const Flow & input) const override
  {
    return AxesOf(m_Options.axes).find('c') != std::string::npos ? AllChannels(input) : std::vector<Flow>{ input };
  }
};
} // namespace

StageDescription
DescribeInstanceNormStage()
{
  StageDescription stage;
  stage.name = "instance-norm";
  stage.family = "normalization";
  stage.summary = "Subtracts the mean of the image's own foreground and divides by its standard deviation.";
  stage.formula = "y = gamma (x - mean) / sqrt(variance + eps) + beta, for each instance";
  stage.reference = "D. Ulyanov, A. Vedaldi, V. Lempitsky, arXiv 1607.08022, 2016";
  stage.access = Access::TwoPass;
  stage.usesWeights = true;
  stage.usesChannels = true;
  stage.inverse =
    "exact, within float32; not with outside keep or zero, gamma 0, or an instance constant or empty in the mask";
  stage.make = [] { return std::make_unique<InstanceNormStage>(); };
  return stage;
}
} // namespace isolux
