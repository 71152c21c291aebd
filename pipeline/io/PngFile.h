#pragma once

#include "Volume.h"

#include <filesystem>

namespace isolux
{
/** A palette becomes colour, less than 8 bits become 8. By libpng itself: ITK's reader ends the process on a truncated
 * file. \throws Error */
Volume
ReadPng(const std::filesystem::path & path, HashType hashType = HashType::Sha256);
} // namespace isolux
