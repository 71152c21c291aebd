#include "itkRetinexReflectanceImageFilter.h"

#include "itkPoissonRetinexImageFilter.h"

#include "FilterTest.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;

constexpr float Infinity = std::numeric_limits<float>::infinity();

template <typename TImage>
using LogOf = itk::Image<float, TImage::ImageDimension>;

template <typename TImage, typename TOutput = TImage>
auto
FilterOf(const TImage * image, const LogOf<TImage> * illumination)
{
  const auto filter = itk::RetinexReflectanceImageFilter<TImage, TOutput>::New();
  filter->SetInput(image);
  filter->SetLogIllumination(illumination);
  return filter;
}

double
Intensity(std::size_t i)
{
  return Random(i).Uniform(-2.0, 20.0);
}

double
LogField(std::size_t i)
{
  return Random(i + 5).Uniform(-1.0, 1.0);
}

template <typename TImage>
class RetinexReflectance : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(RetinexReflectance, Images);
} // namespace

TYPED_TEST(RetinexReflectance, DividesByTheExponentialOfTheLogIllumination)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto field = MakeImage<LogOf<TypeParam>>(SmallSize<TypeParam>(), LogField);
  const auto filter = FilterOf(image.GetPointer(), field.GetPointer());
  filter->Update();
  const auto result = PixelsOf(filter->GetOutput());
  EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    const double x = image->GetBufferPointer()[i];
    const double l = field->GetBufferPointer()[i];
    ASSERT_FLOAT_EQ(result[i], static_cast<float>(x / std::exp(l)));
    ASSERT_NEAR(result[i] * std::exp(l), x, 1e-6 * std::abs(x)); // y exp(l) is x
  }
}

TYPED_TEST(RetinexReflectance, AsALogarithmItTakesTheLowestIntensityForWhatHasNone)
{
  const auto                  image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto                  field = MakeImage<LogOf<TypeParam>>(SmallSize<TypeParam>(), LogField);
  itk::LogIlluminationSummary summary;
  summary.lowestIntensity = 0.25;
  const auto filter = FilterOf(image.GetPointer(), field.GetPointer());
  filter->LogarithmOn();
  const auto message = MessageOf([&] { filter->Update(); });
  EXPECT_NE(message.find("Summary is required with LogarithmOn()"), std::string::npos) << message;
  filter->SetSummary(summary);
  filter->Update();
  const auto result = PixelsOf(filter->GetOutput());
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    const double x = image->GetBufferPointer()[i];
    ASSERT_FLOAT_EQ(result[i], static_cast<float>(std::log(x > 0.0 ? x : 0.25) - field->GetBufferPointer()[i]));
  }
}

TYPED_TEST(RetinexReflectance, AnIlluminationOfExtentOneHoldsForAllSlices)
{
  constexpr unsigned int last = TypeParam::ImageDimension - 1;
  auto                   size = SmallSize<TypeParam>();
  size[last] = 1;
  const auto flat = MakeImage<LogOf<TypeParam>>(size, LogField);
  const auto voxels = flat->GetBufferedRegion().GetNumberOfPixels();
  const auto full =
    MakeImage<LogOf<TypeParam>>(SmallSize<TypeParam>(), [&](std::size_t i) { return LogField(i % voxels); });
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto a = FilterOf(image.GetPointer(), flat.GetPointer());
  const auto b = FilterOf(image.GetPointer(), full.GetPointer());
  a->Update();
  b->Update();
  EXPECT_TRUE(SameBits(PixelsOf(a->GetOutput()), PixelsOf(b->GetOutput())));
}

TYPED_TEST(RetinexReflectance, FiniteVoxelsStayFiniteAndOthersPassThrough)
{
  const auto extreme = [](std::size_t i) {
    return i % 4 == 0 ? 3e38F : i % 4 == 1 ? -Infinity : i % 4 == 2 ? std::nanf("") : 1e-45F;
  };
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), extreme);
  for (const double l : { -1000.0, 1000.0 })
  {
    const auto field = MakeImage<LogOf<TypeParam>>(SmallSize<TypeParam>(), [&](std::size_t) { return l; });
    for (const bool isLogarithm : { false, true })
    {
      const auto filter = FilterOf(image.GetPointer(), field.GetPointer());
      filter->SetLogarithm(isLogarithm);
      filter->SetSummary(itk::LogIlluminationSummary{});
      filter->Update();
      const auto result = PixelsOf(filter->GetOutput());
      for (std::size_t i = 0; i < result.size(); ++i)
      {
        ASSERT_EQ(std::isfinite(result[i]), std::isfinite(extreme(i))) << i;
        ASSERT_TRUE(i % 4 != 1 || result[i] == -Infinity);
      }
    }
  }
}

TYPED_TEST(RetinexReflectance, StreamsAndTheEstimateIsMadeOnce)
{
  const auto positive = [](std::size_t i) { return 100.0 + 5.0 * Intensity(i); };
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), positive);
  const auto run = [&](unsigned int divisions, unsigned int workUnits)
  {
    using Monitor = itk::PipelineMonitorImageFilter<LogOf<TypeParam>>;
    const auto estimate = itk::PoissonRetinexImageFilter<TypeParam>::New();
    estimate->SetInput(image);
    const auto monitor = Monitor::New();
    monitor->SetInput(estimate->GetOutput());
    const auto filter = FilterOf(image.GetPointer(), monitor->GetOutput());
    filter->SetSummaryInput(estimate->GetSummaryOutput());
    filter->LogarithmOn();
    filter->SetNumberOfWorkUnits(workUnits);
    const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
    streamer->SetInput(filter->GetOutput());
    streamer->SetNumberOfStreamDivisions(divisions);
    streamer->Update();
    EXPECT_EQ(monitor->GetNumberOfUpdates(), 1U);
    return PixelsOf(streamer->GetOutput());
  };
  const auto expected = run(1, 1);
  EXPECT_TRUE(SameBits(run(3, 2), expected));
  EXPECT_TRUE(SameBits(run(7, 5), expected));
}

TYPED_TEST(RetinexReflectance, AnIlluminationOfAnotherSizeIsRefused)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  auto       size = SmallSize<TypeParam>();
  size[1] -= 1;
  const auto field = MakeImage<LogOf<TypeParam>>(size, LogField);
  const auto message = MessageOf([&] { FilterOf(image.GetPointer(), field.GetPointer())->Update(); });
  EXPECT_NE(message.find("LogIllumination must cover the image's region or have extent 1 along axis 1"),
            std::string::npos)
    << message;
}
