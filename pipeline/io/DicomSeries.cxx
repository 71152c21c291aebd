#include "DicomSeries.h"

#include "Bytes.h"
#include "DicomLibrary.h"
#include "Error.h"
#include "Grid.h"
#include "ItkFile.h"
#include "LoadedLibrary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <numeric>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
using Vector = std::array<double, 3>;

/** Of a slice distance, from one slice to the next. */
constexpr double UnevenTolerance = 0.05;
/** Between the axes of two slices, as a component of a unit vector. */
constexpr double DirectionTolerance = 1e-3;

double
Dot(const Vector & a, const Vector & b)
{
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

const DicomLibrary &
LoadLibrary(const fs::path & path)
{
  const auto library = reinterpret_cast<const DicomLibrary * (*)()>(
    LoadFunction("libisolux_dicom.so", "isolux_dicom_library", path.string(), "DICOM"));
  return *library();
}

struct Slice
{
  fs::path                    path;
  itk::ImageIOBase::Pointer   io;
  std::array<unsigned int, 3> size{};
  std::array<Vector, 3>       direction{}; ///< columns
  Vector                      spacing{};
  Vector                      origin{};
  double                      position = 0.0; ///< mm along the normal
};

Slice
Inspect(const DicomLibrary & library, const fs::path & path)
{
  Slice slice;
  slice.path = path;
  slice.io = library.makeImageIO();
  if (!slice.io->CanReadFile(path.c_str()))
  {
    throw Error(path.string() + ": is not a DICOM file; give it the ending of its true format");
  }
  slice.io->SetFileName(path.string());
  slice.io->ReadImageInformation();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    slice.size[axis] = static_cast<unsigned int>(slice.io->GetDimensions(axis));
    slice.spacing[axis] = slice.io->GetSpacing(axis);
    slice.origin[axis] = slice.io->GetOrigin(axis);
    const std::vector<double> column = slice.io->GetDirection(axis);
    std::copy_n(column.begin(), 3, slice.direction[axis].begin());
  }
  slice.position = Dot(slice.origin, slice.direction[2]);
  return slice;
}

/** GDCM fills what is missing of the pixels and does not say so. */
void
CheckPixels(const Bytes & bytes, const itk::ImageIOBase & io, const std::string & name)
{
  using namespace std::string_view_literals;
  const std::string_view text(bytes.Data(), bytes.Size());
  const std::string_view tag = "\xe0\x7f\x10\x00"sv; // little-endian, as all but a retired transfer syntax
  std::size_t            count = io.GetNumberOfComponents();
  for (unsigned int axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
  {
    count *= io.GetDimensions(axis);
  }
  for (std::size_t at = text.find(tag); at != std::string_view::npos; at = text.find(tag, at + 1))
  {
    const std::string_view type = text.substr(at + 4, 4);
    const bool             isExplicit = type == "OW\0\0"sv || type == "OB\0\0"sv;
    const std::size_t      begin = at + (isExplicit ? 12 : 8);
    std::uint32_t          length = 0;
    if (begin > text.size())
    {
      break;
    }
    std::memcpy(&length, bytes.Data() + begin - sizeof(length), sizeof(length));
    // 1 to 8 whole bytes a component: any other length is that of an icon, or of pixels that look like the tag.
    const bool isNative = length / 8 <= count && length >= count && (length - count % 2) % count == 0;
    const bool isEncapsulated = isExplicit && length == 0xffffffff;
    if (isNative && begin + length > text.size())
    {
      throw Error(name + ": is truncated: " + std::to_string(length) + " bytes of pixels expected, " +
                  std::to_string(text.size() - begin) + " found; copy or export it again");
    }
    if (isEncapsulated && text.find("\xfe\xff\xdd\xe0"sv, begin) == std::string_view::npos)
    {
      throw Error(name + ": is truncated: its compressed pixels have no end in the " + std::to_string(text.size()) +
                  " bytes found; copy or export it again");
    }
    if (isNative || isEncapsulated)
    {
      break;
    }
  }
}

std::vector<fs::path>
SeriesFiles(const DicomLibrary & library, const fs::path & folder)
{
  const auto series = library.series(folder.string());
  if (series.empty())
  {
    throw Error(folder.string() + ": holds no DICOM series; give an image file, or the folder of one series");
  }
  if (series.size() > 1)
  {
    std::string list;
    for (const auto & one : series)
    {
      list += (list.empty() ? "" : ", ") + one.uid + " (" + std::to_string(one.files.size()) + " files)";
    }
    throw Error(folder.string() + ": holds " + std::to_string(series.size()) + " DICOM series: " + list +
                "; put each into a folder of its own");
  }
  return { series.front().files.begin(), series.front().files.end() };
}

/** Sorts by position, and checks that the slices are one evenly spaced stack. */
void
OrderSlices(std::vector<Slice> & slices, const std::string & name)
{
  // Equal positions by file name, so that the message below does not depend on the folder's order.
  std::sort(slices.begin(),
            slices.end(),
            [](const Slice & a, const Slice & b)
            { return a.position != b.position ? a.position < b.position : a.path < b.path; });
  const Slice & first = slices.front();
  for (const Slice & slice : slices)
  {
    if (slice.size[0] != first.size[0] || slice.size[1] != first.size[1] || slice.size[2] != 1)
    {
      throw Error(name + ": its slices differ in size, or hold several frames (" + first.path.filename().string() +
                  ", " + slice.path.filename().string() + "); put each image into a folder of its own");
    }
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      for (unsigned int row = 0; row < 3; ++row)
      {
        if (std::abs(slice.direction[axis][row] - first.direction[axis][row]) > DirectionTolerance)
        {
          throw Error(name + ": its slices differ in orientation (" + first.path.filename().string() + ", " +
                      slice.path.filename().string() + "), as localizers do; put each stack into a folder of its own");
        }
      }
    }
  }
  const auto distance = [&](std::size_t i) { return slices[i].position - slices[i - 1].position; };
  const auto pair = [&](std::size_t i)
  { return name + ": " + slices[i - 1].path.filename().string() + " and " + slices[i].path.filename().string(); };
  for (std::size_t i = 1; i < slices.size(); ++i)
  {
    if (distance(i) < 1e-4)
    {
      throw Error(pair(i) + " lie at the same position, as time points, echoes or copies do; " +
                  "put each volume into a folder of its own, or convert the series to a 4-D NIfTI");
    }
  }
  const double step = (slices.back().position - first.position) / static_cast<double>(slices.size() - 1);
  for (std::size_t i = 1; i < slices.size(); ++i)
  {
    if (std::abs(distance(i) - step) > UnevenTolerance * step)
    {
      throw Error(pair(i) + " are " + std::to_string(distance(i)) + " mm apart, " + std::to_string(step) +
                  " mm on average; add the missing slices, or resample the series to even distances");
    }
  }
}

