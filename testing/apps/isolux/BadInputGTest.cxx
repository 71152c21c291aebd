#include "IsoluxProgram.h"

#include <limits>

#include <cmath>

// A test for each row of the table of bad input: exit code, message (file, rule, value, way out), nothing half-written.
namespace isolux
{
namespace
{
class BadInput : public testing::ProgramTest
{
protected:
  /** Alone the file fails with exit code 1, in a batch beside a good one with 3; `words` are in the message. */
  void
  ExpectFailure(const std::string & name, const Strings & words) const
  {
    SCOPED_TRACE(name);
    auto all = words;
    all.push_back(name);
    this->Expect(1, { "instance-norm", "in/" + name, "single/out.nii.gz" }, all);
    EXPECT_EQ(testing::Below(m_Folder / "single"), Strings{});

    this->Expect(1, { "harmonize", "in/" + name, "alone" }, all);
    EXPECT_EQ(this->Volumes("alone").size(), 0U);

    this->WriteHead("in/good.nii.gz");
    this->Expect(3, { "harmonize", "in", "both" }, all);
    EXPECT_EQ(testing::Below(m_Folder / "both"),
              (Strings{ ".isolux",
                        ".isolux/lock",
                        ".isolux/pipeline.json",
                        "good.json",
                        "good.nii.gz",
                        "manifest.tsv",
                        "report",
                        "report.html",
                        "report/good.nii.gz.html",
                        "report/good.nii.gz.svg" }));
    const auto manifest = this->Bytes("both/manifest.tsv");
    EXPECT_NE(manifest.find(name + "\tfailed\t"), std::string::npos) << manifest;
    EXPECT_NE(manifest.find("good.nii.gz\tdone\t"), std::string::npos) << manifest;
    std::filesystem::remove_all(m_Folder / "both");
    std::filesystem::remove_all(m_Folder / "alone");
    std::filesystem::remove_all(m_Folder / "in");
  }

  void
  WriteMask(const std::string & name, const std::array<double, 3> & offset, float threshold = 30.0F) const
  {
    auto mask = testing::HeadVolume({ { 21, 19, 17, 1 } });
    auto image = mask.channels[0];
    for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      image->GetBufferPointer()[i] = image->GetBufferPointer()[i] > threshold ? 1.0F : 0.0F;
    }
    const double origin[] = { offset[0], offset[1], offset[2], 0.0 };
    image->SetOrigin(origin);
    WriteVolume(mask, m_Folder / name);
  }

  std::size_t
  CountNotFinite(const std::string & name) const
  {
    const auto pixels = this->Pixels(name);
    return static_cast<std::size_t>(
      std::count_if(pixels.begin(), pixels.end(), [](float value) { return !std::isfinite(value); }));
  }
};
} // namespace

TEST_F(BadInput, AMissingFile)
{
  this->Expect(1, { "instance-norm", "none.nii.gz", "out.nii.gz" }, { "none.nii.gz: does not exist; check the name" });
  this->Expect(2, { "harmonize", "none.nii.gz", "out" }, { "none.nii.gz: no such file or folder" });
  testing::PutFile(m_Folder / "list.tsv", "path\nnone.nii.gz\n");
  this->Expect(1, { "harmonize", "list.tsv", "out" }, { "none.nii.gz: does not exist; check the name" });
}

TEST_F(BadInput, AnEmptyFile)
{
  for (const char * name : { "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.png", "a.jpg", "a.tif", "a.h5" })
  {
    testing::PutFile(m_Folder / "in" / name, "");
    this->ExpectFailure(name, { "empty" });
  }
}

TEST_F(BadInput, ATruncatedFile)
{
  for (const char * name : { "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.tif" })
  {
    WriteVolume(testing::HeadVolume({ { 61, 47, 1, 1 } }), m_Folder / "in" / name);
    const auto bytes = this->Bytes(std::string("in/") + name);
    testing::PutFile(m_Folder / "in" / name, bytes.substr(0, bytes.size() * 2 / 3));
    this->ExpectFailure(name, {});
  }
  for (const std::string name : { "photos/text.png", "photos/bookplate_rgb.jpg" })
  {
    const auto bytes = testing::ReadBytesOf(Data(name));
    const auto file = name.substr(7);
    testing::PutFile(m_Folder / "in" / file, bytes.substr(0, bytes.size() / 2));
    this->ExpectFailure(file, {});
  }
}

