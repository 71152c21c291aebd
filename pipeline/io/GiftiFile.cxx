#include "GiftiFile.h"

#include "Error.h"
#include "PointNumbers.h"

#include <expat.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <string_view>

namespace isolux
{
namespace
{
constexpr std::string_view Base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** False where a character is neither of the alphabet nor white space. */
bool
DecodeBase64(std::string_view text, std::string & bytes)
{
  static const auto places = []
  {
    std::array<signed char, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < Base64.size(); ++i)
    {
      table[static_cast<unsigned char>(Base64[i])] = static_cast<signed char>(i);
    }
    return table;
  }();
  bytes.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int           count = 0;
  for (const char c : text)
  {
    const int place = places[static_cast<unsigned char>(c)];
    if (place >= 0)
    {
      bits = (bits << 6U) | static_cast<std::uint32_t>(place);
      if (++count == 4)
      {
        bytes += static_cast<char>(bits >> 16U);
        bytes += static_cast<char>(bits >> 8U);
        bytes += static_cast<char>(bits);
        count = 0;
      }
    }
    else if (c != '=' && c != ' ' && !(c >= '\t' && c <= '\r'))
    {
      return false;
    }
  }
  if (count >= 2)
  {
    bits <<= 6U * static_cast<unsigned int>(4 - count);
    bytes += static_cast<char>(bits >> 16U);
    if (count == 3)
    {
      bytes += static_cast<char>(bits >> 8U);
    }
  }
  return count != 1;
}

std::string
EncodeBase64(std::string_view bytes)
{
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3)
  {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t     bits = 0;
    for (std::size_t byte = 0; byte < 3; ++byte)
    {
      bits = (bits << 8U) | (byte < count ? static_cast<unsigned char>(bytes[i + byte]) : 0U);
    }
    for (std::size_t digit = 0; digit < 4; ++digit)
    {
      text += digit <= count ? Base64[(bits >> (18U - 6U * digit)) & 63U] : '=';
    }
  }
  return text;
}

using Attributes = std::map<std::string, std::string>;

/** A DataArray element as it stands in the file. */
struct Element
{
  Attributes  attributes;
  std::string name; ///< the value of its metadata's 'Name'
  ByteRange   tag;
  ByteRange   data;
  bool        hasData = false;
};

/** What expat's callbacks fill. */
struct Document
{
  XML_Parser               parser = nullptr;
  std::vector<std::string> path;
  std::vector<Element>     arrays;
  bool                     isGifti = false;
  std::string              text; ///< of the Name or Value that is being read
  std::string              key;

  bool
  IsIn(const char * element) const
  {
    return !path.empty() && path.back() == element;
  }

  ByteRange
  Event() const
  {
    const auto begin = static_cast<std::size_t>(XML_GetCurrentByteIndex(parser));
    return { begin, begin + static_cast<std::size_t>(XML_GetCurrentByteCount(parser)) };
  }
};

void
StartElement(void * user, const char * element, const char ** attributes)
{
  auto &            document = *static_cast<Document *>(user);
  const std::string name = element;
  if (document.path.empty())
  {
    document.isGifti = name == "GIFTI";
  }
  if (name == "DataArray")
  {
    Element array;
    for (; *attributes != nullptr; attributes += 2)
    {
      array.attributes[attributes[0]] = attributes[1];
    }
    array.tag = document.Event();
    document.arrays.push_back(std::move(array));
  }
  else if (name == "Data" && document.IsIn("DataArray"))
  {
    document.arrays.back().data = { document.Event().end, document.Event().end };
  }
  document.text.clear();
  document.path.push_back(name);
}

void
EndElement(void * user, const char *)
{
  auto &     document = *static_cast<Document *>(user);
  const auto depth = document.path.size();
  const bool inArray = depth > 3 && document.path[depth - 4] == "DataArray";
  if (document.IsIn("Data") && depth > 1 && document.path[depth - 2] == "DataArray")
  {
    auto & array = document.arrays.back();
    array.hasData = document.Event().begin >= array.data.begin; // not so for <Data/>
    array.data.end = std::max(array.data.begin, document.Event().begin);
  }
  else if (document.IsIn("Name"))
  {
    document.key = document.text;
  }
  else if (document.IsIn("Value") && inArray && document.key == "Name")
  {
    document.arrays.back().name = document.text;
  }
  document.path.pop_back();
}

