#include "Chart.h"

#include "Format.h"
#include "Templates.h"

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
using kainjow::mustache::data;

constexpr double MarginLeft = 8.0;
constexpr double MarginRight = 8.0;
constexpr double MarginTop = 8.0;
constexpr double MarginBottom = 40.0; ///< tick labels and the axis' name
constexpr double Reach = 6.0;         ///< deviations at which a Gaussian has ended: 1e-9 is beyond

/** 1, 2 or 5 times a power of ten, so that about five fit. */
double
TickStep(const double range)
{
  const double rough = range / 5.0;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  const double factor = rough / power;
  return power * (factor < 1.5 ? 1.0 : factor < 3.5 ? 2.0 : factor < 7.5 ? 5.0 : 10.0);
}

/** The standard normal distribution function. */
double
NormalProbability(const double value)
{
  return 0.5 * std::erfc(-value / std::sqrt(2.0));
}
} // namespace

std::string
RenderChart(const Chart & chart)
{
  const double plotWidth = chart.width - MarginLeft - MarginRight;
  const double plotHeight = chart.height - MarginTop - MarginBottom;
  const double range = chart.high - chart.low;
  const double baseline = MarginTop + plotHeight;

  double peak = 0.0;
  for (const Curve & curve : chart.curves)
  {
    peak = std::max(peak, *std::max_element(curve.density.begin(), curve.density.end()));
  }

  data curves{ data::type::list };
  for (const Curve & curve : chart.curves)
  {
    const double step = plotWidth / (static_cast<double>(curve.density.size()) - 1.0);
    const auto   point = [&](const std::vector<double> & densities, const std::size_t index)
    {
      const double level = peak > 0.0 ? densities[index] / peak : 0.0;
      return FormatFixed(MarginLeft + static_cast<double>(index) * step, 1) + " " +
             FormatFixed(baseline - level * plotHeight, 1);
    };
    std::string path;
    for (std::size_t index = 0; index < curve.density.size(); ++index)
    {
      path += (index == 0 ? "M" : "L") + point(curve.density, index);
    }
    for (std::size_t index = curve.lower.size(); index-- > 0;)
    {
      path += "L" + point(curve.lower, index);
    }
    if (curve.filled)
    {
      path += "V" + FormatFixed(baseline, 1) + "H" + FormatFixed(MarginLeft, 1);
    }
    path += curve.filled || !curve.lower.empty() ? "Z" : "";
    data item;
    item["path"] = path;
    item["style"] = curve.style;
    item["title"] = curve.title;
    curves << item;
  }

  data         ticks{ data::type::list };
  const double tickStep = TickStep(range);
  const auto   firstTick = std::llround(std::ceil(chart.low / tickStep));
  const auto   lastTick = std::llround(std::floor(chart.high / tickStep));
  for (auto tick = firstTick; tick <= lastTick; ++tick)
  {
    const double value = static_cast<double>(tick) * tickStep;
    data         item;
    item["x"] = FormatFixed(MarginLeft + (value - chart.low) / range * plotWidth, 1);
    item["text"] = FormatNumber(value);
    ticks << item;
  }

  data content;
  content["description"] = chart.description;
  content["axis"] = chart.axis;
  content["width"] = std::to_string(chart.width);
  content["height"] = std::to_string(chart.height);
  content["left"] = FormatFixed(MarginLeft, 1);
  content["right"] = FormatFixed(MarginLeft + plotWidth, 1);
  content["middle"] = FormatFixed(MarginLeft + plotWidth / 2.0, 1);
  content["top"] = FormatFixed(MarginTop, 1);
  content["baseline"] = FormatFixed(baseline, 1);
  content["tickText"] = FormatFixed(baseline + 15.0, 1);
  content["axisText"] = FormatFixed(baseline + 33.0, 1);
  content["curves"] = std::move(curves);
  content["ticks"] = std::move(ticks);
  return kainjow::mustache::mustache(ChartTemplate).render(content);
}

std::vector<double>
DensityFromPercentiles(const IntensitySummary & summary, const double low, const double high, const unsigned int points)
{
  const auto &        quantiles = summary.percentiles;
  const double        width = std::max((quantiles[95] - quantiles[5]) / 20.0, (high - low) / (2.0 * points));
  std::vector<double> density(points, 0.0);
  for (unsigned int point = 0; point < points; ++point)
  {
    const double value = low + (high - low) * point / (points - 1.0);
    for (std::size_t index = 0; index + 1 < quantiles.size(); ++index)
    {
      const double left = (value - quantiles[index]) / width;
      const double right = (value - quantiles[index + 1]) / width;
      if (right > Reach || left < -Reach)
      {
        continue;
      }
      if (left - right > 1e-3)
      {
        density[point] += (NormalProbability(left) - NormalProbability(right)) / (left - right);
      }
      else
      {
        const double centre = 0.5 * (left + right);
        density[point] += std::exp(-0.5 * centre * centre) / std::sqrt(2.0 * std::acos(-1.0));
      }
    }
    density[point] /= width * static_cast<double>(quantiles.size() - 1);
  }
  return density;
}
} // namespace isolux
