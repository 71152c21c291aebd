#include "itkStackIlluminationSink.h"
#include "itkStackIlluminationImageFilter.h"

#include "StackPhantom.h"

#include "itkImageFileReader.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkShiftScaleImageFilter.h"
#include "itkTIFFImageIO.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

namespace
{
using namespace isolux::testing;
using itk::StackIllumination;
using Stack = itk::Image<float, 3>;
using Series = itk::Image<float, 4>;
using Mask = itk::Image<unsigned char, 3>;

constexpr float NaN = std::numeric_limits<float>::quiet_NaN();

const StackPhantom &
Cells()
{
  static const StackPhantom phantom{ {} };
  return phantom;
}

template <typename TImage>
typename TImage::Pointer
ImageOf(const StackPhantom & phantom, const typename TImage::SizeType & size)
{
  return MakeImage<TImage>(size, [&](std::size_t i) { return phantom.values[i]; });
}

Stack::Pointer
ImageOf(const StackPhantom & phantom)
{
  return ImageOf<Stack>(phantom, { { phantom.width, phantom.height, phantom.baselines.size() } });
}

template <typename TImage>
auto
SinkOf(const TImage * image)
{
  const auto sink = itk::StackIlluminationSink<TImage>::New();
  sink->SetInput(image);
  return sink;
}

std::vector<double>
PlaneOf(const itk::CosineSeries & series, std::size_t width, std::size_t height)
{
  const itk::CosineSeriesRowEvaluator evaluator(series, 0, width);
  std::vector<double>                 plane(width * height);
  for (std::size_t y = 0; y < height; ++y)
  {
    evaluator(y, &plane[y * width]);
  }
  return plane;
}

std::vector<double>
FlatOf(const StackPhantom & phantom, const StackIllumination & illumination)
{
  return PlaneOf(illumination.flat, phantom.width, phantom.height);
}

/** Deviation over mean of the median image: what is left of the shading. */
double
Shading(const Stack * image)
{
  const auto          size = image->GetLargestPossibleRegion().GetSize();
  const std::size_t   pixels = size[0] * size[1];
  std::vector<float>  values(size[2]);
  std::vector<double> median(pixels);
  for (std::size_t p = 0; p < pixels; ++p)
  {
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      values[i] = image->GetBufferPointer()[i * pixels + p];
    }
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    median[p] = static_cast<double>(values[values.size() / 2]);
  }
  const double mean = std::accumulate(median.begin(), median.end(), 0.0) / static_cast<double>(pixels);
  double       squares = 0.0;
  for (const double value : median)
  {
    squares += (value - mean) * (value - mean);
  }
  return std::sqrt(squares / static_cast<double>(pixels)) / mean;
}
} // namespace

TEST(StackIlluminationSink, FindsTheFlatFieldAndTheBaselinesOfAPhantom)
{
  const auto & phantom = Cells();
  const auto   image = ImageOf(phantom);
  const auto   sink = SinkOf(image.GetPointer());
  sink->Update();
  const auto flat = FlatOf(phantom, sink->GetIllumination());
  EXPECT_LT(phantom.ErrorOf(flat), 0.003);
  // 1 over the plane, by the sum of its pixels
  EXPECT_NEAR(std::accumulate(flat.begin(), flat.end(), 0.0) / static_cast<double>(flat.size()), 1.0, 1e-12);
  EXPECT_EQ(sink->GetSummary().images, 30U);
  EXPECT_EQ(sink->GetSummary().fitted, 30U);
  EXPECT_EQ(sink->GetSummary().excluded, 0U);
  const auto & baselines = sink->GetIllumination().baselines;
  ASSERT_EQ(baselines.size(), phantom.baselines.size());
  for (std::size_t i = 0; i < baselines.size(); ++i)
  {
    // The median of the background and of 10 % cells, which are brighter: 0.15 deviations of the noise of 2 %.
    EXPECT_NEAR(baselines[i], phantom.baselines[i], 0.015 * phantom.baselines[i]) << i;
  }
}

TEST(StackIlluminationSink, TheDarkFieldIsNowhereNegativeAndFreesTheFlatField)
{
  StackPhantomOptions options;
  options.dark = 30.0;
  const StackPhantom phantom(options);
  const auto         image = ImageOf(phantom);
  const auto         sink = SinkOf(image.GetPointer());
  sink->DarkFieldOn();
  sink->Update();
  EXPECT_LT(phantom.ErrorOf(FlatOf(phantom, sink->GetIllumination())), 0.02);
  auto dark = PlaneOf(sink->GetIllumination().dark, phantom.width, phantom.height);
  std::transform(dark.begin(), dark.end(), dark.begin(), StackIllumination::DarkFrom);
  EXPECT_LT(phantom.DarkErrorOf(dark), 15.0);
  EXPECT_GE(*std::min_element(dark.begin(), dark.end()), 0.0);
}

