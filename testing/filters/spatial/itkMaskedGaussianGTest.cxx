#include "itkMaskedGaussian.h"

#include "MaskedGaussianReference.h"

#include "itkImageRegionConstIteratorWithIndex.h"

#include <gtest/gtest.h>

#include <numeric>

namespace
{
using namespace isolux::testing;
using itk::DiscreteGaussian;
using itk::MaskedGaussian;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

itk::MultiThreaderBase::Pointer
Threads(unsigned int count)
{
  auto threader = itk::MultiThreaderBase::New();
  threader->SetNumberOfWorkUnits(count);
  return threader;
}

template <typename TImage>
using Gaussian = MaskedGaussian<TImage::ImageDimension>;

template <typename TImage>
typename Gaussian<TImage>::AxesType
AllAxes()
{
  typename Gaussian<TImage>::AxesType axes;
  axes.fill(true);
  return axes;
}

/** Of the part `region` of the image, as a filter would: gathered, smoothed, holes included. */
template <typename TImage>
std::vector<float>
Smoothed(const TImage *                                            image,
         const itk::Image<unsigned char, TImage::ImageDimension> * mask,
         const typename TImage::RegionType &                       region,
         double                                                    sigma,
         const typename Gaussian<TImage>::AxesType &               axes = AllAxes<TImage>(),
         unsigned int                                              threads = 2)
{
  const auto         threader = Threads(threads);
  std::vector<float> values;
  std::vector<float> weights;
  itk::GatherToSmooth(image, mask, region, 0.0, 1.0, values, weights, threader.GetPointer());
  const Gaussian<TImage> gaussian(
    Gaussian<TImage>::Kernels(image, sigma, axes), region.GetSize(), weights, threader.GetPointer());
  gaussian.Smooth(values);
  return values;
}

template <typename TImage>
class MaskedGaussianOf : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(MaskedGaussianOf, Images);
} // namespace

TEST(DiscreteGaussianWeights, AddUpToOneAndHaveTheVarianceAskedForHoweverNarrow)
{
  for (const double sigma : { 0.05, 0.2, 0.5, 1.0, 3.7, 40.0 })
  {
    const auto weights = DiscreteGaussian(sigma, static_cast<std::size_t>(9.0 * sigma) + 3);
    double     sum = weights[0];
    double     variance = 0.0;
    for (std::size_t n = 1; n < weights.size(); ++n)
    {
      sum += 2.0 * weights[n];
      variance += 2.0 * static_cast<double>(n * n) * weights[n];
    }
    EXPECT_NEAR(sum, 1.0, 1e-6) << sigma; // each weight is rounded to float
    EXPECT_NEAR(variance / (sigma * sigma), 1.0, 1e-6) << sigma;
  }
}

TEST(DiscreteGaussianWeights, OfTwoWidthsCombineToOne)
{
  const auto at = [](const std::vector<float> & kernel, std::int64_t n) {
    return static_cast<std::size_t>(std::abs(n)) < kernel.size() ? kernel[static_cast<std::size_t>(std::abs(n))] : 0.0;
  };
  const auto first = DiscreteGaussian(0.9, 20);
  const auto second = DiscreteGaussian(1.2, 20);
  const auto both = DiscreteGaussian(1.5, 20);
  for (std::int64_t n = 0; n < 15; ++n)
  {
    double sum = 0.0;
    for (std::int64_t k = -20; k <= 20; ++k)
    {
      sum += at(first, k) * at(second, n - k);
    }
    EXPECT_NEAR(sum, at(both, n), 1e-7) << n; // float rounding of weights up to 0.4
  }
}

TEST(SymmetricSum, HasTheSameBitsWithEveryInstructionSet)
{
  std::vector<float> row;
  for (std::size_t i = 0; i < 300; ++i)
  {
    row.push_back(static_cast<float>(Random(i).Normal(100.0, 30.0)));
  }
  const auto kernel = DiscreteGaussian(3.0, 12);
  const auto sums = [&](itk::InstructionSet set)
  {
    std::vector<float> result(173);
    itk::RunWith<itk::SymmetricSum>(
      set, row.data() + 60, std::size_t{ 5 }, kernel.data(), std::size_t{ 12 }, result.data(), result.size());
    return result;
  };
  const auto expected = sums(itk::InstructionSet::Baseline);
  EXPECT_NEAR(expected[0], 100.0, 30.0);
  for (const auto set : { itk::InstructionSet::Avx2, itk::InstructionSet::Avx512 })
  {
    if (set <= itk::BestInstructionSet())
    {
      EXPECT_TRUE(SameBits(sums(set), expected));
    }
  }
}

