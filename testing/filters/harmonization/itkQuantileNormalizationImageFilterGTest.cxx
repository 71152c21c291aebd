#include "itkQuantileNormalizationImageFilter.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::OutsideMask;
using Numbers = std::vector<double>;

constexpr float NaN = std::numeric_limits<float>::quiet_NaN();
constexpr float Infinity = std::numeric_limits<float>::infinity();

const Numbers Probabilities = { 0.0, 0.1, 0.35, 0.5, 0.8, 1.0 };
const Numbers Standard = { -3.0, 5.0, 6.0, 14.0, 30.0, 31.0 };

float
Intensity(std::size_t i)
{
  return static_cast<float>(Random(i).Normal(400.0, 50.0));
}

template <typename TImage>
auto
LearnerOf(const TImage * image)
{
  const auto sink = itk::QuantileSink<TImage>::New();
  sink->SetInput(image);
  sink->SetProbabilities(Probabilities);
  return sink;
}

template <typename TImage>
class QuantileNormalization : public ::testing::Test
{
protected:
  using Filter = itk::QuantileNormalizationImageFilter<TImage>;

  /** By the image's own landmarks. */
  static auto
  FilterOf(const TImage * image, const Numbers & standard = Standard)
  {
    const auto learner = LearnerOf(image);
    learner->Update();
    const auto filter = Filter::New();
    filter->SetInput(image);
    filter->SetLandmarks(learner->GetQuantiles());
    filter->SetStandardLandmarks(standard);
    return filter;
  }

  static auto
  Head()
  {
    return MakeImage<TImage>(SmallSize<TImage>(), Intensity);
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(QuantileNormalization, Images);

TYPED_TEST(QuantileNormalization, ItsOwnLandmarksAreTheIdentity)
{
  const auto image = this->Head();
  const auto learner = LearnerOf(image.GetPointer());
  learner->Update();
  for (const auto & standard : { learner->GetQuantiles().values, Numbers{} })
  {
    const auto filter = this->FilterOf(image.GetPointer(), standard);
    filter->Update();
    const auto pixels = PixelsOf(filter->GetOutput());
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      ASSERT_EQ(pixels[i], Intensity(i));
    }
    EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
  }
}

TYPED_TEST(QuantileNormalization, TheOutputsQuantilesAreTheStandardLandmarks)
{
  const auto image = this->Head();
  const auto filter = this->FilterOf(image.GetPointer());
  filter->Update();
  const auto learner = LearnerOf(filter->GetOutput());
  learner->Update();
  const auto & values = learner->GetQuantiles().values;
  for (std::size_t i = 0; i < Standard.size(); ++i)
  {
    // Two neighbours of the ranked intensities are at most 20 apart here (2-D: 84 voxels of deviation 50), and the
    // steepest segment has a slope below 0.4.
    EXPECT_NEAR(values[i], Standard[i], 2.0) << i;
  }
  EXPECT_EQ(values.front(), Standard.front()); // the extremes are voxels
  EXPECT_EQ(values.back(), Standard.back());
}

TYPED_TEST(QuantileNormalization, NeverFalls)
{
  const auto image = this->Head();
  const auto filter = this->FilterOf(image.GetPointer());
  filter->Update();
  const auto                           pixels = PixelsOf(filter->GetOutput());
  std::vector<std::pair<float, float>> pairs;
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    pairs.emplace_back(Intensity(i), pixels[i]);
  }
  std::sort(pairs.begin(), pairs.end());
  for (std::size_t i = 1; i < pairs.size(); ++i)
  {
    ASSERT_LE(pairs[i - 1].second, pairs[i].second);
  }
}

TYPED_TEST(QuantileNormalization, IsInvariantToGainAndOffset)
{
  const auto image = this->Head();
  const auto expected = this->FilterOf(image.GetPointer());
  expected->Update();
  const auto other =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return 0.25F * Intensity(i) - 32.0F; });
  const auto filter = this->FilterOf(other.GetPointer());
  filter->Update();
  const auto pixels = PixelsOf(filter->GetOutput());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    // the other image is rounded to float at a size of 140, where a slope is below 4
    ASSERT_NEAR(pixels[i], expected->GetOutput()->GetBufferPointer()[i], 4.0 * std::ldexp(140.0, -23));
  }
}