TEST(StackIlluminationSink, AReducedStackGivesTheFlatFieldOfTheFullOne)
{
  const auto & phantom = Cells();
  const auto   image = ImageOf(phantom);
  for (const unsigned int working : { 48U, 40U, 20U }) // cells of 2, 3 and 5 pixels; the last ones are cut
  {
    const auto sink = SinkOf(image.GetPointer());
    sink->SetWorkingSize(working);
    sink->Update();
    // Fewer cells hold nothing but background.
    EXPECT_LT(phantom.ErrorOf(FlatOf(phantom, sink->GetIllumination())), working == 20U ? 0.02 : 0.006) << working;
  }
}

TEST(StackIlluminationSink, ASeriesOfStacksIsOneStack)
{
  const auto & phantom = Cells();
  const auto   image = ImageOf(phantom);
  const auto   series = ImageOf<Series>(phantom, { { phantom.width, phantom.height, 5, 6 } });
  const auto   sink = SinkOf(image.GetPointer());
  const auto   other = SinkOf(series.GetPointer());
  sink->Update();
  other->Update();
  EXPECT_TRUE(sink->GetIllumination() == other->GetIllumination());
  EXPECT_TRUE(sink->GetSummary() == other->GetSummary());
}

TEST(StackIlluminationSink, APictureAloneHasNoFlatField)
{
  const auto picture = MakeImage<itk::Image<float, 2>>({ { 96, 80 } }, [](std::size_t i) { return Cells().values[i]; });
  const auto sink = SinkOf(picture.GetPointer());
  sink->Update();
  EXPECT_TRUE(sink->GetIllumination() == StackIllumination{});
  EXPECT_EQ(sink->GetSummary().images, 1U);
  EXPECT_EQ(sink->GetSummary().fitted, 0U);
}

TEST(StackIlluminationSink, TheSameBitsForAnyNumberOfThreadsAndStreamDivisions)
{
  StackPhantomOptions options;
  options.width = 61;
  options.height = 43;
  options.images = 12;
  options.dark = 20.0;
  const StackPhantom phantom(options);
  const auto         run = [&](const auto * image, unsigned int threads, unsigned int divisions)
  {
    const auto sink = SinkOf(image);
    sink->DarkFieldOn();
    sink->SetWorkingSize(24);
    sink->SetNumberOfWorkUnits(threads);
    sink->SetNumberOfStreamDivisions(divisions);
    sink->Update();
    return sink->GetIllumination();
  };
  const auto stack = ImageOf(phantom);
  const auto series = ImageOf<Series>(phantom, { { phantom.width, phantom.height, 4, 3 } });
  const auto expected = run(stack.GetPointer(), 1, 1);
  ASSERT_FALSE(expected.flat.terms.empty());
  for (const unsigned int threads : { 1U, 2U, 3U, 7U })
  {
    for (const unsigned int divisions : { 1U, 5U, 64U })
    {
      EXPECT_TRUE(run(stack.GetPointer(), threads, divisions) == expected) << threads << ' ' << divisions;
      EXPECT_TRUE(run(series.GetPointer(), threads, divisions) == expected) << threads << ' ' << divisions;
    }
  }
}

TEST(StackIlluminationSink, ReadsItsInputOnceInPieces)
{
  const auto image = ImageOf(Cells());
  // ShiftScale hands out no more than it is asked for: the image itself would give its whole buffer at once.
  const auto source = itk::ShiftScaleImageFilter<Stack, Stack>::New();
  source->SetInput(image);
  const auto monitor = itk::PipelineMonitorImageFilter<Stack>::New();
  monitor->ClearPipelineOnGenerateOutputInformationOff();
  monitor->SetInput(source->GetOutput());
  const auto sink = SinkOf(monitor->GetOutput());
  sink->SetNumberOfStreamDivisions(6);
  sink->Update();
  EXPECT_EQ(monitor->GetUpdatedRequestedRegions().size(), 6U);
  const auto whole = SinkOf(image.GetPointer());
  whole->Update();
  EXPECT_TRUE(sink->GetIllumination() == whole->GetIllumination());
}

