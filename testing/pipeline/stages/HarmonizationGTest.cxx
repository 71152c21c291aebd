#include "../../filters/Golden.h"
#include "Case.h"
#include "Error.h"
#include "PipelineJson.h"
#include "ReferenceJson.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <cmath>

// adaptive-norm, batch-norm and quantile-norm.
namespace isolux
{
namespace
{
using Images = std::vector<WorkImage::Pointer>;
using Numbers = std::vector<double>;
using Strings = std::vector<std::string>;
using testing::GoldenCase;
using testing::GoldenData;
using testing::PixelsOf;

constexpr const unsigned char * NoMask = nullptr;

/** One channel's statistics of cases that are all of the given intensities. */
ReferenceChannel
ChannelOf(const Numbers & intensities, std::uint64_t cases = 1)
{
  ReferenceChannel channel;
  for (std::uint64_t i = 0; i < cases; ++i)
  {
    ReferenceChannel one;
    one.cases = 1;
    one.pooled.Add(intensities.data(), NoMask, intensities.size());
    one.means.Add(one.pooled.Mean());
    one.deviations.Add(std::sqrt(one.pooled.Variance()));
    Numbers sorted = intensities;
    std::sort(sorted.begin(), sorted.end());
    Numbers landmarks;
    for (const double probability : one.landmarks.Probabilities())
    {
      landmarks.push_back(sorted[static_cast<std::size_t>(probability * static_cast<double>(sorted.size() - 1) + 0.5)]);
    }
    one.landmarks.Add(landmarks);
    for (const double intensity : intensities)
    {
      one.histogram.Add(static_cast<float>(intensity));
    }
    channel.Merge(one);
  }
  return channel;
}

class Harmonization : public ::testing::Test
{
protected:
  std::string
  WriteChannels(const std::string & name, const std::vector<ReferenceChannel> & channels) const
  {
    Reference reference;
    reference.versions = { "test" };
    reference.pipeline = R"({"stages": [{"stage": "foreground"}]})";
    reference.channels = reference.sites[Reference::Everything].channels = channels;
    testing::PutFile(m_Folder / name, WriteReference(reference));
    return (m_Folder / name).string();
  }

  /** Two voxels for each channel, of these means and deviations. */
  std::string
  WriteStyle(const std::string & name, const Numbers & means, const Numbers & deviations) const
  {
    std::vector<ReferenceChannel> channels;
    for (std::size_t i = 0; i < means.size(); ++i)
    {
      channels.push_back(ChannelOf({ means[i] - deviations[i], means[i] + deviations[i] }));
    }
    return this->WriteChannels(name, channels);
  }

  static std::vector<Pipeline::Result>
  Apply(const std::string &        stage,
        const Values &             options,
        const Images &             channels,
        const MaskImage::Pointer & mask = {})
  {
    PipelineSpec spec;
    spec.stages = { { stage, options } };
    return Pipeline(spec, mask.IsNotNull()).Run(channels, mask, nullptr, { 2, 3 });
  }

  static void
  ExpectRefusal(const std::string & stage, const Values & options, const Strings & words, const Images & images = {})
  {
    try
    {
      Apply(stage, options, images.empty() ? Images{ Head() } : images);
      ADD_FAILURE() << "was not refused: " << words.front();
    }
    catch (const UsageError & error)
    {
      for (const auto & word : words)
      {
        EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what() << "\nlacks " << word;
      }
    }
  }

  static WorkImage::Pointer
  Head(float gain = 100.0F, std::uint32_t seed = 1)
  {
    return testing::FillHead(testing::ObliqueGrid({ { 21, 19, 17, 1 } }), gain, seed);
  }

