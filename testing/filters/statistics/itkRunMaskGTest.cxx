#include "itkRunMask.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using Mask = itk::Image<unsigned char, 3>;
using Runs = itk::RunMask<3>;

const Mask::RegionType Region({ { 3, -2, 5 } }, { { 17, 5, 4 } });

bool
IsInside(std::size_t i)
{
  return Random(i / 3).Bits() % 2 == 0; // runs of three and more
}

/** Of the rows from `first` on. */
Runs
RunsOf(std::size_t first = 0, std::size_t rows = 20)
{
  Runs runs(Region);
  for (std::size_t row = first; row < first + rows; ++row)
  {
    runs.AppendRow([row](std::size_t x) { return IsInside(row * 17 + x); });
  }
  return runs;
}

std::vector<unsigned char>
Drawn(const Runs & runs, const Mask::RegionType & region)
{
  const auto mask = Mask::New();
  mask->SetRegions(region);
  mask->Allocate();
  mask->FillBuffer(77);
  runs.Draw(mask.GetPointer(), region);
  return PixelsOf(mask.GetPointer());
}

TEST(RunMask, DrawsThePixelsThatWereAppended)
{
  const auto    runs = RunsOf();
  const auto    pixels = Drawn(runs, Region);
  std::uint64_t inside = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    ASSERT_EQ(pixels[i], IsInside(i)) << i;
    inside += IsInside(i);
  }
  EXPECT_EQ(runs.NumberOfPixels(), inside);
  EXPECT_EQ(runs.NumberOfRows(), 20u);
}

TEST(RunMask, DrawsAPartOfItsRowsIntoAPartOfItsRegion)
{
  const Mask::RegionType part({ { 6, -1, 6 } }, { { 9, 3, 2 } });
  const auto             pixels = Drawn(RunsOf(), part);
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    ASSERT_EQ(pixels[i], IsInside(i % 9 + 3 + (i / 9 % 3 + 1) * 17 + (i / 27 + 1) * 85)) << i;
  }
}

TEST(RunMask, AppendedPartsAreTheWhole)
{
  auto runs = RunsOf(0, 7);
  runs.Append(RunsOf(7, 13));
  EXPECT_EQ(Drawn(runs, Region), Drawn(RunsOf(), Region));
}

TEST(RunMask, ComplementIsWhatIsOutsideAndOfItTheMask)
{
  const auto outside = Drawn(RunsOf().Complement(), Region);
  for (std::size_t i = 0; i < outside.size(); ++i)
  {
    ASSERT_NE(outside[i] != 0, IsInside(i)) << i;
  }
  EXPECT_EQ(Drawn(RunsOf().Complement().Complement(), Region), Drawn(RunsOf(), Region));
  EXPECT_EQ(Runs(Region).Complement().NumberOfRows(), 0u);
}

TEST(RunMask, KeepsTheChosenRunsInTheirRows)
{
  auto       runs = RunsOf();
  const auto all = runs;
  runs.Keep([](std::size_t run) { return run % 3 == 1; });
  const auto pixels = Drawn(runs, Region);
  for (std::size_t row = 0; row < 20; ++row)
  {
    for (std::size_t run = all.FirstRun(row); run < all.FirstRun(row + 1); ++run)
    {
      ASSERT_EQ(pixels[row * 17 + all.Runs()[run].begin], run % 3 == 1) << run;
    }
  }
}

TEST(RunMaskErrors, ARowOfTooManyPixelsIsRefused)
{
  auto region = Region;
  region.SetSize(0, std::size_t{ 1 } << 32U);
  EXPECT_NE(MessageOf([&] { Runs runs(region); }).find("at most 2^32 - 1 pixels"), std::string::npos);
}
} // namespace
