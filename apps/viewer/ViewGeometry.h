#pragma once

#include "Stage.h"

#include <array>
#include <string>

namespace isolux
{
/** mm in RAS, as 3D Slicer shows them: x to the patient's right, y to anterior, z to superior. */
using Point = std::array<double, 3>;

inline Point
operator+(const Point & a, const Point & b)
{
  return { a[0] + b[0], a[1] + b[1], a[2] + b[2] };
}

inline Point
operator-(const Point & a, const Point & b)
{
  return { a[0] - b[0], a[1] - b[1], a[2] - b[2] };
}

inline Point
operator*(double factor, const Point & a)
{
  return { factor * a[0], factor * a[1], factor * a[2] };
}

inline double
Dot(const Point & a, const Point & b)
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

inline Point
Cross(const Point & a, const Point & b)
{
  return { a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0] };
}

double
Length(const Point & a);

/** A point's columns and an offset: from voxel index to RAS, or back. */
struct Affine
{
  std::array<Point, 3> columns{ { { { 1, 0, 0 } }, { { 0, 1, 0 } }, { { 0, 0, 1 } } } };
  Point                offset{ { 0, 0, 0 } };

  Point
  operator()(const Point & point) const
  {
    return this->Turn(point) + offset;
  }

  /** Of a difference of points. */
  Point
  Turn(const Point & vector) const
  {
    return vector[0] * columns[0] + vector[1] * columns[1] + vector[2] * columns[2];
  }

  Affine
  Inverse() const;
};

/** From an index, counted from 0 where the image's region begins, to RAS. */
Affine
IndexToRas(const WorkImage & image);

/** A slice view's orientation, in the order of Slicer's red, green and yellow view. */
enum class Orientation
{
  Axial,
  Coronal,
  Sagittal
};

constexpr std::array<Orientation, 3> Orientations{
  { Orientation::Axial, Orientation::Coronal, Orientation::Sagittal }
};

std::string
ToString(Orientation orientation);

/** Unit vectors in RAS: the picture's two directions, and the direction in which slices are counted. */
struct Basis
{
  Point right{ { -1, 0, 0 } };
  Point up{ { 0, 1, 0 } };
  Point normal{ { 0, 0, 1 } };
};

using Bases = std::array<Basis, 3>; ///< by Orientation

/** Radiological view: the patient's right on the left of axial and coronal, anterior on the left of sagittal. */
Bases
PatientBases();

/** The same, along the axes of a grid that are nearest to the patient's. */
Bases
AcquisitionBases(const Affine & indexToRas);

/** 'R', 'L', 'A', 'P', 'S' or 'I': where a direction mostly leads. */
char
LetterOf(const Point & direction);

/** Largest angle, in degrees, between a plane's axes and the patient's axes that they are named for. */
double
DegreesOffPatient(const Basis & basis, Orientation orientation);

/** How far slices of a grid are apart along a normal, in mm: the step of the index axis that is nearest to it. */
double
SliceStep(const Affine & indexToRas, const Point & normal);
} // namespace isolux
