#include "Error.h"
#include "Pipeline.h"
#include "PipelineJson.h"
#include "SmallVolumes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

// What the contract of all stages does not look at: switches, what is recorded, what is said.
namespace isolux
{
namespace
{
using testing::PixelsOf;

const WorkImage::SizeType MovieSize{ { 40, 32, 1, 12 } };

double
FlatAt(std::size_t x, std::size_t y)
{
  return 1.0 + 0.3 * std::cos(M_PI * (static_cast<double>(x) + 0.5) / 40.0) -
         0.2 * std::cos(2.0 * M_PI * (static_cast<double>(y) + 0.5) / 32.0);
}

double
BrightnessAt(std::size_t frame)
{
  return 60.0 + 10.0 * static_cast<double>(frame);
}

/** A background that brightens over time under one flat-field, with a speck that wanders. */
WorkImage::Pointer
Movie()
{
  const auto image = testing::ObliqueGrid(MovieSize);
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    const std::size_t x = i % 40;
    const std::size_t y = i / 40 % 32;
    const std::size_t frame = i / (40 * 32);
    const bool        isSpeck = x / 3 == frame && y / 3 == (frame * 5) % 10;
    image->GetBufferPointer()[i] =
      static_cast<float>(BrightnessAt(frame) * FlatAt(x, y) * (isSpeck ? 3.0 : 1.0) + 20.0);
  }
  return image;
}

std::unique_ptr<Stage>
MakeStage(const Values & options)
{
  auto stage = BuiltInStages().Find("stack-illumination").make();
  Assign([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }, options, "test");
  return stage;
}

Values
LearnedOf(Stage & stage)
{
  return Read([&](ParameterVisitor & visit) { stage.VisitLearned(visit); });
}

void
SetLearned(Stage & stage, const Values & learned)
{
  Values     back;
  const auto json = nlohmann::ordered_json::parse(ToJson(learned).dump());
  for (const auto & [name, value] : json.items())
  {
    back.emplace_back(name, ValueFromJson(value, name));
  }
  Assign([&](ParameterVisitor & visit) { stage.VisitLearned(visit); }, back, "sidecar");
}

Value &
At(Values & values, const std::string & name)
{
  return std::find_if(values.begin(), values.end(), [&](const auto & value) { return value.first == name; })->second;
}
} // namespace

TEST(StackIlluminationStage, EverySwitchIsUndoneFromTheRecord)
{
  const auto image = Movie();
  const auto pixels = PixelsOf(*image);
  for (const bool darkfield : { false, true })
  {
    for (const bool timelapse : { false, true })
    {
      const Values options = { { "darkfield", darkfield }, { "timelapse", timelapse } };
      const auto   stage = MakeStage(options);
      const auto   output = stage->Connect({ image, nullptr }, 1).image;
      output->Update();
      const auto learned = LearnedOf(*stage);
      const auto undoing = MakeStage(options);
      SetLearned(*undoing, learned);
      const auto back = undoing->ConnectInverse(output);
      back->Update();
      double moved = 0.0;
      for (std::size_t i = 0; i < pixels.size(); ++i)
      {
        moved = std::max(moved, std::abs(static_cast<double>(output->GetBufferPointer()[i] - pixels[i])));
        // Each of the two ways rounds to float once, at a magnitude of up to the image's range of 800.
        ASSERT_NEAR(back->GetBufferPointer()[i], pixels[i], std::ldexp(800.0, -22)) << darkfield << timelapse;
      }
      EXPECT_GT(moved, 20.0);
    }
  }
}

TEST(StackIlluminationStage, ATimelapseIsEvenInPlaceAndInTime)
{
  const auto image = Movie();
  const auto stage = MakeStage({ { "darkfield", true }, { "timelapse", true } });
  const auto output = stage->Connect({ image, nullptr }, 3).image;
  output->Update();
  auto pixels = PixelsOf(*output);
  std::sort(pixels.begin(), pixels.end());
  // All but the specks, 1 % of the pixels: 90 % of them within 3 % of each other.
  EXPECT_LT(pixels[pixels.size() * 95 / 100] / pixels[pixels.size() * 5 / 100], 1.03);
  auto before = PixelsOf(*image);
  std::sort(before.begin(), before.end());
  EXPECT_GT(before[before.size() * 95 / 100] / before[before.size() * 5 / 100], 2.5);
}

TEST(StackIlluminationStage, TheFieldIsTheFlatFieldOfMeanOne)
{
  const auto image = Movie();
  const auto stage = MakeStage({ { "darkfield", true }, { "timelapse", true } });
  stage->Connect({ image, nullptr }, 1).image->Update();
  const auto field = stage->Field(image);
  ASSERT_EQ(field->GetBufferedRegion().GetNumberOfPixels(), 40U * 32U);
  double mean = 0.0;
  for (std::size_t i = 0; i < 40 * 32; ++i)
  {
    mean += static_cast<double>(field->GetBufferPointer()[i]) / (40.0 * 32.0);
    // What stays unknown of the dark-field of 20 is a constant, which makes the flat-field by so much flatter.
    EXPECT_NEAR(field->GetBufferPointer()[i], FlatAt(i % 40, i / 40), 0.05) << i;
  }
  EXPECT_NEAR(mean, 1.0, 1e-6); // float rounding
}

