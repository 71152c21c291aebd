#include "Citizens.h"
#include "Process.h"

#include "itkImageRows.h"

#include "itkImageRegionSplitterSlowDimension.h"
#include "itkInPlaceImageFilter.h"
#include "itkMultiThreaderBase.h"
#include "itkShiftScaleImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <memory>
#include <thread>

// What every filter and learner promises to a pipeline that somebody else has built around it.
namespace isolux::testing
{
namespace
{
using Floats = std::vector<float>;
using Regions = std::vector<CitizenImage::RegionType>;

/** A reader that streams, and somebody's filter behind it. */
struct Upstream
{
  using Filter = itk::ShiftScaleImageFilter<CitizenImage, CitizenImage>;

  Upstream()
  {
    filter->SetInput(source->GetOutput());
  }

  CountingSource::Pointer source = CountingSource::New();
  Filter::Pointer         filter = Filter::New();
};

/** How often each part has run. */
using Runs = std::shared_ptr<std::vector<unsigned int>>;

Runs
CountRuns(const Chain & chain)
{
  const auto runs = std::make_shared<std::vector<unsigned int>>(chain.parts.size());
  for (std::size_t i = 0; i < chain.parts.size(); ++i)
  {
    chain.parts[i].filter->AddObserver(itk::StartEvent(), [runs, i](const itk::EventObject &) { ++(*runs)[i]; });
  }
  return runs;
}

/** For each part whether it learns, which is how often a learner is to have run. */
std::vector<unsigned int>
LearnedOnce(const Chain & chain, const Runs & runs)
{
  std::vector<unsigned int> expected = *runs;
  for (std::size_t i = 0; i < chain.parts.size(); ++i)
  {
    expected[i] = chain.parts[i].learns ? 1 : expected[i];
  }
  return expected;
}

Floats
Streamed(const Chain & chain, unsigned int divisions)
{
  const auto streamer = itk::StreamingImageFilter<CitizenImage, CitizenImage>::New();
  streamer->SetInput(chain.output);
  streamer->SetNumberOfStreamDivisions(divisions);
  streamer->Update();
  return PixelsOf(streamer->GetOutput());
}

Floats
Updated(const Chain & chain)
{
  chain.output->GetSource()->UpdateLargestPossibleRegion();
  return PixelsOf(chain.output.GetPointer());
}

/** The pixels of a pipeline that was made for them. */
Floats
Fresh(const Citizen & citizen, double gain = 1.0)
{
  return Updated(citizen.connect(CountingSource::InMemory(gain), 1));
}

Regions
Pieces(unsigned int divisions)
{
  const auto splitter = itk::ImageRegionSplitterSlowDimension::New();
  Regions    pieces(splitter->GetNumberOfSplits(CountingSource::Whole(), divisions), CountingSource::Whole());
  for (unsigned int i = 0; i < pieces.size(); ++i)
  {
    splitter->GetSplit(i, divisions, pieces[i]);
  }
  return pieces;
}

class CitizenTest : public ::testing::TestWithParam<Citizen>
{
protected:
  Chain
  Connect(unsigned int divisions) const
  {
    return GetParam().connect(m_Upstream.filter->GetOutput(), divisions);
  }

