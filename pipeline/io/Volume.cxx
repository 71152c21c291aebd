#include "Volume.h"

#include "AtomicFile.h"
#include "Bytes.h"
#include "DicomSeries.h"
#include "Error.h"
#include "ItkFile.h"
#include "NiftiFile.h"
#include "PngFile.h"
#include "RegionReader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
/** Longer endings before those that they contain. */
constexpr std::array<const char *, 19> Extensions{ ".nii.gz", ".nii",  ".hdr.gz", ".hdr", ".img.gz", ".img",  ".h5",
                                                   ".hdf5",   ".nrrd", ".nhdr",   ".mha", ".mhd",    ".tiff", ".tif",
                                                   ".png",    ".jpeg", ".jpg",    ".dcm", ".ima" };

bool
IsNifti(const std::string & extension)
{
  return extension.compare(0, 4, ".nii") == 0 || extension.compare(0, 4, ".hdr") == 0 ||
         extension.compare(0, 4, ".img") == 0;
}

bool
IsWrittenAsNifti(const std::string & extension)
{
  return extension == ".nii" || extension == ".nii.gz";
}

/** Opacity is no intensity. */
void
DropAlpha(Volume & volume)
{
  if (volume.channels.size() == 2 || volume.channels.size() == 4)
  {
    volume.channels.pop_back();
    volume.warnings.emplace_back("its alpha channel (opacity) is left out");
  }
}

bool
IsDicom(const std::string & extension)
{
  return extension == ".dcm" || extension == ".ima";
}

std::string
KnownExtensions()
{
  std::string list;
  for (const char * extension : Extensions)
  {
    list += std::string(list.empty() ? "" : " ") + extension;
  }
  return list;
}

/** The ending of what can be read; ".dcm" for a folder. */
std::string
CheckedExtension(const fs::path & path)
{
  std::error_code error;
  if (!fs::exists(path, error))
  {
    throw Error(path.string() + ": does not exist; check the name");
  }
  const std::string extension = fs::is_directory(path, error) ? ".dcm" : VolumeExtension(path);
  if (extension.empty())
  {
    throw Error(path.string() + ": its ending is not one of a known image format; known are " + KnownExtensions() +
                " and a folder with one DICOM series");
  }
  return extension;
}

void
CheckConsistent(const Volume & volume, const std::string & name)
{
  if (volume.channels.empty())
  {
    throw Error(name + ": there is no image to write");
  }
  const auto & size = volume.channels.front()->GetLargestPossibleRegion().GetSize();
  for (const WorkImage::Pointer & channel : volume.channels)
  {
    if (channel->GetLargestPossibleRegion().GetSize() != size ||
        channel->GetBufferedRegion() != channel->GetLargestPossibleRegion())
    {
      throw Error(name + ": its channels differ in size, or are not in memory as a whole");
    }
  }
}
} // namespace

std::string
VolumeExtension(const fs::path & path)
{
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const std::string extension : Extensions)
  {
    if (name.size() > extension.size() &&
        name.compare(name.size() - extension.size(), extension.size(), extension) == 0)
    {
      return extension;
    }
  }
  return "";
}

bool
IsVolumeName(const fs::path & path)
{
  return !VolumeExtension(path).empty();
}

fs::path
WithoutVolumeExtension(const fs::path & path)
{
  const std::string name = path.string();
  return name.substr(0, name.size() - VolumeExtension(path).size());
}

std::string
OutputExtension(const fs::path & input)
{
  const std::string extension = VolumeExtension(input);
  if (extension.empty() || IsDicom(extension))
  {
    return ".nii.gz";
  }
  if (IsNifti(extension))
  {
    return extension == ".nii" ? ".nii" : ".nii.gz";
  }
  return extension == ".mhd" || extension == ".h5" || extension == ".hdf5" ? ".mha"
         : extension == ".nhdr"                                            ? ".nrrd"
         : extension == ".png" || extension[1] == 'j'                      ? ".tif"
                                                                           : extension;
}

