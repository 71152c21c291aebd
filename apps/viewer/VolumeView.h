#pragma once

#include "SliceView.h"

#include <vtkActor.h>
#include <vtkBillboardTextActor3D.h>
#include <vtkCamera.h>
#include <vtkColorTransferFunction.h>
#include <vtkGPUVolumeRayCastMapper.h>
#include <vtkPiecewiseFunction.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkVolume.h>

namespace isolux
{
/** Volume renderings of before and after under one camera, with the box, its letters and the planes' outlines: a
 * picture, rendered in a window that nobody sees and only where something has changed but the outlines. */
class VolumeView
{
public:
  VolumeView();

  void
  Compose(const ViewData & data, const ViewState & state, const Bases & bases, const Pane & pane);
  void
  Hide();

  /** The whole pane, the bar included. */
  const Canvas &
  Picture() const
  {
    return m_Picture;
  }
  /** In the coordinates of the pane. */
  const std::vector<Label> &
  Labels() const
  {
    return m_Labels;
  }
  /** 2 where before and after are shown side by side. */
  int
  Parts() const
  {
    return m_Parts;
  }
  vtkVolume *
  Rendering(Side side) const
  {
    return m_Sides[side].volume;
  }
  /** Where a point is seen, in the coordinates of the pane. */
  std::array<int, 2>
  PixelOf(const Point & point, int part = 0) const;

  /** From the front and the right, a little from above; superior on top. */
  void
  LookFromFront(const ViewData & data);
  void
  Rotate(int columns, int rows);
  void
  Zoom(double factor);
  void
  Pan(int columns, int rows);
  /** Coarser while something moves, where rendering takes long. Returns whether the picture that there is was coarser.
   */
  bool
  SetQuick(bool quick);

private:
  struct Part
  {
    vtkSmartPointer<vtkRenderer>               renderer;
    vtkSmartPointer<vtkVolume>                 volume;
    vtkSmartPointer<vtkGPUVolumeRayCastMapper> mapper;
    vtkSmartPointer<vtkColorTransferFunction>  colour;
    vtkSmartPointer<vtkPiecewiseFunction>      opacity;
    ReducedImage                               reduced;

    const ViewImage *          image = nullptr; ///< that was reduced
    std::size_t                frame = 0;
    std::optional<std::size_t> channel;
  };

  void
  Show(Part & part, Side side, const ViewData & data, const ViewState & state);
  void
  PlaceBox(const ViewData & data);
  void
  Render();
  void
  PaintOutlines(const ViewData & data, const ViewState & state, const Bases & bases);

  std::array<Part, 2>                                     m_Sides;  ///< by Side
  vtkSmartPointer<vtkRenderWindow>                        m_Window; ///< none until something is shown
  vtkSmartPointer<vtkCamera>                              m_Camera;
  vtkSmartPointer<vtkActor>                               m_Box;
  std::array<vtkSmartPointer<vtkBillboardTextActor3D>, 6> m_Letters;
  std::vector<unsigned char>                              m_Rendered;   ///< without outlines and bar
  std::vector<double>                                     m_RenderedOf; ///< what the picture depends on
  Canvas                                                  m_Picture;
  std::vector<Label>                                      m_Labels;
  bool                                                    m_IsSlow = false; ///< without a graphics card
  bool                                                    m_Quick = false;
  bool                                                    m_RenderedQuickly = false;
  bool                                                    m_HasLooked = false;
  int                                                     m_Parts = 1;
  int                                                     m_Width = 1;  ///< of a part
  int                                                     m_Height = 1; ///< without the bar
};
} // namespace isolux