TEST(StackIlluminationSink, AGainLeavesTheFlatFieldAndMultipliesTheBaselines)
{
  const auto image = ImageOf(Cells());
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  const auto before = sink->GetIllumination();
  for (std::size_t i = 0; i < Cells().values.size(); ++i)
  {
    image->GetBufferPointer()[i] *= 256.0F;
  }
  image->Modified();
  sink->Update();
  EXPECT_TRUE(sink->GetIllumination().flat == before.flat);
  for (std::size_t i = 0; i < before.baselines.size(); ++i)
  {
    EXPECT_EQ(sink->GetIllumination().baselines[i], 256.0 * before.baselines[i]);
  }
}

TEST(StackIlluminationSink, EmptyAndSaturatedImagesAreLeftOut)
{
  const auto &      phantom = Cells();
  const auto        image = ImageOf(phantom);
  const std::size_t pixels = phantom.width * phantom.height;
  float * const     values = image->GetBufferPointer();
  std::fill_n(values + 3 * pixels, pixels, 0.0F);   // lamp off
  std::fill_n(values + 9 * pixels, pixels, 500.0F); // saturated
  std::fill_n(values + 17 * pixels, pixels, NaN);
  for (std::size_t p = 0; p < pixels; ++p)
  {
    values[20 * pixels + p] = std::min(values[20 * pixels + p], 60.0F); // three quarters of it saturated
    values[25 * pixels + p] -= 1000.0F;
  }
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  EXPECT_EQ(sink->GetSummary().excluded, 5U);
  EXPECT_EQ(sink->GetSummary().fitted, 25U);
  EXPECT_EQ(sink->GetSummary().nonFinite, pixels);
  EXPECT_LT(phantom.ErrorOf(FlatOf(phantom, sink->GetIllumination())), 0.003);
  EXPECT_EQ(sink->GetIllumination().baselines[17], 0.0);
  EXPECT_EQ(sink->GetIllumination().baselines[3], 0.0);
}

TEST(StackIlluminationSink, ImagesBeyondAFloatsRangeAreLeftOut)
{
  using Doubles = itk::Image<double, 3>;
  const auto &      phantom = Cells();
  const std::size_t pixels = phantom.width * phantom.height;
  const auto        image = ImageOf<Doubles>(phantom, { { phantom.width, phantom.height, phantom.baselines.size() } });
  std::fill_n(image->GetBufferPointer() + 7 * pixels, pixels, 1e300);
  std::fill_n(image->GetBufferPointer() + 9 * pixels, pixels / 2, 1e39);
  const auto sink = SinkOf(image.GetPointer());
  const auto filter = itk::StackIlluminationImageFilter<Doubles>::New();
  filter->SetInput(image);
  filter->SetIlluminationInput(sink->GetIlluminationOutput());
  filter->SetDivideByBaseline(true);
  filter->Update();
  EXPECT_LT(phantom.ErrorOf(FlatOf(phantom, sink->GetIllumination())), 0.003); // as without them
  for (const double baseline : sink->GetIllumination().baselines)
  {
    ASSERT_TRUE(std::isfinite(baseline));
  }
  for (const double pixel : PixelsOf(filter->GetOutput()))
  {
    ASSERT_TRUE(std::isfinite(pixel));
  }
}

TEST(StackIlluminationSink, TwoUsableImagesAreTooFewAndThreeAreNot)
{
  const auto &      phantom = Cells();
  const std::size_t pixels = phantom.width * phantom.height;
  for (const std::size_t usable : { 0U, 2U, 3U })
  {
    const auto image = ImageOf(phantom);
    std::fill(image->GetBufferPointer() + usable * pixels, image->GetBufferPointer() + 30 * pixels, 7.0F);
    const auto sink = SinkOf(image.GetPointer());
    sink->Update();
    EXPECT_EQ(sink->GetSummary().fitted, usable == 3 ? 3U : 0U);
    EXPECT_EQ(sink->GetIllumination().flat.terms.empty(), usable < 3) << usable;
  }
}

