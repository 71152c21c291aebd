#include "Case.h"
#include "Error.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace isolux
{
namespace
{
using testing::PutFile;

class SidecarTest : public ::testing::Test
{
protected:
  CaseReport
  RunHead(const std::string & format = ".nii.gz")
  {
    SetThreads(2);
    const auto input = m_Folder / ("private/Doe^Jane" + format);
    std::filesystem::create_directories(input.parent_path());
    WriteVolume(testing::HeadVolume({ { 21, 19, 17, 1 } }), m_Folder / ("private/scan" + format));
    CaseTask task;
    task.name = "private/scan" + format;
    task.input = m_Folder / task.name;
    task.output = m_Folder / ("out/scan" + format);
    task.site = "hall/three";
    task.participant = "Doe^Jane";
    return ProcessCase(task, DefaultPipeline(), {}).report;
  }

  nlohmann::json
  Json() const
  {
    return nlohmann::json::parse(testing::ReadBytesOf(m_Folder / "out/scan.json"));
  }

  std::string
  Refusal(const std::string & text) const
  {
    PutFile(m_Folder / "x.json", text);
    try
    {
      ReadSidecar(m_Folder / "x.json");
    }
    catch (const Error & error)
    {
      return error.what();
    }
    return "";
  }

  testing::TemporaryFolder m_Folder;
};
} // namespace

TEST_F(SidecarTest, WhatIsWrittenReadsBack)
{
  const auto report = this->RunHead();
  const auto sidecar = ReadSidecar(m_Folder / "out/scan.json");
  EXPECT_EQ(sidecar.report.input, "scan.nii.gz");
  EXPECT_EQ(sidecar.report.output, "scan.nii.gz");
  EXPECT_EQ(sidecar.report.inputHash.text, HashVolume(m_Folder / "private/scan.nii.gz"));
  EXPECT_EQ(sidecar.report.fileType, "float32");
  EXPECT_EQ(sidecar.pipeline.nan, "keep");
  ASSERT_EQ(sidecar.pipeline.stages.size(), 3U);
  ASSERT_EQ(sidecar.learned.size(), 1U);
  for (std::size_t i = 0; i < 3; ++i)
  {
    const auto & stage = report.channels[0].stages[i];
    EXPECT_EQ(sidecar.pipeline.stages[i].name, stage.name);
    EXPECT_EQ(sidecar.pipeline.stages[i].options, stage.options);
    EXPECT_EQ(sidecar.learned[0][i], stage.learned); // doubles to the last bit
  }
  const auto & before = sidecar.report.channels.at(0).before;
  EXPECT_EQ(before.mean, report.channels[0].before.mean);
  EXPECT_EQ(before.percentiles, report.channels[0].before.percentiles);
  EXPECT_EQ(sidecar.report.channels[0].evennessAfter.entropy, report.channels[0].evennessAfter.entropy);
  EXPECT_EQ(sidecar.report.channels[0].maskVoxels, report.channels[0].maskVoxels);
  ASSERT_TRUE(sidecar.report.channels[0].field && report.channels[0].field);
  EXPECT_EQ(sidecar.report.channels[0].field->percentile1, report.channels[0].field->percentile1);
  EXPECT_EQ(sidecar.report.channels[0].field->logDeviation, report.channels[0].field->logDeviation);
  EXPECT_FALSE(sidecar.report.channels[0].tissueBefore);
  ASSERT_TRUE(sidecar.report.grid);
  EXPECT_EQ(DescribeGrid(*sidecar.report.grid), DescribeGrid(*ReadVolume(m_Folder / "out/scan.nii.gz").channels[0]));
}

TEST_F(SidecarTest, TheInputsHashIsUnderItsTypesName)
{
  auto report = this->RunHead();
  report.inputHash = { HashType::Xxh128, "99aa06d3014798d86001c324468d497f" };
  PutFile(m_Folder / "other.json", WriteSidecar(report));
  const auto json = nlohmann::json::parse(testing::ReadBytesOf(m_Folder / "other.json"));
  EXPECT_EQ(json.at("input").at("xxh128"), report.inputHash.text);
  EXPECT_FALSE(json.at("input").contains("sha256"));
  const auto hash = ReadSidecar(m_Folder / "other.json").report.inputHash;
  EXPECT_EQ(hash.type, HashType::Xxh128);
  EXPECT_EQ(hash.text, report.inputHash.text);

  EXPECT_FALSE(this->Json().at("input").contains("xxh128"));
  EXPECT_EQ(ReadSidecar(m_Folder / "out/scan.json").report.inputHash.type, HashType::Sha256);
  auto none = this->Json();
  none["input"].erase("sha256");
  EXPECT_NE(this->Refusal(none.dump()).find("a key is missing"), std::string::npos);
}

TEST_F(SidecarTest, HoldsWhatTheIssueAsksFor)
{
  this->RunHead();
  const auto json = this->Json();
  EXPECT_TRUE(json.at("isolux").contains("version"));
  EXPECT_TRUE(json.at("isolux").contains("itk"));
  EXPECT_EQ(json.at("input").at("sha256").get<std::string>().size(), 64U);
  EXPECT_EQ(json.at("pipeline").at(2).at("options").at("eps"), 1e-5);
  const auto & channel = json.at("channels").at(0);
  EXPECT_EQ(channel.at("stages").at(0).at("learned").at("rule"), "log-otsu");
  EXPECT_GT(channel.at("stages").at(0).at("learned").at("voxels").get<int>(), 0);
  EXPECT_GT(channel.at("stages").at(1).at("learned").at("coefficients").size(), 1U);
  EXPECT_GT(channel.at("stages").at(2).at("learned").at("variance").at(0).get<double>(), 0.0);
  for (const char * count : { "nan", "infinite", "non_positive" })
  {
    EXPECT_EQ(channel.at("before").at(count), 0) << count;
  }
  EXPECT_EQ(json.at("output").at("clamped"), 0);
  EXPECT_TRUE(channel.at("evenness_after").contains("cv"));
  EXPECT_FALSE(json.at("evenness_definition").get<std::string>().empty());
  EXPECT_TRUE(channel.at("stages").at(1).contains("seconds"));
  EXPECT_GT(json.at("peak_memory_mib").get<double>(), 1.0);
  EXPECT_EQ(json.at("threads"), 1);
}

TEST_F(SidecarTest, HoldsNoPathAndNoPatientName)
{
  this->RunHead();
  const auto text = testing::ReadBytesOf(m_Folder / "out/scan.json");
  EXPECT_EQ(text.find(m_Folder.Path().string()), std::string::npos);
  EXPECT_EQ(text.find(m_Folder.Path().filename().string()), std::string::npos);
  EXPECT_EQ(text.find("private"), std::string::npos);
  EXPECT_EQ(text.find("Doe"), std::string::npos);
  EXPECT_EQ(text.find("\"/"), std::string::npos);
}

TEST_F(SidecarTest, NumbersThatAreNotFiniteAreNullAndReadAsNan)
{
  auto report = this->RunHead();
  report.channels[0].evennessAfter.entropy = std::numeric_limits<double>::quiet_NaN();
  report.channels[0].before.minimum = -HUGE_VAL;
  PutFile(m_Folder / "x.json", WriteSidecar(report));
  const auto back = ReadSidecar(m_Folder / "x.json");
  EXPECT_TRUE(std::isnan(back.report.channels[0].evennessAfter.entropy));
  EXPECT_TRUE(std::isnan(back.report.channels[0].before.minimum));
}

TEST_F(SidecarTest, WhatIsNoSidecarIsRefusedWithItsName)
{
  for (const char * text :
       { "", "{", "[]", "3", "{}", R"({"isolux": {"version": "1", "format": 1}})", R"({"isolux": 1})" })
  {
    EXPECT_NE(this->Refusal(text).find("x.json: not a sidecar of Isolux"), std::string::npos)
      << text << ": " << this->Refusal(text);
  }
  EXPECT_NE(this->Refusal(R"({"isolux": {"version": "9.0", "format": 2}})").find("use a newer Isolux"),
            std::string::npos);
  try
  {
    ReadSidecar(m_Folder / "none.json");
    FAIL();
  }
  catch (const Error & error)
  {
    EXPECT_NE(std::string(error.what()).find("none.json"), std::string::npos);
  }
}

TEST(SidecarPath, LiesBesideTheVolumeUnderItsName)
{
  EXPECT_EQ(SidecarPath("a/x.nii.gz"), "a/x.json");
  EXPECT_EQ(SidecarPath("a.b/x.y.nrrd"), "a.b/x.y.json");
  EXPECT_EQ(SidecarPath("x.TIF"), "x.json");
}
} // namespace isolux
