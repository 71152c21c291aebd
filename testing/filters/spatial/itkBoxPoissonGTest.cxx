#include "itkBoxPoisson.h"

#include "PoissonReference.h"

#include <gtest/gtest.h>

#include <omp.h>

namespace
{
using namespace isolux::testing;
using itk::BoxPoisson;
using itk::PoissonGrid;

const std::vector<PoissonGrid> Grids = { { { 12, 1, 1, 1 }, { 0.7, 0.0, 0.0, 0.0 } },
                                         { { 37, 50, 1, 1 }, { 2.0, 0.8, 0.0, 0.0 } },
                                         { { 1, 50, 7, 1 }, { 2.0, 0.8, 0.3, 0.0 } },
                                         { { 12, 7, 11, 1 }, { 2.0, 0.8, 0.11, 1.0 } },
                                         { { 12, 7, 5, 3 }, { 2.0, 0.8, 0.11, 0.16 } } };

std::vector<double>
RandomField(const PoissonGrid & grid)
{
  Random              random(grid.NumberOfVoxels());
  std::vector<double> field;
  double              mean = 0.0;
  for (std::size_t i = 0; i < grid.NumberOfVoxels(); ++i)
  {
    field.push_back(random.Uniform(-1.0, 1.0));
    mean += field.back() / static_cast<double>(grid.NumberOfVoxels());
  }
  for (double & value : field)
  {
    value -= mean;
  }
  return field;
}
} // namespace

TEST(BoxPoisson, GivesBackTheFieldWhoseEquationItSolves)
{
  for (const auto & grid : Grids)
  {
    SCOPED_TRACE(grid.NumberOfVoxels());
    const auto field = RandomField(grid);
    auto       values = ToFloat(ApplyPoisson(grid, {}, field));
    BoxPoisson(grid).Solve(values.data());
    for (std::size_t i = 0; i < field.size(); ++i)
    {
      // Float rounding of the source, 1e-7 of its 10, times the equation's condition of some 10 in random directions.
      ASSERT_NEAR(values[i], field[i], 2e-5);
    }
  }
}

TEST(BoxPoisson, ScreeningAndBendingAreTermsOfTheEquation)
{
  for (const auto & grid : Grids)
  {
    SCOPED_TRACE(grid.NumberOfVoxels());
    const auto field = RandomField(grid);
    const auto once = ApplyPoisson(grid, {}, field);
    const auto twice = ApplyPoisson(grid, {}, once);
    for (const auto & [screening, bending] : { std::pair{ 0.3, 0.0 }, { 0.0, 5.0 }, { 0.01, 0.2 } })
    {
      std::vector<double> source;
      for (std::size_t i = 0; i < field.size(); ++i)
      {
        source.push_back(screening * field[i] + once[i] + bending * twice[i]);
      }
      auto values = ToFloat(source);
      BoxPoisson(grid).Solve(values.data(), screening, bending);
      for (std::size_t i = 0; i < field.size(); ++i)
      {
        ASSERT_NEAR(values[i], field[i], 1e-3) << bending; // the square of the condition with bending
      }
    }
  }
}

TEST(BoxPoisson, WhatTheSourceHoldsOfAConstantIsLeftOut)
{
  const auto & grid = Grids[1];
  auto         plain = ToFloat(ApplyPoisson(grid, {}, RandomField(grid)));
  auto         shifted = plain;
  for (float & value : shifted)
  {
    value += 0.5F;
  }
  BoxPoisson(grid).Solve(plain.data());
  BoxPoisson(grid).Solve(shifted.data());
  for (std::size_t i = 0; i < plain.size(); ++i)
  {
    ASSERT_NEAR(shifted[i], plain[i], 1e-4); // float rounding of a sum over a line of 0.5
  }
}

TEST(BoxPoisson, SlicesThatStandForThemselvesAreSolvedAlone)
{
  PoissonGrid grid{ { 12, 7, 5, 3 }, { 2.0, 0.8, 0.0, 0.16 } };
  PoissonGrid slice{ { 12, 7, 1, 3 }, { 2.0, 0.8, 0.0, 0.16 } };
  const auto  field = RandomField(grid);
  auto        together = ToFloat(field);
  BoxPoisson(grid).Solve(together.data());
  for (std::size_t z = 0; z < grid.size[2]; ++z)
  {
    std::vector<double> own;
    for (std::size_t i = 0; i < field.size(); ++i)
    {
      if (i / 84 % 5 == z)
      {
        own.push_back(field[i]);
      }
    }
    auto alone = ToFloat(own);
    BoxPoisson(slice).Solve(alone.data());
    std::size_t k = 0;
    for (std::size_t i = 0; i < field.size(); ++i)
    {
      if (i / 84 % 5 == z)
      {
        ASSERT_NEAR(together[i], alone[k++], 1e-5); // lines are transformed in other pairs
      }
    }
  }
}

TEST(BoxPoisson, TheSameBitsForAnyNumberOfThreads)
{
  const PoissonGrid  grid{ { 131, 101, 83, 1 },
                          { 1.0, 0.8, 0.3, 0.0 } }; // shared; lines fill no whole number of batches
  const auto         source = ToFloat(RandomField(grid));
  const int          before = omp_get_max_threads();
  std::vector<float> expected;
  for (const int threads : { 1, 2, 3, 7 })
  {
    omp_set_num_threads(threads);
    auto values = source;
    BoxPoisson(grid).Solve(values.data());
    expected = expected.empty() ? values : expected;
    EXPECT_TRUE(SameBits(values, expected)) << threads;
  }
  omp_set_num_threads(before);
}
