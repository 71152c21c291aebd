#include "Error.h"
#include "ImageGate.h"
#include "Stages.h"

#include "itkStackIlluminationImageFilter.h"
#include "itkStackIlluminationSink.h"

#include <sstream>

namespace isolux
{
namespace
{
using Sink = itk::StackIlluminationSink<WorkImage, MaskImage>;
using Filter = itk::StackIlluminationImageFilter<WorkImage>;

struct StackIlluminationOptions
{
  bool      darkfield = false;
  bool      sort_intensity = false;
  bool      timelapse = false;
  double    smoothness_flatfield = Sink::DefaultSmoothness;
  double    smoothness_darkfield = Sink::DefaultSmoothness;
  long long working_size = Sink::DefaultWorkingSize;
  long long max_images = Sink::DefaultMaximumNumberOfImages;
  long long max_reweight_iterations = Sink::DefaultMaximumNumberOfReweightings;
  double    reweighting_tol = Sink::DefaultReweightTolerance;
  bool      gate = false;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "darkfield",
            Unit::None,
            "Estimate an offset as well, the same in each image; it takes images of different brightness." },
          darkfield);
    visit({ "sort_intensity",
            Unit::None,
            "Sort the intensities at each place first: for tissue that fills the images, not for cells on a "
            "background." },
          sort_intensity);
    visit({ "timelapse",
            Unit::None,
            "Divide each image by its baseline over their mean as well: removes drift and bleaching." },
          timelapse);
    visit({ "smoothness_flatfield",
            Unit::None,
            "Weight of the flat-field's cosine terms, in units of the automatic one.",
            0.0,
            1000.0 },
          smoothness_flatfield);
    visit({ "smoothness_darkfield",
            Unit::None,
            "Weight of the dark-field's cosine terms, in units of the automatic one.",
            0.0,
            1000.0 },
          smoothness_darkfield);
    visit({ "working_size", Unit::None, "Cells along an axis at most that images are reduced to.", 16.0, 1024.0 },
          working_size);
    visit({ "max_images",
            Unit::None,
            "Images that the fields are fitted to at most, evenly from the stack.",
            static_cast<double>(Sink::MinimumNumberOfImages),
            10000.0 },
          max_images);
    visit({ "max_reweight_iterations",
            Unit::None,
            "Times at most that the weights of what stands out are renewed.",
            1.0,
            100.0 },
          max_reweight_iterations);
    visit(
      { "reweighting_tol", Unit::None, "Mean change of the flat-field at which the weights have settled.", 0.0, 1.0 },
      reweighting_tol);
    VisitGateOption(visit, gate);
  }
};

/** The terms of a series as lists, and back. */
class RecordedSeries
{
public:
  void
  Visit(ParameterVisitor & visit, const std::string & field, Unit unit)
  {
    visit({ field + "_x", Unit::None, "Half waves along x of each cosine term of the " + field + "-field." }, m_X);
    visit({ field + "_y", Unit::None, "Half waves along y." }, m_Y);
    visit(
      { field, unit, "Coefficients of the terms; none: the field is " + std::string(field == "flat" ? "1." : "0.") },
      m_Coefficients);
  }

  void
  Set(const itk::CosineSeries & series)
  {
    *this = {};
    for (const auto & term : series.terms)
    {
      m_X.push_back(term.x);
      m_Y.push_back(term.y);
      m_Coefficients.push_back(term.coefficient);
    }
  }

  /** \throws Error where the lists do not go together. */
  itk::CosineSeries
  Series(const std::vector<double> & box) const
  {
    constexpr double  highest = 1e6;
    const auto        isCount = [](double number) { return number >= 0.0 && number <= highest; };
    itk::CosineSeries series;
    bool              isSound = m_X.size() == m_Coefficients.size() && m_Y.size() == m_Coefficients.size();
    if (!m_Coefficients.empty())
    {
      isSound = isSound && box.size() == 2 && box[0] > 0.0 && box[1] > 0.0;
    }
    for (std::size_t n = 0; isSound && n < m_Coefficients.size(); ++n)
    {
      isSound = isCount(m_X[n]) && isCount(m_Y[n]);
      if (isSound)
      {
        series.terms.push_back(
          { static_cast<unsigned int>(m_X[n]), static_cast<unsigned int>(m_Y[n]), m_Coefficients[n] });
      }
    }
    if (!isSound)
    {
      throw Error("stack-illumination: the recorded lists of cosine terms do not go together; the sidecar was changed "
                  "or damaged");
    }
    if (!series.terms.empty())
    {
      series.box = { box[0], box[1] };
    }
    return series;
  }