TYPED_TEST(QuantileNormalization, InverseUndoesIt)
{
  const auto image = this->Head();
  const auto forward = this->FilterOf(image.GetPointer());
  const auto backward = TestFixture::Filter::New();
  backward->SetInput(forward->GetOutput());
  backward->SetLandmarks(forward->GetLandmarks());
  backward->SetStandardLandmarks(Standard);
  backward->InverseOn();
  backward->Update();
  const auto pixels = PixelsOf(backward->GetOutput());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    // y, below 32, is rounded to float; the flattest segment has a slope above 1 / 200
    ASSERT_NEAR(pixels[i], Intensity(i), 200.0 * std::ldexp(32.0, -24) + std::ldexp(600.0, -24));
  }
}

TYPED_TEST(QuantileNormalization, InverseOfWhatLostIntensitiesIsRefused)
{
  const auto image = this->Head();
  const auto flat = this->FilterOf(image.GetPointer(), { 0.0, 0.0, 1.0, 2.0, 3.0, 4.0 });
  flat->InverseOn();
  EXPECT_NE(MessageOf([&] { flat->Update(); }).find("two of them coincide"), std::string::npos);
  const auto kept = this->FilterOf(image.GetPointer());
  kept->InverseOn();
  kept->SetOutside(OutsideMask::Keep);
  EXPECT_NE(MessageOf([&] { kept->Update(); }).find("Inverse needs Outside Transform"), std::string::npos);
}

TYPED_TEST(QuantileNormalization, TheOutsideIsTransformedKeptOrZero)
{
  const auto image = this->Head();
  const auto mask = MakeImage<itk::Image<unsigned char, TypeParam::ImageDimension>>(
    SmallSize<TypeParam>(), [](std::size_t i) { return i % 3 == 0 ? 0 : 1; });
  const auto all = this->FilterOf(image.GetPointer());
  all->Update();
  for (const auto outside : { OutsideMask::Transform, OutsideMask::Keep, OutsideMask::Zero })
  {
    const auto filter = this->FilterOf(image.GetPointer());
    filter->SetMaskImage(mask);
    filter->SetOutside(outside);
    filter->Update();
    const auto pixels = PixelsOf(filter->GetOutput());
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      const float mapped = all->GetOutput()->GetBufferPointer()[i];
      ASSERT_EQ(pixels[i],
                i % 3 != 0 || outside == OutsideMask::Transform ? mapped
                : outside == OutsideMask::Keep                  ? Intensity(i)
                                                                : 0.0F);
    }
  }
}

TYPED_TEST(QuantileNormalization, WithItsLearnerStreamsAndHasTheSameBitsForAnyDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[TypeParam::ImageDimension - 1] = 14;
  const auto image = MakeImage<TypeParam>(size, Intensity);
  const auto whole = this->FilterOf(image.GetPointer());
  whole->Update();
  const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
  source->SetInput(image);
  source->InPlaceOff();
  for (const unsigned int divisions : { 1U, 7U })
  {
    source->Modified();
    const auto sourceMonitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
    sourceMonitor->SetInput(source->GetOutput());
    const auto learner = LearnerOf(sourceMonitor->GetOutput());
    learner->SetNumberOfStreamDivisions(divisions);
    const auto filter = TestFixture::Filter::New();
    filter->SetInput(sourceMonitor->GetOutput());
    filter->SetLandmarksInput(learner->GetQuantilesOutput());
    filter->SetStandardLandmarks(Standard);
    const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
    monitor->SetInput(filter->GetOutput());
    const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
    streamer->SetInput(monitor->GetOutput());
    streamer->SetNumberOfStreamDivisions(divisions);
    streamer->Update();
    EXPECT_TRUE(SameBits(PixelsOf(streamer->GetOutput()), PixelsOf(whole->GetOutput())));
    EXPECT_TRUE(monitor->VerifyAllInputCanStream(static_cast<int>(divisions)));
    // The learner reads the source twice, then each piece is read once more; undivided, its one piece is still there.
    EXPECT_EQ(sourceMonitor->GetNumberOfUpdates(), divisions == 1 ? 1U : 3 * divisions);
  }
}

