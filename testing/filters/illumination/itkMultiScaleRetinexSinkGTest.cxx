#include "itkMultiScaleRetinexSink.h"

#include "itkIlluminationCorrectionImageFilter.h"
#include "itkLogReflectanceImageFilter.h"

#include "MaskedGaussianReference.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkCastImageFilter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace
{
using namespace isolux::testing;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;

template <typename TImage>
auto
SinkOf(const TImage * image, const MaskOf<TImage> * mask, const std::vector<double> & scales)
{
  const auto sink = itk::MultiScaleRetinexSink<TImage>::New();
  sink->SetInput(image);
  sink->SetMaskImage(mask);
  sink->SetScales(scales);
  return sink;
}

/** Log of the field at every voxel. */
template <typename TImage, typename TSink>
std::vector<double>
LogFieldOf(const TImage * image, const TSink & sink)
{
  sink->Update();
  const itk::SmoothFieldRowEvaluator evaluate(sink->GetField());
  const auto                         region = image->GetLargestPossibleRegion();
  const auto                         length = region.GetSize(0);
  std::vector<double>                field(region.GetNumberOfPixels());
  for (std::size_t row = 0; row < field.size() / length; ++row)
  {
    evaluate(image->ComputeIndex(static_cast<itk::OffsetValueType>(row * length)),
             region.GetIndex(0),
             length,
             field.data() + row * length);
  }
  return field;
}

/** The classical multi-scale Retinex, by the chain of filters. */
template <typename TImage>
std::vector<typename TImage::PixelType>
Retinex(const TImage * image, const MaskOf<TImage> * mask, const std::vector<double> & scales)
{
  const auto sink = SinkOf(image, mask, scales);
  sink->NormalizeOff();
  const auto quotient = itk::IlluminationCorrectionImageFilter<TImage>::New();
  quotient->SetInput(image);
  quotient->SetFieldInput(sink->GetFieldOutput());
  const auto log = itk::LogReflectanceImageFilter<TImage>::New();
  log->SetInput(quotient->GetOutput());
  log->Update();
  return PixelsOf(log->GetOutput());
}

template <typename TImage>
class MultiScaleRetinex : public ::testing::Test
{
protected:
  static typename TImage::SizeType
  Size()
  {
    const std::array<unsigned int, 4> extents{ { 47, TImage::ImageDimension == 2 ? 31U : 11U, 5, 2 } };
    typename TImage::SizeType         size;
    for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
    {
      size[axis] = extents[axis];
    }
    return size;
  }

  static double
  Intensity(std::size_t i)
  {
    return Random(i).Uniform(50.0, 150.0) * (i % 47 < 20 ? 1.0 : 3.0);
  }

  static bool
  IsInside(std::size_t i)
  {
    return i % 47 > 5 && i % 47 < 40 && i / 47 % 11 > 1;
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(MultiScaleRetinex, Images);
} // namespace

TYPED_TEST(MultiScaleRetinex, OfAConstantObjectIsZeroUpToTheBorderOfTheMaskAndOfTheImage)
{
  // An object in air: without the mask's holes its rim would seem brighter than its surround.
  const auto image = MakeImage<TypeParam>(this->Size(), [&](std::size_t i) { return this->IsInside(i) ? 300.0 : 0.0; });
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->Size(), this->IsInside);
  const auto whole = MakeImage<TypeParam>(this->Size(), [](std::size_t) { return 300.0; });
  for (const auto & scales : { std::vector<double>{ 0.5 }, { 3.0 }, { 2.0, 9.0, 80.0 } })
  {
    const auto masked = Retinex<TypeParam>(image, mask, scales);
    const auto unmasked = Retinex<TypeParam>(image, nullptr, scales); // air is no part of a surround
    for (std::size_t i = 0; i < masked.size(); ++i)
    {
      // A quotient of two sums in float, and the rounding of the recorded field to 1e-6.
      ASSERT_NEAR(masked[i], this->IsInside(i) ? 0.0 : std::log(0.01), 4e-6) << i;
      ASSERT_NEAR(unmasked[i], masked[i], 4e-6) << i;
    }
    for (const auto value : Retinex<TypeParam>(whole, nullptr, scales))
    {
      ASSERT_NEAR(value, 0.0, 4e-6);
    }
  }
}

TYPED_TEST(MultiScaleRetinex, OfALogarithmIsInvariantToGain)
{
  const auto image = MakeImage<TypeParam>(this->Size(), this->Intensity);
  const auto expected = Retinex<TypeParam>(image, nullptr, { 3.0, 20.0 });
  for (const double gain : { 1e-6, 0.37, 1024.0, 1e9 })
  {
    const auto brighter = MakeImage<TypeParam>(this->Size(), [&](std::size_t i) { return gain * this->Intensity(i); });
    const auto result = Retinex<TypeParam>(brighter, nullptr, { 3.0, 20.0 });
    for (std::size_t i = 0; i < result.size(); ++i)
    {
      ASSERT_NEAR(result[i], expected[i], 4e-6) << gain; // the field is rounded to 1e-6, the image to float
    }
  }
}

TYPED_TEST(MultiScaleRetinex, IsTheWeightedSumOfLogarithmsOverDirectGaussians)
{
  const auto          image = MakeImage<TypeParam>(this->Size(),
                                          [&](std::size_t i) {
                                            return i % 29 == 3 ? 0.0 : i % 31 == 7 ? NaN : this->Intensity(i);
                                          });
  const auto          mask = MakeImage<MaskOf<TypeParam>>(this->Size(), this->IsInside);
  const auto          pixels = PixelsOf(image.GetPointer());
  std::vector<double> values;
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    values.push_back(this->IsInside(i) && pixels[i] > 0.0 ? pixels[i] : NaN);
  }
  const auto sink = SinkOf<TypeParam>(image, mask, { 9.0, 2.0 });
  sink->SetWeights({ 1.0, 3.0 });
  sink->NormalizeOff();
  const auto field = LogFieldOf(image.GetPointer(), sink);
  const auto wide = SlowGaussianMean(image.GetPointer(), values, std::vector<double>(TypeParam::ImageDimension, 9.0));
  const auto narrow = SlowGaussianMean(image.GetPointer(), values, std::vector<double>(TypeParam::ImageDimension, 2.0));
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    if (this->IsInside(i))
    {
      // 5e-4 of a range of 400 over surrounds of 100 at least
      ASSERT_NEAR(field[i], 0.25 * std::log(wide[i]) + 0.75 * std::log(narrow[i]), 2e-3) << i;
    }
  }
}

