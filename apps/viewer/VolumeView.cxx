#include "VolumeView.h"

#include <vtkCellArray.h>
#include <vtkMatrix4x4.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkTextProperty.h>
#include <vtkUnsignedCharArray.h>
#include <vtkVolumeProperty.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace isolux
{
namespace
{
constexpr std::size_t LargestSide = 128; ///< voxels, of the copy that is rendered
constexpr int         LetterSize = 20;
constexpr Colour      BarColour{ { 116, 126, 184 } };

vtkSmartPointer<vtkActor>
LineActor()
{
  auto       actor = vtkSmartPointer<vtkActor>::New();
  const auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  mapper->SetInputData(vtkSmartPointer<vtkPolyData>::New());
  actor->SetMapper(mapper);
  actor->GetProperty()->SetColor(1.0, 1.0, 1.0);
  actor->GetProperty()->SetLighting(false);
  return actor;
}

void
SetLines(vtkActor & actor, const std::vector<Point> & corners, const std::vector<std::array<vtkIdType, 2>> & edges)
{
  const auto points = vtkSmartPointer<vtkPoints>::New();
  const auto lines = vtkSmartPointer<vtkCellArray>::New();
  for (const auto & corner : corners)
  {
    points->InsertNextPoint(corner.data());
  }
  for (const auto & edge : edges)
  {
    lines->InsertNextCell(2, edge.data());
  }
  auto * data = vtkPolyData::SafeDownCast(actor.GetMapper()->GetInputAsDataSet());
  data->SetPoints(points);
  data->SetLines(lines);
}

std::array<double, 2>
RangeAlong(const std::array<Point, 8> & corners, const Point & direction)
{
  std::array<double, 2> range{ std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity() };
  for (const auto & corner : corners)
  {
    range = { std::min(range[0], Dot(corner, direction)), std::max(range[1], Dot(corner, direction)) };
  }
  return range;
}
} // namespace

VolumeView::VolumeView()
  : m_Camera(vtkSmartPointer<vtkCamera>::New())
  , m_Box(LineActor())
{
  constexpr const char * names[] = { "R", "L", "A", "P", "S", "I" };
  for (unsigned int i = 0; i < 6; ++i)
  {
    m_Letters[i] = vtkSmartPointer<vtkBillboardTextActor3D>::New();
    m_Letters[i]->SetInput(names[i]);
    m_Letters[i]->GetTextProperty()->SetFontSize(LetterSize);
    m_Letters[i]->GetTextProperty()->SetBold(true);
    m_Letters[i]->GetTextProperty()->SetJustificationToCentered();
    m_Letters[i]->GetTextProperty()->SetVerticalJustificationToCentered();
  }
  for (auto & part : m_Sides)
  {
    part.renderer = vtkSmartPointer<vtkRenderer>::New();
    part.renderer->SetBackground(0.76, 0.76, 0.91);
    part.renderer->SetBackground2(0.45, 0.47, 0.75);
    part.renderer->GradientBackgroundOn();
    part.renderer->SetActiveCamera(m_Camera);
    part.renderer->InteractiveOff();
    part.mapper = vtkSmartPointer<vtkGPUVolumeRayCastMapper>::New();
    part.mapper->AutoAdjustSampleDistancesOff();
    part.colour = vtkSmartPointer<vtkColorTransferFunction>::New();
    part.opacity = vtkSmartPointer<vtkPiecewiseFunction>::New();
    part.volume = vtkSmartPointer<vtkVolume>::New();
    part.volume->SetMapper(part.mapper);
    auto * property = part.volume->GetProperty();
    property->SetColor(part.colour);
    property->SetScalarOpacity(part.opacity);
    property->SetInterpolationTypeToLinear();
    property->ShadeOn();
    property->SetAmbient(0.35);
    property->SetDiffuse(0.75);
    property->SetSpecular(0.15);
    part.renderer->AddVolume(part.volume);
    part.renderer->AddActor(m_Box);
    for (const auto & letter : m_Letters)
    {
      part.renderer->AddActor(letter);
    }
  }
}

void
VolumeView::Hide()
{
  m_Labels.clear();
  m_Picture.Hide();
}

bool
VolumeView::SetQuick(const bool quick)
{
  m_Quick = quick && (m_IsSlow || m_RenderedQuickly);
  return m_RenderedQuickly && !m_Quick;
}

void
VolumeView::Compose(const ViewData & data, const ViewState & state, const Bases & bases, const Pane & pane)
{
  m_Parts = state.mode == ViewMode::SideBySide ? 2 : 1;
  m_Height = std::max(1, pane.place.height - pane.Bar());
  m_Width = std::max(1, pane.place.width / m_Parts);
  if (!m_HasLooked)
  {
    this->LookFromFront(data);
  }
  m_Labels.clear();
  Label title;
  title.x = pane.Scaled(6);
  title.y = m_Height + pane.Bar() / 2;
  title.vertical = Anchor::Middle;
  title.text = "3D";
  title.size = pane.Scaled(13);
  title.colour = { { 20, 20, 20 } };
  m_Labels.push_back(title);

  const Side only = state.mode != ViewMode::Field && state.afterShown ? After : Before;
  for (const Side side : { Before, After })
  {
    Part & part = m_Sides[side];
    part.renderer->SetDraw(m_Parts == 2 || side == only);
    if (!part.renderer->GetDraw())
    {
      continue;
    }
    const bool   isRight = m_Parts == 2 && (side == After) != state.swapped;
    const double left = isRight ? 0.5 : 0.0;
    part.renderer->SetViewport(left, 0.0, m_Parts == 2 ? left + 0.5 : 1.0, 1.0);
    this->Show(part, side, data, state);
    Label tag;
    tag.x = (isRight ? m_Width : 0) + pane.Scaled(40);
    tag.y = title.y;
    tag.vertical = Anchor::Middle;
    tag.size = title.size;
    tag.text = SideName(data, state, side);
    tag.colour = title.colour;
    m_Labels.push_back(tag);
  }
  this->PlaceBox(data);
  for (auto & letter : m_Letters)
  {
    letter->GetTextProperty()->SetFontSize(pane.Scaled(LetterSize));
  }

  std::vector<double> dependsOn = { static_cast<double>(m_Parts),
                                    static_cast<double>(only),
                                    static_cast<double>(m_Width),
                                    static_cast<double>(m_Height),
                                    static_cast<double>(state.swapped),
                                    static_cast<double>(state.frame),
                                    state.channel ? static_cast<double>(*state.channel) : -1.0 };
  for (const auto & window : state.windows)
  {
    dependsOn.insert(dependsOn.end(), { window.low, window.high });
  }
  for (const double * vector : { m_Camera->GetPosition(), m_Camera->GetFocalPoint(), m_Camera->GetViewUp() })
  {
    dependsOn.insert(dependsOn.end(), vector, vector + 3);
  }
  if (dependsOn != m_RenderedOf || (m_RenderedQuickly && !m_Quick))
  {
    this->Render();
    m_RenderedOf = dependsOn;
    m_RenderedQuickly = m_Quick;
  }

  m_Picture.Clear(pane.place.width, pane.place.height);
  const std::size_t bytes = 3 * static_cast<std::size_t>(m_Parts * m_Width);
  for (int row = 0; row < m_Height; ++row)
  {
    std::copy_n(m_Rendered.begin() + static_cast<std::ptrdiff_t>(row * bytes), bytes, m_Picture.Row(row));
  }
  this->PaintOutlines(data, state, bases);
  m_Picture.Fill({ 0, m_Height, pane.place.width, pane.Bar() }, BarColour);
  m_Picture.Show(pane.place.x, pane.place.y);
}

void
VolumeView::Render()
{
  if (m_Window == nullptr)
  {
    m_Window = vtkSmartPointer<vtkRenderWindow>::New();
    m_Window->SetShowWindow(false);
    m_Window->SetUseOffScreenBuffers(true);
    m_Window->SetMultiSamples(0);
    for (auto & part : m_Sides)
    {
      m_Window->AddRenderer(part.renderer);
    }
  }
  m_Window->SetSize(m_Parts * m_Width, m_Height);
  for (auto & part : m_Sides)
  {
    part.renderer->ResetCameraClippingRange();
    part.mapper->SetImageSampleDistance(m_Quick ? 3.0F : 1.0F);
  }
  const auto start = std::chrono::steady_clock::now();
  m_Window->Render();
  const auto pixels = vtkSmartPointer<vtkUnsignedCharArray>::New();
  m_Window->GetPixelData(0, 0, m_Parts * m_Width - 1, m_Height - 1, 0, pixels, 0);
  m_IsSlow = std::chrono::steady_clock::now() - start > std::chrono::milliseconds(60);
  m_Rendered.assign(pixels->GetPointer(0), pixels->GetPointer(0) + pixels->GetNumberOfValues());
  m_Rendered.resize(3 * static_cast<std::size_t>(m_Parts * m_Width) * static_cast<std::size_t>(m_Height));
}

void
VolumeView::PlaceBox(const ViewData & data)
{
  const auto corners = data.images[Before]->Corners();
  SetLines(*m_Box,
           { corners.begin(), corners.end() },
           { { 0, 1 },
             { 2, 3 },
             { 4, 5 },
             { 6, 7 },
             { 0, 2 },
             { 1, 3 },
             { 4, 6 },
             { 5, 7 },
             { 0, 4 },
             { 1, 5 },
             { 2, 6 },
             { 3, 7 } });
  Point                middle{};
  std::array<Point, 2> reach{};
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    Point direction{};
    direction[axis] = 1.0;
    const auto   range = RangeAlong(corners, direction);
    const double margin = 0.08 * (range[1] - range[0]) + 4.0;
    middle[axis] = (range[0] + range[1]) / 2.0;
    reach[0][axis] = range[1] + margin;
    reach[1][axis] = range[0] - margin;
  }
  for (unsigned int i = 0; i < 6; ++i)
  {
    Point place = middle;
    place[i / 2] = reach[i % 2][i / 2];
    m_Letters[i]->SetPosition(place.data());
    m_Letters[i]->SetVisibility(data.images[Before]->HasPosition());
  }
}

