#include "itkForegroundSink.h"

#include "FilterTest.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkRunMaskImageSource.h"
#include "itkShiftScaleImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::ForegroundRule;
using Volume = itk::Image<float, 3>;
using Mask = itk::Image<unsigned char, 3>;

constexpr float NaN = std::numeric_limits<float>::quiet_NaN();

constexpr Volume::SizeType HeadSize{ { 40, 44, 36 } };

enum Part
{
  AirPart,
  HeadPart,
  CavityPart, ///< inside the head, without a way out
  SpeckPart   ///< far from the head, 27 voxels
};

Part
PartAt(std::size_t i)
{
  const double x = static_cast<double>(i % 40) - 20.0;
  const double y = static_cast<double>(i / 40 % 44) - 22.0;
  const double z = static_cast<double>(i / 40 / 44) - 18.0;
  const double radius = std::sqrt(x * x + 0.8 * y * y + z * z);
  if (std::max({ std::abs(x - 17.0), std::abs(y - 19.0), std::abs(z - 15.0) }) <= 1.0)
  {
    return SpeckPart;
  }
  return radius < 5.0 ? CavityPart : radius < 14.0 ? HeadPart : AirPart;
}

/** Air 0 to 8, head 80 to 160: what MR magnitude looks like. */
float
MagnitudeAt(std::size_t i)
{
  Random     random(i + 1);
  const auto part = PartAt(i);
  return static_cast<float>(part == AirPart || part == CavityPart ? random.Uniform(0.0, 8.0) : random.Uniform(80, 160));
}

template <typename TFunction>
Volume::Pointer
Head(TFunction && f)
{
  return MakeImage<Volume>(HeadSize, f);
}

struct Result
{
  Mask::Pointer          mask;
  itk::ForegroundSummary summary;
};

template <typename TImage>
auto
SinkOf(const TImage * image, ForegroundRule rule = ForegroundRule::Automatic)
{
  const auto sink = itk::ForegroundSink<TImage>::New();
  sink->SetInput(image);
  sink->SetRule(rule);
  return sink;
}

template <typename TImage>
auto
SourceOf(itk::ForegroundSink<TImage> * sink)
{
  const auto source = itk::RunMaskImageSource<itk::Image<unsigned char, TImage::ImageDimension>>::New();
  source->SetRunsInput(sink->GetRunsOutput());
  source->SetGrid(sink->GetInput());
  return source;
}

Result
MaskOf(const Volume * image, ForegroundRule rule = ForegroundRule::Automatic)
{
  const auto sink = SinkOf(image, rule);
  const auto source = SourceOf(sink.GetPointer());
  source->Update();
  return { source->GetOutput(), sink->GetSummary() };
}

/** 1 for head and cavity. */
std::vector<unsigned char>
WholeHead()
{
  std::vector<unsigned char> mask(HeadSize[0] * HeadSize[1] * HeadSize[2]);
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    mask[i] = PartAt(i) == HeadPart || PartAt(i) == CavityPart;
  }
  return mask;
}

std::uint64_t
CountOf(const std::vector<unsigned char> & mask)
{
  return static_cast<std::uint64_t>(std::count(mask.begin(), mask.end(), 1));
}

TEST(ForegroundSink, OfAHeadInNoisyAirIsTheHeadWithItsCavity)
{
  const auto result = MaskOf(Head(MagnitudeAt));
  EXPECT_EQ(result.summary.rule, ForegroundRule::LogOtsu);
  EXPECT_GT(result.summary.threshold, 8.0);
  EXPECT_LT(result.summary.threshold, 80.0);
  EXPECT_EQ(result.summary.components, 1u); // the speck is dropped
  EXPECT_EQ(result.summary.voxels, CountOf(WholeHead()));
  EXPECT_EQ(PixelsOf(result.mask.GetPointer()), WholeHead());
}

