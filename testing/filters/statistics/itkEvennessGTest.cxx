#include "itkEvenness.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{
using namespace isolux::testing;

TEST(Evenness, VariationIsThatOfTwoTissuesWithoutTheOthers)
{
  // tissue 0: 1 and 3; tissue 1: 10 and 14; the rest would change every figure
  const std::vector<double> values = { 1.0, 100.0, 10.0, 3.0, -50.0, 14.0 };
  const std::vector<int>    tissues = { 0, -1, 1, 0, 2, 1 };
  const auto                variation = itk::MeasureTissueVariation(values, [&](std::size_t i) { return tissues[i]; });
  EXPECT_DOUBLE_EQ(variation.coefficientsOfVariation[0], 0.5);
  EXPECT_DOUBLE_EQ(variation.coefficientsOfVariation[1], 2.0 / 12.0);
  EXPECT_DOUBLE_EQ(variation.coefficientOfJointVariation, 3.0 / 10.0);
}

TEST(Evenness, VariationOfATissueWithoutValuesIsNaN)
{
  const auto variation = itk::MeasureTissueVariation({ 1.0, 3.0 }, [](std::size_t) { return 0; });
  EXPECT_DOUBLE_EQ(variation.coefficientsOfVariation[0], 0.5);
  EXPECT_TRUE(std::isnan(variation.coefficientsOfVariation[1]));
  EXPECT_TRUE(std::isnan(variation.coefficientOfJointVariation));
}

TEST(Evenness, ThresholdsPartThreeClassesOfUnequalSize)
{
  Random              random(3);
  std::vector<double> values;
  for (std::size_t i = 0; i < 6000; ++i)
  {
    values.push_back(random.Normal(i % 6 == 0 ? 20.0 : i % 6 < 3 ? 60.0 : 100.0, 3.0));
  }
  const auto thresholds = itk::ThreeClassThresholds(values);
  ASSERT_EQ(thresholds.size(), 2U);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    wrong += itk::BrightTissueOf(values[i], thresholds) != (i % 6 == 0 ? -1 : i % 6 < 3 ? 0 : 1);
  }
  EXPECT_EQ(wrong, 0U);
}

TEST(Evenness, OneValueHasNoClasses)
{
  EXPECT_TRUE(itk::ThreeClassThresholds({}).empty());
  EXPECT_TRUE(itk::ThreeClassThresholds(std::vector<double>(50, 7.0)).empty());
}

TEST(Evenness, EntropyOfOneValueIsThatOfTheGaussian)
{
  for (const double deviation : { 0.02, 0.05 })
  {
    // bins of 0.01; what lies beyond four deviations is cut off: 0.002 bits
    const double expected = std::log2(deviation / 0.01 * std::sqrt(2.0 * std::acos(-1.0) * std::exp(1.0)));
    EXPECT_NEAR(itk::DensityEntropy({ 4.2, 4.2, 4.2 }, deviation), expected, 0.002);
  }
}

TEST(Evenness, EntropyRisesByOneBitForTwoPeaksAndNotByAShift)
{
  const double one = itk::DensityEntropy({ 1.0 }, 0.05);
  EXPECT_NEAR(itk::DensityEntropy({ 1.0, 3.0 }, 0.05), one + 1.0, 1e-12); // rounding of a hundred terms
  EXPECT_NEAR(itk::DensityEntropy({ -2.5, -0.5 }, 0.05), one + 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(itk::DensityEntropy({}, 0.05)));
}
} // namespace
