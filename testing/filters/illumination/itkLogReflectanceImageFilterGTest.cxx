#include "itkLogReflectanceImageFilter.h"

#include "FilterTest.h"

#include "itkCastImageFilter.h"
#include "itkPipelineMonitorImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace
{
using namespace isolux::testing;

constexpr double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr double Infinity = std::numeric_limits<double>::infinity();

template <typename TImage>
auto
FilterOf(const TImage * image)
{
  const auto filter = itk::LogReflectanceImageFilter<TImage>::New();
  filter->SetInput(image);
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
class LogReflectance : public ::testing::Test
{
protected:
  static double
  Quotient(std::size_t i)
  {
    return std::exp(Random(i).Normal(0.0, 0.7));
  }

  static typename TImage::Pointer
  Channel(std::uint64_t seed)
  {
    return MakeImage<TImage>(SmallSize<TImage>(), [=](std::size_t i) { return Random(i + seed).Uniform(1.0, 200.0); });
  }
};
using Images = ::testing::Types<itk::Image<float, 2>, itk::Image<double, 3>, itk::Image<float, 4>>;
TYPED_TEST_SUITE(LogReflectance, Images);
} // namespace

TYPED_TEST(LogReflectance, OfOneIsTheOffset)
{
  const auto filter =
    FilterOf(MakeImage<TypeParam>(SmallSize<TypeParam>(), [](std::size_t) { return 1.0; }).GetPointer());
  filter->SetOffset(128.0);
  filter->SetGain(40.0);
  for (const auto value : ResultOf(filter))
  {
    ASSERT_EQ(value, 128.0);
  }
}

TYPED_TEST(LogReflectance, IsGainTimesTheLogarithmPlusOffset)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Quotient);
  const auto filter = FilterOf(image.GetPointer());
  filter->SetGain(-3.0);
  filter->SetOffset(0.25);
  const auto result = ResultOf(filter);
  EXPECT_TRUE(SameGrid(filter->GetOutput(), image.GetPointer()));
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    ASSERT_NEAR(result[i], 0.25 - 3.0 * std::log(static_cast<double>(image->GetBufferPointer()[i])), 1e-6); // to float
  }
}

TYPED_TEST(LogReflectance, HoldsWhatIsBelowTheFloorThereAndPassesWhatIsNotFinite)
{
  const double values[] = { 0.0, -5.0, -0.0, 0.0199, 1e-40, NaN, Infinity, -Infinity, 0.03 };
  const auto   image = MakeImage<TypeParam>(SmallSize<TypeParam>(), [&](std::size_t i) { return values[i % 9]; });
  const auto   filter = FilterOf(image.GetPointer());
  filter->SetFloor(0.02);
  const auto result = ResultOf(filter);
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    const double value = values[i % 9];
    if (std::isfinite(value))
    {
      ASSERT_NEAR(result[i], std::log(std::max(value, 0.02)), 1e-6) << value;
    }
    else
    {
      ASSERT_TRUE(std::isnan(value) ? std::isnan(result[i]) : static_cast<double>(result[i]) == value) << value;
    }
  }
}

TYPED_TEST(LogReflectance, RestoresColourByTheLogarithmOfAChannelsShare)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Quotient);
  const auto red = this->Channel(1000);
  const auto green = this->Channel(2000);
  const auto blue = this->Channel(3000);
  const auto filter = FilterOf(image.GetPointer());
  filter->AddChannel(red, false);
  filter->AddChannel(green, true);
  filter->AddChannel(blue, false);
  filter->SetAlpha(20.0);
  filter->SetBeta(1.5);
  filter->SetGain(2.0);
  const auto result = ResultOf(filter);
  for (std::size_t i = 0; i < result.size(); ++i)
  {
    const double own = green->GetBufferPointer()[i];
    const double sum = own + red->GetBufferPointer()[i] + blue->GetBufferPointer()[i];
    const double restoration = 1.5 * std::log(std::max(1.0, 20.0 * own / sum));
    const double logarithm = std::log(static_cast<double>(image->GetBufferPointer()[i]));
    ASSERT_NEAR(result[i], 2.0 * restoration * logarithm, 4e-6) << i; // numbers up to 20, rounded to float
  }
}

TYPED_TEST(LogReflectance, OfGreyRestoresEveryChannelAlikeAndOfBlackAsGrey)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Quotient);
  const auto grey = this->Channel(1);
  const auto black = MakeImage<TypeParam>(SmallSize<TypeParam>(),
                                          [](std::size_t i) { return i % 3 == 0   ? NaN
                                                                     : i % 3 == 1 ? 0.0
                                                                                  : -2.0; });
  const auto with = [&](const TypeParam * channel)
  {
    const auto filter = FilterOf(image.GetPointer());
    filter->AddChannel(channel, true);
    filter->AddChannel(channel, false);
    return ResultOf(filter);
  };
  const auto ofGrey = with(grey);
  const auto ofBlack = with(black);
  for (std::size_t i = 0; i < ofGrey.size(); ++i)
  {
    const double expected = std::log(125.0 / 2.0) * std::log(static_cast<double>(image->GetBufferPointer()[i]));
    ASSERT_NEAR(ofGrey[i], expected, 4e-6); // numbers up to 20, rounded to float
    ASSERT_NEAR(ofBlack[i], expected, 4e-6);
  }
}

