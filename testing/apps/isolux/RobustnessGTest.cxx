#include "IsoluxProgram.h"

#include <chrono>

// Killed at any moment, disk full: nothing half-written under a final name, and --resume completes the rest.
namespace isolux
{
namespace
{
class Robustness : public testing::ProgramTest
{
protected:
  Robustness()
  {
    for (const char * name : { "a.nii.gz", "b.mha", "deep/c.nii", "deep/d.nrrd" })
    {
      WriteVolume(testing::HeadVolume({ { 47, 43, 41, 1 } }, static_cast<float>(name[0])), m_Folder / "in" / name);
    }
  }

  /** Every volume under its final name is whole, and has its sidecar or will get it. */
  void
  ExpectOnlyWholeVolumes(const std::string & folder, const std::map<std::string, std::string> & undisturbed) const
  {
    for (const auto & [name, bytes] : this->Volumes(folder))
    {
      if (name.find(".isolux-partial-") == std::string::npos)
      {
        ASSERT_EQ(undisturbed.count(name), 1U) << name;
        EXPECT_TRUE(bytes == undisturbed.at(name)) << name;
      }
    }
  }

  static bool
  NamesAPartialOutput(const Strings & names)
  {
    return std::any_of(
      names.begin(), names.end(), [](const auto & name) { return name.find(".isolux-partial-") != std::string::npos; });
  }
};
} // namespace

TEST_F(Robustness, ABatchKilledAtAnyMomentIsCompletedByResume)
{
  this->Expect(0, { "harmonize", "in", "undisturbed", "--jobs", "2" });
  const auto expected = this->Volumes("undisturbed");
  ASSERT_EQ(expected.size(), 4U);
  unsigned int kills = 0;
  for (const bool children : { true, false })
  {
    for (double moment = 0.02; moment < 3.0; moment *= 2.0)
    {
      const std::string       out = "killed-" + std::to_string(kills++);
      testing::ProcessOptions kill;
      kill.killAfter = moment;
      kill.killChildren = children;
      const auto outcome = this->Isolux({ "harmonize", "in", out, "--jobs", "2" }, kill);
      this->ExpectOnlyWholeVolumes(out, expected);
      this->Expect(0, { "harmonize", "in", out, "--jobs", "2", "--resume" });
      EXPECT_TRUE(this->Volumes(out) == expected) << moment;
      const auto names = testing::Below(m_Folder / out);
      EXPECT_FALSE(NamesAPartialOutput(names));
      EXPECT_EQ(names, testing::Below(m_Folder / "undisturbed"));
      for (const char * page : { "/report/a.nii.gz.html", "/report/deep/d.nrrd.html" }) // each has its pictures
      {
        EXPECT_GT(this->Bytes(out + page).size(), this->Bytes(std::string("undisturbed") + page).size() / 2);
      }
      if (outcome.signal == 0)
      {
        break; // it was done before
      }
    }
  }
  EXPECT_GT(kills, 4U);
}

TEST_F(Robustness, ACaseDoesNotOutliveTheBatchThatStartedIt)
{
  // A minute of work for one case.
  testing::PutFile(m_Folder / "slow.json",
                   R"({"stages": [{"stage": "foreground"}, {"stage": "histogram-retinex", "max_iterations": 1000,
                       "convergence": 0, "order": 8, "samples": 10000000}]})");
  testing::ProcessOptions kill;
  kill.killAfter = 0.5;
  kill.killChildren = false;
  const auto start = std::chrono::steady_clock::now();
  const auto outcome = this->Isolux({ "harmonize", Data("heads/ixi013_T1w.nii.gz"), "out", "-p", "slow.json" }, kill);
  EXPECT_EQ(outcome.signal, SIGKILL);
  // RunProcess() returns when the last holder of the program's stdout has ended.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(this->Volumes("out").size(), 0U);
}

TEST_F(Robustness, AFullDiskLeavesNothingUnderTheFinalName)
{
  testing::ProcessOptions full;
  full.fileSize = 8192; // bytes: less than any of the outputs
  const std::string input = "in/deep/c.nii";
  for (const char * out : { "x.nii", "x.nii.gz", "x.mha", "x.mhd", "x.nrrd", "x.nhdr", "x.tif" })
  {
    SCOPED_TRACE(out);
    this->Expect(1, { "instance-norm", input, std::string("full/") + out }, { out }, full);
    EXPECT_EQ(testing::Below(m_Folder / "full"), Strings{});
  }
  this->Expect(1, { "histogram-retinex", input, "full/x.nii", "--field", "full/field.nii" }, { "field.nii" }, full);
  EXPECT_EQ(testing::Below(m_Folder / "full"), Strings{});
}

TEST_F(Robustness, AFullDiskDuringABatchFailsItsCasesAndResumeCompletesThem)
{
  this->Expect(0, { "harmonize", "in", "undisturbed" });
  testing::ProcessOptions full;
  full.fileSize = 100000; // bytes: the report of failed cases fits, no volume does
  this->Expect(1, { "harmonize", "in", "out" }, { "a.nii.gz", "b.mha", "c.nii", "d.nrrd" }, full);
  EXPECT_EQ(this->Volumes("out").size(), 0U);
  EXPECT_FALSE(NamesAPartialOutput(testing::Below(m_Folder / "out")));
  this->Expect(0, { "harmonize", "in", "out", "--resume" });
  EXPECT_TRUE(this->Volumes("out") == this->Volumes("undisturbed"));
}

TEST_F(Robustness, AFullDiskKeepsWhatForceWouldHaveReplaced)
{
  this->Expect(0, { "instance-norm", "in/deep/c.nii", "x.nii", "--gamma", "2" });
  const auto              bytes = this->Bytes("x.nii");
  testing::ProcessOptions full;
  full.fileSize = 8192;
  this->Expect(1, { "instance-norm", "in/deep/c.nii", "x.nii", "--force" }, { "x.nii" }, full);
  EXPECT_TRUE(this->Bytes("x.nii") == bytes);
}
} // namespace isolux
