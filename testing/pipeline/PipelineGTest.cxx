#include "Error.h"
#include "Pipeline.h"
#include "SmallVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
using testing::BitsOf;
using testing::PixelsOf;

constexpr float NaN = std::numeric_limits<float>::quiet_NaN();

const WorkImage::SizeType VolumeSize{ { 31, 29, 27, 1 } };
const WorkImage::SizeType SeriesSize{ { 17, 15, 13, 3 } };
const WorkImage::SizeType PictureSize{ { 61, 47, 1, 1 } };

WorkImage::Pointer
Head(const WorkImage::SizeType & size)
{
  return testing::FillHead(testing::ObliqueGrid(size));
}

std::vector<Values>
LearnedOf(const Pipeline::Result & result)
{
  std::vector<Values> learned;
  for (const auto & stage : result.report.stages)
  {
    learned.push_back(stage.learned);
  }
  return learned;
}

/** All warnings of a run in one text. */
std::string
WarningsOf(const Pipeline::Result & result)
{
  std::string text;
  for (const auto & stage : result.report.stages)
  {
    for (const auto & warning : stage.warnings)
    {
      text += stage.name + ": " + warning + "\n";
    }
  }
  return text;
}

Pipeline::Result
RunDefault(const WorkImage::Pointer & image,
           const MaskImage::Pointer & mask = nullptr,
           const std::string &        nan = "keep")
{
  auto spec = DefaultPipeline();
  spec.nan = nan;
  return Pipeline(spec, mask.IsNotNull()).Run(image, mask, { 1, 1 });
}

std::string
Refusal(const PipelineSpec & spec, bool maskGiven)
{
  try
  {
    const Pipeline pipeline(spec, maskGiven);
  }
  catch (const UsageError & error)
  {
    return error.what();
  }
  return "";
}
} // namespace

TEST(Pipeline, TheDefaultOneEvensAShadedHead)
{
  SetThreads(2);
  const auto result = RunDefault(Head(VolumeSize));
  EXPECT_LT(result.report.evennessAfter.coefficientOfVariation,
            0.5 * result.report.evennessBefore.coefficientOfVariation);
  ASSERT_TRUE(result.images.field);
  const auto field = PixelsOf(*result.images.field);
  EXPECT_GT(*std::max_element(field.begin(), field.end()) / *std::min_element(field.begin(), field.end()), 1.3F);
  EXPECT_NEAR(result.report.after.mean, 0.0, 1e-6);
  EXPECT_NEAR(result.report.after.standardDeviation, 1.0, 1e-6);
}

TEST(Pipeline, TheFieldsMeanInsideTheMaskIsOne)
{
  const auto result = RunDefault(Head(VolumeSize));
  double     sum = 0.0;
  double     voxels = 0.0;
  for (std::size_t i = 0; i < result.images.mask->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (result.images.mask->GetBufferPointer()[i] != 0)
    {
      sum += result.images.field->GetBufferPointer()[i];
      voxels += 1.0;
    }
  }
  EXPECT_NEAR(sum / voxels, 1.0, 1e-6); // each voxel of the field is rounded to float
}

TEST(Pipeline, TheSameBitsForAnyNumberOfThreadsAndStreamDivisions)
{
  for (const auto & size : { VolumeSize, SeriesSize, PictureSize })
  {
    SetThreads(1);
    const auto expected = RunDefault(Head(size));
    for (const unsigned int threads : { 1U, 2U, 3U, 7U })
    {
      for (const unsigned int divisions : { 1U, 5U, 64U })
      {
        SCOPED_TRACE(std::to_string(threads) + " threads, " + std::to_string(divisions) + " divisions");
        SetThreads(threads);
        const auto result = Pipeline(DefaultPipeline(), false).Run(Head(size), nullptr, { threads, divisions });
        EXPECT_EQ(BitsOf(*result.images.after), BitsOf(*expected.images.after));
        EXPECT_EQ(BitsOf(*result.images.field), BitsOf(*expected.images.field));
        EXPECT_EQ(result.report.after.percentiles, expected.report.after.percentiles);
        EXPECT_EQ(result.report.evennessAfter.entropy, expected.report.evennessAfter.entropy);
      }
    }
  }
  SetThreads(2);
}

