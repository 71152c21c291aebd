#include "Canvas.h"

#include <vtkImageMapper.h>

#include <algorithm>
#include <cmath>

namespace isolux
{
Canvas::Canvas()
  : m_Pixels(vtkSmartPointer<vtkImageData>::New())
  , m_Actor(vtkSmartPointer<vtkActor2D>::New())
{
  const auto mapper = vtkSmartPointer<vtkImageMapper>::New();
  mapper->SetInputData(m_Pixels);
  mapper->SetColorWindow(255.0);
  mapper->SetColorLevel(127.5);
  m_Actor->SetMapper(mapper);
  m_Actor->VisibilityOff();
  this->Clear(1, 1);
}

void
Canvas::Clear(const int width, const int height)
{
  if (width != m_Width || height != m_Height)
  {
    m_Width = width;
    m_Height = height;
    m_Pixels->SetDimensions(width, height, 1);
    m_Pixels->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  }
  std::fill_n(this->Row(0), 3 * static_cast<std::ptrdiff_t>(width) * height, static_cast<unsigned char>(0));
}

void
Canvas::Blend(const int column, const int row, const Colour & colour, const double opacity)
{
  auto * pixel = this->Row(row) + 3 * static_cast<std::ptrdiff_t>(column);
  for (unsigned int channel = 0; channel < 3; ++channel)
  {
    pixel[channel] =
      static_cast<unsigned char>(std::lround((1.0 - opacity) * pixel[channel] + opacity * colour[channel]));
  }
}

void
Canvas::Fill(const Rectangle & area, const Colour & colour, const double opacity)
{
  for (int row = std::max(0, area.y); row < std::min(m_Height, area.y + area.height); ++row)
  {
    for (int column = std::max(0, area.x); column < std::min(m_Width, area.x + area.width); ++column)
    {
      this->Blend(column, row, colour, opacity);
    }
  }
}

void
Canvas::Show(const int x, const int y)
{
  m_Pixels->Modified();
  m_Actor->SetPosition(x, y);
  m_Actor->VisibilityOn();
}

void
Canvas::Hide()
{
  m_Actor->VisibilityOff();
}

Colour
Canvas::ColourAt(const int column, const int row) const
{
  const auto * pixel = static_cast<const unsigned char *>(m_Pixels->GetScalarPointer(column, row, 0));
  return { { pixel[0], pixel[1], pixel[2] } };
}
} // namespace isolux
