#include "IsoluxProgram.h"

#include <cmath>

// isolux fit, and the stages that use its file.
namespace isolux
{
namespace
{
class FitProgram : public testing::ProgramTest
{
protected:
  FitProgram()
  {
    this->WriteHead("in/a.nii", 100.0F);
    this->WriteHead("in/b.nii", 300.0F);
  }
};
} // namespace

TEST_F(FitProgram, LearnsAReferenceThatOtherVolumesAreBroughtTo)
{
  const auto outcome = this->Expect(0, { "fit", "in", "-o", "ref.json" });
  EXPECT_NE(outcome.out.find("ref.json: 2 of 2 volumes"), std::string::npos) << outcome.out;
  const auto reference = this->Json("ref.json");
  EXPECT_EQ(reference["isolux_reference"], 1);
  const auto & channel = reference["channels"][0];
  EXPECT_EQ(channel["cases"], 2);

  this->WriteHead("new.nii", 37.0F);
  this->Expect(0, { "foreground", "new.nii", "mask.nii" });
  this->Expect(0, { "adaptive-norm", "new.nii", "adaptive.nii", "--mask", "mask.nii", "--style", "ref.json=0.7" });
  const auto after = this->Json("adaptive.json")["channels"][0]["after"];
  const auto mean = channel["typical"]["mean"].get<double>();
  EXPECT_NEAR(after["mean"].get<double>(), mean, 1e-5 * mean); // voxels rounded to float
  this->Expect(0, { "batch-norm", "new.nii", "batch.nii", "--mask", "mask.nii", "--reference", "ref.json" });
  this->Expect(0, { "quantile-norm", "new.nii", "quantile.nii", "--mask", "mask.nii", "--reference", "ref.json" });
  EXPECT_NEAR(this->Json("quantile.json")["channels"][0]["after"]["percentiles_0_to_100"][50].get<double>(),
              channel["landmarks"]["values"][5].get<double>(),
              mean / 256.0); // percentiles are those of a sketch

  for (const char * output : { "adaptive", "batch", "quantile" })
  {
    std::filesystem::rename(m_Folder / "ref.json", m_Folder / "gone.json");
    this->Expect(0, { "restore", std::string(output) + ".nii", std::string(output) + "-back.nii" });
    std::filesystem::rename(m_Folder / "gone.json", m_Folder / "ref.json");
    this->ExpectRestored(m_Folder / "new.nii", std::string(output) + "-back.nii");
  }
}

TEST_F(FitProgram, TakesSeveralInputsAndTheirOrderChangesNoByte)
{
  this->Expect(0, { "fit", "in/b.nii", "in/a.nii", "-o", "files.json", "--threads", "3" });
  this->Expect(0, { "fit", "in", "--output", "folder.json", "--threads", "1" });
  testing::PutFile(m_Folder / "list.tsv", "path\nin/b.nii\n");
  this->Expect(0, { "fit", "list.tsv", "in/a.nii", "-o", "list.json" });
  EXPECT_EQ(this->Bytes("files.json"), this->Bytes("folder.json"));
  EXPECT_EQ(this->Bytes("list.json"), this->Bytes("folder.json"));
}

TEST_F(FitProgram, ABadVolumeIsNamedAndLeftOutWithExitCode3)
{
  this->Expect(0, { "fit", "in", "-o", "good.json" });
  testing::PutFile(m_Folder / "in/broken.nii", "no image");
  const auto outcome = this->Expect(3, { "fit", "in", "-o", "some.json" }, { "broken.nii" });
  EXPECT_NE(outcome.out.find("left out broken.nii"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("2 of 3 volumes"), std::string::npos) << outcome.out;
  EXPECT_EQ(this->Bytes("some.json"), this->Bytes("good.json"));
  this->Expect(1, { "fit", "in/broken.nii", "-o", "none.json" }, { "no volume could be measured" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "none.json"));
}

TEST_F(FitProgram, WrongUsageIsRefusedBeforeAnyVolumeIsRead)
{
  this->Expect(2, { "fit", "in" }, { "--output is missing", "-o ref.json" });
  this->Expect(2, { "fit", "-o", "ref.json" }, { "argument INPUT is missing" });
  this->Expect(2, { "fit", "none", "-o", "ref.json" }, { "none: no such file or folder" });
  this->Expect(2, { "fit", "in", "-o", "in" }, { "in: is a folder", "in/ref.json" });
  this->Expect(2, { "fit", "in", "in/a.nii", "-o", "ref.json" }, { "a.nii: is given twice" });
  this->Expect(1, { "fit", "in", "-o", "ref.json", "--pipeline", "none.json" }, { "none.json: cannot be opened" });
  this->Expect(2, { "fit", "in", "-o", "ref.json", "--pipelin", "x" }, { "did you mean '--pipeline'?" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "ref.json"));
  testing::PutFile(m_Folder / "ref.json", "mine");
  this->Expect(2, { "fit", "in", "-o", "ref.json" }, { "ref.json: exists already; give --force" });
  EXPECT_EQ(this->Bytes("ref.json"), "mine");
  this->Expect(0, { "fit", "in", "-o", "ref.json", "--force" });
}

TEST_F(FitProgram, BadReferencesAndStylesAreRefusedWithTheWayOut)
{
  this->Expect(0, { "fit", "in", "-o", "ref.json" });
  testing::PutFile(m_Folder / "other.json", this->Bytes("in/a.json") + "{}");
  const auto refuse = [&](const Strings & flags, const Strings & words)
  {
    Strings arguments = { flags[0], "in/a.nii", "out.nii" };
    arguments.insert(arguments.end(), flags.begin() + 1, flags.end());
    this->Expect(2, arguments, words);
    EXPECT_FALSE(std::filesystem::exists(m_Folder / "out.nii"));
  };
  for (const char * stage : { "batch-norm", "quantile-norm" })
  {
    refuse({ stage, "--reference", "none.json" },
           { stage, "'reference': none.json: cannot be opened", "check the name" });
    refuse({ stage, "--reference", "other.json" }, { "other.json: not a reference of Isolux", "isolux fit" });
  }
  refuse({ "adaptive-norm", "--style", "none.json" }, { "none.json: no such file" });
  refuse({ "adaptive-norm", "--style", "other.json=0.5" }, { "other.json: not a reference of Isolux" });
  refuse({ "adaptive-norm", "--style", "ref.json=x" }, { "must be a number of 0 or more, not 'x'" });
  refuse({ "adaptive-norm", "--style", "ref.json=-1" }, { "must be a number of 0 or more, not '-1'" });
  refuse({ "adaptive-norm", "--style", "ref.json=0", "--style", "ref.json=0" }, { "sum above 0" });

  auto two = testing::HeadVolume({ { 21, 19, 17, 1 } });
  two.channels.push_back(testing::FillHead(testing::PlainGrid({ { 21, 19, 17, 1 } }), 50.0F, 3));
  WriteVolume(two, m_Folder / "two/c.nii");
  this->Expect(0, { "fit", "two", "-o", "two.json" });
  refuse({ "batch-norm", "--reference", "two.json" },
         { "two.json: is a reference of 2 channels, but the image has 1" });
}

TEST_F(FitProgram, ABatchIsDoneAgainWhereItsReferenceHasChanged)
{
  this->Expect(0, { "fit", "in/a.nii", "-o", "ref.json" });
  testing::PutFile(m_Folder / "pipeline.json",
                   R"({"stages": [{"stage": "foreground"}, {"stage": "adaptive-norm", "style": "ref.json"}]})");
  const Strings batch = { "harmonize", "in", "out", "--pipeline", "pipeline.json", "--resume" };
  this->Expect(0, batch);
  EXPECT_NE(this->Expect(0, batch).out.find("skipped a.nii"), std::string::npos);
  const auto before = this->Volumes("out");
  this->Expect(0, { "fit", "in/b.nii", "-o", "ref.json", "--force" });
  EXPECT_EQ(this->Expect(0, batch).out.find("skipped"), std::string::npos);
  EXPECT_NE(this->Volumes("out"), before);
  for (const char * file : { "out/a.json", "out/report.html", "out/manifest.tsv" })
  {
    EXPECT_EQ(this->Bytes(file).find(m_Folder.Path().string()), std::string::npos) << file;
  }
}
} // namespace isolux
