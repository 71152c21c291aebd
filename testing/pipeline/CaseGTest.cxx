#include "Case.h"
#include "Error.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace isolux
{
namespace
{
class CaseTest : public ::testing::Test
{
protected:
  CaseTest()
  {
    SetThreads(2);
    m_Task.name = "in.nii";
    m_Task.input = m_Folder / "in.nii";
    m_Task.output = m_Folder / "out/head.nii.gz";
    WriteVolume(testing::HeadVolume({ { 21, 19, 17, 1 } }), m_Task.input);
  }

  template <typename TCall>
  std::string
  MessageOf(const TCall & call) const
  {
    try
    {
      call();
    }
    catch (const Error & error)
    {
      return error.what();
    }
    return "";
  }

  void
  ExpectSameAsInput(const std::filesystem::path & back) const
  {
    const auto   expected = testing::PixelsOf(*ReadVolume(m_Task.input).channels[0]);
    const auto   actual = testing::PixelsOf(*ReadVolume(back).channels[0]);
    const double tolerance = std::ldexp(*std::max_element(expected.begin(), expected.end()), -21); // as Pipeline.Undo
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
    {
      ASSERT_NEAR(actual[i], expected[i], tolerance);
    }
  }

  testing::TemporaryFolder m_Folder;
  CaseTask                 m_Task;
};

using Strings = std::vector<std::string>;
} // namespace

TEST_F(CaseTest, WritesTheVolumeAndItsSidecarAndNothingElse)
{
  ProcessCase(m_Task, DefaultPipeline(), {});
  EXPECT_EQ(testing::Below(m_Folder / "out"), (Strings{ "head.json", "head.nii.gz" }));
}

TEST_F(CaseTest, WritesTheSameInPiecesAsInMemory)
{
  for (const WorkImage::SizeType & size : { WorkImage::SizeType{ { 151, 149, 147, 1 } }, { { 61, 59, 53, 19 } } })
  {
    WriteVolume(testing::HeadVolume(size), m_Folder / "large.nii");
    m_Task.input = m_Folder / "large.nii";
    for (const StageSpec & stage : { StageSpec{ "instance-norm", {} },
                                     StageSpec{ "robust-norm", {} },
                                     StageSpec{ "histogram-retinex", { { "frame", std::string("first") } } } })
    {
      SCOPED_TRACE(stage.name);
      PipelineSpec pipeline;
      if (stage.name == "histogram-retinex")
      {
        m_Task.mask = m_Folder / "mask.nii";
        auto mask = testing::HeadVolume({ { size[0], size[1], size[2], 1 } });
        WriteVolume(mask, m_Task.mask);
      }
      pipeline.stages = { stage };
      m_Task.output = m_Folder / "whole.nii";
      auto whole = ProcessCase(m_Task, pipeline, {}).report;
      m_Task.output = m_Folder / "pieces.nii";
      CaseOptions options;
      options.execution.memory = 120.0; // less than six copies
      const auto pieces = ProcessCase(m_Task, pipeline, options);
      EXPECT_TRUE(pieces.channels.empty()) << "processed in memory";
      EXPECT_EQ(testing::BitsOf(*ReadVolume(m_Folder / "pieces.nii").channels[0]),
                testing::BitsOf(*ReadVolume(m_Folder / "whole.nii").channels[0]));
      auto report = pieces.report;
      for (auto * const one : { &whole, &report })
      {
        one->seconds = one->readSeconds = one->writeSeconds = one->peakMemoryMiB = 0.0;
        one->channels[0].stages[0].seconds = 0.0;
        one->output = "";
      }
      EXPECT_EQ(WriteSidecar(report), WriteSidecar(whole));
      m_Task.mask.clear();
    }
  }
}

TEST_F(CaseTest, WritesTheSameFieldMaskAndGzipInPiecesAsInMemory)
{
  WriteOptions scaled;
  scaled.type = FileType::Int16Scaled;
  for (const WorkImage::SizeType & size : { WorkImage::SizeType{ { 151, 149, 147, 1 } }, { { 61, 59, 53, 19 } } })
  {
    WriteVolume(testing::HeadVolume(size), m_Folder / "large.nii.gz", scaled);
    m_Task.input = m_Folder / "large.nii.gz";
    const auto run = [this](const std::string & folder, double memory)
    {
      m_Task.output = m_Folder / folder / "out.nii.gz";
      CaseOptions options;
      options.field = m_Folder / folder / "field.nii.gz";
      options.mask = m_Folder / folder / "mask.nii.gz";
      options.execution.memory = memory;
      return ProcessCase(m_Task, DefaultPipeline(), options);
    };
    const auto whole = run("whole", 0.0);
    const auto pieces = run("pieces", 130.0);
    EXPECT_TRUE(pieces.channels.empty()) << "processed in memory";
    for (const char * name : { "out.nii.gz", "field.nii.gz", "mask.nii.gz" })
    {
      EXPECT_EQ(HashFile(m_Folder / "whole" / name), HashFile(m_Folder / "pieces" / name)) << name;
    }
    EXPECT_EQ(whole.report.channels[0].maskVoxels, pieces.report.channels[0].maskVoxels);
    EXPECT_EQ(testing::Below(m_Folder / "pieces"),
              (Strings{ "field.nii.gz", "mask.nii.gz", "out.json", "out.nii.gz" }));

    // The mask alone, as isolux foreground writes it.
    CaseOptions options;
    options.maskIsOutput = true;
    options.execution.memory = 130.0;
    PipelineSpec foreground;
    foreground.stages = { { "foreground", {} } };
    m_Task.output = m_Folder / "alone/mask.nii.gz";
    ProcessCase(m_Task, foreground, options);
    EXPECT_EQ(HashFile(m_Folder / "alone/mask.nii.gz"), HashFile(m_Folder / "whole/mask.nii.gz"));
  }
}

TEST_F(CaseTest, LearnsAMaskThatNoStageBeforeTheOutputAsksForInPieces)
{
  WriteVolume(testing::HeadVolume({ { 191, 179, 161, 1 } }), m_Folder / "large.nii");
  m_Task.input = m_Folder / "large.nii";
  for (const std::vector<StageSpec> & stages :
       { std::vector<StageSpec>{ { "foreground", {} } },
         std::vector<StageSpec>{ { "instance-norm", {} }, { "foreground", { { "rule", std::string("otsu") } } } } })
  {
    PipelineSpec pipeline;
    pipeline.stages = stages;
    std::vector<std::string> sidecars;
    for (const double memory : { 0.0, 110.0 })
    {
      CaseOptions options;
      options.execution.memory = memory;
      options.mask = m_Folder / "mask.nii";
      m_Task.output = m_Folder / "out.nii";
      auto report = ProcessCase(m_Task, pipeline, options).report;
      report.seconds = report.readSeconds = report.writeSeconds = report.peakMemoryMiB = 0.0;
      for (auto & stage : report.channels[0].stages)
      {
        stage.seconds = 0.0;
      }
      sidecars.push_back(WriteSidecar(report) + HashFile(m_Task.output) + HashFile(options.mask));
    }
    EXPECT_EQ(sidecars[0], sidecars[1]);
  }
}

TEST_F(CaseTest, AnErrorInPiecesIsOneLineAsInMemory)
{
  WriteOptions write;
  write.compression = 1;
  WriteVolume(testing::HeadVolume({ { 151, 149, 147, 1 } }), m_Folder / "large.nii.gz", write);
  std::filesystem::resize_file(m_Folder / "large.nii.gz", std::filesystem::file_size(m_Folder / "large.nii.gz") / 2);
  m_Task.input = m_Folder / "large.nii.gz";
  m_Task.output = m_Folder / "out/out.nii";
  PipelineSpec pipeline;
  pipeline.stages = { { "instance-norm", {} } };
  std::vector<std::string> messages;
  for (const double memory : { 0.0, 110.0 })
  {
    CaseOptions options;
    options.execution.memory = memory;
    messages.push_back(MessageOf([&] { ProcessCase(m_Task, pipeline, options); }));
    EXPECT_EQ(messages.back().find('\n'), std::string::npos) << messages.back();
    EXPECT_EQ(messages.back().find("ITK"), std::string::npos) << messages.back();
  }
  EXPECT_NE(messages[0].find("truncated"), std::string::npos);
  EXPECT_EQ(messages[1], messages[0]);
  EXPECT_EQ(testing::Below(m_Folder / "out"), Strings{});
}

TEST_F(CaseTest, RefusesWhatDoesNotFitTheMemoryAndNamesTheObstacle)
{
  WriteVolume(testing::HeadVolume({ { 151, 149, 147, 1 } }), m_Folder / "large.nii");
  m_Task.input = m_Folder / "large.nii";
  m_Task.output = m_Folder / "out.nii";
  CaseOptions options;
  options.execution.memory = 96.0;
  PipelineSpec poisson;
  poisson.stages = { { "poisson-retinex", {} } };
  const auto message = MessageOf([&] { ProcessCase(m_Task, poisson, options); });
  EXPECT_NE(message.find("large.nii"), std::string::npos) << message;
  EXPECT_NE(message.find("--memory is 96"), std::string::npos) << message;
  EXPECT_NE(message.find("poisson-retinex holds the whole image"), std::string::npos) << message;
  EXPECT_FALSE(std::filesystem::exists(m_Task.output));

  PipelineSpec pipeline;
  pipeline.stages = { { "instance-norm", {} } };
  m_Task.output = m_Folder / "out.tif";
  const auto tiff = MessageOf([&] { ProcessCase(m_Task, pipeline, options); });
  EXPECT_NE(tiff.find("out.tif cannot be written in pieces"), std::string::npos) << tiff;
}

TEST_F(CaseTest, WritesFieldAndMaskWhereAsked)
{
  CaseOptions options;
  options.field = m_Folder / "out/field.nii";
  options.mask = m_Folder / "out/mask.nii";
  const auto result = ProcessCase(m_Task, DefaultPipeline(), options);
  EXPECT_EQ(testing::BitsOf(*ReadVolume(options.field).channels[0]), testing::BitsOf(*result.channels[0].field));
  const auto mask = ReadVolume(options.mask);
  EXPECT_EQ(mask.component, "uint8");
  const auto pixels = testing::PixelsOf(*mask.channels[0]);
  EXPECT_EQ(std::count(pixels.begin(), pixels.end(), 1.0F), static_cast<long>(result.report.channels[0].maskVoxels));
}

TEST_F(CaseTest, AFieldOfAPipelineWithoutOneIsRefusedBeforeAnythingIsWritten)
{
  CaseOptions options;
  options.field = m_Folder / "out/field.nii";
  options.mask = m_Folder / "out/mask.nii";
  PipelineSpec norm;
  norm.stages = { { "instance-norm", {} } };
  EXPECT_THROW(ProcessCase(m_Task, norm, options), UsageError);
  EXPECT_EQ(testing::Below(m_Folder / "out"), Strings{});
}

namespace
{
/** A head of int16, stored with a scale. */
void
WriteInt16(const WorkImage::SizeType & size, const std::filesystem::path & path)
{
  WriteOptions scaled;
  scaled.type = FileType::Int16Scaled;
  WriteVolume(testing::HeadVolume(size), path, scaled);
}

PipelineSpec
One(const std::string & stage, const Values & options = {})
{
  PipelineSpec pipeline;
  pipeline.stages = { { stage, options } };
  return pipeline;
}

/** Frames with scales of their own. */
PipelineSpec
ByFrame()
{
  return One("instance-norm", { { "axes", std::string("frame") } });
}
} // namespace

TEST_F(CaseTest, KeepsTheVoxelsOfInt16InPiecesAsInMemory)
{
  for (const char * const in : { "in.nii", "in.nii.gz" })
  {
    m_Task.input = m_Folder / in;
    WriteInt16({ { 83, 79, 97, 1 } }, m_Task.input);
    const auto before = testing::BitsOf(*ReadVolume(m_Task.input).channels[0]);
    for (const char * const out : { "out.nii", "out.nii.gz" })
    {
      SCOPED_TRACE(std::string(in) + " to " + out);
      const auto run = [&](const char * folder, bool inPieces, int level)
      {
        CaseOptions options;
        options.keepsType = true;
        options.write.compression = level;
        options.write.keepsCompression = level == 1;
        options.execution.prefersPieces = inPieces;
        m_Task.output = m_Folder / folder / out;
        const auto result = ProcessCase(m_Task, One("instance-norm"), options);
        EXPECT_EQ(result.channels.empty(), inPieces);
        EXPECT_EQ(result.report.fileType, "int16-scaled");
        EXPECT_EQ(result.report.clamped, 0U);
        return result.report.largestRounding;
      };
      EXPECT_EQ(run("pieces", true, 1), run("whole", false, 1));
      run("anew", true, 2);
      const auto whole = ReadVolume(m_Folder / "whole" / out);
      for (const char * const folder : { "pieces", "anew" })
      {
        const auto pieces = ReadVolume(m_Folder / folder / out);
        EXPECT_EQ(pieces.component, "int16");
        EXPECT_EQ(testing::BitsOf(*pieces.channels[0]), testing::BitsOf(*whole.channels[0]));
      }
      EXPECT_EQ(HashFile(m_Folder / "pieces" / out), HashFile(m_Folder / "whole" / out));
      EXPECT_EQ(testing::Below(m_Folder / "pieces"), (Strings{ "out.json", out }));
      RestoreCase(m_Folder / "pieces" / out, m_Folder / "back.nii", {});
      m_Task.input = m_Folder / in;
      this->ExpectSameAsInput(m_Folder / "back.nii");
      std::filesystem::remove_all(m_Folder / "pieces");
    }
    EXPECT_EQ(testing::BitsOf(*ReadVolume(m_Task.input).channels[0]), before);
  }
}

TEST_F(CaseTest, KeepsInt16WhoseFirstPiecesTellNoLine)
{
  // Air of one value, then of two: the scale shows later.
  auto         volume = testing::HeadVolume({ { 151, 149, 147, 1 } });
  float *      voxels = volume.channels[0]->GetBufferPointer();
  const size_t slice = 151 * 149;
  for (std::size_t i = 0; i < 60 * slice; ++i)
  {
    voxels[i] = i < 30 * slice || i % 7 > 0 ? 0.0F : 1.0F;
  }
  WriteOptions scaled;
  scaled.type = FileType::Int16Scaled;
  m_Task.input = m_Folder / "air.nii.gz";
  WriteVolume(volume, m_Task.input, scaled);
  CaseOptions options;
  options.keepsType = true;
  options.execution.memory = 100.0;
  EXPECT_TRUE(ProcessCase(m_Task, One("instance-norm"), options).channels.empty());
}

TEST_F(CaseTest, KeepsInt16OfSeriesVectorsAndHeadersOfEveryKindInPiecesAsInMemory)
{
  auto series = testing::HeadVolume({ { 31, 29, 23, 5 } });
  auto vector = testing::HeadVolume({ { 31, 29, 23, 1 } });
  vector.channels.push_back(testing::HeadVolume({ { 31, 29, 23, 1 } }, 30.0F, 5).channels[0]);
  auto flat = testing::HeadVolume({ { 61, 47, 1, 1 } });
  for (const auto & [volume, stage] : std::vector<std::pair<Volume *, std::string>>{
         { &series, "instance-norm" }, { &vector, "layer-norm" }, { &flat, "instance-norm" } })
  {
    WriteOptions scaled;
    scaled.type = FileType::Int16Scaled;
    m_Task.input = m_Folder / "in.nii.gz";
    WriteVolume(*volume, m_Task.input, scaled);
    for (const bool inPieces : { true, false })
    {
      CaseOptions options;
      options.keepsType = true;
      options.execution.prefersPieces = inPieces;
      m_Task.output = m_Folder / (inPieces ? "pieces.nii.gz" : "whole.nii.gz");
      EXPECT_EQ(ProcessCase(m_Task, One(stage), options).channels.empty(), inPieces);
    }
    EXPECT_EQ(HashFile(m_Folder / "pieces.nii.gz"), HashFile(m_Folder / "whole.nii.gz"));
  }
}

TEST_F(CaseTest, WritesInt16AnewWhereTheOutputIsNoLinearMapOfIt)
{
  m_Task.input = m_Folder / "in.nii.gz";
  WriteInt16({ { 61, 59, 53, 3 } }, m_Task.input);
  // Of each integer several values; a field; a contrast of its own for each voxel.
  for (const auto & pipeline : { ByFrame(), One("single-scale-retinex"), One("divisive-norm") })
  {
    SCOPED_TRACE(pipeline.stages.front().name);
    const auto run = [&](const char * name, bool inPieces)
    {
      CaseOptions options;
      options.keepsType = true;
      options.execution.prefersPieces = inPieces;
      m_Task.output = m_Folder / name;
      return ProcessCase(m_Task, pipeline, options).report.largestRounding;
    };
    EXPECT_EQ(run("pieces.nii", true), run("whole.nii", false));
    EXPECT_EQ(HashFile(m_Folder / "pieces.nii"), HashFile(m_Folder / "whole.nii"));
  }
}

TEST_F(CaseTest, ProgressNeverFallsWhereInt16IsWrittenAnew)
{
  m_Task.input = m_Folder / "in.nii.gz";
  WriteInt16({ { 61, 59, 53, 3 } }, m_Task.input);
  std::vector<double> told;
  CaseOptions         options;
  options.keepsType = true;
  options.execution.prefersPieces = true;
  options.execution.progress = [&](double fraction, const std::string &) { told.push_back(fraction); };
  ProcessCase(m_Task, ByFrame(), options);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(told.back(), 1.0);
}

TEST_F(CaseTest, KeepsInt16UnderAMemoryOfLessThanTheVolumeOrSaysWhyNot)
{
  m_Task.input = m_Folder / "in.nii.gz";
  CaseOptions options;
  options.keepsType = true;
  options.execution.memory = 100.0;
  WriteInt16({ { 151, 149, 147, 1 } }, m_Task.input);
  EXPECT_TRUE(ProcessCase(m_Task, One("instance-norm"), options).channels.empty());
  WriteInt16({ { 61, 59, 53, 19 } }, m_Task.input);
  m_Task.output = m_Folder / "frames.nii.gz";
  const auto message = MessageOf([&] { ProcessCase(m_Task, ByFrame(), options); });
  EXPECT_NE(message.find("in.nii.gz: needs about "), std::string::npos) << message;
  EXPECT_NE(message.find("frames.nii.gz cannot be written in pieces"), std::string::npos) << message;
  EXPECT_EQ(testing::Below(m_Folder / "out"), (Strings{ "head.json", "head.nii.gz" }));
  EXPECT_FALSE(std::filesystem::exists(m_Task.output));
}

TEST_F(CaseTest, RestoreGivesTheOriginalIntensities)
{
  ProcessCase(m_Task, DefaultPipeline(), {});
  RestoreCase(m_Task.output, m_Folder / "back.nii", {});
  this->ExpectSameAsInput(m_Folder / "back.nii");
}

TEST_F(CaseTest, RestoreToTheSameTypeGivesSmallIntegersBack)
{
  WriteOptions scaled;
  scaled.type = FileType::Int16Scaled;
  WriteVolume(ReadVolume(m_Task.input), m_Folder / "short.nii", scaled);
  m_Task.input = m_Folder / "short.nii";
  m_Task.output = m_Folder / "out.nii";
  CaseOptions options;
  options.keepsType = true;
  const auto report = ProcessCase(m_Task, DefaultPipeline(), options).report;
  EXPECT_EQ(report.fileType, "int16-scaled");
  EXPECT_GT(report.largestRounding, 0.0);
  const auto lost = RestoreCase(m_Task.output, m_Folder / "back.nii", options);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_NE(lost.front().find("in its units at most "), std::string::npos) << lost.front();
  EXPECT_EQ(ReadVolume(m_Folder / "back.nii").component, "int16");
}

TEST_F(CaseTest, RestoreOfColourUndoesEachChannel)
{
  auto volume = testing::HeadVolume({ { 61, 47, 1, 1 } });
  volume.channels.push_back(testing::FillHead(testing::PlainGrid({ { 61, 47, 1, 1 } }), 7.0F, 9));
  volume.channels.push_back(testing::FillHead(testing::PlainGrid({ { 61, 47, 1, 1 } }), 900.0F, 5));
  m_Task.input = m_Folder / "colour.mha";
  m_Task.output = m_Folder / "out/colour.mha";
  WriteVolume(volume, m_Task.input);
  ProcessCase(m_Task, DefaultPipeline(), {});
  RestoreCase(m_Task.output, m_Folder / "back.mha", {});
  const auto back = ReadVolume(m_Folder / "back.mha");
  ASSERT_EQ(back.channels.size(), 3U);
  for (std::size_t c = 0; c < 3; ++c)
  {
    const auto   expected = testing::PixelsOf(*volume.channels[c]);
    const auto   actual = testing::PixelsOf(*back.channels[c]);
    const double tolerance = std::ldexp(*std::max_element(expected.begin(), expected.end()), -21);
    for (std::size_t i = 0; i < expected.size(); ++i)
    {
      ASSERT_NEAR(actual[i], expected[i], tolerance);
    }
  }
}

TEST_F(CaseTest, ASidecarOfIsolux010WithOneNumberForMeanAndVarianceStillUndoes)
{
  const auto kept =
    testing::ReadBytesOf(std::filesystem::path(ISOLUX_SOURCE_DIR) / "testing/golden/sidecar-0.1.0.json");
  testing::PutFile(m_Folder / "sidecar-0.1.0.json", kept);
  auto volume = testing::HeadVolume({ { 7, 6, 5, 1 } }, 2.0F);
  volume.channels.push_back(testing::FillHead(testing::PlainGrid({ { 7, 6, 5, 1 } }), 5.0F, 9));
  WriteVolume(volume, m_Folder / "sidecar-0.1.0.nii");
  RestoreCase(m_Folder / "sidecar-0.1.0.nii", m_Folder / "back.nii", {});
  const auto back = ReadVolume(m_Folder / "back.nii");
  const auto json = nlohmann::json::parse(kept);
  ASSERT_EQ(back.channels.size(), 2U);
  for (std::size_t c = 0; c < 2; ++c)
  {
    const auto & learned = json["channels"][c]["stages"][2]["learned"];
    ASSERT_TRUE(learned["mean"].is_number());
    const double mean = learned["mean"].get<double>();
    const double deviation = std::sqrt(learned["variance"].get<double>() + 1e-5);
    const auto   before = testing::PixelsOf(*volume.channels[c]);
    const auto   after = testing::PixelsOf(*back.channels[c]);
    for (std::size_t i = 0; i < before.size(); ++i)
    {
      // gamma 3 and beta 100 as recorded; its field was 1. Two floats of up to 100, times a deviation of about 1.
      ASSERT_NEAR(after[i], (before[i] - 100.0) / 3.0 * deviation + mean, 2e-5);
    }
  }
}

TEST_F(CaseTest, AMissingReferenceFailsBeforeAnythingIsWritten)
{
  PipelineSpec norm;
  norm.stages = { { "foreground", {} }, { "batch-norm", { { "reference", (m_Folder / "none.json").string() } } } };
  EXPECT_THROW(ProcessCase(m_Task, norm, {}), Error);
  EXPECT_EQ(testing::Below(m_Folder / "out"), Strings{});
}

TEST_F(CaseTest, RestoreSaysWhatIsMissing)
{
  ProcessCase(m_Task, DefaultPipeline(), {});
  std::filesystem::remove(m_Folder / "out/head.json");
  EXPECT_NE(
    this->MessageOf([&] { RestoreCase(m_Task.output, m_Folder / "back.nii", {}); }).find("head.json: cannot be opened"),
    std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "back.nii"));
}

