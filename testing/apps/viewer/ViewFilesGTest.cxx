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
}
} // namespace isolux
