#include "Error.h"
#include "MemoryPlan.h"
#include "Pipeline.h"
#include "PipelineJson.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"

#include "itkImageAlgorithm.h"
#include "itkShiftScaleImageFilter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

// How a pipeline is run does not change a bit: neither of the images nor of a number in the sidecar.
namespace isolux
{
namespace
{
namespace fs = std::filesystem;

struct Shape
{
  std::string          name;
  WorkImage::SizeType  size;
  WorkImage::IndexType start;
  std::size_t          channels;
};

std::vector<Shape>
Shapes()
{
  return { { "volume", { { 23, 19, 17, 1 } }, { { 3, -2, 5, 0 } }, 1 },
           { "series", { { 17, 13, 11, 3 } }, { { 3, -2, 5, 0 } }, 1 },
           { "colour picture", { { 61, 47, 1, 1 } }, { { 3, -2, 0, 0 } }, 3 } };
}

std::vector<WorkImage::Pointer>
ChannelsOf(const Shape & shape)
{
  std::vector<WorkImage::Pointer> channels;
  for (std::size_t channel = 0; channel < shape.channels; ++channel)
  {
    const auto gain = 100.0F + 30.0F * static_cast<float>(channel);
    channels.push_back(
      testing::FillHead(testing::ObliqueGrid(shape.size, shape.start), gain, static_cast<std::uint32_t>(channel + 1)));
  }
  return channels;
}

/** All that a run gives, but for the time that it took. */
struct Outcome
{
  std::vector<std::vector<std::uint32_t>> bits;
  std::string                             sidecar;
  std::string                             error;
};

std::string
SidecarOf(std::vector<ChannelReport> channels)
{
  for (auto & channel : channels)
  {
    for (auto & stage : channel.stages)
    {
      stage.seconds = 0.0;
    }
  }
  CaseReport report;
  report.channels = std::move(channels);
  return WriteSidecar(report);
}

Outcome
RunOn(const Shape & shape, Pipeline & pipeline, const MaskImage::Pointer & mask, const Execution & execution)
{
  Outcome outcome;
  SetThreads(execution.threads);
  try
  {
    std::vector<ChannelReport> reports;
    for (const auto & result : pipeline.Run(ChannelsOf(shape), mask, nullptr, execution))
    {
      outcome.bits.push_back(testing::BitsOf(*result.images.after));
      reports.push_back(result.report);
    }
    outcome.sidecar = SidecarOf(reports);
  }
  catch (const Error & error) // a field or a reference may be of another shape
  {
    outcome.error = error.what();
  }
  return outcome;
}

/** As RunOn(), in pieces of channels that hold only what was asked of them last. */
Outcome
RunOnPieces(const Shape & shape, Pipeline & pipeline, const MaskImage::Pointer & mask, unsigned int pieces)
{
  using Reader = itk::ShiftScaleImageFilter<WorkImage, WorkImage>;
  Outcome                         outcome;
  std::vector<Reader::Pointer>    readers;
  std::vector<WorkImage::Pointer> channels;
  std::vector<WorkImage::Pointer> outputs;
  for (const auto & channel : ChannelsOf(shape))
  {
    readers.push_back(Reader::New());
    readers.back()->SetInput(channel);
    channels.emplace_back(readers.back()->GetOutput());
    channels.back()->UpdateOutputInformation();
    outputs.push_back(WorkImage::New());
    outputs.back()->SetRegions(channel->GetLargestPossibleRegion());
    outputs.back()->Allocate();
  }
  Execution execution;
  execution.threads = 2;
  execution.streamDivisions = pieces;
  SetThreads(execution.threads);
  try
  {
    outcome.sidecar = SidecarOf(pipeline.RunInPieces(
      channels,
      mask,
      nullptr,
      execution,
      {},
      [&outputs](const Pipeline::Piece & piece)
      { itk::ImageAlgorithm::Copy(&piece.output, outputs[piece.channel].GetPointer(), piece.region, piece.region); }));
    for (const auto & output : outputs)
    {
      outcome.bits.push_back(testing::BitsOf(*output));
    }
  }
  catch (const Error & error)
  {
    outcome.error = error.what();
  }
  return outcome;
}

void
ExpectSame(const Outcome & actual, const Outcome & expected)
{
  EXPECT_EQ(actual.error, expected.error);
  EXPECT_EQ(actual.sidecar, expected.sidecar);
  EXPECT_TRUE(actual.bits == expected.bits); // not printed
}

class SameBits : public ::testing::TestWithParam<std::string>
{
protected:
  PipelineSpec
  Spec() const
  {
    return ReadPipelineFile(fs::path(ISOLUX_SOURCE_DIR) / "data/pipelines" / (GetParam() + ".json"));
  }

