#include "IsoluxProgram.h"

// isolux audit, on cohorts that isolux harmonize has written.
namespace isolux
{
namespace
{
class AuditProgram : public testing::ProgramTest
{
protected:
  /** 24 participants of two scanners, the second six times as bright; patients have more contrast. Participant 23 has a
   * second session, participant 22 no diagnosis. */
  void
  HarmonizeCohort() const
  {
    testing::PutFile(m_Folder / "in/dataset_description.json", R"({"Name": "x", "BIDSVersion": "1.8.0"})");
    std::string table = "participant_id\tscanner\tdiagnosis\tage\n";
    for (unsigned int i = 0; i < 24; ++i)
    {
      const std::string name = "sub-" + std::to_string(10 + i);
      const bool        isPatient = i / 2 % 2 == 1;
      const float       gain = (i % 2 == 0 ? 100.0F : 600.0F) * (1.0F + 0.01F * static_cast<float>(i));
      this->WriteParticipant(name + "/anat/" + name + "_T1w.nii", gain, isPatient, i);
      if (i == 23)
      {
        this->WriteParticipant(name + "/ses-2/anat/" + name + "_ses-2_T1w.nii", gain, isPatient, 99);
      }
      table += name + "\t" + (i % 2 == 0 ? "<old>" : "new") + "\t" +
               (i == 22     ? "n/a"
                : isPatient ? "patient"
                            : "control") +
               "\t" + std::to_string(30 + i) + "\n";
    }
    testing::PutFile(m_Folder / "participants.tsv", table);
    this->Expect(0, { "harmonize", "in", "out" });
  }

