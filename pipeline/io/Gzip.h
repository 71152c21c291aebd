#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace isolux
{
struct ByteSpan
{
  const char * data;
  std::size_t  size;
};

/** Writes the bytes of all spans as gzip members of 1 MiB each, the last of what is left. Any gzip reader accepts them,
 * and one that stops at the end of the first (as browsers' DecompressionStream does) has seen more than a header. The
 * bytes depend neither on `threads` nor on where spans end. `level` is 0 (stored) to 12. \throws Error */
void
WriteGzip(const std::function<void(const char * bytes, std::size_t size)> & write,
          const std::vector<ByteSpan> &                                     spans,
          int                                                               level,
          unsigned int                                                      threads);
} // namespace isolux
