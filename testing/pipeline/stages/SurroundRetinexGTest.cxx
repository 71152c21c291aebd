#include "Error.h"
#include "Pipeline.h"
#include "SmallVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

// single-scale-retinex and multi-scale-retinex: what the filters do not know of, colours and frames.
namespace isolux
{
namespace
{
using testing::BitsOf;
using testing::PixelsOf;

using Images = std::vector<WorkImage::Pointer>;

std::vector<Pipeline::Result>
Apply(const std::string & stage, const Values & options, const Images & channels, const MaskImage::Pointer & mask = {})
{
  PipelineSpec spec;
  spec.stages = { { stage, options } };
  return Pipeline(spec, mask.IsNotNull()).Run(channels, mask, nullptr, { 2, 3 });
}

std::string
RefusalOf(const std::string & stage, const Values & options)
{
  try
  {
    PipelineSpec spec;
    spec.stages = { { stage, options } };
    const Pipeline pipeline(spec, true);
  }
  catch (const UsageError & error)
  {
    return error.what();
  }
  return "";
}

/** Three channels of a picture under a shade, of different colours left and right. */
Images
Picture()
{
  Images channels;
  for (std::uint32_t channel = 0; channel < 3; ++channel)
  {
    channels.push_back(testing::FillHead(testing::ObliqueGrid({ { 61, 47, 1, 1 } }), 100.0F, channel + 1));
    for (std::size_t i = 0; i < PixelsOf(*channels.back()).size(); ++i)
    {
      channels.back()->GetBufferPointer()[i] *= i % 61 < 30 ? 1.0F + static_cast<float>(channel) : 2.0F;
    }
  }
  return channels;
}

class SurroundRetinex : public ::testing::TestWithParam<std::string>
{
};
} // namespace

TEST_P(SurroundRetinex, OnLuminanceMultipliesEveryChannelByOneFactor)
{
  const auto channels = Picture();
  const auto result = Apply(GetParam(), { { "colour", std::string("luminance") } }, channels);
  const auto apart = Apply(GetParam(), {}, channels);
  double     largest = 0.0;
  for (std::size_t i = 0; i < PixelsOf(*channels[0]).size(); ++i)
  {
    const auto factor = [&](const auto & results, std::size_t channel)
    {
      return static_cast<double>(results[channel].images.after->GetBufferPointer()[i]) /
             static_cast<double>(channels[channel]->GetBufferPointer()[i]);
    };
    ASSERT_NEAR(factor(result, 1), factor(result, 0), 3e-7 * factor(result, 0)); // three roundings to float
    ASSERT_NEAR(factor(result, 2), factor(result, 0), 3e-7 * factor(result, 0));
    largest = std::max(largest, std::abs(factor(apart, 2) / factor(apart, 0) - 1.0));
  }
  EXPECT_GT(largest, 0.05); // each channel with a surround of its own
}

TEST_P(SurroundRetinex, WithColourRestorationWeightsTheLogarithmByTheShareOfTheChannel)
{
  const auto channels = Picture();
  const auto plain = Apply(GetParam(), { { "logarithm", true } }, channels);
  const auto restored = Apply(GetParam(),
                              { { "colour", std::string("restoration") },
                                { "gain", 2.0 },
                                { "offset", -1.0 },
                                { "alpha", 50.0 },
                                { "beta", 0.5 } },
                              channels);
  for (std::size_t i = 0; i < PixelsOf(*channels[0]).size(); ++i)
  {
    double sum = 0.0;
    for (const auto & channel : channels)
    {
      sum += static_cast<double>(channel->GetBufferPointer()[i]);
    }
    for (std::size_t c = 0; c < channels.size(); ++c)
    {
      const double share = static_cast<double>(channels[c]->GetBufferPointer()[i]) / sum;
      const double weight = 0.5 * std::log(std::max(1.0, 50.0 * share));
      const double expected = 2.0 * weight * static_cast<double>(plain[c].images.after->GetBufferPointer()[i]) - 1.0;
      ASSERT_NEAR(restored[c].images.after->GetBufferPointer()[i], expected, 3e-6); // of numbers up to 20, in float
    }
  }
}

TEST_P(SurroundRetinex, OfTheLogarithmIsThatOfTheImageOverItsField)
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 23, 19, 17, 1 } }));
  const auto mask = testing::MaskAbove(*image, 30.0F);
  const auto log = Apply(GetParam(), { { "logarithm", true } }, { image }, mask).front();
  const auto reflectance = Apply(GetParam(), {}, { image }, mask).front();
  for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
  {
    const double x = image->GetBufferPointer()[i];
    const double quotient = x / static_cast<double>(log.images.field->GetBufferPointer()[i]);
    ASSERT_NEAR(log.images.after->GetBufferPointer()[i], std::log(std::max(0.01, quotient)), 1e-6);
    ASSERT_NEAR(reflectance.images.after->GetBufferPointer()[i],
                x / static_cast<double>(reflectance.images.field->GetBufferPointer()[i]),
                2e-7 * std::abs(x) * 4.0); // roundings to float, of quotients up to 4 x
  }
}

