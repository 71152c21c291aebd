#include "Error.h"
#include "Pipeline.h"
#include "PipelineJson.h"
#include "SmallVolumes.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkShiftScaleImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

// What every stage of the registry promises. A stage is tested here without being named.
namespace isolux
{
namespace
{
using testing::BitsOf;
using testing::PixelsOf;

struct Outcome
{
  WorkImage::Pointer       output;
  MaskImage::Pointer       mask;
  Values                   learned;
  std::vector<std::string> warnings;
};

std::unique_ptr<Stage>
MakeStage(const StageDescription & description, const Values & options = {})
{
  auto stage = description.make();
  Assign([&](ParameterVisitor & visit) { stage->VisitOptions(visit); }, options, description.name);
  return stage;
}

std::vector<ParameterRecord>
OptionsOf(const StageDescription & description)
{
  const auto stage = description.make();
  return Describe([&](ParameterVisitor & visit) { stage->VisitOptions(visit); });
}

Outcome
RunStage(Stage & stage, const WorkImage::Pointer & image, const MaskImage::Pointer & mask, unsigned int divisions = 1)
{
  const Flow flow = stage.Connect({ image, mask }, divisions);
  if (flow.mask)
  {
    flow.mask->Update();
  }
  auto streamer = itk::StreamingImageFilter<WorkImage, WorkImage>::New();
  streamer->SetInput(flow.image);
  streamer->SetNumberOfStreamDivisions(divisions);
  streamer->Update();
  return { streamer->GetOutput(),
           flow.mask,
           Read([&](ParameterVisitor & visit) { stage.VisitLearned(visit); }),
           stage.Warnings() };
}

/** Every digit; NaN, which is not equal to itself, as null. */
std::string
AsText(const Values & values)
{
  return ToJson(values).dump();
}

/** As a sidecar hands them on. */
Values
ThroughJson(const Values & values)
{
  Values     back;
  const auto json = nlohmann::ordered_json::parse(AsText(values));
  for (const auto & [name, value] : json.items())
  {
    back.emplace_back(name, ValueFromJson(value, name));
  }
  return back;
}

struct Shape
{
  const char *         name;
  WorkImage::SizeType  size;
  WorkImage::IndexType start;
};

std::vector<Shape>
Shapes()
{
  return { { "volume", { { 23, 19, 17, 1 } }, { { 3, -2, 5, 0 } } },
           { "series", { { 17, 13, 11, 3 } }, { { 3, -2, 5, 0 } } },
           { "picture", { { 61, 47, 1, 1 } }, { { 3, -2, 0, 0 } } },
           { "line", { { 1003, 1, 1, 1 } }, { { 3, 0, 0, 0 } } } };
}

WorkImage::Pointer
Head(const Shape & shape)
{
  return testing::FillHead(testing::ObliqueGrid(shape.size, shape.start));
}

constexpr float Threshold = 30.0F; ///< between FillHead()'s air and its tissues

void
ExpectSameGrid(const WorkImage & actual, const WorkImage & expected)
{
  EXPECT_EQ(actual.GetLargestPossibleRegion(), expected.GetLargestPossibleRegion());
  EXPECT_EQ(actual.GetBufferedRegion(), expected.GetLargestPossibleRegion());
  EXPECT_EQ(actual.GetSpacing(), expected.GetSpacing());
  EXPECT_EQ(actual.GetOrigin(), expected.GetOrigin());
  EXPECT_EQ(actual.GetDirection(), expected.GetDirection());
}

class StageContract : public ::testing::TestWithParam<std::string>
{
protected:
  StageContract()
  {
    SetThreads(2);
  }

