#include "itkFieldInMask.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{
using namespace isolux::testing;
using Mask = itk::Image<unsigned char, 3>;

/** The log field is 0.1 (x - 5) / 5 + 0.3 over 11 voxels. */
itk::SmoothField
Slope()
{
  itk::SmoothField field;
  field.order = 1;
  field.centre = { { 5.0, 0.0, 0.0, 0.0 } };
  field.halfExtent = { { 5.0, 0.0, 0.0, 0.0 } };
  field.coefficients = { 0.3, 0.1 };
  field.logMinimum = -1.0;
  field.logMaximum = 1.0;
  return field;
}

itk::FieldInMask
Measure(const Mask * mask, const itk::ImageRegion<3> & region, unsigned int threads)
{
  const auto threader = itk::MultiThreaderBase::New();
  threader->SetNumberOfWorkUnits(threads);
  return itk::MeasureField(
    threader.GetPointer(), Slope(), mask, region, 3, [](double logField) { return std::exp(logField); });
}

TEST(FieldInMask, IsOfTheVoxelsInsideOnly)
{
  // x from 3 to 7, but for 5, in every row of 2 x 2.
  const itk::ImageRegion<3> region({ { 0, 0, 0 } }, { { 11, 2, 2 } });
  const auto                mask = Mask::New();
  mask->SetRegions(region);
  mask->Allocate();
  double expected = 0.0;
  for (std::size_t i = 0; i < 44; ++i)
  {
    const std::size_t x = i % 11;
    const bool        isInside = x >= 3 && x <= 7 && x != 5;
    mask->GetBufferPointer()[i] = static_cast<unsigned char>(isInside);
    expected += isInside ? std::exp(0.3 + 0.02 * (static_cast<double>(x) - 5.0)) : 0.0;
  }
  for (const unsigned int threads : { 1U, 2U, 7U })
  {
    const auto found = Measure(mask.GetPointer(), region, threads);
    EXPECT_NEAR(found.lowest, 0.26, 1e-15);
    EXPECT_NEAR(found.highest, 0.34, 1e-15);
    EXPECT_EQ(found.voxels, 16U);
    EXPECT_NEAR(found.sum.Value(), expected, 1e-12);
    EXPECT_TRUE(SameBits(found.sum.Value(), Measure(mask.GetPointer(), region, 1).sum.Value())) << threads;
  }
}

TEST(FieldInMask, IsOfTheWholeRegionWithoutAMask)
{
  const auto found = Measure(nullptr, itk::ImageRegion<3>({ { 0, 0, 0 } }, { { 11, 2, 2 } }), 2);
  EXPECT_NEAR(found.lowest, 0.2, 1e-15);
  EXPECT_NEAR(found.highest, 0.4, 1e-15);
  EXPECT_EQ(found.voxels, 44U);
}

TEST(FieldInMask, OfNoVoxelHasNoRange)
{
  const itk::ImageRegion<3> region({ { 0, 0, 0 } }, { { 11, 2, 2 } });
  const auto                mask = Mask::New();
  mask->SetRegions(region);
  mask->Allocate(true);
  const auto found = Measure(mask.GetPointer(), region, 2);
  EXPECT_EQ(found.voxels, 0U);
  EXPECT_GT(found.lowest, found.highest);
}
} // namespace
