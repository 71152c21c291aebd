#include "Case.h"

#include "AtomicFile.h"
#include "Error.h"
#include "InflatedFile.h"
#include "ItkFile.h"
#include "KeptIntegersWriter.h"
#include "PipelineFiles.h"
#include "ReducedPictures.h"
#include "RegionWriter.h"
#include "SidecarJson.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <memory>
#include <optional>
#include <sstream>
#include <tuple>

namespace isolux
{
namespace
{
double
SecondsSince(std::chrono::steady_clock::time_point start)
{
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double
PeakMemoryMiB()
{
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/** Whether a stage of the pipeline has that trait. */
bool
AnyStage(const PipelineSpec & pipeline, bool StageDescription::*trait)
{
  return std::any_of(pipeline.stages.begin(),
                     pipeline.stages.end(),
                     [trait](const StageSpec & stage) { return BuiltInStages().Find(stage.name).*trait; });
}

/** A volume on the same grid that holds something else. */
Volume
Like(const Volume & volume, const WorkImage::Pointer & image)
{
  Volume other = volume;
  other.channels = { image };
  other.axes = std::min(volume.axes, 3U);
  return other;
}

WorkImage::Pointer
AsImage(const MaskImage * mask, const WorkImage * grid)
{
  auto region = grid->GetLargestPossibleRegion();
  region.SetSize(3, 1);
  auto image = WorkImage::New();
  image->CopyInformation(grid);
  image->SetRegions(region);
  image->Allocate();
  const auto voxels = region.GetNumberOfPixels();
  if (mask == nullptr)
  {
    std::fill_n(image->GetBufferPointer(), voxels, 1.0F);
  }
  else
  {
    std::copy_n(mask->GetBufferPointer(), voxels, image->GetBufferPointer());
  }
  return image;
}
/** The first plane of x and y. */
WorkImage::Pointer
FirstPlane(const WorkImage & field)
{
  auto region = field.GetLargestPossibleRegion();
  region.SetSize(2, 1);
  region.SetSize(3, 1);
  auto plane = WorkImage::New();
  plane->CopyInformation(&field);
  plane->SetRegions(region);
  plane->Allocate();
  std::copy_n(field.GetBufferPointer(), region.GetNumberOfPixels(), plane->GetBufferPointer());
  return plane;
}

/** What the report says of files, time and memory, once the output is in place. */
void
FinishReport(const CaseTask &                      task,
             const CaseOptions &                   options,
             const PipelineSpec &                  pipeline,
             const Volume &                        volume,
             FileType                              type,
             std::chrono::steady_clock::time_point start,
             CaseReport &                          report)
{
  report.outputBytes = std::filesystem::file_size(task.output);
  report.input = task.input.filename().string();
  report.inputHash = volume.hash;
  report.inputFormat = volume.format;
  report.inputComponent = volume.component;
  report.grid = WorkImage::New();
  report.grid->CopyInformation(volume.channels.front());
  report.output = task.output.filename().string();
  report.fileType = ToString(type);
  report.site = task.site;
  report.participant = task.participant;
  report.nanPolicy = pipeline.nan;
  report.threads = options.execution.threads;
  report.seconds = SecondsSince(start);
  report.peakMemoryMiB = PeakMemoryMiB();
}

/** What the report says of the files beside the output. */
void
NoteFiles(const CaseOptions & options, const PipelineSpec & pipeline, CaseReport & report)
{
  if (!options.field.empty() &&
      std::any_of(pipeline.stages.begin(),
                  pipeline.stages.end(),
                  [](const StageSpec & stage) { return !BuiltInStages().Find(stage.name).recordsField; }))
  {
    report.field = options.field.filename().string();
    report.fieldSha256 = HashFile(options.field);
  }
  const bool writesMask = options.maskIsOutput || !options.mask.empty();
  if (writesMask && report.channels.size() > 1)
  {
    report.warnings.push_back("the mask written is that of channel 1 of " + std::to_string(report.channels.size()));
  }
}

/** The files of a case that is processed in pieces. */
class PieceWriters
{
public:
  PieceWriters(
    const CaseTask & task, const Volume & volume, const CaseOptions & options, FileType type, bool fieldIsPlane)
    : m_Volume(volume)
    , m_Options(options)
    , m_FieldIsPlane(fieldIsPlane)
  {
    const auto mask = options.maskIsOutput ? task.output : options.mask;
    if (type == FileType::Int16Scaled)
    {
      m_Kept = std::make_unique<KeptIntegersWriter>(volume, task.output, this->As(type));
    }
    else if (!options.maskIsOutput)
    {
      m_Output = std::make_unique<RegionWriter>(volume, task.output, this->As(FileType::Float32));
    }
    if (!mask.empty())
    {
      m_Mask = std::make_unique<RegionWriter>(Like(volume, this->Grid(3, 1)), mask, this->BesideAs(FileType::UInt8));
    }
  }

  void
  Write(const Pipeline::Piece & piece)
  {
    auto       frame = piece.region; // of what has one for all
    const auto whole = m_Volume.channels.front()->GetLargestPossibleRegion();
    const bool isFirstFrame = frame.GetIndex(3) == whole.GetIndex(3);
    frame.SetSize(3, 1);
    if (m_Kept)
    {
      m_Kept->Add(piece.before, piece.output, piece.region);
    }
    if (m_Output)
    {
      m_Output->Write(piece.channel, piece.output, piece.region);
    }
    if (m_Mask && piece.channel == 0 && isFirstFrame)
    {
      piece.mask != nullptr ? m_Mask->Write(0, *piece.mask, frame) : m_Mask->Write(0, *Ones(frame), frame);
    }
    if (!m_Options.field.empty() && piece.field != nullptr)
    {
      auto region = piece.fieldFrames > 1 ? piece.region : frame;
      if (!m_Field)
      {
        auto field = Like(m_Volume, this->Grid(m_FieldIsPlane ? 2 : 3, piece.fieldFrames));
        field.axes = m_FieldIsPlane ? 2 : piece.fieldFrames > 1 ? 4 : field.axes;
        field.channels.resize(m_Volume.channels.size(), field.channels.front());
        m_Field = std::make_unique<RegionWriter>(field, m_Options.field, this->BesideAs(FileType::Float32));
      }
      if (m_FieldIsPlane)
      {
        if (!isFirstFrame || region.GetIndex(2) != whole.GetIndex(2))
        {
          return;
        }
        region.SetSize(2, 1);
        region.SetSize(3, 1);
      }
      m_Field->Write(piece.channel, *piece.field, region);
    }
  }

  void
  Commit(const std::function<void()> & beforeCommit)
  {
    for (RegionWriter * const writer : { m_Mask.get(), m_Field.get(), m_Output.get() })
    {
      if (writer != nullptr)
      {
        writer->Close(); // all, before any bears its final name
      }
    }
    if (m_Kept)
    {
      m_Kept->Close();
    }
    if (m_Mask && !m_Options.maskIsOutput)
    {
      m_Mask->Commit();
    }
    if (m_Field)
    {
      m_Field->Commit();
    }
    if (m_Kept)
    {
      m_Kept->Commit(beforeCommit);
      return;
    }
    (m_Output ? m_Output : m_Mask)->Commit(beforeCommit);
  }

  /** What the output's type did to the values. */
  Quantisation
  Rounding() const
  {
    return m_Kept ? m_Kept->Rounding() : Quantisation{};
  }

private:
  WriteOptions
  As(FileType type) const
  {
    WriteOptions write = m_Options.write;
    write.type = type;
    return write;
  }

  /** Of what is written beside the output: memory is for that. */
  WriteOptions
  BesideAs(FileType type) const
  {
    auto write = this->As(type);
    write.threads = std::min(write.threads, 2U);
    return write;
  }

  /** The volume's, without pixels, of so many frames; of extent 1 along what follows the first `axes` ones. */
  WorkImage::Pointer
  Grid(unsigned int axes, std::size_t frames) const
  {
    auto region = m_Volume.channels.front()->GetLargestPossibleRegion();
    for (unsigned int axis = axes; axis < 3; ++axis)
    {
      region.SetSize(axis, 1);
    }
    region.SetSize(3, axes < 3 ? 1 : frames);
    auto grid = WorkImage::New();
    grid->CopyInformation(m_Volume.channels.front());
    grid->SetLargestPossibleRegion(region);
    return grid;
  }

  static MaskImage::Pointer
  Ones(const MaskImage::RegionType & region)
  {
    auto mask = MaskImage::New();
    mask->SetRegions(region);
    mask->Allocate();
    mask->FillBuffer(1);
    return mask;
  }

  const Volume &                      m_Volume;
  const CaseOptions &                 m_Options;
  const bool                          m_FieldIsPlane;
  std::unique_ptr<RegionWriter>       m_Output; ///< null where the mask is the output, or integers are kept
  std::unique_ptr<KeptIntegersWriter> m_Kept;   ///< null where they are not
  std::unique_ptr<RegionWriter>       m_Mask;
  std::unique_ptr<RegionWriter>       m_Field; ///< null until the first piece tells how many frames it has
};

/** Of NIfTI alone, whose bytes are the same then: in memory, other formats are compressed. */
bool
PrefersPieces(const CaseTask & task, const CaseOptions & options)
{
  const auto isNifti = [](const std::filesystem::path & path)
  { return path.empty() || VolumeExtension(path).compare(0, 4, ".nii") == 0; };
  return options.execution.prefersPieces && options.execution.streamDivisions == 1 && isNifti(task.input) &&
         isNifti(task.output) && isNifti(options.field) && isNifti(options.mask);
}

/** Reads the volume, or opens it where memory is bounded. \throws UsageError where more is needed than may be taken. */
MemoryPlan
OpenCase(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options, Volume & volume)
{
  const double memory = options.execution.memory;
  if (memory == 0.0 && !PrefersPieces(task, options))
  {
    volume = ReadVolume(task.input, options.hashType);
    return {};
  }
  const auto plan = PlanCase(task, pipeline, options, volume);
  if (memory > 0.0 && plan.peak > memory)
  {
    throw UsageError(
      task.input.string() + ": needs about " + std::to_string(std::lround(plan.peak)) + " MiB, and --memory is " +
      std::to_string(std::lround(memory)) + (plan.obstacle.empty() ? "" : "; " + plan.obstacle) + "; give --memory " +
      std::to_string(std::lround(std::ceil(plan.peak))) + (plan.obstacle.empty() ? "" : ", or change that"));
  }
  if (!plan.inPieces && !volume.sources.empty())
  {
    volume = ReadVolume(task.input, options.hashType);
  }
  if (volume.inflated && !plan.inflatesInMemory)
  {
    std::filesystem::create_directories(FolderOf(task.output));
    volume.inflated->KeepIn(FolderOf(task.output));
  }
  return plan;
}
} // namespace

FileType
OutputType(const CaseOptions & options, const std::string & component, const std::filesystem::path & output)
{
  const bool hasScale = OutputExtension(output).compare(0, 4, ".nii") == 0;
  return options.maskIsOutput                    ? FileType::UInt8
         : !options.keepsType                    ? options.write.type
         : hasScale && IsSmallInteger(component) ? FileType::Int16Scaled
                                                 : FileType::Float32;
}

MemoryPlan
PlanCase(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options, Volume & volume)
{
  const bool isOpened = CanOpenVolume(task.input);
  volume = isOpened ? OpenVolume(task.input, options.hashType) : ReadVolume(task.input, options.hashType);
  const auto  channels = volume.channels.size();
  const auto  type = OutputType(options, volume.component, task.output);
  std::string obstacle;
  if (!isOpened)
  {
    obstacle = task.input.filename().string() + " cannot be read in pieces: convert it to .nii or .nii.gz, "
                                                "or to .mha or .nrrd without compression";
  }
  const bool keepsIntegers = isOpened && options.keepsIntegers && type == FileType::Int16Scaled &&
                             CanKeepIntegers(volume, task.output) && !AnyStage(pipeline, &StageDescription::makesField);
  for (const auto & [path, fileType, fileChannels] :
       { std::tuple{ task.output, type, options.maskIsOutput ? 1 : channels },
         { options.field, FileType::Float32, channels },
         { options.mask, FileType::UInt8, std::size_t{ 1 } } })
  {
    if (obstacle.empty() && !path.empty() && !CanWriteRegions(path, fileType, fileChannels) &&
        !(keepsIntegers && path == task.output))
    {
      obstacle = path.filename().string() + " cannot be written in pieces: write float32 as .nii or .nii.gz, or of one "
                                            "channel as .mha or .nrrd";
    }
  }
  MemoryNeeds needs;
  needs.region = volume.channels.front()->GetLargestPossibleRegion();
  needs.channels = channels;
  needs.hasMask = !task.mask.empty();
  needs.wantsPictures = options.wantsPictures;
  needs.inflated = volume.inflatedMiB;
  needs.buffers = volume.bufferMiB;
  needs.companions = !options.weights.empty() + !options.tissue.empty();
  PipelineSpec files = pipeline;
  ForEachFile(files, [&needs](std::string & text) { needs.companions += IsVolumeName(FileOf(text)); });
  return PlanMemory(pipeline, needs, options.execution.memory, PrefersPieces(task, options), obstacle);
}

namespace
{
CaseResult
Process(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options)
{
  const auto start = std::chrono::steady_clock::now();
  if (!options.field.empty() && !AnyStage(pipeline, &StageDescription::makesField))
  {
    throw UsageError("no stage of this pipeline divides by a field, so there is none to write to " +
                     options.field.string() + "; add 'histogram-retinex' or leave --field out");
  }
  if (!options.weights.empty() && !AnyStage(pipeline, &StageDescription::usesWeights))
  {
    throw UsageError("no stage of this pipeline uses weights, so " + options.weights.string() +
                     " would change nothing; leave --weights out");
  }
  CheckWritable(task.output, options.keepsType ? FileType::Float32 : OutputType(options, "", task.output));
  for (const auto & path : { options.field, options.mask })
  {
    if (!path.empty())
    {
      CheckWritable(path, FileType::Float32);
    }
  }
  CaseResult   result;
  auto &       report = result.report;
  Volume       volume;
  const auto   plan = OpenCase(task, pipeline, options, volume);
  WriteOptions write = options.write;
  write.type = OutputType(options, volume.component, task.output);
  write.original = &volume;
  CheckWritable(task.output, write.type);
  report.warnings = volume.warnings;

  MaskImage::Pointer mask;
  if (!task.mask.empty())
  {
    mask = ReadMask(task.mask, *volume.channels.front(), report.warnings, options.maskLabels);
    report.mask = task.mask.filename().string();
    report.maskSha256 = HashVolume(task.mask);
    report.maskLabels = options.maskLabels;
  }
  WorkImage::Pointer weights;
  if (!options.weights.empty())
  {
    weights = ReadWeights(options.weights, *volume.channels.front(), report.warnings);
    report.weights = options.weights.filename().string();
    report.weightsSha256 = HashVolume(options.weights);
  }
  Tissue tissue;
  if (!options.tissue.empty())
  {
    tissue.values = options.tissueLabels;
    tissue.labels = ReadTissueLabels(options.tissue, *volume.channels.front(), tissue.values, report.warnings);
    report.tissue = options.tissue.filename().string();
    report.tissueSha256 = HashVolume(options.tissue);
    report.tissueLabels = tissue.values;
  }
  report.files = HashFiles(pipeline);
  report.readSeconds = SecondsSince(start);

  const auto sidecar = SidecarPath(task.output);
  // A sidecar must never lie beside a volume that it does not describe.
  const auto removeSidecar = [&sidecar]
  {
    std::error_code failure;
    std::filesystem::remove(sidecar, failure);
    if (failure)
    {
      throw Error(sidecar.string() + ": cannot be replaced: " + failure.message() + "; choose another output folder");
    }
  };
  if (plan.inPieces)
  {
    auto execution = options.execution;
    execution.streamDivisions = plan.pieces;
    PieceWriters                   writers(task, volume, options, write.type, MakesPlane(pipeline));
    std::optional<ReducedPictures> pictures;
    if (options.wantsPictures)
    {
      pictures.emplace(*volume.channels.front(), volume.channels.size());
    }
    report.channels = Pipeline(pipeline, mask.IsNotNull())
                        .RunInPieces(volume.channels,
                                     mask,
                                     weights,
                                     execution,
                                     tissue,
                                     [&](const Pipeline::Piece & piece)
                                     {
                                       writers.Write(piece);
                                       if (pictures)
                                       {
                                         pictures->Add(piece);
                                       }
                                     });
    if (pictures)
    {
      result.channels = pictures->Take();
    }
    FinishHash(volume);
    const auto writing = std::chrono::steady_clock::now();
    writers.Commit(removeSidecar);
    report.largestRounding = writers.Rounding().largest;
    NoteFiles(options, pipeline, report);
    report.writeSeconds = SecondsSince(writing);
    FinishReport(task, options, pipeline, volume, write.type, start, report);
    WriteTextFile(sidecar, WriteSidecar(report));
    return result;
  }
  Volume output = volume;
  output.channels.clear();
  for (auto & channel :
       Pipeline(pipeline, mask.IsNotNull()).Run(volume.channels, mask, weights, options.execution, tissue))
  {
    output.channels.push_back(channel.images.after);
    report.channels.push_back(std::move(channel.report));
    result.channels.push_back(std::move(channel.images));
  }

  const auto   writing = std::chrono::steady_clock::now();
  const auto & first = result.channels.front();
  if (!options.mask.empty())
  {
    WriteOptions mask8 = options.write;
    mask8.type = FileType::UInt8;
    WriteVolume(Like(volume, AsImage(first.mask, first.before)), options.mask, mask8);
  }
  if (!options.field.empty())
  {
    WriteOptions field32 = options.write;
    field32.type = FileType::Float32;
    const bool isPlane = MakesPlane(pipeline);
    Volume     field = Like(volume, first.field);
    field.axes = isPlane ? 2 : first.field->GetLargestPossibleRegion().GetSize(3) > 1 ? 4 : field.axes;
    field.channels.clear();
    for (const auto & channel : result.channels)
    {
      field.channels.push_back(isPlane ? FirstPlane(*channel.field) : channel.field);
    }
    WriteVolume(field, options.field, field32);
  }
  NoteFiles(options, pipeline, report);
  if (options.maskIsOutput)
  {
    output = Like(volume, AsImage(first.mask, first.before));
  }
  const auto rounding = WriteVolume(output, task.output, write, removeSidecar);
  report.clamped = rounding.clamped;
  report.largestRounding = rounding.largest;
  if (report.clamped > 0)
  {
    report.warnings.push_back(std::to_string(report.clamped) +
                              " voxels clamped or not finite: int16 cannot hold them; use --dtype float32");
  }
  report.writeSeconds = SecondsSince(writing);

  FinishReport(task, options, pipeline, volume, write.type, start, report);
  WriteTextFile(sidecar, WriteSidecar(report));
  return result;
}

} // namespace

CaseResult
ProcessCase(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options)
{
  auto   own = options;
  double told = 0.0;
  if (options.execution.progress)
  {
    own.execution.progress = [&](double fraction, const std::string & stage)
    {
      told = std::max(told, fraction);
      options.execution.progress(told, stage);
    };
  }
  try
  {
    try
    {
      return Process(task, pipeline, own);
    }
    catch (const NotLinearError &)
    {
      own.keepsIntegers = false;
      return Process(task, pipeline, own);
    }
  }
  catch (const itk::ExceptionObject & exception) // of a filter, or of a file that is read while it runs
  {
    const auto text = ShortDescription(exception);
    const auto name = task.input.string();
    throw Error(text.find(name) == std::string::npos ? name + ": " + text : text);
  }
}

std::vector<std::pair<std::string, std::string>>
HashFiles(const PipelineSpec & pipeline)
{
  std::vector<std::pair<std::string, std::string>> hashes;
  PipelineSpec                                     files = pipeline;
  ForEachFile(files,
              [&](std::string & text)
              { hashes.emplace_back(std::filesystem::path(text).filename().string(), HashFile(FileOf(text))); });
  return hashes;
}

namespace
{
/** Puts the field that was kept in place of what a stage has not recorded. \return false where every stage has. */
bool
TakeField(Sidecar & sidecar, const std::filesystem::path & output, const std::filesystem::path & field)
{
  auto &     stages = sidecar.pipeline.stages;
  const auto unrecorded = std::find_if(
    stages.begin(), stages.end(), [](const auto & spec) { return !BuiltInStages().Find(spec.name).recordsField; });
  if (unrecorded == stages.end())
  {
    return false;
  }
  const auto stage = BuiltInStages().Find(unrecorded->name).make();
  Assign([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }, unrecorded->options, unrecorded->name);
  if (stage->MakesLogarithm())
  {
    return true; // which no field undoes, as the stage will say
  }
  if (std::count_if(
        stages.begin(), stages.end(), [](const auto & spec) { return BuiltInStages().Find(spec.name).makesField; }) > 1)
  {
    throw Error(output.string() + ": several stages divided by a field, and " + unrecorded->name +
                " did not record its own: a field that --field wrote is the product of all, and does not tell it");
  }
  const auto sha256 = HashFile(field);
  *unrecorded = { "apply-field", { { "field", field.string() } } };
  for (auto & channel : sidecar.learned)
  {
    channel.at(static_cast<std::size_t>(unrecorded - stages.begin())) = {
      { "sha256", sidecar.report.field.empty() ? sha256 : sidecar.report.fieldSha256 }
    };
  }
  return true;
}

/** With the files that the undoing needs, and without the others. \throws Error where one is missing. */
PipelineSpec
ForUndo(Sidecar & sidecar, const std::filesystem::path & output, const std::filesystem::path & field)
{
  const bool   isTaken = !field.empty() && TakeField(sidecar, output, field);
  const auto & recorded = sidecar.pipeline;
  PipelineSpec pipeline = WithoutFiles(recorded);
  bool         isNeeded = isTaken;
  for (std::size_t i = 0; i < recorded.stages.size(); ++i)
  {
    if (!BuiltInStages().Find(recorded.stages[i].name).undoNeedsFiles)
    {
      continue;
    }
    PipelineSpec stage;
    stage.stages = { recorded.stages[i] };
    ForEachFile(stage,
                [&](std::string & text)
                {
                  isNeeded = true;
                  const auto file = field.empty() ? output.parent_path() / text : field;
                  if (!std::filesystem::exists(file))
                  {
                    throw Error(output.string() + ": " + recorded.stages[i].name + " cannot be undone without " + text +
                                ", which the image was divided by; put it beside the image, or give it with "
                                "--field");
                  }
                  text = file.string();
                });
    pipeline.stages[i] = stage.stages.front();
  }
  if (!field.empty() && !isNeeded)
  {
    throw UsageError(output.string() + ": is undone from its sidecar alone; leave --field out");
  }
  return pipeline;
}
} // namespace

std::vector<std::string>
RestoreCase(const std::filesystem::path & output, const std::filesystem::path & back, const CaseOptions & options)
{
  Sidecar sidecar = ReadSidecar(SidecarPath(output));
  if (sidecar.report.output != output.filename().string())
  {
    throw Error(output.string() + ": the sidecar " + SidecarPath(output).string() + " belongs to " +
                sidecar.report.output + "; give that file, or the sidecar that was written with this one");
  }
  if (sidecar.report.fileType == ToString(FileType::UInt8))
  {
    throw Error(output.string() + ": is a mask, from which no intensities can be restored");
  }
  Volume volume = ReadVolume(output);
  if (sidecar.learned.size() != volume.channels.size())
  {
    throw Error(output.string() + ": has " + std::to_string(volume.channels.size()) + " channels, its sidecar " +
                std::to_string(sidecar.learned.size()) + "; the two do not belong together");
  }
  const auto pipeline = ForUndo(sidecar, output, options.field);
  for (std::size_t i = 0; i < volume.channels.size(); ++i)
  {
    try
    {
      volume.channels[i] =
        Pipeline(pipeline, true).Undo(volume.channels[i], sidecar.learned[i], i, volume.channels.size());
    }
    catch (const Error & error)
    {
      throw Error(output.string() + ": " + error.what());
    }
  }
  WriteOptions write = options.write;
  write.type = OutputType(options, sidecar.report.inputComponent, back);
  WriteVolume(volume, back, write);

  std::vector<std::string> lost;
  if (sidecar.report.fileType == ToString(FileType::Int16Scaled))
  {
    std::ostringstream text;
    text << "what int16 rounded away when the output was written"
         << (sidecar.report.largestRounding > 0.0 ? ", in its units at most " : "") << std::setprecision(2);
    if (sidecar.report.largestRounding > 0.0)
    {
      text << sidecar.report.largestRounding;
    }
    lost.push_back(text.str());
  }
  if (sidecar.report.clamped > 0)
  {
    lost.push_back(std::to_string(sidecar.report.clamped) + " voxels were clamped when the output was written");
  }
  for (const auto & channel : sidecar.report.channels)
  {
    if (channel.replaced > 0)
    {
      lost.push_back(std::to_string(channel.replaced) + " non-finite voxels were replaced (--nan " +
                     sidecar.pipeline.nan + ")");
    }
  }
  return lost;
}
} // namespace isolux
