#include "itkMaskedPoisson.h"

#include "PoissonReference.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <algorithm>
#include <functional>
#include <string>

namespace
{
using namespace isolux::testing;
using itk::MaskedPoisson;
using itk::PoissonGrid;

using Shape = std::function<bool(std::size_t x, std::size_t y, std::size_t z, std::size_t t)>;

std::vector<unsigned char>
MaskOf(const PoissonGrid & grid, const Shape & shape)
{
  std::vector<unsigned char> inside;
  for (std::size_t i = 0; i < grid.NumberOfVoxels(); ++i)
  {
    const auto at = [&](unsigned int axis) { return i / grid.Stride(axis) % grid.size[axis]; };
    inside.push_back(shape(at(0), at(1), at(2), at(3)) ? 7 : 0);
  }
  return inside;
}

bool
IsDrawn(std::size_t percent, std::size_t x, std::size_t y, std::size_t z, std::size_t t = 0)
{
  return Random(x + 1000 * (y + 1000 * (z + 1000 * t))).Bits() % 100 < percent;
}

/** A field that varies on every scale. */
std::vector<double>
FieldOn(const PoissonGrid & grid, const std::vector<unsigned char> & inside)
{
  Random              random(grid.NumberOfVoxels());
  std::vector<double> field;
  for (std::size_t i = 0; i < inside.size(); ++i)
  {
    double value = 0.1 * random.Uniform(-1.0, 1.0);
    for (unsigned int axis = 0; axis < 4; ++axis)
    {
      value += std::sin((3.0 + axis) * static_cast<double>(i / grid.Stride(axis) % grid.size[axis]) /
                        static_cast<double>(grid.size[axis]));
    }
    field.push_back(inside[i] != 0 ? value : 0.0);
  }
  RemoveMeans(ComponentsOf(grid, inside), field);
  return field;
}

struct Case
{
  std::string  name;
  PoissonGrid  grid;
  Shape        shape;
  unsigned int mostCycles;
};

Shape
Ball(double n)
{
  return [n](auto x, auto y, auto z, auto)
  {
    const auto square = [n](std::size_t at) { return std::pow((static_cast<double>(at) + 0.5) / n - 0.5, 2); };
    return square(x) + square(y) + square(z) < 0.2;
  };
}

// What is measured is given in brackets; the bound leaves room for another rounding.
const std::vector<Case> Cases = {
  { "box", { { 64, 48, 40, 1 }, { 1.0, 1.0, 1.0, 0.0 } }, [](auto...) { return true; }, 8 },
  { "ball of 24", { { 24, 24, 24, 1 }, { 1.0, 1.0, 1.0, 0.0 } }, Ball(24.0), 8 },
  { "ball of 80", { { 80, 80, 80, 1 }, { 1.0, 1.0, 1.0, 0.0 } }, Ball(80.0), 8 },
  { "ball of thick slices", { { 64, 64, 64, 1 }, { 1.0, 1.0, 0.04, 0.0 } }, Ball(64.0), 9 },
  { "picture with a hole",
    { { 257, 191, 1, 1 }, { 1.0, 1.0, 0.0, 0.0 } },
    [](auto x, auto y, auto, auto) { return x < 100 || x > 180 || y < 50 || y > 100; },
    8 },
  { "picture of long rows",
    { { 2501, 13, 1, 1 }, { 1.0, 1.0, 0.0, 0.0 } },
    [](auto x, auto y, auto, auto) { return x % 700 > 20 || y < 8; },
    12 },
  { "torn",
    { { 40, 40, 40, 1 }, { 1.0, 1.0, 1.0, 0.0 } },
    [](auto x, auto y, auto z, auto) { return IsDrawn(60, x, y, z); },
    20 },
  { "dust",
    { { 40, 40, 40, 1 }, { 1.0, 1.0, 1.0, 0.0 } },
    [](auto x, auto y, auto z, auto) { return IsDrawn(35, x, y, z); },
    80 },
  { "comb",
    { { 63, 63, 1, 1 }, { 1.0, 1.0, 0.0, 0.0 } },
    [](auto x, auto y, auto, auto) { return x % 2 == 0 || y == 0; },
    60 },
  { "snake",
    { { 63, 63, 1, 1 }, { 1.0, 1.0, 0.0, 0.0 } },
    [](auto x, auto y, auto, auto) { return x % 2 == 0 || (x % 4 == 1 ? y == 0 : y == 62); },
    60 },
  { "series",
    { { 12, 11, 9, 6 }, { 1.0, 0.5, 0.1, 0.8 } },
    [](auto x, auto y, auto z, auto t) { return IsDrawn(80, x, y, z, t); },
    20 },
};

const Case &
CaseOf(const std::string & name)
{
  return *std::find_if(Cases.begin(), Cases.end(), [&](const Case & one) { return one.name == name; });
}

double
Norm(const std::vector<float> & values)
{
  double squares = 0.0;
  for (const float value : values)
  {
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  return std::sqrt(squares);
}
} // namespace

TEST(MaskedPoisson, IsTheDirectSolutionOnASmallOddMask)
{
  const std::vector<PoissonGrid> grids = { { { 19, 14, 1, 1 }, { 1.3, 0.4, 0.0, 0.0 } },
                                           { { 7, 6, 5, 1 }, { 2.0, 0.8, 0.11, 0.0 } },
                                           { { 5, 4, 4, 3 }, { 2.0, 0.8, 0.11, 0.16 } },
                                           { { 7, 1, 5, 4 }, { 2.0, 0.8, 0.0, 0.16 } } };
  for (const auto & grid : grids)
  {
    for (const std::size_t percent : { 45U, 75U, 100U })
    {
      const auto inside = MaskOf(grid, [&](auto x, auto y, auto z, auto t) { return IsDrawn(percent, x, y, z, t); });
      std::vector<double> source;
      for (std::size_t i = 0; i < inside.size(); ++i)
      {
        source.push_back(Random(i).Uniform(-1.0, 1.2)); // its means are not 0
      }
      MaskedPoisson solver(grid, inside.data());
      for (const double screening : { 0.0, 0.2 })
      {
        SCOPED_TRACE(std::to_string(grid.NumberOfVoxels()) + " " + std::to_string(percent) + " % " +
                     std::to_string(screening));
        const auto         expected = SolveDense(grid, inside, source, screening);
        std::vector<float> u(inside.size(), 0.0F);
        solver.Solve(ToFloat(source).data(), u.data(), screening, 1e-6);
        for (std::size_t i = 0; i < u.size(); ++i)
        {
          ASSERT_NEAR(u[i], expected[i], 1e-4) << i; // of values up to 10, float rounding times the condition
        }
      }
    }
  }
}

TEST(MaskedPoisson, ConvergesToTheManufacturedFieldInAFewCyclesOnEveryShape)
{
  for (const auto & [name, grid, shape, mostCycles] : Cases)
  {
    SCOPED_TRACE(name);
    const auto         inside = MaskOf(grid, shape);
    const auto         field = FieldOn(grid, inside);
    const auto         source = ToFloat(ApplyPoisson(grid, inside, field));
    std::vector<float> u(field.size(), 0.0F);
    MaskedPoisson      solver(grid, inside.data());
    const auto         summary = solver.Solve(source.data(), u.data(), 0.0, 1e-5);
    EXPECT_LE(summary.cycles, mostCycles);
    EXPECT_LE(summary.reduction, 1e-5);
    EXPECT_GT(summary.reduction, 0.0);
    // The error of the gradient, which is what the reduction stands for, against the field's own.
    const auto gradient = [&](const std::vector<double> & of)
    {
      const auto applied = ApplyPoisson(grid, inside, of);
      double     energy = 0.0;
      for (std::size_t i = 0; i < of.size(); ++i)
      {
        energy += of[i] * applied[i];
      }
      return std::sqrt(energy);
    };
    std::vector<double> error;
    for (std::size_t i = 0; i < u.size(); ++i)
    {
      error.push_back(static_cast<double>(u[i]) - field[i]);
    }
    EXPECT_LE(gradient(error), 5e-5 * gradient(field)); // a V-cycle is within a factor of 5 of the inverse
  }
}

TEST(MaskedPoisson, EachCycleReducesTheErrorAtLeastFourfoldOnAFullShape)
{
  for (const std::size_t n : { 24U, 48U, 80U })
  {
    const PoissonGrid grid{ { n, n, n, 1 }, { 1.0, 1.0, 1.0, 0.0 } };
    const auto        inside = MaskOf(grid, Ball(static_cast<double>(n)));
    const auto        source = ToFloat(ApplyPoisson(grid, inside, FieldOn(grid, inside)));
    MaskedPoisson     solver(grid, inside.data());
    double            previous = 1.0;
    for (const unsigned int cycles : { 2U, 3U, 4U, 5U }) // the first one measures the start
    {
      std::vector<float> u(inside.size(), 0.0F);
      const auto         summary = solver.Solve(source.data(), u.data(), 0.0, 0.0, cycles);
      EXPECT_EQ(summary.cycles, cycles);
      EXPECT_LE(summary.reduction, 0.25 * previous) << n << ' ' << cycles;
      previous = summary.reduction;
    }
  }
}

TEST(MaskedPoisson, EveryComponentHasMeanZero)
{
  const auto &       grid = CaseOf("dust").grid;
  const auto         inside = MaskOf(grid, CaseOf("dust").shape);
  const auto         component = ComponentsOf(grid, inside);
  std::vector<float> source;
  for (std::size_t i = 0; i < inside.size(); ++i)
  {
    source.push_back(static_cast<float>(Random(i).Uniform(0.0, 1.0)));
  }
  std::vector<float> u(inside.size(), 5.0F);
  MaskedPoisson      solver(grid, inside.data());
  solver.Solve(source.data(), u.data());
  EXPECT_EQ(static_cast<int>(solver.NumberOfComponents()), 1 + *std::max_element(component.begin(), component.end()));
  std::vector<double> values(u.begin(), u.end());
  RemoveMeans(component, values);
  for (std::size_t i = 0; i < u.size(); ++i)
  {
    ASSERT_NEAR(u[i], values[i], 1e-5); // float rounding of values of a few
    ASSERT_TRUE(inside[i] != 0 || u[i] == 0.0F);
  }
}

TEST(MaskedPoisson, AnEmptyMaskAndLoneVoxelsGiveZero)
{
  const PoissonGrid grid{ { 9, 5, 3, 1 }, { 1.0, 1.0, 1.0, 0.0 } };
  for (const std::size_t voxels : { 0U, 1U, 2U })
  {
    std::vector<unsigned char> inside(grid.NumberOfVoxels(), 0);
    std::fill_n(inside.begin(), voxels > 0 ? 1 : 0, 1);
    std::fill_n(inside.end() - 1, voxels > 1 ? 1 : 0, 1);
    const std::vector<float> source(inside.size(), 3.0F);
    std::vector<float>       u(inside.size(), 2.0F);
    MaskedPoisson            solver(grid, inside.data());
    solver.Solve(source.data(), u.data());
    EXPECT_EQ(solver.NumberOfComponents(), voxels);
    EXPECT_EQ(u, std::vector<float>(inside.size(), 0.0F));
    solver.Solve(source.data(), u.data(), 0.5);
    EXPECT_FLOAT_EQ(u.front(), voxels > 0 ? 6.0F : 0.0F);
  }
}

TEST(MaskedPoisson, AFirstGuessIsTaken)
{
  const auto &       grid = CaseOf("picture with a hole").grid;
  const auto         inside = MaskOf(grid, CaseOf("picture with a hole").shape);
  const auto         field = FieldOn(grid, inside);
  const auto         source = ToFloat(ApplyPoisson(grid, inside, field));
  auto               warm = ToFloat(field);
  std::vector<float> cold(field.size(), 0.0F);
  MaskedPoisson      solver(grid, inside.data());
  solver.Solve(source.data(), warm.data(), 0.0, 0.0, 1);
  solver.Solve(source.data(), cold.data(), 0.0, 0.0, 1);
  double worst = 0.0;
  for (std::size_t i = 0; i < field.size(); ++i)
  {
    worst = std::max(worst, std::abs(cold[i] - field[i]));
    ASSERT_NEAR(warm[i], field[i], 1e-5); // float rounding
  }
  EXPECT_GT(worst, 1e-3);
}

TEST(MaskedPoisson, ABentSolutionOfACoarserGridIsNearTheExactOneOnEveryShape)
{
  // Of a random source, whose solution has every wavelength. Dust has parts that share a coarse cell, as the gap
  // between them is narrower, and which the coarse equation ties together: it must stay bounded there, and be no
  // better.
  for (const auto & [name, mostError] : std::vector<std::pair<std::string, double>>{
         { "ball of 80", 0.03 }, { "ball of thick slices", 0.03 }, { "picture with a hole", 0.03 }, { "dust", 1.0 } })
  {
    SCOPED_TRACE(name);
    const auto &       grid = CaseOf(name).grid;
    const auto         inside = MaskOf(grid, CaseOf(name).shape);
    std::vector<float> source;
    for (std::size_t i = 0; i < inside.size(); ++i)
    {
      source.push_back(static_cast<float>(Random(i).Uniform(-1.0, 1.2)));
    }
    MaskedPoisson      solver(grid, inside.data());
    std::vector<float> exact(inside.size());
    std::vector<float> coarse(inside.size());
    EXPECT_LE(solver.SolveBent(source.data(), exact.data(), 64.0, 0.0, 1e-4).reduction, 1e-4);
    EXPECT_LE(solver.SolveBent(source.data(), coarse.data(), 64.0, 4.0, 1e-4).reduction, 1e-4);
    auto error = coarse;
    for (std::size_t i = 0; i < error.size(); ++i)
    {
      error[i] -= exact[i];
      ASSERT_TRUE(inside[i] != 0 || coarse[i] == 0.0F);
    }
    EXPECT_LT(Norm(error), mostError * Norm(exact));
    EXPECT_GT(Norm(error), 0.0);
  }
}

TEST(MaskedPoisson, TheSameBitsForAnyNumberOfThreads)
{
  const PoissonGrid  grid{ { 110, 104, 100, 1 }, { 1.0, 1.0, 1.0, 0.0 } }; // large enough to be shared
  const auto         inside = MaskOf(grid, Ball(100.0));
  std::vector<float> source;
  for (std::size_t i = 0; i < inside.size(); ++i)
  {
    source.push_back(static_cast<float>(Random(i).Uniform(-1.0, 1.2)));
  }
  const int          before = omp_get_max_threads();
  std::vector<float> expected;
  std::vector<float> expectedBent;
  for (const int threads : { 1, 2, 3, 7 })
  {
    omp_set_num_threads(threads);
    std::vector<float> u(inside.size(), 0.0F);
    std::vector<float> bent(inside.size());
    MaskedPoisson      solver(grid, inside.data());
    solver.Solve(source.data(), u.data());
    solver.SolveBent(source.data(), bent.data(), 64.0, 4.0);
    expected = expected.empty() ? u : expected;
    expectedBent = expectedBent.empty() ? bent : expectedBent;
    EXPECT_TRUE(SameBits(u, expected)) << threads;
    EXPECT_TRUE(SameBits(bent, expectedBent)) << threads;
  }
  omp_set_num_threads(before);
}
