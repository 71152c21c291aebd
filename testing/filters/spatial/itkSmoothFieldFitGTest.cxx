#include "itkSmoothFieldFit.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <omp.h>

namespace
{
using namespace isolux::testing;
using itk::SmoothField;
using itk::SmoothFieldFit;

SmoothField
Box(unsigned int order)
{
  SmoothField field;
  field.order = order;
  field.centre = { { 20.0, -4.0, 7.5, 0.0 } };
  field.halfExtent = { { 25.0, 10.0, 3.5, 0.0 } };
  return field;
}

std::vector<SmoothFieldFit::Position>
Scattered(const SmoothField & box, std::size_t count)
{
  Random                                random(40);
  std::vector<SmoothFieldFit::Position> positions(count);
  for (auto & position : positions)
  {
    for (std::size_t axis = 0; axis < position.size(); ++axis)
    {
      position[axis] =
        std::round(random.Uniform(box.centre[axis] - box.halfExtent[axis], box.centre[axis] + box.halfExtent[axis]));
    }
  }
  return positions;
}

std::vector<double>
RandomValues(std::size_t count, double size)
{
  Random              random(41);
  std::vector<double> values(count);
  for (double & value : values)
  {
    value = random.Uniform(-size, size);
  }
  return values;
}

double
LargestDifference(const std::vector<double> & a, const std::vector<double> & b)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

TEST(SmoothFieldFit, OfZerosIsZero)
{
  const auto           box = Box(3);
  const SmoothFieldFit fit(box, Scattered(box, 500));
  for (const double coefficient : fit.Solve(std::vector<double>(500)))
  {
    EXPECT_EQ(coefficient, 0.0);
  }
}

TEST(SmoothFieldFit, HasTheSameBitsForOneThreadAndMore)
{
  const auto                       box = Box(4);
  const auto                       positions = Scattered(box, 300000); // so many that threads share them
  const auto                       values = RandomValues(positions.size(), 1.0);
  const int                        threads = omp_get_max_threads();
  std::vector<std::vector<double>> coefficients;
  std::vector<std::vector<double>> fields;
  for (const int count : { 1, 2, 3, 8 })
  {
    omp_set_num_threads(count);
    const SmoothFieldFit fit(box, positions);
    coefficients.push_back(fit.Solve(values));
    fields.push_back(fit.Evaluate(coefficients.back()));
  }
  omp_set_num_threads(threads);
  for (std::size_t i = 1; i < coefficients.size(); ++i)
  {
    EXPECT_TRUE(SameBits(coefficients[i], coefficients[0]));
    EXPECT_TRUE(SameBits(fields[i], fields[0]));
  }
}

TEST(SmoothFieldFit, EvaluatesWhatTheRowEvaluatorEvaluates)
{
  auto       field = Box(5);
  const auto positions = Scattered(field, 700);
  field.coefficients = RandomValues(field.Terms().size(), 0.5);
  const auto                         values = SmoothFieldFit(field, positions).Evaluate(field.coefficients);
  const itk::SmoothFieldRowEvaluator evaluator(field);
  for (std::size_t i = 0; i < positions.size(); ++i)
  {
    const itk::Index<3> index{
      { std::lround(positions[i][0]), std::lround(positions[i][1]), std::lround(positions[i][2]) }
    };
    double value = 0.0;
    evaluator(index, index[0], 1, &value);
    EXPECT_NEAR(values[i], value, 1e-6); // 56 terms of a basis in float
  }
}

TEST(SmoothFieldFit, RecoversKnownCoefficients)
{
  for (unsigned int order = 1; order <= 8; ++order)
  {
    const auto           box = Box(order);
    const auto           positions = Scattered(box, 5000);
    const auto           truth = RandomValues(box.Terms().size(), 1.0);
    const SmoothFieldFit fit(box, positions, 0.0);
    // The normal matrix's ridge of 1e-12 times its condition; measured 2e-10 at order 8.
    EXPECT_LT(LargestDifference(fit.Solve(fit.Evaluate(truth)), truth), 1e-9) << order;
  }
}

TEST(SmoothFieldFit, AtDefaultStiffnessMovesKnownCoefficientsLittle)
{
  const auto           box = Box(3);
  const auto           positions = Scattered(box, 5000);
  const auto           truth = RandomValues(box.Terms().size(), 1.0);
  const SmoothFieldFit fit(box, positions);
  // A term of degree d has mean square of at least 1 / 35: it shrinks by 35 d^2 1e-5, 0.3 % at d = 3; measured 0.2 %.
  EXPECT_LT(LargestDifference(fit.Solve(fit.Evaluate(truth)), truth), 0.005);
}

TEST(SmoothFieldFit, StifferIsFlatter)
{
  const auto box = Box(3);
  const auto positions = Scattered(box, 3000);
  const auto values = RandomValues(positions.size(), 1.0);
  double     before = std::numeric_limits<double>::infinity();
  for (const double stiffness : { 0.0, 1e-3, 1e-1, 10.0 })
  {
    const auto coefficients = SmoothFieldFit(box, positions, stiffness).Solve(values);
    double     squares = 0.0;
    for (std::size_t k = 1; k < coefficients.size(); ++k)
    {
      squares += coefficients[k] * coefficients[k];
    }
    EXPECT_LT(squares, before);
    before = squares;
  }
}

TEST(SmoothFieldFit, LeavesAResidualOrthogonalToEveryTerm)
{
  const auto           box = Box(3);
  const auto           positions = Scattered(box, 9000);
  const auto           values = RandomValues(positions.size(), 1.0);
  const SmoothFieldFit fit(box, positions, 0.0);
  const auto           fitted = fit.Evaluate(fit.Solve(values));
  for (std::size_t k = 0; k < box.Terms().size(); ++k)
  {
    std::vector<double> unit(box.Terms().size());
    unit[k] = 1.0;
    const auto term = fit.Evaluate(unit);
    double     product = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      product += (values[i] - fitted[i]) * term[i];
    }
    EXPECT_NEAR(product / static_cast<double>(values.size()), 0.0, 1e-10) << k; // the ridge of 1e-12, and rounding
  }
}
} // namespace
