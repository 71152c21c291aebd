#pragma once

#include "Bytes.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace isolux
{
/** Whether a file's name ends in .gz, in any case. */
bool
IsGzipName(const std::filesystem::path & path);

/** Inflates a gzip file of one or more members from its beginning to its end, with bounded memory. */
class GzipReader
{
public:
  /** Reports what is wrong under `name`; adds the compressed bytes to the digest, which may be null. \throws Error */
  GzipReader(const std::filesystem::path & path, std::string name, Digest * digest);
  ~GzipReader();
  GzipReader(const GzipReader &) = delete;
  GzipReader &
  operator=(const GzipReader &) = delete;

  /** As many of `size` bytes as there are. \throws Error where the data is truncated or damaged. */
  std::size_t
  Read(char * target, std::size_t size);

private:
  struct State;
  std::unique_ptr<State> m_State;
};
} // namespace isolux
