#include "IoTest.h"

#include "KeptIntegersWriter.h"
#include "NiftiFile.h"

#include <nifti1.h>
#include <nifti2.h>

#include <zlib.h>

#include <cstdint>
#include <limits>

namespace isolux
{
namespace
{
class NiftiFile : public IoTest
{
};

template <typename T>
std::string
Raw(const T & value)
{
  return { reinterpret_cast<const char *>(&value), sizeof(T) };
}

template <typename T>
std::string
RawOf(const std::vector<T> & values)
{
  return { reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T) };
}

/** Every field that must survive differs from its default, and sform differs from qform. */
template <typename THeader>
THeader
FullHeader()
{
  THeader header{};
  header.sizeof_hdr = sizeof(THeader);
  header.dim_info = 0x39;
  header.dim[0] = 4;
  header.dim[1] = 4;
  header.dim[2] = 3;
  header.dim[3] = 2;
  header.dim[4] = 2;
  header.dim[5] = header.dim[6] = header.dim[7] = 1;
  header.intent_p1 = 1.5;
  header.intent_p2 = -2.5;
  header.intent_p3 = 3.25;
  header.intent_code = 1001;
  header.datatype = DT_INT16;
  header.bitpix = 16;
  header.slice_start = 1;
  const float pixdim[] = { -1.0F, 1.1F, 2.2F, 3.3F, 2500.0F, 0.5F, 0.25F, 0.125F };
  std::copy(std::begin(pixdim), std::end(pixdim), header.pixdim);
  header.scl_slope = 0.5;
  header.scl_inter = -3.0;
  header.slice_end = 2;
  header.slice_code = 3;
  header.xyzt_units = NIFTI_UNITS_MM | NIFTI_UNITS_MSEC;
  header.cal_max = 900;
  header.cal_min = -5;
  header.slice_duration = 0.07F;
  header.toffset = 12.5;
  std::strcpy(header.descrip, "scanner text that must survive");
  std::strcpy(header.aux_file, "aux.txt");
  header.qform_code = 1;
  header.sform_code = 4;
  header.quatern_b = 0.1F;
  header.quatern_c = 0.2F;
  header.quatern_d = 0.3F;
  header.qoffset_x = -10.5;
  header.qoffset_y = 20.25;
  header.qoffset_z = 30.125;
  const float rows[3][4] = { { 1.1F, 0.2F, 0.1F, -90.0F },
                             { -0.2F, 2.1F, 0.3F, -120.5F },
                             { 0.05F, -0.4F, 3.2F, -70.25F } };
  std::copy_n(rows[0], 4, header.srow_x);
  std::copy_n(rows[1], 4, header.srow_y);
  std::copy_n(rows[2], 4, header.srow_z);
  std::strcpy(header.intent_name, "intent");
  if constexpr (sizeof(THeader) == 348)
  {
    std::strcpy(header.data_type, "dt");
    std::strcpy(header.db_name, "db");
    header.extents = 16384;
    header.session_error = 7;
    header.regular = 'r';
    header.glmax = 255;
    header.glmin = 1;
    std::memcpy(header.magic, "n+1", 4);
    header.vox_offset = 352;
  }
  else
  {
    std::memcpy(header.magic, "n+2\0\r\n\032\n", 8);
    header.vox_offset = 544;
  }
  return header;
}

std::vector<std::int16_t>
Ramp(std::size_t count)
{
  std::vector<std::int16_t> values(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    values[i] = static_cast<std::int16_t>(37 * static_cast<int>(i) - 400);
  }
  return values;
}

/** What the written header must be: the given one, but for the fields that say how the pixels lie. */
template <typename THeader>
THeader
Expected(THeader header)
{
  header.datatype = DT_FLOAT32;
  header.bitpix = 32;
  header.scl_slope = 1;
  header.scl_inter = 0;
  header.cal_max = header.cal_min = 0;
  if constexpr (sizeof(THeader) == 348)
  {
    header.glmax = header.glmin = 0;
  }
  return header;
}

template <typename T>
void
SwapBytes(T & value)
{
  char * const bytes = reinterpret_cast<char *>(&value);
  std::reverse(bytes, bytes + sizeof(T));
}

/** By the byte positions of the NIfTI-1 standard: independent of the code under test. */
std::string
BigEndian(std::string header)
{
  const auto swap = [&](std::size_t begin, std::size_t width, std::size_t count)
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      std::reverse(header.begin() + static_cast<long>(begin + i * width),
                   header.begin() + static_cast<long>(begin + (i + 1) * width));
    }
  };
  swap(0, 4, 1);
  swap(32, 4, 1);
  swap(36, 2, 1);
  swap(40, 2, 8);
  swap(56, 4, 3);
  swap(68, 2, 4);
  swap(76, 4, 8);
  swap(108, 4, 3);
  swap(120, 2, 1);
  swap(124, 4, 6);
  swap(252, 2, 2);
  swap(256, 4, 18);
  return header;
}

