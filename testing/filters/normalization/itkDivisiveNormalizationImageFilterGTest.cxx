#include "itkDivisiveNormalizationImageFilter.h"

#include "MaskedGaussianReference.h"

#include "itkCastImageFilter.h"
#include "itkImageStatisticsSink.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::MeanAndVariance;
using itk::OutsideMask;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
MeanAndVariance
MomentsOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = itk::ImageStatisticsSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->Update();
  return sink->GetMoments();
}

template <typename TImage>
auto
FilterOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto filter = itk::DivisiveNormalizationImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  filter->SetMoments(MomentsOf(image, mask));
  filter->SetPool(2.0);
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
class DivisiveNormalization : public ::testing::Test
{
protected:
  static double
  Intensity(std::size_t i)
  {
    return Random(i).Normal(400.0, 50.0) + 3.0 * static_cast<double>(i % 12);
  }
};
using Images = ::testing::Types<itk::Image<double, 2>, itk::Image<double, 3>, itk::Image<double, 4>>;
TYPED_TEST_SUITE(DivisiveNormalization, Images);
} // namespace

TYPED_TEST(DivisiveNormalization, IsContrastDividedByThePooledEnergyOfTheNeighbourhood)
{
  const auto isInside = [](std::size_t i) { return i % 9 < 7; };
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return i % 23 == 4 ? NaN : this->Intensity(i); });
  const auto                mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), isInside);
  const std::vector<double> sigma(TypeParam::ImageDimension, 2.0);
  const auto                pixels = PixelsOf(image.GetPointer());
  for (const bool removesMean : { true, false })
  {
    for (const double exponent : { 1.0, 2.0, 3.5 })
    {
      const auto filter = FilterOf(image.GetPointer(), mask.GetPointer());
      filter->SetRemoveLocalMean(removesMean);
      filter->SetExponent(exponent);
      filter->SetSemiSaturation(0.7);
      filter->SetGamma(-3.0);
      const auto   result = ResultOf(filter);
      const double s = 0.7 * std::sqrt(MomentsOf(image.GetPointer(), mask.GetPointer()).variance);

      std::vector<double> values;
      for (std::size_t i = 0; i < pixels.size(); ++i)
      {
        values.push_back(isInside(i) ? pixels[i] : NaN);
      }
      const auto          means = SlowGaussianMean(image.GetPointer(), values, sigma);
      std::vector<double> squares;
      for (std::size_t i = 0; i < pixels.size(); ++i)
      {
        values[i] -= removesMean ? means[i] : 0.0;
        squares.push_back(values[i] * values[i]);
      }
      const auto energies = SlowGaussianMean(image.GetPointer(), squares, sigma);
      for (std::size_t i = 0; i < pixels.size(); ++i)
      {
        const double expected =
          -3.0 * values[i] /
          std::pow(std::pow(s, exponent) + std::pow(std::sqrt(energies[i]), exponent), 1.0 / exponent);
        if (!std::isnan(values[i]))
        {
          // Values of 10 deviations, smoothed in float.
          ASSERT_NEAR(result[i], expected, 1e-5) << exponent << ' ' << i;
        }
        else if (isInside(i))
        {
          ASSERT_TRUE(std::isnan(result[i]));
        }
        else
        {
          ASSERT_TRUE(result[i] == 0.0 || std::isnan(pixels[i]));
        }
      }
    }
  }
}

TYPED_TEST(DivisiveNormalization, IsInvariantToGainAndOffsetAndOdd)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto expected = ResultOf(FilterOf(image.GetPointer()));
  for (const auto & [gain, offset] : { std::pair{ 4.0, 0.0 }, { 1e-3, -70.0 }, { 37.0, 1e7 }, { -1.0, 0.0 } })
  {
    const auto other = MakeImage<TypeParam>(
      SmallSize<TypeParam>(), [&, a = gain, b = offset](std::size_t i) { return a * this->Intensity(i) + b; });
    const auto result = ResultOf(FilterOf(other.GetPointer()));
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      ASSERT_NEAR(result[i], gain < 0.0 ? -expected[i] : expected[i], 2e-6) << gain; // sums of floats of a few
    }
  }
  const auto keepingTheMean = [](const auto & filter)
  {
    filter->RemoveLocalMeanOff();
    return ResultOf(filter);
  };
  const auto with = keepingTheMean(FilterOf(image.GetPointer()));
  const auto other =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return 8.0 * this->Intensity(i); });
  const auto brighter = keepingTheMean(FilterOf(other.GetPointer()));
  EXPECT_NE(with, expected);
  for (std::size_t i = 0; i < with.size(); ++i)
  {
    ASSERT_NEAR(brighter[i], with[i], 2e-6);
  }
}

