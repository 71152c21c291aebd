#include "itkLinearNormalizationImageFilter.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::LinearMap;
using itk::OutsideMask;

/** The base with maps that are given. */
template <typename TImage>
class GivenMaps : public itk::LinearNormalizationImageFilter<TImage>
{
public:
  using Self = GivenMaps;
  using Superclass = itk::LinearNormalizationImageFilter<TImage>;
  using Pointer = itk::SmartPointer<Self>;
  using typename Superclass::PartitionType;

  itkNewMacro(Self);
  itkTypeMacro(GivenMaps, LinearNormalizationImageFilter);

  PartitionType          m_Given;
  std::vector<LinearMap> m_GivenMaps;

protected:
  void
  MakeMaps(PartitionType & partition, std::vector<LinearMap> & maps) const override
  {
    partition = m_Given;
    maps = m_GivenMaps;
  }
};

template <typename TImage>
class LinearNormalization : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(LinearNormalization, Images);

TYPED_TEST(LinearNormalization, MapsEachInstanceByItsOwnMapAndBackForEveryChoiceOfAxes)
{
  constexpr unsigned int dimension = TypeParam::ImageDimension;
  const auto             image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return 3.0 + i; });
  const auto             region = image->GetLargestPossibleRegion();
  for (unsigned int choice = 0; choice < 1U << dimension; ++choice)
  {
    std::array<bool, dimension> kept{};
    for (unsigned int axis = 0; axis < dimension; ++axis)
    {
      kept[axis] = (choice >> axis & 1U) != 0;
    }
    const auto filter = GivenMaps<TypeParam>::New();
    filter->SetInput(image);
    filter->m_Given = { region, kept };
    for (std::size_t i = 0; i < filter->m_Given.Count(); ++i)
    {
      filter->m_GivenMaps.push_back({ 10.0 + i, 0.5 + static_cast<double>(i % 5), -1.0 * i });
    }
    filter->Update();
    const auto back = GivenMaps<TypeParam>::New();
    back->SetInput(filter->GetOutput());
    back->m_Given = filter->m_Given;
    back->m_GivenMaps = filter->m_GivenMaps;
    back->InverseOn();
    back->Update();
    itk::ForEachRow(image.GetPointer(),
                    region,
                    [&](auto index, const auto * row)
                    {
                      for (std::size_t x = 0; x < region.GetSize(0); ++x, ++index[0])
                      {
                        const auto & map = filter->m_GivenMaps[filter->m_Given.InstanceOf(index)];
                        const auto   expected =
                          static_cast<typename TypeParam::PixelType>((row[x] - map.from) * map.scale + map.to);
                        ASSERT_EQ(filter->GetOutput()->GetPixel(index), expected) << choice << ' ' << index;
                        // A rounding to float of a value below 2e4, divided by a scale of 0.5 at least.
                        ASSERT_NEAR(back->GetOutput()->GetPixel(index), row[x], 4e-3) << choice << ' ' << index;
                      }
                    });
    EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
  }
}

using Volume = itk::Image<float, 3>;

TEST(LinearNormalizationOfAVolume, HoldsTheOutputWithinTheBoundsAndLetsWhatIsNotFinitePass)
{
  const float bad = std::numeric_limits<float>::quiet_NaN();
  const float values[] = { -5.0F, 0.0F, 0.4F, 5.0F, bad, std::numeric_limits<float>::infinity() };
  const auto  image = MakeImage<Volume>({ { 6, 1, 1 } }, [&](std::size_t i) { return values[i]; });
  const auto  filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  filter->m_GivenMaps = { { 0.0, 2.0, 0.0, 0.0, 1.0 } };
  filter->Update();
  const auto pixels = PixelsOf(filter->GetOutput());
  EXPECT_EQ(pixels[0], 0.0F);
  EXPECT_EQ(pixels[1], 0.0F);
  EXPECT_EQ(pixels[2], 0.8F);
  EXPECT_EQ(pixels[3], 1.0F);
  EXPECT_TRUE(std::isnan(pixels[4]));
  EXPECT_EQ(pixels[5], values[5]);
}

