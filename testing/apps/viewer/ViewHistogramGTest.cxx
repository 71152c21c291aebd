#include "ViewVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace isolux
{
namespace
{
ViewData
HeadData()
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 21, 19, 17, 1 } }));
  return MakeViewData(testing::View(image), testing::View(image), nullptr, testing::MaskAbove(*image, 30.0F));
}
} // namespace

TEST(ViewHistogram, CountsEveryFiniteVoxelInsideTheMaskOnceAndInItsBin)
{
  const auto data = HeadData();
  const auto image = data.images[Before]->Channel(0);
  image->GetBufferPointer()[21 * 19 * 8 + 21 * 9 + 10] = std::numeric_limits<float>::quiet_NaN(); // inside
  const auto           histogram = CountIntensities(*data.images[Before], 0, data.masks[Before]);
  std::vector<float>   inside;
  const std::ptrdiff_t voxels = 21 * 19 * 17;
  for (std::ptrdiff_t i = 0; i < voxels; ++i)
  {
    if (data.masks[Before]->GetBufferPointer()[i] != 0 && std::isfinite(image->GetBufferPointer()[i]))
    {
      inside.push_back(image->GetBufferPointer()[i]);
    }
  }
  EXPECT_EQ(histogram.nonFinite, 1U);
  EXPECT_EQ(histogram.voxels, inside.size());
  const double bin = (histogram.high - histogram.low) / static_cast<double>(histogram.counts.size());
  for (std::size_t i = 0; i < histogram.counts.size(); i += 7)
  {
    const double low = histogram.low + bin * static_cast<double>(i);
    const auto   count =
      std::count_if(inside.begin(), inside.end(), [&](const float value) { return value >= low && value < low + bin; });
    EXPECT_NEAR(static_cast<double>(histogram.counts[i]), static_cast<double>(count), 1.0); // a value on an edge
  }
}

TEST(ViewHistogram, TheWindowRunsFromTheFirstToTheLastPercentInsideTheMask)
{
  const auto         data = HeadData();
  std::vector<float> inside;
  for (std::size_t i = 0; i < data.images[Before]->VoxelsOfFrame(); ++i)
  {
    if (data.masks[Before]->GetBufferPointer()[i] != 0)
    {
      inside.push_back(data.images[Before]->Pixels(0, 0)[i]);
    }
  }
  std::sort(inside.begin(), inside.end());
  const auto window = ChooseWindow(*data.images[Before], 0, data.masks[Before]);
  EXPECT_FLOAT_EQ(static_cast<float>(window.low),
                  inside[static_cast<std::size_t>(std::lround(0.01 * (inside.size() - 1.0)))]);
  EXPECT_FLOAT_EQ(static_cast<float>(window.high),
                  inside[static_cast<std::size_t>(std::lround(0.99 * (inside.size() - 1.0)))]);
}

TEST(ViewHistogram, OfAConstantAndOfNothingFiniteIsAWindowWithWidth)
{
  const auto constant = testing::Constant(*testing::PlainGrid({ { 5, 4, 3, 1 } }), 7.0F);
  const auto nothing = testing::Constant(*constant, std::numeric_limits<float>::quiet_NaN());
  EXPECT_GT(ChooseWindow(*testing::View(constant), 0, nullptr).Width(), 0.0);
  EXPECT_GT(ChooseWindow(*testing::View(nothing), 0, nullptr).Width(), 0.0);
  EXPECT_EQ(CountIntensities(*testing::View(constant), 0, nullptr).voxels, 60U);
  EXPECT_EQ(CountIntensities(*testing::View(nothing), 0, nullptr).nonFinite, 60U);
}

TEST(ViewHistogram, AColourImagesVoxelIsCountedOnceAndOfAChosenChannelOnlyThat)
{
  const auto grid = testing::Constant(*testing::PlainGrid({ { 5, 4, 3, 1 } }), 7.0F);
  const auto other = testing::Constant(*grid, 90.0F);
  other->GetBufferPointer()[0] = std::numeric_limits<float>::quiet_NaN();
  const ViewImage image({ grid, grid, other }, "photo");
  const auto      all = CountIntensities(image, 0, nullptr);
  EXPECT_EQ(all.voxels, 60U);
  EXPECT_EQ(all.nonFinite, 1U);
  EXPECT_EQ(std::accumulate(all.counts.begin(), all.counts.end(), std::size_t(0)), 179U);
  const auto third = CountIntensities(image, 0, nullptr, 2);
  EXPECT_EQ(third.voxels, 59U);
  EXPECT_GT(third.low, 80.0);
}

