#include "ItkFile.h"

#include "Bytes.h"
#include "Error.h"
#include "Grid.h"
#include "ItkRegionReader.h"
#include "LoadedLibrary.h"
#include "PixelType.h"
#include "RegionReader.h"
#include "TiffFile.h"

#include "itkJPEGImageIO.h"
#include "itkMetaImageIO.h"
#include "itkNrrdImageIO.h"
#include "itkTIFFImageIO.h"

#include <libdeflate.h>

#include <algorithm>
#include <cctype>
#include <cstdarg>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <sstream>

// The TIFF library inside ITK, whose headers are not installed; absent where ITK was built with the system's.
extern "C"
{
  using TiffHandler = void (*)(const char * module, const char * format, std::va_list arguments);
  [[gnu::weak]] TiffHandler
  itk_TIFFSetWarningHandler(TiffHandler handler);
  [[gnu::weak]] TiffHandler
  itk_TIFFSetErrorHandler(TiffHandler handler);
}

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
using Component = itk::ImageIOBase::IOComponentEnum;
using Pixel = itk::IOPixelEnum;

/** \throws Error where its library is not found. */
itk::ImageIOBase::Pointer
MakeHdf5ImageIO(const std::string & name)
{
  const auto make = reinterpret_cast<itk::ImageIOBase * (*)()>(
    LoadFunction("libisolux_hdf5.so", "isolux_make_hdf5_image_io", name, "HDF5"));
  itk::ImageIOBase::Pointer io = make();
  io->UnRegister();
  return io;
}

/** `name` heads the error of a library that is not found. */
itk::ImageIOBase::Pointer
MakeImageIO(const std::string & format, const std::string & name)
{
  if (format == "NRRD")
  {
    return itk::NrrdImageIO::New().GetPointer();
  }
  if (format == "MetaImage")
  {
    return itk::MetaImageIO::New().GetPointer();
  }
  if (format == "HDF5")
  {
    return MakeHdf5ImageIO(name);
  }
  if (format == "TIFF")
  {
    return itk::TIFFImageIO::New().GetPointer();
  }
  return itk::JPEGImageIO::New().GetPointer();
}

void
Split(Component component, const void * buffer, const std::vector<WorkImage::Pointer> & channels)
{
  switch (component)
  {
    case Component::UCHAR:
      return SplitChannels<unsigned char>(buffer, channels);
    case Component::CHAR:
      return SplitChannels<signed char>(buffer, channels);
    case Component::USHORT:
      return SplitChannels<unsigned short>(buffer, channels);
    case Component::SHORT:
      return SplitChannels<short>(buffer, channels);
    case Component::UINT:
      return SplitChannels<unsigned int>(buffer, channels);
    case Component::INT:
      return SplitChannels<int>(buffer, channels);
    case Component::ULONG:
      return SplitChannels<unsigned long>(buffer, channels);
    case Component::LONG:
      return SplitChannels<long>(buffer, channels);
    case Component::ULONGLONG:
      return SplitChannels<unsigned long long>(buffer, channels);
    case Component::LONGLONG:
      return SplitChannels<long long>(buffer, channels);
    case Component::FLOAT:
      return SplitChannels<float>(buffer, channels);
    default:
      return SplitChannels<double>(buffer, channels);
  }
}

