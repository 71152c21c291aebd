#include "VtkPolyData.h"

#include "Error.h"
#include "PointNumbers.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

namespace isolux
{
namespace
{
bool
IsBlank(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string
Lower(std::string_view text)
{
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

/** VTK writes a name's blanks and percent signs as %20 and %25. */
std::string
DecodeName(std::string_view name)
{
  std::string decoded;
  for (std::size_t i = 0; i < name.size(); ++i)
  {
    unsigned int code = 0;
    if (name[i] == '%' && i + 2 < name.size() &&
        std::from_chars(name.data() + i + 1, name.data() + i + 3, code, 16).ptr == name.data() + i + 3)
    {
      decoded += static_cast<char>(code);
      i += 2;
    }
    else
    {
      decoded += name[i];
    }
  }
  return decoded;
}

/** Reads from front to back. */
class Reader
{
public:
  Reader(const std::string & name, Bytes bytes)
    : m_Name(name)
    , m_Bytes(std::make_shared<const Bytes>(std::move(bytes)))
    , m_Text(m_Bytes->Data(), m_Bytes->Size())
  {
    m_File.format = "VTK polydata";
    m_File.bytes = m_Bytes;
  }

  PointFile
  Read()
  {
    this->ReadHead();
    for (std::string keyword = Lower(this->Word()); !keyword.empty(); keyword = Lower(this->Word()))
    {
      this->ReadSection(keyword);
    }
    m_File.points = m_File.surface.points.size();
    return std::move(m_File);
  }

private:
  [[noreturn]] void
  Fail(const std::string & what) const
  {
    throw Error(m_Name + ": " + what +
                "; write it anew as VTK legacy polydata (vtkPolyDataWriter, or ParaView's .vtk)");
  }

  std::string_view
  Line()
  {
    const auto end = std::min(m_Text.find('\n', m_At), m_Text.size());
    auto       line = m_Text.substr(m_At, end - m_At);
    m_At = std::min(end + 1, m_Text.size());
    if (!line.empty() && line.back() == '\r')
    {
      line.remove_suffix(1);
    }
    return line;
  }

  void
  SkipBlanks()
  {
    while (m_At < m_Text.size() && IsBlank(m_Text[m_At]))
    {
      ++m_At;
    }
  }

  /** "" at the end. */
  std::string_view
  Word()
  {
    this->SkipBlanks();
    const auto begin = m_At;
    while (m_At < m_Text.size() && !IsBlank(m_Text[m_At]))
    {
      ++m_At;
    }
    return m_Text.substr(begin, m_At - begin);
  }

  std::string
  NextWord()
  {
    const auto        here = m_At;
    const std::string word = Lower(this->Word());
    m_At = here;
    return word;
  }

  std::size_t
  Count(const char * what)
  {
    const auto  word = this->Word();
    std::size_t count = 0;
    const auto  parsed = std::from_chars(word.data(), word.data() + word.size(), count);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size())
    {
      Fail(std::string(what) + " must be a whole number of 0 or more, not '" + std::string(word) + "'");
    }
    return count;
  }

  void
  ReadHead()
  {
    const auto        first = this->Line();
    static const auto mark = std::string_view("# vtk DataFile Version ");
    if (first.substr(0, mark.size()) != mark)
    {
      throw Error(m_Name +
                  ": is not a VTK legacy file: its first line is not '# vtk DataFile Version ...'; XML files " +
                  "(.vtp) are not read, write it as .vtk");
    }
    m_Major = first.size() > mark.size() ? first[mark.size()] - '0' : 0;
    this->Line(); // title
    const std::string encoding = Lower(this->Word());
    if (encoding != "ascii" && encoding != "binary")
    {
      Fail("its third line must be ASCII or BINARY, not '" + encoding + "'");
    }
    m_Binary = encoding == "binary";
    m_File.format += m_Binary ? " (binary)" : " (ascii)";
    if (Lower(this->Word()) != "dataset")
    {
      Fail("its fourth line must name a DATASET");
    }
    if (const auto dataset = std::string(this->Word()); Lower(dataset) != "polydata")
    {
      throw Error(m_Name + ": holds a DATASET " + dataset +
                  "; only POLYDATA is read: extract its surface (vtkGeometryFilter, or ParaView's Extract Surface)");
    }
  }

  /** The name that SizeOfComponent() knows; "" for types that are skipped. */
  static std::string
  ComponentOf(const std::string & type)
  {
    static const std::map<std::string, std::string> names = {
      { "char", "int8" },
      { "signed_char", "int8" },
      { "unsigned_char", "uint8" },
      { "short", "int16" },
      { "unsigned_short", "uint16" },
      { "int", "int32" },
      { "unsigned_int", "uint32" },
      { "long", "int64" },
      { "unsigned_long", "uint64" },
      { "long_long", "int64" },
      { "vtktypeint64", "int64" },
      { "vtktypeuint64", "uint64" },
      { "unsigned_long_long", "uint64" },
      { "float", "float32" },
      { "double", "float64" },
      { "vtkidtype", "int32" } // whatever its size in memory
    };
    const auto found = names.find(type);
    return found == names.end() ? "" : found->second;
  }

  /** Skips `count` numbers of a type; the range that they stand in. */
  ByteRange
  Values(const std::string & type, std::size_t count)
  {
    if (count > 64 * m_Text.size()) // not even bits
    {
      Fail("is truncated: " + std::to_string(count) + " numbers do not fit into its " + std::to_string(m_Text.size()) +
           " bytes");
    }
    if (type == "string" || type == "utf8_string")
    {
      return this->Strings(count);
    }
    const std::size_t size = SizeOfComponent(ComponentOf(type));
    if (size == 0 && type != "bit")
    {
      Fail("numbers of type '" + type + "' are not known");
    }
    ByteRange range;
    if (m_Binary)
    {
      this->Line(); // the rest of the line that names the type
      const std::size_t bytes = type == "bit" ? (count + 7) / 8 : count * size;
      if (bytes > m_Text.size() - m_At)
      {
        Fail("is truncated: " + std::to_string(bytes) + " bytes of " + type + " are announced at byte " +
             std::to_string(m_At) + ", " + std::to_string(m_Text.size() - m_At) + " are there");
      }
      range = { m_At, m_At + bytes };
      m_At += bytes;
    }
    else
    {
      this->SkipBlanks();
      range = { m_At, m_At };
      for (std::size_t i = 0; i < count; ++i)
      {
        if (this->Word().empty())
        {
          Fail("is truncated: of " + std::to_string(count) + " numbers it ends after " + std::to_string(i));
        }
        range.end = m_At;
      }
    }
    return range;
  }

  ByteRange
  Strings(std::size_t count)
  {
    this->Line();
    ByteRange range{ m_At, m_At };
    for (std::size_t i = 0; i < count; ++i)
    {
      if (!m_Binary)
      {
        this->Line();
        continue;
      }
      // 1, 2, 4 or 8 bytes of length, of which the first two bits tell how many: 3, 2, 1, 0
      const auto lead = m_At < m_Text.size() ? static_cast<unsigned char>(m_Text[m_At]) : 0U;
      const auto width = std::size_t{ 1 } << (3U - (lead >> 6U));
      if (width > m_Text.size() - m_At)
      {
        Fail("is truncated in an array of strings");
      }
      std::size_t length = lead & 0x3fU;
      for (std::size_t byte = 1; byte < width; ++byte)
      {
        length = (length << 8U) | static_cast<unsigned char>(m_Text[m_At + byte]);
      }
      if (length > m_Text.size() - m_At - width)
      {
        Fail("is truncated in an array of strings");
      }
      m_At += width + length;
    }
    range.end = m_At;
    return range;
  }

  std::vector<double>
  Decode(const ByteRange & range, const std::string & type, const std::string & what) const
  {
    const auto text = m_Text.substr(range.begin, range.end - range.begin);
    if (m_Binary)
    {
      return DecodeNumbers(text, ComponentOf(type), true);
    }
    std::vector<double> values;
    if (!ParseNumbers(text, values))
    {
      Fail(what + " hold something that is no number, after " + std::to_string(values.size()) + " of them");
    }
    return values;
  }

  std::uint64_t
  Index(double value) const
  {
    if (!(value >= 0.0 && value < static_cast<double>(m_File.surface.points.size())))
    {
      Fail("a polygon has point " + PrintNumbers({ value }, "float64", 1) + " as a corner; there are " +
           std::to_string(m_File.surface.points.size()) + " points");
    }
    return static_cast<std::uint64_t>(value);
  }

  void
  AddPolygon(const double * corners, std::size_t count)
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      m_File.surface.corners.push_back(this->Index(corners[i]));
    }
    m_File.surface.ends.push_back(m_File.surface.corners.size());
  }