  const StageDescription & m_Stage = BuiltInStages().Find(GetParam());
};
} // namespace

TEST_P(StageContract, DescribesItself)
{
  EXPECT_FALSE(m_Stage.summary.empty());
  EXPECT_EQ(m_Stage.summary.back(), '.');
  EXPECT_FALSE(m_Stage.formula.empty());
  EXPECT_FALSE(m_Stage.reference.empty());
  EXPECT_FALSE(m_Stage.inverse.empty());
  EXPECT_TRUE(std::filesystem::is_directory(std::filesystem::path(ISOLUX_SOURCE_DIR) / "filters" / m_Stage.family));
  for (const auto & option : OptionsOf(m_Stage))
  {
    EXPECT_EQ(option.help.back(), '.') << option.name;
    EXPECT_EQ(option.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos) << option.name;
  }
}

TEST_P(StageContract, DefaultsLieWithinTheirBounds)
{
  const auto stage = m_Stage.make();
  const auto members = [&](ParameterVisitor & visit) { stage->VisitOptions(visit); };
  EXPECT_NO_THROW(Assign(members, Read(members), ""));
}

TEST_P(StageContract, OptionsGoThroughAPipelineFileUnchanged)
{
  Values changed;
  for (const auto & option : OptionsOf(m_Stage))
  {
    Value      value = option.defaultValue;
    const bool bounded = std::isfinite(option.minimum) && std::isfinite(option.maximum);
    const auto third =
      bounded ? option.minimum + (option.maximum - option.minimum) / 3.0 : std::max(0.0, option.minimum) + 1.0 / 3.0;
    if (option.Type() == "string" && !option.choices.empty())
    {
      value = option.choices.back();
    }
    else if (option.Type() == "integer")
    {
      value = static_cast<long long>(third);
    }
    else if (option.Type() == "number")
    {
      value = third;
    }
    else if (option.Type() == "numbers")
    {
      value = std::vector<double>{ third, third };
    }
    else if (option.Type() == "strings")
    {
      continue; // files, which a pipeline looks for
    }
    else if (option.Type() == "boolean")
    {
      value = !std::get<bool>(value);
    }
    changed.emplace_back(option.name, value);

    const auto alone = MakeStage(m_Stage, { changed.back() });
    try
    {
      alone->CompleteOptions({ changed.back() });
      alone->CheckOptions();
    }
    catch (const UsageError & error) // it goes with another option only
    {
      EXPECT_NE(std::string(error.what()).find("'" + option.name + "'"), std::string::npos) << error.what();
      continue;
    }
    PipelineSpec spec;
    spec.stages = { { m_Stage.name, { changed.back() } } };
    const auto back = Pipeline(ParsePipeline(WritePipeline(spec), "text"), true).Describe().front().options;
    EXPECT_EQ(back, Read([&](ParameterVisitor & visit) { alone->VisitOptions(visit); })) << option.name;
  }
  const auto all = MakeStage(m_Stage, changed);
  const auto again = MakeStage(m_Stage, ThroughJson(changed));
  EXPECT_EQ(Read([&](ParameterVisitor & visit) { again->VisitOptions(visit); }),
            Read([&](ParameterVisitor & visit) { all->VisitOptions(visit); }));
}

TEST_P(StageContract, AnUnknownOptionIsNamedWithTheNearestOne)
{
  for (const auto & option : OptionsOf(m_Stage))
  {
    PipelineSpec spec;
    spec.stages = { { m_Stage.name, { { option.name + "x", 1LL } } } };
    try
    {
      const Pipeline pipeline(spec, true);
      FAIL() << option.name;
    }
    catch (const UsageError & error)
    {
      const std::string message = error.what();
      EXPECT_NE(message.find("stage 1 (" + m_Stage.name + "): unknown option '" + option.name + "x'; did you mean '" +
                             option.name + "'?"),
                std::string::npos)
        << message;
    }
  }
}

TEST_P(StageContract, BoundsHoldOnBothSidesAndAreNamed)
{
  const auto refusal = [&](const ParameterRecord & option, double number)
  {
    const std::string type = option.Type();
    const Value       value = type == "integer"   ? Value(static_cast<long long>(number))
                              : type == "numbers" ? Value(std::vector<double>{ number })
                                                  : Value(number);
    try
    {
      MakeStage(m_Stage, { { option.name, value } });
    }
    catch (const UsageError & error)
    {
      return std::string(error.what());
    }
    return std::string();
  };
  for (const auto & option : OptionsOf(m_Stage))
  {
    for (const bool upper : { false, true })
    {
      const double bound = upper ? option.maximum : option.minimum;
      if (std::isfinite(bound))
      {
        const double outward = upper ? HUGE_VAL : -HUGE_VAL;
        const double beyond =
          option.Type() == "integer" ? bound + (upper ? 1.0 : -1.0) : std::nextafter(bound, outward);
        EXPECT_EQ(refusal(option, bound), "") << option.name;
        EXPECT_NE(refusal(option, beyond).find("'" + option.name + "' must be in " + option.Bounds()),
                  std::string::npos)
          << option.name << ": " << refusal(option, beyond);
      }
    }
    if (!option.choices.empty())
    {
      EXPECT_THROW(MakeStage(m_Stage, { { option.name, std::string("none-of-these") } }), UsageError) << option.name;
    }
  }
}

TEST_P(StageContract, GeometryIsKept)
{
  for (const auto & shape : Shapes())
  {
    SCOPED_TRACE(shape.name);
    const auto image = Head(shape);
    const auto stage = MakeStage(m_Stage);
    const auto result = RunStage(*stage, image, m_Stage.makesMask ? nullptr : testing::MaskAbove(*image, Threshold));
    ExpectSameGrid(*result.output, *image);
    const auto field = stage->Field(image);
    EXPECT_EQ(field.IsNotNull(), m_Stage.makesField);
    auto frame = image->GetLargestPossibleRegion();
    frame.SetSize(3, 1);
    if (field)
    {
      const auto region = field->GetLargestPossibleRegion();
      EXPECT_TRUE(region == frame || region == image->GetLargestPossibleRegion()) << region; // or one for each frame
      EXPECT_EQ(field->GetOrigin(), image->GetOrigin());
      EXPECT_EQ(field->GetSpacing(), image->GetSpacing());
      EXPECT_EQ(field->GetDirection(), image->GetDirection());
    }
    if (m_Stage.makesMask)
    {
      ASSERT_TRUE(result.mask);
      EXPECT_EQ(result.mask->GetLargestPossibleRegion(), frame);
      for (unsigned int axis = 0; axis < 3; ++axis) // along t a mask has no place
      {
        EXPECT_EQ(result.mask->GetOrigin()[axis], image->GetOrigin()[axis]);
      }
      EXPECT_EQ(result.mask->GetDirection(), image->GetDirection());
    }
  }
}

TEST_P(StageContract, TheInputIsNotChanged)
{
  const auto image = Head(Shapes().front());
  const auto before = BitsOf(*image);
  RunStage(*MakeStage(m_Stage), image, testing::MaskAbove(*image, Threshold), 3);
  EXPECT_EQ(BitsOf(*image), before);
}

TEST_P(StageContract, TheSameBitsForAnyNumberOfThreadsAndStreamDivisions)
{
  for (const auto & shape : Shapes())
  {
    SCOPED_TRACE(shape.name);
    const auto image = Head(shape);
    const auto mask = m_Stage.makesMask ? nullptr : testing::MaskAbove(*image, Threshold);
    SetThreads(1);
    const auto stage = MakeStage(m_Stage);
    const auto expected = RunStage(*stage, image, mask);
    const auto expectedField = stage->Field(image);
    for (const unsigned int threads : { 1U, 2U, 3U, 7U })
    {
      for (const unsigned int divisions : { 1U, 5U, 64U })
      {
        SCOPED_TRACE(std::to_string(threads) + " threads, " + std::to_string(divisions) + " divisions");
        SetThreads(threads);
        const auto again = MakeStage(m_Stage);
        const auto result = RunStage(*again, image, mask, divisions);
        EXPECT_EQ(BitsOf(*result.output), BitsOf(*expected.output));
        EXPECT_EQ(AsText(result.learned), AsText(expected.learned));
        EXPECT_EQ(result.warnings, expected.warnings);
        if (const auto field = again->Field(image))
        {
          EXPECT_EQ(BitsOf(*field), BitsOf(*expectedField));
        }
        if (result.mask)
        {
          const auto voxels = result.mask->GetBufferedRegion().GetNumberOfPixels();
          EXPECT_TRUE(std::equal(result.mask->GetBufferPointer(),
                                 result.mask->GetBufferPointer() + voxels,
                                 expected.mask->GetBufferPointer()));
        }
      }
    }
  }
}

TEST_P(StageContract, ReadsItsInputAsDeclared)
{
  using Monitor = itk::PipelineMonitorImageFilter<WorkImage>;
  const Shape shape{ "volume", { { 13, 11, 400, 1 } }, { { 3, -2, 5, 0 } } };
  const auto  image = Head(shape);
  // ShiftScale hands out no more than it is asked for: the image itself would give its whole buffer at once.
  auto source = itk::ShiftScaleImageFilter<WorkImage, WorkImage>::New();
  source->SetInput(image);
  auto monitor = Monitor::New();
  monitor->ClearPipelineOnGenerateOutputInformationOff();
  monitor->SetInput(source->GetOutput());

  constexpr unsigned int divisions = 5;
  RunStage(*MakeStage(m_Stage),
           monitor->GetOutput(),
           m_Stage.makesMask ? nullptr : testing::MaskAbove(*image, Threshold),
           divisions);

  const auto  whole = image->GetLargestPossibleRegion();
  const auto  regions = monitor->GetUpdatedRequestedRegions();
  const auto  readWhole = std::count(regions.begin(), regions.end(), whole);
  std::size_t read = 0;
  for (const auto & region : regions)
  {
    read += region.GetNumberOfPixels();
  }
  switch (m_Stage.access)
  {
    case Access::Pointwise:
      EXPECT_EQ(regions.size(), divisions);
      EXPECT_EQ(read, whole.GetNumberOfPixels());
      break;
    case Access::Neighbourhood:
      EXPECT_EQ(regions.size(), divisions);
      EXPECT_EQ(readWhole, 0);
      break;
    case Access::TwoPass:
      EXPECT_EQ(regions.size(), (m_Stage.learningPasses + 1) * divisions);
      EXPECT_EQ(readWhole, 0);
      EXPECT_LE(read, (m_Stage.learningPasses + 2) * whole.GetNumberOfPixels()); // once more for the learner's rims
      break;
    case Access::WholeImage:
      EXPECT_GT(readWhole, 0);
      break;
  }
}

TEST_P(StageContract, ImagesWithNothingToLearnGiveNoExceptionAndNoNewNan)
{
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Shape     shape{ "volume", { { 13, 11, 9, 1 } }, { { 3, -2, 5, 0 } } };

  const auto filled = [](const WorkImage::Pointer & image, const auto & valueAt)
  {
    for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      image->GetBufferPointer()[i] = valueAt(i, image->GetBufferPointer()[i]);
    }
    return image;
  };
  const auto constant = [&](float value) { return filled(Head(shape), [=](std::size_t, float) { return value; }); };
  const std::vector<std::pair<std::string, WorkImage::Pointer>> images = {
    { "constant", constant(7.0F) },
    { "zero", constant(0.0F) },
    { "negative constant", constant(-3.0F) },
    { "largest float", constant(std::numeric_limits<float>::max()) },
    { "smallest float", constant(std::numeric_limits<float>::denorm_min()) },
    { "NaN", constant(nan) },
    { "infinity", constant(infinity) },
    { "one voxel", filled(testing::ObliqueGrid({ { 1, 1, 1, 1 } }), [](std::size_t, float) { return 5.0F; }) },
    { "one NaN", filled(testing::ObliqueGrid({ { 1, 1, 1, 1 } }), [=](std::size_t, float) { return nan; }) },
    { "two voxels",
      filled(testing::ObliqueGrid({ { 2, 1, 1, 1 } }),
             [](std::size_t i, float) { return 1.0F + static_cast<float>(i); }) },
    { "negative", filled(Head(shape), [](std::size_t, float x) { return -x; }) },
    { "some NaN", filled(Head(shape), [=](std::size_t i, float x) { return i % 7 == 0 ? nan : x; }) },
    { "some infinite",
      filled(Head(shape),
             [=](std::size_t i, float x) { return i % 11 == 0   ? infinity
                                                  : i % 11 == 1 ? -infinity
                                                                : x; }) },
    { "one bright voxel", filled(Head(shape), [](std::size_t i, float) { return i == 600 ? 1.0F : 0.0F; }) },
    { "huge range", filled(Head(shape), [](std::size_t i, float x) { return i % 2 == 0 ? x * 1e34F : x * 1e-36F; }) },
  };
  for (const auto & [name, image] : images)
  {
    auto empty = testing::MaskAbove(*image, HUGE_VALF);
    auto one = testing::MaskAbove(*image, HUGE_VALF);
    one->GetBufferPointer()[0] = 1;
    auto full = testing::MaskAbove(*image, HUGE_VALF);
    full->FillBuffer(1);
    std::vector<std::pair<std::string, MaskImage::Pointer>> masks = { { "empty mask", empty },
                                                                      { "mask of one", one },
                                                                      { "full mask", full } };
    if (!m_Stage.needsMask)
    {
      masks.emplace_back("no mask", nullptr);
    }
    for (const auto & [maskName, mask] : masks)
    {
      SCOPED_TRACE(name + ", " + maskName);
      Outcome result;
      ASSERT_NO_THROW(result = RunStage(*MakeStage(m_Stage), image, mask));
      for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
      {
        const bool wasFinite = std::isfinite(image->GetBufferPointer()[i]);
        const bool isFinite = std::isfinite(result.output->GetBufferPointer()[i]);
        // What is not finite stays so, unless the stage sets what is outside the mask to zero.
        const bool isZeroed = mask && mask->GetBufferPointer()[i] == 0 && result.output->GetBufferPointer()[i] == 0.0F;
        ASSERT_TRUE(wasFinite == isFinite || (!wasFinite && isZeroed))
          << "voxel " << i << ": " << image->GetBufferPointer()[i] << " -> " << result.output->GetBufferPointer()[i];
      }
      if (mask == empty)
      {
        EXPECT_FALSE(result.warnings.empty());
      }
    }
  }
}

