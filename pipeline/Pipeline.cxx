#include "Pipeline.h"

#include "Error.h"

#include "itkCommand.h"
#include "itkImageStatisticsSink.h"
#include "itkMultiThreaderBase.h"
#include "itkOtsuThresholds.h"
#include "itkStreamingImageFilter.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>

namespace isolux
{
namespace
{
/** Seconds that each stage's own filters ran, without the filters upstream that ran inside them. */
class StageClock
{
public:
  void
  Watch(const Stage & stage, std::size_t number)
  {
    for (const auto & filter : stage.Filters())
    {
      this->Observe(filter, itk::StartEvent(), [this, number] { this->Enter(number); });
      this->Observe(filter, itk::EndEvent(), [this] { this->Leave(); });
    }
  }

  ~StageClock()
  {
    for (const auto & [filter, tag] : m_Tags)
    {
      filter->RemoveObserver(tag);
    }
  }

  double
  Seconds(std::size_t number) const
  {
    const auto entry = m_Seconds.find(number);
    return entry == m_Seconds.end() ? 0.0 : entry->second;
  }

private:
  using Clock = std::chrono::steady_clock;

  template <typename TFunction>
  void
  Observe(itk::ProcessObject * filter, const itk::EventObject & event, TFunction && f)
  {
    m_Tags.emplace_back(filter, filter->AddObserver(event, [f](const itk::EventObject &) { f(); }));
  }

  void
  Charge()
  {
    const auto now = Clock::now();
    if (!m_Running.empty())
    {
      m_Seconds[m_Running.back()] += std::chrono::duration<double>(now - m_Since).count();
    }
    m_Since = now;
  }

  void
  Enter(std::size_t number)
  {
    this->Charge();
    m_Running.push_back(number);
  }

  void
  Leave()
  {
    this->Charge();
    m_Running.pop_back();
  }

  std::vector<std::pair<itk::ProcessObject::Pointer, unsigned long>> m_Tags;
  std::vector<std::size_t>                                           m_Running;
  Clock::time_point                                                  m_Since;
  std::map<std::size_t, double>                                      m_Seconds;
};

/** Entropy, in bits, of the log intensities' density: bins of 0.01 under a Gaussian of deviation 0.05, which hides the
 * steps of 8-bit data. NaN where nothing is positive. */
double
LogEntropy(const std::vector<double> & intensities)
{
  constexpr double       binWidth = 0.01;
  constexpr double       deviation = 0.05;
  const long             reach = std::lround(4.0 * deviation / binWidth);
  std::map<long, double> histogram;
  std::map<long, double> density;
  for (const double intensity : intensities)
  {
    if (intensity > 0.0)
    {
      histogram[std::lround(std::log(intensity) / binWidth)] += 1.0;
    }
  }
  double total = 0.0;
  for (const auto & [bin, count] : histogram)
  {
    for (long step = -reach; step <= reach; ++step)
    {
      const double distance = static_cast<double>(step) * binWidth / deviation;
      const double share = count * std::exp(-0.5 * distance * distance);
      density[bin + step] += share;
      total += share;
    }
  }
  double entropy = total > 0.0 ? 0.0 : std::numeric_limits<double>::quiet_NaN();
  for (const auto & [bin, share] : density)
  {
    entropy -= share / total * std::log2(share / total);
  }
  return entropy;
}

/** Evenness of two images of the same voxels, see CaseReport.h, on up to about 200,000 voxels drawn evenly. */
void
MeasureEvenness(const WorkImage * before, const WorkImage * corrected, const MaskImage * mask, ChannelReport & report)
{
  const auto          region = before->GetLargestPossibleRegion();
  const std::size_t   length = region.GetSize(0);
  const std::size_t   step = std::max<std::size_t>(1, region.GetNumberOfPixels() / 2000000);
  std::vector<double> first;
  std::vector<double> second;
  std::size_t         voxel = 0;
  itk::ForEachRow(before,
                  region,
                  [&](const WorkImage::IndexType & index, const float * row)
                  {
                    const float * correctedRow = corrected->GetBufferPointer() + corrected->ComputeOffset(index);
                    const unsigned char * maskRow = itk::MaskAt(mask, index);
                    for (std::size_t i = 0; i < length; ++i, ++voxel)
                    {
                      if (voxel % step == 0 && (maskRow == nullptr || maskRow[i] != 0) && std::isfinite(row[i]) &&
                          std::isfinite(correctedRow[i]))
                      {
                        first.push_back(row[i]);
                        second.push_back(correctedRow[i]);
                      }
                    }
                  });
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  report.evennessBefore = report.evennessAfter = { nan, nan, nan };
  if (second.size() < 100)
  {
    return;
  }
  auto       sorted = second;
  const auto at = [&sorted](double p)
  {
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), place, sorted.end());
    return *place;
  };
  const double low = at(0.001);
  const double high = at(0.999);
  if (!(low < high))
  {
    return;
  }
  std::vector<double> counts(256);
  for (const double value : second)
  {
    const double bin = (std::clamp(value, low, high) - low) / (high - low) * 256.0;
    counts[std::min<std::size_t>(255, static_cast<std::size_t>(bin))] += 1.0;
  }
  const auto thresholds = itk::OtsuThresholds(counts, low, high, 2);
  const auto measure = [&](const std::vector<double> & values)
  {
    double     sums[2] = {};
    double     numbers[2] = {};
    double     squares[2] = {};
    const auto classOf = [&](std::size_t i) { return second[i] <= thresholds[0] ? -1 : second[i] > thresholds[1]; };
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      if (const int tissue = classOf(i); tissue >= 0)
      {
        sums[tissue] += values[i];
        numbers[tissue] += 1.0;
      }
    }
    const double means[2] = { sums[0] / numbers[0], sums[1] / numbers[1] };
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      if (const int tissue = classOf(i); tissue >= 0)
      {
        squares[tissue] += (values[i] - means[tissue]) * (values[i] - means[tissue]);
      }
    }
    const double deviations[2] = { std::sqrt(squares[0] / numbers[0]), std::sqrt(squares[1] / numbers[1]) };

    return Evenness{ deviations[1] / means[1],
                     (deviations[0] + deviations[1]) / std::abs(means[1] - means[0]),
                     LogEntropy(values) };
  };
  report.evennessBefore = measure(first);
  report.evennessAfter = measure(second);
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
} // namespace

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
    const std::string number = "stage " + std::to_string(m_Stages.size() + 1);
    const std::string where = number + " (" + stage.name + ")";
    try
    {
      m_Descriptions.push_back(BuiltInStages().Find(stage.name));
    }
    catch (const UsageError & error)
    {
      throw UsageError(number + ": " + error.what());
    }
    const auto & description = m_Descriptions.back();
    if (description.needsMask && !hasMask)
    {
      throw UsageError(where + ": needs a mask; put 'foreground' before it or give --mask");
    }
    hasMask = hasMask || description.makesMask;
    m_Stages.push_back(description.make());
    Assign([&](ParameterVisitor & visit) { m_Stages.back()->VisitOptions(visit); }, stage.options, where);
  }
}

