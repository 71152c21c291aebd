#include "itkContinueOutside.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <omp.h>

namespace
{
using namespace isolux::testing;
using itk::PoissonGrid;

const PoissonGrid Picture{ { 61, 47, 1, 1 }, { 1.0, 0.5, 0.0, 0.0 } };

/** A ramp along both axes, known in a disc. */
struct Disc
{
  Disc()
  {
    for (std::size_t i = 0; i < Picture.NumberOfVoxels(); ++i)
    {
      const double x = static_cast<double>(i % 61) - 30.0;
      const double y = static_cast<double>(i / 61) - 20.0;
      isKnown.push_back(x * x + y * y < 144.0 ? 1 : 0);
      values.push_back(static_cast<float>(isKnown.back() != 0 ? 0.02 * x - 0.01 * y : 1e6));
    }
  }

  std::vector<float>         values;
  std::vector<unsigned char> isKnown;
};
} // namespace

TEST(ContinueOutside, KeepsWhatIsKnownAndStaysWithinItsRange)
{
  const Disc disc;
  auto       values = disc.values;
  itk::ContinueOutside(Picture, values.data(), disc.isKnown.data());
  float lowest = 1e6F;
  float highest = -1e6F;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (disc.isKnown[i] != 0)
    {
      ASSERT_EQ(values[i], disc.values[i]);
      lowest = std::min(lowest, values[i]);
      highest = std::max(highest, values[i]);
    }
  }
  for (const float value : values)
  {
    ASSERT_GE(value, lowest - 1e-6F); // float rounding of means
    ASSERT_LE(value, highest + 1e-6F);
  }
  EXPECT_LT(values[20 * 61], -0.05F); // far to the left the left side goes on, not the mean
  EXPECT_GT(values[20 * 61 + 60], 0.05F);
}

TEST(ContinueOutside, IsContinuousAtTheBorder)
{
  const Disc disc;
  auto       values = disc.values;
  itk::ContinueOutside(Picture, values.data(), disc.isKnown.data());
  for (std::size_t y = 0; y < 47; ++y)
  {
    for (std::size_t x = 1; x < 61; ++x)
    {
      ASSERT_NEAR(values[y * 61 + x], values[y * 61 + x - 1], 0.1); // five times the ramp's own step, range 0.5
    }
  }
}

TEST(ContinueOutside, ASliceThatStandsForItselfTakesNothingFromItsNeighbours)
{
  const PoissonGrid          grid{ { 5, 4, 3, 1 }, { 1.0, 1.0, 0.0, 0.0 } };
  std::vector<float>         values(grid.NumberOfVoxels(), 9.0F);
  std::vector<unsigned char> isKnown(values.size(), 0);
  isKnown[7] = 1;
  isKnown[47] = 1;
  values[47] = 4.0F;
  itk::ContinueOutside(grid, values.data(), isKnown.data());
  EXPECT_EQ(values[0], 9.0F);
  EXPECT_EQ(values[19], 9.0F);
  EXPECT_EQ(values[20], 0.0F); // the middle slice knows nothing
  EXPECT_EQ(values[39], 0.0F);
  EXPECT_EQ(values[40], 4.0F);
}

TEST(ContinueOutside, TheSameBitsForAnyNumberOfThreads)
{
  const PoissonGrid          grid{ { 90, 80, 70, 1 }, { 1.0, 1.0, 1.0, 0.0 } };
  std::vector<float>         source;
  std::vector<unsigned char> isKnown;
  for (std::size_t i = 0; i < grid.NumberOfVoxels(); ++i)
  {
    source.push_back(static_cast<float>(Random(i).Uniform(0.0, 1.0)));
    isKnown.push_back(Random(i / 1000).Bits() % 4 == 0 ? 1 : 0);
  }
  const int          before = omp_get_max_threads();
  std::vector<float> expected;
  for (const int threads : { 1, 2, 7 })
  {
    omp_set_num_threads(threads);
    auto values = source;
    itk::ContinueOutside(grid, values.data(), isKnown.data());
    expected = expected.empty() ? values : expected;
    EXPECT_TRUE(SameBits(values, expected)) << threads;
  }
  omp_set_num_threads(before);
}
