#pragma once

#include "FieldStage.h"

#include "itkLogReflectanceImageFilter.h"
#include "itkMultiScaleRetinexSink.h"

#include "itkNaryFunctorImageFilter.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

// What single-scale-retinex and multi-scale-retinex share: all but the options for the scales.
namespace isolux
{
using SurroundSink = itk::MultiScaleRetinexSink<WorkImage, MaskImage>;
using LogReflectance = itk::LogReflectanceImageFilter<WorkImage>;

struct SurroundOptions
{
  static const std::vector<std::string> &
  Colours()
  {
    static const std::vector<std::string> names = { "channel", "luminance", "restoration" };
    return names;
  }

  std::string colour = Colours().front();
  bool        logarithm = false;
  double      floor = SurroundSink::DefaultFloor;
  double      gain = 1.0;
  double      offset = 0.0;
  double      alpha = LogReflectance::DefaultAlpha;
  double      beta = 1.0;

  void
  Visit(ParameterVisitor & visit)
  {
    constexpr double none = std::numeric_limits<double>::infinity();
    visit({ "colour",
            Unit::None,
            "Surround of each channel, or of their mean, which keeps the hue; or of each channel, with colour "
            "restoration (MSRCR), a factor of the logarithm.",
            -none,
            none,
            Colours() },
          colour);
    visit(
      { "logarithm",
        Unit::None,
        "The classical output: natural logarithm of the image over its surround; else times the surround's mean, in "
        "the image's unit. On with colour restoration." },
      logarithm);
    visit({ "floor",
            Unit::None,
            "Smallest surround, as a fraction of the image's mean in the mask; in the logarithm also smallest "
            "fraction of the surround.",
            1e-6,
            0.9 },
          floor);
    visit({ "gain", Unit::None, "Of the logarithm: output for one unit of it." }, gain);
    visit({ "offset", Unit::None, "Of the logarithm: output where a voxel is as bright as its surround." }, offset);
    visit({ "alpha", Unit::None, "Of colour restoration: factor of a channel's share of all.", 1.0, 1e6 }, alpha);
    visit({ "beta", Unit::None, "Of colour restoration: its strength.", 0.0, 1e6 }, beta);
  }

  bool
  RestoresColour() const
  {
    return colour == "restoration";
  }

  void
  Complete(const Values & given)
  {
    const bool isGiven =
      std::any_of(given.begin(), given.end(), [](const auto & value) { return value.first == "logarithm"; });
    logarithm = logarithm || (this->RestoresColour() && !isGiven);
  }

  void
  Check() const
  {
    if (this->RestoresColour() && !logarithm)
    {
      throw UsageError("'colour' restoration is a factor of the 'logarithm'; turn that on, or leave it out");
    }
    const auto refuse = [](const char * option, bool isChanged, const char * needed)
    {
      if (isChanged)
      {
        throw UsageError(std::string("'") + option + "' goes with " + needed + "; give that too, or leave it out");
      }
    };
    const SurroundOptions defaults;
    refuse("gain", !logarithm && gain != defaults.gain, "'logarithm'");
    refuse("offset", !logarithm && offset != defaults.offset, "'logarithm'");
    refuse("alpha", !this->RestoresColour() && alpha != defaults.alpha, "'colour' restoration");
    refuse("beta", !this->RestoresColour() && beta != defaults.beta, "'colour' restoration");
  }

  void
  SetUp(SurroundSink & sink) const
  {
    sink.SetFloor(floor);
    sink.SetNormalize(!logarithm); // the logarithm is of the quotient
  }
};

struct SurroundRecord
{
  using Summary = itk::MultiScaleRetinexSummary;
  std::vector<Summary> summaries;

  void
  Visit(ParameterVisitor & visit)
  {
    VisitEach(visit, { "surround", Unit::Intensity, "Its mean inside the mask." }, summaries, &Summary::surround);
    VisitEach(visit, { "mask_voxels", Unit::None, "Voxels inside the mask." }, summaries, &Summary::maskVoxels);
    VisitEach(visit,
              { "non_positive", Unit::None, "Mask voxels that are not positive or not finite: in no surround." },
              summaries,
              &Summary::excluded);
  }

