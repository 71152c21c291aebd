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

TYPED_TEST(IlluminationCorrection, EachFrameIsDividedByTheFieldOfItsOwn)
{
  constexpr unsigned int   last = TypeParam::ImageDimension - 1;
  const auto               image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  const auto               whole = image->GetLargestPossibleRegion();
  std::vector<SmoothField> fields;
  for (unsigned int frame = 0; frame < whole.GetSize(last); ++frame)
  {
    fields.push_back(FieldOver(image.GetPointer()));
    fields.back().coefficients[1] += 0.03 * frame;
  }
  for (const bool inverse : { false, true })
  {
    const auto filter = FilterOf(image.GetPointer(), fields[0], inverse);
    for (unsigned int frame = 1; frame < fields.size(); ++frame)
    {
      filter->SetFrameField(frame, fields[frame]);
    }
    for (const unsigned int divisions : { 1u, 3u })
    {
      const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
      streamer->SetInput(filter->GetOutput());
      streamer->SetNumberOfStreamDivisions(divisions);
      streamer->Update();
      for (unsigned int frame = 0; frame < fields.size(); ++frame)
      {
        const auto alone = FilterOf(image.GetPointer(), fields[frame], inverse);
        auto       region = whole;
        region.SetIndex(last, whole.GetIndex(last) + frame);
        region.SetSize(last, 1);
        alone->UpdateLargestPossibleRegion();
        itk::ForEachRow(streamer->GetOutput(),
                        region,
                        [&](const auto & index, const float * row)
                        {
                          const auto * expected =
                            alone->GetOutput()->GetBufferPointer() + alone->GetOutput()->ComputeOffset(index);
                          EXPECT_TRUE(std::equal(row, row + region.GetSize(0), expected)) << index;
                        });
      }
    }
  }
}

/** Of extent 1 along the last axis where asked; positive. */
template <typename TImage>
typename TImage::Pointer
FieldImage(const TImage * image, bool isRepeated)
{
  auto region = image->GetLargestPossibleRegion();
  if (isRepeated)
  {
    region.SetSize(TImage::ImageDimension - 1, 1);
  }
  const auto field = TImage::New();
  field->CopyInformation(image);
  field->SetRegions(region);
  field->Allocate();
  for (std::size_t i = 0; i < region.GetNumberOfPixels(); ++i)
  {
    field->GetBufferPointer()[i] = static_cast<float>(Random(i + 900).Uniform(0.5, 2.0));
  }
  return field;
}

TYPED_TEST(IlluminationCorrection, AFieldImageDividesVoxelByVoxelAndHoldsForTheWholeOfAnAxisOfExtentOne)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), Intensity);
  for (const bool isRepeated : { false, true })
  {
    const auto field = FieldImage(image.GetPointer(), isRepeated);
    const auto forward = itk::IlluminationCorrectionImageFilter<TypeParam>::New();
    forward->SetInput(image);
    forward->SetFieldImage(field);
    const auto backward = itk::IlluminationCorrectionImageFilter<TypeParam>::New();
    backward->SetInput(forward->GetOutput());
    backward->SetFieldImage(field);
    backward->InverseOn();
    const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
    streamer->SetInput(backward->GetOutput());
    streamer->SetNumberOfStreamDivisions(3);
    streamer->Update();
    forward->UpdateLargestPossibleRegion();
    const auto pixels = PixelsOf(image.GetPointer());
    const auto divided = PixelsOf(forward->GetOutput());
    const auto restored = PixelsOf(streamer->GetOutput());
    const auto count = field->GetLargestPossibleRegion().GetNumberOfPixels();
    for (std::size_t i = 0; i < pixels.size(); ++i)
    {
      const double divisor = field->GetBufferPointer()[i % count];
      ASSERT_EQ(divided[i], static_cast<float>(pixels[i] / divisor)) << i;
      ASSERT_NEAR(restored[i], pixels[i], std::abs(pixels[i]) * 1.3e-7F) << i; // two roundings to float
    }
  }
}

using Volume = itk::Image<float, 3>;

TEST(IlluminationCorrectionVolume, VoxelsWhereTheFieldImageCannotDivideStayAsTheyAre)
{
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const float     values[] = { 0.0F, -2.0F, infinity, std::nanf(""), 2.0F };
  const auto      image = MakeImage<Volume>({ { 10, 3, 2 } }, Intensity);
  const auto      field = MakeImage<Volume>({ { 10, 3, 2 } }, [&](std::size_t i) { return values[i % 5]; });
  const auto      filter = itk::IlluminationCorrectionImageFilter<Volume>::New();
  filter->SetInput(image);
  filter->SetFieldImage(field);
  filter->Update();
  const auto pixels = PixelsOf(filter->GetOutput());
  for (std::size_t i = 0; i < pixels.size(); ++i)
  {
    EXPECT_EQ(pixels[i], image->GetBufferPointer()[i] / (i % 5 == 4 ? 2.0F : 1.0F)) << i;
  }
}

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

TEST(IlluminationCorrectionErrors, AFieldIsRequiredInOneFormOnly)
{
  const auto image = MakeImage<Volume>({ { 3, 2, 1 } }, Intensity);
  const auto filter = itk::IlluminationCorrectionImageFilter<Volume>::New();
  filter->SetInput(image);
  const auto neither = MessageOf([&] { filter->Update(); });
  EXPECT_NE(neither.find("Field or FieldImage must be set, neither is"), std::string::npos) << neither;
  filter->SetField(SmoothField{});
  filter->SetFieldImage(image);
  const auto both = MessageOf([&] { filter->Update(); });
  EXPECT_NE(both.find("Field or FieldImage must be set, not both"), std::string::npos) << both;
}

TEST(IlluminationCorrectionErrors, FieldsForSomeOfTheFramesAreRefusedWithBothNumbers)
{
  const auto image = MakeImage<Volume>({ { 3, 2, 4 } }, Intensity);
  const auto message = [&](std::vector<unsigned int> frames)
  {
    const auto filter = FilterOf(image.GetPointer(), SmoothField{});
    for (const unsigned int frame : frames)
    {
      filter->SetFrameField(frame, SmoothField{});
    }
    return MessageOf([&] { filter->Update(); });
  };
  EXPECT_EQ(message({ 1, 2, 3 }), "");
  EXPECT_NE(message({ 1 }).find("up to frame 1, but the image has 4 along"), std::string::npos) << message({ 1 });
  EXPECT_NE(message({ 1, 2, 3, 4 }).find("up to frame 4, but the image has 4"), std::string::npos);
  EXPECT_NE(message({ 1, 3 }).find("frame 2 is missing of 4"), std::string::npos) << message({ 1, 3 });
}

TEST(IlluminationCorrectionErrors, AFieldImageOfAnotherExtentIsRefusedWithBothSizes)
{
  const auto filter = itk::IlluminationCorrectionImageFilter<Volume>::New();
  filter->SetInput(MakeImage<Volume>({ { 3, 2, 4 } }, Intensity));
  filter->SetFieldImage(MakeImage<Volume>({ { 3, 2, 3 } }, Intensity));
  const auto message = MessageOf([&] { filter->Update(); });
  EXPECT_NE(message.find("image [3, 2, 4]"), std::string::npos) << message;
  EXPECT_NE(message.find("FieldImage [3, 2, 3]"), std::string::npos) << message;
}
} // namespace
