#include "Error.h"
#include "ViewKeys.h"
#include "ViewVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

namespace isolux
{
namespace
{
using Button = BeforeAfterScene::Button;

/** In a window of 800 x 600 with one plane, which no display is needed for. */
class Scene : public ::testing::Test
{
protected:
  Scene()
    : m_Scene(Data())
  {
    m_Scene.State().layout = ViewLayout::Axial;
    m_Scene.State().histogram = false;
    m_Scene.Resize(800, 600);
    m_Scene.Update();
  }

  /** Two frames; AFTER is BEFORE times 2, the field 1.25. */
  static ViewData
  Data()
  {
    const auto before = testing::FillHead(testing::ObliqueGrid({ { 40, 36, 20, 2 } }));
    const auto after = testing::CopyOf(*before);
    for (std::size_t i = 0; i < after->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
    {
      after->GetBufferPointer()[i] *= 2.0F;
    }
    return MakeViewData(testing::View(before),
                        testing::View(after),
                        testing::View(testing::Constant(*before, 1.25F)),
                        testing::MaskAbove(*before, 30.0F));
  }

  bool
  Key(const std::string & key)
  {
    const bool changed = m_Scene.Key(key);
    m_Scene.Update();
    return changed;
  }

  /** Presses, moves and lets go. */
  void
  Drag(const Button button, const std::array<int, 2> & from, const std::array<int, 2> & to)
  {
    m_Scene.Press(button, from[0], from[1]);
    m_Scene.Move(to[0], to[1], false);
    m_Scene.Release();
    m_Scene.Update();
  }

  BeforeAfterScene m_Scene;
};
} // namespace

TEST_F(Scene, FittedImagesFillThePlanesView)
{
  const auto & view = m_Scene.Slice(0);
  int          lowest = 10000;
  int          highest = -10000;
  int          leftmost = 10000;
  int          rightmost = -10000;
  for (const auto & corner : m_Scene.Data().images[Before]->Corners())
  {
    const auto [x, y] = view.PixelOf(corner);
    leftmost = std::min(leftmost, x);
    rightmost = std::max(rightmost, x);
    lowest = std::min(lowest, y);
    highest = std::max(highest, y);
  }
  EXPECT_GE(leftmost, 0);
  EXPECT_LE(rightmost, view.PartWidth());
  EXPECT_GE(lowest, 0);
  EXPECT_LE(highest, view.PartHeight());
  EXPECT_TRUE(rightmost - leftmost > 0.9 * view.PartWidth() || highest - lowest > 0.9 * view.PartHeight());
}

TEST_F(Scene, TellsTheVoxelsValueBeforeAndAfterAndItsPlaceUnderTheMouse)
{
  const auto & view = m_Scene.Slice(0);
  const auto   point = view.PointAt(150, 240);
  m_Scene.Move(150, 240 + view.Place().place.y, false);
  const auto index = m_Scene.Data().images[Before]->IndexAt(point);
  ASSERT_TRUE(index.has_value());
  const auto lines = m_Scene.ProbeLines();
  ASSERT_EQ(lines.size(), 4U);
  char text[64];
  std::snprintf(text, sizeof(text), "%c %.1f", point[2] < 0 ? 'I' : 'S', std::abs(point[2]));
  EXPECT_NE(lines[0].find(text), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("Mouse"), std::string::npos) << lines[0];
  const float value = m_Scene.Data().images[Before]->ValuesAt(*index, 0)[0];
  for (const unsigned int side : { 0U, 1U })
  {
    const double shown = (side + 1.0) * value;
    std::snprintf(text, sizeof(text), ":  %.6g ", shown);
    EXPECT_NE(lines[side + 1].find(text), std::string::npos) << lines[side + 1];
    std::snprintf(text, sizeof(text), "voxel %zu, %zu, %zu", (*index)[0], (*index)[1], (*index)[2]);
    EXPECT_NE(lines[side + 1].find(text), std::string::npos) << lines[side + 1];
  }
  EXPECT_NE(lines[3].find("FIELD:  1.25"), std::string::npos) << lines[3];
}

TEST_F(Scene, ValuesAreToldInAllTheirDigits)
{
  const auto index = *m_Scene.Data().images[Before]->IndexAt(m_Scene.State().cursor);
  float *    voxel =
    m_Scene.Data().images[Before]->Channel(0)->GetBufferPointer() + (index[2] * 36 + index[1]) * 40 + index[0];
  for (const auto & [value, text] : { std::pair<float, const char *>{ 123456.0F, ":  123456 " },
                                      { 543.0F, ":  543 " },
                                      { -7.0F, ":  -7 " },
                                      { 16777215.0F, ":  16777215 " },
                                      { 1234.56F, ":  1234.56 " },
                                      { 3e9F, ":  3e+09 " } })
  {
    *voxel = value;
    EXPECT_NE(m_Scene.ProbeLines()[1].find(text), std::string::npos) << m_Scene.ProbeLines()[1];
  }
}

TEST_F(Scene, SwapsTheSidesAndChangesTheMixtureInFadeOnly)
{
  const auto windows = m_Scene.State().windows;
  m_Scene.State().opacity = 0.25;
  this->Key("t");
  EXPECT_TRUE(m_Scene.State().swapped);
  EXPECT_EQ(m_Scene.State().opacity, 0.25);
  this->Drag(Button::Left, { 100, 300 }, { 180, 300 }); // AFTER is on the left now
  EXPECT_EQ(m_Scene.State().windows[Before].high, windows[Before].high);
  EXPECT_NE(m_Scene.State().windows[After].high, windows[After].high);
  EXPECT_FALSE(this->Key("bracketright"));
  this->Key("3");
  this->Key("space");
  EXPECT_EQ(m_Scene.State().opacity, 0.75);
  m_Scene.State().layout = ViewLayout::ThreeOverThree;
  this->Key("t");
  EXPECT_EQ(m_Scene.Slice(0).Place().side, After);
}

TEST_F(Scene, ALayoutThatShowsNothingOfAModeDoesNotNameIt)
{
  const auto mode = [this](const ViewLayout layout)
  {
    m_Scene.State().layout = layout;
    m_Scene.State().histogram = true;
    this->Key("2");
    const auto & labels = m_Scene.Labels();
    const auto   found =
      std::find_if(labels.begin(), labels.end(), [](const Label & label) { return label.text.rfind("Mode:", 0) == 0; });
    return found != labels.end() ? found->text : "";
  };
  EXPECT_EQ(mode(ViewLayout::Axial), "Mode:  swipe");
  EXPECT_EQ(mode(ViewLayout::ThreeOverThree), "Mode:  BEFORE above AFTER");
}

TEST_F(Scene, WithoutAMouseTheCursorIsTold)
{
  m_Scene.Move(-5, -5, false);
  EXPECT_EQ(m_Scene.ProbeLines()[0].rfind("Cursor", 0), 0U);
  m_Scene.SetCursor({ { 1e4, 0, 0 } });
  EXPECT_NE(m_Scene.ProbeLines()[1].find("outside"), std::string::npos);
}

TEST_F(Scene, AFrameIsShownCountedAndTold)
{
  const auto first = m_Scene.ProbeLines()[1];
  const auto shade = m_Scene.Slice(0).Picture().ColourAt(100, 240);
  EXPECT_TRUE(this->Key("period"));
  EXPECT_EQ(m_Scene.State().frame, 1U);
  EXPECT_NE(m_Scene.ProbeLines()[1], first);
  EXPECT_NE(m_Scene.Slice(0).Picture().ColourAt(100, 240), shade); // the second is 5 % brighter
  this->Key("period");
  EXPECT_EQ(m_Scene.State().frame, 1U);
  this->Key("comma");
  EXPECT_EQ(m_Scene.State().frame, 0U);
  const auto & labels = m_Scene.Labels();
  EXPECT_TRUE(
    std::any_of(labels.begin(), labels.end(), [](const Label & label) { return label.text == "Frame 1 of 2"; }));
}

TEST_F(Scene, TheTimeSliderIsDragged)
{
  this->Drag(Button::Left, { 200, 10 }, { 780, 10 });
  EXPECT_EQ(m_Scene.State().frame, 1U);
  this->Drag(Button::Left, { 780, 10 }, { 200, 10 });
  EXPECT_EQ(m_Scene.State().frame, 0U);
}

TEST_F(Scene, TheWheelGoesASliceOnAndStopsAtTheEnd)
{
  const auto   normal = m_Scene.Slice(0).Axes().normal;
  const double before = Dot(m_Scene.State().cursor, normal);
  EXPECT_TRUE(m_Scene.Wheel(300, 300, 1, false));
  EXPECT_NEAR(Dot(m_Scene.State().cursor, normal) - before, 3.25, 1e-9); // the slices' distance
  for (int i = 0; i < 50; ++i)
  {
    m_Scene.Wheel(300, 300, 1, false);
  }
  EXPECT_TRUE(m_Scene.Data().images[Before]->IndexAt(m_Scene.State().cursor).has_value());
  m_Scene.Update();
  EXPECT_NEAR(Dot(m_Scene.State().cursor, normal), m_Scene.Slice(0).SliderRange()[1], 1e-9);
}

TEST_F(Scene, TheSlidersEndsAreTheFirstAndLastSlice)
{
  const auto & view = m_Scene.Slice(0);
  const int    bar = view.Place().place.y + view.PartHeight() + 5;
  const auto [left, right] = view.SliderColumns();
  const auto slice = [&] { return (*m_Scene.Data().images[Before]->IndexAt(m_Scene.State().cursor))[2]; };
  this->Drag(Button::Left, { left + 50, bar }, { right, bar });
  EXPECT_EQ(slice(), 19U);
  this->Drag(Button::Left, { right, bar }, { left, bar });
  EXPECT_EQ(slice(), 0U);
}

TEST_F(Scene, ShiftAndMoveTakesTheCursorToTheVoxelUnderTheMouse)
{
  const auto & view = m_Scene.Slice(0);
  const auto   index = m_Scene.Data().images[Before]->IndexAt(view.PointAt(120, 200));
  m_Scene.Move(120, 200 + view.Place().place.y, true);
  EXPECT_EQ(m_Scene.Data().images[Before]->IndexAt(m_Scene.State().cursor), index);
}

TEST_F(Scene, TheMiddleButtonPansAndTheRightOneZooms)
{
  const auto & view = m_Scene.Slice(0);
  const auto   point = view.PointAt(100, 200);
  this->Drag(Button::Middle, { 300, 300 }, { 330, 280 });
  EXPECT_EQ(m_Scene.Slice(0).PixelOf(point), (std::array<int, 2>{ { 130, 180 } }));
  const double pixel = m_Scene.State().pixel;
  this->Drag(Button::Right, { 300, 300 }, { 300, 200 });
  EXPECT_LT(m_Scene.State().pixel, 0.6 * pixel);
  m_Scene.Key("r");
  EXPECT_NEAR(m_Scene.State().pixel, pixel, 1e-9);
}

TEST_F(Scene, AnotherLayoutOrSizeKeepsPlaceAndZoomAndOnlyRFits)
{
  m_Scene.State().layout = ViewLayout::ThreeOverThree;
  m_Scene.Fit();
  m_Scene.Update();
  const double fitted = m_Scene.State().pixel;
  this->Drag(Button::Middle, { 300, 300 }, { 330, 280 });
  this->Drag(Button::Right, { 300, 300 }, { 300, 200 });
  const double pixel = m_Scene.State().pixel;
  const Point  focus = m_Scene.State().focus;
  const auto   stays = [&](const std::string & what)
  {
    EXPECT_EQ(m_Scene.State().focus, focus) << what;
    EXPECT_NEAR(m_Scene.State().pixel, pixel, 1e-9) << what;
  };
  m_Scene.Press(Button::Left, 100, 500, true);
  EXPECT_EQ(m_Scene.State().layout, ViewLayout::Axial);
  EXPECT_EQ(m_Scene.State().focus, focus);
  m_Scene.Update();
  m_Scene.Press(Button::Left, 100, 500, true);
  stays("double click");
  m_Scene.Update();
  for (const char * key : { "o", "h" })
  {
    this->Key(key);
    this->Key(key);
    stays(key);
  }
  m_Scene.Key("d"); // a volume is drawn in a window only
  m_Scene.Key("Escape");
  stays("3D and back");
  m_Scene.Resize(400, 300);
  EXPECT_GT(m_Scene.State().pixel, 1.9 * pixel); // as much is seen
  m_Scene.Resize(800, 600);
  stays("size");
  this->Key("r");
  EXPECT_NEAR(m_Scene.State().pixel, fitted, 1e-9);
  EXPECT_NE(m_Scene.State().focus, focus);
}

TEST_F(Scene, WindowsThatWereAskedForOrDraggedOutliveWAndTheFirstOnesR)
{
  const auto found = m_Scene.State().windows;
  const auto high = [this](const Side side) { return m_Scene.State().windows[side].high; };
  m_Scene.LinkWindows(true);
  m_Scene.SetWindow(Before, { 10.0, 77.0 }); // as --window does
  m_Scene.KeepWindows();
  this->Key("w");
  EXPECT_EQ(high(After), found[After].high);
  this->Drag(Button::Left, { 600, 300 }, { 680, 300 });
  const double dragged = high(After);
  EXPECT_NE(dragged, found[After].high);
  this->Key("w");
  EXPECT_EQ(high(Before), 77.0);
  EXPECT_EQ(high(After), 77.0);
  this->Key("w");
  EXPECT_EQ(high(After), dragged);
  this->Key("r");
  EXPECT_TRUE(m_Scene.State().linked);
  EXPECT_EQ(high(After), 77.0);
}

TEST_F(Scene, ALowWindowHasALineOfValuesAndTheWholeHelp)
{
  m_Scene.State().histogram = true;
  for (const auto & size : { std::array<int, 2>{ { 1000, 300 } }, { { 320, 280 } }, { { 640, 400 } } })
  {
    m_Scene.State().help = false;
    m_Scene.Resize(size[0], size[1]);
    m_Scene.Update();
    const auto & labels = m_Scene.Labels();
    const auto   value = std::find_if(
      labels.begin(), labels.end(), [](const Label & label) { return label.text.rfind("AFTER:  ", 0) == 0; });
    ASSERT_NE(value, labels.end()) << size[0];
    EXPECT_LT(value->y, 20);
    this->Key("question");
    EXPECT_EQ(m_Scene.Labels().size(), 2 * ViewKeyHelp().size());
    for (const auto & label : m_Scene.Labels())
    {
      EXPECT_TRUE(label.y >= 0 && label.y + label.size < size[1] && label.x < size[0]) << size[0] << label.text;
    }
  }
}

TEST_F(Scene, TextsAndBarsGrowWithTheWindow)
{
  const int small = m_Scene.Labels().front().size;
  EXPECT_EQ(m_Scene.Slice(0).Place().Bar(), BarHeight);
  m_Scene.Resize(2560, 1800);
  m_Scene.Update();
  EXPECT_EQ(m_Scene.Labels().front().size, 2 * small);
  EXPECT_EQ(m_Scene.Slice(0).Place().Bar(), 2 * BarHeight);
  EXPECT_EQ(TextScale(320, 280), 1.0);
}

TEST_F(Scene, SaysSomethingUntilAKeyIsPressed)
{
  const auto says = [this]
  {
    m_Scene.Update();
    const auto & labels = m_Scene.Labels();
    return std::any_of(
      labels.begin(), labels.end(), [](const Label & label) { return label.text == "written to a.png"; });
  };
  m_Scene.Say("written to a.png");
  EXPECT_TRUE(says());
  this->Key("x");
  EXPECT_FALSE(says());
}

TEST_F(Scene, TheHistogramTellsVoxelsWithoutAValueAndWhereItWasCounted)
{
  m_Scene.Data().images[Before]->Channel(0)->GetBufferPointer()[40 * 36 * 10 + 40 * 18 + 20] =
    std::numeric_limits<float>::quiet_NaN();
  m_Scene.State().histogram = true;
  m_Scene.Update();
  const auto title = m_Scene.Histogram().Title(Before);
  EXPECT_EQ(title, "BEFORE: " + std::to_string(m_Scene.Histogram().Counted(Before).voxels) + " voxels, 1 NaN or inf");
  m_Scene.Resize(1600, 800);
  m_Scene.Update();
  EXPECT_NE(m_Scene.Histogram().Title(After).find("voxels, inside the mask"), std::string::npos);
}

TEST_F(Scene, TheKeypadsDigitsAreDigits)
{
  EXPECT_TRUE(this->Key("KP_6"));
  EXPECT_EQ(m_Scene.State().mode, ViewMode::Difference);
}

TEST_F(Scene, AfterTheMouseHasLeftTheCursorIsTold)
{
  m_Scene.Move(150, 300, false);
  EXPECT_EQ(m_Scene.ProbeLines()[0].rfind("Mouse", 0), 0U);
  EXPECT_TRUE(m_Scene.Leave());
  EXPECT_EQ(m_Scene.ProbeLines()[0].rfind("Cursor", 0), 0U);
  EXPECT_FALSE(m_Scene.Leave());
}

TEST_F(Scene, TheLeftButtonChangesTheWindowOfTheImageThatItIsOver)
{
  const auto windows = m_Scene.State().windows;
  this->Drag(Button::Left, { 600, 300 }, { 680, 300 }); // the right half: AFTER
  EXPECT_EQ(m_Scene.State().windows[Before].Width(), windows[Before].Width());
  EXPECT_GT(m_Scene.State().windows[After].Width(), 1.2 * windows[After].Width());
  this->Key("r");
  this->Key("3"); // both are seen at once
  this->Drag(Button::Left, { 600, 300 }, { 600, 380 });
  for (const Side side : { Before, After })
  {
    EXPECT_GT(m_Scene.State().windows[side].low, windows[side].low);
    EXPECT_NEAR(m_Scene.State().windows[side].Width(), windows[side].Width(), 1e-6);
  }
}

TEST_F(Scene, OneWindowHoldsForBothUntilEachHasItsOwnAgain)
{
  const auto windows = m_Scene.State().windows;
  this->Key("w");
  EXPECT_EQ(m_Scene.State().windows[Before].low, windows[Before].low);
  EXPECT_EQ(m_Scene.State().windows[Before].high, windows[After].high);
  EXPECT_EQ(m_Scene.State().windows[After].high, windows[After].high);
  this->Drag(Button::Left, { 600, 300 }, { 680, 300 });
  EXPECT_EQ(m_Scene.State().windows[Before].high, m_Scene.State().windows[After].high);
  this->Key("w");
  EXPECT_EQ(m_Scene.State().windows[Before].high, windows[Before].high);
}

TEST_F(Scene, TheCurtainIsTakenAndDraggedWithoutTouchingTheWindows)
{
  this->Key("2");
  const auto windows = m_Scene.State().windows;
  this->Drag(Button::Left, { 403, 300 }, { 200, 310 });
  EXPECT_NEAR(m_Scene.State().curtain, 0.25, 0.01);
  EXPECT_EQ(m_Scene.State().windows[Before].high, windows[Before].high);
  this->Drag(Button::Left, { 403, 300 }, { 500, 300 }); // it is no longer there
  EXPECT_NEAR(m_Scene.State().curtain, 0.25, 0.01);
  EXPECT_NE(m_Scene.State().windows[After].high, windows[After].high);
}

TEST_F(Scene, NumbersChooseTheModes)
{
  for (unsigned int mode = 0; mode < ViewModeNames().size(); ++mode)
  {
    EXPECT_TRUE(this->Key(std::to_string(mode + 1)));
    EXPECT_EQ(static_cast<unsigned int>(m_Scene.State().mode), mode);
  }
  EXPECT_TRUE(this->Key("m"));
  EXPECT_EQ(m_Scene.State().mode, ViewMode::SideBySide);
}

TEST_F(Scene, FlickersOnlyInThatMode)
{
  EXPECT_FALSE(m_Scene.Flicker());
  this->Key("4");
  EXPECT_FALSE(m_Scene.State().afterShown); // a picture of it begins with BEFORE
  EXPECT_TRUE(m_Scene.Flicker());
  EXPECT_TRUE(m_Scene.State().afterShown);
}

TEST_F(Scene, KeysTurnOnAndOffWhatTheySay)
{
  const auto toggles = [this](const std::string & key, const bool & what)
  {
    const bool before = what;
    EXPECT_TRUE(this->Key(key)) << key;
    EXPECT_NE(what, before) << key;
    EXPECT_TRUE(this->Key(key)) << key;
    EXPECT_EQ(what, before) << key;
  };
  const auto & state = m_Scene.State();
  toggles("i", state.nearest);
  toggles("o", state.patientPlanes);
  toggles("x", state.crosshair);
  toggles("h", state.histogram);
  toggles("question", state.help);
  toggles("t", state.afterShown);
  EXPECT_FALSE(this->Key("F7"));
}

TEST_F(Scene, LettersAloneChooseAPlaneAndEscapeGoesBack)
{
  this->Key("c");
  EXPECT_EQ(m_Scene.State().layout, ViewLayout::Coronal);
  EXPECT_EQ(m_Scene.Slice(0).Place().orientation, Orientation::Coronal);
  this->Key("s");
  EXPECT_EQ(m_Scene.Slice(0).Place().orientation, Orientation::Sagittal);
  EXPECT_TRUE(m_Scene.Key("Escape"));
  EXPECT_EQ(m_Scene.State().layout, ViewLayout::FourUp);
}

TEST_F(Scene, ADoubleClickShowsThatPlaneAlone)
{
  m_Scene.State().layout = ViewLayout::ThreeOverThree;
  m_Scene.Fit();
  m_Scene.Update();
  m_Scene.Press(Button::Left, 400, 500, true);
  EXPECT_EQ(m_Scene.State().layout, ViewLayout::Sagittal);
  m_Scene.Update();
  m_Scene.Press(Button::Left, 400, 300, true);
  EXPECT_EQ(m_Scene.State().layout, ViewLayout::ThreeOverThree);
}

TEST_F(Scene, TheHelpNamesEveryKeyThatDoesSomething)
{
  this->Key("question");
  std::string text;
  for (const auto & label : m_Scene.Labels())
  {
    text += label.text + "\n";
  }
  for (const auto & [key, what] : ViewKeyHelp())
  {
    EXPECT_NE(text.find(key), std::string::npos) << key;
    EXPECT_NE(text.find(what), std::string::npos) << what;
  }
  EXPECT_TRUE(m_Scene.Press(Button::Left, 10, 10)); // a click closes it
  EXPECT_FALSE(m_Scene.State().help);
}

TEST(SceneWithoutField, RefusesToShowOne)
{
  const auto       image = testing::FillHead(testing::PlainGrid({ { 12, 11, 10, 1 } }));
  BeforeAfterScene scene(MakeViewData(testing::View(image), testing::View(image), nullptr, nullptr));
  EXPECT_THROW(scene.SetMode(ViewMode::Field), UsageError);
  EXPECT_FALSE(scene.Key("7"));
  scene.SetMode(ViewMode::Difference);
  scene.Key("m");
  EXPECT_EQ(scene.State().mode, ViewMode::SideBySide);
}

TEST(SceneOfAPhotograph, TellsTheCursorsVoxel)
{
  const auto       image = testing::FillHead(testing::PlainGrid({ { 12, 11, 1, 1 } }));
  BeforeAfterScene scene(
    MakeViewData(testing::View(image, "a", false), testing::View(image, "b", false), nullptr, nullptr));
  scene.SetCursor(scene.Data().images[Before]->ToRas()({ { 3, 4, 0 } }));
  EXPECT_EQ(scene.ProbeLines()[0], "Cursor:  voxel 3, 4 (from 0)");
}
} // namespace isolux
