#pragma once

#include "Bytes.h"
#include "ScratchFile.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace isolux
{
/** A gzip file that is read in pieces: inflated once, when its bytes are first asked for, into a scratch file. */
class InflatedFile
{
public:
  /** \throws Error where it is not gzip. */
  explicit InflatedFile(const std::filesystem::path & path);

  /** Its first inflated bytes, at most `most`. */
  Bytes
  Begin(std::size_t most) const;

  /** What must come out at least, and is kept. */
  void
  SetExpectedSize(std::uint64_t bytes)
  {
    m_Expected = bytes;
  }

  /** A folder for the scratch file; without one it is in memory. */
  void
  KeepIn(const std::filesystem::path & folder)
  {
    m_Folder = folder;
  }

  /** Of the inflated bytes. \throws Error where the data is damaged, or the disk full. */
  std::filesystem::path
  Path();

  /** Of the compressed bytes. */
  std::string
  Sha256();

private:
  std::filesystem::path        m_Source;
  std::filesystem::path        m_Folder;
  std::uint64_t                m_Expected = 0;
  std::unique_ptr<ScratchFile> m_Scratch;
  std::string                  m_Sha256;
};
} // namespace isolux
