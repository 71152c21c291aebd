#pragma once

#include "AtomicFile.h"
#include "GzipWriter.h"
#include "PixelType.h"
#include "Volume.h"

#include <nifti1.h>
#include <nifti2.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
/** A header as it stood in the file, in this machine's byte order. */
struct NiftiHeader
{
  int               version = 1;       ///< 1 or 2
  nifti_1_header    unused{};          ///< of version 1: holds the fields that NIfTI-2 no longer has
  nifti_2_header    fields{};          ///< of either version
  bool              isSwapped = false; ///< in the file
  std::vector<char> extensions;        ///< as on disk: size, code and content of each, without the 4-byte extender
};

/** The file itself, or the header and the pixels of a pair. \throws Error */
std::vector<std::filesystem::path>
NiftiFiles(const std::filesystem::path & path);

/** .nii, .hdr or .img, each also with .gz. \throws Error */
Volume
ReadNifti(const std::filesystem::path & path, HashType hashType = HashType::Sha256);

/** .nii or .nii.gz, of which only the header is read: the channels are those of RegionReaders. \throws Error */
Volume
OpenNifti(const std::filesystem::path & path, HashType hashType = HashType::Sha256);

/** The header of a .nii of float32 or uint8, up to the pixels. */
std::vector<char>
NiftiHeaderBytes(const Volume & volume, FileType type);

/** How a file of that type is compressed. */
GzipWriter::Content
GzipContent(FileType type);

/** Whether the file holds integers as WriteKeptIntegers() keeps them: int16 in this machine's byte order. */
bool
HoldsInt16(const Volume & volume);

/** As WriteNifti(), of int16, with the voxels as they stand in the file that the volume was opened from, under another
 * scale, to the bytes that WriteNifti() writes of a volume in memory whose voxels are kept. */
void
WriteKeptIntegers(const Volume &       volume,
                  const Scaling &      scaling,
                  const AtomicOutput & output,
                  const std::string &  name,
                  bool                 compressed,
                  const WriteOptions & options);

/** From the numbers in a NIfTI file of whole numbers to the volume's intensities. */
Scaling
StoredScaling(const Volume & volume);

/** .nii or .nii.gz, into output.Path(); `name` heads every error. \throws Error */
Quantisation
WriteNifti(const Volume &       volume,
           const AtomicOutput & output,
           const std::string &  name,
           bool                 compressed,
           const WriteOptions & options);
} // namespace isolux
