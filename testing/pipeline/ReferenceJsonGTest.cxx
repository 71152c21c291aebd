#include "Error.h"
#include "ReferenceJson.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace isolux
{
namespace
{
using Json = nlohmann::ordered_json;

const std::filesystem::path KeptOfFormat2 =
  std::filesystem::path(ISOLUX_SOURCE_DIR) / "testing/golden/reference-2.json";
const std::filesystem::path Kept = std::filesystem::path(ISOLUX_SOURCE_DIR) / "testing/golden/reference-1.json";

class ReferenceJson : public ::testing::Test
{
protected:
  ReferenceJson()
    : m_Json(Json::parse(testing::ReadBytesOf(Kept)))
  {
  }

  /** Why a file of that text is refused; empty where it is not. */
  std::string
  Refusal(const std::string & text) const
  {
    testing::PutFile(m_Folder / "ref.json", text);
    try
    {
      ReadReference(m_Folder / "ref.json");
    }
    catch (const Error & error)
    {
      EXPECT_NE(std::string(error.what()).find("ref.json: "), std::string::npos) << error.what();
      return error.what();
    }
    return "";
  }

  /** Of the kept file after `change(json)`. */
  template <typename TChange>
  std::string
  RefusalAfter(const TChange & change) const
  {
    Json json = m_Json;
    change(json);
    return this->Refusal(json.dump());
  }

  testing::TemporaryFolder m_Folder;
  Json                     m_Json;
};

bool
Holds(const std::string & text, const std::string & word)
{
  return text.find(word) != std::string::npos;
}
} // namespace

TEST_F(ReferenceJson, AFileOfFormat1IsReadForEver)
{
  const auto reference = ReadReference(Kept);
  ASSERT_EQ(reference.channels.size(), 1U);
  const auto & channel = reference.channels[0];
  EXPECT_EQ(channel.cases, 2U);
  EXPECT_EQ(channel.pooled.Count(), 703810U);
  const auto & json = m_Json["channels"][0];
  EXPECT_EQ(channel.pooled.Mean(), json["pooled"]["mean"].get<double>());
  EXPECT_EQ(channel.pooled.Variance(), json["pooled"]["variance"].get<double>());
  EXPECT_EQ(channel.TypicalMean(), json["typical"]["mean"].get<double>());
  EXPECT_EQ(channel.TypicalDeviation(), json["typical"]["deviation"].get<double>());
  EXPECT_EQ(channel.landmarks.Standard(), json["landmarks"]["values"].get<std::vector<double>>());
  EXPECT_EQ(channel.landmarks.Probabilities(), itk::LandmarkScale::DefaultProbabilities());
  EXPECT_EQ(channel.histogram.Count(), 703810U);
  EXPECT_NEAR(channel.TypicalMean(), 418.527, 1e-3); // the last digit that is written here
  EXPECT_NEAR(channel.pooled.Mean(), 521.740, 1e-3);
}

TEST_F(ReferenceJson, WhatIsWrittenReadsBackToTheBit)
{
  const auto text = WriteReference(ReadReference(Kept)); // in today's format
  testing::PutFile(m_Folder / "again.json", text);
  EXPECT_EQ(WriteReference(ReadReference(m_Folder / "again.json")), text);
  const auto kept = testing::ReadBytesOf(KeptOfFormat2);
  EXPECT_EQ(WriteReference(ReadReference(KeptOfFormat2)), kept);
}

TEST_F(ReferenceJson, AFileOfFormat2IsReadForEver)
{
  const auto reference = ReadReference(KeptOfFormat2);
  ASSERT_EQ(reference.sites.size(), 2U);
  EXPECT_EQ(reference.sites.at("hammersmith").Cases(), 2U);
  EXPECT_EQ(reference.channels[0].cases, 4U);
  EXPECT_EQ(reference.bands.scales, (std::vector<double>{ 1.0, 2.0 }));
  EXPECT_EQ(reference.channels[0].TypicalBands().size(), 2U);
  EXPECT_EQ(reference.versions.size(), 1U);
  const auto json = Json::parse(testing::ReadBytesOf(KeptOfFormat2));
  EXPECT_EQ(reference.sites.at("others").channels[0].TypicalMean(),
            json["sites"]["others"]["channels"][0]["typical"]["mean"].get<double>());
}

TEST_F(ReferenceJson, WhatIsChangedInFormat2IsRefused)
{
  m_Json = Json::parse(testing::ReadBytesOf(KeptOfFormat2));
  EXPECT_TRUE(Holds(this->RefusalAfter([](Json & json) { json["sites"].erase("others"); }), "not those of the sites"));
  EXPECT_TRUE(Holds(this->RefusalAfter([](Json & json) { json["sites"] = Json::object(); }), "without a site"));
  EXPECT_TRUE(Holds(this->RefusalAfter([](Json & json) { json["sites"]["others"]["inputs_sha256"] = "7"; }),
                    "'inputs_sha256' is not 64 hexadecimal digits"));
  EXPECT_TRUE(
    Holds(this->RefusalAfter([](Json & json) { json["sites"]["others"]["channels"][0]["band_energies"][0] = 0.5; }),
          "its statistics are not those of its sums"));
  EXPECT_TRUE(Holds(this->RefusalAfter(
                      [](Json & json) {
                        json["shard"] = { { "number", 4 }, { "of", 3 }, { "list", "x" } };
                      }),
                    "is shard 4 of 3"));
  EXPECT_TRUE(Holds(this->RefusalAfter([](Json & json) { json["bands"]["axes"] = "zzz"; }), "the axes 'zzz'"));
  EXPECT_NE(this->RefusalAfter([](Json & json) { json["sites"]["others"]["masked"] = 99; }), "");
  EXPECT_TRUE(Holds(this->RefusalAfter(
                      [](Json & json)
                      {
                        auto &     channels = json["sites"]["hammersmith"]["channels"];
                        const auto one = channels[0];
                        channels.push_back(one);
                      }),
                    "a site has 1 channels, where others have 2"));
  for (const char * key : { "versions", "files", "bands", "sites", "channels" })
  {
    EXPECT_TRUE(Holds(this->RefusalAfter([&](Json & json) { json.erase(key); }), "a key is missing")) << key;
  }
}

TEST_F(ReferenceJson, KeysOfLaterVersionsAreLeftAside)
{
  EXPECT_EQ(this->RefusalAfter(
              [](Json & json)
              {
                json["later"] = { { "a", 3 } };
                json["channels"][0]["later"] = { 1.0, 2.0 };
                json["channels"][0]["sums"]["later"] = { { 1.0 }, { 2.0 } };
              }),
            "");
}

TEST_F(ReferenceJson, AnUnknownFormatIsRefusedWithItsVersion)
{
  const auto message = this->RefusalAfter([](Json & json) { json["isolux_reference"] = 3; });
  EXPECT_TRUE(Holds(message, "written in format 3, and this Isolux (")) << message;
  EXPECT_NE(this->RefusalAfter([](Json & json) { json["isolux_reference"] = 0; }), "");
}

TEST_F(ReferenceJson, WhatIsNoReferenceIsRefusedWithTheWayOut)
{
  for (const auto & text : { "", "{", "[]", "7", R"({"stages": []})", R"({"isolux_reference": "1"})" })
  {
    const auto message = this->Refusal(text);
    EXPECT_TRUE(Holds(message, "not a reference of Isolux")) << text << ": " << message;
    EXPECT_TRUE(Holds(message, "'isolux fit' writes one"));
  }
  for (const char * key : { "cases", "voxels", "pooled", "typical", "landmarks", "sums" })
  {
    EXPECT_TRUE(Holds(this->RefusalAfter([&](Json & json) { json["channels"][0].erase(key); }), "a key is missing"));
  }
  for (const char * key : { "moments", "means", "deviations", "landmarks", "histogram" })
  {
    EXPECT_TRUE(
      Holds(this->RefusalAfter([&](Json & json) { json["channels"][0]["sums"].erase(key); }), "a key is missing"));
  }
  EXPECT_TRUE(Holds(this->RefusalAfter([](Json & json) { json["channels"] = Json::array(); }), "without a channel"));
}

TEST_F(ReferenceJson, AStatisticChangedByHandIsRefused)
{
  for (const char * change :
       { "pooled/mean", "pooled/variance", "typical/mean", "typical/deviation", "cases", "voxels" })
  {
    const auto message = this->RefusalAfter(
      [&](Json & json)
      {
        auto & value = json["channels"][0][Json::json_pointer(std::string("/") + change)];
        value = value.is_number_integer() ? Json(value.get<long long>() + 1) : Json(value.get<double>() * 1.001);
      });
    EXPECT_TRUE(Holds(message, "channel 1: its statistics are not those of its sums")) << change << ": " << message;
    EXPECT_TRUE(Holds(message, "fit it anew"));
  }
  EXPECT_NE(this->RefusalAfter([](Json & json) { json["channels"][0]["landmarks"]["values"][3] = 0.0; }), "");
  EXPECT_NE(this->RefusalAfter([](Json & json) { json["channels"][0]["cases"] = 0; }), "");
  EXPECT_NE(this->RefusalAfter([](Json & json) { json["channels"][0]["sums"]["means"] = { 1e308, 1e308 }; }), "");
  EXPECT_NE(this->RefusalAfter([](Json & json) { json["channels"][0]["sums"]["landmarks"]["positions"].erase(0); }),
            "");
}

TEST_F(ReferenceJson, ADamagedHistogramIsRefused)
{
  for (const char * text : { "",
                             "7",
                             "7,8",
                             "x:1",
                             "131072:",
                             "131072:0",
                             "131072:1,",
                             "131072:1;",
                             ":1",
                             "262143:1",
                             "999999999:1",
                             "5:-1" })
  {
    EXPECT_NE(this->RefusalAfter([&](Json & json) { json["channels"][0]["sums"]["histogram"] = text; }), "") << text;
  }
}
} // namespace isolux
