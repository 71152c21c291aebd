#include "Report.h"

#include "Chart.h"
#include "Format.h"
#include "Templates.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace isolux
{
namespace
{
using kainjow::mustache::data;

constexpr unsigned int LineColours = 8; ///< .line-0 to .line-7 in the style sheet
constexpr unsigned int LineDashes = 3;  ///< none, .dash-1 and .dash-2
constexpr unsigned int CurvePoints = 160;

std::string
LineStyle(const std::size_t index)
{
  const auto dash = index / LineColours % LineDashes;
  return "line-" + std::to_string(index % LineColours) + (dash > 0 ? " dash-" + std::to_string(dash) : "");
}

/** Line styles by site, or by case where no site is known and the cases are few. */
class Lines
{
public:
  explicit Lines(const std::vector<const ReportRow *> & rows)
  {
    const bool sites = std::any_of(rows.begin(), rows.end(), [](const ReportRow * row) { return !row->site.empty(); });
    m_BySite = sites;
    m_Single = !sites && rows.size() > LineColours;
    for (const ReportRow * row : rows)
    {
      m_Styles.emplace(Key(*row), "");
    }
    std::size_t index = 0;
    for (auto & [key, style] : m_Styles)
    {
      style = LineStyle(m_Single ? 0 : index++);
    }
  }

  std::string
  Style(const ReportRow & row) const
  {
    return m_Styles.at(Key(row));
  }

  data
  Legend() const
  {
    data list{ data::type::list };
    if (!m_Single)
    {
      for (const auto & [key, style] : m_Styles)
      {
        data item;
        item["style"] = style;
        item["text"] = m_BySite ? (key.empty() ? "no site given" : "site " + key) : key;
        list << item;
      }
    }
    return list;
  }

private:
  std::string
  Key(const ReportRow & row) const
  {
    return m_BySite ? row.site : row.name;
  }

  bool                               m_BySite = false;
  bool                               m_Single = false;
  std::map<std::string, std::string> m_Styles;
};

data
Distributions(const std::vector<const ReportRow *> & rows,
              const Lines &                          lines,
              IntensitySummary ReportRow::*const summary,
              const std::string &                title,
              const std::string &                axis)
{
  Chart chart;
  chart.axis = axis;
  chart.eachToItsPeak = true;
  chart.height = 260;
  chart.low = std::numeric_limits<double>::infinity();
  chart.high = -chart.low;
  std::vector<IntensitySummary> summaries;
  for (const ReportRow * row : rows)
  {
    summaries.push_back(row->*summary);
    const auto & quantiles = summaries.back().percentiles;
    const double margin = 0.15 * (quantiles[99] - quantiles[1]);
    chart.low = std::min(chart.low, quantiles[1] - margin);
    chart.high = std::max(chart.high, quantiles[99] + margin);
  }
  if (!(chart.high > chart.low))
  {
    const double margin = 0.5 * std::max(1.0, std::abs(chart.low));
    chart.low -= margin;
    chart.high += margin;
  }
  for (const ReportRow * row : rows)
  {
    chart.curves.push_back({ row->site.empty() ? row->name : row->name + ", site " + row->site,
                             lines.Style(*row),
                             false,
                             DensityFromPercentiles(row->*summary, chart.low, chart.high, CurvePoints) });
  }
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
  return std::all_of(rows.begin(),
                     rows.end(),
                     [](const ReportRow * row)
                     { return std::abs(row->after.mean) < 0.1 && std::abs(row->after.standardDeviation - 1.0) < 0.1; });
}
/** The page with each mark replaced by the next section: megabytes that need not pass through the template. */
std::string
Insert(const std::string & page, const std::vector<const std::string *> & sections)
{
  const std::string mark = "<!--case-->"; // cannot come from a name: those have no '<' left
  std::size_t       size = page.size();
  for (const std::string * section : sections)
  {
    size += section->size();
  }
  std::string output;
  output.reserve(size);
  std::size_t start = 0;
  for (const std::string * section : sections)
  {
    const std::size_t end = page.find(mark, start);
    output.append(page, start, end - start);
    output += *section;
    start = end + mark.size();
  }
  return output.append(page, start);
}
} // namespace

double
MeanPairwiseWasserstein(const std::vector<IntensitySummary> & cases)
{
  std::vector<const IntensitySummary *> used;
  double                                deviations = 0.0;
  for (const IntensitySummary & summary : cases)
  {
    if (summary.count > 0)
    {
      used.push_back(&summary);
      deviations += summary.standardDeviation;
    }
  }
  if (used.size() < 2 || !(deviations > 0.0))
  {
    return std::numeric_limits<double>::quiet_NaN();
  }

  // Over sorted values, the sum of all pairs' differences needs no loop over pairs.
  const auto          count = static_cast<double>(used.size());
  double              sum = 0.0;
  std::vector<double> values(used.size());
  for (std::size_t percentile = 1; percentile <= 99; ++percentile)
  {
    std::transform(used.begin(),
                   used.end(),
                   values.begin(),
                   [percentile](const IntensitySummary * summary) { return summary->percentiles[percentile]; });
    std::sort(values.begin(), values.end());
    for (std::size_t rank = 0; rank < values.size(); ++rank)
    {
      sum += values[rank] * (2.0 * static_cast<double>(rank) - count + 1.0);
    }
  }
  const double pairs = count * (count - 1.0) / 2.0;
  return sum / 99.0 / pairs / (deviations / count);
}

std::string
RenderReport(const std::vector<ReportRow> & rows, const std::string & pipelineText, const std::string & version)
{
  std::vector<const ReportRow *> ordered;
  std::vector<const ReportRow *> charted;
  std::size_t                    done = 0;
  std::size_t                    skipped = 0;
  bool                           hasSites = false;
  for (const ReportRow & row : rows)
  {
    ordered.push_back(&row);
    done += row.status == "done";
    skipped += row.status == "skipped";
    hasSites = hasSites || !row.site.empty();
    if (row.before.count > 0 && row.after.count > 0)
    {
      charted.push_back(&row);
    }
  }
  std::stable_partition(ordered.begin(), ordered.end(), [](const ReportRow * row) { return row->status == "failed"; });
  const std::size_t failed = static_cast<std::size_t>(
    std::count_if(rows.begin(), rows.end(), [](const ReportRow & row) { return row.status == "failed"; }));

  data tiles{ data::type::list };
  for (const auto & [label, count] :
       { std::pair<std::string, std::size_t>{ "done", done }, { "failed", failed }, { "skipped", skipped } })
  {
    data tile;
    tile["style"] = count > 0 ? label : "none";
    tile["count"] = FormatCount(count);
    tile["label"] = label;
    tiles << tile;
  }

  data failures{ data::type::list };
  data table{ data::type::list };
  data sections{ data::type::list };

  std::vector<const std::string *> sectionHtml;
  for (std::size_t index = 0; index < ordered.size(); ++index)
  {
    const ReportRow & row = *ordered[index];
    const std::string target = row.sectionHtml.empty() ? "" : "case-" + std::to_string(index + 1);
    const bool        known = row.before.count > 0;
    const double      nan = std::numeric_limits<double>::quiet_NaN();
    const auto        variation = [nan](const Evenness & evenness)
    { return FormatNumber(evenness.coefficientOfVariation > 0.0 ? evenness.coefficientOfVariation : nan); };

    data item;
    item["style"] = row.status == "failed" ? "failed" : "";
    item["target"] = OrFalse(target);
    item["name"] = row.name;
    item["site"] = row.site;
    item["status"] = row.status == "failed" ? "✗ failed" : row.status;
    item["seconds"] = FormatFixed(row.seconds, 1);
    item["mean"] = FormatNumber(known ? row.before.mean : nan);
    item["deviation"] = FormatNumber(known ? row.before.standardDeviation : nan);
    item["variation"] = variation(row.evennessBefore) + " → " + variation(row.evennessAfter);
    item["message"] = row.message;
    if (row.status == "failed")
    {
      failures << item;
    }
    table << item;
    if (!target.empty())
    {
      data section;
      section["target"] = target;
      sections << section;
      sectionHtml.push_back(&row.sectionHtml);
    }
  }

  data distributions{ data::type::list };
  data legend{ data::type::list };
  if (!charted.empty())
  {
    const Lines lines(charted);
    distributions << Distributions(charted, lines, &ReportRow::before, "Before", "Intensity, raw units");
    distributions << Distributions(charted,
                                   lines,
                                   &ReportRow::after,
                                   "After",
                                   IsStandardised(charted) ? "Intensity, standard deviations from the mean"
                                                           : "Intensity, units of the output");
    legend = lines.Legend();
  }

  data page;
  page["title"] = std::to_string(done) + " done, " + std::to_string(failed) + " failed";
  page["style"] = StyleSheet;
  page["tiles"] = std::move(tiles);
  page["hasFailed"] = failed > 0;
  page["failed"] = std::move(failures);
  page["hasDistributions"] = !charted.empty();
  page["distributions"] = std::move(distributions);
  page["hasLegend"] = legend.is_non_empty_list();
  page["lines"] = std::move(legend);
  page["hasSites"] = hasSites;
  page["rows"] = std::move(table);
  page["pipeline"] = pipelineText;
  page["sections"] = std::move(sections);
  page["version"] = version;
  return Insert(kainjow::mustache::mustache(PageTemplate).render(page), sectionHtml);
}
} // namespace isolux