  /** Of a golden tensor N x C x (D x) H x W: the images of one instance. */
  static Images
  ChannelsOf(const nlohmann::json & golden, const std::string & tensor, std::size_t instance = 0)
  {
    const auto                shape = golden.at(tensor).at("shape").get<std::vector<std::size_t>>();
    const auto                data = GoldenData(golden, tensor);
    const WorkImage::SizeType size{ { shape.back(), shape[shape.size() - 2], shape.size() > 4 ? shape[2] : 1, 1 } };
    const std::size_t         voxels = size[0] * size[1] * size[2];
    Images                    images;
    for (std::size_t c = 0; c < shape[1]; ++c)
    {
      images.push_back(testing::ObliqueGrid(size));
      const auto first = data.begin() + static_cast<std::ptrdiff_t>((instance * shape[1] + c) * voxels);
      std::transform(first,
                     first + static_cast<std::ptrdiff_t>(voxels),
                     images.back()->GetBufferPointer(),
                     [](double value) { return static_cast<float>(value); });
    }
    return images;
  }

  /** To 1e-6 of the largest value: what is asked for, above float's 6e-8 of the input and the output. */
  static void
  ExpectGoldenOutput(const std::vector<Pipeline::Result> & results,
                     const nlohmann::json &                golden,
                     std::size_t                           instance = 0)
  {
    const auto expected = ChannelsOf(golden, "output", instance);
    ASSERT_EQ(results.size(), expected.size());
    for (std::size_t c = 0; c < expected.size(); ++c)
    {
      const auto actual = PixelsOf(*results[c].images.after);
      const auto wanted = PixelsOf(*expected[c]);
      ASSERT_EQ(actual.size(), wanted.size());
      float largest = 0.0F;
      for (const float value : wanted)
      {
        largest = std::max(largest, std::abs(value));
      }
      for (std::size_t i = 0; i < wanted.size(); ++i)
      {
        ASSERT_NEAR(actual[i], wanted[i], 1e-6 * largest) << golden.at("name") << " channel " << c << " voxel " << i;
      }
    }
  }

