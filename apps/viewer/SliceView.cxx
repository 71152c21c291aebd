#include "SliceView.h"

#include "DivergingColours.h"

#include <vtkImageReslice.h>
#include <vtkMatrix4x4.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <utility>

namespace isolux
{
namespace
{
constexpr std::array<std::array<double, 3>, 5> DifferenceColours{
  { { 170, 215, 255 }, { 40, 110, 200 }, { 0, 0, 0 }, { 200, 105, 15 }, { 255, 220, 150 } }
};
constexpr std::array<double, 3> NoDifferenceColour{ { 72, 72, 72 } }; ///< where one of two has no value
constexpr double                FieldOpacity = 0.55;
constexpr int                   CrosshairGap = 10;
constexpr int                   LetterRoom = 24;
constexpr double                TitleShare = 0.7; ///< of the bar, that its title may take
constexpr double                TitleMargin = 18.0;
constexpr double                LetterWidth = 6.6; ///< of a mean letter of the bar's size
constexpr double                ObliqueDegrees = 0.5;
constexpr int                   SliderMargin = 12;

std::array<double, 3>
GreyOrColour(const std::vector<const float *> & planes, const std::size_t pixel, const ViewWindow & window)
{
  std::array<double, 3> colour{};
  for (unsigned int channel = 0; channel < 3; ++channel)
  {
    if (channel >= planes.size())
    {
      colour[channel] = colour[0];
      continue;
    }
    const double level = window.Level(planes[channel][pixel]);
    colour[channel] = std::isnan(level) ? 0.0 : 255.0 * std::clamp(level, 0.0, 1.0);
  }
  return colour;
}

std::array<double, 3>
Mix(const std::array<double, 3> & a, const std::array<double, 3> & b, const double share)
{
  std::array<double, 3> mixed{};
  for (unsigned int channel = 0; channel < 3; ++channel)
  {
    mixed[channel] = (1.0 - share) * a[channel] + share * b[channel];
  }
  return mixed;
}

std::string
Millimetres(const double value)
{
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f mm", std::abs(value) < 0.05 ? 0.0 : value);
  return text;
}
} // namespace

std::optional<Orientation>
ViewData::OnlyPlane() const
{
  const ViewImage & image = *images[Before];
  if (image.Size(2) > 1)
  {
    return std::nullopt;
  }
  const Bases bases = AcquisitionBases(image.ToRas());
  const Point across = image.ToRas().columns[2];
  Orientation plane = Orientation::Axial;
  for (const auto other : Orientations)
  {
    const auto along = [&](const Orientation o)
    { return std::abs(Dot(across, bases[static_cast<unsigned>(o)].normal)); };
    plane = along(other) > along(plane) ? other : plane;
  }
  return plane;
}

std::string
SideName(const ViewData & data, const ViewState & state, const Side side)
{
  const ViewImage & image = *data.images[side];
  std::string       lacks;
  if (image.FrameAt(state.frame) != state.frame)
  {
    lacks = "frame " + std::to_string(image.FrameAt(state.frame) + 1);
  }
  if (state.channel && image.ChannelAt(state.channel) != *state.channel)
  {
    lacks += (lacks.empty() ? "channel " : ", channel ") + std::to_string(image.ChannelAt(state.channel) + 1);
  }
  return std::string(side == Before ? "BEFORE" : "AFTER") + (lacks.empty() ? "" : " (" + lacks + ")");
}

std::array<double, 3>
DifferenceColour(const double value)
{
  return ColourBetween(DifferenceColours, value);
}

bool
SliceView::Key::operator==(const Key & other) const
{
  return image == other.image && channel == other.channel && frame == other.frame && corner == other.corner &&
         right == other.right && up == other.up && size == other.size && nearest == other.nearest;
}

void
SliceView::Compose(const ViewData & data, const ViewState & state, const Basis & basis, const Pane & pane)
{
  m_Pane = pane;
  m_Basis = basis;
  m_Pixel = state.pixel;
  m_Parts = state.mode == ViewMode::SideBySide && !pane.side ? 2 : 1;
  m_Centre = state.focus + Dot(state.cursor - state.focus, basis.normal) * basis.normal;
  m_Range = { std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity() };
  for (const auto & corner : data.images[Before]->Corners())
  {
    m_Range[0] = std::min(m_Range[0], Dot(corner, basis.normal));
    m_Range[1] = std::max(m_Range[1], Dot(corner, basis.normal));
  }
  const double half = SliceStep(data.images[Before]->ToRas(), basis.normal) / 2.0;
  m_Range = { m_Range[0] + half, std::max(m_Range[0] + half, m_Range[1] - half) };

  m_Picture.Clear(std::max(1, pane.place.width), std::max(1, pane.place.height));
  if (this->PartWidth() > 0 && this->PartHeight() > 0)
  {
    const std::size_t bytes =
      3 * static_cast<std::size_t>(m_Picture.Width()) * static_cast<std::size_t>(this->PartHeight());
    auto dependsOn = this->DependsOn(data, state);
    if (dependsOn != m_PaintedOf)
    {
      this->Paint(data, state);
      m_Painted.assign(m_Picture.Row(0), m_Picture.Row(0) + bytes);
      m_PaintedOf = std::move(dependsOn);
    }
    else
    {
      std::copy(m_Painted.begin(), m_Painted.end(), m_Picture.Row(0));
    }
    this->PaintLines(state);
  }
  this->NamePlane(data, state);
  this->PaintBar(state);
  this->Write(data, state);
  m_Picture.Show(pane.place.x, pane.place.y);
}

std::vector<double>
SliceView::DependsOn(const ViewData & data, const ViewState & state) const
{
  std::vector<double> values = { static_cast<double>(state.mode),
                                 m_Pane.side ? static_cast<double>(*m_Pane.side) : -1.0,
                                 static_cast<double>(m_Pane.place.width),
                                 static_cast<double>(m_Pane.place.height),
                                 m_Pixel,
                                 state.curtain,
                                 state.opacity,
                                 static_cast<double>(state.afterShown),
                                 static_cast<double>(state.swapped),
                                 static_cast<double>(state.square),
                                 static_cast<double>(state.frame),
                                 state.channel ? static_cast<double>(*state.channel) : -1.0,
                                 static_cast<double>(state.nearest),
                                 data.fieldLimit };
  for (const auto & window : state.windows)
  {
    values.insert(values.end(), { window.low, window.high });
  }
  for (const auto & vector : { m_Centre, m_Basis.right, m_Basis.up, m_Basis.normal })
  {
    values.insert(values.end(), vector.begin(), vector.end());
  }
  return values;
}

Point
SliceView::PointAt(const int column, const int row) const
{
  const int    width = this->PartWidth();
  const double x = std::min(column, m_Parts * width - 1) % width + 0.5 - width / 2.0;
  const double y = row + 0.5 - this->PartHeight() / 2.0;
  return m_Centre + x * m_Pixel * m_Basis.right + y * m_Pixel * m_Basis.up;
}

std::array<int, 2>
SliceView::PixelOf(const Point & point, const int part) const
{
  const Point  away = (1.0 / m_Pixel) * (point - m_Centre);
  const double x = Dot(away, m_Basis.right) + this->PartWidth() / 2.0;
  const double y = Dot(away, m_Basis.up) + this->PartHeight() / 2.0;
  const auto   element = [](const double value) { return static_cast<int>(std::floor(std::clamp(value, -1e6, 1e6))); };
  return { { part * this->PartWidth() + element(x), element(y) } };
}

std::optional<int>
SliceView::Curtain(const ViewState & state) const
{
  if (state.mode != ViewMode::Swipe || m_Pane.side)
  {
    return std::nullopt;
  }
  return static_cast<int>(std::lround(state.curtain * this->PartWidth()));
}

std::array<int, 2>
SliceView::SliderColumns() const
{
  const int right = m_Pane.place.width - m_Pane.Scaled(SliderMargin);
  return { { std::min(m_TitleRoom, right), right } };
}

const float *
SliceView::Sample(const std::size_t slot, const ViewImage & image, const std::size_t channel, const ViewState & state)
{
  Key key;
  key.image = &image;
  key.channel = channel;
  key.frame = image.FrameAt(state.frame);
  key.corner = this->PointAt(0, 0);
  key.right = m_Pixel * m_Basis.right;
  key.up = m_Pixel * m_Basis.up;
  key.size = { { this->PartWidth(), this->PartHeight() } };
  key.nearest = state.nearest;
  m_Samples.resize(std::max(m_Samples.size(), slot + 1));
  Samples & kept = m_Samples[slot];
  if (kept.values == nullptr || !(kept.key == key))
  {
    const Affine & toIndex = image.ToIndex();
    const Point    columns[] = {
         toIndex.Turn(key.right), toIndex.Turn(key.up), toIndex.Turn(m_Basis.normal), toIndex(key.corner)
    };
    const auto axes = vtkSmartPointer<vtkMatrix4x4>::New();
    for (int row = 0; row < 3; ++row)
    {
      for (int column = 0; column < 4; ++column)
      {
        axes->SetElement(row, column, columns[column][static_cast<unsigned int>(row)]);
      }
    }
    const auto reslice = vtkSmartPointer<vtkImageReslice>::New();
    reslice->SetInputData(image.Frame(channel, key.frame));
    reslice->SetResliceAxes(axes);
    reslice->SetOutputSpacing(1, 1, 1);
    reslice->SetOutputOrigin(0, 0, 0);
    reslice->SetOutputExtent(0, key.size[0] - 1, 0, key.size[1] - 1, 0, 0);
    reslice->SetBackgroundLevel(std::numeric_limits<double>::quiet_NaN());
    if (key.nearest)
    {
      reslice->SetInterpolationModeToNearestNeighbor();
    }
    else
    {
      reslice->SetInterpolationModeToLinear();
    }
    reslice->Update();
    kept = { key, reslice->GetOutput() };
  }
  return static_cast<const float *>(kept.values->GetScalarPointer());
}

SliceView::Planes
SliceView::SampleSide(const Side side, const ViewData & data, const ViewState & state)
{
  const ViewImage & image = *data.images[side];
  Planes            planes;
  if (image.IsColour() && !state.channel)
  {
    for (std::size_t channel = 0; channel < 3; ++channel)
    {
      planes.push_back(this->Sample(3 * side + channel, image, channel, state));
    }
  }
  else
  {
    planes.push_back(this->Sample(3 * side, image, image.ChannelAt(state.channel), state));
  }
  return planes;
}

void
SliceView::Paint(const ViewData & data, const ViewState & state)
{
  const int         width = this->PartWidth();
  const int         height = this->PartHeight();
  const int         curtain = this->Curtain(state).value_or(0);
  const bool        fixed = m_Pane.side.has_value();
  const ViewMode    mode = state.mode;
  const bool        showsField = mode == ViewMode::Field && data.field && !fixed;
  const bool        single = fixed || mode == ViewMode::Flicker || mode == ViewMode::Field;
  const Side        only = fixed ? *m_Pane.side : mode == ViewMode::Flicker && state.afterShown ? After : Before;
  const std::size_t fieldSlot = 6;

  std::array<Planes, 2> planes;
  for (const Side side : { Before, After })
  {
    if (!single || side == only)
    {
      planes[side] = this->SampleSide(side, data, state);
    }
  }
  const float * field =
    showsField ? this->Sample(fieldSlot, *data.field, data.field->ChannelAt(state.channel), state) : nullptr;

  const ViewImage & before = *data.images[Before];
  const Point       corner = before.ToIndex()(this->PointAt(0, 0));
  const Point       right = before.ToIndex().Turn(m_Pixel * m_Basis.right);
  const Point       up = before.ToIndex().Turn(m_Pixel * m_Basis.up);
  const auto        voxelOf = [&](const int column, const int row) -> std::optional<std::size_t>
  {
    std::size_t voxel = 0;
    for (const unsigned int axis : { 2U, 1U, 0U })
    {
      const double index = std::floor(corner[axis] + column * right[axis] + row * up[axis] + 0.5);
      if (!(index >= 0.0 && index < static_cast<double>(before.Size(axis))))
      {
        return std::nullopt;
      }
      voxel = voxel * before.Size(axis) + static_cast<std::size_t>(index);
    }
    return voxel;
  };
  const auto isInside = [&](const int column, const int row)
  {
    const auto * mask = data.masks[Before].GetPointer();
    const auto   voxel = mask != nullptr ? voxelOf(column, row) : std::nullopt;
    return mask == nullptr || (voxel && mask->GetBufferPointer()[*voxel] != 0);
  };

#pragma omp parallel for
  for (int row = 0; row < height; ++row)
  {
    unsigned char * target = m_Picture.Row(row);
    for (int column = 0; column < m_Parts * width; ++column)
    {
      const auto pixel =
        static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column % width);
      const auto shown = [&](const Side side) { return GreyOrColour(planes[side], pixel, state.windows[side]); };
      std::array<double, 3> colour{};
      if (single)
      {
        colour = shown(only);
        if (field != nullptr && field[pixel] > 0.0F && isInside(column, row))
        {
          colour =
            Mix(colour, ColourBetween(FieldColours, std::log(field[pixel]) / std::log(data.fieldLimit)), FieldOpacity);
        }
      }
      else if (mode == ViewMode::SideBySide)
      {
        colour = shown((column < width) != state.swapped ? Before : After);
      }
      else if (mode == ViewMode::Swipe)
      {
        colour = shown((column < curtain) != state.swapped ? Before : After);
      }
      else if (mode == ViewMode::Checkerboard)
      {
        colour = shown(((column / state.square + row / state.square) % 2 == 0) != state.swapped ? Before : After);
      }
      else if (mode == ViewMode::Fade)
      {
        colour = Mix(shown(Before), shown(After), state.opacity);
      }
      else
      {
        double            difference = 0.0;
        const std::size_t count = std::min(planes[Before].size(), planes[After].size());
        for (std::size_t channel = 0; channel < count; ++channel)
        {
          difference += (state.windows[After].Level(planes[After][channel][pixel]) -
                         state.windows[Before].Level(planes[Before][channel][pixel])) /
                        static_cast<double>(count);
        }
        if (!std::isnan(difference))
        {
          colour = DifferenceColour((state.swapped ? -difference : difference) / LargestDifference);
        }
        else if (voxelOf(column, row) || !std::isnan(planes[After][0][pixel]))
        {
          colour = NoDifferenceColour;
        }
      }
      for (unsigned int channel = 0; channel < 3; ++channel)
      {
        target[3 * column + static_cast<int>(channel)] = static_cast<unsigned char>(std::lround(colour[channel]));
      }
    }
  }
}

