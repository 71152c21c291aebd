#include "IsoluxProgram.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <sstream>

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

Volume
Constant()
{
  auto volume = testing::HeadVolume({ { 21, 19, 17, 1 } });
  volume.channels[0]->FillBuffer(5.0F);
  return volume;
}
} // namespace

TEST_F(FitProgram, LearnsAReferenceThatOtherVolumesAreBroughtTo)
{
  const auto outcome = this->Expect(0, { "fit", "--min-cases", "1", "in", "-o", "ref.json" });
  EXPECT_NE(outcome.out.find("ref.json: 2 volumes of 1 site"), std::string::npos) << outcome.out;
  const auto reference = this->Json("ref.json");
  EXPECT_EQ(reference["isolux_reference"], 2);
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

TEST_F(FitProgram, AnImageBroughtToTheReferenceOfItselfStaysAsItIs)
{
  this->Expect(0, { "fit", "--min-cases", "1", "in/a.nii", "-o", "ref.json" });
  const auto before = this->Pixels("in/a.nii");
  for (const auto & [stage, flag] : { std::pair("adaptive-norm", "--style"), { "quantile-norm", "--reference" } })
  {
    this->Expect(0, { stage, "in/a.nii", "same.nii", flag, "ref.json", "--force" });
    const auto after = this->Pixels("same.nii");
    for (std::size_t i = 0; i < before.size(); ++i)
    {
      ASSERT_NEAR(after[i], before[i], 1e-4F) << stage; // floats of some hundred
    }
  }
}

TEST_F(FitProgram, TakesSeveralInputsAndTheirOrderChangesNoByte)
{
  this->Expect(0, { "fit", "--min-cases", "1", "in/b.nii", "in/a.nii", "-o", "files.json", "--threads", "3" });
  this->Expect(0, { "fit", "--min-cases", "1", "in", "--output", "folder.json", "--threads", "1" });
  testing::PutFile(m_Folder / "list.tsv", "path\nin/b.nii\n");
  this->Expect(0, { "fit", "--min-cases", "1", "list.tsv", "in/a.nii", "-o", "list.json" });
  EXPECT_EQ(this->Bytes("files.json"), this->Bytes("folder.json"));
  EXPECT_EQ(this->Bytes("list.json"), this->Bytes("folder.json"));
}

TEST_F(FitProgram, ABadVolumeIsNamedAndLeftOutWithExitCode3)
{
  this->Expect(0, { "fit", "--min-cases", "1", "in", "-o", "good.json" });
  testing::PutFile(m_Folder / "in/broken.nii", "no image");
  const auto outcome = this->Expect(3, { "fit", "--min-cases", "1", "in", "-o", "some.json" }, { "broken.nii" });
  EXPECT_NE(outcome.out.find("left out broken.nii"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("some.json: 2 volumes of 1 site"), std::string::npos) << outcome.out;
  EXPECT_EQ(this->Bytes("some.json"), this->Bytes("good.json"));
  this->Expect(1, { "fit", "--min-cases", "1", "in/broken.nii", "-o", "none.json" }, { "no volume could be measured" });
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
  this->Expect(0, { "fit", "--min-cases", "1", "in", "-o", "ref.json", "--force" });
}

TEST_F(FitProgram, BadReferencesAndStylesAreRefusedWithTheWayOut)
{
  this->Expect(0, { "fit", "--min-cases", "1", "in", "-o", "ref.json" });
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
  refuse({ "adaptive-norm", "--style", "sub=1/none.json" }, { "sub=1/none.json: no such file" });
  refuse({ "adaptive-norm", "--style", "other.json=0.5" }, { "other.json: not a reference of Isolux" });
  refuse({ "adaptive-norm", "--style", "ref.json=x" }, { "must be a number of 0 or more, not 'x'" });
  refuse({ "adaptive-norm", "--style", "ref.json=-1" }, { "must be a number of 0 or more, not '-1'" });
  refuse({ "adaptive-norm", "--style", "ref.json=0", "--style", "ref.json=0" }, { "sum above 0" });

  auto two = testing::HeadVolume({ { 21, 19, 17, 1 } });
  two.channels.push_back(testing::FillHead(testing::PlainGrid({ { 21, 19, 17, 1 } }), 50.0F, 3));
  WriteVolume(two, m_Folder / "two/c.nii");
  this->Expect(0, { "fit", "--min-cases", "1", "two", "-o", "two.json" });
  refuse({ "batch-norm", "--reference", "two.json" },
         { "two.json: is a reference of 2 channels, but the image has 1" });
}

TEST_F(FitProgram, NoOutputIsWrittenOverWhatIsRead)
{
  this->Expect(2, { "fit", "in", "-o", "ref.nii", "--force" }, { "ref.nii: is the name of an image", ".json" });
  testing::PutFile(m_Folder / "list.tsv", "path\nin/b.nii\n");
  this->Expect(2, { "fit", "list.tsv", "-o", "list.tsv", "--force" }, { "list.tsv: is named twice" });
  this->Expect(0, { "fit", "--min-cases", "1", "in", "-o", "ref.json" });
  const auto reference = this->Bytes("ref.json");
  this->Expect(
    2, { "batch-norm", "in/a.nii", "ref.nii", "--reference", "ref.json", "--force" }, { "ref.json: is named twice" });
  EXPECT_EQ(this->Bytes("ref.json"), reference);
  const auto style = this->Bytes("in/b.nii");
  this->Expect(
    2, { "adaptive-norm", "in/a.nii", "in/b.nii", "--style", "in/b.nii=2", "--force" }, { "in/b.nii: is named twice" });
  EXPECT_EQ(this->Bytes("in/b.nii"), style);
}

TEST_F(FitProgram, WeightsThatABatchNormDoesNotHeedAreSaid)
{
  this->Expect(0, { "fit", "--min-cases", "1", "in", "-o", "ref.json" });
  this->Expect(0, { "foreground", "in/a.nii", "mask.nii" });
  const Strings call = { "batch-norm", "in/a.nii", "out.nii", "--weights", "mask.nii", "--force" };
  EXPECT_EQ(this->Expect(0, call).err.find("weights change nothing"), std::string::npos);
  auto with = call;
  with.insert(with.end(), { "--reference", "ref.json" });
  EXPECT_NE(this->Expect(0, with).err.find("weights change nothing"), std::string::npos);
}

TEST_F(FitProgram, BandsAreBroughtToThoseOfAReferenceImage)
{
  this->Expect(0, { "foreground", "in/b.nii", "mask.nii" });
  this->Expect(0, { "band-norm", "in/b.nii", "measured.nii", "--mask", "mask.nii" });
  const auto energies = this->Json("measured.json")["channels"][0]["stages"][0]["learned"]["energies"];
  this->Expect(0, { "band-norm", "in/a.nii", "listed.nii", "--mask", "mask.nii", "--energies", energies.dump() });
  for (const Strings & mask : { Strings{}, Strings{ "--reference-mask", "mask.nii" } })
  {
    Strings call = { "band-norm", "in/a.nii", "out.nii", "--mask", "mask.nii", "--reference", "in/b.nii", "--force" };
    call.insert(call.end(), mask.begin(), mask.end());
    this->Expect(0, call);
    const auto learned = this->Json("out.json")["channels"][0]["stages"][0]["learned"];
    EXPECT_EQ(learned["reference_energies"], energies);
    EXPECT_EQ(this->Bytes("out.nii"), this->Bytes("listed.nii"));
  }
  EXPECT_EQ(this->Json("out.json")["files"].size(), 2U);
  EXPECT_EQ(this->Bytes("out.json").find(m_Folder.Path().string()), std::string::npos);
  const auto refuse = [&](const Strings & flags, const Strings & words)
  {
    Strings call = { "band-norm", "in/a.nii", "no.nii", "--mask", "mask.nii" };
    call.insert(call.end(), flags.begin(), flags.end());
    this->Expect(2, call, words);
  };
  refuse({ "--reference", "none.nii" }, { "stage 1 (band-norm): 'reference': none.nii: no such file" });
  WriteVolume(Constant(), m_Folder / "flat.nii");
  this->Expect(1,
               { "band-norm", "in/a.nii", "no.nii", "--mask", "mask.nii", "--reference", "flat.nii" },
               { "flat.nii: has no finite voxel inside its mask, or but one intensity" });
  refuse({ "--reference-mask", "mask.nii" }, { "'reference_mask' is the mask of a 'reference' image" });
  refuse({ "--reference", "in/b.nii", "--energies", "1" }, { "'reference' sets 'energies'" });
}

TEST_F(FitProgram, ABatchIsDoneAgainWhereItsReferenceHasChanged)
{
  this->Expect(0, { "fit", "--min-cases", "1", "in/a.nii", "-o", "ref.json" });
  testing::PutFile(m_Folder / "pipeline.json",
                   R"({"stages": [{"stage": "foreground"}, {"stage": "adaptive-norm", "style": "ref.json"}]})");
  const Strings batch = { "harmonize", "in", "out", "--pipeline", "pipeline.json", "--resume" };
  this->Expect(0, batch);
  EXPECT_NE(this->Expect(0, batch).out.find("skipped a.nii"), std::string::npos);
  const auto before = this->Volumes("out");
  this->Expect(0, { "fit", "--min-cases", "1", "in/b.nii", "-o", "ref.json", "--force" });
  EXPECT_EQ(this->Expect(0, batch).out.find("skipped"), std::string::npos);
  EXPECT_NE(this->Volumes("out"), before);
  for (const char * file : { "out/a.json", "out/report.html", "out/manifest.tsv" })
  {
    EXPECT_EQ(this->Bytes(file).find(m_Folder.Path().string()), std::string::npos) << file;
  }
}

TEST_F(FitProgram, SitesAreToldApartByAColumnAndNeedEnoughVolumes)
{
  this->WriteHead("in/c.nii", 200.0F);
  testing::PutFile(m_Folder / "list.tsv", "path\tscanner\nin/a.nii\tA\nin/b.nii\tA\nin/c.nii\tB\n");
  this->Expect(2,
               { "fit", "list.tsv", "-o", "ref.json" },
               { "3 participants or volumes, and a reference needs 5", "--min-cases" });
  this->Expect(2, { "fit", "list.tsv", "-o", "ref.json", "--site", "scaner" }, { "scaner", "scanner" });
  this->Expect(2, { "fit", "list.tsv", "-o", "ref.json", "--min-cases", "0" }, { "'min_cases' must be in [1, 10000]" });
  this->Expect(2, { "fit", "list.tsv", "-o", "ref.json", "--min-cases", "1", "--band-scales", "2,1" }, { "must rise" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "ref.json"));
  const auto some = this->Expect(3,
                                 { "fit", "list.tsv", "-o", "ref.json", "--site", "scanner", "--min-cases", "2" },
                                 { "in/c.nii: site 'B' has 1 participants or volumes, and a reference needs 2" });
  EXPECT_NE(some.out.find("  A: 2 volumes"), std::string::npos) << some.out;
  EXPECT_EQ(this->Json("ref.json")["sites"].size(), 1U);
  this->Expect(0, { "fit", "list.tsv", "-o", "all.json", "--site", "scanner", "--min-cases", "1" });
  EXPECT_EQ(this->Json("all.json")["sites"]["B"]["cases"], 1);
}

TEST_F(FitProgram, ReferencesOfSitesMergeToTheBytesOfOne)
{
  testing::PutFile(m_Folder / "list.tsv", "path\tsite\nin/a.nii\tA\nin/b.nii\tB\n");
  testing::PutFile(m_Folder / "b.tsv", "path\tsite\nin/b.nii\tB\n");
  testing::PutFile(m_Folder / "a.tsv", "path\tsite\nin/a.nii\tA\n");
  const Strings how = { "--site", "site", "--min-cases", "1" };
  const auto    with = [&](Strings call)
  {
    call.insert(call.end(), how.begin(), how.end());
    return call;
  };
  this->Expect(0, with({ "fit", "list.tsv", "-o", "whole.json" }));
  this->Expect(0, with({ "fit", "a.tsv", "-o", "a.json" }));
  this->Expect(0, with({ "fit", "b.tsv", "-o", "b.json" }));
  this->Expect(0, { "merge", "b.json", "a.json", "-o", "merged.json", "--min-cases", "1" });
  EXPECT_EQ(this->Bytes("merged.json"), this->Bytes("whole.json"));
  for (const char * number : { "1", "2", "3" })
  {
    this->Expect(
      0, with({ "fit", "list.tsv", "-o", std::string(number) + ".json", "--shard", std::string(number) + "/3" }));
  }
  this->Expect(0, { "merge", "3.json", "1.json", "2.json", "-o", "shards.json", "--min-cases", "1" });
  EXPECT_EQ(this->Bytes("shards.json"), this->Bytes("whole.json"));

  this->Expect(1, { "merge", "a.json", "b.json", "-o", "no.json" }, { "site 'A' has 1 volumes", "no site is left" });
  this->Expect(1, { "merge", "a.json", "a.json", "-o", "no.json" }, { "a.json: holds the same volumes as a.json" });
  this->Expect(1, { "merge", "1.json", "3.json", "-o", "no.json" }, { "of which these are missing: 2" });
  this->Expect(1, { "merge", "list.tsv", "-o", "no.json" }, { "list.tsv: not a reference of Isolux" });
  this->Expect(2, { "merge", "a.json", "-o", "a.json", "--force" }, { "a.json: is named twice" });
  this->Expect(2, { "merge", "a.json", "-o", "b.json" }, { "b.json: exists already" });
  this->Expect(2, { "merge", "a.json" }, { "--output is missing" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "no.json"));
}

TEST_F(FitProgram, ABatchIsBroughtToAReferenceOrToASiteOfIt)
{
  testing::PutFile(m_Folder / "list.tsv", "path\tsite\nin/a.nii\tA\nin/b.nii\tB\n");
  this->Expect(0, { "fit", "list.tsv", "-o", "ref.json", "--site", "site", "--min-cases", "1" });
  const auto medians = this->Json("ref.json");
  this->WriteHead("new/x.nii", 37.0F); // of a site that the reference does not know
  const auto median = [&](const std::string & out)
  { return this->Json(out + "/x.json")["channels"][0]["after"]["percentiles_0_to_100"][50].get<double>(); };
  const auto wanted = [](const nlohmann::ordered_json & of)
  { return of["channels"][0]["landmarks"]["values"][5].get<double>(); };
  this->Expect(0, { "harmonize", "new", "all", "--reference", "ref.json" });
  EXPECT_NEAR(median("all"), wanted(medians), wanted(medians) / 256.0);
  this->Expect(0, { "harmonize", "new", "b", "--reference", "ref.json", "--to", "B" });
  EXPECT_NEAR(median("b"), wanted(medians["sites"]["B"]), wanted(medians["sites"]["B"]) / 256.0);
  EXPECT_GT(median("b"), 1.2 * median("all"));
  const auto stages = this->Json("b/x.json")["pipeline"];
  EXPECT_EQ(stages[0]["stage"], "foreground");
  EXPECT_EQ(stages[1]["options"]["reference"], "ref.json#B");

  testing::PutFile(m_Folder / "adaptive.json", R"({"stages": [{"stage": "foreground"}, {"stage": "adaptive-norm"}]})");
  this->Expect(0, { "harmonize", "new", "c", "--reference", "ref.json", "--to", "A", "--pipeline", "adaptive.json" });
  EXPECT_NEAR(this->Json("c/x.json")["channels"][0]["after"]["mean"].get<double>(),
              medians["sites"]["A"]["channels"][0]["typical"]["mean"].get<double>(),
              1e-3);
  this->Expect(0,
               { "adaptive-norm", "new/x.nii", "mix.nii", "--style", "ref.json#A=0.5", "--style", "ref.json#B=0.5" });
  this->Expect(0, { "band-norm", "new/x.nii", "band.nii", "--reference", "ref.json#A", "--mask", "all/x.nii" });

  testing::PutFile(m_Folder / "plain.json", R"({"stages": [{"stage": "foreground"}]})");
  const auto refuse = [&](const Strings & flags, const Strings & words)
  {
    Strings call = { "harmonize", "new", "no" };
    call.insert(call.end(), flags.begin(), flags.end());
    this->Expect(2, call, words);
    EXPECT_FALSE(std::filesystem::exists(m_Folder / "no"));
  };
  refuse({ "--reference", "ref.json", "--to", "C" }, { "ref.json: knows no site 'C'", "'A'", "'B'" });
  refuse({ "--to", "A" }, { "--to names a site of a reference" });
  refuse({ "--reference", "ref.json", "--pipeline", "plain.json" },
         { "plain.json: has no stage that lacks a reference" });
  this->Expect(0, { "fit", "list.tsv", "-o", "1.json", "--shard", "1/2", "--min-cases", "1" });
  refuse({ "--reference", "1.json" }, { "1.json: is shard 1 of 2 of a fit", "isolux merge" });
  this->Expect(
    2,
    { "band-norm", "new/x.nii", "no.nii", "--reference", "ref.json", "--scales", "2,4", "--mask", "all/x.nii" },
    { "its bands were measured with scales [0.5, 1] mm along xy", "--band-scales" });
}

TEST_F(FitProgram, AShardOfWhichNoVolumeCanBeMeasuredDoesNotHoldUpTheOthers)
{
  testing::PutFile(m_Folder / "in/c.nii", "cut short");
  testing::PutFile(m_Folder / "list.tsv", "path\nin/a.nii\nin/b.nii\nin/c.nii\n");
  this->Expect(3, { "fit", "list.tsv", "--min-cases", "1", "-o", "whole.json" }, { "in/c.nii" });
  for (const char * number : { "1", "2", "3" })
  {
    this->Expect(std::string(number) == "3" ? 3 : 0,
                 { "fit",
                   "list.tsv",
                   "--min-cases",
                   "1",
                   "-o",
                   std::string(number) + ".json",
                   "--shard",
                   std::string(number) + "/3" });
  }
  this->Expect(0, { "merge", "1.json", "2.json", "3.json", "-o", "merged.json", "--min-cases", "1" });
  EXPECT_EQ(this->Bytes("merged.json"), this->Bytes("whole.json"));
}

TEST_F(FitProgram, ShardsOfABatchAreGathered)
{
  this->WriteHead("in/c.nii", 200.0F);
  this->Expect(1, { "gather", "out" }, { "no shard has run into this folder" });
  const auto one = this->Expect(0, { "harmonize", "in", "out", "--shard", "1/2" });
  EXPECT_NE(one.out.find("2 of 2 volumes in out; join the shards with 'isolux gather out'"), std::string::npos);
  this->Expect(1, { "gather", "out" }, { "out: not finished: shard 2/2" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "out/manifest.tsv"));
  this->Expect(0, { "harmonize", "in", "out", "--shard", "2/2" });
  const auto all = this->Expect(0, { "gather", "out" });
  EXPECT_NE(all.out.find("3 of 3 volumes in out"), std::string::npos) << all.out;
  this->Expect(0, { "harmonize", "in", "whole" });
  for (const char * name : { "a.nii", "b.nii", "c.nii" })
  {
    EXPECT_EQ(this->Bytes(std::string("out/") + name), this->Bytes(std::string("whole/") + name));
  }
  EXPECT_TRUE(std::filesystem::exists(m_Folder / "out/report.html"));
  this->Expect(2, { "harmonize", "in", "out", "--shard", "3/2" }, { "--shard must be I/N" });
  this->Expect(2, { "harmonize", "in", "out", "--shard", "slurm" }, { "SLURM_ARRAY_TASK_ID is not set" });
  this->Expect(2, { "gather" }, { "argument OUTPUT is missing" });
}

TEST_F(FitProgram, OnePersonsManyVolumesAreOneAndSitesNeedNamesThatCanBeGiven)
{
  testing::PutFile(m_Folder / "one.tsv", "path\tparticipant_id\nin/a.nii\tp1\nin/b.nii\tp1\n");
  this->Expect(2,
               { "fit", "one.tsv", "-o", "ref.json", "--min-cases", "2" },
               { "1 participants or volumes, and a reference needs 2" });
  for (const std::string site : { "all", "3T=1.5", "M\xfcnchen" })
  {
    testing::PutFile(m_Folder / "list.tsv", "path\tsite\nin/a.nii\t" + site + "\n");
    this->Expect(2,
                 { "fit", "list.tsv", "-o", "ref.json", "--site", "site", "--min-cases", "1" },
                 { "in/a.nii: its site is called", "rename the site" });
  }
  testing::PutFile(m_Folder / "list.tsv", "path\tsite\nin/a.nii\tGE/3T=A\nin/b.nii\tGE/3T\n");
  this->Expect(0, { "fit", "list.tsv", "-o", "ref.json", "--site", "site", "--min-cases", "1" });
  this->Expect(0, { "harmonize", "in", "out", "--reference", "ref.json", "--to", "GE/3T=A" });
  EXPECT_NEAR(this->Json("out/b.json")["channels"][0]["after"]["percentiles_0_to_100"][50].get<double>(),
              this->Json("ref.json")["sites"]["GE/3T=A"]["channels"][0]["landmarks"]["values"][5].get<double>(),
              1.0);
}

TEST_F(FitProgram, TheLogEndsWhateverHappens)
{
  this->Expect(1, { "instance-norm", "none.nii", "out.nii", "--log-json", "log.json" });
  this->Expect(2, { "harmonize", "none", "out", "--log-json", "log.json" });
  this->Expect(0, { "instance-norm", "in/a.nii", "out.nii", "--log-json", "log.json", "--quiet" });
  std::istringstream       lines(this->Bytes("log.json"));
  std::vector<std::string> events;
  for (std::string line; std::getline(lines, line);)
  {
    events.push_back(nlohmann::json::parse(line)["event"]);
  }
  EXPECT_EQ(events, (std::vector<std::string>{ "start", "end", "start", "end", "start", "case", "end" }));
}

TEST_F(FitProgram, ATerminalShowsABarAndNothingElseALineForEachCase)
{
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0)
  {
    GTEST_SKIP() << "There are no terminals here.";
  }
  close(terminal);
  const auto onTerminal = [&](const std::string & call)
  {
    testing::ProcessOptions options;
    options.folder = m_Folder.Path();
    const auto program = std::string("stty cols 60; ") + ISOLUX_PROGRAM + " " + call;
    return testing::RunProcess({ "script", "-qec", program, "/dev/null" }, options);
  };
  const auto bar = onTerminal("harmonize in out");
  EXPECT_EQ(bar.exitCode, 0) << bar.out;
  EXPECT_NE(bar.out.find("[###############...............] 1/2"), std::string::npos) << bar.out;
  EXPECT_EQ(bar.out.find("] done"), std::string::npos) << bar.out;
  EXPECT_NE(bar.out.find("2 of 2 volumes in out"), std::string::npos) << bar.out;
  EXPECT_EQ(onTerminal("harmonize in quiet --quiet").out, "");
  const auto lines = this->Expect(0, { "harmonize", "in", "lines" });
  EXPECT_NE(lines.out.find("[1/2] done "), std::string::npos);
  EXPECT_EQ(lines.out.find('#'), std::string::npos);
}
} // namespace isolux
