#include "itkBandEnergySink.h"

#include "FilterTest.h"

#include "itkBandNormalizationImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::OutsideMask;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
auto
SinkOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = itk::BandEnergySink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->SetScales({ 0.8, 1.6 });
  return sink;
}

template <typename TImage>
std::vector<double>
EnergiesOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto sink = SinkOf(image, mask);
  sink->Update();
  return sink->GetEnergies().Energies();
}

template <typename TImage>
class BandEnergySinkOf : public ::testing::Test
{
protected:
  static typename TImage::SizeType
  Size()
  {
    auto size = SmallSize<TImage>();
    size[0] = 31;
    size[1] = 23;
    return size;
  }
  static double
  Noise(std::size_t i)
  {
    return Random(i).Normal(0.0, 20.0);
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(BandEnergySinkOf, Images);
} // namespace

TYPED_TEST(BandEnergySinkOf, AGainOfTheImageMultipliesThemAndAnOffsetLeavesThem)
{
  const auto image = MakeImage<TypeParam>(this->Size(), this->Noise);
  const auto other = MakeImage<TypeParam>(this->Size(), [&](std::size_t i) { return 50.0 - 3.0 * this->Noise(i); });
  const auto energies = EnergiesOf(image.GetPointer());
  const auto others = EnergiesOf(other.GetPointer());
  EXPECT_EQ(energies.size(), 2U);
  for (std::size_t band = 0; band < energies.size(); ++band)
  {
    EXPECT_NEAR(
      others[band], 3.0 * energies[band], 1e-5 * energies[band]); // float rounding at an offset of 2 deviations
  }
}

TYPED_TEST(BandEnergySinkOf, WhatIsForetoldForTheGainsIsMeasuredOnceTheyAreApplied)
{
  const auto image =
    MakeImage<TypeParam>(this->Size(), [&](std::size_t i) { return i % 29 == 0 ? NaN : 100.0 + this->Noise(i); });
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->Size(), [](std::size_t i) { return i % 31 < 22; });
  const auto sink = SinkOf(image.GetPointer(), mask.GetPointer());
  sink->Update();
  const auto references = sink->GetEnergies().Energies({ 0.3, 0.8 });
  sink->SetReferenceEnergies(references);
  const auto filter = itk::BandNormalizationImageFilter<TypeParam>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  filter->SetOutside(OutsideMask::Keep);
  filter->SetGainsInput(sink->GetGainsOutput());
  filter->Update();
  const auto foretold = sink->GetEnergies().Energies(sink->GetGains().gains);
  const auto measured = EnergiesOf<TypeParam>(filter->GetOutput(), mask.GetPointer());
  for (std::size_t band = 0; band < measured.size(); ++band)
  {
    EXPECT_NEAR(foretold[band], references[band], 1e-6); // what the solver ends at
    EXPECT_NEAR(measured[band], references[band], 1e-4); // float rounding of values of 100
  }
}

TYPED_TEST(BandEnergySinkOf, TheSameBitsForAnyThreadsAndDivisions)
{
  auto size = this->Size();
  size[TypeParam::ImageDimension - 1] = 21;
  const auto image = MakeImage<TypeParam>(size, [&](std::size_t i) { return i % 37 == 0 ? NaN : this->Noise(i); });
  auto       all = typename itk::BandEnergySink<TypeParam>::AxesType();
  all.fill(true);
  for (const auto & axes : { itk::BandEnergySink<TypeParam>::New()->GetAxes(), all })
  {
    const auto expected = SinkOf(image.GetPointer());
    expected->SetAxes(axes);
    expected->SetNumberOfWorkUnits(1);
    expected->Update();
    for (const unsigned int threads : { 1U, 5U })
    {
      for (const unsigned int divisions : { 1U, 4U, 21U })
      {
        const auto sink = SinkOf(image.GetPointer());
        sink->SetAxes(axes);
        sink->SetNumberOfWorkUnits(threads);
        sink->SetNumberOfStreamDivisions(divisions);
        sink->Update();
        EXPECT_TRUE(sink->GetEnergies() == expected->GetEnergies()) << threads << ' ' << divisions;
      }
    }
  }
}

TYPED_TEST(BandEnergySinkOf, AnEdgeOutsideTheMaskAddsNothing)
{
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->Size(), [](std::size_t i) { return i % 31 < 15; });
  const auto flat = MakeImage<TypeParam>(this->Size(), this->Noise);
  const auto edge =
    MakeImage<TypeParam>(this->Size(), [&](std::size_t i) { return i % 31 < 15 ? this->Noise(i) : 1000.0; });
  EXPECT_EQ(EnergiesOf(edge.GetPointer(), mask.GetPointer()), EnergiesOf(flat.GetPointer(), mask.GetPointer()));
  EXPECT_GT(EnergiesOf(edge.GetPointer())[0], 5.0 * EnergiesOf(flat.GetPointer())[0]);
}