TEST_F(CaseTest, RestoreRefusesWhatLostInformation)
{
  PipelineSpec norm;
  norm.stages = { { "instance-norm", { { "outside", std::string("zero") } } } };
  ProcessCase(m_Task, norm, {});
  const auto message = this->MessageOf([&] { RestoreCase(m_Task.output, m_Folder / "back.nii", {}); });
  EXPECT_NE(message.find("head.nii.gz: instance-norm with outside 'zero' cannot be undone"), std::string::npos)
    << message;
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "back.nii"));
}

TEST_F(CaseTest, RestoreRefusesASidecarThatWasCutShort)
{
  ProcessCase(m_Task, DefaultPipeline(), {});
  auto json = nlohmann::ordered_json::parse(testing::ReadBytesOf(m_Folder / "out/head.json"));
  json["channels"][0]["stages"].erase(2);
  testing::PutFile(m_Folder / "out/head.json", json.dump());
  const auto message = this->MessageOf([&] { RestoreCase(m_Task.output, m_Folder / "back.nii", {}); });
  EXPECT_NE(message.find("head.nii.gz: the pipeline has 3 stages"), std::string::npos) << message;
}

TEST_F(CaseTest, AFailedCaseLeavesNothingUnderItsName)
{
  testing::PutFile(m_Task.input, testing::ReadBytesOf(m_Task.input).substr(0, 5000));
  const auto message = this->MessageOf([&] { ProcessCase(m_Task, DefaultPipeline(), {}); });
  EXPECT_NE(message.find("in.nii"), std::string::npos);
  EXPECT_EQ(testing::Below(m_Folder / "out"), Strings{});
}

