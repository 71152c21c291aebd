#include "MomentsNorm.h"
#include "Stages.h"

namespace isolux
{
namespace
{
struct GroupNormOptions
{
  long long           groups = 1;
  double              eps = MomentsNorm::Filter::DefaultEpsilon;
  std::vector<double> gamma = { 1.0 };
  std::vector<double> beta = { 0.0 };
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "groups", Unit::None, "Groups of consecutive channels; divides their number.", 1.0, Unbounded }, groups);
    visit({ "eps", Unit::None, "Added to the variance, in squared intensity.", 0.0, Unbounded }, eps);
    visit({ "gamma", Unit::None, "Factor after normalization; one, or one for each channel." }, gamma);
    visit({ "beta", Unit::None, "Offset after normalization; one, or one for each channel." }, beta);
    VisitOutside(visit, outside);
  }
};

class GroupNormStage : public MomentsStage<GroupNormOptions>
{
protected:
  MomentsNorm::Settings
  GetSettings() const override
  {
    MomentsNorm::Settings settings;
    settings.stage = "group-norm";
    settings.eps = m_Options.eps;
    settings.gamma = this->OfChannel(m_Options.gamma, "gamma");
    settings.beta = this->OfChannel(m_Options.beta, "beta");
    settings.outside = m_Options.outside;
    return settings;
  }

  std::vector<WorkImage::Pointer>
  Pooled(const Flow & input) const override
  {
    const auto & all = input.channels.empty() ? std::vector<WorkImage::Pointer>{ input.image } : input.channels;
    const auto   groups = static_cast<std::size_t>(m_Options.groups);
    if (all.size() % groups != 0)
    {
      throw UsageError("group-norm: " + std::to_string(all.size()) + " channels cannot be parted into " +
                       std::to_string(groups) + " groups of equal size; choose --groups that divides their number");
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
  stage.inverse =
    "exact, within float32; not with outside keep or zero, gamma 0, or an instance constant or empty in the mask";
  stage.make = [] { return std::make_unique<GroupNormStage>(); };
  return stage;
}
} // namespace isolux
