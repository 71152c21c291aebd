#pragma once

#include "LinearStage.h"

#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"

namespace isolux
{
/** What the sidecar records of a normalization by moments: a number for each instance. */
struct MomentsLearned
{
  std::vector<double> mean;
  std::vector<double> variance;
  std::vector<double> voxels;
  long long           instances = 1;
  long long           channels = 1;
  long long           non_finite = 0;

  void
  Visit(ParameterVisitor & visit);
};

/** Mean and variance of an image's instances, and the filter that normalizes by them: what instance-norm, layer-norm,
 * group-norm and batch-norm share. */
class MomentsNorm
{
public:
  using Sink = itk::InstanceMomentsSink<WorkImage, MaskImage>;
  using Filter = itk::InstanceNormalizationImageFilter<WorkImage>;
  using Axes = Sink::AxesType;

  /** Above, moments are not recorded, and the stage cannot be undone. */
  static constexpr std::size_t MostRecorded = 1000000;

  struct Settings
  {
    std::string      stage; ///< its name, for messages
    Axes             kept{};
    bool             oneFrame = false; ///< statistics of `frame` serve the whole series
    long long        frame = 0;
    double           eps = Filter::DefaultEpsilon;
    itk::EpsilonMode epsMode = itk::EpsilonMode::Inside;
    unsigned int     ddof = 0;
    double           gamma = 1.0;
    double           beta = 0.0;
    std::string      outside = OutsideNames().front();
  };

  /** Makes the filters of a stage: Stage::Make(). */
  struct Factory
  {
    std::function<Sink::Pointer()>   sink;
    std::function<Filter::Pointer()> filter;
  };

  /** The filter with these settings, but without moments. */
  static Filter::Pointer
  MakeFilter(const Settings & settings, const WorkImage::Pointer & input, const Factory & make);

  /** `pooled`: the channels whose voxels count, the flow's own among them. What lies inside any one's mask does in all
   * of them, so that they share their moments. \throws UsageError where the frame is none of the series'. */
  Flow
  Connect(const Settings &          settings,
          const Flow &              input,
          const std::vector<Flow> & pooled,
          unsigned int              streamDivisions,
          const Factory &           make);

  WorkImage::Pointer
  ConnectInverse(const Settings &           settings,
                 const MomentsLearned &     learned,
                 const WorkImage::Pointer & output,
                 const Factory &            make) const;

  std::vector<std::string>
  Warnings(const Settings & settings) const;

  /** Does nothing where no learner is connected. */
  void
  Collect(MomentsLearned & learned) const;

private:
  Sink::Pointer                            m_Sink;
  std::vector<itk::ProcessObject::Pointer> m_Helpers; ///< an image does not keep its source
  long long                                m_Channels = 1;
};

/** Options of the stages that normalize by moments as networks do. */
struct MomentsOptions
{
  double              eps = MomentsNorm::Filter::DefaultEpsilon;
  std::vector<double> gamma = { 1.0 };
  std::vector<double> beta = { 0.0 };
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit);
};

/** A stage that is a MomentsNorm with settings of its own. */
template <typename TOptions, typename TLearned = MomentsLearned>
class MomentsStage : public StageOf<TOptions, TLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    return m_Norm.Connect(this->GetSettings(), input, this->Pooled(input), streamDivisions, this->MakeFactory());
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    return m_Norm.ConnectInverse(this->GetSettings(), this->m_Learned, output, this->MakeFactory());
  }

  std::vector<std::string>
  Warnings() const override
  {
    return m_Norm.Warnings(this->GetSettings());
  }

protected:
  virtual MomentsNorm::Settings
  GetSettings() const = 0;

  /** Of options that are MomentsOptions. */
  MomentsNorm::Settings
  SettingsOf(const std::string & stage) const
  {
    MomentsNorm::Settings settings;
    settings.stage = stage;
    settings.eps = this->m_Options.eps;
    settings.gamma = this->OfChannel(this->m_Options.gamma, "gamma");
    settings.beta = this->OfChannel(this->m_Options.beta, "beta");
    settings.outside = this->m_Options.outside;
    return settings;
  }

  /** The channels whose voxels count with this one's; itself alone unless said otherwise. */
  virtual std::vector<Flow>
  Pooled(const Flow & input) const
  {
    return { input };
  }

  static std::vector<Flow>
  AllChannels(const Flow & input)
  {
    return input.channels.empty() ? std::vector<Flow>{ input } : input.channels;
  }

  void
  Collect() override
  {
    m_Norm.Collect(this->m_Learned);
  }

  MomentsNorm::Factory
  MakeFactory()
  {
    return { [this] { return this->template Make<MomentsNorm::Sink>(); },
             [this] { return this->template Make<MomentsNorm::Filter>(); } };
  }

private:
  MomentsNorm m_Norm;
};
} // namespace isolux