TEST(Pipeline, UndoGivesTheInputBack)
{
  for (const auto & size : { VolumeSize, SeriesSize, PictureSize })
  {
    const auto image = Head(size);
    const auto result = RunDefault(image);
    const auto back = Pipeline(DefaultPipeline(), true).Undo(result.images.after, LearnedOf(result));
    const auto expected = PixelsOf(*image);
    // Two stages each way, each rounded to float at the magnitude of the image's range.
    const double tolerance = std::ldexp(*std::max_element(expected.begin(), expected.end()), -21);
    for (std::size_t i = 0; i < expected.size(); ++i)
    {
      ASSERT_NEAR(back->GetBufferPointer()[i], expected[i], tolerance);
    }
  }
}

TEST(Pipeline, UndoRefusesLearnedValuesThatAreNotAll)
{
  const auto result = RunDefault(Head(VolumeSize));
  auto       learned = LearnedOf(result);
  learned.pop_back();
  EXPECT_THROW(Pipeline(DefaultPipeline(), true).Undo(result.images.after, learned), Error);
}

TEST(Pipeline, EveryFrameOfASeriesIsMappedAlike)
{
  const auto image = Head(SeriesSize);
  const auto result = RunDefault(image);
  EXPECT_EQ(result.images.field->GetLargestPossibleRegion().GetSize(3), 1U);
  EXPECT_EQ(result.images.mask->GetLargestPossibleRegion().GetSize(3), 1U);
  const auto & norm = result.report.stages[2].learned;
  const double mean = std::get<std::vector<double>>(norm[0].second).at(0);
  const double deviation = std::sqrt(std::get<std::vector<double>>(norm[1].second).at(0) + 1e-5);
  const auto   frame = result.images.field->GetBufferedRegion().GetNumberOfPixels();
  for (std::size_t i = 0; i < 3 * frame; i += 101)
  {
    const double corrected = image->GetBufferPointer()[i] / result.images.field->GetBufferPointer()[i % frame];
    EXPECT_NEAR(result.images.after->GetBufferPointer()[i], (corrected - mean) / deviation, 1e-5); // field in float
  }
}

TEST(Pipeline, AGivenMaskIsUsedInPlaceOfTheRule)
{
  const auto image = Head(VolumeSize);
  const auto mask = testing::MaskAbove(*image, 80.0F);
  const auto result = RunDefault(image, mask);
  EXPECT_EQ(std::get<std::string>(result.report.stages[0].learned[0].second), "given");
  const auto * begin = mask->GetBufferPointer();
  EXPECT_EQ(result.report.maskVoxels,
            static_cast<std::size_t>(std::count(begin, begin + mask->GetBufferedRegion().GetNumberOfPixels(), 1)));
}

TEST(Pipeline, WhatCannotRunIsRefusedBeforeItRuns)
{
  PipelineSpec none;
  EXPECT_NE(Refusal(none, false).find("no stage"), std::string::npos);
  PipelineSpec retinex;
  retinex.stages = { { "instance-norm", {} }, { "histogram-retinex", {} } };
  EXPECT_EQ(Refusal(retinex, false),
            "stage 2 (histogram-retinex): needs a mask; put 'foreground' before it or give --mask");
  EXPECT_EQ(Refusal(retinex, true), "");
}

TEST(Pipeline, AConstantImageBecomesZeroWithAWarning)
{
  auto image = Head(VolumeSize);
  image->FillBuffer(7.0F);
  const auto result = RunDefault(image);
  const auto pixels = PixelsOf(*result.images.after);
  EXPECT_EQ(std::count(pixels.begin(), pixels.end(), 0.0F), static_cast<long>(pixels.size()));
  EXPECT_NE(WarningsOf(result).find("instance-norm: all "), std::string::npos) << WarningsOf(result);
  EXPECT_NE(WarningsOf(result).find("have the intensity 7"), std::string::npos);
}

TEST(Pipeline, OneVoxelBecomesZeroWithAWarning)
{
  auto image = testing::ObliqueGrid({ { 1, 1, 1, 1 } });
  image->FillBuffer(7.0F);
  const auto result = RunDefault(image);
  EXPECT_EQ(PixelsOf(*result.images.after), std::vector<float>{ 0.0F });
  EXPECT_NE(WarningsOf(result).find("too few positive voxels"), std::string::npos) << WarningsOf(result);
}

