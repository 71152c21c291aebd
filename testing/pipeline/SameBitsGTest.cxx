#include "Error.h"
#include "Pipeline.h"
#include "PipelineJson.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"

#include <gtest/gtest.h>

#include <algorithm>

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
