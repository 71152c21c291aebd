#pragma once

#include "VtkPolyData.h"

namespace isolux
{
/** \throws Error */
PointFile
ReadGifti(const std::filesystem::path & path, Bytes bytes);

/** What stands in the place of a changed array's tag and data. \throws Error where memory is short. */
std::vector<Replacement>
ReplaceInGifti(const PointFile & file, const PointArray & array);
} // namespace isolux