TYPED_TEST(MultiScaleRetinex, KeepsTheUnitWhereTheFieldIsNormalized)
{
  const auto image = MakeImage<TypeParam>(this->Size(), this->Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->Size(), this->IsInside);
  const auto relative = SinkOf<TypeParam>(image, mask, { 4.0 });
  const auto absolute = SinkOf<TypeParam>(image, mask, { 4.0 });
  absolute->NormalizeOff();
  const auto a = LogFieldOf(image.GetPointer(), relative);
  const auto b = LogFieldOf(image.GetPointer(), absolute);
  double     field = 0.0;
  double     voxels = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i)
  {
    ASSERT_NEAR(b[i] - a[i], std::log(relative->GetSummary().surround), 3e-6); // fields are rounded to 1e-6
    field += this->IsInside(i) ? std::exp(a[i]) : 0.0;
    voxels += this->IsInside(i);
  }
  EXPECT_NEAR(field / voxels, 1.0, 5e-3); // it is measured on the coarse grid
}

TYPED_TEST(MultiScaleRetinex, CountsAndLeavesOutWhatIsNotPositiveOrNotFinite)
{
  const auto infinity = std::numeric_limits<double>::infinity();
  const auto clean = MakeImage<TypeParam>(this->Size(), this->Intensity);
  const auto mask = MakeImage<MaskOf<TypeParam>>(this->Size(), [&](std::size_t i) { return i % 5 != 0; });
  const auto spoilt = MakeImage<TypeParam>(this->Size(),
                                           [&](std::size_t i)
                                           {
                                             const double values[] = { NaN, infinity, -infinity, 0.0, -7.0, 1e30 };
                                             return i % 5 == 0 ? values[i / 5 % 6] : this->Intensity(i);
                                           });
  const auto masked = SinkOf<TypeParam>(clean, mask, { 3.0 });
  const auto whole = SinkOf<TypeParam>(spoilt, nullptr, { 3.0 });
  EXPECT_TRUE(SameBits(LogFieldOf(clean.GetPointer(), masked), LogFieldOf(spoilt.GetPointer(), whole)));
  const auto voxels = clean->GetBufferedRegion().GetNumberOfPixels();
  EXPECT_EQ(masked->GetSummary().excluded, 0U);
  EXPECT_EQ(masked->GetSummary().maskVoxels, voxels - (voxels + 4) / 5);
  EXPECT_EQ(whole->GetSummary().excluded, (voxels + 4) / 5);
  EXPECT_EQ(whole->GetSummary().maskVoxels, voxels);
}

