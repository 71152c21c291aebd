#pragma once

#include "Volume.h"

#include <filesystem>

namespace isolux
{
/** Whether a TIFF or BigTIFF file can be read in pieces: pages alike, of grey or interleaved numbers, in strips or
 * tiles that are not too large to be decoded one at a time. \throws Error */
bool
CanOpenTiff(const std::filesystem::path & path);

/** Whether CanOpenTiff() holds and the pages are cut into tiles, which ITK does not read. \throws Error, of a file of
 * any kind where pages are missing. */
bool
IsOfTiles(const std::filesystem::path & path);

/** Fills channels, sources and bufferMiB: a channel for each component on that grid, decoded where it is requested.
 * \throws Error where the file is not what CanOpenTiff() asks for, or of another size than the grid. */
void
OpenTiffPixels(const std::filesystem::path & path, const WorkImage & grid, Volume & volume);
} // namespace isolux
