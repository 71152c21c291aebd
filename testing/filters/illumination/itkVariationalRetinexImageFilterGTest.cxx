#include "itkVariationalRetinexImageFilter.h"

#include "itkPoissonRetinexImageFilter.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

#include <omp.h>

namespace
{
using namespace isolux::testing;
using itk::IlluminationAtEdges;

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
auto
FilterOf(const TImage * image, const MaskOf<TImage> * mask = nullptr)
{
  const auto filter = itk::VariationalRetinexImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  filter->SetSmoothness(3.0);
  return filter;
}

template <typename TFilter>
auto
ResultOf(const TFilter & filter)
{
  filter->Update();
  return PixelsOf(filter->GetOutput());
}

constexpr std::size_t Width = 40;
constexpr std::size_t Height = 32;

template <typename TImage>
typename TImage::SizeType
LargeSize()
{
  auto size = SmallSize<TImage>();
  size[0] = Width;
  size[1] = Height;
  return size;
}

double
Column(std::size_t i)
{
  return static_cast<double>(i % Width);
}

double
Row(std::size_t i)
{
  return static_cast<double>(i / Width % Height);
}

double
LogField(std::size_t i)
{
  return 0.3 * std::sin(3.1 * Column(i) / Width) - 0.008 * Row(i);
}

double
Reflectance(std::size_t i)
{
  return Column(i) > 11.0 && Column(i) < 25.0 && Row(i) > 8.0 && Row(i) < 20.0 ? 300.0 : 100.0;
}

double
Intensity(std::size_t i)
{
  return Reflectance(i) * std::exp(LogField(i) + Random(i).Normal(0.0, 0.01));
}

bool
IsInside(std::size_t i)
{
  return Column(i) > 2.0 && Row(i) < 29.0 && Random(i + 77).Bits() % 20 != 0;
}

/** Root mean square, means removed, over voxels for which `counts` holds. */
template <typename TCounts>
double
ErrorOf(const std::vector<float> & result, double scale, TCounts && counts)
{
  double sum = 0.0;
  double squares = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    if (counts(i))
    {
      const double error = scale * result[i] - LogField(i);
      sum += error;
      squares += error * error;
      count += 1.0;
    }
  }
  return std::sqrt(squares / count - sum / count * sum / count);
}

template <typename TImage>
class VariationalRetinex : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<double, 4>>;
TYPED_TEST_SUITE(VariationalRetinex, Images);
} // namespace