template <typename THeader>
class NiftiHeaderOf : public IoTest
{
};

using Versions = ::testing::Types<nifti_1_header, nifti_2_header>;
TYPED_TEST_SUITE(NiftiHeaderOf, Versions);

TYPED_TEST(NiftiHeaderOf, EveryByteThatStillHoldsSurvives)
{
  const TypeParam header = FullHeader<TypeParam>();
  Put(this->File("a.nii"), Raw(header) + std::string(4, '\0') + RawOf(Ramp(48)));
  const Volume volume = ReadVolume(this->File("a.nii"));
  for (const char * name : { "b.nii", "b.nii.gz" })
  {
    WriteVolume(volume, this->File(name));
  }
  const std::string written = Contents(this->File("b.nii"));
  EXPECT_TRUE(written.substr(0, sizeof(TypeParam)) == Raw(Expected(header)));
  EXPECT_EQ(written.size(), sizeof(TypeParam) + 4 + 48 * 4);
  const Volume back = ReadVolume(this->File("b.nii.gz"));
  ExpectSame(back, volume, Rounding);
  EXPECT_EQ(back.format, volume.format);
}

TYPED_TEST(NiftiHeaderOf, ExtensionsSurviveAndMoveThePixels)
{
  TypeParam         header = FullHeader<TypeParam>();
  const std::string extension = Raw(std::int32_t{ 32 }) + Raw(std::int32_t{ 6 }) + "24 characters of comment";
  const std::string second = Raw(std::int32_t{ 16 }) + Raw(std::int32_t{ 4 }) + "8 bytes.";
  // A gap before the pixels, which is not kept.
  header.vox_offset = header.vox_offset + 48 + 64;
  Put(this->File("a.nii"),
      Raw(header) + std::string("\1\0\0\0", 4) + extension + second + std::string(64, '\0') + RawOf(Ramp(48)));
  const Volume volume = ReadVolume(this->File("a.nii"));
  WriteVolume(volume, this->File("b.nii"));
  header.vox_offset = header.vox_offset - 64;
  EXPECT_TRUE(Contents(this->File("b.nii")).substr(0, sizeof(TypeParam) + 4 + 48) ==
              Raw(Expected(header)) + std::string("\1\0\0\0", 4) + extension + second);
  ExpectSame(ReadVolume(this->File("b.nii")), volume, Rounding);
}

TEST_F(NiftiFile, BigEndianFileReadsAsItsLittleEndianTwinAndKeepsItsHeader)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  header.vox_offset = 384;
  const std::string little = Raw(std::int32_t{ 32 }) + Raw(std::int32_t{ 6 });
  std::string       big = little;
  std::reverse(big.begin(), big.begin() + 4);
  std::reverse(big.begin() + 4, big.begin() + 8);
  const std::string         text = "24 characters of comment";
  std::vector<std::int16_t> swapped = Ramp(48);
  for (std::int16_t & value : swapped)
  {
    SwapBytes(value);
  }
  Put(File("little.nii"), Raw(header) + std::string("\1\0\0\0", 4) + little + text + RawOf(Ramp(48)));
  Put(File("big.nii"), BigEndian(Raw(header)) + std::string("\1\0\0\0", 4) + big + text + RawOf(swapped));
  const Volume volume = ReadVolume(File("big.nii"));
  ExpectSame(volume, ReadVolume(File("little.nii")), Rounding);
  WriteVolume(volume, File("b.nii"));
  EXPECT_TRUE(Contents(File("b.nii")).substr(0, 384) ==
              Raw(Expected(header)) + std::string("\1\0\0\0", 4) + little + text);
}

