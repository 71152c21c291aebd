#include "ViewGeometry.h"

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
constexpr double Pi = 3.14159265358979323846;

Point
Normalized(const Point & a)
{
  return (1.0 / Length(a)) * a;
}
} // namespace

double
Length(const Point & a)
{
  return std::sqrt(Dot(a, a));
}

Affine
Affine::Inverse() const
{
  const double determinant = Dot(columns[0], Cross(columns[1], columns[2]));
  Affine       inverse;
  for (unsigned int row = 0; row < 3; ++row)
  {
    const Point across = (1.0 / determinant) * Cross(columns[(row + 1) % 3], columns[(row + 2) % 3]);
    for (unsigned int column = 0; column < 3; ++column)
    {
      inverse.columns[column][row] = across[column];
    }
  }
  inverse.offset = -1.0 * inverse.Turn(offset);
  return inverse;
}

Affine
IndexToRas(const WorkImage & image)
{
  constexpr double     toRas[] = { -1.0, -1.0, 1.0 }; // ITK's points are LPS
  WorkImage::PointType first;
  image.TransformIndexToPhysicalPoint(image.GetLargestPossibleRegion().GetIndex(), first);
  Affine affine;
  for (unsigned int row = 0; row < 3; ++row)
  {
    affine.offset[row] = toRas[row] * first[row];
    for (unsigned int column = 0; column < 3; ++column)
    {
      affine.columns[column][row] = toRas[row] * image.GetDirection()[row][column] * image.GetSpacing()[column];
    }
  }
  return affine;
}

std::string
ToString(const Orientation orientation)
{
  constexpr const char * names[] = { "axial", "coronal", "sagittal" };
  return names[static_cast<unsigned int>(orientation)];
}

Bases
PatientBases()
{
  constexpr Point left{ { -1, 0, 0 } };
  constexpr Point posterior{ { 0, -1, 0 } };
  constexpr Point right{ { 1, 0, 0 } };
  constexpr Point anterior{ { 0, 1, 0 } };
  constexpr Point superior{ { 0, 0, 1 } };
  return { { { left, anterior, superior }, { left, superior, anterior }, { posterior, superior, right } } };
}

Bases
AcquisitionBases(const Affine & indexToRas)
{
  std::array<unsigned int, 3> order{ { 0, 1, 2 } };
  std::array<unsigned int, 3> best = order;
  double                      most = -1.0;
  do
  {
    double agreement = 0.0;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      agreement += std::abs(Normalized(indexToRas.columns[order[axis]])[axis]);
    }
    if (agreement > most + 1e-9)
    {
      most = agreement;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));

  std::array<Point, 3> axes; // of the grid, turned to right, anterior and superior
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const Point unit = Normalized(indexToRas.columns[best[axis]]);
    axes[axis] = (unit[axis] < 0.0 ? -1.0 : 1.0) * unit;
  }
  const auto basis = [](const Point & right, const Point & along, const Point & towards)
  {
    const Point up = Normalized(along - Dot(along, right) * right);
    const Point normal = Cross(right, up);
    return Basis{ right, up, (Dot(normal, towards) < 0.0 ? -1.0 : 1.0) * normal };
  };
  return { { basis(-1.0 * axes[0], axes[1], axes[2]),
             basis(-1.0 * axes[0], axes[2], axes[1]),
             basis(-1.0 * axes[1], axes[2], axes[0]) } };
}

char
LetterOf(const Point & direction)
{
  constexpr const char * letters[] = { "LR", "PA", "IS" };
  unsigned int           axis = 0;
  for (unsigned int other = 1; other < 3; ++other)
  {
    axis = std::abs(direction[other]) > std::abs(direction[axis]) + 1e-9 ? other : axis;
  }
  return letters[axis][direction[axis] > 0.0 ? 1 : 0];
}

double
DegreesOffPatient(const Basis & basis, const Orientation orientation)
{
  const Basis patient = PatientBases()[static_cast<unsigned int>(orientation)];
  const auto  angle = [](const Point & a, const Point & b)
  { return std::acos(std::clamp(Dot(a, b), -1.0, 1.0)) * 180.0 / Pi; };
  return std::max(
    { angle(basis.right, patient.right), angle(basis.up, patient.up), angle(basis.normal, patient.normal) });
}

double
SliceStep(const Affine & indexToRas, const Point & normal)
{
  double step = 0.0;
  double nearest = -1.0;
  for (const auto & column : indexToRas.columns)
  {
    const double along = std::abs(Dot(column, normal));
    if (along / Length(column) > nearest)
    {
      nearest = along / Length(column);
      step = along;
    }
  }
  return step;
}
} // namespace isolux