  Upstream m_Upstream;
};
} // namespace

TEST_P(CitizenTest, RequestsWhatItNeedsAndNoMore)
{
  constexpr unsigned int divisions = 5;
  Streamed(this->Connect(divisions), divisions);
  const auto & regions = m_Upstream.source->regions;
  if (GetParam().access == CitizenAccess::WholeImage)
  {
    EXPECT_EQ(regions, Regions{ CountingSource::Whole() });
    return;
  }
  const auto pieces = Pieces(divisions);
  const auto learning = GetParam().reads * divisions;
  ASSERT_EQ(regions.size(), learning + (GetParam().access == CitizenAccess::None ? 0 : divisions));
  for (std::size_t i = 0; i < regions.size(); ++i)
  {
    auto piece = pieces[i % divisions];
    piece.PadByRadius(i < learning ? GetParam().rimOfLearner : GetParam().rimOfApplier);
    piece.Crop(CountingSource::Whole());
    EXPECT_EQ(regions[i], piece) << i;
  }
}

TEST_P(CitizenTest, GivesTheSameBitsStreamedAsWhole)
{
  EXPECT_TRUE(SameBits(Streamed(this->Connect(3), 8), Fresh(GetParam())));
}

TEST_P(CitizenTest, LearnsAnewWhereTheSourceHasChanged)
{
  const auto chain = this->Connect(3);
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam())));
  m_Upstream.source->SetGain(1.5);
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam(), 1.5)));
  m_Upstream.source->SetGain(1.0);
  m_Upstream.filter->SetScale(0.5);
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam(), 0.5)));
}

TEST_P(CitizenTest, LearnsAnewWhereAnImageInMemoryWasChanged)
{
  const auto image = CountingSource::InMemory(1.0);
  const auto chain = GetParam().connect(image, 3);
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam())));
  const auto changed = PixelsOf(CountingSource::InMemory(1.5).GetPointer());
  std::copy(changed.begin(), changed.end(), image->GetBufferPointer());
  image->Modified();
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam(), 1.5)));
}

TEST_P(CitizenTest, LearnsAnewWhereTheOutputOfAFilterWasChanged)
{
  m_Upstream.filter->UpdateLargestPossibleRegion();
  const auto chain = this->Connect(1);
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam())));
  const auto changed = PixelsOf(CountingSource::InMemory(1.5).GetPointer());
  std::copy(changed.begin(), changed.end(), m_Upstream.filter->GetOutput()->GetBufferPointer());
  m_Upstream.filter->GetOutput()->Modified();
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam(), 1.5)));
}

TEST_P(CitizenTest, DoesNothingWhereNothingHasChanged)
{
  const auto chain = this->Connect(3);
  const auto runs = CountRuns(chain);
  Updated(chain);
  const auto once = *runs;
  const auto read = m_Upstream.source->regions;
  Updated(chain);
  EXPECT_EQ(*runs, once);
  for (const auto & part : chain.parts)
  {
    part.filter->Update();
  }
  EXPECT_EQ(*runs, once);
  EXPECT_EQ(m_Upstream.source->regions, read);
  EXPECT_EQ(*runs, LearnedOnce(chain, runs));
}

TEST_P(CitizenTest, LearnsOnceForAllPiecesOfAStreamedOutput)
{
  const auto chain = this->Connect(3);
  const auto runs = CountRuns(chain);
  Streamed(chain, 8);
  EXPECT_EQ(*runs, LearnedOnce(chain, runs));
}

TEST_P(CitizenTest, LearnsOnceWhereEachPieceIsUpdatedByItself)
{
  const auto chain = this->Connect(3);
  const auto runs = CountRuns(chain);
  const auto expected = Fresh(GetParam());
  for (const auto & piece : Pieces(8))
  {
    chain.output->SetRequestedRegion(piece);
    chain.output->Update();
    const auto number = itk::NumberOf(CountingSource::Whole(), piece.GetIndex());
    EXPECT_TRUE(std::equal(expected.begin() + static_cast<std::ptrdiff_t>(number),
                           expected.begin() + static_cast<std::ptrdiff_t>(number + piece.GetNumberOfPixels()),
                           chain.output->GetBufferPointer() + chain.output->ComputeOffset(piece.GetIndex())))
      << piece;
  }
  EXPECT_EQ(*runs, LearnedOnce(chain, runs));
  m_Upstream.filter->SetScale(0.5); // it is not that changes are not seen any more
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam(), 0.5)));
}

