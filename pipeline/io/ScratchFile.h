#pragma once

#include <filesystem>

namespace isolux
{
/** A private file without a name, in memory or on the disk of a folder: it is gone with the last that has it open, also
 * where the program is killed. */
class ScratchFile
{
public:
  /** In memory where `folder` is empty. \throws Error */
  explicit ScratchFile(const std::filesystem::path & folder);
  ~ScratchFile();
  ScratchFile(const ScratchFile &) = delete;
  ScratchFile &
  operator=(const ScratchFile &) = delete;

  /** By which it is opened, to read and to write, in this process, while this object lives. */
  std::filesystem::path
  Path() const;

private:
  int m_Descriptor = -1;
};
} // namespace isolux
