#include "Stages.h"

#include "Error.h"

#include "itkImageStatisticsSink.h"
#include "itkInstanceNormalizationImageFilter.h"

#include <algorithm>
#include <limits>
#include <sstream>

namespace isolux
{
namespace
{
using Sink = itk::ImageStatisticsSink<WorkImage, MaskImage>;
using Filter = itk::InstanceNormalizationImageFilter<WorkImage>;

constexpr double none = std::numeric_limits<double>::infinity();

const std::vector<std::string> &
OutsideNames() // in the order of itk::OutsideMask
{
  static const std::vector<std::string> names = { "transform", "keep", "zero" };
  return names;
}

struct InstanceNormOptions
{
  double      eps = Filter::DefaultEpsilon;
  double      gamma = 1.0;
  double      beta = 0.0;
  std::string outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "eps", Unit::None, "Added to the variance, in squared intensity.", 0.0, none }, eps);
    visit({ "gamma", Unit::None, "Standard deviation of the output inside the mask." }, gamma);
    visit({ "beta", Unit::None, "Mean of the output inside the mask." }, beta);
    visit({ "outside",
            Unit::None,
            "Voxels outside the mask: mapped like those inside, kept as they are, or set to zero.",
            -none,
            none,
            OutsideNames() },
          outside);
  }
};

struct InstanceNormLearned
{
  double    mean = 0.0;
  double    variance = 0.0;
  long long voxels = 0;
  long long non_finite = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "mean", Unit::Intensity, "Of the finite voxels inside the mask." }, mean);
    visit({ "variance", Unit::None, "Biased, in squared intensity." }, variance);
    visit({ "voxels", Unit::Voxel, "That mean and variance rest on." }, voxels);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
  }
};

class InstanceNormStage : public StageOf<InstanceNormOptions, InstanceNormLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);

    auto filter = this->MakeFilter(input.image);
    filter->SetMomentsInput(m_Sink->GetMomentsOutput());
    filter->SetMaskImage(input.mask);
    return { filter->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    if (m_Options.outside != "transform")
    {
      throw Error("instance-norm with outside '" + m_Options.outside +
                  "' cannot be undone: what was outside the mask is lost; normalize with --outside transform");
    }
    if (m_Options.gamma == 0.0)
    {
      throw Error("instance-norm with gamma 0 cannot be undone: every voxel became beta");
    }
    if (m_Learned.voxels == 0)
    {
      throw Error("instance-norm over an empty mask cannot be undone: every voxel became beta");
    }
    output->UpdateOutputInformation();
    const auto normalized = static_cast<unsigned long long>(m_Learned.voxels + m_Learned.non_finite);
    if (m_Learned.variance == 0.0 && normalized != output->GetLargestPossibleRegion().GetNumberOfPixels())
    {
      throw Error("instance-norm over a mask of one intensity cannot be undone: what was outside it became beta too");
    }
    auto filter = this->MakeFilter(output);
    filter->SetMoments({ m_Learned.mean, m_Learned.variance });
    filter->InverseOn();
    return filter->GetOutput();
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
      warnings.emplace_back("no finite voxel inside the mask: every voxel becomes beta");
    }
    else if (moments.variance == 0.0)
    {
      std::ostringstream text;
      text << "all " << statistics.moments.Count() << " voxels inside the mask have the intensity " << moments.mean
           << ": every voxel becomes beta";
      warnings.push_back(text.str());
    }
    else if (m_Options.eps > 0.01 * moments.variance)
    {
      std::ostringstream text;
      text << "eps " << m_Options.eps << " is not small beside the variance " << moments.variance
           << ": the output's deviation is below gamma; lower --eps";
      warnings.push_back(text.str());
    }
    if (const auto skipped = statistics.nan + statistics.infinite)
    {
      warnings.push_back(std::to_string(skipped) + " voxels inside the mask are NaN or infinite: skipped");
    }
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
                    m_Sink->GetMoments().variance,
                    static_cast<long long>(statistics.moments.Count()),
                    static_cast<long long>(statistics.nan + statistics.infinite) };
    }
  }

private:
  Filter::Pointer
  MakeFilter(const WorkImage::Pointer & input)
  {
    auto filter = this->Make<Filter>();
    filter->SetInput(input);
    filter->SetEpsilon(m_Options.eps);
    filter->SetGamma(m_Options.gamma);
    filter->SetBeta(m_Options.beta);
    const auto & names = OutsideNames();
    filter->SetOutside(
      static_cast<itk::OutsideMask>(std::find(names.begin(), names.end(), m_Options.outside) - names.begin()));
    return filter;
  }

  Sink::Pointer m_Sink;
};
} // namespace

StageDescription
DescribeInstanceNormStage()
{
  StageDescription stage;
  stage.name = "instance-norm";
  stage.family = "normalization";
  stage.summary = "Subtracts the mean of the image's own foreground and divides by its standard deviation.";
  stage.formula = "y = gamma (x - mean) / sqrt(variance + eps) + beta";
  stage.reference = "D. Ulyanov, A. Vedaldi, V. Lempitsky, arXiv 1607.08022, 2016";
  stage.access = Access::TwoPass;
  stage.inverse =
    "exact, within float32 rounding; not with outside 'keep' or 'zero', gamma 0, or a mask of one intensity";
  stage.make = [] { return std::make_unique<InstanceNormStage>(); };
  return stage;
}
} // namespace isolux
