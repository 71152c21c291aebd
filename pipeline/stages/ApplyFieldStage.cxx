#include "Error.h"
#include "Grid.h"
#include "ReferenceOption.h"
#include "SidecarJson.h"
#include "Stages.h"
#include "Volume.h"

#include "itkIlluminationCorrectionImageFilter.h"

#include "itkImageRows.h"
#include "itkResampleImageFilter.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

namespace isolux
{
namespace
{
using Correction = itk::IlluminationCorrectionImageFilter<WorkImage>;

constexpr unsigned int Time = 3;
constexpr unsigned int Plane = 2;       ///< axes of a field that is one for all planes
constexpr double       SameGrid = 0.01; ///< voxels that corners may be apart

struct ApplyFieldOptions
{
  std::string field;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "field",
            Unit::None,
            "Image of the field, or the sidecar of an image that a field was learned from. One plane or one frame "
            "holds for all.",
            -Unbounded,
            Unbounded,
            {},
            true },
          field);
  }
};

struct ApplyFieldLearned
{
  std::string sha256;
  bool        resampled = false;
  double      minimum = 1.0;
  double      maximum = 1.0;
  long long   unusable = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "sha256", Unit::None, "Of the field's file, which the undoing needs; none: the field is 1." }, sha256);
    visit({ "resampled", Unit::None, "Whether the field lay on another grid." }, resampled);
    visit({ "minimum", Unit::None, "Lowest value of the field inside the mask." }, minimum);
    visit({ "maximum", Unit::None, "Highest value of the field inside the mask." }, maximum);
    visit({ "unusable",
            Unit::Voxel,
            "Of the field, outside the mask: not positive, not finite, or beyond its grid; these voxels are kept." },
          unusable);
  }
};

bool
IsSidecar(const std::filesystem::path & file)
{
  return file.extension() == ".json";
}

bool
IsUsable(float value)
{
  return value > 0.0F && value <= std::numeric_limits<float>::max();
}

/** A field of the grid's size, or of one plane that holds for all, with its own number of frames. */
WorkImage::Pointer
CopyOnGrid(const WorkImage & field, const WorkImage & grid)
{
  auto       region = grid.GetLargestPossibleRegion();
  const auto frames = field.GetLargestPossibleRegion().GetSize(Time);
  region.SetSize(Time, frames);
  auto copy = WorkImage::New();
  copy->CopyInformation(&grid);
  copy->SetRegions(region);
  copy->Allocate();
  const auto frame = field.GetLargestPossibleRegion().GetNumberOfPixels() / frames;
  const auto times = region.GetNumberOfPixels() / frames / frame; // planes that one stands for
  for (std::size_t part = 0; part < frames * times; ++part)
  {
    std::copy_n(field.GetBufferPointer() + part / times * frame, frame, copy->GetBufferPointer() + part * frame);
  }
  return copy;
}

/** Zero beyond the field's own grid. */
WorkImage::Pointer
Resample(const WorkImage & field, const WorkImage & grid)
{
  auto       region = grid.GetLargestPossibleRegion();
  const auto frames = field.GetLargestPossibleRegion().GetSize(Time);
  region.SetSize(Time, frames);

  auto source = WorkImage::New(); // frames are the image's, wherever the file says that they lie in time
  auto sourceRegion = field.GetLargestPossibleRegion();
  sourceRegion.SetIndex(Time, region.GetIndex(Time));
  auto spacing = field.GetSpacing();
  auto origin = field.GetOrigin();
  spacing[Time] = grid.GetSpacing()[Time];
  origin[Time] = grid.GetOrigin()[Time];
  source->SetRegions(sourceRegion);
  source->SetSpacing(spacing);
  source->SetOrigin(origin);
  source->SetDirection(field.GetDirection());
  source->Allocate();
  std::copy_n(field.GetBufferPointer(), sourceRegion.GetNumberOfPixels(), source->GetBufferPointer());

  auto resample = itk::ResampleImageFilter<WorkImage, WorkImage>::New(); // linear
  resample->SetInput(source);
  resample->SetOutputParametersFromImage(&grid);
  resample->SetOutputStartIndex(region.GetIndex());
  resample->SetSize(region.GetSize());
  resample->SetDefaultPixelValue(0.0F);
  resample->Update();
  return resample->GetOutput();
}

std::string
BothGrids(const WorkImage & grid, const WorkImage & field)
{
  return "; image: " + DescribeGrid(grid) + "; field: " + DescribeGrid(field);
}

class ApplyFieldStage : public StageOf<ApplyFieldOptions, ApplyFieldLearned>
{
public:
  void
  CheckOptions() const override
  {
    if (m_Options.field.empty())
    {
      throw UsageError("'field' is missing: name the image of a field that --field of another run wrote, or that run's "
                       "sidecar");
    }
    RequireFile("field", m_Options.field, "name a field that '--field' wrote, or a sidecar");
  }

