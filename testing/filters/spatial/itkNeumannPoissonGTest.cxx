#include "itkNeumannPoisson.h"

#include "PoissonReference.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::NeumannPoisson;
using itk::PoissonGrid;

std::vector<float>
RandomSource(const PoissonGrid & grid)
{
  std::vector<double> source;
  for (std::size_t i = 0; i < grid.NumberOfVoxels(); ++i)
  {
    source.push_back(Random(i).Uniform(-1.0, 1.2));
  }
  return ToFloat(source);
}
} // namespace

TEST(NeumannPoisson, CosineTransformAndMultigridAgreeOnABox)
{
  for (const auto & grid : { PoissonGrid{ { 37, 50, 1, 1 }, { 2.0, 0.8, 0.0, 0.0 } },
                             PoissonGrid{ { 23, 17, 20, 1 }, { 2.0, 0.8, 0.11, 0.0 } },
                             PoissonGrid{ { 12, 7, 5, 3 }, { 2.0, 0.8, 0.11, 0.16 } } })
  {
    SCOPED_TRACE(grid.NumberOfVoxels());
    const std::vector<unsigned char> all(grid.NumberOfVoxels(), 1);
    const auto                       source = RandomSource(grid);
    std::vector<float>               box(source.size());
    std::vector<float>               masked(source.size(), 0.0F);
    NeumannPoisson(grid, nullptr).Solve(source.data(), box.data());
    itk::MaskedPoisson(grid, all.data()).Solve(source.data(), masked.data(), 0.0, 1e-6);
    for (std::size_t i = 0; i < box.size(); ++i)
    {
      ASSERT_NEAR(masked[i], box[i], 1e-4); // of values up to 20, float rounding times the condition
    }
  }
}

TEST(NeumannPoisson, AFullMaskIsABox)
{
  const PoissonGrid                grid{ { 37, 50, 1, 1 }, { 2.0, 0.8, 0.0, 0.0 } };
  const std::vector<unsigned char> all(grid.NumberOfVoxels(), 1);
  const auto                       source = RandomSource(grid);
  std::vector<float>               box(source.size());
  std::vector<float>               full(source.size());
  EXPECT_EQ(NeumannPoisson(grid, nullptr).Solve(source.data(), box.data()).cycles, 0U);
  EXPECT_EQ(NeumannPoisson(grid, all.data()).Solve(source.data(), full.data()).cycles, 0U);
  EXPECT_TRUE(SameBits(box, full));
}

TEST(NeumannPoisson, SlicesThatStandForThemselvesAreComponentsOnABoxAsInAMask)
{
  const PoissonGrid          grid{ { 7, 5, 4, 1 }, { 2.0, 0.8, 0.0, 0.0 } };
  std::vector<unsigned char> inside(grid.NumberOfVoxels(), 1);
  EXPECT_EQ(NeumannPoisson(grid, nullptr).NumberOfComponents(), 4U);
  inside[17] = 0;
  EXPECT_EQ(NeumannPoisson(grid, inside.data()).NumberOfComponents(), 4U);
}

TEST(NeumannPoisson, BendingInAMaskIsATermOfTheEquation)
{
  const PoissonGrid          grid{ { 19, 14, 6, 1 }, { 1.3, 0.7, 0.5, 0.0 } };
  std::vector<unsigned char> inside;
  for (std::size_t i = 0; i < grid.NumberOfVoxels(); ++i)
  {
    inside.push_back(Random(i).Bits() % 100 < 80 ? 1 : 0);
  }
  std::vector<double> field;
  for (std::size_t i = 0; i < inside.size(); ++i)
  {
    field.push_back(inside[i] != 0 ? Random(i + 9999).Uniform(-1.0, 1.0) : 0.0);
  }
  RemoveMeans(ComponentsOf(grid, inside), field);
  const auto          once = ApplyPoisson(grid, inside, field);
  const auto          twice = ApplyPoisson(grid, inside, once);
  std::vector<double> source;
  for (std::size_t i = 0; i < once.size(); ++i)
  {
    source.push_back(once[i] + 3.0 * twice[i]);
  }
  std::vector<float> values(source.size());
  EXPECT_GT(NeumannPoisson(grid, inside.data()).Solve(ToFloat(source).data(), values.data(), 3.0, 1e-6).cycles, 0U);
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    ASSERT_NEAR(values[i], field[i], 1e-4); // float rounding times the square of the condition
  }
}
