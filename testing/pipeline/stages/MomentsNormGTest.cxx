#include "Error.h"
#include "Pipeline.h"
#include "SmallVolumes.h"

#include "itkImageRegionIteratorWithIndex.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

// instance-norm over any axes, layer-norm and group-norm.
namespace isolux
{
namespace
{
using Index = WorkImage::IndexType;

constexpr WorkImage::SizeType Size{ { 9, 8, 7, 5 } };

std::vector<WorkImage::Pointer>
Channels(std::size_t count)
{
  std::vector<WorkImage::Pointer> channels;
  for (std::size_t c = 0; c < count; ++c)
  {
    channels.push_back(testing::FillHead(testing::ObliqueGrid(Size), 100.0F * static_cast<float>(c + 1), 17 + c));
  }
  return channels;
}

std::vector<Pipeline::Result>
Apply(const std::string &                     stage,
      const Values &                          options,
      const std::vector<WorkImage::Pointer> & channels,
      const MaskImage::Pointer &              mask = nullptr,
      const WorkImage::Pointer &              weights = nullptr)
{
  PipelineSpec spec;
  spec.stages = { { stage, options } };
  return Pipeline(spec, mask.IsNotNull()).Run(channels, mask, weights, { 2, 3 });
}

std::string
Refusal(const std::string & stage, const Values & options, std::size_t channels = 1)
{
  try
  {
    Apply(stage, options, Channels(channels));
  }
  catch (const UsageError & error)
  {
    return error.what();
  }
  return "";
}

/** Of the voxels for which `holds`, mean and biased deviation over all channels. */
std::pair<double, double>
MomentsOf(const std::vector<WorkImage::Pointer> & channels, const std::function<bool(const Index &)> & holds)
{
  double      sum = 0.0;
  double      squares = 0.0;
  std::size_t count = 0;
  for (const auto & channel : channels)
  {
    itk::ImageRegionConstIteratorWithIndex<WorkImage> voxel(channel, channel->GetLargestPossibleRegion());
    for (; !voxel.IsAtEnd(); ++voxel)
    {
      if (holds(voxel.GetIndex()))
      {
        sum += voxel.Get();
        squares += static_cast<double>(voxel.Get()) * voxel.Get();
        ++count;
      }
    }
  }
  const double mean = sum / static_cast<double>(count);
  return { mean, std::sqrt(squares / static_cast<double>(count) - mean * mean) };
}

const auto Everywhere = [](const Index &) { return true; };
} // namespace

TEST(MomentsNorm, EachPresetNormalizesOverItsAxes)
{
  struct Preset
  {
    std::string                                                axes;
    std::function<bool(const Index & voxel, const Index & in)> together;
  };
  const Index first{ { 5, 0, 8, 2 } }; // a voxel within, to whose instance others belong or not
  const auto  input = Channels(1);
  for (const auto & preset :
       {
         Preset{ "series", [](const Index &, const Index &) { return true; } },
         Preset{ "volume", [](const Index &a, const Index &b) { return a[3] == b[3]; } },
         Preset{ "frame", [](const Index &a, const Index &b) { return a[3] == b[3]; } },
         Preset{ "slice", [](const Index &a, const Index &b) { return a[2] == b[2] && a[3] == b[3]; } },
         Preset{ "voxel-time",
                 [](const Index &a, const Index &b) { return a[0] == b[0] && a[1] == b[1] && a[2] == b[2]; } },
         Preset{ "t", [](const Index &a, const Index &b) { return a[0] == b[0] && a[1] == b[1] && a[2] == b[2]; } },
         Preset{ "xt", [](const Index &a, const Index &b) { return a[1] == b[1] && a[2] == b[2]; } },
         Preset{ "zyx", [](const Index &a, const Index &b) { return a[3] == b[3]; } },
       })
  {
    const auto result = Apply("instance-norm", { { "axes", preset.axes } }, input);
    const auto [mean, deviation] = MomentsOf(std::vector<WorkImage::Pointer>{ result[0].images.after },
                                             [&](const Index & voxel) { return preset.together(voxel, first); });
    EXPECT_NEAR(mean, 0.0, 1e-5) << preset.axes;      // floats of size 1
    EXPECT_NEAR(deviation, 1.0, 1e-3) << preset.axes; // eps beside a variance of 0.01 at least
  }
}

TEST(MomentsNorm, AReferenceFrameGivesItsMomentsToAllAndKeepsTheFramesDifferences)
{
  const auto input = Channels(1);
  const auto result = Apply("instance-norm", { { "axes", std::string("reference-frame") }, { "frame", 3LL } }, input);
  const auto frame = [](long t) { return [t](const Index & voxel) { return voxel[3] == t; }; };
  const auto [mean, deviation] = MomentsOf(input, frame(3));
  for (long t = 0; t < 5; ++t)
  {
    const auto [frameMean, frameDeviation] = MomentsOf(input, frame(t));
    const auto [after, spread] = MomentsOf(std::vector<WorkImage::Pointer>{ result[0].images.after }, frame(t));
    EXPECT_NEAR(after, (frameMean - mean) / deviation, 1e-5); // floats of size 1
    EXPECT_NEAR(spread, frameDeviation / deviation, 1e-5);
  }
}

TEST(MomentsNorm, LayerNormPoolsAllChannelsAndGroupNormThoseOfAGroup)
{
  const auto input = Channels(4);
  const auto layer = Apply("layer-norm", {}, input);
  const auto axes = Apply("instance-norm", { { "axes", std::string("xyztc") } }, input);
  const auto group = Apply("group-norm", { { "groups", 2LL } }, input);
  const auto each = Apply("group-norm", { { "groups", 4LL } }, input);
  const auto alone = Apply("instance-norm", {}, input);
  const auto after = [](const std::vector<Pipeline::Result> & results, std::size_t begin, std::size_t end)
  {
    std::vector<WorkImage::Pointer> images;
    for (std::size_t i = begin; i < end; ++i)
    {
      images.push_back(results[i].images.after);
    }
    return images;
  };
  for (const auto & [images, name] : { std::pair{ after(layer, 0, 4), "layer" },
                                       { after(group, 0, 2), "first group" },
                                       { after(group, 2, 4), "second group" },
                                       { after(alone, 2, 3), "instance" } })
  {
    const auto [mean, deviation] = MomentsOf(images, Everywhere);
    EXPECT_NEAR(mean, 0.0, 1e-5) << name;
    EXPECT_NEAR(deviation, 1.0, 1e-5) << name;
  }
  EXPECT_GT(std::abs(MomentsOf(after(layer, 0, 1), Everywhere).first), 0.1); // its relation to the others is kept
  for (std::size_t c = 0; c < 4; ++c)
  {
    EXPECT_EQ(testing::BitsOf(*axes[c].images.after), testing::BitsOf(*layer[c].images.after));
    EXPECT_EQ(testing::BitsOf(*each[c].images.after), testing::BitsOf(*alone[c].images.after));
  }
}

TEST(MomentsNorm, ChannelsWithForegroundsOfTheirOwnStillShareTheirMoments)
{
  auto input = Channels(2);
  // The second channel's object is another part of the image, so that its foreground is.
  std::reverse(input[1]->GetBufferPointer(),
               input[1]->GetBufferPointer() + input[1]->GetLargestPossibleRegion().GetNumberOfPixels() / 3);
  PipelineSpec spec;
  spec.stages = { { "foreground", {} }, { "layer-norm", {} } };
  const auto result = Pipeline(spec, false).Run(input, nullptr, nullptr, { 2, 3 });
  EXPECT_NE(result[0].report.maskVoxels, result[1].report.maskVoxels);
  for (const std::size_t value : { 0, 1, 2 }) // mean, variance, voxels
  {
    EXPECT_EQ(result[0].report.stages[1].learned[value], result[1].report.stages[1].learned[value]);
  }
  const auto inEither = [&](const Index & voxel)
  {
    auto index = voxel;
    index[3] = 0;
    return result[0].images.mask->GetPixel(index) != 0 || result[1].images.mask->GetPixel(index) != 0;
  };
  const auto [mean, deviation] = MomentsOf({ result[0].images.after, result[1].images.after }, inEither);
  EXPECT_NEAR(mean, 0.0, 1e-5); // sums of rounded floats
  EXPECT_NEAR(deviation, 1.0, 1e-5);
}

TEST(MomentsNorm, ChannelsAreTheSameWhetherHeldTogetherOrLetGo)
{
  const auto   input = Channels(3);
  PipelineSpec apart;
  apart.stages = { { "foreground", {} }, { "histogram-retinex", {} }, { "robust-norm", {} } };
  const auto together = Pipeline(apart, false).Run(input, nullptr, nullptr, { 2, 1 });
  for (std::size_t c = 0; c < 3; ++c)
  {
    const auto alone = Pipeline(apart, false).Run(input[c], nullptr, { 2, 1 });
    EXPECT_EQ(testing::BitsOf(*together[c].images.after), testing::BitsOf(*alone.images.after));
    EXPECT_EQ(testing::BitsOf(*together[c].images.field), testing::BitsOf(*alone.images.field));
  }
}

TEST(MomentsNorm, GammaAndBetaMayBeGivenForEachChannel)
{
  const auto result =
    Apply("instance-norm",
          { { "gamma", std::vector<double>{ 1.0, 2.0, 3.0 } }, { "beta", std::vector<double>{ 10.0, 20.0, 30.0 } } },
          Channels(3));
  for (std::size_t c = 0; c < 3; ++c)
  {
    const auto [mean, deviation] = MomentsOf({ result[c].images.after }, Everywhere);
    EXPECT_NEAR(mean, 10.0 * static_cast<double>(c + 1), 1e-4); // floats of size 30
    EXPECT_NEAR(deviation, static_cast<double>(c + 1), 1e-4);
  }
  for (const unsigned int channels : { 1, 3 })
  {
    EXPECT_NE(Refusal("layer-norm", { { "gamma", std::vector<double>{ 1.0, 2.0 } } }, channels)
                .find("stage 1 (layer-norm): 'gamma' holds 2 values, but the image has " + std::to_string(channels)),
              std::string::npos);
  }
}

TEST(MomentsNorm, EveryChoiceOfAxesAndChannelsIsUndoneFromTheRecord)
{
  const auto input = Channels(2);
  for (const auto & [stage, options] :
       { std::pair<std::string, Values>{ "instance-norm", { { "axes", std::string("slice") } } },
         { "instance-norm", { { "axes", std::string("voxel-time") } } },
         { "instance-norm", { { "axes", std::string("reference-frame") }, { "frame", 1LL } } },
         { "instance-norm", { { "axes", std::string("yc") } } },
         { "instance-norm", { { "compatible_with", std::string("torchio") } } },
         { "instance-norm", { { "gamma", std::vector<double>{ 1.0, 7.0 } } } },
         { "layer-norm", {} },
         { "group-norm", { { "groups", 2LL } } } })
  {
    const auto   results = Apply(stage, options, input);
    PipelineSpec spec;
    spec.stages = { { stage, options } };
    for (std::size_t c = 0; c < 2; ++c)
    {
      const auto back =
        Pipeline(spec, true).Undo(results[c].images.after, { results[c].report.stages[0].learned }, c, 2);
      for (std::size_t i = 0; i < input[c]->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
      {
        // Floats of a few deviations, times a deviation of 100.
        ASSERT_NEAR(back->GetBufferPointer()[i], input[c]->GetBufferPointer()[i], 1e-3) << stage << ' ' << i;
      }
    }
  }
}

TEST(MomentsNorm, WeightsDecideWhatCounts)
{
  const auto input = Channels(1);
  auto       frame = Size;
  frame[3] = 1;
  auto weights = testing::ObliqueGrid(frame);
  weights->FillBuffer(0.0F);
  const auto mask = testing::MaskAbove(*input[0], 60.0F);
  for (std::size_t i = 0; i < weights->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    weights->GetBufferPointer()[i] = mask->GetBufferPointer()[i] != 0 ? 2.5F : 0.0F;
  }
  for (const std::string stage : { "instance-norm", "layer-norm", "group-norm" })
  {
    const auto weighted = Apply(stage, {}, input, nullptr, weights)[0].report.stages[0].learned;
    const auto masked = Apply(stage, {}, input, mask)[0].report.stages[0].learned;
    for (const std::size_t value : { 0, 1, 2 }) // mean, variance, voxels
    {
      const double expected = std::get<std::vector<double>>(masked[value].second).at(0);
      // The sums of weights are exact, their quotient rounds anew.
      EXPECT_NEAR(std::get<std::vector<double>>(weighted[value].second).at(0), expected, 1e-12 * expected);
    }
  }
}

TEST(MomentsNorm, CompatibleWithTakesThePackagesDivisorAndWhatItDoesOutsideTheMask)
{
  const auto input = Channels(1);
  const auto mask = testing::MaskAbove(*input[0], 60.0F);
  const auto inside = [&](const Index & voxel)
  {
    auto index = voxel;
    index[3] = 0;
    return mask->GetPixel(index) != 0;
  };
  const auto [mean, deviation] = MomentsOf(input, inside);
  std::size_t count = 0;
  for (std::size_t i = 0; i < mask->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    count += mask->GetBufferPointer()[i] != 0 ? Size[3] : 0;
  }
  const double unbiased = deviation * std::sqrt(static_cast<double>(count) / static_cast<double>(count - 1));
  struct Package
  {
    std::string name;
    double      divisor;
    bool        keepsOutside;
  };
  for (const auto & package : { Package{ "torch", std::sqrt(deviation * deviation + 1e-5), false },
                                Package{ "monai", deviation, true },
                                Package{ "torchio", unbiased, false },
                                Package{ "nnunet", deviation, true },
                                Package{ "intensity-normalization", deviation, false },
                                Package{ "itk", unbiased, false } })
  {
    const auto after = Apply("instance-norm", { { "compatible_with", package.name } }, input, mask)[0].images.after;
    itk::ImageRegionConstIteratorWithIndex<WorkImage> voxel(input[0], input[0]->GetLargestPossibleRegion());
    for (; !voxel.IsAtEnd(); ++voxel)
    {
      const double expected =
        inside(voxel.GetIndex()) || !package.keepsOutside ? (voxel.Get() - mean) / package.divisor : voxel.Get();
      ASSERT_NEAR(after->GetPixel(voxel.GetIndex()), expected, 2e-6 * (1.0 + std::abs(expected))) << package.name;
    }
  }
}

TEST(MomentsNorm, OptionsThatDoNotGoTogetherAreRefused)
{
  const auto refusal = [](const Values & options) { return Refusal("instance-norm", options); };
  for (const std::string axes : { "", "q", "xx", "c", "volumes" })
  {
    EXPECT_NE(refusal({ { "axes", axes } })
                .find("stage 1 (instance-norm): 'axes' must be series, volume, frame, slice, voxel-time, "
                      "reference-frame, or letters of xyztc, each once and not c alone; not '" +
                      axes + "'"),
              std::string::npos)
      << axes;
  }
  EXPECT_NE(refusal({ { "frame", 1LL } }).find("'frame' belongs to axes reference-frame, not to 'series'"),
            std::string::npos);
  EXPECT_NE(refusal({ { "axes", std::string("reference-frame") }, { "frame", 5LL } })
              .find("frame 5 is not one of the image's 5; the first is 0"),
            std::string::npos);
  EXPECT_NE(refusal({ { "compatible_with", std::string("monai") }, { "ddof", 1LL } })
              .find("'ddof' is 1, but compatible_with 'monai' means 0; leave one of them out"),
            std::string::npos);
  // Also where the given value is the option's own default.
  EXPECT_NE(refusal({ { "compatible_with", std::string("nnunet") }, { "outside", std::string("transform") } })
              .find("'outside' is transform, but compatible_with 'nnunet' means keep; leave one of them out"),
            std::string::npos);
  EXPECT_EQ(refusal({ { "compatible_with", std::string("itk") }, { "ddof", 1LL } }), "");
  EXPECT_NE(refusal({ { "eps_mode", std::string("none") }, { "eps", 0.5 } })
              .find("'eps' is 0.5, but eps_mode 'none' means 0; leave one of them out"),
            std::string::npos);
  EXPECT_NE(Refusal("group-norm", { { "groups", 2LL } }, 3).find("3 channels cannot be parted into 2 groups"),
            std::string::npos);
}

TEST(MomentsNorm, WhatCompatibleWithStandsForIsRecorded)
{
  const auto options =
    Apply("instance-norm", { { "compatible_with", std::string("nnunet") } }, Channels(1))[0].report.stages[0].options;
  for (const auto & [name, value] : Values{
         { "eps", 1e-8 }, { "eps_mode", std::string("max") }, { "ddof", 0LL }, { "outside", std::string("keep") } })
  {
    EXPECT_NE(std::find(options.begin(), options.end(), std::pair(name, value)), options.end()) << name;
  }
  PipelineSpec recorded; // and read back without a complaint
  recorded.stages = { { "instance-norm", options } };
  EXPECT_EQ(Pipeline(recorded, true).Describe().front().options, options);
}

TEST(MomentsNorm, WarnsOfInstancesWithNothingToLearn)
{
  const auto                                   input = Channels(1);
  auto                                         mask = testing::MaskAbove(*input[0], -1.0F);
  itk::ImageRegionIteratorWithIndex<MaskImage> voxel(mask, mask->GetLargestPossibleRegion());
  for (; !voxel.IsAtEnd(); ++voxel)
  {
    voxel.Set(voxel.GetIndex()[2] > 6 ? 1 : 0);
  }
  const auto result = Apply("instance-norm", { { "axes", std::string("slice") } }, input, mask);
  ASSERT_EQ(result[0].report.stages[0].warnings.size(), 1u);
  EXPECT_EQ(result[0].report.stages[0].warnings[0],
            "10 of 35 instances have no finite voxel inside the mask: their voxels become beta");
  PipelineSpec spec;
  spec.stages = { { "instance-norm", { { "axes", std::string("slice") } } } };
  EXPECT_THROW(Pipeline(spec, true).Undo(result[0].images.after, { result[0].report.stages[0].learned }), Error);
}
} // namespace isolux
