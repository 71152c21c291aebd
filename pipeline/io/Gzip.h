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

/** Writes concatenated gzip members of at most 1 MiB each, which any gzip reader accepts; the bytes do not depend on
 * `threads`. `level` is 0 (stored) to 12. \throws Error */
void
WriteGzip(const std::function<void(const char * bytes, std::size_t size)> & write,
          const std::vector<ByteSpan> &                                     spans,
          int                                                               level,
          unsigned int                                                      threads);
} // namespace isolux
