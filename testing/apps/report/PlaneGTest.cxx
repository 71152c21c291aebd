#include "Plane.h"

#include "itkImageRegionIteratorWithIndex.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

using namespace isolux;

namespace
{
/** Every signed permutation of the axes, turned by 0.3 rad about (1, 2, 3). */
std::vector<WorkImage::DirectionType>
ObliqueDirections()
{
  const double axis[] = { 1.0 / std::sqrt(14.0), 2.0 / std::sqrt(14.0), 3.0 / std::sqrt(14.0) };
  const double cosine = std::cos(0.3);
  const double sine = std::sin(0.3);
  double       rotation[3][3];
  for (int row = 0; row < 3; ++row)
  {
    for (int column = 0; column < 3; ++column)
    {
      rotation[row][column] = (row == column ? cosine : 0.0) + (1.0 - cosine) * axis[row] * axis[column];
    }
  }
  rotation[0][1] -= sine * axis[2];
  rotation[0][2] += sine * axis[1];
  rotation[1][0] += sine * axis[2];
  rotation[1][2] -= sine * axis[0];
  rotation[2][0] -= sine * axis[1];
  rotation[2][1] += sine * axis[0];

  std::vector<WorkImage::DirectionType> all;
  unsigned int                          order[] = { 0, 1, 2 };
  do
  {
    for (unsigned int signs = 0; signs < 8; ++signs)
    {
      WorkImage::DirectionType direction;
      direction.SetIdentity();
      for (unsigned int row = 0; row < 3; ++row)
      {
        for (unsigned int column = 0; column < 3; ++column)
        {
          direction[row][column] = rotation[row][order[column]] * (signs & (1U << column) ? -1.0 : 1.0);
        }
      }
      all.push_back(direction);
    }
  } while (std::next_permutation(order, order + 3));
  return all;
}

WorkImage::Pointer
MakeImage(const WorkImage::SizeType & size, const WorkImage::DirectionType & direction)
{
  auto                       image = WorkImage::New();
  const WorkImage::IndexType start{ { 3, -2, 5, 0 } };
  image->SetRegions({ start, size });
  const double spacing[] = { 1.0, 1.5, 2.5, 1.0 };
  image->SetSpacing(spacing);
  image->SetDirection(direction);
  image->Allocate(true);
  return image;
}

MaskImage::Pointer
MakeMask(const WorkImage & image)
{
  auto mask = MaskImage::New();
  mask->CopyInformation(&image);
  mask->SetRegions(image.GetLargestPossibleRegion());
  mask->Allocate(true);
  return mask;
}

/** Unit vector in LPS mm of an anatomical letter. */
std::array<double, 3>
Towards(const char letter)
{
  const std::map<char, std::array<double, 3>> vectors{ { 'L', { 1, 0, 0 } }, { 'R', { -1, 0, 0 } },
                                                       { 'P', { 0, 1, 0 } }, { 'A', { 0, -1, 0 } },
                                                       { 'S', { 0, 0, 1 } }, { 'I', { 0, 0, -1 } } };
  return vectors.at(letter);
}

float
At(const Raster & raster, const unsigned int column, const unsigned int row)
{
  return raster.values[static_cast<std::size_t>(row) * raster.width + column];
}
} // namespace

TEST(Plane, IntensityThatGrowsTowardsALetterGrowsTowardsItInThePicture)
{
  for (const auto & direction : ObliqueDirections())
  {
    const auto image = MakeImage({ { 6, 8, 10, 1 } }, direction);
    const auto planes = ChoosePlanes(*image, nullptr);
    ASSERT_EQ(planes.size(), 3U);
    for (const Plane & plane : planes)
    {
      for (const char letter : { plane.left, plane.right, plane.top, plane.bottom })
      {
        const auto                                   towards = Towards(letter);
        itk::ImageRegionIteratorWithIndex<WorkImage> voxel(image, image->GetLargestPossibleRegion());
        for (; !voxel.IsAtEnd(); ++voxel)
        {
          WorkImage::PointType point;
          image->TransformIndexToPhysicalPoint(voxel.GetIndex(), point);
          voxel.Set(static_cast<float>(point[0] * towards[0] + point[1] * towards[1] + point[2] * towards[2]));
        }
        const Raster raster = Slice(*image, plane);
        const auto   middleColumn = raster.width / 2;
        const auto   middleRow = raster.height / 2;
        const float  centre = At(raster, middleColumn, middleRow);
        const float  edge = letter == plane.left    ? At(raster, 0, middleRow)
                            : letter == plane.right ? At(raster, raster.width - 1, middleRow)
                            : letter == plane.top   ? At(raster, middleColumn, 0)
                                                    : At(raster, middleColumn, raster.height - 1);
        EXPECT_GT(edge, centre) << plane.name << " " << letter << "\n" << direction;
      }
    }
  }
}

