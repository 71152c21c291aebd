#include "itkFieldGateSink.h"
#include "itkIlluminationCorrectionImageFilter.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"

#include <gtest/gtest.h>

#include <cmath>

namespace
{
using namespace isolux::testing;
using itk::SmoothField;

template <typename TImage>
using MaskOf = itk::Image<unsigned char, TImage::ImageDimension>;
template <typename TImage>
using SinkOf = itk::FieldGateSink<TImage, MaskOf<TImage>>;

/** Some thousand voxels in each dimension. */
template <typename TImage>
typename TImage::SizeType
Size()
{
  const unsigned int        extents[3][4] = { { 90, 70, 0, 0 }, { 24, 20, 15, 0 }, { 14, 11, 9, 10 } };
  typename TImage::SizeType size;
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    size[axis] = extents[TImage::ImageDimension - 2][axis];
  }
  return size;
}

/** Of degree 1, along every axis: the log field's deviation is about 0.6 times the slope. */
template <typename TImage>
SmoothField
Shade(const TImage * image, double slope)
{
  SmoothField  field;
  const auto & region = image->GetLargestPossibleRegion();
  field.order = 1;
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    field.halfExtent[axis] = 0.5 * (static_cast<double>(region.GetSize(axis)) - 1.0);
    field.centre[axis] = static_cast<double>(region.GetIndex(axis)) + field.halfExtent[axis];
  }
  field.coefficients.assign(field.Terms().size(), slope / std::sqrt(static_cast<double>(TImage::ImageDimension)));
  field.coefficients[0] = 0.0;
  return field;
}

/** Two tissues and noise of 3 %, times the field. */
template <typename TImage>
typename TImage::Pointer
Tissues(double slope, double gain = 100.0)
{
  Random                             random(17);
  const auto                         image = MakeImage<TImage>(Size<TImage>(),
                                       [&](std::size_t i)
                                       {
                                         const double tissue = i / 5 % 3 == 0 ? 0.6 : 1.0;
                                         return gain * tissue * random.Normal(1.0, 0.03);
                                       });
  const auto                         field = Shade(image.GetPointer(), slope);
  const itk::SmoothFieldRowEvaluator logFieldOf(field);
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const auto index = image->ComputeIndex(static_cast<itk::OffsetValueType>(i));
    double     logField = 0.0;
    logFieldOf(index, index[0], 1, &logField);
    image->GetBufferPointer()[i] *= static_cast<float>(std::exp(logField));
  }
  return image;
}

template <typename TImage>
typename SinkOf<TImage>::Pointer
GateOf(const TImage * image, const SmoothField & field, const MaskOf<TImage> * mask = nullptr)
{
  const auto gate = SinkOf<TImage>::New();
  gate->SetInput(image);
  gate->SetMaskImage(mask);
  gate->SetField(field);
  return gate;
}

template <typename TImage>
class FieldGate : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(FieldGate, Images);

TYPED_TEST(FieldGate, AFieldThatIsThereIsHandedOnUnchanged)
{
  for (const double slope : { 0.03, 0.1, 0.4 })
  {
    const auto image = Tissues<TypeParam>(slope);
    const auto field = Shade(image.GetPointer(), slope);
    const auto gate = GateOf(image.GetPointer(), field);
    gate->Update();
    EXPECT_TRUE(gate->GetSummary().passed) << slope << ": " << gate->GetSummary();
    EXPECT_EQ(gate->GetPassedField(), field);
    EXPECT_EQ(gate->GetSummary().samples, image->GetLargestPossibleRegion().GetNumberOfPixels());
    EXPECT_NEAR(gate->GetSummary().deviation, slope / std::sqrt(3.0), 0.1 * slope); // that of a uniform distribution
  }
}

TYPED_TEST(FieldGate, AFieldThatIsNotThereBecomesAFieldOfOne)
{
  for (const double slope : { 0.03, 0.1, 0.4 })
  {
    const auto image = Tissues<TypeParam>(0.0);
    const auto gate = GateOf(image.GetPointer(), Shade(image.GetPointer(), slope));
    gate->Update();
    EXPECT_FALSE(gate->GetSummary().passed) << slope << ": " << gate->GetSummary();
    EXPECT_EQ(gate->GetPassedField(), SmoothField{});
    EXPECT_LT(gate->GetSummary().entropyGain, 0.0);
  }
}

