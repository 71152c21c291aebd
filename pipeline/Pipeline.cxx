#include "Pipeline.h"

#include "Error.h"
#include "StageClock.h"

#include "itkImageStatisticsSink.h"
#include "itkMultiThreaderBase.h"
#include "itkStreamingImageFilter.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace isolux
{
namespace
{
float
MeanOrZero(double mean)
{
  return std::isfinite(mean) ? static_cast<float>(mean) : 0.0F; // an empty mask has no mean
}

/** Replaces what is not finite; returns how many. */
std::size_t
ReplaceNonFinite(WorkImage * image, float value)
{
  std::size_t replaced = 0;
  float *     begin = image->GetBufferPointer();
  std::for_each(begin,
                begin + image->GetBufferedRegion().GetNumberOfPixels(),
                [&](float & voxel)
                {
                  if (!std::isfinite(voxel))
                  {
                    voxel = value;
                    ++replaced;
                  }
                });
  return replaced;
}

/** Calls f(); what it says of wrong usage begins with `where`. */
template <typename TFunction>
auto
Headed(const std::string & where, const TFunction & f)
{
  try
  {
    return f();
  }
  catch (const UsageError & error)
  {
    throw UsageError(where + ": " + error.what());
  }
}
} // namespace

const std::vector<std::string> &
NanPolicies()
{
  static const std::vector<std::string> policies = { "keep", "zero", "mean" };
  return policies;
}

void
CheckNanPolicy(const std::string & policy, const std::string & where)
{
  const auto & known = NanPolicies();
  if (std::find(known.begin(), known.end(), policy) == known.end())
  {
    throw UsageError(where + " must be one of 'keep', 'zero', 'mean', not '" + policy + "'" +
                     SuggestNearest(policy, known));
  }
}

PipelineSpec
DefaultPipeline()
{
  PipelineSpec spec;
  spec.stages = { { "foreground", {} }, { "histogram-retinex", {} }, { "instance-norm", {} } };
  return spec;
}

unsigned int
AvailableThreads()
{
  cpu_set_t    set;
  unsigned int threads = 1;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
  {
    threads = std::max(1U, static_cast<unsigned int>(CPU_COUNT(&set)));
  }
  for (const char * name : { "SLURM_CPUS_PER_TASK", "OMP_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS" })
  {
    const char * text = std::getenv(name);
    const long   wanted = text != nullptr ? std::strtol(text, nullptr, 10) : 0;
    if (wanted > 0)
    {
      threads = std::min(threads, static_cast<unsigned int>(wanted));
    }
  }
  return threads;
}

void
SetThreads(unsigned int threads)
{
  itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(threads);
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(threads);
  omp_set_num_threads(static_cast<int>(threads));
}

Pipeline::Pipeline(const PipelineSpec & spec, bool maskGiven)
  : m_Nan(spec.nan)
{
  if (spec.stages.empty())
  {
    throw UsageError("the pipeline has no stage; name at least one, see 'isolux stages'");
  }
  bool hasMask = maskGiven;
  for (const auto & stage : spec.stages)
  {
    Headed("stage " + std::to_string(m_Descriptions.size() + 1),
           [&] { m_Descriptions.push_back(BuiltInStages().Find(stage.name)); });
    const auto &      description = m_Descriptions.back();
    const std::string where = this->NameOf(m_Descriptions.size() - 1);
    if (description.needsMask && !hasMask)
    {
      throw UsageError(where + ": needs a mask; put 'foreground' before it or give --mask");
    }
    hasMask = hasMask || description.makesMask;
    const auto made = description.make();
    const auto options = [&](ParameterVisitor & visit) { made->VisitOptions(visit); };
    Assign(options, stage.options, where);
    Headed(where,
           [&]
           {
             made->CompleteOptions(stage.options);
             made->CheckOptions();
           });
    m_Options.push_back(Read(options));
  }
}

std::string
Pipeline::NameOf(std::size_t stage) const
{
  return "stage " + std::to_string(stage + 1) + " (" + m_Descriptions[stage].name + ")";
}

Pipeline::Stages
Pipeline::Make(std::size_t channel, std::size_t channels) const
{
  Stages stages;
  for (std::size_t i = 0; i < m_Descriptions.size(); ++i)
  {
    stages.push_back(m_Descriptions[i].make());
    stages.back()->SetChannel(channel, channels);
    Assign([&](ParameterVisitor & visit) { stages.back()->VisitOptions(visit); }, m_Options[i], m_Descriptions[i].name);
  }
  return stages;
}

std::vector<StageSpec>
Pipeline::Describe() const
{
  std::vector<StageSpec> stages;
  for (std::size_t i = 0; i < m_Descriptions.size(); ++i)
  {
    stages.push_back({ m_Descriptions[i].name, m_Options[i] });
  }
  return stages;
}

std::vector<Pipeline::Result>
Pipeline::Run(const std::vector<WorkImage::Pointer> & channels,
              const MaskImage::Pointer &              mask,
              const WorkImage::Pointer &              weights,
              const Execution &                       execution,
              const Tissue &                          tissue)
{
  struct Lane
  {
    Stages               stages;
    StageClock           clock;
    Flow                 flow;
    WorkImage::Pointer   corrected;
    std::vector<Stage *> illumination; // those that divide by a field
  };
  const bool areApart =
    std::none_of(m_Descriptions.begin(), m_Descriptions.end(), [](const auto & stage) { return stage.usesChannels; });
  std::vector<std::optional<Lane>> lanes(channels.size());
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    auto & lane = lanes[c].emplace();
    lane.stages = this->Make(c, channels.size());
    lane.flow = { channels[c], mask, weights };
    lane.corrected = channels[c];
  }
  for (std::size_t i = 0; i < m_Descriptions.size(); ++i)
  {
    std::vector<Flow> flows;
    for (const auto & lane : lanes)
    {
      flows.push_back(lane->flow);
    }
    for (auto & some : lanes)
    {
      auto & lane = *some;
      lane.flow.channels = flows;
      const auto next =
        Headed(this->NameOf(i), [&] { return lane.stages[i]->Connect(lane.flow, execution.streamDivisions); });
      lane.flow = { next.image, next.mask, weights };
      lane.clock.Watch(*lane.stages[i], i);
      if (m_Descriptions[i].makesField)
      {
        lane.corrected = lane.flow.image;
        lane.illumination.push_back(lane.stages[i].get());
      }
    }
  }
  std::vector<Result> results(channels.size());
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    auto &       lane = *lanes[c];
    auto &       result = results[c];
    auto &       report = result.report;
    const auto & image = channels[c];
    const auto   flow = lane.flow;
    if (flow.mask)
    {
      flow.mask->Update();
    }
    WorkImage::Pointer output = flow.image;
    const auto streamer = itk::StreamingImageFilter<WorkImage, WorkImage>::New(); // an image does not keep its source
    if (execution.streamDivisions > 1)
    {
      streamer->SetInput(flow.image);
      streamer->SetNumberOfStreamDivisions(execution.streamDivisions);
      output = streamer->GetOutput();
    }
    output->Update();

    for (std::size_t i = 0; i < m_Descriptions.size(); ++i)
    {
      StageReport stage;
      stage.name = m_Descriptions[i].name;
      stage.options = m_Options[i];
      stage.learned = Read([&](ParameterVisitor & visit) { lane.stages[i]->VisitLearned(visit); });
      stage.seconds = lane.clock.Seconds(i);
      stage.warnings = lane.stages[i]->Warnings();
      report.stages.push_back(std::move(stage));
    }
    lane.corrected->SetRequestedRegionToLargestPossibleRegion();
    lane.corrected->Update();
    WorkImage::Pointer field;
    for (auto * const stage : lane.illumination)
    {
      field = field ? MultiplyFields(*field, *stage->Field(image)) : stage->Field(image);
    }
    const auto logarithm =
      std::find_if(lane.stages.begin(), lane.stages.end(), [](const auto & stage) { return stage->MakesLogarithm(); });
    if (logarithm == lane.stages.end())
    {
      MeasureEvenness(image, lane.corrected, flow.mask, tissue, report);
    }
    else if (tissue.labels)
    {
      report.stages[static_cast<std::size_t>(logarithm - lane.stages.begin())].warnings.emplace_back(
        "the output is a logarithm, which has no coefficient of variation: the tissue labels are not used");
    }
    if (field)
    {
      report.field = SummariseField(*field, flow.mask);
    }
    if (output == image) // no stage changes the image: the caller keeps its input
    {
      const auto * begin = image->GetBufferPointer();
      output = WorkImage::New();
      output->CopyInformation(image);
      output->SetRegions(image->GetBufferedRegion());
      output->Allocate();
      std::copy(begin, begin + image->GetBufferedRegion().GetNumberOfPixels(), output->GetBufferPointer());
    }
    output->DisconnectPipeline();
    report.nonFinite =
      static_cast<std::size_t>(std::count_if(image->GetBufferPointer(),
                                             image->GetBufferPointer() + image->GetBufferedRegion().GetNumberOfPixels(),
                                             [](float voxel) { return !std::isfinite(voxel); }));
    report.before = Summarise(image, flow.mask);
    report.after = Summarise(output, flow.mask);
    report.maskVoxels = report.before.count + report.before.nan + report.before.infinite;
    if (m_Nan != "keep")
    {
      report.replaced = ReplaceNonFinite(output, m_Nan == "mean" ? MeanOrZero(report.after.mean) : 0.0F);
    }
    result.images = { image, output, field, flow.mask };
    if (areApart)
    {
      lanes[c].reset(); // whole volumes, which no other channel needs
    }
  }
  return results;
}

