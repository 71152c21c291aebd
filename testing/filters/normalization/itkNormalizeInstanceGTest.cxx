#include "itkNormalizeInstance.h"

#include "FilterTest.h"
#include "Golden.h"

#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using Mask = std::vector<unsigned char>;

constexpr const unsigned char * NoMask = nullptr;

/** Several chunks of the call, and a rest. */
std::vector<float>
Noise(std::size_t count = 300007)
{
  Random             random(2);
  std::vector<float> values(count);
  for (float & value : values)
  {
    value = static_cast<float>(random.Normal(500.0, 80.0));
  }
  return values;
}

template <typename TInput>
std::vector<float>
Normalized(const std::vector<TInput> &           in,
           const unsigned char *                 mask = nullptr,
           const itk::NormalizeInstanceOptions & options = {},
           int                                   threads = 2)
{
  std::vector<float> out(in.size());
  itk::NormalizeInstance(in.data(), out.data(), in.size(), mask, options, threads);
  return out;
}

TEST(NormalizeInstance, GivesMeanZeroAndDeviationOne)
{
  const auto             out = Normalized(Noise(), nullptr, { 0.0 });
  itk::MomentAccumulator moments;
  moments.Add(out.data(), NoMask, out.size());
  // Each output is rounded at 6e-8 times its size, in either direction.
  EXPECT_NEAR(moments.Mean(), 0.0, 1e-8);
  EXPECT_NEAR(std::sqrt(moments.Variance()), 1.0, 1e-7);
}

TEST(NormalizeInstance, HasTheSameBitsForAnyNumberOfThreads)
{
  const auto in = Noise();
  Mask       mask(in.size());
  for (std::size_t i = 0; i < mask.size(); ++i)
  {
    mask[i] = Random(i).Bits() % 3 != 0;
  }
  for (const unsigned char * given : std::array<const unsigned char *, 2>{ nullptr, mask.data() })
  {
    const auto expected = Normalized(in, given, {}, 1);
    for (const int threads : { 0, 2, 3, 7 }) // less than one is one
    {
      EXPECT_TRUE(SameBits(Normalized(in, given, {}, threads), expected)) << threads;
    }
  }
}

TEST(NormalizeInstance, HasTheSameBitsInPlace)
{
  for (const std::size_t count :
       { std::size_t{ 1003 }, std::size_t{ 4200001 } }) // the latter is streamed if not in place
  {
    const auto in = Noise(count);
    auto       inPlace = in;
    itk::NormalizeInstance(inPlace.data(), inPlace.data(), count, NoMask, {}, 2);
    EXPECT_TRUE(SameBits(inPlace, Normalized(in)));
  }
}

TEST(NormalizeInstance, IsWhatTheFilterDoes)
{
  using Volume = itk::Image<float, 3>;
  using MaskImage = itk::Image<unsigned char, 3>;
  const Volume::SizeType size{ { 64, 64, 33 } }; // a slice is one block: the sums are the same to the last bit
  const auto             values = Noise();
  const auto             image = MakeImage<Volume>(size, [&](std::size_t i) { return values[i]; });
  const auto             mask = MakeImage<MaskImage>(size, [](std::size_t i) { return i % 5 != 0; });
  for (const bool isMasked : { false, true })
  {
    const auto sink = itk::InstanceMomentsSink<Volume>::New();
    sink->SetInput(image);
    sink->SetMaskImage(isMasked ? mask.GetPointer() : nullptr);
    const auto filter = itk::InstanceNormalizationImageFilter<Volume>::New();
    filter->SetInput(image);
    filter->SetMomentsInput(sink->GetMomentsOutput());
    filter->SetGamma(2.0);
    filter->SetBeta(-1.0);
    filter->Update();
    const auto out = Normalized(
      PixelsOf(image.GetPointer()), isMasked ? mask->GetBufferPointer() : nullptr, { filter->GetEpsilon(), 2.0, -1.0 });
    EXPECT_TRUE(SameBits(PixelsOf(filter->GetOutput()), out));
  }
}

TEST(NormalizeInstance, IsInvariantToAnAffineChangeOfTheInput)
{
  const auto in = Noise(5000);
  auto       changed = in;
  for (float & value : changed)
  {
    value = 4.0F * value - 256.0F; // exact, but for the lowest bit of few
  }
  const auto a = Normalized(in, nullptr, { 0.0 });
  const auto b = Normalized(changed, nullptr, { 0.0 });
  for (std::size_t i = 0; i < in.size(); ++i)
  {
    ASSERT_NEAR(a[i], b[i], 2e-6); // a lowest bit of 2000 is 1e-4, of deviation 320
  }
}

TEST(NormalizeInstance, TakesTheMomentsOfTheMaskAndMapsEverything)
{
  const std::vector<short> in{ 1, 100, 3, -50 };
  const Mask               mask{ 1, 0, 9, 0 };
  std::vector<float>       out(in.size());
  const auto               moments = itk::NormalizeInstance(in.data(), out.data(), in.size(), mask.data(), { 0.0 }, 2);
  EXPECT_EQ(moments, (itk::MeanAndVariance{ 2.0, 1.0, 2 }));
  EXPECT_EQ(out, (std::vector<float>{ -1.0F, 98.0F, 1.0F, -52.0F }));
}

TEST(NormalizeInstance, PassesWhatIsNotFinite)
{
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float     nan = std::nanf("");
  const auto      out = Normalized(std::vector<float>{ 1.0F, nan, 3.0F, infinity, -infinity }, nullptr, { 0.0 });
  const std::vector<float> expected{ -1.0F, nan, 1.0F, infinity, -infinity };
  EXPECT_TRUE(SameBits(out, expected));
}

TEST(NormalizeInstance, GivesBetaForAConstantOneVoxelAndAnEmptyMask)
{
  const itk::NormalizeInstanceOptions options{ 1e-5, 1.0, 4.0 };
  EXPECT_EQ(Normalized(std::vector<float>(5000, 0.1F), nullptr, options), std::vector<float>(5000, 4.0F));
  EXPECT_EQ(Normalized(std::vector<float>{ 7.0F }, nullptr, options), std::vector<float>{ 4.0F });
  const Mask none(5000, 0);
  EXPECT_EQ(Normalized(Noise(5000), none.data(), options), std::vector<float>(5000, 4.0F));
  std::vector<float> out(5000);
  const auto         in = Noise(5000);
  const auto         moments = itk::NormalizeInstance(in.data(), out.data(), in.size(), none.data(), options, 2);
  EXPECT_EQ(moments.count, 0u);
  EXPECT_TRUE(std::isnan(moments.mean));
  EXPECT_TRUE(std::isnan(itk::NormalizeInstance(in.data(), out.data(), 0, NoMask, options, 2).mean));
}

TEST(NormalizeInstance, NormalizesTorchsLargeOffsetToSixDigits)
{
  const auto          golden = GoldenCase("large_offset"); // mean 1e6, deviation 1e-3
  const auto          input = GoldenData(golden, "input");
  const auto          expected = GoldenData(golden, "output");
  std::vector<double> out(input.size());
  itk::NormalizeInstance(input.data(), out.data(), input.size(), NoMask, { 0.0 }, 2);
  for (std::size_t i = 0; i < input.size(); ++i)
  {
    // 1e-6 relative, and 2e-7 for outputs near 0: torch's mean of 1e6 carries a rounding of 1e-10, 1e-7 deviations.
    ASSERT_NEAR(out[i], expected[i], 2e-7 + 1e-6 * std::abs(expected[i])) << i;
  }
}
} // namespace
