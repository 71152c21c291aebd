#include "IsoluxProgram.h"

#include <png.h>

#include <gtest/gtest.h>

namespace isolux
{
namespace
{
class ViewProgram : public testing::ProgramTest
{
protected:
  ViewProgram()
  {
    this->WriteHead("before.nii.gz");
    this->WriteHead("after.nii.gz", 3.0F);
    this->WriteChangedHead("field.nii.gz", [](WorkImage & image) { image.FillBuffer(1.1F); });
  }

  /** Width and height of a PNG; 0 where it is none. */
  std::array<unsigned int, 2>
  PictureSize(const std::string & name) const
  {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    png_image_begin_read_from_file(&image, (m_Folder / name).c_str());
    const std::array<unsigned int, 2> size{ { image.width, image.height } };
    png_image_free(&image);
    return size;
  }
};
} // namespace

TEST_F(ViewProgram, WritesAPictureOfEveryModeAndLayoutInTheSizeAskedFor)
{
  const Strings size = { "--size", "320x280" };
  const auto    picture = [&](const std::string & option, const std::string & value)
  {
    const std::string name = value + ".png";
    this->Expect(0,
                 { "view",
                   "before.nii.gz",
                   "after.nii.gz",
                   "field.nii.gz",
                   "--screenshot",
                   name,
                   "--size",
                   "320x280",
                   option,
                   value });
    EXPECT_EQ(this->PictureSize(name), (std::array<unsigned int, 2>{ { 320, 280 } })) << value;
  };
  for (const char * mode : { "swipe", "difference", "field" })
  {
    picture("--mode", mode);
  }
  for (const char * layout : { "conventional", "three-over-three", "sagittal" })
  {
    picture("--layout", layout);
  }
  EXPECT_NE(this->Bytes("swipe.png"), this->Bytes("difference.png"));
}

TEST_F(ViewProgram, TheSameCallGivesTheSamePictureBitForBit)
{
  for (const char * name : { "a.png", "b.png" })
  {
    this->Expect(
      0, { "view", "before.nii.gz", "after.nii.gz", "--screenshot", name, "--threads", name[0] == 'a' ? "1" : "2" });
  }
  EXPECT_FALSE(this->Bytes("a.png").empty());
  EXPECT_TRUE(this->Bytes("a.png") == this->Bytes("b.png"));
}

TEST_F(ViewProgram, MakesADisplayOfItsOwnWhereThereIsNone)
{
  testing::ProcessOptions options;
  options.environment["DISPLAY"] = "";
  this->Expect(
    0, { "view", "before.nii.gz", "after.nii.gz", "--screenshot", "a.png", "--layout", "axial" }, {}, options);
  EXPECT_EQ(this->PictureSize("a.png")[0], 1280U);
  this->Expect(1, { "view", "before.nii.gz", "after.nii.gz" }, { "DISPLAY", "--screenshot" }, options);
  options.environment["PATH"] = "/nonexistent";
  this->Expect(1, { "view", "before.nii.gz", "after.nii.gz", "--screenshot", "b.png" }, { "xvfb" }, options);
  options.environment["DISPLAY"] = ":987";
  this->Expect(1, { "view", "before.nii.gz", "after.nii.gz", "--screenshot", "b.png" }, { ":987" }, options);
}

TEST_F(ViewProgram, RestoresWhatWasBeforeFromTheSidecarOfAnOutput)
{
  this->Expect(0, { "instance-norm", "before.nii.gz", "out.nii.gz" });
  this->Expect(0, { "view", "out.nii.gz", "--screenshot", "a.png", "--mode", "difference" });
  this->Expect(0, { "view", "before.nii.gz", "out.nii.gz", "--screenshot", "b.png", "--mode", "difference" });
  EXPECT_FALSE(this->Bytes("a.png").empty());
  this->Expect(2, { "view", "before.nii.gz", "--screenshot", "c.png" }, { "AFTER", "before.json" });
}

TEST_F(ViewProgram, APhotographsCursorIsAVoxelAndAMoveToTheMiddleOfOneIsTold)
{
  const std::string page = Data("photos/page.png");
  this->Expect(0, { "view", page, page, "--screenshot", "a.png", "--cursor", "383,190" });
  this->Expect(2, { "view", page, page, "--screenshot", "b.png", "--cursor", "384,190" }, { "x 0 to 383, y 0 to 190" });
  this->Expect(0,
               { "view", "before.nii.gz", "after.nii.gz", "--screenshot", "c.png", "--cursor=-5.3,-4,3" },
               { "moved by 0.3 mm", "voxel 5, 4, 3" });
}

TEST_F(ViewProgram, SaysWhatIsWrongWithACall)
{
  const auto wrong = [this](Strings more, const Strings & words)
  {
    Strings call = { "view", "before.nii.gz", "after.nii.gz" };
    call.insert(call.end(), more.begin(), more.end());
    this->Expect(2, call, words);
  };
  this->Expect(2, { "view" }, { "BEFORE" });
  wrong({ "--mode", "swip" }, { "--mode", "swip", "did you mean 'swipe'" });
  wrong({ "--layout", "five-up" }, { "--layout", "five-up", "four-up" });
  wrong({ "--mode", "field" }, { "field", "none was given" });
  wrong({ "--size", "20x20" }, { "--size", "20x20", "100" });
  wrong({ "--size", "1280" }, { "--size", "1280x900" });
  wrong({ "--window", "5,5" }, { "--window", "5,5", "above" });
  wrong({ "--window", "a,b" }, { "--window", "a,b" });
  wrong({ "--cursor", "1,2" }, { "--cursor", "1,2" });
  wrong({ "--position", "1.5" }, { "--position", "1.5" });
  wrong({ "--frame", "0" }, { "--frame", "0" });
  wrong({ "--screenshot", "a.jpg" }, { "a.jpg", ".png" });
  wrong({ "--screenshot", "a.png", "--cursor", "5000,0,0" }, { "5000,0,0", "outside", "before.nii.gz" });
  wrong({ "--screenshot", "a.png", "--frame", "2" }, { "--frame", "1 to 1" });
  wrong({ "--screenshot", "a.png", "--channel", "2" }, { "--channel", "1 to 1" });
  wrong({ "--layout", "three-over-three", "--mode", "swipe" }, { "three-over-three", "whatever the mode" });
  wrong({ "--layout", "3d", "--mode", "difference" }, { "3d", "--mode" });
  wrong({ "--position", "0.3" }, { "--position", "side-by-side" });
  wrong({ "--screen", "a.png" }, { "unknown option" });
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "a.png"));
}