/** Extents along x, y, z, t. */
Extents
CheckedExtents(const itk::ImageIOBase & io, const std::string & name)
{
  Extents extents{ 1, 1, 1, 1 };
  for (unsigned int axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
  {
    const auto extent = io.GetDimensions(axis);
    if (extent == 0)
    {
      throw Error(name + ": has no voxels: its extent along axis " + std::to_string(axis + 1) +
                  " is 0; make the file again");
    }
    if (axis < 4)
    {
      extents[axis] = extent;
    }
    else if (extent > 1)
    {
      throw Error(name + ": has more axes than x, y, z and t; split it");
    }
  }
  return extents;
}

void
CheckPixelType(const itk::ImageIOBase & io, const std::string & name)
{
  if (io.GetPixelType() == Pixel::COMPLEX)
  {
    throw Error(name + ": holds complex numbers, which are not read; convert it to the magnitude");
  }
  if (ComponentName(io.GetComponentType()).empty())
  {
    throw Error(name + ": its component type " + itk::ImageIOBase::GetComponentTypeAsString(io.GetComponentType()) +
                " is not read; convert it to an integer type, float32 or float64");
  }
}

void
SetGeometry(WorkImage & image, const itk::ImageIOBase & io)
{
  const unsigned int                   axes = std::min(4U, io.GetNumberOfDimensions());
  std::array<std::array<double, 3>, 3> columns{};
  std::array<double, 3>                origin{};
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    columns[axis][axis] = 1.0;
    if (axis < axes)
    {
      const std::vector<double> direction = io.GetDirection(axis);
      const double              spacing = std::abs(io.GetSpacing(axis));
      for (unsigned int row = 0; row < std::min(3U, axes); ++row)
      {
        columns[axis][row] = direction[row] * (std::isfinite(spacing) && spacing > 0.0 ? spacing : 1.0);
      }
      origin[axis] = std::isfinite(io.GetOrigin(axis)) ? io.GetOrigin(axis) : 0.0;
    }
  }
  if (!SetColumns(image, columns, origin))
  {
    SetColumns(image, { { { 1.0, 0.0, 0.0 }, { 0.0, 1.0, 0.0 }, { 0.0, 0.0, 1.0 } } }, origin);
  }
  if (axes > 3)
  {
    WorkImage::SpacingType spacing = image.GetSpacing();
    WorkImage::PointType   point = image.GetOrigin();
    const double           step = std::abs(io.GetSpacing(3));
    spacing[3] = std::isfinite(step) && step > 0.0 ? step : 1.0;
    point[3] = io.GetOrigin(3);
    image.SetSpacing(spacing);
    image.SetOrigin(point);
  }
}

/** Set where the TIFF library only warns of a part that lies beyond the file's end. */
thread_local bool tiffTruncated = false;

void
KeepTiffTruncation(const char *, const char * format, std::va_list)
{
  tiffTruncated = tiffTruncated || std::strstr(format, "IO error") != nullptr;
}

/** The text part of a MetaImage or NRRD file. */
struct TextHeader
{
  std::map<std::string, std::string> values; ///< by lower-case key without spaces
  std::vector<fs::path>              dataFiles;
  std::size_t                        end = 0; ///< where the pixels begin, unless there are data files

  /** "" where it is missing. */
  std::string
  Value(const std::string & key) const
  {
    const auto entry = values.find(key);
    return entry == values.end() ? "" : entry->second;
  }

  /** As MetaIO takes it. */
  bool
  IsTrue(const std::string & key) const
  {
    const auto value = this->Value(key);
    return !value.empty() && (value[0] == 'T' || value[0] == 't' || value[0] == '1');
  }
};

TextHeader
ParseTextHeader(const fs::path & path, const Bytes & bytes)
{
  TextHeader             header;
  const std::string_view text(bytes.Data(), bytes.Size());
  const auto             isSpace = [](unsigned char c) { return std::isspace(c) != 0; };
  bool                   isList = false;
  while (header.end < text.size())
  {
    const std::size_t newline = std::min(text.find('\n', header.end), text.size() - 1);
    std::string       line(text.substr(header.end, newline + 1 - header.end));
    header.end = newline + 1;
    while (!line.empty() && isSpace(static_cast<unsigned char>(line.back())))
    {
      line.pop_back();
    }
    if (line.empty())
    {
      break; // ends an NRRD header
    }
    if (isList)
    {
      header.dataFiles.push_back(path.parent_path() / line);
      continue;
    }
    const std::size_t split = line.find_first_of("=:");
    std::string       key = line.substr(0, std::min(split, line.size()));
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
    key.erase(std::remove_if(key.begin(), key.end(), isSpace), key.end());
    const std::string value = line.substr(std::min(line.find_first_not_of("=: \t", split), line.size()));
    header.values[key] = value;
    if (key != "elementdatafile" && key != "datafile")
    {
      continue;
    }
    isList = value.compare(0, 4, "LIST") == 0;
    if (value.find('%') != std::string::npos)
    {
      throw Error(path.string() + ": names its data files by a pattern (" + value +
                  "), which is not read; convert it to one file (.mha, .nrrd, .nii.gz)");
    }
    if (!isList && value != "LOCAL" && value != "Local" && value != "local")
    {
      header.dataFiles.push_back(path.parent_path() / value);
    }
    if (!isList && key == "elementdatafile")
    {
      break;
    }
  }
  return header;
}