TYPED_TEST(QuantileNormalization, WhatIsNotFinitePassesThroughAndWhatIsStaysSo)
{
  const auto          image = MakeImage<TypeParam>(SmallSize<TypeParam>(),
                                          [](std::size_t i)
                                          {
                                            return i == 3   ? NaN
                                                            : i == 4 ? Infinity
                                                            : i == 5 ? -Infinity
                                                            : i == 6 ? std::numeric_limits<float>::max()
                                                            : i == 7 ? std::numeric_limits<float>::lowest()
                                                                     : Intensity(i);
                                          });
  const auto          filter = this->FilterOf(image.GetPointer());
  itk::ImageQuantiles landmarks;
  landmarks.values = { 1.0, 2.0, 3.0, 4.0, 5.0, 6.0 };
  filter->SetLandmarks(landmarks);
  filter->Update();
  const auto pixels = PixelsOf(filter->GetOutput());
  EXPECT_TRUE(std::isnan(pixels[3]));
  EXPECT_EQ(pixels[4], Infinity);
  EXPECT_EQ(pixels[5], -Infinity);
  EXPECT_EQ(pixels[6], std::numeric_limits<float>::max());
  EXPECT_EQ(pixels[7], std::numeric_limits<float>::lowest());
}

TYPED_TEST(QuantileNormalization, AConstantImageAndAnEmptyMaskAreDefined)
{
  const auto constant = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t) { return 7.0F; });
  const auto shifted = this->FilterOf(constant.GetPointer());
  shifted->Update();
  double mean = 0.0;
  for (const double landmark : Standard)
  {
    mean += landmark / static_cast<double>(Standard.size());
  }
  for (const float pixel : PixelsOf(shifted->GetOutput()))
  {
    ASSERT_NEAR(pixel, mean, 1e-6); // rounding to float
  }

  const auto image = this->Head();
  const auto mask = MakeImage<itk::Image<unsigned char, TypeParam::ImageDimension>>(SmallSize<TypeParam>(),
                                                                                    [](std::size_t) { return 0; });
  const auto learner = LearnerOf(image.GetPointer());
  learner->SetMaskImage(mask);
  const auto filter = TestFixture::Filter::New();
  filter->SetInput(image);
  filter->SetLandmarksInput(learner->GetQuantilesOutput());
  filter->SetStandardLandmarks(Standard);
  filter->Update();
  EXPECT_TRUE(SameBits(PixelsOf(filter->GetOutput()), PixelsOf(image.GetPointer())));
}

TEST(QuantileNormalizationErrors, NameTheParameter)
{
  using Image = itk::Image<float, 2>;
  const auto image = MakeImage<Image>({ { 5, 4 } }, Intensity);
  const auto filter = itk::QuantileNormalizationImageFilter<Image>::New();
  filter->SetInput(image);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Landmarks"), std::string::npos);
  itk::ImageQuantiles landmarks;
  landmarks.values = { 1.0, 2.0 };
  filter->SetLandmarks(landmarks);
  filter->SetStandardLandmarks({ 1.0, 2.0, 3.0 });
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("There are 2 landmarks, but 3 StandardLandmarks."),
            std::string::npos);
  filter->SetStandardLandmarks({ 2.0, 1.0 });
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("StandardLandmarks must never fall"), std::string::npos);
}

TEST(QuantileNormalizationErrors, AnInputThatAFilterReleasedIsNotReadAgain)
{
  using Image = itk::Image<float, 3>;
  const auto image = MakeImage<Image>({ { 9, 7, 5 } }, Intensity);
  const auto releases = itk::PipelineMonitorImageFilter<Image>::New(); // its input, also one in memory
  releases->SetInput(image);
  const auto learner = LearnerOf(image.GetPointer());
  learner->SetNumberOfStreamDivisions(4);
  const auto filter = itk::QuantileNormalizationImageFilter<Image>::New();
  filter->SetInput(releases->GetOutput());
  filter->SetLandmarksInput(learner->GetQuantilesOutput());
  filter->SetStandardLandmarks(Standard);
  const auto streamed = itk::StreamingImageFilter<Image, Image>::New();
  streamed->SetInput(filter->GetOutput());
  streamed->SetNumberOfStreamDivisions(3);
  streamed->Update();
  learner->MedianAbsoluteDeviationOn();
  EXPECT_NE(MessageOf([&] { streamed->Update(); }).find("must hold the region that is read"), std::string::npos);
}
} // namespace
