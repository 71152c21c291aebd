#pragma once

#include "AtomicFile.h"
#include "Error.h"
#include "SmallVolumes.h"
#include "Volume.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <stdlib.h>

namespace isolux
{
namespace fs = std::filesystem;

/** Of double, in voxels. */
constexpr double Rounding = 1e-12;

/** A folder of its own for each test. */
class IoTest : public ::testing::Test
{
protected:
  IoTest()
  {
    std::string name = (fs::temp_directory_path() / "isolux-io-test-XXXXXX").string();
    m_Folder = ::mkdtemp(name.data());
  }

  ~IoTest() override
  {
    fs::remove_all(m_Folder);
  }

  fs::path
  File(const std::string & name) const
  {
    return m_Folder / name;
  }

  const fs::path &
  Folder() const
  {
    return m_Folder;
  }

  std::vector<std::string>
  FilesInFolder() const
  {
    std::vector<std::string> names;
    for (const auto & entry : fs::directory_iterator(m_Folder))
    {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

private:
  fs::path m_Folder;
};

inline std::string
Contents(const fs::path & path)
{
  std::ifstream file(path, std::ios::binary);
  return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

inline void
Put(const fs::path & path, const std::string & contents)
{
  std::ofstream(path, std::ios::binary) << contents;
}

/** The message of the Error that `call` throws; "" where it throws none. */
template <typename TCall>
std::string
MessageOf(const TCall & call)
{
  try
  {
    call();
  }
  catch (const Error & error)
  {
    return error.what();
  }
  return "";
}

/** Rotated about two axes, anisotropic, off centre: no two axes can be confused. */
inline WorkImage::Pointer
ObliqueImage(WorkImage::SizeType size)
{
  return isolux::testing::ObliqueGrid(size, { { 0, 0, 0, 0 } });
}

/** Every voxel has a value of its own, fractional and partly negative. */
inline void
Fill(WorkImage & image, float offset = 0.0F)
{
  float value = offset - 100.25F;
  for (std::size_t i = 0; i < image.GetPixelContainer()->Size(); ++i, value += 1.5F)
  {
    image.GetBufferPointer()[i] = value;
  }
}

inline Volume
MakeVolume(WorkImage::SizeType size, unsigned int axes, unsigned int channels = 1)
{
  Volume volume;
  volume.axes = axes;
  for (unsigned int i = 0; i < channels; ++i)
  {
    volume.channels.push_back(ObliqueImage(size));
    Fill(*volume.channels.back(), 1000.0F * static_cast<float>(i));
  }
  return volume;
}

/** 2-D without a position in space. */
inline Volume
MakePlane(unsigned int channels)
{
  Volume volume = MakeVolume({ { 7, 5, 1, 1 } }, 2, channels);
  for (auto & channel : volume.channels)
  {
    WorkImage::DirectionType identity;
    identity.SetIdentity();
    channel->SetDirection(identity);
    const double zero[] = { 0.0, 0.0, 0.0, 0.0 };
    channel->SetOrigin(zero);
    const double spacing[] = { 0.5, 0.25, 1.0, 1.0 };
    channel->SetSpacing(spacing);
  }
  return volume;
}

inline std::vector<float>
Pixels(const WorkImage & image)
{
  return { image.GetBufferPointer(), image.GetBufferPointer() + image.GetPixelContainer()->Size() };
}

inline void
ExpectSame(const Volume & actual, const Volume & expected, double displacement)
{
  EXPECT_EQ(actual.axes, expected.axes);
  ASSERT_EQ(actual.channels.size(), expected.channels.size());
  for (std::size_t i = 0; i < expected.channels.size(); ++i)
  {
    EXPECT_LE(GridDisplacement(*expected.channels[i], *actual.channels[i]), displacement)
      << DescribeGrid(*expected.channels[i]) << "\n"
      << DescribeGrid(*actual.channels[i]);
    EXPECT_EQ(Pixels(*actual.channels[i]), Pixels(*expected.channels[i]));
  }
}
} // namespace isolux
