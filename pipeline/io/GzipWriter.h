#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace isolux
{
/** Of a member: deflated, no time, no system (RFC 1952, 2.3). */
inline constexpr std::array<char, 10> GzipHeader{ '\x1f', '\x8b', 8, 0, 0, 0, 0, 0, 0, '\xff' };

/** Behind a member's deflated bytes: CRC-32 and size of what they inflate to. */
using GzipTrailer = std::array<char, 8>;
GzipTrailer
MakeGzipTrailer(std::uint32_t crc, std::uint64_t size);

/** Writes bytes that come in pieces as gzip members of 1 MiB each, the last of what is left. Any gzip reader accepts
 * them, and one that stops at the end of the first (as browsers' DecompressionStream does) has seen more than a header.
 * With several threads, members are compressed while the caller makes the next ones; the bytes depend neither on
 * `threads` nor on where pieces end. */
class GzipWriter
{
public:
  /** Takes the compressed bytes in their order, never two calls at a time, on any thread. */
  using Sink = std::function<void(const char * bytes, std::size_t size)>;

  enum class Content
  {
    Bytes,
    Float32 ///< levels 1 to 9 are those of WordDeflater, which are one
  };

  /** As many as are worth it where memory is scarce: each takes members, some 6 MiB. */
  static constexpr unsigned int FewThreads = 4;

  /** `level` is 0 (stored) to 12. \throws Error where it is not. */
  GzipWriter(Sink sink, int level, unsigned int threads, Content content);
  ~GzipWriter();
  GzipWriter(const GzipWriter &) = delete;
  GzipWriter &
  operator=(const GzipWriter &) = delete;

  /** \throws what the sink throws, of these bytes or of earlier ones. */
  void
  Write(const char * bytes, std::size_t size);

  /** Compresses and writes what is pending; call it at the end. \throws as Write() */
  void
  Close();

private:
  struct State;
  std::unique_ptr<State> m_State;
};
} // namespace isolux
