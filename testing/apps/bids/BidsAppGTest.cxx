#include "GoldenFile.h"
#include "IsoluxProgram.h"

#include <regex>
#include <thread>

namespace isolux
{
namespace
{
namespace fs = std::filesystem;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

class BidsApp : public testing::ProgramTest
{
protected:
  void
  SetUp() override
  {
    this->Put("raw/dataset_description.json", R"({ "Name": "Three heads", "BIDSVersion": "1.8.0" })");
    this->Put("raw/README", "Heads of three persons.");
    this->Put("raw/participants.tsv",
              "participant_id\tsite\tscanner\nsub-01\tleft\tA\nsub-02\tright\tB\n03\tleft\tA\n");
    this->Put("raw/T1w.json", R"({ "Manufacturer": "A", "MagneticFieldStrength": 3, "RescaleSlope": 2 })");
    this->Put("raw/sub-02/anat/sub-02_T1w.json", R"({ "Manufacturer": "B" })");
    fs::create_directories(m_Folder / "raw/sub-01/anat");
    fs::create_directories(m_Folder / "raw/sub-03/ses-1/anat");
    fs::create_directories(m_Folder / "raw/sub-03/ses-2/anat");
    this->WriteHead("raw/sub-01/anat/sub-01_T1w.nii.gz", 100.0F);
    this->WriteHead("raw/sub-01/anat/sub-01_T2w.nii.gz", 70.0F);
    this->WriteHead("raw/sub-02/anat/sub-02_T1w.nii.gz", 400.0F);
    this->WriteHead("raw/sub-03/ses-1/anat/sub-03_ses-1_T1w.nii.gz", 50.0F);
    this->WriteHead("raw/sub-03/ses-2/anat/sub-03_ses-2_T1w.nii", 60.0F);
  }

  void
  Put(const std::string & name, const std::string & text) const
  {
    testing::PutFile(m_Folder / name, text);
  }

  /** Every file below with its bytes, and every folder, but for what this program may write. */
  std::map<std::string, std::string>
  Tree(const std::string & folder) const
  {
    std::map<std::string, std::string> tree;
    for (const auto & name : testing::Below(m_Folder / folder))
    {
      if (name.rfind("derivatives/isolux", 0) != 0)
      {
        tree[name] = fs::is_directory(m_Folder / folder / name) ? "" : this->Bytes(folder + "/" + name);
      }
    }
    return tree;
  }

  /** What the specification asks of derivatives, as far as it concerns what this program writes. */
  void
  ExpectPublishedRulesKept(const std::string & out) const
  {
    const auto description = this->Json(out + "/dataset_description.json");
    for (const char * field : { "Name", "BIDSVersion" })
    {
      EXPECT_TRUE(description.at(field).is_string() && !description[field].get<std::string>().empty()) << field;
    }
    EXPECT_EQ(description.at("DatasetType"), "derivative");
    EXPECT_EQ(description.at("GeneratedBy").at(0).at("Name"), "Isolux");
    EXPECT_FALSE(description["GeneratedBy"][0].at("Version").get<std::string>().empty());
    for (const auto & source : description.at("SourceDatasets"))
    {
      EXPECT_TRUE(std::regex_search(source.value("URL", source.value("DOI", "")), std::regex("^[a-z]+:"))) << source;
    }
    for (const auto & [name, link] : description.at("DatasetLinks").items())
    {
      EXPECT_TRUE(fs::exists(m_Folder / out / link.get<std::string>() / "dataset_description.json")) << name;
    }
    const auto descriptions = this->Bytes(out + "/descriptions.tsv");
    EXPECT_EQ(descriptions.rfind("desc_id\tdescription\n", 0), 0U);
    const auto ignored = this->Bytes(out + "/.bidsignore");
    EXPECT_NE(ignored.find(".isolux/\n"), std::string::npos);
    EXPECT_NE(ignored.find("\nreport/\n"), std::string::npos);

    static const std::regex image(
      "(sub-[A-Za-z0-9]+)/((ses-[A-Za-z0-9]+)/)?anat/\\1(_\\3)?(_(acq|ce|rec|run)-[A-Za-z0-9]+)*"
      "_(desc-harmonized)_(T1w|T2w|PDw|FLAIR)\\.(nii(\\.gz)?|json)");
    std::size_t images = 0;
    for (const auto & name : testing::Below(m_Folder / out))
    {
      if (fs::is_directory(m_Folder / out / name) || name.rfind(".isolux/", 0) == 0 || name.rfind("report/", 0) == 0)
      {
        continue;
      }
      std::smatch parts;
      if (!std::regex_match(name, parts, image))
      {
        EXPECT_TRUE(
          std::regex_match(name, std::regex("dataset_description.json|README.md|descriptions.tsv|.bidsignore")) ||
          ignored.find(std::regex_replace(name, std::regex("-T[12]w"), "*") + "\n") != std::string::npos)
          << name << " is no name of BIDS, and not in .bidsignore";
        continue;
      }
      EXPECT_NE(descriptions.find("\n" + parts[7].str() + "\t"), std::string::npos) << name;
      if (!IsVolumeName(name))
      {
        continue;
      }
      ++images;
      const auto sidecar = this->Json(out + "/" + SidecarOf(name));
      EXPECT_TRUE(sidecar.at("SkullStripped").is_boolean()) << name;
      EXPECT_TRUE(sidecar.at("Description").is_string()) << name;
      ASSERT_FALSE(sidecar.at("Sources").empty()) << name;
      for (const std::string source : sidecar["Sources"])
      {
        std::smatch uri;
        ASSERT_TRUE(std::regex_match(source, uri, std::regex("bids:([a-z]+):([^/].*)"))) << source;
        const std::string link = description["DatasetLinks"].at(uri[1].str());
        EXPECT_TRUE(fs::is_regular_file(m_Folder / out / link / uri[2].str())) << source;
      }
    }
    EXPECT_GT(images, 0U);
  }