/** ITK's MetaImage reader returns what was in memory where pixels are missing. */
void
CheckMetaPixels(const fs::path & path, const itk::ImageIOBase & io)
{
  const Bytes      bytes = ReadBytes(path);
  const TextHeader header = ParseTextHeader(path, bytes);
  if (!header.IsTrue("binarydata"))
  {
    return; // text has no size to check
  }
  const auto  expected = static_cast<std::size_t>(io.GetImageSizeInBytes());
  std::size_t found = 0;
  const auto  add = [&](const fs::path & file, const char * data, std::size_t size)
  {
    if (!header.IsTrue("compresseddata"))
    {
      found += size;
      return;
    }
    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    const Bytes inflated(expected);
    const auto  decompress = size > 0 && data[0] == '\x1f' ? libdeflate_gzip_decompress : libdeflate_zlib_decompress;
    std::size_t count = 0;
    if (!decompressor ||
        decompress(decompressor.get(), data, size, inflated.Data(), expected, &count) != LIBDEFLATE_SUCCESS)
    {
      throw Error(file.string() + ": its compressed pixels are truncated or damaged (" + std::to_string(size) +
                  " bytes found); copy or download it again");
    }
    found += count;
  };
  if (header.dataFiles.empty())
  {
    add(path, bytes.Data() + header.end, bytes.Size() - header.end);
  }
  for (const fs::path & file : header.dataFiles)
  {
    const Bytes data = ReadBytes(file);
    add(file, data.Data(), data.Size());
  }
  if (found < expected)
  {
    throw Error(path.string() + ": is truncated: " + std::to_string(expected) + " bytes of pixels expected, " +
                std::to_string(found) + " found; copy or download it again");
  }
}

/** libjpeg fills what is missing with grey and does not say so. */
void
CheckJpegEnd(const Bytes & bytes, const std::string & name)
{
  const std::string_view text(bytes.Data(), bytes.Size());
  const std::size_t      scan = text.rfind("\xff\xda");
  const std::size_t      end = text.rfind("\xff\xd9");
  if (scan != std::string_view::npos && (end == std::string_view::npos || end < scan))
  {
    throw Error(name + ": is truncated: no end marker in the " + std::to_string(bytes.Size()) +
                " bytes found; copy or download it again");
  }
}

/** True where spacing, origin and direction do not reach beyond the first `axes` axes. */
bool
IsFlat(const WorkImage & image, unsigned int axes)
{
  for (unsigned int i = 0; i < axes; ++i)
  {
    for (unsigned int j = axes; j < 3; ++j)
    {
      if (std::abs(image.GetDirection()[i][j]) > 1e-9 || std::abs(image.GetDirection()[j][i]) > 1e-9 ||
          image.GetOrigin()[j] != 0.0)
      {
        return false;
      }
    }
  }
  return true;
}