  void
  AddCell(const std::string & kind, const double * corners, std::size_t count)
  {
    if (kind == "polygons")
    {
      this->AddPolygon(corners, count);
    }
    for (std::size_t i = 2; kind == "triangle_strips" && i < count; ++i)
    {
      this->AddPolygon(corners + i - 2, 3);
    }
  }

  void
  ReadCells(const std::string & kind)
  {
    const std::size_t first = this->Count(kind.c_str());
    const std::size_t second = this->Count(kind.c_str());
    if (m_Major >= 5 && this->NextWord() == "offsets")
    {
      this->Word();
      const std::string offsetType = Lower(this->Word());
      const auto        offsets = this->Decode(this->Values(offsetType, first), offsetType, kind);
      if (Lower(this->Word()) != "connectivity")
      {
        Fail(kind + ": OFFSETS must be followed by CONNECTIVITY");
      }
      const std::string cornerType = Lower(this->Word());
      const auto        corners = this->Decode(this->Values(cornerType, second), cornerType, kind);
      for (std::size_t i = 1; i < offsets.size(); ++i)
      {
        if (!(offsets[i - 1] >= 0.0 && offsets[i] >= offsets[i - 1] &&
              offsets[i] <= static_cast<double>(corners.size())))
        {
          Fail(kind + ": OFFSETS must rise from 0 to the number of corners");
        }
        this->AddCell(kind,
                      corners.data() + static_cast<std::size_t>(offsets[i - 1]),
                      static_cast<std::size_t>(offsets[i] - offsets[i - 1]));
      }
      return;
    }
    const auto  numbers = this->Decode(this->Values("int", second), "int", kind);
    std::size_t at = 0;
    for (std::size_t cell = 0; cell < first; ++cell)
    {
      if (at >= numbers.size() || !(numbers[at] >= 0.0 && numbers[at] < static_cast<double>(numbers.size() - at)))
      {
        Fail(kind + ": cell " + std::to_string(cell) + " has more corners than there are numbers");
      }
      const auto count = static_cast<std::size_t>(numbers[at]);
      this->AddCell(kind, numbers.data() + at + 1, count);
      at += count + 1;
    }
  }