TYPED_TEST(MultiScaleRetinex, HasTheSameBitsForAnyThreadsAndDivisionsAndReadsOnce)
{
  auto size = this->Size();
  size[TypeParam::ImageDimension - 1] = 37;
  const auto image = MakeImage<TypeParam>(size, this->Intensity);
  const auto expected = SinkOf<TypeParam>(image, nullptr, { 2.0, 11.0 });
  expected->SetNumberOfWorkUnits(1);
  expected->Update();
  EXPECT_GT(expected->GetField().coefficients.size(), 1U);
  for (const unsigned int threads : { 1U, 2U, 7U })
  {
    for (const unsigned int divisions : { 1U, 5U, 64U })
    {
      const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
      source->SetInput(image);
      source->InPlaceOff();
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(source->GetOutput());
      const auto sink = SinkOf<TypeParam>(monitor->GetOutput(), nullptr, { 11.0, 2.0 });
      sink->SetNumberOfWorkUnits(threads);
      sink->SetNumberOfStreamDivisions(divisions);
      sink->Update();
      EXPECT_EQ(sink->GetField(), expected->GetField()) << threads << ' ' << divisions;
      EXPECT_EQ(sink->GetSummary(), expected->GetSummary());
      EXPECT_EQ(monitor->GetUpdatedRequestedRegions().size(), std::min(divisions, 37U));
    }
  }
}

TYPED_TEST(MultiScaleRetinex, WhereNoVoxelCountsIsDivisionByOne)
{
  const auto image = MakeImage<TypeParam>(this->Size(), [](std::size_t i) { return i % 2 == 0 ? -3.0 : NaN; });
  const auto bright = MakeImage<TypeParam>(this->Size(), this->Intensity);
  const auto empty = MakeImage<MaskOf<TypeParam>>(this->Size(), [](std::size_t) { return 0; });
  for (const auto & sink : { SinkOf<TypeParam>(image, nullptr, { 3.0 }), SinkOf<TypeParam>(bright, empty, { 3.0 }) })
  {
    for (const double value : LogFieldOf(image.GetPointer(), sink))
    {
      ASSERT_EQ(value, 0.0);
    }
    EXPECT_EQ(sink->GetSummary().surround, 1.0);
    EXPECT_EQ(sink->GetSummary().excluded, sink->GetSummary().maskVoxels);
  }
}

TYPED_TEST(MultiScaleRetinex, DoesNotMakeBrightWhatIsAllButEmpty)
{
  // Air of a thousandth of the object's intensity, far from it.
  const auto image = MakeImage<TypeParam>(this->Size(), [](std::size_t i) { return i % 47 < 12 ? 1000.0 : 1.0; });
  const auto sink = SinkOf<TypeParam>(image, nullptr, { 1.5 });
  sink->NormalizeOff();
  sink->SetFloor(0.02);
  const double mean = 12.0 / 47.0 * 1000.0 + 35.0 / 47.0;
  EXPECT_NEAR(std::exp(LogFieldOf(image.GetPointer(), sink)[45]), 0.02 * mean, 0.02 * mean * 1e-3); // float sums
  sink->SetFloor(0.0);
  EXPECT_NEAR(std::exp(LogFieldOf(image.GetPointer(), sink)[45]), 1.0, 1e-3);
}

using Volume = itk::Image<float, 3>;

TEST(MultiScaleRetinexVolume, MeasuresScalesInMillimetresAlongEachAxis)
{
  // One bright voxel: its surround falls off by the same factor at the same distance, along x and along y.
  const auto image =
    MakeImage<Volume>({ { 111, 71, 5 } }, [](std::size_t i) { return i == 2 * 7881 + 35 * 111 + 55 ? 1e6 : 1e-6; });
  const auto sink = SinkOf<Volume>(image, nullptr, { 7.7 });
  sink->SetFloor(0.0);
  const auto field = LogFieldOf(image.GetPointer(), sink);
  const auto at = [&](std::size_t x, std::size_t y) { return field[2 * 7881 + y * 111 + x]; };
  EXPECT_NEAR(at(55, 35) - at(66, 35), 0.5, 0.01); // 11 x 0.7 mm: one deviation
  EXPECT_NEAR(at(55, 35) - at(55, 42), 0.5, 0.01); // 7 x 1.1 mm
}