TYPED_TEST(FieldGate, AFieldBelowTheLeastDeviationBecomesAFieldOfOne)
{
  const auto image = Tissues<TypeParam>(0.1);
  const auto gate = GateOf(image.GetPointer(), Shade(image.GetPointer(), 0.1));
  gate->SetMinimumDeviation(0.04);
  gate->Update();
  EXPECT_TRUE(gate->GetSummary().passed);
  gate->SetMinimumDeviation(0.08);
  gate->Update();
  EXPECT_FALSE(gate->GetSummary().passed);
  EXPECT_GT(gate->GetSummary().entropyGain, gate->GetMinimumEntropyGain());
}

TYPED_TEST(FieldGate, WhatPassesDoesNotDependOnAGain)
{
  const auto field = Shade(Tissues<TypeParam>(0.0).GetPointer(), 0.1);
  const auto a = GateOf(Tissues<TypeParam>(0.1).GetPointer(), field);
  auto       brighter = field;
  brighter.coefficients[0] += 3.0;
  const auto b = GateOf(Tissues<TypeParam>(0.1, 1e-30).GetPointer(), brighter);
  a->Update();
  b->Update();
  EXPECT_TRUE(a->GetSummary().passed && b->GetSummary().passed);
  EXPECT_NEAR(a->GetSummary().deviation, b->GetSummary().deviation, 1e-12); // of sums of some thousand terms
  // Samples fall elsewhere in bins of a hundredth.
  EXPECT_NEAR(a->GetSummary().entropyGain, b->GetSummary().entropyGain, 0.01);
}

TYPED_TEST(FieldGate, StreamsAndHasTheSameBitsForAnyThreadsAndDivisions)
{
  const auto image = Tissues<TypeParam>(0.1);
  const auto mask = MaskOf<TypeParam>::New();
  mask->CopyInformation(image);
  mask->SetRegions(image->GetLargestPossibleRegion());
  mask->Allocate();
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    mask->GetBufferPointer()[i] = i % 7 != 0;
  }
  const auto field = Shade(image.GetPointer(), 0.1);
  const auto expected = GateOf(image.GetPointer(), field, mask.GetPointer());
  expected->SetNumberOfWorkUnits(1);
  expected->Update();
  for (const unsigned int threads : { 1u, 2u, 3u, 7u })
  {
    for (const unsigned int divisions : { 1u, 5u })
    {
      // A filter that allocates only what is asked of it, and a witness.
      const auto upstream = itk::CastImageFilter<TypeParam, TypeParam>::New();
      upstream->SetInput(image);
      upstream->InPlaceOff();
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(upstream->GetOutput());
      const auto gate = GateOf<TypeParam>(monitor->GetOutput(), field, mask);
      gate->SetNumberOfWorkUnits(threads);
      gate->SetNumberOfStreamDivisions(divisions);
      gate->Update();
      EXPECT_EQ(gate->GetSummary(), expected->GetSummary()) << threads << ' ' << divisions;
      EXPECT_EQ(monitor->GetNumberOfUpdates(), divisions);
      EXPECT_TRUE(monitor->VerifyInputFilterBufferedRequestedRegions());
    }
  }
}

TYPED_TEST(FieldGate, NothingPositiveDoesNotPassAndDoesNotThrow)
{
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float value : { 0.0F, -1.0F, std::nanf(""), infinity })
  {
    const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [value](std::size_t) { return value; });
    const auto gate = GateOf(image.GetPointer(), Shade(image.GetPointer(), 0.1));
    ASSERT_NO_THROW(gate->Update());
    EXPECT_EQ(gate->GetSummary(), itk::FieldGateSummary{}) << value;
  }
  const auto image = Tissues<TypeParam>(0.1);
  const auto empty = MakeImage<MaskOf<TypeParam>>(Size<TypeParam>(), [](std::size_t) { return 0; });
  const auto gate = GateOf(image.GetPointer(), Shade(image.GetPointer(), 0.1), empty.GetPointer());
  ASSERT_NO_THROW(gate->Update());
  EXPECT_EQ(gate->GetSummary(), itk::FieldGateSummary{});
  const auto one = GateOf(image.GetPointer(), SmoothField{});
  ASSERT_NO_THROW(one->Update());
  EXPECT_FALSE(one->GetSummary().passed);
}