TYPED_TEST(DivisiveNormalization, SaturatesWithTheContrastThatFillsThePoolAndIsHalfSaturatedAtSemiSaturation)
{
  for (const double exponent : { 1.0, 2.0, 4.0 })
  {
    double last = 0.0;
    for (const double contrast : { 0.01, 0.1, 0.5, 1.0, 5.0, 1000.0 })
    {
      const auto image = MakeImage<TypeParam>(
        SmallSize<TypeParam>(), [&](std::size_t i) { return Random(i).Bits() % 2 == 0 ? contrast : -contrast; });
      const auto filter = FilterOf(image.GetPointer());
      filter->SetMoments({ 0.0, 1.0 });
      filter->RemoveLocalMeanOff();
      filter->SetExponent(exponent);
      filter->SetSemiSaturation(0.5);
      filter->SetGamma(2.0);
      const auto   result = ResultOf(filter);
      const double expected =
        2.0 * contrast / std::pow(std::pow(0.5, exponent) + std::pow(contrast, exponent), 1.0 / exponent);
      for (std::size_t i = 0; i < result.size(); ++i)
      {
        // Up to border and corner: what lies beyond has no part in the pool. Rounding of sums in float.
        ASSERT_NEAR(std::abs(result[i]), expected, 1e-6 * expected) << contrast;
      }
      EXPECT_GT(expected, last);
      EXPECT_LT(expected, 2.0);
      last = expected;
      if (contrast == 0.5)
      {
        EXPECT_NEAR(std::abs(result[0]), 2.0 / std::pow(2.0, 1.0 / exponent), 1e-6);
      }
    }
    EXPECT_NEAR(last, 2.0, 2e-3); // s / contrast is 5e-4
  }
}

TYPED_TEST(DivisiveNormalization, GivesVoxelsOutsideTheMaskAsAsked)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), [](std::size_t i) { return i % 12 < 8; });
  const auto with = [&](OutsideMask outside)
  {
    const auto filter = FilterOf(image.GetPointer(), mask.GetPointer());
    filter->SetOutside(outside);
    return ResultOf(filter);
  };
  const auto zero = with(OutsideMask::Zero);
  const auto keep = with(OutsideMask::Keep);
  const auto transform = with(OutsideMask::Transform);
  const auto whole = FilterOf(image.GetPointer());
  whole->SetMoments(MomentsOf(image.GetPointer(), mask.GetPointer()));
  EXPECT_EQ(transform, ResultOf(whole));
  for (std::size_t i = 0; i < zero.size(); ++i)
  {
    const bool isInside = i % 12 < 8;
    ASSERT_EQ(keep[i], isInside ? zero[i] : image->GetBufferPointer()[i]);
    ASSERT_EQ(zero[i] == 0.0, !isInside);
  }
  EXPECT_NE(zero[7], transform[7]); // beside the mask's border
}

TYPED_TEST(DivisiveNormalization, ZeroIsZeroAlsoForNanAndInsideTheMaskWhatCannotBeSmoothedPasses)
{
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(),
                         [&](std::size_t i) {
                           return i % 12 == 9 ? NaN : i % 12 == 3 ? 1e80 : i % 12 == 4 ? NaN : this->Intensity(i);
                         });
  const auto mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), [](std::size_t i) { return i % 12 < 8; });
  const auto filter = FilterOf(image.GetPointer(), mask.GetPointer());
  filter->SetMoments(MeanAndVariance{ 400.0, 2500.0, 1 });
  const auto result = ResultOf(filter);
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    const auto x = i % 12;
    ASSERT_TRUE(x == 3 ? result[i] == 1e80 : x == 4 ? std::isnan(result[i]) : (result[i] == 0.0) == (x >= 8)) << i;
  }
}

TYPED_TEST(DivisiveNormalization, StreamsAndHasTheSameBitsForAnyThreadsAndDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[TypeParam::ImageDimension - 1] = 100;
  const auto image = MakeImage<TypeParam>(size, this->Intensity);
  const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
  source->SetInput(image);
  source->InPlaceOff();
  const auto expected = ResultOf(FilterOf(image.GetPointer()));
  for (const unsigned int threads : { 1U, 5U })
  {
    for (const unsigned int divisions : { 1U, 5U })
    {
      source->Modified();
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(source->GetOutput());
      const auto sink = itk::ImageStatisticsSink<TypeParam>::New();
      sink->SetInput(monitor->GetOutput());
      sink->SetNumberOfStreamDivisions(divisions);
      const auto filter = itk::DivisiveNormalizationImageFilter<TypeParam>::New();
      filter->SetInput(monitor->GetOutput());
      filter->SetMomentsInput(sink->GetMomentsOutput());
      filter->SetPool(2.0);
      filter->SetNumberOfWorkUnits(threads);
      const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
      streamer->SetInput(filter->GetOutput());
      streamer->SetNumberOfStreamDivisions(divisions);
      streamer->Update();
      EXPECT_TRUE(SameBits(PixelsOf(streamer->GetOutput()), expected)) << threads << ' ' << divisions;
      EXPECT_TRUE(SameGrid(streamer->GetOutput(), image.GetPointer()));
      if (divisions > 1)
      {
        const auto regions = monitor->GetUpdatedRequestedRegions();
        EXPECT_EQ(regions.size(), 2 * divisions);
        EXPECT_EQ(std::count(regions.begin(), regions.end(), image->GetLargestPossibleRegion()), 0);
      }
    }
  }
}

