#include "itkHistogramEntropyFit.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

namespace
{
using namespace isolux::testing;
using itk::HistogramEntropyFit;
using itk::SmoothField;

constexpr double Grey = 6.0; // log intensities
constexpr double White = 6.3;

struct Tissues
{
  SmoothField                                field;
  std::vector<HistogramEntropyFit::Position> positions;
  std::vector<double>                        logIntensities;
  std::vector<double>                        logField; // without its mean
};

/** Grey and white matter at random places of a box of 100 voxels, where shareOfWhite(position in [-1, 1]) says how much
 * is white; with noise, and an amplitude of a field of degree 2. */
template <typename TShare>
Tissues
MakeTissues(double amplitude, TShare && shareOfWhite, double white = White, double greyNoise = 0.04)
{
  Tissues tissues;
  tissues.field.order = 2;
  tissues.field.centre = { { 50.0, 50.0, 50.0, 0.0 } };
  tissues.field.halfExtent = { { 50.0, 50.0, 50.0, 0.0 } };
  Random random(7);
  double mean = 0.0;
  for (int i = 0; i < 20000; ++i)
  {
    const std::array<double, 3> place{ { random.Uniform(-1, 1), random.Uniform(-1, 1), random.Uniform(-1, 1) } };
    tissues.positions.push_back({ { 50 + 50 * place[0], 50 + 50 * place[1], 50 + 50 * place[2], 0.0 } });
    tissues.logField.push_back(amplitude * (place[0] * place[1] + place[2] * place[2] - 0.5 * place[0]));
    const bool isWhite = random.Uniform(0, 1) < shareOfWhite(place);
    tissues.logIntensities.push_back((isWhite ? white : Grey) + tissues.logField.back() +
                                     random.Normal(0.0, isWhite ? 0.04 : greyNoise));
    mean += tissues.logField.back() / 20000;
  }
  for (double & value : tissues.logField)
  {
    value -= mean;
  }
  return tissues;
}

double
Half(const std::array<double, 3> &)
{
  return 0.5;
}

/** White matter within, as in a brain, and more of it on the right: a field of degree 2 can follow it. */
double
MoreWithin(const std::array<double, 3> & place)
{
  return std::clamp(0.9 - 0.4 * (place[0] * place[0] + place[1] * place[1]) + 0.1 * place[2], 0.0, 1.0);
}

std::vector<double>
Fitted(const Tissues & tissues, double contrast, unsigned int * evaluations = nullptr)
{
  std::vector<double>       coefficients(tissues.field.Terms().size(), 0.0);
  const HistogramEntropyFit fit(tissues.field, tissues.positions, tissues.logIntensities);
  for (const double deviation : { 0.12, 0.03 })
  {
    const auto count = fit.Minimise(coefficients, deviation, contrast).evaluations;
    if (evaluations)
    {
      *evaluations = count;
    }
  }
  return coefficients;
}

/** Root-mean-square error of the log field, up to a constant. */
double
Error(const Tissues & tissues, const std::vector<double> & coefficients)
{
  auto field = tissues.field;
  field.coefficients = coefficients;
  const auto          terms = field.Terms();
  std::vector<double> products;
  double              sum = 0.0;
  double              squares = 0.0;
  for (std::size_t i = 0; i < tissues.positions.size(); ++i)
  {
    field.Products(terms, tissues.positions[i], products);
    const double error =
      std::inner_product(products.begin(), products.end(), coefficients.begin(), -tissues.logField[i]);
    sum += error;
    squares += error * error;
  }
  const auto n = static_cast<double>(tissues.positions.size());
  return std::sqrt(squares / n - sum * sum / n / n);
}

TEST(HistogramEntropyFit, FindsTheFieldThatBlursTwoTissues)
{
  for (const double amplitude : { 0.0, 0.1, 0.3 })
  {
    const auto tissues = MakeTissues(amplitude, Half);
    for (const double contrast : { 0.0, 0.5 })
    {
      // Nine coefficients from 20000 samples of deviation 0.04 cannot be known to less than 0.0008.
      EXPECT_LT(Error(tissues, Fitted(tissues, contrast)), 0.0025) << amplitude << ", contrast " << contrast;
    }
  }
}

TEST(HistogramEntropyFit, LeavesTissuesApartThatTheFieldCouldDrawTogether)
{
  const auto tissues = MakeTissues(0.0, MoreWithin, Grey + 0.18, 0.1); // as in T1-weighted brains
  EXPECT_LT(Error(tissues, Fitted(tissues, 0.5)), 0.5 * Error(tissues, Fitted(tissues, 0.0)));
}

TEST(HistogramEntropyFit, DoesNotDependOnTheGain)
{
  const auto plain = MakeTissues(0.2, Half);
  auto       shifted = plain;
  for (double & value : shifted.logIntensities)
  {
    value += 4.0;
  }
  const auto expected = Fitted(plain, 0.5);
  const auto found = Fitted(shifted, 0.5);
  for (std::size_t k = 1; k < expected.size(); ++k)
  {
    EXPECT_NEAR(found[k], expected[k], 2e-3) << k; // log intensities are float: another path to the minimum
  }
}

TEST(HistogramEntropyFit, FindsInSeveralThreadsWhatItFindsInOne)
{
  const std::array<double, 4>        amplitudes{ { 0.05, 0.1, 0.2, 0.3 } };
  std::array<Tissues, 4>             tissues;
  std::array<std::vector<double>, 4> expected;
  std::array<std::vector<double>, 4> found;
  for (std::size_t i = 0; i < tissues.size(); ++i)
  {
    tissues[i] = MakeTissues(amplitudes[i], Half);
    expected[i] = Fitted(tissues[i], 0.5);
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < tissues.size(); ++i)
  {
    threads.emplace_back([&, i] { found[i] = Fitted(tissues[i], 0.5); });
  }
  for (std::thread & thread : threads)
  {
    thread.join();
  }
  for (std::size_t i = 0; i < tissues.size(); ++i)
  {
    EXPECT_TRUE(SameBits(found[i], expected[i])) << amplitudes[i];
  }
}

TEST(HistogramEntropyFit, IsOfNothingWhereClassesAreWiderThanATissue)
{
  auto   tissues = MakeTissues(0.0, Half);
  Random random(8);
  for (double & value : tissues.logIntensities)
  {
    value = random.Uniform(4.0, 7.0);
  }
  std::vector<double>       coefficients(tissues.field.Terms().size(), 0.125);
  const auto                before = coefficients;
  const HistogramEntropyFit fit(tissues.field, tissues.positions, tissues.logIntensities);
  EXPECT_EQ(fit.Minimise(coefficients, 0.12, 0.5).evaluations, 0U);
  EXPECT_EQ(coefficients, before);
  EXPECT_GT(fit.Minimise(coefficients, 0.12, 0.0).evaluations, 0U); // without contrast there is nothing to tell apart
}

TEST(HistogramEntropyFit, IsFiniteWhereAllIntensitiesAreAlike)
{
  auto tissues = MakeTissues(0.0, Half);
  std::fill(tissues.logIntensities.begin(), tissues.logIntensities.end(), Grey);
  for (const double contrast : { 0.0, 0.5 })
  {
    const auto coefficients = Fitted(tissues, contrast);
    for (const double coefficient : coefficients)
    {
      EXPECT_NEAR(coefficient, 0.0, 1e-3) << contrast; // float rounding of the residuals
    }
  }
}
} // namespace
