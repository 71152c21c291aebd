#include "ViewLayout.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace isolux
{
namespace
{
const Pane &
Find(const std::vector<Pane> & panes, const Pane::Kind kind, const Orientation orientation = Orientation::Axial)
{
  return *std::find_if(panes.begin(),
                       panes.end(),
                       [&](const Pane & pane)
                       { return pane.kind == kind && (kind != Pane::Kind::Slice || pane.orientation == orientation); });
}
} // namespace

TEST(ViewLayout, FourUpIsThatOf3DSlicer)
{
  const auto panes = Arrange(ViewLayout::FourUp, 1000, 800, false, false);
  ASSERT_EQ(panes.size(), 4U);
  const auto & axial = Find(panes, Pane::Kind::Slice, Orientation::Axial).place;
  const auto & coronal = Find(panes, Pane::Kind::Slice, Orientation::Coronal).place;
  const auto & sagittal = Find(panes, Pane::Kind::Slice, Orientation::Sagittal).place;
  const auto & volume = Find(panes, Pane::Kind::Volume).place;
  EXPECT_TRUE(axial.Contains(100, 700)); // upper left
  EXPECT_TRUE(volume.Contains(900, 700));
  EXPECT_TRUE(coronal.Contains(100, 100));
  EXPECT_TRUE(sagittal.Contains(900, 100));
}

TEST(ViewLayout, PanesLieInTheWindowAndNowhereOverEachOther)
{
  for (std::size_t layout = 0; layout < ViewLayoutNames().size(); ++layout)
  {
    for (const bool strip : { false, true })
    {
      const auto panes = Arrange(static_cast<ViewLayout>(layout), 901, 703, strip, strip);
      for (const auto & pane : panes)
      {
        EXPECT_GE(pane.place.x, 0);
        EXPECT_GE(pane.place.y, 0);
        EXPECT_LE(pane.place.x + pane.place.width, 901);
        EXPECT_LE(pane.place.y + pane.place.height, 703);
        EXPECT_GT(pane.place.width, 0);
        EXPECT_GT(pane.place.height, 0);
      }
      for (int x = 0; x < 901; x += 3)
      {
        for (int y = 0; y < 703; y += 3)
        {
          EXPECT_LE(
            std::count_if(panes.begin(), panes.end(), [&](const Pane & pane) { return pane.place.Contains(x, y); }), 1);
        }
      }
    }
  }
}

TEST(ViewLayout, ThreeOverThreeShowsBeforeAboveAfter)
{
  const auto panes = Arrange(ViewLayout::ThreeOverThree, 900, 600, false, false);
  ASSERT_EQ(panes.size(), 6U);
  for (std::size_t i = 0; i < 3; ++i)
  {
    EXPECT_EQ(panes[i].side, Before);
    EXPECT_EQ(panes[i + 3].side, After);
    EXPECT_EQ(panes[i].orientation, panes[i + 3].orientation);
    EXPECT_GT(panes[i].place.y, panes[i + 3].place.y);
  }
}

TEST(ViewLayout, AnImageWithoutDepthHasOneViewInEveryLayout)
{
  for (std::size_t layout = 0; layout < ViewLayoutNames().size(); ++layout)
  {
    const auto panes = Arrange(static_cast<ViewLayout>(layout), 900, 600, false, false, Orientation::Coronal);
    ASSERT_EQ(panes.size(), 1U);
    EXPECT_EQ(panes[0].orientation, Orientation::Coronal);
    EXPECT_EQ(panes[0].place.width, 900);
  }
}

TEST(ViewLayout, ASeriesHasASliderAndASmallWindowNoHistogram)
{
  const auto has = [](const std::vector<Pane> & panes, const Pane::Kind kind)
  { return std::any_of(panes.begin(), panes.end(), [&](const Pane & pane) { return pane.kind == kind; }); };
  EXPECT_TRUE(has(Arrange(ViewLayout::FourUp, 900, 600, true, true), Pane::Kind::Time));
  EXPECT_FALSE(has(Arrange(ViewLayout::FourUp, 900, 600, true, false), Pane::Kind::Time));
  EXPECT_TRUE(has(Arrange(ViewLayout::FourUp, 900, 600, true, false), Pane::Kind::Histogram));
  EXPECT_FALSE(has(Arrange(ViewLayout::FourUp, 300, 200, true, false), Pane::Kind::Histogram));
}
} // namespace isolux
