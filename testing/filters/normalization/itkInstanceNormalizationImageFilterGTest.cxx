#include "itkInstanceNormalizationImageFilter.h"

#include "FilterTest.h"
#include "Golden.h"

#include "itkCastImageFilter.h"
#include "itkImageStatisticsSink.h"
#include "itkInstanceMomentsSink.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::MeanAndVariance;
using itk::OutsideMask;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double Infinity = std::numeric_limits<double>::infinity();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
MeanAndVariance
MomentsOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = itk::ImageStatisticsSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->Update();
  return sink->GetMoments();
}

template <typename TImage>
auto
FilterOf(const TImage * image, const MeanAndVariance & moments)
{
  const auto filter = itk::InstanceNormalizationImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetMoments(moments);
  return filter;
}

/** By the image's own moments. */
template <typename TImage>
std::vector<typename TImage::PixelType>
Normalized(const TImage * image, double epsilon = 1e-5)
{
  const auto filter = FilterOf(image, MomentsOf(image));
  filter->SetEpsilon(epsilon);
  filter->Update();
  return PixelsOf(filter->GetOutput());
}

template <typename TImage>
class InstanceNormalization : public ::testing::Test
{
protected:
  static double
  Intensity(std::size_t i)
  {
    return Random(i).Normal(400.0, 50.0);
  }
};
using Images = ::testing::Types<itk::Image<double, 2>, itk::Image<double, 3>, itk::Image<double, 4>>;
TYPED_TEST_SUITE(InstanceNormalization, Images);

TYPED_TEST(InstanceNormalization, GivesMeanBetaAndDeviationGamma)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto filter = FilterOf(image.GetPointer(), MomentsOf(image.GetPointer()));
  filter->SetEpsilon(0.0);
  filter->SetGamma(3.0);
  filter->SetBeta(-20.0);
  filter->Update();
  const auto moments = MomentsOf(filter->GetOutput());
  EXPECT_NEAR(moments.mean, -20.0, 1e-12); // rounding of doubles of size 20
  EXPECT_NEAR(moments.variance, 9.0, 1e-11);
}

TYPED_TEST(InstanceNormalization, KeepsTheGridOfTheImage)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto filter = FilterOf(image.GetPointer(), MomentsOf(image.GetPointer()));
  filter->Update();
  EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
}

TYPED_TEST(InstanceNormalization, IsInvariantToGainAndOffset)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto expected = Normalized(image.GetPointer());
  for (const auto & [gain, offset] : { std::pair{ 2.0, 0.0 }, { 0.5, 1000.0 }, { 37.0, -1e4 } })
  {
    const auto other = MakeImage<TypeParam>(
      SmallSize<TypeParam>(), [&, a = gain, b = offset](std::size_t i) { return a * this->Intensity(i) + b; });
    const auto pixels = Normalized(other.GetPointer());
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      // Epsilon / variance is below 1e-5 / (25^2), half of which, times 4 deviations, is 3.2e-8; a gain above 1 lowers
      // it.
      ASSERT_NEAR(pixels[i], expected[i], 4e-8) << gain << ' ' << offset;
    }
  }
}

TYPED_TEST(InstanceNormalization, InverseUndoesIt)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto forward = FilterOf(image.GetPointer(), MomentsOf(image.GetPointer()));
  forward->SetGamma(-0.7);
  forward->SetBeta(12.0);
  forward->SetEpsilon(3.0);
  const auto backward = FilterOf(forward->GetOutput(), MomentsOf(image.GetPointer()));
  backward->SetGamma(-0.7);
  backward->SetBeta(12.0);
  backward->SetEpsilon(3.0);
  backward->InverseOn();
  backward->Update();
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    // Some roundings of values of a few hundred.
    ASSERT_NEAR(backward->GetOutput()->GetBufferPointer()[i], image->GetBufferPointer()[i], 1e-12);
  }
}

