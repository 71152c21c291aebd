#include "TemporaryFolder.h"
#include "Case.h"
#include "ViewVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isolux
{
namespace
{
class LoadedImages : public ::testing::Test
{
protected:
  void
  Write(const std::string & name, std::vector<WorkImage::Pointer> channels, const unsigned int axes = 3) const
  {
    Volume volume;
    volume.axes = axes;
    volume.channels = std::move(channels);
    WriteVolume(volume, m_Folder / name);
  }

  LoadedView
  Load(const std::string & before, const std::string & after, const std::string & mask = "") const
  {
    ViewFiles files;
    files.before = m_Folder / before;
    files.after = after.empty() ? std::filesystem::path() : m_Folder / after;
    files.mask = mask.empty() ? std::filesystem::path() : m_Folder / mask;
    return LoadView(files);
  }

  static bool
  Warns(const LoadedView & loaded, const std::string & text)
  {
    return std::any_of(loaded.warnings.begin(),
                       loaded.warnings.end(),
                       [&](const std::string & warning) { return warning.find(text) != std::string::npos; });
  }

  testing::TemporaryFolder m_Folder;
};
} // namespace

TEST_F(LoadedImages, APhotographStaysOneThoughItsOutputIsOfAFormatWithPosition)
{
  CaseTask task;
  task.input = std::string(ISOLUX_SOURCE_DIR) + "/data/photos/page.png";
  task.output = m_Folder / "page.nrrd";
  PipelineSpec pipeline;
  pipeline.stages = { { "instance-norm", {} } };
  ProcessCase(task, pipeline, {});
  const auto loaded = this->Load("page.nrrd", "");
  EXPECT_FALSE(loaded.data.images[Before]->HasPosition());
  EXPECT_FALSE(loaded.data.images[After]->HasPosition());
  EXPECT_EQ(loaded.data.maskNames[Before], "all of the image"); // all of it is foreground
}

TEST_F(LoadedImages, WarnsOfFramesAndChannelsThatOneLacks)
{
  const auto still = testing::FillHead(testing::PlainGrid({ { 12, 11, 10, 1 } }));
  this->Write("still.nii", { still });
  this->Write("series.nii", { testing::FillHead(testing::PlainGrid({ { 12, 11, 10, 3 } })) }, 4);
  this->Write("colours.nrrd", { still, still, still });
  EXPECT_TRUE(this->Load("still.nii", "still.nii").warnings.empty());
  EXPECT_TRUE(Warns(this->Load("series.nii", "still.nii"), "still.nii: has fewer frames than series.nii, 1 of 3"));
  EXPECT_TRUE(Warns(this->Load("still.nii", "series.nii"), "still.nii: has fewer frames than series.nii, 1 of 3"));
  EXPECT_TRUE(Warns(this->Load("colours.nrrd", "still.nii"), "fewer channels"));
}

TEST_F(LoadedImages, WarnsOfImagesThatCannotBeCompared)
{
  const auto flat = [](const std::size_t side) {
    return testing::FillHead(testing::PlainGrid({ { side, side, 1, 1 } }));
  };
  this->Write("a.tif", { flat(20) }, 2);
  this->Write("b.tif", { flat(22) }, 2);
  this->Write("a.nrrd", { flat(20) }, 2);
  this->Write("b.nrrd", { flat(22) }, 2);
  EXPECT_TRUE(this->Load("a.tif", "a.tif").warnings.empty());
  EXPECT_TRUE(this->Load("a.tif", "a.nrrd").warnings.empty()); // an output of the photograph
  EXPECT_TRUE(Warns(this->Load("a.tif", "b.tif"), "differ in size"));
  EXPECT_TRUE(Warns(this->Load("a.tif", "b.nrrd"), "a.tif: says nothing of where"));
  EXPECT_TRUE(Warns(this->Load("a.nrrd", "b.tif"), "b.tif: says nothing of where"));
  EXPECT_FALSE(Warns(this->Load("a.nrrd", "b.nrrd"), "where in space"));
}
} // namespace isolux
