#include "Stages.h"
#include "SurroundRetinexStage.h"

namespace isolux
{
namespace
{
struct SingleScaleRetinexOptions : SurroundOptions
{
  double scale = 20.0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "scale", Unit::Millimetre, "Deviation of the Gaussian surround; pixels, of pictures.", 0.01, 1e6 }, scale);
    SurroundOptions::Visit(visit);
  }

  void
  SetUp(SurroundSink & sink) const
  {
    SurroundOptions::SetUp(sink);
    sink.SetScales({ scale });
  }
};
} // namespace

StageDescription
DescribeSingleScaleRetinexStage()
{
  auto stage = DescribeSurroundRetinexStage<SingleScaleRetinexOptions>("single-scale-retinex");
  stage.summary = "Divides by the Gaussian surround of each voxel: even light, and contrast as the eye sees it.";
  stage.formula = "y = x / S mean(S), or log y = log x - log S; S = G x inside the mask";
  stage.reference = "D. Jobson, Z. Rahman, G. Woodell, IEEE TIP 6:451, 1997. DOI 10.1109/83.557356";
  return stage;
}
} // namespace isolux
