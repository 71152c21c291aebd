#pragma once

#include "GzipReader.h"
#include "GzipWriter.h"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace isolux
{
/** Writes the content of a gzip file with `head` in place of its first `skip` bytes. Only the blocks at the beginning
 * are inflated and deflated again, as far as a later one may refer to bytes of the old head; the rest of the compressed
 * bytes is copied, to the bit. `layout` is that of the file.
 * \return false, and nothing written, where the blocks at the beginning hold more than 8 MiB
 * \throws Error where the file was written to since `layout` was taken, and what the sink throws */
bool
SpliceGzip(const std::filesystem::path & source,
           const GzipLayout &            layout,
           std::uint64_t                 skip,
           std::string_view              head,
           const GzipWriter::Sink &      sink);
} // namespace isolux
