#include "itkPortableLog.h"

#include "itkPortableExp.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::PortableLog;

TEST(PortableLog, OfOneIsExactlyZeroAndOfPowersOfTwoTheirMultiples)
{
  EXPECT_TRUE(SameBits(PortableLog(1.0), 0.0));
  for (int k = -1022; k <= 1023; ++k)
  {
    const auto expected = static_cast<double>(k * std::log(2.0L));
    EXPECT_NEAR(PortableLog(std::ldexp(1.0, k)), expected, 2.3e-16 * std::abs(expected)) << k; // half an ulp
  }
}

TEST(PortableLog, TurnsProductsIntoSums)
{
  Random random(3);
  for (int i = 0; i < 1000; ++i)
  {
    const double x = random.Uniform(1e-3, 1e3);
    const double y = random.Uniform(1e-3, 1e3);
    EXPECT_NEAR(PortableLog(x * y), PortableLog(x) + PortableLog(y), 6e-15); // ulps of numbers up to 14
  }
}

TEST(PortableLog, IsTheInverseOfPortableExp)
{
  for (double x = -600.0; x <= 600.0; x += 0.37)
  {
    EXPECT_NEAR(PortableLog(itk::PortableExp(x)), x, 4e-16 * (1.0 + std::abs(x))) << x; // the errors of both
  }
}

TEST(PortableLog, RisesAlsoWhereItsPowerOfTwoChanges)
{
  for (int k = -30; k <= 30; ++k)
  {
    const double seam = std::ldexp(std::sqrt(0.5), k);
    double       before = PortableLog(seam * (1.0 - 1e-13));
    for (double factor = 1.0 - 1e-13; factor < 1.0 + 1e-13; factor += 1e-14)
    {
      const double here = PortableLog(seam * factor);
      EXPECT_GE(here, before - 4e-16 * std::abs(before)) << k; // the error of both
      before = here;
    }
  }
}

TEST(PortableLog, HasTheBitsItAlwaysHad)
{
  // On every processor: a wrong flag (contraction, fast-math) shows here.
  EXPECT_TRUE(SameBits(PortableLog(10.0), 0x1.26bb1bbb55516p+1));
  EXPECT_TRUE(SameBits(PortableLog(0.7), -0x1.6d3c324e13f50p-2));
  EXPECT_TRUE(SameBits(PortableLog(1234.5), 0x1.c79436f818745p+2));
}

TEST(PortableLog, IsWithin4e16OfTheTruth)
{
  Random random(21);
  for (const double range : { 0.01, 1.0, 10.0, 300.0 })
  {
    double largest = 0.0;
    for (int i = 0; i < 300000; ++i)
    {
      const double      x = std::exp(random.Uniform(-range, range));
      const long double truth = std::log(static_cast<long double>(x));
      largest = std::max(largest, static_cast<double>(std::abs((PortableLog(x) - truth) / truth)));
    }
    EXPECT_LT(largest, 4e-16) << range;
  }
}
} // namespace
