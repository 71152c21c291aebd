#include "itkBandNormalizationImageFilter.h"

#include "MaskedGaussianReference.h"

#include "itkBandEnergySink.h"
#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::BandGains;
using itk::OutsideMask;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
BandGains<TImage::ImageDimension>
GainsOf(const std::vector<double> & gains)
{
  BandGains<TImage::ImageDimension> bands{ { 0.7, 2.0 }, {}, gains };
  bands.axes.fill(true);
  return bands;
}

template <typename TImage>
auto
FilterOf(const TImage * image, const std::vector<double> & gains, const MaskOf<TImage> * mask = nullptr)
{
  const auto filter = itk::BandNormalizationImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  filter->SetGains(GainsOf<TImage>(gains));
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
class BandNormalization : public ::testing::Test
{
protected:
  static double
  Intensity(std::size_t i)
  {
    return Random(i).Normal(40.0, 20.0);
  }
};
using Images = ::testing::Types<itk::Image<double, 2>, itk::Image<double, 3>, itk::Image<double, 4>>;
TYPED_TEST_SUITE(BandNormalization, Images);
} // namespace

TYPED_TEST(BandNormalization, WithEveryGainOneIsTheInputBitForBit)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(),
                                          [&](std::size_t i) {
                                            return i % 9 == 0 ? NaN : i % 9 == 1 ? -0.0 : 1e300 * this->Intensity(i);
                                          });
  EXPECT_TRUE(SameBits(ResultOf(FilterOf(image.GetPointer(), { 1.0, 1.0 })), PixelsOf(image.GetPointer())));
}

TYPED_TEST(BandNormalization, IsTheSumOfTheBandsTimesTheirGainsAndOfTheResidual)
{
  const auto isInside = [](std::size_t i) { return i % 9 < 7; };
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return i % 23 == 4 ? NaN : this->Intensity(i); });
  const auto mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), isInside);
  const auto pixels = PixelsOf(image.GetPointer());
  for (const auto outside : { OutsideMask::Transform, OutsideMask::Keep, OutsideMask::Zero })
  {
    std::vector<double> values;
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      values.push_back(isInside(i) || outside == OutsideMask::Transform ? pixels[i] : NaN);
    }
    const auto mean = [&](double sigma)
    { return SlowGaussianMean(image.GetPointer(), values, std::vector<double>(TypeParam::ImageDimension, sigma)); };
    const auto fine = mean(0.7);
    const auto coarse = mean(2.0);
    const auto filter = FilterOf(image.GetPointer(), { 0.2, 3.0 }, mask.GetPointer());
    filter->SetOutside(outside);
    const auto result = ResultOf(filter);
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      if (outside == OutsideMask::Zero && !isInside(i))
      {
        ASSERT_EQ(result[i], 0.0);
      }
      else if (std::isnan(pixels[i]))
      {
        ASSERT_TRUE(std::isnan(result[i]));
      }
      else if (std::isnan(values[i]))
      {
        ASSERT_EQ(result[i], pixels[i]);
      }
      else
      {
        // Smoothed in float: values of up to 100, times 3.
        ASSERT_NEAR(result[i], 0.2 * (pixels[i] - fine[i]) + 3.0 * (fine[i] - coarse[i]) + coarse[i], 1e-4) << i;
      }
    }
  }
}

TYPED_TEST(BandNormalization, LeavesAConstantAsItIs)
{
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i % 7 == 0 ? NaN : 100.0; });
  const auto result = ResultOf(FilterOf(image.GetPointer(), { 4.0, 0.1 }));
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    ASSERT_TRUE(i % 7 == 0 ? std::isnan(result[i]) : std::abs(result[i] - 100.0) < 3e-4) << i; // float, times 4
  }
}

TYPED_TEST(BandNormalization, StreamsAndHasTheSameBitsForAnyThreadsAndDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[TypeParam::ImageDimension - 1] = 70;
  const auto image = MakeImage<TypeParam>(size, this->Intensity);
  const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
  source->SetInput(image);
  source->InPlaceOff();
  const auto expected = ResultOf(FilterOf(image.GetPointer(), { 0.2, 3.0 }));
  for (const unsigned int threads : { 1U, 5U })
  {
    for (const unsigned int divisions : { 1U, 5U })
    {
      source->Modified();
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(source->GetOutput());
      const auto filter = FilterOf<TypeParam>(monitor->GetOutput(), { 0.2, 3.0 });
      filter->SetNumberOfWorkUnits(threads);
      const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
      streamer->SetInput(filter->GetOutput());
      streamer->SetNumberOfStreamDivisions(divisions);
      streamer->Update();
      EXPECT_TRUE(SameBits(PixelsOf(streamer->GetOutput()), expected)) << threads << ' ' << divisions;
      EXPECT_TRUE(SameGrid(streamer->GetOutput(), image.GetPointer()));
      EXPECT_EQ(monitor->GetNumberOfUpdates(), divisions);
    }
  }
}