void
Characters(void * user, const char * text, int length)
{
  auto & document = *static_cast<Document *>(user);
  if (document.IsIn("Name") || document.IsIn("Value"))
  {
    document.text.append(text, static_cast<std::size_t>(length));
  }
}

class Reader
{
public:
  Reader(const std::string & name, Bytes bytes)
    : m_Name(name)
    , m_Bytes(std::make_shared<const Bytes>(std::move(bytes)))
    , m_Text(m_Bytes->Data(), m_Bytes->Size())
  {
  }

  PointFile
  Read()
  {
    this->Parse();
    PointFile file;
    file.format = "GIfTI";
    file.bytes = m_Bytes;
    bool hasPoints = false;
    for (std::size_t i = 0; i < m_Document.arrays.size(); ++i)
    {
      const auto &      element = m_Document.arrays[i];
      const std::string where = "data array " + std::to_string(i + 1);
      const std::string intent = this->Attribute(element, "Intent", where);
      if (intent == "NIFTI_INTENT_POINTSET" && !hasPoints)
      {
        const auto array = this->ReadArray(element, where);
        this->CheckComponents(array, where + " (points)");
        hasPoints = true;
        file.surface.points.resize(array.values.size() / 3);
        for (std::size_t value = 0; value < array.values.size(); ++value)
        {
          file.surface.points[value / 3][value % 3] = array.values[value];
        }
      }
      else if (intent == "NIFTI_INTENT_TRIANGLE" && file.surface.corners.empty())
      {
        const auto array = this->ReadArray(element, where);
        this->CheckComponents(array, where + " (triangles)");
        for (const double corner : array.values)
        {
          if (!(corner >= 0.0 && corner < 9e15))
          {
            Fail(where + ": a triangle has point " + PrintNumbers({ corner }, "float64", 1) + " as a corner");
          }
          file.surface.corners.push_back(static_cast<std::uint64_t>(corner));
          if (file.surface.corners.size() % 3 == 0)
          {
            file.surface.ends.push_back(file.surface.corners.size());
          }
        }
      }
      else if (intent == "NIFTI_INTENT_NODE_INDEX")
      {
        file.sparse = true;
      }
      else if (intent != "NIFTI_INTENT_POINTSET" && intent != "NIFTI_INTENT_TRIANGLE" &&
               intent != "NIFTI_INTENT_LABEL" && intent != "NIFTI_INTENT_RGB_VECTOR" &&
               intent != "NIFTI_INTENT_RGBA_VECTOR")
      {
        file.arrays.push_back(this->ReadArray(element, where));
      }
    }
    file.points = hasPoints || file.arrays.empty() ? file.surface.points.size()
                                                   : file.arrays.front().values.size() / file.arrays.front().components;
    for (const auto & array : file.arrays)
    {
      if (const auto tuples = array.values.size() / array.components; tuples != file.points)
      {
        throw Error(m_Name + ": array '" + array.name + "' is of " + std::to_string(tuples) + " points, " +
                    (hasPoints ? "its surface" : "the first array") + " of " + std::to_string(file.points) +
                    "; give a file whose arrays belong to one surface");
      }
    }
    return file;
  }

private:
  [[noreturn]] void
  Fail(const std::string & what) const
  {
    throw Error(m_Name + ": " + what + "; write it anew, for example with 'wb_command -gifti-convert'");
  }