TYPED_TEST(MaskedGaussianOf, MatchesTheDefinitionWithHolesOfAllKinds)
{
  const auto image = MakeImage<TypeParam>(
    SmallSize<TypeParam>(),
    [](std::size_t i) {
      return i % 13 == 5 ? NaN : i % 17 == 3 ? std::numeric_limits<double>::infinity() : Random(i).Normal(10.0, 5.0);
    });
  const auto mask = MakeImage<itk::Image<unsigned char, TypeParam::ImageDimension>>(
    SmallSize<TypeParam>(), [](std::size_t i) { return i % 5 < 3; });
  std::vector<double> values;
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const double value = image->GetBufferPointer()[i];
    values.push_back(std::isfinite(value) && i % 5 < 3 ? value : NaN);
  }
  for (const double sigma : { 0.3, 1.4, 12.0 }) // below a voxel, between the spacings, beyond the image
  {
    const auto expected =
      SlowGaussianMean(image.GetPointer(), values, std::vector<double>(TypeParam::ImageDimension, sigma));
    const auto actual = Smoothed(image.GetPointer(), mask.GetPointer(), image->GetLargestPossibleRegion(), sigma);
    for (std::size_t i = 0; i < actual.size(); ++i)
    {
      // Rounding of some hundred float additions of values below 30; where no voxel is in reach the mean is 0.
      ASSERT_NEAR(actual[i], std::isnan(expected[i]) ? 0.0 : expected[i], 3e-5) << sigma << ' ' << i;
    }
  }
}

TYPED_TEST(MaskedGaussianOf, LeavesAConstantAsItIsUpToTheBorderAndTheHoles)
{
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i % 7 == 0 ? NaN : 40.0; });
  for (const float value : Smoothed<TypeParam>(image, nullptr, image->GetLargestPossibleRegion(), 2.0))
  {
    ASSERT_NEAR(value, 40.0, 40.0 * 5e-7); // a quotient of two sums in float
  }
}

TYPED_TEST(MaskedGaussianOf, HasTheSameBitsInEveryPartWithItsRimAndForAnyNumberOfThreads)
{
  auto size = SmallSize<TypeParam>();
  size[0] = 83; // more than one run of lanes, and a rest
  const auto image =
    MakeImage<TypeParam>(size, [](std::size_t i) { return i % 11 == 0 ? NaN : Random(i).Normal(-3.0, 100.0); });
  const auto whole = image->GetLargestPossibleRegion();
  auto       axes = AllAxes<TypeParam>();
  axes[TypeParam::ImageDimension - 1] = TypeParam::ImageDimension == 2;
  constexpr double sigma = 0.8;
  const auto       expected = Smoothed<TypeParam>(image, nullptr, whole, sigma, axes, 1);
  const auto       radius = Gaussian<TypeParam>::Radius(Gaussian<TypeParam>::Kernels(image.GetPointer(), sigma, axes));
  auto             part = whole;
  for (unsigned int axis = 0; axis < TypeParam::ImageDimension; ++axis)
  {
    part.SetIndex(axis, whole.GetIndex(axis) + static_cast<itk::IndexValueType>(size[axis] / 3));
    part.SetSize(axis, size[axis] - size[axis] / 3 - 1);
  }
  auto padded = part;
  padded.PadByRadius(radius);
  padded.Crop(whole);
  EXPECT_NE(padded, whole);
  for (const unsigned int threads : { 1U, 2U, 7U })
  {
    EXPECT_TRUE(SameBits(Smoothed<TypeParam>(image, nullptr, whole, sigma, axes, threads), expected));
    const auto actual = Smoothed<TypeParam>(image, nullptr, padded, sigma, axes, threads);
    for (itk::ImageRegionConstIteratorWithIndex<TypeParam> it(image, part); !it.IsAtEnd(); ++it)
    {
      const float a = actual[itk::OffsetInRegion(padded, it.GetIndex())];
      const float b = expected[itk::OffsetInRegion(whole, it.GetIndex())];
      ASSERT_TRUE(SameBits(a, b)) << it.GetIndex();
    }
  }
}

