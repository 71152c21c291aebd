#include "FieldStage.h"
#include "Stages.h"

#include "itkN4FieldSink.h"

#include <cmath>

namespace isolux
{
namespace
{
using Sink = itk::N4FieldSink<WorkImage, MaskImage>;

struct N4Options
{
  long long           shrink_factor = Sink::DefaultShrinkFactor;
  std::vector<double> iterations = Numbers(itk::N4Parameters{}.iterations);
  double              convergence_threshold = itk::N4Parameters{}.convergenceThreshold;
  std::vector<double> mesh = Numbers(Sink::DefaultMesh());
  std::vector<double> spline_distance;
  double              fwhm = itk::N4Parameters{}.fullWidthAtHalfMaximum;
  double              wiener_noise = itk::N4Parameters{}.wienerNoise;
  long long           bins = itk::N4Parameters{}.histogramBins;
  bool                by_position = false;

  void
  Visit(ParameterVisitor & visit)
  {
    visit(
      { "shrink_factor", Unit::None, "Every so many voxels are taken along each axis, without averaging.", 1.0, 64.0 },
      shrink_factor);
    visit({ "iterations",
            Unit::None,
            "Iterations at most at each level; each level has twice the spans of the one before.",
            0.0,
            1000.0 },
          iterations);
    visit({ "convergence_threshold",
            Unit::None,
            "Coefficient of variation of the field's change at which a level ends; 0, as ANTs: after its iterations.",
            0.0,
            1.0 },
          convergence_threshold);
    visit({ "mesh",
            Unit::None,
            "Spans of the cubic B-splines at the first level: one for x, y and z or one for each.",
            1.0,
            Sink::MaximumMesh },
          mesh);
    visit(
      { "spline_distance",
        Unit::Millimetre,
        "Instead of a mesh: length of a span at the first level, at least 10; one for x, y and z or one for each." },
      spline_distance);
    visit({ "fwhm",
            Unit::LogIntensity,
            "Full width at half maximum of the Gaussian that the histogram is deconvolved by.",
            0.01,
            2.0 },
          fwhm);
    visit({ "wiener_noise", Unit::None, "Noise of the deconvolution, added to the Gaussian's power.", 1e-6, 1.0 },
          wiener_noise);
    visit({ "bins", Unit::None, "Of the histogram of the log intensity.", 10.0, 2000.0 }, bins);
    visit(
      { "by_position",
        Unit::None,
        "Lay the splines where the shrunk image's voxels are; else, as ANTs, stretch them by index over the grid." },
      by_position);
  }

  /** \throws UsageError */
  void
  Check() const
  {
    if (iterations.empty() || iterations.size() > Sink::MaximumLevels)
    {
      throw UsageError("'iterations' must hold a number for each of 1 to " + std::to_string(Sink::MaximumLevels) +
                       " levels, not " + std::to_string(iterations.size()) + " of them");
    }
    const auto checkSize = [](const char * name, const std::vector<double> & numbers)
    {
      if (numbers.size() != 1 && numbers.size() != 3)
      {
        throw UsageError("'" + std::string(name) + "' must hold one number, or one for each of x, y and z; not " +
                         std::to_string(numbers.size()));
      }
    };
    const auto checkWhole = [](const char * name, const std::vector<double> & numbers)
    {
      for (const double number : numbers)
      {
        if (number != std::floor(number))
        {
          throw UsageError("'" + std::string(name) + "' must hold whole numbers, not " + ToString(Value(number)));
        }
      }
    };
    checkWhole("iterations", iterations);
    checkWhole("mesh", mesh);
    checkSize("mesh", mesh);
    if (!spline_distance.empty())
    {
      checkSize("spline_distance", spline_distance);
      for (const double distance : spline_distance)
      {
        if (!(distance >= ShortestDistance))
        {
          throw UsageError("'spline_distance' must be at least " + ToString(Value(ShortestDistance)) + " mm, not " +
                           ToString(Value(distance)));
        }
      }
      if (mesh != Numbers(Sink::DefaultMesh()))
      {
        throw UsageError("'mesh' and 'spline_distance' exclude each other; give one of them");
      }
    }
  }

  void
  SetUp(Sink & sink) const
  {
    sink.SetShrinkFactor(static_cast<unsigned int>(shrink_factor));
    sink.SetIterations(Counts(iterations));
    sink.SetConvergenceThreshold(convergence_threshold);
    sink.SetMesh(Counts(mesh));
    sink.SetSplineDistance(spline_distance);
    sink.SetFullWidthAtHalfMaximum(fwhm);
    sink.SetWienerNoise(wiener_noise);
    sink.SetHistogramBins(static_cast<unsigned int>(bins));
    sink.SetLatticeByPosition(by_position);
  }

private:
  static constexpr double ShortestDistance = 10.0; // shorter ones take more control points than there are voxels

  static std::vector<double>
  Numbers(const std::vector<unsigned int> & counts)
  {
    return { counts.begin(), counts.end() };
  }

  static std::vector<unsigned int>
  Counts(const std::vector<double> & numbers)
  {
    std::vector<unsigned int> counts;
    for (const double number : numbers)
    {
      counts.push_back(static_cast<unsigned int>(std::lround(number)));
    }
    return counts;
  }
};

struct N4Record
{
  std::vector<itk::N4Summary> summaries;

  void
  Visit(ParameterVisitor & visit)
  {
    const auto each = [&](const char * name, const char * help, auto member) {
      VisitEach(visit, { name, Unit::None, help }, summaries, member);
    };
    each("mask_voxels", "Voxels inside the mask.", &itk::N4Summary::maskVoxels);
    each("non_positive",
         "Mask voxels that are not positive or not finite: left out, still divided.",
         &itk::N4Summary::excluded);
    each("samples", "Voxels that the fit rests on; 0: none, the field is 1.", &itk::N4Summary::samples);
    std::vector<double> iterations;
    for (const auto & summary : summaries)
    {
      iterations.insert(iterations.end(), summary.iterations.begin(), summary.iterations.end());
    }
    visit({ "level_iterations", Unit::None, "Iterations of each level, field after field." }, iterations);
  }

  std::vector<std::string>
  Warnings() const
  {
    return WarningsOf(summaries);
  }
};

class N4Stage : public FieldStage<Sink, N4Options, N4Record>
{
public:
  N4Stage()
    : FieldStage("n4")
  {
  }

  void
  CheckOptions() const override
  {
    FieldStage::CheckOptions();
    m_Options.Check();
  }
};
} // namespace

StageDescription
DescribeN4Stage()
{
  StageDescription stage;
  stage.name = "n4";
  stage.family = "illumination";
  stage.summary = "Removes the bias field that N4 finds, with the parameters and defaults of ANTs.";
  stage.formula = "y = x / field, log field = cubic B-splines that make the histogram of log y sharpest; "
                  "several fields: of mean 0";
  stage.reference = "N. Tustison et al., IEEE TMI 29:1310, 2010. DOI 10.1109/TMI.2010.2046908";
  stage.access = Access::TwoPass;
  stage.needsMask = true;
  stage.makesField = true;
  stage.usesWeights = true;
  stage.inverse = "exact, within float32 rounding";
  stage.make = [] { return std::make_unique<N4Stage>(); };
  return stage;
}
} // namespace isolux
