#include "FieldStage.h"
#include "Stages.h"

#include "itkHistogramRetinexSink.h"

#include <limits>

namespace isolux
{
namespace
{
using Sink = itk::HistogramRetinexSink<WorkImage, MaskImage>;

constexpr double none = std::numeric_limits<double>::infinity();

struct HistogramRetinexOptions
{
  long long           order = Sink::DefaultOrder;
  std::vector<double> widths = Sink::DefaultWidths();
  double              smoothing = Sink::DefaultSmoothing;
  long long           rim = Sink::DefaultRim;
  double              flattest = Sink::DefaultFlattest;
  double              contrast = Sink::DefaultContrast;
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
    visit({ "flattest",
            Unit::None,
            "Fraction of the samples that the field is first fitted to, those in the flattest places.",
            0.01,
            1.0 },
          flattest);
    visit({ "contrast",
            Unit::None,
            "Weight of the tissues' distance where all samples are fitted, as in brains; 0: always the flattest only.",
            0.0,
            10.0 },
          contrast);
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

  void
  SetUp(Sink & sink) const
  {
    sink.SetOrder(static_cast<unsigned int>(order));
    sink.SetWidths(widths);
    sink.SetSmoothing(smoothing);
    sink.SetRim(static_cast<unsigned int>(rim));
    sink.SetFlattest(flattest);
    sink.SetContrast(contrast);
    sink.SetNumberOfSamples(static_cast<unsigned int>(samples));
    sink.SetLogFloor(log_floor);
    sink.SetMaximumNumberOfIterations(static_cast<unsigned int>(max_iterations));
    sink.SetConvergenceThreshold(convergence);
    sink.SetWienerNoise(wiener_noise);
  }
};

struct HistogramRetinexRecord
{
  using Summary = itk::HistogramRetinexSummary;
  std::vector<Summary> summaries;

  void
  Visit(ParameterVisitor & visit)
  {
    const auto each = [&](const char * name, Unit unit, const char * help, auto member) {
      VisitEach(visit, { name, unit, help }, summaries, member);
    };
    each("log_floor", Unit::Intensity, "Samples at or below were left out of the fit.", &Summary::logFloor);
    each("mask_voxels", Unit::None, "Voxels inside the mask.", &Summary::maskVoxels);
    each("non_positive",
         Unit::None,
         "Mask voxels that are not positive or not finite: left out, still divided.",
         &Summary::excluded);
    each("samples", Unit::None, "Voxels that the fit rests on; 0: too few, the field is 1.", &Summary::samples);
    each("rim", Unit::None, "Voxels that samples kept from the mask's border.", &Summary::rim);
    each("iterations",
         Unit::None,
         "Rounds of sharpening, and evaluations of the entropy where the fit is to tissues.",
         &Summary::iterations);
    each("unevenness",
         Unit::LogIntensity,
         "Deviation, between cells of 12 mm, of what the first fit left of the main tissue.",
         &Summary::unevenness);
    each("of_tissues",
         Unit::None,
         "1: the field is that of all samples, which keeps tissues apart; 0: of the flattest.",
         &Summary::isOfTissues);
  }

  std::vector<std::string>
  Warnings() const
  {
    return WarningsOf(summaries);
  }
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
  stage.make = []
  {
    using Made = FieldStage<Sink, HistogramRetinexOptions, HistogramRetinexRecord>;
    return std::make_unique<Made>("histogram-retinex");
  };
  return stage;
}
} // namespace isolux
