#include "itkPoissonRetinexImageFilter.h"

#include "PoissonReference.h"

#include "itkMultiThreaderBase.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <sstream>

namespace
{
using namespace isolux::testing;
using itk::RetinexEdges;

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
auto
FilterOf(const TImage * image, double threshold, const MaskOf<TImage> * mask = nullptr)
{
  const auto filter = itk::PoissonRetinexImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetMaskImage(mask);
  filter->SetThreshold(threshold);
  return filter;
}

template <typename TFilter>
auto
ResultOf(const TFilter & filter)
{
  filter->Update();
  return PixelsOf(filter->GetOutput());
}

template <typename TImage>
itk::PoissonGrid
GridOf(const TImage * image)
{
  itk::PoissonGrid grid;
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    grid.size[axis] = image->GetLargestPossibleRegion().GetSize(axis);
    grid.weight[axis] = 1.0 / (image->GetSpacing()[axis] * image->GetSpacing()[axis]);
  }
  return grid;
}

template <typename TImage>
class PoissonRetinex : public ::testing::Test
{
protected:
  static double
  Intensity(std::size_t i)
  {
    return 100.0 * std::exp(0.2 * Random(i).Uniform(-1.0, 1.0)) * (i % 7 < 3 ? 1.0 : 2.0);
  }

  static bool
  IsInside(std::size_t i)
  {
    return Random(i + 77).Bits() % 10 < 8;
  }

  /** The log illumination by the equation's definition and Gaussian elimination. With Gradient, `inside` must be that
   * of voxels that have a logarithm. */
  static std::vector<double>
  Expected(const TImage * image, const std::vector<unsigned char> & inside, double threshold, RetinexEdges edges)
  {
    const auto          grid = GridOf(image);
    const auto          pixels = PixelsOf(image);
    const bool          isGradient = edges == RetinexEdges::Gradient;
    double              finest = 0.0;
    std::vector<double> source(pixels.size(), 0.0);
    for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
    {
      finest = std::max(finest, grid.weight[axis]);
      for (std::size_t i = 0; i < pixels.size(); ++i)
      {
        const auto to = i + grid.Stride(axis);
        if (i / grid.Stride(axis) % grid.size[axis] + 1 == grid.size[axis] || inside[i] == 0 || inside[to] == 0 ||
            !(pixels[i] > 0.0) || !(pixels[to] > 0.0))
        {
          continue;
        }
        const double difference = std::log(static_cast<double>(pixels[to])) - std::log(static_cast<double>(pixels[i]));
        if (!isGradient || std::abs(difference) <= threshold)
        {
          source[i] -= grid.weight[axis] * difference;
          source[to] += grid.weight[axis] * difference;
        }
      }
    }
    for (double & value : source)
    {
      value = isGradient || std::abs(value) / finest <= threshold ? value : 0.0;
    }
    return SolveDense(grid, inside, source);
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<double, 4>>;
TYPED_TEST_SUITE(PoissonRetinex, Images);
} // namespace

TYPED_TEST(PoissonRetinex, IsTheDirectSolutionOfItsEquationOnABoxAndInAMask)
{
  auto size = SmallSize<TypeParam>();
  for (unsigned int axis = 2; axis < TypeParam::ImageDimension; ++axis)
  {
    size[axis] = axis == 2 ? 3 : 2; // the direct solution takes the cube of the number of voxels
  }
  const auto image = MakeImage<TypeParam>(size, [&](std::size_t i) { return i % 29 == 5 ? -3.0 : this->Intensity(i); });
  const auto mask = MakeImage<MaskOf<TypeParam>>(size, this->IsInside);
  for (const auto edges : { RetinexEdges::Gradient, RetinexEdges::Laplacian })
  {
    for (const bool isMasked : { false, true })
    {
      SCOPED_TRACE(std::string(isMasked ? "mask" : "box") + (edges == RetinexEdges::Gradient ? "" : " laplacian"));
      const auto filter = FilterOf(image.GetPointer(), 0.3, isMasked ? mask.GetPointer() : nullptr);
      filter->SetEdges(edges);
      const auto                 result = ResultOf(filter);
      std::vector<unsigned char> inside(result.size(), 1);
      if (isMasked)
      {
        inside = PixelsOf(mask.GetPointer());
      }
      for (std::size_t i = 0; i < result.size(); ++i)
      {
        inside[i] = edges == RetinexEdges::Gradient && i % 29 == 5 ? 0 : inside[i];
      }
      const auto          expected = this->Expected(image.GetPointer(), inside, 0.3, edges);
      std::vector<double> found(result.begin(), result.end());
      RemoveMeans(ComponentsOf(GridOf(image.GetPointer()), inside), found);
      double range = 0.0;
      for (std::size_t i = 0; i < result.size(); ++i)
      {
        if (inside[i] != 0)
        {
          ASSERT_NEAR(found[i], expected[i], 2e-3) << i; // the tolerance, with holes 3e-4 of the gradient
          range = std::max(range, std::abs(expected[i]));
        }
      }
      EXPECT_GT(range, 0.05);
    }
  }
}

TYPED_TEST(PoissonRetinex, ThresholdZeroLeavesNothingToTheIllumination)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), this->IsInside);
  for (const auto * given : std::array<const MaskOf<TypeParam> *, 2>{ { nullptr, mask.GetPointer() } })
  {
    for (const float value : ResultOf(FilterOf(image.GetPointer(), 0.0, given)))
    {
      ASSERT_EQ(value, 0.0F);
    }
  }
}

