#pragma once

#include "Bytes.h"
#include "GzipReader.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>

namespace isolux
{
/** A file's bytes from its beginning to its end; where its name ends in .gz, those that it inflates to. */
class FileStream
{
public:
  /** Adds the bytes as they lie in the file to the digest, which may be null. \throws Error: missing, a folder,
   * unreadable, empty, no gzip. */
  FileStream(const std::filesystem::path & path, Digest * digest);
  ~FileStream();
  FileStream(const FileStream &) = delete;
  FileStream &
  operator=(const FileStream &) = delete;

  /** The next bytes, as many of `size` as there are, which Read() will give again. \throws Error */
  const Bytes &
  Peek(std::size_t size);

  /** As many of `size` bytes as there are. \throws Error */
  std::size_t
  Read(char * target, std::size_t size);

  /** Calls take(bytes, count) for the next `size` bytes, or as many as there are, a multiple of `step` at a time, while
   * a thread of its own reads what comes next. \return how many there were. \throws Error */
  template <typename TFunction>
  std::uint64_t
  ReadAhead(std::uint64_t size, std::size_t step, TFunction && take)
  {
    const std::size_t block = std::max<std::size_t>(1, BlockSize / step) * step;
    Bytes             buffers[] = { Bytes(block), Bytes(block) };
    std::uint64_t     asked = 0;
    std::uint64_t     found = 0;
    const auto        start = [&](const Bytes & buffer)
    {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block, size - asked));
      asked += wanted;
      return std::async(std::launch::async | std::launch::deferred,
                        [this, &buffer, wanted] { return this->Read(buffer.Data(), wanted); });
    };
    auto reading = start(buffers[0]);
    for (unsigned int turn = 0; reading.valid(); ++turn)
    {
      const auto count = reading.get();
      found += count;
      if (asked < size && found == asked)
      {
        reading = start(buffers[(turn + 1) % 2]);
      }
      take(static_cast<const char *>(buffers[turn % 2].Data()), count);
    }
    return found;
  }

  /** Reads to the end, to check and to hash what is left. \return how many bytes that is. \throws Error */
  std::uint64_t
  Drain();

  /** Of a compressed file that was read to its end, else null. */
  const GzipLayout *
  Layout() const
  {
    return m_Gzip ? &m_Gzip->Layout() : nullptr;
  }

private:
  static constexpr std::size_t BlockSize = std::size_t{ 1 } << 20U;

  std::size_t
  ReadFile(char * target, std::size_t size);

  std::string                 m_Name;
  Digest *                    m_Digest;
  std::unique_ptr<GzipReader> m_Gzip;
  int                         m_Descriptor = -1; ///< of a plain file
  Bytes                       m_Peeked;
  std::size_t                 m_Taken = 0; ///< of those
};
} // namespace isolux