TYPED_TEST(BandEnergySinkOf, CountsWhatIsNotFiniteAndAnEmptyMaskGivesZeroAndGainsOfOne)
{
  const auto image = MakeImage<TypeParam>(this->Size(), [&](std::size_t i) { return i < 5 ? NaN : this->Noise(i); });
  const auto sink = SinkOf(image.GetPointer());
  sink->Update();
  EXPECT_EQ(sink->GetEnergies().Skipped(), 5U);
  EXPECT_EQ(sink->GetEnergies().Voxels() + 5, image->GetLargestPossibleRegion().GetNumberOfPixels());
  const auto empty = MakeImage<MaskOf<TypeParam>>(this->Size(), [](std::size_t) { return 0; });
  const auto none = SinkOf(image.GetPointer(), empty.GetPointer());
  none->SetReferenceEnergies({ 4.0, 5.0 });
  none->Update();
  EXPECT_EQ(none->GetEnergies().Voxels(), 0U);
  EXPECT_EQ(none->GetEnergies().Energies(), (std::vector<double>{ 0.0, 0.0 }));
  EXPECT_EQ(none->GetGains().gains, (std::vector<double>{ 1.0, 1.0 }));
}

using Picture = itk::Image<float, 2>;

TEST(BandEnergySinkPicture, WhiteNoiseHasTheEnergyThatTheKernelsDifferenceLetsThrough)
{
  const auto image = MakeImage<Picture>({ { 400, 300 } }, [](std::size_t i) { return Random(i).Normal(7.0, 20.0); });
  const auto sink = SinkOf(image.GetPointer());
  sink->SetScales({ 0.9, 2.0 });
  sink->Update();
  const auto kernel = [&](double sigma)
  {
    const auto         kernels = itk::MaskedGaussian<2>::Kernels(image.GetPointer(), sigma, { true, true });
    std::vector<float> impulse(61 * 61, 0.0F);
    impulse[30 * 61 + 30] = 1.0F;
    const auto threader = itk::MultiThreaderBase::New();
    itk::MaskedGaussian<2>(kernels, { { 61, 61 } }, std::vector<float>(61 * 61, 1.0F), threader).Smooth(impulse);
    return impulse;
  };
  const auto fine = kernel(0.9);
  const auto coarse = kernel(2.0);
  double     first = 0.0;
  double     second = 0.0;
  for (std::size_t i = 0; i < fine.size(); ++i)
  {
    first += std::pow((i == 30 * 61 + 30) - fine[i], 2);
    second += std::pow(fine[i] - coarse[i], 2);
  }
  // A deviation of 120000 voxels: 0.2 %, of the second band, whose voxels hang together, some times that.
  EXPECT_NEAR(sink->GetEnergies().Energies()[0], 20.0 * std::sqrt(first), 0.01 * 20.0 * std::sqrt(first));
  EXPECT_NEAR(sink->GetEnergies().Energies()[1], 20.0 * std::sqrt(second), 0.03 * 20.0 * std::sqrt(second));
}

TEST(BandEnergySinkPicture, RefusesWhatItCannotMeasureAndNamesIt)
{
  const auto image = MakeImage<Picture>({ { 5, 4 } }, [](std::size_t i) { return i; });
  const auto refusal = [&](const std::vector<double> & scales, const std::vector<double> & references, double maximum)
  {
    const auto sink = SinkOf(image.GetPointer());
    sink->SetScales(scales);
    sink->SetReferenceEnergies(references);
    sink->SetMaximumGain(maximum);
    return MessageOf([&] { sink->Update(); });
  };
  EXPECT_EQ(refusal({ 1.0, 0.0 }, { 1.0 }, 1.0), "");
  EXPECT_NE(refusal({}, {}, 2.0).find("Scales must hold at least one"), std::string::npos);
  EXPECT_NE(refusal({ 1.0, -2.0 }, {}, 2.0).find("Scales must be at least 0 and finite, got -2"), std::string::npos);
  EXPECT_NE(refusal({ 1.0 }, { 1.0, 2.0 }, 2.0).find("ReferenceEnergies has 2 numbers for 1 bands"), std::string::npos);
  EXPECT_NE(refusal({ 1.0 }, { -1.0 }, 2.0).find("ReferenceEnergies must be at least 0 and finite, got -1"),
            std::string::npos);
  EXPECT_NE(refusal({ 1.0 }, { std::nan("") }, 2.0).find("ReferenceEnergies must be"), std::string::npos);
  EXPECT_NE(refusal({ 1.0 }, { 1.0 }, 0.5).find("MaximumGain must be at least 1 and finite, got 0.5"),
            std::string::npos);
}