/** 200 integers, each once for every shade: whatever a bin's width, no comb. */
TEST(ViewHistogram, ValuesAStepApartFillItsBinsEvenly)
{
  for (const float step : { 1.0F, 3.0F, 0.37F })
  {
    const auto image = testing::PlainGrid({ { 40, 50, 10, 1 } });
    for (int i = 0; i < 40 * 50 * 10; ++i)
    {
      image->GetBufferPointer()[i] = step * static_cast<float>(i % 200) - 31.0F;
    }
    const auto counts = CountIntensities(*testing::View(image), 0, nullptr).counts;
    EXPECT_GT(counts.size(), 64U);
    const auto middle = counts.begin() + static_cast<std::ptrdiff_t>(counts.size()) / 2;
    EXPECT_GT(*middle, 0U);
    EXPECT_TRUE(std::all_of(middle - 30, middle + 30, [&](const std::size_t count) { return count == *middle; }))
      << step;
  }
}

TEST(ViewHistogram, WithoutAMaskTheForegroundIsFound)
{
  const auto image = testing::FillHead(testing::PlainGrid({ { 21, 19, 17, 1 } }));
  const auto data = MakeViewData(testing::View(image), testing::View(image), nullptr, nullptr);
  ASSERT_NE(data.masks[Before], nullptr);
  EXPECT_EQ(data.masks[Before], data.masks[After]); // on one grid
  EXPECT_EQ(data.maskNames[Before], "in the foreground");
  const auto counted = CountIntensities(*data.images[Before], 0, data.masks[Before]).voxels;
  EXPECT_GT(counted, 1000U);
  EXPECT_LT(counted, 21U * 19U * 17U);
}

TEST(ViewData, AMaskIsTakenToAnotherGridAndAForegroundThatIsAftersOwnIsNamedSo)
{
  const auto   before = testing::FillHead(testing::PlainGrid({ { 20, 20, 20, 1 } }));
  const auto   after = testing::FillHead(testing::PlainGrid({ { 40, 40, 40, 1 } }));
  const double spacing[] = { 0.5, 0.5, 0.5, 1.0 };
  const double origin[] = { -0.25, -0.25, -0.25, 0.0 };
  after->SetSpacing(spacing);
  after->SetOrigin(origin);
  const auto mask = testing::MaskAbove(*before, 30.0F);
  const auto given = MakeViewData(testing::View(before), testing::View(after), nullptr, mask);
  EXPECT_EQ(given.maskNames[After], "inside the mask");
  EXPECT_EQ(CountIntensities(*given.images[After], 0, given.masks[After]).voxels,
            8 * CountIntensities(*given.images[Before], 0, given.masks[Before]).voxels);
  const auto found = MakeViewData(testing::View(before), testing::View(after), nullptr, nullptr);
  EXPECT_EQ(found.maskNames[Before], "in the foreground");
  EXPECT_EQ(found.maskNames[After], "in its own foreground");
  const auto none = testing::Constant(*before, 0.0F);
  EXPECT_EQ(MakeViewData(testing::View(none), testing::View(none), nullptr, nullptr).maskNames[Before],
            "all of the image");
}

TEST(ViewData, TheFieldsColoursReachAsFarAsItDoesInsideTheMask)
{
  const auto image = testing::FillHead(testing::PlainGrid({ { 21, 19, 17, 1 } }));
  const auto mask = testing::MaskAbove(*image, 30.0F);
  const auto field = testing::Constant(*image, 1.0F);
  for (std::size_t i = 0; i < 21 * 19 * 17; ++i)
  {
    field->GetBufferPointer()[i] = mask->GetBufferPointer()[i] != 0 ? (i % 2 == 0 ? 0.5F : 1.0F) : 100.0F;
  }
  const auto data = MakeViewData(testing::View(image), testing::View(image), testing::View(field), mask);
  EXPECT_NEAR(data.fieldLimit, 2.0, 1e-6);
}

TEST(ViewData, TheFieldsColoursReachAsFarAsAnyOfItsChannelsAndFrames)
{
  const auto image = testing::FillHead(testing::PlainGrid({ { 21, 19, 17, 2 } }));
  const auto flat = testing::Constant(*image, 1.0F);
  const auto steep = testing::Constant(*image, 1.0F);
  std::fill_n(steep->GetBufferPointer() + 21 * 19 * 17, 21 * 19 * 17, 4.0F); // its second frame
  const auto data =
    MakeViewData(testing::View(image),
                 testing::View(image),
                 std::make_shared<const ViewImage>(std::vector<WorkImage::Pointer>{ flat, steep }, "field"),
                 testing::MaskAbove(*image, 30.0F));
  EXPECT_NEAR(data.fieldLimit, 4.0, 1e-6);
}
} // namespace isolux