  static std::string
  SidecarOf(const std::string & image)
  {
    return WithoutVolumeExtension(image).string() + ".json";
  }

  static constexpr const char * Out = "raw/derivatives/isolux";
};
} // namespace

TEST_F(BidsApp, WritesDerivativesThatKeepThePublishedRules)
{
  for (const std::string out : { Out, "elsewhere/two words" })
  {
    this->Expect(0, { "raw", out, "participant" });
    ExpectPublishedRulesKept(out);
    this->Expect(0, { "raw", out, "group", "--min-cases", "1" });
    ExpectPublishedRulesKept(out);
    for (const char * name : { "sub-01/anat/sub-01_desc-harmonized_T1w.nii.gz",
                               "sub-01/anat/sub-01_desc-harmonized_T2w.nii.gz",
                               "sub-02/anat/sub-02_desc-harmonized_T1w.nii.gz",
                               "sub-03/ses-1/anat/sub-03_ses-1_desc-harmonized_T1w.nii.gz",
                               "sub-03/ses-2/anat/sub-03_ses-2_desc-harmonized_T1w.nii",
                               "manifest.tsv",
                               "report.html",
                               "reference-T1w.json",
                               "reference-T2w.json" })
    {
      EXPECT_TRUE(fs::exists(m_Folder / out / name)) << name;
    }
  }
}

TEST_F(BidsApp, TheReferenceIsByContrastAndSite)
{
  this->Expect(0, { "raw", Out, "participant" });
  this->Expect(0, { "raw", Out, "group", "--min-cases", "1" });
  auto reference = this->Json(std::string(Out) + "/reference-T1w.json");
  EXPECT_EQ(reference.at("sites").size(), 2U);
  EXPECT_EQ(reference.at("channels").at(0).at("cases"), 4);
  EXPECT_EQ(this->Json(std::string(Out) + "/reference-T2w.json").at("channels").at(0).at("cases"), 1);
  this->Expect(3, { "raw", Out, "group", "--min-cases", "3" }, { "site 'right' has 1 volumes" });
  EXPECT_EQ(this->Json(std::string(Out) + "/reference-T1w.json").at("sites").size(), 1U);
  EXPECT_FALSE(fs::exists(m_Folder / Out / "reference-T2w.json"));
  this->Expect(0, { "raw", Out, "group", "--min-cases", "1", "--participant-label", "02", "03", "--site", "scanner" });
  reference = this->Json(std::string(Out) + "/reference.json");
  EXPECT_EQ(reference.at("sites").size(), 2U);
  EXPECT_FALSE(fs::exists(m_Folder / Out / "reference-T1w.json"));
}

TEST_F(BidsApp, ChangesNothingInTheRawDataset)
{
  const auto before = this->Tree("raw");
  for (const std::string out : { Out, "elsewhere" })
  {
    this->Expect(0, { "raw", out, "participant", "-w", "work" });
    this->Expect(0, { "raw", out, "group", "--min-cases", "1" });
  }
  auto after = this->Tree("raw");
  EXPECT_EQ(after.erase("derivatives"), 1U);
  EXPECT_TRUE(before == after);
}

TEST_F(BidsApp, RefusesToWriteAnywhereElseInTheRawDataset)
{
  const auto before = this->Tree("raw");
  for (const std::string out : { "raw", "raw/out", "raw/sub-01", "raw/derivatives", "raw/sub-01/../out", "raw/code/x" })
  {
    for (const std::string level : { "participant", "group" })
    {
      this->Expect(2, { "raw", out, level }, { "lies in the raw dataset", "raw/derivatives/isolux" });
    }
  }
  fs::create_directory_symlink(m_Folder / "raw/sub-01", m_Folder / "link");
  this->Expect(2, { "raw", "link/out", "participant" }, { "lies in the raw dataset" });
  this->Expect(2, { "raw", "out", "participant", "--log-json", "raw/log.json" }, { "raw/log.json: lies in the raw" });
  EXPECT_TRUE(before == this->Tree("raw"));
}

TEST_F(BidsApp, SidecarsInheritRawFieldsAndStillRestoreTheImage)
{
  this->Expect(0, { "raw", Out, "participant", "--participant-label", "01", "02" });
  const auto first = this->Json(std::string(Out) + "/sub-01/anat/sub-01_desc-harmonized_T1w.json");
  const auto second = this->Json(std::string(Out) + "/sub-02/anat/sub-02_desc-harmonized_T1w.json");
  const auto third = this->Json(std::string(Out) + "/sub-01/anat/sub-01_desc-harmonized_T2w.json");
  EXPECT_EQ(first.at("Manufacturer"), "A");
  EXPECT_EQ(second.at("Manufacturer"), "B");
  EXPECT_EQ(second.at("MagneticFieldStrength"), 3);
  EXPECT_FALSE(first.contains("RescaleSlope"));
  EXPECT_FALSE(third.contains("Manufacturer"));
  EXPECT_EQ(first.at("site"), "left");
  EXPECT_EQ(second.at("site"), "right");
  const auto image = std::string(Out) + "/sub-02/anat/sub-02_desc-harmonized_T1w.nii.gz";
  const auto outcome =
    testing::RunProcess({ ISOLUX_MAIN, "restore", (m_Folder / image).string(), (m_Folder / "back.nii.gz").string() });
  EXPECT_EQ(outcome.exitCode, 0) << outcome.err;
  ExpectRestored(m_Folder / "raw/sub-02/anat/sub-02_T1w.nii.gz", "back.nii.gz");
}

TEST_F(BidsApp, RunsWithOtherParticipantsOrSessionsWriteAtTheSameTime)
{
  const std::vector<Strings>    choices = { { "--participant-label", "01" },
                                            { "--participant-label=sub-02" },
                                            { "--participant_label", "03", "--session-label", "1" },
                                            { "--participant-label", "03", "--session_label", "ses-2" } };
  std::vector<testing::Outcome> outcomes(choices.size());
  std::vector<std::thread>      runs;
  for (std::size_t i = 0; i < choices.size(); ++i)
  {
    runs.emplace_back(
      [&, i]
      {
        Strings arguments = { "raw", Out, "participant" };
        arguments.insert(arguments.end(), choices[i].begin(), choices[i].end());
        outcomes[i] = this->Isolux(arguments);
      });
  }
  for (auto & run : runs)
  {
    run.join();
  }
  for (const auto & outcome : outcomes)
  {
    EXPECT_EQ(outcome.exitCode, 0) << outcome.err;
  }
  ExpectPublishedRulesKept(Out);
  this->Expect(0, { "raw", Out, "group", "--min-cases", "1" });
  this->Expect(0, { "raw", "alone", "participant" });
  EXPECT_TRUE(this->Volumes(Out) == this->Volumes("alone"));
  for (const auto & name : testing::Below(m_Folder / Out))
  {
    EXPECT_EQ(name.find("partial"), std::string::npos) << name;
  }
}

TEST_F(BidsApp, SkipsWhatIsFinishedAndTakesOverACorrectedRawSidecar)
{
  this->Expect(0, { "raw", Out, "participant", "--participant-label", "02" });
  const auto sidecar = std::string(Out) + "/sub-02/anat/sub-02_desc-harmonized_T1w.json";
  const auto before = this->Bytes(sidecar);
  this->Put(std::string(Out) + "/README.md", "mine");
  auto outcome = this->Expect(0, { "raw", Out, "participant" });
  EXPECT_NE(outcome.out.find("skipped sub-02/anat/sub-02_T1w.nii.gz"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("done sub-01/anat/sub-01_T1w.nii.gz"), std::string::npos) << outcome.out;
  EXPECT_EQ(this->Bytes(sidecar), before);
  EXPECT_EQ(this->Bytes(std::string(Out) + "/README.md"), "mine");

  this->Put("raw/sub-02/anat/sub-02_T1w.json", R"({ "Manufacturer": "C" })");
  outcome = this->Expect(0, { "raw", Out, "participant", "--participant-label", "02" });
  EXPECT_NE(outcome.out.find("skipped"), std::string::npos);
  EXPECT_EQ(this->Json(sidecar).at("Manufacturer"), "C");

  this->WriteHead("raw/sub-02/anat/sub-02_T1w.nii.gz", 80.0F);
  outcome = this->Expect(0, { "raw", Out, "participant", "--participant-label", "02" });
  EXPECT_NE(outcome.out.find("done sub-02"), std::string::npos) << outcome.out;
}

TEST_F(BidsApp, AnImageThatFailsStopsNoOtherAndTheGroupSaysWhy)
{
  this->Put("raw/sub-02/anat/sub-02_T1w.nii.gz", "no image");
  this->Put("raw/sub-03/ses-1/anat/sub-03_ses-1_T1w.json", "no JSON");
  this->Expect(
    3, { "raw", Out, "participant" }, { "sub-02_T1w.nii.gz", "sub-03_ses-1_T1w.json: is not a JSON object" });
  this->Expect(3, { "raw", Out, "group", "--min-cases", "1" }, { "sub-02_T1w.nii.gz", "is not a JSON object" });
  const auto manifest = this->Bytes(std::string(Out) + "/manifest.tsv");
  EXPECT_NE(manifest.find("sub-02/anat/sub-02_T1w.nii.gz\tfailed"), std::string::npos) << manifest;
  EXPECT_NE(manifest.find("sub-01/anat/sub-01_T1w.nii.gz\tdone"), std::string::npos) << manifest;
  this->Expect(1, { "raw", Out, "participant", "--participant-label", "02" });

  this->WriteHead("raw/sub-02/anat/sub-02_T1w.nii.gz");
  this->Put("raw/sub-03/ses-1/anat/sub-03_ses-1_T1w.json", "{}");
  this->Expect(0, { "raw", Out, "participant" });
  this->Expect(0, { "raw", Out, "group", "--min-cases", "1" });
}

TEST_F(BidsApp, TheGroupNeedsParticipantsAndNamesThoseThatAreMissing)
{
  this->Expect(2, { "raw", Out, "group" }, { "holds no harmonized image of raw", "run the level 'participant' first" });
  EXPECT_FALSE(fs::exists(m_Folder / Out));
  this->Expect(0, { "raw", Out, "participant", "--participant-label", "01", "03" });
  this->Expect(3,
               { "raw", Out, "group", "--min-cases", "1" },
               { "sub-02_T1w.nii.gz: was not harmonized", "--participant-label sub-02" });
  this->Expect(0, { "raw", Out, "group", "--min-cases", "1", "--participant-label", "01", "03" });
}

TEST_F(BidsApp, TakesMasksOfABidsDerivative)
{
  this->Put("masks/dataset_description.json", R"({ "Name": "Masks", "BIDSVersion": "1.8.0" })");
  const std::string mask = "masks/sub-01/anat/sub-01_desc-brain_mask.nii.gz";
  fs::create_directories(m_Folder / "masks/sub-01/anat");
  this->WriteChangedHead(mask,
                         [](WorkImage & image)
                         {
                           float * voxel = image.GetBufferPointer();
                           for (std::size_t i = 0; i < image.GetPixelContainer()->Size(); ++i)
                           {
                             voxel[i] = voxel[i] > 50.0F ? 1.0F : 0.0F;
                           }
                         });
  this->Put("strip.json", R"({ "isolux": 1, "stages": [ { "stage": "instance-norm", "outside": "zero" } ] })");
  const Strings choice = { "--participant-label", "01", "--masks", "masks" };
  Strings       arguments = { "raw", Out, "participant", "--pipeline", "strip.json" };
  arguments.insert(arguments.end(), choice.begin(), choice.end());
  this->Expect(0, arguments);
  ExpectPublishedRulesKept(Out);
  const auto sidecar = this->Json(std::string(Out) + "/sub-01/anat/sub-01_desc-harmonized_T1w.json");
  EXPECT_EQ(
    sidecar.at("Sources"),
    (Strings{ "bids:raw:sub-01/anat/sub-01_T1w.nii.gz", "bids:masks:sub-01/anat/sub-01_desc-brain_mask.nii.gz" }));
  EXPECT_EQ(sidecar.at("SkullStripped"), true);
  this->Expect(2, { "raw", Out, "group", "--participant-label", "01" }, { "give the same --masks" });
  arguments = { "raw", Out, "group", "--min-cases", "1" };
  arguments.insert(arguments.end(), choice.begin(), choice.end());
  this->Expect(0, arguments);
  this->Expect(
    1, { "raw", Out, "participant", "--participant-label", "02", "--masks", "masks" }, { "sub-02_desc-brain_mask" });
}

TEST_F(BidsApp, RefusesAnOutputThatHoldsAnotherDataset)
{
  this->Put("other/dataset_description.json",
            R"({ "Name": "x", "BIDSVersion": "1.8.0", "GeneratedBy": [ { "Name": "Another" } ] })");
  this->Expect(2, { "raw", "other", "participant" }, { "other: holds another dataset, 'x' by 'Another'" });
  this->Expect(0, { "raw", Out, "participant", "--participant-label", "01" });
  this->Put("raw/dataset_description.json", R"({ "Name": "Other heads", "BIDSVersion": "1.8.0" })");
  this->Expect(2, { "raw", Out, "participant", "--participant-label", "01" }, { "holds another dataset" });
}

TEST_F(BidsApp, WhatIsNoValidDatasetIsRefusedUnlessValidationIsSkipped)
{
  this->Put("raw/dataset_description.json", R"({ "Name": "Three heads" })");
  this->Expect(2, { "raw", Out, "participant" }, { "dataset_description.json: the text 'BIDSVersion'" });
  this->Expect(0, { "raw", Out, "participant", "--participant-label", "01", "--skip-bids-validation" });
  this->Put("raw/dataset_description.json", R"({ "Name": "Three heads", "BIDSVersion": "1.8.0" })");
  this->WriteHead("raw/sub-01/anat/sub-02_T1w.nii.gz");
  this->Expect(
    2, { "raw", Out, "participant" }, { "sub-01/anat/sub-02_T1w.nii.gz: in this folder a name starts with 'sub-01_'" });
  fs::remove(m_Folder / "raw/dataset_description.json");
  this->Expect(2, { "raw", Out, "participant" }, { "raw: is no BIDS dataset: dataset_description.json is missing" });
}

TEST_F(BidsApp, WrongUsageIsNamedWithTheWayOut)
{
  this->Expect(
    2, { "raw", Out, "participant", "--participant-label", "1" }, { "'sub-1'", "'sub-01', 'sub-02', 'sub-03'" });
  this->Expect(2, { "raw", Out, "participant", "--session-label", "3" }, { "'ses-3'", "'ses-1', 'ses-2'" });
  this->Expect(2, { "raw", Out, "participant", "--site", "scaner" }, { "'scaner'", "'scanner'" });
  this->Expect(2, { "raw", Out, "partcipant" }, { "'partcipant'; did you mean 'participant'?" });
  this->Expect(2, { "raw", Out }, { "argument LEVEL is missing" });
  this->Expect(2, { "raw", Out, "participant", "--participants", "01" }, { "unknown option '--participants'" });
  this->Expect(2, { "raw", Out, "participant", "--nprocs", "2", "--n_cpus", "2" }, { "say the same; give one" });
  this->Expect(
    2, { "raw", Out, "participant", "--nprocs", "2", "--omp-nthreads", "4" }, { "more than the 2 processors" });
  this->Expect(2, { "raw", Out, "participant", "--mem-mb", "1" }, { "--mem-mb must be a whole number" });
  this->Expect(2, { "nowhere", Out, "participant" }, { "nowhere: no such folder" });
  EXPECT_FALSE(fs::exists(m_Folder / Out));
  this->Expect(0,
               { "raw",
                 Out,
                 "participant",
                 "--participant-label",
                 "01",
                 "--mem_gb",
                 "2",
                 "--n-cpus",
                 "2",
                 "--omp-nthreads",
                 "1" });
}

TEST_F(BidsApp, HelpIsTheGoldenOneAndVersionIsTold)
{
  const auto outcome = this->Expect(0, { "--help" });
  testing::ExpectGolden(outcome.out, "help/isolux-bids.txt");
  EXPECT_EQ(this->Expect(0, { "--version" }).out.rfind("isolux-bids ", 0), 0U);
}
} // namespace isolux
