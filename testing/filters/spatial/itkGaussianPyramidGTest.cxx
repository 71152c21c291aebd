#include "itkGaussianPyramid.h"

#include "MaskedGaussianReference.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{
using namespace isolux::testing;
using itk::GaussianPyramid;
using itk::SmoothField;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

/** Deviation in mm as voxels of the image. */
template <typename TImage>
typename GaussianPyramid<TImage::ImageDimension>::DeviationsType
Voxels(const TImage * image, double sigma)
{
  typename GaussianPyramid<TImage::ImageDimension>::DeviationsType deviations;
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    deviations[axis] = sigma / image->GetSpacing()[axis];
  }
  return deviations;
}

/** Means of the last of `sigmas`, at every voxel; holes of `values` are NaN. Read in `parts`. */
template <typename TImage>
std::vector<double>
Means(const TImage *              image,
      const std::vector<double> & values,
      const std::vector<double> & sigmas,
      unsigned int                threads = 2,
      unsigned int                parts = 1)
{
  using Pyramid = GaussianPyramid<TImage::ImageDimension>;
  const auto threader = itk::MultiThreaderBase::New();
  threader->SetNumberOfWorkUnits(threads);
  std::vector<typename Pyramid::DeviationsType> scales;
  for (const double sigma : sigmas)
  {
    scales.push_back(Voxels(image, sigma));
  }
  const auto region = image->GetLargestPossibleRegion();
  Pyramid    pyramid(region, scales, threader.GetPointer());
  const auto axis = itk::SlowestAxis(region);
  const auto extent = region.GetSize(axis);
  for (unsigned int p = 0; p < parts; ++p)
  {
    auto part = region;
    part.SetIndex(axis, region.GetIndex(axis) + static_cast<itk::IndexValueType>(extent * p / parts));
    part.SetSize(axis, extent * (p + 1) / parts - extent * p / parts);
    pyramid.Add(part,
                [&](const auto & index, std::size_t length, float * to, float * weights)
                {
                  const auto first = itk::OffsetInRegion(region, index);
                  for (std::size_t i = 0; i < length; ++i)
                  {
                    const double value = values[first + i];
                    to[i] = std::isnan(value) ? 0.0F : static_cast<float>(value);
                    weights[i] = std::isnan(value) ? 0.0F : 1.0F;
                  }
                });
  }
  pyramid.Finish();
  const auto nodes = pyramid.Means(sigmas.size() - 1);
  const auto spline =
    pyramid.Interpolate(pyramid.ToFinestGrid(sigmas.size() - 1, std::vector<double>(nodes.begin(), nodes.end())));
  const itk::SmoothFieldRowEvaluator evaluate(spline);
  std::vector<double>                means(values.size());
  const auto                         length = region.GetSize(0);
  for (std::size_t row = 0; row < values.size() / length; ++row)
  {
    evaluate(image->ComputeIndex(static_cast<itk::OffsetValueType>(row * length)),
             region.GetIndex(0),
             length,
             means.data() + row * length);
  }
  return means;
}

template <typename TImage>
std::vector<double>
PixelsAsDoubles(const TImage * image)
{
  const auto pixels = PixelsOf(image);
  return { pixels.begin(), pixels.end() };
}

/** The largest difference where the mask is not a hole. */
double
LargestDifference(const std::vector<double> & a, const std::vector<double> & b, const std::vector<double> & values)
{
  double largest = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    largest = std::isnan(values[i]) ? largest : std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

template <typename TImage>
class GaussianPyramidOf : public ::testing::Test
{
protected:
  /** Large enough for three sizes of grids along x. */
  static typename TImage::SizeType
  Size()
  {
    const std::array<unsigned int, 4> volume{
      { 67, TImage::ImageDimension == 3 ? 11U : 7U, TImage::ImageDimension == 3 ? 5U : 3U, 2 }
    };
    typename TImage::SizeType size;
    for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
    {
      size[axis] = TImage::ImageDimension == 2 ? (axis == 0 ? 67 : 37) : volume[axis];
    }
    return size;
  }

  static bool
  IsHole(std::size_t i)
  {
    const auto x = static_cast<double>(i % 67);
    return (x - 30.0) * (x - 30.0) > 25.0 * 25.0 || Random(i).Uniform(0.0, 1.0) < 0.04;
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(GaussianPyramidOf, Images);
} // namespace

TYPED_TEST(GaussianPyramidOf, LeavesAConstantAsItIsUpToTheBorderAndTheHolesHoweverWide)
{
  const auto          image = MakeImage<TypeParam>(this->Size(), [](std::size_t) { return 0.0; });
  std::vector<double> values;
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    values.push_back(this->IsHole(i) ? NaN : 40.0);
  }
  const std::vector<double> expected(values.size(), 40.0);
  for (const double sigma : { 0.3, 1.0, 3.0, 12.0, 60.0, 1e9 })
  {
    // Quotients of two sums in float, and a spline through them.
    EXPECT_LT(LargestDifference(Means(image.GetPointer(), values, { sigma }), expected, values), 40.0 * 3e-6) << sigma;
  }
}

TYPED_TEST(GaussianPyramidOf, IsWithin5e4OfTheDirectGaussianInNoiseStepsAndTheFinestPatterns)
{
  const auto kinds = { +[](std::size_t i) { return Random(i).Uniform(0.0, 1.0); },
                       +[](std::size_t i) { return i % 67 < 31 ? 1.0 : 0.0; },
                       +[](std::size_t i) { return static_cast<double>((i % 67 / 3 + i / 67 / 2) % 2); },
                       +[](std::size_t i) { return 0.5 + 0.5 * std::sin(2.26 * static_cast<double>(i % 67)); } };
  for (const auto kind : kinds)
  {
    const auto          image = MakeImage<TypeParam>(this->Size(), kind);
    std::vector<double> values;
    for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      values.push_back(this->IsHole(i) ? NaN : image->GetBufferPointer()[i]);
    }
    for (const double sigma : { 0.9, 2.9, 6.0, 14.0 }) // 1.3 to 20 voxels along x
    {
      const auto expected =
        SlowGaussianMean(image.GetPointer(), values, std::vector<double>(TypeParam::ImageDimension, sigma));
      EXPECT_LT(LargestDifference(Means(image.GetPointer(), values, { sigma }), expected, values), 5e-4) << sigma;
    }
  }
}

