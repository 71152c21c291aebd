#include "Stages.h"

#include "Error.h"

#include "itkHistogramRetinexSink.h"
#include "itkIlluminationCorrectionImageFilter.h"

#include <cmath>
#include <limits>

namespace isolux
{
namespace
{
using Sink = itk::HistogramRetinexSink<WorkImage, MaskImage>;
using Correction = itk::IlluminationCorrectionImageFilter<WorkImage>;

constexpr double none = std::numeric_limits<double>::infinity();

struct HistogramRetinexOptions
{
  long long           order = Sink::DefaultOrder;
  std::vector<double> widths = Sink::DefaultWidths();
  double              smoothing = Sink::DefaultSmoothing;
  long long           rim = Sink::DefaultRim;
  double              flattest = Sink::DefaultFlattest;
  long long           samples = Sink::DefaultNumberOfSamples;
  double              log_floor = Sink::DefaultLogFloor;
  long long           max_iterations = Sink::DefaultMaximumNumberOfIterations;
  double              convergence = Sink::DefaultConvergenceThreshold;
  double              wiener_noise = Sink::DefaultWienerNoise;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "order", Unit::None, "Total degree of the Legendre series of the log field.", 1.0, 8.0 }, order);
    visit({ "widths",
            Unit::LogIntensity,
            "Full widths at half maximum of the sharpening kernel, used one after the other.",
            0.02,
            1.0 },
          widths);
    visit(
      { "smoothing", Unit::Millimetre, "Deviation of the Gaussian blur of each sample, 0.8 voxel at most.", 0.0, none },
      smoothing);
    visit({ "rim", Unit::Voxel, "Distance that samples keep from the mask's border.", 0.0, 4.0 }, rim);
    visit({ "flattest", Unit::None, "Fraction of the samples that is kept, those in the flattest places.", 0.01, 1.0 },
          flattest);
    visit({ "samples", Unit::Voxel, "Voxels drawn from the mask.", 1000.0, 1e7 }, samples);
    visit({ "log_floor",
            Unit::None,
            "Samples at or below this fraction of their median intensity are left out of the fit.",
            0.0,
            0.9 },
          log_floor);
    visit({ "max_iterations", Unit::None, "Iterations at most for each width.", 1.0, 1000.0 }, max_iterations);
    visit({ "convergence", Unit::LogIntensity, "Change of the log field at which a width has settled.", 0.0, 1.0 },
          convergence);
    visit({ "wiener_noise", Unit::None, "Noise of the deconvolution, as a fraction of the signal's power.", 1e-6, 1.0 },
          wiener_noise);
  }
};

struct HistogramRetinexLearned
{
  itk::SmoothField             field;
  itk::HistogramRetinexSummary summary;

  void
  Visit(ParameterVisitor & visit)
  {
    Through(visit, "order", "Degree of the series; the terms are those of itk::SmoothField.", field.order);
    Through(visit, "centre", "Centre of the series' box along x, y, z, t.", field.centre);
    Through(
      visit, "half_extent", "Half the box's extent; 0: the field does not vary along the axis.", field.halfExtent);
    visit({ "coefficients", Unit::LogIntensity, "Of the log field; none: the field is 1." }, field.coefficients);
    visit({ "log_minimum", Unit::LogIntensity, "Lowest log field inside the mask, and bound outside." },
          field.logMinimum);
    visit({ "log_maximum", Unit::LogIntensity, "Highest log field inside the mask, and bound outside." },
          field.logMaximum);
    visit({ "log_floor", Unit::Intensity, "Samples at or below were left out of the fit." }, summary.logFloor);
    Through(visit, "mask_voxels", "Voxels inside the mask.", summary.maskVoxels);
    Through(visit,
            "non_positive",
            "Mask voxels that are not positive or not finite: left out, still divided.",
            summary.excluded);
    Through(visit, "samples", "Voxels that the fit rests on; 0: too few, the field is 1.", summary.samples);
    Through(visit, "rim", "Voxels that samples kept from the mask's border.", summary.rim);
    Through(visit, "iterations", "Iterations in all.", summary.iterations);
  }

private:
  template <typename TInteger>
  static void
  Through(ParameterVisitor & visit, const char * name, const char * help, TInteger & value)
  {
    auto integer = static_cast<long long>(value);
    visit({ name, Unit::None, help }, integer);
    value = static_cast<TInteger>(integer);
  }