TYPED_TEST(InstanceNormalization, TreatsVoxelsOutsideTheMaskAsAsked)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto mask =
    MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), [](std::size_t i) { return i % 5 == 2 ? 255 : 0; });
  const auto moments = MomentsOf(image.GetPointer(), mask.GetPointer());
  EXPECT_NE(moments.mean, MomentsOf(image.GetPointer()).mean);
  const auto plain = FilterOf(image.GetPointer(), moments);
  plain->Update();
  for (const auto outside : { OutsideMask::Transform, OutsideMask::Keep, OutsideMask::Zero })
  {
    const auto filter = FilterOf(image.GetPointer(), moments);
    filter->SetMaskImage(mask);
    filter->SetOutside(outside);
    filter->Update();
    for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
    {
      const double transformed = plain->GetOutput()->GetBufferPointer()[i];
      const double expected = i % 5 == 2 || outside == OutsideMask::Transform ? transformed
                              : outside == OutsideMask::Keep                  ? image->GetBufferPointer()[i]
                                                                              : 0.0;
      ASSERT_EQ(filter->GetOutput()->GetBufferPointer()[i], expected) << i;
    }
  }
}

TYPED_TEST(InstanceNormalization, AMaskOfExtentOneHoldsForTheWholeAxis)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  auto       maskSize = SmallSize<TypeParam>();
  maskSize[TypeParam::ImageDimension - 1] = 1;
  const auto mask = MakeImage<MaskOf<TypeParam>>(maskSize, [](std::size_t i) { return i % 2; });
  const auto frame = mask->GetLargestPossibleRegion().GetNumberOfPixels();
  const auto filter = FilterOf(image.GetPointer(), { 0.0, 1.0 });
  filter->SetMaskImage(mask);
  filter->SetOutside(OutsideMask::Zero);
  filter->Update();
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    ASSERT_EQ(filter->GetOutput()->GetBufferPointer()[i] != 0.0, i % frame % 2 == 1) << i;
  }
}

TYPED_TEST(InstanceNormalization, OfTwoPassesStreamsAndHasTheSameBitsForAnyDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[TypeParam::ImageDimension - 1] = 14;
  const auto image = MakeImage<TypeParam>(size, this->Intensity);
  const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
  source->SetInput(image);
  source->InPlaceOff();
  std::vector<std::vector<double>> results;
  for (const unsigned int divisions : { 1u, 7u })
  {
    source->Modified();
    const auto sourceMonitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
    sourceMonitor->SetInput(source->GetOutput());
    const auto sink = itk::InstanceMomentsSink<TypeParam>::New();
    sink->SetInput(sourceMonitor->GetOutput());
    sink->SetNumberOfStreamDivisions(divisions);
    const auto filter = itk::InstanceNormalizationImageFilter<TypeParam>::New();
    filter->SetInput(sourceMonitor->GetOutput());
    filter->SetMomentsInput(sink->GetMomentsOutput());
    const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
    monitor->SetInput(filter->GetOutput());
    const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
    streamer->SetInput(monitor->GetOutput());
    streamer->SetNumberOfStreamDivisions(divisions);
    streamer->Update();
    results.push_back(PixelsOf(streamer->GetOutput()));
    EXPECT_TRUE(monitor->VerifyAllInputCanStream(static_cast<int>(divisions)));
    // The learner reads the source once, then each piece is read once more; undivided, its one piece is still there.
    EXPECT_EQ(sourceMonitor->GetNumberOfUpdates(), divisions == 1 ? 1u : 2 * divisions);
    EXPECT_EQ(sink->GetMoments().moments.front(), MomentsOf(image.GetPointer()));
  }
  EXPECT_TRUE(SameBits(results[0], results[1]));
  EXPECT_TRUE(SameBits(results[0], Normalized(image.GetPointer())));
}

using Volume = itk::Image<float, 3>;
using VolumeMask = itk::Image<unsigned char, 3>;

TEST(InstanceNormalizationVolume, OfAConstantIsBetaAndItsInverseTheMean)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t) { return 0.1F; });
  const auto filter = FilterOf(image.GetPointer(), MomentsOf(image.GetPointer()));
  filter->SetBeta(7.0);
  for (const double epsilon : { 1e-5, 0.0 })
  {
    filter->SetEpsilon(epsilon);
    filter->Update();
    for (const float value : PixelsOf(filter->GetOutput()))
    {
      ASSERT_EQ(value, 7.0F);
    }
  }
  const auto inverse = FilterOf(filter->GetOutput(), MomentsOf(image.GetPointer()));
  inverse->SetBeta(7.0);
  inverse->InverseOn();
  inverse->Update();
  EXPECT_EQ(PixelsOf(inverse->GetOutput()), PixelsOf(image.GetPointer()));
}

