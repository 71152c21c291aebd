#include "itkLogIlluminationImageFilter.h"

#include "itkPoissonRetinexImageFilter.h"

#include "FilterTest.h"

#include "itkPipelineMonitorImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
auto
FilterOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto filter = itk::PoissonRetinexImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  return filter;
}

template <typename TFilter>
auto
ResultOf(const TFilter & filter)
{
  filter->Update();
  return PixelsOf(filter->GetOutput());
}

double
Intensity(std::size_t i)
{
  return 100.0 * std::exp(0.05 * std::sin(0.7 * static_cast<double>(i % 12)) + 0.03 * static_cast<double>(i / 12 % 7));
}

template <typename TImage>
class LogIllumination : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<short, 3>, itk::Image<double, 4>>;
TYPED_TEST_SUITE(LogIllumination, Images);
} // namespace

TYPED_TEST(LogIllumination, KeepsTheGridAndTheMeanOfTheLogInEveryComponentOfTheMask)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto isLeft = [](std::size_t i) { return i % 12 < 5; };
  const auto isRight = [](std::size_t i) { return i % 12 > 6 && i / 12 % 7 > 1; };
  const auto mask =
    MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), [&](std::size_t i) { return isLeft(i) || isRight(i); });
  const auto filter = FilterOf(image.GetPointer(), mask.GetPointer());
  const auto result = ResultOf(filter);
  EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
  EXPECT_EQ(filter->GetSummary().components, 2U);
  double left = 0.0;
  double right = 0.0;
  double range = 0.0;
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    left += isLeft(i) ? result[i] : 0.0;
    right += isRight(i) ? result[i] : 0.0;
    range = std::max(range, std::abs(static_cast<double>(result[i])));
  }
  EXPECT_NEAR(left / static_cast<double>(result.size()), 0.0, 1e-6); // float rounding
  EXPECT_NEAR(right / static_cast<double>(result.size()), 0.0, 1e-6);
  EXPECT_GT(range, 0.03);
}

TYPED_TEST(LogIllumination, VoxelsWithoutLogarithmAreCountedAndInterpolated)
{
  using Real = itk::Image<double, TypeParam::ImageDimension>;
  const auto size = SmallSize<Real>();
  const auto isOut = [](std::size_t i) { return i % 17 == 3; };
  const auto whole = ResultOf(FilterOf(MakeImage<Real>(size, Intensity).GetPointer()));
  for (const double value : { 0.0, -5.0, NaN, HUGE_VAL })
  {
    const auto image = MakeImage<Real>(size, [&](std::size_t i) { return isOut(i) ? value : Intensity(i); });
    const auto filter = FilterOf(image.GetPointer());
    const auto result = ResultOf(filter);
    EXPECT_EQ(filter->GetSummary().voxels, result.size());
    EXPECT_EQ(filter->GetSummary().excluded, (result.size() + 13) / 17);
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      ASSERT_NEAR(result[i], whole[i], 0.03) << value; // what lies between neighbours; the range is 0.28
    }
  }
}

TYPED_TEST(LogIllumination, OutsideTheMaskItContinuesWithinItsRangeAndReadsNothing)
{
  const auto isInside = [](std::size_t i) { return i % 12 > 2 && i % 12 < 9; };
  const auto mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), isInside);
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto other =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return isInside(i) ? Intensity(i) : 7000.0; });
  const auto filter = FilterOf(image.GetPointer(), mask.GetPointer());
  const auto result = ResultOf(filter);
  EXPECT_TRUE(SameBits(result, ResultOf(FilterOf(other.GetPointer(), mask.GetPointer()))));
  const auto & summary = filter->GetSummary();
  EXPECT_LT(summary.minimum, -0.03);
  EXPECT_GT(summary.maximum, 0.03);
  for (const float value : result)
  {
    ASSERT_GE(value, summary.minimum - 1e-6); // float rounding of means
    ASSERT_LE(value, summary.maximum + 1e-6);
  }
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    if (i % 12 < 11 && !isInside(i))
    {
      ASSERT_NEAR(result[i], result[i + 1], 0.1); // steps inside are up to 0.04
    }
  }
}