  Flow
  Connect(const Flow & input, unsigned int) override
  {
    if (m_Options.field.empty())
    {
      return { input.image, input.mask };
    }
    input.image->UpdateOutputInformation();
    this->Read(*input.image);
    this->CheckInside(input.mask);
    m_Learned.sha256 = HashFile(m_Options.field);
    return { this->Correct(input.image, false), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    if (m_Learned.sha256.empty())
    {
      return output;
    }
    if (m_Options.field.empty())
    {
      throw Error("apply-field cannot be undone: it needs the field that the image was divided by, which is not "
                  "recorded in the sidecar");
    }
    if (HashFile(m_Options.field) != m_Learned.sha256)
    {
      throw Error("apply-field cannot be undone: " + m_Options.field +
                  " is not the field that the image was divided by, its sha256 differs; give that one");
    }
    output->UpdateOutputInformation();
    this->Read(*output);
    return this->Correct(output, true);
  }

  WorkImage::Pointer
  Field(const WorkImage::Pointer & grid) override
  {
    if (m_Field)
    {
      return m_Field;
    }
    auto region = grid->GetLargestPossibleRegion();
    region.SetSize(Time, 1);
    auto ones = WorkImage::New();
    ones->CopyInformation(grid);
    ones->SetRegions(region);
    ones->Allocate();
    ones->FillBuffer(1.0F);
    return ones;
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings = m_Warnings;
    if (m_Options.field.empty()) // of a stage without a pipeline, which would have refused it
    {
      warnings.emplace_back("no field is given: the image is left as it is");
    }
    if (m_Learned.unusable > 0)
    {
      warnings.push_back(std::to_string(m_Learned.unusable) +
                         " voxels outside the mask are kept: the field is not positive, not finite or ends there");
    }
    return warnings;
  }

protected:
  void
  Collect() override
  {
  }

private:
  /** Fills m_Field, on the image's grid. */
  void
  Read(const WorkImage & grid)
  {
    const std::filesystem::path file = m_Options.field;
    WorkImage::Pointer          given;
    bool                        hasPosition = true;
    if (IsSidecar(file))
    {
      given = this->ReadRecorded(file, grid);
    }
    else
    {
      Volume volume = ReadVolume(file);
      m_Warnings = volume.warnings;
      hasPosition = HasPosition(volume);
      given = volume.channels[this->ChannelOf(volume.channels.size())];
    }
    const auto image = grid.GetLargestPossibleRegion().GetSize();
    const auto size = given->GetLargestPossibleRegion().GetSize();
    if (size[Time] != 1 && size[Time] != image[Time])
    {
      throw Error(file.string() + ": the field has " + std::to_string(size[Time]) + " frames, the image " +
                  std::to_string(image[Time]) + "; give one of 1 frame, or of as many" + BothGrids(grid, *given));
    }
    const auto axes = size[Plane] == 1 ? Plane : Time; // that both must agree along
    const bool isOfSize = std::equal(size.begin(), size.begin() + axes, image.begin());
    if (!isOfSize && !hasPosition)
    {
      throw Error(file.string() + ": the field's size is not the image's, and its format has no position in space" +
                  BothGrids(grid, *given) + "; give a field of the image's size, or one plane of it");
    }
    m_Learned.resampled = !isOfSize || (hasPosition && CornerDisplacement(grid, *given, axes) > SameGrid);
    m_Field = m_Learned.resampled ? Resample(*given, grid) : CopyOnGrid(*given, grid);
    if (m_Learned.resampled)
    {
      m_Grids = BothGrids(grid, *given);
    }
  }

  /** What the stages of another run divided by, all of them together. */
  WorkImage::Pointer
  ReadRecorded(const std::filesystem::path & file, const WorkImage & grid)
  {
    const Sidecar     sidecar = ReadSidecar(file);
    const std::string name = file.string();
    if (!sidecar.report.grid)
    {
      throw Error(name + ": was written by Isolux " + sidecar.version +
                  ", which did not record the grid of the image; write the field to a file with --field");
    }
    const auto & learned = sidecar.learned[this->ChannelOf(sidecar.learned.size())];
    const auto & recorded = *sidecar.report.grid;
    const bool   isPlane = MakesPlane(sidecar.pipeline);
    const auto   axes = isPlane ? Plane : Time;
    const auto   image = grid.GetLargestPossibleRegion().GetSize();
    auto         region = recorded.GetLargestPossibleRegion();
    const auto   size = region.GetSize();
    if (!std::equal(size.begin(), size.begin() + axes, image.begin()) ||
        CornerDisplacement(grid, recorded, axes) > SameGrid)
    {
      throw Error(name + ": the recorded field lies on another grid" + BothGrids(grid, recorded) +
                  "; write it to a file with --field, which is resampled");
    }
    WorkImage::Pointer all;
    for (std::size_t i = 0; i < sidecar.pipeline.stages.size() && i < learned.size(); ++i)
    {
      const auto & spec = sidecar.pipeline.stages[i];
      const auto & description = BuiltInStages().Find(spec.name);
      if (description.makesField && description.undoNeedsFiles)
      {
        throw Error(name + ": that run divided by a field that it was given; give that field itself");
      }
      if (description.makesField)
      {
        const auto stage = description.make();
        Assign([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }, spec.options, name + ": " + spec.name);
        Assign([&](ParameterVisitor & visit) { stage->VisitLearned(visit); }, learned[i], name + ": " + spec.name);
        if (const auto more = stage->BesidesField(); !more.empty())
        {
          throw Error(name + ": " + spec.name + " " + more + " as well, which a field alone cannot give; run " +
                      spec.name + " on this image too, or divide by its field alone: give the file that --field wrote");
        }
        auto ones = WorkImage::New(); // as recorded: a series' index counts from 0
        ones->CopyInformation(&recorded);
        region.SetSize(Plane, isPlane ? 1 : size[Plane]);
        ones->SetLargestPossibleRegion(region);
        all = all ? MultiplyFields(*all, *stage->Field(ones)) : stage->Field(ones);
      }
    }
    if (!all)
    {
      throw Error(name + ": no stage of that run divides by a field; give the sidecar of one that does");
    }
    return all;
  }

  /** Counts what cannot be divided by. \throws Error where that lies inside the mask. */
  void
  CheckInside(const MaskImage::Pointer & mask)
  {
    if (mask)
    {
      mask->Update();
    }
    m_Learned.minimum = std::numeric_limits<double>::infinity();
    m_Learned.maximum = -m_Learned.minimum;
    m_Learned.unusable = 0;
    long long         inside = 0;
    const std::size_t length = m_Field->GetLargestPossibleRegion().GetSize(0);
    itk::ForEachRow(m_Field.GetPointer(),
                    m_Field->GetLargestPossibleRegion(),
                    [&](const WorkImage::IndexType & index, const float * row)
                    {
                      const unsigned char * maskRow = itk::MaskAt(mask.GetPointer(), index);
                      for (std::size_t i = 0; i < length; ++i)
                      {
                        const bool isInside = maskRow == nullptr || maskRow[i] != 0;
                        const bool isUsable = IsUsable(row[i]);
                        inside += isInside && !isUsable;
                        m_Learned.unusable += !isInside && !isUsable;
                        if (isInside && isUsable)
                        {
                          m_Learned.minimum = std::min<double>(m_Learned.minimum, row[i]);
                          m_Learned.maximum = std::max<double>(m_Learned.maximum, row[i]);
                        }
                      }
                    });
    if (inside > 0)
    {
      throw Error(m_Options.field + ": " + std::to_string(inside) + " voxels of the field" +
                  (mask ? " inside the mask" : "") + " are not positive, not finite or beyond its grid" + m_Grids +
                  "; divide by a field that covers what is looked at, or give a --mask that leaves these voxels out");
    }
    if (!(m_Learned.minimum <= m_Learned.maximum))
    {
      m_Learned.minimum = m_Learned.maximum = 1.0; // an empty mask
    }
  }

  WorkImage::Pointer
  Correct(const WorkImage::Pointer & image, bool inverse)
  {
    auto correction = this->Make<Correction>();
    correction->SetInput(image);
    correction->SetFieldImage(m_Field);
    correction->SetInverse(inverse);
    return correction->GetOutput();
  }

  /** Which of `count` channels of the field is this one's: the only one, or its own. */
  std::size_t
  ChannelOf(std::size_t count) const
  {
    if (count != 1 && count != this->Channels())
    {
      throw Error(m_Options.field + ": the field has " + std::to_string(count) + " channels, the image " +
                  std::to_string(this->Channels()) + "; give one of 1 channel, or of as many");
    }
    return count == 1 ? 0 : this->Channel();
  }

  WorkImage::Pointer       m_Field;
  std::string              m_Grids; ///< of image and field, where they differ
  std::vector<std::string> m_Warnings;
};
} // namespace

StageDescription
DescribeApplyFieldStage()
{
  StageDescription stage;
  stage.name = "apply-field";
  stage.family = "illumination";
  stage.summary = "Divides by a field that is given: what one contrast has shown is applied to another.";
  stage.formula = "y = x / field, trilinear between the field's voxels where its grid is another";
  stage.reference = "J. Sled, A. Zijdenbos, A. Evans, IEEE TMI 17:87, 1998. DOI 10.1109/42.668698";
  stage.access = Access::Pointwise;
  stage.makesField = true;
  stage.undoNeedsFiles = true;
  stage.needs = "--field field.nii.gz";
  stage.inverse = "exact, within float32 rounding, with the field's file: beside the output, or 'restore --field'";
  stage.make = [] { return std::make_unique<ApplyFieldStage>(); };
  return stage;
}
} // namespace isolux
