#include "Format.h"
#include "Report.h"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>

// Writes the page of a made-up cohort: report_cohort NUMBER FILE. Its pictures do not exist but for the first one.
using namespace isolux;

namespace
{
IntensitySummary
Summary(const double centre, const double width)
{
  IntensitySummary summary;
  summary.count = 100000;
  summary.mean = centre;
  summary.standardDeviation = width;
  for (std::size_t percentile = 0; percentile <= 100; ++percentile)
  {
    const double share = (static_cast<double>(percentile) + 0.5) / 101.0;
    summary.percentiles[percentile] = centre + 0.55 * width * std::log(share / (1.0 - share)); // the logistic's
  }
  return summary;
}
} // namespace

int
main(int argc, char ** argv)
{
  if (argc != 3)
  {
    std::cerr << "report_cohort NUMBER FILE\n";
    return 2;
  }
  const auto             count = std::stoul(argv[1]);
  std::vector<ReportRow> rows(count);
  std::uint32_t          state = 1;
  const auto             random = [&state] // between -1 and 1
  {
    state = state * 1664525U + 1013904223U;
    return static_cast<double>(state >> 8) / 8388608.0 - 1.0;
  };
  for (std::size_t index = 0; index < count; ++index)
  {
    ReportRow &       row = rows[index];
    const auto        site = index % 12;
    const std::string subject = "sub-" + std::to_string(10000 + index);
    row.name = subject + "/anat/" + subject + "_T1w.nii.gz";
    row.site = "site-" + std::to_string(site + 1);
    row.status = index % 500 == 17 ? "failed" : "done";
    row.seconds = 40.0 + 10.0 * random();
    if (row.status == "failed")
    {
      row.message = row.name + ": is truncated; copy it again";
      continue;
    }
    row.page = FormatLink("report/" + row.name + ".html");
    row.thumbnail = FormatLink("report/" + row.name + ".svg");
    if (index % 1000 == 19)
    {
      row.message = "input: 1000000 voxels are NaN, infinite or beyond the range of float32: skipped by all statistics";
      row.message += "; foreground: the image has no finite voxel; instance-norm: the mask is empty: nothing was done";
      continue; // of which nothing is known
    }
    row.message = index % 7 == 0 ? "foreground: the mask touches the border of the image" : "";
    row.before = Summary(200.0 + 60.0 * static_cast<double>(site) + 40.0 * random(), 60.0 + 15.0 * random());
    row.after = Summary((index % 250 == 3 ? 1.0 : 0.05) * random(), 1.0 + 0.05 * random());
    row.evennessBefore.coefficientOfVariation = 0.2 + 0.05 * random();
    row.evennessAfter.coefficientOfVariation = 0.1 + 0.02 * random();
  }
  std::ofstream(argv[2]) << RenderReport(rows, "{ \"stages\": [] }", "test", "");
  return 0;
}
