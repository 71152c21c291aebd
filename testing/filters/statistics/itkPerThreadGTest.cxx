#include "itkPerThread.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <numeric>

TEST(PerThread, EachThreadHasAScratchOfItsOwnAsGiven)
{
  const int before = omp_get_max_threads();
  for (const int threads : { 1, 2, 5 })
  {
    omp_set_num_threads(threads);
    itk::PerThread<std::vector<int>> scratch(std::vector<int>(3, 7));
    ASSERT_EQ(scratch.All().size(), static_cast<std::size_t>(threads));
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < 1000; ++i)
    {
      ++scratch.Mine()[1];
    }
    int sum = 0;
    for (const auto & one : scratch.All())
    {
      EXPECT_EQ(one[0], 7);
      EXPECT_EQ(one[2], 7);
      sum += one[1] - 7;
    }
    EXPECT_EQ(sum, 1000); // none was counted twice, and none lost
  }
  omp_set_num_threads(before);
}

TEST(PerThread, OutsideOfARegionItIsTheFirst)
{
  itk::PerThread<int> scratch(4);
  scratch.Mine() = 5;
  EXPECT_EQ(scratch.All().front(), 5);
}
