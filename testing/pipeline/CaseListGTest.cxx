#include "CaseList.h"
#include "Error.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

namespace isolux
{
namespace
{
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class CaseListTest : public ::testing::Test
{
protected:
  void
  Add(const std::vector<std::string> & names) const
  {
    for (const auto & name : names)
    {
      testing::PutFile(m_Folder / name, "x");
    }
  }

  std::vector<CaseTask>
  List(const fs::path & input = "in", const fs::path & maskFolder = {}) const
  {
    return ListCases(m_Folder / input, m_Folder / "out", maskFolder.empty() ? fs::path() : m_Folder / maskFolder);
  }

  std::vector<std::string>
  Names() const
  {
    std::vector<std::string> names;
    for (const auto & task : this->List())
    {
      EXPECT_EQ(task.problem, "");
      names.push_back(task.name);
    }
    return names;
  }

  std::vector<CaseTask>
  List(const std::string & siteColumn, const Strings & participants, const Strings & sessions) const
  {
    return ListCases({ m_Folder / "in", m_Folder / "out", {}, siteColumn, participants, sessions });
  }

  std::string
  Refusal(const fs::path & input) const
  {
    return RefusalOf([&] { this->List(input); });
  }

  template <typename TAction>
  static std::string
  RefusalOf(const TAction & action)
  {
    try
    {
      action();
    }
    catch (const UsageError & error)
    {
      return error.what();
    }
    return "";
  }

  testing::TemporaryFolder m_Folder;
};

/** "name=site" of each task. */
std::vector<std::string>
Sites(const std::vector<CaseTask> & tasks)
{
  std::vector<std::string> sites;
  for (const auto & task : tasks)
  {
    sites.push_back(fs::path(task.name).stem().stem().string() + "=" + task.site);
  }
  return sites;
}

} // namespace

TEST_F(CaseListTest, AFolderIsSearchedBelowAndSorted)
{
  this->Add({ "in/b.nii.gz", "in/a.nrrd", "in/deep/er/c.MHA", "in/p.png", "in/notes.txt", "in/x.json" });
  EXPECT_EQ(this->Names(), (Strings{ "a.nrrd", "b.nii.gz", "deep/er/c.MHA", "p.png" }));
}

TEST_F(CaseListTest, OutputsKeepTheFoldersAndGetAnEndingThatHoldsFloats)
{
  this->Add({ "in/b.nii.gz", "in/deep/er/c.mhd", "in/p.png" });
  const auto tasks = this->List();
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].output, m_Folder / "out/b.nii.gz");
  EXPECT_EQ(tasks[1].output, m_Folder / "out/deep/er/c.mha");
  EXPECT_EQ(tasks[2].output, m_Folder / "out/p.tif");
}

TEST_F(CaseListTest, MasksLabelsAndHiddenFilesAreNoCases)
{
  this->Add({ "in/a.nii",
              "in/a_mask.nii",
              "in/mask.nii",
              "in/sub-1_desc-brain_mask.nii.gz",
              "in/a_dseg.nii.gz",
              "in/a_label-GM_probseg.nii.gz",
              "in/sub-1_mod-T1w_defacemask.nii.gz",
              "in/a_seg.nrrd",
              "in/a-label.nii",
              "in/a_Labels.nii",
              "in/.hidden.nii",
              "in/.isolux-partial-1-xxxxxx/a.nii",
              "in/unmasked.nii" });
  EXPECT_EQ(this->Names(), (Strings{ "a.nii", "unmasked.nii" }));
}

TEST_F(CaseListTest, AnEarlierOutputInsideTheInputIsNoInput)
{
  this->Add({ "in/a.nii", "in/out/a.nii", "in/out/deep/b.nii", "in/other/c.nii" });
  const auto tasks = ListCases(m_Folder / "in", m_Folder / "in/out", {});
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].name, "a.nii");
  EXPECT_EQ(tasks[1].name, "other/c.nii");
}

TEST_F(CaseListTest, ASingleVolumeIsOneCase)
{
  this->Add({ "in/a.nii.gz", "in/b.nii.gz" });
  const auto tasks = this->List("in/a.nii.gz");
  ASSERT_EQ(tasks.size(), 1U);
  EXPECT_EQ(tasks[0].name, "a.nii.gz");
  EXPECT_EQ(tasks[0].output, m_Folder / "out/a.nii.gz");
}