std::array<int, 2>
VolumeView::PixelOf(const Point & point, const int part) const
{
  const double aspect = static_cast<double>(m_Width) / m_Height;
  const double place[4] = { point[0], point[1], point[2], 1.0 };
  double       seen[4];
  m_Camera->GetCompositeProjectionTransformMatrix(aspect, -1.0, 1.0)->MultiplyPoint(place, seen);
  const auto element = [](const double share, const int size)
  { return static_cast<int>(std::floor(std::clamp((share + 1.0) / 2.0 * size, -1e5, 1e5))); };
  return { { part * m_Width + element(seen[0] / seen[3], m_Width), element(seen[1] / seen[3], m_Height) } };
}

void
VolumeView::PaintOutlines(const ViewData & data, const ViewState & state, const Bases & bases)
{
  if (!state.crosshair)
  {
    return;
  }
  const auto corners = data.images[Before]->Corners();
  for (const auto orientation : Orientations)
  {
    const auto         i = static_cast<unsigned int>(orientation);
    const Basis &      basis = bases[i];
    const auto         across = RangeAlong(corners, basis.right);
    const auto         along = RangeAlong(corners, basis.up);
    const Point        middle = Dot(state.cursor, basis.normal) * basis.normal;
    std::vector<Point> outline;
    for (const auto & [x, y] : { std::pair<unsigned int, unsigned int>{ 0, 0 }, { 1, 0 }, { 1, 1 }, { 0, 1 } })
    {
      outline.push_back(middle + across[x] * basis.right + along[y] * basis.up);
    }
    for (int part = 0; part < m_Parts; ++part)
    {
      for (unsigned int corner = 0; corner < 4; ++corner)
      {
        const auto from = this->PixelOf(outline[corner], part);
        const auto to = this->PixelOf(outline[(corner + 1) % 4], part);
        const int  steps = std::min(20000, std::max({ 1, std::abs(to[0] - from[0]), std::abs(to[1] - from[1]) }));
        for (int step = 0; step < steps; ++step)
        {
          const int column = from[0] + (to[0] - from[0]) * step / steps;
          const int row = from[1] + (to[1] - from[1]) * step / steps;
          if (column >= part * m_Width && column < (part + 1) * m_Width && row >= 0 && row < m_Height)
          {
            m_Picture.Blend(column, row, BarColours[i], 0.8);
          }
        }
      }
    }
  }
}

