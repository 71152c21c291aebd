#include "itkStackIlluminationImageFilter.h"

#include "FilterTest.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

#include <limits>

namespace
{
using namespace isolux::testing;
using itk::StackIllumination;

template <typename TImage>
std::size_t
ImagesOf(const TImage * image)
{
  const auto & region = image->GetLargestPossibleRegion();
  return region.GetNumberOfPixels() / (region.GetSize(0) * region.GetSize(1));
}

template <typename TImage>
StackIllumination
IlluminationOf(const TImage * image)
{
  StackIllumination illumination;
  illumination.flat.box = { 14.0, 8.0 };
  illumination.flat.terms = { { 0, 0, 1.0 }, { 1, 0, 0.3 }, { 0, 2, -0.2 }, { 2, 1, 0.1 } };
  illumination.dark.box = { 14.0, 8.0 };
  illumination.dark.terms = { { 0, 0, 5.0 }, { 1, 1, 9.0 } }; // negative in two corners
  for (std::size_t i = 0; i < ImagesOf(image); ++i)
  {
    illumination.baselines.push_back(Random(i + 70).Uniform(50.0, 200.0));
  }
  return illumination;
}

template <typename TImage>
auto
FilterOf(const TImage * image, const StackIllumination & illumination, bool inverse, bool baselines)
{
  const auto filter = itk::StackIlluminationImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetIllumination(illumination);
  filter->SetInverse(inverse);
  filter->SetDivideByBaseline(baselines);
  return filter;
}

double
Intensity(std::size_t i)
{
  return i % 9 == 0 ? 0.0 : Random(i).Normal(100.0, 60.0); // some of them negative
}

template <typename TImage>
class StackIlluminationFilter : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(StackIlluminationFilter, Images);
} // namespace

TYPED_TEST(StackIlluminationFilter, SubtractsTheDarkFieldAndDividesByTheFlatFieldAtEveryPixel)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto illumination = IlluminationOf(image.GetPointer());
  const auto relative = illumination.RelativeBaselines();
  for (const bool baselines : { false, true })
  {
    const auto filter = FilterOf(image.GetPointer(), illumination, false, baselines);
    filter->Update();
    EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
    const auto & size = image->GetLargestPossibleRegion().GetSize();
    for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      const auto x = static_cast<double>(i % size[0]); // from the image's first pixel, whatever its index
      const auto y = static_cast<double>(i / size[0] % size[1]);
      double     flat = 0.0;
      double     dark = 0.0;
      for (const auto & term : illumination.flat.terms)
      {
        flat +=
          term.coefficient * std::cos(M_PI * term.x * (x + 0.5) / 14.0) * std::cos(M_PI * term.y * (y + 0.5) / 8.0);
      }
      for (const auto & term : illumination.dark.terms)
      {
        dark +=
          term.coefficient * std::cos(M_PI * term.x * (x + 0.5) / 14.0) * std::cos(M_PI * term.y * (y + 0.5) / 8.0);
      }
      const double gain = baselines ? relative[i / (size[0] * size[1])] : 1.0;
      const double expected =
        (static_cast<double>(image->GetBufferPointer()[i]) - std::max(dark, 0.0)) / (std::max(flat, 0.05) * gain);
      // The fields and the quotient are rounded to float; the fields are of 20 at most.
      ASSERT_NEAR(filter->GetOutput()->GetBufferPointer()[i], expected, 3e-7 * (std::abs(expected) + 40.0)) << i;
    }
  }
}

TYPED_TEST(StackIlluminationFilter, InverseUndoesItWithinFloatRounding)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto illumination = IlluminationOf(image.GetPointer());
  for (const bool baselines : { false, true })
  {
    const auto forward = FilterOf(image.GetPointer(), illumination, false, baselines);
    const auto backward = FilterOf(forward->GetOutput(), illumination, true, baselines);
    backward->Update();
    const auto restored = PixelsOf(backward->GetOutput());
    const auto pixels = PixelsOf(image.GetPointer());
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      // Two roundings to float, of 2^-24 each, at a magnitude of the pixel and the dark-field of 14 at most.
      ASSERT_NEAR(restored[i], pixels[i], (std::abs(pixels[i]) + 14.0F) * 1.3e-7F) << i;
    }
  }
}