TEST_F(NiftiFile, PixelsComeFromTheNamedFileAlsoBesideItsTwin)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  Put(File("x.nii"), Raw(header) + std::string(4, '\0') + RawOf(std::vector<std::int16_t>(48, 500)));
  header.qform_code = 2;
  const std::string other = Raw(header) + std::string(4, '\0') + RawOf(std::vector<std::int16_t>(48, 100));
  const gzFile      file = gzopen(File("x.nii.gz").c_str(), "wb");
  gzwrite(file, other.data(), static_cast<unsigned int>(other.size()));
  gzclose(file);
  EXPECT_EQ(Pixels(*ReadVolume(File("x.nii.gz")).channels[0])[0], 47.0F);
  EXPECT_EQ(Pixels(*ReadVolume(File("x.nii")).channels[0])[0], 247.0F);
}

TEST_F(NiftiFile, SlopeAndInterceptApplyInDoubleAndZeroOrNonFiniteMeansNone)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  const auto     read = [&](float slope, float intercept)
  {
    header.scl_slope = slope;
    header.scl_inter = intercept;
    Put(File("a.nii"), Raw(header) + std::string(4, '\0') + RawOf(Ramp(48)));
    return Pixels(*ReadVolume(File("a.nii")).channels[0])[47];
  };
  const double stored = 37 * 47 - 400;
  EXPECT_EQ(read(0.1F, 1e6F), static_cast<float>(stored * static_cast<double>(0.1F) + 1e6));
  EXPECT_EQ(read(0.0F, 7.0F), stored);
  EXPECT_EQ(read(NAN, 7.0F), stored);
  EXPECT_EQ(read(INFINITY, 7.0F), stored);
  EXPECT_EQ(read(2.0F, NAN), 2 * stored);
}

template <typename T>
class NiftiPixelsOf : public IoTest
{
};

using PixelTypes = ::testing::Types<std::uint8_t,
                                    std::int8_t,
                                    std::uint16_t,
                                    std::int16_t,
                                    std::uint32_t,
                                    std::int32_t,
                                    std::uint64_t,
                                    std::int64_t,
                                    float,
                                    double>;
TYPED_TEST_SUITE(NiftiPixelsOf, PixelTypes);

TYPED_TEST(NiftiPixelsOf, BothByteOrdersGiveEveryValueAndTheComponentsName)
{
  using T = TypeParam;
  const bool        isFloat = std::is_floating_point_v<T>;
  const std::string component = (isFloat               ? "float"
                                 : std::is_signed_v<T> ? "int"
                                                       : "uint") +
                                std::to_string(8 * sizeof(T));
  const int      code = isFloat               ? (sizeof(T) == 4 ? DT_FLOAT32 : DT_FLOAT64)
                        : std::is_signed_v<T> ? (sizeof(T) == 1   ? DT_INT8
                                                 : sizeof(T) == 2 ? DT_INT16
                                                 : sizeof(T) == 4 ? DT_INT32
                                                                  : DT_INT64)
                                              : (sizeof(T) == 1   ? DT_UINT8
                                                 : sizeof(T) == 2 ? DT_UINT16
                                                 : sizeof(T) == 4 ? DT_UINT32
                                                                  : DT_UINT64);
  nifti_1_header header = FullHeader<nifti_1_header>();
  header.datatype = static_cast<short>(code);
  header.bitpix = 8 * sizeof(T);
  header.scl_slope = 0;
  std::vector<T> values(48);
  for (std::size_t i = 0; i < 46; ++i)
  {
    values[i] = static_cast<T>(isFloat ? 0.37 * static_cast<double>(i) - 5 : 2.0 * static_cast<double>(i));
  }
  values[46] = std::numeric_limits<T>::lowest();
  values[47] = std::numeric_limits<T>::max();
  if (sizeof(T) == 8 && isFloat)
  {
    values[46] = static_cast<T>(-1e30);
    values[47] = static_cast<T>(1e30);
  }
  const std::vector<float> expected(values.begin(), values.end());
  Put(this->File("little.nii"), Raw(header) + std::string(4, '\0') + RawOf(values));
  for (T & value : values)
  {
    SwapBytes(value);
  }
  Put(this->File("big.nii"), BigEndian(Raw(header)) + std::string(4, '\0') + RawOf(values));
  for (const char * name : { "little.nii", "big.nii" })
  {
    const Volume volume = ReadVolume(this->File(name));
    EXPECT_EQ(volume.component, component);
    EXPECT_EQ(Pixels(*volume.channels[0]), expected) << name;
    // Voxels that may stay as they are in a file of int16.
    const bool isNative = component == std::string("int16") && name == std::string("little.nii");
    EXPECT_EQ(CanKeepIntegers(OpenVolume(this->File(name)), "out.nii.gz"), isNative) << name;
    EXPECT_FALSE(CanKeepIntegers(OpenVolume(this->File(name)), "out.mha")) << name;
    EXPECT_FALSE(CanKeepIntegers(volume, "out.nii")) << name;
  }
}

