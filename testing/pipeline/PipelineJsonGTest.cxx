#include "Error.h"
#include "GoldenFile.h"
#include "PipelineJson.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace isolux
{
namespace
{
const std::filesystem::path Pipelines = std::filesystem::path(ISOLUX_SOURCE_DIR) / "data/pipelines";

std::string
Refusal(const std::string & text)
{
  try
  {
    ParsePipeline(text, "study.json");
  }
  catch (const UsageError & error)
  {
    return error.what();
  }
  return "";
}

std::string
AsText(const PipelineSpec & spec)
{
  return WritePipeline(spec);
}
} // namespace

TEST(PipelineJson, EveryExamplePipelineParses)
{
  std::size_t files = 0;
  for (const auto & entry : std::filesystem::directory_iterator(Pipelines))
  {
    EXPECT_NO_THROW(ReadPipelineFile(entry.path())) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 5U);
}

TEST(PipelineJson, TheDefaultPipelinesFileSaysWhatIsCompiledIn)
{
  EXPECT_EQ(AsText(ReadPipelineFile(Pipelines / "default.json")), AsText(DefaultPipeline()));
}

TEST(PipelineJson, WhatIsWrittenReadsBackTheSame)
{
  PipelineSpec spec;
  spec.nan = "mean";
  for (const auto & stage : BuiltInStages().All())
  {
    const auto made = stage.make();
    spec.stages.push_back({ stage.name, Read([&](ParameterVisitor & visit) { made->VisitOptions(visit); }) });
    if (!stage.needs.empty())
    {
      spec.stages.back().options.front().second = (Pipelines / "../references/shade.nii.gz").string();
    }
  }
  const auto back = ParsePipeline(WritePipeline(spec), "text");
  EXPECT_EQ(back.nan, "mean");
  const auto described = Pipeline(back, true).Describe(); // an empty list of strings has no type in JSON
  ASSERT_EQ(back.stages.size(), spec.stages.size());
  for (std::size_t i = 0; i < spec.stages.size(); ++i)
  {
    EXPECT_EQ(back.stages[i].name, spec.stages[i].name);
    EXPECT_EQ(described[i].options, spec.stages[i].options);
  }
}

TEST(PipelineJson, SchemaIsTheGoldenOne)
{
  testing::ExpectGolden(PipelineSchema(), "schema.json");
}

TEST(PipelineJson, SchemaKnowsEveryOptionOfEveryStage)
{
  const auto   schema = nlohmann::json::parse(PipelineSchema());
  const auto & stages = schema.at("properties").at("stages").at("items").at("oneOf");
  ASSERT_EQ(stages.size(), BuiltInStages().All().size());
  for (std::size_t i = 0; i < stages.size(); ++i)
  {
    const auto made = BuiltInStages().All()[i].make();
    for (const auto & option : Describe([&](ParameterVisitor & visit) { made->VisitOptions(visit); }))
    {
      const auto & entry = stages[i].at("properties").at(option.name);
      EXPECT_FALSE(entry.at("description").get<std::string>().empty()) << option.name;
      EXPECT_TRUE(entry.contains("default")) << option.name;
    }
  }
}

TEST(PipelineJson, WhatIsNotJsonIsRefusedWithItsPlace)
{
  EXPECT_EQ(
    Refusal("{\"stages\": [}"),
    "study.json: not JSON at byte 13; a pipeline file looks like {\"stages\": [{\"stage\": \"instance-norm\"}]}");
  EXPECT_NE(Refusal("").find("study.json: not JSON"), std::string::npos);
}

TEST(PipelineJson, WhatIsNoPipelineIsRefused)
{
  EXPECT_NE(Refusal("[]").find("study.json: a pipeline file is an object with a list 'stages'"), std::string::npos);
  EXPECT_NE(Refusal("{}").find("'stages'"), std::string::npos);
  EXPECT_NE(Refusal("{\"stages\": []}").find("study.json: the pipeline has no stage"), std::string::npos);
  EXPECT_NE(Refusal("{\"stages\": [3]}").find("study.json: stage 1: must be an object with a string 'stage', not 3"),
            std::string::npos);
}

TEST(PipelineJson, UnknownKeysAreRefusedWithTheNearest)
{
  EXPECT_EQ(Refusal(R"({"stages": [{"stage": "instance-norm"}], "nans": "zero"})"),
            "study.json: unknown key 'nans'; did you mean 'nan'?");
  EXPECT_EQ(Refusal(R"({"stages": [{"stage": "foreground"}, {"stage": "instance-norm", "epsilon": 1}]})"),
            "study.json: stage 2 (instance-norm): unknown option 'epsilon'; did you mean 'eps'?");
  EXPECT_NE(Refusal(R"({"stages": [{"stage": "foreground"}, {"stage": "histogram-retinx"}]})")
              .find("study.json: stage 2: no stage is called 'histogram-retinx'; did you mean 'histogram-retinex'?"),
            std::string::npos);
}

TEST(PipelineJson, ValuesAreRefusedWithFileStageAndKey)
{
  EXPECT_EQ(Refusal(R"({"stages": [{"stage": "instance-norm", "eps": -1}]})"),
            "study.json: stage 1 (instance-norm): 'eps' must be in [0, inf), not -1");
  EXPECT_EQ(
    Refusal(R"({"stages": [{"stage": "instance-norm", "outside": "leave"}]})"),
    "study.json: stage 1 (instance-norm): 'outside' must be one of 'transform', 'keep', 'zero', not 'leave'; known "
    "are: 'transform', 'keep', 'zero'");
  EXPECT_NE(Refusal(R"({"stages": [{"stage": "foreground"}, {"stage": "histogram-retinex", "widths": [0.1, "x"]}]})")
              .find("study.json: stage 2 (histogram-retinex): 'widths': a list that begins with a number holds numbers "
                    "only, not \"x\""),
            std::string::npos);
  EXPECT_NE(Refusal(R"({"stages": [{"stage": "instance-norm", "eps": {}}]})").find("'eps'"), std::string::npos);
  EXPECT_NE(Refusal(R"({"nan": "drop", "stages": [{"stage": "instance-norm"}]})")
              .find("'nan' must be one of 'keep', 'zero', 'mean', not 'drop'"),
            std::string::npos);
  EXPECT_NE(Refusal(R"({"isolux": 2, "stages": [{"stage": "instance-norm"}]})").find("must be 1, not 2"),
            std::string::npos);
}

TEST(PipelineJson, NullIsNoValueOfAnOption)
{
  const auto message = Refusal(R"({"stages": [{"stage": "instance-norm", "gamma": null}]})");
  EXPECT_NE(message.find("study.json: stage 1 (instance-norm): 'gamma'"), std::string::npos) << message;
}

TEST(PipelineJson, ANumberBeyondDoubleIsRefused)
{
  EXPECT_NE(Refusal(R"({"stages": [{"stage": "instance-norm", "eps": 1e999}]})").find("study.json"), std::string::npos);
}

TEST(PipelineJson, AMissingFileIsNamed)
{
  const testing::TemporaryFolder folder;
  try
  {
    ReadPipelineFile(folder / "none.json");
    FAIL();
  }
  catch (const Error & error)
  {
    EXPECT_NE(std::string(error.what()).find("none.json: cannot be opened: No such file"), std::string::npos)
      << error.what();
  }
}
} // namespace isolux
