#include "itkHistogramModeSink.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::HistogramMode;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

/** Three tissues: 20 % around 100, 50 % around 300, 30 % around 400, deviation 20 each. */
double
Tissues(std::size_t i)
{
  Random       random(i);
  const double share = random.Uniform(0.0, 1.0);
  return random.Normal(share < 0.2 ? 100.0 : share < 0.7 ? 300.0 : 400.0, 20.0);
}

template <typename TImage>
auto
SinkOf(const TImage * image, HistogramMode mode = HistogramMode::Last, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = itk::HistogramModeSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->SetMode(mode);
  return sink;
}

template <typename TImage>
itk::CentreAndScale
ModeOf(const TImage * image, HistogramMode mode = HistogramMode::Last)
{
  const auto sink = SinkOf(image, mode);
  sink->Update();
  return sink->GetCentreAndScale();
}

std::vector<std::size_t>
BinsOf(const std::vector<std::uint64_t> & counts, double smoothing, double largeFraction)
{
  std::vector<std::size_t> bins;
  for (const auto & peak : itk::FindLargeModes(counts, smoothing, largeFraction))
  {
    bins.push_back(peak.bin);
  }
  return bins;
}

using Bins = std::vector<std::size_t>;

template <typename TImage>
class HistogramModeSink : public ::testing::Test
{
protected:
  /** Some 20000 voxels. */
  static typename TImage::SizeType
  LargeSize()
  {
    auto size = SmallSize<TImage>();
    size[TImage::ImageDimension - 1] =
      20000 / (MakeImage<TImage>(size, [](std::size_t) { return 0; })->GetLargestPossibleRegion().GetNumberOfPixels() /
               size[TImage::ImageDimension - 1]);
    return size;
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(HistogramModeSink, Images);

TYPED_TEST(HistogramModeSink, FindsEachOfTheTissues)
{
  const auto image = MakeImage<TypeParam>(this->LargeSize(), Tissues);
  // Half the smoothing, 0.015 of a range of 430: the top of a smoothed peak of 4000 samples is known no better.
  constexpr double tolerance = 3.0;
  EXPECT_NEAR(ModeOf(image.GetPointer(), HistogramMode::First).centre, 100.0, tolerance);
  EXPECT_NEAR(ModeOf(image.GetPointer(), HistogramMode::Largest).centre, 300.0, tolerance);
  EXPECT_NEAR(ModeOf(image.GetPointer(), HistogramMode::Last).centre, 400.0, tolerance);
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  EXPECT_EQ(sink->GetSummary().modes.size(), 3U);
}

TYPED_TEST(HistogramModeSink, TheScaleIsTheDeviationOfTheStripe)
{
  const auto image = MakeImage<TypeParam>(this->LargeSize(), Tissues);
  const auto sink = SinkOf(image.GetPointer());
  sink->SetWidth(0.1);
  sink->Update();
  const auto & summary = sink->GetSummary();
  double       below = 0.0;
  double       count = 0.0;
  double       sum = 0.0;
  const auto   pixels = PixelsOf(image.GetPointer());
  const auto   isInStripe = [&](double x) { return x >= summary.stripeLower && x <= summary.stripeUpper; };
  for (const double x : pixels)
  {
    below += x < sink->GetCentreAndScale().centre;
    count += isInStripe(x);
    sum += isInStripe(x) ? x : 0.0;
  }
  double squares = 0.0;
  for (const double x : pixels)
  {
    squares += isInStripe(x) ? (x - sum / count) * (x - sum / count) : 0.0;
  }
  const auto voxels = static_cast<double>(pixels.size());
  EXPECT_EQ(static_cast<double>(summary.stripeVoxels), count);
  EXPECT_NEAR(count, 0.2 * voxels, 3.0);                       // two ends between voxels
  EXPECT_NEAR(summary.modeProbability, below / voxels, 0.005); // half a bin of 2000, at a density of 1 in 100 bins
  EXPECT_NEAR(sink->GetCentreAndScale().scale, std::sqrt(squares / count), 1e-9); // plain sums of 4000 values
}

TYPED_TEST(HistogramModeSink, HasTheSameBitsForAnyThreadsAndDivisionsAndReadsFourTimes)
{
  auto size = SmallSize<TypeParam>();
  size[TypeParam::ImageDimension - 1] = 70;
  const auto image = MakeImage<TypeParam>(size, Tissues);
  const auto mask = MakeImage<MaskOf<TypeParam>>(size, [](std::size_t i) { return Random(i).Bits() % 3; });
  const auto expected = SinkOf(image.GetPointer(), HistogramMode::Last, mask.GetPointer());
  expected->Update();
  const auto upstream = itk::CastImageFilter<TypeParam, TypeParam>::New();
  upstream->SetInput(image);
  upstream->InPlaceOff();
  const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
  monitor->SetInput(upstream->GetOutput());
  for (const unsigned int threads : { 1u, 2u, 7u })
  {
    for (const unsigned int divisions : { 5u, 64u })
    {
      SCOPED_TRACE(std::to_string(threads) + " threads, " + std::to_string(divisions) + " divisions");
      upstream->Modified();
      monitor->ClearPipelineSavedInformation();
      const auto sink = SinkOf(monitor->GetOutput(), HistogramMode::Last, mask.GetPointer());
      sink->SetNumberOfWorkUnits(threads);
      sink->SetNumberOfStreamDivisions(divisions);
      sink->Update();
      EXPECT_EQ(sink->GetCentreAndScale(), expected->GetCentreAndScale());
      EXPECT_EQ(sink->GetSummary(), expected->GetSummary());
      EXPECT_EQ(monitor->GetNumberOfUpdates(), 4 * (divisions == 64 ? 35u : divisions));
    }
  }
}

TYPED_TEST(HistogramModeSink, ScalesAndShiftsWithTheImage)
{
  const auto image = MakeImage<TypeParam>(this->LargeSize(), Tissues);
  const auto mode = ModeOf(image.GetPointer());
  const auto scaled = MakeImage<TypeParam>(
    this->LargeSize(), [](std::size_t i) { return 0.25 * static_cast<double>(static_cast<float>(Tissues(i))); });
  EXPECT_EQ(ModeOf(scaled.GetPointer()).centre, 0.25 * mode.centre);
  EXPECT_EQ(ModeOf(scaled.GetPointer()).scale, 0.25 * mode.scale);
  const auto shifted =
    MakeImage<TypeParam>(this->LargeSize(), [](std::size_t i) { return 37.0 * Tissues(i) - 12345.0; });
  // Voxels near an edge of a bin fall on its other side, by the float's rounding: a bin of 37 * 430 / 2000 at most.
  EXPECT_NEAR(ModeOf(shifted.GetPointer()).centre, 37.0 * mode.centre - 12345.0, 8.0);
  EXPECT_NEAR(ModeOf(shifted.GetPointer()).scale, 37.0 * mode.scale, 0.01 * 37.0 * mode.scale);
}

using Volume = itk::Image<float, 3>;
using VolumeMask = itk::Image<unsigned char, 3>;
const Volume::SizeType Size{ { 40, 30, 20 } };

TEST(HistogramModeSinkVolume, BrightOutliersDoNotMoveIt)
{
  const auto   clean = MakeImage<Volume>(Size, Tissues);
  const auto   image = MakeImage<Volume>(Size, [](std::size_t i) { return i % 250 == 7 ? 1e6 : Tissues(i); }); // 0.4 %
  const double bin = 430.0 / 2000.0;
  EXPECT_NEAR(ModeOf(image.GetPointer()).centre, ModeOf(clean.GetPointer()).centre, 5.0 * bin);
}

TEST(HistogramModeSinkVolume, SkipsNonFiniteVoxelsAndHeedsTheMask)
{
  const auto image = MakeImage<Volume>(
    Size,
    [](std::size_t i) {
      return i % 7 == 0 ? NaN : i % 7 == 1 ? HUGE_VAL : i % 7 == 2 ? 5000.0 + static_cast<double>(i % 5) : Tissues(i);
    });
  const auto mask = MakeImage<VolumeMask>(Size, [](std::size_t i) { return i % 7 != 2; });
  const auto sink = SinkOf(image.GetPointer(), HistogramMode::Last, mask.GetPointer());
  sink->Update();
  EXPECT_NEAR(sink->GetCentreAndScale().centre, 400.0, 3.0); // as above
  EXPECT_EQ(sink->GetSummary().nan, 3429U);
  EXPECT_EQ(sink->GetSummary().infinite, 3429U);
  EXPECT_EQ(sink->GetSummary().voxels, 24000U - 3429U - 3429U - 3429U);
  EXPECT_EQ(sink->GetSummary().maximum, 5004.0); // outside the mask
}

TEST(HistogramModeSinkVolume, OfOneIntensityIsThatIntensityWithScaleZero)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t) { return 0.1; });
  for (const auto mode : { HistogramMode::First, HistogramMode::Largest, HistogramMode::Last })
  {
    EXPECT_EQ(ModeOf(image.GetPointer(), mode).centre, 0.1F);
    EXPECT_EQ(ModeOf(image.GetPointer(), mode).scale, 0.0);
  }
  const auto voxel = MakeImage<Volume>({ { 1, 1, 1 } }, [](std::size_t) { return -7.0; });
  EXPECT_EQ(ModeOf(voxel.GetPointer()).centre, -7.0);
}