WorkImage::Pointer
Pipeline::Undo(const WorkImage::Pointer &  output,
               const std::vector<Values> & learned,
               std::size_t                 channel,
               std::size_t                 channels)
{
  WorkImage::Pointer image = output;
  const Stages       stages = this->Make(channel, channels);
  if (learned.size() != stages.size())
  {
    throw Error("the pipeline has " + std::to_string(stages.size()) + " stages, but learned values of " +
                std::to_string(learned.size()) + " are recorded; the sidecar was changed");
  }
  for (std::size_t i = stages.size(); i-- > 0;)
  {
    Assign([&](ParameterVisitor & visit) { stages[i]->VisitLearned(visit); },
           learned[i],
           "learned values of " + this->NameOf(i));
    image = Headed(this->NameOf(i), [&] { return stages[i]->ConnectInverse(image); });
  }
  image->Update();
  return image;
}

bool
MakesPlane(const PipelineSpec & pipeline)
{
  bool makesField = false;
  for (const auto & stage : pipeline.stages)
  {
    const auto & description = BuiltInStages().Find(stage.name);
    makesField = makesField || description.makesField;
    if (description.makesField && !description.fieldIsPlane)
    {
      return false;
    }
  }
  return makesField;
}

WorkImage::Pointer
MultiplyFields(const WorkImage & a, const WorkImage & b)
{
  const auto regionA = a.GetLargestPossibleRegion();
  const auto regionB = b.GetLargestPossibleRegion();
  const bool isLonger = regionA.GetNumberOfPixels() >= regionB.GetNumberOfPixels();
  auto       product = WorkImage::New();
  product->CopyInformation(isLonger ? &a : &b);
  product->SetRegions(isLonger ? regionA : regionB);
  product->Allocate();
  const auto pixelsA = regionA.GetNumberOfPixels();
  const auto pixelsB = regionB.GetNumberOfPixels();
  for (std::size_t i = 0; i < std::max(pixelsA, pixelsB); ++i)
  {
    product->GetBufferPointer()[i] = a.GetBufferPointer()[i % pixelsA] * b.GetBufferPointer()[i % pixelsB];
  }
  return product;
}

IntensitySummary
Summarise(const WorkImage::Pointer & image, const MaskImage::Pointer & mask)
{
  auto sink = itk::ImageStatisticsSink<WorkImage, MaskImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->CollectQuantilesOn();
  sink->Update();
  const auto &     statistics = *sink->GetStatistics();
  IntensitySummary summary;
  summary.count = statistics.moments.Count();
  summary.nan = statistics.nan;
  summary.infinite = statistics.infinite;
  summary.nonPositive = statistics.nonPositive;
  summary.mean = statistics.moments.Mean();
  summary.standardDeviation = std::sqrt(statistics.moments.Variance());
  summary.minimum = statistics.sketch.Minimum();
  summary.maximum = statistics.sketch.Maximum();
  for (std::size_t p = 0; p < summary.percentiles.size(); ++p)
  {
    summary.percentiles[p] = statistics.sketch.Quantile(static_cast<double>(p) / 100.0);
  }
  return summary;
}
} // namespace isolux