  /** Values that are normalized where they are point data of a numeric type. */
  void
  ReadArray(
    std::string_view name, const ByteRange & type, std::size_t tuples, std::size_t components, const char * kind)
  {
    const std::string typeName = Lower(m_Text.substr(type.begin, type.end - type.begin));
    PointArray        array;
    array.name = DecodeName(name);
    if (components > 0 && tuples > 64 * m_Text.size() / components)
    {
      Fail("array '" + array.name + "' is truncated: " + std::to_string(tuples) + " times " +
           std::to_string(components) + " numbers do not fit into the file");
    }
    array.data = this->Values(typeName, tuples * components);
    m_Last = nullptr;
    const bool isNumeric = !ComponentOf(typeName).empty() && typeName != "vtkidtype";
    if (!m_IsPointData || !isNumeric || components == 0 || tuples != m_File.surface.points.size())
    {
      return;
    }
    array.component = ComponentOf(typeName);
    array.components = components;
    array.values = this->Decode(array.data, typeName, std::string(kind) + " '" + array.name + "'");
    array.declaration = type;
    array.encoding = m_Binary ? "BINARY" : "ASCII";
    m_File.arrays.push_back(std::move(array));
    m_Last = &m_File.arrays.back();
  }

  ByteRange
  Type()
  {
    this->SkipBlanks();
    const auto begin = m_At;
    this->Word();
    return { begin, m_At };
  }

