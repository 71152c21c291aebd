#include "itkInstanceMomentsSink.h"

#include "FilterTest.h"

#include "itkMultiThreaderBase.h"

#include <gtest/gtest.h>

#include <map>

namespace
{
using namespace isolux::testing;

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;
template <typename TImage>
using WeightsOf = itk::Image<float, TImage::ImageDimension>;
template <typename TImage>
using MomentsOf = itk::InstanceMoments<TImage::ImageDimension>;
template <typename TImage>
using AxesOf = std::array<bool, TImage::ImageDimension>;

template <typename TImage>
struct Case
{
  std::vector<typename TImage::Pointer> channels;
  typename MaskOf<TImage>::Pointer      mask;
  typename WeightsOf<TImage>::Pointer   weights;
  AxesOf<TImage>                        kept{};
};

template <typename TImage>
MomentsOf<TImage>
Learn(const Case<TImage> & of, unsigned int divisions = 1, unsigned int threads = 2)
{
  const auto sink = itk::InstanceMomentsSink<TImage>::New();
  sink->SetNumberOfWorkUnits(threads);
  sink->SetInput(of.channels.front());
  for (std::size_t i = 1; i < of.channels.size(); ++i)
  {
    sink->AddChannel(of.channels[i]);
  }
  sink->SetMaskImage(of.mask);
  sink->SetWeightImage(of.weights);
  sink->SetKeptAxes(of.kept);
  sink->SetNumberOfStreamDivisions(divisions);
  sink->Update();
  return sink->GetMoments();
}

/** By the definition, two passes in long double. */
template <typename TImage>
MomentsOf<TImage>
Plainly(const Case<TImage> & of)
{
  MomentsOf<TImage> result;
  const auto        region = of.channels.front()->GetLargestPossibleRegion();
  result.partition = { region, of.kept };
  std::vector<std::vector<std::pair<long double, long double>>> values(result.partition.Count());
  for (const auto & channel : of.channels)
  {
    itk::ForEachRow(channel.GetPointer(),
                    region,
                    [&](auto index, const auto * row)
                    {
                      for (std::size_t x = 0; x < region.GetSize(0); ++x, ++index[0])
                      {
                        const double weight = of.weights ? *itk::MaskAt(of.weights.GetPointer(), index) : 1.0;
                        if (of.mask && *itk::MaskAt(of.mask.GetPointer(), index) == 0)
                        {
                          continue;
                        }
                        result.skipped += !std::isfinite(row[x]);
                        if (std::isfinite(row[x]) && weight > 0.0)
                        {
                          values[result.partition.InstanceOf(index)].emplace_back(row[x], weight);
                        }
                      }
                    });
  }
  for (const auto & instance : values)
  {
    long double sum = 0.0L;
    long double weights = 0.0L;
    for (const auto & [value, weight] : instance)
    {
      sum += weight * value;
      weights += weight;
    }
    long double squares = 0.0L;
    for (const auto & [value, weight] : instance)
    {
      squares += weight * (value - sum / weights) * (value - sum / weights);
    }
    result.moments.push_back(
      { static_cast<double>(sum / weights), static_cast<double>(squares / weights), instance.size() });
  }
  return result;
}

template <typename TMoments>
void
ExpectNear(const TMoments & actual, const TMoments & expected, double relative)
{
  EXPECT_EQ(actual.partition, expected.partition);
  EXPECT_EQ(actual.skipped, expected.skipped);
  ASSERT_EQ(actual.moments.size(), expected.moments.size());
  for (std::size_t i = 0; i < actual.moments.size(); ++i)
  {
    const auto & a = actual.moments[i];
    const auto & e = expected.moments[i];
    ASSERT_EQ(a.count, e.count) << i;
    if (e.count == 0)
    {
      ASSERT_TRUE(std::isnan(a.mean) && std::isnan(a.variance)) << i;
      continue;
    }
    ASSERT_NEAR(a.mean, e.mean, relative * std::abs(e.mean)) << i;
    // The mean, of size 400, is rounded: 1e-16 x 400 x a deviation of 0.01 at least shows.
    ASSERT_NEAR(a.variance, e.variance, relative * (e.variance + 1e-3)) << i;
  }
}

template <typename TImage>
Case<TImage>
Awkward(unsigned int channels)
{
  auto size = SmallSize<TImage>();
  size[TImage::ImageDimension - 1] = 14;
  Case<TImage> of;
  for (unsigned int c = 0; c < channels; ++c)
  {
    of.channels.push_back(MakeImage<TImage>(size,
                                            [c](std::size_t i)
                                            {
                                              return i % 37 == c   ? std::numeric_limits<double>::quiet_NaN()
                                                     : i % 41 == c ? std::numeric_limits<double>::infinity()
                                                                   : Random(i + 7919 * c).Normal(400.0, 50.0);
                                            }));
  }
  return of;
}

template <typename TImage>
class InstanceMoments : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(InstanceMoments, Images);

TYPED_TEST(InstanceMoments, AreTheDefinitionsForEveryChoiceOfAxesMaskWeightsAndChannels)
{
  constexpr unsigned int dimension = TypeParam::ImageDimension;
  for (const unsigned int channels : { 1U, 3U })
  {
    auto       of = Awkward<TypeParam>(channels);
    const auto size = of.channels.front()->GetLargestPossibleRegion().GetSize();
    auto       frame = size;
    frame[dimension - 1] = 1;
    const auto mask = MakeImage<MaskOf<TypeParam>>(size, [](std::size_t i) { return i % 3 != 1; });
    const auto frameMask = MakeImage<MaskOf<TypeParam>>(frame, [](std::size_t i) { return i % 3 != 1; });
    const auto weights =
      MakeImage<WeightsOf<TypeParam>>(size, [](std::size_t i) { return i % 5 == 0 ? 0.0 : 0.25 * (i % 7); });
    for (unsigned int choice = 0; choice < 1U << dimension; ++choice)
    {
      for (unsigned int axis = 0; axis < dimension; ++axis)
      {
        of.kept[axis] = (choice >> axis & 1U) != 0;
      }
      for (const auto & givenMask : { typename MaskOf<TypeParam>::Pointer(), mask, frameMask })
      {
        for (const auto & givenWeights : { typename WeightsOf<TypeParam>::Pointer(), weights })
        {
          SCOPED_TRACE(std::to_string(channels) + " channels, axes " + std::to_string(choice) +
                       (givenMask ? ", mask" : "") + (givenWeights ? ", weights" : ""));
          of.mask = givenMask;
          of.weights = givenWeights;
          ExpectNear(Learn(of), Plainly(of), 1e-12); // some hundred roundings of doubles
        }
      }
    }
  }
}

TYPED_TEST(InstanceMoments, HaveTheSameBitsForAnyThreadsAndDivisions)
{
  constexpr unsigned int dimension = TypeParam::ImageDimension;
  auto                   of = Awkward<TypeParam>(2);
  for (unsigned int choice = 0; choice < 1U << dimension; ++choice)
  {
    for (unsigned int axis = 0; axis < dimension; ++axis)
    {
      of.kept[axis] = (choice >> axis & 1U) != 0;
    }
    const auto expected = Learn(of, 1, 1);
    for (const unsigned int threads : { 1U, 2U, 3U, 7U })
    {
      for (const unsigned int divisions : { 1U, 5U, 64U })
      {
        const auto again = Learn(of, divisions, threads);
        ASSERT_EQ(again.skipped, expected.skipped);
        for (std::size_t i = 0; i < expected.moments.size(); ++i)
        {
          ASSERT_TRUE(SameBits(again.moments[i].mean, expected.moments[i].mean)) << choice << ' ' << divisions;
          ASSERT_TRUE(SameBits(again.moments[i].variance, expected.moments[i].variance)) << choice << ' ' << divisions;
        }
      }
    }
  }
}

using Series = itk::Image<float, 4>;

TEST(InstanceMomentsOfASeries, KeepASmallSpreadOnALargeOffset)
{
  Case<Series> of;
  of.channels = { MakeImage<Series>({ { 6, 5, 4, 300 } },
                                    [](std::size_t i) { return 8388608.0 + static_cast<double>(i / 120 % 3); }) };
  for (const bool voxelTime : { false, true })
  {
    of.kept = { voxelTime, voxelTime, voxelTime, false };
    for (const auto & instance : Learn(of).moments)
    {
      EXPECT_NEAR(instance.mean, 8388609.0, 1e-8);
      EXPECT_NEAR(instance.variance, 2.0 / 3.0, 1e-8); // of 0, 1, 2; the mean's rounding is 1e-9
    }
  }
}

TEST(InstanceMomentsOfASeries, OfAConstantHaveVarianceZero)
{
  Case<Series> of;
  of.channels = { MakeImage<Series>({ { 6, 5, 4, 7 } },
                                    [](std::size_t i) { return 0.1F + static_cast<float>(i % 120); }) };
  of.kept = { true, true, true, false };
  for (const auto & instance : Learn(of).moments)
  {
    EXPECT_EQ(instance.variance, 0.0);
  }
  of.channels = { MakeImage<Series>({ { 6, 5, 4, 7 } }, [](std::size_t) { return 0.1; }) };
  of.weights = MakeImage<WeightsOf<Series>>({ { 6, 5, 4, 7 } }, [](std::size_t i) { return Random(i).Uniform(0, 1); });
  for (const bool kept : { false, true })
  {
    of.kept = { kept, kept, kept, false };
    for (const auto & instance : Learn(of, 3).moments)
    {
      EXPECT_EQ(instance.mean, static_cast<double>(0.1F));
      EXPECT_EQ(instance.variance, 0.0);
    }
  }
}

TEST(InstanceMomentsOfASeries, WhatWouldOverflowIsSkippedAlsoInManyInstances)
{
  using Doubles = itk::Image<double, 4>;
  Case<Doubles> of;
  of.channels = { MakeImage<Doubles>({ { 12, 11, 10, 3 } }, [](std::size_t i) { return i < 1320 ? 1e300 : 2.0; }) };
  for (const bool kept : { false, true })
  {
    of.kept = { kept, kept, kept, false };
    const auto learned = Learn(of);
    EXPECT_EQ(learned.skipped, 1320u);
    EXPECT_EQ(learned.moments.size(), kept ? 1320u : 1u);
    EXPECT_EQ(learned.moments.front().mean, 2.0);
    EXPECT_EQ(learned.moments.front().variance, 0.0);
  }
}

TEST(InstanceMomentsOfASeries, OfEqualWeightsAreThoseWithoutWeights)
{
  auto of = Awkward<Series>(1);
  for (const bool kept : { false, true })
  {
    of.kept = { kept, kept, kept, false };
    of.weights = nullptr;
    const auto expected = Learn(of);
    of.weights = MakeImage<WeightsOf<Series>>(of.channels.front()->GetLargestPossibleRegion().GetSize(),
                                              [](std::size_t) { return 0.5F; });
    ExpectNear(Learn(of), expected, 1e-13); // halves are exact; the quotient's rounding is not the same
  }
}

TEST(InstanceMomentsOfASeries, ManyChannelsCountTogetherInAnyOrder)
{
  auto       of = Awkward<Series>(3);
  const auto expected = Learn(of);
  std::swap(of.channels[0], of.channels[2]);
  const auto swapped = Learn(of);
  EXPECT_EQ(swapped, expected);
  EXPECT_GT(expected.moments[0].count, 2 * of.channels[0]->GetLargestPossibleRegion().GetNumberOfPixels());
}

TEST(InstanceMomentsErrors, NameTheChannelOrWeightsThatDoNotFit)
{
  auto of = Awkward<Series>(1);
  of.channels.push_back(MakeImage<Series>({ { 12, 7, 5, 13 } }, [](std::size_t i) { return i; }));
  EXPECT_NE(MessageOf([&] { Learn(of); }).find("Channel 1 covers"), std::string::npos);
  of.channels.pop_back();
  of.weights = MakeImage<WeightsOf<Series>>({ { 12, 7, 5, 13 } }, [](std::size_t) { return 1; });
  EXPECT_NE(MessageOf([&] { Learn(of); }).find("extent 1 along axis 3"), std::string::npos);
}
} // namespace