TYPED_TEST(DivisiveNormalization, OfAConstantOrAnEmptyMaskIsZeroAndNonFiniteVoxelsPass)
{
  const auto constant =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i == 5 ? NaN : 1e30F; });
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto empty = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), [](std::size_t) { return 0; });
  const auto flat = ResultOf(FilterOf(constant.GetPointer()));
  const auto none = ResultOf(FilterOf(image.GetPointer(), empty.GetPointer()));
  for (std::size_t i = 0; i < flat.size(); ++i)
  {
    ASSERT_EQ(none[i], 0.0);
    ASSERT_TRUE(i == 5 ? std::isnan(flat[i]) : flat[i] == 0.0) << i;
  }
}

using Volume = itk::Image<float, 3>;

TEST(DivisiveNormalizationVolume, PoolsInMillimetresAndAlongTheAxesAskedForAlone)
{
  const auto image = MakeImage<Volume>({ { 21, 15, 9 } }, [](std::size_t i) { return Random(i).Normal(0.0, 1.0); });
  const auto reached = [&](const itk::DivisiveNormalizationImageFilter<Volume>::AxesType & axes)
  {
    const auto with = [&](float centre)
    {
      const auto copy =
        MakeImage<Volume>({ { 21, 15, 9 } }, [&](std::size_t i) { return image->GetBufferPointer()[i]; });
      copy->GetBufferPointer()[4 * 21 * 15 + 7 * 21 + 10] = centre;
      const auto filter = FilterOf(copy.GetPointer());
      filter->SetMoments({ 0.0, 1.0 });
      filter->SetPool(0.7);
      filter->SetAxes(axes);
      filter->RemoveLocalMeanOff();
      return ResultOf(filter);
    };
    const auto       a = with(0.0F);
    const auto       b = with(100.0F);
    std::vector<int> extent(3, 0);
    for (std::size_t i = 0; i < a.size(); ++i)
    {
      if (a[i] != b[i])
      {
        extent[0] = std::max(extent[0], std::abs(static_cast<int>(i % 21) - 10));
        extent[1] = std::max(extent[1], std::abs(static_cast<int>(i / 21 % 15) - 7));
        extent[2] = std::max(extent[2], std::abs(static_cast<int>(i / 315) - 4));
      }
    }
    return extent;
  };
  // 4 x 0.7 mm over a spacing of 0.7, 1.1 and 3 mm, rounded up
  EXPECT_EQ(reached({ true, true, true }), (std::vector<int>{ 4, 3, 1 }));
  EXPECT_EQ(reached({ true, false, true }), (std::vector<int>{ 4, 0, 1 }));
}

TEST(DivisiveNormalizationVolume, RefusesWhatIsNotAbove0AndNamesIt)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto pool = FilterOf(image.GetPointer());
  pool->SetPool(0.0);
  EXPECT_NE(MessageOf([&] { pool->Update(); }).find("Pool must be above 0 and finite, got 0"), std::string::npos);
  const auto saturation = FilterOf(image.GetPointer());
  saturation->SetSemiSaturation(-1.0);
  EXPECT_NE(MessageOf([&] { saturation->Update(); }).find("SemiSaturation must be above 0"), std::string::npos);
  const auto exponent = FilterOf(image.GetPointer());
  exponent->SetExponent(NaN);
  EXPECT_NE(MessageOf([&] { exponent->Update(); }).find("Exponent must be above 0 and finite, got nan"),
            std::string::npos);
  const auto mask = MakeImage<itk::Image<unsigned char, 3>>({ { 5, 4, 2 } }, [](std::size_t) { return 1; });
  const auto extent = FilterOf(image.GetPointer());
  extent->SetMaskImage(mask);
  EXPECT_NE(MessageOf([&] { extent->Update(); }).find("along axis 2"), std::string::npos);
}