  void
  Skip(std::size_t components)
  {
    this->Word(); // name
    const std::string type = Lower(this->Word());
    this->Values(type, m_Tuples * components);
    m_Last = nullptr;
  }

  void
  ReadSection(const std::string & keyword)
  {
    if (keyword == "points")
    {
      const std::size_t count = this->Count("the number of points");
      const std::string type = Lower(this->Word());
      if (count > m_Text.size())
      {
        Fail("is truncated: " + std::to_string(count) + " points do not fit into it");
      }
      const auto numbers = this->Decode(this->Values(type, 3 * count), type, "POINTS");
      m_File.surface.points.resize(count);
      for (std::size_t i = 0; i < numbers.size(); ++i)
      {
        m_File.surface.points[i / 3][i % 3] = numbers[i];
      }
    }
    else if (keyword == "vertices" || keyword == "lines" || keyword == "polygons" || keyword == "triangle_strips")
    {
      this->ReadCells(keyword);
    }
    else if (keyword == "point_data" || keyword == "cell_data")
    {
      m_IsPointData = keyword == "point_data";
      m_Tuples = this->Count(keyword.c_str());
      if (m_IsPointData && m_Tuples != m_File.surface.points.size())
      {
        Fail("POINT_DATA is of " + std::to_string(m_Tuples) + " points, but there are " +
             std::to_string(m_File.surface.points.size()));
      }
    }
    else if (keyword == "scalars")
    {
      const auto        name = this->Word();
      const auto        type = this->Type();
      const auto        next = this->NextWord();
      const std::size_t components = !next.empty() && std::isdigit(static_cast<unsigned char>(next[0])) != 0
                                       ? this->Count("the components of SCALARS")
                                       : 1;
      if (this->NextWord() != "lookup_table")
      {
        Fail("SCALARS '" + DecodeName(name) + "' must be followed by a line 'LOOKUP_TABLE name'");
      }
      this->Word();
      this->Word();
      this->ReadArray(name, type, m_Tuples, components, "SCALARS");
    }
    else if (keyword == "vectors")
    {
      const auto name = this->Word();
      this->ReadArray(name, this->Type(), m_Tuples, 3, "VECTORS");
    }
    else if (keyword == "field")
    {
      this->Word(); // name
      for (std::size_t arrays = this->Count("the number of arrays"); arrays > 0; --arrays)
      {
        while (this->NextWord() == "metadata")
        {
          this->Word();
          this->ReadMetadata();
        }
        const auto name = this->Word();
        if (name == "NULL_ARRAY")
        {
          continue;
        }
        const std::size_t components = this->Count("the components of a FIELD array");
        const std::size_t tuples = this->Count("the tuples of a FIELD array");
        this->ReadArray(name, this->Type(), tuples, components, "FIELD");
      }
    }
    else if (keyword == "normals" || keyword == "tensors" || keyword == "tensors6")
    {
      this->Skip(keyword == "normals" ? 3 : keyword == "tensors" ? 9 : 6);
    }
    else if (keyword == "global_ids" || keyword == "pedigree_ids" || keyword == "edge_flags")
    {
      this->Skip(1);
    }
    else if (keyword == "texture_coordinates")
    {
      this->Word();
      const std::size_t components = this->Count("the dimension of TEXTURE_COORDINATES");
      const std::string type = Lower(this->Word());
      this->Values(type, m_Tuples * std::min<std::size_t>(components, 3));
      m_Last = nullptr;
    }
    else if (keyword == "color_scalars")
    {
      this->Word();
      const std::size_t components = this->Count("the components of COLOR_SCALARS");
      this->Values(m_Binary ? "unsigned_char" : "float", m_Tuples * std::min<std::size_t>(components, 4));
      m_Last = nullptr;
    }
    else if (keyword == "lookup_table")
    {
      this->Word();
      const std::size_t size = this->Count("the size of a LOOKUP_TABLE");
      this->Values(m_Binary ? "unsigned_char" : "float", std::min(size, m_Text.size()) * 4);
    }
    else if (keyword == "metadata")
    {
      this->ReadMetadata();
    }
    else
    {
      Fail("unknown keyword '" + keyword.substr(0, 40) + "' before byte " + std::to_string(m_At));
    }
  }

