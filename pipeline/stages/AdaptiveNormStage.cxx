#include "Fit.h"
#include "MomentsNorm.h"
#include "PipelineFiles.h"
#include "ReferenceOption.h"
#include "Stages.h"

#include <charconv>
#include <cmath>
#include <filesystem>

namespace isolux
{
namespace
{
struct AdaptiveNormOptions
{
  std::vector<std::string> style;
  std::vector<std::string> style_mask;
  std::vector<double>      style_mean = { 0.0 };
  std::vector<double>      style_deviation = { 1.0 };
  std::string              axes = "series";
  double                   eps = MomentsNorm::Filter::DefaultEpsilon;
  long long                ddof = 0;
  std::string              outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit(
      { "style",
        Unit::None,
        "Reference file, a site of one (FILE#SITE), or image whose mean and deviation to take, or FILE=WEIGHT; given "
        "several times, their weighted mean (weights are divided by their sum).",
        -Unbounded,
        Unbounded,
        {},
        true },
      style);
    visit({ "style_mask",
            Unit::None,
            "Mask of each style that is an image, in their order; without, each one's own foreground.",
            -Unbounded,
            Unbounded,
            {},
            true },
          style_mask);
    visit({ "style_mean", Unit::None, "Instead of a style: mean of the output; one, or one for each channel." },
          style_mean);
    visit({ "style_deviation",
            Unit::None,
            "Instead of a style: deviation of the output; one, or one for each channel.",
            0.0,
            Unbounded },
          style_deviation);
    visit({ "axes",
            Unit::None,
            "Axes that the image's moments run over: series, all; volume, x, y, z of each frame.",
            -Unbounded,
            Unbounded,
            { "series", "volume" } },
          axes);
    visit({ "eps", Unit::None, "Added to the variances of image and style, in squared intensity.", 0.0, Unbounded },
          eps);
    visit({ "ddof", Unit::None, "Variances are divided by n - ddof: 0 biased, 1 unbiased.", 0.0, 1.0 }, ddof);
    VisitOutside(visit, outside);
  }
};

struct AdaptiveNormLearned : MomentsLearned
{
  double style_mean = 0.0;
  double style_deviation = 1.0;

  void
  Visit(ParameterVisitor & visit)
  {
    MomentsLearned::Visit(visit);
    visit({ "style_mean", Unit::None, "That the image was brought to, of all styles together." }, style_mean);
    visit({ "style_deviation", Unit::None, "That the image was brought to, of all styles together." }, style_deviation);
  }
};

struct Style
{
  std::filesystem::path file;
  std::string           site; ///< of a reference; empty: all of them together
  double                weight = 1.0;

