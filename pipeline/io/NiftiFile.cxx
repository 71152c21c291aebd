#include "NiftiFile.h"

#include "Bytes.h"
#include "Error.h"
#include "FileStream.h"
#include "Grid.h"
#include "GzipSplice.h"
#include "GzipWriter.h"
#include "IntegerMap.h"
#include "PixelType.h"
#include "RegionReader.h"
#include "UncachedFile.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <future>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

namespace isolux
{
namespace
{
static_assert(sizeof(nifti_1_header) == 348 && sizeof(nifti_2_header) == 540,
              "the headers are read as they lie on disk");

constexpr std::size_t ExtenderSize = 4;
/** Of a quaternion's squared a, below which it is 0: the rounding of float32, as in the reference library. */
constexpr double HalfTurn = 1e-7;
/** A header whose grid lies within this many voxels of the image's is left as it is: float32 in the file. */
constexpr double SameGrid = 1e-3;

struct DataType
{
  int               code;
  const PixelType & type;
  std::size_t       interleave; ///< components of a voxel that lie together
};

const DataType DataTypes[] = {
  { DT_UINT8, PixelTypeOf("uint8"), 1 },     { DT_INT8, PixelTypeOf("int8"), 1 },
  { DT_UINT16, PixelTypeOf("uint16"), 1 },   { DT_INT16, PixelTypeOf("int16"), 1 },
  { DT_UINT32, PixelTypeOf("uint32"), 1 },   { DT_INT32, PixelTypeOf("int32"), 1 },
  { DT_UINT64, PixelTypeOf("uint64"), 1 },   { DT_INT64, PixelTypeOf("int64"), 1 },
  { DT_FLOAT32, PixelTypeOf("float32"), 1 }, { DT_FLOAT64, PixelTypeOf("float64"), 1 },
  { DT_RGB24, PixelTypeOf("uint8"), 3 },     { DT_RGBA32, PixelTypeOf("uint8"), 4 },
};

const DataType &
FindDataType(int code, const std::string & name)
{
  for (const DataType & type : DataTypes)
  {
    if (type.code == code)
    {
      return type;
    }
  }
  throw Error(name + ": its NIfTI datatype " + std::to_string(code) +
              " is not read; convert the file to a real integer, float32 or float64 type" +
              (code == DT_COMPLEX64 || code == DT_COMPLEX128 || code == DT_COMPLEX256
                 ? ", of a complex image the magnitude"
                 : ""));
}

struct Assign
{
  template <typename TFrom, typename TTo>
  void
  operator()(const TFrom & from, TTo & to) const
  {
    if constexpr (std::is_array_v<TTo>)
    {
      for (std::size_t i = 0; i < std::extent_v<TTo>; ++i)
      {
        (*this)(from[i], to[i]);
      }
    }
    else
    {
      to = static_cast<TTo>(from);
    }
  }
};

struct Swap
{
  template <typename T>
  void
  operator()(const T &, T & field) const
  {
    if constexpr (std::is_array_v<T>)
    {
      for (auto & element : field)
      {
        (*this)(element, element);
      }
    }
    else
    {
      field = Load<T>(reinterpret_cast<const char *>(&field), true);
    }
  }
};

/** Every field that both versions have, but for the size and the magic. */
template <typename TVisitor, typename TFrom, typename TTo>
void
VisitFields(const TVisitor & visit, const TFrom & from, TTo & to)
{
  visit(from.datatype, to.datatype);
  visit(from.bitpix, to.bitpix);
  visit(from.dim, to.dim);
  visit(from.intent_p1, to.intent_p1);
  visit(from.intent_p2, to.intent_p2);
  visit(from.intent_p3, to.intent_p3);
  visit(from.pixdim, to.pixdim);
  visit(from.vox_offset, to.vox_offset);
  visit(from.scl_slope, to.scl_slope);
  visit(from.scl_inter, to.scl_inter);
  visit(from.cal_max, to.cal_max);
  visit(from.cal_min, to.cal_min);
  visit(from.slice_duration, to.slice_duration);
  visit(from.toffset, to.toffset);
  visit(from.slice_start, to.slice_start);
  visit(from.slice_end, to.slice_end);
  visit(from.descrip, to.descrip);
  visit(from.aux_file, to.aux_file);
  visit(from.qform_code, to.qform_code);
  visit(from.sform_code, to.sform_code);
  visit(from.quatern_b, to.quatern_b);
  visit(from.quatern_c, to.quatern_c);
  visit(from.quatern_d, to.quatern_d);
  visit(from.qoffset_x, to.qoffset_x);
  visit(from.qoffset_y, to.qoffset_y);
  visit(from.qoffset_z, to.qoffset_z);
  visit(from.srow_x, to.srow_x);
  visit(from.srow_y, to.srow_y);
  visit(from.srow_z, to.srow_z);
  visit(from.slice_code, to.slice_code);
  visit(from.xyzt_units, to.xyzt_units);
  visit(from.intent_code, to.intent_code);
  visit(from.intent_name, to.intent_name);
  visit(from.dim_info, to.dim_info);
}

void
SwapHeader(nifti_1_header & header)
{
  VisitFields(Swap{}, header, header);
  Swap{}(header.extents, header.extents);
  Swap{}(header.session_error, header.session_error);
}

std::size_t
HeaderSize(int version)
{
  return version == 1 ? sizeof(nifti_1_header) : sizeof(nifti_2_header);
}

struct ParsedHeader
{
  NiftiHeader header;
  bool        pixelsFollow = false; ///< in the same file
};

[[noreturn]] void
ThrowTruncated(const std::string & name, const std::string & expected, std::size_t found)
{
  throw Error(name + ": is truncated: " + expected + " bytes expected, " + std::to_string(found) +
              " found; copy or download it again");
}

/** The list of extensions in this machine's byte order, up to the first that is malformed. */
std::vector<char>
ParseExtensions(const char * data, std::size_t size, bool swapped)
{
  std::vector<char> list;
  while (size >= 16)
  {
    const auto bytes = Load<std::int32_t>(data, swapped);
    const auto code = Load<std::int32_t>(data + 4, swapped);
    if (bytes < 16 || bytes % 16 != 0 || static_cast<std::size_t>(bytes) > size)
    {
      break;
    }
    const std::size_t begin = list.size();
    list.insert(list.end(), data, data + bytes);
    std::memcpy(list.data() + begin, &bytes, 4);
    std::memcpy(list.data() + begin + 4, &code, 4);
    data += bytes;
    size -= static_cast<std::size_t>(bytes);
  }
  return list;
}

ParsedHeader
ParseHeader(const Bytes & bytes, const std::string & name)
{
  ParsedHeader parsed;
  if (bytes.Size() < sizeof(std::int32_t))
  {
    ThrowTruncated(name, "at least " + std::to_string(HeaderSize(1)), bytes.Size());
  }
  const auto size = Load<std::int32_t>(bytes.Data(), false);
  const auto swappedSize = Load<std::int32_t>(bytes.Data(), true);
  parsed.header.isSwapped = swappedSize == 348 || swappedSize == 540;
  const std::int32_t headerSize = parsed.header.isSwapped ? swappedSize : size;
  if (headerSize != 348 && headerSize != 540)
  {
    throw Error(
      name + ": is not a NIfTI file: its first four bytes are neither 348 nor 540; check what the file is" +
      (Load<unsigned char>(bytes.Data(), false) == 0x1f ? " (it looks like gzip data: name it .nii.gz)" : ""));
  }
  NiftiHeader & header = parsed.header;
  header.version = headerSize == 348 ? 1 : 2;
  if (bytes.Size() < HeaderSize(header.version))
  {
    ThrowTruncated(name, "at least " + std::to_string(HeaderSize(header.version)), bytes.Size());
  }

  std::string magic;
  double      pixelOffset = 0.0;
  if (header.version == 1)
  {
    std::memcpy(&header.unused, bytes.Data(), sizeof(header.unused));
    if (parsed.header.isSwapped)
    {
      SwapHeader(header.unused);
    }
    magic.assign(header.unused.magic, 3);
    pixelOffset = static_cast<double>(header.unused.vox_offset);
    header.unused.vox_offset = 0;
    VisitFields(Assign{}, header.unused, header.fields);
  }
  else
  {
    std::memcpy(&header.fields, bytes.Data(), sizeof(header.fields));
    if (parsed.header.isSwapped)
    {
      VisitFields(Swap{}, header.fields, header.fields);
    }
    magic.assign(header.fields.magic, 3);
    pixelOffset = static_cast<double>(header.fields.vox_offset);
  }
  const std::string version = std::to_string(header.version);
  if (magic != "n+" + version && magic != "ni" + version)
  {
    throw Error(name + ": has no NIfTI magic (an Analyze 7.5 header?), so that its orientation is unknown; " +
                "convert it to NIfTI with a tool that is told the orientation");
  }
  parsed.pixelsFollow = magic[1] == '+';

  if (!(pixelOffset >= 0.0 && pixelOffset <= 1e15))
  {
    throw Error(name + ": its vox_offset is " + std::to_string(pixelOffset) +
                ", which no file has; the header is damaged: make the file again");
  }
  header.fields.vox_offset = static_cast<std::int64_t>(pixelOffset);
  const std::size_t begin = HeaderSize(header.version) + ExtenderSize;
  if (parsed.pixelsFollow && pixelOffset < static_cast<double>(HeaderSize(header.version)))
  {
    header.fields.vox_offset = static_cast<std::int64_t>(begin);
  }
  const std::size_t end =
    parsed.pixelsFollow ? std::min(bytes.Size(), static_cast<std::size_t>(header.fields.vox_offset)) : bytes.Size();
  if (end > begin && bytes.Data()[begin - ExtenderSize] != 0)
  {
    header.extensions = ParseExtensions(bytes.Data() + begin, end - begin, parsed.header.isSwapped);
  }
  return parsed;
}

/** dim[1] to dim[7], with 1 along the axes that the file does not have. */
std::array<std::int64_t, 7>
Extents7(const nifti_2_header & fields)
{
  std::array<std::int64_t, 7> extents{};
  for (std::int64_t axis = 0; axis < 7; ++axis)
  {
    extents[static_cast<std::size_t>(axis)] = axis < fields.dim[0] ? fields.dim[axis + 1] : 1;
  }
  return extents;
}

void
CheckExtents(const nifti_2_header & fields, const std::string & name)
{
  if (fields.dim[0] < 1 || fields.dim[0] > 7)
  {
    throw Error(name + ": its header says " + std::to_string(fields.dim[0]) +
                " axes (dim[0]), 1 to 7 are possible; the header is damaged: make the file again");
  }
  for (std::int64_t axis = 1; axis <= fields.dim[0]; ++axis)
  {
    const std::string value = "dim[" + std::to_string(axis) + "] = " + std::to_string(fields.dim[axis]);
    if (axis == 5 && fields.dim[axis] > 4096)
    {
      throw Error(name + ": has more channels than 4096 (" + value + "); split it");
    }
    if (fields.dim[axis] < 1)
    {
      throw Error(name + ": has no voxels: " + value + "; make the file again");
    }
    if (axis > 5 && fields.dim[axis] > 1)
    {
      throw Error(name + ": has more axes than x, y, z, t and one of components: " + value + "; split it");
    }
  }
}

double
PositiveOr1(double value)
{
  value = std::abs(value);
  return std::isfinite(value) && value > 0.0 ? value : 1.0;
}

/** Columns and translation, RAS. */
struct Affine
{
  double m[3][4];
};

Affine
FromQform(const nifti_2_header & fields, const std::array<double, 3> & spacing)
{
  double       b = fields.quatern_b;
  double       c = fields.quatern_c;
  double       d = fields.quatern_d;
  const double square = b * b + c * c + d * d;
  double       a = 0.0;
  if (square <= 1.0 - HalfTurn)
  {
    a = std::sqrt(1.0 - square);
  }
  else
  {
    b /= std::sqrt(square);
    c /= std::sqrt(square);
    d /= std::sqrt(square);
  }
  const double x = spacing[0];
  const double y = spacing[1];
  const double z = fields.pixdim[0] < 0.0 ? -spacing[2] : spacing[2];
  return {
    { { (a * a + b * b - c * c - d * d) * x, 2 * (b * c - a * d) * y, 2 * (b * d + a * c) * z, fields.qoffset_x },
      { 2 * (b * c + a * d) * x, (a * a + c * c - b * b - d * d) * y, 2 * (c * d - a * b) * z, fields.qoffset_y },
      { 2 * (b * d - a * c) * x, 2 * (c * d + a * b) * y, (a * a + d * d - b * b - c * c) * z, fields.qoffset_z } }
  };
}

/** \param r orthonormal, RAS */
void
ToQform(nifti_2_header & fields, std::array<std::array<double, 3>, 3> r)
{
  const double determinant = r[0][0] * (r[1][1] * r[2][2] - r[1][2] * r[2][1]) -
                             r[0][1] * (r[1][0] * r[2][2] - r[1][2] * r[2][0]) +
                             r[0][2] * (r[1][0] * r[2][1] - r[1][1] * r[2][0]);
  fields.pixdim[0] = determinant < 0.0 ? -1.0 : 1.0;
  for (auto & row : r)
  {
    row[2] *= fields.pixdim[0];
  }
  // Four times the squares of a, b, c and d; dividing by the root of the largest is stable.
  const std::array<double, 4> squares{ 1 + r[0][0] + r[1][1] + r[2][2],
                                       1 + r[0][0] - r[1][1] - r[2][2],
                                       1 - r[0][0] + r[1][1] - r[2][2],
                                       1 - r[0][0] - r[1][1] + r[2][2] };
  const auto                  largest = std::max_element(squares.begin(), squares.end()) - squares.begin();
  const double                twice = std::sqrt(squares[static_cast<std::size_t>(largest)]);
  const double                ab = r[2][1] - r[1][2];
  const double                ac = r[0][2] - r[2][0];
  const double                ad = r[1][0] - r[0][1];
  const double                bc = r[1][0] + r[0][1];
  const double                bd = r[0][2] + r[2][0];
  const double                cd = r[2][1] + r[1][2];
  const double                products[4][4] = { { twice * twice, ab, ac, ad },
                                                 { ab, twice * twice, bc, bd },
                                                 { ac, bc, twice * twice, cd },
                                                 { ad, bd, cd, twice * twice } };
  const double * const        product = products[largest];
  const double                half = (product[0] < 0.0 ? -0.5 : 0.5) / twice; // a is not negative
  fields.quatern_b = product[1] * half;
  fields.quatern_c = product[2] * half;
  fields.quatern_d = product[3] * half;
}

/** Sform, else qform, else pixdim; the first of these that spans a volume. */
void
SetGeometry(WorkImage & image, const nifti_2_header & fields)
{
  const int    spaceUnit = fields.xyzt_units & 0x07;
  const int    timeUnit = fields.xyzt_units & 0x38;
  const double space = spaceUnit == NIFTI_UNITS_METER ? 1e3 : spaceUnit == NIFTI_UNITS_MICRON ? 1e-3 : 1.0;
  const double time = timeUnit == NIFTI_UNITS_MSEC ? 1e-3 : timeUnit == NIFTI_UNITS_USEC ? 1e-6 : 1.0;

  const std::array<double, 3> spacing{ PositiveOr1(fields.pixdim[1]),
                                       PositiveOr1(fields.pixdim[2]),
                                       PositiveOr1(fields.pixdim[3]) };
  const auto                  set = [&](const Affine & matrix)
  {
    // RAS to LPS
    const std::array<double, 3>          scale{ -space, -space, space };
    std::array<std::array<double, 3>, 3> columns{};
    std::array<double, 3>                origin{};
    for (std::size_t row = 0; row < 3; ++row)
    {
      for (std::size_t column = 0; column < 3; ++column)
      {
        columns[column][row] = scale[row] * matrix.m[row][column];
      }
      origin[row] = scale[row] * matrix.m[row][3];
    }
    return SetColumns(image, columns, origin);
  };

  Affine sform{};
  std::copy_n(fields.srow_x, 4, sform.m[0]);
  std::copy_n(fields.srow_y, 4, sform.m[1]);
  std::copy_n(fields.srow_z, 4, sform.m[2]);
  if (!(fields.sform_code > 0 && set(sform)) && !(fields.qform_code > 0 && set(FromQform(fields, spacing))))
  {
    set({ { { spacing[0], 0, 0, 0 }, { 0, spacing[1], 0, 0 }, { 0, 0, spacing[2], 0 } } });
  }

  WorkImage::SpacingType allSpacing = image.GetSpacing();
  WorkImage::PointType   origin = image.GetOrigin();
  allSpacing[3] = fields.dim[0] > 3 ? PositiveOr1(PositiveOr1(fields.pixdim[4]) * time) : 1.0;
  origin[3] = std::isfinite(fields.toffset) ? fields.toffset * time : 0.0;
  image.SetSpacing(allSpacing);
  image.SetOrigin(origin);
}

/** Writes the grid in mm and seconds, into sform and, where the axes are at right angles, qform. */
void
SetGeometry(nifti_2_header & fields, const WorkImage & image)
{
  const auto &                         direction = image.GetDirection();
  const std::array<double, 3>          sign{ -1.0, -1.0, 1.0 }; // LPS to RAS
  std::array<std::array<double, 3>, 3> rotation{};
  double                               largestCosine = 0.0;
  double * const                       rows[] = { fields.srow_x, fields.srow_y, fields.srow_z };
  for (unsigned int row = 0; row < 3; ++row)
  {
    for (unsigned int column = 0; column < 3; ++column)
    {
      rotation[row][column] = sign[row] * direction[row][column];
      rows[row][column] = rotation[row][column] * image.GetSpacing()[column];
    }
    rows[row][3] = sign[row] * image.GetOrigin()[row];
    const unsigned int next = (row + 1) % 3;
    largestCosine = std::max(largestCosine,
                             std::abs(direction[0][row] * direction[0][next] + direction[1][row] * direction[1][next] +
                                      direction[2][row] * direction[2][next]));
  }
  const int code = std::max({ fields.sform_code, fields.qform_code, NIFTI_XFORM_SCANNER_ANAT });
  fields.sform_code = code;
  fields.qform_code = largestCosine < 1e-4 ? code : NIFTI_XFORM_UNKNOWN;
  ToQform(fields, rotation);
  fields.qoffset_x = fields.srow_x[3];
  fields.qoffset_y = fields.srow_y[3];
  fields.qoffset_z = fields.srow_z[3];
  for (unsigned int axis = 0; axis < 4; ++axis)
  {
    fields.pixdim[axis + 1] = image.GetSpacing()[axis];
  }
  fields.toffset = image.GetOrigin()[3];
  fields.xyzt_units = NIFTI_UNITS_MM | NIFTI_UNITS_SEC;
}

/** Of deflate. */
constexpr std::uintmax_t LargestRatio = 1032;
/** Much more than any extensions take, in bytes. */
constexpr std::int64_t LongestHeader = std::int64_t{ 64 } << 20U;

/** Bytes that a file can hold, or inflate to. */
std::uintmax_t
LargestSize(const std::filesystem::path & path)
{
  const auto size = std::filesystem::file_size(path);
  return IsGzipName(path) && size < std::numeric_limits<std::uintmax_t>::max() / LargestRatio ? size * LargestRatio
                                                                                              : size;
}

/** Up to where the extensions may reach. */
std::size_t
HeaderEnd(const ParsedHeader & parsed)
{
  return static_cast<std::size_t>(parsed.pixelsFollow ? std::min(parsed.header.fields.vox_offset, LongestHeader)
                                                      : LongestHeader);
}

/** The other file of a pair: the only one of `a` and `b` that exists. */
std::filesystem::path
PartnerOf(const std::filesystem::path & path, const char * a, const char * b)
{
  const std::filesystem::path stem = WithoutVolumeExtension(path);
  const std::filesystem::path first = stem.string() + a;
  const std::filesystem::path second = stem.string() + b;
  std::error_code             ignored;
  const bool                  hasFirst = std::filesystem::exists(first, ignored);
  const bool                  hasSecond = std::filesystem::exists(second, ignored);
  if (hasFirst == hasSecond)
  {
    throw Error(path.string() + ": " +
                (hasFirst ? "both " + first.filename().string() + " and " + second.filename().string() +
                              " lie beside it; remove the one that does not belong to it"
                          : "its other half " + first.filename().string() +
                              " is missing; copy it beside, or convert the pair to .nii.gz"));
  }
  return hasFirst ? first : second;
}

struct Layout
{
  std::array<std::int64_t, 7> extents{};
  std::int64_t                frame = 1; ///< voxels of one channel
};

/** \throws Error where fewer than its bytes were found. */
Layout
LayoutOf(
  const nifti_2_header & fields, const DataType & type, const std::string & name, std::uintmax_t found, bool isInflated)
{
  Layout layout;
  layout.extents = Extents7(fields);
  std::int64_t expected = 0;
  bool         overflow = false;
  for (std::size_t axis = 0; axis < 4; ++axis)
  {
    overflow |= __builtin_mul_overflow(layout.frame, layout.extents[axis], &layout.frame);
  }
  overflow |=
    __builtin_mul_overflow(layout.frame, static_cast<std::int64_t>(type.type.bytes * type.interleave), &expected);
  overflow |= __builtin_mul_overflow(expected, layout.extents[4], &expected);
  overflow |= __builtin_add_overflow(expected, fields.vox_offset, &expected);
  if (overflow || static_cast<std::uint64_t>(expected) > found)
  {
    ThrowTruncated(
      name, overflow ? "more than 9e18" : std::to_string(expected) + (isInflated ? " inflated" : ""), found);
  }
  return layout;
}

Scaling
ScalingOf(const nifti_2_header & fields, int parts = 1)
{
  Scaling scaling;
  if (parts == 1 && std::isfinite(fields.scl_slope) && fields.scl_slope != 0.0)
  {
    scaling.slope = fields.scl_slope;
    scaling.intercept = std::isfinite(fields.scl_inter) ? fields.scl_inter : 0.0;
  }
  return scaling;
}

/** Everything but the pixels and their hash. */
Volume
HeaderVolume(const ParsedHeader & parsed, const DataType & type)
{
  Volume volume;
  volume.format = parsed.header.version == 1 ? "NIfTI-1" : "NIfTI-2";
  volume.component = type.type.component;
  volume.nifti = std::make_shared<const NiftiHeader>(parsed.header);
  const auto all = Extents7(parsed.header.fields);
  Extents    extents{};
  std::copy_n(all.begin(), 4, extents.begin());
  volume.axes = CountAxes(extents);
  return volume;
}

struct Quantised
{
  bool                      isKept = false; ///< the integers are those of the original, and not among `values`
  std::vector<std::int16_t> values;
  Scaling                   scaling;
  Quantisation              rounding;
};

std::size_t
VoxelsOf(const Volume & volume)
{
  return volume.channels.front()->GetPixelContainer()->Size();
}

/** Merges what f(first, end) returns of parts of a channel's voxels, each in a thread of its own. */
template <typename TResult, typename TFunction>
TResult
ForParts(std::size_t voxels, unsigned int threads, TFunction && f, TResult total = {})
{
  std::vector<std::future<TResult>> parts;
  for (unsigned int part = 0; part < threads; ++part)
  {
    const auto first = voxels * part / threads;
    const auto end = voxels * (part + 1) / threads;
    parts.push_back(std::async(std::launch::async | std::launch::deferred, [&f, first, end] { return f(first, end); }));
  }
  for (auto & part : parts)
  {
    total.Merge(part.get());
  }
  return total;
}

struct Extremes
{
  float minimum = std::numeric_limits<float>::infinity();
  float maximum = -std::numeric_limits<float>::infinity();

