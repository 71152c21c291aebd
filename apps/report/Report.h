#pragma once

#include "CaseReport.h"

#include <string>
#include <vector>

namespace isolux
{
struct CasePage
{
  std::string html;      ///< needs no other file, below 2 MB
  std::string thumbnail; ///< an SVG of before and after; "" without pictures
};

/** Pictures get smaller where there are many channels. The pictures of a 4-D image are of its middle frame.
 * \param cohort link to the cohort's page; "": none
 * \throws Error where the pictures of a channel differ in size. */
CasePage
RenderCase(const CaseReport &                report,
           const std::vector<CasePictures> & channels,
           const std::string &               name,
           const std::string &               cohort,
           const std::string &               version);

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
  std::string      page;      ///< link to the case's own page; "": none
  std::string      thumbnail; ///< likewise
  Evenness         evennessBefore;
  Evenness         evennessAfter;
};

/** The cohort's page: numbers and links, a few hundred bytes for each case. `audit`: link to the audit; "": none. */
std::string
RenderReport(const std::vector<ReportRow> & rows,
             const std::string &            pipelineText,
             const std::string &            version,
             const std::string &            audit);
} // namespace isolux