TYPED_TEST(PoissonRetinex, AnInfiniteThresholdLeavesTheMeanToTheReflectance)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto pixels = PixelsOf(image.GetPointer());
  double     mean = 0.0;
  for (const auto pixel : pixels)
  {
    mean += std::log(static_cast<double>(pixel)) / static_cast<double>(pixels.size());
  }
  const auto result = ResultOf(FilterOf(image.GetPointer(), HUGE_VAL));
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    ASSERT_NEAR(std::log(static_cast<double>(pixels[i])) - result[i], mean, 2e-5); // float rounding and the solver's
  }
}

TYPED_TEST(PoissonRetinex, RecoversARampThatIsMultipliedOntoConstantParts)
{
  auto size = SmallSize<TypeParam>();
  size[0] = 48;
  size[1] = 40;
  // A bright box in the middle: most of the ramp goes around it.
  const auto ramp = [&](std::size_t i)
  { return 0.01 * static_cast<double>(i % 48) - 0.006 * static_cast<double>(i / 48 % 40); };
  const auto isBright = [](std::size_t i)
  { return i % 48 > 12 && i % 48 < 30 && i / 48 % 40 > 10 && i / 48 % 40 < 25; };
  const auto image =
    MakeImage<TypeParam>(size, [&](std::size_t i) { return (isBright(i) ? 300.0 : 100.0) * std::exp(ramp(i)); });
  const auto result = ResultOf(FilterOf(image.GetPointer(), 0.1));
  double     mean = 0.0;
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    mean += ramp(i) / static_cast<double>(result.size());
  }
  double squares = 0.0;
  double before = 0.0;
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    squares += std::pow(result[i] - (ramp(i) - mean), 2) / static_cast<double>(result.size());
    before += std::pow(ramp(i) - mean, 2) / static_cast<double>(result.size());
  }
  // Along the box's edges the ramp's own step is lost: one of 18 steps across it.
  EXPECT_LT(std::sqrt(squares), 0.05 * std::sqrt(before));
}