std::vector<Slice>
OrderedSlices(const DicomLibrary & library, const fs::path & path)
{
  std::vector<Slice> slices;
  if (!fs::is_directory(path))
  {
    ReadBytes(path); // missing or empty
    slices.push_back(Inspect(library, path));
    return slices;
  }
  for (const fs::path & file : SeriesFiles(library, path))
  {
    slices.push_back(Inspect(library, file));
  }
  if (slices.size() > 1)
  {
    OrderSlices(slices, path.string());
  }
  return slices;
}

Volume
ReadSlices(const DicomLibrary & library, const std::vector<Slice> & slices, const std::string & name, HashType hashType)
{
  Volume                volume;
  const Slice &         first = slices.front();
  const Slice &         last = slices.back();
  Extents               extents{ first.size[0], first.size[1], first.size[2], 1 };
  std::array<Vector, 3> columns = first.direction;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    for (double & value : columns[axis])
    {
      value *= first.spacing[axis];
    }
  }
  if (slices.size() > 1)
  {
    extents[2] = slices.size();
    // From slice to slice, which is not along the normal under a tilted gantry.
    const double gaps = static_cast<double>(slices.size() - 1);
    const double step = (last.position - first.position) / gaps;
    bool         tilted = false;
    for (unsigned int row = 0; row < 3; ++row)
    {
      columns[2][row] = (last.origin[row] - first.origin[row]) / gaps;
      tilted = tilted || std::abs(columns[2][row] / step - first.direction[2][row]) > DirectionTolerance;
    }
    if (!tilted)
    {
      std::transform(first.direction[2].begin(),
                     first.direction[2].end(),
                     columns[2].begin(),
                     [&](double value) { return value * step; });
    }
  }

  Digest digest(hashType);
  for (std::size_t i = 0; i < slices.size(); ++i)
  {
    const Bytes bytes = ReadBytes(slices[i].path);
    digest.Add(bytes);
    CheckPixels(bytes, *slices[i].io, slices[i].path.string());
    const std::vector<WorkImage::Pointer> planes = ReadChannels(*slices[i].io, slices[i].path.string());
    if (volume.channels.empty())
    {
      for (std::size_t channel = 0; channel < planes.size(); ++channel)
      {
        volume.channels.push_back(slices.size() > 1 ? MakeImage(extents) : planes[channel]);
        SetColumns(*volume.channels.back(), columns, first.origin);
      }
    }
    if (planes.size() != volume.channels.size())
    {
      throw Error(name + ": its slices differ in their number of channels; put each image into a folder of its own");
    }
    if (slices.size() > 1)
    {
      for (std::size_t channel = 0; channel < planes.size(); ++channel)
      {
        const std::size_t count = planes[channel]->GetPixelContainer()->Size();
        std::copy_n(
          planes[channel]->GetBufferPointer(), count, volume.channels[channel]->GetBufferPointer() + i * count);
      }
    }
  }
  volume.axes = CountAxes(extents);
  volume.component = ComponentName(library.storedComponent(*first.io));
  volume.hash = digest.Finish();
  return volume;
}

/** What f(library) returns. What GDCM throws becomes an Error headed by the path. */
template <typename TFunction>
auto
WithLibrary(const fs::path & path, const TFunction & f)
{
  const std::string    name = path.string();
  const QuietLibraries quiet;
  const auto &         library = LoadLibrary(path);
  library.silence();
  try
  {
    return f(library);
  }
  catch (const Error &)
  {
    throw;
  }
  catch (const std::bad_alloc &)
  {
    throw Error(name + ": cannot be read as DICOM: out of memory; free memory or use a larger machine");
  }
  catch (const std::exception & exception)
  {
    throw Error(name + ": cannot be read as DICOM: " + ShortDescription(exception) +
                "; it is damaged, truncated or of another format");
  }
}
} // namespace

std::vector<fs::path>
DicomFiles(const fs::path & path)
{
  return WithLibrary(path,
                     [&](const DicomLibrary & library)
                     {
                       std::vector<fs::path> files;
                       for (const Slice & slice : OrderedSlices(library, path))
                       {
                         files.push_back(slice.path);
                       }
                       return files;
                     });
}

Volume
ReadDicom(const fs::path & path, HashType hashType)
{
  return WithLibrary(path,
                     [&](const DicomLibrary & library)
                     {
                       Volume volume = ReadSlices(library, OrderedSlices(library, path), path.string(), hashType);
                       volume.format = fs::is_directory(path) ? "DICOM series" : "DICOM";
                       return volume;
                     });
}
} // namespace isolux
