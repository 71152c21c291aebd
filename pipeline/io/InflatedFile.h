#pragma once

#include "Bytes.h"
#include "GzipReader.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace isolux
{
/** A gzip file that is read in pieces: inflated once, from when its bytes are first asked for, into memory, by a thread
 * of its own, or into a scratch file. */
class InflatedFile
{
public:
  /** \throws Error where it is not gzip. */
  explicit InflatedFile(const std::filesystem::path & path, HashType hashType = HashType::Sha256);
  ~InflatedFile();
  InflatedFile(const InflatedFile &) = delete;
  InflatedFile &
  operator=(const InflatedFile &) = delete;

  /** Its first inflated bytes, at most `most`. */
  Bytes
  Begin(std::size_t most) const;

  /** What must come out at least, and is kept. */
  void
  SetExpectedSize(std::uint64_t bytes);

  /** A folder for the scratch file; without one it is memory that is used. */
  void
  KeepIn(const std::filesystem::path & folder);

  /** The inflated bytes at a place, as many of `size` as are kept, once they are there: in memory where they lie, else
   * read into `buffer`. \throws Error where the data is damaged before that, or the disk full. */
  std::pair<const char *, std::size_t>
  At(std::uint64_t place, std::size_t size, char * buffer);

  /** Of the compressed bytes, all of which it waits for. \throws Error as At() */
  Hash
  FinishHash();

  /** Of the compressed bytes, all of which it waits for. \throws Error as At() */
  const GzipLayout &
  Layout();

private:
  struct State;
  std::unique_ptr<State> m_State;
};
} // namespace isolux