TEST_F(CaseListTest, TwinsAreBothRefusedWithEachOthersName)
{
  this->Add({ "in/x.nii", "in/x.nii.gz", "in/y.nii" });
  const auto tasks = this->List();
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_NE(tasks[0].problem.find("x.nii: would be written under the same name as x.nii.gz"), std::string::npos);
  EXPECT_NE(tasks[1].problem.find("x.nii.gz: would be written under the same name as x.nii;"), std::string::npos);
  EXPECT_EQ(tasks[2].problem, "");
}

TEST_F(CaseListTest, APairOfHeaderAndPixelsIsOneCase)
{
  this->Add({ "in/x.hdr", "in/x.img", "in/y.mhd", "in/y.raw" });
  EXPECT_EQ(this->Names(), (Strings{ "x.hdr", "y.mhd" }));
}

TEST_F(CaseListTest, AnOutputThatWouldReplaceItsInputIsAProblem)
{
  this->Add({ "in/a.nii", "list.tsv" });
  testing::PutFile(m_Folder / "list.tsv", "path\nin/a.nii\n");
  for (const auto & tasks : { ListCases(m_Folder / "in/a.nii", m_Folder / "in", {}),
                              ListCases(m_Folder / "list.tsv", m_Folder / "in/..", {}) })
  {
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_NE(tasks[0].problem.find("would be replaced by its own result"), std::string::npos) << tasks[0].problem;
  }
}

TEST_F(CaseListTest, AnInputFolderInsideTheOutputFolderIsRefused)
{
  this->Add({ "out/in/a.nii" });
  const auto message = this->Refusal("out/in");
  EXPECT_NE(message.find("lies in the output folder"), std::string::npos) << message;
  EXPECT_NE(this->Refusal("out").find("lies in the output folder"), std::string::npos);
}

TEST_F(CaseListTest, ALinkThatLeadsBackIsNotFollowedForEver)
{
  this->Add({ "in/deep/a.nii" });
  fs::create_directory_symlink("..", m_Folder / "in/deep/loop");
  EXPECT_EQ(this->Names(), Strings{ "deep/a.nii" });
}

TEST_F(CaseListTest, ALinkToAFolderIsFollowedAndABrokenLinkToAVolumeIsACase)
{
  this->Add({ "elsewhere/a.nii" });
  fs::create_directories(m_Folder / "in");
  fs::create_directory_symlink(m_Folder / "elsewhere", m_Folder / "in/linked");
  fs::create_symlink("not-fetched", m_Folder / "in/b.nii.gz");
  EXPECT_EQ(this->Names(), (Strings{ "b.nii.gz", "linked/a.nii" }));
}

TEST_F(CaseListTest, NothingFoundIsAUsageErrorThatListsTheEndings)
{
  fs::create_directories(m_Folder / "in");
  EXPECT_NE(this->Refusal("in").find(".nii.gz"), std::string::npos);
  EXPECT_NE(this->Refusal("nowhere").find("nowhere: no such file or folder"), std::string::npos);
}

TEST_F(CaseListTest, ADicomFolderIsOneCaseUnderTheFoldersName)
{
  this->Add({ "in/one/I0001.dcm", "in/one/I0002.dcm", "in/plain.nii" });
  const std::string mark = std::string(128, '\0') + "DICM";
  testing::PutFile(m_Folder / "in/two/IM0001", mark); // known by its content
  const auto tasks = this->List();
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].name, "one");
  EXPECT_EQ(tasks[0].output, m_Folder / "out/one.nii.gz");
  EXPECT_EQ(tasks[1].name, "plain.nii");
  EXPECT_EQ(tasks[2].name, "two");
}

TEST_F(CaseListTest, OfABidsDatasetOnlyRawAnatomyCounts)
{
  this->Add({ "in/dataset_description.json",
              "in/sub-01/anat/sub-01_T1w.nii.gz",
              "in/sub-01/anat/sub-01_T1w.json",
              "in/sub-01/func/sub-01_task-rest_bold.nii.gz",
              "in/sub-02/ses-2/anat/sub-02_ses-2_T1w.nii.gz",
              "in/derivatives/other/sub-01/anat/sub-01_T1w.nii.gz",
              "in/sourcedata/sub-01/anat/raw.nii.gz" });
  const auto tasks = this->List();
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].name, "sub-01/anat/sub-01_T1w.nii.gz");
  EXPECT_EQ(tasks[0].output, m_Folder / "out/sub-01/anat/sub-01_desc-harmonized_T1w.nii.gz");
  EXPECT_EQ(tasks[0].participant, "sub-01");
  EXPECT_EQ(tasks[1].output, m_Folder / "out/sub-02/ses-2/anat/sub-02_ses-2_desc-harmonized_T1w.nii.gz");
}