TEST_P(StageContract, TheInverseGivesTheInputBackOrSaysWhyNot)
{
  std::vector<Values> settings = { {} };
  for (const auto & option : OptionsOf(m_Stage)) // one option off its default at a time
  {
    if (option.Type() == "string")
    {
      for (const auto & choice : option.choices)
      {
        settings.push_back({ { option.name, choice } });
      }
      continue;
    }
    for (const double number : { option.minimum, option.maximum, 0.0, -2.5, 1.0 })
    {
      if (std::isfinite(number) && number >= option.minimum && number <= option.maximum && option.Type() != "boolean")
      {
        const Value value = option.Type() == "integer"   ? Value(static_cast<long long>(number))
                            : option.Type() == "numbers" ? Value(std::vector<double>{ number })
                                                         : Value(number);
        settings.push_back({ { option.name, value } });
      }
    }
  }
  const auto isRefused = [&](const Values & options) // they go with others only
  {
    try
    {
      MakeStage(m_Stage, options)->CheckOptions();
      return false;
    }
    catch (const UsageError &)
    {
      return true;
    }
  };
  settings.erase(std::remove_if(settings.begin(), settings.end(), isRefused), settings.end());
  for (const auto & shape : Shapes())
  {
    for (const auto & options : settings)
    {
      SCOPED_TRACE(std::string(shape.name) + " " + AsText(options));
      const auto image = Head(shape);
      const auto result = RunStage(*MakeStage(m_Stage, options), image, testing::MaskAbove(*image, Threshold));
      const auto undoing = MakeStage(m_Stage, options);
      Assign([&](ParameterVisitor & visit) { undoing->VisitLearned(visit); }, ThroughJson(result.learned), "sidecar");
      try
      {
        const auto back = undoing->ConnectInverse(result.output);
        back->Update();
        ExpectSameGrid(*back, *image);
        // Each of the two ways rounds to float once, at a magnitude of up to the image's range.
        const auto   pixels = PixelsOf(*image);
        const double tolerance = std::ldexp(*std::max_element(pixels.begin(), pixels.end()), -22);
        double       worst = 0.0;
        for (std::size_t i = 0; i < pixels.size(); ++i)
        {
          worst = std::max(worst, std::abs(static_cast<double>(pixels[i]) - back->GetBufferPointer()[i]));
        }
        EXPECT_LE(worst, tolerance);
      }
      catch (const Error & error)
      {
        EXPECT_NE(std::string(error.what()).find(m_Stage.name), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("cannot be undone: "), std::string::npos) << error.what();
      }
    }
  }
}