/** What TIFF holds: a spacing in the plane, nothing else. */
void
CheckTiff(const Volume & volume, const std::string & name)
{
  const WorkImage & image = *volume.channels.front();
  if (volume.channels.size() != 1 && volume.channels.size() != 3 && volume.channels.size() != 4)
  {
    throw Error(name + ": TIFF holds 1, 3 or 4 channels, not " + std::to_string(volume.channels.size()) +
                "; write .nii.gz, .mha or .nrrd");
  }
  if (volume.axes > 3)
  {
    throw Error(name + ": TIFF holds 2 or 3 axes, not " + std::to_string(volume.axes) +
                "; write .nii.gz, .mha or .nrrd");
  }
  WorkImage::DirectionType identity;
  identity.SetIdentity();
  bool held = image.GetDirection() == identity && (volume.axes == 2 || image.GetSpacing()[2] == 1.0);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    held = held && image.GetOrigin()[axis] == 0.0;
  }
  if (!held)
  {
    throw Error(name + ": TIFF cannot hold the image's position in space (" + DescribeGrid(image) +
                "); write .nii.gz, .mha or .nrrd");
  }
}

/** Runs `work`, whose failures become an Error headed by `name`, without the temporary folder `hidden`. */
template <typename TWork>
void
Guarded(const std::string & name,
        const std::string & failure,
        const std::string & wayOut,
        const fs::path &    hidden,
        const TWork &       work)
{
  try
  {
    work();
  }
  catch (const Error &)
  {
    throw;
  }
  catch (const std::bad_alloc &)
  {
    throw Error(name + ": " + failure + ": out of memory; free memory or use a larger machine");
  }
  catch (const std::exception & exception)
  {
    std::string       reason = ShortDescription(exception);
    const std::string folder = hidden.string() + "/";
    for (std::size_t at = reason.find(folder); !hidden.empty() && at != std::string::npos; at = reason.find(folder))
    {
      reason.erase(at, folder.size());
    }
    throw Error(name + ": " + failure + ": " + reason + "; " + wayOut);
  }
}

/** ITK's writers do not report a full disk: what was written must read back. */
void
Verify(const Volume & volume, FileType type, const fs::path & path, const std::string & name)
{
  bool same = false;
  try
  {
    const Volume back = ReadItk(path);
    same = back.channels.size() == volume.channels.size();
    for (std::size_t i = 0; same && i < volume.channels.size(); ++i)
    {
      const std::size_t   count = volume.channels[i]->GetPixelContainer()->Size();
      const float * const read = back.channels[i]->GetBufferPointer();
      same = back.channels[i]->GetPixelContainer()->Size() == count;
      if (same && type == FileType::UInt8)
      {
        const std::vector<unsigned char> written = ToUInt8(*volume.channels[i]);
        same = std::equal(written.begin(), written.end(), read);
      }
      else if (same)
      {
        same = std::memcmp(volume.channels[i]->GetBufferPointer(), read, sizeof(float) * count) == 0;
      }
    }
  }
  catch (const Error &)
  {
    same = false;
  }
  if (!same)
  {
    throw Error(name + ": was not written whole; free space or choose another output folder");
  }
}
/** Everything but compression and the pixels. */
void
Describe(itk::ImageIOBase & io, const Volume & volume, const std::string & format, const WorkImage::SizeType & size)
{
  const WorkImage & image = *volume.channels.front();
  // A plane that lies askew in space keeps its position as a volume of one slice.
  const unsigned int axes = std::max(volume.axes, IsFlat(image, volume.axes) ? 2U : 3U);

  const auto channelCount = static_cast<unsigned int>(volume.channels.size());
  io.SetNumberOfDimensions(axes);
  itk::ImageIORegion region(axes);
  for (unsigned int axis = 0; axis < axes; ++axis)
  {
    std::vector<double> direction(axes);
    for (unsigned int row = 0; row < axes; ++row)
    {
      direction[row] = image.GetDirection()[row][axis];
    }
    io.SetDimensions(axis, size[axis]);
    io.SetSpacing(axis, image.GetSpacing()[axis]);
    io.SetOrigin(axis, image.GetOrigin()[axis]);
    io.SetDirection(axis, direction);
    region.SetSize(axis, size[axis]);
  }
  io.SetIORegion(region);
  io.SetComponentType(Component::FLOAT);
  io.SetNumberOfComponents(channelCount);
  io.SetPixelType(channelCount == 1   ? Pixel::SCALAR
                  : format != "TIFF"  ? Pixel::VECTOR
                  : channelCount == 3 ? Pixel::RGB
                                      : Pixel::RGBA);
  if (volume.format == format)
  {
    io.SetMetaDataDictionary(volume.dictionary);
  }
}