  bool
  IsEmpty() const
  {
    return m_Coefficients.empty();
  }

private:
  std::vector<double> m_X;
  std::vector<double> m_Y;
  std::vector<double> m_Coefficients;
};

struct StackIlluminationLearned
{
  std::vector<double> box;
  RecordedSeries      flat;
  RecordedSeries      dark;
  std::vector<double> baselines;
  long long           images = 0;
  long long           fitted = 0;
  long long           excluded = 0;
  long long           non_finite = 0;
  long long           reweightings = 0;
  double              floored = 0.0;
  ImageGateLearned    gate;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "box", Unit::Voxel, "Extents along x and y that the cosine terms are half waves of." }, box);
    flat.Visit(visit, "flat", Unit::None);
    dark.Visit(visit, "dark", Unit::Intensity);
    visit({ "baselines", Unit::Intensity, "Of each image, z before t; 0: it has none." }, baselines);
    visit({ "images", Unit::None, "Of the stack: planes along z and t." }, images);
    visit({ "fitted", Unit::None, "Images that the fit rests on; 0: too few, the flat-field is 1." }, fitted);
    visit(
      { "excluded", Unit::None, "Images that are constant, saturated, not positive on the mean, or outside the mask." },
      excluded);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
    visit({ "reweightings", Unit::None, "Times that the fit was run." }, reweightings);
    visit({ "floored", Unit::None, "Share of the plane where the flat-field is held at its lowest, 0.05." }, floored);
    gate.Visit(visit);
  }
};

