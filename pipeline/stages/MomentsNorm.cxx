#include "MomentsNorm.h"

#include "itkExtractImageFilter.h"
#include "itkOrImageFilter.h"

#include <cmath>
#include <numeric>
#include <sstream>

namespace isolux
{
namespace
{
constexpr unsigned int TimeAxis = 3;

double
SumOf(const std::vector<double> & values)
{
  return std::accumulate(values.begin(), values.end(), 0.0);
}
} // namespace

void
MomentsLearned::Visit(ParameterVisitor & visit)
{
  visit({ "mean", Unit::Intensity, "Of the finite voxels inside the mask, for each instance." }, mean);
  visit({ "variance", Unit::None, "Biased, in squared intensity, for each instance." }, variance);
  visit({ "voxels", Unit::Voxel, "That mean and variance rest on, for each instance." }, voxels);
  visit({ "instances", Unit::None, "Sets of voxels that were normalized each by its own moments." }, instances);
  visit({ "channels", Unit::None, "Whose voxels were counted together." }, channels);
  visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
}

void
MomentsOptions::Visit(ParameterVisitor & visit)
{
  visit({ "eps", Unit::None, "Added to the variance, in squared intensity.", 0.0, Unbounded }, eps);
  visit({ "gamma", Unit::None, "Factor after normalization; one, or one for each channel." }, gamma);
  visit({ "beta", Unit::None, "Offset after normalization; one, or one for each channel." }, beta);
  VisitOutside(visit, outside);
}

MomentsNorm::Filter::Pointer
MomentsNorm::MakeFilter(const Settings & settings, const WorkImage::Pointer & input, const Factory & make)
{
  auto filter = make.filter();
  filter->SetInput(input);
  filter->SetEpsilon(settings.eps);
  filter->SetEpsilonMode(settings.epsMode);
  filter->SetDeltaDegreesOfFreedom(settings.ddof);
  filter->SetGamma(settings.gamma);
  filter->SetBeta(settings.beta);
  filter->SetOutside(OutsideFrom(settings.outside));
  return filter;
}

Flow
MomentsNorm::Connect(const Settings &          settings,
                     const Flow &              input,
                     const std::vector<Flow> & pooled,
                     unsigned int              streamDivisions,
                     const Factory &           make)
{
  input.image->UpdateOutputInformation();
  const auto frames = static_cast<long long>(input.image->GetLargestPossibleRegion().GetSize(TimeAxis));
  if (settings.oneFrame && settings.frame >= frames)
  {
    throw UsageError("frame " + std::to_string(settings.frame) + " is not one of the image's " +
                     std::to_string(frames) + "; the first is 0");
  }
  const auto learnedFrom = [&](const WorkImage::Pointer & image) -> WorkImage::Pointer
  {
    if (!settings.oneFrame || frames == 1)
    {
      return image;
    }
    auto region = image->GetLargestPossibleRegion();
    region.SetIndex(TimeAxis, region.GetIndex(TimeAxis) + settings.frame);
    region.SetSize(TimeAxis, 1);
    auto extract = itk::ExtractImageFilter<WorkImage, WorkImage>::New();
    extract->SetExtractionRegion(region);
    extract->SetDirectionCollapseToSubmatrix();
    extract->SetInput(image);
    m_Helpers.emplace_back(extract.GetPointer());
    return extract->GetOutput();
  };
  auto mask = pooled.front().mask;
  for (const auto & channel : pooled)
  {
    if (mask && channel.mask && mask != channel.mask)
    {
      auto either = itk::OrImageFilter<MaskImage>::New();
      either->SetInput1(mask);
      either->SetInput2(channel.mask);
      m_Helpers.emplace_back(either.GetPointer());
      mask = either->GetOutput();
    }
  }

  m_Channels = static_cast<long long>(pooled.size());
  m_Sink = make.sink();
  m_Sink->SetInput(learnedFrom(pooled.front().image));
  for (std::size_t i = 1; i < pooled.size(); ++i)
  {
    m_Sink->AddChannel(learnedFrom(pooled[i].image));
  }
  m_Sink->SetMaskImage(mask);
  m_Sink->SetWeightImage(input.weights);
  m_Sink->SetKeptAxes(settings.kept);
  m_Sink->SetNumberOfStreamDivisions(streamDivisions);

  auto filter = MakeFilter(settings, input.image, make);
  filter->SetMomentsInput(m_Sink->GetMomentsOutput());
  filter->SetMaskImage(mask);
  return { filter->GetOutput(), input.mask };
}

WorkImage::Pointer
MomentsNorm::ConnectInverse(const Settings &           settings,
                            const MomentsLearned &     learned,
                            const WorkImage::Pointer & output,
                            const Factory &            make) const
{
  RequireTransformedOutside(settings.stage, settings.outside);
  const auto refuse = [&](const std::string & why) { throw Error(settings.stage + why); };
  if (settings.gamma == 0.0)
  {
    refuse(" with gamma 0 cannot be undone: every voxel became beta");
  }
  output->UpdateOutputInformation();
  const auto & region = output->GetLargestPossibleRegion();

  itk::InstanceMoments<WorkImage::ImageDimension> moments;
  moments.partition = { region, settings.kept };
  const auto recorded = learned.mean.size();
  if (recorded == 0 && learned.instances > static_cast<long long>(MostRecorded))
  {
    refuse(" over " + std::to_string(learned.instances) + " instances cannot be undone: the moments of more than " +
           std::to_string(MostRecorded) + " are not recorded");
  }
  if (recorded != moments.partition.Count() || learned.variance.size() != recorded || learned.voxels.size() != recorded)
  {
    refuse(": moments of " + std::to_string(recorded) + " instances are recorded, but the image has " +
           std::to_string(moments.partition.Count()) + "; the sidecar was changed or damaged");
  }
  const double pixels = static_cast<double>(region.GetNumberOfPixels()) * static_cast<double>(learned.channels);
  const bool   allCounted = SumOf(learned.voxels) + static_cast<double>(learned.non_finite) == pixels;
  for (std::size_t i = 0; i < recorded; ++i)
  {
    if (learned.voxels[i] == 0.0)
    {
      refuse(" over an empty mask cannot be undone: every voxel became beta" +
             (recorded > 1 ? " in instance " + std::to_string(i + 1) + " of " + std::to_string(recorded) : ""));
    }
    if (learned.variance[i] == 0.0 && !allCounted)
    {
      refuse(" over a mask of one intensity cannot be undone: what was outside it became beta too");
    }
    moments.moments.push_back({ learned.mean[i], learned.variance[i], static_cast<std::uint64_t>(learned.voxels[i]) });
  }
  auto filter = MakeFilter(settings, output, make);
  filter->SetMoments(moments);
  filter->InverseOn();
  return filter->GetOutput();
}

std::vector<std::string>
MomentsNorm::Warnings(const Settings & settings) const
{
  std::vector<std::string> warnings;
  if (!m_Sink)
  {
    return warnings;
  }
  const auto & learned = m_Sink->GetMoments();
  const auto & instances = learned.moments;
  const auto   count = [&](const auto & holds)
  { return static_cast<std::size_t>(std::count_if(instances.begin(), instances.end(), holds)); };
  const auto empty = count([](const auto & instance) { return instance.count == 0; });
  const auto constant = count([](const auto & instance) { return instance.count > 0 && instance.variance == 0.0; });
  const auto eased = settings.epsMode != itk::EpsilonMode::Inside
                       ? 0
                       : count([&](const auto & i) { return i.variance > 0.0 && settings.eps > 0.01 * i.variance; });
  const bool one = instances.size() == 1;
  const auto of = [&](std::size_t n)
  { return std::to_string(n) + " of " + std::to_string(instances.size()) + " instances "; };
  std::ostringstream text;
  if (empty > 0)
  {
    warnings.push_back(one ? "no finite voxel inside the mask: every voxel becomes beta"
                           : of(empty) + "have no finite voxel inside the mask: their voxels become beta");
  }
  if (constant > 0 && one)
  {
    text << "all " << instances[0].count << " voxels inside the mask have the intensity " << instances[0].mean
         << ": every voxel becomes beta";
    warnings.push_back(text.str());
  }
  else if (constant > 0)
  {
    warnings.push_back(of(constant) + "have but one intensity: their voxels become beta");
  }
  if (eased > 0)
  {
    text.str("");
    text << "eps " << settings.eps << " is not small beside the variance ";
    if (one)
    {
      text << instances[0].variance;
    }
    else
    {
      text << "of " << of(eased);
    }
    text << ": the output's deviation is below gamma; lower --eps";
    warnings.push_back(text.str());
  }
  if (instances.size() > MostRecorded)
  {
    warnings.push_back(std::to_string(instances.size()) + " instances, more than the " + std::to_string(MostRecorded) +
                       " whose moments are recorded: this cannot be undone");
  }
  WarnOfSkipped(warnings, learned.skipped);
  return warnings;
}

void
MomentsNorm::Collect(MomentsLearned & learned) const
{
  if (!m_Sink)
  {
    return;
  }
  const auto & moments = m_Sink->GetMoments();
  learned = {};
  learned.instances = static_cast<long long>(moments.moments.size());
  learned.channels = m_Channels;
  learned.non_finite = static_cast<long long>(moments.skipped);
  if (moments.moments.size() > MostRecorded)
  {
    return;
  }
  for (const auto & instance : moments.moments)
  {
    learned.mean.push_back(instance.mean);
    learned.variance.push_back(instance.variance);
    learned.voxels.push_back(static_cast<double>(instance.count));
  }
}
} // namespace isolux
