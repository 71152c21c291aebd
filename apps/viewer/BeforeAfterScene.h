#pragma once

#include "HistogramView.h"
#include "SliceView.h"
#include "VolumeView.h"

#include <vtkScalarBarActor.h>
#include <vtkTextActor.h>

#include <string>
#include <vector>

namespace isolux
{
/** Everything that the window shows, and what mouse and keys do to it. Makes no window: AddTo() puts it into one. */
class BeforeAfterScene
{
public:
  explicit BeforeAfterScene(ViewData data);

  void
  AddTo(vtkRenderWindow & window);
  /** To be called once at least; fits the images on the first call, and then keeps what is seen of them. */
  void
  Resize(int width, int height);
  /** Over the views, until a key or button is pressed. */
  void
  Say(const std::string & message);
  /** The images fill the planes' views. */
  void
  Fit();
  /** Brings pictures and labels up to date. */
  void
  Update();

  ViewState &
  State()
  {
    return m_State;
  }
  const ViewData &
  Data() const
  {
    return m_Data;
  }
  const std::vector<Pane> &
  Panes() const
  {
    return m_Panes;
  }
  /** The n-th slice view from the first pane on. */
  SliceView &
  Slice(std::size_t number)
  {
    return m_Slices[number];
  }
  const VolumeView &
  Volume() const
  {
    return m_Volume;
  }
  const HistogramView &
  Histogram() const
  {
    return m_Histogram;
  }
  /** In the coordinates of the window. */
  const std::vector<Label> &
  Labels() const
  {
    return m_Labels;
  }
  /** A line for the position, one for each image, and more; of the point under the mouse, else of the cursor. */
  std::vector<std::string>
  ProbeLines() const;

  /** \throws UsageError where the field is asked for and there is none. */
  void
  SetMode(ViewMode mode);
  void
  SetFrame(std::size_t frame);
  /** Snapped to the middle of a voxel where it lies in BEFORE. */
  void
  SetCursor(const Point & point);
  /** Of one or of both, where they are linked. */
  void
  SetWindow(Side side, const ViewWindow & window);
  /** One window for both, the last that there was, else one that holds both; or each its own again. */
  void
  LinkWindows(bool linked);
  /** 'r' goes back to the windows that there are now. */
  void
  KeepWindows();

  enum class Button
  {
    Left,
    Middle,
    Right
  };
  /** Window coordinates, from the lower left. Each returns whether the picture changes. */
  bool
  Press(Button button, int x, int y, bool twice = false);
  bool
  Move(int x, int y, bool shift);
  /** The mouse has left the window. Returns whether the picture changes. */
  bool
  Leave();
  void
  Release();
  bool
  Wheel(int x, int y, int steps, bool control);
  /** As VTK names keys: "a", "1", "question", "Left". */
  bool
  Key(const std::string & key);
  /** Coarser volumes while something moves; returns whether the picture changes. */
  bool
  SetQuick(bool quick);
  /** To be called twice a second. */
  bool
  Flicker();

private:
  struct Drag
  {
    enum class Kind
    {
      None,
      Window,
      Curtain,
      Slider,
      Time,
      Pan,
      Zoom,
      Rotate,
      VolumePan,
      VolumeZoom
    };
    Kind                kind = Kind::None;
    std::size_t         slice = 0;
    std::optional<Side> side; ///< whose window is changed; both where none
  };

  struct Windows
  {
    std::array<ViewWindow, 2> own;    ///< by Side
    std::optional<ViewWindow> common; ///< none: what holds both
  };

  Bases
  Axes() const;
  /** mm of a picture element at which the images fill the planes' views; 0 where there is none. */
  double
  FittingPixel() const;
  /** As much of the images is seen after the change as before. */
  template <typename TChange>
  void
  KeepZoom(const TChange & change);
  void
  ShowWindows();
  std::vector<Pane>
  ArrangePanes() const;
  std::optional<std::size_t>
  SliceAt(int x, int y) const;
  std::optional<Side>
  SideAt(const SliceView & view, int x, int y) const;
  const Pane *
  PaneAt(int x, int y) const;
  void
  Step(Orientation orientation, int steps);
  void
  MoveSlider(int x);
  void
  MoveTime(int x);
  void
  ChangeWindow(int columns, int rows);
  std::vector<std::string>
  DescribeState() const;
  void
  PaintPanels();
  void
  PutMessage();
  void
  ShowScalarBar();
  void
  ShowHelp();
  void
  Put(const Label & label);
  void
  ShowLabels();

  ViewData                   m_Data;
  ViewState                  m_State;
  std::array<Bases, 2>       m_Bases; ///< of the acquisition, of the patient
  std::optional<Orientation> m_OnlyPlane;
  std::array<int, 2>         m_Size{ { 0, 0 } };
  std::vector<Pane>          m_Panes;

  std::array<SliceView, 6> m_Slices;
  std::size_t              m_SlicesInUse = 0;
  VolumeView               m_Volume;
  HistogramView            m_Histogram;
  Canvas                   m_TimeBar;
  Canvas                   m_HelpPage;

  vtkSmartPointer<vtkRenderer>               m_Background; ///< pictures
  vtkSmartPointer<vtkRenderer>               m_Foreground; ///< texts
  vtkSmartPointer<vtkScalarBarActor>         m_ScalarBar;
  std::vector<Label>                         m_Labels;
  std::string                                m_Message;
  std::vector<vtkSmartPointer<vtkTextActor>> m_Texts;

  Windows m_Windows;
  Windows m_FirstWindows; ///< to which they are reset
  bool    m_FirstLinked = false;
  double  m_Zoom = 1.0; ///< over what fits, as it was last in a plane

  Drag                 m_Drag;
  std::array<int, 2>   m_Mouse{ { -1, -1 } };
  std::optional<Point> m_Hover;                             ///< under the mouse
  ViewLayout           m_LayoutBefore = ViewLayout::FourUp; ///< a double click
};
} // namespace isolux