TEST_F(BadInput, AFileThatIsNotWhatItsEndingSays)
{
  for (const char * name : { "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.png", "a.jpg", "a.tif", "a.h5" })
  {
    testing::PutFile(m_Folder / "in" / name, std::string(5000, 'x'));
    this->ExpectFailure(name, {});
  }
}

TEST_F(BadInput, AnEndingThatIsNotKnown)
{
  testing::PutFile(m_Folder / "scan.txt", "text");
  this->Expect(1,
               { "instance-norm", "scan.txt", "out.nii" },
               { "scan.txt", "its ending is not one of a known image format", ".nii.gz" });
  this->WriteHead("head.nii");
  this->Expect(1, { "instance-norm", "head.nii", "out.xyz" }, { "out.xyz", "ending", ".nii.gz" });
  this->Expect(1, { "instance-norm", "head.nii", "out.png" }, { "out.png", ".png is not written", ".tif" });
  EXPECT_EQ(testing::Below(m_Folder.Path()), (Strings{ "head.nii", "scan.txt" }));
}

TEST_F(BadInput, AVolumeOfZeroSize)
{
  this->WriteHead("in/a.nii");
  auto bytes = this->Bytes("in/a.nii");
  bytes[44] = bytes[45] = '\0'; // dim[2]
  testing::PutFile(m_Folder / "in/a.nii", bytes);
  this->ExpectFailure("a.nii", { "0" });
}

TEST_F(BadInput, AMaskOfAnotherSizeOrPlace)
{
  this->WriteHead("head.nii");
  WriteVolume(testing::HeadVolume({ { 21, 19, 16, 1 } }), m_Folder / "short.nii");
  this->Expect(1,
               { "instance-norm", "head.nii", "out.nii", "--mask", "short.nii" },
               { "short.nii", "21 x 19 x 17", "21 x 19 x 16", "resample the mask" });
  this->WriteMask("far.nii", { 0.0, 0.7, 0.0 });
  this->Expect(1,
               { "instance-norm", "head.nii", "out.nii", "--mask", "far.nii" },
               { "far.nii", "0.7 voxels", "0.5 is allowed", "origin" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "out.nii"));

  this->WriteMask("near.nii", { 0.0, 0.3, 0.0 });
  this->Expect(
    0, { "instance-norm", "head.nii", "near-out.nii", "--mask", "near.nii" }, { "warning", "near.nii", "0.3 voxels" });
  this->WriteMask("touching.nii", { 0.0, 0.009, 0.0 });
  EXPECT_EQ(this->Expect(0, { "instance-norm", "head.nii", "touching-out.nii", "--mask", "touching.nii" }).err, "");
  this->WriteMask("exact.nii", { 0.0, 0.0, 0.0 });
  EXPECT_EQ(this->Expect(0, { "instance-norm", "head.nii", "exact-out.nii", "--mask", "exact.nii" }).err, "");
  EXPECT_EQ(this->Bytes("near-out.nii"), this->Bytes("exact-out.nii"));
  EXPECT_EQ(this->Bytes("touching-out.nii"), this->Bytes("exact-out.nii"));
}

TEST_F(BadInput, AMaskFolderThatLacksOneMask)
{
  this->WriteHead("in/a.nii");
  this->WriteHead("in/b.nii");
  this->WriteMask("masks/a_mask.nii", { 0.0, 0.0, 0.0 });
  this->Expect(3, { "harmonize", "in", "out", "--mask-dir", "masks" }, { "b.nii: no mask in masks", "'b_mask'" });
  EXPECT_EQ(this->Volumes("out").size(), 1U);
}

TEST_F(BadInput, AnEmptyMask)
{
  this->WriteHead("head.nii");
  this->WriteMask("none_mask.nii", { 0.0, 0.0, 0.0 }, 1e6F);
  testing::PutFile(m_Folder / "default.json", testing::ReadBytesOf(Data("pipelines/default.json")));
  this->Expect(
    0, { "run", "default.json", "head.nii", "out.nii", "-x", "none_mask.nii" }, { "warning", "the mask is empty" });
  for (const float value : this->Pixels("out.nii"))
  {
    ASSERT_EQ(value, 0.0F);
  }
}

