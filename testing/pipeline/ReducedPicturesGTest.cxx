#include "ReducedPictures.h"
#include "SmallVolumes.h"

#include <gtest/gtest.h>

namespace isolux
{
namespace
{
constexpr unsigned int Time = 3;

/** Voxels that tell their place, exactly in float32. */
WorkImage::Pointer
Numbered(const WorkImage::SizeType & size)
{
  auto image = testing::ObliqueGrid(size);
  for (std::size_t i = 0; i < image->GetPixelContainer()->Size(); ++i)
  {
    image->GetBufferPointer()[i] = static_cast<float>(i);
  }
  return image;
}

MaskImage::Pointer
HalfMask(const WorkImage & image)
{
  auto region = image.GetLargestPossibleRegion();
  region.SetSize(Time, 1);
  auto mask = MaskImage::New();
  mask->SetRegions(region);
  mask->Allocate();
  for (std::size_t i = 0; i < region.GetNumberOfPixels(); ++i)
  {
    mask->GetBufferPointer()[i] = i % 2;
  }
  return mask;
}

/** In pieces of so many slices of the slowest axis. */
std::vector<CasePictures>
Reduce(const WorkImage & image, const MaskImage * mask, const WorkImage * field, std::size_t slices)
{
  const auto         whole = image.GetLargestPossibleRegion();
  const unsigned int axis = whole.GetSize(Time) > 1 ? Time : 2;
  ReducedPictures    pictures(image, 1);
  for (std::size_t begin = 0; begin < whole.GetSize(axis); begin += slices)
  {
    auto piece = whole;
    piece.SetIndex(axis, whole.GetIndex(axis) + static_cast<itk::IndexValueType>(begin));
    piece.SetSize(axis, std::min(slices, whole.GetSize(axis) - begin));
    const bool isFirst = piece.GetIndex(Time) == whole.GetIndex(Time);
    pictures.Add({ 0, piece, image, image, mask, isFirst ? field : nullptr, 1 });
  }
  return pictures.Take();
}

TEST(ReducedPictures, OfASmallImageAreTheImage)
{
  const auto image = Numbered({ { 13, 11, 7, 1 } });
  const auto mask = HalfMask(*image);
  const auto pictures = Reduce(*image, mask, nullptr, 3).front();
  EXPECT_EQ(pictures.step, (std::array<unsigned int, 4>{ { 1, 1, 1, 1 } }));
  EXPECT_EQ(testing::BitsOf(*pictures.before), testing::BitsOf(*image));
  EXPECT_EQ(testing::BitsOf(*pictures.after), testing::BitsOf(*image));
  EXPECT_EQ(pictures.field, nullptr);
  for (std::size_t i = 0; i < 13 * 11 * 7; ++i)
  {
    ASSERT_EQ(pictures.mask->GetBufferPointer()[i], i % 2);
  }
}

TEST(ReducedPictures, OfALargeImageAreItsVoxelsAtTheSamePlacesInSpace)
{
  for (const WorkImage::SizeType & size : { WorkImage::SizeType{ { 211, 197, 61, 1 } }, { { 101, 97, 43, 7 } } })
  {
    const auto image = Numbered(size);
    const auto mask = HalfMask(*image);
    const auto field = Numbered({ { size[0], size[1], size[2], 1 } });
    const auto pictures = Reduce(*image, mask, field, 5).front();
    const auto reduced = pictures.before->GetLargestPossibleRegion();
    EXPECT_LE(reduced.GetNumberOfPixels(), 2000000u);
    EXPECT_GT(reduced.GetNumberOfPixels(), 300000u);
    EXPECT_EQ(pictures.field->GetLargestPossibleRegion().GetSize(Time), 1u);
    for (std::size_t i = 0; i < reduced.GetNumberOfPixels(); i += 101)
    {
      WorkImage::PointType point;
      const auto           index = pictures.before->ComputeIndex(static_cast<itk::OffsetValueType>(i));
      pictures.before->TransformIndexToPhysicalPoint(index, point);
      auto place = image->GetLargestPossibleRegion().GetIndex();
      for (unsigned int axis = 0; axis < 4; ++axis)
      {
        place[axis] += index[axis] * static_cast<itk::IndexValueType>(pictures.step[axis]);
      }
      WorkImage::PointType expected;
      image->TransformIndexToPhysicalPoint(place, expected);
      ASSERT_LT(point.EuclideanDistanceTo(expected), 1e-9);
      ASSERT_EQ(pictures.before->GetBufferPointer()[i], image->GetPixel(place));
      if (index[Time] == 0)
      {
        ASSERT_EQ(pictures.field->GetPixel(index), field->GetPixel(place));
        ASSERT_EQ(pictures.mask->GetPixel(index), mask->GetPixel(place));
      }
    }
  }
}
} // namespace
} // namespace isolux