TEST_F(ViewProgram, OverwritesNoPictureUnlessForced)
{
  testing::PutFile(m_Folder / "a.png", "mine");
  const Strings call = { "view", "before.nii.gz", "after.nii.gz", "--screenshot", "a.png", "--layout", "axial" };
  this->Expect(2, call, { "a.png", "--force" });
  EXPECT_EQ(this->Bytes("a.png"), "mine");
  auto forced = call;
  forced.emplace_back("--force");
  this->Expect(0, forced);
  EXPECT_GT(this->PictureSize("a.png")[0], 0U);
}

TEST_F(ViewProgram, SaysWhatIsWrongWithAFile)
{
  this->Expect(1, { "view", "before.nii.gz", "missing.nii.gz", "--screenshot", "a.png" }, { "missing.nii.gz" });
  this->WriteChangedHead("negative.nii.gz", [](WorkImage & image) { image.FillBuffer(-1.0F); });
  this->Expect(1,
               { "view", "before.nii.gz", "after.nii.gz", "negative.nii.gz", "--screenshot", "a.png" },
               { "negative.nii.gz", "positive" });
  auto small = testing::HeadVolume({ { 9, 8, 7, 1 } });
  WriteVolume(small, m_Folder / "small.nii.gz");
  this->Expect(1,
               { "view", "before.nii.gz", "after.nii.gz", "--mask", "small.nii.gz", "--screenshot", "a.png" },
               { "small.nii.gz" });
  this->WriteChangedHead("far.nii.gz",
                         [](WorkImage & image)
                         {
                           const double origin[] = { 5000, 0, 0, 0 };
                           image.SetOrigin(origin);
                         });
  this->Expect(0, { "view", "before.nii.gz", "far.nii.gz", "--screenshot", "a.png" }, { "warning", "far.nii.gz" });
}
} // namespace isolux