TEST_F(BadInput, AConstantImage)
{
  this->WriteChangedHead("head.nii", [](auto & image) { image.FillBuffer(7.0F); });
  this->Expect(0, { "instance-norm", "head.nii", "out.nii" }, { "warning", "have the intensity 7" });
  for (const float value : this->Pixels("out.nii"))
  {
    ASSERT_EQ(value, 0.0F);
  }
  this->Expect(0, { "harmonize", "head.nii", "out" }, { "warning", "have the intensity 7" });
  this->Expect(0, { "restore", "out.nii", "back.nii" });
  EXPECT_EQ(this->Pixels("back.nii"), this->Pixels("head.nii"));
}

TEST_F(BadInput, OneVoxel)
{
  auto volume = testing::HeadVolume({ { 1, 1, 1, 1 } });
  volume.axes = 3;
  WriteVolume(volume, m_Folder / "one.nii");
  this->Expect(0, { "harmonize", "one.nii", "out" }, { "warning" });
  EXPECT_EQ(this->Pixels("out/one.nii"), std::vector<float>{ 0.0F });
}

TEST_F(BadInput, NanAndInfinity)
{
  this->WriteChangedHead("head.nii",
                         [](auto & image)
                         {
                           const auto centre = image.GetBufferedRegion().GetNumberOfPixels() / 2;
                           image.GetBufferPointer()[centre] = std::nanf("");
                           image.GetBufferPointer()[centre + 1] = HUGE_VALF;
                           image.GetBufferPointer()[centre + 2] = -HUGE_VALF;
                         });
  this->Expect(0, { "harmonize", "head.nii", "out" }, { "warning", "NaN or infinite" });
  EXPECT_EQ(this->CountNotFinite("out/head.nii"), 3U);
  const auto sidecar = this->Json("out/head.json");
  EXPECT_NEAR(sidecar["channels"][0]["after"]["mean"].get<double>(), 0.0, 1e-6);
  for (const auto & [policy, wanted] : { std::pair("keep", 3U), std::pair("zero", 0U), std::pair("mean", 0U) })
  {
    const std::string out = std::string(policy) + ".nii";
    this->Expect(0, { "instance-norm", "head.nii", out, "--nan", policy });
    EXPECT_EQ(this->CountNotFinite(out), wanted) << policy;
    const auto json = this->Json(std::string(policy) + ".json");
    EXPECT_EQ(json["channels"][0]["before"]["nan"], 1);
    EXPECT_EQ(json["channels"][0]["before"]["infinite"], 2);
    EXPECT_EQ(json["channels"][0]["replaced"], 3U - wanted);
    EXPECT_EQ(json["nan"], policy);
  }
  this->Expect(
    2, { "instance-norm", "head.nii", "x.nii", "--nan", "drop" }, { "--nan must be one of", "'mean'", "'drop'" });
}

TEST_F(BadInput, ZerosAndNegatives)
{
  const std::string head = Data("heads/uih770_T1w.nii.gz");
  this->Expect(0, { "histogram-retinex", head, "clean.nii", "--field", "clean-field.nii", "--mask-out", "mask.nii" });
  Volume      volume = ReadVolume(head);
  const auto  mask = this->Pixels("mask.nii");
  std::size_t inside = 0;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (mask[i] != 0.0F && ++inside % 2000 == 0) // 0.05 %
    {
      volume.channels[0]->GetBufferPointer()[i] = -300.0F;
      ++changed;
    }
  }
  ASSERT_GT(changed, 10U);
  WriteVolume(volume, m_Folder / "negative.nii");
  const auto said =
    this->Expect(0, { "histogram-retinex", "negative.nii", "out.nii", "--field", "field.nii", "--mask", "mask.nii" });
  EXPECT_EQ(said.err, ""); // so few are counted in the sidecar alone
  const auto clean = this->Pixels("clean-field.nii");
  const auto field = this->Pixels("field.nii");
  double     difference = 0.0;
  double     whole = 0.0;
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    if (mask[i] != 0.0F)
    {
      difference += std::pow(std::log(field[i] / clean[i]), 2);
      whole += std::pow(std::log(clean[i]), 2);
    }
  }
  EXPECT_GT(std::sqrt(whole / static_cast<double>(inside)), 0.05); // there is a field to lose
  EXPECT_LT(std::sqrt(difference / whole), 0.15); // measured 0.10: other samples, not the negatives, make it
  const auto learned = this->Json("out.json")["channels"][0]["stages"][0]["learned"];
  EXPECT_EQ(learned["non_positive"][0], changed);
  EXPECT_GT(learned["log_floor"][0].get<double>(), 0.0);
  const auto input = testing::PixelsOf(*volume.channels[0]);
  const auto output = this->Pixels("out.nii");
  for (std::size_t i = 0; i < input.size(); ++i) // still divided; field and output are each rounded to float
  {
    ASSERT_NEAR(output[i], input[i] / field[i], std::abs(output[i]) * 3e-7);
  }
}