std::string
ToString(FileType type)
{
  return type == FileType::Float32 ? "float32" : type == FileType::Int16Scaled ? "int16-scaled" : "uint8";
}

bool
IsSmallInteger(const std::string & component)
{
  return component == "int16" || component == "uint8" || component == "int8";
}

bool
HoldsDicomSeries(const fs::path & folder)
{
  std::error_code error;
  for (const auto & entry : fs::directory_iterator(folder, error))
  {
    if (!entry.is_regular_file(error))
    {
      continue;
    }
    const std::string extension = VolumeExtension(entry.path());
    if (IsDicom(extension))
    {
      return true;
    }
    if (extension.empty())
    {
      std::array<char, 132> head{};
      std::ifstream(entry.path(), std::ios::binary).read(head.data(), head.size());
      if (std::equal(head.end() - 4, head.end(), "DICM"))
      {
        return true;
      }
    }
  }
  return false;
}

Volume
ReadVolume(const fs::path & path, HashType hashType)
{
  const std::string extension = CheckedExtension(path);
  if (extension == ".png")
  {
    Volume picture = ReadPng(path, hashType);
    DropAlpha(picture);
    return picture;
  }
  return IsDicom(extension)   ? ReadDicom(path, hashType)
         : IsNifti(extension) ? ReadNifti(path, hashType)
                              : ReadItk(path, hashType);
}

bool
CanOpenVolume(const fs::path & path)
{
  const std::string extension = CheckedExtension(path);
  return IsWrittenAsNifti(extension) ||
         (extension != ".png" && !IsNifti(extension) && !IsDicom(extension) && CanOpenItk(path));
}

Volume
OpenVolume(const fs::path & path, HashType hashType)
{
  return IsWrittenAsNifti(CheckedExtension(path)) ? OpenNifti(path, hashType) : OpenItk(path, hashType);
}

void
FinishHash(Volume & volume)
{
  volume.hash = volume.inflated ? volume.inflated->FinishHash() : volume.digest->Finish();
}

std::string
HashVolume(const fs::path & path, HashType type)
{
  const std::string extension = CheckedExtension(path);
  Digest            digest(type);
  for (const fs::path & file : IsDicom(extension)   ? DicomFiles(path)
                               : IsNifti(extension) ? NiftiFiles(path)
                                                    : ItkFiles(path))
  {
    AddFile(digest, file);
  }
  return digest.Finish().text;
}

std::string
HashFile(const fs::path & file)
{
  if (IsVolumeName(file) || fs::is_directory(file))
  {
    return HashVolume(file);
  }
  Digest digest;
  AddFile(digest, file);
  return digest.Finish().text;
}

void
CheckWritable(const fs::path & path, FileType type)
{
  const std::string name = path.string();
  const std::string extension = VolumeExtension(path);
  if (extension.empty())
  {
    throw Error(name + ": its ending is not one of an image format that is written; " +
                "use .nii.gz, .nii, .nrrd, .nhdr, .mha, .mhd or .tif");
  }
  if (OutputExtension(path) != extension && extension != ".mhd" && extension != ".nhdr")
  {
    throw Error(name + ": " + extension + " is not written: float32 in one file is; use " + OutputExtension(path));
  }
  if (type == FileType::Int16Scaled && !IsWrittenAsNifti(extension))
  {
    throw Error(name + ": only NIfTI holds int16 with a scale; write .nii.gz, or float32");
  }
}

Quantisation
WriteVolume(const Volume &                volume,
            const fs::path &              path,
            const WriteOptions &          options,
            const std::function<void()> & beforeCommit)
{
  const std::string name = path.string();
  const std::string extension = VolumeExtension(path);
  CheckWritable(path, options.type);
  CheckConsistent(volume, name);

  AtomicOutput output(path);
  Quantisation rounding;
  if (IsWrittenAsNifti(extension))
  {
    rounding = WriteNifti(volume, output, name, extension == ".nii.gz", options);
  }
  else
  {
    WriteItk(volume, output, name, options);
  }
  if (beforeCommit)
  {
    beforeCommit();
  }
  output.Commit();
  return rounding;
}
} // namespace isolux