TEST(HistogramModeSinkVolume, OfAnEmptyMaskIsNanWithoutAnException)
{
  const auto image = MakeImage<Volume>(Size, Tissues);
  const auto mask = MakeImage<VolumeMask>(Size, [](std::size_t) { return 0; });
  const auto sink = SinkOf(image.GetPointer(), HistogramMode::Last, mask.GetPointer());
  EXPECT_NO_THROW(sink->Update());
  EXPECT_TRUE(std::isnan(sink->GetCentreAndScale().centre));
  EXPECT_EQ(sink->GetCentreAndScale().scale, 0.0);
  EXPECT_EQ(sink->GetSummary().voxels, 0U);
  EXPECT_TRUE(sink->GetSummary().modes.empty());
}

TEST(FindLargeModes, SeesLocalMaximaOfTheSmoothedCountsInRisingOrder)
{
  EXPECT_EQ(BinsOf({ 0, 5, 1, 1, 9, 2, 0, 4, 3 }, 0.0, 0.0), (Bins{ 1, 4, 7 }));
  EXPECT_EQ(BinsOf({ 0, 5, 1, 1, 9, 2, 0, 4, 3 }, 0.0, 0.5), (Bins{ 1, 4 })); // 4 is below half of 9
  EXPECT_EQ(BinsOf({ 0, 5, 4, 5, 0, 0, 0 }, 1.0, 0.0), (Bins{ 2 }));          // one, once smoothed
  EXPECT_EQ(BinsOf({ 7 }, 3.0, 0.2), (Bins{ 0 }));
  EXPECT_EQ(BinsOf({ 3, 3, 3, 1 }, 0.0, 0.2), (Bins{ 1 })); // the middle of a plateau
  EXPECT_EQ(BinsOf({ 1, 2, 3 }, 0.0, 0.2), (Bins{ 2 }));    // empty beyond the end
  EXPECT_EQ(BinsOf({ 0, 0, 0 }, 1.0, 0.2), Bins{});
  EXPECT_EQ(BinsOf({}, 1.0, 0.2), Bins{});
}