TEST(ForegroundSink, TakesAirSetToZeroLikeNoisyAir)
{
  const auto result = MaskOf(Head([](std::size_t i) { return MagnitudeAt(i) < 10.0F ? 0.0F : MagnitudeAt(i); }));
  EXPECT_EQ(result.summary.rule, ForegroundRule::LogOtsu);
  EXPECT_EQ(PixelsOf(result.mask.GetPointer()), WholeHead());
}

TEST(ForegroundSink, KeepsTheGridOfTheImage)
{
  const auto head = Head(MagnitudeAt);
  EXPECT_TRUE(SameGrid(MaskOf(head).mask.GetPointer(), head.GetPointer()));
}

TEST(ForegroundSink, OfCTIsWhatLiesAboveMinus500)
{
  const auto hounsfield = [](std::size_t i)
  {
    const auto part = PartAt(i);
    return part == AirPart || part == CavityPart ? -1000.0F + MagnitudeAt(i) : MagnitudeAt(i) - 120.0F;
  };
  const auto result = MaskOf(Head(hounsfield));
  EXPECT_EQ(result.summary.rule, ForegroundRule::Air);
  EXPECT_EQ(result.summary.threshold, -500.0);
  EXPECT_EQ(PixelsOf(result.mask.GetPointer()), WholeHead());
}

TEST(ForegroundSink, OfAnImageWithManyNegativesTakesOtsu)
{
  const auto result = MaskOf(Head([](std::size_t i) { return MagnitudeAt(i) - 50.0F; })); // air at -50
  EXPECT_EQ(result.summary.rule, ForegroundRule::Otsu);
  EXPECT_EQ(PixelsOf(result.mask.GetPointer()), WholeHead());
}

TEST(ForegroundSink, OfAnImageWithFewNegativesTakesLogOtsu)
{
  const auto result = MaskOf(Head([](std::size_t i) { return i % 1000 == 0 ? -300.0F : MagnitudeAt(i); }));
  EXPECT_EQ(result.summary.rule, ForegroundRule::LogOtsu);
  EXPECT_EQ(PixelsOf(result.mask.GetPointer()), WholeHead()); // negatives inside are holes, and filled
}

TEST(ForegroundSink, IsInvariantToAGain)
{
  for (const float gain : { 0x1p-20F, 0x1p10F, 0.013F, 777.7F })
  {
    const auto image = Head([gain](std::size_t i) { return gain * MagnitudeAt(i); });
    for (const auto rule : { ForegroundRule::LogOtsu, ForegroundRule::Otsu })
    {
      EXPECT_EQ(PixelsOf(MaskOf(image, rule).mask.GetPointer()),
                PixelsOf(MaskOf(Head(MagnitudeAt), rule).mask.GetPointer()))
        << gain;
    }
  }
}

TEST(ForegroundSink, ByOtsuIsInvariantToAnOffset)
{
  const auto expected = PixelsOf(MaskOf(Head(MagnitudeAt), ForegroundRule::Otsu).mask.GetPointer());
  for (const float offset : { -1000.0F, -100.0F, -30.0F, 50.0F, 500.0F })
  {
    const auto  image = Head([offset](std::size_t i) { return MagnitudeAt(i) + offset; });
    const auto  pixels = PixelsOf(MaskOf(image, ForegroundRule::Otsu).mask.GetPointer());
    std::size_t different = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      different += pixels[i] != expected[i];
    }
    // An offset of several times the range coarsens the sketch, and the brightest air at the head's rim is let in.
    EXPECT_LE(different, std::abs(offset) > 160.0F ? CountOf(expected) / 100 : 0) << offset;
  }
}

TEST(ForegroundSink, KeepsComponentsFromTheFractionOn)
{
  const auto head = Head(MagnitudeAt);
  double     headVoxels = 0.0; // sizes are compared before holes are filled
  for (std::size_t i = 0; i < HeadSize[0] * HeadSize[1] * HeadSize[2]; ++i)
  {
    headVoxels += PartAt(i) == HeadPart;
  }
  const double share = 27.0 / headVoxels;
  for (const double factor : { 0.99, 1.01 })
  {
    const auto sink = SinkOf(head.GetPointer());
    sink->SetComponentFraction(factor * share);
    sink->Update();
    EXPECT_EQ(sink->GetSummary().components, factor < 1.0 ? 2u : 1u);
    EXPECT_EQ(sink->GetSummary().voxels, CountOf(WholeHead()) + (factor < 1.0 ? 27 : 0));
  }
}