TYPED_TEST(GaussianPyramidOf, ByWayOfFinerGridsIsTheSameAsAlone)
{
  const auto image = MakeImage<TypeParam>(this->Size(), [](std::size_t i) { return Random(i).Uniform(0.0, 1.0); });
  const auto values = PixelsAsDoubles(image.GetPointer());
  for (const double sigma : { 5.0, 14.0, 40.0 })
  {
    const auto alone = Means(image.GetPointer(), values, { sigma });
    const auto byWay = Means(image.GetPointer(), values, { 0.8, 1.8, sigma });
    EXPECT_LT(LargestDifference(alone, byWay, values), 5e-4) << sigma; // both within half of it of the truth
  }
}

TYPED_TEST(GaussianPyramidOf, HasTheSameBitsForAnyThreadsAndParts)
{
  const auto image = MakeImage<TypeParam>(this->Size(), [](std::size_t i) { return Random(i).Normal(50.0, 20.0); });
  const auto values = PixelsAsDoubles(image.GetPointer());
  for (const double sigma : { 1.0, 9.0 })
  {
    const auto expected = Means(image.GetPointer(), values, { sigma }, 1);
    for (const unsigned int threads : { 1U, 2U, 7U })
    {
      for (const unsigned int parts : { 1U, 2U, 3U })
      {
        EXPECT_TRUE(SameBits(Means(image.GetPointer(), values, { sigma }, threads, parts), expected))
          << sigma << ' ' << threads << ' ' << parts;
      }
    }
  }
}

TYPED_TEST(GaussianPyramidOf, LeavesOutAxesOfOneVoxel)
{
  auto size = this->Size();
  size[0] = 1;
  const auto image = MakeImage<TypeParam>(size, [](std::size_t i) { return Random(i).Uniform(0.0, 1.0); });
  const auto values = PixelsAsDoubles(image.GetPointer());
  const auto expected =
    SlowGaussianMean(image.GetPointer(), values, std::vector<double>(TypeParam::ImageDimension, 5.0));
  EXPECT_LT(LargestDifference(Means(image.GetPointer(), values, { 5.0 }), expected, values), 5e-4);
}

TEST(GaussianPyramid, OfAScaleBeyondTheImageIsTheMeanOfAll)
{
  using Volume = itk::Image<float, 3>;
  const auto image = MakeImage<Volume>({ { 41, 23, 9 } }, [](std::size_t i) { return Random(i).Uniform(1.0, 2.0); });
  const auto values = PixelsAsDoubles(image.GetPointer());
  double     sum = 0.0;
  for (const double value : values)
  {
    sum += value;
  }
  const double mean = sum / static_cast<double>(values.size());
  for (const double value : Means(image.GetPointer(), values, { 2.0, 1e7 }))
  {
    ASSERT_NEAR(value, mean, 1e-4); // of 100 times the extent, as which wider Gaussians count
  }
}

TEST(GaussianPyramid, KeepsANodeForHalfADeviationAlongEachAxis)
{
  using Volume = itk::Image<float, 3>;
  const auto image = MakeImage<Volume>({ { 300, 200, 40 } }, [](std::size_t) { return 0.0; });
  const auto threader = itk::MultiThreaderBase::New();
  const auto factor = [&](double sigma)
  {
    return GaussianPyramid<3>(
             image->GetLargestPossibleRegion(), { Voxels(image.GetPointer(), sigma) }, threader.GetPointer())
      .Factor();
  };
  // Spacing 0.7, 1.1 and 3 mm
  EXPECT_EQ(factor(15.0), (itk::Size<3>{ { 10, 6, 2 } }));
  EXPECT_EQ(factor(2.0), (itk::Size<3>{ { 1, 1, 1 } }));
  EXPECT_EQ(factor(1e6), (itk::Size<3>{ { 300, 200, 40 } }));
}

TEST(AddScaled, HasTheSameBitsWithEveryInstructionSet)
{
  std::vector<float> from;
  for (std::size_t i = 0; i < 137; ++i)
  {
    from.push_back(static_cast<float>(Random(i).Normal(0.0, 30.0)));
  }
  const auto sums = [&](itk::InstructionSet set)
  {
    std::vector<float> to(from.rbegin(), from.rend());
    itk::RunWith<itk::AddScaled>(set, static_cast<const float *>(from.data()), 0.3F, to.data(), to.size());
    return to;
  };
  for (const auto set : { itk::InstructionSet::Avx2, itk::InstructionSet::Avx512 })
  {
    if (set <= itk::BestInstructionSet())
    {
      EXPECT_TRUE(SameBits(sums(set), sums(itk::InstructionSet::Baseline)));
    }
  }
}
