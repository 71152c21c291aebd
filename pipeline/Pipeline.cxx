#include "Pipeline.h"

#include "Error.h"
#include "StageClock.h"
#include "StageProgress.h"

#include "itkImageAlgorithm.h"
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
constexpr unsigned int TimeAxis = 3;

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

IntensitySummary
SummaryOf(const itk::ImageStatistics & statistics)
{
  IntensitySummary summary;
  summary.count = statistics.moments.Count();
  summary.nan = statistics.nan;
  summary.infinite = statistics.infinite;
  summary.nonPositive = statistics.nonPositive;
  summary.mean = statistics.moments.Mean();
  summary.standardDeviation = std::sqrt(statistics.moments.Variance());
  const bool isEmpty = !(statistics.minimum <= statistics.maximum);
  summary.minimum = isEmpty ? std::numeric_limits<double>::quiet_NaN() : statistics.minimum;
  summary.maximum = isEmpty ? std::numeric_limits<double>::quiet_NaN() : statistics.maximum;
  std::vector<double> fractions(summary.percentiles.size());
  for (std::size_t p = 0; p < fractions.size(); ++p)
  {
    fractions[p] = static_cast<double>(p) / 100.0;
  }
  const auto quantiles = statistics.sketch.Quantiles(fractions);
  std::copy(quantiles.begin(), quantiles.end(), summary.percentiles.begin());
  summary.percentiles.front() = summary.minimum;
  summary.percentiles.back() = summary.maximum;
  return summary;
}

WorkImage::Pointer
CopyOf(const WorkImage & image, const WorkImage::RegionType & region)
{
  auto copy = WorkImage::New();
  copy->CopyInformation(&image);
  copy->SetBufferedRegion(region);
  copy->SetRequestedRegion(region);
  copy->Allocate();
  itk::ImageAlgorithm::Copy(&image, copy.GetPointer(), region, region);
  return copy;
}

/** The image may be null. */
void
UpdateWhole(itk::DataObject * image)
{
  if (image != nullptr)
  {
    image->SetRequestedRegionToLargestPossibleRegion();
    image->Update();
  }
}

template <typename TImage>
void
UpdatePiece(TImage & image, const typename TImage::RegionType & piece)
{
  // Not Update(): it would take what was read for the last piece for a change of the input, and learn anew.
  image.SetRequestedRegion(piece);
  image.PropagateRequestedRegion();
  image.UpdateOutputData();
}

/** What the stages divide by together, over a piece of the image; of one frame where that holds for all. */
WorkImage::Pointer
FieldOver(const std::vector<Stage *> & stages, const WorkImage & image, const WorkImage::RegionType & piece)
{
  const auto grid = WorkImage::New();
  grid->CopyInformation(&image);
  grid->SetRegions(piece);
  WorkImage::Pointer product;
  for (Stage * const stage : stages)
  {
    auto field = stage->Field(grid);
    auto part = piece;
    part.Crop(field->GetBufferedRegion());
    if (part != field->GetBufferedRegion()) // that of the whole image
    {
      field = CopyOf(*field, part);
      field->SetLargestPossibleRegion(part);
    }
    product = product ? MultiplyFields(*product, *field) : field;
  }
  return product;
}

std::size_t
CountNonFinite(const float * values, std::size_t length)
{
  return static_cast<std::size_t>(
    std::count_if(values, values + length, [](float value) { return !std::isfinite(value); }));
}

/** What a report says of a channel's voxels before and after, gathered piece by piece. */
class Comparison
{
public:
  /** The mask may be null. */
  explicit Comparison(const MaskImage * mask)
    : m_Mask(mask)
  {
  }

