#include "DivergingColours.h"
#include "ViewVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace isolux
{
namespace
{
using testing::AxesOf;
using testing::Constant;
using testing::DataOf;
using testing::PlainGrid;
using testing::PlainState;
using testing::SlicePane;

/** Mean column and row of what is bright, from the middle of the picture, in picture elements. */
std::array<double, 2>
CentreOfLight(const SliceView & view)
{
  double sum = 0.0;
  double x = 0.0;
  double y = 0.0;
  for (int row = 0; row < view.PartHeight(); ++row)
  {
    for (int column = 0; column < view.PartWidth(); ++column)
    {
      const double light = view.Picture().ColourAt(column, row)[0];
      sum += light;
      x += light * column;
      y += light * row;
    }
  }
  return { x / sum - view.PartWidth() / 2.0, y / sum - view.PartHeight() / 2.0 };
}

ViewData
TwoGreys(const float before, const float after)
{
  const auto grid = PlainGrid({ { 40, 40, 40, 1 } });
  return DataOf(Constant(*grid, before), Constant(*grid, after));
}

std::vector<std::string>
TextsOf(const SliceView & view)
{
  std::vector<std::string> texts;
  for (const auto & label : view.Labels())
  {
    texts.push_back(label.text);
  }
  return texts;
}

bool
Holds(const std::vector<std::string> & texts, const std::string & text)
{
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}
} // namespace

/** The patient's right, anterior and superior corner is on the upper left of all three. */
TEST(SliceView, AKnownCornerIsWhereItMustBeWhateverTheGridsDirections)
{
  std::array<unsigned int, 3> order{ { 0, 1, 2 } };
  do
  {
    for (unsigned int flips = 0; flips < 8; ++flips)
    {
      const auto image = testing::TurnedGrid({ { 16, 14, 12, 1 } }, order, flips);
      const auto middle = testing::View(image)->Middle();
      testing::FillByPlace(*image,
                           [&](const Point & p) {
                             return p[0] > middle[0] + 1 && p[1] > middle[1] + 1 && p[2] > middle[2] + 1 ? 250.0 : 0.0;
                           });
      const auto data = DataOf(image, image);
      for (const auto orientation : Orientations)
      {
        auto state = PlainState(data, ViewMode::Flicker);
        state.cursor = middle + Point{ { 4, 4, 4 } };
        SliceView view;
        view.Compose(data, state, AxesOf(data, orientation), SlicePane(orientation));
        const auto light = CentreOfLight(view);
        EXPECT_LT(light[0], -5.0) << ToString(orientation) << " flips " << flips;
        EXPECT_GT(light[1], 5.0) << ToString(orientation) << " flips " << flips;
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

/** A linear function of the place is what linear interpolation keeps: also of oblique grids, and of AFTER on another
 * grid than BEFORE. */
TEST(SliceView, EveryPictureElementShowsTheValueAtItsPlaceInThePatient)
{
  const auto   before = testing::ObliqueGrid({ { 60, 40, 16, 1 } });
  const auto   after = PlainGrid({ { 90, 90, 90, 1 } });
  const auto   middle = testing::View(before)->Middle();
  const double origin[] = { -middle[0] - 45.0, -middle[1] - 45.0, middle[2] - 45.0, 0.0 };
  after->SetOrigin(origin);
  const auto value = [&](const Point & p) { return 128.0 + Dot(p - middle, { { 1.5, -2.0, 1.0 } }); };
  testing::FillByPlace(*before, value);
  testing::FillByPlace(*after, value);
  const auto data = DataOf(before, after);
  for (const bool afterShown : { false, true })
  {
    for (const auto & bases : { PatientBases(), AcquisitionBases(data.images[Before]->ToRas()) })
    {
      for (const auto orientation : Orientations)
      {
        auto state = PlainState(data, ViewMode::Flicker);
        state.afterShown = afterShown;
        SliceView view;
        view.Compose(data, state, bases[static_cast<unsigned int>(orientation)], SlicePane(orientation, 60, 50));
        for (int row = 0; row < 50; row += 7)
        {
          for (int column = 0; column < 60; column += 7)
          {
            EXPECT_NEAR(view.Picture().ColourAt(column, row)[0], value(view.PointAt(column, row)), 0.6); // rounded
          }
        }
      }
    }
  }
}

TEST(SliceView, ABallIsRoundThoughVoxelsAreNot)
{
  const auto   image = PlainGrid({ { 80, 40, 16, 1 } });
  const double spacing[] = { 0.5, 1.0, 2.5, 1.0 };
  image->SetSpacing(spacing);
  const auto middle = testing::View(image)->Middle();
  testing::FillByPlace(*image, [&](const Point & p) { return 255.0 * (Length(p - middle) < 15.0); });
  const auto data = DataOf(image, image);
  for (const auto orientation : Orientations)
  {
    SliceView view;
    view.Compose(
      data, PlainState(data, ViewMode::Flicker), AxesOf(data, orientation), SlicePane(orientation, 200, 200));
    int across = 0;
    int along = 0;
    for (int i = 0; i < 200; ++i)
    {
      across += view.Picture().ColourAt(i, 100)[0] > 127;
      along += view.Picture().ColourAt(100, i)[0] > 127;
    }
    EXPECT_NEAR(across, 120, 10) << ToString(orientation); // 30 mm of 0.25 mm; the voxels have up to 2.5 mm
    EXPECT_NEAR(along, 120, 10) << ToString(orientation);
  }
}

TEST(SliceView, PixelOfIsTheInverseOfPointAtInBothParts)
{
  const auto data = TwoGreys(10, 200);
  SliceView  view;
  view.Compose(data,
               PlainState(data, ViewMode::SideBySide),
               AxesOf(data, Orientation::Sagittal),
               SlicePane(Orientation::Sagittal));
  ASSERT_EQ(view.Parts(), 2);
  const Point left = view.PointAt(17, 33);
  const Point right = view.PointAt(60 + 17, 33);
  EXPECT_EQ(left, right);
  EXPECT_EQ(view.PixelOf(left, 0), (std::array<int, 2>{ { 17, 33 } }));
  EXPECT_EQ(view.PixelOf(left, 1), (std::array<int, 2>{ { 77, 33 } }));
}

TEST(SliceView, SideBySideShowsBeforeOnTheLeftAndAfterOnTheRight)
{
  const auto data = TwoGreys(10, 200);
  SliceView  view;
  view.Compose(
    data, PlainState(data, ViewMode::SideBySide), AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(30, 50)[0], 10);
  EXPECT_EQ(view.Picture().ColourAt(90, 50)[0], 200);
}

TEST(SliceView, SwipeChangesAtTheCurtain)
{
  const auto data = TwoGreys(10, 200);
  auto       state = PlainState(data, ViewMode::Swipe);
  state.curtain = 0.3;
  SliceView view;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Curtain(state), 36);
  EXPECT_EQ(view.Picture().ColourAt(34, 10)[0], 10);
  EXPECT_EQ(view.Picture().ColourAt(36, 10)[0], 200);
  EXPECT_EQ(view.Picture().ColourAt(36, 50)[0], 255); // its grip
}

TEST(SliceView, FadeMixesInProportion)
{
  const auto data = TwoGreys(40, 200);
  auto       state = PlainState(data, ViewMode::Fade);
  state.opacity = 0.25;
  SliceView view;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(60, 50)[0], 80);
}

TEST(SliceView, FlickerShowsOneAndThenTheOther)
{
  const auto data = TwoGreys(40, 200);
  auto       state = PlainState(data, ViewMode::Flicker);
  SliceView  view;
  for (const bool after : { false, true })
  {
    state.afterShown = after;
    view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
    EXPECT_EQ(view.Picture().ColourAt(60, 50)[0], after ? 200 : 40);
    EXPECT_TRUE(Holds(TextsOf(view), after ? "AFTER" : "BEFORE"));
    EXPECT_FALSE(Holds(TextsOf(view), after ? "BEFORE" : "AFTER"));
  }
}

TEST(SliceView, CheckerboardAlternatesInSquares)
{
  const auto data = TwoGreys(40, 200);
  auto       state = PlainState(data, ViewMode::Checkerboard);
  state.square = 20;
  SliceView view;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  for (const int column : { 25, 45, 65 })
  {
    for (const int row : { 25, 45, 65 })
    {
      EXPECT_EQ(view.Picture().ColourAt(column, row)[0], (column / 20 + row / 20) % 2 == 0 ? 40 : 200);
    }
  }
}

TEST(SliceView, DifferenceIsBlackWhereNothingChangedAndOrangeOrBlueWhereItDid)
{
  const auto colour = [](const ViewData & data, const std::array<ViewWindow, 2> & windows)
  {
    auto state = PlainState(data, ViewMode::Difference);
    state.windows = windows;
    SliceView view;
    view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
    return view.Picture().ColourAt(60, 50);
  };
  const ViewWindow plain{ 0.0, 255.0 };
  EXPECT_EQ(colour(TwoGreys(90, 90), { plain, plain }), (Colour{ { 0, 0, 0 } }));
  // the same level of each window: a change of unit is no difference
  EXPECT_EQ(colour(TwoGreys(90, 9), { plain, ViewWindow{ 0.0, 25.5 } }), (Colour{ { 0, 0, 0 } }));
  const auto brighter = colour(TwoGreys(90, 130), { plain, plain });
  EXPECT_GT(brighter[0], brighter[2] + 50);
  const auto darker = colour(TwoGreys(130, 90), { plain, plain });
  EXPECT_GT(darker[2], darker[0] + 50);
}

TEST(SliceView, DifferenceIsGreyWhereOneOfTheTwoHasNoValue)
{
  const auto grid = PlainGrid({ { 40, 40, 40, 1 } });
  const auto small = PlainGrid({ { 10, 40, 40, 1 } }); // ends on the right, in the picture on the left
  const auto after = Constant(*small, 90.0F);
  for (int row = 0; row < 40 * 40; ++row)
  {
    after->GetBufferPointer()[10 * row + 1] = std::numeric_limits<float>::quiet_NaN();
  }
  const auto data = DataOf(Constant(*grid, 90.0F), after);
  auto       state = PlainState(data, ViewMode::Difference);
  state.focus = { { 0.0, state.cursor[1], state.cursor[2] } };
  SliceView view;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  const auto at = [&](const double right)
  {
    const auto place = view.PixelOf({ { right, state.cursor[1], state.cursor[2] } });
    return view.Picture().ColourAt(place[0], place[1]);
  };
  const Colour black{ { 0, 0, 0 } };
  const Colour grey{ { 72, 72, 72 } };
  EXPECT_EQ(at(-6.0), black); // the same
  EXPECT_EQ(at(-1.0), grey);  // NaN
  EXPECT_EQ(at(-13.0), grey); // outside AFTER
  EXPECT_EQ(at(5.0), black);  // outside both
}

TEST(SliceView, SwappedSidesAreSeenAndTold)
{
  const auto data = TwoGreys(40, 60);
  SliceView  view;
  const auto shade = [&](const ViewMode mode, const bool swapped, const int column)
  {
    auto state = PlainState(data, mode);
    state.swapped = swapped;
    view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
    return view.Picture().ColourAt(column, 30);
  };
  for (const auto mode : { ViewMode::SideBySide, ViewMode::Swipe, ViewMode::Checkerboard })
  {
    EXPECT_EQ(shade(mode, false, 30)[0], 40);
    EXPECT_EQ(shade(mode, false, 90)[0], 60);
    EXPECT_EQ(shade(mode, true, 30)[0], 60);
    EXPECT_EQ(shade(mode, true, 90)[0], 40);
  }
  EXPECT_GT(shade(ViewMode::Difference, false, 30)[0], shade(ViewMode::Difference, false, 30)[2]);
  EXPECT_TRUE(Holds(TextsOf(view), "AFTER minus BEFORE"));
  EXPECT_LT(shade(ViewMode::Difference, true, 30)[0], shade(ViewMode::Difference, true, 30)[2]);
  EXPECT_TRUE(Holds(TextsOf(view), "BEFORE minus AFTER"));
}

TEST(SliceView, AFrameOrChannelThatAnImageLacksIsTold)
{
  const auto series = Constant(*PlainGrid({ { 20, 20, 20, 3 } }), 10.0F);
  const auto still = Constant(*PlainGrid({ { 20, 20, 20, 1 } }), 10.0F);
  const auto data = DataOf(series, still);
  auto       state = PlainState(data, ViewMode::SideBySide);
  SliceView  view;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_TRUE(Holds(TextsOf(view), "AFTER"));
  state.frame = 2;
  state.channel = 1;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_TRUE(Holds(TextsOf(view), "BEFORE (channel 1)"));
  EXPECT_TRUE(Holds(TextsOf(view), "AFTER (frame 1, channel 1)"));
  EXPECT_EQ(data.Frames(), 3U);
}

TEST(SliceView, TheBarTellsTheSliceAndOfAnObliquePlaneTheOffsetAlongItsNormal)
{
  const auto title = [](const WorkImage::Pointer & image, const bool patient, const int width)
  {
    const auto data = DataOf(image, image);
    const auto basis = patient ? PatientBases()[0] : AxesOf(data, Orientation::Axial);
    auto       state = PlainState(data, ViewMode::Flicker);
    state.cursor = data.images[Before]->ToRas()({ { 3, 4, 5 } });
    SliceView view;
    view.Compose(data, state, basis, SlicePane(Orientation::Axial, width));
    EXPECT_LT(view.SliderColumns()[0], view.SliderColumns()[1]);
    char offset[32];
    std::snprintf(offset, sizeof(offset), "%.1f mm", Dot(state.cursor, basis.normal));
    return std::make_pair(view.Labels().front().text, std::string(offset));
  };
  const auto plain = PlainGrid({ { 20, 20, 20, 1 } });
  EXPECT_EQ(title(plain, false, 600).first, "Axial   S: 5.0 mm   slice 6 of 20");
  EXPECT_EQ(title(plain, false, 260).first, "Axial   slice 6 of 20");
  EXPECT_EQ(title(plain, false, 120).first, "Axial");
  const auto oblique = testing::ObliqueGrid({ { 20, 20, 20, 1 } });
  const auto [text, offset] = title(oblique, false, 800);
  EXPECT_EQ(text, "Axial oblique   offset " + offset + "   slice 6 of 20");
  const auto [patients, superior] = title(oblique, true, 800); // cuts across the image's slices
  EXPECT_EQ(patients, "Axial   S: " + superior);
}

TEST(SliceView, TheFieldIsWhiteAtOneBlueBelowOrangeAboveAndOnlyInsideTheMask)
{
  const auto grid = PlainGrid({ { 40, 40, 40, 1 } });
  const auto colour = [&](const float field, const bool inside)
  {
    auto data = DataOf(Constant(*grid, 100.0F), Constant(*grid, 100.0F), Constant(*grid, field));
    data.fieldLimit = 2.0;
    data.masks[Before] = testing::MaskAbove(*grid, 0.0F);
    data.masks[Before]->FillBuffer(inside ? 1 : 0);
    SliceView view;
    view.Compose(
      data, PlainState(data, ViewMode::Field), AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
    return view.Picture().ColourAt(60, 50);
  };
  const auto over = [](const std::array<double, 3> & overlay)
  {
    Colour mixed{};
    for (unsigned int channel = 0; channel < 3; ++channel)
    {
      mixed[channel] = static_cast<unsigned char>(std::lround(0.45 * 100.0 + 0.55 * overlay[channel]));
    }
    return mixed;
  };
  EXPECT_EQ(colour(1.0F, true), over(FieldColours[2]));
  EXPECT_EQ(colour(2.0F, true), over(FieldColours[4]));
  EXPECT_EQ(colour(8.0F, true), over(FieldColours[4]));
  EXPECT_EQ(colour(0.5F, true), over(FieldColours[0]));
  EXPECT_EQ(colour(std::sqrt(2.0F), true), over(FieldColours[3])); // log scale
  const Colour grey{ { 100, 100, 100 } };
  EXPECT_EQ(colour(2.0F, false), grey);
  EXPECT_EQ(colour(0.0F, true), grey);
  EXPECT_EQ(colour(std::numeric_limits<float>::quiet_NaN(), true), grey);
}

TEST(SliceView, TheFieldIsThatOfTheChosenChannelAndSaysSo)
{
  const auto grid = PlainGrid({ { 40, 40, 40, 1 } });
  auto       data = DataOf(Constant(*grid, 100.0F), Constant(*grid, 100.0F));
  data.field = std::make_shared<const ViewImage>(
    std::vector<WorkImage::Pointer>{ Constant(*grid, 1.0F), Constant(*grid, 2.0F) }, "field");
  auto       state = PlainState(data, ViewMode::Field);
  SliceView  view;
  const auto shown = [&](const std::optional<std::size_t> & channel)
  {
    state.channel = channel;
    view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
    return view.Picture().ColourAt(60, 50);
  };
  const auto first = shown(std::nullopt);
  EXPECT_TRUE(Holds(TextsOf(view), "FIELD of channel 1 over BEFORE"));
  EXPECT_EQ(shown(0), first);
  EXPECT_GT(shown(1)[0], shown(1)[2] + 50); // orange: above 1
  EXPECT_TRUE(Holds(TextsOf(view), "FIELD of channel 2 over BEFORE (channel 1)"));
  EXPECT_EQ(shown(5), shown(1));
  data.field = testing::View(Constant(*grid, 1.0F));
  EXPECT_EQ(shown(2), first);
  EXPECT_TRUE(Holds(TextsOf(view), "FIELD of channel 1 over BEFORE (channel 1)"));
}

TEST(SliceView, NaNAndOutsideAreBlack)
{
  const auto grid = PlainGrid({ { 10, 10, 10, 1 } });
  const auto data = DataOf(Constant(*grid, std::numeric_limits<float>::quiet_NaN()), Constant(*grid, 200.0F));
  auto       state = PlainState(data, ViewMode::Flicker);
  SliceView  view;
  state.afterShown = false;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(60, 50)[0], 0);
  state.afterShown = true;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(60, 50)[0], 200);
  EXPECT_EQ(view.Picture().ColourAt(5, 50)[0], 0); // 13.75 mm from the middle of 10 mm
}

TEST(SliceView, AColourImageIsShownInItsColoursOrOneChannelOfIt)
{
  const auto                      grid = PlainGrid({ { 40, 40, 1, 1 } });
  std::vector<WorkImage::Pointer> channels = { Constant(*grid, 250.0F),
                                               Constant(*grid, 120.0F),
                                               Constant(*grid, 30.0F) };
  ViewData                        data;
  data.images = { std::make_shared<const ViewImage>(channels, "photo", false),
                  std::make_shared<const ViewImage>(channels, "photo", false) };
  auto      state = PlainState(data, ViewMode::Flicker);
  SliceView view;
  ASSERT_EQ(data.OnlyPlane(), Orientation::Axial);
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(60, 50), (Colour{ { 250, 120, 30 } }));
  EXPECT_FALSE(Holds(TextsOf(view), "R")); // nobody knows where a photograph's left is
  state.channel = 1;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(60, 50), (Colour{ { 120, 120, 120 } }));
}

