#include "itkImageStatisticsSink.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;

template <typename TImage>
struct MaskFor
{
  using Type = itk::Image<unsigned char, TImage::ImageDimension>;
};

template <typename TImage>
auto
SinkOf(const TImage * image, const typename MaskFor<TImage>::Type * mask = nullptr)
{
  const auto sink = itk::ImageStatisticsSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->CollectQuantilesOn();
  return sink;
}

template <typename TImage>
std::shared_ptr<const itk::ImageStatistics>
StatisticsOf(const TImage * image, const typename MaskFor<TImage>::Type * mask = nullptr)
{
  const auto sink = SinkOf(image, mask);
  sink->Update();
  return sink->GetStatistics();
}

void
ExpectSameStatistics(const itk::ImageStatistics & a, const itk::ImageStatistics & b)
{
  EXPECT_EQ(a.moments.Count(), b.moments.Count());
  EXPECT_TRUE(SameBits(a.moments.Mean(), b.moments.Mean()));
  EXPECT_TRUE(SameBits(a.moments.Variance(), b.moments.Variance()));
  EXPECT_EQ(a.voxels, b.voxels);
  EXPECT_EQ(a.nan, b.nan);
  EXPECT_EQ(a.infinite, b.infinite);
  EXPECT_EQ(a.nonPositive, b.nonPositive);
  EXPECT_EQ(a.sketch.Count(), b.sketch.Count());
  for (const double p : { 0.0, 0.01, 0.5, 0.99, 1.0 })
  {
    EXPECT_TRUE(SameBits(a.sketch.Quantile(p), b.sketch.Quantile(p)));
  }
}

float
Noise(std::size_t i)
{
  return static_cast<float>(Random(i).Normal(100.0 + static_cast<double>(i % 13), 30.0));
}