TYPED_TEST(MaskedGaussianOf, LeavesOutAxesThatAreNotAskedForOrHaveOneVoxel)
{
  auto size = SmallSize<TypeParam>();
  size[0] = 1;
  const auto image = MakeImage<TypeParam>(size, [](std::size_t i) { return i; });
  auto       axes = AllAxes<TypeParam>();
  for (auto & axis : axes)
  {
    axis = false;
  }
  axes[0] = true;
  const auto kernels = Gaussian<TypeParam>::Kernels(image.GetPointer(), 5.0, axes);
  for (const auto & kernel : kernels)
  {
    EXPECT_TRUE(kernel.empty());
  }
  const auto values = Smoothed<TypeParam>(image, nullptr, image->GetLargestPossibleRegion(), 5.0, axes);
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    ASSERT_EQ(values[i], static_cast<float>(i));
  }
}

TEST(MaskedGaussianKernels, AreMeasuredInMillimetresAndEndAtFourDeviations)
{
  const auto image = itk::Image<float, 3>::New();
  image->SetRegions(itk::Size<3>{ { 200, 100, 40 } });
  const double spacing[] = { 0.5, 1.0, 4.0 };
  image->SetSpacing(spacing);
  const auto radius = [&](double sigma) {
    return MaskedGaussian<3>::Radius(MaskedGaussian<3>::Kernels(image.GetPointer(), sigma, { true, true, true }));
  };
  EXPECT_EQ(radius(3.0), (itk::Size<3>{ { 24, 12, 3 } }));
  EXPECT_EQ(radius(1e9), (itk::Size<3>{ { 199, 99, 39 } })); // no farther than the image
  EXPECT_EQ(radius(0.0), (itk::Size<3>{ { 0, 0, 0 } }));
}

TEST(PiecesToSmooth, CoverARegionOnceAndCutItOnlyWhereItIsNotSmoothed)
{
  const itk::ImageRegion<3> region({ { 3, -4, 7 } }, { { 10, 20, 33 } });
  const auto                pieces = itk::PiecesToSmooth(region, itk::Size<3>{ { 4, 4, 0 } }, 1000);
  EXPECT_EQ(pieces.size(), 7U);
  itk::IndexValueType next = 7;
  for (const auto & piece : pieces)
  {
    EXPECT_EQ(piece.GetIndex(2), next);
    EXPECT_EQ(piece.GetSize(0) * piece.GetSize(1), 200U);
    next += static_cast<itk::IndexValueType>(piece.GetSize(2));
  }
  EXPECT_EQ(next, 40);
  EXPECT_EQ(itk::PiecesToSmooth(region, itk::Size<3>{ { 0, 0, 1 } }, 1000), std::vector<itk::ImageRegion<3>>{ region });
}

TEST(GatherToSmooth, ScalesInDoubleAndMakesHolesOfWhatSumsOfFloatCannotHold)
{
  using Image = itk::Image<double, 2>;
  const double       values[] = { 1e9 + 1.0, 1e9 - 1.0, NaN, 1e300 };
  const auto         image = MakeImage<Image>({ { 4, 1 } }, [&](std::size_t i) { return values[i]; });
  std::vector<float> gathered;
  std::vector<float> weights;
  itk::GatherToSmooth(image.GetPointer(),
                      static_cast<const itk::Image<unsigned char, 2> *>(nullptr),
                      image->GetLargestPossibleRegion(),
                      1e9,
                      0.5,
                      gathered,
                      weights,
                      Threads(2).GetPointer());
  EXPECT_EQ(gathered, (std::vector<float>{ 0.5F, -0.5F, 0.0F, 0.0F }));
  EXPECT_EQ(weights, (std::vector<float>{ 1.0F, 1.0F, 0.0F, 0.0F }));
}