TEST(StackIlluminationSink, OnlyPixelsInsideTheMaskCount)
{
  const auto & phantom = Cells();
  const auto   image = ImageOf(phantom);
  const auto   mask =
    MakeImage<Mask>({ { phantom.width, phantom.height, 1 } }, [&](std::size_t i) { return i % phantom.width >= 30; });
  const auto clean = SinkOf(image.GetPointer());
  clean->SetMaskImage(mask);
  clean->Update();
  for (std::size_t i = 0; i < phantom.values.size(); ++i)
  {
    if (i % phantom.width < 30)
    {
      image->GetBufferPointer()[i] = i % 3 == 0 ? NaN : 1e6F;
    }
  }
  const auto spoilt = SinkOf(image.GetPointer());
  spoilt->SetMaskImage(mask);
  spoilt->Update();
  EXPECT_TRUE(spoilt->GetIllumination() == clean->GetIllumination());
  EXPECT_EQ(spoilt->GetSummary().nonFinite, 0U);
  EXPECT_EQ(spoilt->GetSummary().fitted, 30U);
  // Inside the mask the flat-field is the phantom's, up to a factor: outside nothing is known.
  const auto flat = FlatOf(phantom, spoilt->GetIllumination());
  double     mean = 0.0;
  double     count = 0.0;
  for (std::size_t p = 0; p < flat.size(); ++p)
  {
    mean += p % phantom.width >= 30 ? flat[p] / phantom.flat[p] : 0.0;
    count += p % phantom.width >= 30;
  }
  mean /= count;
  double squares = 0.0;
  for (std::size_t p = 0; p < flat.size(); ++p)
  {
    const double error = flat[p] / phantom.flat[p] / mean - 1.0;
    squares += p % phantom.width >= 30 ? error * error : 0.0;
  }
  EXPECT_LT(std::sqrt(squares / count), 0.006); // twice that of the whole plane

  mask->FillBuffer(0);
  mask->Modified();
  spoilt->Update();
  EXPECT_EQ(spoilt->GetSummary().fitted, 0U);
  EXPECT_TRUE(spoilt->GetIllumination().flat.terms.empty());
}

TEST(StackIlluminationSink, PartOfTheImagesIsEnoughForTheFitAndEachHasItsBaseline)
{
  const auto & phantom = Cells();
  const auto   image = ImageOf(phantom);
  const auto   sink = SinkOf(image.GetPointer());
  sink->SetMaximumNumberOfImages(10);
  sink->Update();
  EXPECT_EQ(sink->GetSummary().fitted, 10U);
  EXPECT_EQ(sink->GetIllumination().baselines.size(), 30U);
  EXPECT_LT(phantom.ErrorOf(FlatOf(phantom, sink->GetIllumination())), 0.006);
}

TEST(StackIlluminationSink, RealTilesOfOneSlideLoseTheShadingThatTheyShare)
{
  using Reader = itk::ImageFileReader<Stack>;
  const auto read = [](const char * name)
  {
    const auto reader = Reader::New();
    reader->SetImageIO(itk::TIFFImageIO::New());
    reader->SetFileName(std::string(ISOLUX_SOURCE_DIR "/data/microscopy/") + name);
    reader->Update();
    return Stack::Pointer(reader->GetOutput());
  };
  const auto tiles = read("brain_tiles.tif");
  ASSERT_EQ(tiles->GetLargestPossibleRegion().GetSize(), (Stack::SizeType{ { 128, 128, 6 } }));
  for (const bool sorted : { false, true })
  {
    const auto sink = SinkOf(tiles.GetPointer());
    sink->SetSortIntensity(sorted);
    const auto filter = itk::StackIlluminationImageFilter<Stack>::New();
    filter->SetInput(tiles);
    filter->SetIlluminationInput(sink->GetIlluminationOutput());
    filter->Update();
    EXPECT_GT(Shading(tiles), 0.22);
    EXPECT_LT(Shading(filter->GetOutput()), sorted ? 0.03 : 0.05) << sorted;
  }
}

TEST(StackIlluminationSink, WrongParametersAreNamed)
{
  const auto image = ImageOf(Cells());
  const auto refusal = [&](const auto & set)
  {
    const auto sink = SinkOf(image.GetPointer());
    set(*sink);
    return MessageOf([&] { sink->Update(); });
  };
  using Sink = itk::StackIlluminationSink<Stack>;
  EXPECT_NE(refusal([](Sink & sink) { sink.SetWorkingSize(8); }).find("WorkingSize must be in [16, 1024] cells, not 8"),
            std::string::npos);
  EXPECT_NE(refusal([](Sink & sink) { sink.SetSmoothnessFlatField(-1.0); }).find("SmoothnessFlatField"),
            std::string::npos);
  EXPECT_NE(refusal([](Sink & sink) { sink.SetSmoothnessDarkField(NaN); }).find("SmoothnessDarkField"),
            std::string::npos);
  EXPECT_NE(refusal([](Sink & sink) { sink.SetMaximumNumberOfImages(2); }).find("at least 3, not 2"),
            std::string::npos);
  EXPECT_NE(refusal([](Sink & sink) { sink.SetMaximumNumberOfReweightings(0); }).find("MaximumNumberOfReweightings"),
            std::string::npos);
  EXPECT_NE(refusal([](Sink & sink) { sink.SetReweightTolerance(-1.0); }).find("ReweightTolerance"), std::string::npos);
}