  void
  Parse()
  {
    const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate(nullptr), XML_ParserFree);
    if (!parser)
    {
      throw Error(m_Name + ": out of memory; free memory or use a larger machine");
    }
    m_Document.parser = parser.get();
    XML_SetUserData(parser.get(), &m_Document);
    XML_SetElementHandler(parser.get(), StartElement, EndElement);
    XML_SetCharacterDataHandler(parser.get(), Characters);
    constexpr std::size_t chunk = std::size_t{ 1 } << 28U; // expat counts in int
    for (std::size_t begin = 0; begin < m_Text.size(); begin += chunk)
    {
      const std::size_t length = std::min(chunk, m_Text.size() - begin);
      if (XML_Parse(
            parser.get(), m_Text.data() + begin, static_cast<int>(length), begin + length == m_Text.size() ? 1 : 0) ==
          XML_STATUS_ERROR)
      {
        Fail("is not whole XML: " + std::string(XML_ErrorString(XML_GetErrorCode(parser.get()))) + " in line " +
             std::to_string(XML_GetCurrentLineNumber(parser.get())));
      }
    }
    if (!m_Document.isGifti)
    {
      Fail("is XML, but not GIfTI: its root element is not GIFTI");
    }
  }

  std::string
  Attribute(const Element & element, const char * name, const std::string & where) const
  {
    const auto found = element.attributes.find(name);
    if (found == element.attributes.end())
    {
      Fail(where + " has no attribute " + name);
    }
    return found->second;
  }

  std::size_t
  Number(const Element & element, const char * name, const std::string & where) const
  {
    const std::string text = this->Attribute(element, name, where);
    std::size_t       number = 0;
    const auto        parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    {
      Fail(where + ": " + name + " must be a whole number of 0 or more, not '" + text + "'");
    }
    return number;
  }

  void
  CheckComponents(const PointArray & array, const std::string & where) const
  {
    if (array.components != 3)
    {
      Fail(where + " must have 3 columns, not " + std::to_string(array.components));
    }
  }

  PointArray
  ReadArray(const Element & element, const std::string & where) const
  {
    static const std::map<std::string, std::string> types = {
      { "NIFTI_TYPE_UINT8", "uint8" },     { "NIFTI_TYPE_INT8", "int8" },     { "NIFTI_TYPE_INT16", "int16" },
      { "NIFTI_TYPE_UINT16", "uint16" },   { "NIFTI_TYPE_INT32", "int32" },   { "NIFTI_TYPE_UINT32", "uint32" },
      { "NIFTI_TYPE_INT64", "int64" },     { "NIFTI_TYPE_UINT64", "uint64" }, { "NIFTI_TYPE_FLOAT32", "float32" },
      { "NIFTI_TYPE_FLOAT64", "float64" },
    };
    PointArray        array;
    const std::string type = this->Attribute(element, "DataType", where);
    const auto        known = types.find(type);
    if (known == types.end())
    {
      Fail(where + ": numbers of type '" + type + "' are not known");
    }
    array.name = element.name;
    array.component = known->second;
    array.declaration = element.tag;
    array.data = element.data;
    array.encoding = this->Attribute(element, "Encoding", where);
    const auto order = element.attributes.find("ArrayIndexingOrder");
    array.columns = order != element.attributes.end() && order->second == "ColumnMajorOrder";
    const std::size_t dimensions = this->Number(element, "Dimensionality", where);
    const std::size_t tuples = this->Number(element, "Dim0", where);
    for (std::size_t axis = 1; axis < dimensions; ++axis)
    {
      const auto extent = this->Number(element, ("Dim" + std::to_string(axis)).c_str(), where);
      if (axis > 6 || extent == 0 || extent > std::numeric_limits<std::uint32_t>::max() / array.components)
      {
        Fail(where + ": its extents are not those of an array");
      }
      array.components *= extent;
    }
    const std::size_t size = SizeOfComponent(array.component);
    // Deflate shrinks at most 1032 times; beyond it the file cannot hold the array.
    if (tuples > 1100 * m_Text.size() / (array.components * size) + 1)
    {
      Fail(where + " is truncated: " + std::to_string(tuples) + " times " + std::to_string(array.components) +
           " numbers do not fit into the file");
    }
    const std::size_t count = tuples * array.components;
    const auto        text = m_Text.substr(element.data.begin, element.data.end - element.data.begin);
    if (array.encoding == "ASCII")
    {
      if (!ParseNumbers(text, array.values))
      {
        Fail(where + " holds something that is no number, after " + std::to_string(array.values.size()) + " of them");
      }
    }
    else if (array.encoding == "Base64Binary" || array.encoding == "GZipBase64Binary")
    {
      std::string bytes;
      if (!DecodeBase64(text, bytes))
      {
        Fail(where + " is not base64");
      }
      if (count == 0)
      {
        bytes.clear(); // deflated, nothing is a few bytes
      }
      else if (array.encoding == "GZipBase64Binary")
      {
        bytes = this->Inflate(bytes, count * size, where);
      }
      if (bytes.size() != count * size)
      {
        Fail(where + " must hold " + std::to_string(count * size) + " bytes, not " + std::to_string(bytes.size()));
      }
      const auto endian = element.attributes.find("Endian");
      array.values =
        DecodeNumbers(bytes, array.component, endian != element.attributes.end() && endian->second == "BigEndian");
    }
    else
    {
      throw Error(m_Name + ": " + where + " has the encoding '" + array.encoding +
                  "'; only arrays in the file itself are read: 'wb_command -gifti-convert GZIP_BASE64_BINARY' writes "
                  "such a file");
    }
    if (array.values.size() != count)
    {
      Fail(where + " must hold " + std::to_string(count) + " numbers, not " + std::to_string(array.values.size()));
    }
    if (array.columns)
    {
      const auto columns = array.values;
      for (std::size_t i = 0; i < count; ++i)
      {
        array.values[i % tuples * array.components + i / tuples] = columns[i];
      }
    }
    if (!element.hasData && count > 0)
    {
      Fail(where + " has no data");
    }
    return array;
  }

  std::string
  Inflate(const std::string & bytes, std::size_t size, const std::string & where) const
  {
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor *)> inflater(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    std::string inflated(size, '\0');
    if (!inflater ||
        libdeflate_zlib_decompress(inflater.get(), bytes.data(), bytes.size(), inflated.data(), size, nullptr) !=
          LIBDEFLATE_SUCCESS)
    {
      Fail(where + " is damaged: it does not inflate to " + std::to_string(size) + " bytes");
    }
    return inflated;
  }

  const std::string            m_Name;
  std::shared_ptr<const Bytes> m_Bytes;
  const std::string_view       m_Text;
  Document                     m_Document;
};