TEST_F(CaseListTest, OfABidsDatasetSitesComeFromParticipantsAndSessionsTables)
{
  this->Add({ "in/dataset_description.json",
              "in/sub-01/anat/sub-01_T1w.nii.gz",
              "in/sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz",
              "in/sub-02/ses-2/anat/sub-02_ses-2_T1w.nii.gz",
              "in/sub-03/anat/sub-03_T1w.nii.gz" });
  EXPECT_EQ(Sites(this->List()), (Strings{ "sub-01_T1w=", "sub-02_ses-1_T1w=", "sub-02_ses-2_T1w=", "sub-03_T1w=" }));
  testing::PutFile(m_Folder / "in/participants.tsv",
                   "participant_id\tsite\tscanner\nsub-01\tleft\tA\n02\tright\tB\nsub-03\tn/a\tn/a\n");
  EXPECT_EQ(Sites(this->List()),
            (Strings{ "sub-01_T1w=left", "sub-02_ses-1_T1w=right", "sub-02_ses-2_T1w=right", "sub-03_T1w=" }));
  testing::PutFile(m_Folder / "in/sub-02/sub-02_sessions.tsv",
                   "session_id\tscanner\tmove\nses-1\tn/a\tyes\n2\tC\tyes\n");
  EXPECT_EQ(Sites(this->List("scanner", {}, {})),
            (Strings{ "sub-01_T1w=A", "sub-02_ses-1_T1w=B", "sub-02_ses-2_T1w=C", "sub-03_T1w=" }));
  EXPECT_EQ(Sites(this->List("move", { "02" }, {})), (Strings{ "sub-02_ses-1_T1w=yes", "sub-02_ses-2_T1w=yes" }));
  const auto message = RefusalOf([&] { this->List("scaner", {}, {}); });
  EXPECT_NE(message.find("has a column 'scaner'"), std::string::npos) << message;
  EXPECT_NE(message.find("'move', 'participant_id', 'scanner', 'session_id', 'site'"), std::string::npos) << message;
}

TEST_F(CaseListTest, AColumnThatWasAskedForAndIsMissingIsRefusedWithThoseThereAre)
{
  testing::PutFile(m_Folder / "a.tsv", "path\tscanner\na.nii\tB\nb.nii\n");
  const auto list = [&](const fs::path & input, const std::string & column) {
    return ListCases({ m_Folder / input, m_Folder / "out", {}, column, {}, {} });
  };
  EXPECT_EQ(Sites(list("a.tsv", "")), (Strings{ "a=", "b=" }));
  EXPECT_EQ(Sites(list("a.tsv", "scanner")), (Strings{ "a=B", "b=" }));
  const auto message = RefusalOf([&] { list("a.tsv", "site"); });
  EXPECT_NE(message.find("a.tsv: has no column 'site'"), std::string::npos) << message;
  EXPECT_NE(message.find("there are 'path', 'scanner'"), std::string::npos) << message;
  this->Add({ "in/a.nii" });
  EXPECT_NE(RefusalOf([&] { list("in", "site"); }).find("give a .tsv list or a BIDS dataset"), std::string::npos);
  EXPECT_NE(RefusalOf([&] { list("in/a.nii", "site"); }).find("give a .tsv list or a BIDS dataset"), std::string::npos);
}

TEST_F(CaseListTest, ParticipantsAndSessionsOfABidsDatasetAreChosenByLabel)
{
  this->Add({ "in/dataset_description.json",
              "in/sub-01/anat/sub-01_T1w.nii.gz",
              "in/sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz",
              "in/sub-02/ses-2/anat/sub-02_ses-2_T1w.nii.gz",
              "in/sub-03/ses-1/anat/sub-03_ses-1_T1w.nii.gz" });
  EXPECT_EQ(Sites(this->List("", { "01", "sub-03" }, {})), (Strings{ "sub-01_T1w=", "sub-03_ses-1_T1w=" }));
  EXPECT_EQ(Sites(this->List("", {}, { "1" })), (Strings{ "sub-02_ses-1_T1w=", "sub-03_ses-1_T1w=" }));
  EXPECT_EQ(Sites(this->List("", { "02" }, { "ses-2" })), (Strings{ "sub-02_ses-2_T1w=" }));
  auto message = RefusalOf([&] { this->List("", { "1" }, {}); });
  EXPECT_NE(message.find("no images of 'sub-1' in anat; there are 'sub-01', 'sub-02', 'sub-03'"), std::string::npos)
    << message;
  message = RefusalOf([&] { this->List("", { "03" }, { "2" }); });
  EXPECT_NE(message.find("no images of 'ses-2' in anat; there are 'ses-1'"), std::string::npos) << message;
  fs::remove(m_Folder / "in/dataset_description.json");
  EXPECT_NE(RefusalOf([&] { this->List("", { "01" }, {}); }).find("is no BIDS dataset"), std::string::npos);
}

