#pragma once

#include "PointNorm.h"

#include <filesystem>
#include <string>

namespace isolux
{
/** The JSON text that lies beside normalized points: what was done, with what, and what was learned. */
std::string
WritePointSidecar(const PointReport & report);

/** What `restore` needs: names, options, and what was learned of each attribute.
 * \throws Error naming the file where it is missing, not JSON, or not a sidecar of normalized points. */
PointReport
ReadPointSidecar(const std::filesystem::path & path);

/** "x.json" beside "x.shape.gii". */
std::filesystem::path
PointSidecarPath(const std::filesystem::path & points);
} // namespace isolux
