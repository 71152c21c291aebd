#include "Anatomy.h"
#include "Design.h"
#include "Measures.h"
#include "Results.h"

#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

// What the table is made with measures what it says.
namespace
{
using namespace isolux::testing;

PhantomLabels::Pointer
Labels(const PhantomLabels::SizeType & size, double spacing)
{
  const auto labels = PhantomLabels::New();
  labels->SetRegions(size);
  labels->SetSpacing(PhantomLabels::SpacingType(spacing));
  labels->Allocate(true);
  return labels;
}

std::size_t
Count(const PhantomLabels * labels, unsigned char label)
{
  const auto * const begin = labels->GetBufferPointer();
  return std::count(begin, begin + labels->GetLargestPossibleRegion().GetNumberOfPixels(), label);
}

TEST(Measures, TissueVariationIsThatOfItsDefinition)
{
  const auto    tissue = Labels({ { 6, 1, 1 } }, 1.0);
  const auto    image = phantom_detail::AllocateLike<PhantomImage>(tissue);
  const float   values[] = { 9.0f, 2.0f, 4.0f, 7.0f, 10.0f, 13.0f };
  unsigned char labels[] = { 1, 2, 2, 3, 3, 3 };
  std::copy_n(values, 6, image->GetBufferPointer());
  std::copy_n(labels, 6, tissue->GetBufferPointer());
  const auto variation = MeasureTissue(image, tissue);
  EXPECT_NEAR(variation.cvGreyMatter, 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(variation.cvWhiteMatter, std::sqrt(6.0) / 10.0, 1e-12);
  EXPECT_NEAR(variation.cjv, (1.0 + std::sqrt(6.0)) / 7.0, 1e-12);
}

TEST(Measures, LogCorrelationSeesPowersAndLeavesOutWhatIsNotPositive)
{
  const auto mask = Labels({ { 5, 1, 1 } }, 1.0);
  mask->FillBuffer(1);
  const auto a = phantom_detail::AllocateLike<PhantomImage>(mask);
  const auto b = phantom_detail::AllocateLike<PhantomImage>(mask);
  for (int i = 0; i < 5; ++i)
  {
    a->GetBufferPointer()[i] = static_cast<float>(i);            // 0 is left out
    b->GetBufferPointer()[i] = 3.0f / static_cast<float>(i * i); // the log is -2 times that of a
  }
  EXPECT_NEAR(LogCorrelation(a, a, mask), 1.0, 1e-12);
  EXPECT_NEAR(LogCorrelation(a, b, mask), -1.0, 1e-6); // float rounding
}

TEST(Anatomy, ScalpLiesNineToFifteenMillimetresFromTheBrain)
{
  const auto labels = Labels({ { 41, 3, 3 } }, 1.5);
  labels->SetPixel({ { 20, 1, 1 } }, WhiteMatterLabel);
  AddScalp(labels);
  for (long x = 0; x < 41; ++x)
  {
    const double distance = 1.5 * std::abs(static_cast<double>(x - 20));
    EXPECT_EQ(labels->GetPixel({ { x, 1, 1 } }) == ScalpLabel, distance > 9.0 && distance < 15.0) << x;
  }
  EXPECT_EQ(Count(labels, WhiteMatterLabel), 1u);
}

TEST(Anatomy, LesionsTakeWhiteMatterOnlyAndHaveTheirSize)
{
  const auto labels = Labels({ { 60, 60, 60 } }, 1.0);
  labels->FillBuffer(GreyMatterLabel);
  for (long z = 0; z < 60; ++z)
  {
    for (long y = 0; y < 60; ++y)
    {
      for (long x = 0; x < 30; ++x)
      {
        labels->SetPixel({ { x, y, z } }, WhiteMatterLabel);
      }
    }
  }
  AddLesions(labels, { 12.0 }, 5);
  EXPECT_EQ(Count(labels, GreyMatterLabel), 30u * 60u * 60u);
  EXPECT_LE(Count(labels, LesionLabel), 925u); // the ball of 905 mm^3, and its staircase
  EXPECT_GE(Count(labels, LesionLabel), 110u); // an eighth of it, in a corner
}

TEST(Anatomy, PaddingAddsOnlyWhatIsMissingOfTheMargin)
{
  const auto labels = Labels({ { 10, 10, 10 } }, 2.0);
  labels->SetPixel({ { 0, 4, 5 } }, GreyMatterLabel);
  labels->SetPixel({ { 3, 9, 5 } }, WhiteMatterLabel);
  const auto padded = PadAround(labels, 4.0);
  EXPECT_EQ(padded->GetLargestPossibleRegion().GetSize(), (PhantomLabels::SizeType{ { 12, 12, 10 } }));
  EXPECT_EQ(padded->GetPixel({ { 2, 4, 5 } }), GreyMatterLabel);
  EXPECT_EQ(padded->GetPixel({ { 5, 9, 5 } }), WhiteMatterLabel);
  EXPECT_DOUBLE_EQ(padded->GetOrigin()[0], -4.0);
  EXPECT_DOUBLE_EQ(padded->GetOrigin()[1], 0.0);
}

TEST(Anatomy, BottleAndBallHaveTheirVolumes)
{
  const auto bottle = DrawBottle(2.0);
  EXPECT_NEAR(8.0 * Count(bottle, GreyMatterLabel), 3.14159 * 30 * 30 * 150, 0.03 * 3.14159 * 30 * 30 * 150);
  EXPECT_NEAR(8.0 * Count(bottle, WhiteMatterLabel), 3.14159 * 2700 * 150, 0.03 * 3.14159 * 2700 * 150);
  const double ball = 4.0 / 3.0 * 3.14159 * 20 * 20 * 20;
  EXPECT_NEAR(8.0 * Count(BallInMask(bottle, 20.0), 1), ball, 0.03 * ball); // staircase of 2-mm voxels
}

TEST(Design, HoldsEveryKindOfFieldContrastAndNoiseUnderItsOwnName)
{
  std::set<std::string> names;
  std::set<FieldKind>   fields;
  std::set<int>         noises;
  std::set<Contrast>    contrasts;
  for (const auto & phantom : PhantomCases())
  {
    names.insert(phantom.Name());
    fields.insert(phantom.field);
    noises.insert(phantom.noise);
    contrasts.insert(phantom.contrast);
  }
  EXPECT_EQ(names.size(), PhantomCases().size());
  EXPECT_EQ(names.size(), 30u);
  EXPECT_EQ(fields.size(), 5u);
  EXPECT_EQ(noises, (std::set<int>{ 1, 3, 5, 7, 9 }));
  EXPECT_EQ(contrasts.size(), 3u);
}

TEST(Design, AHeadIsDrawnWhereThereAreNoLabels)
{
  const auto phantom = MakePhantom({ false, FieldKind::Polynomial, 40, 3, Contrast::T1, 0.0, 0.5, true }, nullptr, 7);
  EXPECT_GT(Count(phantom.labels, ScalpLabel), 1000u);
  EXPECT_GT(Count(phantom.labels, LesionLabel), 1000u);
  EXPECT_EQ(Count(phantom.brain, 1),
            Count(phantom.labels, 1) + Count(phantom.labels, 2) + Count(phantom.labels, 3) +
              Count(phantom.labels, LesionLabel));
}

TEST(Results, AFileKeepsWhatWasMeasuredAndANewValueReplacesTheOld)
{
  const isolux::testing::TemporaryFolder folder;
  const auto                             file = (folder.Path() / "results.csv").string();
  Results                                results;
  results.Set({ "phantoms", "A", "one, two", "RMSE", "ours", 0.002 });
  results.Set({ "phantoms", "A", "one, two", "RMSE", "n4-0", 0.01 });
  results.Set({ "phantoms", "A", "one, two", "RMSE", "n4-1e-3", 0.008 });
  results.Set({ "phantoms", "B", "no field", "RMSE", "ours", 0.0016 });
  results.Write(file);
  Results again;
  again.Read(file);
  again.Set({ "phantoms", "A", "one, two", "RMSE", "ours", 0.004 });
  std::ostringstream text;
  again.Print(text, { "ours", "n4-0", "n4-1e-3" });
  EXPECT_NE(text.str().find("| A | one, two | 0.0040 | 0.0100 | 0.0080 | 0.500 |"), std::string::npos) << text.str();
  EXPECT_NE(text.str().find("| phantoms: median of ours / better N4 | 1 | <= 0.250 | 0.500 | **not reached** |"),
            std::string::npos);
  EXPECT_NE(text.str().find("| phantoms: worst of ours / better N4 | 1 | <= 1.100 | 0.500 | reached |"),
            std::string::npos);
  EXPECT_NE(
    text.str().find("| phantoms without field: largest RMSE, half B | 1 | <= 0.0015 | 0.0016 | **not reached** |"),
    std::string::npos);
}
} // namespace
