#pragma once

#include "ViewLayout.h"

#include <vtkActor2D.h>
#include <vtkImageData.h>
#include <vtkSmartPointer.h>

#include <array>

namespace isolux
{
using Colour = std::array<unsigned char, 3>;
constexpr Colour White{ { 255, 255, 255 } };

/** A picture in red, green and blue, rows from the bottom, and its place in a window. */
class Canvas
{
public:
  Canvas();

  /** Black. */
  void
  Clear(int width, int height);
  void
  Blend(int column, int row, const Colour & colour, double opacity);
  /** What lies outside is left out. */
  void
  Fill(const Rectangle & area, const Colour & colour, double opacity = 1.0);
  /** Tells VTK that it was painted. */
  void
  Show(int x, int y);
  void
  Hide();

  Colour
  ColourAt(int column, int row) const;
  /** Of one row. */
  unsigned char *
  Row(int row)
  {
    return static_cast<unsigned char *>(m_Pixels->GetScalarPointer(0, row, 0));
  }
  int
  Width() const
  {
    return m_Width;
  }
  int
  Height() const
  {
    return m_Height;
  }
  vtkActor2D *
  Actor() const
  {
    return m_Actor;
  }

private:
  vtkSmartPointer<vtkImageData> m_Pixels;
  vtkSmartPointer<vtkActor2D>   m_Actor;
  int                           m_Width = 0;
  int                           m_Height = 0;
};
} // namespace isolux
