#include "Classifier.h"
#include "Images.h"
#include "Table.h"

#include <cmath>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

class DomainShift : public Claim
{
};

/** White matter (positive) and grey matter. */
Examples
ExamplesOf(const WorkImage * image, const Head & head)
{
  Examples examples;
  for (const float value : Inside(image, head.whiteMatter))
  {
    examples.emplace_back(value, true);
  }
  for (const float value : Inside(image, head.greyMatter))
  {
    examples.emplace_back(value, false);
  }
  return examples;
}

double
Learned(const Examples & examples)
{
  return LearnThreshold(examples, MeanDice);
}

/** Learned on one image, applied to the other. */
double
TransferredDice(const WorkImage * from, const Head & source, const WorkImage * to, const Head & target)
{
  return MeanDice(CountsOf(ExamplesOf(to, target), Learned(ExamplesOf(from, source))));
}

WorkImage::Pointer
InBrain(const WorkImage * image, const Head & head)
{
  return Normalized(image, Learning{ head.brain });
}
} // namespace

TEST_F(DomainShift, AThresholdLearnedOnOneIntensityScaleHoldsOnAnother)
{
  const Head source("ixi013");
  const Head target("ixi072");
  const auto own = ExamplesOf(target.image, target);
  const auto style = MomentsOf(source.image, { source.brain }).moments[0];
  auto       batch = Accumulated(source.image, source.brain);
  batch.Merge(Accumulated(target.image, target.brain));
  const Moments both(MomentsOf(batch));

  this->State("WM / GM by a threshold learned on ixi013 holds on ixi072: mean Dice", 0.005);
  const std::string on = "ixi072, the same scanner in another intensity scale";
  const double      best = MeanDice(CountsOf(own, Learned(own)));
  this->Shows(on, "threshold learned on ixi072 itself", best);
  this->Holds(on, "raw", TransferredDice(source.image, source, target.image, target), AtMost(0.5));
  this->Holds(on,
              "BN of both heads",
              TransferredDice(Normalized(source.image, both), source, Normalized(target.image, both), target),
              AtMost(0.5));
  const auto   normalized = InBrain(source.image, source);
  const double byInstance = TransferredDice(normalized, source, InBrain(target.image, target), target);
  this->Holds(on, "IN in the brain", byInstance, Near(best, 0.01));
  this->Holds(on,
              "AdaIN to ixi013, in the brain",
              TransferredDice(source.image,
                              source,
                              Normalized(target.image, Learning{ target.brain }, { DeviationOf(style), style.mean }),
                              target),
              Near(byInstance, 1e-3)); // the same but for rounding: voxels at the threshold may change sides
  this->Shows(on,
              "IN over the whole image, air and all",
              TransferredDice(Normalized(source.image), source, Normalized(target.image), target));
}

TEST_F(DomainShift, AChangeOfExposureIsBridgedWhereItIsAffine)
{
  const Head   source("ixi013");
  const auto   own = ExamplesOf(source.image, source);
  const double best = MeanDice(CountsOf(own, Learned(own)));
  const auto   normalized = InBrain(source.image, source);
  this->State("WM / GM by a threshold learned on ixi013 holds on ixi013 of another exposure: mean Dice", 0.005);
  this->Shows("ixi013 as it is", "raw", best);
  for (const auto & [gain, offset] : { std::pair{ 0.5, 0.0 }, { 1.6, 0.0 }, { 1.0, 400.0 } })
  {
    const auto exposed = Scaled(source.image, gain, offset);
    const auto on = Text("ixi013, a = ", gain, ", b = ", offset);
    this->Holds(on, "raw", TransferredDice(source.image, source, exposed, source), AtMost(0.9 * best));
    this->Holds(on,
                "IN",
                TransferredDice(normalized, source, InBrain(exposed, source), source),
                Near(best, 1e-3)); // rounding: voxels at the threshold may change sides
  }

  this->State("IN does not undo a change that is not affine: mean Dice", 0.005);
  const double highest = MomentsOf(source.image, { source.whiteMatter }).moments[0].mean;
  for (const double exponent : { 0.25, 4.0 })
  {
    const auto exposed =
      Mapped(source.image,
             [&](double value, std::size_t) { return highest * std::pow(std::max(value, 0.0) / highest, exponent); });
    const auto on = Text("ixi013, intensities to the power ", exponent);
    this->Shows(on, "raw", TransferredDice(source.image, source, exposed, source));
    this->Holds(on,
                "IN, below the best by",
                best - TransferredDice(normalized, source, InBrain(exposed, source), source),
                AtLeast(0.002));
  }

  this->State("IN takes another mixture of tissues for another exposure: mean Dice", 0.005);
  for (const bool isWhite : { false, true })
  {
    // statistics of the brain without most of one tissue, as another field of view would have them
    const auto mask = isolux::MaskImage::New();
    mask->CopyInformation(source.brain);
    mask->SetRegions(source.brain->GetLargestPossibleRegion());
    mask->Allocate();
    for (std::size_t i = 0; i < mask->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
    {
      const auto & tissue = isWhite ? source.whiteMatter : source.greyMatter;
      mask->GetBufferPointer()[i] =
        source.brain->GetBufferPointer()[i] != 0 && (tissue->GetBufferPointer()[i] == 0 || i % 5 == 0) ? 1 : 0;
    }
    this->Holds(Text("ixi013, statistics without four fifths of the ", isWhite ? "white" : "grey", " matter"),
                "IN, below the best by",
                best - TransferredDice(normalized, source, Normalized(source.image, Learning{ mask }), source),
                AtLeast(0.01));
  }
}
