#include "itkLinearMapKernel.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::InstructionSet;
using itk::LinearMap;
using itk::Store;

constexpr double Infinity = std::numeric_limits<double>::infinity();

std::vector<LinearMap>
Maps()
{
  return { { 100.0, 0.03, 0.0 },
           { 0.1, 3.0, -7.0 },
           { 100.0, -0.5, 1.0 },
           { 100.0, 0.0, 5.0 },
           { 100.0, 1.0, 0.0, -20.0, 30.0 },
           { 100.0, 1.0, 0.0, -Infinity, 30.0 },
           { 0.0, -1.0, 0.0, -20.0, Infinity } };
}

/** One intensity at a time, as the class comment of the filter says it. */
template <typename TOutput>
TOutput
Mapped(const LinearMap & map, double intensity)
{
  if (!std::isfinite(intensity))
  {
    return static_cast<TOutput>(intensity);
  }
  double result = intensity - map.from;
  result *= map.scale;
  result += map.to;
  result = result < map.lower ? map.lower : result;
  result = map.upper < result ? map.upper : result;
  return static_cast<TOutput>(result);
}

template <typename TTypes>
class LinearMapKernel : public ::testing::Test
{
};
using Types = ::testing::Types<std::pair<float, float>,
                               std::pair<double, float>,
                               std::pair<float, double>,
                               std::pair<double, double>,
                               std::pair<short, float>,
                               std::pair<unsigned char, float>,
                               std::pair<unsigned short, double>,
                               std::pair<int, float>>;
TYPED_TEST_SUITE(LinearMapKernel, Types);

TYPED_TEST(LinearMapKernel, HasTheBitsOfTheDefinitionForEveryInstructionSetAndStoreAndTouchesNothingElse)
{
  using Input = typename TypeParam::first_type;
  using Output = typename TypeParam::second_type;
  constexpr auto   sentinel = static_cast<Output>(12345);
  constexpr auto   rim = std::size_t{ 70 };
  Random           random(4);
  const std::array special{ Infinity, -Infinity, std::nan("7"), -std::nan(""), 0.0, -0.0, 1e30 };
  for (const std::size_t length : { 0U, 1U, 2U, 7U, 8U, 9U, 31U, 255U, 256U, 257U, 1000U, 3001U })
  {
    for (const std::size_t offset : { 0U, 1U, 5U })
    {
      std::vector<Input> in(length + offset);
      for (std::size_t i = 0; i < in.size(); ++i)
      {
        in[i] = static_cast<Input>(random.Uniform(0.0, 250.0));
        if (std::is_floating_point<Input>::value && i % 11 == 3)
        {
          in[i] = static_cast<Input>(special[i % special.size()]);
        }
      }
      for (const auto & map : Maps())
      {
        std::vector<Output> expected(length + 2 * rim, sentinel);
        for (std::size_t i = 0; i < length; ++i)
        {
          expected[rim + offset + i] = Mapped<Output>(map, static_cast<double>(in[offset + i]));
        }
        for (const auto set : { InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512 })
        {
          for (const auto store : { Store::Ordinary, Store::Streaming })
          {
            if (set <= itk::BestInstructionSet())
            {
              std::vector<Output> out(expected.size(), sentinel);
              itk::ApplyLinearMap(map, in.data() + offset, out.data() + rim + offset, length, store, set);
              ASSERT_TRUE(SameBits(out, expected)) << length << ' ' << offset << ' ' << static_cast<int>(set);
            }
          }
        }
      }
    }
  }
}

TEST(LinearMapKernelInPlace, GivesTheSameAsBesideTheInput)
{
  std::vector<float> values(1003);
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    values[i] = static_cast<float>(Random(i).Normal(50.0, 10.0));
  }
  for (const auto & map : Maps())
  {
    std::vector<float> beside(values.size());
    auto               inPlace = values;
    itk::ApplyLinearMap(map, values.data(), beside.data(), values.size());
    itk::ApplyLinearMap(map, inPlace.data(), inPlace.data(), inPlace.size());
    EXPECT_TRUE(SameBits(inPlace, beside));
  }
}

TEST(LinearMapKernelInPlace, IsNeverStreamed)
{
  float        in = 0.0F;
  float        out = 0.0F;
  const double other = 0.0;
  EXPECT_EQ(itk::StoreFor(&in, &in, std::size_t{ 1 } << 30U), Store::Ordinary);
  EXPECT_EQ(itk::StoreFor(&in, &out, std::size_t{ 1 } << 30U), Store::Streaming);
  EXPECT_EQ(itk::StoreFor(&other, &out, 1000), Store::Ordinary);
}
} // namespace
