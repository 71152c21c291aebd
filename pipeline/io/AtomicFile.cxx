#include "AtomicFile.h"

#include "Bytes.h"
#include "Error.h"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
void
Sync(const fs::path & path, const std::string & name)
{
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  // EINVAL: a file system that cannot sync folders.
  const bool failed = descriptor < 0 || (::fsync(descriptor) != 0 && errno != EINVAL);
  const int  reason = errno;
  if (descriptor >= 0)
  {
    ::close(descriptor);
  }
  if (failed)
  {
    errno = reason;
    throw Error(name + ": cannot be written to disk: " + SystemMessage() +
                "; free space or choose another output folder");
  }
}

void
Rename(const fs::path & from, const fs::path & to, const std::string & name)
{
  std::error_code error;
  fs::rename(from, to, error);
  if (error)
  {
    throw Error(name + ": cannot be moved into place: " + error.message() + "; choose another output name");
  }
}
} // namespace

namespace
{
/** Of this machine and its space of process numbers: several may write into one folder. */
std::string
HostTag()
{
  char            host[256] = "";
  std::string     text = ::gethostname(host, sizeof(host) - 1) == 0 ? host : "";
  std::error_code error;
  text += fs::read_symlink("/proc/self/ns/pid", error).string();
  return Sha256(text.data(), text.size()).substr(0, 8);
}

std::string
PrefixOf(pid_t process)
{
  static const std::string host = AtomicOutput::PartialPrefix + HostTag() + "-";
  return host + std::to_string(process) + "-";
}
} // namespace

fs::path
FolderOf(const fs::path & path)
{
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

AtomicOutput::AtomicOutput(const fs::path & final)
  : m_Final(final)
{
  const std::string name = final.string();
  std::error_code   error;
  if (!final.has_filename() || fs::is_directory(final, error))
  {
    throw Error(name + ": is a folder; give the name of a file");
  }
  fs::create_directories(FolderOf(final), error);
  if (error)
  {
    throw Error(name + ": cannot create its folder: " + error.message() + "; choose another output folder");
  }
  std::string folder = (FolderOf(final) / (PrefixOf(::getpid()) + "XXXXXX")).string();
  if (::mkdtemp(folder.data()) == nullptr)
  {
    throw Error(name + ": cannot write into its folder: " + SystemMessage() + "; choose another output folder");
  }
  m_Folder = folder;
  m_Path = m_Folder / final.filename();
}

AtomicOutput::~AtomicOutput()
{
  std::error_code ignored;
  fs::remove_all(m_Folder, ignored);
}

void
AtomicOutput::Commit()
{
  const std::string     name = m_Final.string();
  std::vector<fs::path> companions;
  for (const fs::directory_entry & entry : fs::directory_iterator(m_Folder))
  {
    Sync(entry.path(), name);
    if (entry.path() != m_Path)
    {
      companions.push_back(entry.path());
    }
  }
  std::error_code error;
  for (const fs::path & companion : companions)
  {
    const fs::path target = FolderOf(m_Final) / companion.filename();
    if (fs::exists(target, error) && !fs::exists(m_Final, error))
    {
      throw Error(target.string() + ": exists already, and is not a part of " + name +
                  "; remove it or choose another output name");
    }
  }
  for (const fs::path & companion : companions)
  {
    Rename(companion, FolderOf(m_Final) / companion.filename(), name);
  }
  Rename(m_Path, m_Final, name);
  Sync(FolderOf(m_Final), name);
}

void
WriteTextFile(const fs::path & path, const std::string & text)
{
  AtomicOutput output(path);
  OutputFile   file(output.Path(), path.string());
  file.Write(text.data(), text.size());
  file.Close();
  output.Commit();
}

std::string
ReadTextFile(const fs::path & path)
{
  std::error_code error;
  std::ifstream   file(path, std::ios::binary);
  if (!file || fs::is_directory(path, error))
  {
    throw Error(path.string() + ": cannot be opened: " + (error || !file ? SystemMessage() : "it is a folder") +
                "; check the name and the permissions");
  }
  std::string text{ std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>() };
  if (file.bad())
  {
    throw Error(path.string() + ": cannot be read: " + SystemMessage() + "; copy it again");
  }
  return text;
}

void
RemovePartialOutputs(const fs::path & folder, pid_t process)
{
  const auto            prefix = process == 0 ? std::string(AtomicOutput::PartialPrefix) : PrefixOf(process);
  std::vector<fs::path> found;
  std::error_code       error;
  std::error_code       none;
  for (fs::recursive_directory_iterator entry(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && entry != end;
       entry.increment(error))
  {
    if (entry->path().filename().string().rfind(prefix, 0) == 0)
    {
      found.push_back(entry->path());
      entry.disable_recursion_pending();
    }
    else if (process == 0 && fs::exists(entry->path() / ".isolux/lock", none))
    {
      entry.disable_recursion_pending(); // another batch's folder
    }
  }
  for (const fs::path & path : found)
  {
    fs::remove_all(path, error);
  }
}
} // namespace isolux
