#include "ViewVolumes.h"

#include <gtest/gtest.h>

#include <vtkNew.h>
#include <vtkRenderWindow.h>
#include <vtkUnsignedCharArray.h>

namespace isolux
{
namespace
{
constexpr int Width = 640;
constexpr int Height = 600;

/** A picture of the whole window. */
class Shown
{
public:
  explicit Shown(BeforeAfterScene & scene)
  {
    vtkNew<vtkRenderWindow> window;
    window->SetMultiSamples(0);
    window->SetOffScreenRendering(true);
    window->SetSize(Width, Height);
    scene.AddTo(*window);
    scene.Resize(Width, Height);
    scene.Update();
    window->Render();
    window->GetPixelData(0, 0, Width - 1, Height - 1, 0, m_Pixels, 0);
  }
  Colour
  At(const int column, const int row) const
  {
    const auto * pixel = m_Pixels->GetPointer(3 * (static_cast<vtkIdType>(row) * Width + column));
    return { { pixel[0], pixel[1], pixel[2] } };
  }
  /** Of picture elements inside that a test tells. */
  template <typename TTest>
  int
  Count(const Rectangle & area, const TTest & test) const
  {
    int count = 0;
    for (int row = area.y; row < area.y + area.height; ++row)
    {
      for (int column = area.x; column < area.x + area.width; ++column)
      {
        count += test(this->At(column, row));
      }
    }
    return count;
  }

private:
  vtkNew<vtkUnsignedCharArray> m_Pixels;
};

WorkImage::Pointer
Head()
{
  return testing::FillHead(testing::ObliqueGrid({ { 40, 36, 20, 1 } }));
}

const Pane &
PaneOf(const BeforeAfterScene & scene, const Pane::Kind kind)
{
  return *std::find_if(
    scene.Panes().begin(), scene.Panes().end(), [&](const Pane & pane) { return pane.kind == kind; });
}
} // namespace

TEST(Window, ShowsEveryPlanesPictureElementForElement)
{
  const auto       head = Head();
  BeforeAfterScene scene(MakeViewData(testing::View(head), testing::View(head), nullptr, nullptr));
  const Shown      shown(scene);
  for (std::size_t i = 0; i < 3; ++i)
  {
    auto &    view = scene.Slice(i);
    const int from = view.PartWidth() / 4; // between the letters
    for (int row = 30; row < view.PartHeight() - 30; ++row)
    {
      for (int column = from; column < view.PartWidth() - from; ++column)
      {
        ASSERT_EQ(shown.At(view.Place().place.x + column, view.Place().place.y + row),
                  view.Picture().ColourAt(column, row))
          << ToString(view.Place().orientation) << ' ' << column << ' ' << row;
      }
    }
  }
}

TEST(Window, WritesLettersAndNamesOverThem)
{
  const auto       head = Head();
  BeforeAfterScene scene(MakeViewData(testing::View(head), testing::View(head), nullptr, nullptr));
  const Shown      shown(scene);
  auto &           view = scene.Slice(0);
  const auto &     place = view.Place().place;
  const auto isWhite = [](const Colour & colour) { return colour[0] > 230 && colour[1] > 230 && colour[2] > 230; };
  EXPECT_GT(shown.Count({ place.x, place.y + view.PartHeight() / 2 - 12, 22, 24 }, isWhite), 10); // R
  const auto isBlue = [](const Colour & colour) { return colour[2] > 200 && colour[0] < 140; };
  EXPECT_GT(shown.Count({ place.x, place.y + view.PartHeight() - 22, 70, 20 }, isBlue), 20); // BEFORE
}

/** Eight octants of which the patient's right, anterior and superior one is full, seen from the front. */
TEST(Window, TheVolumeLiesWhereItLiesInThePatient)
{
  for (const unsigned int flips : { 0U, 1U, 6U })
  {
    const auto image = testing::TurnedGrid({ { 40, 30, 20, 1 } }, { { 1, 0, 2 } }, flips);
    const auto middle = testing::View(image)->Middle();
    testing::FillByPlace(
      *image, [&](const Point & p) { return p[0] > middle[0] && p[1] > middle[1] && p[2] > middle[2] ? 100.0 : 0.0; });
    auto             data = testing::DataOf(image, image);
    BeforeAfterScene scene(std::move(data));
    scene.State().layout = ViewLayout::ThreeD;
    scene.State().crosshair = false;
    scene.State().histogram = false;
    for (const Side side : { Before, After })
    {
      scene.SetWindow(side, { 0.0, 100.0 });
    }
    scene.SetMode(ViewMode::Fade);
    const Shown shown(scene);
    const auto  isFlesh = [](const Colour & colour) { return colour[0] + 20 > colour[2]; }; // the background is blue
    const auto  near = [&](const Point & point)
    {
      const auto [x, y] = scene.Volume().PixelOf(point);
      return shown.Count({ x - 5, y - 5, 11, 11 }, isFlesh);
    };
    const Point quarter{ { 7.0, 9.0, 11.0 } };
    EXPECT_GT(near(middle + quarter), 60) << flips;
    EXPECT_EQ(near(middle + Point{ { -quarter[0], quarter[1], -quarter[2] } }), 0) << flips;
    EXPECT_EQ(near(middle + Point{ { quarter[0], quarter[1], -quarter[2] } }), 0) << flips;
    EXPECT_EQ(near(middle + Point{ { -quarter[0], quarter[1], quarter[2] } }), 0) << flips;
  }
}

TEST(Window, SideBySideHasTwoVolumesUnderOneCamera)
{
  const auto       head = Head();
  BeforeAfterScene scene(
    MakeViewData(testing::View(head), testing::View(testing::Constant(*head, 0.0F)), nullptr, nullptr));
  scene.SetWindow(Before, { 0.0, 100.0 });
  scene.SetWindow(After, { 0.0, 100.0 });
  scene.State().crosshair = false;
  const Shown  shown(scene);
  const auto & place = PaneOf(scene, Pane::Kind::Volume).place;
  const auto   isFlesh = [](const Colour & colour) { return colour[0] > colour[2] + 10; };
  ASSERT_EQ(scene.Volume().Parts(), 2);
  EXPECT_GT(shown.Count({ place.x, place.y, place.width / 2, place.height - BarHeight }, isFlesh), 500);
  EXPECT_EQ(shown.Count({ place.x + place.width / 2, place.y, place.width / 2, place.height - BarHeight }, isFlesh), 0);
}

TEST(Window, TheFieldHasAScaleBarInItsColours)
{
  const auto head = Head();
  auto       data =
    MakeViewData(testing::View(head), testing::View(head), testing::View(testing::Constant(*head, 1.5F)), nullptr);
  BeforeAfterScene scene(std::move(data));
  scene.State().layout = ViewLayout::Axial;
  scene.State().histogram = false;
  scene.SetMode(ViewMode::Field);
  const Shown     shown(scene);
  const Rectangle corner{ Width - 95, 0, 95, 260 };
  EXPECT_GT(shown.Count(corner, [](const Colour & c) { return c[2] > c[0] + 60; }), 500); // blue
  EXPECT_GT(shown.Count(corner, [](const Colour & c) { return c[0] > c[2] + 60; }), 500); // orange
}

TEST(Window, HistogramsAreDrawnInTheColoursOfBeforeAndAfter)
{
  const auto       head = Head();
  BeforeAfterScene scene(MakeViewData(testing::View(head), testing::View(head), nullptr, nullptr));
  scene.State().layout = ViewLayout::Axial;
  const Shown     shown(scene);
  const auto &    place = PaneOf(scene, Pane::Kind::Histogram).place;
  const auto      isBlue = [](const Colour & colour) { return colour[2] > 150 && colour[2] > colour[0] + 60; };
  const auto      isOrange = [](const Colour & colour) { return colour[0] > 150 && colour[0] > colour[2] + 60; };
  const Rectangle left{ place.x, place.y, place.width / 2, place.height - 20 };
  const Rectangle right{ place.x + place.width / 2, place.y, place.width / 2, place.height - 20 };
  EXPECT_GT(shown.Count(left, isBlue), 100);
  EXPECT_EQ(shown.Count(left, isOrange), 0);
  EXPECT_GT(shown.Count(right, isOrange), 100);
  EXPECT_EQ(shown.Count(right, isBlue), 0);
  EXPECT_EQ(scene.Histogram().Counted(Before).voxels, scene.Histogram().Counted(After).voxels);
}

TEST(Window, TheHelpLiesOverEverything)
{
  const auto       head = Head();
  BeforeAfterScene scene(MakeViewData(testing::View(head), testing::View(head), nullptr, nullptr));
  scene.State().help = true;
  const Shown shown(scene);
  EXPECT_EQ(shown.At(Width / 2 + 250, Height / 2 + 3), (Colour{ { 24, 26, 30 } }));
}
} // namespace isolux
