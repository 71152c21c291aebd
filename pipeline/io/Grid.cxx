#include "Grid.h"

#include "Volume.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace isolux
{
namespace
{
using Vector = std::array<double, 3>;

double
Length(const Vector & a)
{
  return std::hypot(a[0], a[1], a[2]);
}

Vector
Cross(const Vector & a, const Vector & b)
{
  return { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0] };
}

template <typename TArray>
void
Append(std::ostream & stream, const char * label, const TArray & values, unsigned int count, const char * separator)
{
  stream << label;
  for (unsigned int i = 0; i < count; ++i)
  {
    stream << (i > 0 ? separator : "") << values[i];
  }
}
} // namespace

bool
SetColumns(WorkImage & image, std::array<Vector, 3> columns, const Vector & origin)
{
  if (!std::isfinite(Length(origin)))
  {
    return false;
  }
  Vector       spacing{};
  unsigned int missing = 0;
  unsigned int missingCount = 0;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    spacing[axis] = Length(columns[axis]);
    if (!std::isfinite(spacing[axis]) || spacing[axis] <= 0.0)
    {
      missing = axis;
      ++missingCount;
      continue;
    }
    for (double & value : columns[axis])
    {
      value /= spacing[axis];
    }
  }
  if (missingCount > 1)
  {
    return false;
  }
  if (missingCount == 1)
  {
    Vector &     column = columns[missing];
    const Vector normal = Cross(columns[(missing + 1) % 3], columns[(missing + 2) % 3]);
    const double length = Length(normal);
    std::transform(normal.begin(), normal.end(), column.begin(), [&](double value) { return value / length; });
    spacing[missing] = 1.0;
  }
  const Vector normal = Cross(columns[0], columns[1]);
  const double volume = normal[0] * columns[2][0] + normal[1] * columns[2][1] + normal[2] * columns[2][2];
  if (!(std::abs(volume) > 1e-6))
  {
    return false;
  }

  WorkImage::DirectionType direction = image.GetDirection();
  WorkImage::SpacingType   allSpacing = image.GetSpacing();
  WorkImage::PointType     allOrigin = image.GetOrigin();
  for (unsigned int row = 0; row < 3; ++row)
  {
    for (unsigned int column = 0; column < 3; ++column)
    {
      direction[row][column] = columns[column][row] == 0.0 ? 0.0 : columns[column][row]; // no -0
    }
    allSpacing[row] = spacing[row];
    allOrigin[row] = origin[row] == 0.0 ? 0.0 : origin[row];
  }
  image.SetDirection(direction);
  image.SetSpacing(allSpacing);
  image.SetOrigin(allOrigin);
  return true;
}

double
CornerDisplacement(const WorkImage & a, const WorkImage & b, unsigned int axes)
{
  const auto & regionA = a.GetLargestPossibleRegion();
  const auto & regionB = b.GetLargestPossibleRegion();
  double       worst = 0.0;
  for (unsigned int corner = 0; corner < 1U << axes; ++corner)
  {
    WorkImage::IndexType indexA = regionA.GetIndex();
    WorkImage::IndexType indexB = regionB.GetIndex();
    for (unsigned int axis = 0; axis < axes; ++axis)
    {
      if (corner >> axis & 1U)
      {
        indexA[axis] = regionA.GetUpperIndex()[axis];
        indexB[axis] = regionB.GetUpperIndex()[axis];
      }
    }
    WorkImage::PointType point;
    b.TransformIndexToPhysicalPoint(indexB, point);
    const auto seen = a.TransformPhysicalPointToContinuousIndex<double>(point);
    double     square = 0.0;
    for (unsigned int axis = 0; axis < axes; ++axis)
    {
      square += std::pow(seen[axis] - static_cast<double>(indexA[axis]), 2);
    }
    worst = std::max(worst, std::sqrt(square));
  }
  return worst;
}

double
GridDisplacement(const WorkImage & a, const WorkImage & b)
{
  return a.GetLargestPossibleRegion().GetSize() == b.GetLargestPossibleRegion().GetSize()
           ? CornerDisplacement(a, b, 4)
           : std::numeric_limits<double>::infinity();
}

std::string
DescribeGrid(const WorkImage & image)
{
  const auto &       size = image.GetLargestPossibleRegion().GetSize();
  const unsigned int axes = size[3] > 1 ? 4 : 3;
  std::ostringstream stream;
  stream.precision(8);
  Append(stream, "size ", size, axes, " x ");
  Append(stream, ", spacing ", image.GetSpacing(), axes, " x ");
  Append(stream, ", origin (", image.GetOrigin(), 3, ", ");
  stream << "), direction";
  for (unsigned int row = 0; row < 3; ++row)
  {
    Append(stream, row == 0 ? " (" : "; ", image.GetDirection()[row], 3, " ");
  }
  stream << ")";
  return stream.str();
}

std::vector<unsigned char>
ToUInt8(const WorkImage & image)
{
  std::vector<unsigned char> bytes(image.GetPixelContainer()->Size());
  std::transform(image.GetBufferPointer(),
                 image.GetBufferPointer() + bytes.size(),
                 bytes.begin(),
                 [](float value)
                 { return static_cast<unsigned char>(std::fmin(255.0F, std::fmax(0.0F, value)) + 0.5F); });
  return bytes;
}
} // namespace isolux
