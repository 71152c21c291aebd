#include "LinearStage.h"
#include "Stages.h"

#include "itkDivisiveNormalizationImageFilter.h"
#include "itkImageStatisticsSink.h"

#include <cmath>
#include <sstream>

namespace isolux
{
namespace
{
using Sink = itk::ImageStatisticsSink<WorkImage, MaskImage>;
using Filter = itk::DivisiveNormalizationImageFilter<WorkImage>;

struct DivisiveNormOptions
{
  double      pool = Filter::DefaultPool;
  double      semi_saturation = Filter::DefaultSemiSaturation;
  double      exponent = Filter::DefaultExponent;
  bool        remove_mean = true;
  double      gamma = 1.0;
  std::string outside = OutsideNames().back();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "pool", Unit::Millimetre, "Deviation of the Gaussian neighbourhood, along x, y and z.", 0.01, 1000.0 },
          pool);
    visit(
      { "semi_saturation",
        Unit::None,
        "Pooled contrast at which the response is 2^(-1/n) of its limit, in deviations of the image inside the mask.",
        0.01,
        100.0 },
      semi_saturation);
    visit({ "exponent", Unit::None, "How abruptly the response saturates.", 0.5, 10.0 }, exponent);
    visit({ "remove_mean", Unit::None, "Contrast is to the neighbourhood's mean, else to 0." }, remove_mean);
    visit({ "gamma", Unit::None, "Response at full saturation." }, gamma);
    visit(
      { "outside",
        Unit::None,
        "Voxels outside the mask: part of every neighbourhood and mapped like those inside; else no part of any, and "
        "kept as they are or set to zero.",
        -Unbounded,
        Unbounded,
        OutsideNames() },
      outside);
  }
};

struct DivisiveNormLearned
{
  double    mean = 0.0;
  double    deviation = 0.0;
  long long voxels = 0;
  long long non_finite = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "mean", Unit::Intensity, "Of the finite voxels inside the mask." }, mean);
    visit({ "deviation", Unit::Intensity, "Biased; semi_saturation is in units of it." }, deviation);
    visit({ "voxels", Unit::Voxel, "That mean and deviation rest on." }, voxels);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
  }
};

class DivisiveNormStage : public StageOf<DivisiveNormOptions, DivisiveNormLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);

    auto filter = this->Make<Filter>();
    filter->SetInput(input.image);
    filter->SetMaskImage(input.mask);
    filter->SetMomentsInput(m_Sink->GetMomentsOutput());
    filter->SetAxes({ true, true, true, false });
    filter->SetPool(m_Options.pool);
    filter->SetSemiSaturation(m_Options.semi_saturation);
    filter->SetExponent(m_Options.exponent);
    filter->SetRemoveLocalMean(m_Options.remove_mean);
    filter->SetGamma(m_Options.gamma);
    filter->SetOutside(OutsideFrom(m_Options.outside));
    return { filter->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer &) override
  {
    throw Error("divisive-norm cannot be undone: each voxel was divided by the energy of its neighbourhood, which is "
                "not recorded");
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (!m_Sink || !m_Sink->GetStatistics())
    {
      return warnings;
    }
    const auto & statistics = *m_Sink->GetStatistics();
    const auto & moments = m_Sink->GetMoments();
    if (statistics.moments.Count() == 0)
    {
      warnings.emplace_back("no finite voxel inside the mask: every voxel becomes 0");
    }
    else if (moments.variance == 0.0)
    {
      std::ostringstream text;
      text << "all " << statistics.moments.Count() << " voxels inside the mask have the intensity " << moments.mean
           << ": every voxel becomes 0";
      warnings.push_back(text.str());
    }
    WarnOfSkipped(warnings, statistics.nan + statistics.infinite);
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Sink && m_Sink->GetStatistics())
    {
      const auto & statistics = *m_Sink->GetStatistics();
      m_Learned = { m_Sink->GetMoments().mean,
                    std::sqrt(m_Sink->GetMoments().variance),
                    static_cast<long long>(statistics.moments.Count()),
                    static_cast<long long>(statistics.nan + statistics.infinite) };
    }
  }

private:
  Sink::Pointer m_Sink;
};
} // namespace

StageDescription
DescribeDivisiveNormStage()
{
  StageDescription stage;
  stage.name = "divisive-norm";
  stage.family = "normalization";
  stage.summary =
    "Divides the contrast of each voxel by the pooled energy of its neighbourhood: contrast gain control.";
  stage.formula = "y = gamma c / (s^n + p^n)^(1/n), c = x - G x, p = sqrt(G c^2), s = semi_saturation deviation(x)";
  stage.reference = "M. Carandini, D. J. Heeger, Nature Reviews Neuroscience 13:51, 2012. DOI 10.1038/nrn3136";
  stage.access = Access::TwoPass;
  stage.inverse = "not possible: the energies that voxels were divided by are not recorded";
  stage.make = [] { return std::make_unique<DivisiveNormStage>(); };
  return stage;
}
} // namespace isolux