void
VolumeView::Show(Part & part, const Side side, const ViewData & data, const ViewState & state)
{
  const ViewImage & image = *data.images[side];
  const auto        frame = image.FrameAt(state.frame);
  const auto        channel =
    image.IsColour() || !state.channel ? state.channel : std::min(*state.channel, image.Channels() - 1);
  if (part.image != &image || part.frame != frame || part.channel != channel)
  {
    part.reduced = Reduce(image, image.IsColour() ? channel : channel.value_or(0), frame, LargestSide);
    part.image = &image;
    part.frame = frame;
    part.channel = channel;
    part.mapper->SetInputDataObject(part.reduced.levels);
    const auto matrix = vtkSmartPointer<vtkMatrix4x4>::New();
    double     finest = std::numeric_limits<double>::infinity();
    for (unsigned int row = 0; row < 3; ++row)
    {
      for (unsigned int column = 0; column < 3; ++column)
      {
        matrix->SetElement(static_cast<int>(row), static_cast<int>(column), part.reduced.toRas.columns[column][row]);
      }
      matrix->SetElement(static_cast<int>(row), 3, part.reduced.toRas.offset[row]);
      finest = std::min(finest, part.reduced.levels->GetSpacing()[row]);
    }
    part.volume->SetUserMatrix(matrix);
    part.volume->GetProperty()->SetScalarOpacityUnitDistance(2.0 * finest);
    part.mapper->SetSampleDistance(static_cast<float>(finest));
  }
  const ViewWindow & window = state.windows[side];
  const auto         level = [&](const double share)
  {
    const double value = window.low + share * window.Width();
    return 65535.0 * (value - part.reduced.low) / (part.reduced.high - part.reduced.low);
  };
  part.opacity->RemoveAllPoints();
  part.colour->RemoveAllPoints();
  for (const auto & [share, opacity] :
       { std::pair<double, double>{ 0.12, 0.0 }, { 0.3, 0.12 }, { 0.6, 0.35 }, { 1.0, 0.7 } })
  {
    part.opacity->AddPoint(level(share), opacity);
  }
  part.colour->AddRGBPoint(level(0.1), 0.72, 0.50, 0.40);
  part.colour->AddRGBPoint(level(0.4), 0.90, 0.72, 0.60);
  part.colour->AddRGBPoint(level(0.8), 1.0, 0.96, 0.90);
}