TEST(InstanceNormalizationVolume, OfOneVoxelIsBeta)
{
  const auto image = MakeImage<Volume>({ { 1, 1, 1 } }, [](std::size_t) { return -123.0F; });
  EXPECT_EQ(Normalized(image.GetPointer()), std::vector<float>{ 0.0F });
}

TEST(InstanceNormalizationVolume, OfAnEmptyMaskIsBetaEverywhere)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto mask = MakeImage<VolumeMask>({ { 5, 4, 3 } }, [](std::size_t) { return 0; });
  const auto filter = FilterOf(image.GetPointer(), MomentsOf(image.GetPointer(), mask.GetPointer()));
  filter->SetBeta(2.0);
  filter->Update();
  EXPECT_EQ(PixelsOf(filter->GetOutput()), std::vector<float>(60, 2.0F));
}

TEST(InstanceNormalizationVolume, LetsNonFiniteVoxelsPassAndKeepsTheOthersClean)
{
  const double bad[] = { NaN, Infinity, -Infinity };
  const auto   image = MakeImage<Volume>({ { 5, 4, 3 } }, [&](std::size_t i) { return i < 3 ? bad[i] : double(i); });
  const auto   pixels = Normalized(image.GetPointer());
  EXPECT_TRUE(std::isnan(pixels[0]));
  EXPECT_EQ(pixels[1], float(Infinity));
  EXPECT_EQ(pixels[2], float(-Infinity));
  double sum = 0.0;
  for (std::size_t i = 3; i < pixels.size(); ++i)
  {
    ASSERT_TRUE(std::isfinite(pixels[i]));
    sum += pixels[i];
  }
  EXPECT_NEAR(sum / 57.0, 0.0, 1e-7); // roundings to float of values below 2
  // Also where the variance is 0
  const auto flat = MakeImage<Volume>({ { 5, 4, 3 } }, [&](std::size_t i) { return i < 3 ? bad[i] : 4.0; });
  const auto flatPixels = Normalized(flat.GetPointer());
  for (std::size_t i = 0; i < flatPixels.size(); ++i)
  {
    EXPECT_EQ(std::isfinite(flatPixels[i]), i >= 3) << i;
  }
}

/** A golden tensor N x C x spatial (or spatial alone) as an image for each n and c, and how the case pools them. */
struct GoldenSetting
{
  const char *        name;
  bool                hasBatch;   ///< leading axes N and C
  std::array<bool, 4> kept{};     ///< of x, y, z, t
  unsigned int        groups = 0; ///< groups of channels that are pooled; 0: each channel alone
};

class TorchNormalization : public ::testing::TestWithParam<GoldenSetting>
{
};

TEST_P(TorchNormalization, IsReproducedToSixDigits)
{
  const auto & setting = GetParam();
  const auto   golden = GoldenCase(setting.name);
  const auto   shape = golden.at("input").at("shape").get<std::vector<std::size_t>>();
  const auto   input = GoldenData(golden, "input");
  const auto   output = GoldenData(golden, "output");
  const auto   leading = setting.hasBatch ? 2U : 0U;
  const auto   channels = setting.hasBatch ? shape.at(1) : 1;
  using Image = itk::Image<double, 4>; // axes that a case lacks have extent 1
  Image::SizeType size{ { 1, 1, 1, 1 } };
  std::size_t     voxels = 1;
  for (std::size_t axis = 0; axis + leading < shape.size(); ++axis)
  {
    size[axis] = shape[shape.size() - 1 - axis];
    voxels *= size[axis];
  }
  std::vector<Image::Pointer> images;
  for (std::size_t begin = 0; begin < input.size(); begin += voxels)
  {
    images.push_back(MakeImage<Image>(size, [&](std::size_t i) { return input[begin + i]; }));
  }
  MaskOf<Image>::Pointer mask;
  if (golden.contains("mask"))
  {
    const auto inside = GoldenData(golden, "mask");
    mask = MakeImage<MaskOf<Image>>(size, [&](std::size_t i) { return inside[i]; });
  }
  for (std::size_t i = 0; i < images.size(); ++i)
  {
    const std::size_t c = i % channels;
    const std::size_t pooled = setting.groups == 0 ? 1 : channels / setting.groups;
    const std::size_t first = i - c % pooled;
    const auto        sink = itk::InstanceMomentsSink<Image>::New();
    sink->SetInput(images[first]);
    for (std::size_t further = 1; further < pooled; ++further)
    {
      sink->AddChannel(images[first + further]);
    }
    sink->SetMaskImage(mask);
    sink->SetKeptAxes(setting.kept);
    const auto filter = itk::InstanceNormalizationImageFilter<Image>::New();
    filter->SetInput(images[i]);
    filter->SetMomentsInput(sink->GetMomentsOutput());
    filter->SetEpsilon(golden.at("eps").get<double>());
    filter->SetGamma(golden.contains("gamma") ? GoldenData(golden, "gamma")[c] : 1.0);
    filter->SetBeta(golden.contains("beta") ? GoldenData(golden, "beta")[c] : 0.0);
    filter->Update();
    for (std::size_t voxel = 0; voxel < voxels; ++voxel)
    {
      const double expected = output[i * voxels + voxel];
      ASSERT_NEAR(filter->GetOutput()->GetBufferPointer()[voxel], expected, 1e-12 + 1e-6 * std::abs(expected))
        << i << ' ' << voxel;
    }
  }
}