TEST_F(NiftiFile, ColourIsThreeOrFourChannelsWithoutScaling)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  for (const int parts : { 3, 4 })
  {
    header.datatype = static_cast<short>(parts == 3 ? DT_RGB24 : DT_RGBA32);
    header.bitpix = static_cast<short>(8 * parts);
    std::string pixels;
    for (int i = 0; i < 48 * parts; ++i)
    {
      pixels += static_cast<char>(i);
    }
    Put(File("a.nii"), Raw(header) + std::string(4, '\0') + pixels);
    const Volume volume = ReadVolume(File("a.nii"));
    ASSERT_EQ(volume.channels.size(), static_cast<std::size_t>(parts));
    EXPECT_EQ(volume.component, "uint8");
    EXPECT_EQ(Pixels(*volume.channels[1])[10], static_cast<float>(10 * parts + 1));
    WriteVolume(volume, File("b.nii.gz"));
    ExpectSame(ReadVolume(File("b.nii.gz")), volume, Rounding);
  }
}

TEST_F(NiftiFile, TheFifthAxisIsChannelsAndItsHeaderSurvives)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  header.dim[0] = 5;
  header.dim[4] = 1;
  header.dim[5] = 3;
  Put(File("a.nii"), Raw(header) + std::string(4, '\0') + RawOf(Ramp(72)));
  const Volume volume = ReadVolume(File("a.nii"));
  ASSERT_EQ(volume.channels.size(), 3U);
  EXPECT_EQ(volume.axes, 3U);
  EXPECT_EQ(Pixels(*volume.channels[2])[5], 0.5F * (37 * (48 + 5) - 400) - 3.0F);
  WriteVolume(volume, File("b.nii"));
  EXPECT_TRUE(Contents(File("b.nii")).substr(0, 348) == Raw(Expected(header)));
  ExpectSame(ReadVolume(File("b.nii")), volume, Rounding);
}

TEST_F(NiftiFile, SformIsTakenBeforeQformBeforePixdim)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  const auto     corner = [&](short sform, short qform)
  {
    header.sform_code = sform;
    header.qform_code = qform;
    Put(File("a.nii"), Raw(header) + std::string(4, '\0') + RawOf(Ramp(48)));
    WorkImage::PointType point;
    ReadVolume(File("a.nii")).channels[0]->TransformIndexToPhysicalPoint({ { 1, 2, 1, 1 } }, point);
    return point;
  };
  // LPS: the first two coordinates change sign.
  const auto byRows = corner(4, 1);
  EXPECT_NEAR(byRows[0], -(1.1 + 0.4 + 0.1 - 90.0), 1e-5);
  EXPECT_NEAR(byRows[1], -(-0.2 + 4.2 + 0.3 - 120.5), 1e-5);
  EXPECT_NEAR(byRows[2], 0.05 - 0.8 + 3.2 - 70.25, 1e-5);
  EXPECT_NEAR(byRows[3], 2.5 + 0.0125, 1e-9); // ms
  // The standard's rotation for b, c, d = 0.1, 0.2, 0.3 (a^2 = 0.86), qfac = -1.
  const double a = std::sqrt(0.86);
  const auto   byQuaternion = corner(0, 1);
  const double x = 1.1;
  const double y = 4.4;
  const double z = -3.3;
  EXPECT_NEAR(byQuaternion[0],
              -((0.86 + 0.01 - 0.04 - 0.09) * x + 2 * (0.02 - 0.3 * a) * y + 2 * (0.03 + 0.2 * a) * z - 10.5),
              1e-5);
  EXPECT_NEAR(byQuaternion[1],
              -(2 * (0.02 + 0.3 * a) * x + (0.86 + 0.04 - 0.01 - 0.09) * y + 2 * (0.06 - 0.1 * a) * z + 20.25),
              1e-5);
  EXPECT_NEAR(byQuaternion[2],
              2 * (0.03 - 0.2 * a) * x + 2 * (0.06 + 0.1 * a) * y + (0.86 + 0.09 - 0.04 - 0.01) * z + 30.125,
              1e-5);
  const auto byPixdim = corner(0, 0);
  EXPECT_NEAR(byPixdim[0], -1.1, 1e-6);
  EXPECT_NEAR(byPixdim[1], -4.4, 1e-6);
  EXPECT_NEAR(byPixdim[2], 3.3, 1e-6);
}