using Picture = itk::Image<float, 2>;

TEST(BandNormalizationPicture, NeedsOneGainForEachScale)
{
  const auto image = MakeImage<Picture>({ { 5, 4 } }, [](std::size_t i) { return i; });
  const auto filter = FilterOf(image.GetPointer(), { 1.0 });
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("one gain for each scale, got 1 for 2"), std::string::npos);
}

/** A disc of 100 in air of -1000, 0.5 mm a pixel, and noise, as a sharp kernel and as a smooth one show them. */
class TwoKernels : public ::testing::Test
{
protected:
  static constexpr std::size_t Extent = 256;

  static double
  Radius(std::size_t i)
  {
    return std::hypot(static_cast<double>(i % Extent) - 127.0, static_cast<double>(i / Extent) - 131.0);
  }

  static Picture::Pointer
  Seen(std::uint64_t seed, double kernel)
  {
    const auto   image = MakeImage<Picture>({ { Extent, Extent } },
                                          [&](std::size_t i)
                                          {
                                            const double edge = std::min(1.0, std::max(0.0, 90.5 - Radius(i)));
                                            return -1000.0 + 1100.0 * edge + Random(seed + i).Normal(0.0, 25.0);
                                          });
    const double spacing[] = { 0.5, 0.5 };
    image->SetSpacing(spacing);
    std::vector<float> values = PixelsOf(image.GetPointer());
    const auto         threader = itk::MultiThreaderBase::New();
    itk::MaskedGaussian<2>(itk::MaskedGaussian<2>::Kernels(image.GetPointer(), kernel, { true, true }),
                           { { Extent, Extent } },
                           std::vector<float>(values.size(), 1.0F),
                           threader)
      .Smooth(values);
    std::copy(values.begin(), values.end(), image->GetBufferPointer());
    return image;
  }

  template <typename TWhere>
  static double
  Deviation(const Picture * a, const Picture * b, TWhere && where)
  {
    double sum = 0.0;
    double count = 0.0;
    for (std::size_t i = 0; i < Extent * Extent; ++i)
    {
      if (where(Radius(i)))
      {
        const double difference = a->GetBufferPointer()[i] - (b ? b->GetBufferPointer()[i] : 100.0);
        sum += difference * difference;
        count += 1.0;
      }
    }
    return std::sqrt(sum / count);
  }
};

TEST_F(TwoKernels, NoiseAndEdgesOfTheSharpOneComeToThoseOfTheSmoothOne)
{
  const auto sharp = Seen(1, 0.15);
  const auto smooth = Seen(900000, 0.5); // other noise: energies are all that is handed over
  const auto same = Seen(1, 0.5);        // what the sharp one's scan would be with the smooth kernel
  const auto mask = MakeImage<MaskOf<Picture>>({ { Extent, Extent } }, [](std::size_t i) { return Radius(i) < 70.0; });
  const auto reference = itk::BandEnergySink<Picture>::New();
  reference->SetInput(smooth);
  reference->SetMaskImage(mask);
  reference->Update();
  const auto sink = itk::BandEnergySink<Picture>::New();
  sink->SetInput(sharp);
  sink->SetMaskImage(mask);
  sink->SetReferenceEnergies(reference->GetEnergies().Energies());
  const auto filter = itk::BandNormalizationImageFilter<Picture>::New();
  filter->SetInput(sharp);
  filter->SetMaskImage(mask);
  filter->SetGainsInput(sink->GetGainsOutput());
  filter->Update();
  const auto insert = [](double radius) { return radius < 70.0; };
  const auto edge = [](double radius) { return std::abs(radius - 90.0) < 4.0; };
  const auto wanted = Deviation(smooth, nullptr, insert);
  EXPECT_GT(Deviation(sharp, nullptr, insert), 2.0 * wanted);
  EXPECT_NEAR(Deviation(filter->GetOutput(), nullptr, insert), wanted, 0.1 * wanted);
  EXPECT_LT(Deviation(filter->GetOutput(), same, insert), 0.25 * Deviation(sharp, same, insert));
  EXPECT_LT(Deviation(filter->GetOutput(), same, edge), 0.35 * Deviation(sharp, same, edge));
}
