#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

namespace isolux
{
/** A new file that is written past the system's page cache where the file system allows: what is larger than memory
 * would only push out what is of use, and new pages take longer than the disk. Bytes that follow each other are
 * gathered, and written by a thread of their own. Every failure is an Error that bears `name`. */
class UncachedFile
{
public:
  UncachedFile(const std::filesystem::path & path, std::string name);
  ~UncachedFile();
  UncachedFile(const UncachedFile &) = delete;
  UncachedFile &
  operator=(const UncachedFile &) = delete;

  void
  WriteAt(std::uint64_t place, const char * bytes, std::size_t size);

  /** Behind what was written last. */
  void
  Append(const char * bytes, std::size_t size)
  {
    this->WriteAt(m_Begin + m_End, bytes, size);
  }

  /** Also reports what the file system only tells on closing. */
  void
  Close();

private:
  struct Free
  {
    void
    operator()(char * data) const
    {
      std::free(data);
    }
  };
  using Buffer = std::unique_ptr<char, Free>;

  /** Writes what was gathered. */
  void
  Flush();
  void
  Wait();
  /** In the calling thread, through the cache. */
  void
  WriteCached(std::uint64_t place, const char * bytes, std::size_t size);
  [[noreturn]] void
  Fail() const;

  std::string       m_Name;
  int               m_Cached = -1;
  int               m_Direct = -1; ///< -1: the file system does not allow it
  Buffer            m_Gathered;
  Buffer            m_Written;   ///< what m_Writing writes
  std::uint64_t     m_Begin = 0; ///< of the gathered bytes' buffer, in the file
  std::size_t       m_First = 0; ///< of the gathered bytes, in the buffer
  std::size_t       m_End = 0;
  std::future<void> m_Writing;
};
} // namespace isolux
