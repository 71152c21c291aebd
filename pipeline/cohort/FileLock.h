#pragma once

#include "Error.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

namespace isolux
{
/** Keeps others out, or lets them in who share, until the process ends. A file system without locks lets all in. */
class FileLock
{
public:
  FileLock(const std::filesystem::path & file, bool isShared, const std::string & refusal)
  {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error)
    {
      throw Error(file.parent_path().string() + ": cannot be created: " + error.message() +
                  "; choose an output folder that you may write into");
    }
    m_Descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    const auto isTaken = [&]
    {
      return m_Descriptor >= 0 && flock(m_Descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 &&
             errno == EWOULDBLOCK;
    };
    for (unsigned int attempt = 0; isTaken(); ++attempt) // the cases of a killed batch end a moment after it
    {
      if (attempt == Attempts)
      {
        close(m_Descriptor);
        throw UsageError(refusal);
      }
      usleep(100000);
    }
  }
  ~FileLock()
  {
    if (m_Descriptor >= 0)
    {
      close(m_Descriptor);
    }
  }
  FileLock(const FileLock &) = delete;
  FileLock &
  operator=(const FileLock &) = delete;

private:
  static constexpr unsigned int Attempts = 10; ///< in a second

  int m_Descriptor = -1;
};
} // namespace isolux