TYPED_TEST(LogIllumination, AnAxisThatIsLeftOutGivesEachSliceItsOwn)
{
  constexpr unsigned int last = TypeParam::ImageDimension - 1;
  const auto             size = SmallSize<TypeParam>();
  const auto             image = MakeImage<TypeParam>(size, [](std::size_t i) { return Intensity(i * (1 + i / 84)); });
  const auto             filter = FilterOf(image.GetPointer());
  auto                   axes = filter->GetAxes();
  axes[last] = false;
  filter->SetAxes(axes);
  const auto result = ResultOf(filter);
  auto       sliceSize = size;
  sliceSize[last] = 1;
  const auto voxels = result.size() / size[last];
  for (std::size_t slice = 0; slice < size[last]; ++slice)
  {
    const auto alone =
      MakeImage<TypeParam>(sliceSize, [&](std::size_t i) { return image->GetBufferPointer()[slice * voxels + i]; });
    const auto expected = ResultOf(FilterOf(alone.GetPointer()));
    for (std::size_t i = 0; i < voxels; ++i)
    {
      ASSERT_NEAR(result[slice * voxels + i], expected[i], 1e-6); // lines are transformed in other pairs
    }
  }
}

TYPED_TEST(LogIllumination, AMaskOfExtentOneHoldsForAllSlices)
{
  constexpr unsigned int last = TypeParam::ImageDimension - 1;
  const auto             image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  auto                   size = SmallSize<TypeParam>();
  size[last] = 1;
  const auto isInside = [](std::size_t i) { return i % 5 != 2; };
  const auto flat = MakeImage<MaskOf<TypeParam>>(size, isInside);
  const auto voxels = flat->GetBufferedRegion().GetNumberOfPixels();
  const auto full =
    MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), [&](std::size_t i) { return isInside(i % voxels); });
  EXPECT_TRUE(SameBits(ResultOf(FilterOf(image.GetPointer(), flat.GetPointer())),
                       ResultOf(FilterOf(image.GetPointer(), full.GetPointer()))));
}

TYPED_TEST(LogIllumination, NothingToLearnGivesZero)
{
  const auto expectZero = [](const auto & filter)
  {
    for (const float value : ResultOf(filter))
    {
      ASSERT_EQ(value, 0.0F);
    }
  };
  const auto size = SmallSize<TypeParam>();
  const auto image = MakeImage<TypeParam>(size, Intensity);
  const auto empty = MakeImage<MaskOf<TypeParam>>(size, [](std::size_t) { return 0; });
  const auto lone = MakeImage<MaskOf<TypeParam>>(size, [](std::size_t i) { return i == 40; });
  expectZero(FilterOf(MakeImage<TypeParam>(size, [](std::size_t) { return 7.0; }).GetPointer()));
  expectZero(FilterOf(MakeImage<TypeParam>(size, [](std::size_t) { return 0.0; }).GetPointer()));
  expectZero(FilterOf(image.GetPointer(), empty.GetPointer()));
  expectZero(FilterOf(image.GetPointer(), lone.GetPointer()));
  typename TypeParam::SizeType one;
  one.Fill(1);
  expectZero(FilterOf(MakeImage<TypeParam>(one, [](std::size_t) { return 7.0; }).GetPointer()));
}

TYPED_TEST(LogIllumination, ReadsTheWholeImageWhateverIsAskedFor)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
  monitor->SetInput(image);
  const auto filter = FilterOf(monitor->GetOutput());
  filter->UpdateOutputInformation();
  auto region = image->GetLargestPossibleRegion();
  region.SetSize(0, 1);
  filter->GetOutput()->SetRequestedRegion(region);
  filter->GetOutput()->Update();
  EXPECT_EQ(filter->GetOutput()->GetBufferedRegion(), image->GetLargestPossibleRegion());
  EXPECT_EQ(monitor->GetUpdatedRequestedRegions().back(), image->GetLargestPossibleRegion());
}

TYPED_TEST(LogIllumination, AMaskOfAnotherSizeIsRefused)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  auto       size = SmallSize<TypeParam>();
  size[0] -= 1;
  const auto mask = MakeImage<MaskOf<TypeParam>>(size, [](std::size_t) { return 1; });
  const auto message = MessageOf([&] { FilterOf(image.GetPointer(), mask.GetPointer())->Update(); });
  EXPECT_NE(message.find("MaskImage must cover the image's region along axis 0"), std::string::npos) << message;
}
