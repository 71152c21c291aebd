#include "Arguments.h"
#include "AtomicFile.h"
#include "AuditJson.h"
#include "AuditPage.h"
#include "AuditRows.h"
#include "CohortReport.h"
#include "Error.h"
#include "Version.h"

#include <algorithm>
#include <iostream>

namespace isolux
{
namespace po = boost::program_options;

int
Audit(const Arguments & arguments)
{
  po::options_description options("Options");
  options.add_options()(
    "input,i", po::value<std::string>()->value_name("OUT"), "folder that isolux harmonize has written")(
    "participants",
    po::value<std::string>()->value_name("FILE"),
    "participants.tsv as BIDS has it: participant_id and columns of your own")(
    "group", po::value<std::string>()->value_name("COLUMN"), "what images should not differ by: site, scanner, sex")(
    "label", po::value<std::string>()->value_name("COLUMN"), "what a model is to find: diagnosis, outcome, age")(
    "suffix", po::value<std::string>()->value_name("NAME"), "of BIDS names, such as T1w: those volumes only")(
    "force,f", "overwrite audit.json and audit.html")("help,h", "this text");
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux audit OUT --participants FILE --group COLUMN --label COLUMN [options]\n\n"
         "Says what normalization erased: for the mean, the deviation, the field's amplitude and five percentiles of "
         "the\n"
         "intensities, whether they go with a group (a nuisance removed) or with the label (signal erased, and how to "
         "keep\n"
         "it), before and after; and how well intensities alone give the label away, and how unequally by group. "
         "Group or\n"
         "label may be left out. A column site that the participants lack is taken from OUT/manifest.tsv. Writes "
         "OUT/audit.json\n"
         "and OUT/audit.html, which hold no participant's name.\n\n"
      << options
      << "\nExit code: 0 done, 1 failed, 2 wrong usage.\n"
         "Example: isolux audit out --participants participants.tsv --group site --label diagnosis\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "input" });
  AuditRequest          request;
  request.folder = parsed.Text("input");
  request.participants = parsed.Text("participants");
  request.columns = { parsed.Text("group"), parsed.Text("label") };
  request.suffix = parsed.Text("suffix");
  if (request.columns.group.empty() && request.columns.label.empty())
  {
    throw UsageError("nothing to audit: give --group COLUMN, --label COLUMN or both, such as --group site");
  }
  if (request.columns.group == request.columns.label)
  {
    throw UsageError("--group and --label both name column '" + request.columns.group + "'; give two columns, or one");
  }
  const auto json = request.folder / "audit.json";
  const auto page = request.folder / "audit.html";
  RefuseToOverwrite(json, parsed);
  RefuseToOverwrite(page, parsed);

  auto input = ReadAuditRows(request);
  auto report = MakeAudit(input.rows, request.columns);
  for (const auto & note : input.notes)
  {
    std::cerr << "isolux: warning: " << note << '\n';
  }
  report.notes = std::move(input.notes);
  WriteTextFile(json, WriteAudit(report));
  WriteTextFile(page, RenderAudit(report, Version));
  if (std::filesystem::exists(request.folder / "report.html") &&
      HasBatchPipeline(request.folder)) // to link to the audit
  {
    auto rows = ReadManifest(request.folder / "manifest.tsv", request.folder);
    std::for_each(rows.begin(), rows.end(), ReadReport);
    WriteCohortReport(rows, request.folder);
  }

  std::cout << report.volumes << " volumes of " << report.participants << " participants\n";
  for (const auto & headline : AuditSummary(report))
  {
    std::cout << "- " << headline.text << '\n';
  }
  std::cout << "See " << page.string() << " and audit.json there\n";
  return 0;
}
} // namespace isolux