TYPED_TEST(LogReflectance, StreamsAndHasTheSameBitsForAnyThreadsAndDivisions)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Quotient);
  const auto channel = this->Channel(5);
  const auto filterWith = [&](const TypeParam * input)
  {
    const auto filter = FilterOf(input);
    filter->AddChannel(channel, true);
    filter->AddChannel(image, false);
    return filter;
  };
  const auto expected = ResultOf(filterWith(image));
  for (const unsigned int threads : { 1U, 5U })
  {
    const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New(); // the monitor releases what it reads
    source->SetInput(image);
    source->InPlaceOff();
    const auto monitor = itk::PipelineMonitorImageFilter<TypeParam>::New();
    monitor->SetInput(source->GetOutput());
    const auto filter = filterWith(monitor->GetOutput());
    filter->SetNumberOfWorkUnits(threads);
    const auto streamer = itk::StreamingImageFilter<TypeParam, TypeParam>::New();
    streamer->SetInput(filter->GetOutput());
    streamer->SetNumberOfStreamDivisions(3);
    streamer->Update();
    EXPECT_TRUE(SameBits(PixelsOf(streamer->GetOutput()), expected)) << threads;
    EXPECT_EQ(monitor->GetUpdatedRequestedRegions().size(), 3U);
  }
}

TYPED_TEST(LogReflectance, InPlaceHasTheSameBits)
{
  const auto image = MakeImage<TypeParam>(SmallSize<TypeParam>(), this->Quotient);
  const auto expected = ResultOf(FilterOf(image.GetPointer()));
  const auto source = itk::CastImageFilter<TypeParam, TypeParam>::New();
  source->SetInput(image);
  source->InPlaceOff();
  const auto filter = FilterOf(source->GetOutput());
  filter->InPlaceOn();
  EXPECT_TRUE(SameBits(ResultOf(filter), expected));
  EXPECT_EQ(source->GetOutput()->GetBufferPointer(), nullptr); // handed over
}

using Volume = itk::Image<float, 3>;

TEST(LogReflectanceVolume, HasTheSameBitsWithEveryInstructionSet)
{
  namespace Detail = itk::LogReflectanceDetail;
  std::vector<float> in;
  for (std::size_t i = 0; i < 77; ++i)
  {
    in.push_back(static_cast<float>(i % 7 == 0 ? NaN : i % 11 == 0 ? -Infinity : Random(i).Normal(1.0, 1.0)));
  }
  const auto with = [&](itk::InstructionSet set)
  {
    std::vector<double> factor(in.size(), 0.0);
    std::vector<float>  out(in.size());
    const float *       from = in.data();
    const double *      factors = factor.data();
    itk::RunWith<Detail::AddPositive>(set, from, factor.data(), in.size());
    itk::RunWith<Detail::Restoration>(set, from, 20.0, 1.5, 0.3, factor.data(), in.size());
    itk::RunWith<Detail::LogOfFloored>(set, from, factors, 0.01, 3.0, 0.5, out.data(), in.size());
    return out;
  };
  for (const auto set : { itk::InstructionSet::Avx2, itk::InstructionSet::Avx512 })
  {
    if (set <= itk::BestInstructionSet())
    {
      EXPECT_TRUE(SameBits(with(set), with(itk::InstructionSet::Baseline)));
    }
  }
}

TEST(LogReflectanceVolume, RefusesWhatCannotBeAndNamesIt)
{
  const auto image = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  const auto message = [&](const auto & change)
  {
    const auto filter = FilterOf(image.GetPointer());
    change(*filter);
    return MessageOf([&] { filter->Update(); });
  };
  const auto holds = [](const std::string & text, const char * part) { return text.find(part) != std::string::npos; };
  EXPECT_TRUE(holds(message([](auto & f) { f.SetFloor(0.0); }), "Floor must be above 0 and finite, got 0"));
  EXPECT_TRUE(holds(message([](auto & f) { f.SetGain(NaN); }), "Gain must be finite, got nan"));
  EXPECT_TRUE(holds(message([](auto & f) { f.SetBeta(-0.5); }), "Beta must be at least 0 and finite, got -0.5"));
  EXPECT_TRUE(holds(MessageOf([&] { FilterOf(image.GetPointer())->AddChannel(nullptr, true); }),
                    "Channel 1 must be an image, got none"));
  EXPECT_TRUE(holds(message([](auto & f) { f.SetOffset(Infinity); }), "Offset must be finite, got inf"));
  EXPECT_TRUE(holds(message([](auto & f) { f.SetAlpha(-1.0); }), "Alpha must be above 0 and finite, got -1"));
  EXPECT_TRUE(holds(message([](auto & f) { f.SetBeta(NaN); }), "Beta must be at least 0 and finite, got nan"));
  EXPECT_TRUE(holds(message([&](auto & f) { f.AddChannel(image, false); }), "None of the 1 channels is the one"));
  const auto released = MakeImage<Volume>({ { 5, 4, 3 } }, [](std::size_t i) { return i; });
  released->ReleaseData();
  EXPECT_TRUE(holds(message([&](auto & f) { f.AddChannel(released, true); }), "must hold the region that is read"));
  const auto smaller = MakeImage<Volume>({ { 5, 4, 2 } }, [](std::size_t i) { return i; });
  EXPECT_TRUE(holds(message([&](auto & f) { f.AddChannel(smaller, true); }), "Channel 1 covers"));
}