TEST_F(CaseTest, AnOldSidecarNeverLiesBesideANewVolume)
{
  ProcessCase(m_Task, DefaultPipeline(), {});
  const auto first = ReadSidecar(m_Folder / "out/head.json");
  WriteVolume(testing::HeadVolume({ { 21, 19, 17, 1 } }, 500.0F), m_Task.input);
  ProcessCase(m_Task, DefaultPipeline(), {});
  EXPECT_NE(ReadSidecar(m_Folder / "out/head.json").report.inputHash.text, first.report.inputHash.text);
  RestoreCase(m_Task.output, m_Folder / "back.nii", {});
  this->ExpectSameAsInput(m_Folder / "back.nii");
}

TEST_F(CaseTest, TheInputAloneIsHashedByTheTypeThatIsAskedForHoweverItIsRead)
{
  m_Task.mask = m_Folder / "mask.nii";
  WriteVolume(testing::HeadVolume({ { 151, 149, 147, 1 } }), m_Task.mask);
  PipelineSpec norm;
  norm.stages = { { "instance-norm", {} } };
  CaseOptions options;
  options.hashType = HashType::Xxh128;
  for (const char * name : { "large.nii", "large.nii.gz", "large.tif" })
  {
    m_Task.input = m_Folder / name;
    m_Task.output = m_Folder / "out" / name;
    WriteVolume(testing::HeadVolume({ { 151, 149, 147, 1 } }), m_Task.input);
    const auto expected = HashVolume(m_Task.input, HashType::Xxh128);
    for (const double memory : { 0.0, 130.0, 4000.0 }) // in memory, in pieces, and opened but read whole
    {
      SCOPED_TRACE(name + std::to_string(memory));
      options.execution.memory = memory;
      const bool inPieces = memory == 130.0;
      if (inPieces && m_Task.input.extension() == ".tif")
      {
        continue; // which is not written in pieces
      }
      EXPECT_EQ(ProcessCase(m_Task, norm, options).channels.empty(), inPieces);
      const auto report = ReadSidecar(SidecarPath(m_Task.output)).report;
      EXPECT_EQ(report.inputHash.type, HashType::Xxh128);
      EXPECT_EQ(report.inputHash.text, expected);
      EXPECT_EQ(report.maskSha256, HashVolume(m_Task.mask));
    }
  }
}

TEST_F(CaseTest, AMaskFilesNameAndHashAreRecorded)
{
  m_Task.mask = m_Folder / "brain_mask.nii";
  Volume mask = ReadVolume(m_Task.input);
  for (std::size_t i = 0; i < mask.channels[0]->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    mask.channels[0]->GetBufferPointer()[i] = mask.channels[0]->GetBufferPointer()[i] > 30.0F ? 1.0F : 0.0F;
  }
  WriteVolume(mask, m_Task.mask);
  ProcessCase(m_Task, DefaultPipeline(), {});
  const auto sidecar = ReadSidecar(m_Folder / "out/head.json");
  EXPECT_EQ(sidecar.report.mask, "brain_mask.nii");
  EXPECT_EQ(sidecar.report.maskSha256, HashVolume(m_Task.mask));
}
} // namespace isolux
