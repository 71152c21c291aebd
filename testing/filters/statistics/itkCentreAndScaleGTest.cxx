#include "itkCentreAndScale.h"

#include <gtest/gtest.h>

#include <cmath>

TEST(CentreAndScale, ItsConstantsAreThoseOfANormalDistribution)
{
  // the quartiles of a normal distribution lie where its cumulative distribution is 1/4 and 3/4
  double quartile = 0.5;
  for (int i = 0; i < 20; ++i) // Newton
  {
    const double density = std::exp(-0.5 * quartile * quartile) / std::sqrt(2.0 * M_PI);
    quartile -= (0.5 * std::erfc(-quartile / std::sqrt(2.0)) - 0.75) / density;
  }
  EXPECT_NEAR(itk::DeviationOverMedianAbsoluteDeviation, 1.0 / quartile, 0.5e-4); // rounded to four digits
  EXPECT_NEAR(itk::InterquartileRangeOverDeviation, 2.0 * quartile, 0.5e-3);      // to three
}
