#include "itkRunMaskImageSource.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using Volume = itk::Image<float, 3>;
using Mask = itk::Image<unsigned char, 3>;
using Runs = itk::RunMask<3>;

auto
SourceOf(const Volume * grid, const itk::ImageRegion<3> & region)
{
  auto runs = std::make_shared<Runs>(region);
  for (std::size_t row = 0; row < region.GetSize(1) * region.GetSize(2); ++row)
  {
    runs->AppendRow([row](std::size_t x) { return (x + row) % 3 == 0; });
  }
  const auto source = itk::RunMaskImageSource<Mask>::New();
  source->SetRuns(runs);
  source->SetGrid(grid);
  return source;
}

TEST(RunMaskImageSource, HasTheGridOfTheImageAndThePixelsOfTheRuns)
{
  const auto grid = MakeImage<Volume>({ { 11, 7, 5 } }, [](std::size_t) { return 1.0F; });
  const auto source = SourceOf(grid, grid->GetLargestPossibleRegion());
  source->Update();
  EXPECT_TRUE(SameGrid(source->GetOutput(), grid.GetPointer()));
  const auto pixels = PixelsOf(source->GetOutput());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    ASSERT_EQ(pixels[i], (i % 11 + i / 11) % 3 == 0) << i;
  }
}

TEST(RunMaskImageSource, MakesTheRequestedRegionOnly)
{
  const auto grid = MakeImage<Volume>({ { 11, 7, 5 } }, [](std::size_t) { return 1.0F; });
  const auto source = SourceOf(grid, grid->GetLargestPossibleRegion());
  source->UpdateOutputInformation();
  auto slice = grid->GetLargestPossibleRegion();
  slice.SetIndex(2, slice.GetIndex(2) + 3);
  slice.SetSize(2, 1);
  source->GetOutput()->SetRequestedRegion(slice);
  source->Update();
  EXPECT_EQ(source->GetOutput()->GetBufferedRegion(), slice);
}

TEST(RunMaskImageSourceErrors, RunsOfAnotherRegionNoRunsAndNoGridAreNamed)
{
  const auto grid = MakeImage<Volume>({ { 11, 7, 5 } }, [](std::size_t) { return 1.0F; });
  auto       other = grid->GetLargestPossibleRegion();
  other.SetSize(2, 4);
  EXPECT_NE(MessageOf([&] { SourceOf(grid, other)->Update(); }).find("of the Grid's region"), std::string::npos);
  EXPECT_NE(MessageOf([&] { SourceOf(nullptr, other)->Update(); }).find("Grid is not set"), std::string::npos);
  const auto source = itk::RunMaskImageSource<Mask>::New();
  source->SetGrid(grid);
  EXPECT_NE(MessageOf([&] { source->Update(); }).find("Runs"), std::string::npos);
}
} // namespace
