#include "itkRunComponents.h"

#include "FilterTest.h"

#include "itkConnectedComponentImageFilter.h"

#include <gtest/gtest.h>

#include <map>

namespace
{
using namespace isolux::testing;

template <unsigned int VDimension>
using Mask = itk::Image<unsigned char, VDimension>;

using SizesAndBorders = std::vector<std::pair<std::uint64_t, bool>>;

template <typename TMask>
itk::RunMask<TMask::ImageDimension>
RunsOf(const TMask * mask)
{
  itk::RunMask<TMask::ImageDimension> runs(mask->GetLargestPossibleRegion());
  itk::ForEachRow(mask,
                  mask->GetLargestPossibleRegion(),
                  [&](const auto &, const auto * row)
                  { runs.AppendRow([row](std::size_t x) { return row[x] != 0; }); });
  return runs;
}

template <typename TMask>
SizesAndBorders
Found(const TMask * mask, bool value)
{
  const auto                                      runs = RunsOf(mask);
  const itk::RunComponents<TMask::ImageDimension> components(value ? runs : runs.Complement());
  SizesAndBorders                                 list;
  for (const auto & component : components.Components())
  {
    list.emplace_back(component.pixels, component.touchesBorder);
  }
  std::sort(list.begin(), list.end());
  return list;
}

/** By ITK's labelling of pixels. */
template <typename TMask>
SizesAndBorders
Expected(const TMask * mask, bool value)
{
  using Labels = itk::Image<unsigned int, TMask::ImageDimension>;
  const auto chosen = TMask::New();
  chosen->SetRegions(mask->GetLargestPossibleRegion());
  chosen->Allocate();
  for (std::size_t i = 0; i < mask->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    chosen->GetBufferPointer()[i] = (mask->GetBufferPointer()[i] != 0) == value;
  }
  const auto filter = itk::ConnectedComponentImageFilter<TMask, Labels>::New();
  filter->SetInput(chosen);
  filter->Update();
  std::map<unsigned int, std::pair<std::uint64_t, bool>> components;
  const auto                                             region = mask->GetLargestPossibleRegion();
  for (std::size_t i = 0; i < region.GetNumberOfPixels(); ++i)
  {
    const unsigned int label = filter->GetOutput()->GetBufferPointer()[i];
    if (label == 0)
    {
      continue;
    }
    auto & component = components[label];
    ++component.first;
    std::size_t rest = i;
    for (unsigned int axis = 0; axis < TMask::ImageDimension; ++axis)
    {
      const std::size_t extent = region.GetSize(axis);
      component.second = component.second || (extent > 1 && (rest % extent == 0 || rest % extent == extent - 1));
      rest /= extent;
    }
  }
  SizesAndBorders list;
  for (const auto & [label, component] : components)
  {
    list.push_back(component);
  }
  std::sort(list.begin(), list.end());
  return list;
}

template <typename TMask>
void
ExpectAgreement(const typename TMask::SizeType & size)
{
  Random random(11);
  for (int trial = 0; trial < 60; ++trial)
  {
    const double density = random.Uniform(0.02, 0.98);
    // 255 also is inside
    const auto mask = MakeImage<TMask>(
      size, [&](std::size_t) { return random.Uniform(0.0, 1.0) < density ? 1 + 254 * (trial % 2) : 0; });
    ASSERT_EQ(Found(mask.GetPointer(), true), Expected(mask.GetPointer(), true)) << size << ' ' << trial;
    ASSERT_EQ(Found(mask.GetPointer(), false), Expected(mask.GetPointer(), false)) << size << ' ' << trial;
  }
}

/** From rows of text, '#' inside. */
Mask<2>::Pointer
Draw(const std::vector<std::string> & rows)
{
  return MakeImage<Mask<2>>({ { rows.front().size(), rows.size() } },
                            [&](std::size_t i)
                            { return rows[i / rows.front().size()][i % rows.front().size()] == '#' ? 1 : 0; });
}

TEST(RunComponents, OfAnEmptyMaskAreNoneAndOfItsBackgroundOne)
{
  const auto mask = Draw({ "....", "....", "...." });
  EXPECT_EQ(Found(mask.GetPointer(), true), SizesAndBorders{});
  EXPECT_EQ(Found(mask.GetPointer(), false), (SizesAndBorders{ { 12, true } }));
}

TEST(RunComponents, JoinsArmsThatMeetLateAndKeepsDiagonalNeighboursApart)
{
  const auto mask = Draw({ "#...#.#", //
                           "#.#.#..", //
                           "#.#.#.#", //
                           "#####..", //
                           ".....#." });
  EXPECT_EQ(Found(mask.GetPointer(), true), (SizesAndBorders{ { 1, true }, { 1, true }, { 1, true }, { 13, true } }));
}

TEST(RunComponents, TellsAHoleFromBackgroundThatReachesTheBorder)
{
  const auto mask = Draw({ ".......", //
                           ".####..", //
                           ".#..#..", //
                           ".####..", //
                           "......." });
  EXPECT_EQ(Found(mask.GetPointer(), false), (SizesAndBorders{ { 2, false }, { 23, true } }));
  EXPECT_EQ(Found(mask.GetPointer(), true), (SizesAndBorders{ { 10, false } }));
}

TEST(RunComponents, TellWhichRunsToKeep)
{
  const auto                  mask = Draw({ "##.#", "...#", "#..#" });
  auto                        runs = RunsOf(mask.GetPointer());
  const itk::RunComponents<2> components(runs);
  runs.Keep([&components](std::size_t run) { return components.Of(run).pixels >= 3; });
  runs.Draw(mask.GetPointer(), mask->GetLargestPossibleRegion());
  EXPECT_EQ(PixelsOf(mask.GetPointer()), PixelsOf(Draw({ "...#", "...#", "...#" }).GetPointer()));
}

TEST(RunComponents, TakesAnAxisOfExtentOneForAbsent)
{
  // A ring around a hole, as a slice across each axis of a volume and of a series.
  const auto            ring = Draw({ ".......", ".#####.", ".#...#.", ".#####.", "......." });
  const auto            pixels = PixelsOf(ring.GetPointer());
  const SizesAndBorders holes{ { 3, false }, { 20, true } };
  const auto            value = [&pixels](std::size_t i) { return pixels[i]; };
  EXPECT_EQ(Found(MakeImage<Mask<3>>({ { 7, 5, 1 } }, value).GetPointer(), false), holes);
  EXPECT_EQ(Found(MakeImage<Mask<3>>({ { 7, 1, 5 } }, value).GetPointer(), false), holes);
  EXPECT_EQ(Found(MakeImage<Mask<3>>({ { 1, 7, 5 } }, value).GetPointer(), false), holes);
  EXPECT_EQ(Found(MakeImage<Mask<4>>({ { 1, 7, 1, 5 } }, value).GetPointer(), false), holes);
  EXPECT_EQ(Found(MakeImage<Mask<3>>({ { 1, 1, 1 } }, [](std::size_t) { return 1; }).GetPointer(), true),
            (SizesAndBorders{ { 1, false } }));
}

TEST(RunComponents, AgreesWithPixelLabellingIn2D)
{
  ExpectAgreement<Mask<2>>({ { 17, 13 } });
  ExpectAgreement<Mask<2>>({ { 1, 40 } });
  ExpectAgreement<Mask<2>>({ { 40, 1 } });
}

TEST(RunComponents, AgreesWithPixelLabellingIn3D)
{
  ExpectAgreement<Mask<3>>({ { 9, 8, 7 } });
  ExpectAgreement<Mask<3>>({ { 1, 8, 7 } });
  ExpectAgreement<Mask<3>>({ { 9, 1, 7 } });
}

TEST(RunComponents, AgreesWithPixelLabellingIn4D)
{
  ExpectAgreement<Mask<4>>({ { 5, 4, 6, 3 } });
}
} // namespace
