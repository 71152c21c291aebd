#include "itkN4FieldFit.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <limits>

namespace
{
using namespace isolux::testing;
using itk::N4FieldFit;
using itk::N4Parameters;
using itk::SmoothField;
using Size = N4FieldFit::SizeType;

constexpr float None = std::numeric_limits<float>::quiet_NaN();

/** Control points of `spans` along every axis of more than one sample, over the whole grid. */
SmoothField
Lattice(const Size & size, unsigned int spans = 1)
{
  SmoothField lattice;
  for (std::size_t axis = 0; axis < size.size(); ++axis)
  {
    lattice.controlPoints[axis] = size[axis] > 1 && axis < 3 ? spans + 3 : 1;
    lattice.halfExtent[axis] = axis < 3 ? 0.5 * (static_cast<double>(size[axis]) - 1.0) : 0.0;
    lattice.centre[axis] = lattice.halfExtent[axis];
  }
  return lattice;
}

/** Two tissues in a chessboard of 4 samples with a little noise, times exp(shade). Every 11th sample is none. */
template <typename TShade>
std::vector<float>
Chessboard(const Size & size, TShade && shade)
{
  Random             random(50);
  std::vector<float> values;
  for (std::size_t z = 0; z < size[2] * size[3]; ++z)
  {
    for (std::size_t y = 0; y < size[1]; ++y)
    {
      for (std::size_t x = 0; x < size[0]; ++x)
      {
        const double tissue = (x / 4 + y / 4 + z / 4) % 2 == 0 ? 4.6 : 5.1;
        values.push_back(static_cast<float>(tissue + random.Normal(0.0, 0.03) + shade(x, y, z)));
      }
    }
  }
  for (std::size_t i = 5; i < values.size(); i += 11)
  {
    values[i] = None;
  }
  return values;
}

double
Shade(std::size_t x, std::size_t y, std::size_t z)
{
  return 0.006 * static_cast<double>(x) - 0.004 * static_cast<double>(y) + 0.01 * static_cast<double>(z);
}

/** The log field at every sample. */
std::vector<double>
Evaluated(const SmoothField & field, const Size & size)
{
  std::vector<double>                values(size[0] * size[1] * size[2] * size[3]);
  const itk::SmoothFieldRowEvaluator evaluator(field);
  for (std::size_t row = 0; row * size[0] < values.size(); ++row)
  {
    const itk::Index<3> index{ { 0, static_cast<long>(row % size[1]), static_cast<long>(row / size[1] % size[2]) } };
    evaluator(index, 0, size[0], &values[row * size[0]]);
  }
  return values;
}

double
LargestDifference(const std::vector<double> & a, const std::vector<double> & b)
{
  double largest = a.size() == b.size() ? 0.0 : 1e30;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
  {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

const Size Small{ { 37, 29, 13, 1 } };

TEST(N4FieldFit, OfNoSamplesHasNoCoefficients)
{
  N4FieldFit fit(Lattice(Small), Small, std::vector<float>(37 * 29 * 13, None), {});
  EXPECT_TRUE(fit.Fit({}).coefficients.empty());
  EXPECT_EQ(fit.Samples(), 0u);
}

TEST(N4FieldFit, OfEqualSamplesHasNoCoefficients)
{
  for (const float value : { 5.0F, 0.0F, -80.0F })
  {
    N4FieldFit fit(Lattice(Small), Small, std::vector<float>(37 * 29 * 13, value), {});
    EXPECT_TRUE(fit.Fit({}).coefficients.empty());
    EXPECT_EQ(fit.Samples(), 37u * 29u * 13u);
  }
}

TEST(N4FieldFit, CountsTheSamplesThatAreThere)
{
  const auto        values = Chessboard(Small, Shade);
  const std::size_t expected = values.size() - (values.size() - 5 + 10) / 11;
  EXPECT_EQ(N4FieldFit(Lattice(Small), Small, values, {}).Samples(), expected);
}

TEST(N4FieldFit, FindsAShadeOverAChessboard)
{
  for (const Size & size : { Size{ { 48, 44, 1, 1 } }, Size{ { 37, 29, 13, 1 } }, Size{ { 21, 1, 40, 1 } } })
  {
    N4FieldFit   fit(Lattice(size), size, Chessboard(size, Shade), {});
    N4Parameters parameters;
    parameters.convergenceThreshold = 1e-3;
    const auto field = Evaluated(fit.Fit(parameters), size);
    double     mean = 0.0;
    double     squares = 0.0;
    double     shade = 0.0;
    for (std::size_t i = 0; i < field.size(); ++i)
    {
      mean += (field[i] - Shade(i % size[0], i / size[0] % size[1], i / size[0] / size[1])) / field.size();
    }
    for (std::size_t i = 0; i < field.size(); ++i)
    {
      const double truth = Shade(i % size[0], i / size[0] % size[1], i / size[0] / size[1]);
      squares += std::pow(field[i] - truth - mean, 2) / field.size();
      shade += std::pow(truth - Shade(size[0] / 2, size[1] / 2, size[2] / 2), 2) / field.size();
    }
    // What N4 leaves of a shade it was made for: well under a quarter; of no correction at all, all of it.
    EXPECT_LT(std::sqrt(squares), 0.25 * std::sqrt(shade)) << size[0] << " x " << size[1] << " x " << size[2];
  }
}

TEST(N4FieldFit, HasTheSameBitsForAnyNumberOfThreads)
{
  // More than a million samples: below, there is but one thread.
  const Size   size{ { 131, 110, 83, 1 } };
  const auto   values = Chessboard(size, Shade);
  N4Parameters parameters;
  parameters.iterations = { 2, 1 };
  parameters.convergenceThreshold = 1e-6;
  const int                        threads = omp_get_max_threads();
  std::vector<std::vector<double>> coefficients;
  for (const int count : { 1, 2, 3, 7 })
  {
    omp_set_num_threads(count);
    N4FieldFit fit(Lattice(size), size, values, {});
    coefficients.push_back(fit.Fit(parameters).coefficients);
    EXPECT_GT(fit.Samples(), 1000000u);
  }
  omp_set_num_threads(threads);
  ASSERT_EQ(coefficients[0].size(), 125u);
  for (const auto & other : coefficients)
  {
    EXPECT_TRUE(SameBits(other, coefficients[0]));
  }
}

TEST(N4FieldFit, ASecondFitForgetsTheFirst)
{
  N4FieldFit fit(Lattice(Small), Small, Chessboard(Small, Shade), {});
  const auto first = fit.Fit({});
  EXPECT_TRUE(SameBits(fit.Fit({}).coefficients, first.coefficients));
}

TEST(N4FieldFit, AWeightForAllAlikeChangesNothing)
{
  const auto values = Chessboard(Small, Shade);
  const auto expected = N4FieldFit(Lattice(Small), Small, values, {}).Fit({});
  for (const float weight : { 1.0F, 4.0F, 0.125F }) // powers of 2 do not round
  {
    N4FieldFit fit(Lattice(Small), Small, values, std::vector<float>(values.size(), weight));
    EXPECT_TRUE(SameBits(fit.Fit({}).coefficients, expected.coefficients)) << weight;
  }
}

TEST(N4FieldFit, FollowsTheHeavierSamples)
{
  // Beyond the middle the shade turns; a fit of one span along x that heeds one half more lies nearer to its slope.
  const auto shade = [](std::size_t x, std::size_t, std::size_t)
  { return 0.01 * std::abs(static_cast<double>(x) - 18.0); };
  const auto         values = Chessboard(Small, shade);
  std::vector<float> weights(values.size());
  for (std::size_t i = 0; i < weights.size(); ++i)
  {
    weights[i] = i % 37 < 18 ? 0.01F : 1.0F;
  }
  N4Parameters parameters;
  parameters.iterations = { 20 };
  const auto even = Evaluated(N4FieldFit(Lattice(Small), Small, values, {}).Fit(parameters), Small);
  const auto uneven = Evaluated(N4FieldFit(Lattice(Small), Small, values, weights).Fit(parameters), Small);
  const auto rise = [](const std::vector<double> & field) { return field[36] - field[20]; };
  EXPECT_GT(rise(uneven), rise(even) + 0.005); // of 0.16
}

TEST(N4FieldFit, OfATransposedGridIsTheTransposedField)
{
  const auto         values = Chessboard(Small, Shade);
  const Size         size{ { 13, 37, 29, 1 } }; // x from z, y from x, z from y: rows of another length
  std::vector<float> turned;
  for (std::size_t y = 0; y < 29; ++y)
  {
    for (std::size_t x = 0; x < 37; ++x)
    {
      for (std::size_t z = 0; z < 13; ++z)
      {
        turned.push_back(values[(z * 29 + y) * 37 + x]);
      }
    }
  }
  const auto expected = Evaluated(N4FieldFit(Lattice(Small), Small, values, {}).Fit({}), Small);
  const auto field = Evaluated(N4FieldFit(Lattice(size), size, turned, {}).Fit({}), size);
  double     largest = 0.0;
  for (std::size_t i = 0; i < turned.size(); ++i)
  {
    const std::size_t z = i % 13;
    const std::size_t x = i / 13 % 37;
    const std::size_t y = i / 13 / 37;
    largest = std::max(largest, std::abs(field[i] - expected[(z * 29 + y) * 37 + x]));
  }
  EXPECT_LT(largest, 2e-4); // sums in float in another order, 200 times
}

TEST(N4FieldFit, FramesThatAreAlikeCountAsOne)
{
  const auto         values = Chessboard(Small, Shade);
  std::vector<float> twice = values;
  twice.insert(twice.end(), values.begin(), values.end());
  const Size size{ { 37, 29, 13, 2 } };
  const auto expected = Evaluated(N4FieldFit(Lattice(Small), Small, values, {}).Fit({}), Small);
  const auto field = Evaluated(N4FieldFit(Lattice(size), Small, values, {}).Fit({}), Small);
  EXPECT_LT(LargestDifference(field, expected), 1e-9);
  const auto both = Evaluated(N4FieldFit(Lattice(size), size, twice, {}).Fit({}), Small);
  EXPECT_LT(LargestDifference(both, expected), 2e-4); // sums in float of twice as many, 200 times
}

TEST(N4FieldFit, ALevelWithoutIterationsDoesNotChangeTheField)
{
  const auto   values = Chessboard(Small, Shade);
  N4Parameters parameters;
  parameters.iterations = { 10 };
  const auto expected = N4FieldFit(Lattice(Small, 2), Small, values, {}).Fit(parameters);
  parameters.iterations = { 10, 0, 0 };
  const auto refined = N4FieldFit(Lattice(Small, 2), Small, values, {}).Fit(parameters);
  EXPECT_EQ(refined.controlPoints, (SmoothField::Powers{ { 11, 11, 11, 1 } }));
  // Two refinements, each of a handful of roundings of numbers below 1.
  EXPECT_LT(LargestDifference(Evaluated(refined, Small), Evaluated(expected, Small)), 1e-14);
}

TEST(N4FieldFit, RunsAllItsIterationsUnlessTheChangeIsBelowTheThreshold)
{
  N4FieldFit   fit(Lattice(Small), Small, Chessboard(Small, Shade), {});
  N4Parameters parameters;
  parameters.iterations = { 30, 20 };
  fit.Fit(parameters);
  EXPECT_EQ(fit.Iterations(), (std::vector<unsigned int>{ 30, 20 }));
  parameters.convergenceThreshold = 1e-3;
  fit.Fit(parameters);
  EXPECT_LT(fit.Iterations()[0], 30u);
  EXPECT_GT(fit.Iterations()[0], 3u);
  parameters.convergenceThreshold = 10.0; // one iteration, to measure the change
  fit.Fit(parameters);
  EXPECT_EQ(fit.Iterations(), (std::vector<unsigned int>{ 1, 1 }));
}
} // namespace
