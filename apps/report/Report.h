#pragma once

#include "CaseReport.h"

#include <string>
#include <vector>

namespace isolux
{
/** One case as a self-contained HTML <section>, kept in a file of its own until the report is put together.
 * Under 2 MB: pictures get smaller where there are many channels. The pictures of a 4-D image are of its middle frame.
 * \throws Error where the pictures of a channel differ in size. */
std::string
RenderCase(const CaseReport & report, const std::vector<CasePictures> & channels, const std::string & name);

/** One line of the table of cases. */
struct ReportRow
{
  std::string      name;
  std::string      site;   ///< "" where none is known
  std::string      status; ///< "done", "failed" or "skipped"
  double           seconds = 0.0;
  std::string      message;
  IntensitySummary before;
  IntensitySummary after;
  std::string      sectionHtml; ///< of RenderCase; may be empty
  Evenness         evennessBefore;
  Evenness         evennessAfter;
};

/** The whole page. */
std::string
RenderReport(const std::vector<ReportRow> & rows, const std::string & pipelineText, const std::string & version);

/** How far apart the cases' intensity distributions are, without a unit: the Wasserstein-1 distance of two cases, mean
 * over the percentiles p = 1 to 99 of |Qa(p) - Qb(p)|, averaged over all pairs and divided by the cases' mean standard
 * deviation. The extremes, p = 0 and 100, are left out: a single voxel sets them. Cases without voxels do not count.
 * NaN for fewer than two cases, or where every deviation is zero. */
double
MeanPairwiseWasserstein(const std::vector<IntensitySummary> & cases);
} // namespace isolux