/** Much more than any header of text takes. */
constexpr std::size_t LongestHeader = std::size_t{ 1 } << 20;

} // namespace

QuietLibraries::QuietLibraries()
  : m_ItkWarnings(itk::Object::GetGlobalWarningDisplay())
{
  itk::Object::SetGlobalWarningDisplay(false);
  if (itk_TIFFSetWarningHandler && itk_TIFFSetErrorHandler)
  {
    itk_TIFFSetWarningHandler(KeepTiffTruncation);
    itk_TIFFSetErrorHandler(nullptr); // ITK throws instead
  }
}

QuietLibraries::~QuietLibraries()
{
  itk::Object::SetGlobalWarningDisplay(m_ItkWarnings);
}

std::string
ShortDescription(const std::exception & exception)
{
  const auto * const itkException = dynamic_cast<const itk::ExceptionObject *>(&exception);
  std::string        text = itkException ? itkException->GetDescription() : exception.what();
  const std::size_t  address = text.find("(0x");
  const std::size_t  begin = address == std::string::npos ? address : text.find("): ", address);
  if (begin != std::string::npos)
  {
    text.erase(0, begin + 3);
  }
  std::istringstream words(text);
  std::string        line;
  for (std::string word; words >> word;)
  {
    line += (line.empty() ? "" : " ") + word;
  }
  while (!line.empty() && (line.back() == '.' || line.back() == '!'))
  {
    line.pop_back();
  }
  return line;
}

std::string
ItkFormat(const std::string & extension)
{
  return extension == ".nrrd" || extension == ".nhdr"  ? "NRRD"
         : extension == ".mha" || extension == ".mhd"  ? "MetaImage"
         : extension == ".tif" || extension == ".tiff" ? "TIFF"
         : extension == ".h5" || extension == ".hdf5"  ? "HDF5"
                                                       : "JPEG";
}

std::string
ComponentName(Component component)
{
  switch (component)
  {
    case Component::UCHAR:
      return "uint8";
    case Component::CHAR:
      return "int8";
    case Component::USHORT:
      return "uint16";
    case Component::SHORT:
      return "int16";
    case Component::UINT:
      return "uint32";
    case Component::INT:
      return "int32";
    case Component::ULONG:
    case Component::ULONGLONG:
      return "uint64";
    case Component::LONG:
    case Component::LONGLONG:
      return "int64";
    case Component::FLOAT:
      return "float32";
    case Component::DOUBLE:
      return "float64";
    default:
      return "";
  }
}