TEST(Pipeline, AnEmptyMaskGivesZeroWithAWarning)
{
  const auto image = Head(VolumeSize);
  const auto result = RunDefault(image, testing::MaskAbove(*image, HUGE_VALF));
  const auto pixels = PixelsOf(*result.images.after);
  EXPECT_EQ(std::count(pixels.begin(), pixels.end(), 0.0F), static_cast<long>(pixels.size()));
  EXPECT_NE(WarningsOf(result).find("foreground: the mask is empty"), std::string::npos) << WarningsOf(result);
  EXPECT_NE(WarningsOf(result).find("instance-norm: no finite voxel inside the mask"), std::string::npos);
}

TEST(Pipeline, NanAndInfinityAreSkippedCountedAndKept)
{
  const auto clean = Head(VolumeSize);
  auto       image = Head(VolumeSize);
  const auto mask = testing::MaskAbove(*image, 30.0F);
  auto       cleanMask = testing::MaskAbove(*image, 30.0F);
  const auto centre = image->GetBufferedRegion().GetNumberOfPixels() / 2;
  for (std::size_t i = 0; i < 5; ++i)
  {
    image->GetBufferPointer()[centre + i] = i < 3 ? NaN : i == 3 ? HUGE_VALF : -HUGE_VALF;
    ASSERT_EQ(mask->GetBufferPointer()[centre + i], 1);
    cleanMask->GetBufferPointer()[centre + i] = 0;
  }
  PipelineSpec norm;
  norm.stages = { { "instance-norm", {} } };
  const auto result = Pipeline(norm, true).Run(image, mask, { 1, 1 });
  const auto expected = Pipeline(norm, true).Run(clean, cleanMask, { 1, 1 });
  EXPECT_EQ(result.report.before.nan, 3U);
  EXPECT_EQ(result.report.before.infinite, 2U);
  EXPECT_EQ(result.report.before.mean, expected.report.before.mean);
  for (std::size_t i = 0; i < PixelsOf(*image).size(); ++i)
  {
    const float value = result.images.after->GetBufferPointer()[i];
    if (i >= centre && i < centre + 5)
    {
      EXPECT_FALSE(std::isfinite(value));
    }
    else
    {
      ASSERT_EQ(value, expected.images.after->GetBufferPointer()[i]);
    }
  }
  EXPECT_NE(WarningsOf(result).find("5 voxels inside the mask are NaN or infinite: skipped"), std::string::npos);
}

TEST(Pipeline, NonFiniteVoxelsAreReplacedOnRequestAndCounted)
{
  for (const auto & [policy, wanted] : { std::pair("zero", 0.0F), std::pair("mean", 10.0F) })
  {
    auto image = Head(VolumeSize);
    image->GetBufferPointer()[100] = NaN;
    image->GetBufferPointer()[200] = HUGE_VALF;
    PipelineSpec norm;
    norm.nan = policy;
    norm.stages = { { "instance-norm", { { "beta", 10.0 } } } };
    const auto result = Pipeline(norm, false).Run(image, nullptr, { 1, 1 });
    EXPECT_EQ(result.report.replaced, 2U);
    EXPECT_NEAR(result.images.after->GetBufferPointer()[100], wanted, 1e-5) << policy; // the mean of rounded values
    EXPECT_NEAR(result.images.after->GetBufferPointer()[200], wanted, 1e-5) << policy;
    EXPECT_TRUE(std::isnan(image->GetBufferPointer()[100])); // the input keeps its own
  }
}

