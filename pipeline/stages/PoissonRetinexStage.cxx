#include "LogIlluminationStage.h"
#include "Stages.h"

#include "itkPoissonRetinexImageFilter.h"

namespace isolux
{
namespace
{
using Filter = itk::PoissonRetinexImageFilter<WorkImage>;

struct PoissonRetinexOptions
{
  double      threshold = Filter::DefaultThreshold;
  std::string edges = "gradient";

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "threshold",
            Unit::LogIntensity,
            "Largest difference of the log image between neighbours, or Laplacian, that is illumination.",
            0.0,
            100.0 },
          threshold);
    visit({ "edges",
            Unit::None,
            "What the threshold is for: differences between neighbours, or the Laplacian in units of the finest axis.",
            -std::numeric_limits<double>::infinity(),
            std::numeric_limits<double>::infinity(),
            { "gradient", "laplacian" } },
          edges);
  }

  void
  SetUp(Filter & filter) const
  {
    filter.SetThreshold(threshold);
    filter.SetEdges(edges == "laplacian" ? itk::RetinexEdges::Laplacian : itk::RetinexEdges::Gradient);
  }
};
} // namespace

StageDescription
DescribePoissonRetinexStage()
{
  StageDescription stage;
  stage.name = "poisson-retinex";
  stage.family = "illumination";
  stage.summary = "Retinex as a Poisson equation: what of the log image changes slowly is illumination.";
  stage.formula = "y = x / exp(l), Laplace l = div of the differences of log x up to the threshold, Neumann borders";
  stage.reference = "J.-M. Morel, A. Petro, C. Sbert, IEEE TIP 19:2825, 2010. DOI 10.1109/TIP.2010.2049239";
  stage.access = Access::WholeImage;
  stage.makesField = true;
  stage.recordsField = false;
  stage.inverse =
    "exact, within float32 rounding, with the file that --field wrote: 'restore --field'; not with logarithm";
  stage.make = []
  {
    using Made = LogIlluminationStage<Filter, PoissonRetinexOptions>;
    return std::make_unique<Made>("poisson-retinex");
  };
  return stage;
}
} // namespace isolux