TEST_P(CitizenTest, LearnsOnceWhereItsInputIsReleasedAfterUse)
{
  const auto chain = this->Connect(3);
  const auto runs = CountRuns(chain);
  m_Upstream.source->ReleaseDataFlagOn();
  m_Upstream.filter->ReleaseDataFlagOn();
  for (const auto & piece : Pieces(4))
  {
    chain.output->SetRequestedRegion(piece);
    chain.output->Update();
    EXPECT_TRUE(m_Upstream.filter->GetReleaseDataFlag());
    EXPECT_EQ(m_Upstream.filter->GetOutput()->GetBufferedRegion().GetNumberOfPixels(), 0U);
  }
  EXPECT_EQ(*runs, LearnedOnce(chain, runs));
}

TEST_P(CitizenTest, AnAbortEndsTheUpdateAndTheNextOneIsWhole)
{
  const auto expected = Fresh(GetParam());
  const auto parts = this->Connect(3).parts.size();
  for (std::size_t i = 0; i < parts; ++i)
  {
    Upstream      upstream;
    const auto    chain = GetParam().connect(upstream.filter->GetOutput(), 3);
    auto * const  filter = chain.parts[i].filter.GetPointer();
    unsigned int  aborted = 0;
    unsigned long tag = 0;
    filter->AddObserver(itk::AbortEvent(), [&](const itk::EventObject &) { ++aborted; });
    tag = filter->AddObserver(itk::ProgressEvent(),
                              [&](const itk::EventObject &)
                              {
                                if (filter->GetProgress() > 0.0F)
                                {
                                  filter->AbortGenerateDataOn();
                                }
                              });
    EXPECT_THROW(Updated(chain), itk::ProcessAborted) << filter->GetNameOfClass();
    EXPECT_EQ(aborted, 1U) << filter->GetNameOfClass();
    filter->RemoveObserver(tag);
    chain.output->GetSource()->ResetPipeline(); // what is two filters behind waits for the first for ever, also ITK's
    EXPECT_TRUE(SameBits(Updated(chain), expected)) << filter->GetNameOfClass();
  }
}

TEST_P(CitizenTest, ALearnersAbortLeavesTheFilterBehindItUsable)
{
  const auto    chain = this->Connect(3);
  auto * const  learner = chain.parts.front().filter.GetPointer();
  unsigned long tag =
    learner->AddObserver(itk::ProgressEvent(), [&](const itk::EventObject &) { learner->AbortGenerateDataOn(); });
  EXPECT_THROW(chain.parts[1].filter->Update(), itk::ProcessAborted);
  learner->RemoveObserver(tag);
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam())));
}

TEST_P(CitizenTest, ProgressRisesToOneInMoreThanAFewSteps)
{
  constexpr std::size_t few = 5;
  for (const unsigned int divisions : { 1U, 6U })
  {
    const auto                      chain = this->Connect(divisions);
    std::vector<std::vector<float>> progress(chain.parts.size());
    for (std::size_t i = 0; i < chain.parts.size(); ++i)
    {
      auto * const filter = chain.parts[i].filter.GetPointer();
      filter->SetNumberOfWorkUnits(1);
      filter->AddObserver(itk::StartEvent(), [&, i](const itk::EventObject &) { progress[i].clear(); });
      filter->AddObserver(itk::ProgressEvent(),
                          [&, i, filter](const itk::EventObject &) { progress[i].push_back(filter->GetProgress()); });
    }
    Updated(chain);
    for (std::size_t i = 0; i < chain.parts.size(); ++i)
    {
      SCOPED_TRACE(std::string(chain.parts[i].filter->GetNameOfClass()) + ::testing::PrintToString(progress[i]));
      EXPECT_TRUE(std::is_sorted(progress[i].begin(), progress[i].end()));
      ASSERT_FALSE(progress[i].empty());
      EXPECT_NEAR(progress[i].back(), 1.0F, 1e-5F); // ITK adds it up in fixed point
      const auto steps = std::unique(progress[i].begin(), progress[i].end()) - progress[i].begin();
      const bool isLong =
        chain.parts[i].learns ? divisions > 1 || GetParam().isLong : GetParam().access != CitizenAccess::None;
      if (isLong)
      {
        EXPECT_GT(static_cast<std::size_t>(steps), few);
      }
    }
  }
}