  void
  Add(const WorkImage & before, const WorkImage & after, const WorkImage::RegionType & piece)
  {
    constexpr std::uint64_t drawn = 1U << 19U; // voxels: quantiles are then off by a few thousandths of their rank
    const auto draw = itk::QuantileDraw::About(drawn, before.GetLargestPossibleRegion().GetNumberOfPixels());
    itk::AddStatistics(m_Threader, &before, m_Mask, piece, draw, m_Before);
    itk::AddStatistics(m_Threader, &after, m_Mask, piece, draw, m_After);
    if (m_Mask != nullptr)
    {
      itk::ReduceRegion(m_Threader,
                        piece,
                        m_NonFinite,
                        [&before](const auto & slab, NonFinite & found)
                        {
                          itk::ForEachRun(&before,
                                          slab,
                                          [&found](const auto &, const float * run, std::size_t length)
                                          { found.count += CountNonFinite(run, length); });
                        });
    }
  }

  void
  Report(ChannelReport & report) const
  {
    report.before = SummaryOf(m_Before);
    report.after = SummaryOf(m_After);
    report.maskVoxels = report.before.count + report.before.nan + report.before.infinite;
    report.nonFinite = m_Mask != nullptr ? m_NonFinite.count : report.before.nan + report.before.infinite;
  }

private:
  /** Of the whole image, not the mask's voxels alone. */
  struct NonFinite
  {
    std::size_t count = 0;

    void
    Merge(const NonFinite & other)
    {
      count += other.count;
    }
  };

  const MaskImage *               m_Mask;
  itk::MultiThreaderBase::Pointer m_Threader = itk::MultiThreaderBase::New();
  itk::ImageStatistics            m_Before;
  itk::ImageStatistics            m_After;
  NonFinite                       m_NonFinite;
};

/** Which part of the passes over an image that is never held as a whole comes before its first piece is done. */
double
LearningShare(const std::vector<StageDescription> & stages)
{
  double passes = 0.0;
  for (const auto & stage : stages)
  {
    passes += stage.access == Access::TwoPass ? stage.learningPasses : stage.access == Access::WholeImage ? 1.0 : 0.0;
  }
  return passes / (passes + 1.0);
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

struct Pipeline::Lane
{
  Stages               stages;
  StageClock           clock;
  Flow                 flow;
  WorkImage::Pointer   corrected;    ///< after the last stage that divides by a field
  std::vector<Stage *> illumination; ///< those that divide by a field
};

std::vector<std::unique_ptr<Pipeline::Lane>>
Pipeline::Connect(const std::vector<WorkImage::Pointer> & channels,
                  const MaskImage::Pointer &              mask,
                  const WorkImage::Pointer &              weights,
                  unsigned int                            streamDivisions) const
{
  std::vector<std::unique_ptr<Lane>> lanes;
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    auto lane = std::make_unique<Lane>();
    lane->stages = this->Make(c, channels.size());
    lane->flow = { channels[c], mask, weights };
    lane->corrected = channels[c];
    lanes.push_back(std::move(lane));
  }
  for (std::size_t i = 0; i < m_Descriptions.size(); ++i)
  {
    std::vector<Flow> flows;
    for (const auto & lane : lanes)
    {
      flows.push_back(lane->flow);
    }
    for (const auto & lane : lanes)
    {
      lane->flow.channels = flows;
      const auto next = Headed(this->NameOf(i), [&] { return lane->stages[i]->Connect(lane->flow, streamDivisions); });
      lane->flow = { next.image, next.mask, weights };
      lane->clock.Watch(*lane->stages[i], i);
      if (m_Descriptions[i].makesField)
      {
        lane->corrected = lane->flow.image;
        lane->illumination.push_back(lane->stages[i].get());
      }
    }
  }
  return lanes;
}

void
Pipeline::Follow(const Lane & lane, double first, double last, StageProgress & progress) const
{
  const double share = (last - first) / static_cast<double>(m_Descriptions.size());
  for (std::size_t i = 0; i < m_Descriptions.size(); ++i)
  {
    progress.Watch(*lane.stages[i], m_Descriptions[i].name, first + share * static_cast<double>(i), share);
  }
}

void
Pipeline::ReportStages(Lane & lane, ChannelReport & report) const
{
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
}

