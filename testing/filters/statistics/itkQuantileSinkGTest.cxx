#include "itkQuantileSink.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double Infinity = std::numeric_limits<double>::infinity();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

const std::vector<double> Probabilities = { 0.01, 0.25, 0.5, 0.75, 0.99 };

template <typename TImage>
auto
SinkOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = itk::QuantileSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->SetProbabilities(Probabilities);
  sink->MedianAbsoluteDeviationOn();
  sink->TrimmedMomentsOn();
  return sink;
}

template <typename TImage>
itk::ImageQuantiles
QuantilesOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = SinkOf(image, mask);
  sink->Update();
  return sink->GetQuantiles();
}

/** numpy's 'linear', of sorted floats. */
double
SortedQuantile(std::vector<float> values, double p)
{
  std::sort(values.begin(), values.end());
  const double position = p * static_cast<double>(values.size() - 1);
  const auto   rank = static_cast<std::size_t>(position);
  const double fraction = position - static_cast<double>(rank);
  const double lower = values[rank];
  const double upper = values[std::min(rank + 1, values.size() - 1)];
  return fraction < 0.5 ? lower + (upper - lower) * fraction : upper - (upper - lower) * (1.0 - fraction);
}

double
Noise(std::size_t i)
{
  return Random(i).Normal(100.0 + static_cast<double>(i % 13), 30.0);
}

template <typename TImage>
class QuantileSink : public ::testing::Test
{
protected:
  /** 70 rows or slabs to stream. */
  static typename TImage::SizeType
  LongSize()
  {
    auto size = SmallSize<TImage>();
    size[TImage::ImageDimension - 1] = 70;
    return size;
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(QuantileSink, Images);

TYPED_TEST(QuantileSink, EqualsTheSortedIntensitiesToTheLastBit)
{
  const auto image = MakeImage<TypeParam>(this->LongSize(), Noise);
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->LongSize(), [](std::size_t i) { return Random(i).Bits() % 3; });
  std::vector<float> inside;
  for (std::size_t i = 0; i < PixelsOf(image.GetPointer()).size(); ++i)
  {
    if (mask->GetBufferPointer()[i] != 0)
    {
      inside.push_back(static_cast<float>(image->GetBufferPointer()[i]));
    }
  }
  const auto quantiles = QuantilesOf(image.GetPointer(), mask.GetPointer());
  EXPECT_EQ(quantiles.voxels, inside.size());
  for (std::size_t i = 0; i < Probabilities.size(); ++i)
  {
    EXPECT_EQ(quantiles.values[i], SortedQuantile(inside, Probabilities[i]));
  }
  const double       median = SortedQuantile(inside, 0.5);
  std::vector<float> deviations;
  double             sum = 0.0;
  double             count = 0.0;
  for (const float value : inside)
  {
    deviations.push_back(static_cast<float>(std::abs(value - median)));
    const bool between = value >= quantiles.values.front() && value <= quantiles.values.back();
    sum += between ? static_cast<double>(value) : 0.0;
    count += between;
  }
  EXPECT_EQ(quantiles.medianAbsoluteDeviation, SortedQuantile(deviations, 0.5));
  EXPECT_EQ(static_cast<double>(quantiles.trimmedVoxels), count);
  EXPECT_EQ(quantiles.voxels - quantiles.below - quantiles.above, quantiles.trimmedVoxels);
  double squares = 0.0;
  for (const float value : inside)
  {
    const bool between = value >= quantiles.values.front() && value <= quantiles.values.back();
    squares += between ? (value - sum / count) * (value - sum / count) : 0.0;
  }
  EXPECT_NEAR(quantiles.trimmedMean, sum / count, 1e-10); // the test's plain sum of 1e4 values of size 100 rounds
  EXPECT_NEAR(quantiles.trimmedDeviation, std::sqrt(squares / count), 1e-10);
}

TYPED_TEST(QuantileSink, HasTheSameBitsForAnyThreadsAndDivisionsAndReadsAsOftenAsItSays)
{
  const auto image = MakeImage<TypeParam>(this->LongSize(), Noise);
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->LongSize(), [](std::size_t i) { return Random(i).Bits() % 3; });
  const auto expected = QuantilesOf(image.GetPointer(), mask.GetPointer());
  const auto upstream = itk::CastImageFilter<TypeParam, TypeParam>::New();
  upstream->SetInput(image);
  upstream->InPlaceOff();
  const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
  monitor->SetInput(upstream->GetOutput());
  for (const bool deviation : { true, false })
  {
    for (const unsigned int threads : { 1u, 2u, 7u })
    {
      for (const unsigned int divisions : { 5u, 64u })
      {
        SCOPED_TRACE(std::to_string(threads) + " threads, " + std::to_string(divisions) + " divisions");
        upstream->Modified();
        monitor->ClearPipelineSavedInformation();
        const auto sink = SinkOf(monitor->GetOutput(), mask.GetPointer());
        sink->SetMedianAbsoluteDeviation(deviation);
        sink->SetNumberOfWorkUnits(threads);
        sink->SetNumberOfStreamDivisions(divisions);
        sink->Update();
        auto quantiles = sink->GetQuantiles();
        EXPECT_EQ(quantiles.medianAbsoluteDeviation > 0.0, deviation);
        quantiles.medianAbsoluteDeviation = expected.medianAbsoluteDeviation;
        EXPECT_EQ(quantiles, expected);
        EXPECT_EQ(sink->GetNumberOfPasses(), deviation ? 4u : 2u);
        EXPECT_EQ(monitor->GetNumberOfUpdates(), sink->GetNumberOfPasses() * (divisions == 64 ? 35u : divisions));
      }
    }
  }
}

