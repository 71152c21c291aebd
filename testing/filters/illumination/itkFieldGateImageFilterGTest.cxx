#include "itkFieldGateImageFilter.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace
{
using namespace isolux::testing;

template <typename TImage>
typename TImage::Pointer
Ramp(float slope)
{
  auto image = MakeImage<TImage>(SmallSize<TImage>(), [slope](std::size_t i) { return slope * static_cast<float>(i); });
  image->GetBufferPointer()[3] = std::nanf("");
  image->GetBufferPointer()[4] = -0.0F;
  return image;
}

itk::FieldGateSummary
Decision(bool passed)
{
  itk::FieldGateSummary summary;
  summary.passed = passed;
  return summary;
}

template <typename TImage>
bool
SameBits(const TImage * a, const TImage * b)
{
  return SameGrid(a, b) && std::memcmp(a->GetBufferPointer(),
                                       b->GetBufferPointer(),
                                       sizeof(float) * a->GetLargestPossibleRegion().GetNumberOfPixels()) == 0;
}

template <typename TImage>
class FieldGateImage : public ::testing::Test
{
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<float, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(FieldGateImage, Images);

TYPED_TEST(FieldGateImage, HasTheBitsOfWhatTheGateChose)
{
  const auto image = Ramp<TypeParam>(1.0F);
  const auto corrected = Ramp<TypeParam>(2.0F);
  for (const bool passed : { false, true })
  {
    for (const unsigned int divisions : { 1U, 5U })
    {
      // filters that allocate only what is asked of them, and a witness
      const auto upstream = itk::CastImageFilter<TypeParam, TypeParam>::New();
      upstream->SetInput(corrected);
      upstream->InPlaceOff();
      const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
      monitor->SetInput(upstream->GetOutput());
      const auto gate = itk::FieldGateImageFilter<TypeParam>::New();
      gate->SetInput(image);
      gate->SetCorrectedImage(monitor->GetOutput());
      gate->SetGate(Decision(passed));
      const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
      streamer->SetInput(gate->GetOutput());
      streamer->SetNumberOfStreamDivisions(divisions);
      streamer->Update();
      EXPECT_TRUE(SameBits(streamer->GetOutput(), (passed ? corrected : image).GetPointer())) << passed << divisions;
      EXPECT_TRUE(monitor->VerifyInputFilterBufferedRequestedRegions());
    }
  }
}

TEST(FieldGateImageErrors, AnotherRegionIsRefusedWithBoth)
{
  using Volume = itk::Image<float, 3>;
  auto plane = Ramp<Volume>(1.0F)->GetLargestPossibleRegion().GetSize();
  plane[2] = 1;
  for (const Volume::SizeType & size : { Volume::SizeType{ { 12, 7, 4 } }, plane })
  {
    const auto gate = itk::FieldGateImageFilter<Volume>::New();
    gate->SetInput(Ramp<Volume>(1.0F));
    gate->SetCorrectedImage(MakeImage<Volume>(size, [](std::size_t) { return 1.0; }));
    gate->SetGate(Decision(true));
    const auto message = MessageOf([&] { gate->Update(); });
    EXPECT_NE(message.find("CorrectedImage must cover the image's region"), std::string::npos) << message;
  }
}
} // namespace
