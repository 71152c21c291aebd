#include "IoTest.h"

#include "PointFile.h"
#include "PointFiles.h"

#include <cmath>
#include <limits>

namespace isolux
{
namespace
{
using testing::Encoding;
using testing::GiftiArray;
using testing::GiftiSurface;
using testing::GiftiText;
using testing::VtkNumbers;
using testing::VtkSurface;

class PointFileTest : public IoTest
{
protected:
  PointFile
  Read(const std::string & name, const std::string & text) const
  {
    Put(File(name), text);
    return ReadPointFile(File(name));
  }

  std::string
  Fault(const std::string & name, const std::string & text) const
  {
    return MessageOf([&] { this->Read(name, text); });
  }
};

const testing::Surface Small = testing::Icosphere(1, { 40.0, 60.0, 50.0 });

/** Exact in float, some negative, none alike. */
template <typename T>
std::vector<T>
Numbers(std::size_t count)
{
  std::vector<T> values(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    values[i] = static_cast<T>(static_cast<double>(i * 7 % 42) * (std::is_integral_v<T> ? 1.0 : 0.375) - 3.0);
  }
  return values;
}

void
Negate(PointArray & array)
{
  for (double & value : array.values)
  {
    value = -value - 0.5;
  }
  array.changed = true;
}

template <typename T>
void
ExpectValues(const PointArray & array, const std::vector<T> & expected)
{
  ASSERT_EQ(array.values.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
  {
    ASSERT_EQ(array.values[i], static_cast<double>(expected[i])) << i;
  }
}

/** Everything that VTK writes beside the arrays that can be normalized. */
std::string
VtkText(bool binary, bool isVersion5)
{
  const std::size_t        n = Small.points.size();
  const std::string        count = std::to_string(n);
  const std::vector<float> ones(n * 9, 1.0F);
  const auto               some = [&](std::size_t components)
  { return VtkNumbers(std::vector<float>(ones.begin(), ones.begin() + static_cast<long>(n * components)), binary); };
  std::string strings;
  std::string bits;
  for (std::size_t i = 0; i < n; ++i)
  {
    const std::string word(i % 3 == 0 ? 0 : i * 3, 'P'); // "POINT_DATA" it is not
    strings += binary
                 ? (word.size() < 64
                      ? std::string(1, static_cast<char>(0xc0U | word.size()))
                      : std::string{ static_cast<char>(0x80U | (word.size() >> 8U)), static_cast<char>(word.size()) }) +
                     word
                 : word + "\n";
    bits += binary ? (i % 8 == 0 ? "U" : "") : "1 ";
  }
  return VtkSurface(Small, binary, isVersion5) + "TRIANGLE_STRIPS " +
         (isVersion5 ? "2 4\nOFFSETS vtktypeint64\n" : "1 5\n") +
         (isVersion5 ? VtkNumbers(std::vector<std::int64_t>{ 0, 4 }, binary) + "CONNECTIVITY vtktypeint64\n" +
                         VtkNumbers(std::vector<std::int64_t>{ 0, 1, 2, 3 }, binary)
                     : VtkNumbers(std::vector<std::int32_t>{ 4, 0, 1, 2, 3 }, binary)) +
         "CELL_DATA 81\nSCALARS of_cells float\nLOOKUP_TABLE default\n" +
         VtkNumbers(std::vector<float>(81, 2.0F), binary) + "POINT_DATA " + count +
         "\nSCALARS thick%20ness float\nLOOKUP_TABLE mine\n" + VtkNumbers(Numbers<float>(n), binary) +
         "METADATA\nCOMPONENT_NAMES\na%20b\nINFORMATION 3\nNAME L2_NORM_RANGE LOCATION vtkDataArray\nDATA 2 0 9\nNAME "
         "UNITS_LABEL LOCATION vtkDataArray\nDATA mm\nNAME L2_NORM_FINITE_RANGE LOCATION vtkDataArray\nDATA 2 0 9\n\n" +
         "LOOKUP_TABLE mine 2\n" + (binary ? "12345678\n" : "0 0 0 1 1 1 1 1\n") + "NORMALS normals float\n" + some(3) +
         "VECTORS moved double\n" + VtkNumbers(Numbers<double>(3 * n), binary) + "TEXTURE_COORDINATES t 2 float\n" +
         some(2) + "TENSORS tensors float\n" + some(9) + "COLOR_SCALARS colours 3\n" +
         (binary ? std::string(3 * n, '\n') + "\n" : some(3)) + "GLOBAL_IDS ids vtkIdType\n" +
         VtkNumbers(Numbers<std::int32_t>(n), binary) + "FIELD FieldData 4\nnames 1 " + count + " string\n" + strings +
         "\nflags 1 " + count + " bit\n" + bits + "\ncurvature 2 " + count + " short\n" +
         VtkNumbers(Numbers<std::int16_t>(2 * n), binary) + "other 1 2 float\n" +
         VtkNumbers(std::vector<float>{ 1.0F, 2.0F }, binary);
}
} // namespace

TEST_F(PointFileTest, GiftiIsReadInEveryEncodingTypeAndOrder)
{
  const auto n = Small.points.size();
  for (const Encoding encoding : { Encoding::Ascii, Encoding::Base64, Encoding::GZip })
  {
    for (const bool bigEndian : { false, true })
    {
      const std::string shape = "NIFTI_INTENT_SHAPE";
      const auto        file = this->Read(
        "a.surf.gii",
        GiftiText(
          GiftiSurface(Small, encoding) +
          GiftiArray(shape, "NIFTI_TYPE_FLOAT32", "thickness", Numbers<float>(n), 0, encoding, bigEndian) +
          GiftiArray(shape, "NIFTI_TYPE_FLOAT64", "", Numbers<double>(n), 1, encoding, bigEndian) +
          GiftiArray("NIFTI_INTENT_LABEL", "NIFTI_TYPE_INT32", "label", Numbers<std::int32_t>(n), 0, encoding) +
          GiftiArray(
            "NIFTI_INTENT_NONE", "NIFTI_TYPE_INT32", "count", Numbers<std::int32_t>(n), 0, encoding, bigEndian) +
          GiftiArray("NIFTI_INTENT_NONE", "NIFTI_TYPE_UINT8", "byte", std::vector<std::uint8_t>(n, 200), 0, encoding) +
          GiftiArray("NIFTI_INTENT_VECTOR", "NIFTI_TYPE_FLOAT32", "v", Numbers<float>(2 * n), 2, encoding, bigEndian)));
      EXPECT_EQ(file.format, "GIfTI");
      ASSERT_EQ(file.surface.points.size(), n);
      EXPECT_NEAR(file.surface.points[5][1], Small.points[5][1], 1e-5); // float of some tens
      EXPECT_EQ(file.surface.ends.size(), Small.triangles.size());
      EXPECT_EQ(file.surface.corners[4], Small.triangles[1][1]);
      ASSERT_EQ(file.arrays.size(), 5U);
      ExpectValues(file.arrays[0], Numbers<float>(n));
      ExpectValues(file.arrays[1], Numbers<double>(n));
      ExpectValues(file.arrays[2], Numbers<std::int32_t>(n));
      ExpectValues(file.arrays[3], std::vector<std::uint8_t>(n, 200));
      ExpectValues(file.arrays[4], Numbers<float>(2 * n));
      EXPECT_EQ(file.arrays[0].name, "thickness");
      EXPECT_EQ(file.arrays[1].name, "");
      EXPECT_EQ(file.arrays[1].component, "float64");
      EXPECT_EQ(file.arrays[4].components, 2U);
    }
  }
  const auto columns = this->Read("c.gii",
                                  GiftiText(GiftiArray("NIFTI_INTENT_VECTOR",
                                                       "NIFTI_TYPE_FLOAT32",
                                                       "v",
                                                       std::vector<float>{ 1, 2, 3, 10, 20, 30 },
                                                       2,
                                                       Encoding::Ascii,
                                                       false,
                                                       "ColumnMajorOrder")));
  ExpectValues(columns.arrays[0], std::vector<float>{ 1, 10, 2, 20, 3, 30 });
  EXPECT_EQ(columns.points, 3U);
  EXPECT_TRUE(columns.surface.points.empty());
}

TEST_F(PointFileTest, GiftiKeepsEveryByteButTheChangedArrays)
{
  const auto        n = Small.points.size();
  const std::string shape = "NIFTI_INTENT_SHAPE";
  for (const Encoding encoding : { Encoding::Ascii, Encoding::Base64, Encoding::GZip })
  {
    for (const std::string order : { "RowMajorOrder", "ColumnMajorOrder" })
    {
      const auto before = GiftiArray(shape, "NIFTI_TYPE_FLOAT32", "a", Numbers<float>(n), 0, encoding);
      const auto after = GiftiArray(shape, "NIFTI_TYPE_FLOAT64", "c", Numbers<double>(2 * n), 2, encoding, true, order);
      const auto text = GiftiText(
        before + GiftiArray(shape, "NIFTI_TYPE_INT32", "b", Numbers<std::int32_t>(3 * n), 3, encoding, true, order) +
        after);
      auto file = this->Read("in.shape.gii", text);
      WritePointFile(file, File("same.gii"));
      EXPECT_EQ(Contents(File("same.gii")), text);

      Negate(file.arrays[1]);
      EXPECT_EQ(file.arrays[1].WrittenComponent(), "float32");
      WritePointFile(file, File("out.shape.gii"));
      const auto written = Contents(File("out.shape.gii"));
      const auto head = text.find(before) + before.size();
      EXPECT_EQ(written.substr(0, head), text.substr(0, head));
      const auto tail = after + "</GIFTI>\n";
      EXPECT_EQ(written.substr(written.size() - tail.size()), tail);
      EXPECT_NE(written.find("DataType = 'NIFTI_TYPE_FLOAT32'", head), std::string::npos);
      const auto again = ReadPointFile(File("out.shape.gii"));
      ASSERT_EQ(again.arrays.size(), 3U);
      EXPECT_EQ(again.arrays[1].component, "float32");
      EXPECT_EQ(again.arrays[1].name, "b");
      EXPECT_EQ(again.arrays[1].values, file.arrays[1].values);

      Negate(file.arrays[2]);
      WritePointFile(file, File("double.gii"));
      const auto both = ReadPointFile(File("double.gii"));
      EXPECT_EQ(both.arrays[2].component, "float64");
      EXPECT_EQ(both.arrays[2].values, file.arrays[2].values);
      EXPECT_EQ(both.arrays[1].values, file.arrays[1].values);
    }
  }
}

TEST_F(PointFileTest, VtkPolyDataIsReadInBothEncodingsAndVersions)
{
  const auto n = Small.points.size();
  for (const bool binary : { false, true })
  {
    for (const bool isVersion5 : { false, true })
    {
      SCOPED_TRACE(std::to_string(binary) + std::to_string(isVersion5));
      const auto file = this->Read("a.vtk", VtkText(binary, isVersion5));
      EXPECT_EQ(file.format, binary ? "VTK polydata (binary)" : "VTK polydata (ascii)");
      ASSERT_EQ(file.surface.points.size(), n);
      EXPECT_NEAR(file.surface.points[5][1], Small.points[5][1], 1e-5); // float of some tens
      EXPECT_EQ(file.surface.ends.size(), Small.triangles.size() + 2);  // the strip has two
      EXPECT_EQ(file.surface.corners[4], Small.triangles[1][1]);
      EXPECT_EQ(file.surface.corners.back(), 3U);
      ASSERT_EQ(file.arrays.size(), 3U);
      EXPECT_EQ(file.arrays[0].name, "thick ness");
      ExpectValues(file.arrays[0], Numbers<float>(n));
      EXPECT_EQ(file.arrays[1].name, "moved");
      EXPECT_EQ(file.arrays[1].components, 3U);
      EXPECT_EQ(file.arrays[1].component, "float64");
      ExpectValues(file.arrays[1], Numbers<double>(3 * n));
      EXPECT_EQ(file.arrays[2].name, "curvature");
      EXPECT_EQ(file.arrays[2].component, "int16");
      ExpectValues(file.arrays[2], Numbers<std::int16_t>(2 * n));
    }
  }
}

TEST_F(PointFileTest, VtkPolyDataKeepsEveryByteButTheChangedArraysAndTheirRecordedRange)
{
  for (const bool binary : { false, true })
  {
    for (const bool isVersion5 : { false, true })
    {
      SCOPED_TRACE(std::to_string(binary) + std::to_string(isVersion5));
      const auto text = VtkText(binary, isVersion5);
      auto       file = this->Read("in.vtk", text);
      WritePointFile(file, File("same.vtk"));
      EXPECT_EQ(Contents(File("same.vtk")), text);

      Negate(file.arrays[2]); // short becomes float
      WritePointFile(file, File("out.vtk"));
      const auto written = Contents(File("out.vtk"));
      const auto head = text.find("curvature 2 42 ");
      ASSERT_NE(head, std::string::npos);
      EXPECT_EQ(written.substr(0, head), text.substr(0, head));
      EXPECT_EQ(written.substr(head, 21), "curvature 2 42 float\n");
      const auto tail = text.substr(text.find("\nother 1 2"));
      EXPECT_EQ(written.substr(written.size() - tail.size()), tail);
      EXPECT_EQ(ReadPointFile(File("out.vtk")).arrays[2].values, file.arrays[2].values);
      EXPECT_NE(written.find("L2_NORM_RANGE"), std::string::npos);

      Negate(file.arrays[0]);
      Negate(file.arrays[1]);
      WritePointFile(file, File("all.vtk"));
      const auto all = Contents(File("all.vtk"));
      EXPECT_EQ(all.find("L2_NORM"), std::string::npos);
      EXPECT_NE(
        all.find("METADATA\nCOMPONENT_NAMES\na%20b\nINFORMATION 1\nNAME UNITS_LABEL LOCATION vtkDataArray\nDATA "
                 "mm\n\n"),
        std::string::npos);
      const auto again = ReadPointFile(File("all.vtk"));
      for (std::size_t i = 0; i < 3; ++i)
      {
        EXPECT_EQ(again.arrays[i].values, file.arrays[i].values) << i;
      }
      EXPECT_EQ(again.arrays[1].component, "float64");
    }
  }
}

TEST_F(PointFileTest, AsciiNumbersKeepEveryDigitAndWhatIsNotFinite)
{
  constexpr double          infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> values = { 1.0 / 3.0, 16777217.0, -infinity, 1e300, 4.9e-324, infinity };
  auto                      file =
    this->Read("a.vtk",
               "# vtk DataFile Version 3.0\r\nt\r\nASCII\r\nDATASET POLYDATA\r\nPOINTS 7 float\r\n" +
                 testing::TextOf(std::vector<float>(21, 0.0F)) +
                 "\r\nPOINT_DATA 7\r\nSCALARS s double 1\r\nLOOKUP_TABLE default\r\n1 +2 -3e0 .5 nan -inf 1e999");
  EXPECT_EQ(std::vector<double>(file.arrays[0].values.begin(), file.arrays[0].values.begin() + 4),
            (std::vector<double>{ 1.0, 2.0, -3.0, 0.5 }));
  EXPECT_TRUE(std::isnan(file.arrays[0].values[4]));
  EXPECT_EQ(file.arrays[0].values[5], -infinity);
  EXPECT_EQ(file.arrays[0].values[6], infinity);
  std::copy(values.begin(), values.end(), file.arrays[0].values.begin());
  file.arrays[0].values[6] = std::nan("");
  file.arrays[0].changed = true;
  WritePointFile(file, File("b.vtk"));
  const auto again = ReadPointFile(File("b.vtk")).arrays[0].values;
  EXPECT_EQ(std::vector<double>(again.begin(), again.begin() + 6), values);
  EXPECT_TRUE(std::isnan(again[6]));
}

TEST_F(PointFileTest, AnEmptySetOfPointsIsReadAndWritten)
{
  const auto gifti = this->Read(
    "a.gii",
    GiftiText(
      "<DataArray Intent=\"NIFTI_INTENT_SHAPE\" DataType=\"NIFTI_TYPE_FLOAT32\" Dimensionality=\"1\" Dim0=\"0\" "
      "Encoding=\"ASCII\" Endian=\"LittleEndian\"><Data/></DataArray>"));
  ASSERT_EQ(gifti.arrays.size(), 1U);
  EXPECT_EQ(gifti.points, 0U);
  for (const bool binary : { false, true })
  {
    auto vtk = this->Read("a.vtk",
                          "# vtk DataFile Version 3.0\nt\n" + std::string(binary ? "BINARY" : "ASCII") +
                            "\nDATASET POLYDATA\nPOINTS 0 float\nPOINT_DATA 0\nSCALARS s int\nLOOKUP_TABLE default\n");
    ASSERT_EQ(vtk.arrays.size(), 1U);
    vtk.arrays[0].changed = true;
    WritePointFile(vtk, File("b.vtk"));
    EXPECT_EQ(ReadPointFile(File("b.vtk")).arrays[0].component, "float32");
  }
}

TEST_F(PointFileTest, TheSidecarsNameIsWithoutTheWholeEnding)
{
  EXPECT_EQ(WithoutPointFileExtension("a/x.shape.gii"), "a/x");
  EXPECT_EQ(WithoutPointFileExtension("x.FUNC.GII"), "x");
  EXPECT_EQ(WithoutPointFileExtension("lh.thickness.gii"), "lh.thickness");
  EXPECT_EQ(WithoutPointFileExtension("x.vtk"), "x");
  EXPECT_EQ(WithoutPointFileExtension("x.nii"), "x.nii");
  EXPECT_EQ(PointFileExtension("A.Vtk"), ".vtk");
  EXPECT_EQ(PointFileExtension(".gii"), "");
}

TEST_F(PointFileTest, NumbersOfPointsComeFromTextOrAFileWithOneArray)
{
  std::string sha256;
  Put(File("w.txt"), "1 2.5\n0\n");
  EXPECT_EQ(ReadPointNumbers(File("w.txt"), sha256), (std::vector<double>{ 1.0, 2.5, 0.0 }));
  EXPECT_EQ(sha256, Sha256("1 2.5\n0\n", 8));
  const auto array = GiftiArray("NIFTI_INTENT_NONE", "NIFTI_TYPE_INT32", "roi", std::vector<std::int32_t>{ 0, 1 });
  Put(File("roi.shape.gii"), GiftiText(array));
  EXPECT_EQ(ReadPointNumbers(File("roi.shape.gii"), sha256), (std::vector<double>{ 0.0, 1.0 }));
  Put(File("two.gii"), GiftiText(array + array));
  const auto message = [&](const char * name) { return MessageOf([&] { ReadPointNumbers(File(name), sha256); }); };
  EXPECT_NE(message("two.gii").find("must hold one array with one number for each point, not 2 arrays"),
            std::string::npos);
  Put(File("bad.txt"), "1 2 x 3");
  EXPECT_NE(message("bad.txt").find("no number, after 2 of them"), std::string::npos);
  Put(File("w.csv"), "1");
  EXPECT_NE(message("w.csv").find("none of .gii, .vtk and .txt"), std::string::npos);
}

TEST_F(PointFileTest, ErrorsOfVtkFilesNameTheRuleAndTheValue)
{
  const auto expect = [&](const std::string & text, const char * words)
  {
    const auto message = this->Fault("a.vtk", text);
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("a.vtk: "), std::string::npos) << message;
    EXPECT_NE(message.find("write it"), std::string::npos) << message;
  };
  const std::string head = "# vtk DataFile Version 3.0\nt\nASCII\nDATASET POLYDATA\n";
  const std::string points = head + "POINTS 2 float\n0 0 0 1 1 1\n";
  expect("<VTKFile type=\"PolyData\">", "XML files (.vtp) are not read");
  expect("# vtk DataFile Version 3.0\nt\nTEXT\n", "must be ASCII or BINARY, not 'text'");
  expect(head + "POINTS two float\n", "the number of points must be a whole number of 0 or more, not 'two'");
  expect(head + "POINTS 2 float\n0 0 0 1", "is truncated: of 6 numbers it ends after 4");
  expect(head + "POINTS 2000000000 float\n0 0", "is truncated: 2000000000 points do not fit");
  expect(points + "POINT_DATA 3\n", "POINT_DATA is of 3 points, but there are 2");
  expect(points + "POLYGONS 1 4\n3 0 1 2\n", "a polygon has point 2 as a corner; there are 2 points");
  expect(points + "POLYGONS 1 4\n9 0 1 1\n", "cell 0 has more corners");
  expect(points + "POINT_DATA 2\nSCALARS s float\n1 2\n", "must be followed by a line 'LOOKUP_TABLE name'");
  expect(points + "POINT_DATA 2\nSCALARS s float\nLOOKUP_TABLE d\n1 two\n",
         "SCALARS 's' hold something that is no number");
  expect(points + "POINT_DATA 2\nSCALARS s quad\nLOOKUP_TABLE d\n1 2\n", "numbers of type 'quad' are not known");
  expect(points + "POINT_DATA 2\nFIELD f 1\na 4000000000 4000000000 float\n", "do not fit into the file");
  expect(points + "SHAPE 2\n", "unknown keyword 'shape'");
  const auto binary = VtkText(true, true);
  expect(binary.substr(0, binary.size() - 5), "is truncated");
  const auto dataset = this->Fault("a.vtk", "# vtk DataFile Version 3.0\nt\nASCII\nDATASET UNSTRUCTURED_GRID\n");
  EXPECT_NE(dataset.find("holds a DATASET UNSTRUCTURED_GRID; only POLYDATA is read"), std::string::npos) << dataset;
}

TEST_F(PointFileTest, ErrorsOfGiftiFilesNameTheRuleAndTheValue)
{
  const auto expect = [&](const std::string & text, const char * words)
  {
    const auto message = this->Fault("a.gii", text);
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_NE(message.find("a.gii: "), std::string::npos) << message;
  };
  const auto        shape = GiftiArray("NIFTI_INTENT_SHAPE", "NIFTI_TYPE_FLOAT32", "s", Numbers<float>(4));
  const std::string text = GiftiText(shape);
  const auto        change = [&](const std::string & from, const std::string & to)
  {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  expect("x", "is not whole XML");
  expect(text.substr(0, text.size() / 2), "is not whole XML");
  expect("<?xml version=\"1.0\"?><svg/>", "is XML, but not GIfTI");
  expect(change("Dim0=\"4\"", "Dim0=\"5\""), "data array 1 must hold 5 numbers, not 4");
  expect(change("Dim0=\"4\"", "Dim0=\"-1\""), "Dim0 must be a whole number of 0 or more, not '-1'");
  expect(change("Dim0=\"4\"", "Dim0=\"40000000000\""), "is truncated");
  expect(change("Dim0=\"4\"", ""), "data array 1 has no attribute Dim0");
  expect(change("NIFTI_TYPE_FLOAT32", "NIFTI_TYPE_COMPLEX64"), "numbers of type 'NIFTI_TYPE_COMPLEX64' are not known");
  expect(change("\"ASCII\"", "\"ExternalFileBinary\""), "only arrays in the file itself are read");
  expect(change("\"ASCII\"", "\"Base64Binary\""), "data array 1 is not base64");
  expect(change("<Data>", "<Data>x "), "something that is no number, after 0 of them");
  expect(GiftiText(shape + GiftiArray("NIFTI_INTENT_SHAPE", "NIFTI_TYPE_FLOAT32", "t", Numbers<float>(5))),
         "array 't' is of 5 points, the first array of 4");
  const auto deflated =
    GiftiText(GiftiArray("NIFTI_INTENT_SHAPE", "NIFTI_TYPE_FLOAT32", "s", Numbers<float>(400), 0, Encoding::GZip));
  auto damaged = deflated;
  damaged[damaged.find("<Data>") + 30] ^= 1;
  expect(damaged, "is damaged: it does not inflate to 1600 bytes");
}

TEST_F(PointFileTest, AnOutputOfAnotherFormatIsRefusedAndNothingIsLeft)
{
  const auto file =
    this->Read("a.gii", GiftiText(GiftiArray("NIFTI_INTENT_SHAPE", "NIFTI_TYPE_FLOAT32", "s", Numbers<float>(4))));
  for (const char * name : { "b.vtk", "b.txt", "b" })
  {
    const auto message = MessageOf([&] { WritePointFile(file, File(name)); });
    EXPECT_NE(message.find("must be that of the input's format, .gii"), std::string::npos) << message;
  }
  EXPECT_THROW(WritePointFile(file, File("c.gii"), [] { throw Error("stop"); }), Error);
  EXPECT_EQ(FilesInFolder(), std::vector<std::string>{ "a.gii" });
}
} // namespace isolux