TEST(StackIlluminationStage, FewAndUnusableImagesAreWarnedOf)
{
  const auto warnings = [](const WorkImage::Pointer & image)
  {
    const auto stage = MakeStage({});
    stage->Connect({ image, nullptr }, 1).image->Update();
    return stage->Warnings();
  };
  EXPECT_TRUE(warnings(Movie()).empty());

  const auto picture = testing::FillHead(testing::ObliqueGrid({ { 40, 32, 1, 1 } }));
  ASSERT_EQ(warnings(picture).size(), 1U);
  EXPECT_NE(warnings(picture)[0].find("3 images or more"), std::string::npos) << warnings(picture)[0];
  EXPECT_NE(warnings(picture)[0].find("holds 1 of 1"), std::string::npos) << warnings(picture)[0];

  auto spoilt = Movie();
  std::fill_n(spoilt->GetBufferPointer(), 3 * 40 * 32, 0.0F);
  spoilt->GetBufferPointer()[5 * 40 * 32] = std::numeric_limits<float>::quiet_NaN();
  const auto said = warnings(spoilt);
  ASSERT_EQ(said.size(), 3U);
  EXPECT_EQ(said[0].find("the flat-field rests on 9 images"), 0U) << said[0];
  EXPECT_EQ(said[1].find("3 of 12 images"), 0U) << said[1];
  EXPECT_EQ(said[2].find("1 voxels"), 0U) << said[2];
}

TEST(StackIlluminationStage, ImagesThatShareNoLampAreWarnedOf)
{
  const auto head = testing::ObliqueGrid({ { 40, 32, 12, 1 } }); // a bright disc at the same place of each slice
  for (std::size_t i = 0; i < PixelsOf(*head).size(); ++i)
  {
    const double u = static_cast<double>(i % 40) / 19.5 - 1.0;
    const double v = static_cast<double>(i / 40 % 32) / 15.5 - 1.0;
    head->GetBufferPointer()[i] =
      (u * u + v * v < 0.5 ? 1000.0F : 10.0F) * (1.0F + 0.01F * static_cast<float>(i * 7919 % 101));
  }
  const auto stage = MakeStage({});
  stage->Connect({ head, nullptr }, 1).image->Update();
  const auto warnings = stage->Warnings();
  ASSERT_FALSE(warnings.empty());
  EXPECT_EQ(warnings[0].find("the flat-field falls to its lowest, 0.05, on "), 0U) << warnings[0];
  auto       learned = LearnedOf(*stage);
  const auto floored = std::get<double>(At(learned, "floored"));
  const auto field = PixelsOf(*stage->Field(head));
  const auto low = std::count_if(field.begin(), field.end(), [](float value) { return value < 0.0501F; });
  EXPECT_GT(floored, 0.02);
  EXPECT_EQ(floored, static_cast<double>(low) / static_cast<double>(field.size())); // a cell is a pixel here

  const auto movie = Movie();
  const auto good = MakeStage({});
  good->Connect({ movie, nullptr }, 1).image->Update();
  learned = LearnedOf(*good);
  EXPECT_EQ(std::get<double>(At(learned, "floored")), 0.0);
}

TEST(StackIlluminationStage, ADamagedRecordIsRefused)
{
  const auto   image = Movie();
  const Values options = { { "timelapse", true } };
  const auto   stage = MakeStage(options);
  stage->Connect({ image, nullptr }, 1).image->Update();
  const auto learned = LearnedOf(*stage);
  const auto refusal = [&](const char * name, const std::vector<double> & numbers)
  {
    auto damaged = learned;
    At(damaged, name) = numbers;
    const auto undoing = MakeStage(options);
    SetLearned(*undoing, damaged);
    try
    {
      undoing->ConnectInverse(image)->Update();
    }
    catch (const Error & error)
    {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const char * name : { "flat_x", "flat_y", "flat", "box" })
  {
    EXPECT_NE(refusal(name, { 1.0 }).find("damaged"), std::string::npos) << name;
  }
  auto copy = learned;
  auto halfWaves = std::get<std::vector<double>>(At(copy, "flat_x"));
  halfWaves.front() = -1.0;
  EXPECT_NE(refusal("flat_x", halfWaves).find("damaged"), std::string::npos);
  EXPECT_NE(refusal("baselines", { 1.0, 2.0 }).find("baselines of 2 images are recorded, but the stack has 12"),
            std::string::npos);
}
} // namespace isolux