TYPED_TEST(VariationalRetinex, RecoversASmoothFieldOnConstantPartsOnABoxAndInAMask)
{
  const auto image = MakeImage<TypeParam>(LargeSize<TypeParam>(), Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(LargeSize<TypeParam>(), IsInside);
  const auto everywhere = [](std::size_t) { return true; };
  const auto smooth = [](const auto & filter)
  {
    filter->SetSmoothness(1.0);
    return filter;
  };
  const auto filter = smooth(FilterOf(image.GetPointer()));
  const auto box = ResultOf(filter);
  const auto masked = ResultOf(smooth(FilterOf(image.GetPointer(), mask.GetPointer())));
  // The bending term flattens the half wave of 28 mm a little, mostly at the border.
  EXPECT_LT(ErrorOf(box, 1.0, everywhere), 0.25 * ErrorOf(box, 0.0, everywhere));
  EXPECT_LT(ErrorOf(masked, 1.0, IsInside), 0.25 * ErrorOf(masked, 0.0, IsInside));
  EXPECT_LT(filter->GetSummary().iterations, filter->GetMaximumNumberOfIterations());
}

TYPED_TEST(VariationalRetinex, AtAStepWithinTheThresholdItIsNearerThanThePoissonSolution)
{
  // The step of log 3 is no edge for this threshold: a mean takes it for illumination, a median less.
  const auto image = MakeImage<TypeParam>(LargeSize<TypeParam>(), Intensity);
  const auto filter = FilterOf(image.GetPointer());
  filter->SetThreshold(2.0);
  const auto poisson = itk::PoissonRetinexImageFilter<TypeParam>::New();
  poisson->SetInput(image);
  poisson->SetThreshold(2.0);
  const auto everywhere = [](std::size_t) { return true; };
  EXPECT_LT(ErrorOf(ResultOf(filter), 1.0, everywhere), 0.5 * ErrorOf(ResultOf(poisson), 1.0, everywhere));
}

TYPED_TEST(VariationalRetinex, TheEnergyEndsBelowThatOfNothingAndOfTheFirstIterate)
{
  const auto image = MakeImage<TypeParam>(LargeSize<TypeParam>(), Intensity);
  for (const auto atEdges : { IlluminationAtEdges::Flat, IlluminationAtEdges::Free })
  {
    const auto filter = FilterOf(image.GetPointer());
    filter->SetAtEdges(atEdges);
    filter->SetMaximumNumberOfIterations(60);
    filter->SetConvergenceThreshold(0.0);
    filter->Update();
    const auto & energies = filter->GetSummary().energies;
    ASSERT_EQ(energies.size(), 60U);
    EXPECT_LT(energies.back(), energies.front());
    // E(0) is the mean of |s| over voxels.
    double nothing = 0.0;
    for (unsigned int axis = 0; axis < TypeParam::ImageDimension; ++axis)
    {
      const auto & size = image->GetLargestPossibleRegion().GetSize();
      std::size_t  stride = 1;
      for (unsigned int lower = 0; lower < axis; ++lower)
      {
        stride *= size[lower];
      }
      const auto voxels = image->GetLargestPossibleRegion().GetNumberOfPixels();
      for (std::size_t i = 0; i < voxels; ++i)
      {
        if (i / stride % size[axis] + 1 < size[axis])
        {
          const double difference = std::abs(std::log(static_cast<double>(image->GetBufferPointer()[i + stride])) -
                                             std::log(static_cast<double>(image->GetBufferPointer()[i])));
          nothing += difference <= filter->GetThreshold()
                       ? difference / image->GetSpacing()[axis] / static_cast<double>(voxels)
                       : 0.0;
        }
      }
    }
    EXPECT_LT(energies.back(), nothing);
  }
}

TYPED_TEST(VariationalRetinex, ASmootherIlluminationIsAskedForInMillimetres)
{
  const auto image = MakeImage<TypeParam>(LargeSize<TypeParam>(), Intensity);
  double     previous = std::numeric_limits<double>::infinity();
  for (const double smoothness : { 1.0, 4.0, 16.0 })
  {
    const auto filter = FilterOf(image.GetPointer());
    filter->SetSmoothness(smoothness);
    filter->Update();
    const double range = filter->GetSummary().maximum - filter->GetSummary().minimum;
    EXPECT_LT(range, 0.95 * previous) << smoothness;
    previous = range;
  }
}

TYPED_TEST(VariationalRetinex, ThresholdZeroWithFlatEdgesLeavesNothingToTheIllumination)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto filter = FilterOf(image.GetPointer());
  filter->SetAtEdges(IlluminationAtEdges::Flat);
  filter->SetThreshold(0.0);
  for (const float value : ResultOf(filter))
  {
    ASSERT_EQ(value, 0.0F);
  }
}

TYPED_TEST(VariationalRetinex, IsInvariantToGain)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto expected = ResultOf(FilterOf(image.GetPointer()));
  for (const double gain : { 8.0, 1e-3 })
  {
    const auto other = MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return gain * Intensity(i); });
    const auto result = ResultOf(FilterOf(other.GetPointer()));
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      ASSERT_NEAR(result[i], expected[i], 1e-4) << gain; // float rounding of logarithms up to 12, some iterations long
    }
  }
}

/** On the box and in the mask. */
template <typename TImage>
void
ExpectSameBitsForAnyNumberOfThreads(const TImage * image, const MaskOf<TImage> * mask, unsigned int iterations)
{
  const int before = omp_get_max_threads();
  for (const auto * given : std::array<const MaskOf<TImage> *, 2>{ { nullptr, mask } })
  {
    std::vector<float> expected;
    for (const int threads : { 1, 2, 5 })
    {
      omp_set_num_threads(threads);
      const auto filter = FilterOf(image, given);
      filter->SetMaximumNumberOfIterations(iterations);
      const auto result = ResultOf(filter);
      expected = expected.empty() ? result : expected;
      EXPECT_TRUE(SameBits(result, expected)) << threads;
    }
  }
  omp_set_num_threads(before);
}