template <typename TImage>
class ImageStatisticsSink : public ::testing::Test
{
protected:
  /** `last`: extent of the last axis, which has 70 rows or slabs to stream; others are short. */
  static typename TImage::SizeType
  LongSize(unsigned int last = 70)
  {
    auto size = SmallSize<TImage>();
    size[TImage::ImageDimension - 1] = last;
    return size;
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(ImageStatisticsSink, Images);

TYPED_TEST(ImageStatisticsSink, WithoutAMaskCountsEveryVoxelAsWithAFullOne)
{
  using Mask = typename MaskFor<TypeParam>::Type;
  const auto image = MakeImage<TypeParam>(this->LongSize(), Noise);
  const auto mask = MakeImage<Mask>(this->LongSize(), [](std::size_t) { return 200; });
  const auto statistics = StatisticsOf(image.GetPointer());
  EXPECT_EQ(statistics->voxels, image->GetLargestPossibleRegion().GetNumberOfPixels());
  ExpectSameStatistics(*statistics, *StatisticsOf(image.GetPointer(), mask.GetPointer()));
}

TYPED_TEST(ImageStatisticsSink, HasTheSameBitsForAnyThreadsAndDivisions)
{
  using Mask = typename MaskFor<TypeParam>::Type;
  const auto image = MakeImage<TypeParam>(this->LongSize(), Noise);
  const auto mask = MakeImage<Mask>(this->LongSize(), [](std::size_t i) { return Random(i).Bits() % 3; });
  const auto expected = StatisticsOf(image.GetPointer(), mask.GetPointer());

  // A filter that allocates only what is asked of it, and a witness.
  const auto upstream = itk::CastImageFilter<TypeParam, TypeParam>::New();
  upstream->SetInput(image);
  upstream->InPlaceOff();
  const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
  monitor->SetInput(upstream->GetOutput());
  for (const unsigned int threads : { 1u, 2u, 3u, 7u })
  {
    for (const unsigned int divisions : { 1u, 5u, 64u })
    {
      const auto sink = SinkOf(monitor->GetOutput(), mask.GetPointer());
      sink->SetNumberOfWorkUnits(threads);
      sink->SetNumberOfStreamDivisions(divisions);
      sink->Update();
      SCOPED_TRACE(std::to_string(threads) + " threads, " + std::to_string(divisions) + " divisions");
      ExpectSameStatistics(*sink->GetStatistics(), *expected);
      EXPECT_EQ(monitor->GetNumberOfUpdates(), divisions == 64 ? 35u : divisions); // slabs of 2 of the 70
      EXPECT_TRUE(monitor->VerifyInputFilterBufferedRequestedRegions());
      EXPECT_TRUE(monitor->VerifyInputFilterMatchedRequestedRegions());
      monitor->ClearPipelineSavedInformation();
      upstream->Modified();
    }
  }
}

TYPED_TEST(ImageStatisticsSink, AMaskOfExtentOneHoldsForTheWholeAxis)
{
  using Mask = typename MaskFor<TypeParam>::Type;
  const auto image = MakeImage<TypeParam>(this->LongSize(), Noise);
  const auto frame = MakeImage<Mask>(this->LongSize(1), [](std::size_t i) { return i % 3 == 1; });
  const auto voxels = frame->GetLargestPossibleRegion().GetNumberOfPixels();
  const auto repeated = MakeImage<Mask>(this->LongSize(), [=](std::size_t i) { return i % voxels % 3 == 1; });
  const auto expected = StatisticsOf(image.GetPointer(), repeated.GetPointer());
  EXPECT_LT(expected->voxels, image->GetLargestPossibleRegion().GetNumberOfPixels() / 2);
  for (const unsigned int divisions : { 1u, 5u })
  {
    const auto sink = SinkOf(image.GetPointer(), frame.GetPointer());
    sink->SetNumberOfStreamDivisions(divisions);
    sink->Update();
    ExpectSameStatistics(*sink->GetStatistics(), *expected);
  }
}

TYPED_TEST(ImageStatisticsSink, OfASingleRowDoesNotDependOnDivisions)
{
  auto size = SmallSize<TypeParam>();
  size.Fill(1);
  size[0] = 5000;
  const auto image = MakeImage<TypeParam>(size, Noise);
  const auto sink = SinkOf(image.GetPointer());
  sink->SetNumberOfStreamDivisions(64);
  sink->SetNumberOfWorkUnits(7);
  sink->Update();
  itk::MomentAccumulator row;
  row.Add(image->GetBufferPointer(), static_cast<const unsigned char *>(nullptr), 5000);
  EXPECT_EQ(sink->GetStatistics()->voxels, 5000u);
  EXPECT_TRUE(SameBits(sink->GetMoments().mean, row.Mean()));
  EXPECT_TRUE(SameBits(sink->GetMoments().variance, row.Variance()));
}

TYPED_TEST(ImageStatisticsSink, OfARampIsItsClosedForm)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i; });
  const auto n = static_cast<double>(image->GetLargestPossibleRegion().GetNumberOfPixels());
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  EXPECT_EQ(sink->GetMoments().mean, 0.5 * (n - 1.0));
  EXPECT_NEAR(sink->GetMoments().variance, (n * n - 1.0) / 12.0, 1e-14 * n * n); // some 50 roundings
  EXPECT_EQ(sink->GetStatistics()->nonPositive, 1u);
  EXPECT_NEAR(sink->GetStatistics()->sketch.Quantile(0.5), 0.5 * n, 0.5 * n / 512.0 + 1.0); // the sketch's bound
}

using Volume = itk::Image<float, 3>;
using VolumeMask = itk::Image<unsigned char, 3>;

