#include "Reference.h"

#include "Error.h"

#include "itkBandEnergySink.h"
#include "itkImageStatisticsSink.h"
#include "itkQuantileSink.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <stdexcept>

namespace isolux
{
namespace
{
/** Of a case's voxels at each end, which the histogram does not tell apart. */
constexpr std::uint64_t HiddenShare = 200;

itk::QuantileSketch
Clamped(const itk::QuantileSketch & sketch)
{
  const std::uint64_t hidden = std::max<std::uint64_t>(sketch.Count() > 2 ? 1 : 0, sketch.Count() / HiddenShare);
  itk::QuantileSketch clamped;
  std::uint64_t       below = 0;
  std::uint64_t       counted = 0;
  const std::uint64_t last = sketch.Count() - hidden;
  for (std::size_t bin = 0; counted < sketch.Count(); ++bin)
  {
    below += sketch.CountAt(bin);
    if (below <= hidden || below == counted)
    {
      continue; // still among the hidden, or an empty bin
    }
    const auto through = below >= last ? sketch.Count() : below;
    clamped.Add(itk::QuantileSketch::CentreOf(bin), through - counted);
    counted = through;
  }
  return clamped;
}

/** \throws Error where both have channels, of other numbers or landmarks; `those` are the first. */
void
RequireAlike(const std::vector<ReferenceChannel> & channels,
             const std::vector<ReferenceChannel> & others,
             const std::string &                   those)
{
  if (channels.empty() || others.empty()) // none, of a shard without cases
  {
    return;
  }
  if (channels.size() != others.size())
  {
    throw Error("has " + std::to_string(others.size()) + " channels, where " + those + " have " +
                std::to_string(channels.size()) + "; fit them apart");
  }
  for (std::size_t i = 0; i < channels.size(); ++i)
  {
    if (channels[i].landmarks.Probabilities() != others[i].landmarks.Probabilities())
    {
      throw Error("has landmarks at other probabilities than " + those + "; fit it anew with the same");
    }
  }
}

void
MergeChannels(std::vector<ReferenceChannel> & channels, const std::vector<ReferenceChannel> & others)
{
  if (channels.empty())
  {
    channels = others;
    return;
  }
  RequireAlike(channels, others, "others");
  for (std::size_t i = 0; i < others.size(); ++i)
  {
    channels[i].Merge(others[i]);
  }
}
} // namespace

std::vector<double>
ReferenceChannel::TypicalBands() const
{
  std::vector<double> typical;
  for (const auto & band : bands)
  {
    typical.push_back(band.Value() / static_cast<double>(bandCases));
  }
  return typical;
}

void
ReferenceChannel::Merge(const ReferenceChannel & other)
{
  cases += other.cases;
  pooled.Merge(other.pooled);
  means.Merge(other.means);
  deviations.Merge(other.deviations);
  histogram.Merge(other.histogram);
  landmarks.Merge(other.landmarks);
  bandCases += other.bandCases;
  bands.resize(std::max(bands.size(), other.bands.size()));
  for (std::size_t i = 0; i < other.bands.size(); ++i)
  {
    bands[i].Merge(other.bands[i]);
  }
}

ReferenceChannel
MeasureChannel(const WorkImage::Pointer & image,
               const MaskImage::Pointer & mask,
               const std::string &        name,
               const BandSettings &       bands)
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
  channel.histogram = Clamped(statistics.sketch);
  if (!bands.scales.empty())
  {
    auto energies = itk::BandEnergySink<WorkImage, MaskImage>::New();
    energies->SetInput(image);
    energies->SetMaskImage(mask);
    energies->SetScales(bands.scales);
    energies->SetAxes({ true, true, bands.throughSlices, false });
    energies->Update();
    channel.bandCases = 1;
    for (const double energy : energies->GetEnergies().Energies())
    {
      channel.bands.emplace_back().Add(energy);
    }
  }
  return channel;
}

void
SetChecksum::Add(const std::string & sha256)
{
  if (sha256.size() != 64 || sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
  {
    throw std::invalid_argument("SetChecksum: not a SHA-256");
  }
  std::uint64_t carry = 0;
  for (std::size_t i = m_Words.size(); i-- > 0;)
  {
    carry += m_Words[i] + std::stoull(sha256.substr(8 * i, 8), nullptr, 16);
    m_Words[i] = static_cast<std::uint32_t>(carry);
    carry >>= 32U;
  }
}

std::string
SetChecksum::Text() const
{
  std::ostringstream text;
  text << std::hex << std::setfill('0');
  for (const auto word : m_Words)
  {
    text << std::setw(8) << word;
  }
  return text.str();
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
  if (channels.empty() && sites.empty() && versions.empty())
  {
    *this = other;
    return;
  }
  if (pipeline != other.pipeline || files != other.files)
  {
    throw Error("was measured after other stages than those before; fit it anew with the same --pipeline and files");
  }
  if (!bands.scales.empty() && !other.bands.scales.empty() && !(bands == other.bands))
  {
    throw Error("has bands of other scales or axes than those before; fit it anew with the same --band-scales");
  }
  RequireAlike(channels, other.channels, "those before"); // before anything is changed
  for (const auto & [name, site] : other.sites)
  {
    auto & mine = sites[name];
    mine.masked += site.masked;
    mine.inputs.Add(site.inputs.Text());
    MergeChannels(mine.channels, site.channels);
  }
  MergeChannels(channels, other.channels);
  bands = bands.scales.empty() ? other.bands : bands;
  versions.insert(other.versions.begin(), other.versions.end());
}

std::vector<std::string>
Reference::DropSitesBelow(std::uint64_t cases)
{
  std::vector<std::string> dropped;
  channels.clear();
  for (auto site = sites.begin(); site != sites.end();)
  {
    if (site->second.Cases() < cases)
    {
      dropped.push_back(site->first);
      site = sites.erase(site);
      continue;
    }
    MergeChannels(channels, (site++)->second.channels);
  }
  return dropped;
}
} // namespace isolux
