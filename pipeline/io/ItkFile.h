#pragma once

#include "AtomicFile.h"
#include "Volume.h"

#include "itkImageIOBase.h"

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
/** "NRRD", "MetaImage", "TIFF", "HDF5" or "JPEG". */
std::string
ItkFormat(const std::string & extension);

/** The file itself, and the data files that its header names. \throws Error */
std::vector<std::filesystem::path>
ItkFiles(const std::filesystem::path & path);

/** \throws Error */
Volume
ReadItk(const std::filesystem::path & path, HashType hashType = HashType::Sha256);

/** Whether a MetaImage or NRRD file holds its pixels, binary and uncompressed, in one file, or a TIFF or
 * HDF5 file can be read in pieces. \throws Error */
bool
CanOpenItk(const std::filesystem::path & path);

/** MetaImage, NRRD, TIFF or HDF5, of which only the header is read: the channels are outputs of filters that read what
 * is requested. \throws Error */
Volume
OpenItk(const std::filesystem::path & path, HashType hashType = HashType::Sha256);

/** The header of a .mha or .nrrd of float32 or uint8, up to the pixels; `scratch` is where a file may be written.
 * \throws Error */
std::vector<char>
ItkHeaderBytes(const Volume & volume, FileType type, const std::filesystem::path & scratch, const std::string & name);

/** Into output.Path() and files beside it; `name` heads every error. \throws Error */
void
WriteItk(const Volume & volume, const AtomicOutput & output, const std::string & name, const WriteOptions & options);

/** "int16", "float32", ...; "" for a type that is not read. */
std::string
ComponentName(itk::ImageIOBase::IOComponentEnum component);

/** The whole file as one float buffer for each component. ReadImageInformation() was called. \throws Error */
std::vector<WorkImage::Pointer>
ReadChannels(itk::ImageIOBase & io, const std::string & name);

/** What an exception says, without ITK's source paths and object addresses, in one line. */
std::string
ShortDescription(const std::exception & exception);

/** Keeps ITK, GDCM and libtiff from writing to stderr while it lives. */
class QuietLibraries
{
public:
  QuietLibraries();
  ~QuietLibraries();
  QuietLibraries(const QuietLibraries &) = delete;
  QuietLibraries &
  operator=(const QuietLibraries &) = delete;

private:
  bool m_ItkWarnings;
};
} // namespace isolux
