#include "Bytes.h"
#include "Error.h"
#include "InflatedFile.h"
#include "RegionReader.h"
#include "RegionWriter.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include "itkHDF5ImageIO.h"
#include "itkImageFileWriter.h"
#include "itkImageRegionConstIteratorWithIndex.h"
#include "itkVector.h"

#include <gtest/gtest.h>

#include <fstream>

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
ExpectOpenedLikeRead(const std::filesystem::path & file, const std::filesystem::path & scratch = {})
{
  const Volume read = ReadVolume(file);
  ASSERT_TRUE(CanOpenVolume(file));
  Volume opened = OpenVolume(file);
  if (opened.inflated)
  {
    opened.inflated->KeepIn(scratch);
  }
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
  FinishHash(opened);
  EXPECT_EQ(opened.hash.text, read.hash.text);
}

/** Its hash, read in pieces. */
Hash
OpenedHash(const std::filesystem::path & file, HashType type)
{
  Volume opened = OpenVolume(file, type);
  for (const auto & channel : opened.channels)
  {
    channel->Update();
  }
  FinishHash(opened);
  return opened.hash;
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

TEST(Region, ReadsACompressedFileFromMemoryOrFromAScratchFileThatNobodySees)
{
  const testing::TemporaryFolder folder;
  for (const auto type : { FileType::Float32, FileType::Int16Scaled })
  {
    WriteOptions write;
    write.type = type;
    const auto file = folder / ("in/" + ToString(type) + ".nii.gz");
    WriteVolume(testing::HeadVolume({ { 53, 51, 47, 2 } }), file, write); // of several gzip members
    std::filesystem::create_directories(folder / "scratch");
    ExpectOpenedLikeRead(file);
    ExpectOpenedLikeRead(file, folder / "scratch");
    EXPECT_TRUE(std::filesystem::is_empty(folder / "scratch"));
  }
}

TEST(Region, NamesACompressedFileThatIsTruncatedOrDamaged)
{
  const testing::TemporaryFolder folder;
  const auto                     file = folder / "a.nii.gz";
  WriteVolume(testing::HeadVolume({ { 83, 79, 97, 1 } }), file, {}); // of several gzip members
  const auto text = TextOf(file);
  const auto messageOf = [&](const std::string & content)
  {
    std::ofstream(file, std::ios::binary) << content;
    try
    {
      OpenVolume(file).channels[0]->Update();
    }
    catch (const std::exception & error)
    {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(messageOf(text + "padding"), "");
  auto damaged = text;
  damaged[text.size() / 2] ^= 1;
  for (const auto & content : { text.substr(0, text.size() - 1), text.substr(0, text.size() / 2), damaged })
  {
    EXPECT_NE(messageOf(content).find("a.nii.gz: its gzip data is truncated or damaged"), std::string::npos)
      << messageOf(content);
  }
  EXPECT_NE(messageOf("text").find("a.nii.gz: is not gzip data"), std::string::npos);
  EXPECT_NE(messageOf("").find("a.nii.gz: is empty"), std::string::npos);
  // Whole members, but one too few.
  const auto second = text.rfind("\x1f\x8b\x08");
  ASSERT_GT(second, text.size() / 2);
  EXPECT_NE(messageOf(text.substr(0, second)).find("inflated bytes expected"), std::string::npos)
    << messageOf(text.substr(0, second));
}

TEST(Region, ReadsOtherSpellingsOfAHeaderAsTheWholeOrNotAtAll)
{
  const testing::TemporaryFolder folder;
  std::string                    pixels; // of two components, 2 bytes each
  for (int i = 0; i < 5 * 4 * 3 * 2; ++i)
  {
    pixels += static_cast<char>(i / 50);
    pixels += static_cast<char>(i * 7 % 251);
  }
  const std::string meta = "ObjectType = Image\nNDims = 3\nDimSize = 5 4 3\nBinaryData = True\n";
  const std::string type = "ElementType = MET_SHORT\nElementNumberOfChannels = 2\n";
  const std::string data = "ElementDataFile = LOCAL\n";
  const std::string nrrd = "NRRD0004\ntype: short\nendian: big\nencoding: raw\n";
  struct File
  {
    std::string name;
    std::string header;
  };
  const std::vector<File> files = {
    { "msb.mha", meta + "BinaryDataByteOrderMSB = True\n" + type + data },
    { "element.mha", meta + "ElementByteOrderMSB = True\n" + type + data },
    { "one.mha", meta + "BinaryDataByteOrderMSB = 1\nCompressedData = 0\n" + type + data },
    { "first.nrrd", nrrd + "dimension: 4\nsizes: 2 5 4 3\nkinds: vector domain domain domain\n\n" },
    { "last.nrrd", nrrd + "dimension: 4\nsizes: 5 4 3 2\nkinds: domain domain domain vector\n\n" },
    { "complex.nrrd", nrrd + "dimension: 4\nsizes: 2 5 4 3\nkinds: complex domain domain domain\n\n" },
    { "blank.mha", meta + type + "\n" + data },
  };
  for (const auto & [name, header] : files)
  {
    SCOPED_TRACE(name);
    const auto file = folder / name;
    std::ofstream(file, std::ios::binary) << header << pixels;
    const auto refusal = [&](auto && read)
    {
      try
      {
        read();
      }
      catch (const Error & error)
      {
        return std::string(error.what());
      }
      return std::string();
    };
    const auto whole = refusal([&] { ReadVolume(file); });
    if (!whole.empty())
    {
      EXPECT_TRUE(!CanOpenVolume(file) || !refusal([&] { OpenVolume(file); }).empty()) << "read in pieces alone";
    }
    else if (CanOpenVolume(file))
    {
      ExpectOpenedLikeRead(file);
    }
    else
    {
      EXPECT_EQ(name, "last.nrrd"); // the only one that has a reason
    }
  }
}

TEST(Region, HashesWhatFollowsTheGzipMembersAndKeepsNoneOfIt)
{
  const testing::TemporaryFolder folder;
  const auto                     file = folder / "a.nii.gz";
  WriteVolume(testing::HeadVolume({ { 13, 11, 7, 1 } }), file);
  const auto text = TextOf(file);
  std::ofstream(file, std::ios::binary) << text << std::string(3'000'000, '\0');
  EXPECT_EQ(ReadVolume(file).hash.text, HashVolume(file));
  ExpectOpenedLikeRead(file);
  // A further member, of which nothing is a voxel.
  std::ofstream(file, std::ios::binary) << text << text;
  ExpectOpenedLikeRead(file);
  Volume      opened = OpenVolume(file);
  std::string rest(1000, '\0');
  EXPECT_EQ(opened.inflated->At(352, 1'000'000, rest.data()).second, 4u * 13 * 11 * 7);
}

TEST(Region, HashesByTheTypeThatIsAskedFor)
{
  const testing::TemporaryFolder folder;
  WriteOptions                   raw;
  raw.compression = 0;
  for (const char * name : { "a.nii", "a.nii.gz", "a.mha", "a.mhd", "a.nrrd", "a.tif" })
  {
    WriteVolume(testing::HeadVolume({ { 13, 11, 7, 1 } }), folder / name, raw);
    for (const auto type : { HashType::Sha256, HashType::Xxh128 })
    {
      const auto hash = OpenedHash(folder / name, type);
      EXPECT_EQ(hash.type, type) << name;
      EXPECT_EQ(hash.text, ReadVolume(folder / name, type).hash.text) << name;
      EXPECT_EQ(hash.text, HashVolume(folder / name, type)) << name;
    }
  }
}

TEST(Region, DoesNotOpenWhatIsCompressedOtherwise)
{
  const testing::TemporaryFolder folder;
  for (const char * name : { "a.mha", "a.nrrd" })
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
      RegionWriter writer(volume, file, raw);
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
  EXPECT_FALSE(CanWriteRegions("a.nii", FileType::Int16Scaled, 1));
}

TEST(Region, WritesLargeFilesInAnyOrderToTheSameBytes)
{
  const testing::TemporaryFolder folder;
  const Volume                   volume = testing::HeadVolume({ { 181, 149, 97, 1 } }); // several buffers
  WriteVolume(volume, folder / "whole.nii");
  const auto & image = *volume.channels[0];
  const auto   whole = image.GetLargestPossibleRegion();
  {
    RegionWriter writer(volume, folder / "pieces.nii", {});
    for (const itk::IndexValueType first : { 60, 0, 30 }) // large runs, each within no block of the disk
    {
      auto slab = whole;
      slab.SetIndex(2, first);
      slab.SetSize(2, first == 60 ? 37 : 30);
      writer.Write(0, image, slab);
    }
    writer.Commit();
  }
  EXPECT_TRUE(TextOf(folder / "pieces.nii") == TextOf(folder / "whole.nii"));
}

TEST(Region, WritesTheGzipMembersThatWriteVolumeWrites)
{
  const testing::TemporaryFolder folder;
  Volume                         volume = testing::HeadVolume({ { 83, 79, 97, 1 } }); // of two members and a part
  volume.channels.push_back(testing::HeadVolume({ { 83, 79, 97, 1 } }).channels[0]);
  for (const int level : { 0, 1, 6 })
  {
    WriteOptions options;
    options.compression = level;
    options.threads = 2;
    WriteVolume(volume, folder / "whole.nii.gz", options);
    RegionWriter writer(volume, folder / "pieces.nii.gz", options);
    for (std::size_t c = 0; c < 2; ++c)
    {
      auto slab = volume.channels[c]->GetLargestPossibleRegion();
      for (itk::IndexValueType z = 0; z < 97; z += 9)
      {
        slab.SetIndex(2, z);
        slab.SetSize(2, static_cast<itk::SizeValueType>(std::min<itk::IndexValueType>(9, 97 - z)));
        writer.Write(c, *volume.channels[c], slab);
      }
    }
    writer.Commit();
    EXPECT_TRUE(TextOf(folder / "pieces.nii.gz") == TextOf(folder / "whole.nii.gz")) << level;
  }
}

TEST(Region, ReadsHdf5OfOneAndOfSeveralComponentsInPieces)
{
  const testing::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "in");
  const auto write = [&](auto pixel, const char * name)
  {
    using Image = itk::Image<decltype(pixel), 3>;
    const auto image = Image::New();
    image->SetRegions(typename Image::SizeType{ { 13, 11, 7 } });
    image->Allocate();
    for (std::size_t i = 0; i < 13 * 11 * 7; ++i)
    {
      if constexpr (std::is_arithmetic_v<decltype(pixel)>)
      {
        image->GetBufferPointer()[i] = static_cast<decltype(pixel)>(i % 251);
      }
      else
      {
        for (unsigned int c = 0; c < pixel.Size(); ++c)
        {
          image->GetBufferPointer()[i][c] = static_cast<float>(i + 1000 * c);
        }
      }
    }
    {
      const auto writer = itk::ImageFileWriter<Image>::New(); // which closes the file when it goes
      writer->SetImageIO(itk::HDF5ImageIO::New());
      writer->SetFileName((folder / "in" / name).string());
      writer->SetInput(image);
      writer->Update();
    }
    ExpectOpenedLikeRead(folder / "in" / name);
  };
  write(0.0F, "float.h5");
  write(short{}, "short.hdf5");
  write(itk::Vector<float, 2>(), "vector.h5");
  EXPECT_EQ(ReadVolume(folder / "in/vector.h5").channels[1]->GetBufferPointer()[5], 1005.0F);
  EXPECT_EQ(OutputExtension("a.h5"), ".mha"); // ITK's writer ends the program where the disk is full
}

TEST(Region, LeavesNothingWithoutCommit)
{
  const testing::TemporaryFolder folder;
  const Volume                   volume = testing::HeadVolume({ { 13, 11, 7, 1 } });
  {
    RegionWriter writer(volume, folder / "out/a.nii", {});
    writer.Write(0, *volume.channels[0], volume.channels[0]->GetLargestPossibleRegion());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder / "out"));
}
} // namespace isolux
