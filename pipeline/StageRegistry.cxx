#include "Error.h"
#include "Stage.h"

#include "stages/Stages.h"

#include "itkMeanProjectionImageFilter.h"

namespace isolux
{
std::string
StageDescription::Reads() const
{
  switch (access)
  {
    case Access::Pointwise:
      return "pointwise";
    case Access::Neighbourhood:
      return "neighbourhood";
    case Access::TwoPass:
      return std::to_string(learningPasses + 1) + " passes";
    case Access::WholeImage:
      return "whole image";
  }
  return "";
}

WorkImage::Pointer
Stage::MeanFrame(const WorkImage::Pointer & image)
{
  constexpr unsigned int time = 3;
  image->UpdateOutputInformation();
  if (image->GetLargestPossibleRegion().GetSize(time) == 1)
  {
    return image;
  }
  auto mean = this->Make<itk::MeanProjectionImageFilter<WorkImage, WorkImage>>();
  mean->SetInput(image);
  mean->SetProjectionDimension(time);
  return mean->GetOutput();
}

double
Stage::OfChannel(const std::vector<double> & values, const std::string & option) const
{
  if (values.size() == 1)
  {
    return values.front();
  }
  if (values.size() != m_Channels)
  {
    throw UsageError("'" + option + "' holds " + std::to_string(values.size()) + " values, but the image has " +
                     std::to_string(m_Channels) + (m_Channels == 1 ? " channel" : " channels") +
                     "; give one for all channels or one for each");
  }
  return values[m_Channel];
}

void
StageRegistry::Add(StageDescription description)
{
  for (const auto & stage : m_Stages)
  {
    if (stage.name == description.name)
    {
      throw std::logic_error("stage '" + stage.name + "' registered twice");
    }
  }
  m_Stages.push_back(std::move(description));
}

const StageDescription &
StageRegistry::Find(const std::string & name) const
{
  std::vector<std::string> known;
  for (const auto & stage : m_Stages)
  {
    if (stage.name == name)
    {
      return stage;
    }
    known.push_back(stage.name);
  }
  throw UsageError("no stage is called '" + name + "'" + SuggestNearest(name, known));
}

const StageRegistry &
BuiltInStages()
{
  static const StageRegistry registry = []
  {
    StageRegistry stages;
    stages.Add(DescribeForegroundStage());
    stages.Add(DescribeHistogramRetinexStage());
    stages.Add(DescribeN4Stage());
    stages.Add(DescribeApplyFieldStage());
    stages.Add(DescribeSingleScaleRetinexStage());
    stages.Add(DescribeMultiScaleRetinexStage());
    stages.Add(DescribePoissonRetinexStage());
    stages.Add(DescribeVariationalRetinexStage());
    stages.Add(DescribeStackIlluminationStage());
    stages.Add(DescribeInstanceNormStage());
    stages.Add(DescribeRobustNormStage());
    stages.Add(DescribeModeNormStage());
    stages.Add(DescribeLayerNormStage());
    stages.Add(DescribeGroupNormStage());
    stages.Add(DescribeBatchNormStage());
    stages.Add(DescribeAdaptiveNormStage());
    stages.Add(DescribeQuantileNormStage());
    stages.Add(DescribeDivisiveNormStage());
    stages.Add(DescribeBandNormStage());
    return stages;
  }();
  return registry;
}
} // namespace isolux