  /** Threads and divisions. All of them for the chains that people run; each stage alone has them in StageContract. */
  std::vector<Execution>
  Executions() const
  {
    if (GetParam() != "default" && GetParam() != "photos")
    {
      return { { 1, 64 }, { 2, 5 }, { 3, 1 }, { 7, 64 } };
    }
    std::vector<Execution> executions;
    for (const unsigned int threads : { 1U, 2U, 3U, 7U })
    {
      for (const unsigned int divisions : { 1U, 5U, 64U })
      {
        executions.push_back({ threads, divisions });
      }
    }
    return executions;
  }
};
} // namespace

TEST_P(SameBits, InPiecesAsInMemoryOrNeverInPieces)
{
  const auto spec = this->Spec();
  if (std::any_of(spec.stages.begin(),
                  spec.stages.end(),
                  [](const StageSpec & stage)
                  { return BuiltInStages().Find(stage.name).access == Access::WholeImage; }))
  {
    MemoryNeeds needs;
    needs.region.SetSize({ { 1000, 1000, 1000, 1 } });
    const auto plan = PlanMemory(spec, needs, 500.0, false, "");
    EXPECT_FALSE(plan.inPieces);
    EXPECT_NE(plan.obstacle.find("holds the whole image"), std::string::npos) << plan.obstacle;
    return;
  }
  for (const auto & shape : Shapes())
  {
    SCOPED_TRACE(shape.name);
    // Learned by a stage that comes last: what it reads is what the pieces are read from.
    auto chain = spec;
    if (chain.stages.size() == 1 && chain.stages.front().name != "foreground")
    {
      chain.stages.push_back({ "foreground", { { "rule", std::string("otsu") } } });
    }
    for (const auto & one : { spec, chain })
    {
      const auto mask = one.stages.size() == spec.stages.size() && spec.stages.size() == 1
                          ? testing::MaskAbove(*ChannelsOf(shape).front(), 30.0F)
                          : nullptr;
      const auto make = [&]() -> std::unique_ptr<Pipeline>
      {
        try
        {
          return std::make_unique<Pipeline>(one, mask.IsNotNull());
        }
        catch (const UsageError &) // a stage that needs a mask before it
        {
          return nullptr;
        }
      };
      const auto whole = make();
      if (whole)
      {
        const auto expected = RunOn(shape, *whole, mask, { 1, 1 });
        for (const unsigned int pieces : { 1U, 7U })
        {
          SCOPED_TRACE(std::to_string(pieces) + " pieces, " + std::to_string(one.stages.size()) + " stages");
          ExpectSame(RunOnPieces(shape, *make(), mask, pieces), expected);
        }
      }
    }
  }
}

TEST_P(SameBits, ForAnyThreadsAndDivisionsAndForASecondRun)
{
  const bool  isChain = this->Spec().stages.size() > 1;
  std::size_t ran = 0;
  for (const auto & shape : Shapes())
  {
    const auto mask = isChain ? nullptr : testing::MaskAbove(*ChannelsOf(shape).front(), 30.0F);
    Pipeline   once(this->Spec(), mask.IsNotNull());
    const auto expected = RunOn(shape, once, mask, { 1, 1 });
    ran += expected.error.empty();
    SCOPED_TRACE(shape.name);
    ExpectSame(RunOn(shape, once, mask, { 2, 5 }), expected); // a second run of the same
    for (const auto & execution : this->Executions())
    {
      SCOPED_TRACE(std::to_string(execution.threads) + " threads, " + std::to_string(execution.streamDivisions) +
                   " divisions");
      Pipeline again(this->Spec(), mask.IsNotNull());
      ExpectSame(RunOn(shape, again, mask, execution), expected);
    }
  }
  EXPECT_GT(ran, 0U);
}

INSTANTIATE_TEST_SUITE_P(,
                         SameBits,
                         ::testing::ValuesIn(
                           []
                           {
                             std::vector<std::string> names;
                             for (const auto & file :
                                  fs::directory_iterator(fs::path(ISOLUX_SOURCE_DIR) / "data/pipelines"))
                             {
                               names.push_back(file.path().stem().string());
                             }
                             std::sort(names.begin(), names.end());
                             return names;
                           }()),
                         [](const auto & test)
                         {
                           std::string name = test.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });
} // namespace isolux