TEST_F(CaseListTest, ATableNamesVolumesRelativeToItself)
{
  testing::PutFile(m_Folder / "lists/study.tsv",
                   "participant_id\tpath\tmask\tsite\r\nP1\tdeep/a.nii\tmasks/a.nii\tleft\r\n\r\nP2\tb.nii\tn/a\r\n");
  const auto tasks = this->List("lists/study.tsv");
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].name, "b.nii");
  EXPECT_EQ(tasks[0].input, m_Folder / "lists/b.nii");
  EXPECT_EQ(tasks[0].mask, "");
  EXPECT_EQ(tasks[0].site, "");
  EXPECT_EQ(tasks[0].participant, "P2");
  EXPECT_EQ(tasks[1].mask, m_Folder / "lists/masks/a.nii");
  EXPECT_EQ(tasks[1].site, "left");
  EXPECT_EQ(tasks[1].output, m_Folder / "out/deep/a.nii");
}

TEST_F(CaseListTest, ATablesPathsOutsideItsFolderStillLandInTheOutput)
{
  testing::PutFile(m_Folder / "lists/study.tsv", "path\n../other/a.nii\n" + (m_Folder / "abs/b.nii").string() + "\n");
  const auto tasks = this->List("lists/study.tsv");
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].output, m_Folder / "out/other/a.nii");
  EXPECT_EQ(tasks[1].output, m_Folder / "out/abs/b.nii");
}

TEST_F(CaseListTest, AbsolutePathsOfOneNamePerSubjectDoNotCollide)
{
  testing::PutFile(m_Folder / "study.tsv",
                   "\xef\xbb\xbfpath\n" + (m_Folder / "data/s1/T1.nii").string() + "\n" +
                     (m_Folder / "data/s2/T1.nii").string() + "\n" + (m_Folder / "data/series/").string() + "\n");
  const auto tasks = this->List("study.tsv");
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].output, m_Folder / "out/s1/T1.nii");
  EXPECT_EQ(tasks[1].output, m_Folder / "out/s2/T1.nii");
  EXPECT_EQ(tasks[2].output, m_Folder / "out/series.nii.gz");
  for (const auto & task : tasks)
  {
    EXPECT_EQ(task.problem, "");
  }
}

TEST_F(CaseListTest, AnImageIsNeverItsOwnMaskHoweverItsFolderIsSpelled)
{
  this->Add({ "in/a.nii.gz", "in/a_mask.nii.gz" });
  for (const char * spelling : { "in", "./in", "in/../in" })
  {
    const auto tasks = this->List("in", spelling);
    ASSERT_EQ(tasks.size(), 1U);
    EXPECT_EQ(tasks[0].mask.filename(), "a_mask.nii.gz") << spelling;
  }
}

TEST_F(CaseListTest, OneSubjectsMaskIsNeverAnothers)
{
  this->Add({ "in/s1/T1.nii", "in/s2/T1.nii", "masks/T1_mask.nii", "masks/s1/T1.nii" });
  const auto tasks = this->List("in", "masks");
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].mask, m_Folder / "masks/s1/T1.nii");
  EXPECT_NE(tasks[1].problem.find("no mask"), std::string::npos);
}

TEST_F(CaseListTest, AMissingMaskFolderIsWrongUsage)
{
  this->Add({ "in/a.nii" });
  EXPECT_THROW(this->List("in", "nowhere"), UsageError);
}

TEST_F(CaseListTest, ATableWithoutPathsIsRefusedWithItsLine)
{
  testing::PutFile(m_Folder / "a.tsv", "file\tmask\nx.nii\t\n");
  EXPECT_NE(this->Refusal("a.tsv").find("a.tsv: a list of volumes needs a column 'path'"), std::string::npos);
  testing::PutFile(m_Folder / "b.tsv", "path\tsite\na.nii\tx\n\tx\n");
  EXPECT_NE(this->Refusal("b.tsv").find("b.tsv, line 3: the column 'path' is empty"), std::string::npos);
  testing::PutFile(m_Folder / "c.tsv", "path\n");
  EXPECT_NE(this->Refusal("c.tsv"), "");
}

