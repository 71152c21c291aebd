#include "itkInstancePartition.h"

#include <gtest/gtest.h>

#include <set>

namespace
{
using Partition = itk::InstancePartition<4>;
const Partition::RegionType Region({ { 5, -3, 11, 2 } }, { { 4, 3, 1, 2 } });

TEST(InstancePartition, WithNothingKeptIsOneInstance)
{
  const Partition partition(Region, { false, false, false, false });
  EXPECT_EQ(partition.Count(), 1u);
  EXPECT_EQ(partition.InstanceOf({ { 8, -1, 11, 3 } }), 0u);
  EXPECT_EQ(partition.StrideAlongRow(), 0u);
  EXPECT_EQ(Partition().InstanceOf({ { 80, -10, 0, 3 } }), 0u);
}

TEST(InstancePartition, NumbersInstancesFromTheRegionsStartWithTheFirstKeptAxisFastest)
{
  const Partition partition(Region, { false, true, false, true });
  EXPECT_EQ(partition.Count(), 6u);
  EXPECT_EQ(partition.InstanceOf({ { 7, -3, 11, 2 } }), 0u);
  EXPECT_EQ(partition.InstanceOf({ { 5, -2, 11, 2 } }), 1u);
  EXPECT_EQ(partition.InstanceOf({ { 8, -1, 11, 3 } }), 5u);
  EXPECT_EQ(partition.StrideAlongRow(), 0u);
}

TEST(InstancePartition, WithEveryAxisKeptEachVoxelIsAnInstanceOfItsOwn)
{
  const Partition       partition(Region, { true, true, true, true });
  std::set<std::size_t> seen;
  for (long t = 2; t < 4; ++t)
  {
    for (long y = -3; y < 0; ++y)
    {
      for (long x = 5; x < 9; ++x)
      {
        seen.insert(partition.InstanceOf({ { x, y, 11, t } }));
      }
    }
  }
  EXPECT_EQ(seen.size(), 24u);
  EXPECT_EQ(*seen.rbegin(), 23u);
  EXPECT_EQ(partition.Count(), 24u);
  EXPECT_EQ(partition.StrideAlongRow(), 1u);
}

TEST(InstancePartition, AnAxisOfExtentOneIsNotKept)
{
  const Partition partition(Region, { true, false, true, false });
  EXPECT_TRUE(partition.Keeps(0));
  EXPECT_FALSE(partition.Keeps(2));
  EXPECT_EQ(partition, Partition(Region, { true, false, false, false }));
}

TEST(InstancePartition, ARunStaysWithinAnInstanceUpToTheFirstKeptAxis)
{
  EXPECT_EQ(Partition(Region, { false, false, false, false }).UniformAxes(4), 4u);
  EXPECT_EQ(Partition(Region, { false, false, false, false }).UniformAxes(2), 2u);
  EXPECT_EQ(Partition(Region, { false, false, false, true }).UniformAxes(4), 3u);
  EXPECT_EQ(Partition(Region, { false, true, false, true }).UniformAxes(4), 1u);
  EXPECT_EQ(Partition().UniformAxes(1), 1u);
}

TEST(InstancePartition, FitsTheRegionsThatItNumbersWithoutAGap)
{
  const Partition partition(Region, { false, true, false, true });
  EXPECT_TRUE(partition.Fits(Region));
  EXPECT_TRUE(Partition().Fits(Region));
  auto other = Region;
  other.SetIndex(0, Region.GetIndex(0) + 1); // along a reduced axis any
  other.SetSize(0, Region.GetSize(0) + 3);
  EXPECT_TRUE(partition.Fits(other));
  for (const unsigned int axis : { 1U, 3U })
  {
    other = Region;
    other.SetIndex(axis, Region.GetIndex(axis) + 1);
    EXPECT_FALSE(partition.Fits(other));
    other = Region;
    other.SetSize(axis, Region.GetSize(axis) + 1);
    EXPECT_FALSE(partition.Fits(other));
  }
}
} // namespace
