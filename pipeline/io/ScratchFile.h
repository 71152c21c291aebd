#pragma once

#include <filesystem>

namespace isolux
{
/** A private file without a name, on the disk of a folder: it is gone with the last that has it open, also
 * where the program is killed. */
class ScratchFile
{
public:
  /** \throws Error */
  explicit ScratchFile(const std::filesystem::path & folder);
  ~ScratchFile();
  ScratchFile(const ScratchFile &) = delete;
  ScratchFile &
  operator=(const ScratchFile &) = delete;

  /** To read from. */
  int
  Descriptor() const
  {
    return m_Descriptor;
  }

  /** By which it is opened, to read and to write, in this process, while this object lives. */
  std::filesystem::path
  Path() const;

private:
  int m_Descriptor = -1;
};
} // namespace isolux
