#include "BidsJson.h"
#include "Error.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace isolux
{
namespace
{
using Json = nlohmann::json;

class BidsJson : public ::testing::Test
{
protected:
  void
  Put(const std::string & name, const std::string & text) const
  {
    testing::PutFile(m_Folder / name, text);
  }

  Json
  Metadata(const std::string & image, const BidsDerivation & derivation = {}) const
  {
    this->Put(image, "x");
    return Json::parse(BidsMetadata(m_Folder.Path(), m_Folder / image, derivation));
  }

  testing::TemporaryFolder m_Folder;
};
} // namespace

TEST_F(BidsJson, TheNearerSidecarGoesBeforeAndOtherImagesSidecarsDoNotCount)
{
  this->Put("T1w.json", R"({ "FlipAngle": 9, "EchoTime": 1, "Manufacturer": "dataset" })");
  this->Put("T2w.json", R"({ "SliceThickness": 5 })");
  this->Put("sub-01/sub-01_T1w.json", R"({ "EchoTime": 2, "Manufacturer": "participant" })");
  this->Put("sub-01/ses-2/sub-01_ses-2_T1w.json", R"({ "Manufacturer": "session" })");
  this->Put("sub-01/ses-2/anat/sub-01_ses-2_run-1_T1w.json", R"({ "Run": 1, "EchoTime": 3 })");
  this->Put("sub-01/ses-2/anat/sub-01_ses-2_acq-fast_run-1_T1w.json", R"({ "SliceThickness": 6 })");
  this->Put("sub-01/ses-2/anat/notes.json", "not JSON, and no sidecar of an image");
  const auto json = this->Metadata("sub-01/ses-2/anat/sub-01_ses-2_run-1_T1w.nii.gz");
  EXPECT_EQ(json.at("FlipAngle"), 9);
  EXPECT_EQ(json.at("EchoTime"), 3);
  EXPECT_EQ(json.at("Manufacturer"), "session");
  EXPECT_EQ(json.at("Run"), 1);
  EXPECT_FALSE(json.contains("SliceThickness"));
}

TEST_F(BidsJson, WhatTellsOfRawIntensitiesAndOfRawFilesIsLeftBehind)
{
  this->Put("sub-01/anat/sub-01_T1map.json",
            R"({ "Units": "s", "RescaleSlope": 2, "PhilipsScaleSlope": 3, "IntendedFor": "x", "Sources": ["y"],
                 "Description": "raw", "EchoTime": 0.003, "SkullStripped": true, "warnings": "ours", "mask": "ours" })");
  const auto json =
    this->Metadata("sub-01/anat/sub-01_T1map.nii", { "ours", { "bids:raw:sub-01/anat/sub-01_T1map.nii" }, false });
  EXPECT_EQ(json,
            Json::parse(R"({ "Units": "arbitrary", "EchoTime": 0.003, "SkullStripped": true, "Description": "ours",
                             "Sources": ["bids:raw:sub-01/anat/sub-01_T1map.nii"] })"));
}

TEST_F(BidsJson, FieldsOfAnEarlierRunAreReplacedAndOursStay)
{
  const auto once = WithBidsMetadata(R"({ "isolux": { "version": "1" }, "threads": 2 })",
                                     R"({ "EchoTime": 1, "Manufacturer": "wrong" })");
  const auto twice = WithBidsMetadata(once, R"({ "EchoTime": 2 })");
  EXPECT_EQ(Json::parse(twice), Json::parse(R"({ "EchoTime": 2, "isolux": { "version": "1" }, "threads": 2 })"));
  EXPECT_EQ(WithBidsMetadata(twice, R"({ "EchoTime": 2 })"), twice);
}

TEST_F(BidsJson, ASidecarThatIsNoJsonObjectIsNamed)
{
  this->Put("T1w.json", "{ \"EchoTime\": ");
  try
  {
    this->Metadata("sub-01/anat/sub-01_T1w.nii.gz");
    FAIL();
  }
  catch (const Error & error)
  {
    EXPECT_NE(std::string(error.what()).find("T1w.json: is not a JSON object"), std::string::npos) << error.what();
  }
}

TEST_F(BidsJson, ADescriptionIsReadBackAndADoiNamesTheSource)
{
  BidsDescription raw;
  raw.name = "Study";
  this->Put("dataset_description.json", WriteBidsDescription(raw, { { "raw", "../.." } }));
  const auto back = ReadBidsDescription(m_Folder.Path());
  EXPECT_EQ(back.name, HarmonizedDatasetName(raw));
  EXPECT_EQ(back.generator, "Isolux");
  EXPECT_EQ(back.links.at("raw"), "../..");
  raw.doi = "doi:10.1/x";
  const auto json = Json::parse(WriteBidsDescription(raw, { { "raw", "../.." } }));
  EXPECT_EQ(json.at("SourceDatasets"), Json::parse(R"([{ "DOI": "doi:10.1/x" }])"));
  EXPECT_THROW(ReadBidsDescription(m_Folder / "nowhere"), Error);
}
} // namespace isolux