void
SliceView::PaintLines(const ViewState & state)
{
  // the two other planes, in the colours of their bars
  constexpr Orientation vertical[] = { Orientation::Sagittal, Orientation::Sagittal, Orientation::Coronal };
  constexpr Orientation horizontal[] = { Orientation::Coronal, Orientation::Axial, Orientation::Axial };
  const auto            self = static_cast<unsigned int>(m_Pane.orientation);
  const int             width = this->PartWidth();
  const int             height = this->PartHeight();
  const int             room = m_Pane.Scaled(LetterRoom);
  for (int part = 0; state.crosshair && part < m_Parts; ++part)
  {
    const auto [x, y] = this->PixelOf(state.cursor, part);
    for (int column = part * width + room; column < (part + 1) * width - room; ++column)
    {
      if (std::abs(column - x) > CrosshairGap && y >= 0 && y < height)
      {
        m_Picture.Blend(column, y, BarColours[static_cast<unsigned int>(horizontal[self])], 0.6);
      }
    }
    for (int row = room; row < height - room; ++row)
    {
      if (std::abs(row - y) > CrosshairGap && x >= part * width && x < (part + 1) * width)
      {
        m_Picture.Blend(x, row, BarColours[static_cast<unsigned int>(vertical[self])], 0.6);
      }
    }
  }
  if (m_Parts == 2)
  {
    m_Picture.Fill({ width - 1, 0, 2, height }, { { 90, 90, 90 } });
  }
  if (const auto curtain = this->Curtain(state))
  {
    m_Picture.Fill({ *curtain - 1, room, 2, height - 2 * room }, White);
    m_Picture.Fill({ *curtain - 6, height / 2 - 16, 12, 32 }, White);
    m_Picture.Fill({ *curtain - 2, height / 2 - 9, 1, 18 }, { { 70, 70, 70 } });
    m_Picture.Fill({ *curtain + 1, height / 2 - 9, 1, 18 }, { { 70, 70, 70 } });
  }
}