TEST_F(BadInput, WhatCannotBeAskedForIsNamedWithTheNearestAndExitsWithTwo)
{
  this->WriteHead("head.nii");
  testing::PutFile(m_Folder / "p.json",
                   R"({"stages": [{"stage": "foreground"}, {"stage": "histogram-retinex", "smothing": 1}]})");
  testing::PutFile(m_Folder / "q.json", R"({"stages": [{"stage": "instance-norm", "eps": -1}]})");
  testing::PutFile(m_Folder / "r.json", R"({"stages": [{"stage": "histogram-retinex"}]})");
  const std::vector<std::pair<Strings, Strings>> table = {
    { { "instance-norm", "head.nii", "o.nii", "--gama", "2" },
      { "unknown option '--gama'", "did you mean '--gamma'?" } },
    { { "instance-norm", "head.nii", "o.nii", "--field", "f.nii" }, { "unknown option '--field'" } },
    { { "foreground", "head.nii", "o.nii", "--field", "f.nii" }, { "unknown option '--field'" } },
    { { "foreground", "head.nii", "o.nii", "--order", "3" }, { "unknown option '--order'" } },
    { { "harmonize", "head.nii", "o", "--gamma", "3" }, { "unknown option '--gamma'" } },
    { { "restore", "head.nii", "o.nii", "--mask", "m.nii" }, { "unknown option '--mask'" } },
    { { "run", "q.json", "head.nii", "o.nii" },
      { "q.json: stage 1 (instance-norm): 'eps' must be in [0, inf), not -1" } },
    { { "run", "p.json", "head.nii", "o.nii" },
      { "p.json: stage 2 (histogram-retinex): unknown option 'smothing'; did you mean 'smoothing'?" } },
    { { "run", "r.json", "head.nii", "o.nii" }, { "stage 1 (histogram-retinex): needs a mask", "--mask" } },
    { { "histogram-retinex", "head.nii", "o.nii", "--order", "9" }, { "'order' must be in [1, 8], not 9" } },
    { { "histogram-retinex", "head.nii", "o.nii", "--order", "two" }, { "'order' must be a whole number, not two" } },
    { { "histogram-retinex", "head.nii", "o.nii", "--widths", "0.1,9" }, { "'widths' must be in [0.02, 1]" } },
    { { "foreground", "head.nii", "o.nii", "--rule", "otzu" }, { "'rule' must be one of", "did you mean 'otsu'?" } },
    { { "instance-norm", "head.nii", "o.nii", "--threads", "0" },
      { "--threads must be a whole number in [1, 1024], not '0'" } },
    { { "instance-norm", "head.nii", "o.nii", "--threads", "-2" }, { "--threads must be a whole number" } },
    { { "instance-norm", "head.nii", "o.nii", "--dtype", "int8" }, { "--dtype must be one of", "'int8'" } },
    { { "harmonize", "head.nii", "o", "--hash", "md5" }, { "--hash must be one of 'sha256', 'xxh128', not 'md5'" } },
    { { "restore", "head.nii", "o.nii", "--hash", "xxh128" }, { "unknown option '--hash'" } },
    { { "instance-norm", "head.nii" }, { "argument OUTPUT is missing" } },
    { { "instance-norm" }, { "argument INPUT is missing" } },
    { { "instance-norm", "head.nii", "o.nii", "more" }, { "too many arguments" } },
    { { "instance-norm", "head.nii", "o.nii", "--gamma" }, { "--gamma" } },
    { { "instance-nrom", "head.nii", "o.nii" },
      { "no verb or stage is called 'instance-nrom'; did you mean 'instance-norm'?" } },
    { { "run", "q2.json", "head.nii", "o.nii" }, {} },
    { { "stages", "--all" }, { "unknown option '--all'" } },
    { { "run", "default.json", "head.nii", "o.nii", "--resume" }, {} },
    { {}, { "isolux harmonize IN OUT" } },
  };
  testing::PutFile(m_Folder / "q2.json", "{");
  testing::PutFile(m_Folder / "default.json", testing::ReadBytesOf(Data("pipelines/default.json")));
  for (const auto & [arguments, words] : table)
  {
    const auto outcome = this->Expect(2, arguments, words);
    EXPECT_EQ(outcome.out, "");
  }
  EXPECT_EQ(testing::Below(m_Folder.Path()),
            (Strings{ "default.json", "head.nii", "p.json", "q.json", "q2.json", "r.json" }));
}

