#include "itkExactSum.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <limits>

namespace
{
using namespace isolux::testing;
using itk::ExactSum;
__extension__ using Integer = __int128;

ExactSum
SumOf(const std::vector<double> & values)
{
  ExactSum sum;
  for (const double value : values)
  {
    sum.Add(value);
  }
  return sum;
}

double
ValueOf(const std::vector<double> & values)
{
  return SumOf(values).Value();
}

/** Of every magnitude and sign, and few of them representable together. */
std::vector<double>
WideValues(std::size_t count)
{
  Random              random(1);
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i)
  {
    values.push_back(std::ldexp(random.Uniform(-1.0, 1.0), static_cast<int>(random.Bits() % 2000) - 1000));
  }
  return values;
}

constexpr double Smallest = std::numeric_limits<double>::denorm_min();
constexpr double Largest = std::numeric_limits<double>::max();
constexpr double Epsilon = std::numeric_limits<double>::epsilon();

TEST(ExactSum, OfNothingIsZero)
{
  EXPECT_TRUE(SameBits(ExactSum().Value(), 0.0));
  EXPECT_TRUE(SameBits(ValueOf({ -0.0 }), 0.0));
}

TEST(ExactSum, OfOneValueIsThatValue)
{
  for (const double value :
       { 1.0, -1.0, 0.1, -1e300, Largest, -Largest, std::numeric_limits<double>::min(), Smallest, -3.0 * Smallest })
  {
    EXPECT_TRUE(SameBits(ValueOf({ value }), value)) << value;
  }
  for (const double value : WideValues(10000))
  {
    ASSERT_TRUE(SameBits(ValueOf({ value }), value)) << value;
  }
}

TEST(ExactSum, HasTheSameBitsInAnyOrder)
{
  std::vector<double> values = WideValues(2000);
  const double        expected = ValueOf(values);
  Random              random(2);
  for (int shuffle = 0; shuffle < 20; ++shuffle)
  {
    random.Shuffle(values);
    EXPECT_TRUE(SameBits(ValueOf(values), expected));
  }
}

TEST(ExactSum, MergesAssociativelyAndCommutatively)
{
  const std::vector<double> values = WideValues(3000);
  const ExactSum            a = SumOf({ values.begin(), values.begin() + 7 });
  const ExactSum            b = SumOf({ values.begin() + 7, values.begin() + 1500 });
  const ExactSum            c = SumOf({ values.begin() + 1500, values.end() });
  const auto                merged = [](ExactSum left, const ExactSum & right)
  {
    left.Merge(right);
    return left;
  };
  const double expected = ValueOf(values);
  for (const ExactSum & sum : { merged(merged(a, b), c),
                                merged(a, merged(b, c)),
                                merged(merged(c, a), b),
                                merged(c, merged(b, a)),
                                merged(merged(b, ExactSum()), merged(c, a)) })
  {
    EXPECT_TRUE(SameBits(sum.Value(), expected));
  }
}

TEST(ExactSum, OfValuesAndTheirNegativesIsZero)
{
  std::vector<double> values = WideValues(1000);
  for (const double value : WideValues(1000))
  {
    values.push_back(-value);
  }
  Random(3).Shuffle(values);
  EXPECT_TRUE(SameBits(ValueOf(values), 0.0));
}

TEST(ExactSum, KeepsWhatHugeValuesThatCancelWouldSwallow)
{
  EXPECT_EQ(ValueOf({ 1e300, 1.0, -1e300 }), 1.0);
  EXPECT_EQ(ValueOf({ -1e300, -1.0, 1e300, Smallest, 1.0 }), Smallest);
  EXPECT_EQ(ValueOf({ Largest, Largest, -1.5, -Largest, -Largest }), -1.5);
}

TEST(ExactSum, RoundsOnceToTheNearestAndTiesToEven)
{
  EXPECT_EQ(ValueOf({ 1.0, 0.5 * Epsilon }), 1.0);
  EXPECT_EQ(ValueOf({ 1.0 + Epsilon, 0.5 * Epsilon }), 1.0 + 2.0 * Epsilon);
  EXPECT_EQ(ValueOf({ 1.0, 0.5 * Epsilon, Smallest }), 1.0 + Epsilon); // the last bit of all decides
  EXPECT_EQ(ValueOf({ 1.0, 0.5 * Epsilon, -Smallest }), 1.0);
  EXPECT_EQ(ValueOf({ -1.0, -0.5 * Epsilon, -Smallest }), -1.0 - Epsilon);
}

