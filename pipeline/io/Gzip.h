#pragma once

#include "Bytes.h"

#include <string>
#include <vector>

namespace isolux
{
/** Every member of a gzip file; the size in its trailer is only a first guess. \throws Error bearing `name`. */
Bytes
Inflate(const Bytes & compressed, const std::string & name);

struct ByteSpan
{
  const char * data;
  std::size_t  size;
};

/** Concatenated gzip members of at most 1 MiB each, which any gzip reader accepts; the bytes do not depend on
 * `threads`. `level` is 0 (stored) to 12. \throws Error */
void
WriteGzip(OutputFile & file, const std::vector<ByteSpan> & spans, int level, unsigned int threads);
} // namespace isolux
