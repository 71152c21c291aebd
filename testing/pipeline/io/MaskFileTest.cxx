#include "IoTest.h"

#include <limits>

namespace isolux
{
namespace
{
class MaskFile : public IoTest
{
protected:
  /** A mask file shifted by this many voxels along x against ObliqueImage(). */
  fs::path
  ShiftedMask(double voxels)
  {
    Volume                 mask = MakeVolume({ { 6, 5, 4, 1 } }, 3);
    WorkImage &            image = *mask.channels[0];
    WorkImage::PointType   origin = image.GetOrigin();
    WorkImage::SpacingType spacing = image.GetSpacing();
    for (unsigned int row = 0; row < 3; ++row)
    {
      origin[row] += image.GetDirection()[row][0] * voxels * spacing[0];
    }
    image.SetOrigin(origin);
    const fs::path path = File("mask.nii");
    WriteVolume(mask, path);
    return path;
  }

  WorkImage::Pointer       m_Image = ObliqueImage({ { 6, 5, 4, 3 } });
  std::vector<std::string> m_Warnings;
};

TEST_F(MaskFile, InsideIsAHalfAndAboveAndFinite)
{
  Volume        mask = MakeVolume({ { 6, 5, 4, 1 } }, 3);
  float * const values = mask.channels[0]->GetBufferPointer();
  const float   given[] = { 0.0F, 0.49F, 0.5F, 1.0F, 7.0F, -1.0F, NAN, INFINITY };
  std::fill_n(values, 120, 0.0F);
  std::copy(std::begin(given), std::end(given), values);
  WriteVolume(mask, File("mask.nii.gz"));

  const auto                  read = ReadMask(File("mask.nii.gz"), *m_Image, m_Warnings);
  const unsigned char * const inside = read->GetBufferPointer();
  const std::vector<int>      expected{ 0, 0, 1, 1, 1, 0, 0, 0 };
  EXPECT_EQ(std::vector<int>(inside, inside + 8), expected);
  EXPECT_EQ(read->GetPixelContainer()->Size(), 120U);
  EXPECT_TRUE(m_Warnings.empty());
}

TEST_F(MaskFile, AShiftOf0005VoxelsIsSilent)
{
  ReadMask(ShiftedMask(0.005), *m_Image, m_Warnings);
  EXPECT_TRUE(m_Warnings.empty());
}

TEST_F(MaskFile, AShiftOf02VoxelsWarnsAndTheMaskLiesOnTheImagesGrid)
{
  const auto mask = ReadMask(ShiftedMask(0.2), *m_Image, m_Warnings);
  ASSERT_EQ(m_Warnings.size(), 1U);
  EXPECT_NE(m_Warnings[0].find("0.2 voxels"), std::string::npos) << m_Warnings[0];
  EXPECT_EQ(mask->GetOrigin(), m_Image->GetOrigin());
  EXPECT_EQ(mask->GetSpacing(), m_Image->GetSpacing());
  EXPECT_EQ(mask->GetDirection(), m_Image->GetDirection());
}

TEST_F(MaskFile, AShiftOf08VoxelsIsAnErrorThatPrintsBothGrids)
{
  const fs::path    path = ShiftedMask(0.8);
  const std::string message = MessageOf([&] { ReadMask(path, *m_Image, m_Warnings); });
  EXPECT_NE(message.find(path.string()), std::string::npos);
  EXPECT_NE(message.find("0.8 voxels"), std::string::npos) << message;
  EXPECT_NE(message.find("image: size 6 x 5 x 4 x 3"), std::string::npos) << message;
  EXPECT_NE(message.find("mask: size 6 x 5 x 4,"), std::string::npos) << message;
}

TEST_F(MaskFile, ARotationThatMovesOnlyTheFarCornersIsAnError)
{
  Volume                   mask = MakeVolume({ { 6, 5, 4, 1 } }, 3);
  WorkImage::DirectionType direction = mask.channels[0]->GetDirection();
  for (unsigned int row = 0; row < 3; ++row)
  {
    std::swap(direction[row][0], direction[row][1]);
  }
  mask.channels[0]->SetDirection(direction);
  WriteVolume(mask, File("mask.nii"));
  EXPECT_NE(MessageOf([&] { ReadMask(File("mask.nii"), *m_Image, m_Warnings); }).find("resample"), std::string::npos);
}

TEST_F(MaskFile, OtherSizesFramesAndChannelsAreErrorsThatPrintBothGrids)
{
  WriteVolume(MakeVolume({ { 6, 5, 3, 1 } }, 3), File("size.nii"));
  WriteVolume(MakeVolume({ { 6, 5, 4, 3 } }, 4), File("frames.nii"));
  WriteVolume(MakeVolume({ { 6, 5, 4, 1 } }, 3, 2), File("channels.nii"));
  for (const char * name : { "size.nii", "frames.nii", "channels.nii" })
  {
    const std::string message = MessageOf([&] { ReadMask(File(name), *m_Image, m_Warnings); });
    EXPECT_NE(message.find(name), std::string::npos);
    EXPECT_NE(message.find("image: size 6 x 5 x 4 x 3"), std::string::npos) << message;
  }
}

TEST_F(MaskFile, AFormatWithoutPositionIsTakenOnTheImagesGridWithAWarning)
{
  WriteVolume(MakePlane(1), File("mask.tif"));
  const auto image = ObliqueImage({ { 7, 5, 1, 1 } });
  const auto mask = ReadMask(File("mask.tif"), *image, m_Warnings);
  ASSERT_EQ(m_Warnings.size(), 1U);
  EXPECT_NE(m_Warnings[0].find("TIFF has no position"), std::string::npos) << m_Warnings[0];
  EXPECT_EQ(mask->GetOrigin(), image->GetOrigin());
}

TEST_F(MaskFile, DisplacementIsInVoxelsOfTheFirstGridAndInfiniteForOtherSizes)
{
  const auto             a = ObliqueImage({ { 6, 5, 4, 1 } });
  const auto             b = ObliqueImage({ { 6, 5, 4, 1 } });
  WorkImage::SpacingType spacing = a->GetSpacing();
  spacing[1] *= 1.25;
  b->SetSpacing(spacing);
  // The last of 5 voxels moves by 4 * 0.25 voxels of a.
  EXPECT_NEAR(GridDisplacement(*a, *b), 1.0, 1e-9);
  EXPECT_NEAR(GridDisplacement(*b, *a), 0.8, 1e-9);
  EXPECT_EQ(GridDisplacement(*a, *ObliqueImage({ { 6, 5, 4, 2 } })), std::numeric_limits<double>::infinity());
}
} // namespace
} // namespace isolux
