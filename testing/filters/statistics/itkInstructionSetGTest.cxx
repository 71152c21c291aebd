#include "itkInstructionSet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <vector>

#include <sys/wait.h>

namespace
{
using itk::InstructionSet;

std::vector<InstructionSet>
InstructionSets()
{
  std::vector<InstructionSet> sets;
  for (const auto set : { InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512 })
  {
    if (set <= itk::BestInstructionSet())
    {
      sets.push_back(set);
    }
  }
  return sets;
}

constexpr int Numbers = 8;

struct WidthKernel
{
  template <int VWidth>
  [[gnu::always_inline]] static inline int
  Run()
  {
    return VWidth;
  }
};

struct LoadKernel
{
  template <int VWidth, typename T>
  [[gnu::always_inline]] static inline void
  Run(const T * from, double * to, bool * truths)
  {
    for (int i = 0; i < Numbers; i += VWidth)
    {
      itk::Doubles<VWidth> doubles;
      itk::Truths<VWidth>  isTrue;
      itk::LoadDoubles<VWidth>(from + i, doubles);
      itk::LoadTruths<VWidth>(from + i, isTrue);
      for (int element = 0; element < VWidth; ++element)
      {
        to[i + element] = doubles[element];
        truths[i + element] = isTrue[element] == -1;
      }
    }
  }
};

/** The rounding error of a product where multiplication and addition are fused, else 0. */
struct FusedKernel
{
  template <int VWidth>
  [[gnu::always_inline]] static inline void
  Run(const double * factors, const double * products, double * errors)
  {
    for (int i = 0; i < Numbers; ++i)
    {
      errors[i] = factors[i] * factors[i] - products[i];
    }
  }
};

template <typename T>
class Loads : public ::testing::Test
{
};
using Types = ::testing::Types<bool,
                               char,
                               signed char,
                               unsigned char,
                               short,
                               unsigned short,
                               int,
                               unsigned int,
                               long,
                               unsigned long,
                               long long,
                               float,
                               double>;
TYPED_TEST_SUITE(Loads, Types);

TYPED_TEST(Loads, GiveWhatACastGivesForEveryInstructionSetAndAlignment)
{
  using Limits = std::numeric_limits<TypeParam>;
  std::array<TypeParam, Numbers + 3> numbers{};
  numbers[1] = Limits::max();
  numbers[2] = Limits::lowest();
  numbers[3] = static_cast<TypeParam>(1);
  numbers[4] = static_cast<TypeParam>(Limits::max() / 2);
  numbers[6] = static_cast<TypeParam>(100);
  numbers[7] = Limits::denorm_min();
  numbers[9] = Limits::infinity();
  numbers[10] = Limits::quiet_NaN();
  for (const auto set : InstructionSets())
  {
    for (std::size_t offset = 0; offset < 4; ++offset)
    {
      std::array<double, Numbers> doubles{};
      std::array<bool, Numbers>   truths{};
      itk::RunWith<LoadKernel>(set, numbers.data() + offset, doubles.data(), truths.data());
      for (std::size_t i = 0; i < Numbers; ++i)
      {
        const TypeParam number = numbers[offset + i];
        const auto      expected = static_cast<double>(number);
        EXPECT_TRUE(doubles[i] == expected || (std::isnan(doubles[i]) && std::isnan(expected))) << doubles[i];
        EXPECT_EQ(truths[i], number != TypeParam{}) << +number;
      }
    }
  }
}

TEST(InstructionSet, RunsTheKernelForTheWidthOfItsRegisters)
{
  const std::array<int, 3> widths{ { 2, 4, 8 } };
  for (const auto set : InstructionSets())
  {
    EXPECT_EQ(itk::RunWith<WidthKernel>(set), widths[static_cast<std::size_t>(set)]);
  }
}

TEST(InstructionSet, FusesNoMultiplicationWithAnAdditionWhereTheBuildWould) // which this file is compiled to do
{
  std::array<double, Numbers> factors{};
  std::array<double, Numbers> products{};
  for (std::size_t i = 0; i < Numbers; ++i)
  {
    factors[i] = 1.0 / static_cast<double>(i + 3);
    products[i] = factors[i] * factors[i];
  }
  for (const auto set : InstructionSets())
  {
    std::array<double, Numbers> errors{};
    itk::RunWith<FusedKernel>(set, factors.data(), products.data(), errors.data());
    EXPECT_EQ(errors, (std::array<double, Numbers>{}));
  }
}

TEST(InstructionSet, TheBestOneStaysTheSame)
{
  EXPECT_EQ(itk::BestInstructionSet(), itk::BestInstructionSet());
  EXPECT_LE(InstructionSet::Baseline, itk::BestInstructionSet());
}
} // namespace

TEST(InstructionSetDeathTest, TheEnvironmentLowersItAndNeverRaisesIt)
{
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe"; // a process of its own, which has not looked before
  const auto bestUnder = [](const char * text)
  {
    int set = -1;
    EXPECT_EXIT(
      {
        ::setenv("ISOLUX_INSTRUCTION_SET", text, 1);
        std::exit(static_cast<int>(itk::BestInstructionSet()));
      },
      [&set](int status)
      {
        set = WEXITSTATUS(status);
        return WIFEXITED(status);
      },
      "");
    return static_cast<InstructionSet>(set);
  };
  const auto avx512 = bestUnder("avx512");
  const auto avx2 = bestUnder("avx2");
  const auto baseline = bestUnder("baseline");
  EXPECT_EQ(bestUnder(""), InstructionSet::Baseline);
  EXPECT_EQ(avx512, itk::BestInstructionSet());
  EXPECT_EQ(avx2, std::min(itk::BestInstructionSet(), InstructionSet::Avx2));
  EXPECT_EQ(baseline, InstructionSet::Baseline);
}