TEST_P(SurroundRetinex, KeepsFramesApartUnlessAskedOtherwise)
{
  const auto  series = testing::FillHead(testing::ObliqueGrid({ { 17, 13, 11, 3 } }));
  const auto  mask = testing::MaskAbove(*series, 30.0F);
  const auto  each = Apply(GetParam(), {}, { series }, mask).front().images.after;
  const auto  mean = Apply(GetParam(), { { "frame", std::string("mean") } }, { series }, mask).front().images.after;
  const auto  voxels = PixelsOf(*series).size() / 3;
  std::size_t different = 0;
  for (std::size_t t = 0; t < 3; ++t)
  {
    const auto frame = testing::ObliqueGrid({ { 17, 13, 11, 1 } });
    std::copy_n(series->GetBufferPointer() + t * voxels, voxels, frame->GetBufferPointer());
    const auto alone = PixelsOf(*Apply(GetParam(), {}, { frame }, mask).front().images.after);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), each->GetBufferPointer() + t * voxels)) << t;
    different += !std::equal(alone.begin(), alone.end(), mean->GetBufferPointer() + t * voxels);
  }
  EXPECT_EQ(different, 3U);
}

TEST_P(SurroundRetinex, WarnsOfVoxelsThatAreInNoSurround)
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 23, 19, 17, 1 } }));
  std::fill_n(image->GetBufferPointer(), 100, -1.0F);
  image->GetBufferPointer()[200] = 0.0F;
  image->GetBufferPointer()[300] = std::numeric_limits<float>::quiet_NaN();
  const auto warnings = Apply(GetParam(), {}, { image }).front().report.stages.front().warnings;
  ASSERT_FALSE(warnings.empty());
  EXPECT_NE(warnings.front().find("102 of 7429 mask voxels are not positive or not finite"), std::string::npos)
    << warnings.front();
}

TEST_P(SurroundRetinex, RefusesOptionsThatDoNotGoTogether)
{
  const auto holds = [&](const Values & options, const char * part)
  { return RefusalOf(GetParam(), options).find(part) != std::string::npos; };
  EXPECT_TRUE(holds({ { "gain", 2.0 } }, "'gain' goes with 'logarithm'"));
  EXPECT_TRUE(holds({ { "alpha", 2.0 } }, "'alpha' goes with 'colour' restoration"));
  EXPECT_TRUE(holds({ { "colour", std::string("restoration") }, { "logarithm", false } }, "factor of the 'logarithm'"));
  EXPECT_TRUE(holds({ { "gate", true }, { "logarithm", true } }, "'gate' may leave the image as it is"));
  EXPECT_EQ(RefusalOf(GetParam(), { { "colour", std::string("restoration") }, { "alpha", 2.0 } }), "");
}

INSTANTIATE_TEST_SUITE_P(,
                         SurroundRetinex,
                         ::testing::Values("single-scale-retinex", "multi-scale-retinex"),
                         [](const auto & test)
                         {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(MultiScaleRetinexStage, OfAScaleAsFineAsTheVoxelsKeepsItsFieldOutOfTheSidecarAndSaysSo)
{
  const auto   image = testing::FillHead(testing::ObliqueGrid({ { 64, 64, 64, 1 } }));
  PipelineSpec spec;
  spec.stages = { { "single-scale-retinex", { { "scale", 1.0 } } } };
  Pipeline   pipeline(spec, false);
  const auto result = pipeline.Run(image, nullptr, { 2, 1 });
  EXPECT_TRUE(result.images.field);
  try
  {
    pipeline.Undo(result.images.after, { result.report.stages.front().learned });
    FAIL();
  }
  catch (const Error & error)
  {
    EXPECT_NE(std::string(error.what()).find("cannot be undone: the 314432 coefficients of its field"),
              std::string::npos)
      << error.what();
  }
}

TEST(MultiScaleRetinexStage, OfOneScaleIsTheSingleScaleStage)
{
  const auto image = testing::FillHead(testing::ObliqueGrid({ { 23, 19, 17, 1 } }));
  const auto single = Apply("single-scale-retinex", { { "scale", 7.0 } }, { image }).front().images.after;
  const auto multi =
    Apply("multi-scale-retinex", { { "scales", std::vector<double>{ 7.0 } } }, { image }).front().images.after;
  const auto weighted =
    Apply("multi-scale-retinex",
          { { "scales", std::vector<double>{ 30.0, 7.0 } }, { "scale_weights", std::vector<double>{ 0.0, 3.0 } } },
          { image })
      .front()
      .images.after;
  EXPECT_EQ(BitsOf(*multi), BitsOf(*single));
  EXPECT_EQ(BitsOf(*weighted), BitsOf(*single));
}

TEST(MultiScaleRetinexStage, RefusesWeightsThatAreNotOneForEachScale)
{
  const auto refusal = RefusalOf("multi-scale-retinex", { { "scale_weights", std::vector<double>{ 1.0, 2.0 } } });
  EXPECT_NE(refusal.find("'scale_weights' holds 2 numbers for 3 'scales'"), std::string::npos) << refusal;
  EXPECT_NE(RefusalOf("multi-scale-retinex", { { "scale_weights", std::vector<double>{ 0.0 } } }).find("all 0"),
            std::string::npos);
  EXPECT_NE(RefusalOf("multi-scale-retinex", { { "scales", std::vector<double>{} } }).find("at least one"),
            std::string::npos);
}
} // namespace isolux