TEST_F(NiftiFile, AGridThatSpansNoVolumeFallsBackWithoutACrash)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  header.dim[0] = 2;
  const auto read = [&]
  {
    Put(File("a.nii"), Raw(header) + std::string(4, '\0') + RawOf(Ramp(48)));
    return ReadVolume(File("a.nii")).channels[0];
  };
  // A plane whose third column is zero keeps its orientation.
  header.srow_x[2] = header.srow_y[2] = header.srow_z[2] = 0.0F;
  auto image = read();
  EXPECT_NEAR(image->GetDirection()[0][1] * image->GetSpacing()[1], -0.2, 1e-6);
  EXPECT_EQ(image->GetSpacing()[2], 1.0);
  // Parallel columns: qform.
  std::copy_n(header.srow_x, 1, header.srow_x + 1);
  std::copy_n(header.srow_y, 1, header.srow_y + 1);
  std::copy_n(header.srow_z, 1, header.srow_z + 1);
  EXPECT_NEAR(read()->GetSpacing()[0], 1.1, 1e-6);
  header.qform_code = 0;
  header.pixdim[1] = 0.0F;
  header.pixdim[2] = NAN;
  image = read();
  EXPECT_EQ(image->GetSpacing()[0], 1.0);
  EXPECT_EQ(image->GetSpacing()[1], 1.0);
  header.srow_x[0] = NAN;
  header.srow_y[3] = INFINITY;
  EXPECT_EQ(read()->GetSpacing()[0], 1.0);
}

TEST_F(NiftiFile, AHeaderIsMadeFromTheGridOfAnotherFormat)
{
  for (const char * name : { "a.nii", "a.nii.gz" })
  {
    const Volume volume = MakeVolume({ { 5, 4, 3, 2 } }, 4, 2);
    WriteVolume(volume, File(name));
    ExpectSame(ReadVolume(File(name)), volume, 1e-6);
  }
  nifti_1_header header{};
  std::memcpy(&header, Contents(File("a.nii")).data(), sizeof(header));
  EXPECT_EQ(header.qform_code, 1);
  EXPECT_EQ(header.sform_code, 1);
  EXPECT_EQ(header.xyzt_units, NIFTI_UNITS_MM | NIFTI_UNITS_SEC);
  EXPECT_EQ(header.intent_code, NIFTI_INTENT_VECTOR);
  // Qform alone says the same; also of a mirrored grid.
  for (const double sign : { 1.0, -1.0 })
  {
    Volume                   volume = MakeVolume({ { 5, 4, 3, 1 } }, 3);
    WorkImage::DirectionType direction = volume.channels[0]->GetDirection();
    for (unsigned int row = 0; row < 3; ++row)
    {
      direction[row][1] *= sign;
    }
    volume.channels[0]->SetDirection(direction);
    WriteVolume(volume, File("b.nii"));
    std::string bytes = Contents(File("b.nii"));
    bytes[254] = bytes[255] = 0; // sform_code
    Put(File("b.nii"), bytes);
    ExpectSame(ReadVolume(File("b.nii")), volume, 1e-5);
  }
}