TEST(LinearNormalizationOfAVolume, AScaleOfZeroGivesItsTargetAndBackItsSource)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  filter->m_GivenMaps = { { 7.0, 0.0, 2.0 } };
  filter->Update();
  EXPECT_EQ(PixelsOf(filter->GetOutput()), std::vector<float>(60, 2.0F));
  filter->InverseOn();
  filter->Update();
  EXPECT_EQ(PixelsOf(filter->GetOutput()), std::vector<float>(60, 7.0F));
}

TEST(LinearNormalizationOfAVolume, InPlaceGivesTheSameInTheInputsBufferAndOnlyWhereAskedFor)
{
  const auto mask = MakeImage<itk::Image<unsigned char, 3>>(SmallSize<Volume>(), [](std::size_t i) { return i % 3; });
  for (const auto outside : { OutsideMask::Transform, OutsideMask::Keep, OutsideMask::Zero })
  {
    std::vector<float> expected;
    for (const bool inPlace : { false, true })
    {
      const auto    image = MakeImage<Volume>(SmallSize<Volume>(), [](std::size_t i) { return 0.1 * i; });
      const auto    before = PixelsOf(image.GetPointer());
      const float * buffer = image->GetBufferPointer();
      const auto    filter = GivenMaps<Volume>::New();
      EXPECT_FALSE(filter->GetInPlace());
      filter->SetInput(image);
      filter->SetMaskImage(mask);
      filter->SetOutside(outside);
      filter->m_GivenMaps = { { 5.0, 3.0, -1.0 } };
      filter->SetInPlace(inPlace);
      filter->Update();
      const auto after = PixelsOf(filter->GetOutput());
      EXPECT_EQ(filter->GetOutput()->GetBufferPointer() == buffer, inPlace);
      if (inPlace)
      {
        EXPECT_TRUE(SameBits(after, expected));
      }
      else
      {
        EXPECT_TRUE(SameBits(PixelsOf(image.GetPointer()), before));
        expected = after;
      }
    }
  }
}

TEST(LinearNormalizationOfAVolume, WritesALargeOutputOnHugePagesAndANewOneAtEachUpdate)
{
  const auto image = MakeImage<Volume>({ { 256, 256, 129 } }, [](std::size_t i) { return i % 1000; });
  const auto filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  filter->m_GivenMaps = { { 5.0, 3.0, -1.0 } };
  filter->Update();
  const Volume::Pointer first = filter->GetOutput();
  first->DisconnectPipeline();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first->GetBufferPointer()) % itk::HugePageSize, 0u);
  filter->m_GivenMaps = { { 5.0, 0.0, 8.0 } };
  filter->Modified();
  filter->Update();
  EXPECT_EQ(first->GetBufferPointer()[7], 5.0F);
  EXPECT_EQ(filter->GetOutput()->GetBufferPointer()[7], 8.0F);
}

TEST(LinearNormalizationOfAVolume, HasTheSameBitsForAnyRegionThreadsAndMask)
{
  const auto image = MakeImage<Volume>({ { 33, 21, 13 } }, [](std::size_t i) { return Random(i).Normal(50.0, 9.0); });
  const auto mask = MakeImage<itk::Image<unsigned char, 3>>({ { 33, 21, 1 } }, [](std::size_t i) { return i % 3; });
  for (const auto outside : { OutsideMask::Transform, OutsideMask::Keep })
  {
    const auto run = [&](unsigned int threads, const Volume::RegionType & region)
    {
      const auto filter = GivenMaps<Volume>::New();
      filter->SetInput(image);
      filter->SetMaskImage(mask);
      filter->SetOutside(outside);
      filter->m_GivenMaps = { { 50.0, 1.0 / 9.0, 0.0 } };
      filter->SetNumberOfWorkUnits(threads);
      filter->GetOutput()->SetRequestedRegion(region);
      filter->Update();
      return Volume::Pointer(filter->GetOutput());
    };
    const auto whole = image->GetLargestPossibleRegion();
    const auto expected = run(1, whole);
    EXPECT_TRUE(SameBits(PixelsOf(run(3, whole).GetPointer()), PixelsOf(expected.GetPointer())));
    Volume::RegionType box = whole; // gaps between its rows, in the input's buffer
    box.SetIndex(0, whole.GetIndex(0) + 2);
    box.SetSize(0, 17);
    box.SetSize(1, 5);
    box.SetIndex(2, whole.GetIndex(2) + 3);
    box.SetSize(2, 4);
    const auto part = run(2, box);
    itk::ForEachRow(part.GetPointer(),
                    box,
                    [&](auto index, const float * row)
                    {
                      for (std::size_t x = 0; x < box.GetSize(0); ++x, ++index[0])
                      {
                        ASSERT_TRUE(SameBits(row[x], expected->GetPixel(index))) << index;
                      }
                    });
  }
}