TEST(Pipeline, AFewStronglyNegativeVoxelsCostUnderATenthOfTheGain)
{
  const auto gain = [](const Pipeline::Result & result)
  { return result.report.evennessBefore.coefficientOfVariation - result.report.evennessAfter.coefficientOfVariation; };
  const WorkImage::SizeType size{ { 48, 48, 48, 1 } };
  const auto                clean = Head(size);
  const auto                mask = testing::MaskAbove(*clean, 30.0F);
  auto                      image = testing::CopyOf(*clean);
  std::size_t               inside = 0;
  std::size_t               changed = 0;
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (mask->GetBufferPointer()[i] != 0 && ++inside % 2000 == 0) // 0.05 %
    {
      image->GetBufferPointer()[i] = -300.0F;
      ++changed;
    }
  }
  ASSERT_GT(changed, 15U);
  PipelineSpec retinex;
  retinex.stages = { { "histogram-retinex", {} } };
  const auto expected = Pipeline(retinex, true).Run(clean, mask, { 1, 1 });
  const auto result = Pipeline(retinex, true).Run(image, mask, { 1, 1 });
  // Evenness is measured over the brightest class, which the negative voxels do not enter.
  EXPECT_GT(gain(result), 0.9 * gain(expected));
  EXPECT_EQ(result.report.before.nonPositive, changed);
  EXPECT_EQ(WarningsOf(result), ""); // below a hundredth the count is enough
  const auto & learned = result.report.stages[0].learned;
  const auto   excluded =
    std::find_if(learned.begin(), learned.end(), [](const auto & value) { return value.first == "non_positive"; });
  EXPECT_EQ(std::get<std::vector<double>>(excluded->second), std::vector<double>{ static_cast<double>(changed) });
  const auto field = PixelsOf(*result.images.field);
  for (std::size_t i = 0; i < field.size(); ++i) // still divided
  {
    ASSERT_NEAR(result.images.after->GetBufferPointer()[i], image->GetBufferPointer()[i] / field[i], 300.0 * 2e-7);
  }
}

TEST(Pipeline, TheReportRecordsEveryOptionOfEveryStage)
{
  const auto result = RunDefault(Head(VolumeSize));
  ASSERT_EQ(result.report.stages.size(), 3U);
  const auto described = Pipeline(DefaultPipeline(), false).Describe();
  for (std::size_t i = 0; i < 3; ++i)
  {
    EXPECT_EQ(result.report.stages[i].name, described[i].name);
    EXPECT_EQ(result.report.stages[i].options, described[i].options);
    EXPECT_GT(result.report.stages[i].options.size(), 1U);
    EXPECT_GT(result.report.stages[i].seconds, 0.0);
  }
}

TEST(AvailableThreads, HonoursTheSchedulersShare)
{
  const auto all = AvailableThreads();
  ::setenv("SLURM_CPUS_PER_TASK", "1", 1);
  EXPECT_EQ(AvailableThreads(), 1U);
  ::setenv("SLURM_CPUS_PER_TASK", "100000", 1);
  EXPECT_EQ(AvailableThreads(), all);
  ::unsetenv("SLURM_CPUS_PER_TASK");
}

TEST(Pipeline, TellsItsProgressWithoutGoingBack)
{
  const auto                                  head = Head(SeriesSize);
  const std::vector<WorkImage::Pointer>       channels = { head, testing::CopyOf(*head) };
  std::vector<std::pair<double, std::string>> told;
  Execution                                   execution;
  execution.streamDivisions = 4;
  execution.progress = [&told](double fraction, const std::string & stage) { told.emplace_back(fraction, stage); };
  for (const bool inPieces : { false, true })
  {
    told.clear();
    Pipeline pipeline(DefaultPipeline(), false);
    if (inPieces)
    {
      pipeline.RunInPieces(channels, nullptr, nullptr, execution, {}, [](const Pipeline::Piece &) {});
    }
    else
    {
      pipeline.Run(channels, nullptr, nullptr, execution);
    }
    ASSERT_GT(told.size(), 10U);
    EXPECT_TRUE(
      std::is_sorted(told.begin(), told.end(), [](const auto & a, const auto & b) { return a.first < b.first; }));
    EXPECT_EQ(told.front().second, "foreground");
    EXPECT_LT(told.front().first, 0.1);
    EXPECT_EQ(told.back().second, "instance-norm");
    EXPECT_DOUBLE_EQ(told.back().first, 1.0);
    for (const auto & stage : DefaultPipeline().stages)
    {
      EXPECT_TRUE(
        std::any_of(told.begin(), told.end(), [&stage](const auto & one) { return one.second == stage.name; }))
        << stage.name;
    }
  }
}
} // namespace isolux