constexpr std::array<bool, 4> EachFrame{ false, false, true, false }; // the time axis of a T x H x W clip is z
INSTANTIATE_TEST_SUITE_P(Golden,
                         TorchNormalization,
                         ::testing::Values(GoldenSetting{ "instance_norm_2d", true },
                                           GoldenSetting{ "instance_norm_3d", true },
                                           GoldenSetting{ "instance_norm_affine_2d", true },
                                           GoldenSetting{ "instance_norm_affine_3d", true },
                                           GoldenSetting{ "instance_norm_clip", true },
                                           GoldenSetting{ "instance_norm_per_frame", true, EachFrame },
                                           GoldenSetting{ "masked_instance_norm", true },
                                           GoldenSetting{ "layer_norm_2d", true, {}, 1 },
                                           GoldenSetting{ "layer_norm_3d", true, {}, 1 },
                                           GoldenSetting{ "group_norm_3d_groups2", true, {}, 2 },
                                           GoldenSetting{ "spectrogram_over_axis1", false, { false, true } },
                                           GoldenSetting{ "spectrogram_over_axis0", false, { true } },
                                           GoldenSetting{ "tokens_layer_norm", false, { false, true } },
                                           GoldenSetting{ "tokens_instance_norm", false, { true } }),
                         [](const auto & golden) { return std::string(golden.param.name); });

TEST(TorchNormalizationOfALine, OfALargeOffsetIsReproducedToSixDigits)
{
  const auto golden = GoldenCase("large_offset"); // mean 1e6, deviation 1e-3
  const auto input = GoldenData(golden, "input");
  const auto output = GoldenData(golden, "output");
  const auto image = MakeImage<itk::Image<double, 3>>({ { 16, 16, 16 } }, [&](std::size_t i) { return input[i]; });
  const auto pixels = Normalized(image.GetPointer(), 0.0);
  for (std::size_t i = 0; i < output.size(); ++i)
  {
    // 1e-6 relative, and 2e-7 for outputs near 0: torch's mean of 1e6 carries a rounding of 1e-10, 1e-7 deviations.
    ASSERT_NEAR(pixels[i], output[i], 2e-7 + 1e-6 * std::abs(output[i])) << i;
  }
}

