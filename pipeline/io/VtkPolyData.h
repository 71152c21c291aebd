#pragma once

#include "PointFile.h"

#include <filesystem>
#include <vector>

namespace isolux
{
struct Replacement
{
  ByteRange   where;
  std::string text;
};

/** \throws Error */
PointFile
ReadVtkPolyData(const std::filesystem::path & path, Bytes bytes);

/** What stands in the place of a changed array's type, values and recorded range. */
std::vector<Replacement>
ReplaceInVtkPolyData(const PointFile & file, const PointArray & array);
} // namespace isolux