void
VolumeView::LookFromFront(const ViewData & data)
{
  const auto corners = data.images[Before]->Corners();
  Point      middle{};
  double     radius = 0.0;
  for (const auto & corner : corners)
  {
    middle = middle + 0.125 * corner;
  }
  for (const auto & corner : corners)
  {
    radius = std::max(radius, Length(corner - middle));
  }
  const Point towards{ { 0.30, 0.92, 0.25 } };
  // the sphere around the box touches the narrower side
  const double distance = 4.0 * radius / std::min(1.0, static_cast<double>(m_Width) / m_Height) / Length(towards);
  m_Camera->SetViewAngle(30.0);
  m_Camera->SetFocalPoint(middle.data());
  m_Camera->SetPosition((middle + distance * towards).data());
  m_Camera->SetViewUp(0.0, 0.0, 1.0);
  m_HasLooked = true;
}

void
VolumeView::Rotate(const int columns, const int rows)
{
  m_Camera->Azimuth(-0.5 * columns);
  m_Camera->Elevation(-0.5 * rows);
  m_Camera->OrthogonalizeViewUp();
}

void
VolumeView::Zoom(const double factor)
{
  m_Camera->Dolly(factor);
}

void
VolumeView::Pan(const int columns, const int rows)
{
  double position[3];
  double focus[3];
  double up[3];
  double normal[3];
  m_Camera->GetPosition(position);
  m_Camera->GetFocalPoint(focus);
  m_Camera->GetViewUp(up);
  m_Camera->GetViewPlaneNormal(normal);
  constexpr double HalfAngle = 15.0 * 3.14159265358979323846 / 180.0;
  const double     pixel = 2.0 * m_Camera->GetDistance() * std::tan(HalfAngle) / m_Height;
  const Point      right = Cross({ { up[0], up[1], up[2] } }, { { normal[0], normal[1], normal[2] } });
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double shift = -pixel * (columns * right[axis] + rows * up[axis]);
    position[axis] += shift;
    focus[axis] += shift;
  }
  m_Camera->SetPosition(position);
  m_Camera->SetFocalPoint(focus);
}
} // namespace isolux