/** The divisors of other packages, written out from their sources. */
TEST(InstanceNormalizationDivisor, IsThatOfEachPackage)
{
  const std::vector<double> values = { 3.0, -1.0, 4.0, 1.5, -5.0, 9.0, 2.0 };
  const auto   image = MakeImage<itk::Image<double, 3>>({ { 7, 1, 1 } }, [&](std::size_t i) { return values[i]; });
  const double mean = 13.5 / 7.0;
  double       squares = 0.0;
  for (const double value : values)
  {
    squares += (value - mean) * (value - mean);
  }
  struct Package
  {
    const char *     name;
    itk::EpsilonMode mode;
    double           epsilon;
    unsigned int     ddof;
    double           divisor;
  };
  for (const auto & package : { Package{ "torch", itk::EpsilonMode::Inside, 1e-5, 0, std::sqrt(squares / 7.0 + 1e-5) },
                                Package{ "AdaIN", itk::EpsilonMode::Inside, 1e-5, 1, std::sqrt(squares / 6.0 + 1e-5) },
                                Package{ "MONAI", itk::EpsilonMode::None, 1e-5, 0, std::sqrt(squares / 7.0) },
                                Package{ "TorchIO, ITK", itk::EpsilonMode::None, 0.0, 1, std::sqrt(squares / 6.0) },
                                Package{ "nnU-Net", itk::EpsilonMode::Maximum, 1e-8, 0, std::sqrt(squares / 7.0) },
                                Package{ "a large bound", itk::EpsilonMode::Maximum, 40.0, 0, 40.0 } })
  {
    const auto filter = FilterOf(image.GetPointer(), MomentsOf(image.GetPointer()));
    filter->SetEpsilonMode(package.mode);
    filter->SetEpsilon(package.epsilon);
    filter->SetDeltaDegreesOfFreedom(package.ddof);
    filter->Update();
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      // Rounding of doubles of size 1.
      EXPECT_NEAR(filter->GetOutput()->GetBufferPointer()[i], (values[i] - mean) / package.divisor, 1e-14)
        << package.name;
    }
  }
}

TEST(InstanceNormalizationVolume, MapsEachSliceByItsOwnMomentsAndBack)
{
  const auto image =
    MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return Random(i).Normal(100.0 * (1.0 + i / 20), 5.0); });
  const auto sink = itk::InstanceMomentsSink<Volume>::New();
  sink->SetInput(image);
  sink->SetKeptAxes({ false, false, true });
  const auto filter = itk::InstanceNormalizationImageFilter<Volume>::New();
  filter->SetInput(image);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  const auto back = itk::InstanceNormalizationImageFilter<Volume>::New();
  back->SetInput(filter->GetOutput());
  back->SetMomentsInput(sink->GetMomentsOutput());
  back->InverseOn();
  back->Update();
  ASSERT_EQ(sink->GetMoments().moments.size(), 3u);
  for (std::size_t i = 0; i < 60; ++i)
  {
    EXPECT_LT(std::abs(filter->GetOutput()->GetBufferPointer()[i]), 4.0); // deviations, of every slice
    EXPECT_NEAR(back->GetOutput()->GetBufferPointer()[i], image->GetBufferPointer()[i], 1e-4); // floats of 300
  }
}

TEST(InstanceNormalizationErrors, NameTheParameterAndItsValue)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto expectMessage = [&](auto && change, const char * text)
  {
    const auto filter = FilterOf(image.GetPointer(), { 1.0, 2.0 });
    change(filter);
    const auto message = MessageOf([&] { filter->Update(); });
    EXPECT_NE(message.find(text), std::string::npos) << message;
  };
  expectMessage([](auto & filter) { filter->SetEpsilon(-0.5); }, "Epsilon must be >= 0, got -0.5.");
  expectMessage([](auto & filter) { filter->SetEpsilon(NaN); }, "Epsilon must be >= 0");
  expectMessage(
    [](auto & filter)
    {
      filter->InverseOn();
      filter->SetOutside(OutsideMask::Zero);
    },
    "Inverse needs Outside Transform");
  expectMessage(
    [](auto & filter)
    {
      filter->InverseOn();
      filter->SetGamma(0.0);
    },
    "Inverse needs a Gamma that is not 0.");
  expectMessage(
    [](auto & filter) {
      filter->SetMaskImage(MakeImage<VolumeMask>({ { 5, 4, 2 } }, [](std::size_t) { return 1; }));
    },
    "MaskImage must cover the image's region or have extent 1 along axis 2");

  expectMessage([](auto & filter) { filter->SetDeltaDegreesOfFreedom(2); },
                "DeltaDegreesOfFreedom must be 0 or 1, got 2.");
  expectMessage(
    [](auto & filter)
    {
      itk::InstanceMoments<3> two;
      two.moments.resize(2);
      filter->SetMoments(two);
    },
    "Learned for 2 instances, but the image has 1.");

  const auto filter = itk::InstanceNormalizationImageFilter<Volume>::New();
  filter->SetInput(image);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Moments"), std::string::npos);
}
} // namespace
