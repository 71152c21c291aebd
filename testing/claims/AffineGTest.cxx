#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <cmath>

namespace
{
using namespace isolux::testing;

class Affine : public Claim
{
};

/** Signal over noise, as a ratio of powers, of two acquisitions that share nothing but the signal. */
double
SignalToNoise(const isolux::WorkImage * first, const isolux::WorkImage * second)
{
  const auto sum = Mapped(first, [&](double value, std::size_t i) { return value + second->GetBufferPointer()[i]; });
  const auto difference =
    Mapped(first, [&](double value, std::size_t i) { return value - second->GetBufferPointer()[i]; });
  const double noise = MomentsOf(difference).moments[0].variance; // 2 noise; of the sum 4 signal + 2 noise
  return 0.5 * (MomentsOf(sum).moments[0].variance - noise) / noise;
}
} // namespace

TEST_F(Affine, GainAndOffsetAreRemovedButForTheSignOfTheGain)
{
  this->State("IN(a x + b) = sign(a) IN(x)");
  const auto image = ReadImage("heads/ixi013_T1w.nii.gz");
  const auto expected = Normalized(image);
  for (const auto & [gain, offset] : { std::pair{ 2.0, 100.0 }, { 0.01, -5.0 }, { 37.0, 1e4 }, { -3.0, 1000.0 } })
  {
    const auto actual = Normalized(Scaled(image, gain, offset));
    // a x + b is rounded to float, which costs 2^-24 (a x + b) / (a deviation); the output as much
    this->Holds(Text("ixi013, a = ", gain, ", b = ", offset),
                "largest deviation from it",
                LargestDifference(actual, Scaled(expected, gain > 0.0 ? 1.0 : -1.0, 0.0)),
                RoundingUpTo(5e-6));
  }
}

TEST_F(Affine, EpsilonBitesWhereTheGainIsSmall)
{
  this->State("the invariance is approximate: deviation of IN(a x) = sqrt(a^2 v / (a^2 v + eps))");
  const auto   image = Scaled(ReadImage("photos/retina_rgb.png", 1), 1.0 / 255.0, 0.0);
  const double variance = MomentsOf(image).moments[0].variance;
  const auto   expected = Normalized(image);
  for (const double epsilon : { 1e-5, 1e-3 })
  {
    for (const double gain : { 1.0, 0.1, 0.01, 0.001 })
    {
      const auto   output = Normalized(Scaled(image, gain, 0.0), Learning{}, { 1.0, 0.0, epsilon });
      const double predicted = std::sqrt(gain * gain * variance / (gain * gain * variance + epsilon));
      this->Holds(Text("retina (green, 0 to 1), eps = ", epsilon, ", a = ", gain),
                  "deviation of IN(a x)",
                  DeviationOf(MomentsOf(output).moments[0]),
                  Near(predicted, 1e-6 * predicted));
    }
  }
  const auto without = Normalized(Scaled(image, 0.001, 0.0));
  this->Holds("retina (green, 0 to 1), eps = 0, a = 0.001",
              "largest deviation from IN(x)",
              LargestDifference(without, expected),
              RoundingUpTo(2e-6)); // roundings to float of a x and of outputs up to 4
}

TEST_F(Affine, AdditiveNoiseIsNotRemoved)
{
  this->State("IN does not remove additive noise: signal-to-noise ratio (powers) before = after");
  const auto image = ReadImage("heads/ixi013_T1w.nii.gz");
  Random     random(1);
  for (const double noise : { 20.0, 100.0, 500.0 })
  {
    const auto acquire = [&]
    { return Mapped(image, [&](double value, std::size_t) { return value + random.Normal(0.0, noise); }); };
    const auto   first = acquire();
    const auto   second = acquire();
    const double before = SignalToNoise(first, second);
    const double after = SignalToNoise(Normalized(first), Normalized(second));
    const auto   on = Text("ixi013 and noise of deviation ", noise, ", acquired twice");
    this->Shows(on, "ratio before", before);
    // each acquisition is scaled by its own deviation, which noise alone makes differ, by about 1 in 1000
    this->Holds(on, "ratio after / before", after / before, Near(1.0, 1e-3));
  }
}
