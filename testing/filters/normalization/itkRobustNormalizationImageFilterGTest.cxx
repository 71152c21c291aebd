#include "itkRobustNormalizationImageFilter.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkHistogramModeSink.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkRobustScaleSink.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::CentreAndScale;
using itk::OutsideMask;
using itk::RobustMethod;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double Infinity = std::numeric_limits<double>::infinity();

const RobustMethod Methods[] = {
  RobustMethod::MedianMad, RobustMethod::MedianIqr, RobustMethod::Trimmed, RobustMethod::Window
};

template <typename TImage>
CentreAndScale
LearnedOf(const TImage * image, RobustMethod method)
{
  const auto sink = itk::RobustScaleSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMethod(method);
  sink->SetLowerProbability(0.05);
  sink->SetUpperProbability(0.9);
  sink->Update();
  return sink->GetCentreAndScale();
}

template <typename TImage>
auto
FilterOf(const TImage * image, const CentreAndScale & learned)
{
  const auto filter = itk::RobustNormalizationImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetCentreAndScale(learned);
  return filter;
}

template <typename TFilter>
auto
ResultOf(const TFilter & filter)
{
  filter->Update();
  return PixelsOf(filter->GetOutput());
}

template <typename TImage>
class RobustNormalization : public ::testing::Test
{
protected:
  static double
  Intensity(std::size_t i)
  {
    return Random(i).Normal(400.0, 50.0);
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(RobustNormalization, Images);

TYPED_TEST(RobustNormalization, GivesItsOutputTheCentreBetaAndTheScaleGamma)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  for (const auto method : Methods)
  {
    const auto filter = FilterOf(image.GetPointer(), LearnedOf(image.GetPointer(), method));
    filter->SetGamma(3.0);
    filter->SetBeta(-20.0);
    filter->Update();
    const auto learned = LearnedOf(filter->GetOutput(), method);
    // Trimming by quantiles that are rounded to float may drop a voxel at the cut; else rounding of values of size 30.
    const double tolerance = method == RobustMethod::Trimmed ? 0.2 : 1e-5;
    EXPECT_NEAR(learned.centre, -20.0, tolerance) << static_cast<int>(method);
    EXPECT_NEAR(learned.scale, 3.0, tolerance) << static_cast<int>(method);
  }
}

TYPED_TEST(RobustNormalization, IsInvariantToGainAndOffset)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  for (const auto method : { RobustMethod::MedianMad, RobustMethod::MedianIqr, RobustMethod::Window })
  {
    const auto expected = ResultOf(FilterOf(image.GetPointer(), LearnedOf(image.GetPointer(), method)));
    for (const auto & [gain, offset] : { std::pair{ 0.5, 0.0 }, { 37.0, -1e4 } })
    {
      const auto other = MakeImage<TypeParam>(
        SmallSize<TypeParam>(), [&, a = gain, b = offset](std::size_t i) { return a * this->Intensity(i) + b; });
      const auto pixels = ResultOf(FilterOf(other.GetPointer(), LearnedOf(other.GetPointer(), method)));
      for (std::size_t i = 0; i < pixels.size(); ++i)
      {
        ASSERT_NEAR(pixels[i], expected[i], 1e-5); // floats of size 1e4 step by 1e-3, the deviation is 1850
      }
    }
  }
}

TYPED_TEST(RobustNormalization, KeepsTheGridOfTheImage)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto filter = FilterOf(image.GetPointer(), { 400.0, 50.0 });
  filter->Update();
  EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
}

TYPED_TEST(RobustNormalization, InverseUndoesIt)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  for (const auto method : Methods)
  {
    const auto learned = LearnedOf(image.GetPointer(), method);
    const auto forward = FilterOf(image.GetPointer(), learned);
    forward->SetGamma(-0.7);
    forward->SetBeta(12.0);
    const auto backward = FilterOf(forward->GetOutput(), learned);
    backward->SetGamma(-0.7);
    backward->SetBeta(12.0);
    backward->InverseOn();
    const auto pixels = ResultOf(backward);
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      // The output, of size 16 at most, is rounded to 2^-21, and a scale of at most 250 over 0.7 brings that back.
      ASSERT_NEAR(pixels[i], image->GetBufferPointer()[i], 250.0 / 0.7 * std::ldexp(1.0, -21) + std::ldexp(1.0, -15));
    }
  }
}

TYPED_TEST(RobustNormalization, ClipHoldsTheImageWithinItsWindowAndLeavesTheRest)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  for (const double gamma : { 1.0, -2.0 })
  {
    for (const auto method : Methods)
    {
      const auto learned = LearnedOf(image.GetPointer(), method);
      const auto filter = FilterOf(image.GetPointer(), learned);
      filter->SetGamma(gamma);
      filter->SetBeta(3.0);
      const auto free = ResultOf(filter);
      filter->ClipOn();
      const auto  clipped = ResultOf(filter);
      std::size_t held = 0;
      for (std::size_t i = 0; i < free.size(); ++i)
      {
        const double x = image->GetBufferPointer()[i];
        const double bound = std::min(std::max(x, learned.lower), learned.upper);
        ASSERT_EQ(clipped[i],
                  bound == x ? free[i] : static_cast<float>((bound - learned.centre) * (gamma / learned.scale) + 3.0));
        held += bound != x;
      }
      EXPECT_GT(held, free.size() / 10);
    }
  }
}