void
SliceView::PaintBar(const ViewState & state)
{
  const int bottom = this->PartHeight();
  m_Picture.Fill({ 0, bottom, m_Pane.place.width, m_Pane.Bar() },
                 BarColours[static_cast<unsigned int>(m_Pane.orientation)]);
  const auto [left, right] = this->SliderColumns();
  if (m_Range[1] > m_Range[0] && right > left)
  {
    const double share =
      std::clamp((Dot(state.cursor, m_Basis.normal) - m_Range[0]) / (m_Range[1] - m_Range[0]), 0.0, 1.0);
    const int handle = left + static_cast<int>(std::lround(share * (right - left)));
    m_Picture.Fill({ left, bottom + m_Pane.Bar() / 2 - 2, right - left, 4 }, { { 60, 60, 60 } }, 0.6);
    m_Picture.Fill({ handle - 4, bottom + 4, 8, m_Pane.Bar() - 8 }, { { 245, 245, 245 } });
  }
}

void
SliceView::NamePlane(const ViewData & data, const ViewState & state)
{
  const ViewImage & image = *data.images[Before];
  std::string       name = ToString(m_Pane.orientation);
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  std::string place;
  if (!image.HasPosition())
  {
    name = data.OnlyPlane() ? "Image" : std::string("Across ") + "zyx"[static_cast<unsigned int>(m_Pane.orientation)];
  }
  else if (DegreesOffPatient(m_Basis, m_Pane.orientation) > ObliqueDegrees)
  {
    name += " oblique";
    place = "   offset " + Millimetres(Dot(state.cursor, m_Basis.normal)); // along the normal
  }
  else
  {
    const unsigned int axis = 2 - static_cast<unsigned int>(m_Pane.orientation);
    place = std::string("   ") + "RAS"[axis] + ": " + Millimetres(state.cursor[axis]);
  }

  unsigned int across = 0;
  const auto   along = [&](const unsigned int axis)
  { return std::abs(Dot(image.ToRas().columns[axis], m_Basis.normal)) / Length(image.ToRas().columns[axis]); };
  for (const unsigned int axis : { 1U, 2U })
  {
    across = along(axis) > along(across) ? axis : across;
  }
  std::string slice;
  const auto  index = image.IndexAt(state.cursor);
  if (index && image.Size(across) > 1 && along(across) > std::cos(ObliqueDegrees * 3.14159265358979323846 / 180.0))
  {
    slice =
      "   slice " + std::to_string((*index)[across] + 1) + " of " + std::to_string(image.Size(across)); // as the report
  }
  // each with room for its longest number
  const std::size_t digits = 2 * std::to_string(image.Size(across)).size();
  const std::size_t placeRoom = place.empty() ? 0 : place.size() + 3;
  const std::size_t sliceRoom = slice.empty() ? 0 : std::strlen("   slice  of ") + digits;
  const auto        room = [&](const std::size_t letters)
  { return m_Pane.Scaled(static_cast<int>(std::lround(TitleMargin + LetterWidth * static_cast<double>(letters)))); };
  m_Title = name + place + slice;
  m_TitleRoom = room(name.size() + placeRoom + sliceRoom);
  const double most = TitleShare * m_Pane.place.width;
  if (m_TitleRoom > most)
  {
    m_Title = name + slice;
    m_TitleRoom = room(name.size() + sliceRoom);
  }
  if (m_TitleRoom > most)
  {
    m_Title = name;
    m_TitleRoom = room(name.size());
  }
}

