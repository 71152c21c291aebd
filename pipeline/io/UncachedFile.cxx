#include "UncachedFile.h"

#include "Bytes.h"
#include "Error.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace isolux
{
namespace
{
constexpr std::size_t Alignment = 4096; ///< of memory, place and size, that every file system is content with
constexpr std::size_t BufferSize = std::size_t{ 4 } << 20U;
} // namespace

UncachedFile::UncachedFile(const std::filesystem::path & path, std::string name)
  : m_Name(std::move(name))
{
  for (Buffer * buffer : { &m_Gathered, &m_Written })
  {
    buffer->reset(static_cast<char *>(std::aligned_alloc(Alignment, BufferSize)));
    if (*buffer == nullptr)
    {
      throw Error(m_Name + ": cannot be written: out of memory; free memory or use a larger machine");
    }
  }
  m_Cached = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (m_Cached < 0)
  {
    throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; choose another output folder");
  }
  m_Direct = ::open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
}

UncachedFile::~UncachedFile()
{
  if (m_Writing.valid())
  {
    m_Writing.wait();
  }
  for (const int descriptor : { m_Direct, m_Cached })
  {
    if (descriptor >= 0)
    {
      ::close(descriptor);
    }
  }
}

void
UncachedFile::Fail() const
{
  throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; free space or choose another output folder");
}

void
UncachedFile::Wait()
{
  if (m_Writing.valid())
  {
    m_Writing.get();
  }
}

void
UncachedFile::WriteCached(std::uint64_t place, const char * bytes, std::size_t size)
{
  while (size > 0)
  {
    const auto count = ::pwrite(m_Cached, bytes, size, static_cast<off_t>(place));
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count <= 0)
    {
      this->Fail();
    }
    place += static_cast<std::uint64_t>(count);
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

void
UncachedFile::WriteAt(std::uint64_t place, const char * bytes, std::size_t size)
{
  if (place != m_Begin + m_End)
  {
    this->Flush();
    m_First = m_End = place % Alignment;
    m_Begin = place - m_First;
  }
  while (size > 0)
  {
    const auto count = std::min(size, BufferSize - m_End);
    std::memcpy(m_Gathered.get() + m_End, bytes, count);
    m_End += count;
    bytes += count;
    size -= count;
    if (m_End == BufferSize)
    {
      this->Flush();
    }
  }
}

void
UncachedFile::Flush()
{
  this->Wait();
  std::swap(m_Gathered, m_Written);
  const auto first = std::exchange(m_First, 0);
  const auto end = std::exchange(m_End, 0);
  const auto begin = std::exchange(m_Begin, m_Begin + end);
  // Only whole blocks go past the cache.
  const auto directFirst = (first + Alignment - 1) / Alignment * Alignment;
  const auto directEnd = end / Alignment * Alignment;
  if (m_Direct < 0 || directFirst >= directEnd)
  {
    this->WriteCached(begin + first, m_Written.get() + first, end - first);
    return;
  }
  this->WriteCached(begin + first, m_Written.get() + first, directFirst - first);
  this->WriteCached(begin + directEnd, m_Written.get() + directEnd, end - directEnd);
  m_Writing =
    std::async(std::launch::async | std::launch::deferred,
               [this, begin, directFirst, directEnd]
               {
                 for (auto done = directFirst; done < directEnd;)
                 {
                   const auto count =
                     ::pwrite(m_Direct, m_Written.get() + done, directEnd - done, static_cast<off_t>(begin + done));
                   if (count < 0 && errno == EINTR)
                   {
                     continue;
                   }
                   if (count <= 0 || count % static_cast<ssize_t>(Alignment) != 0)
                   {
                     if (count < 0 && errno != EINVAL)
                     {
                       this->Fail();
                     }
                     this->WriteCached(begin + done, m_Written.get() + done, directEnd - done); // refused only here
                     return;
                   }
                   done += static_cast<std::size_t>(count);
                 }
               });
}

void
UncachedFile::Close()
{
  this->Flush();
  this->Wait();
  bool isClosed = true;
  for (int * descriptor : { &m_Direct, &m_Cached })
  {
    const int open = std::exchange(*descriptor, -1);
    isClosed = (open < 0 || ::close(open) == 0) && isClosed;
  }
  if (!isClosed)
  {
    this->Fail();
  }
}
} // namespace isolux
