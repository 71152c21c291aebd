#include "Arguments.h"
#include "AtomicFile.h"
#include "CohortReport.h"
#include "Format.h"
#include "Report.h"
#include "Version.h"

#include <algorithm>
#include <iostream>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
constexpr const char * CohortPage = "report.html";

/** A small picture beside the case's page. */
std::filesystem::path
ThumbnailPath(std::filesystem::path page)
{
  return page.replace_extension(".svg");
}

/** "" where there is no such file. */
std::string
LinkFrom(const std::filesystem::path & folder, const std::filesystem::path & file)
{
  std::error_code none;
  return std::filesystem::exists(file, none) ? FormatLink(file.lexically_relative(folder)) : "";
}
} // namespace

void
WriteCasePage(const CaseTask &              task,
              const CaseResult &            result,
              const std::filesystem::path & folder,
              const std::filesystem::path & page)
{
  const auto rendered = RenderCase(result.report,
                                   result.channels,
                                   task.name,
                                   FormatLink((folder / CohortPage).lexically_relative(page.parent_path())),
                                   Version);
  if (!rendered.thumbnail.empty())
  {
    WriteTextFile(ThumbnailPath(page), rendered.thumbnail);
  }
  WriteTextFile(page, rendered.html); // last: a case with a page has all of its files
}

void
WriteCohortReport(const std::vector<BatchRow> & rows, const std::filesystem::path & folder)
{
  std::vector<ReportRow> lines;
  for (const auto & row : rows)
  {
    ReportRow line;
    line.name = row.task.name;
    line.site = row.task.site;
    line.status = row.status;
    line.seconds = row.seconds;
    line.message = row.message;
    if (row.HasOutput())
    {
      const auto page = PagePath(folder, row.task);
      line.page = LinkFrom(folder, page);
      line.thumbnail = LinkFrom(folder, ThumbnailPath(page));
    }
    if (!row.report.channels.empty())
    {
      line.before = row.report.channels.front().before;
      line.after = row.report.channels.front().after;
      line.evennessBefore = row.report.channels.front().evennessBefore;
      line.evennessAfter = row.report.channels.front().evennessAfter;
    }
    lines.push_back(std::move(line));
  }
  WriteTextFile(folder / CohortPage,
                RenderReport(lines, ReadBatchPipeline(folder), Version, LinkFrom(folder, folder / "audit.html")));
}

int
Conclude(Progress &                    told,
         const std::vector<BatchRow> & rows,
         const std::filesystem::path & folder,
         const std::string &           whatNext)
{
  const auto failed = static_cast<std::size_t>(
    std::count_if(rows.begin(), rows.end(), [](const BatchRow & row) { return row.status == "failed"; }));
  const int code = failed == 0 ? 0 : failed == rows.size() ? 1 : 3;
  told.Conclude(std::to_string(rows.size() - failed) + " of " + std::to_string(rows.size()) + " volumes in " +
                  folder.string() + whatNext,
                code);
  return code;
}

int
Gather(const Arguments & arguments)
{
  po::options_description options;
  options.add_options()("output,o", po::value<std::string>()->value_name("OUT"), "folder that the shards wrote into")(
    "help,h", "this text");
  AddProgressOptions(options);
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux gather OUT\n\n"
         "Joins what the shards of 'isolux harmonize IN OUT --shard I/N' did, on any number of machines, to one "
         "manifest.tsv\n"
         "and report.html, once each of them has written its rows: a shard that is missing, unfinished, or of "
         "another list,\n"
         "pipeline or version is named, and nothing is written.\n\n"
      << options
      << "\nExit code: 0 all volumes done, 1 all failed or a shard is missing, 2 wrong usage, 3 some volumes "
         "failed.\n"
         "Example: isolux gather out\n";
    return 0;
  }
  const ParsedArguments       parsed(arguments, options, { "output" });
  Progress                    told(parsed, "gather");
  const std::filesystem::path folder = parsed.Text("output");
  const auto                  rows = GatherShards(folder);
  for (const auto & row : rows)
  {
    if (!row.message.empty())
    {
      told.Warn((row.status == "failed" ? "" : "warning: " + row.task.name + ": ") + row.message);
    }
  }
  WriteCohortReport(rows, folder);
  return Conclude(told, rows, folder, "; see report.html and manifest.tsv there");
}
} // namespace isolux