TEST(ForegroundSink, LeavesACavityOpenThatReachesTheBorder)
{
  // A channel from the cavity along +x to the border of the grid.
  const auto channel = [](std::size_t i)
  { return i % 40 >= 20 && i / 40 % 44 == 22 && i / 40 / 44 == 18 && PartAt(i) != SpeckPart; };
  const auto mask = MaskOf(Head([&](std::size_t i) { return channel(i) ? 0.0F : MagnitudeAt(i); })).mask;
  const auto pixels = PixelsOf(mask.GetPointer());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    ASSERT_EQ(pixels[i], PartAt(i) == HeadPart && !channel(i)) << i;
  }
}

TEST(ForegroundSink, NeverTakesNonFinitePixelsForForeground)
{
  const auto spoiled = [](std::size_t i)
  {
    const float bad[] = { NaN, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity() };
    return PartAt(i) == AirPart && i % 7 == 0 ? bad[i % 3] : MagnitudeAt(i);
  };
  EXPECT_EQ(PixelsOf(MaskOf(Head(spoiled)).mask.GetPointer()), WholeHead());
  const auto all = MaskOf(Head(spoiled), ForegroundRule::All);
  const auto pixels = PixelsOf(all.mask.GetPointer());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    ASSERT_EQ(pixels[i], PartAt(i) != AirPart || i % 7 != 0) << i;
  }
  EXPECT_EQ(MaskOf(Head([](std::size_t) { return NaN; })).summary.voxels, 0u);
}

TEST(ForegroundSink, OfAConstantImageIsAllOfIt)
{
  const std::uint64_t everything = HeadSize[0] * HeadSize[1] * HeadSize[2];
  for (const float value : { 100.0F, 1e-20F, -5.0F, -3000.0F })
  {
    EXPECT_EQ(MaskOf(Head([value](std::size_t) { return value; })).summary.voxels, everything) << value;
  }
}

TEST(ForegroundSink, OfZerosOrOfAirAloneIsEmpty)
{
  for (const float value : { 0.0F, -1000.0F })
  {
    const auto result = MaskOf(Head([value](std::size_t) { return value; }));
    EXPECT_EQ(result.summary.voxels, 0u) << value;
    EXPECT_EQ(result.summary.components, 0u) << value;
  }
}

TEST(ForegroundSink, OfAnImageWithoutThreeSpatialAxesIsAllOfIt)
{
  const auto plane = MakeImage<itk::Image<float, 2>>({ { 40, 44 } }, [](std::size_t i) { return i % 3 == 0 ? 0 : 90; });
  const auto planar = SinkOf(plane.GetPointer());
  planar->Update();
  EXPECT_EQ(planar->GetSummary().rule, ForegroundRule::All);
  EXPECT_EQ(planar->GetSummary().threshold, -std::numeric_limits<double>::infinity());
  EXPECT_EQ(planar->GetSummary().voxels, 40u * 44u);

  // A fourth axis is time: a film of planes still has two.
  const auto film = MakeImage<itk::Image<short, 4>>({ { 40, 44, 1, 9 } }, [](std::size_t i) { return i % 97; });
  const auto filmed = SinkOf(film.GetPointer());
  filmed->Update();
  EXPECT_EQ(filmed->GetSummary().rule, ForegroundRule::All);
  EXPECT_EQ(filmed->GetSummary().voxels, film->GetLargestPossibleRegion().GetNumberOfPixels());
}

TEST(ForegroundSink, OfAVolumeIsThatOfTheSameVolumeWithOneFrame)
{
  const auto frame = MakeImage<itk::Image<float, 4>>({ { HeadSize[0], HeadSize[1], HeadSize[2], 1 } }, MagnitudeAt);
  const auto sink = SinkOf(frame.GetPointer());
  const auto source = SourceOf(sink.GetPointer());
  source->Update();
  EXPECT_EQ(sink->GetSummary().rule, ForegroundRule::LogOtsu);
  EXPECT_EQ(PixelsOf(source->GetOutput()), WholeHead());
}

