#pragma once

#include "Volume.h"

#include <filesystem>

namespace isolux
{
/** The file itself, or the series' files in slice order. \throws Error */
std::vector<std::filesystem::path>
DicomFiles(const std::filesystem::path & path);

/** A folder that holds one series, or one DICOM file. Slices are ordered by position; no tag is kept. \throws Error */
Volume
ReadDicom(const std::filesystem::path & path, HashType hashType = HashType::Sha256);
} // namespace isolux