TEST_F(NiftiFile, QformOfEveryQuarterTurnIsRight)
{
  const int permutations[6][3] = { { 0, 1, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 1, 0, 2 }, { 0, 2, 1 }, { 2, 1, 0 } };
  for (const auto & permutation : permutations)
  {
    for (unsigned int flips = 0; flips < 8; ++flips)
    {
      Volume                   volume = MakeVolume({ { 5, 4, 3, 1 } }, 3);
      WorkImage::DirectionType direction;
      direction.Fill(0.0);
      direction[3][3] = 1.0;
      for (unsigned int axis = 0; axis < 3; ++axis)
      {
        direction[static_cast<unsigned int>(permutation[axis])][axis] = flips >> axis & 1U ? -1.0 : 1.0;
      }
      volume.channels[0]->SetDirection(direction);
      WriteVolume(volume, File("b.nii"));
      std::string bytes = Contents(File("b.nii"));
      bytes[254] = bytes[255] = 0; // sform_code
      Put(File("b.nii"), bytes);
      ExpectSame(ReadVolume(File("b.nii")), volume, 1e-5);
    }
  }
}

TEST_F(NiftiFile, AShearedGridKeepsItsColumnsAndWritesNoQform)
{
  Volume                   volume = MakeVolume({ { 5, 4, 3, 1 } }, 3);
  WorkImage::DirectionType direction;
  direction.SetIdentity();
  direction[1][2] = 0.6;
  direction[2][2] = 0.8;
  volume.channels[0]->SetDirection(direction);
  WriteVolume(volume, File("a.nii"));
  ExpectSame(ReadVolume(File("a.nii")), volume, 1e-6);
  nifti_1_header header{};
  std::memcpy(&header, Contents(File("a.nii")).data(), sizeof(header));
  EXPECT_EQ(header.qform_code, 0);
}

TEST_F(NiftiFile, AChangedGridIsWrittenAndTheRestOfTheHeaderKept)
{
  Put(File("a.nii"), Raw(FullHeader<nifti_1_header>()) + std::string(4, '\0') + RawOf(Ramp(48)));
  Volume       volume = ReadVolume(File("a.nii"));
  const Volume other = MakeVolume({ { 4, 3, 2, 1 } }, 3);
  volume.channels = other.channels;
  volume.axes = 3;
  WriteVolume(volume, File("b.nii"));
  ExpectSame(ReadVolume(File("b.nii")), other, 1e-5);
  nifti_1_header header{};
  std::memcpy(&header, Contents(File("b.nii")).data(), sizeof(header));
  EXPECT_STREQ(header.descrip, "scanner text that must survive");
  EXPECT_EQ(header.sform_code, 4);
}

TEST_F(NiftiFile, AnAxisBeyond32767MakesNifti2)
{
  const Volume volume = MakeVolume({ { 40000, 2, 1, 1 } }, 2);
  WriteVolume(volume, File("a.nii.gz"));
  const Volume back = ReadVolume(File("a.nii.gz"));
  EXPECT_EQ(back.format, "NIfTI-2");
  ExpectSame(back, volume, 1e-6);
}

TEST_F(NiftiFile, PairsAreReadByEitherNameAndNeverByGuess)
{
  nifti_1_header header = FullHeader<nifti_1_header>();
  std::memcpy(header.magic, "ni1", 4);
  header.vox_offset = 0;
  Put(File("a.hdr"), Raw(header) + std::string(4, '\0'));
  EXPECT_NE(MessageOf([&] { ReadVolume(File("a.hdr")); }).find("a.img is missing"), std::string::npos);
  Put(File("a.img"), RawOf(Ramp(48)));
  const Volume byHeader = ReadVolume(File("a.hdr"));
  const Volume byPixels = ReadVolume(File("a.img"));
  EXPECT_EQ(Pixels(*byHeader.channels[0])[1], 0.5F * (37 - 400) - 3.0F);
  ExpectSame(byPixels, byHeader, Rounding);
  EXPECT_EQ(byPixels.hash.text, byHeader.hash.text);
  EXPECT_EQ(HashVolume(File("a.hdr")), byHeader.hash.text);
  EXPECT_EQ(HashVolume(File("a.img")), byHeader.hash.text);
  WriteVolume(byHeader, File("b.nii"));
  ExpectSame(ReadVolume(File("b.nii")), byHeader, Rounding);
  Put(File("a.img.gz"), "x");
  EXPECT_NE(MessageOf([&] { ReadVolume(File("a.hdr")); }).find("both a.img and a.img.gz"), std::string::npos);
}