TEST(ExactSum, AddsSubnormalsExactly)
{
  ExactSum sum;
  for (int i = 0; i < 1000; ++i)
  {
    sum.Add(Smallest);
    sum.Add(-3.0 * Smallest);
  }
  EXPECT_EQ(sum.Value(), -2000.0 * Smallest);
  EXPECT_EQ(ValueOf({ std::numeric_limits<double>::min(), -Smallest }), std::numeric_limits<double>::min() - Smallest);
}

TEST(ExactSum, BeyondTheLargestDoubleIsInfinite)
{
  EXPECT_EQ(ValueOf({ Largest, Largest }), std::numeric_limits<double>::infinity());
  EXPECT_EQ(ValueOf({ -Largest, -Largest }), -std::numeric_limits<double>::infinity());
}

TEST(ExactSum, OfManyFullMantissasCarriesWithoutLoss)
{
  // n (2^53 - 1) for n = 2^22 + 1, with doublings by Merge() up to 2^40 times as many.
  constexpr std::int64_t times = (std::int64_t{ 1 } << 22U) + 1;
  const double           full = std::ldexp(1.0, 53) - 1.0;
  for (const double sign : { 1.0, -1.0 })
  {
    ExactSum sum;
    for (std::int64_t i = 0; i < times; ++i)
    {
      sum.Add(sign * full);
    }
    const auto expected = Integer{ times } * static_cast<std::int64_t>(full);
    EXPECT_EQ(sum.Value(), sign * static_cast<double>(expected));
    for (int doubling = 0; doubling < 40; ++doubling)
    {
      sum.Merge(sum);
    }
    EXPECT_EQ(sum.Value(), sign * std::ldexp(static_cast<double>(expected), 40));
  }
}

TEST(ExactSum, EqualsIntegerArithmeticRoundedOnce)
{
  // Values m 2^e with |m| < 2^53 and e < 60: 4000 of them sum to less than 2^127, whose conversion to double rounds
  // once.
  Random random(4);
  for (int trial = 0; trial < 200; ++trial)
  {
    const int  scale = trial % 2 == 0 ? -1074 : static_cast<int>(random.Bits() % 1800) - 1000;
    const auto largest = static_cast<unsigned int>(1 + random.Bits() % 60);
    const auto count = 1 + random.Bits() % 4000;
    Integer    expected = 0;
    ExactSum   sum;
    for (std::uint64_t i = 0; i < count; ++i)
    {
      const auto mantissa = static_cast<std::int64_t>(random.Bits()) >> (11U + random.Bits() % 50U);
      const auto exponent = random.Bits() % largest;
      expected += Integer{ mantissa } * (Integer{ 1 } << exponent);
      sum.Add(std::ldexp(static_cast<double>(mantissa), static_cast<int>(exponent) + scale));
    }
    ASSERT_TRUE(SameBits(sum.Value(), std::ldexp(static_cast<double>(expected), scale))) << "trial " << trial;
  }
}
TEST(ExactSum, ItsTermsGiveItBackToTheLastBit)
{
  Random random(21);
  for (int trial = 0; trial < 200; ++trial)
  {
    ExactSum sum;
    ExactSum rest;
    for (std::uint64_t i = 0; i < random.Bits() % 300; ++i)
    {
      const double value = std::ldexp(random.Uniform(-1.0, 1.0), static_cast<int>(random.Bits() % 2000) - 1070);
      sum.Add(value);
      rest.Add(-value);
    }
    const auto terms = sum.Terms();
    rest.Merge(ExactSum(terms)); // what a term lacked would be left
    EXPECT_EQ(rest.Value(), 0.0);
    for (std::size_t i = 1; i < terms.size(); ++i)
    {
      ASSERT_LT(std::abs(terms[i]), std::abs(terms[i - 1]));
    }
    EXPECT_TRUE(SameBits(terms.empty() ? 0.0 : terms.front(), sum.Value()));
  }
  EXPECT_TRUE(ExactSum().Terms().empty());
}
} // namespace
