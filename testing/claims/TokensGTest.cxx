#include "FilterTest.h"
#include "Images.h"
#include "Table.h"

#include <algorithm>

namespace
{
using namespace isolux::testing;
using isolux::WorkImage;

/** Np patches of a picture as tokens of D pixels: features along x, patches along y. */
class Tokens : public Claim
{
protected:
  static constexpr std::size_t Side = 8;
  static constexpr std::size_t D = Side * Side;

  Tokens()
  {
    // 0 to 1, and its least steps smoothed over by noise, so that no patch is constant
    Random random(3);
    auto   patches = Patches(ReadImage("photos/retina_rgb.png", 1), Side);
    m_Tokens = MakeWorkImage({ { D, patches.size(), 1, 1 } },
                             [&](std::size_t i)
                             {
                               const double pixel = patches[i / D]->GetBufferPointer()[i % D];
                               return pixel / 255.0 + random.Normal(0.0, 0.01);
                             });
  }

  /** Each patch by its features. */
  static WorkImage::Pointer
  Layer(const WorkImage * tokens, double epsilon)
  {
    return Normalized(tokens, Learning{ nullptr, { Y } }, { 1.0, 0.0, epsilon });
  }
  /** Each feature over the patches. */
  static WorkImage::Pointer
  Instance(const WorkImage * tokens, double epsilon)
  {
    return Normalized(tokens, Learning{ nullptr, { X } }, { 1.0, 0.0, epsilon });
  }

  /** One patch in another gain and offset. */
  WorkImage::Pointer
  WithPatchScaled() const
  {
    return Mapped(m_Tokens, [](double value, std::size_t i) { return i / D == 900 ? 3.0 * value + 0.5 : value; });
  }
  /** Each feature in its own gain and offset, the same for all patches. */
  WorkImage::Pointer
  WithFeaturesScaled() const
  {
    return Mapped(m_Tokens,
                  [](double value, std::size_t i)
                  {
                    Random     random(i % D);
                    const auto gain = random.Uniform(0.5, 2.0);
                    return gain * value + random.Uniform(-0.5, 0.5);
                  });
  }

  WorkImage::Pointer m_Tokens;
};
} // namespace

TEST_F(Tokens, LayerNormalizationIsInvariantToAPatchAndInstanceNormalizationToAFeature)
{
  const std::string patch = "1936 patches of 64 pixels of retina (green), one patch times 3 plus 0.5";
  const std::string features = "the same, each feature with its own gain and offset for all patches";
  const auto        layerMoves = [&](const WorkImage * tokens, double epsilon)
  { return LargestDifference(Layer(tokens, epsilon), Layer(m_Tokens, epsilon)); };
  const auto instanceMoves = [&](const WorkImage * tokens, double epsilon)
  { return LargestDifference(Instance(tokens, epsilon), Instance(m_Tokens, epsilon)); };
  const auto patchScaled = WithPatchScaled();
  const auto featuresScaled = WithFeaturesScaled();
  // a pixel near 1 is rounded to float by 6e-8, over a patch's deviation of 0.01 that is 6e-6
  const double rounding = 5e-5;

  this->State("LN is invariant to scaling and shift of one patch, and not to those of a feature");
  this->Holds(patch, "largest change of LN, eps = 0", layerMoves(patchScaled, 0.0), RoundingUpTo(rounding));
  this->Holds(patch, "largest change of LN, eps = 1e-5", layerMoves(patchScaled, 1e-5), AtMost(0.2));
  this->Holds(features, "largest change of LN, eps = 0", layerMoves(featuresScaled, 0.0), AtLeast(1.0));

  this->State("IN per feature is invariant to scaling and shift of each feature, and not to those of a patch");
  this->Holds(features, "largest change of IN, eps = 0", instanceMoves(featuresScaled, 0.0), RoundingUpTo(rounding));
  this->Holds(features, "largest change of IN, eps = 1e-5", instanceMoves(featuresScaled, 1e-5), AtMost(0.01));
  this->Holds(patch, "largest change of IN, eps = 0", instanceMoves(patchScaled, 0.0), AtLeast(1.0));
}
