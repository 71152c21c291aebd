#include "Bytes.h"
#include "Error.h"
#include "RegionReader.h"
#include "RegionWriter.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include "itkImageRegionConstIteratorWithIndex.h"

#include <gtest/gtest.h>

namespace isolux
{
namespace
{
std::string
TextOf(const std::filesystem::path & file)
{
  const auto bytes = ReadBytes(file);
  return { bytes.Data(), bytes.Size() };
}

/** Reads every channel slice by slice, the last axis first. */
void
ExpectOpenedLikeRead(const std::filesystem::path & file)
{
  const Volume read = ReadVolume(file);
  ASSERT_TRUE(CanOpenVolume(file));
  const Volume opened = OpenVolume(file);
  ASSERT_EQ(opened.channels.size(), read.channels.size());
  EXPECT_EQ(opened.axes, read.axes);
  EXPECT_EQ(opened.format, read.format);
  EXPECT_EQ(opened.component, read.component);
  for (std::size_t c = 0; c < read.channels.size(); ++c)
  {
    const auto & image = opened.channels[c];
    const auto   whole = image->GetLargestPossibleRegion();
    ASSERT_EQ(whole, read.channels[c]->GetLargestPossibleRegion());
    EXPECT_EQ(image->GetOrigin(), read.channels[c]->GetOrigin());
    EXPECT_EQ(image->GetSpacing(), read.channels[c]->GetSpacing());
    EXPECT_EQ(image->GetDirection(), read.channels[c]->GetDirection());
    for (itk::IndexValueType z = 0; z < static_cast<itk::IndexValueType>(whole.GetSize(2)); ++z)
    {
      auto slice = whole;
      slice.SetIndex(2, z);
      slice.SetSize(2, 1);
      image->SetRequestedRegion(slice);
      image->Update();
      ASSERT_EQ(image->GetBufferedRegion(), slice);
      itk::ImageRegionConstIteratorWithIndex<WorkImage> voxel(image, slice);
      for (; !voxel.IsAtEnd(); ++voxel)
      {
        ASSERT_EQ(voxel.Get(), read.channels[c]->GetPixel(voxel.GetIndex())) << voxel.GetIndex();
      }
    }
  }
  EXPECT_EQ(opened.digest->Finish(), read.sha256);
}
} // namespace

TEST(Region, ReadsWhatTheWholeFileHolds)
{
  const testing::TemporaryFolder folder;
  for (const char * name : { "a.nii", "a.mha", "a.mhd", "a.nrrd", "b.nhdr" })
  {
    SCOPED_TRACE(name);
    WriteOptions raw;
    raw.compression = 0;
    WriteVolume(testing::HeadVolume({ { 13, 11, 7, 3 } }), folder / name, raw);
    ExpectOpenedLikeRead(folder / name);
  }
}

TEST(Region, ReadsScaledIntegersAndChannels)
{
  const testing::TemporaryFolder folder;
  Volume                         volume = testing::HeadVolume({ { 13, 11, 7, 1 } });
  WriteOptions                   scaled;
  scaled.type = FileType::Int16Scaled;
  WriteVolume(volume, folder / "scaled.nii", scaled);
  ExpectOpenedLikeRead(folder / "scaled.nii");

  volume.channels.push_back(testing::HeadVolume({ { 13, 11, 7, 1 } }).channels[0]);
  volume.channels.back()->GetBufferPointer()[5] = -3.0F;
  WriteOptions raw;
  raw.compression = 0;
  for (const char * name : { "two.nii", "two.mha", "two.nrrd" })
  {
    SCOPED_TRACE(name);
    WriteVolume(volume, folder / name, raw);
    ExpectOpenedLikeRead(folder / name);
  }
}

TEST(Region, DoesNotOpenWhatIsCompressed)
{
  const testing::TemporaryFolder folder;
  for (const char * name : { "a.nii.gz", "a.mha", "a.nrrd", "a.tif" })
  {
    WriteVolume(testing::HeadVolume({ { 13, 11, 7, 1 } }), folder / name, {});
    EXPECT_FALSE(CanOpenVolume(folder / name)) << name;
  }
}

TEST(Region, RefusesATruncatedFileBeforeAnyIsRead)
{
  const testing::TemporaryFolder folder;
  for (const char * name : { "a.nii", "a.mha" })
  {
    WriteOptions raw;
    raw.compression = 0;
    WriteVolume(testing::HeadVolume({ { 13, 11, 7, 1 } }), folder / name, raw);
    std::filesystem::resize_file(folder / name, std::filesystem::file_size(folder / name) - 1);
    EXPECT_THROW(OpenVolume(folder / name), Error) << name;
  }
}

TEST(Region, WritesTheFileThatWriteVolumeWrites)
{
  const testing::TemporaryFolder folder;
  for (const char * ending : { ".nii", ".mha", ".nrrd" })
  {
    SCOPED_TRACE(ending);
    const auto   whole = folder / ("whole" + std::string(ending));
    const auto   file = folder / ("pieces" + std::string(ending));
    const Volume volume = testing::HeadVolume({ { 13, 11, 7, 3 } });
    WriteOptions raw;
    raw.compression = 0;
    WriteVolume(volume, whole, raw);
    ASSERT_TRUE(CanWriteRegions(file, FileType::Float32, 1));
    const auto & image = *volume.channels[0];
    {
      RegionWriter writer(volume, file);
      for (itk::IndexValueType z = 6; z >= 0; --z)
      {
        auto slice = image.GetLargestPossibleRegion();
        slice.SetIndex(2, z);
        slice.SetSize(2, 1);
        writer.Write(0, image, slice);
      }
      EXPECT_FALSE(std::filesystem::exists(file));
      writer.Commit();
    }
    EXPECT_EQ(TextOf(file), TextOf(whole));
  }
  EXPECT_FALSE(CanWriteRegions("a.mha", FileType::Float32, 2)) << "its channels are interleaved";
  EXPECT_FALSE(CanWriteRegions("a.nii.gz", FileType::Float32, 1));
  EXPECT_FALSE(CanWriteRegions("a.nii", FileType::Int16Scaled, 1));
}

TEST(Region, LeavesNothingWithoutCommit)
{
  const testing::TemporaryFolder folder;
  const Volume                   volume = testing::HeadVolume({ { 13, 11, 7, 1 } });
  {
    RegionWriter writer(volume, folder / "out/a.nii");
    writer.Write(0, *volume.channels[0], volume.channels[0]->GetLargestPossibleRegion());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder / "out"));
}
} // namespace isolux