TEST(FindLargeModes, AShallowDipDoesNotPartAMode)
{
  EXPECT_EQ(BinsOf({ 0, 100, 99, 100, 99, 98, 0 }, 0.0, 0.2), (Bins{ 1, 3 })); // neither is higher than the other
  EXPECT_EQ(BinsOf({ 0, 50, 99, 98, 100, 0 }, 0.0, 0.2), (Bins{ 4 }));         // 1 %
  EXPECT_EQ(BinsOf({ 0, 50, 99, 96, 100, 0 }, 0.0, 0.2), (Bins{ 2, 4 }));      // 3 %
}

TEST(HistogramModeSinkErrors, ParametersOutOfRangeAreRefusedWithTheirRange)
{
  const auto image = MakeImage<Volume>(Size, Tissues);
  const auto refusal = [&](double width, double smoothing, double large)
  {
    const auto sink = SinkOf(image.GetPointer());
    sink->SetWidth(width);
    sink->SetSmoothing(smoothing);
    sink->SetLargeFraction(large);
    return MessageOf([&] { sink->Update(); });
  };
  EXPECT_NE(refusal(0.0, 0.015, 0.2).find("Width must be in (0, 0.5], got 0."), std::string::npos);
  EXPECT_NE(refusal(0.6, 0.015, 0.2).find("Width"), std::string::npos);
  EXPECT_NE(refusal(0.05, -0.1, 0.2).find("Smoothing must be in [0, 0.25]"), std::string::npos);
  EXPECT_NE(refusal(0.05, 0.3, 0.2).find("Smoothing"), std::string::npos);
  EXPECT_NE(refusal(0.05, 0.015, 1.1).find("LargeFraction must be in [0, 1], got 1.1."), std::string::npos);
  EXPECT_NE(refusal(0.05, 0.015, NaN).find("LargeFraction"), std::string::npos);
}
} // namespace
