#include "Report.h"

#include "Chart.h"
#include "Distance.h"
#include "Format.h"
#include "Picture.h"
#include "Templates.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

namespace isolux
{
namespace
{
using kainjow::mustache::data;

constexpr unsigned int LineColours = 8; ///< .line-0 to .line-7 in the style sheet
constexpr unsigned int LineDashes = 3;  ///< none, .dash-1 and .dash-2
constexpr unsigned int CurvePoints = 120;
constexpr std::size_t  MostThinLines = 30;    ///< cases; more become a band
constexpr std::size_t  LargestBand = 200;     ///< cases of a site that its band is made from
constexpr double       BandPercentile = 0.05; ///< of the cases' densities, below and above the band

std::string
LineStyle(const std::size_t index)
{
  const auto dash = index / LineColours % LineDashes;
  return "line-" + std::to_string(index % LineColours) + (dash > 0 ? " dash-" + std::to_string(dash) : "");
}

/** Cases that share a line: of a site; or of one case, where no site is known and the cases are few; or all. */
struct LineGroup
{
  std::string                    text;
  std::string                    style;
  std::vector<const ReportRow *> rows;
};

std::vector<LineGroup>
GroupLines(const std::vector<const ReportRow *> & rows)
{
  const bool bySite = std::any_of(rows.begin(), rows.end(), [](const ReportRow * row) { return !row->site.empty(); });
  const bool byCase = !bySite && rows.size() <= LineColours;

  std::map<std::string, LineGroup> groups;
  for (const ReportRow * row : rows)
  {
    auto & group = groups[bySite ? row->site : byCase ? row->name : std::string()];
    group.text = byCase ? row->name : !bySite ? "all" : row->site.empty() ? "no site given" : "site " + row->site;
    group.rows.push_back(row);
  }
  std::vector<LineGroup> list;
  for (auto & [key, group] : groups)
  {
    group.style = LineStyle(list.size()) + " group-" + std::to_string(list.size());
    list.push_back(std::move(group));
  }
  return list;
}

/** Its peak is 1. */
std::vector<double>
UnitDensity(const IntensitySummary & summary, const Chart & chart)
{
  auto         density = DensityFromPercentiles(summary, chart.low, chart.high, CurvePoints);
  const double peak = *std::max_element(density.begin(), density.end());
  for (double & value : density)
  {
    value = peak > 0.0 ? value / peak : 0.0;
  }
  return density;
}

/** Whose every percentile is the mean of the cases'. */
IntensitySummary
MeanCase(const LineGroup & group, IntensitySummary ReportRow::*const summary)
{
  IntensitySummary mean;
  for (std::size_t percentile = 0; percentile < mean.percentiles.size(); ++percentile)
  {
    for (const ReportRow * row : group.rows)
    {
      mean.percentiles[percentile] += (row->*summary).percentiles[percentile] / static_cast<double>(group.rows.size());
    }
  }
  return mean;
}

/** Where nine of ten densities of the group's cases lie, at each intensity. */
Curve
Band(const LineGroup & group, IntensitySummary ReportRow::*const summary, const Chart & chart)
{
  std::vector<std::vector<double>> densities;
  const std::size_t                stride = (group.rows.size() + LargestBand - 1) / LargestBand;
  for (std::size_t index = 0; index < group.rows.size(); index += stride)
  {
    densities.push_back(UnitDensity(group.rows[index]->*summary, chart));
  }
  Curve               band{ group.text + ": where its cases lie", "band " + group.style, false, {}, {} };
  std::vector<double> values(densities.size());
  const auto          last = static_cast<double>(values.size() - 1);
  for (std::size_t point = 0; point < CurvePoints; ++point)
  {
    std::transform(densities.begin(),
                   densities.end(),
                   values.begin(),
                   [point](const std::vector<double> & density) { return density[point]; });
    std::sort(values.begin(), values.end());
    band.lower.push_back(values[static_cast<std::size_t>(std::lround(BandPercentile * last))]);
    band.density.push_back(values[static_cast<std::size_t>(std::lround((1.0 - BandPercentile) * last))]);
  }
  return band;
}

/** From the 1st to the 99th percentile of all cases but the hundredth part that reaches farthest on either side; not
 * below 0 where no intensity is. */
void
SetRange(Chart & chart, const std::vector<const ReportRow *> & rows, IntensitySummary ReportRow::*const summary)
{
  std::vector<double> lows;
  std::vector<double> highs;
  for (const ReportRow * row : rows)
  {
    const auto & quantiles = (row->*summary).percentiles;
    const double margin = 0.15 * (quantiles[99] - quantiles[1]);
    lows.push_back(quantiles[1] - margin);
    highs.push_back(quantiles[99] + margin);
  }
  std::sort(lows.begin(), lows.end());
  std::sort(highs.begin(), highs.end());
  const bool isNegative = std::any_of(
    rows.begin(), rows.end(), [summary](const ReportRow * row) { return (row->*summary).percentiles[0] < 0.0; });
  chart.low = isNegative ? lows[lows.size() / 100] : std::max(0.0, lows[lows.size() / 100]);
  chart.high = highs[highs.size() - 1 - highs.size() / 100];
  if (!(chart.high > chart.low))
  {
    const double margin = 0.5 * std::max(1.0, std::abs(chart.low));
    chart.low -= margin;
    chart.high += margin;
  }
}

data
Distributions(const std::vector<const ReportRow *> & rows,
              const std::vector<LineGroup> &         groups,
              IntensitySummary ReportRow::*const summary,
              const std::string &                title,
              const std::string &                axis)
{
  Chart chart;
  chart.axis = axis;
  chart.height = 260;
  SetRange(chart, rows, summary);
  const bool isThin = rows.size() <= MostThinLines;
  for (const LineGroup & group : groups)
  {
    if (!isThin && group.rows.size() > 1)
    {
      chart.curves.push_back(Band(group, summary, chart));
    }
  }
  for (const LineGroup & group : groups)
  {
    if (isThin && group.rows.size() > 1)
    {
      for (const ReportRow * row : group.rows)
      {
        chart.curves.push_back({ row->name, "thin " + group.style, false, UnitDensity(row->*summary, chart) });
      }
    }
    const IntensitySummary mean = group.rows.size() > 1 ? MeanCase(group, summary) : group.rows.front()->*summary;
    const std::string      count = group.rows.size() > 1 ? " (" + FormatCount(group.rows.size()) + " cases)"
                                   : group.rows.front()->name == group.text ? ""
                                                                            : ": " + group.rows.front()->name;
    chart.curves.push_back({ group.text + count, group.style, false, UnitDensity(mean, chart) });
  }

  std::vector<IntensitySummary> summaries;
  std::transform(rows.begin(),
                 rows.end(),
                 std::back_inserter(summaries),
                 [summary](const ReportRow * row) { return row->*summary; });
  const std::string distance = FormatFixed(MeanPairwiseWasserstein(summaries), 2);
  chart.description = title + ": intensity distributions of " + std::to_string(rows.size()) +
                      " cases; mean distance between cases " + distance + " standard deviations";

  data item;
  item["title"] = title;
  item["distance"] = rows.size() < 2 ? data{ false } : data{ distance + " SD" };
  item["svg"] = RenderChart(chart);
  return item;
}

bool
IsStandardised(const std::vector<const ReportRow *> & rows)
{
  const auto count =
    std::count_if(rows.begin(),
                  rows.end(),
                  [](const ReportRow * row)
                  { return std::abs(row->after.mean) < 0.1 && std::abs(row->after.standardDeviation - 1.0) < 0.1; });
  return 10 * static_cast<std::size_t>(count) >= 9 * rows.size(); // the others are outliers
}

/** Texts that many rows share, as a JSON list that rows name by number. */
class SharedTexts
{
public:
  std::string
  NumberOf(const std::string & text)
  {
    const auto [place, isNew] = m_Numbers.emplace(text, m_Numbers.size());
    if (isNew)
    {
      m_Json += (m_Json.empty() ? "" : ",") + FormatJson(text);
    }
    return std::to_string(place->second);
  }

