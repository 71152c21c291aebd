#include "MomentsNorm.h"
#include "ReferenceOption.h"
#include "Stages.h"

namespace isolux
{
namespace
{
struct BatchNormOptions : MomentsOptions
{
  std::string reference;

  void
  Visit(ParameterVisitor & visit)
  {
    VisitReference(visit, reference);
    MomentsOptions::Visit(visit);
  }
};

class BatchNormStage : public MomentsStage<BatchNormOptions>
{
public:
  void
  CheckOptions() const override
  {
    CheckReference("reference", m_Options.reference);
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    if (m_Options.reference.empty())
    {
      return MomentsStage::Connect(input, streamDivisions);
    }
    const auto   reference = ReadReferenceOf(m_Options.reference);
    const auto & channel = reference.Of(this->Channel(), this->Channels(), m_Options.reference);
    m_HasIdleWeights = input.weights.IsNotNull();
    m_OfReference = { channel.pooled.Mean(), channel.pooled.Variance(), channel.pooled.Count() };
    auto filter = MomentsNorm::MakeFilter(this->GetSettings(), input.image, this->MakeFactory());
    filter->SetMaskImage(input.mask);
    filter->SetMoments(m_OfReference);
    return { filter->GetOutput(), input.mask };
  }

  std::vector<std::string>
  Warnings() const override
  {
    auto warnings = MomentsStage::Warnings();
    if (m_Options.reference.empty())
    {
      warnings.emplace_back(
        "no reference: the batch is this image alone, which is instance-norm; fit one with 'isolux fit'");
    }
    if (m_HasIdleWeights)
    {
      warnings.emplace_back("weights change nothing here: mean and deviation are the reference's");
    }
    return warnings;
  }

protected:
  MomentsNorm::Settings
  GetSettings() const override
  {
    return this->SettingsOf("batch-norm");
  }

  void
  Collect() override
  {
    MomentsStage::Collect();
    if (m_OfReference.count > 0)
    {
      m_Learned = {};
      m_Learned.mean = { m_OfReference.mean };
      m_Learned.variance = { m_OfReference.variance };
      m_Learned.voxels = { static_cast<double>(m_OfReference.count) };
    }
  }

private:
  itk::MeanAndVariance m_OfReference;
  bool                 m_HasIdleWeights = false;
};
} // namespace

StageDescription
DescribeBatchNormStage()
{
  StageDescription stage;
  stage.name = "batch-norm";
  stage.family = "normalization";
  stage.summary = "Normalizes by the mean and deviation of all voxels of many images, which 'isolux fit' has learned.";
  stage.formula = "y = gamma (x - mean) / sqrt(variance + eps) + beta, moments pooled over the reference's images";
  stage.reference = "S. Ioffe, C. Szegedy, arXiv 1502.03167, 2015";
  stage.access = Access::TwoPass;
  stage.prefersMask = true;
  stage.usesWeights = true;
  stage.inverse = "as of instance-norm, without the reference file; with one, also over a mask of one intensity";
  stage.make = [] { return std::make_unique<BatchNormStage>(); };
  return stage;
}
} // namespace isolux