  void
  Merge(const Extremes & other)
  {
    minimum = std::min(minimum, other.minimum);
    maximum = std::max(maximum, other.maximum);
  }
};

/** Of the finite values. */
Extremes
ExtremesOf(const WorkImage & channel, unsigned int threads)
{
  const float * const values = channel.GetBufferPointer();
  return ForParts<Extremes>(channel.GetPixelContainer()->Size(),
                            threads,
                            [values](std::size_t first, std::size_t end)
                            {
                              Extremes extremes;
                              for (std::size_t i = first; i < end; ++i)
                              {
                                const float value = values[i];
                                const bool  isFinite = value - value == 0.0F;
                                const bool  isLower = isFinite & (value < extremes.minimum);
                                const bool  isHigher = isFinite & (value > extremes.maximum);
                                extremes.minimum = isLower ? value : extremes.minimum;
                                extremes.maximum = isHigher ? value : extremes.maximum;
                              }
                              return extremes;
                            });
}

/** Slope and intercept, exact in float32, that cover every finite value. */
Scaling
CoverRange(const Extremes & range)
{
  const double minimum = range.minimum;
  const double maximum = range.maximum;
  if (minimum > maximum)
  {
    return {};
  }
  const auto   intercept = static_cast<float>((minimum + maximum) / 2.0);
  const double reach = std::max(maximum - intercept, intercept - minimum);
  if (reach == 0.0)
  {
    return { 1.0, intercept };
  }
  const auto slope = static_cast<float>(reach / 32767.0);
  return { std::nextafter(slope, std::numeric_limits<float>::max()), intercept };
}

/** Fills the integers: f(channel, first, end, integers of that channel) those from first to end, in several threads. */
template <typename TFunction>
Quantisation
FillIntegers(const Volume & volume, unsigned int threads, std::vector<std::int16_t> & values, TFunction && f)
{
  const auto   voxels = VoxelsOf(volume);
  Quantisation total;
  values.resize(voxels * volume.channels.size());
  for (std::size_t c = 0; c < volume.channels.size(); ++c)
  {
    std::int16_t * const integers = values.data() + c * voxels;
    total.Merge(ForParts<Quantisation>(
      voxels, threads, [&, integers](std::size_t first, std::size_t end) { return f(c, first, end, integers); }));
  }
  return total;
}

/** Whether all of the volume is one linear map of the original's integers; the scale is that map then. */
bool
KeepIntegers(const Volume & volume, const WriteOptions & options, Quantised & result)
{
  const Volume * original = options.original;
  if (original == nullptr || original->channels.size() != volume.channels.size() ||
      !IsSmallInteger(original->component) || VoxelsOf(*original) != VoxelsOf(volume))
  {
    return false;
  }
  const auto stored = StoredScaling(*original);
  IntegerMap map(stored);
  for (std::size_t c = 0; c < volume.channels.size(); ++c)
  {
    const float * const before = original->channels[c]->GetBufferPointer();
    const float * const after = volume.channels[c]->GetBufferPointer();
    map.Merge(ForParts<IntegerMap>(
      VoxelsOf(volume),
      options.threads,
      [&](std::size_t first, std::size_t end)
      {
        IntegerMap part(stored);
        part.Add(before + first, after + first, end - first);
        return part;
      },
      IntegerMap(stored)));
  }
  const auto linear = map.AsLinear();
  if (!linear)
  {
    return false;
  }
  result.isKept = true;
  result.scaling = { linear->slope, linear->intercept };
  result.rounding.largest = linear->largest;
  return true;
}

/** The integers in the file that a volume was made of. */
std::vector<std::int16_t>
StoredIntegers(const Volume & volume, unsigned int threads)
{
  std::vector<std::int16_t> values;
  FillIntegers(volume,
               threads,
               values,
               [&volume, stored = StoredScaling(volume)](
                 std::size_t c, std::size_t first, std::size_t end, std::int16_t * integers)
               {
                 const float * const intensities = volume.channels[c]->GetBufferPointer();
                 for (std::size_t i = first; i < end; ++i)
                 {
                   integers[i] =
                     static_cast<std::int16_t>(std::lrint((intensities[i] - stored.intercept) / stored.slope));
                 }
                 return Quantisation{};
               });
  return values;
}

Quantised
Quantise(const Volume & volume, const WriteOptions & options)
{
  Quantised result;
  if (KeepIntegers(volume, options, result))
  {
    return result;
  }
  Extremes range;
  for (const auto & channel : volume.channels)
  {
    range.Merge(ExtremesOf(*channel, options.threads));
  }
  result.scaling = CoverRange(range);
  result.rounding = FillIntegers(
    volume,
    options.threads,
    result.values,
    [&](std::size_t c, std::size_t first, std::size_t end, std::int16_t * integers)
    {
      const float * const values = volume.channels[c]->GetBufferPointer();
      Quantisation        part;
      for (std::size_t i = first; i < end; ++i)
      {
        const double value = std::isnan(values[i]) ? 0.0 : static_cast<double>(values[i]);
        const double integer =
          std::clamp(std::nearbyint((value - result.scaling.intercept) / result.scaling.slope), -32767.0, 32767.0);
        const bool isFinite = std::isfinite(values[i]);
        part.clamped += !isFinite;
        part.largest = std::max(
          part.largest, isFinite ? std::abs(integer * result.scaling.slope + result.scaling.intercept - value) : 0.0);
        integers[i] = static_cast<std::int16_t>(integer);
      }
      return part;
    });
  return result;
}

/** The header for `volume`: that of its own file as far as it still holds. */
NiftiHeader
OutputHeader(const Volume & volume)
{
  NiftiHeader       header;
  const WorkImage & image = *volume.channels.front();
  nifti_2_header &  fields = header.fields;
  const auto &      size = image.GetLargestPossibleRegion().GetSize();

  std::array<std::int64_t, 7> extents{ 1, 1, 1, 1, static_cast<std::int64_t>(volume.channels.size()), 1, 1 };
  std::transform(
    size.begin(), size.end(), extents.begin(), [](auto extent) { return static_cast<std::int64_t>(extent); });

  bool sameGrid = false;
  if (volume.nifti)
  {
    header = *volume.nifti;
    auto original = WorkImage::New();
    original->SetRegions(size);
    SetGeometry(*original, fields);
    sameGrid = CornerDisplacement(*original, image, 4) <= SameGrid;
  }
  else
  {
    header.unused.regular = 'r';
    std::fill(std::begin(fields.pixdim), std::end(fields.pixdim), 1.0);
  }
  if (!sameGrid)
  {
    SetGeometry(fields, image);
  }
  if (!volume.nifti || Extents7(fields) != extents)
  {
    const bool vector = extents[4] > 1;
    fields.dim[0] = vector ? 5 : volume.axes;
    std::copy(extents.begin(), extents.end(), fields.dim + 1);
    if (vector && fields.intent_code == NIFTI_INTENT_NONE)
    {
      fields.intent_code = NIFTI_INTENT_VECTOR;
    }
  }
  if (*std::max_element(extents.begin(), extents.end()) > std::numeric_limits<std::int16_t>::max())
  {
    header.version = 2;
  }
  fields.cal_min = 0.0;
  fields.cal_max = 0.0;
  fields.vox_offset = static_cast<std::int64_t>(HeaderSize(header.version) + ExtenderSize + header.extensions.size());
  return header;
}

std::vector<char>
Serialise(const NiftiHeader & header)
{
  std::vector<char> bytes(static_cast<std::size_t>(header.fields.vox_offset));
  if (header.version == 1)
  {
    nifti_1_header fields = header.unused;
    VisitFields(Assign{}, header.fields, fields);
    fields.sizeof_hdr = sizeof(fields);
    fields.glmin = 0;
    fields.glmax = 0;
    std::memcpy(fields.magic, "n+1", 4);
    std::memcpy(bytes.data(), &fields, sizeof(fields));
  }
  else
  {
    nifti_2_header fields = header.fields;
    fields.sizeof_hdr = sizeof(fields);
    std::memcpy(fields.magic, "n+2\0\r\n\032\n", 8);
    std::memcpy(bytes.data(), &fields, sizeof(fields));
  }
  const std::size_t extender = HeaderSize(header.version);
  bytes[extender] = header.extensions.empty() ? 0 : 1;
  std::copy(header.extensions.begin(), header.extensions.end(), bytes.begin() + extender + ExtenderSize);
  return bytes;
}
} // namespace

Scaling
StoredScaling(const Volume & volume)
{
  return volume.nifti ? ScalingOf(volume.nifti->fields) : Scaling();
}

std::vector<std::filesystem::path>
NiftiFiles(const std::filesystem::path & path)
{
  const std::string kind = VolumeExtension(path).substr(0, 4);
  if (kind == ".hdr")
  {
    return { path, PartnerOf(path, ".img", ".img.gz") };
  }
  if (kind == ".img")
  {
    return { PartnerOf(path, ".hdr", ".hdr.gz"), path };
  }
  return { path };
}

Volume
ReadNifti(const std::filesystem::path & path, HashType hashType)
{
  const std::string           kind = VolumeExtension(path).substr(0, 4);
  const bool                  isPair = kind != ".nii";
  const std::filesystem::path headerPath = kind == ".img" ? NiftiFiles(path).front() : path;
  const std::string           headerName = headerPath.string();

  Digest digest(hashType);
  auto   stream = std::make_unique<FileStream>(headerPath, &digest);
  auto   parsed = ParseHeader(stream->Peek(HeaderSize(2) + ExtenderSize), headerName);
  if (parsed.pixelsFollow == isPair)
  {
    throw Error(headerName + ": " +
                (isPair ? "holds a whole NIfTI file, not the header of a pair; name it .nii"
                        : "holds the header of a .hdr/.img pair, not a whole NIfTI file; name it .hdr"));
  }
  parsed = ParseHeader(stream->Peek(HeaderEnd(parsed)), headerName); // with the extensions
  const nifti_2_header & fields = parsed.header.fields;
  CheckExtents(fields, headerName);
  const DataType &            type = FindDataType(fields.datatype, headerName);
  const std::filesystem::path pixelPath = NiftiFiles(path).back();
  if (isPair)
  {
    stream->Drain();
    stream = std::make_unique<FileStream>(pixelPath, &digest);
  }
  const bool isCompressed = IsGzipName(pixelPath);
  const auto largest = LargestSize(pixelPath);
  Layout     layout;
  try
  {
    layout = LayoutOf(fields, type, pixelPath.string(), largest, isCompressed);
  }
  catch (const Error &)
  {
    // Of what inflates to less, tell how much there is.
    LayoutOf(fields, type, pixelPath.string(), isCompressed ? stream->Drain() : largest, isCompressed);
    throw;
  }
  Volume  volume = HeaderVolume(parsed, type);
  Extents size{};
  std::copy_n(layout.extents.begin(), 4, size.begin());
  const Scaling     scaling = ScalingOf(fields, type.interleave);
  const std::size_t step = type.type.bytes * type.interleave;
  const auto        frame = static_cast<std::uint64_t>(layout.frame);
  const auto        skip = static_cast<std::uint64_t>(fields.vox_offset);
  std::uint64_t     found = stream->ReadAhead(skip, 1, [](const char *, std::size_t) {});
  for (std::int64_t component = 0; component < layout.extents[4]; ++component)
  {
    const std::size_t first = volume.channels.size();
    for (std::size_t part = 0; part < type.interleave; ++part)
    {
      volume.channels.push_back(MakeImage(size));
      SetGeometry(*volume.channels.back(), fields);
    }
    std::size_t done = 0;
    found += stream->ReadAhead(frame * step,
                               step,
                               [&](const char * source, std::size_t count)
                               {
                                 count /= step;
                                 for (std::size_t part = 0; part < type.interleave; ++part)
                                 {
                                   type.type.convert(source + part * type.type.bytes,
                                                     count,
                                                     type.interleave,
                                                     parsed.header.isSwapped,
                                                     scaling,
                                                     volume.channels[first + part]->GetBufferPointer() + done);
                                 }
                                 done += count;
                               });
    if (done < frame)
    {
      LayoutOf(fields, type, pixelPath.string(), found + stream->Drain(), isCompressed);
    }
  }
  stream->Drain();
  volume.hash = digest.Finish();
  if (!isPair)
  {
    volume.file = path;
    volume.gzip = stream->Layout() != nullptr ? std::make_shared<GzipLayout>(*stream->Layout()) : nullptr;
  }
  return volume;
}

Volume
OpenNifti(const std::filesystem::path & path, HashType hashType)
{
  const std::string name = path.string();
  const auto        inflated = IsGzipName(path) ? std::make_shared<InflatedFile>(path, hashType) : nullptr;
  const auto begins = [&](std::size_t most) { return inflated ? inflated->Begin(most) : ReadFirstBytes(path, most); };
  Bytes      bytes = begins(HeaderSize(2) + ExtenderSize);
  auto       parsed = ParseHeader(bytes, name);
  bytes = begins(HeaderEnd(parsed));
  parsed = ParseHeader(bytes, name);
  const nifti_2_header & fields = parsed.header.fields;
  if (!parsed.pixelsFollow)
  {
    throw Error(name + ": holds the header of a .hdr/.img pair, not a whole NIfTI file; name it .hdr");
  }
  CheckExtents(fields, name);
  const DataType & type = FindDataType(fields.datatype, name);
  const auto       layout = LayoutOf(fields, type, name, LargestSize(path), inflated != nullptr);
  const auto       pixelBytes =
    static_cast<std::uint64_t>(layout.frame * layout.extents[4]) * type.type.bytes * type.interleave;

  Volume volume = HeaderVolume(parsed, type);
  volume.file = path;
  if (inflated)
  {
    inflated->SetExpectedSize(static_cast<std::uint64_t>(fields.vox_offset) + pixelBytes);
    volume.inflated = inflated;
    volume.inflatedMiB = static_cast<double>(pixelBytes) / (1024.0 * 1024.0);
  }
  else
  {
    volume.digest = std::make_shared<RunningDigest>("", path, hashType);
  }
  Extents extents{};
  std::copy_n(layout.extents.begin(), 4, extents.begin());
  auto grid = WorkImage::New();
  grid->SetRegions(SizeOf(extents));
  SetGeometry(*grid, fields);
  std::uint64_t begin = static_cast<std::uint64_t>(fields.vox_offset);
  for (std::int64_t component = 0; component < layout.extents[4]; ++component)
  {
    for (std::size_t part = 0; part < type.interleave; ++part)
    {
      StoredPixels pixels;
      pixels.file = path;
      pixels.inflated = inflated;
      pixels.begin = begin + part * type.type.bytes;
      pixels.step = type.type.bytes * type.interleave;
      pixels.isFloat32 =
        type.code == DT_FLOAT32 && !parsed.header.isSwapped && ScalingOf(fields, type.interleave).IsIdentity();
      pixels.convert = [&type, swapped = parsed.header.isSwapped, scaling = ScalingOf(fields, type.interleave)](
                         const char * source, std::size_t count, float * target)
      { type.type.convert(source, count, type.interleave, swapped, scaling, target); };
      auto reader = RegionReader::New();
      reader->SetPixels(pixels, grid, volume.digest);
      reader->UpdateOutputInformation();
      volume.channels.emplace_back(reader->GetOutput());
      volume.sources.emplace_back(reader.GetPointer());
    }
    begin += static_cast<std::uint64_t>(layout.frame) * type.type.bytes * type.interleave;
  }
  return volume;
}

std::vector<char>
NiftiHeaderBytes(const Volume & volume, FileType type)
{
  NiftiHeader header = OutputHeader(volume);
  header.fields.datatype = type == FileType::UInt8 ? DT_UINT8 : DT_FLOAT32;
  header.fields.bitpix = type == FileType::UInt8 ? 8 : 32;
  header.fields.scl_slope = 1.0;
  header.fields.scl_inter = 0.0;
  return Serialise(header);
}

bool
HoldsInt16(const Volume & volume)
{
  return volume.nifti && volume.nifti->fields.datatype == DT_INT16 && !volume.nifti->isSwapped;
}

namespace
{
/** Where the voxels of a file of int16 begin and end, in bytes. */
std::pair<std::uint64_t, std::uint64_t>
RangeOfInt16(const Volume & volume)
{
  const auto begin = static_cast<std::uint64_t>(volume.nifti->fields.vox_offset);
  return { begin,
           begin + sizeof(std::int16_t) * volume.channels.size() *
                     volume.channels.front()->GetLargestPossibleRegion().GetNumberOfPixels() };
}

/** Writes the compressed voxels of a volume's file behind another header. \return false, and nothing written, where
 * that is not wanted, or there are none */
bool
SpliceVoxels(const Volume &            volume,
             const std::vector<char> & header,
             const WriteOptions &      options,
             const GzipWriter::Sink &  write)
{
  if (!options.keepsCompression || !HoldsInt16(volume) || (!volume.inflated && !volume.gzip))
  {
    return false;
  }
  const auto & layout = volume.inflated ? volume.inflated->Layout() : *volume.gzip;
  const auto [begin, end] = RangeOfInt16(volume);
  return layout.size == end && // nothing lies behind the voxels
         SpliceGzip(volume.file, layout, begin, { header.data(), header.size() }, write);
}
} // namespace

GzipWriter::Content
GzipContent(FileType type)
{
  return type == FileType::Float32 ? GzipWriter::Content::Float32 : GzipWriter::Content::Bytes;
}

Quantisation
WriteNifti(const Volume &       volume,
           const AtomicOutput & output,
           const std::string &  name,
           bool                 compressed,
           const WriteOptions & options)
{
  NiftiHeader header = OutputHeader(volume);
  Quantised   quantised;

  std::vector<std::vector<unsigned char>> masks;
  std::vector<std::string_view>           spans(1);
  if (options.type == FileType::Int16Scaled)
  {
    quantised = Quantise(volume, options);
    header.fields.datatype = DT_INT16;
    header.fields.bitpix = 16;
  }
  else if (options.type == FileType::UInt8)
  {
    header.fields.datatype = DT_UINT8;
    header.fields.bitpix = 8;
    for (const WorkImage::Pointer & channel : volume.channels)
    {
      masks.push_back(ToUInt8(*channel));
      spans.push_back({ reinterpret_cast<const char *>(masks.back().data()), masks.back().size() });
    }
  }
  else
  {
    header.fields.datatype = DT_FLOAT32;
    header.fields.bitpix = 32;
    for (const WorkImage::Pointer & channel : volume.channels)
    {
      spans.push_back({ reinterpret_cast<const char *>(channel->GetBufferPointer()),
                        sizeof(float) * channel->GetPixelContainer()->Size() });
    }
  }
  header.fields.scl_slope = quantised.scaling.slope;
  header.fields.scl_inter = quantised.scaling.intercept;
  const std::vector<char> headerBytes = Serialise(header);
  spans.front() = { headerBytes.data(), headerBytes.size() };

  UncachedFile file(output.Path(), name);
  const auto   write = [&file](const char * bytes, std::size_t size) { file.Append(bytes, size); };
  if (compressed && quantised.isKept && SpliceVoxels(*options.original, headerBytes, options, write))
  {
    file.Close();
    return quantised.rounding;
  }
  if (quantised.isKept)
  {
    quantised.values = StoredIntegers(*options.original, options.threads);
  }
  if (options.type == FileType::Int16Scaled)
  {
    spans.push_back({ reinterpret_cast<const char *>(quantised.values.data()), 2 * quantised.values.size() });
  }
  if (compressed)
  {
    GzipWriter gzip(write, options.compression, options.threads, GzipContent(options.type));
    for (const auto & span : spans)
    {
      gzip.Write(span.data(), span.size());
    }
    gzip.Close();
  }
  else
  {
    for (const auto & span : spans)
    {
      write(span.data(), span.size());
    }
  }
  file.Close();
  return quantised.rounding;
}

void
WriteKeptIntegers(const Volume &       volume,
                  const Scaling &      scaling,
                  const AtomicOutput & output,
                  const std::string &  name,
                  bool                 compressed,
                  const WriteOptions & options)
{
  NiftiHeader header = OutputHeader(volume);
  header.fields.datatype = DT_INT16;
  header.fields.bitpix = 16;
  header.fields.scl_slope = scaling.slope;
  header.fields.scl_inter = scaling.intercept;
  const auto headerBytes = Serialise(header);

  UncachedFile target(output.Path(), name);
  const auto   write = [&target](const char * bytes, std::size_t size) { target.Append(bytes, size); };
  if (!compressed || !SpliceVoxels(volume, headerBytes, options, write))
  {
    std::unique_ptr<GzipWriter> gzip;
    if (compressed)
    {
      gzip = std::make_unique<GzipWriter>(write,
                                          options.compression,
                                          std::min(options.threads, GzipWriter::FewThreads),
                                          GzipContent(FileType::Int16Scaled));
    }
    const auto put = [&](const char * bytes, std::size_t size)
    { gzip ? gzip->Write(bytes, size) : write(bytes, size); };
    put(headerBytes.data(), headerBytes.size());
    StoredBytes stored(volume.file, volume.inflated);
    const Bytes block(std::size_t{ 1 } << 20U);
    const auto [begin, end] = RangeOfInt16(volume);
    for (auto at = begin; at < end;)
    {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.Size(), end - at));
      const auto [bytes, count] = stored.At(at, wanted, block.Data());
      if (count < wanted)
      {
        throw Error(volume.file.string() + ": has changed while it was read; run again");
      }
      put(bytes, count);
      at += count;
    }
    if (gzip)
    {
      gzip->Close();
    }
  }
  target.Close();
}
} // namespace isolux
