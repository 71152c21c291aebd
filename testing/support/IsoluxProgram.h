#pragma once

#include "Process.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace isolux::testing
{
/** Runs the real program in a folder of its own. Defined by CMake: ISOLUX_PROGRAM. */
class ProgramTest : public ::testing::Test
{
protected:
  using Strings = std::vector<std::string>;

  Outcome
  Isolux(Strings arguments, ProcessOptions options = {}) const
  {
    arguments.insert(arguments.begin(), ISOLUX_PROGRAM);
    options.folder = m_Folder.Path();
    return RunProcess(arguments, options);
  }

  /** Runs it, and fails the test where its exit code is not the given one or stderr lacks one of the words. */
  Outcome
  Expect(int exitCode, const Strings & arguments, const Strings & words = {}, const ProcessOptions & options = {}) const
  {
    const auto  outcome = this->Isolux(arguments, options);
    std::string line = "isolux";
    for (const auto & argument : arguments)
    {
      line += " " + argument;
    }
    EXPECT_EQ(outcome.exitCode, exitCode) << line << "\n" << outcome.out << outcome.err;
    for (const auto & word : words)
    {
      EXPECT_NE(outcome.err.find(word), std::string::npos) << line << "\nlacks: " << word << "\nsays:  " << outcome.err;
    }
    return outcome;
  }

  /** A head of a few thousand voxels. */
  void
  WriteHead(const std::string & name, float gain = 100.0F) const
  {
    WriteVolume(HeadVolume({ { 21, 19, 17, 1 } }, gain), m_Folder / name);
  }

  /** A head after `change(image)`. */
  template <typename TChange>
  void
  WriteChangedHead(const std::string & name, const TChange & change) const
  {
    auto volume = HeadVolume({ { 21, 19, 17, 1 } });
    change(*volume.channels[0]);
    WriteVolume(volume, m_Folder / name);
  }

  std::vector<float>
  Pixels(const std::string & name) const
  {
    return PixelsOf(*ReadVolume(m_Folder / name).channels[0]);
  }

  std::string
  Bytes(const std::string & name) const
  {
    return ReadBytesOf(m_Folder / name);
  }

  nlohmann::json
  Json(const std::string & name) const
  {
    return nlohmann::json::parse(this->Bytes(name));
  }

  static std::string
  Data(const std::string & name)
  {
    return std::string(ISOLUX_SOURCE_DIR) + "/data/" + name;
  }

  /** Every volume below `folder` with its bytes. */
  std::map<std::string, std::string>
  Volumes(const std::string & folder) const
  {
    std::map<std::string, std::string> volumes;
    for (const auto & name : Below(m_Folder / folder))
    {
      if (IsVolumeName(name))
      {
        volumes[name] = this->Bytes(folder + "/" + name);
      }
    }
    return volumes;
  }

  /** No voxel further from the first file's than float rounding of two stages each way, at the image's magnitude. */
  void
  ExpectRestored(const std::filesystem::path & original, const std::string & back) const
  {
    const Volume first = ReadVolume(original);
    const Volume second = ReadVolume(m_Folder / back);
    ASSERT_EQ(first.channels.size(), second.channels.size());
    EXPECT_EQ(first.axes, second.axes);
    for (std::size_t c = 0; c < first.channels.size(); ++c)
    {
      const auto   expected = PixelsOf(*first.channels[c]);
      const auto   actual = PixelsOf(*second.channels[c]);
      const double tolerance = std::ldexp(*std::max_element(expected.begin(), expected.end()), -21);
      ASSERT_EQ(expected.size(), actual.size());
      double worst = 0.0;
      for (std::size_t i = 0; i < expected.size(); ++i)
      {
        worst = std::max(worst, std::abs(static_cast<double>(expected[i]) - actual[i]));
      }
      EXPECT_LE(worst, tolerance) << original;
    }
  }

  TemporaryFolder m_Folder;
};
} // namespace isolux::testing
