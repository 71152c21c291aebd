#include "MomentsNorm.h"
#include "Stages.h"

namespace isolux
{
namespace
{
struct LayerNormOptions
{
  double              eps = MomentsNorm::Filter::DefaultEpsilon;
  std::vector<double> gamma = { 1.0 };
  std::vector<double> beta = { 0.0 };
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "eps", Unit::None, "Added to the variance, in squared intensity.", 0.0, Unbounded }, eps);
    visit({ "gamma", Unit::None, "Factor after normalization; one, or one for each channel." }, gamma);
    visit({ "beta", Unit::None, "Offset after normalization; one, or one for each channel." }, beta);
    VisitOutside(visit, outside);
  }
};

class LayerNormStage : public MomentsStage<LayerNormOptions>
{
protected:
  MomentsNorm::Settings
  GetSettings() const override
  {
    MomentsNorm::Settings settings;
    settings.stage = "layer-norm";
    settings.eps = m_Options.eps;
    settings.gamma = this->OfChannel(m_Options.gamma, "gamma");
    settings.beta = this->OfChannel(m_Options.beta, "beta");
    settings.outside = m_Options.outside;
    return settings;
  }

  std::vector<WorkImage::Pointer>
  Pooled(const Flow & input) const override
  {
    return input.channels.empty() ? std::vector<WorkImage::Pointer>{ input.image } : input.channels;
  }
};
} // namespace

StageDescription
DescribeLayerNormStage()
{
  StageDescription stage;
  stage.name = "layer-norm";
  stage.family = "normalization";
  stage.summary = "Normalizes all channels by one mean and deviation, so that colours keep their relations.";
  stage.formula = "y = gamma (x - mean) / sqrt(variance + eps) + beta, moments over space, time and channels";
  stage.reference = "J. L. Ba, J. R. Kiros, G. E. Hinton, arXiv 1607.06450, 2016";
  stage.access = Access::TwoPass;
  stage.usesWeights = true;
  stage.inverse =
    "exact, within float32; not with outside keep or zero, gamma 0, or an instance constant or empty in the mask";
  stage.make = [] { return std::make_unique<LayerNormStage>(); };
  return stage;
}
} // namespace isolux
