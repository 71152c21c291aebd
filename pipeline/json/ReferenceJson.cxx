#include "ReferenceJson.h"

#include "AtomicFile.h"
#include "Error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace isolux
{
using Json = nlohmann::ordered_json;

namespace
{
constexpr int Format = 1;

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

Json
ToJson(const ReferenceChannel & channel)
{
  const auto moments = channel.pooled.ToRecord();
  const auto landmarks = channel.landmarks.ToRecord();
  Numbers    percentiles;
  for (int percent = 0; percent <= 100; ++percent)
  {
    percentiles.push_back(channel.histogram.Quantile(percent / 100.0));
  }
  return {
    { "cases", channel.cases },
    { "voxels", channel.pooled.Count() },
    { "pooled", { { "mean", channel.pooled.Mean() }, { "variance", channel.pooled.Variance() } } },
    { "typical", { { "mean", channel.TypicalMean() }, { "deviation", channel.TypicalDeviation() } } },
    { "landmarks",
      { { "probabilities", channel.landmarks.Probabilities() }, { "values", channel.landmarks.Standard() } } },
    { "percentiles_0_to_100", percentiles },
    { "sums",
      { { "moments",
          { { "weight", moments.weight }, { "intensities", moments.sum }, { "squares", moments.sumOfSquares } } },
        { "means", channel.means.Terms() },
        { "deviations", channel.deviations.Terms() },
        { "landmarks", { { "low", landmarks.low }, { "high", landmarks.high }, { "positions", landmarks.positions } } },
        { "histogram", TextOf(channel.histogram) } } }
  };
}

/** Whether a statistic is what the sums give: 1e-9 leaves room for other ways to compute it. */
bool
Agree(double given, double computed, double scale)
{
  return std::abs(given - computed) <= 1e-9 * (std::abs(computed) + std::abs(scale));
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
  if (channel.cases == 0 || channel.pooled.Count() == 0)
  {
    refuse("rests on no case");
  }
  const double mean = channel.pooled.Mean();
  const double variance = channel.pooled.Variance();
  const double deviation = channel.TypicalDeviation();
  const auto   standard = channel.landmarks.Standard();
  const auto   values = terms(json.at("landmarks").at("values"));
  bool         agrees = variance > 0.0 && deviation > 0.0 && std::isfinite(mean) && std::isfinite(variance) &&
                std::isfinite(deviation) && std::isfinite(channel.TypicalMean()) &&
                std::all_of(standard.begin(), standard.end(), [](double value) { return std::isfinite(value); }) &&
                channel.pooled.SumOfWeights() == static_cast<double>(channel.pooled.Count()) &&
                std::is_sorted(probabilities.begin(), probabilities.end()) && !probabilities.empty() &&
                probabilities.front() >= 0.0 && probabilities.back() <= 1.0 &&
                std::is_sorted(standard.begin(), standard.end()) && values.size() == standard.size() &&
                channel.histogram.Count() == channel.pooled.Count() &&
                Agree(json.at("pooled").at("mean").get<double>(), mean, std::sqrt(variance)) &&
                Agree(json.at("pooled").at("variance").get<double>(), variance, 0.0) &&
                Agree(json.at("typical").at("mean").get<double>(), channel.TypicalMean(), deviation) &&
                Agree(json.at("typical").at("deviation").get<double>(), deviation, 0.0);
  for (std::size_t i = 0; agrees && i < values.size(); ++i)
  {
    agrees = Agree(values[i], standard[i], standard.back() - standard.front());
  }
  if (!agrees)
  {
    refuse("its statistics are not those of its sums");
  }
  return channel;
}
} // namespace

std::string
WriteReference(const Reference & reference)
{
  Json json;
  json["isolux_reference"] = Format;
  json["version"] = reference.version;
  json["pipeline"] = Json::parse(reference.pipeline);
  json["channels"] = Json::array();
  for (const auto & channel : reference.channels)
  {
    json["channels"].push_back(ToJson(channel));
  }
  return json.dump(1) + "\n";
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
    reference.version = json.at("version").get<std::string>();
    if (format < 1 || format > Format)
    {
      throw Error(name + ": written by Isolux " + reference.version + " in format " + std::to_string(format) +
                  ", and this one knows formats up to " + std::to_string(Format) + "; use a newer Isolux");
    }
    const auto & channels = json.at("channels");
    for (const auto & channel : channels)
    {
      reference.channels.push_back(
        ChannelFrom(channel, name + ": channel " + std::to_string(reference.channels.size() + 1)));
    }
    if (reference.channels.empty())
    {
      throw Error(name + ": a reference without a channel; fit it anew");
    }
    reference.pipeline = json.at("pipeline").dump();
    return reference;
  }
  catch (const Json::exception &)
  {
    throw Error(name + ": not a reference of Isolux (not JSON, or a key is missing); 'isolux fit' writes one");
  }
}
} // namespace isolux
