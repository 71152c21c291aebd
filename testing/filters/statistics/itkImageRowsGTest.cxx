#include "itkImageRows.h"

#include "FilterTest.h"

#include "itkImageRegionConstIterator.h"

#include <gtest/gtest.h>

#include <atomic>

namespace
{
using namespace isolux::testing;

template <typename TImage>
class ImageRows : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<int, 2>, itk::Image<int, 3>, itk::Image<int, 4>>;
TYPED_TEST_SUITE(ImageRows, Images);

/** Shrunk by one at both ends of the first axis and at the start of the last one. */
template <typename TImage>
typename TImage::RegionType
InnerRegion(const TImage * image)
{
  auto               region = image->GetLargestPossibleRegion();
  const unsigned int last = TImage::ImageDimension - 1;
  region.SetIndex(0, region.GetIndex(0) + 1);
  region.SetSize(0, region.GetSize(0) - 2);
  region.SetIndex(last, region.GetIndex(last) + 1);
  region.SetSize(last, region.GetSize(last) - 1);
  return region;
}

TYPED_TEST(ImageRows, ForEachRowVisitsThePixelsOfARegionAsAnIteratorDoes)
{
  const auto       image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto       region = InnerRegion(image.GetPointer());
  std::vector<int> visited;
  itk::ForEachRow(image.GetPointer(),
                  region,
                  [&](const typename TypeParam::IndexType & index, const int * row)
                  {
                    EXPECT_EQ(index[0], region.GetIndex(0));
                    EXPECT_EQ(*row, image->GetPixel(index));
                    visited.insert(visited.end(), row, row + region.GetSize(0));
                  });
  std::vector<int> expected;
  for (itk::ImageRegionConstIterator<TypeParam> it(image, region); !it.IsAtEnd(); ++it)
  {
    expected.push_back(it.Get());
  }
  EXPECT_EQ(visited, expected);
}

TYPED_TEST(ImageRows, IndicesAndNumbersFollowTheIterator)
{
  const auto         image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto         region = InnerRegion(image.GetPointer());
  itk::SizeValueType number = 0;
  for (itk::ImageRegionConstIterator<TypeParam> it(image, region); !it.IsAtEnd(); ++it, ++number)
  {
    EXPECT_EQ(itk::IndexOf(region, number), it.GetIndex());
    EXPECT_EQ(itk::NumberOf(region, it.GetIndex()), number);
  }
  itk::SizeValueType row = 0;
  itk::ForEachRunIndex(region, 1, [&](const auto & index) { EXPECT_EQ(itk::IndexOf(region, row++, 1), index); });
  EXPECT_EQ(row * region.GetSize(0), region.GetNumberOfPixels());
}

TYPED_TEST(ImageRows, AMaskOfExtentOneAlongTheLastAxisHoldsForAllOfIt)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  auto       maskSize = SmallSize<TypeParam>();
  maskSize[TypeParam::ImageDimension - 1] = 1;
  const auto mask = MakeImage<TypeParam>(maskSize, [](std::size_t i) { return 100 + i; });
  const auto frame = mask->GetLargestPossibleRegion().GetNumberOfPixels();
  for (itk::ImageRegionConstIterator<TypeParam> it(image, image->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    EXPECT_EQ(*itk::MaskAt(mask.GetPointer(), it.GetIndex()), 100 + it.Get() % static_cast<int>(frame));
  }
  const auto region = InnerRegion(image.GetPointer());
  const auto part = itk::MaskRegion(mask.GetPointer(), region);
  EXPECT_TRUE(mask->GetLargestPossibleRegion().IsInside(part));
  EXPECT_EQ(part.GetSize(TypeParam::ImageDimension - 1), 1u);
  EXPECT_EQ(part.GetIndex(0), region.GetIndex(0));
  EXPECT_EQ(part.GetSize(0), region.GetSize(0));
  EXPECT_EQ(itk::MaskAt(static_cast<const TypeParam *>(nullptr), region.GetIndex()), nullptr);
}

/** Of a region: pairs of first pixel and length, which are what a sum over runs depends on. */
template <typename TImage>
std::vector<std::pair<int, std::size_t>>
RunsOf(const TImage * image, const typename TImage::RegionType & region, unsigned int axes)
{
  std::vector<std::pair<int, std::size_t>> runs;
  itk::ForEachRun(image,
                  region,
                  axes,
                  [&](const typename TImage::IndexType & index, const int * run, std::size_t length)
                  {
                    EXPECT_EQ(*run, image->GetPixel(index));
                    for (std::size_t i = 0; i < length; ++i)
                    {
                      EXPECT_EQ(run[i], *run + static_cast<int>(i)); // no gap in an image that counts its pixels
                    }
                    runs.emplace_back(*run, length);
                  });
  return runs;
}

TYPED_TEST(ImageRows, ARunIsAHyperplaneOfTheSlowestAxis)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto region = image->GetLargestPossibleRegion();
  const auto extent = region.GetSize(TypeParam::ImageDimension - 1);
  const auto plane = region.GetNumberOfPixels() / extent;
  const auto runs = RunsOf(image.GetPointer(), region, itk::RunAxes(image.GetPointer(), image.GetPointer()));
  ASSERT_EQ(runs.size(), extent);
  for (std::size_t i = 0; i < extent; ++i)
  {
    EXPECT_EQ(runs[i], std::make_pair(static_cast<int>(i * plane), plane));
  }
  std::size_t count = 0;
  itk::ForEachRun(image.GetPointer(), region, [&](const auto &, const int *, std::size_t length) { count += length; });
  EXPECT_EQ(count, region.GetNumberOfPixels());
}