TEST_F(BadInput, AnOutputThatExists)
{
  this->WriteHead("in/head.nii");
  for (const std::string precious : { "out.nii", "out.json" })
  {
    testing::PutFile(m_Folder / precious, "precious");
    this->Expect(2, { "instance-norm", "in/head.nii", "out.nii" }, { precious + ": exists already; give --force" });
    EXPECT_EQ(this->Bytes(precious), "precious");
    this->Expect(0, { "instance-norm", "in/head.nii", "out.nii", "--force" });
    EXPECT_NE(this->Bytes(precious), "precious");
    std::filesystem::remove(m_Folder / "out.nii");
    std::filesystem::remove(m_Folder / "out.json");
  }
  testing::PutFile(m_Folder / "field.nii", "precious");
  this->Expect(
    2, { "histogram-retinex", "in/head.nii", "out.nii", "--field", "field.nii" }, { "field.nii: exists already" });
  EXPECT_EQ(this->Bytes("field.nii"), "precious");

  testing::PutFile(m_Folder / "out/head.nii", "precious");
  this->Expect(2, { "harmonize", "in", "out" }, { "head.nii: exists already", "--force", "--resume" });
  EXPECT_EQ(this->Bytes("out/head.nii"), "precious");
  this->Expect(0, { "harmonize", "in", "out", "--force" });
  const auto bytes = this->Bytes("out/head.nii");
  const auto outcome = this->Expect(0, { "harmonize", "in", "out", "--resume" });
  EXPECT_NE(outcome.out.find("skipped head.nii"), std::string::npos) << outcome.out;
  EXPECT_EQ(this->Bytes("out/head.nii"), bytes);

  this->Expect(0, { "instance-norm", "in/head.nii", "out.nii" });
  testing::PutFile(m_Folder / "back.nii", "precious");
  this->Expect(2, { "restore", "out.nii", "back.nii" }, { "back.nii: exists already" });
  EXPECT_EQ(this->Bytes("back.nii"), "precious");
}

TEST_F(BadInput, AnOutputFolderThatIsAFile)
{
  this->WriteHead("head.nii");
  testing::PutFile(m_Folder / "file", "precious");
  for (const Strings & arguments : { Strings{ "harmonize", "head.nii", "file" },
                                     Strings{ "harmonize", "head.nii", "file/out" },
                                     Strings{ "instance-norm", "head.nii", "file/out.nii" } })
  {
    this->Expect(1, arguments, { "file", "Not a directory", "choose another output folder" });
  }
  EXPECT_EQ(this->Bytes("file"), "precious");
}

TEST_F(BadInput, OneNameForTwoOutputs)
{
  this->WriteHead("head.nii");
  this->Expect(
    2, { "histogram-retinex", "head.nii", "out.nii", "--field", "./out.nii" }, { "out.nii: is named twice" });
  this->Expect(2,
               { "histogram-retinex", "head.nii", "out.nii", "--field", "f.nii", "--mask-out", "f.nii" },
               { "f.nii: is named twice" });
  EXPECT_EQ(testing::Below(m_Folder.Path()), Strings{ "head.nii" });
}

TEST_F(BadInput, AnInputIsNeverAnOutput)
{
  this->WriteHead("head.nii");
  const auto original = this->Bytes("head.nii");
  this->Expect(2, { "instance-norm", "head.nii", "./head.nii", "--force" }, { "head.nii: is named twice" });
  this->Expect(0, { "instance-norm", "head.nii", "out.nii" });
  this->Expect(2, { "restore", "out.nii", "out.nii", "--force" }, { "out.json", "choose another name" });
  EXPECT_EQ(this->Bytes("head.nii"), original);
}

TEST_F(BadInput, ARefusedWriteLeavesWhatWasThere)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "instance-norm", "head.nii", "out.nii" });
  const auto sidecar = this->Bytes("out.json");
  this->Expect(1, { "instance-norm", "head.nii", "out.png", "--force" }, { "out.png", ".tif" });
  this->Expect(1, { "instance-norm", "head.nii", "out.mha", "--dtype", "int16-scaled", "--force" }, { "float32" });
  EXPECT_EQ(this->Bytes("out.json"), sidecar);
  this->Expect(1, { "histogram-retinex", "head.nii", "o.png", "--field", "f.nii", "--mask-out", "m.nii" });
  EXPECT_EQ(testing::Below(m_Folder.Path()), (Strings{ "head.nii", "out.json", "out.nii" }));
}