TEST(ForegroundSink, HasTheSameBitsForAnyThreadsAndDivisions)
{
  const auto head = Head(MagnitudeAt);
  for (const unsigned int units : { 1u, 2u, 3u, 7u })
  {
    for (const unsigned int divisions : { 1u, 5u, 64u })
    {
      const auto sink = SinkOf(head.GetPointer());
      sink->SetNumberOfWorkUnits(units);
      sink->SetNumberOfStreamDivisions(divisions);
      const auto source = SourceOf(sink.GetPointer());
      source->SetNumberOfWorkUnits(units);
      source->Update();
      EXPECT_EQ(PixelsOf(source->GetOutput()), WholeHead()) << units << ' ' << divisions;
    }
  }
}

TEST(ForegroundSink, ReadsTheImageTwiceAndTheMaskOfAnyRegionNoMore)
{
  const auto gain = itk::ShiftScaleImageFilter<Volume, Volume>::New();
  gain->SetInput(Head(MagnitudeAt));
  const auto monitor = itk::PipelineMonitorImageFilter<Volume>::New();
  monitor->SetInput(gain->GetOutput());
  const auto sink = SinkOf(monitor->GetOutput());
  sink->SetNumberOfStreamDivisions(4);
  const auto source = SourceOf(sink.GetPointer());
  auto *     mask = source->GetOutput();
  mask->UpdateOutputInformation();
  auto region = mask->GetLargestPossibleRegion();
  for (const auto & [x, z] : { std::pair{ 0, 20 }, { 11, 3 } })
  {
    region.SetIndex(0, mask->GetLargestPossibleRegion().GetIndex(0) + x);
    region.SetSize(0, 17);
    region.SetIndex(2, mask->GetLargestPossibleRegion().GetIndex(2) + z);
    region.SetSize(2, 5);
    mask->SetRequestedRegion(region);
    mask->PropagateRequestedRegion();
    mask->UpdateOutputData();
    EXPECT_EQ(monitor->GetNumberOfUpdates(), 8u);
    const auto pixels = PixelsOf(mask);
    const auto whole = WholeHead();
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      const auto place = (i % 17 + static_cast<std::size_t>(x)) + i / 17 % 44 * 40 +
                         (i / 17 / 44 + static_cast<std::size_t>(z)) * 40 * 44;
      ASSERT_EQ(pixels[i], whole[place]) << i;
    }
  }
}

TEST(ForegroundSinkErrors, RunsOfAnotherRegionOrNoGridAreRefused)
{
  const auto head = Head(MagnitudeAt);
  const auto sink = SinkOf(head.GetPointer());
  const auto source = SourceOf(sink.GetPointer());
  source->SetGrid(MakeImage<Volume>({ { 40, 44, 35 } }, MagnitudeAt));
  EXPECT_NE(MessageOf([&] { source->Update(); }).find("not those of a mask of the Grid's region"), std::string::npos);
  source->SetGrid(nullptr);
  EXPECT_NE(MessageOf([&] { source->Update(); }).find("Grid is not set"), std::string::npos);
}

TEST(ForegroundSinkErrors, AComponentFractionOutsideItsBoundsIsNamed)
{
  const auto sink = SinkOf(Head(MagnitudeAt).GetPointer());
  for (const double fraction : { -0.01, 1.01, std::nan("") })
  {
    sink->SetComponentFraction(fraction);
    EXPECT_NE(MessageOf([&] { sink->Update(); }).find("ComponentFraction must be in [0, 1], got "), std::string::npos);
  }
  for (const double fraction : { 0.0, 1.0 })
  {
    sink->SetComponentFraction(fraction);
    EXPECT_EQ(MessageOf([&] { sink->Update(); }), "");
  }
}
} // namespace
