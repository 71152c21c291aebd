#pragma once

#include "CaseReport.h"
#include "Evenness.h"
#include "Stage.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace isolux
{
/** A stage by name, with the options that differ from its defaults. */
struct StageSpec
{
  std::string name;
  Values      options;
};

/** What may become of non-finite voxels of the output: "keep", "zero", "mean". */
const std::vector<std::string> &
NanPolicies();

/** \throws UsageError where the policy is none of NanPolicies(); `where` heads the message. */
void
CheckNanPolicy(const std::string & policy, const std::string & where);

/** What a pipeline file says. */
struct PipelineSpec
{
  std::vector<StageSpec> stages;
  std::string            nan = "keep"; ///< one of NanPolicies()
};

/** foreground, histogram-retinex, instance-norm with their defaults: for MR. The same as data/pipelines/default.json.
 */
PipelineSpec
DefaultPipeline();

/** How, not what: nothing here changes a bit of the result. */
struct Execution
{
  unsigned int threads = 1;
  unsigned int streamDivisions = 1;
  double       memory = 0.0; ///< MiB that the process may take; 0: as much as it needs
  /** In pieces also where memory would do, if that costs no time: new memory is slower than memory that is used again.
   */
  bool prefersPieces = false;

  /** Which part of the run is done, in [0, 1] and never falling, and the stage that is at work. */
  using Progress = std::function<void(double fraction, const std::string & stage)>;
  Progress progress = {}; ///< called on the thread that runs the pipeline; empty: nobody is told
};

/** Processors that this process may use: affinity, then SLURM_CPUS_PER_TASK, OMP_NUM_THREADS and
 * ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS where they are lower. */
unsigned int
AvailableThreads();

/** One number for ITK's pool and for OpenMP. */
void
SetThreads(unsigned int threads);

class StageProgress;

/** Stages in a row over the channels of an image. */
class Pipeline
{
public:
  /** \throws UsageError: no stage, unknown name or option, value out of bounds, options that do not go together, a
   * stage that needs a mask without one. */
  Pipeline(const PipelineSpec & spec, bool maskGiven);

  struct Result
  {
    ChannelReport report;
    CasePictures  images;
  };

  /** Runs every stage on every channel. Mask and weights may be null; tissue labels only tell how even it became. */
  std::vector<Result>
  Run(const std::vector<WorkImage::Pointer> & channels,
      const MaskImage::Pointer &              mask,
      const WorkImage::Pointer &              weights,
      const Execution &                       execution,
      const Tissue &                          tissue = {});

  /** A piece of a channel's result. */
  struct Piece
  {
    std::size_t           channel;
    WorkImage::RegionType region;
    const WorkImage &     before;
    const WorkImage &     output;
    const MaskImage *     mask;        ///< null: none; of extent 1 along t
    const WorkImage *     field;       ///< null: none, and from the second frame on where one holds for all
    std::size_t           fieldFrames; ///< of the whole field
  };
  using Consumer = std::function<void(const Piece & piece)>;

  /** As Run(), but the channels may be outputs of filters that read a file, and no image is ever held as a whole,
   * unless a stage does: the output goes to `consume` in execution.streamDivisions pieces, in order.
   * \throws UsageError where non-finite voxels are to become the mean, which only the whole output has. */
  std::vector<ChannelReport>
  RunInPieces(const std::vector<WorkImage::Pointer> & channels,
              const MaskImage::Pointer &              mask,
              const WorkImage::Pointer &              weights,
              const Execution &                       execution,
              const Tissue &                          tissue,
              const Consumer &                        consume);

  /** One channel, no weights. */
  Result
  Run(const WorkImage::Pointer & image, const MaskImage::Pointer & mask, const Execution & execution)
  {
    return std::move(this->Run(std::vector<WorkImage::Pointer>{ image }, mask, nullptr, execution).front());
  }

  /** Undoes the stages on one channel of an image of `channels` from their recorded values, last stage first.
   * \throws Error where a stage cannot be undone. */
  WorkImage::Pointer
  Undo(const WorkImage::Pointer &  output,
       const std::vector<Values> & learned,
       std::size_t                 channel = 0,
       std::size_t                 channels = 1);

  /** Every option of every stage, as used. */
  std::vector<StageSpec>
  Describe() const;

private:
  using Stages = std::vector<std::unique_ptr<Stage>>;
  struct Lane;

  /** A lane for each channel, its stages connected. */
  std::vector<std::unique_ptr<Lane>>
  Connect(const std::vector<WorkImage::Pointer> & channels,
          const MaskImage::Pointer &              mask,
          const WorkImage::Pointer &              weights,
          unsigned int                            streamDivisions) const;

  /** Tells of a lane's stages while they run, `first` and `last` being done of the whole run before and after them. */
  void
  Follow(const Lane & lane, double first, double last, StageProgress & progress) const;

  /** What the stages of a lane that ran have learned. */
  void
  ReportStages(Lane & lane, ChannelReport & report) const;

  /** Whether evenness is measured; says so where it is not although there are labels. */
  static bool
  MeasuresEvenness(const Lane & lane, const Tissue & tissue, ChannelReport & report);

  /** The pipeline's stages with its options, for a channel of their own. */
  Stages
  Make(std::size_t channel, std::size_t channels) const;

  /** "stage 2 (instance-norm)" */
  std::string
  NameOf(std::size_t stage) const;

  std::vector<StageDescription> m_Descriptions;
  std::vector<Values>           m_Options; ///< of each stage, all of them
  std::string                   m_Nan;
};

/** Whether what the stages divide by is the same for each plane of x and y. */
bool
MakesPlane(const PipelineSpec & pipeline);

/** What two stages divide by together. Where one field is of extent 1 along t, it holds for every frame. */
WorkImage::Pointer
MultiplyFields(const WorkImage & a, const WorkImage & b);

/** Counts, moments and percentiles inside the mask; everywhere where it is null. */
IntensitySummary
Summarise(const WorkImage::Pointer & image, const MaskImage::Pointer & mask);
} // namespace isolux
