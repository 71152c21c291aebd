#include "IsoluxProgram.h"

#include <cmath>
#include <regex>

namespace isolux
{
namespace
{
class Cli : public testing::ProgramTest
{
protected:
  /** The page's number of bytes. */
  std::size_t
  CheckReport(const std::string & page) const
  {
    const auto report = this->Bytes(page);
    EXPECT_NE(report.find("</html>"), std::string::npos);
    static const std::regex loads(
      R"rx((src|srcset|poster|data)\s*=\s*["']?\s*(https?:|//)|url\(\s*["']?(https?:|//)|<link\b|@import)rx");
    std::smatch found;
    EXPECT_FALSE(std::regex_search(report, found, loads)) << found.str();
    return report.size();
  }

  /** The cohort's page, and a page below 2 MB with a thumbnail for each case. */
  void
  CheckReports(const std::string & folder, std::size_t cases) const
  {
    EXPECT_LT(this->CheckReport(folder + "/report.html"), 100000U);
    std::size_t pages = 0;
    for (const auto & name : testing::Below(m_Folder / folder / "report"))
    {
      if (std::filesystem::path(name).extension() == ".html")
      {
        const auto page = folder + "/report/" + name;
        EXPECT_LT(this->CheckReport(page), 2000000U) << name;
        EXPECT_NE(this->Bytes(std::filesystem::path(page).replace_extension(".svg").string()), "") << name;
        ++pages;
      }
    }
    EXPECT_EQ(pages, cases);
  }
};
} // namespace

TEST_F(Cli, ExitCodesTellDoneFailedUsageAndPartly)
{
  this->WriteHead("in/a.nii");
  this->Expect(0, { "harmonize", "in", "all" });
  testing::PutFile(m_Folder / "in/b.nii", "no image");
  this->Expect(3, { "harmonize", "in", "some" });
  std::filesystem::remove(m_Folder / "in/a.nii");
  this->Expect(1, { "harmonize", "in", "none" });
  this->Expect(2, { "harmonize", "in" });
  for (const char * folder : { "all", "some", "none" })
  {
    EXPECT_TRUE(std::filesystem::exists(m_Folder / folder / "manifest.tsv"));
    this->CheckReport(std::string(folder) + "/report.html");
  }
}

TEST_F(Cli, VersionGoesToStandardOutput)
{
  for (const char * way : { "version", "--version" })
  {
    const auto outcome = this->Expect(0, { way });
    EXPECT_TRUE(
      std::regex_match(outcome.out, std::regex(R"(isolux \d+\.\d+\.\d+(\+[0-9a-f]+)? \(ITK \d+\.\d+\.\d+\)\n)")))
      << outcome.out;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_F(Cli, ShortFlagsMeanWhatTheyMeanInAntsAndOthers)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "foreground", "-i", "head.nii", "-o", "mask.nii" });
  this->Expect(0, { "instance-norm", "-i", "head.nii", "-o", "x.nii", "-x", "mask.nii" });
  this->Expect(0, { "instance-norm", "-o", "m.nii", "-i", "head.nii", "-m", "mask.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "long.nii", "--mask", "mask.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "none.nii" });
  EXPECT_EQ(this->Bytes("x.nii"), this->Bytes("long.nii"));
  EXPECT_EQ(this->Bytes("m.nii"), this->Bytes("long.nii"));
  EXPECT_NE(this->Bytes("none.nii"), this->Bytes("long.nii"));
}

TEST_F(Cli, MaskGivenTwiceIsRefused)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "foreground", "head.nii", "mask.nii" });
  this->Expect(2, { "instance-norm", "head.nii", "o.nii", "-x", "mask.nii", "-m", "other.nii" }, { "mask" });
}

TEST_F(Cli, AFlagTakesANegativeNumber)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "instance-norm", "head.nii", "a.nii", "--beta", "-1", "--gamma=-2.5e-1" });
  EXPECT_NEAR(this->Json("a.json")["channels"][0]["after"]["mean"].get<double>(), -1.0, 1e-6); // of rounded voxels
  EXPECT_EQ(this->Json("a.json")["pipeline"][0]["options"]["gamma"][0], -0.25);
}

