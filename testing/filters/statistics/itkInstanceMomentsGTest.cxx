#include "itkInstanceMoments.h"

#include <gtest/gtest.h>

namespace
{
TEST(InstanceMomentsValue, OfAMeanAndVarianceIsOneInstance)
{
  const itk::InstanceMoments<3> moments = itk::MeanAndVariance{ 5.0, 2.0, 7 };
  EXPECT_EQ(moments.partition.Count(), 1u);
  ASSERT_EQ(moments.moments.size(), 1u);
  EXPECT_EQ(moments.moments.front(), (itk::MeanAndVariance{ 5.0, 2.0, 7 }));
}

TEST(InstanceMomentsValue, IsEqualOnlyWhereEveryMemberIs)
{
  using Moments = itk::InstanceMoments<3>;
  const Moments moments = itk::MeanAndVariance{ 5.0, 2.0, 7 };
  EXPECT_EQ(moments, Moments(moments));
  for (const auto & other : { itk::MeanAndVariance{ 6.0, 2.0, 7 }, { 5.0, 3.0, 7 }, { 5.0, 2.0, 8 } })
  {
    EXPECT_FALSE(moments == Moments(other));
  }
  auto skipped = moments;
  skipped.skipped = 1;
  EXPECT_FALSE(moments == skipped);
  auto parted = moments;
  parted.partition = { { { { 0, 0, 0 } }, { { 2, 2, 2 } } }, { true, false, false } };
  EXPECT_FALSE(moments == parted);
}
} // namespace
