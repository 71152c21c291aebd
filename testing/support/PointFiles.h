#pragma once

#include "Icosphere.h"
#include "TemporaryFolder.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

// Small files of points, written here without the code under test.
namespace isolux::testing
{
enum class Encoding
{
  Ascii,
  Base64,
  GZip
};

template <typename T>
std::string
BytesOf(const std::vector<T> & values, bool bigEndian)
{
  std::string bytes;
  for (const T value : values)
  {
    char buffer[sizeof(T)];
    std::memcpy(buffer, &value, sizeof(T));
    bytes.append(buffer, sizeof(T));
    if (bigEndian)
    {
      std::reverse(bytes.end() - sizeof(T), bytes.end());
    }
  }
  return bytes;
}

template <typename T>
std::string
TextOf(const std::vector<T> & values)
{
  std::ostringstream text;
  text.precision(17);
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    text << (i == 0 ? "" : i % 3 == 0 ? "\n" : " ") << +values[i];
  }
  return text.str();
}

inline std::string
Base64Of(const std::string & bytes)
{
  const char * const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string        text;
  for (std::size_t i = 0; i < bytes.size(); i += 3)
  {
    const auto at = [&](std::size_t place)
    { return place < bytes.size() ? static_cast<unsigned int>(static_cast<unsigned char>(bytes[place])) : 0U; };
    const unsigned int bits = (at(i) << 16U) | (at(i + 1) << 8U) | at(i + 2);
    text += digits[bits >> 18U];
    text += digits[(bits >> 12U) & 63U];
    text += i + 1 < bytes.size() ? digits[(bits >> 6U) & 63U] : '=';
    text += i + 2 < bytes.size() ? digits[bits & 63U] : '=';
  }
  return text;
}

/** A DataArray; `columns` values to a row, 0 for a one-dimensional array. */
template <typename T>
std::string
GiftiArray(const std::string &    intent,
           const std::string &    type,
           const std::string &    name,
           const std::vector<T> & values,
           std::size_t            columns = 0,
           Encoding               encoding = Encoding::Ascii,
           bool                   bigEndian = false,
           const std::string &    order = "RowMajorOrder")
{
  std::string data = encoding == Encoding::Ascii ? TextOf(values) : BytesOf(values, bigEndian);
  if (encoding == Encoding::GZip)
  {
    uLongf      size = compressBound(data.size());
    std::string deflated(size, '\0');
    compress(reinterpret_cast<Bytef *>(deflated.data()),
             &size,
             reinterpret_cast<const Bytef *>(data.data()),
             static_cast<uLong>(data.size()));
    deflated.resize(size);
    data = deflated;
  }
  const std::size_t rows = columns > 0 ? values.size() / columns : values.size();
  return "<DataArray Intent=\"" + intent + "\"\n  DataType = '" + type + "' ArrayIndexingOrder=\"" + order +
         "\" Dimensionality=\"" + (columns > 0 ? "2" : "1") + "\" Dim0=\"" + std::to_string(rows) + "\"" +
         (columns > 0 ? " Dim1=\"" + std::to_string(columns) + "\"" : "") + " Encoding=\"" +
         (encoding == Encoding::Ascii    ? "ASCII"
          : encoding == Encoding::Base64 ? "Base64Binary"
                                         : "GZipBase64Binary") +
         "\" Endian=\"" + (bigEndian ? "BigEndian" : "LittleEndian") +
         "\" ExternalFileName=\"\" ExternalFileOffset=\"\">\n<MetaData><MD><Name>Name</Name><Value><![CDATA[" + name +
         "]]></Value></MD><MD><Name>kept</Name><Value>&lt;&amp;&gt;</Value></MD></MetaData>\n<Data>" +
         (encoding == Encoding::Ascii ? data : Base64Of(data)) + "</Data>\n</DataArray>\n";
}

inline std::string
GiftiText(const std::string & arrays)
{
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE GIFTI SYSTEM "
         "\"http://www.nitrc.org/frs/download.php/115/gifti.dtd\">\n<GIFTI Version=\"1.0\" NumberOfDataArrays=\"9\">"
         "<!-- a comment -->\n<MetaData><MD><Name>AnatomicalStructurePrimary</Name><Value>CortexLeft</Value></MD>"
         "</MetaData>\n<LabelTable/>\n" +
         arrays + "</GIFTI>\n";
}

/** Points and triangles. */
inline std::string
GiftiSurface(const Surface & surface, Encoding encoding = Encoding::GZip)
{
  std::vector<float>        points;
  std::vector<std::int32_t> corners;
  for (const auto & point : surface.points)
  {
    for (const double x : point)
    {
      points.push_back(static_cast<float>(x));
    }
  }
  for (const auto & triangle : surface.triangles)
  {
    corners.insert(corners.end(), triangle.begin(), triangle.end());
  }
  return GiftiArray("NIFTI_INTENT_POINTSET", "NIFTI_TYPE_FLOAT32", "", points, 3, encoding) +
         GiftiArray("NIFTI_INTENT_TRIANGLE", "NIFTI_TYPE_INT32", "", corners, 3, encoding);
}

inline std::vector<float>
ThicknessOf(const Surface & surface)
{
  std::vector<float> values;
  for (const auto & point : surface.points)
  {
    values.push_back(static_cast<float>(Thickness(point)));
  }
  return values;
}

/** A block of numbers of a VTK legacy file. */
template <typename T>
std::string
VtkNumbers(const std::vector<T> & values, bool binary)
{
  return (binary ? BytesOf(values, true) : TextOf(values)) + "\n";
}

/** Head, points and polygons of version 3.0 or 5.1. */
inline std::string
VtkSurface(const Surface & surface, bool binary, bool isVersion5)
{
  std::vector<float>        points;
  std::vector<std::int32_t> cells;
  std::vector<std::int64_t> offsets = { 0 };
  std::vector<std::int64_t> corners;
  for (const auto & point : surface.points)
  {
    for (const double x : point)
    {
      points.push_back(static_cast<float>(x));
    }
  }
  for (const auto & triangle : surface.triangles)
  {
    cells.push_back(3);
    cells.insert(cells.end(), triangle.begin(), triangle.end());
    corners.insert(corners.end(), triangle.begin(), triangle.end());
    offsets.push_back(static_cast<std::int64_t>(corners.size()));
  }
  std::string text = "# vtk DataFile Version " + std::string(isVersion5 ? "5.1" : "3.0") + "\na title\n" +
                     (binary ? "BINARY" : "ASCII") + "\nDATASET POLYDATA\nPOINTS " +
                     std::to_string(surface.points.size()) + " float\n" + VtkNumbers(points, binary);
  if (isVersion5)
  {
    return text + "METADATA\nINFORMATION 0\n\nPOLYGONS " + std::to_string(offsets.size()) + " " +
           std::to_string(corners.size()) + "\nOFFSETS vtktypeint64\n" + VtkNumbers(offsets, binary) +
           "CONNECTIVITY vtktypeint64\n" + VtkNumbers(corners, binary);
  }
  return text + "POLYGONS " + std::to_string(surface.triangles.size()) + " " + std::to_string(cells.size()) + "\n" +
         VtkNumbers(cells, binary);
}
} // namespace isolux::testing