TYPED_TEST(FieldGate, AnImageCorrectedByAFieldGivesTheFiguresOfTheField)
{
  for (const double slope : { 0.0, 0.1 })
  {
    const auto image = Tissues<TypeParam>(slope);
    image->GetBufferPointer()[5] = -1.0F;
    image->GetBufferPointer()[6] = std::nanf("");
    const auto field = Shade(image.GetPointer(), 0.1);
    const auto expected = GateOf(image.GetPointer(), field);
    expected->Update();
    const auto corrected = itk::IlluminationCorrectionImageFilter<TypeParam>::New();
    corrected->SetInput(image);
    corrected->SetField(field);
    for (const unsigned int threads : { 1u, 3u })
    {
      for (const unsigned int divisions : { 1u, 5u })
      {
        const auto gate = SinkOf<TypeParam>::New();
        gate->SetInput(image);
        gate->SetCorrectedImage(corrected->GetOutput());
        gate->SetNumberOfWorkUnits(threads);
        gate->SetNumberOfStreamDivisions(divisions);
        gate->Update();
        EXPECT_EQ(gate->GetSummary().samples, expected->GetSummary().samples);
        EXPECT_EQ(gate->GetSummary().passed, slope > 0.0);
        EXPECT_NEAR(gate->GetSummary().deviation, expected->GetSummary().deviation, 1e-7); // pixels are float
        // Of thousands of logarithms some fall into the next bin of 0.01.
        EXPECT_NEAR(gate->GetSummary().entropyGain, expected->GetSummary().entropyGain, 1e-3);
        EXPECT_EQ(gate->GetPassedField(), SmoothField{});
      }
    }
  }
}

using Volume = itk::Image<float, 3>;

TEST(FieldGateErrors, OneOfFieldAndCorrectedImageIsNeeded)
{
  const auto image = Tissues<Volume>(0.0);
  const auto gate = GateOf(image.GetPointer(), SmoothField{});
  gate->SetCorrectedImage(image);
  EXPECT_NE(MessageOf([&] { gate->Update(); }).find("Field or CorrectedImage must be set, not both"),
            std::string::npos);
  const auto neither = SinkOf<Volume>::New();
  neither->SetInput(image);
  EXPECT_NE(MessageOf([&] { neither->Update(); }).find("must be set, neither is"), std::string::npos);
  const auto other = SinkOf<Volume>::New();
  other->SetInput(image);
  other->SetCorrectedImage(MakeImage<Volume>({ { 24, 20, 14 } }, [](std::size_t) { return 1.0; }));
  const auto message = MessageOf([&] { other->Update(); });
  EXPECT_NE(message.find("CorrectedImage must be of the image's region: image [24, 20, 15]"), std::string::npos)
    << message;
}

TEST(FieldGateVolume, LooksAtAPartOfALargeImageAndSeesTheSame)
{
  const auto large = MakeImage<Volume>({ { 200, 100, 100 } },
                                       [random = Random(5)](std::size_t i) mutable
                                       { return (i / 9 % 2 == 0 ? 50.0 : 90.0) * random.Normal(1.0, 0.03); });
  const auto gate = GateOf(large.GetPointer(), Shade(large.GetPointer(), 0.1));
  gate->Update();
  EXPECT_GT(gate->GetSummary().samples, 120000U); // 180,000 are aimed at, in rows of 200
  EXPECT_LT(gate->GetSummary().samples, 240000U);
  EXPECT_NEAR(gate->GetSummary().deviation, 0.1 / std::sqrt(3.0), 0.003); // 900 rows of 10,000
  EXPECT_FALSE(gate->GetSummary().passed);
}

TEST(FieldGateErrors, ANegativeMarginIsNamedWithItsValue)
{
  const auto image = Tissues<Volume>(0.0);
  const auto gate = GateOf(image.GetPointer(), SmoothField{});
  gate->SetMinimumEntropyGain(-0.5);
  const auto message = MessageOf([&] { gate->Update(); });
  EXPECT_NE(message.find("MinimumEntropyGain must be >= 0, got -0.5"), std::string::npos) << message;
}
} // namespace
