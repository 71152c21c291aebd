#include "itkUpdateLearners.h"

#include "itkForegroundSink.h"
#include "itkImageStatisticsSink.h"
#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"
#include "itkRunMaskImageSource.h"

#include "FilterTest.h"

#include "itkPipelineMonitorImageFilter.h"
#include "itkShiftScaleImageFilter.h"
#include "itkStreamingImageFilter.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using Volume = itk::Image<float, 3>;
using Mask = itk::Image<unsigned char, 3>;

Volume::Pointer
Ball()
{
  return MakeImage<Volume>({ { 23, 21, 19 } },
                           [](std::size_t i)
                           {
                             const double x = static_cast<double>(i % 23) - 11.0;
                             const double y = static_cast<double>(i / 23 % 21) - 10.0;
                             const double z = static_cast<double>(i / 23 / 21) - 9.0;
                             return Random(i).Normal(x * x + y * y + z * z < 49.0 ? 100.0 : 5.0, 1.0);
                           });
}

/** An image that is read in pieces, and a mask that is learned of it. */
struct Upstream
{
  itk::ShiftScaleImageFilter<Volume, Volume>::Pointer gain = itk::ShiftScaleImageFilter<Volume, Volume>::New();
  itk::PipelineMonitorImageFilter<Volume>::Pointer    monitor = itk::PipelineMonitorImageFilter<Volume>::New();
  itk::ForegroundSink<Volume>::Pointer                foreground = itk::ForegroundSink<Volume>::New();
  itk::RunMaskImageSource<Mask>::Pointer              mask = itk::RunMaskImageSource<Mask>::New();

  Upstream()
  {
    gain->SetInput(Ball());
    gain->SetScale(3.0);
    monitor->SetInput(gain->GetOutput());
    foreground->SetInput(monitor->GetOutput());
    foreground->SetNumberOfStreamDivisions(4);
    mask->SetRunsInput(foreground->GetRunsOutput());
    mask->SetGrid(monitor->GetOutput());
  }
};

TEST(UpdateLearners, OfAMaskBeforeALearnerReadsTheSameImageInPieces)
{
  const Upstream upstream;
  const auto     sink = itk::ImageStatisticsSink<Volume>::New();
  sink->SetInput(upstream.monitor->GetOutput());
  sink->SetMaskImage(upstream.mask->GetOutput());
  sink->SetNumberOfStreamDivisions(5);
  sink->Update();
  EXPECT_EQ(upstream.monitor->GetNumberOfUpdates(), 2u * 4 + 5);
  EXPECT_EQ(sink->GetStatistics()->voxels, upstream.foreground->GetSummary().voxels);
  EXPECT_NEAR(sink->GetMoments().mean, 300.0, 1.0); // by wrong pieces, air as well
}

TEST(UpdateLearners, OfAMaskBeforeAFilterRequestsARegionOfTheSameImage)
{
  const auto normalized = [](bool inPieces)
  {
    const Upstream upstream;
    const auto     moments = itk::InstanceMomentsSink<Volume>::New(); // without the mask, which the filter alone has
    moments->SetInput(upstream.monitor->GetOutput());
    moments->SetNumberOfStreamDivisions(inPieces ? 3 : 1);
    const auto filter = itk::InstanceNormalizationImageFilter<Volume>::New();
    filter->SetInput(upstream.monitor->GetOutput());
    filter->SetMomentsInput(moments->GetMomentsOutput());
    filter->SetMaskImage(upstream.mask->GetOutput());
    filter->SetOutside(itk::OutsideMask::Zero);
    const auto streamer = itk::StreamingImageFilter<Volume, Volume>::New();
    streamer->SetInput(filter->GetOutput());
    streamer->SetNumberOfStreamDivisions(inPieces ? 7 : 1);
    streamer->Update();
    return PixelsOf(streamer->GetOutput());
  };
  const auto whole = normalized(false);
  EXPECT_EQ(normalized(true), whole);
  EXPECT_NE(std::count(whole.begin(), whole.end(), 0.0F), 0);
}

TEST(UpdateLearners, LeavesThoseAloneThatAreUpToDate)
{
  const Upstream upstream;
  upstream.foreground->Update();
  const auto sink = itk::ImageStatisticsSink<Volume>::New();
  sink->SetInput(upstream.monitor->GetOutput());
  sink->SetMaskImage(upstream.mask->GetOutput());
  sink->UpdateOutputInformation();
  const auto updates = upstream.monitor->GetNumberOfUpdates();
  itk::UpdateLearners(*sink);
  itk::UpdateLearners(*sink);
  EXPECT_EQ(upstream.monitor->GetNumberOfUpdates(), updates);
}
} // namespace