TEST_P(CitizenTest, AVoxelwiseFilterRunsInPlaceWhereItIsToldTo)
{
  const auto chain = this->Connect(1);
  if (GetParam().access == CitizenAccess::Neighbourhood || GetParam().access == CitizenAccess::None)
  {
    return;
  }
  auto * filter = dynamic_cast<itk::InPlaceImageFilter<CitizenImage> *>(chain.parts.back().filter.GetPointer());
  ASSERT_NE(filter, nullptr);
  EXPECT_FALSE(filter->GetInPlace()); // the image may be wanted by others
  filter->InPlaceOn();
  const float * before = nullptr;
  filter->AddObserver(itk::StartEvent(),
                      [&](const itk::EventObject &)
                      { before = static_cast<const CitizenImage *>(filter->GetInput())->GetBufferPointer(); });
  EXPECT_TRUE(SameBits(Updated(chain), Fresh(GetParam())));
  EXPECT_EQ(chain.output->GetBufferPointer(), before);
  EXPECT_TRUE(SameBits(Streamed(chain, 4), Fresh(GetParam())));
}

TEST_P(CitizenTest, LeavesTheThreadsOfOthersAsTheyWere)
{
  const auto settings = []
  {
    return std::vector<int>{ static_cast<int>(itk::MultiThreaderBase::GetGlobalDefaultNumberOfThreads()),
                             static_cast<int>(itk::MultiThreaderBase::GetGlobalMaximumNumberOfThreads()),
                             omp_get_max_threads(),
                             omp_get_dynamic(),
                             omp_get_max_active_levels() };
  };
  const auto before = settings();
  for (const unsigned int units : { 1U, 7U })
  {
    const auto chain = this->Connect(2);
    for (const auto & part : chain.parts)
    {
      part.filter->SetNumberOfWorkUnits(units);
    }
    Updated(chain);
    EXPECT_EQ(settings(), before) << units;
  }
}

TEST_P(CitizenTest, OneWorkUnitKeepsToTheCallersThread)
{
  const auto seconds = [](clockid_t clock)
  {
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  double others = 1.0; // of a processor, at least: threads of before may wake up meanwhile on a busy machine
  for (int attempt = 0; attempt < 10 && others >= 30e-6; ++attempt)
  {
    const auto chain = GetParam().connect(CountingSource::InMemory(1.0), 2);
    for (const auto & part : chain.parts)
    {
      part.filter->SetNumberOfWorkUnits(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(30)); // until threads of before have gone to sleep
    const double allBefore = seconds(CLOCK_PROCESS_CPUTIME_ID);
    const double ownBefore = seconds(CLOCK_THREAD_CPUTIME_ID);
    Updated(chain);
    const double own = seconds(CLOCK_THREAD_CPUTIME_ID) - ownBefore;
    others = std::min(others, seconds(CLOCK_PROCESS_CPUTIME_ID) - allBefore - own);
  }
  // A thread that has its part of the work takes 100 us and more; reading one clock after the other takes 1.
  EXPECT_LT(others, 30e-6);
}

INSTANTIATE_TEST_SUITE_P(,
                         CitizenTest,
                         ::testing::ValuesIn(Citizens()),
                         [](const auto & test) { return test.param.name; });

TEST(CitizenBits, AreTheSameCompiledForANewerProcessor)
{
#ifdef CITIZEN_BITS_V3
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
  {
    GTEST_SKIP() << "x86-64-v3 is not this processor's.";
  }
  const auto outcome = RunProcess({ CITIZEN_BITS_V3 });
  EXPECT_EQ(outcome.exitCode, 0);
  EXPECT_EQ(outcome.out, CitizenBits());
#else
  GTEST_SKIP() << "of x86-64 alone";
#endif
}
} // namespace isolux::testing
