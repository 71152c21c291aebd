#include "itkRobustScaleSink.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::RobustMethod;

const RobustMethod Methods[] = {
  RobustMethod::MedianMad, RobustMethod::MedianIqr, RobustMethod::Trimmed, RobustMethod::Window
};

template <typename TImage>
auto
SinkOf(const TImage * image, RobustMethod method, double lower = 0.05, double upper = 0.9)
{
  const auto sink = itk::RobustScaleSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMethod(method);
  sink->SetLowerProbability(lower);
  sink->SetUpperProbability(upper);
  return sink;
}

template <typename TImage>
itk::CentreAndScale
ScaleOf(const TImage * image, RobustMethod method)
{
  const auto sink = SinkOf(image, method);
  sink->Update();
  return sink->GetCentreAndScale();
}

double
Noise(std::size_t i)
{
  return Random(i).Normal(400.0, 50.0);
}

template <typename TImage>
class RobustScaleSink : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(RobustScaleSink, Images);

TYPED_TEST(RobustScaleSink, FollowsFromTheExactQuantiles)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Noise);
  const auto sink = itk::QuantileSink<TypeParam>::New();
  sink->SetInput(image);
  sink->SetProbabilities({ 0.05, 0.25, 0.5, 0.75, 0.9 });
  sink->MedianAbsoluteDeviationOn();
  sink->TrimmedMomentsOn();
  sink->Update();
  const auto & measured = sink->GetQuantiles();
  const auto & q = measured.values;
  EXPECT_EQ(ScaleOf(image.GetPointer(), RobustMethod::MedianMad),
            (itk::CentreAndScale{ q[2], measured.medianAbsoluteDeviation * 1.4826, q[0], q[4] }));
  EXPECT_EQ(ScaleOf(image.GetPointer(), RobustMethod::MedianIqr),
            (itk::CentreAndScale{ q[2], (q[3] - q[1]) / 1.349, q[0], q[4] }));
  EXPECT_EQ(ScaleOf(image.GetPointer(), RobustMethod::Trimmed),
            (itk::CentreAndScale{ measured.trimmedMean, measured.trimmedDeviation, q[0], q[4] }));
  EXPECT_EQ(ScaleOf(image.GetPointer(), RobustMethod::Window), (itk::CentreAndScale{ q[0], q[4] - q[0], q[0], q[4] }));
}

TYPED_TEST(RobustScaleSink, ByMedianMadHalfOfTheVoxelsLessOneMayTakeAnyValue)
{
  const auto clean = MakeImage<TypeParam>(SmallSize<TypeParam>(), Noise);
  const auto voxels = clean->GetLargestPossibleRegion().GetNumberOfPixels();
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [=](std::size_t i) { return i < (voxels - 1) / 2 ? 1e30 : Noise(i); });
  const auto learned = ScaleOf(image.GetPointer(), RobustMethod::MedianMad);
  EXPECT_GT(learned.centre, 150.0); // the sum of twelve uniforms ends at six deviations
  EXPECT_LT(learned.centre, 700.0);
  EXPECT_LT(learned.scale, 1.4826 * 600.0);
  EXPECT_GT(ScaleOf(image.GetPointer(), RobustMethod::Window).scale, 1e29);
}

using Volume = itk::Image<float, 3>;

TEST(RobustScaleSinkVolume, OfANormalDistributionTheFirstTwoScalesAreItsDeviation)
{
  const auto image = MakeImage<Volume>({ { 64, 64, 64 } }, Noise);
  for (const auto method : { RobustMethod::MedianMad, RobustMethod::MedianIqr })
  {
    // Standard error of the MAD of 2.6e5 values: 1.17 / sqrt(n) = 0.23 %; five times that, and 0.5 % for the sum of
    // twelve uniforms, whose quartiles are not quite a normal distribution's.
    EXPECT_NEAR(ScaleOf(image.GetPointer(), method).scale, 50.0, 50.0 * 0.017);
    EXPECT_NEAR(ScaleOf(image.GetPointer(), method).centre, 400.0, 50.0 * 0.013); // 1.25 / sqrt(n), five times
  }
}

TEST(RobustScaleSinkVolume, ReadsFourTimesByMedianMadAndTwiceByTheOthers)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  for (const auto method : Methods)
  {
    EXPECT_EQ(SinkOf(image.GetPointer(), method)->GetNumberOfPasses(), method == RobustMethod::MedianMad ? 4U : 2U);
  }
}

TEST(RobustScaleSinkVolume, TheScaleIsZeroWhereItsQuantilesAreOneIntensity)
{
  // 12 zeros of 20: the median and the quartiles at 0.25 and 0.5 are 0, those at 0.75 and 0.9 are not
  const auto image = MakeImage<Volume>({ { 5, 4, 1 } }, [](std::size_t i) { return i < 12 ? 0.0 : 1.0 * i; });
  EXPECT_EQ(ScaleOf(image.GetPointer(), RobustMethod::MedianMad).scale, 0.0);
  EXPECT_GT(ScaleOf(image.GetPointer(), RobustMethod::MedianIqr).scale, 0.0);
  const auto constant = MakeImage<Volume>({ { 5, 4, 1 } }, [](std::size_t) { return 0.1; });
  for (const auto method : Methods)
  {
    EXPECT_EQ(ScaleOf(constant.GetPointer(), method), (itk::CentreAndScale{ 0.1F, 0.0, 0.1F, 0.1F }));
  }
}

TEST(RobustScaleSinkErrors, ProbabilitiesBeyondTheQuartilesAreRefused)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto refusal = [&](double lower, double upper)
  {
    const auto sink = SinkOf(image.GetPointer(), RobustMethod::Window, lower, upper);
    return MessageOf([&] { sink->Update(); });
  };
  EXPECT_NE(refusal(0.3, 0.9).find("LowerProbability must be in [0, 0.25], got 0.3."), std::string::npos);
  EXPECT_NE(refusal(-0.1, 0.9).find("LowerProbability"), std::string::npos);
  EXPECT_NE(refusal(0.1, 0.7).find("UpperProbability must be in [0.75, 1], got 0.7."), std::string::npos);
  EXPECT_NE(refusal(0.1, 1.1).find("UpperProbability"), std::string::npos);
  EXPECT_EQ(refusal(0.0, 1.0), "");
  EXPECT_EQ(refusal(0.25, 0.75), "");
}
} // namespace