TEST(LinearNormalizationErrors, SayHowManyInstancesThereAre)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("Learned for 0 instances, but the image has 1."),
            std::string::npos);
}

TEST(LinearNormalizationErrors, InstancesOfAnotherImageAreRefusedWithItsExtent)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  auto region = image->GetLargestPossibleRegion();
  region.SetSize(2, 2);
  filter->m_Given = GivenMaps<Volume>::PartitionType(region, { false, false, true });
  filter->m_GivenMaps.resize(2);
  EXPECT_NE(MessageOf([&] { filter->Update(); }).find("2 instances does not fit an image of [5, 4, 3]"),
            std::string::npos);
}

TEST(LinearNormalizationOfAVolume, ReadsTheMaskOfABoxThatTheInputHoldsAlone)
{
  const Volume::SizeType size{ { 12, 7, 5 } };
  const auto             image = MakeImage<Volume>(size, [](std::size_t i) { return i; });
  const auto mask = MakeImage<itk::Image<unsigned char, 3>>(size, [](std::size_t i) { return Random(i).Bits() % 2; });
  const auto source = itk::CastImageFilter<Volume, Volume>::New(); // makes the box that is asked for, no more
  source->SetInput(image);
  source->InPlaceOff();
  const auto filter = GivenMaps<Volume>::New();
  filter->SetInput(source->GetOutput());
  filter->SetMaskImage(mask);
  filter->SetOutside(OutsideMask::Zero);
  filter->m_GivenMaps = { { 0.0, 2.0, 1.0 } };
  filter->SetNumberOfWorkUnits(1);
  auto box = image->GetLargestPossibleRegion();
  box.SetIndex(0, box.GetIndex(0) + 3);
  box.SetSize(0, 5);
  filter->GetOutput()->SetRequestedRegion(box);
  filter->Update();
  ASSERT_EQ(source->GetOutput()->GetBufferedRegion(), box);
  itk::ForEachRow(filter->GetOutput(),
                  box,
                  [&](auto index, const float * row)
                  {
                    for (std::size_t x = 0; x < box.GetSize(0); ++x, ++index[0])
                    {
                      ASSERT_EQ(row[x], mask->GetPixel(index) == 0 ? 0.0F : 2.0F * image->GetPixel(index) + 1.0F);
                    }
                  });
}

TEST(LinearNormalizationOfAVolume, OutsideTheMaskZeroIsZeroAlsoForNan)
{
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto  image = MakeImage<Volume>({ { 5, 4, 3 } }, [nan](std::size_t i) { return i % 2 == 0 ? nan : 7.0F; });
  const auto  mask = MakeImage<itk::Image<unsigned char, 3>>({ { 5, 4, 3 } }, [](std::size_t i) { return i < 9; });
  const auto  filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  filter->SetOutside(OutsideMask::Zero);
  filter->m_GivenMaps = { { 5.0, 3.0, 1.0 } };
  filter->Update();
  const auto result = PixelsOf(filter->GetOutput());
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    ASSERT_TRUE(i < 9 && i % 2 == 0 ? std::isnan(result[i]) : result[i] == (i < 9 ? 7.0F : 0.0F)) << i;
  }
}

TEST(LinearNormalizationOfAVolume, WhatIsFiniteStaysFiniteInTheInverse)
{
  const auto image = MakeImage<Volume>({ { 2, 1, 1 } }, [](std::size_t i) { return i == 0 ? 3e38F : -3e38F; });
  const auto filter = GivenMaps<Volume>::New();
  filter->SetInput(image);
  filter->m_GivenMaps = { { 0.0, 1e-3, 0.0 } };
  filter->InverseOn();
  filter->Update();
  const float largest = std::numeric_limits<float>::max();
  EXPECT_EQ(PixelsOf(filter->GetOutput()), (std::vector<float>{ largest, -largest }));
}
} // namespace