TEST_F(NiftiFile, ScaledInt16StaysWithinHalfAStepAndCountsWhatItCannotHold)
{
  for (const float offset : { 0.0F, 1e6F, -3e4F })
  {
    Volume        volume = MakeVolume({ { 16, 9, 8, 1 } }, 3);
    float * const values = volume.channels[0]->GetBufferPointer();
    Fill(*volume.channels[0], offset);
    const std::vector<float> finite = Pixels(*volume.channels[0]);
    const float              smallest = finite.front();
    const float              largest = finite.back();
    values[3] = NAN;
    values[4] = INFINITY;
    values[5] = -INFINITY;
    WriteOptions options;
    options.type = FileType::Int16Scaled;
    const auto rounding = WriteVolume(volume, File("a.nii.gz"), options);
    EXPECT_EQ(rounding.clamped, 3U);
    const Volume             back = ReadVolume(File("a.nii.gz"));
    const std::vector<float> read = Pixels(*back.channels[0]);
    EXPECT_EQ(back.component, "int16");
    // Half a step, and the rounding of the result to float32.
    const double bound = 0.5 * (largest - smallest) / 65534.0 * 1.001 + std::abs(static_cast<double>(offset)) * 6e-8;
    EXPECT_LE(rounding.largest, bound);
    EXPECT_GT(rounding.largest, 0.1 * bound); // a bound that is not far from what happens
    for (std::size_t i = 0; i < read.size(); ++i)
    {
      if (i < 3 || i > 5)
      {
        EXPECT_NEAR(read[i], finite[i], bound) << i;
      }
    }
    EXPECT_NEAR(read[4], largest, 2 * bound);
    EXPECT_NEAR(read[5], smallest, 2 * bound);
    EXPECT_NEAR(read[3], std::clamp(0.0F, smallest, largest), 3 * bound);
  }
}

TEST_F(NiftiFile, ScaledInt16OfAConstantIsExact)
{
  Volume volume = MakeVolume({ { 4, 3, 2, 1 } }, 3);
  std::fill_n(volume.channels[0]->GetBufferPointer(), 24, 123.456F);
  WriteOptions options;
  options.type = FileType::Int16Scaled;
  EXPECT_EQ(WriteVolume(volume, File("a.nii"), options).clamped, 0U);
  EXPECT_EQ(Pixels(*ReadVolume(File("a.nii")).channels[0]), Pixels(*volume.channels[0]));
}

