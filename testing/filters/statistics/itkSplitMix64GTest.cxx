#include "itkSplitMix64.h"

#include <gtest/gtest.h>

namespace
{
// The first three numbers of Vigna's splitmix64.c seeded with 0.
TEST(SplitMix64, GivesTheGeneratorsNumbers)
{
  EXPECT_EQ(itk::SplitMix64(0), 0xe220a8397b1dcdafU);
  EXPECT_EQ(itk::SplitMix64(itk::SplitMix64Increment), 0x6e789e6aa1b965f4U);
  EXPECT_EQ(itk::SplitMix64(2 * itk::SplitMix64Increment), 0x06c45d188009454fU);
}
} // namespace