void
SliceView::Write(const ViewData & data, const ViewState & state)
{
  m_Labels.clear();
  const int  width = this->PartWidth();
  const int  height = this->PartHeight();
  const bool letters = data.images[Before]->HasPosition();
  const auto add = [this](const int x, const int y, const std::string & text, const Anchor h, const Anchor v)
  {
    Label label;
    label.x = x;
    label.y = y;
    label.text = text;
    label.horizontal = h;
    label.vertical = v;
    m_Labels.push_back(label);
    return &m_Labels.back();
  };

  const int edge = m_Pane.Scaled(6);
  const int rim = m_Pane.Scaled(4);
  const int indent = m_Pane.Scaled(8);
  auto *    bar = add(edge, height + m_Pane.Bar() / 2, m_Title, Anchor::Low, Anchor::Middle);
  bar->colour = { { 20, 20, 20 } };
  bar->size = 13;

  const double degrees = DegreesOffPatient(m_Basis, m_Pane.orientation);
  for (int part = 0; part < m_Parts; ++part)
  {
    const int left = part * width;
    if (letters)
    {
      add(left + edge, height / 2, std::string(1, LetterOf(-1.0 * m_Basis.right)), Anchor::Low, Anchor::Middle)->size =
        18;
      add(left + width - edge, height / 2, std::string(1, LetterOf(m_Basis.right)), Anchor::High, Anchor::Middle)
        ->size = 18;
      add(left + width / 2, height - rim, std::string(1, LetterOf(m_Basis.up)), Anchor::Middle, Anchor::High)->size =
        18;
      add(left + width / 2, rim, std::string(1, LetterOf(-1.0 * m_Basis.up)), Anchor::Middle, Anchor::Low)->size = 18;
    }
  }
  if (letters && degrees > ObliqueDegrees)
  {
    char text[64];
    std::snprintf(text, sizeof(text), "%.0f° off the patient's axes", degrees);
    add(edge, rim, text, Anchor::Low, Anchor::Low)->size = 12;
  }

  const Side first = state.swapped ? After : Before;
  const Side second = state.swapped ? Before : After;
  const auto name = [&](const Side side) { return SideName(data, state, side); };
  const auto tag = [&](const Side side, const int x, const Anchor anchor)
  { add(x, height - rim, name(side), anchor, Anchor::High)->colour = SideColours[side]; };
  if (m_Pane.side)
  {
    tag(*m_Pane.side, indent, Anchor::Low);
  }
  else if (state.mode == ViewMode::Flicker)
  {
    tag(state.afterShown ? After : Before, indent, Anchor::Low);
  }
  else if (state.mode == ViewMode::SideBySide)
  {
    tag(first, indent, Anchor::Low);
    tag(second, width + indent, Anchor::Low);
  }
  else if (state.mode == ViewMode::Swipe)
  {
    tag(first, indent, Anchor::Low);
    tag(second, width - indent, Anchor::High);
  }
  else
  {
    std::string text;
    if (state.mode == ViewMode::Fade)
    {
      const auto share = [](const double part) { return " " + std::to_string(std::lround(100.0 * part)) + " %"; };
      text = name(Before) + share(1.0 - state.opacity) + ", " + name(After) + share(state.opacity);
    }
    else if (state.mode == ViewMode::Difference)
    {
      text = name(second) + " minus " + name(first);
    }
    else if (state.mode == ViewMode::Field)
    {
      text = "FIELD";
      if (data.field &&
          (data.field->Channels() > 1 || data.field->ChannelAt(state.channel) != state.channel.value_or(0)))
      {
        text += " of channel " + std::to_string(data.field->ChannelAt(state.channel) + 1);
      }
      if (data.field && data.field->FrameAt(state.frame) != state.frame)
      {
        text += " of frame " + std::to_string(data.field->FrameAt(state.frame) + 1);
      }
      text += " over " + name(Before);
    }
    else
    {
      text = "Checkerboard, lower left " + name(first);
      text += name(second) == "AFTER" || name(second) == "BEFORE" ? "" : ", other " + name(second);
    }
    add(indent, height - rim, text, Anchor::Low, Anchor::High);
  }
  for (auto & label : m_Labels)
  {
    label.size = m_Pane.Scaled(label.size);
  }
}
} // namespace isolux