TEST_F(Cli, MaskLabelsChooseValuesOfTheMaskAndWeightsSayHowMuchAVoxelCounts)
{
  this->WriteHead("head.nii");
  const auto labels = [](float value) { return value > 100.0F ? 3.0F : value > 60.0F ? 1.0F : 0.0F; };
  for (const auto & [name, wanted] : { std::pair("labels.nii", 0.0F), { "one.nii", 1.0F }, { "three.nii", 3.0F } })
  {
    this->WriteChangedHead(name,
                           [&, wanted = wanted](WorkImage & image)
                           {
                             for (std::size_t i = 0; i < image.GetBufferedRegion().GetNumberOfPixels(); ++i)
                             {
                               const float label = labels(image.GetBufferPointer()[i]);
                               image.GetBufferPointer()[i] =
                                 wanted == 0.0F ? label : static_cast<float>(label == wanted);
                             }
                           });
  }
  this->Expect(0, { "instance-norm", "head.nii", "a.nii", "-x", "labels.nii", "--mask-labels", "3" });
  this->Expect(0, { "instance-norm", "head.nii", "b.nii", "-x", "three.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "c.nii", "-x", "labels.nii" });
  EXPECT_EQ(this->Bytes("a.nii"), this->Bytes("b.nii"));
  EXPECT_NE(this->Bytes("a.nii"), this->Bytes("c.nii"));
  EXPECT_EQ(this->Json("a.json")["mask"]["labels"], nlohmann::json({ 3 }));

  this->Expect(0, { "instance-norm", "head.nii", "w.nii", "-w", "one.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "x.nii", "-x", "one.nii" });
  const auto weighted = this->Pixels("w.nii");
  const auto masked = this->Pixels("x.nii");
  for (std::size_t i = 0; i < weighted.size(); ++i)
  {
    ASSERT_NEAR(weighted[i], masked[i], 1e-5F); // a quotient of sums that rounds anew, then to float
  }
  EXPECT_EQ(this->Json("w.json")["weights"]["name"], "one.nii");
  this->Expect(0, { "restore", "w.nii", "back.nii" });

  this->Expect(2, { "instance-norm", "head.nii", "y.nii", "--mask-labels", "3" }, { "give it with --mask" });
  this->Expect(2,
               { "instance-norm", "head.nii", "y.nii", "-x", "labels.nii", "--mask-labels", "1,b" },
               { "--mask-labels must be whole numbers parted by commas, such as 1,3; not '1,b'" });
  this->Expect(2, { "foreground", "head.nii", "y.nii", "-w", "one.nii" }, { "one.nii would change nothing" });
  this->WriteChangedHead("negative.nii", [](WorkImage & image) { image.GetBufferPointer()[7] = -1.0F; });
  this->Expect(1,
               { "instance-norm", "head.nii", "y.nii", "-w", "negative.nii" },
               { "negative.nii: weights must be 0 or more, but 1 are negative, NaN or infinite; set those to 0" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "y.nii"));
}

TEST_F(Cli, ChannelsOfAPictureArePooledByLayerNormAndUndone)
{
  const std::string picture = ISOLUX_SOURCE_DIR "/data/photos/retina_rgb.png";
  this->Expect(0, { "layer-norm", picture, "layer.tif" });
  this->Expect(0, { "instance-norm", picture, "pooled.tif", "--axes", "xyzc" });
  this->Expect(0, { "instance-norm", picture, "alone.tif" });
  EXPECT_EQ(this->Bytes("layer.tif"), this->Bytes("pooled.tif"));
  EXPECT_NE(this->Bytes("layer.tif"), this->Bytes("alone.tif"));
  const auto layer = this->Json("layer.json")["channels"];
  EXPECT_EQ(layer[0]["stages"][0]["learned"]["mean"], layer[2]["stages"][0]["learned"]["mean"]);
  this->Expect(0, { "restore", "layer.tif", "back.tif" });
  const auto back = ReadVolume(m_Folder / "back.tif");
  const auto original = ReadVolume(picture);
  for (std::size_t c = 0; c < 3; ++c)
  {
    const auto a = testing::PixelsOf(*back.channels[c]);
    const auto b = testing::PixelsOf(*original.channels[c]);
    for (std::size_t i = 0; i < a.size(); ++i)
    {
      ASSERT_NEAR(a[i], b[i], 1e-4F); // floats of a few deviations, times a deviation of 80
    }
  }
}

TEST_F(Cli, FlagsAndAPipelineFileGiveTheSameBytes)
{
  this->WriteHead("head.nii");
  testing::PutFile(
    m_Folder / "p.json",
    R"({"stages": [{"stage": "foreground"}, {"stage": "histogram-retinex", "order": 2, "widths": [0.2, 0.1]}]})");
  this->Expect(0, { "run", "p.json", "head.nii", "a.nii" });
  this->Expect(0, { "histogram-retinex", "head.nii", "b.nii", "--order", "2", "--widths", "0.2,0.1" });
  EXPECT_EQ(this->Bytes("a.nii"), this->Bytes("b.nii"));
  EXPECT_EQ(this->Json("a.json")["pipeline"], this->Json("b.json")["pipeline"]);
}

TEST_F(Cli, TheOutputTimesTheFieldIsTheInput)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "histogram-retinex", "head.nii", "out.nii", "--field", "field.nii", "--mask-out", "mask.nii" });
  const auto input = this->Pixels("head.nii");
  const auto output = this->Pixels("out.nii");
  const auto field = this->Pixels("field.nii");
  const auto mask = this->Pixels("mask.nii");
  float      low = HUGE_VALF;
  float      high = 0.0F;
  double     sum = 0.0;
  double     inside = 0.0;
  for (std::size_t i = 0; i < input.size(); ++i)
  {
    ASSERT_NEAR(output[i] * field[i], input[i], input[i] * 3e-7); // field and output are each rounded to float
    if (mask[i] != 0.0F)
    {
      low = std::min(low, field[i]);
      high = std::max(high, field[i]);
      sum += field[i];
      inside += 1.0;
    }
  }
  EXPECT_NEAR(sum / inside, 1.0, 1e-6);
  EXPECT_GT(high / low, 1.2F);
  EXPECT_GE(*std::min_element(field.begin(), field.end()), low); // outside the mask no further than inside
  EXPECT_LE(*std::max_element(field.begin(), field.end()), high);
}

TEST_F(Cli, HarmonizeThenRestoreGivesRealHeadsBack)
{
  this->Expect(0, { "harmonize", Data("demo.tsv"), "out", "--jobs", "2" });
  for (const char * name : { "ixi013_T1w", "ixi072_T1w", "philips_T1w", "uih770_T1w" })
  {
    const std::string file = std::string("heads/") + name + ".nii.gz";
    EXPECT_TRUE(std::filesystem::exists(m_Folder / "out/heads" / (std::string(name) + ".json")));
    this->Expect(0, { "restore", "out/" + file, std::string(name) + ".nii" });
    this->ExpectRestored(Data(file), std::string(name) + ".nii");
  }
  this->CheckReports("out", 4);
}

TEST_F(Cli, ThreadsAndStreamDivisionsDoNotChangeABit)
{
  const Strings stages = { "foreground", "histogram-retinex", "instance-norm" };
  for (const auto & stage : stages)
  {
    SCOPED_TRACE(stage);
    const auto run = [&](const std::string & name, const Strings & how)
    {
      Strings arguments = { stage, Data("heads/uih770_T1w.nii.gz"), name + ".nii.gz" };
      if (stage == "histogram-retinex")
      {
        arguments.insert(arguments.end(), { "--field", name + "-field.nii.gz" });
      }
      arguments.insert(arguments.end(), how.begin(), how.end());
      this->Expect(0, arguments);
      return this->Bytes(name + ".nii.gz") + this->Bytes(name + "-field.nii.gz");
    };
    const auto expected = run(stage + "-1", { "--threads", "1" });
    EXPECT_GT(expected.size(), 1000U);
    EXPECT_TRUE(run(stage + "-2", { "--threads", "2" }) == expected);
    EXPECT_TRUE(run(stage + "-7", { "--threads", "2", "--stream-divisions", "7" }) == expected);
  }
}

TEST_F(Cli, ASeriesIsHarmonizedAsOneAndRestored)
{
  const std::string series = Data("series/nibabel_4d.nii.gz");
  this->Expect(0, { "run", Data("pipelines/default.json"), series, "out.nii.gz", "--field", "field.nii" });
  const Volume in = ReadVolume(series);
  const Volume out = ReadVolume(m_Folder / "out.nii.gz");
  EXPECT_EQ(out.axes, 4U);
  EXPECT_EQ(out.channels[0]->GetLargestPossibleRegion(), in.channels[0]->GetLargestPossibleRegion());
  EXPECT_EQ(out.channels[0]->GetSpacing(), in.channels[0]->GetSpacing());
  EXPECT_EQ(ReadVolume(m_Folder / "field.nii").channels[0]->GetLargestPossibleRegion().GetSize(3), 1U);
  this->Expect(0, { "restore", "out.nii.gz", "back.nii.gz" });
  this->ExpectRestored(series, "back.nii.gz");
}

TEST_F(Cli, PicturesAreHarmonizedPerColourAndRestored)
{
  for (const auto & [name, channels] :
       { std::pair("retina_rgb.png", 3U), std::pair("bookplate_rgb.jpg", 3U), std::pair("page.png", 1U) })
  {
    SCOPED_TRACE(name);
    const std::string out = std::string(name) + ".tif";
    this->Expect(0, { "run", Data("pipelines/photos.json"), Data(std::string("photos/") + name), out });
    EXPECT_EQ(ReadVolume(m_Folder / out).channels.size(), channels);
    EXPECT_EQ(this->Json(std::string(name) + ".json")["channels"].size(), channels);
    this->Expect(0, { "restore", out, "back.tif", "--force" });
    this->ExpectRestored(Data(std::string("photos/") + name), "back.tif");
  }
}

TEST_F(Cli, ATiffStackIsHarmonizedAndRestored)
{
  const std::string stack = Data("microscopy/brain_tiles.tif");
  this->Expect(0, { "instance-norm", stack, "out.tif" });
  EXPECT_EQ(ReadVolume(m_Folder / "out.tif").channels[0]->GetLargestPossibleRegion(),
            ReadVolume(stack).channels[0]->GetLargestPossibleRegion());
  this->Expect(0, { "restore", "out.tif", "back.tif" });
  this->ExpectRestored(stack, "back.tif");
}

TEST_F(Cli, EveryFormatGivesTheSameVoxels)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "run", Data("pipelines/default.json"), "head.nii", "out.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "normalized.nii" });
  const auto expected = this->Pixels("out.nii");
  const auto normalized = this->Pixels("normalized.nii");
  for (const char * ending : { "nii.gz", "nrrd", "nhdr", "mha", "mhd", "tif" })
  {
    SCOPED_TRACE(ending);
    const std::string name = std::string("head.") + ending;
    const std::string out = std::string("out-") + ending + "." + ending;
    WriteVolume(ReadVolume(m_Folder / "head.nii"), m_Folder / name);
    // TIFF holds one resolution in float: a stage that knows of millimetres sees another spacing.
    const bool keepsSpacing = std::string(ending) != "tif";
    this->Expect(0,
                 { "run", Data(keepsSpacing ? "pipelines/default.json" : "pipelines/instance-norm.json"), name, out });
    EXPECT_EQ(this->Pixels(out), keepsSpacing ? expected : normalized);
  }
}