TYPED_TEST(RobustNormalization, OfAWindowMapsItToZeroAndOne)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto filter = FilterOf(image.GetPointer(), LearnedOf(image.GetPointer(), RobustMethod::Window));
  filter->ClipOn();
  const auto pixels = ResultOf(filter);
  EXPECT_EQ(*std::min_element(pixels.begin(), pixels.end()), 0.0F);
  EXPECT_EQ(*std::max_element(pixels.begin(), pixels.end()), 1.0F);
}

TYPED_TEST(RobustNormalization, BehindALearnerStreamsAndHasTheSameBitsForAnyDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[TypeParam::ImageDimension - 1] = 14;
  const auto image = MakeImage<TypeParam>(size, this->Intensity);
  const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
  source->SetInput(image);
  source->InPlaceOff();
  const auto expected = ResultOf(FilterOf(image.GetPointer(), LearnedOf(image.GetPointer(), RobustMethod::MedianMad)));
  const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
  monitor->SetInput(source->GetOutput());
  const auto sink = itk::RobustScaleSink<TypeParam>::New();
  sink->SetInput(monitor->GetOutput());
  sink->SetNumberOfStreamDivisions(7);
  const auto filter = itk::RobustNormalizationImageFilter<TypeParam>::New();
  filter->SetInput(monitor->GetOutput());
  filter->SetCentreAndScaleInput(sink->GetCentreAndScaleOutput());
  const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
  streamer->SetInput(filter->GetOutput());
  streamer->SetNumberOfStreamDivisions(7);
  EXPECT_TRUE(SameBits(ResultOf(streamer), expected));
  EXPECT_EQ(monitor->GetNumberOfUpdates(), 5u * 7u); // four passes of the learner, one of the filter
}

using Volume = itk::Image<float, 3>;

TEST(RobustNormalizationVolume, TakesAModeAsWell)
{
  const auto image = MakeImage<Volume>({ { 20, 20, 20 } }, [](std::size_t i) { return Random(i).Normal(400.0, 50.0); });
  const auto sink = itk::HistogramModeSink<Volume>::New();
  sink->SetInput(image);
  const auto filter = itk::RobustNormalizationImageFilter<Volume>::New();
  filter->SetInput(image);
  filter->SetCentreAndScaleInput(sink->GetCentreAndScaleOutput());
  const auto pixels = ResultOf(filter);
  const auto learned = sink->GetCentreAndScale();
  EXPECT_NEAR(learned.centre, 400.0, 25.0); // the top of 8000 samples
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    // multiplied by the reciprocal, and rounded to float
    const double expected = (image->GetBufferPointer()[i] - learned.centre) / learned.scale;
    ASSERT_NEAR(pixels[i], expected, std::ldexp(std::abs(expected), -23));
  }
}

TEST(RobustNormalizationVolume, AScaleOfZeroGivesBetaAndItsInverseTheCentre)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto filter = FilterOf(image.GetPointer(), { 5.0, 0.0, 5.0, 5.0 });
  filter->SetBeta(7.0);
  for (const bool clip : { false, true })
  {
    filter->SetClip(clip);
    EXPECT_EQ(ResultOf(filter), std::vector<float>(60, 7.0F));
  }
  filter->InverseOn();
  EXPECT_EQ(ResultOf(filter), std::vector<float>(60, 5.0F));
}

TEST(RobustNormalizationVolume, ANanCentreGivesBetaEverywhere)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto filter = FilterOf(image.GetPointer(), { NaN, NaN, NaN, NaN });
  filter->SetBeta(2.0);
  for (const bool clip : { false, true })
  {
    filter->SetClip(clip);
    EXPECT_EQ(ResultOf(filter), std::vector<float>(60, 2.0F));
  }
}

TEST(RobustNormalizationVolume, NonFiniteVoxelsPassAndFiniteOnesStayFinite)
{
  const double values[] = { NaN, Infinity, -Infinity, 1e38, -1e38, 1.0 };
  const auto   image = MakeImage<Volume>({ { 3, 2, 1 } }, [&](std::size_t i) { return values[i]; });
  const auto   pixels = ResultOf(FilterOf(image.GetPointer(), { 0.0, 1e-20 }));
  EXPECT_TRUE(std::isnan(pixels[0]));
  EXPECT_EQ(pixels[1], float(Infinity));
  EXPECT_EQ(pixels[2], -float(Infinity));
  EXPECT_EQ(pixels[3], std::numeric_limits<float>::max());
  EXPECT_EQ(pixels[4], -std::numeric_limits<float>::max());
  EXPECT_EQ(pixels[5], 1e20F);
}

TEST(RobustNormalizationErrors, WhatCannotBeDoneIsRefused)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto filter = itk::RobustNormalizationImageFilter<Volume>::New();
  filter->SetInput(image);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("CentreAndScale"), std::string::npos);
  filter->SetCentreAndScale({ 1.0, 2.0 });
  filter->InverseOn();
  filter->SetGamma(0.0);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Inverse needs a Gamma that is not 0."), std::string::npos);
  filter->SetGamma(1.0);
  filter->SetOutside(OutsideMask::Keep);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Inverse needs Outside Transform"), std::string::npos);
}
} // namespace