class StackIlluminationStage : public StageOf<StackIlluminationOptions, StackIlluminationLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    m_Sink->SetDarkField(m_Options.darkfield);
    m_Sink->SetSortIntensity(m_Options.sort_intensity);
    m_Sink->SetSmoothnessFlatField(m_Options.smoothness_flatfield);
    m_Sink->SetSmoothnessDarkField(m_Options.smoothness_darkfield);
    m_Sink->SetWorkingSize(static_cast<unsigned int>(m_Options.working_size));
    m_Sink->SetMaximumNumberOfImages(static_cast<unsigned int>(m_Options.max_images));
    m_Sink->SetMaximumNumberOfReweightings(static_cast<unsigned int>(m_Options.max_reweight_iterations));
    m_Sink->SetReweightTolerance(m_Options.reweighting_tol);

    auto filter = this->Make<Filter>();
    filter->SetInput(input.image);
    filter->SetIlluminationInput(m_Sink->GetIlluminationOutput());
    filter->SetDivideByBaseline(m_Options.timelapse);
    if (!m_Options.gate)
    {
      return { filter->GetOutput(), input.mask };
    }
    return {
      m_Gate.Connect(
        this->Make<ImageGate::Sink>(), this->Make<ImageGate::Filter>(), input, filter->GetOutput(), streamDivisions),
      input.mask
    };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    itk::StackIllumination illumination;
    illumination.flat = m_Learned.flat.Series(m_Learned.box);
    illumination.dark = m_Learned.dark.Series(m_Learned.box);
    illumination.baselines = m_Learned.baselines;
    output->UpdateOutputInformation();
    const auto &      size = output->GetLargestPossibleRegion().GetSize();
    const std::size_t images = size[2] * size[3];
    if (m_Options.timelapse && !illumination.baselines.empty() && illumination.baselines.size() != images)
    {
      throw Error("stack-illumination: baselines of " + std::to_string(illumination.baselines.size()) +
                  " images are recorded, but the stack has " + std::to_string(images) +
                  "; give the image that the sidecar was written with");
    }
    auto filter = this->Make<Filter>();
    filter->SetInput(output);
    filter->SetIllumination(illumination);
    filter->SetDivideByBaseline(m_Options.timelapse);
    filter->InverseOn();
    return filter->GetOutput();
  }

  WorkImage::Pointer
  Field(const WorkImage::Pointer & grid) override
  {
    this->Collect();
    auto region = grid->GetLargestPossibleRegion();
    region.SetSize(3, 1);
    auto ones = WorkImage::New();
    ones->CopyInformation(grid);
    ones->SetRegions(region);
    ones->Allocate();
    ones->FillBuffer(1.0F);
    itk::StackIllumination illumination;
    illumination.flat = m_Learned.flat.Series(m_Learned.box);
    auto filter = Filter::New();
    filter->SetInput(ones);
    filter->SetIllumination(illumination);
    filter->InverseOn();
    filter->Update();
    return filter->GetOutput();
  }

  std::string
  BesidesField() const override
  {
    const bool hasDark = !m_Learned.dark.IsEmpty();
    const bool hasBaselines = m_Options.timelapse && !m_Learned.baselines.empty();
    return std::string(hasDark ? "subtracted a dark-field" : "") + (hasDark && hasBaselines ? " and " : "") +
           (hasBaselines ? "divided each image by its own baseline" : "");
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (!m_Sink)
    {
      return warnings;
    }
    constexpr unsigned int few = 10; // objects of so few images do not outweigh each other
    const auto             summary = m_Sink->GetSummary();
    if (summary.fitted == 0)
    {
      warnings.push_back("a flat-field takes " + std::to_string(Sink::MinimumNumberOfImages) +
                         " images or more, positive and neither constant nor saturated, and the stack holds " +
                         std::to_string(summary.images - summary.excluded) + " of " + std::to_string(summary.images) +
                         ": none was estimated, the images are left as they are");
    }
    else if (summary.fitted < few)
    {
      warnings.push_back("the flat-field rests on " + std::to_string(summary.fitted) +
                         " images: what is at one place in most of them is taken for light");
    }
    if (summary.floored > 0.0)
    {
      std::ostringstream text;
      text.precision(3);
      text << "the flat-field falls to its lowest, " << itk::StackIllumination::LowestFlat << ", on "
           << 100.0 * summary.floored
           << " % of the plane: these images do not look like ones under the same lamp, and what was taken for light "
              "may be what they show; look at the --field, or leave this stage out";
      warnings.push_back(text.str());
    }
    if (summary.excluded > 0 && summary.fitted > 0)
    {
      warnings.push_back(std::to_string(summary.excluded) + " of " + std::to_string(summary.images) +
                         " images are constant, saturated, not positive or outside the mask: left out of the fit, "
                         "still corrected");
    }
    if (summary.nonFinite > 0)
    {
      warnings.push_back(std::to_string(summary.nonFinite) + " voxels are not finite: skipped");
    }
    m_Gate.Warn(warnings);
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Sink)
    {
      m_Learned.gate = m_Gate.Learned();
      const auto   illumination = m_Learned.gate.gated ? itk::StackIllumination{} : m_Sink->GetIllumination();
      const auto & summary = m_Sink->GetSummary();
      m_Learned.box.clear();
      if (!illumination.flat.terms.empty())
      {
        m_Learned.box = { illumination.flat.box[0], illumination.flat.box[1] };
      }
      m_Learned.flat.Set(illumination.flat);
      m_Learned.dark.Set(illumination.dark);
      m_Learned.baselines = illumination.baselines;
      m_Learned.images = static_cast<long long>(summary.images);
      m_Learned.fitted = static_cast<long long>(summary.fitted);
      m_Learned.excluded = static_cast<long long>(summary.excluded);
      m_Learned.non_finite = static_cast<long long>(summary.nonFinite);
      m_Learned.reweightings = static_cast<long long>(summary.reweightings);
      m_Learned.floored = summary.floored;
    }
  }

private:
  Sink::Pointer m_Sink;
  ImageGate     m_Gate;
};
} // namespace

StageDescription
DescribeStackIlluminationStage()
{
  StageDescription stage;
  stage.name = "stack-illumination";
  stage.family = "illumination";
  stage.summary = "Removes the flat-field, and optionally the dark-field, that the 2-D images of a stack share.";
  stage.formula = "y_i = (x_i - dark) / flat, x_i = b_i flat + dark + residual_i: fields smooth, residual sparse";
  stage.reference = "T. Peng et al., Nature Communications 8:14836, 2017. DOI 10.1038/ncomms14836";
  stage.access = Access::TwoPass;
  stage.makesField = true;
  stage.fieldIsPlane = true;
  stage.inverse = "exact, within float32 rounding";
  stage.make = [] { return std::make_unique<StackIlluminationStage>(); };
  return stage;
}
} // namespace isolux
