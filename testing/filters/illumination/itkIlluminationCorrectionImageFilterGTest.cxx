#include "itkIlluminationCorrectionImageFilter.h"

#include "FilterTest.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::SmoothField;

/** Over the box of an image of awkward geometry. */
template <typename TImage>
SmoothField
FieldOver(const TImage * image)
{
  SmoothField  field;
  const auto & region = image->GetLargestPossibleRegion();
  field.order = 3;
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    field.halfExtent[axis] = 0.5 * (static_cast<double>(region.GetSize(axis)) - 1.0);
    field.centre[axis] = static_cast<double>(region.GetIndex(axis)) + field.halfExtent[axis];
  }
  Random random(60);
  for (std::size_t k = 0; k < field.Terms().size(); ++k)
  {
    field.coefficients.push_back(random.Uniform(-0.2, 0.2));
  }
  field.logMinimum = -0.6;
  field.logMaximum = 0.6;
  return field;
}

template <typename TImage>
auto
FilterOf(const TImage * image, const SmoothField & field, bool inverse = false)
{
  const auto filter = itk::IlluminationCorrectionImageFilter<TImage>::New();
  filter->SetInput(image);
  filter->SetField(field);
  filter->SetInverse(inverse);
  return filter;
}

double
Intensity(std::size_t i)
{
  return Random(i).Normal(100.0, 60.0); // some of them negative
}

template <typename TImage>
class IlluminationCorrection : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(IlluminationCorrection, Images);

TYPED_TEST(IlluminationCorrection, ByAFieldOfOneChangesNothing)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  for (const bool inverse : { false, true })
  {
    const auto filter = FilterOf(image.GetPointer(), SmoothField{}, inverse);
    filter->Update();
    EXPECT_TRUE(SameBits(PixelsOf(filter->GetOutput()), PixelsOf(image.GetPointer())));
    EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
  }
}

TYPED_TEST(IlluminationCorrection, InverseUndoesItWithinFloatRounding)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto field = FieldOver(image.GetPointer());
  const auto forward = FilterOf(image.GetPointer(), field);
  const auto backward = FilterOf(forward->GetOutput(), field, true);
  backward->Update();
  const auto restored = PixelsOf(backward->GetOutput());
  const auto pixels = PixelsOf(image.GetPointer());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    // Two roundings to float, of 2^-24 each.
    ASSERT_NEAR(restored[i], pixels[i], std::abs(pixels[i]) * 1.3e-7F) << i;
  }
}

TYPED_TEST(IlluminationCorrection, DividesEveryVoxelByTheExponentialOfTheLogField)
{
  const auto image =
    MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t i) { return i % 9 ? Intensity(i) : 0.0; });
  const auto field = FieldOver(image.GetPointer());
  const auto filter = FilterOf(image.GetPointer(), field);
  filter->Update();
  const itk::SmoothFieldRowEvaluator logFieldOf(field);
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const auto index = image->ComputeIndex(static_cast<itk::OffsetValueType>(i));
    double     logField = 0.0;
    logFieldOf(index, index[0], 1, &logField);
    const double expected = image->GetBufferPointer()[i] / std::exp(logField);
    ASSERT_NEAR(filter->GetOutput()->GetBufferPointer()[i], expected, 6e-8 * std::abs(expected)) << index; // one float
  }
}

TYPED_TEST(IlluminationCorrection, StreamsAndHasTheSameBitsForAnyThreadsAndDivisions)
{
  auto size = SmallSize<TypeParam>();
  size[0] = 200; // more than a block of the evaluator
  size[TypeParam::ImageDimension - 1] = 14;
  const auto image = MakeImage<TypeParam>(size, Intensity);
  const auto field = FieldOver(image.GetPointer());
  const auto whole = FilterOf(image.GetPointer(), field);
  whole->SetNumberOfWorkUnits(1);
  whole->Update();
  for (const unsigned int threads : { 1u, 2u, 3u, 7u })
  {
    for (const unsigned int divisions : { 1u, 7u })
    {
      const auto filter = FilterOf(image.GetPointer(), field);
      filter->SetNumberOfWorkUnits(threads);
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(filter->GetOutput());
      const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
      streamer->SetInput(monitor->GetOutput());
      streamer->SetNumberOfStreamDivisions(divisions);
      streamer->Update();
      EXPECT_TRUE(SameBits(PixelsOf(streamer->GetOutput()), PixelsOf(whole->GetOutput())))
        << threads << ' ' << divisions;
      EXPECT_TRUE(monitor->VerifyAllInputCanStream(static_cast<int>(divisions)));
    }
  }
}

using Volume = itk::Image<float, 3>;

TEST(IlluminationCorrectionVolume, LeavesNonFiniteVoxelsNonFiniteAndZerosZero)
{
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float     values[] = { std::nanf(""), infinity, -infinity, 0.0F };
  const auto      image = MakeImage<Volume>({ { 8, 3, 2 } }, [&](std::size_t i) { return values[i % 4]; });
  const auto      filter = FilterOf(image.GetPointer(), FieldOver(image.GetPointer()));
  filter->Update();
  const auto pixels = PixelsOf(filter->GetOutput());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    EXPECT_TRUE(i % 4 == 0 ? std::isnan(pixels[i]) : pixels[i] == values[i % 4]) << i;
  }
}

TEST(IlluminationCorrectionErrors, AMissingFieldIsNamed)
{
  const auto filter = itk::IlluminationCorrectionImageFilter<Volume>::New();
  filter->SetInput(MakeImage<Volume>({ { 3, 2, 1 } }, Intensity));
  const auto message = MessageOf([&] { filter->Update(); });
  EXPECT_NE(message.find("Field"), std::string::npos) << message;
}
} // namespace
