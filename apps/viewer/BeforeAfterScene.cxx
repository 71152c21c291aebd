#include "BeforeAfterScene.h"

#include "DivergingColours.h"
#include "Error.h"
#include "ViewKeys.h"

#include <vtkLookupTable.h>
#include <vtkTextProperty.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

namespace isolux
{
namespace
{
constexpr int    CurtainGrip = 8;   ///< picture elements to either side
constexpr double DragRange = 400.0; ///< picture elements that change a window by its own width
constexpr double ZoomStep = 1.0 / 150.0;
constexpr Colour PanelColour{ { 34, 36, 40 } };
constexpr int    TimeLeft = 170;
constexpr int    TimeMargin = 12;

Point
MiddleOf(const std::array<Point, 8> & corners)
{
  Point middle{};
  for (const auto & corner : corners)
  {
    middle = middle + 0.125 * corner;
  }
  return middle;
}

/** Short. */
std::string
Number(const double value)
{
  char text[32];
  std::snprintf(text,
                sizeof(text),
                std::abs(value) >= 1e5     ? "%.4g"
                : std::abs(value) >= 100.0 ? "%.1f"
                                           : "%.4g",
                value);
  return text;
}

/** In all digits that float holds for certain. */
std::string
ValueText(const std::vector<float> & values)
{
  constexpr float LargestWhole = 16777216.0F;
  std::string     text;
  for (const float value : values)
  {
    const bool isWhole = value == std::floor(value) && std::abs(value) < LargestWhole;
    char       number[32];
    std::snprintf(number, sizeof(number), isWhole ? "%.0f" : "%.6g", static_cast<double>(value));
    text += (text.empty() ? "" : ", ") + (std::isnan(value) ? std::string("NaN") : std::string(number));
  }
  return text;
}

/** Counted from 0. */
std::string
VoxelText(const ViewImage & image, const std::array<std::size_t, 3> & index)
{
  std::string text = std::to_string(index[0]) + ", " + std::to_string(index[1]);
  return image.Size(2) > 1 ? text + ", " + std::to_string(index[2]) : text;
}

vtkSmartPointer<vtkLookupTable>
Table(const bool logarithmic, const double limit, const bool ofField)
{
  constexpr int Entries = 256;
  auto          table = vtkSmartPointer<vtkLookupTable>::New();
  table->SetNumberOfTableValues(Entries);
  for (int i = 0; i < Entries; ++i)
  {
    const double value = 2.0 * i / (Entries - 1) - 1.0;
    const auto   colour = ofField ? ColourBetween(FieldColours, value) : DifferenceColour(value);
    table->SetTableValue(i, colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0, 1.0);
  }
  if (logarithmic)
  {
    table->SetScaleToLog10();
    table->SetTableRange(1.0 / limit, limit);
  }
  else
  {
    table->SetTableRange(-limit, limit);
  }
  return table;
}
} // namespace

BeforeAfterScene::BeforeAfterScene(ViewData data)
  : m_Data(std::move(data))
  , m_Bases{ AcquisitionBases(m_Data.images[Before]->ToRas()), PatientBases() }
  , m_OnlyPlane(m_Data.OnlyPlane())
  , m_Background(vtkSmartPointer<vtkRenderer>::New())
  , m_Foreground(vtkSmartPointer<vtkRenderer>::New())
  , m_ScalarBar(vtkSmartPointer<vtkScalarBarActor>::New())
{
  m_State.cursor = m_Data.images[Before]->Middle();
  for (const Side side : { Before, After })
  {
    m_State.windows[side] = ChooseWindow(*m_Data.images[side], 0, m_Data.masks[side]);
  }
  m_Windows.own = m_State.windows;
  m_FirstWindows = m_Windows;

  m_Background->SetBackground(0.0, 0.0, 0.0);
  m_Background->InteractiveOff();
  m_Foreground->SetLayer(1);
  m_Foreground->InteractiveOff();
  for (auto & slice : m_Slices)
  {
    m_Background->AddActor2D(slice.Picture().Actor());
  }
  m_Background->AddActor2D(m_Volume.Picture().Actor());
  m_Background->AddActor2D(m_TimeBar.Actor());
  m_Histogram.AddTo(*m_Background);
  m_Foreground->AddActor2D(m_ScalarBar);
  m_Foreground->AddActor2D(m_HelpPage.Actor());
  m_ScalarBar->UnconstrainedFontSizeOn();
  m_ScalarBar->SetNumberOfLabels(5);
  m_ScalarBar->SetTextPositionToPrecedeScalarBar();
  m_ScalarBar->SetVerticalTitleSeparation(8);
  for (auto * property : { m_ScalarBar->GetLabelTextProperty(), m_ScalarBar->GetTitleTextProperty() })
  {
    property->SetFontSize(12);
    property->SetBold(false);
    property->SetItalic(false);
    property->SetShadow(true);
    property->SetColor(1.0, 1.0, 1.0);
  }
}

void
BeforeAfterScene::AddTo(vtkRenderWindow & window)
{
  window.SetNumberOfLayers(2);
  window.AddRenderer(m_Background);
  window.AddRenderer(m_Foreground);
}

void
BeforeAfterScene::Resize(const int width, const int height)
{
  if (m_Size[0] == 0)
  {
    m_Size = { { std::max(1, width), std::max(1, height) } };
    this->Fit();
    return;
  }
  this->KeepZoom([&] { m_Size = { { std::max(1, width), std::max(1, height) } }; });
}

Bases
BeforeAfterScene::Axes() const
{
  return m_Bases[m_State.patientPlanes ? 1 : 0];
}

std::vector<Pane>
BeforeAfterScene::ArrangePanes() const
{
  auto panes = Arrange(m_State.layout, m_Size[0], m_Size[1], m_State.histogram, m_Data.Frames() > 1, m_OnlyPlane);
  for (auto & pane : panes)
  {
    if (pane.side && m_State.swapped)
    {
      pane.side = *pane.side == Before ? After : Before;
    }
  }
  return panes;
}

double
BeforeAfterScene::FittingPixel() const
{
  constexpr double rim = 1.04;
  const auto       corners = m_Data.images[Before]->Corners();
  const Point      middle = MiddleOf(corners);
  double           pixel = 0.0;
  for (const auto & pane : this->ArrangePanes())
  {
    if (pane.kind != Pane::Kind::Slice)
    {
      continue;
    }
    const Basis  basis = this->Axes()[static_cast<unsigned int>(pane.orientation)];
    const int    parts = m_State.mode == ViewMode::SideBySide && !pane.side ? 2 : 1;
    const double sides[] = { static_cast<double>(pane.place.width) / parts,
                             static_cast<double>(pane.place.height - pane.Bar()) };
    for (const int direction : { 0, 1 })
    {
      double extent = 0.0;
      for (const auto & corner : corners)
      {
        extent = std::max(extent, 2.0 * std::abs(Dot(corner - middle, direction == 0 ? basis.right : basis.up)));
      }
      pixel = std::max(pixel, rim * extent / std::max(1.0, sides[direction]));
    }
  }
  return pixel;
}

void
BeforeAfterScene::Fit()
{
  m_State.focus = MiddleOf(m_Data.images[Before]->Corners());
  const double pixel = this->FittingPixel();
  m_State.pixel = pixel > 0.0 ? pixel : 1.0;
  m_Zoom = 1.0;
}

template <typename TChange>
void
BeforeAfterScene::KeepZoom(const TChange & change)
{
  const double before = this->FittingPixel();
  m_Zoom = before > 0.0 ? before / m_State.pixel : m_Zoom;
  change();
  const double after = this->FittingPixel();
  m_State.pixel = after > 0.0 ? after / m_Zoom : m_State.pixel;
}

void
BeforeAfterScene::Update()
{
  m_Panes = this->ArrangePanes();
  m_Labels.clear();
  m_SlicesInUse = 0;
  bool       volume = false;
  bool       histogram = false;
  const auto add = [this](const std::vector<Label> & labels, const Rectangle & place)
  {
    for (Label label : labels)
    {
      label.x += place.x;
      label.y += place.y;
      this->Put(label);
    }
  };
  for (const auto & pane : m_Panes)
  {
    if (pane.kind == Pane::Kind::Slice)
    {
      auto & view = m_Slices[m_SlicesInUse++];
      view.Compose(m_Data, m_State, this->Axes()[static_cast<unsigned int>(pane.orientation)], pane);
      add(view.Labels(), pane.place);
    }
    else if (pane.kind == Pane::Kind::Volume)
    {
      m_Volume.Compose(m_Data, m_State, this->Axes(), pane);
      add(m_Volume.Labels(), pane.place);
      volume = true;
    }
    else if (pane.kind == Pane::Kind::Histogram)
    {
      m_Histogram.Compose(m_Data, m_State, pane);
      histogram = true;
    }
  }
  for (std::size_t i = m_SlicesInUse; i < m_Slices.size(); ++i)
  {
    m_Slices[i].Hide();
  }
  if (!volume)
  {
    m_Volume.Hide();
  }
  if (!histogram)
  {
    m_Histogram.Hide();
  }
  this->PaintPanels();
  this->PutMessage();
  this->ShowScalarBar();
  this->ShowHelp();
  this->ShowLabels();
}

void
BeforeAfterScene::PaintPanels()
{
  m_TimeBar.Hide();
  for (const auto & pane : m_Panes)
  {
    if (pane.kind == Pane::Kind::Time)
    {
      const auto frames = m_Data.Frames();
      const int  left = pane.Scaled(TimeLeft);
      const int  width = pane.place.width - left - pane.Scaled(TimeMargin);
      const auto share = static_cast<double>(m_State.frame) / static_cast<double>(frames - 1);
      m_TimeBar.Clear(pane.place.width, pane.place.height);
      m_TimeBar.Fill({ 0, 0, pane.place.width, pane.place.height }, PanelColour);
      m_TimeBar.Fill({ left, pane.place.height / 2 - 2, width, 4 }, { { 120, 120, 120 } });
      m_TimeBar.Fill({ left + static_cast<int>(std::lround(share * width)) - 4, 4, 8, pane.place.height - 8 }, White);
      m_TimeBar.Show(pane.place.x, pane.place.y);
      Label label;
      label.x = pane.place.x + pane.Scaled(8);
      label.y = pane.place.y + pane.place.height / 2;
      label.vertical = Anchor::Middle;
      label.size = pane.Scaled(13);
      label.text = "Frame " + std::to_string(m_State.frame + 1) + " of " + std::to_string(frames);
      this->Put(label);
    }
    else if (pane.kind == Pane::Kind::Probe)
    {
      const int  step = pane.Scaled(18);
      int        row = pane.place.y + pane.place.height - step;
      int        column = pane.place.x + pane.Scaled(8);
      const auto write = [&](const std::string & line, const Colour & colour)
      {
        Label label;
        label.x = column;
        label.y = row;
        label.text = line;
        label.size = pane.Scaled(12);
        label.colour = colour;
        this->Put(label);
      };
      const auto lines = this->ProbeLines();
      const auto colourOf = [](const std::size_t i) {
        return i == 1 ? SideColours[Before] : i == 2 ? SideColours[After] : White;
      };
      if (pane.place.height < 2 * step)
      {
        const int share = pane.place.width / static_cast<int>(lines.size() - 1);
        for (std::size_t i = 1; i < lines.size(); ++i, column += share)
        {
          write(lines[i].substr(0, lines[i].find("   at voxel")), colourOf(i));
        }
        continue;
      }
      for (std::size_t i = 0; i < lines.size(); ++i, row -= step)
      {
        write(lines[i], colourOf(i));
      }
      for (const auto & line : this->DescribeState())
      {
        write(line, { { 170, 170, 170 } });
        row -= step;
      }
    }
  }
}

std::vector<std::string>
BeforeAfterScene::ProbeLines() const
{
  const Point              point = m_Hover.value_or(m_State.cursor);
  std::vector<std::string> lines;
  char                     text[96];
  if (m_Data.images[Before]->HasPosition())
  {
    std::string position;
    for (unsigned int axis = 0; axis < 3; ++axis)
    {
      constexpr const char * letters[] = { "RL", "AP", "SI" };
      std::snprintf(text, sizeof(text), "%c %.1f", letters[axis][point[axis] < 0.0 ? 1 : 0], std::abs(point[axis]));
      position += (axis == 0 ? "" : "   ") + std::string(text);
    }
    lines.push_back((m_Hover ? "Mouse:  " : "Cursor:  ") + position + " mm   (voxels from 0)");
  }
  else
  {
    const auto index = m_Data.images[Before]->IndexAt(point);
    lines.push_back(
      (m_Hover ? "Mouse:  " : "Cursor:  ") +
      (index ? "voxel " + VoxelText(*m_Data.images[Before], *index) + " (from 0)" : std::string("outside")));
  }
  const auto describe = [&](const ViewImage & image, const std::string & name)
  {
    const auto index = image.IndexAt(point);
    if (!index)
    {
      return name + ":  outside";
    }
    return name + ":  " + ValueText(image.ValuesAt(*index, m_State.frame)) + "   at voxel " + VoxelText(image, *index);
  };
  for (const Side side : { Before, After })
  {
    lines.push_back(describe(*m_Data.images[side], SideName(m_Data, m_State, side)));
  }
  if (m_Data.field)
  {
    lines.push_back(describe(*m_Data.field, "FIELD"));
  }
  return lines;
}

std::vector<std::string>
BeforeAfterScene::DescribeState() const
{
  const auto range = [](const ViewWindow & window) { return Number(window.low) + " to " + Number(window.high); };
  std::vector<std::string> lines;
  lines.push_back(m_State.linked
                    ? "Window of both:  " + range(m_State.windows[Before])
                    : "Windows:  " + range(m_State.windows[Before]) + "  |  " + range(m_State.windows[After]));
  std::string mode = ViewModeNames()[static_cast<unsigned int>(m_State.mode)];
  if (!m_OnlyPlane && !UsesMode(m_State.layout, m_State.mode))
  {
    const bool isAfter = m_State.mode != ViewMode::Field && m_State.afterShown;
    mode = m_State.layout == ViewLayout::ThreeD ? (isAfter ? "AFTER alone" : "BEFORE alone")
           : m_State.swapped                    ? "AFTER above BEFORE"
                                                : "BEFORE above AFTER";
  }
  mode = "Mode:  " + mode;
  if (m_State.channel)
  {
    mode += "   channel " + std::to_string(*m_State.channel + 1);
  }
  lines.push_back(mode + (m_State.patientPlanes ? "   patient's planes" : "") + (m_State.nearest ? "   voxels" : ""));
  lines.emplace_back("Keys:  ?");
  return lines;
}

void
BeforeAfterScene::PutMessage()
{
  const auto isView = [](const Pane & pane)
  { return pane.kind == Pane::Kind::Slice || pane.kind == Pane::Kind::Volume; };
  int bottom = m_Size[1];
  for (const auto & pane : m_Panes)
  {
    bottom = isView(pane) ? std::min(bottom, pane.place.y) : bottom;
  }
  Label label;
  label.x = m_Size[0] / 2;
  label.y = bottom + m_Panes.front().Scaled(24);
  label.text = m_Message;
  label.size = m_Panes.front().Scaled(16);
  label.colour = { { 255, 220, 120 } };
  label.horizontal = Anchor::Middle;
  this->Put(label);
}

void
BeforeAfterScene::Say(const std::string & message)
{
  m_Message = message;
}

void
BeforeAfterScene::ShowScalarBar()
{
  const bool field = m_State.mode == ViewMode::Field && m_Data.field;
  const bool shown = (field || m_State.mode == ViewMode::Difference) && m_SlicesInUse > 0 && !m_Slices[0].Place().side;
  m_ScalarBar->SetVisibility(shown);
  if (!shown)
  {
    return;
  }
  if (field)
  {
    m_ScalarBar->SetLookupTable(Table(true, m_Data.fieldLimit, true));
    m_ScalarBar->SetTitle("field");
    m_ScalarBar->SetLabelFormat(m_Data.fieldLimit < 1.1 ? "%.3f" : "%.2f");
  }
  else
  {
    const double limit = LargestDifference * (m_State.linked ? m_State.windows[Before].Width() : 100.0);
    m_ScalarBar->SetLookupTable(Table(false, limit, false));
    m_ScalarBar->SetTitle(m_State.linked ? "intensity" : "% of window");
    m_ScalarBar->SetLabelFormat(limit < 5.0 ? "%+.2f" : "%+.0f");
  }
  const Rectangle & place = m_Slices[0].Place().place;
  const Pane &      pane = m_Slices[0].Place();
  const int         height = std::min(pane.Scaled(220), (place.height - pane.Bar()) / 2 - pane.Scaled(24));
  const int         width = pane.Scaled(84);
  for (auto * property : { m_ScalarBar->GetLabelTextProperty(), m_ScalarBar->GetTitleTextProperty() })
  {
    property->SetFontSize(pane.Scaled(12));
  }
  m_ScalarBar->SetPosition(static_cast<double>(place.x + place.width - width - pane.Scaled(6)) / m_Size[0],
                           static_cast<double>(place.y + pane.Scaled(8)) / m_Size[1]);
  m_ScalarBar->SetWidth(static_cast<double>(width) / m_Size[0]);
  m_ScalarBar->SetHeight(static_cast<double>(height) / m_Size[1]);
}

void
BeforeAfterScene::ShowHelp()
{
  m_HelpPage.Hide();
  if (!m_State.help)
  {
    return;
  }
  constexpr int LineHeight = 18;
  constexpr int ColumnWidth = 620;
  const auto &  lines = ViewKeyHelp();
  const auto    rowsOf = [&](const int columns) { return (static_cast<int>(lines.size()) + columns - 1) / columns; };
  const auto    scaleOf = [&](const int columns)
  {
    return std::min({ TextScale(m_Size[0], m_Size[1]),
                      static_cast<double>(m_Size[0]) / (columns * ColumnWidth),
                      static_cast<double>(m_Size[1]) / (LineHeight * (rowsOf(columns) + 2)) });
  };
  const int    columns = scaleOf(2) > scaleOf(1) ? 2 : 1; // where the window is low
  const double scale = scaleOf(columns);
  const auto   scaled = [scale](const int length) { return static_cast<int>(scale * length); };
  const int    height = scaled(LineHeight * (rowsOf(columns) + 2));
  const int    width = scaled(columns * ColumnWidth);
  const int    left = std::max(0, (m_Size[0] - width) / 2);
  const int    bottom = std::max(0, (m_Size[1] - height) / 2);
  m_HelpPage.Clear(width, height);
  m_HelpPage.Fill({ 0, 0, width, height }, { { 90, 94, 104 } });
  m_HelpPage.Fill({ 2, 2, width - 4, height - 4 }, { { 24, 26, 30 } });
  m_HelpPage.Show(left, bottom);
  m_Labels.clear(); // the page lies over them
  for (std::size_t i = 0; i < lines.size(); ++i)
  {
    const int column = static_cast<int>(i) / rowsOf(columns);
    const int row = static_cast<int>(i) % rowsOf(columns);
    for (const bool isKey : { true, false })
    {
      Label label;
      label.x = left + scaled(column * ColumnWidth + (isKey ? 20 : 240));
      label.y = bottom + height - scaled(LineHeight * (row + 2));
      label.text = isKey ? lines[i].first : lines[i].second;
      label.size = std::max(1, scaled(13));
      label.colour = isKey ? Colour{ { 255, 220, 120 } } : White;
      this->Put(label);
    }
  }
}

void
BeforeAfterScene::Put(const Label & label)
{
  if (!label.text.empty())
  {
    m_Labels.push_back(label);
  }
}

void
BeforeAfterScene::ShowLabels()
{
  while (m_Texts.size() < m_Labels.size())
  {
    m_Texts.push_back(vtkSmartPointer<vtkTextActor>::New());
    m_Texts.back()->SetTextScaleModeToNone();
    m_Foreground->AddActor2D(m_Texts.back());
  }
  for (std::size_t i = 0; i < m_Texts.size(); ++i)
  {
    auto & text = *m_Texts[i];
    text.SetVisibility(i < m_Labels.size());
    if (i >= m_Labels.size())
    {
      continue;
    }
    const Label & label = m_Labels[i];
    text.SetInput(label.text.c_str());
    text.SetPosition(label.x, label.y);
    auto * property = text.GetTextProperty();
    property->SetFontSize(label.size);
    property->SetColor(label.colour[0] / 255.0, label.colour[1] / 255.0, label.colour[2] / 255.0);
    property->SetShadow(label.colour[0] > 100 || label.colour[1] > 100);
    property->SetJustification(static_cast<int>(label.horizontal));
    property->SetVerticalJustification(static_cast<int>(label.vertical));
  }
}

void
BeforeAfterScene::SetMode(const ViewMode mode)
{
  if (mode == ViewMode::Field && !m_Data.field)
  {
    throw UsageError("mode 'field' shows a third image over the first, but none was given; name the field after "
                     "BEFORE and AFTER");
  }
  m_State.mode = mode;
  m_State.afterShown = mode != ViewMode::Flicker;
}

void
BeforeAfterScene::SetFrame(const std::size_t frame)
{
  m_State.frame = std::min(frame, m_Data.Frames() - 1);
}

void
BeforeAfterScene::SetCursor(const Point & point)
{
  const ViewImage & image = *m_Data.images[Before];
  const auto        index = image.IndexAt(point);
  m_State.cursor =
    index ? image.ToRas()(
              { static_cast<double>((*index)[0]), static_cast<double>((*index)[1]), static_cast<double>((*index)[2]) })
          : point;
}

void
BeforeAfterScene::SetWindow(const Side side, const ViewWindow & window)
{
  if (m_State.linked)
  {
    m_Windows.common = window;
  }
  else
  {
    m_Windows.own[side] = window;
  }
  this->ShowWindows();
}

void
BeforeAfterScene::LinkWindows(const bool linked)
{
  m_State.linked = linked;
  this->ShowWindows();
}

void
BeforeAfterScene::KeepWindows()
{
  m_FirstWindows = m_Windows;
  m_FirstLinked = m_State.linked;
}

void
BeforeAfterScene::ShowWindows()
{
  const auto & own = m_Windows.own;
  const auto   both = m_Windows.common.value_or(
    ViewWindow{ std::min(own[Before].low, own[After].low), std::max(own[Before].high, own[After].high) });
  for (const Side side : { Before, After })
  {
    m_State.windows[side] = m_State.linked ? both : own[side];
  }
}

const Pane *
BeforeAfterScene::PaneAt(const int x, const int y) const
{
  const auto found =
    std::find_if(m_Panes.begin(), m_Panes.end(), [&](const Pane & pane) { return pane.place.Contains(x, y); });
  return found != m_Panes.end() ? &*found : nullptr;
}

std::optional<std::size_t>
BeforeAfterScene::SliceAt(const int x, const int y) const
{
  for (std::size_t i = 0; i < m_SlicesInUse; ++i)
  {
    if (m_Slices[i].Place().place.Contains(x, y))
    {
      return i;
    }
  }
  return std::nullopt;
}

std::optional<Side>
BeforeAfterScene::SideAt(const SliceView & view, const int x, const int y) const
{
  const int column = x - view.Place().place.x;
  const int row = y - view.Place().place.y;
  if (view.Place().side)
  {
    return view.Place().side;
  }
  switch (m_State.mode)
  {
    case ViewMode::SideBySide:
      return (column < view.PartWidth()) != m_State.swapped ? Before : After;
    case ViewMode::Swipe:
      return (column < *view.Curtain(m_State)) != m_State.swapped ? Before : After;
    case ViewMode::Checkerboard:
      return ((column / m_State.square + row / m_State.square) % 2 == 0) != m_State.swapped ? Before : After;
    case ViewMode::Flicker:
      return m_State.afterShown ? After : Before;
    case ViewMode::Field:
      return Before;
    default:
      return std::nullopt;
  }
}

bool
BeforeAfterScene::Press(const Button button, const int x, const int y, const bool twice)
{
  const Pane * pane = this->PaneAt(x, y);
  m_Mouse = { { x, y } };
  m_Drag = {};
  m_Message.clear();
  if (m_State.help)
  {
    m_State.help = false;
    return true;
  }
  if (pane == nullptr)
  {
    return false;
  }
  if (pane->kind == Pane::Kind::Time && button == Button::Left)
  {
    m_Drag.kind = Drag::Kind::Time;
    this->MoveTime(x);
    return true;
  }
  if (pane->kind == Pane::Kind::Volume || pane->kind == Pane::Kind::Slice)
  {
    const bool onBar = y >= pane->place.y + pane->place.height - pane->Bar();
    if (twice && button == Button::Left)
    {
      return this->Key(m_State.layout == ViewLayout::FourUp || m_State.layout == ViewLayout::Conventional ||
                           m_State.layout == ViewLayout::ThreeOverThree
                         ? pane->kind == Pane::Kind::Volume ? "d"
                                                            : std::string(1, "acs"[static_cast<int>(pane->orientation)])
                         : "Escape");
    }
    if (pane->kind == Pane::Kind::Volume)
    {
      m_Drag.kind = button == Button::Left     ? Drag::Kind::Rotate
                    : button == Button::Middle ? Drag::Kind::VolumePan
                                               : Drag::Kind::VolumeZoom;
      return false;
    }
    m_Drag.slice = *this->SliceAt(x, y);
    const SliceView & view = m_Slices[m_Drag.slice];
    if (button == Button::Left && onBar)
    {
      m_Drag.kind = Drag::Kind::Slider;
      this->MoveSlider(x);
      return true;
    }
    const auto curtain = view.Curtain(m_State);
    if (button == Button::Left && curtain && std::abs(x - pane->place.x - *curtain) <= CurtainGrip)
    {
      m_Drag.kind = Drag::Kind::Curtain;
      return false;
    }
    m_Drag.kind = button == Button::Left     ? Drag::Kind::Window
                  : button == Button::Middle ? Drag::Kind::Pan
                                             : Drag::Kind::Zoom;
    m_Drag.side = this->SideAt(view, x, y);
  }
  return false;
}

void
BeforeAfterScene::Release()
{
  m_Drag = {};
}

bool
BeforeAfterScene::Move(const int x, const int y, const bool shift)
{
  const int columns = x - m_Mouse[0];
  const int rows = y - m_Mouse[1];
  m_Mouse = { { x, y } };
  const auto hovered = this->SliceAt(x, y);
  m_Hover.reset();
  if (hovered)
  {
    const auto & view = m_Slices[*hovered];
    const int    row = y - view.Place().place.y;
    if (row < view.PartHeight())
    {
      m_Hover = view.PointAt(x - view.Place().place.x, row);
    }
  }
  const SliceView & view = m_Slices[m_Drag.slice];
  switch (m_Drag.kind)
  {
    case Drag::Kind::None:
      if (shift && m_Hover)
      {
        this->SetCursor(*m_Hover);
      }
      break;
    case Drag::Kind::Window:
      this->ChangeWindow(columns, rows);
      break;
    case Drag::Kind::Curtain:
      m_State.curtain =
        std::clamp(static_cast<double>(x - view.Place().place.x) / std::max(1, view.Place().place.width), 0.0, 1.0);
      break;
    case Drag::Kind::Slider:
      this->MoveSlider(x);
      break;
    case Drag::Kind::Time:
      this->MoveTime(x);
      break;
    case Drag::Kind::Pan:
      m_State.focus = m_State.focus - m_State.pixel * (columns * view.Axes().right + rows * view.Axes().up);
      break;
    case Drag::Kind::Zoom:
      m_State.pixel *= std::exp(rows * ZoomStep);
      break;
    case Drag::Kind::Rotate:
      m_Volume.Rotate(columns, rows);
      break;
    case Drag::Kind::VolumePan:
      m_Volume.Pan(columns, rows);
      break;
    case Drag::Kind::VolumeZoom:
      m_Volume.Zoom(std::exp(-rows * ZoomStep));
      break;
  }
  return true;
}

bool
BeforeAfterScene::Leave()
{
  const bool hovered = m_Hover.has_value();
  m_Hover.reset();
  return hovered;
}

void
BeforeAfterScene::MoveSlider(const int x)
{
  const SliceView & view = m_Slices[m_Drag.slice];
  const auto [left, right] = view.SliderColumns();
  const auto [low, high] = view.SliderRange();
  const double share =
    std::clamp(static_cast<double>(x - view.Place().place.x - left) / std::max(1, right - left), 0.0, 1.0);
  const Point normal = view.Axes().normal;
  this->SetCursor(m_State.cursor + (low + share * (high - low) - Dot(m_State.cursor, normal)) * normal);
}

void
BeforeAfterScene::MoveTime(const int x)
{
  const double scale = TextScale(m_Size[0], m_Size[1]);
  const double left = scale * TimeLeft;
  const double share = std::clamp((x - left) / std::max(1.0, m_Size[0] - left - scale * TimeMargin), 0.0, 1.0);
  this->SetFrame(static_cast<std::size_t>(std::lround(share * static_cast<double>(m_Data.Frames() - 1))));
}

void
BeforeAfterScene::ChangeWindow(const int columns, const int rows)
{
  for (const Side side : { Before, After })
  {
    if (m_State.linked ? side == Before : !m_Drag.side || side == *m_Drag.side)
    {
      const ViewWindow & window = m_State.windows[side];
      const double       width = window.Width() * std::exp(columns / DragRange * 2.0);
      const double       level = (window.low + window.high) / 2.0 + rows / DragRange * window.Width();
      this->SetWindow(side, { level - width / 2.0, level + width / 2.0 });
    }
  }
}

void
BeforeAfterScene::Step(const Orientation orientation, const int steps)
{
  const Point  normal = this->Axes()[static_cast<unsigned int>(orientation)].normal;
  const double step = SliceStep(m_Data.images[Before]->ToRas(), normal);
  for (std::size_t i = 0; i < m_SlicesInUse; ++i)
  {
    if (m_Slices[i].Place().orientation == orientation)
    {
      const auto [low, high] = m_Slices[i].SliderRange();
      const double now = Dot(m_State.cursor, normal);
      m_State.cursor = m_State.cursor + (std::clamp(now + steps * step, low, high) - now) * normal;
      return;
    }
  }
}

bool
BeforeAfterScene::Wheel(const int x, const int y, const int steps, const bool control)
{
  const Pane * pane = this->PaneAt(x, y);
  if (pane == nullptr)
  {
    return false;
  }
  if (pane->kind == Pane::Kind::Slice)
  {
    if (control)
    {
      m_State.pixel *= std::exp(-steps * 15.0 * ZoomStep);
    }
    else
    {
      this->Step(pane->orientation, steps);
    }
  }
  else if (pane->kind == Pane::Kind::Volume)
  {
    m_Volume.Zoom(std::exp(steps * 15.0 * ZoomStep));
  }
  else if (pane->kind == Pane::Kind::Time)
  {
    return this->Key(steps > 0 ? "period" : "comma");
  }
  return true;
}

bool
BeforeAfterScene::SetQuick(const bool quick)
{
  const bool changes = m_Volume.SetQuick(quick);
  return changes &&
         std::any_of(m_Panes.begin(), m_Panes.end(), [](const Pane & pane) { return pane.kind == Pane::Kind::Volume; });
}

bool
BeforeAfterScene::Flicker()
{
  if (m_State.mode != ViewMode::Flicker)
  {
    return false;
  }
  m_State.afterShown = !m_State.afterShown;
  return true;
}

bool
BeforeAfterScene::Key(const std::string & key)
{
  m_Message.clear();
  constexpr const char * keypad = "KP_";
  if (key.rfind(keypad, 0) == 0)
  {
    return this->Key(key.substr(std::strlen(keypad)));
  }
  const auto next = [](const auto value, const std::size_t count)
  { return static_cast<decltype(value)>((static_cast<std::size_t>(value) + 1) % count); };
  if (key.size() == 1 && key[0] >= '1' && key[0] <= '7')
  {
    if (key[0] == '7' && !m_Data.field)
    {
      return false;
    }
    this->SetMode(static_cast<ViewMode>(key[0] - '1'));
  }
  else if (key == "m")
  {
    this->SetMode(next(m_State.mode, m_Data.field ? 7 : 6));
  }
  else if (key == "l")
  {
    this->KeepZoom([&] { m_State.layout = next(m_State.layout, ViewLayoutNames().size()); });
  }
  else if (key == "q" || key == "a" || key == "c" || key == "s" || key == "d" || key == "Escape")
  {
    if (key == "Escape" && m_State.help)
    {
      m_State.help = false;
      return true;
    }
    const auto layout = key == "a"   ? ViewLayout::Axial
                        : key == "c" ? ViewLayout::Coronal
                        : key == "s" ? ViewLayout::Sagittal
                        : key == "d" ? ViewLayout::ThreeD
                                     : m_LayoutBefore;
    if (m_State.layout == ViewLayout::FourUp || m_State.layout == ViewLayout::Conventional ||
        m_State.layout == ViewLayout::ThreeOverThree)
    {
      m_LayoutBefore = m_State.layout;
    }
    this->KeepZoom([&] { m_State.layout = layout; });
  }
  else if (key == "bracketleft" || key == "bracketright")
  {
    if (m_State.mode != ViewMode::Swipe && m_State.mode != ViewMode::Fade)
    {
      return false;
    }
    double & share = m_State.mode == ViewMode::Swipe ? m_State.curtain : m_State.opacity;
    share = std::clamp(share + (key == "bracketleft" ? -0.05 : 0.05), 0.0, 1.0);
  }
  else if (key == "t" || key == "space")
  {
    m_State.afterShown = !m_State.afterShown;
    m_State.opacity = m_State.mode == ViewMode::Fade ? 1.0 - m_State.opacity : m_State.opacity;
    m_State.swapped = !m_State.swapped;
  }
  else if (key == "w")
  {
    this->LinkWindows(!m_State.linked);
  }
  else if (key == "r")
  {
    m_Windows = m_FirstWindows;
    this->LinkWindows(m_FirstLinked);
    this->Fit();
    m_Volume.LookFromFront(m_Data);
  }
  else if (key == "b" || key == "f" || key == "Down" || key == "Up")
  {
    const auto slice = this->SliceAt(m_Mouse[0], m_Mouse[1]).value_or(0);
    if (m_SlicesInUse == 0)
    {
      return false;
    }
    this->Step(m_Slices[slice].Place().orientation, key == "b" || key == "Down" ? -1 : 1);
  }
  else if (key == "comma" || key == "period" || key == "Left" || key == "Right")
  {
    const bool back = key == "comma" || key == "Left";
    this->SetFrame(back && m_State.frame == 0 ? 0 : m_State.frame + (back ? -1 : 1));
  }
  else if (key == "k")
  {
    const auto channels = m_Data.Channels();
    const bool colour = m_Data.images[Before]->IsColour();
    const auto channel = m_State.channel ? *m_State.channel + 1 : colour ? 0 : 1;
    m_State.channel = channel < channels ? std::optional<std::size_t>(channel) : std::nullopt;
  }
  else if (key == "i")
  {
    m_State.nearest = !m_State.nearest;
  }
  else if (key == "o")
  {
    this->KeepZoom([&] { m_State.patientPlanes = !m_State.patientPlanes; });
  }
  else if (key == "x")
  {
    m_State.crosshair = !m_State.crosshair;
  }
  else if (key == "h")
  {
    this->KeepZoom([&] { m_State.histogram = !m_State.histogram; });
  }
  else if (key == "question" || key == "F1")
  {
    m_State.help = !m_State.help;
  }
  else
  {
    return false;
  }
  return true;
}
} // namespace isolux