  /** A block up to an empty line, which belongs to the array before it. */
  void
  ReadMetadata()
  {
    this->Line();
    ByteRange range{ m_At, m_At };
    while (m_At < m_Text.size() && !this->Line().empty())
    {
      range.end = m_At;
    }
    if (m_Last != nullptr)
    {
      m_Last->metadata = range;
    }
  }

  const std::string            m_Name;
  std::shared_ptr<const Bytes> m_Bytes;
  const std::string_view       m_Text;
  std::size_t                  m_At = 0;
  int                          m_Major = 0;
  bool                         m_Binary = false;
  bool                         m_IsPointData = false;
  std::size_t                  m_Tuples = 0; ///< of the section
  PointArray *                 m_Last = nullptr;
  PointFile                    m_File;
};
/** A METADATA block without the range of the old values, which VTK records and trusts. */
std::string
WithoutRecordedRange(std::string_view block)
{
  std::vector<std::string_view> lines;
  std::size_t                   entries = 0;
  std::size_t                   stale = 0;
  while (!block.empty())
  {
    const auto length = std::min(block.find('\n'), block.size() - 1) + 1;
    const auto line = block.substr(0, length);
    block.remove_prefix(length);
    const bool isRange = line.substr(0, 14) == "NAME L2_NORM_R" || line.substr(0, 14) == "NAME L2_NORM_F";
    if (isRange && block.substr(0, 5) == "DATA ")
    {
      block.remove_prefix(std::min(block.find('\n'), block.size() - 1) + 1);
      ++stale;
    }
    else
    {
      lines.push_back(line);
      entries += line.substr(0, 5) == "NAME " ? 1 : 0;
    }
  }
  std::string kept;
  for (const auto & line : lines)
  {
    kept += stale > 0 && line.substr(0, 12) == "INFORMATION " ? "INFORMATION " + std::to_string(entries) + "\n"
                                                              : std::string(line);
  }
  return kept;
}
} // namespace

PointFile
ReadVtkPolyData(const std::filesystem::path & path, Bytes bytes)
{
  return Reader(path.string(), std::move(bytes)).Read();
}

std::vector<Replacement>
ReplaceInVtkPolyData(const PointFile & file, const PointArray & array)
{
  const std::string        component = array.WrittenComponent();
  std::vector<Replacement> replacements = {
    { array.declaration, component == "float64" ? "double" : "float" },
    { array.data,
      array.encoding == "BINARY" ? EncodeNumbers(array.values, component, true)
                                 : PrintNumbers(array.values, component, array.components) },
  };
  const std::string_view block(file.bytes->Data() + array.metadata.begin, array.metadata.end - array.metadata.begin);
  if (auto kept = WithoutRecordedRange(block); kept != block)
  {
    replacements.push_back({ array.metadata, std::move(kept) });
  }
  return replacements;
}
} // namespace isolux