TEST_F(Cli, OfTwinsTheNamedFileIsRead)
{
  this->WriteHead("x.nii", 100.0F);
  this->WriteHead("x.nii.gz", 500.0F);
  for (const auto & [name, gain] : { std::pair("x.nii", 100.0), std::pair("x.nii.gz", 500.0) })
  {
    this->Expect(0, { "instance-norm", name, "out.nii", "--force" });
    EXPECT_NEAR(this->Json("out.json")["channels"][0]["before"]["maximum"].get<double>() / gain, 1.2, 0.3) << name;
    EXPECT_EQ(this->Json("out.json")["input"]["name"], name);
  }
  this->Expect(3, { "harmonize", ".", "out" }, { "x.nii: would be written under the same name as x.nii.gz" });
}

TEST_F(Cli, AFolderKeepsItsStructureAndBidsNames)
{
  testing::PutFile(m_Folder / "in/dataset_description.json", "{}");
  this->WriteHead("in/sub-01/anat/sub-01_T1w.nii.gz");
  this->WriteHead("in/sub-02/ses-a/anat/sub-02_ses-a_T1w.nii.gz");
  this->Expect(0, { "harmonize", "in", "out" });
  EXPECT_EQ(this->Volumes("out").size(), 2U);
  EXPECT_EQ(this->Volumes("out").count("sub-01/anat/sub-01_desc-harmonized_T1w.nii.gz"), 1U);
  EXPECT_EQ(this->Volumes("out").count("sub-02/ses-a/anat/sub-02_ses-a_desc-harmonized_T1w.nii.gz"), 1U);
}