std::vector<WorkImage::Pointer>
ReadChannels(itk::ImageIOBase & io, const std::string & name)
{
  const Extents extents = CheckedExtents(io, name);
  CheckPixelType(io, name);
  itk::ImageIORegion region(io.GetNumberOfDimensions());
  for (unsigned int axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
  {
    region.SetSize(axis, io.GetDimensions(axis));
  }
  io.SetIORegion(region);

  std::vector<WorkImage::Pointer> channels;
  for (unsigned int i = 0; i < io.GetNumberOfComponents(); ++i)
  {
    channels.push_back(MakeImage(extents));
    SetGeometry(*channels.back(), io);
  }
  if (channels.size() == 1 && io.GetComponentType() == Component::FLOAT)
  {
    io.Read(channels.front()->GetBufferPointer());
  }
  else
  {
    const Bytes buffer(static_cast<std::size_t>(io.GetImageSizeInBytes()));
    io.Read(buffer.Data());
    Split(io.GetComponentType(), buffer.Data(), channels);
  }
  return channels;
}

std::vector<fs::path>
ItkFiles(const fs::path & path)
{
  const std::string     format = ItkFormat(VolumeExtension(path));
  std::vector<fs::path> files{ path };
  if (format == "MetaImage" || format == "NRRD")
  {
    const TextHeader header = ParseTextHeader(path, ReadBytes(path));
    files.insert(files.end(), header.dataFiles.begin(), header.dataFiles.end());
  }
  return files;
}

Volume
ReadItk(const fs::path & path, HashType hashType)
{
  if (ItkFormat(VolumeExtension(path)) == "TIFF" && IsOfTiles(path))
  {
    Volume volume = OpenItk(path, hashType);
    for (const auto & channel : volume.channels)
    {
      channel->Update();
      channel->DisconnectPipeline();
    }
    FinishHash(volume);
    volume.sources.clear();
    volume.digest.reset();
    return volume;
  }
  const std::string    name = path.string();
  const QuietLibraries quiet;
  Volume               volume;
  volume.format = ItkFormat(VolumeExtension(path));
  {
    const Bytes bytes = ReadBytes(path);
    Digest      digest(hashType);
    digest.Add(bytes);
    if (volume.format == "JPEG")
    {
      CheckJpegEnd(bytes, name);
    }
    else if (volume.format == "MetaImage" || volume.format == "NRRD")
    {
      const TextHeader header = ParseTextHeader(path, bytes);
      if (volume.format == "MetaImage" &&
          (header.values.count("dimsize") == 0 || header.values.count("elementdatafile") == 0))
      {
        throw Error(name + ": is not a whole MetaImage file: it has no DimSize or no ElementDataFile; " +
                    "copy it again, or give it the ending of its true format");
      }
      for (const fs::path & file : header.dataFiles)
      {
        digest.Add(ReadBytes(file));
      }
    }
    volume.hash = digest.Finish();
  }

  const itk::ImageIOBase::Pointer io = MakeImageIO(volume.format, name);
  Guarded(name,
          "cannot be read as " + volume.format,
          "it is damaged, truncated or of another format",
          "",
          [&]
          {
            tiffTruncated = false;
            if (!io->CanReadFile(path.c_str()))
            {
              throw Error(name + ": is not a " + volume.format + " file; give it the ending of its true format");
            }
            io->SetFileName(path.c_str());
            io->ReadImageInformation();
            if (volume.format == "MetaImage")
            {
              CheckMetaPixels(path, *io);
            }
            volume.channels = ReadChannels(*io, name);
            if (tiffTruncated)
            {
              throw Error(name + ": is truncated: a part of it lies beyond its end; copy or download it again");
            }
          });
  volume.component = ComponentName(io->GetComponentType());
  volume.dictionary = io->GetMetaDataDictionary();

  const auto & size = volume.channels.front()->GetLargestPossibleRegion().GetSize();
  volume.axes = CountAxes({ size[0], size[1], size[2], size[3] });
  return volume;
}

bool
CanOpenItk(const fs::path & path)
{
  const auto format = ItkFormat(VolumeExtension(path));
  if (format != "MetaImage" && format != "NRRD")
  {
    return format == "HDF5" || (format == "TIFF" && CanOpenTiff(path));
  }
  const TextHeader header = ParseTextHeader(path, ReadFirstBytes(path, LongestHeader));
  if (header.dataFiles.size() > 1)
  {
    return false;
  }
  if (format == "MetaImage")
  {
    return header.IsTrue("binarydata") && !header.IsTrue("compresseddata") &&
           (header.Value("headersize").empty() || header.Value("headersize") == "0") &&
           !header.Value("elementdatafile").empty();
  }
  // Components lie together only where theirs is the first axis.
  std::istringstream kinds(header.Value("kinds"));
  unsigned int       axis = 0;
  bool               areTogether = true;
  for (std::string kind; kinds >> kind; ++axis)
  {
    const bool isOfSpace = kind == "domain" || kind == "space" || kind == "time" || kind == "???" || kind == "none";
    areTogether = areTogether && (isOfSpace || axis == 0) && kind.find("matrix") == std::string::npos;
  }
  return header.Value("encoding") == "raw" && header.Value("lineskip").empty() && header.Value("byteskip").empty() &&
         areTogether;
}

Volume
OpenItk(const fs::path & path, HashType hashType)
{
  ReadFirstBytes(path, 1); // for its errors
  const QuietLibraries quiet;
  const std::string    name = path.string();
  Volume               volume;
  volume.format = ItkFormat(VolumeExtension(path));
  const auto io = MakeImageIO(volume.format, name);
  Guarded(name,
          "cannot be read as " + volume.format,
          "it is damaged, truncated or of another format",
          "",
          [&]
          {
            if (!io->CanReadFile(path.c_str()))
            {
              throw Error(name + ": is not a " + volume.format + " file; give it the ending of its true format");
            }
            io->SetFileName(path.c_str());
            io->ReadImageInformation();
          });
  CheckPixelType(*io, name);
  volume.component = ComponentName(io->GetComponentType());
  volume.dictionary = io->GetMetaDataDictionary();
  const Extents extents = CheckedExtents(*io, name);
  volume.axes = CountAxes(extents);
  auto grid = WorkImage::New();
  grid->SetRegions(SizeOf(extents));
  SetGeometry(*grid, *io);
  if (volume.format == "TIFF")
  {
    OpenTiffPixels(path, *grid, volume);
  }
  if (volume.format == "HDF5")
  {
    for (unsigned int component = 0; component < io->GetNumberOfComponents(); ++component)
    {
      auto reader = ItkRegionReader::New();
      reader->SetImageIO(io, grid, component);
      reader->UpdateOutputInformation();
      volume.channels.emplace_back(reader->GetOutput());
      volume.sources.emplace_back(reader.GetPointer());
    }
  }
  if (!volume.channels.empty())
  {
    volume.digest = std::make_shared<RunningDigest>("", path, hashType);
    return volume;
  }

  const TextHeader    header = ParseTextHeader(path, ReadFirstBytes(path, LongestHeader));
  const bool          isApart = !header.dataFiles.empty();
  const fs::path      file = isApart ? header.dataFiles.front() : path;
  const std::size_t   bytes = io->GetComponentSize();
  const std::size_t   components = io->GetNumberOfComponents();
  const std::uint64_t begin = isApart ? 0 : header.end;
  const auto          expected = begin + static_cast<std::uint64_t>(io->GetImageSizeInBytes());
  const auto          found = fs::file_size(file);
  if (found < expected)
  {
    throw Error(file.string() + ": is truncated: " + std::to_string(expected) + " bytes expected, " +
                std::to_string(found) + " found; copy or download it again");
  }
  const bool isSwapped = bytes > 1 && (header.IsTrue("binarydatabyteordermsb") ||
                                       header.IsTrue("elementbyteordermsb") || header.Value("endian") == "big");
  volume.digest = std::make_shared<RunningDigest>(isApart ? path : fs::path(), file, hashType);
  for (std::size_t channel = 0; channel < components; ++channel)
  {
    StoredPixels pixels;
    pixels.file = file;
    pixels.begin = begin + channel * bytes;
    pixels.step = bytes * components;
    pixels.isFloat32 = components == 1 && !isSwapped && io->GetComponentType() == Component::FLOAT;
    pixels.convert = [&type = PixelTypeOf(volume.component), components, isSwapped](
                       const char * source, std::size_t count, float * target)
    { type.convert(source, count, components, isSwapped, {}, target); };
    auto reader = RegionReader::New();
    reader->SetPixels(pixels, grid, volume.digest);
    reader->UpdateOutputInformation();
    volume.channels.emplace_back(reader->GetOutput());
    volume.sources.emplace_back(reader.GetPointer());
  }
  return volume;
}

std::vector<char>
ItkHeaderBytes(const Volume & volume, FileType type, const fs::path & scratch, const std::string & name)
{
  const QuietLibraries quiet;
  const std::string    format = ItkFormat(VolumeExtension(scratch));
  const auto           io = MakeImageIO(format, name);
  const float          voxel = 0.0F;
  WorkImage::SizeType  one;
  one.Fill(1);
  Describe(*io, volume, format, one); // of one voxel: the sizes are put in its place
  if (type == FileType::UInt8)
  {
    io->SetComponentType(Component::UCHAR);
  }
  io->SetFileName(scratch.string());
  io->SetUseCompression(false);
  Guarded(name,
          "cannot be written as " + format,
          "free space or choose another output folder",
          scratch.parent_path(),
          [&] { io->Write(&voxel); });
  const Bytes bytes = ReadBytes(scratch);
  std::string text(bytes.Data(), ParseTextHeader(scratch, bytes).end);
  std::string sizes;
  for (unsigned int axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
  {
    sizes += ' ' + std::to_string(volume.channels.front()->GetLargestPossibleRegion().GetSize(axis));
  }
  const std::string key = format == "NRRD" ? "\nsizes:" : "\nDimSize =";
  const auto        line = text.find(key);
  if (line == std::string::npos)
  {
    throw Error(name + ": its header cannot be written; write .nii");
  }
  const auto begin = line + key.size();
  text.replace(begin, text.find('\n', begin) - begin, sizes);
  return { text.begin(), text.end() };
}

void
WriteItk(const Volume & volume, const AtomicOutput & output, const std::string & name, const WriteOptions & options)
{
  const QuietLibraries            quiet;
  const std::string               format = ItkFormat(VolumeExtension(output.Path()));
  const WorkImage &               image = *volume.channels.front();
  const auto &                    size = image.GetLargestPossibleRegion().GetSize();
  const itk::ImageIOBase::Pointer io = MakeImageIO(format, name);
  if (format == "TIFF")
  {
    CheckTiff(volume, name);
  }
  if (options.type == FileType::UInt8 && volume.channels.size() > 1)
  {
    throw Error(name + ": only one channel is written as uint8, not " + std::to_string(volume.channels.size()) +
                "; write float32");
  }
  io->SetFileName(output.Path().string());
  Describe(*io, volume, format, size);
  const auto channelCount = volume.channels.size();
  io->SetUseCompression(options.compression > 0);
  if (format == "TIFF" && options.compression > 0)
  {
    io->SetCompressor("Deflate");
  }
  else if (options.compression > 0)
  {
    io->SetCompressionLevel(std::min(options.compression, 9));
  }

  const void *       pixels = image.GetBufferPointer();
  std::vector<float> interleaved;
  if (channelCount > 1)
  {
    interleaved.resize(image.GetPixelContainer()->Size() * channelCount);
    for (std::size_t channel = 0; channel < channelCount; ++channel)
    {
      const float * const source = volume.channels[channel]->GetBufferPointer();
      for (std::size_t i = 0; i < image.GetPixelContainer()->Size(); ++i)
      {
        interleaved[i * channelCount + channel] = source[i];
      }
    }
    pixels = interleaved.data();
  }
  std::vector<unsigned char> bytes;
  if (options.type == FileType::UInt8)
  {
    bytes = ToUInt8(image);
    pixels = bytes.data();
    io->SetComponentType(Component::UCHAR);
  }
  Guarded(name,
          "cannot be written as " + format,
          "free space or choose another output folder",
          output.Path().parent_path(),
          [&] { io->Write(pixels); });
  Verify(volume, options.type, output.Path(), name);
}
} // namespace isolux