  testing::TemporaryFolder m_Folder;
};

using AdaptiveNorm = Harmonization;
using BatchNorm = Harmonization;
using QuantileNorm = Harmonization;

const Value &
LearnedOf(const Pipeline::Result & result, const std::string & name)
{
  const auto & learned = result.report.stages.back().learned;
  return std::find_if(learned.begin(), learned.end(), [&](const auto & entry) { return entry.first == name; })->second;
}
} // namespace

TEST_F(AdaptiveNorm, IsPytorchsOfGivenMomentsAndOfReferences)
{
  const double eps = 1e-5;
  Numbers      means[2];
  Numbers      deviations[2]; // without eps
  for (const int style : { 0, 1 })
  {
    const auto golden = GoldenCase(style == 0 ? "adain_style_a" : "adain_style_b");
    means[style] = GoldenData(golden, "style_mean");
    const auto withEps = GoldenData(golden, "style_std");
    ExpectGoldenOutput(Apply("adaptive-norm",
                             { { "style_mean", means[style] }, { "style_deviation", withEps } },
                             ChannelsOf(golden, "input")),
                       golden);
    for (const double deviation : withEps)
    {
      deviations[style].push_back(std::sqrt(deviation * deviation - eps));
    }
    const auto file = this->WriteStyle(style == 0 ? "a.json" : "b.json", means[style], deviations[style]);
    ExpectGoldenOutput(Apply("adaptive-norm", { { "style", file } }, ChannelsOf(golden, "input")), golden);
  }
  const auto golden = GoldenCase("adain_interpolated_0.3");
  const auto a = (m_Folder / "a.json").string();
  const auto b = (m_Folder / "b.json").string();
  for (const auto & styles : { Strings{ a + "=0.7", b + "=0.3" }, Strings{ b + "=3", a + "=7e0" } })
  {
    ExpectGoldenOutput(Apply("adaptive-norm", { { "style", styles } }, ChannelsOf(golden, "input")), golden);
  }
}

TEST_F(AdaptiveNorm, IsLinearInTheWeights)
{
  const auto a = this->WriteStyle("a.json", { 300.0 }, { 40.0 });
  const auto b = this->WriteStyle("b.json", { -20.0 }, { 3.0 });
  const auto head = Head();
  const auto with = [&](double weight)
  {
    const Strings styles = { a + "=" + std::to_string(1.0 - weight), b + "=" + std::to_string(weight) };
    return PixelsOf(*Apply("adaptive-norm", { { "style", styles } }, { head })[0].images.after);
  };
  const auto first = with(0.0);
  const auto last = with(1.0);
  for (const double weight : { 0.25, 0.3, 0.9 })
  {
    const auto mixed = with(weight);
    for (std::size_t i = 0; i < mixed.size(); ++i)
    {
      // to 1e-6 of the styles' size, 400: three roundings to float
      ASSERT_NEAR(mixed[i], (1.0 - weight) * first[i] + weight * last[i], 1e-6 * 400.0);
    }
  }
}

TEST_F(AdaptiveNorm, BringsTheInsideOfTheMaskToTheStylesMeanAndDeviation)
{
  const auto style = this->WriteStyle("style.json", { 250.0 }, { 30.0 });
  const auto head = Head();
  const auto mask = testing::MaskAbove(*head, 30.0F);
  const auto result = Apply("adaptive-norm", { { "style", style } }, { head }, mask);
  EXPECT_NEAR(result[0].report.after.mean, 250.0, 1e-3); // voxels of size 300 rounded to float
  EXPECT_NEAR(result[0].report.after.standardDeviation, 30.0, 1e-3);
  EXPECT_TRUE(result[0].report.stages[0].warnings.empty());
  EXPECT_EQ(std::get<double>(LearnedOf(result[0], "style_mean")), 250.0);
  EXPECT_NEAR(std::get<double>(LearnedOf(result[0], "style_deviation")), std::sqrt(900.0 + 1e-5), 1e-12);
}

TEST_F(AdaptiveNorm, AnImageIsAStyleInsideItsOwnMaskOrForeground)
{
  Volume style = testing::HeadVolume({ { 25, 23, 19, 1 } }, 800.0F, 5);
  WriteVolume(style, m_Folder / "style.nii");
  Volume mask = style;
  mask.channels = { testing::CopyOf(*style.channels[0]) };
  for (std::size_t i = 0; i < mask.channels[0]->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    float & voxel = mask.channels[0]->GetBufferPointer()[i];
    voxel = voxel > 700.0F ? 1.0F : 0.0F; // the brighter tissue
  }
  WriteVolume(mask, m_Folder / "mask.nii");
  const auto head = Head();
  const auto inside = testing::MaskAbove(*head, 30.0F);
  const auto file = (m_Folder / "style.nii").string();
  const auto whole = Summarise(style.channels[0], testing::MaskAbove(*style.channels[0], 240.0F));
  const auto part = Summarise(style.channels[0], testing::MaskAbove(*style.channels[0], 700.0F));
  ASSERT_GT(part.mean, 1.1 * whole.mean);

  const auto byForeground = Apply("adaptive-norm", { { "style", file } }, { head }, inside);
  EXPECT_NEAR(byForeground[0].report.after.mean, whole.mean, 0.02 * whole.mean); // a rim more or less
  const auto byMask =
    Apply("adaptive-norm", { { "style", file }, { "style_mask", (m_Folder / "mask.nii").string() } }, { head }, inside);
  EXPECT_NEAR(byMask[0].report.after.mean, part.mean, 1e-5 * part.mean); // voxels rounded to float
  EXPECT_NEAR(byMask[0].report.after.standardDeviation, part.standardDeviation, 1e-5 * part.mean);
}

TEST_F(AdaptiveNorm, OfAVolumeTreatsEachFrameAloneAndOfASeriesAllTogether)
{
  const auto series = testing::FillHead(testing::ObliqueGrid({ { 13, 12, 11, 3 } }));
  const auto frame = series->GetBufferedRegion().GetNumberOfPixels() / 3;
  const auto meanOf = [&](const std::string & axes, std::size_t number)
  {
    const auto result =
      Apply("adaptive-norm", { { "axes", axes }, { "style_mean", 50.0 }, { "style_deviation", 5.0 } }, { series });
    const float * first = result[0].images.after->GetBufferPointer() + number * frame;
    double        sum = 0.0;
    for (std::size_t i = 0; i < frame; ++i)
    {
      sum += first[i];
    }
    return sum / static_cast<double>(frame);
  };
  for (std::size_t number = 0; number < 3; ++number)
  {
    EXPECT_NEAR(meanOf("volume", number), 50.0, 1e-4); // voxels rounded to float
  }
  EXPECT_GT(meanOf("series", 2), meanOf("series", 0) + 0.1);
}

TEST_F(AdaptiveNorm, DdofIsThatOfImageAndStyle)
{
  const auto  image = testing::ObliqueGrid({ { 3, 1, 1, 1 } });
  const float pixels[] = { 1.0F, 2.0F, 6.0F };
  std::copy(pixels, pixels + 3, image->GetBufferPointer());
  const auto style = this->WriteStyle("style.json", { 10.0 }, { 2.0 }); // unbiased variance 8
  const auto result = Apply("adaptive-norm", { { "style", style }, { "ddof", 1LL }, { "eps", 0.0 } }, { image });
  // mean 3, unbiased variance (4 + 1 + 9) / 2 = 7
  EXPECT_NEAR(result[0].images.after->GetBufferPointer()[2], 10.0 + 3.0 * std::sqrt(8.0 / 7.0), 1e-6); // float
}

TEST_F(AdaptiveNorm, WithoutAStyleIsInstanceNormAndSaysSo)
{
  const auto head = Head();
  const auto result = Apply("adaptive-norm", {}, { head });
  EXPECT_EQ(testing::BitsOf(*result[0].images.after),
            testing::BitsOf(*Apply("instance-norm", {}, { head })[0].images.after));
  ASSERT_EQ(result[0].report.stages[0].warnings.size(), 1U);
  EXPECT_NE(result[0].report.stages[0].warnings[0].find("no style"), std::string::npos);
}

TEST_F(AdaptiveNorm, StylesThatCannotBeMeantAreRefused)
{
  const auto good = this->WriteStyle("good.json", { 1.0 }, { 1.0 });
  const auto two = this->WriteStyle("two.json", { 1.0, 2.0 }, { 1.0, 2.0 });
  testing::PutFile(m_Folder / "other.json", R"({"stages": []})");
  const auto other = (m_Folder / "other.json").string();
  const auto refuse = [&](const Value & style, const Strings & words) {
    ExpectRefusal("adaptive-norm", { { "style", style } }, words);
  };
  refuse(std::string("none.json"), { "stage 1 (adaptive-norm): 'style': none.json: no such file", "isolux fit" });
  refuse(std::string("none.nii.gz=0.5"), { "none.nii.gz: no such file" });
  refuse(other, { "other.json: not a reference of Isolux", "isolux fit" });
  refuse(good + "=much", { "the weight in", "must be a number of 0 or more, not 'much'", "FILE=0.7" });
  refuse(good + "=-0.5", { "not '-0.5'" });
  refuse(good + "=", { "must be a number of 0 or more, not ''" });
  refuse(good + "=nan", { "not 'nan'" });
  refuse(Strings{ good + "=0", good + "=0.0" }, { "the weights must have a sum above 0, not 0" });
  refuse(two, { "two.json: is a reference of 2 channels, but the image has 1" });
  ExpectRefusal("adaptive-norm",
                { { "style", good }, { "style_mean", 5.0 } },
                { "'style' sets 'style_mean' and 'style_deviation'; leave those out" });
  ExpectRefusal("adaptive-norm",
                { { "style", good }, { "style_mask", Strings{ good } } },
                { "'style_mask' names 1 masks for 0 styles that are images" });
}

TEST_F(AdaptiveNorm, AFileWhoseNameHoldsAnEqualSignIsAFile)
{
  const auto file = this->WriteStyle("te=30.json", { 70.0 }, { 7.0 });
  for (const auto & text : { file, file + "=2" })
  {
    EXPECT_NEAR(Apply("adaptive-norm", { { "style", text } }, { Head() })[0].report.after.mean, 70.0, 1e-4);
  }
}

TEST_F(Harmonization, AReferenceOfOneChannelServesEach)
{
  const auto file = this->WriteStyle("one.json", { 70.0 }, { 7.0 });
  const auto results = Apply("adaptive-norm", { { "style", file } }, { Head(100.0F, 1), Head(30.0F, 2) });
  for (const auto & result : results)
  {
    EXPECT_NEAR(result.report.after.mean, 70.0, 1e-4); // voxels rounded to float
  }
}

TEST_F(BatchNorm, IsPytorchsWithMomentsMergedOverTheBatch)
{
  for (const char * name :
       { "batch_norm_2d", "batch_norm_3d", "batch_norm_batch_of_one_2d", "batch_norm_batch_of_one_3d" })
  {
    const auto                    golden = GoldenCase(name);
    const auto                    instances = golden.at("input").at("shape").at(0).get<std::size_t>();
    std::vector<ReferenceChannel> merged(ChannelsOf(golden, "input").size());
    for (std::size_t n = instances; n-- > 0;) // the order does not matter
    {
      const auto channels = ChannelsOf(golden, "input", n);
      for (std::size_t c = 0; c < channels.size(); ++c)
      {
        const auto pixels = PixelsOf(*channels[c]);
        merged[c].Merge(ChannelOf(Numbers(pixels.begin(), pixels.end())));
      }
    }
    const auto file = this->WriteChannels("batch.json", merged);
    for (std::size_t n = 0; n < instances; ++n)
    {
      ExpectGoldenOutput(Apply("batch-norm", { { "reference", file } }, ChannelsOf(golden, "input", n)), golden, n);
    }
    if (instances == 1)
    {
      ExpectGoldenOutput(Apply("batch-norm", {}, ChannelsOf(golden, "input")), golden);
      ExpectGoldenOutput(Apply("instance-norm", {}, ChannelsOf(golden, "input")), golden);
    }
  }
}

TEST_F(BatchNorm, MapsEveryImageAlike)
{
  const auto file = this->WriteStyle("ref.json", { 40.0 }, { 20.0 });
  const auto result = Apply("batch-norm", { { "reference", file }, { "gamma", 3.0 }, { "beta", 1.0 } }, { Head() });
  const auto before = PixelsOf(*Head());
  const auto after = PixelsOf(*result[0].images.after);
  for (std::size_t i = 0; i < before.size(); ++i)
  {
    ASSERT_NEAR(after[i], 3.0 * (before[i] - 40.0) / std::sqrt(400.0 + 1e-5) + 1.0, 1e-6 * 20.0); // float, of size 20
  }
  EXPECT_TRUE(result[0].report.stages[0].warnings.empty());
  EXPECT_EQ(std::get<Numbers>(LearnedOf(result[0], "mean")), Numbers{ 40.0 });
  EXPECT_EQ(std::get<Numbers>(LearnedOf(result[0], "voxels")), Numbers{ 2.0 });
}

TEST_F(BatchNorm, WithoutAReferenceSaysThatTheBatchIsTheImage)
{
  const auto result = Apply("batch-norm", {}, { Head() });
  ASSERT_EQ(result[0].report.stages[0].warnings.size(), 1U);
  EXPECT_NE(result[0].report.stages[0].warnings[0].find("the batch is this image alone"), std::string::npos);
}

TEST_F(QuantileNorm, BringsTheQuantilesToTheReferencesScale)
{
  Numbers typical;
  for (int i = 0; i <= 200; ++i)
  {
    typical.push_back(1000.0 + 0.05 * i * i);
  }
  const auto file = this->WriteChannels("ref.json", { ChannelOf(typical, 3) });
  const auto head = Head();
  const auto mask = testing::MaskAbove(*head, 30.0F);
  const auto result = Apply("quantile-norm", { { "reference", file } }, { head }, mask);
  const auto standard = ReadReference(file).channels[0].landmarks.Standard();
  const auto probabilities = itk::LandmarkScale::DefaultProbabilities();
  EXPECT_EQ(std::get<Numbers>(LearnedOf(result[0], "standard")), standard);
  for (std::size_t i = 0; i < standard.size(); ++i)
  {
    const auto percent = static_cast<std::size_t>(100.0 * probabilities[i] + 0.5);
    // The report's percentiles are those of a sketch, 1/512 of their value; the scale ends at 3000.
    EXPECT_NEAR(result[0].report.after.percentiles[percent], standard[i], standard[i] / 256.0) << percent;
  }
  EXPECT_TRUE(result[0].report.stages[0].warnings.empty());

  const auto ranged =
    Apply("quantile-norm", { { "reference", file }, { "range", Numbers{ -1.0, 1.0 } } }, { head }, mask);
  const auto & there = std::get<Numbers>(LearnedOf(ranged[0], "standard"));
  EXPECT_EQ(there.front(), -1.0);
  EXPECT_EQ(there.back(), 1.0);
  EXPECT_NEAR(there[5], -1.0 + 2.0 * (standard[5] - standard[0]) / (standard[10] - standard[0]), 1e-12); // of doubles
}

TEST_F(QuantileNorm, TakesAScaleByHand)
{
  const auto head = Head();
  const auto result =
    Apply("quantile-norm",
          { { "landmarks", Numbers{ 0.0, 0.5, 1.0 } }, { "probabilities", Numbers{ 0.0, 0.25, 1.0 } } },
          { head });
  const auto pixels = PixelsOf(*result[0].images.after);
  EXPECT_EQ(*std::min_element(pixels.begin(), pixels.end()), 0.0F);
  EXPECT_EQ(*std::max_element(pixels.begin(), pixels.end()), 1.0F);
  const auto below = std::count_if(pixels.begin(), pixels.end(), [](float value) { return value <= 0.5F; });
  EXPECT_NEAR(static_cast<double>(below), 0.25 * static_cast<double>(pixels.size()), 1.0);
}

TEST_F(QuantileNorm, WithoutAReferenceLeavesTheImageAndSaysSo)
{
  const auto head = Head();
  const auto result = Apply("quantile-norm", {}, { head });
  EXPECT_EQ(testing::BitsOf(*result[0].images.after), testing::BitsOf(*head));
  ASSERT_EQ(result[0].report.stages[0].warnings.size(), 1U);
  EXPECT_NE(result[0].report.stages[0].warnings[0].find("stays as it is"), std::string::npos);
}

TEST_F(QuantileNorm, LandmarksThatCoincideAreReported)
{
  const auto image = testing::ObliqueGrid({ { 100, 1, 1, 1 } });
  for (std::size_t i = 0; i < 100; ++i)
  {
    image->GetBufferPointer()[i] = i < 55 ? 0.0F : static_cast<float>(i);
  }
  const auto file = this->WriteStyle("ref.json", { 5.0 }, { 1.0 });
  const auto result = Apply("quantile-norm", { { "reference", file } }, { image });
  ASSERT_EQ(result[0].report.stages[0].warnings.size(), 1U);
  EXPECT_NE(result[0].report.stages[0].warnings[0].find("the 11 landmarks have but 6 intensities"), std::string::npos)
    << result[0].report.stages[0].warnings[0];
}

TEST_F(QuantileNorm, OptionsThatCannotBeMeantAreRefused)
{
  const auto file = this->WriteStyle("ref.json", { 5.0 }, { 1.0 });
  const auto refuse = [&](const Values & options, const Strings & words)
  { ExpectRefusal("quantile-norm", options, words); };
  refuse({ { "reference", std::string("none.json") } }, { "'reference': none.json: cannot be opened" });
  refuse({ { "landmarks", Numbers{ 1.0, 2.0 } } }, { "'landmarks' holds 2 numbers and 'probabilities' 11" });
  refuse({ { "landmarks", Numbers{ 2.0, 1.0 } }, { "probabilities", Numbers{ 0.1, 0.9 } } },
         { "'landmarks' must not fall" });
  refuse({ { "probabilities", Numbers{ 0.9, 0.1 } } }, { "'probabilities' must not fall" });
  refuse({ { "reference", file }, { "probabilities", Numbers{ 0.1, 0.9 } } },
         { "'reference' sets 'landmarks' and 'probabilities'" });
  refuse({ { "reference", file }, { "range", Numbers{ 1.0, 0.0 } } },
         { "'range' must be two numbers that rise, such as 0,100; not [1, 0]" });
  refuse({ { "range", Numbers{ 0.0, 1.0 } } }, { "'range'", "give --reference too" });
  const auto two = this->WriteStyle("two.json", { 1.0, 2.0 }, { 1.0, 2.0 });
  refuse({ { "reference", two } }, { "two.json: is a reference of 2 channels, but the image has 1" });
}

TEST_F(Harmonization, IsUndoneFromTheSidecarAloneWithoutTheFiles)
{
  Numbers typical;
  for (int i = 0; i <= 200; ++i)
  {
    typical.push_back(200.0 + i);
  }
  const auto file = this->WriteChannels("ref.json", { ChannelOf(typical) });
  const auto volume = testing::HeadVolume({ { 21, 19, 17, 1 } });
  WriteVolume(volume, m_Folder / "head.nii");
  const auto pixels = PixelsOf(*volume.channels[0]);
  for (const auto & [stage, option] : { std::pair{ "adaptive-norm", "style" },
                                        std::pair{ "batch-norm", "reference" },
                                        std::pair{ "quantile-norm", "reference" } })
  {
    PipelineSpec spec;
    spec.stages = { { "foreground", {} }, { stage, { { option, file } } } };
    CaseTask task;
    task.input = m_Folder / "head.nii";
    task.output = m_Folder / "out.nii";
    ProcessCase(task, spec, {});
    const auto sidecar = testing::ReadBytesOf(m_Folder / "out.json");
    EXPECT_EQ(sidecar.find(m_Folder.Path().string()), std::string::npos) << "the sidecar names the folder";
    EXPECT_NE(sidecar.find("\"ref.json\""), std::string::npos);
    const auto files = ReadSidecar(m_Folder / "out.json").report.files;
    ASSERT_EQ(files.size(), 1U);
    EXPECT_EQ(files[0].first, "ref.json");
    EXPECT_EQ(files[0].second.size(), 64U);

    std::filesystem::rename(file, m_Folder / "gone.json");
    RestoreCase(m_Folder / "out.nii", m_Folder / "back.nii", {});
    std::filesystem::rename(m_Folder / "gone.json", file);
    const auto back = PixelsOf(*ReadVolume(m_Folder / "back.nii").channels[0]);
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      // y, of a size below 600, is rounded to float; the slope is above 1 / 3
      ASSERT_NEAR(back[i], pixels[i], 3.0 * std::ldexp(600.0, -24) + std::ldexp(130.0, -24)) << stage;
    }
  }
}

TEST_F(Harmonization, APipelineFileNamesFilesRelativeToItself)
{
  this->WriteStyle("study/refs/ref.json", { 300.0 }, { 40.0 });
  testing::PutFile(m_Folder / "study/pipeline.json",
                   R"({"stages": [{"stage": "adaptive-norm", "style": ["refs/ref.json=0.5", "./refs/ref.json"]},
                                  {"stage": "quantile-norm", "reference": "refs/ref.json"}]})");
  const auto spec = ReadPipelineFile(m_Folder / "study/pipeline.json");
  EXPECT_EQ(std::get<std::string>(spec.stages[1].options[0].second), (m_Folder / "study/refs/ref.json").string());
  EXPECT_NO_THROW(Pipeline(spec, false).Run(Head(), nullptr, { 2, 1 }));
  const auto absolute = (m_Folder / "study/refs/ref.json").string();
  testing::PutFile(m_Folder / "other.json",
                   R"({"stages": [{"stage": "batch-norm", "reference": ")" + absolute + R"("}]})");
  EXPECT_EQ(std::get<std::string>(ReadPipelineFile(m_Folder / "other.json").stages[0].options[0].second), absolute);
}
} // namespace isolux