TEST(SliceView, APhotographsFirstRowIsOnTop)
{
  const auto image = Constant(*PlainGrid({ { 40, 40, 1, 1 } }), 0.0F);
  std::fill_n(image->GetBufferPointer(), 40 * 8, 200.0F);
  image->GetBufferPointer()[40 * 39 + 39] = 255.0F; // last row, last column
  ViewData data;
  data.images = { testing::View(image, "photo", false), testing::View(image, "photo", false) };
  SliceView view;
  view.Compose(
    data, PlainState(data, ViewMode::Flicker, 0.5), AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  EXPECT_EQ(view.Picture().ColourAt(60, 50 + 38)[0], 200);
  EXPECT_EQ(view.Picture().ColourAt(60, 50 - 30)[0], 0);
  EXPECT_GT(view.Picture().ColourAt(60 + 38, 50 - 39)[0], 100); // the lower right corner
}

TEST(SliceView, ASliceThatLiesSagittallyIsShownSagittally)
{
  const auto data = DataOf(testing::TurnedGrid({ { 20, 20, 1, 1 } }, { { 1, 2, 0 } }, 0),
                           testing::TurnedGrid({ { 20, 20, 1, 1 } }, { { 1, 2, 0 } }, 0));
  EXPECT_EQ(data.OnlyPlane(), Orientation::Sagittal);
}

TEST(SliceView, LettersAreAtTheEdges)
{
  const auto data = TwoGreys(10, 200);
  SliceView  view;
  view.Compose(
    data, PlainState(data, ViewMode::Swipe), AxesOf(data, Orientation::Coronal), SlicePane(Orientation::Coronal));
  const auto find = [&](const std::string & text)
  {
    const auto & labels = view.Labels();
    return *std::find_if(labels.begin(), labels.end(), [&](const Label & label) { return label.text == text; });
  };
  EXPECT_LT(find("R").x, 20);
  EXPECT_GT(find("L").x, 100);
  EXPECT_GT(find("S").y, 80);
  EXPECT_LT(find("I").y, 20);
}

TEST(SliceView, TheCrosshairCrossesWhereTheCursorIsInTheColoursOfTheOtherPlanes)
{
  const auto data = TwoGreys(0, 0);
  auto       state = PlainState(data, ViewMode::Flicker);
  state.crosshair = true;
  state.cursor = state.cursor + Point{ { -5.0, 2.5, 0.0 } }; // 20 to the right, 10 up
  SliceView view;
  view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
  const auto [x, y] = view.PixelOf(state.cursor);
  EXPECT_EQ(x, 80);
  EXPECT_EQ(y, 60);
  const auto vertical = view.Picture().ColourAt(x, 30);
  const auto horizontal = view.Picture().ColourAt(30, y);
  EXPECT_EQ(vertical[0], std::lround(0.6 * BarColours[2][0]));   // sagittal: yellow
  EXPECT_EQ(horizontal[1], std::lround(0.6 * BarColours[1][1])); // coronal: green
  EXPECT_EQ(view.Picture().ColourAt(x, y)[0], 0);                // what is looked at stays visible
}

TEST(SliceView, TheBarBearsTheColourOfSlicersView)
{
  const auto data = TwoGreys(0, 0);
  for (const auto orientation : Orientations)
  {
    SliceView view;
    view.Compose(data, PlainState(data, ViewMode::Flicker), AxesOf(data, orientation), SlicePane(orientation));
    EXPECT_EQ(view.Picture().ColourAt(2, 100 + BarHeight / 2), BarColours[static_cast<unsigned int>(orientation)]);
  }
}

TEST(SliceView, NearestShowsVoxelsAsTheyAre)
{
  const auto image = Constant(*PlainGrid({ { 2, 2, 2, 1 } }), 0.0F);
  image->GetBufferPointer()[1] = 200.0F;
  const auto data = DataOf(image, image);
  auto       state = PlainState(data, ViewMode::Flicker, 0.05);
  state.cursor = data.images[Before]->ToRas()({ { 0, 0, 0 } });
  std::array<int, 2> shades{};
  for (const bool nearest : { false, true })
  {
    state.nearest = nearest;
    SliceView view;
    view.Compose(data, state, AxesOf(data, Orientation::Axial), SlicePane(Orientation::Axial));
    for (int column = 0; column < 120; ++column)
    {
      const int shade = view.Picture().ColourAt(column, 60)[0];
      shades[nearest ? 1 : 0] += shade > 0 && shade < 200;
    }
  }
  EXPECT_GT(shades[0], 5);
  EXPECT_EQ(shades[1], 0);
}
} // namespace isolux
