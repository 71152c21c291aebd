#pragma once

#include "InflatedFile.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

namespace isolux
{
/** The bytes of a file, inflated where it is compressed. */
class StoredBytes
{
public:
  /** `inflated` is null where the file is not compressed. \throws Error as OpenToRead() */
  StoredBytes(const std::filesystem::path & file, std::shared_ptr<InflatedFile> inflated);
  ~StoredBytes();
  StoredBytes(const StoredBytes &) = delete;
  StoredBytes &
  operator=(const StoredBytes &) = delete;

  /** As many of `size` bytes at a place as there are: where they lie in memory, or read into `buffer`. \throws Error */
  std::pair<const char *, std::size_t>
  At(std::uint64_t place, std::size_t size, char * buffer);

private:
  std::filesystem::path         m_File;
  std::shared_ptr<InflatedFile> m_Inflated;
  int                           m_Descriptor = -1;
};
} // namespace isolux
