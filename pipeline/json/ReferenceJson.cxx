#include "ReferenceJson.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "Version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace isolux
{
using Json = nlohmann::ordered_json;

namespace
{
constexpr int Format = 2;

/** "131584:12,7 131700:3": counts of bins in a row, from the bin before the colon. */
std::string
TextOf(const itk::QuantileSketch & sketch)
{
  std::string text;
  for (std::size_t bin = 0, next = 0; bin < itk::QuantileSketch::NumberOfBins; ++bin)
  {
    if (const auto count = sketch.CountAt(bin))
    {
      text += next == bin && !text.empty() ? "," : (text.empty() ? "" : " ") + std::to_string(bin) + ":";
      text += std::to_string(count);
      next = bin + 1;
    }
  }
  return text;
}

/** \throws std::invalid_argument */
itk::QuantileSketch
SketchFrom(const std::string & text)
{
  itk::QuantileSketch sketch;
  std::uint64_t       bin = itk::QuantileSketch::NumberOfBins;
  for (const char *at = text.data(), *end = at + text.size(); at != end;)
  {
    std::uint64_t number = 0;
    const auto    parsed = std::from_chars(at, end, number);
    const char    after = parsed.ptr == end ? ' ' : *parsed.ptr;
    if (parsed.ec != std::errc() || (after != ':' && (bin >= itk::QuantileSketch::NumberOfBins || number == 0)) ||
        (after != ':' && after != ',' && after != ' '))
    {
      throw std::invalid_argument("histogram");
    }
    if (after == ':')
    {
      bin = number;
    }
    else
    {
      const float centre = itk::QuantileSketch::CentreOf(bin);
      if (!std::isfinite(centre))
      {
        throw std::invalid_argument("histogram");
      }
      sketch.Add(centre, number);
      bin = after == ',' ? bin + 1 : itk::QuantileSketch::NumberOfBins;
    }
    at = parsed.ptr == end ? end : parsed.ptr + 1;
  }
  return sketch;
}

using Numbers = std::vector<double>;

/** What is to be read and applied. */
Json
Statistics(const ReferenceChannel & channel)
{
  Numbers percentiles;
  for (int percent = 1; percent < 100; ++percent)
  {
    percentiles.push_back(channel.histogram.Quantile(percent / 100.0));
  }
  return { { "cases", channel.cases },
           { "voxels", channel.pooled.Count() },
           { "pooled", { { "mean", channel.pooled.Mean() }, { "variance", channel.pooled.Variance() } } },
           { "typical", { { "mean", channel.TypicalMean() }, { "deviation", channel.TypicalDeviation() } } },
           { "landmarks",
             { { "probabilities", channel.landmarks.Probabilities() }, { "values", channel.landmarks.Standard() } } },
           { "percentiles_1_to_99", percentiles },
           { "band_energies", channel.TypicalBands() } };
}

/** What the statistics follow from. */
Json
Sums(const ReferenceChannel & channel)
{
  const auto moments = channel.pooled.ToRecord();
  const auto landmarks = channel.landmarks.ToRecord();
  Json       bands = { { "cases", channel.bandCases }, { "energies", Json::array() } };
  for (const auto & band : channel.bands)
  {
    bands["energies"].push_back(band.Terms());
  }
  return { { "moments",
             { { "weight", moments.weight }, { "intensities", moments.sum }, { "squares", moments.sumOfSquares } } },
           { "means", channel.means.Terms() },
           { "deviations", channel.deviations.Terms() },
           { "landmarks",
             { { "low", landmarks.low }, { "high", landmarks.high }, { "positions", landmarks.positions } } },
           { "histogram", TextOf(channel.histogram) },
           { "bands", bands } };
}

/** Whether a statistic is what the sums give: 1e-9 leaves room for other ways to compute it. */
bool
Agree(double given, double computed, double scale)
{
  return std::abs(given - computed) <= 1e-9 * (std::abs(computed) + std::abs(scale));
}

/** Whether `json` says of the channel what its sums say. */
bool
StatisticsAgree(const Json & json, const ReferenceChannel & channel)
{
  const double mean = channel.pooled.Mean();
  const double variance = channel.pooled.Variance();
  const double deviation = channel.TypicalDeviation();
  const auto & probabilities = channel.landmarks.Probabilities();
  const auto   standard = channel.landmarks.Standard();
  const auto   bands = channel.TypicalBands();
  const auto   listsAgree = [](const Numbers & given, const Numbers & computed, double scale)
  {
    bool agree = given.size() == computed.size();
    for (std::size_t i = 0; agree && i < given.size(); ++i)
    {
      agree = std::isfinite(computed[i]) && Agree(given[i], computed[i], scale);
    }
    return agree;
  };
  return variance > 0.0 && deviation > 0.0 && std::isfinite(mean) && std::isfinite(variance) &&
         std::isfinite(deviation) && std::isfinite(channel.TypicalMean()) &&
         json.at("cases").get<std::uint64_t>() == channel.cases &&
         json.at("voxels").get<std::uint64_t>() == channel.pooled.Count() &&
         channel.pooled.SumOfWeights() == static_cast<double>(channel.pooled.Count()) && !probabilities.empty() &&
         std::is_sorted(probabilities.begin(), probabilities.end()) && probabilities.front() >= 0.0 &&
         probabilities.back() <= 1.0 && std::is_sorted(standard.begin(), standard.end()) &&
         json.at("landmarks").at("probabilities").get<Numbers>() == probabilities &&
         listsAgree(json.at("landmarks").at("values").get<Numbers>(), standard, standard.back() - standard.front()) &&
         channel.histogram.Count() == channel.pooled.Count() &&
         Agree(json.at("pooled").at("mean").get<double>(), mean, std::sqrt(variance)) &&
         Agree(json.at("pooled").at("variance").get<double>(), variance, 0.0) &&
         Agree(json.at("typical").at("mean").get<double>(), channel.TypicalMean(), deviation) &&
         Agree(json.at("typical").at("deviation").get<double>(), deviation, 0.0) &&
         (bands.empty() || channel.bandCases > 0) &&
         listsAgree(json.value("band_energies", Numbers{}), bands, deviation);
}

ReferenceChannel
ChannelFrom(const Json & json, const std::string & where)
{
  const auto refuse = [&](const std::string & why)
  { throw Error(where + ": " + why + "; the file was changed or damaged: fit it anew"); };
  const auto &     sums = json.at("sums");
  const auto       terms = [](const Json & list) { return list.get<Numbers>(); };
  ReferenceChannel channel;
  channel.cases = json.at("cases").get<std::uint64_t>();
  channel.pooled = itk::MomentAccumulator(itk::MomentAccumulator::Record{ json.at("voxels").get<std::uint64_t>(),
                                                                          terms(sums.at("moments").at("weight")),
                                                                          terms(sums.at("moments").at("intensities")),
                                                                          terms(sums.at("moments").at("squares")) });
  channel.means = itk::ExactSum(terms(sums.at("means")));
  channel.deviations = itk::ExactSum(terms(sums.at("deviations")));
  const auto & landmarks = sums.at("landmarks");
  const auto   probabilities = json.at("landmarks").at("probabilities").get<Numbers>();
  try
  {
    channel.landmarks = itk::LandmarkScale(probabilities,
                                           { channel.cases,
                                             terms(landmarks.at("low")),
                                             terms(landmarks.at("high")),
                                             landmarks.at("positions").get<std::vector<Numbers>>() });
    channel.histogram = SketchFrom(sums.at("histogram").get<std::string>());
  }
  catch (const std::invalid_argument &)
  {
    refuse("its landmarks or its histogram do not hold what belongs there");
  }
  if (sums.contains("bands"))
  {
    channel.bandCases = sums.at("bands").at("cases").get<std::uint64_t>();
    for (const auto & band : sums.at("bands").at("energies"))
    {
      channel.bands.emplace_back(terms(band));
    }
  }
  if (channel.cases == 0 || channel.pooled.Count() == 0)
  {
    refuse("rests on no case");
  }
  if (!StatisticsAgree(json, channel))
  {
    refuse("its statistics are not those of its sums");
  }
  return channel;
}

const std::vector<std::string> &
BandAxes()
{
  static const std::vector<std::string> names = { "xy", "xyz" };
  return names;
}

std::vector<ReferenceChannel>
ChannelsFrom(const Json & json, const std::string & where)
{
  std::vector<ReferenceChannel> channels;
  for (const auto & channel : json)
  {
    channels.push_back(ChannelFrom(channel, where + ": channel " + std::to_string(channels.size() + 1)));
  }
  if (channels.empty())
  {
    throw Error(where + ": a reference without a channel; fit it anew");
  }
  return channels;
}

/** Up to version 0.3.0: one site, and no more than its channels. */
void
ReadFormat1(const Json & json, const std::string & name, Reference & reference)
{
  reference.versions = { json.at("version").get<std::string>() };
  reference.channels = ChannelsFrom(json.at("channels"), name);
  reference.sites[Reference::Everything].channels = reference.channels;
}

void
ReadFormat2(const Json & json, const std::string & name, Reference & reference)
{
  const auto refuse = [&](const std::string & why)
  { throw Error(name + ": " + why + "; the file was changed or damaged: fit it anew"); };
  reference.versions = json.at("versions").get<std::set<std::string>>();
  for (const auto & [file, sha256] : json.at("files").items())
  {
    reference.files.emplace_back(file, sha256.get<std::string>());
  }
  const auto & bands = json.at("bands");
  const auto   axes = bands.at("axes").get<std::string>();
  if (std::find(BandAxes().begin(), BandAxes().end(), axes) == BandAxes().end())
  {
    refuse("its bands have the axes '" + axes + "'");
  }
  reference.bands = { bands.at("scales_mm").get<Numbers>(), axes == BandAxes().back() };
  if (json.contains("shard"))
  {
    const auto & shard = json.at("shard");
    reference.shard = { shard.at("number").get<std::size_t>(), shard.at("of").get<std::size_t>() };
    reference.list = shard.at("list").get<std::string>();
    if (reference.shard->number < 1 || reference.shard->number > reference.shard->count)
    {
      refuse("is shard " + std::to_string(reference.shard->number) + " of " + std::to_string(reference.shard->count));
    }
  }
  for (const auto & [key, value] : json.at("sites").items())
  {
    auto &     site = reference.sites[key];
    const auto where = name + ": site '" + key + "'";
    site.masked = value.at("masked").get<std::uint64_t>();
    site.channels = ChannelsFrom(value.at("channels"), where);
    try
    {
      site.inputs.Add(value.at("inputs_sha256").get<std::string>());
    }
    catch (const std::invalid_argument &)
    {
      refuse("site '" + key + "': 'inputs_sha256' is not 64 hexadecimal digits");
    }
    for (const auto & channel : site.channels)
    {
      if (channel.cases != site.Cases() || site.masked > site.Cases())
      {
        refuse("site '" + key + "': its channels do not rest on the same cases");
      }
    }
  }
  if (reference.sites.empty() && !reference.shard)
  {
    refuse("a reference without a site");
  }
  try
  {
    reference.DropSitesBelow(1); // adds up what the sites have in common
  }
  catch (const Error & error)
  {
    refuse(std::string("a site ") + error.what());
  }
  const auto & given = json.at("channels");
  bool         agrees = given.size() == reference.channels.size();
  for (std::size_t i = 0; agrees && i < given.size(); ++i)
  {
    agrees = StatisticsAgree(given[i], reference.channels[i]);
  }
  if (!agrees)
  {
    refuse("the statistics of all sites are not those of the sites");
  }
}
} // namespace

std::string
WriteReference(const Reference & reference)
{
  Json json;
  json["isolux_reference"] = Format;
  json["versions"] = reference.versions;
  json["pipeline"] = Json::parse(reference.pipeline);
  json["files"] = Json::object();
  for (const auto & [file, sha256] : reference.files)
  {
    json["files"][file] = sha256;
  }
  json["bands"] = { { "scales_mm", reference.bands.scales }, { "axes", BandAxes()[reference.bands.throughSlices] } };
  if (reference.shard)
  {
    json["shard"] = { { "number", reference.shard->number },
                      { "of", reference.shard->count },
                      { "list", reference.list } };
  }
  json["channels"] = Json::array();
  for (const auto & channel : reference.channels)
  {
    json["channels"].push_back(Statistics(channel));
  }
  json["sites"] = Json::object();
  for (const auto & [name, site] : reference.sites)
  {
    auto & entry = json["sites"][name];
    entry = { { "cases", site.Cases() },
              { "masked", site.masked },
              { "inputs_sha256", site.inputs.Text() },
              { "channels", Json::array() } };
    for (const auto & channel : site.channels)
    {
      auto statistics = Statistics(channel);
      statistics["sums"] = Sums(channel);
      entry["channels"].push_back(statistics);
    }
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Reference
ReadReference(const std::filesystem::path & path)
{
  const std::string name = path.string();
  const std::string text = ReadTextFile(path);
  try
  {
    const Json json = Json::parse(text);
    Reference  reference;
    const auto format = json.at("isolux_reference").get<int>();
    if (format < 1 || format > Format)
    {
      throw Error(name + ": written in format " + std::to_string(format) + ", and this Isolux (" + Version +
                  ") knows formats up to " + std::to_string(Format) + "; use a newer one");
    }
    reference.pipeline = json.at("pipeline").dump();
    format == 1 ? ReadFormat1(json, name, reference) : ReadFormat2(json, name, reference);
    return reference;
  }
  catch (const Json::exception &)
  {
    throw Error(name + ": not a reference of Isolux (not JSON, or a key is missing); 'isolux fit' writes one");
  }
}

Reference
ReadReferenceOf(const std::string & text)
{
  const auto file = FileOf(text);
  const auto site = SiteOf(text);
  auto       reference = ReadReference(file);
  if (reference.shard)
  {
    throw UsageError(file.string() + ": is shard " + std::to_string(reference.shard->number) + " of " +
                     std::to_string(reference.shard->count) + " of a fit; add them up with 'isolux merge'");
  }
  if (!site.empty())
  {
    const auto found = reference.sites.find(site);
    if (found == reference.sites.end())
    {
      std::string names;
      for (const auto & known : reference.sites)
      {
        names += (names.empty() ? "'" : ", '") + known.first + "'";
      }
      throw UsageError(file.string() + ": knows no site '" + site + "'; it has " + names);
    }
    reference.channels = found->second.channels;
  }
  return reference;
}
} // namespace isolux
