#include "FileStream.h"

#include "Error.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace isolux
{
FileStream::FileStream(const std::filesystem::path & path, Digest * digest)
  : m_Name(path.string())
  , m_Digest(digest)
{
  if (IsGzipName(path))
  {
    m_Gzip = std::make_unique<GzipReader>(path, m_Name, digest);
  }
  else
  {
    m_Descriptor = OpenToRead(path);
  }
}

FileStream::~FileStream()
{
  if (m_Descriptor >= 0)
  {
    ::close(m_Descriptor);
  }
}

std::size_t
FileStream::ReadFile(char * target, std::size_t size)
{
  if (m_Gzip)
  {
    return m_Gzip->Read(target, size);
  }
  std::size_t done = 0;
  while (done < size)
  {
    const auto count = ::read(m_Descriptor, target + done, size - done);
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count < 0)
    {
      throw Error(m_Name + ": cannot be read: " + SystemMessage() + "; copy it to another disk");
    }
    if (count == 0)
    {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  if (m_Digest != nullptr)
  {
    m_Digest->Add(target, done);
  }
  return done;
}

const Bytes &
FileStream::Peek(std::size_t size)
{
  const auto left = m_Peeked.Size() - m_Taken;
  if (m_Taken > 0)
  {
    std::memmove(m_Peeked.Data(), m_Peeked.Data() + m_Taken, left);
    m_Taken = 0;
  }
  m_Peeked.Resize(std::max(left, size));
  m_Peeked.Resize(left + (left < size ? this->ReadFile(m_Peeked.Data() + left, size - left) : 0));
  return m_Peeked;
}

std::size_t
FileStream::Read(char * target, std::size_t size)
{
  const auto count = std::min(size, m_Peeked.Size() - m_Taken);
  if (count > 0)
  {
    std::memcpy(target, m_Peeked.Data() + m_Taken, count);
    m_Taken += count;
  }
  return count + (count < size ? this->ReadFile(target + count, size - count) : 0);
}

std::uint64_t
FileStream::Drain()
{
  const Bytes   block(BlockSize);
  std::uint64_t size = 0;
  while (const auto count = this->Read(block.Data(), block.Size()))
  {
    size += count;
  }
  return size;
}
} // namespace isolux