TEST_P(StageContract, TheInverseOfAConstantMaskIsNotInvented)
{
  const auto image = Head(Shapes().front());
  auto       mask = testing::MaskAbove(*image, Threshold);
  for (std::size_t i = 0; i < mask->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (mask->GetBufferPointer()[i] != 0)
    {
      image->GetBufferPointer()[i] = 50.0F;
    }
  }
  const auto result = RunStage(*MakeStage(m_Stage), image, mask);
  const auto undoing = MakeStage(m_Stage);
  Assign([&](ParameterVisitor & visit) { undoing->VisitLearned(visit); }, ThroughJson(result.learned), "sidecar");
  try
  {
    const auto back = undoing->ConnectInverse(result.output);
    back->Update();
    const auto expected = PixelsOf(*image);
    for (std::size_t i = 0; i < expected.size(); ++i)
    {
      ASSERT_NEAR(back->GetBufferPointer()[i], expected[i], std::ldexp(50.0, -22)); // float rounding, twice
    }
  }
  catch (const Error & error)
  {
    EXPECT_NE(std::string(error.what()).find("cannot be undone: "), std::string::npos) << error.what();
  }
}

TEST_P(StageContract, HasAnExamplePipelineThatRuns)
{
  const auto path = std::filesystem::path(ISOLUX_SOURCE_DIR) / "data/pipelines" / (m_Stage.name + ".json");
  const auto spec = ReadPipelineFile(path);
  EXPECT_TRUE(std::any_of(
    spec.stages.begin(), spec.stages.end(), [&](const auto & stage) { return stage.name == m_Stage.name; }));
  const auto image = Head(Shapes().front());
  Pipeline   pipeline(spec, false);
  EXPECT_EQ(pipeline.Run(image, nullptr, { 2, 1 }).report.stages.size(), spec.stages.size());
}

INSTANTIATE_TEST_SUITE_P(,
                         StageContract,
                         ::testing::ValuesIn(
                           []
                           {
                             std::vector<std::string> names;
                             for (const auto & stage : BuiltInStages().All())
                             {
                               names.push_back(stage.name);
                             }
                             return names;
                           }()),
                         [](const auto & test)
                         {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(StageRegistry, ANameIsTakenOnce)
{
  StageRegistry registry;
  registry.Add(BuiltInStages().All().front());
  EXPECT_THROW(registry.Add(BuiltInStages().All().front()), std::logic_error);
}

TEST(StageRegistry, AnUnknownNameIsRefusedWithTheNearest)
{
  try
  {
    BuiltInStages().Find("instance_norm");
    FAIL();
  }
  catch (const UsageError & error)
  {
    EXPECT_STREQ(error.what(), "no stage is called 'instance_norm'; did you mean 'instance-norm'?");
  }
}
} // namespace isolux