TEST_F(Cli, AMaskFolderIsUsed)
{
  this->WriteHead("in/a.nii");
  this->Expect(0, { "foreground", "in/a.nii", "masks/a_mask.nii" });
  this->Expect(0, { "harmonize", "in", "out", "--mask-dir", "masks" });
  EXPECT_EQ(this->Json("out/a.json")["mask"]["name"], "a_mask.nii");
  EXPECT_EQ(this->Json("out/a.json")["channels"][0]["stages"][0]["learned"]["rule"], "given");
}

TEST_F(Cli, Int16ScaledStaysWithinHalfAStep)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "instance-norm", "head.nii", "float.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "short.nii", "--dtype", "int16-scaled" });
  EXPECT_EQ(ReadVolume(m_Folder / "short.nii").component, "int16");
  const auto   expected = this->Pixels("float.nii");
  const auto   actual = this->Pixels("short.nii");
  const auto   range = std::minmax_element(expected.begin(), expected.end());
  const double step = (static_cast<double>(*range.second) - *range.first) / 65000.0;
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    ASSERT_NEAR(actual[i], expected[i], 0.51 * step + 1e-6);
  }
  this->Expect(
    1, { "instance-norm", "head.nii", "other.mha", "--dtype", "int16-scaled" }, { "other.mha", "only NIfTI" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "other.mha"));
}

