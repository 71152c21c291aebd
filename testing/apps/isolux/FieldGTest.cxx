#include "IsoluxProgram.h"

#include <cmath>

namespace isolux
{
namespace
{
class FieldCli : public testing::ProgramTest
{
protected:
  FieldCli()
  {
    this->WriteHead("t1.nii");
    this->WriteHead("t2.nii", 40.0F);
  }
};
} // namespace

TEST_F(FieldCli, OfOneContrastIsAppliedToAnotherAndUndone)
{
  this->Expect(0, { "histogram-retinex", "t1.nii", "a.nii", "--field", "field.nii" });
  this->Expect(0, { "apply-field", "t2.nii", "out/b.nii", "--field", "field.nii" });
  this->Expect(0, { "apply-field", "t2.nii", "c.nii", "--field", "a.json" });
  const auto field = this->Pixels("field.nii");
  const auto t2 = this->Pixels("t2.nii");
  const auto divided = this->Pixels("out/b.nii");
  for (std::size_t i = 0; i < field.size(); ++i)
  {
    ASSERT_EQ(divided[i], static_cast<float>(t2[i] / static_cast<double>(field[i]))) << i;
  }
  EXPECT_EQ(this->Pixels("c.nii"), divided);
  EXPECT_NE(divided, t2);
  EXPECT_EQ(this->Json("out/b.json")["pipeline"][0]["options"]["field"], "field.nii"); // without its folder
  EXPECT_EQ(this->Json("out/b.json")["files"][0]["name"], "field.nii");

  this->Expect(
    1, { "restore", "out/b.nii", "back.nii" }, { "out/b.nii: apply-field cannot be undone without field.nii" });
  this->Expect(0, { "restore", "out/b.nii", "back.nii", "--field", "field.nii" });
  this->ExpectRestored(m_Folder / "t2.nii", "back.nii");
  this->Expect(1,
               { "restore", "out/b.nii", "other.nii", "--field", "t1.nii" },
               { "t1.nii is not the field that the image was divided by, its sha256 differs" });
  this->Expect(0, { "restore", "c.nii", "beside.nii" }); // a.json lies beside c.nii
  this->ExpectRestored(m_Folder / "t2.nii", "beside.nii");
  this->Expect(2,
               { "restore", "a.nii", "x.nii", "--field", "field.nii" },
               { "is undone from its sidecar alone; leave --field out" });
}

TEST_F(FieldCli, IsFoundBesideThePipelineFile)
{
  this->Expect(0, { "histogram-retinex", "t1.nii", "a.nii", "--field", "set/field.nii" });
  testing::PutFile(m_Folder / "set/apply.json",
                   R"({ "isolux": 1, "stages": [ { "stage": "apply-field", "field": "field.nii" } ] })");
  this->Expect(0, { "run", "set/apply.json", "t2.nii", "b.nii", "--field", "divided.nii" });
  EXPECT_EQ(this->Pixels("divided.nii"), this->Pixels("set/field.nii"));
  this->Expect(
    2, { "run", "set/apply.json", "t2.nii", "c.nii", "--field", "set/field.nii", "--force" }, { "is named twice" });
}

TEST_F(FieldCli, OfEachFrameIsWrittenWithAFrameForEach)
{
  auto series = testing::HeadVolume({ { 21, 19, 17, 3 } });
  WriteVolume(series, m_Folder / "bold.nii");
  this->Expect(0, { "histogram-retinex", "bold.nii", "a.nii", "--frame", "each", "--field", "field.nii" });
  const auto field = ReadVolume(m_Folder / "field.nii");
  EXPECT_EQ(field.axes, 4U);
  EXPECT_EQ(field.channels[0]->GetLargestPossibleRegion().GetSize(3), 3U);
  const auto before = this->Pixels("bold.nii");
  const auto after = this->Pixels("a.nii");
  const auto divisor = this->Pixels("field.nii");
  for (std::size_t i = 0; i < before.size(); ++i)
  {
    ASSERT_NEAR(after[i] * divisor[i], before[i], 3e-7F * before[i]) << i; // three values rounded to float
  }
  this->Expect(0, { "restore", "a.nii", "back.nii" });
  this->ExpectRestored(m_Folder / "bold.nii", "back.nii");
  this->Expect(2, { "histogram-retinex", "bold.nii", "b.nii", "--frame", "3" }, { "'frame' is 3", "has 3 frames" });
  this->Expect(2, { "histogram-retinex", "bold.nii", "b.nii", "--frame", "last" }, { "'frame' must be 'mean'" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "b.nii"));
}

TEST_F(FieldCli, TheQualityBeforeAndAfterIsToldAndRecorded)
{
  this->WriteChangedHead("labels.nii",
                         [](WorkImage & image)
                         {
                           for (std::size_t i = 0; i < image.GetBufferedRegion().GetNumberOfPixels(); ++i)
                           {
                             const float value = image.GetBufferPointer()[i];
                             image.GetBufferPointer()[i] = value > 80.0F ? 3.0F : value > 30.0F ? 2.0F : 0.0F;
                           }
                         });
  const auto plain = this->Expect(0, { "histogram-retinex", "t1.nii", "a.nii" });
  for (const char * text : { "; field ", "; in classes of the corrected image CV ", ", CJV ", "; entropy " })
  {
    EXPECT_NE(plain.out.find(text), std::string::npos) << text << plain.out;
  }
  EXPECT_EQ(plain.out.find("by labels"), std::string::npos);
  EXPECT_FALSE(this->Json("a.json")["channels"][0].contains("tissue_before"));
  const auto field = this->Json("a.json")["channels"][0]["field"];
  EXPECT_LE(field["minimum"], field["percentile_1"]);
  EXPECT_LT(field["percentile_1"], field["percentile_99"]);
  EXPECT_LE(field["percentile_99"], field["maximum"]);
  EXPECT_GT(field["log_deviation"], 0.0);

  const auto labelled = this->Expect(0, { "histogram-retinex", "t1.nii", "b.nii", "--tissue", "labels.nii" });
  EXPECT_NE(labelled.out.find("; by labels CV of grey matter "), std::string::npos) << labelled.out;
  EXPECT_EQ(this->Bytes("a.nii"), this->Bytes("b.nii")); // labels change nothing
  const auto json = this->Json("b.json");
  EXPECT_EQ(json["tissue"]["name"], "labels.nii");
  EXPECT_EQ(json["tissue"]["sha256"], HashVolume(m_Folder / "labels.nii"));
  EXPECT_EQ(json["tissue"]["white_matter"], 3.0);
  const auto before = json["channels"][0]["tissue_before"];
  this->Expect(0, { "instance-norm", "t1.nii", "c.nii", "--tissue", "labels.nii", "--tissue-labels", "3,2" });
  EXPECT_EQ(this->Json("c.json")["tissue"]["grey_matter"], 3.0);
  EXPECT_GT(this->Json("c.json")["channels"][0]["tissue_before"]["cv_grey_matter"], 0.0);
  EXPECT_GT(before["cv_white_matter"], 0.0);
}

TEST_F(FieldCli, TissueLabelsThatCannotBeUsedAreRefused)
{
  this->Expect(2, { "instance-norm", "t1.nii", "a.nii", "--tissue-labels", "2,3" }, { "give it with --tissue" });
  for (const char * labels : { "2", "2,2", "1,2,3" })
  {
    this->Expect(2,
                 { "instance-norm", "t1.nii", "a.nii", "--tissue", "t2.nii", "--tissue-labels", labels },
                 { "--tissue-labels must be two different numbers", std::string("not '") + labels + "'" });
  }
  this->Expect(2,
               { "instance-norm", "t1.nii", "a.nii", "--tissue", "t2.nii", "--tissue-labels", "2,b" },
               { "--tissue-labels must be whole numbers parted by commas" });
  this->Expect(1,
               { "instance-norm", "t1.nii", "a.nii", "--tissue", "t2.nii", "--tissue-labels", "-5,-6" },
               { "t2.nii: no voxel has the label -5 of grey matter" });
  this->Expect(1, { "instance-norm", "t1.nii", "a.nii", "--tissue", "none.nii" }, { "none.nii" });
  auto other = testing::HeadVolume({ { 20, 19, 17, 1 } });
  WriteVolume(other, m_Folder / "other.nii");
  this->Expect(1,
               { "instance-norm", "t1.nii", "a.nii", "--tissue", "other.nii" },
               { "the tissue label image's size is not the image's", "21 x 19 x 17", "20 x 19 x 17" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "a.nii"));
}

TEST_F(FieldCli, FieldsThatCannotBeUsedAreRefused)
{
  this->Expect(2, { "apply-field", "t1.nii", "a.nii", "--field", "none.nii" }, { "none.nii: no such file" });
  this->WriteChangedHead("zero.nii", [](WorkImage & image) { image.FillBuffer(0.0F); });
  this->Expect(1,
               { "apply-field", "t1.nii", "a.nii", "--field", "zero.nii" },
               { "zero.nii: 6783 voxels of the field are not positive" }); // 21 x 19 x 17
  testing::PutFile(m_Folder / "no.json", "{}");
  this->Expect(1, { "apply-field", "t1.nii", "a.nii", "--field", "no.json" }, { "no.json: not a sidecar of Isolux" });
  this->Expect(0, { "poisson-retinex", "t1.nii", "even.nii" });
  this->Expect(1, { "apply-field", "t1.nii", "a.nii", "--field", "even.json" }, { "is not recorded" });
  testing::PutFile(m_Folder / "text.nii", "no image");
  this->Expect(1, { "apply-field", "t1.nii", "a.nii", "--field", "text.nii" }, { "text.nii" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "a.nii"));
}

TEST_F(FieldCli, ApplyFieldWithoutAFieldIsAWrongCall)
{
  this->Expect(2, { "apply-field", "t1.nii", "a.nii" }, { "'field' is missing: name the image of a field" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "a.nii"));
  const auto help = this->Expect(0, { "apply-field", "--help" }).out;
  EXPECT_NE(help.find("Example: isolux apply-field in.nii.gz out.nii.gz --field field.nii.gz\n"), std::string::npos);
}

TEST_F(FieldCli, ThatIsNotInTheSidecarRestoresFromItsFile)
{
  for (const char * stage : { "poisson-retinex", "variational-retinex" })
  {
    SCOPED_TRACE(stage);
    this->Expect(0, { stage, "t1.nii", "a.nii", "--field", "field.nii", "--force" });
    this->Expect(0, { stage, "t1.nii", "log.nii", "--field", "other.nii", "--logarithm", "true", "--force" });
    this->Expect(1,
                 { "restore", "a.nii", "back.nii" },
                 { "is not recorded in the sidecar", "give 'restore' the file that --field" });
    this->Expect(1, { "restore", "a.nii", "back.nii", "--field", "t2.nii" }, { "t2.nii is not the field", "sha256" });
    this->Expect(
      1, { "restore", "log.nii", "back.nii", "--field", "other.nii" }, { "with 'logarithm' cannot be undone" });
    EXPECT_FALSE(std::filesystem::exists(m_Folder / "back.nii"));
    this->Expect(0, { "restore", "a.nii", "back.nii", "--field", "field.nii" });
    this->ExpectRestored(m_Folder / "t1.nii", "back.nii");
    std::filesystem::remove(m_Folder / "back.nii");
  }
  testing::PutFile(m_Folder / "both.json",
                   R"({ "stages": [ { "stage": "poisson-retinex" }, { "stage": "multi-scale-retinex" } ] })");
  this->Expect(0, { "run", "both.json", "t1.nii", "two.nii", "--field", "product.nii" });
  this->Expect(1, { "restore", "two.nii", "b.nii", "--field", "product.nii" }, { "the product of all" });
}

TEST_F(FieldCli, OfAStackIsOnePageThatHoldsForOtherStacks)
{
  const std::string tiles = Data("microscopy/brain_tiles.tif");
  this->Expect(0, { "stack-illumination", tiles, "a.tif", "--field", "flat.tif" });
  EXPECT_EQ(ReadVolume(m_Folder / "flat.tif").channels[0]->GetLargestPossibleRegion().GetSize(2), 1U);
  this->Expect(0, { "apply-field", tiles, "b.tif", "--field", "flat.tif" });
  EXPECT_EQ(this->Pixels("b.tif"), this->Pixels("a.tif"));
  this->Expect(0, { "stack-illumination", tiles, "dark.tif", "--darkfield", "true", "--timelapse", "true" });
  this->Expect(1,
               { "apply-field", tiles, "c.tif", "--field", "dark.json" },
               { "dark.json: stack-illumination", "divided each image by its own baseline as well" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "c.tif"));
}

TEST_F(FieldCli, NoFigureIsShownThatIsNone)
{
  this->WriteChangedHead("one.nii", [](WorkImage & image) { image.FillBuffer(5.0F); });
  for (const char * stage : { "histogram-retinex", "n4", "single-scale-retinex", "poisson-retinex" })
  {
    const auto said = this->Expect(0, { stage, "one.nii", "a.nii", "--force" });
    EXPECT_EQ(said.out.find("nan"), std::string::npos) << said.out;
  }
  this->WriteChangedHead("empty.nii", [](WorkImage & image) { image.FillBuffer(0.0F); });
  const auto said = this->Expect(0, { "histogram-retinex", "t1.nii", "a.nii", "--mask", "empty.nii", "--force" });
  EXPECT_EQ(said.out.find("field nan"), std::string::npos) << said.out;
  const auto log = this->Expect(0, { "multi-scale-retinex", "t1.nii", "a.nii", "--logarithm", "true", "--force" });
  EXPECT_NE(log.out.find("; field "), std::string::npos) << log.out;
  EXPECT_EQ(log.out.find("CV"), std::string::npos) << log.out;
  EXPECT_TRUE(this->Json("a.json")["channels"][0]["evenness_after"]["cv"].is_null());
}

TEST_F(FieldCli, OfAColourImageTheLineIsThatOfTheChannelThatItNames)
{
  const auto said = this->Expect(0, { "multi-scale-retinex", Data("photos/retina_rgb.png"), "a.tif" }).out;
  EXPECT_NE(said.find(" s, channel 1 of 3: "), std::string::npos) << said;
  const auto grey = this->Expect(0, { "histogram-retinex", "t1.nii", "b.nii" }).out;
  EXPECT_EQ(grey.find("channel"), std::string::npos) << grey;
}

TEST_F(FieldCli, AListInTheSpellingOfAntsIsRefusedWithTheRightOne)
{
  this->Expect(2,
               { "n4", "t1.nii", "a.nii", "--mesh", "1x1x1" },
               { "'mesh' must be a list of numbers, such as 1,2,3, not 1x1x1" });
}

TEST_F(FieldCli, TheGateSaysThatItLeftTheImageAsItIs)
{
  // no field in the head, and a gate of the fit's own: what is found there is nothing
  this->WriteChangedHead("even.nii",
                         [](WorkImage & image)
                         {
                           for (std::size_t i = 0; i < image.GetBufferedRegion().GetNumberOfPixels(); ++i)
                           {
                             float & value = image.GetBufferPointer()[i];
                             value = value > 30.0F ? 80.0F + 20.0F * static_cast<float>(i / 4 % 2) : 0.5F;
                           }
                         });
  const auto outcome = this->Expect(0, { "histogram-retinex", "even.nii", "a.nii", "--gate", "true" }, { "gated: " });
  EXPECT_EQ(this->Pixels("a.nii"), this->Pixels("even.nii"));
  const auto learned = this->Json("a.json")["channels"][0]["stages"][1]["learned"];
  EXPECT_EQ(learned["gated"], 1);
  this->Expect(0, { "restore", "a.nii", "back.nii" });
  this->ExpectRestored(m_Folder / "even.nii", "back.nii");
}
} // namespace isolux