TEST(Plane, ViewsAreRadiological)
{
  const auto planes = ChoosePlanes(*MakeImage({ { 6, 8, 10, 1 } }, ObliqueDirections()[21]), nullptr);
  const auto letters = [](const Plane & plane)
  { return plane.name + " " + plane.left + plane.right + plane.top + plane.bottom; };
  ASSERT_EQ(planes.size(), 3U);
  EXPECT_EQ(letters(planes[0]), "Axial RLAP");
  EXPECT_EQ(letters(planes[1]), "Coronal RLSI");
  EXPECT_EQ(letters(planes[2]), "Sagittal APSI");
}

TEST(Plane, ABrightCornerLandsInTheCornerOfItsLetters)
{
  for (const auto & direction : ObliqueDirections())
  {
    const auto image = MakeImage({ { 6, 8, 10, 1 } }, direction);
    const auto mask = MakeMask(*image);

    // The corner voxel that lies furthest to the left, posterior and superior.
    const auto           region = image->GetLargestPossibleRegion();
    WorkImage::IndexType corner = region.GetIndex();
    double               furthest = -std::numeric_limits<double>::infinity();
    for (unsigned int choice = 0; choice < 8; ++choice)
    {
      auto index = region.GetIndex();
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        index[axis] += choice & (1U << axis) ? static_cast<itk::IndexValueType>(region.GetSize(axis)) - 1 : 0;
      }
      // Signs alone decide, whatever the extents: an axis belongs to the letter that it is closest to.
      double score = 0.0;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        double largest = 0.0;
        for (unsigned int anatomical = 0; anatomical < 3; ++anatomical)
        {
          largest = std::abs(direction[anatomical][axis]) > std::abs(largest) ? direction[anatomical][axis] : largest;
        }
        score += (choice & (1U << axis) ? 1.0 : -1.0) * largest;
      }
      if (score > furthest)
      {
        furthest = score;
        corner = index;
      }
    }
    image->SetPixel(corner, 1.0F);
    mask->SetPixel(corner, 1);

    const auto   planes = ChoosePlanes(*image, mask);
    const Raster axial = Slice(*image, planes[0]);
    const Raster coronal = Slice(*image, planes[1]);
    const Raster sagittal = Slice(*image, planes[2]);
    EXPECT_EQ(At(axial, axial.width - 1, axial.height - 1), 1.0F) << direction; // L, P
    EXPECT_EQ(At(coronal, coronal.width - 1, 0), 1.0F) << direction;            // L, S
    EXPECT_EQ(At(sagittal, sagittal.width - 1, 0), 1.0F) << direction;          // P, S
    EXPECT_EQ(At(Slice(*mask, planes[0]), axial.width - 1, axial.height - 1), 1.0F);
  }
}

TEST(Plane, TheAngleIsThatOfTheTurn)
{
  WorkImage::DirectionType direction;
  direction.SetIdentity();
  direction[0][0] = direction[1][1] = std::cos(0.2);
  direction[1][0] = std::sin(0.2);
  direction[0][1] = -direction[1][0];
  const auto planes = ChoosePlanes(*MakeImage({ { 6, 8, 10, 1 } }, direction), nullptr);
  EXPECT_NEAR(planes[0].degrees, 0.2 * 180.0 / std::acos(-1.0), 1e-9); // rounding
}

TEST(Plane, TheAngleOfTwoTurnsIsThatOfTheAxisThatIsFarthestOffAlsoOfTheNormal)
{
  const double             about0 = 25.0 * std::acos(-1.0) / 180.0;
  const double             about1 = 15.0 * std::acos(-1.0) / 180.0;
  WorkImage::DirectionType direction;
  direction.SetIdentity();
  direction[0][0] = std::cos(about1);
  direction[0][2] = std::sin(about1);
  direction[1][0] = std::sin(about0) * std::sin(about1);
  direction[1][1] = std::cos(about0);
  direction[1][2] = -std::sin(about0) * std::cos(about1);
  direction[2][0] = -std::cos(about0) * std::sin(about1);
  direction[2][1] = std::sin(about0);
  direction[2][2] = std::cos(about0) * std::cos(about1);
  const double expected = std::acos(std::cos(about0) * std::cos(about1)) * 180.0 / std::acos(-1.0);
  EXPECT_NEAR(expected, 28.9, 0.05);
  for (const Plane & plane : ChoosePlanes(*MakeImage({ { 6, 8, 10, 1 } }, direction), nullptr))
  {
    EXPECT_NEAR(plane.degrees, expected, 1e-9) << plane.name; // rounding
  }
}

