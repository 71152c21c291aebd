#include "ViewVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isolux
{
namespace
{
using testing::ObliqueGrid;

void
ExpectNear(const Point & a, const Point & b, const double tolerance)
{
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    EXPECT_NEAR(a[axis], b[axis], tolerance);
  }
}
} // namespace

TEST(ViewGeometry, RasIsItksPointWithTwoSignsTurnedAlsoWhereTheRegionStartsElsewhere)
{
  const auto           image = ObliqueGrid({ { 7, 6, 5, 1 } });
  WorkImage::IndexType index{ { 3 + 2, -2 + 4, 5 + 1, 0 } };
  WorkImage::PointType lps;
  image->TransformIndexToPhysicalPoint(index, lps);
  ExpectNear(IndexToRas(*image)({ { 2, 4, 1 } }), { { -lps[0], -lps[1], lps[2] } }, 1e-9);
}

TEST(ViewGeometry, TheInverseGivesTheIndexBack)
{
  const auto   toRas = IndexToRas(*ObliqueGrid({ { 7, 6, 5, 1 } }));
  const Affine toIndex = toRas.Inverse();
  ExpectNear(toIndex(toRas({ { 1.25, -3.5, 8.0 } })), { { 1.25, -3.5, 8.0 } }, 1e-9);
}

TEST(ViewGeometry, TheViewIsRadiological)
{
  const auto bases = PatientBases();
  const auto letters = [&](const Orientation orientation)
  {
    const Basis & basis = bases[static_cast<unsigned int>(orientation)];
    return std::string{
      LetterOf(-1.0 * basis.right), LetterOf(basis.right), LetterOf(basis.up), LetterOf(basis.normal)
    };
  };
  EXPECT_EQ(letters(Orientation::Axial), "RLAS"); // left, right, top, and where slices are counted to
  EXPECT_EQ(letters(Orientation::Coronal), "RLSA");
  EXPECT_EQ(letters(Orientation::Sagittal), "APSR");
}

TEST(ViewGeometry, EveryTurnedGridGivesThePatientsPlanes)
{
  std::array<unsigned int, 3> order{ { 0, 1, 2 } };
  do
  {
    for (unsigned int flips = 0; flips < 8; ++flips)
    {
      const auto bases = AcquisitionBases(IndexToRas(*testing::TurnedGrid({ { 4, 5, 6, 1 } }, order, flips)));
      for (unsigned int i = 0; i < 3; ++i)
      {
        ExpectNear(bases[i].right, PatientBases()[i].right, 1e-12);
        ExpectNear(bases[i].up, PatientBases()[i].up, 1e-12);
        ExpectNear(bases[i].normal, PatientBases()[i].normal, 1e-12);
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(ViewGeometry, PlanesOfAnObliqueGridFollowItsAxesAndSayHowFar)
{
  const auto toRas = IndexToRas(*ObliqueGrid({ { 7, 6, 5, 1 } }));
  for (const auto orientation : Orientations)
  {
    const Basis basis = AcquisitionBases(toRas)[static_cast<unsigned int>(orientation)];
    const auto  slice = 2 - static_cast<unsigned int>(orientation); // the grid's axes are nearly the patient's
    EXPECT_NEAR(std::abs(Dot(basis.normal, toRas.columns[slice])), Length(toRas.columns[slice]), 1e-9);
    EXPECT_NEAR(SliceStep(toRas, basis.normal), Length(toRas.columns[slice]), 1e-9);
    EXPECT_GT(DegreesOffPatient(basis, orientation), 11.0); // 0.3 and 0.2 rad about two axes
    EXPECT_LT(DegreesOffPatient(basis, orientation), 21.0);
  }
}

TEST(ViewImage, APointLiesInTheVoxelWhoseCentreIsNearest)
{
  const auto image = ObliqueGrid({ { 4, 3, 2, 1 } });
  for (std::size_t i = 0; i < 24; ++i)
  {
    image->GetBufferPointer()[i] = static_cast<float>(i);
  }
  const auto view = testing::View(image);
  const auto index = view->IndexAt(view->ToRas()({ { 2.4, 0.6, 1.3 } }));
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(*index, (std::array<std::size_t, 3>{ { 2, 1, 1 } }));
  EXPECT_EQ(view->ValuesAt(*index, 0), std::vector<float>{ 2 + 4 * 1 + 12 * 1 });
  EXPECT_TRUE(view->IndexAt(view->ToRas()({ { -0.49, 0, 0 } })).has_value());
  EXPECT_FALSE(view->IndexAt(view->ToRas()({ { -0.51, 0, 0 } })).has_value());
  EXPECT_FALSE(view->IndexAt(view->ToRas()({ { 0, 0, 1.51 } })).has_value());
}

TEST(ViewImage, TheReducedCopyHoldsMeansOfBlocksWhereTheyLie)
{
  const auto image = ObliqueGrid({ { 8, 6, 5, 1 } }); // left-handed or not, the copy is right-handed
  testing::FillByPlace(*image, [](const Point & p) { return 100.0 + 2.0 * p[0] - 3.0 * p[1] + 0.5 * p[2]; });
  const auto reduced = Reduce(*testing::View(image), 0, 0, 3);
  int        size[3];
  reduced.levels->GetDimensions(size);
  EXPECT_EQ(size[0], 2);
  EXPECT_EQ(size[1], 3);
  EXPECT_EQ(size[2], 2);
  EXPECT_GT(Dot(reduced.toRas.columns[0], Cross(reduced.toRas.columns[1], reduced.toRas.columns[2])), 0.0);
  for (int z = 0; z < size[2]; ++z)
  {
    for (int y = 0; y < size[1]; ++y)
    {
      for (int x = 0; x < size[0]; ++x)
      {
        const double * spacing = reduced.levels->GetSpacing();
        const Point    p = reduced.toRas({ { x * spacing[0], y * spacing[1], z * spacing[2] } });
        const double   level = reduced.levels->GetScalarComponentAsDouble(x, y, z, 0) / 65535.0;
        const double   value = reduced.low + level * (reduced.high - reduced.low);
        // a mean of a linear function is its value at the block's centre; levels are rounded
        EXPECT_NEAR(value, 100.0 + 2.0 * p[0] - 3.0 * p[1] + 0.5 * p[2], (reduced.high - reduced.low) / 65535.0);
      }
    }
  }
}
} // namespace isolux
