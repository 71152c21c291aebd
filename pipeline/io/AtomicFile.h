#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace isolux
{
/** A folder beside the final file, in which files get their final names, and from which Commit() renames them into
 * place. The destructor removes it: an exception leaves nothing behind. Its name starts with PartialPrefix. */
class AtomicOutput
{
public:
  static constexpr const char * PartialPrefix = ".isolux-partial-";

  /** Creates missing parent folders. \throws Error */
  explicit AtomicOutput(const std::filesystem::path & final);
  ~AtomicOutput();
  AtomicOutput(const AtomicOutput &) = delete;
  AtomicOutput &
  operator=(const AtomicOutput &) = delete;

  /** Where to write: the final file name inside the temporary folder. */
  const std::filesystem::path &
  Path() const
  {
    return m_Path;
  }

  /** Syncs every file in the folder and renames it into place, the named one last. \throws Error */
  void
  Commit();

private:
  std::filesystem::path m_Final;
  std::filesystem::path m_Folder;
  std::filesystem::path m_Path;
};

/** The folder that a file lies in, "." where its name has none. */
std::filesystem::path
FolderOf(const std::filesystem::path & path);

/** Writes text whole or not at all. \throws Error */
void
WriteTextFile(const std::filesystem::path & path, const std::string & text);

/** \throws Error */
std::string
ReadTextFile(const std::filesystem::path & path);

/** Removes what killed runs left under `folder` (recursively): every entry whose name starts with PartialPrefix, or
 * only those of one process. */
void
RemovePartialOutputs(const std::filesystem::path & folder, pid_t process = 0);

/** Lower-case hexadecimal SHA-256. */
std::string
Sha256(const void * data, std::size_t bytes);
} // namespace isolux