bool
Pipeline::MeasuresEvenness(const Lane & lane, const Tissue & tissue, ChannelReport & report)
{
  const auto logarithm =
    std::find_if(lane.stages.begin(), lane.stages.end(), [](const auto & stage) { return stage->MakesLogarithm(); });
  if (logarithm != lane.stages.end() && tissue.labels)
  {
    report.stages[static_cast<std::size_t>(logarithm - lane.stages.begin())].warnings.emplace_back(
      "the output is a logarithm, which has no coefficient of variation: the tissue labels are not used");
  }
  return logarithm == lane.stages.end();
}

std::vector<Pipeline::Result>
Pipeline::Run(const std::vector<WorkImage::Pointer> & channels,
              const MaskImage::Pointer &              mask,
              const WorkImage::Pointer &              weights,
              const Execution &                       execution,
              const Tissue &                          tissue)
{
  const bool areApart =
    std::none_of(m_Descriptions.begin(), m_Descriptions.end(), [](const auto & stage) { return stage.usesChannels; });
  StageProgress       progress(execution.progress);
  auto                lanes = this->Connect(channels, mask, weights, execution.streamDivisions);
  std::vector<Result> results(channels.size());
  const double        share = 1.0 / static_cast<double>(channels.size()); // of a channel in the whole run
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    this->Follow(*lanes[c], share * static_cast<double>(c), share * static_cast<double>(c + 1), progress);
  }
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    auto &       lane = *lanes[c];
    auto &       result = results[c];
    auto &       report = result.report;
    const auto & image = channels[c];
    const auto   whole = image->GetLargestPossibleRegion();
    const auto   flow = lane.flow;
    UpdateWhole(flow.mask);
    WorkImage::Pointer output = flow.image;
    const auto streamer = itk::StreamingImageFilter<WorkImage, WorkImage>::New(); // an image does not keep its source
    if (execution.streamDivisions > 1)
    {
      streamer->SetInput(flow.image);
      streamer->SetNumberOfStreamDivisions(execution.streamDivisions);
      output = streamer->GetOutput();
    }
    output->Update();
    this->ReportStages(lane, report);
    UpdateWhole(flow.mask); // of which a learner may have asked for a piece
    UpdateWhole(lane.corrected);
    WorkImage::Pointer field;
    for (auto * const stage : lane.illumination)
    {
      field = field ? MultiplyFields(*field, *stage->Field(image)) : stage->Field(image);
    }
    if (MeasuresEvenness(lane, tissue, report))
    {
      EvennessSample sample(whole, tissue);
      sample.Add(*image, *lane.corrected, flow.mask, whole);
      sample.Report(report);
    }
    if (field)
    {
      FieldSample sample(field->GetLargestPossibleRegion());
      sample.Add(*field, flow.mask, field->GetLargestPossibleRegion());
      report.field = sample.Summary();
    }
    if (output == image) // no stage changes the image: the caller keeps its input
    {
      output = CopyOf(*image, whole);
    }
    output->DisconnectPipeline();
    Comparison comparison(flow.mask);
    comparison.Add(*image, *output, whole);
    comparison.Report(report);
    if (m_Nan != "keep")
    {
      report.replaced = ReplaceNonFinite(output, m_Nan == "mean" ? MeanOrZero(report.after.mean) : 0.0F);
    }
    progress.Tell(share * static_cast<double>(c + 1), m_Descriptions.back().name);
    result.images = { image, output, field, flow.mask };
    if (areApart)
    {
      lanes[c].reset(); // whole volumes, which no other channel needs
    }
  }
  return results;
}