  static void
  Through(ParameterVisitor &                                       visit,
          const char *                                             name,
          const char *                                             help,
          std::array<double, itk::SmoothField::MaximumDimension> & values)
  {
    std::vector<double> list(values.begin(), values.end());
    visit({ name, Unit::Voxel, help }, list);
    list.resize(values.size());
    std::copy(list.begin(), list.end(), values.begin());
  }
};

class HistogramRetinexStage : public StageOf<HistogramRetinexOptions, HistogramRetinexLearned>
{
public:
  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(this->MeanFrame(input.image));
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    m_Sink->SetOrder(static_cast<unsigned int>(m_Options.order));
    m_Sink->SetWidths(m_Options.widths);
    m_Sink->SetSmoothing(m_Options.smoothing);
    m_Sink->SetRim(static_cast<unsigned int>(m_Options.rim));
    m_Sink->SetFlattest(m_Options.flattest);
    m_Sink->SetNumberOfSamples(static_cast<unsigned int>(m_Options.samples));
    m_Sink->SetLogFloor(m_Options.log_floor);
    m_Sink->SetMaximumNumberOfIterations(static_cast<unsigned int>(m_Options.max_iterations));
    m_Sink->SetConvergenceThreshold(m_Options.convergence);
    m_Sink->SetWienerNoise(m_Options.wiener_noise);

    auto correction = this->Make<Correction>();
    correction->SetInput(input.image);
    correction->SetFieldInput(m_Sink->GetFieldOutput());
    return { correction->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    const auto & field = m_Learned.field;
    if (field.order > itk::SmoothField::MaximumOrder ||
        (!field.coefficients.empty() && field.coefficients.size() != field.Terms().size()))
    {
      throw Error("histogram-retinex: the recorded field has " + std::to_string(field.coefficients.size()) +
                  " coefficients, which is not what order " + std::to_string(field.order) +
                  " over its box takes; the sidecar was changed or damaged");
    }
    auto correction = this->Make<Correction>();
    correction->SetInput(output);
    correction->SetField(m_Learned.field);
    correction->InverseOn();
    return correction->GetOutput();
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
    const auto field = this->ConnectInverse(ones);
    field->Update();
    return field;
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (m_Sink)
    {
      const auto & summary = m_Sink->GetSummary();
      if (summary.samples == 0)
      {
        warnings.push_back("too few positive voxels among the " + std::to_string(summary.maskVoxels) +
                           " inside the mask to estimate a field: the image is left as it is");
      }
      if (summary.excluded > 0)
      {
        warnings.push_back(
          std::to_string(summary.excluded) + " of " + std::to_string(summary.maskVoxels) +
          " mask voxels are not positive or not finite: left out of the fit, still divided by the field");
      }
    }
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Sink)
    {
      m_Learned.field = m_Sink->GetField();
      m_Learned.summary = m_Sink->GetSummary();
      if (m_Learned.field.coefficients.empty())
      {
        m_Learned.field.logMinimum = m_Learned.field.logMaximum = 0.0;
      }
    }
  }

private:
  Sink::Pointer m_Sink;
};
} // namespace

StageDescription
DescribeHistogramRetinexStage()
{
  StageDescription stage;
  stage.name = "histogram-retinex";
  stage.family = "illumination";
  stage.summary =
    "Removes smooth multiplicative illumination (the bias field) that blurs the histogram of the log image.";
  stage.formula =
    "y = x / field, log field = Legendre series that makes the histogram of log y sharpest, mean 1 in the mask";
  stage.reference = "J. Sled, A. Zijdenbos, A. Evans, IEEE TMI 17:87, 1998. DOI 10.1109/42.668698";
  stage.access = Access::TwoPass;
  stage.needsMask = true;
  stage.makesField = true;
  stage.inverse = "exact, within float32 rounding";
  stage.make = [] { return std::make_unique<HistogramRetinexStage>(); };
  return stage;
}
} // namespace isolux