  std::vector<std::string>
  Warnings() const
  {
    std::uint64_t excluded = 0;
    std::uint64_t voxels = 0;
    std::size_t   empty = 0;
    for (const auto & summary : summaries)
    {
      excluded += summary.excluded;
      voxels += summary.maskVoxels;
      empty += summary.maskVoxels == summary.excluded;
    }
    std::vector<std::string> warnings;
    if (empty > 0)
    {
      warnings.push_back((summaries.size() == 1
                            ? std::string()
                            : std::to_string(empty) + " of " + std::to_string(summaries.size()) + " frames: ") +
                         "no positive voxel inside the mask: the surround is 1");
    }
    WarnOfExcluded(warnings, excluded, voxels, "in no surround, still divided by theirs");
    return warnings;
  }
};

/** TOptions: a SurroundOptions with the scales. */
template <typename TOptions>
class SurroundRetinexStage : public FieldStage<SurroundSink, TOptions, SurroundRecord>
{
public:
  using Superclass = FieldStage<SurroundSink, TOptions, SurroundRecord>;

  explicit SurroundRetinexStage(const std::string & name)
    : Superclass(name)
    , m_Name(name)
  {
    this->m_Options.frame = "each";
  }

  void
  CompleteOptions(const Values & given) override
  {
    this->m_Options.Complete(given);
  }

  void
  CheckOptions() const override
  {
    Superclass::CheckOptions();
    this->m_Options.Check();
    if (this->m_Options.gate && this->m_Options.logarithm)
    {
      throw UsageError("'gate' may leave the image as it is, which is no 'logarithm'; turn one of them off");
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    auto         flow = Superclass::Connect(input, streamDivisions);
    const auto & options = this->m_Options;
    if (options.logarithm)
    {
      auto log = this->template Make<LogReflectance>();
      log->SetInput(flow.image);
      log->InPlaceOn(); // the quotient serves nothing else
      log->SetFloor(options.floor);
      log->SetGain(options.gain);
      log->SetOffset(options.offset);
      if (options.RestoresColour())
      {
        log->SetAlpha(options.alpha);
        log->SetBeta(options.beta);
        for (const auto & channel : ChannelsOf(input))
        {
          log->AddChannel(channel.image, channel.image == input.image);
        }
      }
      flow.image = log->GetOutput();
    }
    return flow;
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    if (this->m_Options.logarithm)
    {
      throw Error(m_Name + " with 'logarithm' cannot be undone: what is dark beside its surround became the floor");
    }
    return Superclass::ConnectInverse(output);
  }

  std::string
  BesidesField() const override
  {
    return this->m_Options.logarithm ? "took a logarithm" : "";
  }

  bool
  MakesLogarithm() const override
  {
    return this->m_Options.logarithm;
  }

protected:
  WorkImage::Pointer
  LearnedImage(const Flow & input) override
  {
    const auto channels = ChannelsOf(input);
    if (this->m_Options.colour != "luminance" || channels.size() == 1)
    {
      return input.image;
    }
    auto mean = this->template Make<MeanOfChannels>();
    for (std::size_t c = 0; c < channels.size(); ++c)
    {
      mean->SetInput(static_cast<unsigned int>(c), channels[c].image);
    }
    return mean->GetOutput();
  }

private:
  struct Mean
  {
    float
    operator()(const std::vector<float> & channels) const
    {
      double sum = 0.0;
      for (const float channel : channels)
      {
        sum += static_cast<double>(channel);
      }
      return static_cast<float>(sum / static_cast<double>(channels.size()));
    }

    bool
    operator!=(const Mean &) const
    {
      return false;
    }
  };
  using MeanOfChannels = itk::NaryFunctorImageFilter<WorkImage, WorkImage, Mean>;

  static std::vector<Flow>
  ChannelsOf(const Flow & input)
  {
    return input.channels.empty() ? std::vector<Flow>{ input } : input.channels;
  }

  const std::string m_Name;
};

/** What the two descriptions have in common. */
template <typename TOptions>
StageDescription
DescribeSurroundRetinexStage(const std::string & name)
{
  StageDescription stage;
  stage.name = name;
  stage.family = "illumination";
  stage.access = Access::TwoPass;
  stage.prefersMask = true;
  stage.makesField = true;
  stage.usesChannels = true;
  stage.inverse = "exact, within float32 rounding; not with logarithm";
  stage.make = [name] { return std::make_unique<SurroundRetinexStage<TOptions>>(name); };
  return stage;
}
} // namespace isolux
