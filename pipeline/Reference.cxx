#include "Reference.h"

#include "Error.h"

#include "itkImageStatisticsSink.h"
#include "itkQuantileSink.h"

#include <cmath>
#include <sstream>

namespace isolux
{
void
ReferenceChannel::Merge(const ReferenceChannel & other)
{
  cases += other.cases;
  pooled.Merge(other.pooled);
  means.Merge(other.means);
  deviations.Merge(other.deviations);
  histogram.Merge(other.histogram);
  landmarks.Merge(other.landmarks);
}

ReferenceChannel
MeasureChannel(const WorkImage::Pointer & image, const MaskImage::Pointer & mask, const std::string & name)
{
  auto moments = itk::ImageStatisticsSink<WorkImage, MaskImage>::New();
  moments->SetInput(image);
  moments->SetMaskImage(mask);
  moments->CollectQuantilesOn();
  moments->Update();
  const auto & statistics = *moments->GetStatistics();
  const double mean = statistics.moments.Mean();
  const double variance = statistics.moments.Variance();
  if (statistics.moments.Count() == 0)
  {
    throw Error(name + ": has no finite voxel inside the mask, so nothing is to be learned from it; give a mask that "
                       "covers the object");
  }

  ReferenceChannel channel;
  auto             quantiles = itk::QuantileSink<WorkImage, MaskImage>::New();
  quantiles->SetInput(image);
  quantiles->SetMaskImage(mask);
  quantiles->SetProbabilities(channel.landmarks.Probabilities());
  quantiles->Update();
  const auto & landmarks = quantiles->GetQuantiles().values;
  if (!(variance > 0.0) || !channel.landmarks.Add(landmarks))
  {
    std::ostringstream text;
    text << name << ": from the first to the last landmark every voxel inside the mask has the intensity "
         << landmarks.front() << ", so nothing is to be learned from it; leave it out, or give a mask of the object";
    throw Error(text.str());
  }
  channel.cases = 1;
  channel.pooled = statistics.moments;
  channel.means.Add(mean);
  channel.deviations.Add(std::sqrt(variance));
  for (std::size_t bin = 0; bin < itk::QuantileSketch::NumberOfBins; ++bin)
  {
    if (const auto count = statistics.sketch.CountAt(bin))
    {
      channel.histogram.Add(itk::QuantileSketch::CentreOf(bin), count);
    }
  }
  return channel;
}

const ReferenceChannel &
Reference::Of(std::size_t channel, std::size_t count, const std::string & name) const
{
  if (channels.size() != 1 && channels.size() != count)
  {
    throw UsageError(name + ": is a reference of " + std::to_string(channels.size()) + " channels, but the image has " +
                     std::to_string(count) + "; fit one on images of as many channels, or of one, which serves each");
  }
  return channels[channels.size() == 1 ? 0 : channel];
}

void
Reference::Merge(const Reference & other)
{
  if (channels.empty())
  {
    *this = other;
    return;
  }
  if (channels.size() != other.channels.size())
  {
    throw Error("has " + std::to_string(other.channels.size()) + " channels, where those before have " +
                std::to_string(channels.size()) + "; fit them apart");
  }
  for (std::size_t i = 0; i < channels.size(); ++i)
  {
    if (channels[i].landmarks.Probabilities() != other.channels[i].landmarks.Probabilities())
    {
      throw Error("has landmarks at other probabilities than those before; fit it anew with the same");
    }
  }
  for (std::size_t i = 0; i < channels.size(); ++i)
  {
    channels[i].Merge(other.channels[i]);
  }
}
} // namespace isolux