TEST(Plane, GoesThroughTheCentreOfTheMaskAndNotOfTheImage)
{
  WorkImage::DirectionType identity;
  identity.SetIdentity();
  const auto image = MakeImage({ { 20, 20, 20, 1 } }, identity);
  const auto mask = MakeMask(*image);
  for (int z = 12; z <= 14; ++z)
  {
    for (int x = 2; x <= 6; ++x)
    {
      mask->SetPixel({ { 3 + x, -2 + 17, 5 + z, 0 } }, 1);
    }
  }
  const auto planes = ChoosePlanes(*image, mask);
  EXPECT_EQ(planes[0].slice, 13U); // axial: z
  EXPECT_EQ(planes[1].slice, 17U); // coronal: y
  EXPECT_EQ(planes[2].slice, 4U);  // sagittal: x
  EXPECT_EQ(planes[2].reason, "through the mask’s centre");
}

TEST(Plane, BetweenTwoPartsOfAMaskTheLargerPartIsShown)
{
  WorkImage::DirectionType identity;
  identity.SetIdentity();
  const auto image = MakeImage({ { 20, 4, 4, 1 } }, identity);
  const auto mask = MakeMask(*image);
  for (int y = 0; y < 4; ++y)
  {
    mask->SetPixel({ { 3 + 2, -2 + y, 5, 0 } }, 1);
    mask->SetPixel({ { 3 + 17, -2 + y, 5, 0 } }, 1);
    mask->SetPixel({ { 3 + 17, -2 + y, 6, 0 } }, 1);
  }
  const auto planes = ChoosePlanes(*image, mask);
  EXPECT_EQ(planes[2].slice, 17U);
  EXPECT_EQ(planes[2].reason, "where the mask is largest");
  EXPECT_EQ(ChoosePlanes(*image, nullptr)[2].reason, "in the middle");
}

TEST(Plane, AnImageWithoutDepthHasOnePlaneAsItLies)
{
  WorkImage::DirectionType identity;
  identity.SetIdentity();
  const auto image = MakeImage({ { 3, 2, 1, 1 } }, identity);
  float      value = 0.0F;
  for (itk::ImageRegionIteratorWithIndex<WorkImage> voxel(image, image->GetLargestPossibleRegion()); !voxel.IsAtEnd();
       ++voxel)
  {
    voxel.Set(value++);
  }
  const auto planes = ChoosePlanes(*image, nullptr);
  ASSERT_EQ(planes.size(), 1U);
  EXPECT_EQ(Slice(*image, planes[0]).values, (std::vector<float>{ 0, 1, 2, 3, 4, 5 }));
}

TEST(Resample, ARampStaysARampWhereItIsEnlarged)
{
  Raster       ramp{ 8, 1, { 0, 1, 2, 3, 4, 5, 6, 7 } };
  const Raster larger = Resample(ramp, 16, 1);
  for (unsigned int column = 1; column < 15; ++column)
  {
    EXPECT_NEAR(larger.values[column], (column + 0.5) / 2.0 - 0.5, 1e-5) << column; // float rounding
  }
}

TEST(Resample, AStripePatternAveragesWhereItIsShrunk)
{
  Raster stripes{ 64, 1, {} };
  for (int column = 0; column < 64; ++column)
  {
    stripes.values.push_back(static_cast<float>(column % 2));
  }
  for (const float value : Resample(stripes, 16, 1).values)
  {
    EXPECT_NEAR(value, 0.5, 0.07); // the ends see half a triangle
  }
}

TEST(Resample, NonFinitePixelsDropOut)
{
  const float  nan = std::numeric_limits<float>::quiet_NaN();
  const float  infinity = std::numeric_limits<float>::infinity();
  const Raster some = Resample({ 4, 1, { 7, nan, infinity, 7 } }, 2, 1);
  EXPECT_FLOAT_EQ(some.values[0], 7.0F);
  EXPECT_FLOAT_EQ(some.values[1], 7.0F);
  const Raster all = Resample({ 2, 2, { nan, nan, nan, nan } }, 3, 3);
  EXPECT_TRUE(std::all_of(all.values.begin(), all.values.end(), [](const float value) { return std::isnan(value); }));
}