std::vector<ChannelReport>
Pipeline::RunInPieces(const std::vector<WorkImage::Pointer> & channels,
                      const MaskImage::Pointer &              mask,
                      const WorkImage::Pointer &              weights,
                      const Execution &                       execution,
                      const Tissue &                          tissue,
                      const Consumer &                        consume)
{
  if (m_Nan == "mean")
  {
    throw UsageError("non-finite voxels cannot become the mean of an output that is written piece by piece; use --nan "
                     "keep or zero, or leave --memory out");
  }
  StageProgress              progress(execution.progress);
  const auto                 lanes = this->Connect(channels, mask, weights, execution.streamDivisions);
  std::vector<ChannelReport> reports(channels.size());
  const double               share = 1.0 / static_cast<double>(channels.size()); // of a channel in the whole run
  const double               learning = LearningShare(m_Descriptions);
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    const auto channel = static_cast<double>(c);
    this->Follow(*lanes[c], share * channel, share * (channel + learning), progress);
  }
  for (std::size_t c = 0; c < channels.size(); ++c)
  {
    auto &       lane = *lanes[c];
    auto &       report = reports[c];
    const auto   image = channels[c];
    const auto   output = lane.flow.image;
    const auto   whole = image->GetLargestPossibleRegion();
    MaskImage *  inside = lane.flow.mask;
    unsigned int pieces = execution.streamDivisions;

    Comparison                 comparison(inside);
    EvennessSample             evenness(whole, tissue);
    std::optional<FieldSample> fieldSample;
    std::size_t                fieldFrames = 0;
    bool                       measuresEvenness = false;
    output->UpdateOutputInformation();
    if (inside)
    {
      inside->UpdateOutputInformation();
    }
    pieces = itk::NumberOfRowDivisions(whole, pieces);
    const auto splitter = itk::ImageRegionSplitterSlowDimension::New();
    for (unsigned int i = 0; i < pieces; ++i)
    {
      auto piece = whole;
      splitter->GetSplit(i, pieces, piece);
      const auto updateMask = [&]
      {
        if (inside)
        {
          UpdatePiece(*inside, itk::MaskRegion(inside, piece));
        }
      };
      updateMask(); // what it is learned of may be one of the next
      UpdatePiece(*output, piece);
      UpdatePiece(*lane.corrected, piece);
      UpdatePiece(*image, piece);
      updateMask(); // again: a learner may have asked for another piece
      if (i == 0)
      {
        this->ReportStages(lane, report);
        measuresEvenness = MeasuresEvenness(lane, tissue, report);
      }
      WorkImage::Pointer field;
      if (i == 0 && !lane.illumination.empty())
      {
        auto line = whole; // of one voxel's frames
        for (unsigned int axis = 0; axis < TimeAxis; ++axis)
        {
          line.SetSize(axis, 1);
        }
        fieldFrames = FieldOver(lane.illumination, *image, line)->GetBufferedRegion().GetSize(TimeAxis);
        auto grid = whole;
        grid.SetSize(TimeAxis, fieldFrames);
        fieldSample.emplace(grid);
      }
      if (fieldFrames > 1 || (fieldFrames == 1 && piece.GetIndex(TimeAxis) == whole.GetIndex(TimeAxis)))
      {
        field = FieldOver(lane.illumination, *image, piece);
        fieldSample->Add(*field, inside, field->GetBufferedRegion());
      }
      WorkImage::Pointer written = output;
      if (m_Nan == "zero")
      {
        written = CopyOf(*output, piece);
        report.replaced += ReplaceNonFinite(written, 0.0F);
      }
      consume({ c, piece, *image, *written, inside, field, fieldFrames }); // first: it may go on meanwhile
      if (measuresEvenness)
      {
        evenness.Add(*image, *lane.corrected, inside, piece);
      }
      comparison.Add(*image, *output, piece);
      const double applied = static_cast<double>(i + 1) / static_cast<double>(pieces);
      progress.Tell(share * (static_cast<double>(c) + learning + (1.0 - learning) * applied),
                    m_Descriptions.back().name);
    }
    comparison.Report(report);
    if (measuresEvenness)
    {
      evenness.Report(report);
    }
    if (fieldSample)
    {
      report.field = fieldSample->Summary();
    }
  }
  return reports;
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
  return SummaryOf(*sink->GetStatistics());
}
} // namespace isolux
