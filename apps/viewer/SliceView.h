#pragma once

#include "Canvas.h"
#include "ViewImage.h"
#include "ViewLayout.h"

#include <algorithm>
#include <memory>
#include <optional>

namespace isolux
{
constexpr std::array<Colour, 2> SideColours{ { { { 110, 190, 255 } }, { { 255, 178, 84 } } } }; ///< by Side
constexpr std::array<Colour, 3> BarColours{ { { { 243, 74, 51 } }, { { 110, 176, 75 } }, { { 237, 213, 76 } } } };

/** What is looked at. */
struct ViewData
{
  std::array<std::shared_ptr<const ViewImage>, 2> images;           ///< by Side
  std::shared_ptr<const ViewImage>                field;            ///< null: none
  double                                          fieldLimit = 2.0; ///< its colours run from 1 / limit to limit
  std::array<MaskImage::Pointer, 2>               masks;            ///< by Side, on the image's grid; null: everything
  std::array<std::string, 2>                      maskNames;        ///< how the window calls them

  /** The only orientation of an image without depth. */
  std::optional<Orientation>
  OnlyPlane() const;

  /** Of the image that has the most. */
  std::size_t
  Frames() const
  {
    return std::max(images[Before]->Frames(), images[After]->Frames());
  }
  std::size_t
  Channels() const
  {
    return std::max(images[Before]->Channels(), images[After]->Channels());
  }
};

/** "BEFORE" or "AFTER", and what is shown of it where it lacks the frame or the channel that is asked for. */
std::string
SideName(const ViewData & data, const ViewState & state, Side side);

enum class Anchor
{
  Low,
  Middle,
  High
};

/** Text in the window. */
struct Label
{
  int         x = 0; ///< picture elements from the lower left corner
  int         y = 0;
  std::string text;
  Colour      colour = White;
  int         size = 14;
  Anchor      horizontal = Anchor::Low;
  Anchor      vertical = Anchor::Low;
};

/** Colours of values in [-1, 1], in shares of a window's width over LargestDifference. */
std::array<double, 3>
                 DifferenceColour(double value);
constexpr double LargestDifference = 0.5; ///< of the window's width

/** One plane of the images, in the mode that the state asks for. Knows no window. */
class SliceView
{
public:
  void
  Compose(const ViewData & data, const ViewState & state, const Basis & basis, const Pane & pane);

  void
  Hide()
  {
    m_Picture.Hide();
  }

  /** The whole pane, the bar with the slider included. */
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
  const Pane &
  Place() const
  {
    return m_Pane;
  }
  const Basis &
  Axes() const
  {
    return m_Basis;
  }

  /** 2 where before and after lie side by side. */
  int
  Parts() const
  {
    return m_Parts;
  }
  /** Size of one part, without the bar. */
  int
  PartWidth() const
  {
    return m_Pane.place.width / m_Parts;
  }
  int
  PartHeight() const
  {
    return m_Pane.place.height - m_Pane.Bar();
  }

  /** Coordinates of the pane to RAS, and back for one part. */
  Point
  PointAt(int column, int row) const;
  std::array<int, 2>
  PixelOf(const Point & point, int part = 0) const;

  /** Column of the curtain; empty where the mode has none. */
  std::optional<int>
  Curtain(const ViewState & state) const;

  /** What the slider's ends stand for, in mm along the normal, and its columns. */
  std::array<double, 2>
  SliderRange() const
  {
    return m_Range;
  }
  std::array<int, 2>
  SliderColumns() const;

private:
  /** What samples depend on. */
  struct Key
  {
    const void *       image = nullptr;
    std::size_t        channel = 0;
    std::size_t        frame = 0;
    Point              corner{};
    Point              right{};
    Point              up{};
    std::array<int, 2> size{};
    bool               nearest = false;
    bool
    operator==(const Key & other) const;
  };
  struct Samples
  {
    Key                           key;
    vtkSmartPointer<vtkImageData> values;
  };

  /** What the picture without lines and bar depends on, beside the images, which stay. */
  std::vector<double>
  DependsOn(const ViewData & data, const ViewState & state) const;

  using Planes = std::vector<const float *>; ///< one for grey, three for colours
  /** Reads from a slot that keeps what has not changed. */
  const float *
  Sample(std::size_t slot, const ViewImage & image, std::size_t channel, const ViewState & state);
  Planes
  SampleSide(Side side, const ViewData & data, const ViewState & state);
  void
  Paint(const ViewData & data, const ViewState & state);
  void
  PaintBar(const ViewState & state);
  void
  PaintLines(const ViewState & state);
  void
  Write(const ViewData & data, const ViewState & state);
  /** Name of the plane, where it is, and its slice, as far as the bar has room, in m_Title. */
  void
  NamePlane(const ViewData & data, const ViewState & state);

  Canvas                     m_Picture;
  std::vector<Samples>       m_Samples;
  std::vector<unsigned char> m_Painted; ///< without lines and bar
  std::vector<double>        m_PaintedOf;
  std::vector<Label>         m_Labels;
  Pane                       m_Pane;
  Basis                      m_Basis;
  std::string                m_Title;         ///< on the bar
  int                        m_TitleRoom = 0; ///< picture elements, whatever its numbers are
  int                        m_Parts = 1;
  Point                      m_Centre{}; ///< RAS of the middle of a part
  double                     m_Pixel = 1.0;
  std::array<double, 2>      m_Range{ { 0.0, 1.0 } };
};
} // namespace isolux