TYPED_TEST(QuantileSink, FollowsAGainOfAPowerOfTwoToTheLastBit)
{
  const auto image = MakeImage<TypeParam>(this->LongSize(), Noise);
  const auto other =
    MakeImage<TypeParam>(this->LongSize(), [](std::size_t i) { return 4.0 * static_cast<float>(Noise(i)); });
  const auto a = QuantilesOf(image.GetPointer());
  const auto b = QuantilesOf(other.GetPointer());
  for (std::size_t i = 0; i < a.values.size(); ++i)
  {
    EXPECT_EQ(b.values[i], 4.0 * a.values[i]);
  }
  EXPECT_EQ(b.medianAbsoluteDeviation, 4.0 * a.medianAbsoluteDeviation);
  EXPECT_EQ(b.trimmedMean, 4.0 * a.trimmedMean);
  EXPECT_EQ(b.trimmedDeviation, 4.0 * a.trimmedDeviation);
}

using Volume = itk::Image<float, 3>;
using VolumeMask = itk::Image<unsigned char, 3>;

TEST(QuantileSinkVolume, OfARampIsItsClosedForm)
{
  const auto image = MakeImage<Volume>({ { 7, 11, 13 } }, [](std::size_t i) { return i; }); // 0 to 1000
  const auto quantiles = QuantilesOf(image.GetPointer());
  EXPECT_EQ(quantiles.values, (std::vector<double>{ 10.0, 250.0, 500.0, 750.0, 990.0 }));
  EXPECT_EQ(quantiles.medianAbsoluteDeviation, 250.0);
  EXPECT_EQ(quantiles.trimmedVoxels, 981U);
  EXPECT_EQ(quantiles.trimmedMean, 500.0);
  EXPECT_NEAR(quantiles.trimmedDeviation, std::sqrt((981.0 * 981.0 - 1.0) / 12.0), 1e-11); // one root of size 283
  EXPECT_EQ(quantiles.below, 10U);
  EXPECT_EQ(quantiles.above, 10U);
  EXPECT_EQ(quantiles.minimum, 0.0);
  EXPECT_EQ(quantiles.maximum, 1000.0);
}

TEST(QuantileSinkVolume, TiesWithTheCutAreKept)
{
  // 0.25 and 0.75 of 0 0 0 0 | 5 | 9 9 9 9 9 cut among the zeros and among the nines
  const float values[] = { 0, 9, 0, 9, 5, 0, 9, 9, 0, 9 };
  const auto  image = MakeImage<Volume>({ { 5, 2, 1 } }, [&](std::size_t i) { return values[i]; });
  const auto  sink = SinkOf(image.GetPointer());
  sink->SetProbabilities({ 0.25, 0.5, 0.75 });
  sink->Update();
  EXPECT_EQ(sink->GetQuantiles().trimmedVoxels, 10U);
  EXPECT_EQ(sink->GetQuantiles().trimmedMean, 5.0);
  EXPECT_EQ(sink->GetQuantiles().below + sink->GetQuantiles().above, 0U);
}