TEST(ImageStatisticsSinkVolume, CountsNonFiniteVoxelsInsideTheMaskAndSkipsThem)
{
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float     values[] = { 2.0F, -1.0F, 0.0F, infinity, -infinity, std::nanf(""), 5.0F, 1e30F };
  const auto      image = MakeImage<Volume>({ { 2, 2, 2 } }, [&](std::size_t i) { return values[i]; });
  const auto      mask = MakeImage<VolumeMask>({ { 2, 2, 2 } }, [](std::size_t i) { return i < 7; });
  const auto      statistics = StatisticsOf(image.GetPointer(), mask.GetPointer());
  EXPECT_EQ(statistics->voxels, 7u);
  EXPECT_EQ(statistics->nan, 1u);
  EXPECT_EQ(statistics->infinite, 2u);
  EXPECT_EQ(statistics->nonPositive, 3u); // -1, 0 and -infinity
  EXPECT_EQ(statistics->moments.Count(), 4u);
  EXPECT_EQ(statistics->moments.Mean(), 1.5);
  EXPECT_EQ(statistics->sketch.Count(), 4u);
  EXPECT_EQ(statistics->sketch.Maximum(), 5.0);
}

TEST(ImageStatisticsSinkVolume, OfAnEmptyMaskIsCountZeroAndNaNWithoutAnException)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto mask = MakeImage<VolumeMask>(SmallSize<Volume>(), [](std::size_t) { return 0; });
  const auto sink = SinkOf(image.GetPointer(), mask.GetPointer());
  EXPECT_NO_THROW(sink->Update());
  EXPECT_EQ(sink->GetStatistics()->moments.Count(), 0u);
  EXPECT_TRUE(std::isnan(sink->GetMoments().mean));
  EXPECT_TRUE(std::isnan(sink->GetMoments().variance));
}

TEST(ImageStatisticsSinkVolume, IsNullBeforeTheFirstUpdateAndWithoutQuantilesUnlessAskedFor)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto sink = itk::ImageStatisticsSink<Volume>::New();
  sink->SetInput(image);
  EXPECT_EQ(sink->GetStatistics(), nullptr);
  sink->Update();
  EXPECT_EQ(sink->GetStatistics()->sketch.Count(), 0u);
  EXPECT_EQ(sink->GetStatistics()->voxels, image->GetLargestPossibleRegion().GetNumberOfPixels());
}

TEST(ImageStatisticsSinkVolume, ASecondUpdateForgetsTheFirst)
{
  const auto image = MakeImage<Volume>(SmallSize<Volume>(), Noise);
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  image->FillBuffer(3.0F);
  image->Modified();
  sink->Update();
  EXPECT_EQ(sink->GetStatistics()->voxels, image->GetLargestPossibleRegion().GetNumberOfPixels());
  EXPECT_EQ(sink->GetMoments(), (itk::MeanAndVariance{ 3.0, 0.0, sink->GetStatistics()->voxels }));
}

TEST(ImageStatisticsSinkVolume, MeasuresIntegersAsTheyAre)
{
  const auto image =
    MakeImage<itk::Image<short, 3>>({ { 3, 1, 1 } }, [](std::size_t i) { return i == 1 ? -32768 : 32767; });
  const auto statistics = StatisticsOf(image.GetPointer());
  EXPECT_EQ(statistics->moments.Mean(), 32766.0 / 3.0);
  EXPECT_EQ(statistics->sketch.Minimum(), -32768.0);
}

TEST(ImageStatisticsSinkErrors, AMaskOfAnotherSizeIsNamedWithBothSizes)
{
  const auto image = MakeImage<Volume>({ { 6, 5, 4 } }, Noise);
  const auto mask = MakeImage<VolumeMask>({ { 6, 4, 4 } }, [](std::size_t) { return 1; });
  const auto sink = SinkOf(image.GetPointer(), mask.GetPointer());
  const auto message = MessageOf([&] { sink->Update(); });
  EXPECT_NE(message.find("MaskImage must cover the image's region or have extent 1 along axis 1: image [6, 5, 4] from "
                         "[5, -3, 11], MaskImage [6, 4, 4] from [5, -3, 11]."),
            std::string::npos)
    << message;
}
} // namespace
