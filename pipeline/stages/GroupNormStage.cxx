#include "MomentsNorm.h"
#include "Stages.h"

namespace isolux
{
namespace
{
struct GroupNormOptions : MomentsOptions
{
  long long groups = 1;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "groups", Unit::None, "Groups of consecutive channels; divides their number.", 1.0, Unbounded }, groups);
    MomentsOptions::Visit(visit);
  }
};

class GroupNormStage : public MomentsStage<GroupNormOptions>
{
protected:
  MomentsNorm::Settings
  GetSettings() const override
  {
    return this->SettingsOf("group-norm");
  }

  std::vector<Flow>
  Pooled(const Flow & input) const override
  {
    const auto all = AllChannels(input);
    const auto groups = static_cast<std::size_t>(m_Options.groups);
    if (all.size() % groups != 0)
    {
      throw UsageError(std::to_string(all.size()) + " channels cannot be parted into " + std::to_string(groups) +
                       " groups of equal size; choose --groups that divides their number");
    }
    const std::size_t size = all.size() / groups;
    const auto        first = all.begin() + static_cast<std::ptrdiff_t>(this->Channel() / size * size);
    return { first, first + static_cast<std::ptrdiff_t>(size) };
  }
};
} // namespace

StageDescription
DescribeGroupNormStage()
{
  StageDescription stage;
  stage.name = "group-norm";
  stage.family = "normalization";
  stage.summary = "Normalizes groups of channels, each group by one mean and deviation.";
  stage.formula =
    "y = gamma (x - mean) / sqrt(variance + eps) + beta, moments over space, time and a group of channels";
  stage.reference = "Y. Wu, K. He, arXiv 1803.08494, 2018";
  stage.access = Access::TwoPass;
  stage.usesWeights = true;
  stage.usesChannels = true;
  stage.inverse =
    "exact, within float32; not with outside keep or zero, gamma 0, or an instance constant or empty in the mask";
  stage.make = [] { return std::make_unique<GroupNormStage>(); };
  return stage;
}
} // namespace isolux
