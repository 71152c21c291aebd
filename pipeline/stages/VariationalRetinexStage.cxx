#include "LogIlluminationStage.h"
#include "Stages.h"

#include "itkVariationalRetinexImageFilter.h"

namespace isolux
{
namespace
{
using Filter = itk::VariationalRetinexImageFilter<WorkImage>;

struct VariationalRetinexOptions
{
  double      threshold = Filter::DefaultThreshold;
  std::string at_edges = "free";
  double      smoothness = Filter::DefaultSmoothness;
  long long   max_iterations = Filter::DefaultMaximumNumberOfIterations;
  double      convergence = Filter::DefaultConvergenceThreshold;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "threshold",
            Unit::LogIntensity,
            "Largest difference of the log image between neighbours that may be illumination.",
            0.0,
            100.0 },
          threshold);
    visit({ "at_edges",
            Unit::None,
            "Where it is larger, the illumination is level, or free: what is beside the edge decides.",
            -std::numeric_limits<double>::infinity(),
            std::numeric_limits<double>::infinity(),
            { "flat", "free" } },
          at_edges);
    visit({ "smoothness",
            Unit::Millimetre,
            "Length below which the illumination follows no detail; 0 with at_edges flat: the plain L1 Retinex.",
            0.0,
            1000.0 },
          smoothness);
    visit({ "max_iterations", Unit::None, "Iterations at most.", 1.0, 1000.0 }, max_iterations);
    visit({ "convergence",
            Unit::LogIntensity,
            "Root mean square change of the log field at which iterations end.",
            0.0,
            1.0 },
          convergence);
  }

  void
  SetUp(Filter & filter) const
  {
    filter.SetThreshold(threshold);
    filter.SetAtEdges(at_edges == "flat" ? itk::IlluminationAtEdges::Flat : itk::IlluminationAtEdges::Free);
    filter.SetSmoothness(smoothness);
    filter.SetMaximumNumberOfIterations(static_cast<unsigned int>(max_iterations));
    filter.SetConvergenceThreshold(convergence);
  }
};
} // namespace

StageDescription
DescribeVariationalRetinexStage()
{
  StageDescription stage;
  stage.name = "variational-retinex";
  stage.family = "illumination";
  stage.summary = "Retinex as an L1 fit: the reflectance's gradient is sparse, the illumination is smooth.";
  stage.formula = "y = x / exp(l), l minimizes sum |grad l - grad log x| + smoothness^2 / (2 g) sum (Laplace l)^2";
  stage.reference = "W. Ma, J.-M. Morel, S. Osher, A. Chien, CVPR 2011. DOI 10.1109/CVPR.2011.5995422";
  stage.access = Access::WholeImage;
  stage.makesField = true;
  stage.recordsField = false;
  stage.inverse =
    "exact, within float32 rounding, with the file that --field wrote: 'restore --field'; not with logarithm";
  stage.make = []
  {
    using Made = LogIlluminationStage<Filter, VariationalRetinexOptions>;
    return std::make_unique<Made>("variational-retinex");
  };
  return stage;
}
} // namespace isolux