TEST_F(CaseListTest, AMaskFolderIsSearchedByNameAndAMissingMaskIsAProblem)
{
  this->Add({ "in/a.nii.gz",
              "in/deep/b.nii",
              "in/c.nii",
              "in/sub-01_T1w.nii",
              "in/none.nii",
              "masks/a.nii.gz",
              "masks/deep/b_mask.nii.gz",
              "masks/c_brainmask.nrrd",
              "masks/sub-01_desc-brain_mask.nii.gz" });
  const auto tasks = this->List("in", "masks");
  ASSERT_EQ(tasks.size(), 5U);
  EXPECT_EQ(tasks[0].mask, m_Folder / "masks/a.nii.gz");
  EXPECT_EQ(tasks[1].mask, m_Folder / "masks/c_brainmask.nrrd");
  EXPECT_EQ(tasks[2].mask, m_Folder / "masks/deep/b_mask.nii.gz");
  EXPECT_NE(tasks[3].problem.find("none.nii: no mask in "), std::string::npos) << tasks[3].problem;
  EXPECT_NE(tasks[3].problem.find("'none_mask'"), std::string::npos);
  EXPECT_EQ(tasks[4].mask, m_Folder / "masks/sub-01_desc-brain_mask.nii.gz");
}

TEST(HarmonizedName, OfBidsGetsADescriptionAndOthersStay)
{
  const std::vector<std::pair<std::string, std::string>> names = {
    { "sub-01_T1w", "sub-01_desc-harmonized_T1w" },
    { "sub-01_ses-2_run-1_FLAIR", "sub-01_ses-2_run-1_desc-harmonized_FLAIR" },
    { "sub-01_desc-preproc_T1w", "sub-01_desc-harmonized_T1w" },
    { "sub-01_acq-a+b_T2w", "sub-01_acq-a+b_desc-harmonized_T2w" },
    { "head_T1w", "head_T1w" },
    { "sub-01", "sub-01" },
    { "sub01_T1w", "sub01_T1w" },
    { "sub-01_T1w_old copy", "sub-01_T1w_old copy" },
  };
  for (const auto & [stem, expected] : names)
  {
    EXPECT_EQ(HarmonizedName(stem), expected);
  }
}

TEST_F(CaseListTest, ContrastsAreThoseOfBidsNames)
{
  CaseTask t1;
  t1.input = "sub-1/anat/sub-1_T1w.nii.gz";
  CaseTask t2;
  t2.input = "sub-1/anat/sub-1_acq-x_T2w.nii";
  CaseTask other;
  other.input = "head.nii";
  EXPECT_EQ(ContrastsOf({ t2, t1, other, t1 }), (std::vector<std::string>{ "T1w", "T2w" }));
  EXPECT_TRUE(ContrastsOf({ other }).empty());
}

TEST_F(CaseListTest, WhatCannotBeLookedIntoIsACaseThatSaysSo)
{
  const testing::TemporaryFolder folder;
  testing::PutFile(folder / "in/a.nii", "x");
  fs::create_directory_symlink("loop", folder / "in/loop");
  const auto tasks = ListCases(folder / "in", folder / "out", {});
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_EQ(tasks[0].problem, "");
  EXPECT_EQ(tasks[1].name, "loop");
  EXPECT_NE(tasks[1].problem.find("loop: cannot be looked into: "), std::string::npos) << tasks[1].problem;
}

TEST_F(CaseListTest, WhatAnEarlierRunWroteIsNoInputUnderAnyName)
{
  const testing::TemporaryFolder folder;
  testing::PutFile(folder / "in/a.nii", "x");
  testing::PutFile(folder / "in/earlier/a.nii", "x");
  testing::PutFile(folder / "in/earlier/.isolux/lock", "");
  EXPECT_EQ(ListCases(folder / "in", folder / "out", {}).size(), 1U);
  EXPECT_EQ(ListCases(folder / "in/earlier", folder / "out", {}).size(), 1U); // unless it is asked for
}

TEST_F(CaseListTest, ATableOfSitesThatSaysNotWhoseIsRefused)
{
  const testing::TemporaryFolder folder;
  testing::PutFile(folder / "in/dataset_description.json", "{}");
  testing::PutFile(folder / "in/sub-1/anat/sub-1_T1w.nii", "x");
  testing::PutFile(folder / "in/participants.tsv", "subject\tsite\nsub-1\tA\n");
  EXPECT_THROW(ListCases(CaseListOptions{ folder / "in", folder / "out", {}, "site", {}, {} }), UsageError);
}
} // namespace isolux