  void
  WriteParticipant(const std::string & name, float gain, bool isPatient, unsigned int seed) const
  {
    auto volume = testing::HeadVolume({ { 21, 19, 17, 1 } }, gain, seed + 1);
    for (std::size_t i = 0; i < volume.channels[0]->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      float & voxel = volume.channels[0]->GetBufferPointer()[i];
      voxel *= isPatient && voxel > 0.8F * gain ? 1.3F : 1.0F;
    }
    WriteVolume(volume, m_Folder / "in" / name);
  }
};
} // namespace

TEST_F(AuditProgram, SaysWhatWasRemovedOfTheGroupAndOfTheLabel)
{
  this->HarmonizeCohort();
  const Strings call = { "audit",   "out",     "--participants", "participants.tsv",
                         "--group", "scanner", "--label",        "diagnosis" };
  const auto    outcome = this->Expect(0, call);
  EXPECT_NE(outcome.out.find("25 volumes of 24 participants"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("scanner new and <old>: the mean, the deviation"), std::string::npos) << outcome.out;
  const auto json = this->Json("out/audit.json");
  EXPECT_EQ(json["participants"], 24);
  const auto & scanner = json["columns"][0]["comparisons"][0];
  EXPECT_EQ(scanner["statistics"][0]["statistic"], "mean");
  EXPECT_EQ(scanner["statistics"][0]["outcome"], "removed");
  EXPECT_EQ(scanner["statistics"][0]["before"]["auc"]["value"], 1.0); // new against <old>
  EXPECT_EQ(scanner["statistics"][0]["after"]["same_in_all_images"], true);
  EXPECT_EQ(json["columns"][1]["participants_without_value"], 1);
  EXPECT_EQ(json["models"][0]["participants"], nlohmann::json({ 11, 12 }));

  const auto page = this->Bytes("out/audit.html");
  EXPECT_NE(this->Bytes("out/report.html").find("href=\"audit.html\""), std::string::npos);
  EXPECT_NE(page.find("&lt;old&gt;"), std::string::npos);
  EXPECT_EQ(page.find("<old>"), std::string::npos);
  for (const char * file : { "out/audit.json", "out/audit.html" })
  {
    EXPECT_EQ(this->Bytes(file).find("sub-"), std::string::npos) << file << " names a participant";
    EXPECT_EQ(this->Bytes(file).find(m_Folder.Path().string()), std::string::npos) << file;
  }

  this->Expect(2, call, { "audit.json: exists already; give --force" });
  auto again = call;
  again.emplace_back("--force");
  this->Expect(0, again);
  EXPECT_EQ(this->Bytes("out/audit.html"), page);
  this->Expect(0, { "audit", "out", "--participants", "participants.tsv", "--label", "age", "--force" });
  EXPECT_EQ(this->Json("out/audit.json")["columns"][0]["kind"], "number");
}

TEST_F(AuditProgram, TakesTheSiteFromTheManifestAndLeavesOutWhatFailed)
{
  std::string list = "path\tsite\n";
  for (unsigned int i = 0; i < 10; ++i)
  {
    const std::string name = "in/" + std::to_string(i) + ".nii";
    this->WriteHead(name, (i % 2 == 0 ? 100.0F : 300.0F) + static_cast<float>(i));
    list += name + (i % 2 == 0 ? "\tleiden\n" : "\tgraz\n");
  }
  testing::PutFile(m_Folder / "in/broken.nii", "no image");
  testing::PutFile(m_Folder / "list.tsv", list + "in/broken.nii\tgraz\n");
  this->Expect(3, { "harmonize", "list.tsv", "out" });
  std::filesystem::remove(m_Folder / "out/in/9.json");
  const auto outcome = this->Expect(
    0,
    { "audit", "out", "--group", "site" },
    { "warning: 1 volume left out: harmonize failed on them", "warning: 1 volume left out: no readable sidecar" });
  EXPECT_NE(outcome.out.find("9 volumes of 9 participants"), std::string::npos);
  EXPECT_NE(outcome.out.find("Too few to tell"), std::string::npos) << outcome.out;
}

TEST_F(AuditProgram, RefusesWhatCannotBeAuditedWithTheWayOut)
{
  testing::PutFile(m_Folder / "in/dataset_description.json", "{}");
  this->WriteHead("in/sub-1/anat/sub-1_T1w.nii");
  this->WriteHead("in/sub-2/anat/sub-2_T1w.nii");
  this->Expect(0, { "harmonize", "in", "out" });
  testing::PutFile(m_Folder / "p.tsv",
                   "\xef\xbb\xbfparticipant_id\tsex\tage\tone\r\nsub-1\tF\t30\tx\r\n2\tM\tn/a\tx\r\n");
  const auto refuse = [&](int code, const Strings & arguments, const Strings & words)
  {
    Strings call = { "audit", "out" };
    call.insert(call.end(), arguments.begin(), arguments.end());
    this->Expect(code, call, words);
    EXPECT_FALSE(std::filesystem::exists(m_Folder / "out/audit.json"));
    EXPECT_FALSE(std::filesystem::exists(m_Folder / "out/audit.html"));
  };
  refuse(2, {}, { "nothing to audit", "--group" });
  refuse(2, { "--group", "sex", "--label", "sex" }, { "both name column 'sex'" });
  refuse(2, { "--group", "sex" }, { "column 'sex': say where it is: --participants" });
  refuse(1, { "--group", "sex", "--participants", "none.tsv" }, { "none.tsv: cannot be opened", "check the name" });
  refuse(2,
         { "--group", "sx", "--participants", "p.tsv" },
         { "p.tsv: has no column 'sx'; did you mean 'sex'?", "participant_id, sex, age, one" });
  refuse(2,
         { "--group", "x-ray", "--participants", "p.tsv" },
         { "has no column 'x-ray'; known are: 'participant_id', 'sex'" });
  refuse(1, { "--group", "one", "--participants", "p.tsv" }, { "'one'", "the same value, 'x'", "another column" });
  refuse(1, { "--group", "age", "--participants", "p.tsv" }, { "'age'", "the same value, '30'" });
  refuse(1, { "--group", "site" }, { "'site'", "no participant with a volume has a value" });
  refuse(2,
         { "--group", "sex", "--participants", "p.tsv", "--suffix", "T2w" },
         { "no volume's BIDS name ends in '_T2w'; there are: T1w" });
  testing::PutFile(m_Folder / "no-id.tsv", "id\tsex\n1\tF\n");
  refuse(2, { "--group", "sex", "--participants", "no-id.tsv" }, { "no column 'participant_id'", "it has: id, sex" });
  testing::PutFile(m_Folder / "twice.tsv", "participant_id\tsex\nsub-1\tF\n1\tM\n");
  refuse(
    2, { "--group", "sex", "--participants", "twice.tsv" }, { "twice.tsv, line 3: participant '1' is there twice" });
  testing::PutFile(m_Folder / "empty.tsv", "participant_id\tsex\nn/a\tF\n");
  refuse(2, { "--group", "sex", "--participants", "empty.tsv" }, { "empty.tsv, line 2: participant_id is empty" });
  testing::PutFile(m_Folder / "others.tsv", "participant_id\tsex\nsub-001\tF\n");
  refuse(1,
         { "--group", "sex", "--participants", "others.tsv" },
         { "others.tsv: none of the participants of", "'sub-1'", "'sub-001'" });
  this->Expect(2, { "audit", "in", "--group", "site" }, { "in: holds no manifest.tsv", "isolux harmonize" });
  this->Expect(0, { "audit", "out", "--group", "sex", "--participants", "p.tsv" });
}

TEST_F(AuditProgram, VolumesOfSeveralContrastsAreNotComparedWithEachOther)
{
  testing::PutFile(m_Folder / "in/dataset_description.json", "{}");
  for (const char * name : { "1", "2" })
  {
    for (const char * suffix : { "T1w", "T2w" })
    {
      const std::string person = std::string("sub-") + name;
      this->WriteHead("in/" + person + "/anat/" + person + "_" + suffix + ".nii");
    }
  }
  this->Expect(0, { "harmonize", "in", "out" });
  testing::PutFile(m_Folder / "p.tsv", "participant_id\tsex\nsub-1\tF\nsub-2\tM\n");
  Strings call = { "audit", "out", "--group", "sex", "--participants", "p.tsv" };
  this->Expect(2, call, { "several contrasts", "--suffix: T1w, T2w" });
  call.insert(call.end(), { "--suffix", "T2w" });
  this->Expect(0, call, { "2 volumes of other contrasts left out" });
  EXPECT_EQ(this->Json("out/audit.json")["volumes"], 2);
}

TEST_F(AuditProgram, SaysWhichParticipantsAreMissingByCount)
{
  testing::PutFile(m_Folder / "in/dataset_description.json", "{}");
  for (const char * name : { "sub-1", "sub-2", "sub-3" })
  {
    this->WriteHead(std::string("in/") + name + "/anat/" + name + "_T1w.nii");
  }
  this->Expect(0, { "harmonize", "in", "out" });
  testing::PutFile(m_Folder / "p.tsv", "participant_id\tsex\n1\tF\n2\tM\nsub-9\tM\n");
  this->Expect(0,
               { "audit", "out", "--group", "sex", "--participants", "p.tsv" },
               { "warning: 1 volume left out: of participants (1) who are not in p.tsv" });
}
} // namespace isolux
