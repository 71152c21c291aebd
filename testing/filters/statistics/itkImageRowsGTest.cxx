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
                         "[5, -3], mask [6, 3] from [5, -3]."),
            std::string::npos)
    << message;
  const auto shifted = MakeImage<Mask>({ { 6, 4 } }, [](std::size_t) { return 1; });
  auto       region = shifted->GetLargestPossibleRegion();
  region.SetIndex(0, 0);
  shifted->SetRegions(region);
  EXPECT_NE(MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), shifted.GetPointer()); }).find("axis 0"),
            std::string::npos);
  EXPECT_EQ(MessageOf([&] { itk::VerifyMaskExtent(image.GetPointer(), static_cast<const Mask *>(nullptr)); }), "");
}
} // namespace