TYPED_TEST(ImageRows, RunsOfDivisionsAndSlabsAreThoseOfTheWhole)
{
  const auto         image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto         whole = image->GetLargestPossibleRegion();
  const unsigned int axes = itk::RunAxes(image.GetPointer(), image.GetPointer());
  const auto         expected = RunsOf(image.GetPointer(), whole, axes);
  const auto         splitter = itk::ImageRegionSplitterSlowDimension::New();
  using Run = std::pair<int, std::size_t>;
  struct Runs
  {
    std::vector<Run> runs;
    void
    Merge(const Runs & other)
    {
      runs.insert(runs.end(), other.runs.begin(), other.runs.end());
    }
  };
  for (const unsigned int wanted : { 1U, 2U, 64U })
  {
    const unsigned int divisions = itk::NumberOfRowDivisions(whole, wanted);
    Runs               total;
    for (unsigned int division = 0; division < divisions; ++division)
    {
      auto region = whole;
      splitter->GetSplit(division, divisions, region);
      const auto threader = itk::MultiThreaderBase::New();
      threader->SetNumberOfWorkUnits(3);
      itk::ReduceRegion(threader.GetPointer(),
                        region,
                        itk::SlowestAxis(whole),
                        total,
                        [&](const typename TypeParam::RegionType & slab, Runs & part)
                        { part.runs = RunsOf(image.GetPointer(), slab, axes); });
    }
    std::sort(total.runs.begin(), total.runs.end());
    EXPECT_EQ(total.runs, expected) << wanted;
  }
}

TYPED_TEST(ImageRows, ARunEndsWhereTheBufferHasAGap)
{
  const auto  image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto  region = InnerRegion(image.GetPointer());
  const auto  runs = RunsOf(image.GetPointer(), region, TypeParam::ImageDimension);
  std::size_t pixels = 0;
  for (const auto & run : runs)
  {
    EXPECT_EQ(run.second, region.GetSize(0));
    pixels += run.second;
  }
  EXPECT_EQ(pixels, region.GetNumberOfPixels());
  EXPECT_EQ(itk::ContiguousAxes(region, image->GetBufferedRegion()), 1u);
  EXPECT_EQ(itk::ContiguousAxes(image->GetBufferedRegion(), image->GetBufferedRegion()), TypeParam::ImageDimension);
}