  std::string
  Json() const
  {
    return "[" + m_Json + "]";
  }

private:
  std::map<std::string, std::size_t> m_Numbers;
  std::string                        m_Json;
};

bool
HasOutput(const ReportRow & row)
{
  return row.status == "done" || row.status == "skipped";
}

struct RatedRow
{
  const ReportRow * row = nullptr;
  double            before = 0.0; ///< distance from the cohort's median
  double            after = 0.0;
  bool              isOutlier = false;
  bool              isUnknown = false; ///< there is an output, of which no voxel could be measured
};

/** Outliers first, then failed ones, then those that nothing is known of, then the others; those first that are
 * farthest from the median. */
std::vector<RatedRow>
Rate(const std::vector<ReportRow> & rows, double & limit)
{
  std::vector<IntensitySummary> before;
  std::vector<IntensitySummary> after;
  for (const ReportRow & row : rows)
  {
    before.push_back(row.before);
    after.push_back(row.after);
  }
  const auto distancesBefore = DistancesFromMedian(before);
  const auto distancesAfter = DistancesFromMedian(after);
  limit = OutlierLimit(distancesAfter);
  std::vector<RatedRow> rated;
  for (std::size_t index = 0; index < rows.size(); ++index)
  {
    const bool isUnknown = HasOutput(rows[index]) && rows[index].after.count == 0;
    rated.push_back(
      { &rows[index], distancesBefore[index], distancesAfter[index], distancesAfter[index] > limit, isUnknown });
  }
  const auto rank = [](const RatedRow & row)
  {
    const int group = row.isOutlier ? 3 : row.row->status == "failed" ? 2 : row.isUnknown ? 1 : 0;
    return std::pair(group, std::isfinite(row.after) ? row.after : -1.0);
  };
  std::stable_sort(
    rated.begin(), rated.end(), [&rank](const RatedRow & a, const RatedRow & b) { return rank(a) > rank(b); });
  return rated;
}

/** 0: none. 1: the page's link with another ending. Else its own link. */
std::string
ThumbnailJson(const ReportRow & row)
{
  const std::string beside = std::filesystem::path(row.page).replace_extension(".svg").string();
  return row.thumbnail.empty() ? "0" : row.thumbnail == beside ? "1" : FormatJson(row.thumbnail);
}

/** Without the name that it begins with. */
std::string
MessageOf(const ReportRow & row)
{
  const std::string start = row.name + ": ";
  return row.message.rfind(start, 0) == 0 ? row.message.substr(start.size()) : row.message;
}

/** What the page's script makes the table from. */
std::string
TableJson(const std::vector<RatedRow> & rated)
{
  SharedTexts sites;
  SharedTexts messages;
  std::string rows;
  for (const auto & [row, before, after, isOutlier, isUnknown] : rated)
  {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto   variation = [nan](const Evenness & evenness)
    { return FormatJson(evenness.coefficientOfVariation > 0.0 ? evenness.coefficientOfVariation : nan); };
    const auto of = [nan](const IntensitySummary & summary, const double value)
    { return FormatJson(summary.count > 0 ? value : nan); };

    rows += (rows.empty() ? "[" : ",\n[") + FormatJson(row->name) + ',' + FormatJson(row->page) + ',' +
            ThumbnailJson(*row) + ',' + sites.NumberOf(row->site) + ',' + FormatJson(row->status) + ',' +
            (isOutlier   ? "1"
             : isUnknown ? "2"
                         : "0") +
            ',' + FormatJson(before) + ',' + FormatJson(after) + ',' + of(row->before, row->before.mean) + ',' +
            of(row->before, row->before.standardDeviation) + ',' + variation(row->evennessBefore) + ',' +
            variation(row->evennessAfter) + ',' + FormatJson(std::round(10.0 * row->seconds) / 10.0) + ',' +
            messages.NumberOf(MessageOf(*row)) + ']';
  }
  return "{\"sites\":" + sites.Json() + ",\"messages\":" + messages.Json() + ",\"rows\":[" + rows + "]}";
}
} // namespace

std::string
RenderReport(const std::vector<ReportRow> & rows,
             const std::string &            pipelineText,
             const std::string &            version,
             const std::string &            audit)
{
  std::vector<const ReportRow *>     charted;
  std::map<std::string, std::size_t> counts;
  std::size_t                        warned = 0;
  bool                               hasSites = false;
  data                               failures{ data::type::list };
  for (const ReportRow & row : rows)
  {
    ++counts[row.status];
    warned += HasOutput(row) && !row.message.empty() ? 1 : 0;
    hasSites = hasSites || !row.site.empty();
    if (row.before.count > 0 && row.after.count > 0)
    {
      charted.push_back(&row);
    }
    if (row.status == "failed")
    {
      data item;
      item["name"] = row.name;
      item["message"] = MessageOf(row);
      failures << item;
    }
  }
  double     limit = 0.0;
  const auto rated = Rate(rows, limit);
  const auto outliers = static_cast<std::size_t>(
    std::count_if(rated.begin(), rated.end(), [](const RatedRow & row) { return row.isOutlier; }));

  data       tiles{ data::type::list };
  const auto addTile = [&tiles](const std::string & label, const std::size_t count, const std::string & style)
  {
    data tile;
    tile["style"] = count > 0 ? style : "none";
    tile["count"] = FormatCount(count);
    tile["label"] = label;
    tiles << tile;
  };
  for (const char * label : { "done", "failed", "skipped" })
  {
    addTile(label, counts[label], label);
  }
  if (std::isfinite(limit))
  {
    addTile(outliers == 1 ? "outlier" : "outliers", outliers, "outlier");
  }
  const auto unknown = static_cast<std::size_t>(
    std::count_if(rated.begin(), rated.end(), [](const RatedRow & row) { return row.isUnknown; }));
  if (unknown > 0)
  {
    addTile("without numbers", unknown, "unknown");
  }
  if (warned > 0)
  {
    addTile("with warnings", warned, "warned");
  }

  data distributions{ data::type::list };
  data legend{ data::type::list };
  if (!charted.empty())
  {
    const auto groups = GroupLines(charted);
    distributions << Distributions(charted, groups, &ReportRow::before, "Before", "Intensity, raw units");
    distributions << Distributions(charted,
                                   groups,
                                   &ReportRow::after,
                                   "After",
                                   IsStandardised(charted) ? "Intensity, standard deviations from the mean"
                                                           : "Intensity, units of the output");
    for (std::size_t index = 0; index < groups.size(); ++index)
    {
      data item;
      item["style"] = groups[index].style;
      item["text"] = groups[index].text;
      item["group"] = std::to_string(index);
      legend << item;
    }
  }

  data page;
  page["title"] = std::to_string(counts["done"]) + " done, " + std::to_string(counts["failed"]) + " failed";
  page["style"] = StyleSheet;
  page["script"] = CohortScript;
  page["scriptHash"] = HashOfScript(CohortScript);
  page["tiles"] = std::move(tiles);
  page["hasFailed"] = failures.is_non_empty_list();
  page["failed"] = std::move(failures);
  page["hasDistributions"] = !charted.empty();
  page["isSingle"] = charted.size() == 1;
  page["distributions"] = std::move(distributions);
  page["isThin"] = charted.size() <= MostThinLines;
  page["hasLegend"] = legend.is_non_empty_list();
  page["lines"] = std::move(legend);
  page["hasSites"] = hasSites;
  page["limit"] = std::isfinite(limit) ? data{ FormatFixed(limit, 2) } : data{ false };
  page["audit"] = OrFalse(audit);
  page["rows"] = TableJson(rated);
  page["pipeline"] = pipelineText;
  page["version"] = version;
  return kainjow::mustache::mustache(PageTemplate).render(page);
}
} // namespace isolux
