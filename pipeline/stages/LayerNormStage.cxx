#include "MomentsNorm.h"
#include "Stages.h"

namespace isolux
{
namespace
{
class LayerNormStage : public MomentsStage<MomentsOptions>
{
protected:
  MomentsNorm::Settings
  GetSettings() const override
  {
    return this->SettingsOf("layer-norm");
  }

  std::vector<Flow>
  Pooled(const Flow & input) const override
  {
    return AllChannels(input);
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
  stage.usesChannels = true;
  stage.inverse =
    "exact, within float32; not with outside keep or zero, gamma 0, or an instance constant or empty in the mask";
  stage.make = [] { return std::make_unique<LayerNormStage>(); };
  return stage;
}
} // namespace isolux
