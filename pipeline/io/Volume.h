#pragma once

#include "Hash.h"
#include "Stage.h"

#include "itkMetaDataDictionary.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace isolux
{
class InflatedFile;
struct GzipLayout;
struct NiftiHeader;
class RunningDigest;

/** An image file in memory: float intensities in rescaled units, and what is needed to write its header again. */
struct Volume
{
  std::vector<WorkImage::Pointer> channels;  ///< one, or one for each component of a colour or vector image
  unsigned int                    axes = 3;  ///< 2, 3 or 4: axes that the file has; the channels have four
  std::string                     format;    ///< "NIfTI-1", "NRRD", "DICOM series", ...
  std::string                     component; ///< component type in the file: "int16", "float32", ...
  std::vector<std::string>        warnings;  ///< what was left out on reading
  Hash                            hash;      ///< of the file's bytes; of a series: of its files' bytes, in slice order

  std::shared_ptr<const NiftiHeader> nifti;      ///< of a NIfTI file, else null
  itk::MetaDataDictionary            dictionary; ///< of a file that ITK read

  /** Of a NIfTI file that is no pair: what its voxels can be copied from. */
  std::filesystem::path             file;
  std::shared_ptr<const GzipLayout> gzip; ///< of a compressed file that was read as a whole

  /** Of OpenVolume(): what the channels come from, and what FinishHash() makes the hash of once they were read. */
  std::vector<itk::ProcessObject::Pointer> sources;
  std::shared_ptr<RunningDigest>           digest;
  std::shared_ptr<InflatedFile>            inflated; ///< of a compressed file
  double                                   inflatedMiB = 0.0;
  double                                   bufferMiB = 0.0; ///< that reading takes beside the pieces
};

enum class FileType
{
  Float32,
  Int16Scaled, ///< NIfTI only: int16 with scl_slope and scl_inter, see WriteOptions::original
  UInt8        ///< masks: rounded, clamped to 0 to 255
};

/** "float32", "int16-scaled", "uint8". */
std::string
ToString(FileType type);

struct WriteOptions
{
  FileType type = FileType::Float32;
  int      compression = 1; ///< 0 to 12, of formats that compress
  /** Of voxels that are kept, the bytes that they are compressed to too, at whatever level; see `original`. */
  bool         keepsCompression = true;
  unsigned int threads = 1;

  /** What the volume was made of. Where all of it is one linear map of the 8-bit or 16-bit integers in that file, and
   * within a millionth of the range, Int16Scaled keeps the integers and puts the map into the scale. Else, or where it
   * is null, the scale covers the range, and values are rounded to one of 65535. */
  const Volume * original = nullptr;
};

/** What a file type did to the values. */
struct Quantisation
{
  std::size_t clamped = 0;   ///< voxels that it cannot hold: not finite
  double      largest = 0.0; ///< difference of a voxel that it holds, before the scale is applied in float32

  void
  Merge(const Quantisation & other)
  {
    clamped += other.clamped;
    largest = std::max(largest, other.largest);
  }
};

/** True where the name's ending is one that ReadVolume() knows. */
bool
IsVolumeName(const std::filesystem::path & path);

/** The name without its volume ending: "a/x.nii.gz" -> "a/x". */
std::filesystem::path
WithoutVolumeExtension(const std::filesystem::path & path);

/** ".nii.gz", ".mha", ...: the lower-case ending of a volume's name; "" where it has none that is known. */
std::string
VolumeExtension(const std::filesystem::path & path);

/** The ending under which a float result of this input is written: its own where that format holds float32 in one file,
 * else ".mha" for .mhd and HDF5, ".nrrd" for .nhdr, ".nii.gz" for .hdr/.img and DICOM, ".tif" for PNG and JPEG. */
std::string
OutputExtension(const std::filesystem::path & input);

/** Reads a file, or a folder that holds one DICOM series, in rescaled units.
 * Pixels always come from the named file, also where a twin x.nii lies beside x.nii.gz.
 * \throws Error naming the file, the reason and the way out: missing, empty, truncated, wrong ending, size zero. */
Volume
ReadVolume(const std::filesystem::path & path, HashType hashType = HashType::Sha256);

/** Whether OpenVolume() can: .nii, .nii.gz, HDF5, TIFF of pages alike, and uncompressed .mha, .mhd, .nrrd and .nhdr of
 * binary pixels in one file. */
bool
CanOpenVolume(const std::filesystem::path & path);

/** As ReadVolume(), but the pixels stay in the file: the channels are outputs of filters that read what is requested,
 * and `hash` is empty until FinishHash(). \throws Error */
Volume
OpenVolume(const std::filesystem::path & path, HashType hashType = HashType::Sha256);

/** Of a volume that was opened and then read. \throws Error */
void
FinishHash(Volume & volume);

/** The text of the hash that ReadVolume() reports, without making pixels of the bytes. \throws Error */
std::string
HashVolume(const std::filesystem::path & path, HashType type = HashType::Sha256);

/** sha256 of a volume, as HashVolume(), or of another file's bytes. \throws Error where it cannot be read. */
std::string
HashFile(const std::filesystem::path & file);

/** True for a folder with at least one DICOM file in it, by ending (.dcm, .ima) or by the mark that such files bear. */
bool
HoldsDicomSeries(const std::filesystem::path & folder);

/** Like ReadVolume, reduced to a mask: non-zero where the value is >= 0.5 (finite) or, with labels, equal to one of
 * them. One channel, one frame. The geometry must agree with that of `image`: the sizes equal, and no corner displaced
 * by more than 0.5 voxel. Of PNG, JPEG and TIFF, which have no position in space, only the sizes must agree. The mask
 * is returned on the image's own geometry; a displacement above 0.01 voxel adds a sentence to `warnings`. \throws Error
 * printing both geometries. */
MaskImage::Pointer
ReadMask(const std::filesystem::path &  path,
         const WorkImage &              image,
         std::vector<std::string> &     warnings,
         const std::vector<long long> & labels = {});

/** Tissue labels, read under the rules of ReadMask(). \throws Error where no voxel has one of the `values`, those of
 * grey and of white matter. */
WorkImage::Pointer
ReadTissueLabels(const std::filesystem::path & path,
                 const WorkImage &             image,
                 const std::array<double, 2> & values,
                 std::vector<std::string> &    warnings);

/** Weights of an image's voxels, read under the rules of ReadMask(). \throws Error where one is negative or not finite.
 */
WorkImage::Pointer
ReadWeights(const std::filesystem::path & path, const WorkImage & image, std::vector<std::string> & warnings);

/** Whether a file's components of that name are integers that int16 holds: int8, uint8 or int16. */
bool
IsSmallInteger(const std::string & component);

/** False for formats that say nothing of where in space the pixels lie: PNG, JPEG, TIFF. */
bool
HasPosition(const Volume & volume);

/** Largest displacement of a corner voxel between the two grids, in voxels of the first; infinity where sizes differ.
 */
double
GridDisplacement(const WorkImage & a, const WorkImage & b);

/** "size 64 x 64 x 20, spacing ..., origin ..., direction ..." */
std::string
DescribeGrid(const WorkImage & image);

/** \throws Error where the ending is not one that is written, or cannot hold that type. */
void
CheckWritable(const std::filesystem::path & path, FileType type);

/** Writes to a temporary folder beside `path`, syncs and renames: no half-written file ever bears the final name.
 * A NIfTI output of a NIfTI input keeps every header field that still holds (codes, srow, quatern, descrip, intent,
 * toffset, xyzt_units, slice_*, extensions).
 * `beforeCommit` is called once everything is on disk, just before the file gets its final name.
 * \throws Error where the ending is unknown, cannot hold the data, or the disk is full. */
Quantisation
WriteVolume(const Volume &                volume,
            const std::filesystem::path & path,
            const WriteOptions &          options = {},
            const std::function<void()> & beforeCommit = nullptr);
} // namespace isolux