TEST(ImageRowsOfASeries, ARunEndsWhereTheMaskIsRepeated)
{
  using Series = itk::Image<int, 4>;
  const auto image = MakeImage<Series>({ { 6, 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto axesWith = [&image](const Series::SizeType & maskSize)
  {
    const auto mask = MakeImage<Series>(maskSize, [](std::size_t i) { return i; });
    return itk::RunAxes(image.GetPointer(), mask.GetPointer());
  };
  EXPECT_EQ(axesWith({ { 6, 5, 4, 3 } }), 3u);
  EXPECT_EQ(axesWith({ { 6, 5, 4, 1 } }), 3u); // repeated for each frame, whole within one
  EXPECT_EQ(axesWith({ { 6, 5, 1, 3 } }), 2u);
  EXPECT_EQ(axesWith({ { 6, 1, 4, 3 } }), 1u);
  const auto volume = MakeImage<Series>({ { 6, 5, 4, 1 } }, [](std::size_t i) { return i; });
  const auto picture = MakeImage<Series>({ { 6, 5, 1, 1 } }, [](std::size_t i) { return i; });
  const auto row = MakeImage<Series>({ { 6, 1, 1, 1 } }, [](std::size_t i) { return i; });
  const auto axesOf = [](const Series * of) { return itk::RunAxes(of, of); };
  EXPECT_EQ(axesOf(volume), 2u);
  EXPECT_EQ(axesOf(picture), 1u);
  EXPECT_EQ(axesOf(row), 1u);
}

struct PixelList
{
  std::vector<int> pixels;
  void
  Merge(const PixelList & other)
  {
    pixels.insert(pixels.end(), other.pixels.begin(), other.pixels.end());
  }
};

TYPED_TEST(ImageRows, ReduceRegionHandsOutEveryPixelOnceInWholeRows)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto region = image->GetLargestPossibleRegion();
  for (const unsigned int units : { 1u, 2u, 3u, 64u })
  {
    const auto threader = itk::MultiThreaderBase::New();
    threader->SetNumberOfWorkUnits(units);
    PixelList total;
    itk::ReduceRegion(threader.GetPointer(),
                      region,
                      total,
                      [&](const typename TypeParam::RegionType & slab, PixelList & part)
                      {
                        EXPECT_EQ(slab.GetSize(0), region.GetSize(0));
                        itk::ForEachRow(image.GetPointer(),
                                        slab,
                                        [&](const auto &, const int * row)
                                        { part.pixels.insert(part.pixels.end(), row, row + slab.GetSize(0)); });
                      });
    std::sort(total.pixels.begin(), total.pixels.end());
    EXPECT_EQ(total.pixels, PixelsOf(image.GetPointer())) << units;
  }
}

TYPED_TEST(ImageRows, DivisionsNeverCutARow)
{
  using RegionType = typename TypeParam::RegionType;
  RegionType row;
  for (unsigned int axis = 0; axis < TypeParam::ImageDimension; ++axis)
  {
    row.SetSize(axis, axis == 0 ? 100 : 1);
  }
  EXPECT_EQ(itk::NumberOfRowDivisions(row, 7), 1u);
  row.SetSize(1, 5);
  EXPECT_EQ(itk::NumberOfRowDivisions(row, 3), 3u);
  EXPECT_EQ(itk::NumberOfRowDivisions(row, 64), 5u);
}

TEST(ImageRowsErrors, AMaskOfAnotherExtentIsNamedWithBothSizes)
{
  using Image = itk::Image<float, 2>;
  using Mask = itk::Image<unsigned char, 2>;
  const auto image = MakeImage<Image>({ { 6, 4 } }, [](std::size_t) { return 0; });
  const auto mask = MakeImage<Mask>({ { 6, 3 } }, [](std::size_t) { return 1; });
  const auto message = MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), mask.GetPointer()); });
  EXPECT_NE(message.find("MaskImage must cover the image's region or have extent 1 along axis 1: image [6, 4] from "
                         "[5, -3], MaskImage [6, 3] from [5, -3]."),
            std::string::npos)
    << message;
  const auto shifted = MakeImage<Mask>({ { 6, 4 } }, [](std::size_t) { return 1; });
  auto       region = shifted->GetLargestPossibleRegion();
  region.SetIndex(0, 0);
  shifted->SetRegions(region);
  EXPECT_NE(MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), shifted.GetPointer()); }).find("axis 0"),
            std::string::npos);
  EXPECT_EQ(MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), static_cast<const Mask *>(nullptr)); }), "");
  const auto weights = MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), mask.GetPointer(), "WeightImage"); });
  EXPECT_EQ(weights.find("MaskImage"), std::string::npos) << weights;
  EXPECT_NE(weights.find("WeightImage [6, 3] from [5, -3]."), std::string::npos) << weights;
}

TEST(ImageRowsErrors, AMaskIsNotRepeatedAlongTheFirstAxis)
{
  using Image = itk::Image<float, 2>;
  using Mask = itk::Image<unsigned char, 2>;
  const auto image = MakeImage<Image>({ { 6, 4 } }, [](std::size_t) { return 0; });
  const auto column = MakeImage<Mask>({ { 1, 4 } }, [](std::size_t) { return 1; });
  const auto message = MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), column.GetPointer()); });
  EXPECT_NE(message.find("MaskImage must cover the image's region along axis 0: image [6, 4] from [5, -3], "
                         "MaskImage [1, 4] from [5, -3]."),
            std::string::npos)
    << message;
  const auto narrow = MakeImage<Image>({ { 1, 4 } }, [](std::size_t) { return 0; });
  EXPECT_NO_THROW(itk::VerifyMaskExtent(narrow.GetPointer(), column.GetPointer()));
}
} // namespace
