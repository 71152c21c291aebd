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
  std::string         compatible_with = "none";
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
            "Whose eps, eps_mode, ddof and outside to take; none: those given here.",
            -Unbounded,
            Unbounded,
            { "none", "torch", "monai", "torchio", "nnunet", "intensity-normalization", "itk" } },
          compatible_with);
    visit({ "eps",
            Unit::None,
            "In squared intensity where it is inside the root, in intensity as a maximum; 0 with eps_mode none.",
            0.0,
            Unbounded },
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
  }

  void
  CompleteOptions(const Values & given) override
  {
    struct Package
    {
      double      eps;
      std::string eps_mode;
      long long   ddof;
      std::string outside;
    };
    static const std::map<std::string, Package> packages = {
      { "torch", { 1e-5, "inside", 0, "transform" } }, { "monai", { 0.0, "none", 0, "keep" } },
      { "torchio", { 0.0, "none", 1, "transform" } },  { "nnunet", { 1e-8, "max", 0, "keep" } },
      { "itk", { 0.0, "none", 1, "transform" } },      { "intensity-normalization", { 0.0, "none", 0, "transform" } },
    };
    const auto package = packages.find(m_Options.compatible_with);
    const auto complete = [&](const std::string & name, auto & option, const auto & value, const std::string & because)
    {
      const bool isGiven =
        std::any_of(given.begin(), given.end(), [&name](const auto & named) { return named.first == name; });
      if (isGiven && option != value)
      {
        throw UsageError("'" + name + "' is " + ToString(Value(option)) + ", but " + because + " means " +
                         ToString(Value(value)) + "; leave one of them out");
      }
      option = value;
    };
    if (package != packages.end())
    {
      const std::string because = "compatible_with '" + package->first + "'";
      complete("eps", m_Options.eps, package->second.eps, because);
      complete("eps_mode", m_Options.eps_mode, package->second.eps_mode, because);
      complete("ddof", m_Options.ddof, package->second.ddof, because);
      complete("outside", m_Options.outside, package->second.outside, because);
    }
    if (m_Options.eps_mode == "none")
    {
      complete("eps", m_Options.eps, 0.0, "eps_mode 'none'");
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
  stage.summary =
    "Subtracts the mean of the image, inside its mask where it has one, and divides by its standard deviation.";
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
