#pragma once

#include "Bytes.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace isolux
{
/** Whether a file's name ends in .gz, in any case. */
bool
IsGzipName(const std::filesystem::path & path);

/** Where the members of a gzip file lie. */
struct GzipLayout
{
  std::uint64_t firstEnd = 0;  ///< of the first member, in compressed bytes
  std::uint64_t firstSize = 0; ///< of the first member, in inflated bytes
  std::uint64_t end = 0;       ///< of the last member, in compressed bytes; what follows is padding
  std::uint64_t size = 0;      ///< of all members, in inflated bytes

  std::filesystem::file_time_type modified; ///< the file, when it was opened
};

/** Inflates a gzip file of one or more members from its beginning to its end, with bounded memory. */
class GzipReader
{
public:
  /** Reports what is wrong under `name`; adds the compressed bytes to the digest, which may be null, and
   * is whole once Read() has returned 0. \throws Error */
  GzipReader(const std::filesystem::path & path, std::string name, Digest * digest);
  ~GzipReader();
  GzipReader(const GzipReader &) = delete;
  GzipReader &
  operator=(const GzipReader &) = delete;

  /** As many of `size` bytes as there are. \throws Error where the data is truncated or damaged. */
  std::size_t
  Read(char * target, std::size_t size);

  /** Of the members that were read. */
  const GzipLayout &
  Layout() const;

private:
  struct State;
  std::unique_ptr<State> m_State;
};
} // namespace isolux