TYPED_TEST(StackIlluminationFilter, WithoutTermsItChangesNoBit)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  for (const bool inverse : { false, true })
  {
    const auto filter = FilterOf(image.GetPointer(), StackIllumination{}, inverse, true);
    filter->Update();
    const auto pixels = PixelsOf(filter->GetOutput());
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      ASSERT_EQ(pixels[i], image->GetBufferPointer()[i]);
    }
  }
}

TYPED_TEST(StackIlluminationFilter, NonFinitePixelsStaySoAndHarmNoOther)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto illumination = IlluminationOf(image.GetPointer());
  const auto clean = FilterOf(image.GetPointer(), illumination, false, false);
  clean->Update();
  const auto spoilt = MakeImage<TypeParam>(SmallSize<TypeParam>(),
                                           [](std::size_t i)
                                           {
                                             return i == 5   ? std::numeric_limits<double>::quiet_NaN()
                                                    : i == 8 ? std::numeric_limits<double>::infinity()
                                                             : Intensity(i);
                                           });
  const auto filter = FilterOf(spoilt.GetPointer(), illumination, false, false);
  filter->Update();
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    const float value = filter->GetOutput()->GetBufferPointer()[i];
    if (i == 5 || i == 8)
    {
      EXPECT_FALSE(std::isfinite(value));
    }
    else
    {
      ASSERT_EQ(value, clean->GetOutput()->GetBufferPointer()[i]);
    }
  }
}

TYPED_TEST(StackIlluminationFilter, StreamsAndHasTheSameBitsForAnyThreadsAndDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[0] = 70;
  size[1] = 41;
  const auto image = MakeImage<TypeParam>(size, Intensity);
  const auto illumination = IlluminationOf(image.GetPointer());
  const auto whole = FilterOf(image.GetPointer(), illumination, false, true);
  whole->SetNumberOfWorkUnits(1);
  whole->Update();
  for (const unsigned int threads : { 1U, 2U, 3U, 7U })
  {
    for (const unsigned int divisions : { 1U, 3U })
    {
      const auto filter = FilterOf(image.GetPointer(), illumination, false, true);
      filter->SetNumberOfWorkUnits(threads);
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(filter->GetOutput());
      const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
      streamer->SetInput(monitor->GetOutput());
      streamer->SetNumberOfStreamDivisions(divisions);
      streamer->Update();
      EXPECT_TRUE(SameBits(PixelsOf(streamer->GetOutput()), PixelsOf(whole->GetOutput())))
        << threads << ' ' << divisions;
      EXPECT_TRUE(monitor->VerifyAllInputCanStream(static_cast<int>(divisions)));
    }
  }
}

TYPED_TEST(StackIlluminationFilter, BaselinesOfAnotherStackAreRefusedWithBothNumbers)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  auto       illumination = IlluminationOf(image.GetPointer());
  illumination.baselines.push_back(1.0);
  const auto images = ImagesOf(image.GetPointer());
  const auto filter = FilterOf(image.GetPointer(), illumination, false, true);
  const auto message = MessageOf([&] { filter->Update(); });
  EXPECT_NE(
    message.find("baselines of " + std::to_string(images + 1) + " images, but the stack has " + std::to_string(images)),
    std::string::npos)
    << message;
  filter->DivideByBaselineOff();
  EXPECT_NO_THROW(filter->Update());
}

TEST(StackIlluminationImageFilter, WithoutAnIlluminationItRefuses)
{
  using Stack = itk::Image<float, 3>;
  const auto filter = itk::StackIlluminationImageFilter<Stack>::New();
  filter->SetInput(MakeImage<Stack>(SmallSize<Stack>(), Intensity));
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Illumination"), std::string::npos);
}