std::vector<StageSpec>
Pipeline::Describe() const
{
  std::vector<StageSpec> stages;
  for (std::size_t i = 0; i < m_Stages.size(); ++i)
  {
    stages.push_back(
      { m_Descriptions[i].name, Read([&](ParameterVisitor & visit) { m_Stages[i]->VisitOptions(visit); }) });
  }
  return stages;
}

Pipeline::Result
Pipeline::Run(const WorkImage::Pointer & image, const MaskImage::Pointer & mask, const Execution & execution)
{
  StageClock         clock;
  Flow               flow{ image, mask };
  WorkImage::Pointer corrected = image;
  Stage *            illumination = nullptr;
  for (std::size_t i = 0; i < m_Stages.size(); ++i)
  {
    flow = m_Stages[i]->Connect(flow, execution.streamDivisions);
    clock.Watch(*m_Stages[i], i);
    if (m_Descriptions[i].makesField)
    {
      corrected = flow.image;
      illumination = m_Stages[i].get();
    }
  }
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

  Result result;
  auto & report = result.report;
  for (std::size_t i = 0; i < m_Stages.size(); ++i)
  {
    StageReport stage;
    stage.name = m_Descriptions[i].name;
    stage.options = Read([&](ParameterVisitor & visit) { m_Stages[i]->VisitOptions(visit); });
    stage.learned = Read([&](ParameterVisitor & visit) { m_Stages[i]->VisitLearned(visit); });
    stage.seconds = clock.Seconds(i);
    stage.warnings = m_Stages[i]->Warnings();
    report.stages.push_back(std::move(stage));
  }
  corrected->SetRequestedRegionToLargestPossibleRegion();
  corrected->Update();
  MeasureEvenness(image, corrected, flow.mask, report);

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
  report.before = Summarise(image, flow.mask);
  report.after = Summarise(output, flow.mask);
  report.maskVoxels = report.before.count + report.before.nan + report.before.infinite;
  if (m_Nan != "keep")
  {
    report.replaced = ReplaceNonFinite(output, m_Nan == "mean" ? static_cast<float>(report.after.mean) : 0.0F);
  }
  result.images = { image, output, illumination ? illumination->Field(image) : nullptr, flow.mask };
  return result;
}

WorkImage::Pointer
Pipeline::Undo(const WorkImage::Pointer & output, const std::vector<Values> & learned)
{
  WorkImage::Pointer image = output;
  if (learned.size() != m_Stages.size())
  {
    throw Error("the pipeline has " + std::to_string(m_Stages.size()) + " stages, but learned values of " +
                std::to_string(learned.size()) + " are recorded; the sidecar was changed");
  }
  for (std::size_t i = m_Stages.size(); i-- > 0;)
  {
    Assign([&](ParameterVisitor & visit) { m_Stages[i]->VisitLearned(visit); },
           learned[i],
           "learned values of stage " + std::to_string(i + 1) + " (" + m_Descriptions[i].name + ")");
    image = m_Stages[i]->ConnectInverse(image);
  }
  image->Update();
  return image;
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
