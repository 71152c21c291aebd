#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <stdlib.h>

namespace isolux::testing
{
/** A folder that is removed with everything in it. */
class TemporaryFolder
{
public:
  TemporaryFolder()
  {
    std::string name = (std::filesystem::temp_directory_path() / "isolux-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
    {
      throw std::runtime_error("cannot create " + name);
    }
    m_Path = name;
  }
  ~TemporaryFolder()
  {
    std::error_code ignored;
    std::filesystem::remove_all(m_Path, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &
  operator=(const TemporaryFolder &) = delete;

  const std::filesystem::path &
  Path() const
  {
    return m_Path;
  }

  std::filesystem::path
  operator/(const std::filesystem::path & name) const
  {
    return m_Path / name;
  }

private:
  std::filesystem::path m_Path;
};

/** "" where there is no such file. */
inline std::string
ReadBytesOf(const std::filesystem::path & path)
{
  std::ifstream file(path, std::ios::binary);
  return { std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
}

/** Creates missing folders. */
inline void
PutFile(const std::filesystem::path & path, const std::string & bytes)
{
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

/** Creates missing folders. */
inline void
CopyFile(const std::filesystem::path & from, const std::filesystem::path & to)
{
  std::filesystem::create_directories(to.parent_path());
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

/** Every file and folder below, hidden ones too: paths relative to `folder`, sorted. */
inline std::vector<std::string>
Below(const std::filesystem::path & folder)
{
  std::vector<std::string> names;
  if (std::filesystem::exists(folder))
  {
    for (const auto & entry : std::filesystem::recursive_directory_iterator(folder))
    {
      names.push_back(entry.path().lexically_relative(folder).string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}
} // namespace isolux::testing