TEST(MultiScaleRetinexVolume, OfIntegersIsThatOfTheSameFloats)
{
  using Integers = itk::Image<short, 3>;
  const auto value = [](std::size_t i) { return std::floor(Random(i).Uniform(-20.0, 200.0)); };
  const auto floats = MakeImage<Volume>({ { 31, 17, 9 } }, value);
  const auto integers = MakeImage<Integers>({ { 31, 17, 9 } }, value);
  const auto a = SinkOf<Volume>(floats, nullptr, { 4.0 });
  const auto b = SinkOf<Integers>(integers, nullptr, { 4.0 });
  a->Update();
  b->Update();
  EXPECT_EQ(a->GetField(), b->GetField());
  EXPECT_EQ(a->GetSummary(), b->GetSummary());
}

TEST(MultiScaleRetinexVolume, RefusesWhatCannotBeAndNamesIt)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto message = [&](const auto & change)
  {
    const auto sink = SinkOf<Volume>(image, nullptr, { 3.0, 5.0 });
    change(*sink);
    return MessageOf([&] { sink->Update(); });
  };
  const auto holds = [](const std::string & text, const char * part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetScales({}); }), "Scales must hold at least one"));
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetScales({ 1.0, 0.0 }); }), "above 0 mm and finite, got 0"));
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetScales({ NaN }); }), "above 0 mm and finite, got nan"));
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetWeights({ 1.0 }); }), "one for each of the 2 Scales, or none"));
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetWeights({ 1.0, -1.0 }); }), "at least 0 and finite, got -1"));
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetWeights({ 0.0, 0.0 }); }), "Weights are all 0"));
  EXPECT_TRUE(holds(message([](auto & sink) { sink.SetFloor(1.0); }), "Floor must be in [0, 1), got 1"));
  const auto mask = MakeImage<itk::Image<unsigned char, 3>>({ { 5, 4, 2 } }, [](std::size_t) { return 1; });
  EXPECT_TRUE(holds(message([&](auto & sink) { sink.SetMaskImage(mask); }), "along axis 2"));
}

TEST(GatherPositive, HasTheSameBitsWithEveryInstructionSet)
{
  using itk::MultiScaleRetinexDetail::GatherPositive;
  std::vector<float>         in;
  std::vector<unsigned char> mask;
  for (std::size_t i = 0; i < 151; ++i)
  {
    in.push_back(static_cast<float>(i % 11 == 0   ? NaN
                                    : i % 13 == 0 ? std::numeric_limits<double>::infinity()
                                                  : Random(i).Normal(10.0, 10.0)));
    mask.push_back(i % 7 != 0);
  }
  const auto gather = [&](itk::InstructionSet set, const unsigned char * inside, std::vector<float> & out, int & voxels)
  {
    out.assign(2 * in.size(), -1.0F);
    return itk::RunWith<GatherPositive>(
      set, static_cast<const float *>(in.data()), inside, in.size(), out.data(), out.data() + in.size(), &voxels);
  };
  for (const unsigned char * inside :
       { static_cast<const unsigned char *>(nullptr), static_cast<const unsigned char *>(mask.data()) })
  {
    int counted = 0;
    for (std::size_t i = 0; i < in.size(); ++i)
    {
      counted += std::isfinite(in[i]) && in[i] > 0.0F && (inside == nullptr || inside[i] != 0);
    }
    std::vector<float> expected;
    int                voxels = 0;
    EXPECT_EQ(gather(itk::InstructionSet::Baseline, inside, expected, voxels), counted);
    for (std::size_t i = 0; i < in.size(); ++i)
    {
      ASSERT_EQ(expected[i], expected[in.size() + i] > 0.0F ? in[i] : 0.0F);
    }
    for (const auto set : { itk::InstructionSet::Avx2, itk::InstructionSet::Avx512 })
    {
      if (set <= itk::BestInstructionSet())
      {
        std::vector<float> actual;
        int                actualVoxels = 0;
        EXPECT_EQ(gather(set, inside, actual, actualVoxels), counted);
        EXPECT_EQ(actualVoxels, voxels);
        EXPECT_TRUE(SameBits(actual, expected));
      }
    }
  }
}