  /** Without the weight. */
  std::string
  Text() const
  {
    return file.string() + (site.empty() ? "" : "#" + site);
  }
};

/** "ref.json#A=0.7". \throws UsageError */
Style
ParseStyle(const std::string & text)
{
  Style style;
  style.file = FileOf(text);
  style.site = SiteOf(text);
  const auto marked = style.file.string().size() + (style.site.empty() ? 0 : 1 + style.site.size());
  if (marked < text.size())
  {
    const char * const first = text.data() + marked + 1;
    const char * const last = text.data() + text.size();
    const auto         parsed = std::from_chars(first, last, style.weight);
    if (parsed.ec != std::errc() || parsed.ptr != last || !(style.weight >= 0.0 && std::isfinite(style.weight)))
    {
      throw UsageError("'style': the weight in '" + text + "' must be a number of 0 or more, not '" +
                       std::string(first, last) + "'; write FILE=0.7, or FILE alone for weight 1");
    }
  }
  return style;
}

std::vector<Style>
ParseStyles(const std::vector<std::string> & texts)
{
  std::vector<Style> styles;
  double             sum = 0.0;
  for (const auto & text : texts)
  {
    styles.push_back(ParseStyle(text));
    sum += styles.back().weight;
  }
  if (!styles.empty() && !(sum > 0.0 && std::isfinite(sum)))
  {
    throw UsageError("'style': the weights must have a sum above 0, not " + ToString(Value(sum)) +
                     "; give one of the styles a weight");
  }
  for (auto & style : styles)
  {
    style.weight /= sum;
  }
  return styles;
}

class AdaptiveNormStage : public MomentsStage<AdaptiveNormOptions, AdaptiveNormLearned>
{
public:
  void
  CheckOptions() const override
  {
    const AdaptiveNormOptions defaults;
    if (!m_Options.style.empty() &&
        (m_Options.style_mean != defaults.style_mean || m_Options.style_deviation != defaults.style_deviation))
    {
      throw UsageError("'style' sets 'style_mean' and 'style_deviation'; leave those out, or it");
    }
    std::size_t images = 0;
    for (const auto & style : ParseStyles(m_Options.style))
    {
      RequireFile("style", style.file, "give a reference that 'isolux fit' wrote, or an image");
      if (IsImage(style.file))
      {
        ++images;
      }
      else
      {
        CheckReference("style", style.Text());
      }
    }
    if (!m_Options.style_mask.empty() && m_Options.style_mask.size() != images)
    {
      throw UsageError("'style_mask' names " + std::to_string(m_Options.style_mask.size()) + " masks for " +
                       std::to_string(images) + " styles that are images; give one for each, or none");
    }
    for (const auto & mask : m_Options.style_mask)
    {
      RequireFile("style_mask", mask, "check the name");
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    this->TakeStyle();
    return MomentsStage::Connect(input, streamDivisions);
  }

  std::vector<std::string>
  Warnings() const override
  {
    auto                      warnings = MomentsStage::Warnings();
    const AdaptiveNormOptions defaults;
    if (m_Options.style.empty() && m_Options.style_mean == defaults.style_mean &&
        m_Options.style_deviation == defaults.style_deviation)
    {
      warnings.emplace_back("no style: the output has mean 0 and deviation 1, which is instance-norm; name one with "
                            "--style, or give --style-mean and --style-deviation");
    }
    warnings.insert(warnings.end(), m_StyleWarnings.begin(), m_StyleWarnings.end());
    return warnings;
  }

private:
  /** Fills the learned style. */
  void
  TakeStyle()
  {
    if (m_Options.style.empty())
    {
      m_Learned.style_mean = this->OfChannel(m_Options.style_mean, "style_mean");
      m_Learned.style_deviation = this->OfChannel(m_Options.style_deviation, "style_deviation");
      return;
    }
    m_Learned.style_mean = 0.0;
    m_Learned.style_deviation = 0.0;
    auto mask = m_Options.style_mask.begin();
    for (const auto & style : ParseStyles(m_Options.style))
    {
      const bool               hasMask = IsImage(style.file) && mask != m_Options.style_mask.end();
      std::vector<std::string> warnings;
      const auto reference = LoadReference(style.Text(), hasMask ? std::filesystem::path(*mask++) : "", warnings);
      for (const auto & warning : warnings)
      {
        m_StyleWarnings.push_back("style " + style.file.filename().string() + ": " + warning);
      }
      const auto & channel = reference.Of(this->Channel(), this->Channels(), style.file.string());
      double       variance = channel.TypicalDeviation() * channel.TypicalDeviation();
      const double voxels = static_cast<double>(channel.pooled.Count()) / static_cast<double>(channel.cases);
      if (m_Options.ddof == 1 && voxels > 1.0)
      {
        variance *= voxels / (voxels - 1.0);
      }
      if (m_Options.eps > 0.01 * variance)
      {
        m_StyleWarnings.push_back("style " + style.file.filename().string() + ": eps " +
                                  ToString(Value(m_Options.eps)) + " is not small beside its variance " +
                                  ToString(Value(variance)) +
                                  ": the output's deviation is above the style's; lower --eps");
      }
      m_Learned.style_mean += style.weight * channel.TypicalMean();
      m_Learned.style_deviation += style.weight * std::sqrt(variance + m_Options.eps);
    }
  }

  MomentsNorm::Settings
  GetSettings() const override
  {
    MomentsNorm::Settings settings;
    settings.stage = "adaptive-norm";
    settings.kept[3] = m_Options.axes == "volume";
    settings.eps = m_Options.eps;
    settings.ddof = static_cast<unsigned int>(m_Options.ddof);
    settings.gamma = m_Learned.style_deviation;
    settings.beta = m_Learned.style_mean;
    settings.outside = m_Options.outside;
    return settings;
  }

  std::vector<std::string> m_StyleWarnings;
};
} // namespace

StageDescription
DescribeAdaptiveNormStage()
{
  StageDescription stage;
  stage.name = "adaptive-norm";
  stage.family = "normalization";
  stage.summary =
    "Gives the image the mean and deviation of a style: a reference, another image, or a mixture (AdaIN).";
  stage.formula = "y = gamma (x - mean) / sqrt(variance + eps) + beta, gamma and beta the style's deviation and mean";
  stage.reference = "X. Huang, S. Belongie, ICCV 2017, arXiv 1703.06868";
  stage.access = Access::TwoPass;
  stage.prefersMask = true;
  stage.usesWeights = true;
  stage.inverse = "as of instance-norm, without the style's file; not with a style of deviation 0";
  stage.make = [] { return std::make_unique<AdaptiveNormStage>(); };
  return stage;
}
} // namespace isolux