TEST_F(BadInput, ASidecarOfAnotherVolumeIsNotUsed)
{
  this->WriteHead("head.nii");
  this->WriteHead("other.nii", 1000.0F);
  this->Expect(0, { "instance-norm", "head.nii", "t.nii.gz" });
  this->Expect(0, { "instance-norm", "other.nii", "t.nii", "--force" });
  this->Expect(1, { "restore", "t.nii.gz", "back.nii" }, { "t.json", "belongs to t.nii" });
}

TEST_F(BadInput, AFileBesideAHeaderIsNotTakenForItsPixels)
{
  this->WriteHead("head.nii");
  testing::PutFile(m_Folder / "x.raw", "precious");
  this->Expect(1, { "instance-norm", "head.nii", "x.mhd", "--compression", "0" }, { "x.raw", "not a part of" });
  EXPECT_EQ(this->Bytes("x.raw"), "precious");
}

TEST_F(BadInput, AManifestOfAnotherBatchIsNotReplaced)
{
  this->WriteHead("a.nii");
  this->WriteHead("b.nii");
  this->Expect(0, { "harmonize", "a.nii", "out" });
  this->Expect(2, { "harmonize", "b.nii", "out" }, { "manifest.tsv", "--force" });
}

TEST_F(BadInput, ANameThatIsNotUtf8IsNoProblem)
{
  this->WriteHead("J\xf6rg.nii");
  this->Expect(0, { "harmonize", "J\xf6rg.nii", "out" });
  this->Expect(0, { "harmonize", "J\xf6rg.nii", "out", "--resume" });
}

TEST_F(BadInput, APipelineThatNoCaseCanRunIsWrongUsage)
{
  this->WriteHead("in/head.nii");
  testing::PutFile(m_Folder / "p.json", R"({"stages": [{"stage": "histogram-retinex"}]})");
  this->Expect(2, { "harmonize", "in", "out", "--pipeline", "p.json" }, { "needs a mask", "--mask" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "out"));
}

TEST_F(BadInput, NonFiniteVoxelsOutsideTheMaskAreCountedToo)
{
  this->WriteChangedHead(
    "head.nii", [](WorkImage & image) { image.GetBufferPointer()[0] = std::numeric_limits<float>::quiet_NaN(); });
  this->Expect(
    0, { "run", ISOLUX_SOURCE_DIR "/data/pipelines/default.json", "head.nii", "out.nii" }, { "1 voxels are NaN" });
  EXPECT_EQ(this->Json("out.json")["channels"][0]["non_finite_voxels"], 1);
  this->Expect(0, { "harmonize", "head.nii", "zeroed", "--nan", "zero" });
  EXPECT_EQ(this->Pixels("zeroed/head.nii")[0], 0.0F);
}

TEST_F(BadInput, AnEmptyListOfNumbersIsRefused)
{
  this->WriteHead("head.nii");
  this->Expect(
    2, { "histogram-retinex", "head.nii", "out.nii", "--widths", "" }, { "'widths'", "at least one number" });
}

TEST_F(BadInput, ATruncatedOutputIsNotFinished)
{
  this->WriteHead("a.nii");
  this->Expect(0, { "harmonize", "a.nii", "out" });
  const auto whole = this->Bytes("out/a.nii");
  testing::PutFile(m_Folder / "out/a.nii", "");
  this->Expect(0, { "harmonize", "a.nii", "out", "--resume" });
  EXPECT_TRUE(this->Bytes("out/a.nii") == whole);
}

TEST_F(BadInput, AnInputIsNeverReplacedByItsOwnResultInABatch)
{
  this->WriteHead("in/head.nii");
  testing::PutFile(m_Folder / "in/list.tsv", "path\nhead.nii\n");
  const auto bytes = this->Bytes("in/head.nii");
  for (const char * way : { "--resume", "--force" })
  {
    this->Expect(1, { "harmonize", "in/list.tsv", "in", way }, { "head.nii: would be replaced by its own result" });
    this->Expect(2, { "harmonize", "in", "in", way }, { "lies in the output folder" });
    EXPECT_EQ(this->Bytes("in/head.nii"), bytes);
  }
}
} // namespace isolux
