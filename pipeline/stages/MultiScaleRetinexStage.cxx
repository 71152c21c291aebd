#include "Stages.h"
#include "SurroundRetinexStage.h"

#include <cmath>

namespace isolux
{
namespace
{
struct MultiScaleRetinexOptions : SurroundOptions
{
  std::vector<double> scales = SurroundSink::DefaultScales();
  std::vector<double> scale_weights = { 1.0 };

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "scales", Unit::Millimetre, "Deviations of the Gaussian surrounds; pixels, of pictures.", 0.01, 1e6 },
          scales);
    visit({ "scale_weights",
            Unit::None,
            "Of the scales, one for each; one alone: all alike. Divided by their sum.",
            0.0,
            1e6 },
          scale_weights);
    SurroundOptions::Visit(visit);
  }

  void
  Check() const
  {
    SurroundOptions::Check();
    if (scales.empty())
    {
      throw UsageError("'scales' must hold at least one deviation in mm");
    }
    if (scale_weights.size() != 1 && scale_weights.size() != scales.size())
    {
      throw UsageError("'scale_weights' holds " + std::to_string(scale_weights.size()) + " numbers for " +
                       std::to_string(scales.size()) + " 'scales'; give one for each, or one for all");
    }
    if (!std::any_of(scale_weights.begin(), scale_weights.end(), [](double weight) { return weight > 0.0; }))
    {
      throw UsageError("'scale_weights' are all 0; give one at least a weight above 0");
    }
  }

  void
  SetUp(SurroundSink & sink) const
  {
    SurroundOptions::SetUp(sink);
    sink.SetScales(scales);
    sink.SetWeights(scale_weights.size() == scales.size() ? scale_weights : std::vector<double>{});
  }
};
} // namespace

StageDescription
DescribeMultiScaleRetinexStage()
{
  auto stage = DescribeSurroundRetinexStage<MultiScaleRetinexOptions>("multi-scale-retinex");
  stage.summary = "Divides by Gaussian surrounds of several scales: even light, with little halo; MSRCR for colour.";
  stage.formula = "y = x / S mean(S), or y = gain C (log x - log S) + offset; log S = sum_k w_k log(G_k x) in the mask";
  stage.reference = "D. Jobson, Z. Rahman, G. Woodell, IEEE TIP 6:965, 1997. DOI 10.1109/83.597272";
  return stage;
}
} // namespace isolux