TEST(QuantileSinkVolume, WhereNoVoxelLiesBetweenTheMomentsAreTheMidpointAndZero)
{
  const auto image = MakeImage<Volume>({ { 2, 1, 1 } }, [](std::size_t i) { return 10.0 * static_cast<double>(i); });
  const auto sink = SinkOf(image.GetPointer());
  sink->SetProbabilities({ 0.25, 0.5, 0.85 });
  sink->Update();
  EXPECT_EQ(sink->GetQuantiles().trimmedVoxels, 0U);
  EXPECT_EQ(sink->GetQuantiles().trimmedMean, 5.5);
  EXPECT_EQ(sink->GetQuantiles().trimmedDeviation, 0.0);
}

TEST(QuantileSinkVolume, SkipsNonFiniteVoxelsAndCountsThem)
{
  const double values[] = { NaN, 3.0, Infinity, 1.0, -Infinity, 2.0, 5.0, 1e30, NaN };
  const auto   image = MakeImage<Volume>({ { 3, 3, 1 } }, [&](std::size_t i) { return values[i]; });
  const auto   mask = MakeImage<VolumeMask>({ { 3, 3, 1 } }, [](std::size_t i) { return i < 7; });
  const auto   quantiles = QuantilesOf(image.GetPointer(), mask.GetPointer());
  EXPECT_EQ(quantiles.voxels, 4U);
  EXPECT_EQ(quantiles.nan, 1U);
  EXPECT_EQ(quantiles.infinite, 2U);
  EXPECT_EQ(quantiles.values[2], 2.5);
  EXPECT_EQ(quantiles.medianAbsoluteDeviation, 1.0); // of 1.5, 0.5, 0.5, 2.5
  EXPECT_EQ(quantiles.minimum, 1.0);
  EXPECT_EQ(quantiles.maximum, 1e30F); // outside the mask
}

TEST(QuantileSinkVolume, OfAnEmptyMaskIsNanWithoutAnException)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto mask = MakeImage<VolumeMask>(SmallSize<Volume>(), [](std::size_t) { return 0; });
  const auto quantiles = QuantilesOf(image.GetPointer(), mask.GetPointer());
  EXPECT_EQ(quantiles.voxels, 0U);
  for (const double value : quantiles.values)
  {
    EXPECT_TRUE(std::isnan(value));
  }
  EXPECT_TRUE(std::isnan(quantiles.medianAbsoluteDeviation));
  EXPECT_TRUE(std::isnan(quantiles.trimmedMean));
  EXPECT_FALSE(std::isnan(quantiles.minimum));
}

TEST(QuantileSinkVolume, ASecondUpdateForgetsTheFirst)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  image->FillBuffer(3.0F);
  image->Modified();
  sink->Update();
  EXPECT_EQ(sink->GetQuantiles().values, std::vector<double>(5, 3.0));
  EXPECT_EQ(sink->GetQuantiles().voxels, image->GetLargestPossibleRegion().GetNumberOfPixels());
  EXPECT_EQ(sink->GetQuantiles().medianAbsoluteDeviation, 0.0);
  EXPECT_EQ(sink->GetQuantiles().trimmedDeviation, 0.0);
  EXPECT_EQ(sink->GetQuantiles().below, 0U);
}

TEST(QuantileSinkErrors, ProbabilitiesThatDoNotRiseWithinTheirRangeAreRefused)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto sink = SinkOf(image.GetPointer());
  const auto refusal = [&](const std::vector<double> & probabilities)
  {
    sink->SetProbabilities(probabilities);
    return MessageOf([&] { sink->Update(); });
  };
  EXPECT_NE(refusal({ 0.5, 0.25 }).find("Probabilities must be in [0, 1] and rise, got 0.25 after 0.5."),
            std::string::npos);
  EXPECT_NE(refusal({ -0.1, 0.5 }).find("got -0.1"), std::string::npos);
  EXPECT_NE(refusal({ 0.5, 1.5 }).find("got 1.5"), std::string::npos);
  EXPECT_NE(refusal({ NaN }).find("got nan"), std::string::npos);
  EXPECT_NE(refusal({}).find("must not be empty"), std::string::npos);
  EXPECT_NE(refusal({ 0.25, 0.75 }).find("needs 0.5, the median"), std::string::npos);
  EXPECT_EQ(refusal({ 0.5, 0.5, 0.5 }), "");
}
} // namespace