/** A start tag with one attribute set to another value. */
std::string
WithAttribute(const std::string & tag, const std::string & name, const std::string & value)
{
  std::size_t at = tag.find_first_of(" \t\r\n");
  while (at != std::string::npos)
  {
    const auto begin = tag.find_first_not_of(" \t\r\n", at);
    const auto open = begin == std::string::npos ? begin : tag.find_first_of("\"'", begin);
    const auto close = open == std::string::npos ? open : tag.find(tag[open], open + 1);
    if (close == std::string::npos)
    {
      break;
    }
    if (tag.substr(begin, tag.find_first_of(" \t\r\n=", begin) - begin) == name)
    {
      return tag.substr(0, open + 1) + value + tag.substr(close);
    }
    at = close + 1;
  }
  return tag;
}
} // namespace

PointFile
ReadGifti(const std::filesystem::path & path, Bytes bytes)
{
  return Reader(path.string(), std::move(bytes)).Read();
}

std::vector<Replacement>
ReplaceInGifti(const PointFile & file, const PointArray & array)
{
  const std::string component = array.WrittenComponent();
  std::string       tag(file.bytes->Data() + array.declaration.begin, array.declaration.end - array.declaration.begin);
  tag = WithAttribute(tag, "DataType", component == "float64" ? "NIFTI_TYPE_FLOAT64" : "NIFTI_TYPE_FLOAT32");

  std::vector<double> values = array.values;
  if (array.columns)
  {
    const std::size_t tuples = values.size() / array.components;
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      values[i] = array.values[i % tuples * array.components + i / tuples];
    }
  }
  if (array.encoding == "ASCII")
  {
    return { { array.declaration, tag },
             { array.data, PrintNumbers(values, component, array.columns ? 1 : array.components) } };
  }
  std::string bytes = EncodeNumbers(values, component, false);
  if (array.encoding == "GZipBase64Binary")
  {
    constexpr int                                                                   level = 6;
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor *)> deflater(
      libdeflate_alloc_compressor(level), libdeflate_free_compressor);
    if (!deflater)
    {
      throw Error("out of memory; free memory or use a larger machine");
    }
    std::string deflated(libdeflate_zlib_compress_bound(deflater.get(), bytes.size()), '\0');
    deflated.resize(
      libdeflate_zlib_compress(deflater.get(), bytes.data(), bytes.size(), deflated.data(), deflated.size()));
    bytes = std::move(deflated);
  }
  return { { array.declaration, WithAttribute(tag, "Endian", "LittleEndian") }, { array.data, EncodeBase64(bytes) } };
}
} // namespace isolux