TYPED_TEST(PoissonRetinex, HolesSayNothingAndWhatTheyEncloseKeepsItsLevel)
{
  // A block without logarithms, and around another place a closed shell of them: a ramp goes on through both.
  auto size = SmallSize<TypeParam>();
  size[0] = 64;
  size[1] = 48;
  const auto ramp = [](std::size_t i) { return 0.02 * static_cast<double>(i % 64); };
  const auto distance = [&](std::size_t i, double x0, double y0)
  {
    const double x = std::abs(static_cast<double>(i % 64) - x0);
    return std::max(x, std::abs(static_cast<double>(i / 64 % 48) - y0));
  };
  const auto isHole = [&](std::size_t i)
  { return distance(i, 15.5, 20.5) < 4.0 || std::abs(distance(i, 43.5, 25.5) - 5.0) < 1.0; };
  using Real = itk::Image<float, TypeParam::ImageDimension>;
  const auto image = MakeImage<Real>(size, [&](std::size_t i) { return isHole(i) ? 0.0 : 100.0 * std::exp(ramp(i)); });
  const auto mask = MakeImage<MaskOf<Real>>(size, [&](std::size_t i) { return i % 64 > 0; });
  for (const auto * given : std::array<const MaskOf<Real> *, 2>{ { nullptr, mask.GetPointer() } })
  {
    const auto filter = FilterOf(image.GetPointer(), 0.1, given);
    const auto result = ResultOf(filter);
    EXPECT_TRUE(filter->GetSummary().isConverged);
    double mean = 0.0;
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      mean += (result[i] - ramp(i)) / static_cast<double>(result.size());
    }
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      if (given == nullptr || i % 64 > 0)
      {
        // What a shell encloses is tied to nothing, and lies within the shell's own ramp of 0.24.
        ASSERT_NEAR(result[i] - ramp(i), mean, distance(i, 43.5, 25.5) < 6.0 ? 0.03 : 2e-3) << i;
      }
    }
  }
}

TYPED_TEST(PoissonRetinex, IsInvariantToGain)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto expected = ResultOf(FilterOf(image.GetPointer(), 0.15));
  for (const double gain : { 8.0, 1e-3, 1234.5 })
  {
    const auto other =
      MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return gain * this->Intensity(i); });
    const auto result = ResultOf(FilterOf(other.GetPointer(), 0.15));
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      ASSERT_NEAR(result[i], expected[i], 1e-5) << gain; // float rounding of logarithms up to 12
    }
  }
}

TYPED_TEST(PoissonRetinex, TheSameBitsForAnyNumberOfThreads)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(SmallSize<TypeParam>(), this->IsInside);
  const int  before = omp_get_max_threads();
  for (const auto * given : std::array<const MaskOf<TypeParam> *, 2>{ { nullptr, mask.GetPointer() } })
  {
    std::vector<float> expected;
    for (const int threads : { 1, 2, 5 })
    {
      omp_set_num_threads(threads);
      const auto result = ResultOf(FilterOf(image.GetPointer(), 0.15, given));
      expected = expected.empty() ? result : expected;
      EXPECT_TRUE(SameBits(result, expected)) << threads;
    }
  }
  omp_set_num_threads(before);
}

TEST(PoissonRetinexSummary, SaysWhereMultigridDidNotConverge)
{
  itk::LogIlluminationSummary summary;
  summary.Add({ 7, 1e-6 }, 1e-5);
  std::ostringstream converged;
  converged << summary;
  EXPECT_EQ(converged.str().find("not converged"), std::string::npos);
  summary.Add({ 100, 0.02 }, 1e-5);
  std::ostringstream notConverged;
  notConverged << summary;
  EXPECT_NE(notConverged.str().find("not converged: a residual of 0.02 is left after 100 cycles"), std::string::npos);
  EXPECT_FALSE(summary.isConverged);
  EXPECT_EQ(summary.reduction, 0.02);
}

/** A filter that no one has asked for its image yet has an empty requested region. */
TYPED_TEST(PoissonRetinex, TheSummaryCanBeAskedForAlone)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Intensity);
  const auto expected = ResultOf(FilterOf(image.GetPointer(), 0.15));
  const auto filter = FilterOf(image.GetPointer(), 0.15);
  filter->GetSummaryOutput()->Update();
  EXPECT_TRUE(SameBits(PixelsOf(filter->GetOutput()), expected));
}

TEST(PoissonRetinexParameters, AThresholdBelowZeroIsRefusedWithItsValue)
{
  using Image = itk::Image<float, 2>;
  const auto image = MakeImage<Image>(SmallSize<Image>(), [](std::size_t) { return 1.0; });
  for (const double threshold : { -0.5, std::numeric_limits<double>::quiet_NaN() })
  {
    const auto message = MessageOf([&] { FilterOf(image.GetPointer(), threshold)->Update(); });
    EXPECT_NE(message.find("Threshold must be at least 0, got"), std::string::npos) << message;
  }
}