TEST_F(Cli, GzipAcceptsTheMembersThatAreWritten)
{
  WriteVolume(testing::HeadVolume({ { 97, 89, 83, 1 } }), m_Folder / "head.nii"); // of several members
  for (const char * level : { "0", "1", "12" })
  {
    this->Expect(0, { "instance-norm", "head.nii", "out.nii.gz", "--compression", level, "--force" });
    const auto outcome = testing::RunProcess({ "gzip", "-t", (m_Folder / "out.nii.gz").string() });
    EXPECT_EQ(outcome.exitCode, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_F(Cli, TheInputsHashIsTheOneThatIsAskedForAndThePixelsAreTheSame)
{
  this->WriteHead("head.nii");
  testing::PutFile(m_Folder / "p.json", R"({"stages": [{"stage": "instance-norm"}]})");
  this->Expect(0, { "instance-norm", "head.nii", "sha256.nii" });
  this->Expect(0, { "instance-norm", "head.nii", "stage.nii", "--hash", "xxh128" });
  this->Expect(0, { "run", "p.json", "head.nii", "run.nii", "--hash", "xxh128" });
  this->Expect(0, { "harmonize", "head.nii", "out", "--pipeline", "p.json", "--hash", "xxh128" });
  const auto expected = HashVolume(m_Folder / "head.nii", HashType::Xxh128);
  for (const char * sidecar : { "stage.json", "run.json", "out/head.json" })
  {
    EXPECT_EQ(this->Json(sidecar)["input"]["xxh128"], expected) << sidecar;
  }
  EXPECT_EQ(this->Json("sha256.json")["input"]["sha256"], HashVolume(m_Folder / "head.nii"));
  EXPECT_EQ(this->Bytes("stage.nii"), this->Bytes("sha256.nii"));
  EXPECT_NE(this->Bytes("out/report/head.nii.html").find("XXH128 of the input"), std::string::npos);
  this->Expect(0, { "restore", "stage.nii", "back.nii" });
}

TEST_F(Cli, DtypeSameKeepsSmallIntegersAndFloats)
{
  this->WriteHead("head.nii");
  this->Expect(0, { "histogram-retinex", "head.nii", "short.nii", "--dtype", "int16-scaled" });
  this->Expect(0, { "instance-norm", "short.nii", "same.nii", "--dtype", "same" });
  this->Expect(0, { "instance-norm", "short.nii", "float.nii" });
  this->Expect(0, { "instance-norm", "float.nii", "float-same.nii", "--dtype", "same" });
  EXPECT_EQ(ReadVolume(m_Folder / "same.nii").component, "int16");
  EXPECT_EQ(ReadVolume(m_Folder / "float-same.nii").component, "float32");
  // The integers themselves are kept: the last bytes of the file.
  const auto before = this->Bytes("short.nii").substr(352);
  EXPECT_EQ(this->Bytes("same.nii").substr(352), before);
  const auto expected = this->Pixels("float.nii");
  const auto actual = this->Pixels("same.nii");
  const auto rounding = this->Json("same.json")["output"]["largest_rounding"].get<double>();
  EXPECT_LT(rounding, 1e-5); // a millionth of the range
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    ASSERT_NEAR(actual[i], expected[i], rounding + 1e-6);
  }
  this->Expect(0, { "instance-norm", "short.nii", "other.mha", "--dtype", "same" });
  EXPECT_EQ(ReadVolume(m_Folder / "other.mha").component, "float32") << "there is no scale for integers";
  this->Expect(2, { "instance-norm", "short.nii", "o.nii", "--dtype", "int8" }, { "'same'", "int8" });
}

TEST_F(Cli, ExplainTellsPassesAndMemoryThatTheRunKeepsTo)
{
  WriteVolume(testing::HeadVolume({ { 181, 171, 161, 1 } }), m_Folder / "head.nii.gz");
  const auto pipeline = Data("pipelines/default.json");
  const auto plan = this->Expect(0, { "explain", pipeline, "head.nii.gz", "--memory", "130" }).out;
  for (const char * text : { "181 x 171 x 161 float32",
                             "pass 1 to 2  foreground learns",
                             "pass 3  histogram-retinex learns",
                             "pass 4  instance-norm learns",
                             "pass 5  all stages apply",
                             "reads   the input 5 times" })
  {
    EXPECT_NE(plan.find(text), std::string::npos) << text << " is missing of:\n" << plan;
  }
  std::smatch most;
  ASSERT_TRUE(std::regex_search(plan, most, std::regex("at most ([0-9]+) MiB")));
  EXPECT_LE(std::stoi(most[1]), 130);
  this->Expect(0, { "run", pipeline, "head.nii.gz", "out.nii.gz", "--memory", "130" });
  EXPECT_LE(this->Json("out.json")["peak_memory_mib"].get<double>(), std::stod(most[1]));

  const auto few = this->Expect(1, { "explain", pipeline, "head.nii.gz", "--memory", "64" }).out;
  EXPECT_NE(few.find("that is too much: give --memory "), std::string::npos) << few;
  EXPECT_NE(this->Expect(0, { "explain", pipeline, "head.nii.gz" }).out.find("the whole image at once"),
            std::string::npos);
  this->Expect(2, { "explain", pipeline, "--memory", "64" }, { "--memory", "volume" });
  // Read no more than twice, it goes in pieces also without a bound, and fits.
  const auto norm = this->Expect(0, { "explain", Data("pipelines/instance-norm.json"), "head.nii.gz" }).out;
  EXPECT_NE(norm.find(" pieces, one at a time"), std::string::npos) << norm;
  EXPECT_EQ(norm.find("too much"), std::string::npos) << norm;

  // Integers that may be kept.
  WriteOptions scaled;
  scaled.type = FileType::Int16Scaled;
  WriteVolume(testing::HeadVolume({ { 181, 171, 161, 1 } }), m_Folder / "short.nii.gz", scaled);
  const auto kept =
    this
      ->Expect(
        0, { "explain", Data("pipelines/instance-norm.json"), "short.nii.gz", "--memory", "100", "--dtype", "same" })
      .out;
  EXPECT_NE(kept.find("int16   of the input is kept, if "), std::string::npos) << kept;
  this->Expect(0, { "instance-norm", "short.nii.gz", "kept.nii.gz", "--memory", "100", "--dtype", "same" });
  EXPECT_LE(this->Json("kept.json")["peak_memory_mib"].get<double>(), 100.0);
  EXPECT_EQ(this->Json("kept.json")["output"]["type"], "int16-scaled");
  const auto never =
    this->Expect(1, { "explain", pipeline, "short.nii.gz", "--memory", "130", "--dtype", "int16-scaled" }).out;
  EXPECT_NE(never.find("cannot be written in pieces"), std::string::npos) << never;
  this->Expect(2, { "explain", pipeline, "--dtype", "same" }, { "--dtype", "volume" });
}

TEST_F(Cli, ABatchWithinAMemoryWritesTheSameFilesAndAReport)
{
  WriteVolume(testing::HeadVolume({ { 181, 171, 161, 1 } }), m_Folder / "in/head.nii.gz");
  this->Expect(0, { "harmonize", "in", "whole" });
  this->Expect(0, { "harmonize", "in", "pieces", "--memory", "170" });
  EXPECT_EQ(this->Bytes("pieces/head.nii.gz"), this->Bytes("whole/head.nii.gz"));
  EXPECT_LE(this->Json("pieces/head.json")["peak_memory_mib"].get<double>(), 170.0);
  EXPECT_GT(this->Json("whole/head.json")["peak_memory_mib"].get<double>(), 100.0);
  EXPECT_GT(this->CheckReport("pieces/report/head.nii.gz.html"), 100000u) << "without pictures";
  EXPECT_NE(this->Bytes("pieces/report/head.nii.gz.html").find(" of 161"), std::string::npos)
    << "slices are counted in the image";
  this->Expect(1, { "harmonize", "in", "none", "--memory", "64" }, { "--memory is 64", "give --memory" });
}

TEST_F(Cli, ErrorsGoToStandardErrorAndProgressToStandardOutput)
{
  this->WriteHead("in/a.nii");
  testing::PutFile(m_Folder / "in/b.nii", "no image");
  const auto outcome = this->Expect(3, { "harmonize", "in", "out" });
  EXPECT_NE(outcome.out.find("[1/2] done a.nii"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("[2/2] failed b.nii"), std::string::npos);
  EXPECT_NE(outcome.out.find("1 of 2 volumes in out"), std::string::npos);
  EXPECT_EQ(outcome.out.find('\r'), std::string::npos); // no bar where there is no terminal
  EXPECT_EQ(outcome.err.rfind("isolux: ", 0), 0U) << outcome.err;
}

TEST_F(Cli, AReportIsSelfContainedAndSmall)
{
  this->Expect(0, { "harmonize", Data("photos"), "out", "--pipeline", Data("pipelines/photos.json") });
  this->CheckReports("out", 4);
}
} // namespace isolux