TYPED_TEST(VariationalRetinex, TheSameBitsForAnyNumberOfThreads)
{
  const auto image = MakeImage<TypeParam>(LargeSize<TypeParam>(), Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(LargeSize<TypeParam>(), IsInside);
  ExpectSameBitsForAnyNumberOfThreads(image.GetPointer(), mask.GetPointer(), 4);
}

TEST(VariationalRetinexLarge, TheSameBitsForAnyNumberOfThreadsWhereThreadsShareAPass)
{
  using Image = itk::Image<float, 3>;
  const Image::SizeType size{ { 300, 90, 41 } };
  const auto            image = MakeImage<Image>(size, [](std::size_t i) { return Intensity(i); });
  const auto            mask = MakeImage<MaskOf<Image>>(size, [](std::size_t i) { return i % 300 > 4; });
  ExpectSameBitsForAnyNumberOfThreads(image.GetPointer(), mask.GetPointer(), 2);
}

TEST(VariationalRetinexMask, AMaskWithoutOneCornerGivesWhatTheBoxGives)
{
  // The box is solved exactly, the mask on a grid of half the resolution.
  using Image = itk::Image<float, 3>;
  const Image::SizeType size{ { Width, Height, 10 } };
  const auto            image = MakeImage<Image>(size, Intensity);
  const auto            mask = MakeImage<MaskOf<Image>>(size, [](std::size_t i) { return i > 0; });
  const auto            box = FilterOf(image.GetPointer());
  const auto            masked = FilterOf(image.GetPointer(), mask.GetPointer());
  const auto            expected = ResultOf(box);
  const auto            result = ResultOf(masked);
  EXPECT_EQ(box->GetSummary().cycles, 0U);
  EXPECT_GT(masked->GetSummary().cycles, 0U);
  const double range = box->GetSummary().maximum - box->GetSummary().minimum;
  for (std::size_t i = 1; i < result.size(); ++i)
  {
    ASSERT_NEAR(result[i], expected[i], 0.03 * range); // the coarser grid's error, and the tolerance of 1 %
  }
  EXPECT_NEAR(masked->GetSummary().energies.back(), box->GetSummary().energies.back(), 1e-3 * range);
  EXPECT_LT(masked->GetSummary().energies.back(), masked->GetSummary().energies.front());
}

TEST(VariationalRetinexParameters, WhatIsOutOfBoundsIsRefusedWithItsValue)
{
  using Image = itk::Image<float, 2>;
  const auto image = MakeImage<Image>(SmallSize<Image>(), [](std::size_t) { return 1.0; });
  const auto message = [&](auto && set)
  {
    const auto filter = FilterOf(image.GetPointer());
    set(filter);
    return MessageOf([&] { filter->Update(); });
  };
  EXPECT_NE(
    message([](const auto & filter) { filter->SetThreshold(-0.5); }).find("Threshold must be at least 0, got -0.5"),
    std::string::npos);
  EXPECT_NE(message([](const auto & filter) { filter->SetSmoothness(HUGE_VAL); })
              .find("Smoothness must be in [0, 1e+06] mm, got inf"),
            std::string::npos);
  EXPECT_NE(
    message([](const auto & filter) { filter->SetSmoothness(1e155); }).find("Smoothness must be in [0, 1e+06] mm"),
    std::string::npos);
  EXPECT_NE(message([](const auto & filter) { filter->SetConvergenceThreshold(-1.0); })
              .find("ConvergenceThreshold must be at least 0 and finite, got -1"),
            std::string::npos);
  EXPECT_NE(message([](const auto & filter) { filter->SetMaximumNumberOfIterations(0); })
              .find("MaximumNumberOfIterations must be above 0, got 0"),
            std::string::npos);
}
