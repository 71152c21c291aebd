#include "IoTest.h"

namespace isolux
{
namespace
{
class VolumeFile : public IoTest
{
};

TEST_F(VolumeFile, EndingsAreKnownInAnyCaseAndTheLongestWins)
{
  EXPECT_EQ(VolumeExtension("a/b.c/X.NII.GZ"), ".nii.gz");
  EXPECT_EQ(VolumeExtension("x.Tiff"), ".tiff");
  EXPECT_EQ(VolumeExtension("x.img.gz"), ".img.gz");
  EXPECT_EQ(VolumeExtension("x.gz"), "");
  EXPECT_EQ(VolumeExtension(".nii"), "");
  EXPECT_EQ(WithoutVolumeExtension("a/x.y.nii.gz"), fs::path("a/x.y"));
  EXPECT_EQ(WithoutVolumeExtension("a/x.txt"), fs::path("a/x.txt"));
  EXPECT_TRUE(IsVolumeName("x.nhdr"));
  EXPECT_FALSE(IsVolumeName("x.json"));
}

TEST_F(VolumeFile, AFloatResultKeepsTheEndingWhereTheFormatHoldsItInOneFile)
{
  const std::pair<const char *, const char *> pairs[] = {
    { "x.nii", ".nii" },   { "x.nii.gz", ".nii.gz" }, { "x.hdr", ".nii.gz" }, { "x.img.gz", ".nii.gz" },
    { "x.mhd", ".mha" },   { "x.mha", ".mha" },       { "x.nhdr", ".nrrd" },  { "x.nrrd", ".nrrd" },
    { "x.png", ".tif" },   { "x.jpg", ".tif" },       { "x.jpeg", ".tif" },   { "x.TIF", ".tif" },
    { "x.tiff", ".tiff" }, { "x.dcm", ".nii.gz" },    { "series", ".nii.gz" }
  };
  for (const auto & [input, output] : pairs)
  {
    EXPECT_EQ(OutputExtension(input), output) << input;
  }
}

TEST_F(VolumeFile, MissingEmptyAndUnknownFilesAreErrorsThatNameThem)
{
  Put(File("a.txt"), "x");
  const std::pair<const char *, const char *> cases[] = { { "missing.nii.gz", "does not exist" },
                                                          { "a.txt", "known are .nii.gz" } };
  for (const auto & [name, reason] : cases)
  {
    const std::string message = MessageOf([&, file = name] { ReadVolume(File(file)); });
    EXPECT_EQ(message.rfind(File(name).string() + ": ", 0), 0U) << message;
    EXPECT_NE(message.find(reason), std::string::npos) << message;
  }
  for (const char * name : { "a.nii", "a.nii.gz", "a.hdr", "a.nrrd", "a.mha", "a.tif", "a.png", "a.jpg", "a.dcm" })
  {
    Put(File(name), "");
    const std::string message = MessageOf([&] { ReadVolume(File(name)); });
    EXPECT_NE(message.find(std::string(name) + ": is empty"), std::string::npos) << message;
  }
}

TEST_F(VolumeFile, UnknownOutputEndingsAreErrorsAndLeaveNothing)
{
  const Volume volume = MakePlane(1);
  for (const char * name : { "a.xyz", "a.img", "a.dcm" })
  {
    EXPECT_NE(MessageOf([&] { WriteVolume(volume, File(name)); }).find("use .nii.gz"), std::string::npos);
  }
  WriteOptions options;
  options.type = FileType::Int16Scaled;
  EXPECT_NE(MessageOf([&] { WriteVolume(volume, File("a.mha"), options); }).find("only NIfTI"), std::string::npos);
  EXPECT_NE(MessageOf([&] { WriteVolume(Volume{}, File("a.nii")); }).find("no image"), std::string::npos);
  EXPECT_TRUE(FilesInFolder().empty());
}

TEST_F(VolumeFile, UInt8RoundsAndClampsAndIsThatTypeInTheFile)
{
  Volume      volume = MakePlane(1);
  const float given[] = { 0.0F, 0.4F, 0.6F, 1.0F, 254.6F, 300.0F, -5.0F, NAN };
  const float expected[] = { 0.0F, 0.0F, 1.0F, 1.0F, 255.0F, 255.0F, 0.0F, 0.0F };
  std::fill_n(volume.channels[0]->GetBufferPointer(), 35, 2.0F);
  std::copy(std::begin(given), std::end(given), volume.channels[0]->GetBufferPointer());
  WriteOptions options;
  options.type = FileType::UInt8;
  for (const char * name : { "a.nii.gz", "a.mha", "a.nrrd", "a.tif" })
  {
    WriteVolume(volume, File(name), options);
    const Volume             back = ReadVolume(File(name));
    const std::vector<float> pixels = Pixels(*back.channels[0]);
    EXPECT_EQ(back.component, "uint8") << name;
    EXPECT_EQ(std::vector<float>(pixels.begin(), pixels.begin() + 8), std::vector<float>(expected, expected + 8))
      << name;
  }
  EXPECT_NE(MessageOf([&] { WriteVolume(MakePlane(3), File("b.tif"), options); }).find("not 3"), std::string::npos);
}

TEST_F(VolumeFile, TheHashIsThatOfTheBytesOnDisk)
{
  for (const char * name : { "a.nii.gz", "a.mha", "a.tif" })
  {
    WriteVolume(MakePlane(1), File(name));
    const std::string bytes = Contents(File(name));
    EXPECT_EQ(ReadVolume(File(name)).hash.text, Sha256(bytes.data(), bytes.size())) << name;
    EXPECT_EQ(HashVolume(File(name)), Sha256(bytes.data(), bytes.size())) << name;
  }
}

TEST_F(VolumeFile, TheHashIsOfTheTypeThatIsAskedFor)
{
  for (const char * name : { "a.nii", "a.nii.gz", "a.mha", "a.mhd", "a.tif" })
  {
    WriteVolume(MakePlane(1), File(name));
    const Hash hash = ReadVolume(File(name), HashType::Xxh128).hash;
    EXPECT_EQ(hash.type, HashType::Xxh128) << name;
    EXPECT_EQ(hash.text.size(), 32U) << name;
    EXPECT_EQ(hash.text, HashVolume(File(name), HashType::Xxh128)) << name;
    EXPECT_EQ(ReadVolume(File(name)).hash.type, HashType::Sha256) << name;
  }
}

TEST_F(VolumeFile, APlaneStaysAPlaneInNifti)
{
  for (const char * name : { "a.nii", "a.nii.gz" })
  {
    WriteVolume(MakePlane(1), File(name));
    const Volume back = ReadVolume(File(name));
    ExpectSame(back, MakePlane(1), 1e-6);
    WriteVolume(back, File("b.nii"));
    EXPECT_EQ(Contents(File("b.nii")).substr(40, 8), std::string("\2\0\7\0\5\0\1\0", 8)); // dim[0] to dim[3]
  }
}
} // namespace
} // namespace isolux