TEST_F(NiftiFile, ScaledInt16KeepsTheIntegersOfWhichAllIsALinearMap)
{
  // Integers of a file with a scale of its own, in two channels.
  Volume original = MakeVolume({ { 16, 9, 8, 1 } }, 3, 2);
  original.component = "int16";
  auto withScale = std::make_shared<NiftiHeader>();
  withScale->fields.scl_slope = 0.25F;
  withScale->fields.scl_inter = -7.0F;
  for (std::size_t c = 0; c < 2; ++c)
  {
    for (std::size_t i = 0; i < 16 * 9 * 8; ++i)
    {
      original.channels[c]->GetBufferPointer()[i] =
        static_cast<float>(static_cast<int>(i * 7919 % 4001) - 2000 + 5000 * static_cast<int>(c)) * 0.25F - 7.0F;
    }
  }
  original.nifti = withScale;
  const auto map = [&original](float gain, float offset)
  {
    Volume mapped = MakeVolume({ { 16, 9, 8, 1 } }, 3, 2);
    for (std::size_t c = 0; c < 2; ++c)
    {
      for (std::size_t i = 0; i < 16 * 9 * 8; ++i)
      {
        mapped.channels[c]->GetBufferPointer()[i] = gain * original.channels[c]->GetBufferPointer()[i] + offset;
      }
    }
    return mapped;
  };
  WriteOptions options;
  options.type = FileType::Int16Scaled;
  options.threads = 3;
  options.original = &original;
  for (const auto & [gain, offset] : { std::pair{ 0.0137F, -3.1F }, { -2.5F, 100.0F } })
  {
    const Volume mapped = map(gain, offset);
    const auto   rounding = WriteVolume(mapped, File("kept.nii"), options);
    const auto   back = ReadVolume(File("kept.nii"));
    const auto   range = std::abs(gain) * (2000.0 + 5000.0 + 2000.0) * 0.25;
    EXPECT_EQ(rounding.clamped, 0U);
    EXPECT_LE(rounding.largest, 1e-6 * range);
    for (std::size_t c = 0; c < 2; ++c)
    {
      for (std::size_t i = 0; i < 16 * 9 * 8; ++i)
      {
        // The integers that are kept, and the rounding of the result to float32.
        ASSERT_NEAR(back.channels[c]->GetBufferPointer()[i], mapped.channels[c]->GetBufferPointer()[i], 2e-6 * range);
      }
    }
    // The integers themselves: int16 from byte 352 on.
    const auto bytes = Contents(File("kept.nii"));
    for (std::size_t i = 0; i < 16 * 9 * 8; ++i)
    {
      std::int16_t integer = 0;
      std::memcpy(&integer, bytes.data() + 352 + 2 * i, 2);
      ASSERT_EQ(integer, static_cast<int>(i * 7919 % 4001) - 2000) << i;
    }
  }
  // One voxel off: no linear map, and the scale covers the range.
  Volume off = map(0.0137F, -3.1F);
  off.channels[1]->GetBufferPointer()[77] += 0.01F;
  const auto rounding = WriteVolume(off, File("covered.nii"), options);
  EXPECT_GT(rounding.largest, 1e-6 * 0.0137 * 2250.0);
}

TEST_F(NiftiFile, ErrorsNameTheFileTheReasonAndTheNumbers)
{
  const nifti_1_header header = FullHeader<nifti_1_header>();
  const std::string    good = Raw(header) + std::string(4, '\0') + RawOf(Ramp(48));
  const auto           message = [&](const std::string & name, const std::string & bytes)
  {
    Put(File(name), bytes);
    const std::string text = MessageOf([&] { ReadVolume(File(name)); });
    EXPECT_EQ(text.rfind(File(name).string() + ": ", 0), 0U) << text;
    return text;
  };
  EXPECT_NE(message("a.nii", good.substr(0, 400)).find("448 bytes expected, 400 found"), std::string::npos);
  EXPECT_NE(message("a.nii", good.substr(0, 100)).find("348 bytes expected, 100 found"), std::string::npos);
  EXPECT_NE(message("a.nii", "").find("empty"), std::string::npos);
  EXPECT_NE(message("a.nii", std::string(1000, 'x')).find("not a NIfTI file"), std::string::npos);
  EXPECT_NE(message("a.nii.gz", good).find("not gzip data"), std::string::npos);
  EXPECT_NE(message("a.nii.gz", "just text").find("not gzip data"), std::string::npos);
  EXPECT_NE(message("a.hdr", good).find("name it .nii"), std::string::npos);

  const auto changed = [&](auto change)
  {
    nifti_1_header other = header;
    change(other);
    return message("a.nii", Raw(other) + std::string(4, '\0') + RawOf(Ramp(48)));
  };
  EXPECT_NE(changed([](auto & h) { h.dim[2] = 0; }).find("dim[2] = 0"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { h.dim[0] = 9; }).find("9 axes"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { h.dim[0] = 6, h.dim[6] = 2; }).find("dim[6] = 2"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { h.datatype = DT_COMPLEX64; }).find("magnitude"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { h.vox_offset = NAN; }).find("vox_offset"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { h.vox_offset = 1e6F; }).find("is truncated"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { h.magic[0] = 0; }).find("Analyze"), std::string::npos);
  EXPECT_NE(changed([](auto & h) { std::fill_n(h.dim + 1, 4, short{ 32767 }), h.dim[0] = 4; }).find("is truncated"),
            std::string::npos);
  EXPECT_NE(changed([](auto & h) { std::memcpy(h.magic, "ni1", 4); }).find("name it .hdr"), std::string::npos);
}
} // namespace
} // namespace isolux
