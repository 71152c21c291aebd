#include "itkPortableExp.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::PortableExp;

/** The largest relative error, against the C library's long double, over random points and the ends. */
double
LargestError(double low, double high)
{
  Random random(20);
  double largest = 0.0;
  for (int i = 0; i < 1000000; ++i)
  {
    const double      x = i == 0 ? low : i == 1 ? high : random.Uniform(low, high);
    const long double truth = std::exp(static_cast<long double>(x));
    largest = std::max(largest, static_cast<double>(std::abs((PortableExp(x) - truth) / truth)));
  }
  return largest;
}

TEST(PortableExp, OfZeroIsExactlyOne)
{
  EXPECT_EQ(PortableExp(0.0), 1.0);
  EXPECT_EQ(PortableExp(-0.0), 1.0);
}

TEST(PortableExp, OfOppositesMultiplyToOne)
{
  for (double x = -600.0; x <= 600.0; x += 0.37)
  {
    EXPECT_NEAR(PortableExp(x) * PortableExp(-x), 1.0, 8e-16) << x; // twice the error of one
  }
}

TEST(PortableExp, DoesNotFallWhereItsPowerOfTwoChanges)
{
  // Half-way between multiples of ln 2, where the reduced argument jumps from end to end.
  for (int k = -70; k <= 70; ++k)
  {
    const double seam = (k + 0.5) * std::log(2.0);
    double       before = PortableExp(seam - 1e-13);
    for (double x = seam - 1e-13; x < seam + 1e-13; x += 5e-15 * std::max(1.0, std::abs(seam)))
    {
      EXPECT_GE(PortableExp(x), before * (1.0 - 8e-16)) << x; // the error of both
      before = PortableExp(x);
    }
  }
}

TEST(PortableExp, HasTheBitsItAlwaysHad)
{
  // On every processor: a wrong flag (contraction, fast-math) shows here.
  EXPECT_TRUE(SameBits(PortableExp(1.0), 0x1.5bf0a8b14576ap+1));
  EXPECT_TRUE(SameBits(PortableExp(-0.35), 0x1.68cce09671f71p-1));
  EXPECT_TRUE(SameBits(PortableExp(33.3), 0x1.078401f5a3ec8p+48));
}

TEST(PortableExp, IsWithin4e16OfTheTruth)
{
  EXPECT_LT(LargestError(-1.0, 1.0), 4e-16);
  EXPECT_LT(LargestError(-50.0, 50.0), 4e-16);
  EXPECT_LT(LargestError(-700.0, 700.0), 4e-16);
}
} // namespace
