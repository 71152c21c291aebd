#include "Arguments.h"
#include "AtomicFile.h"
#include "Batch.h"
#include "CaseList.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "Report.h"
#include "Version.h"

#include <unistd.h>

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
/** A bar on a terminal, a line for each case elsewhere; what failed and what was warned of goes to stderr. */
class Console
{
public:
  void
  operator()(const BatchRow & row, std::size_t finished, std::size_t total) const
  {
    if (m_IsTerminal)
    {
      std::cout << "\r\033[K";
    }
    if (!m_IsTerminal || row.status == "failed")
    {
      std::cout << '[' << finished << '/' << total << "] " << row.status << ' ' << row.task.name << " ("
                << std::setprecision(3) << row.seconds << " s)\n";
    }
    if (!row.message.empty())
    {
      std::cout.flush();
      std::cerr << "isolux: " << (row.status == "failed" ? "" : "warning: " + row.task.name + ": ") << row.message
                << '\n';
    }
    if (m_IsTerminal)
    {
      constexpr std::size_t width = 40;
      const std::size_t     filled = width * finished / total;
      std::cout << '[' << std::string(filled, '#') << std::string(width - filled, '.') << "] " << finished << '/'
                << total << ' ' << row.task.name << (finished == total ? "\n" : "");
    }
    std::cout.flush();
  }

private:
  bool m_IsTerminal = isatty(STDOUT_FILENO) != 0;
};
} // namespace

int
Harmonize(const Arguments & arguments)
{
  po::options_description files("Files");
  files.add_options()(
    "input,i", po::value<std::string>()->value_name("IN"), "folder, BIDS dataset, .tsv list or volume")(
    "output,o", po::value<std::string>()->value_name("OUT"), "folder for the results")(
    "pipeline,p",
    po::value<std::string>()->value_name("FILE"),
    "pipeline file (default: for MR, see 'isolux explain')")(
    "mask-dir", po::value<std::string>()->value_name("DIR"), "folder with a mask for every volume: NAME or NAME_mask");
  auto execution = ExecutionOptions();
  AddMemoryOption(execution);
  AddNanOption(execution);
  execution.add_options()("jobs,j", po::value<std::string>()->value_name("N"), "volumes at a time (default 1)")(
    "resume", "skip what was finished with the same input, mask and parameters");
  po::options_description options;
  options.add(files).add(execution);
  if (WantsHelp(arguments))
  {
    std::cout << "isolux harmonize IN OUT [options]\n\n"
                 "Makes volumes of different scanners comparable. IN is a folder (searched below), a BIDS dataset "
                 "(anat), a list\n"
                 "(.tsv with a column path; optional: mask, site, participant_id) or one volume. OUT receives one "
                 "volume for each\n"
                 "input, a JSON sidecar beside each, manifest.tsv and report.html. In a folder, what lies in "
                 "derivatives/ and names\n"
                 "ending in _mask, _brainmask, _dseg, _probseg, _seg or _label(s) are left out.\n\n"
              << options
              << "\nExit code: 0 all done, 1 all failed, 2 wrong usage, 3 some failed.\n"
                 "Example: isolux harmonize data/demo.tsv out --jobs 2\n";
    return 0;
  }
  const ParsedArguments       parsed(arguments, options, { "input", "output" });
  const std::filesystem::path folder = parsed.Text("output");
  PipelineSpec                pipeline = DefaultPipeline();
  if (parsed.Has("pipeline"))
  {
    pipeline = ReadPipelineFile(parsed.Text("pipeline"));
  }
  pipeline.nan = parsed.Text("nan", pipeline.nan);
  CheckNanPolicy(pipeline.nan, "--nan");
  BatchOptions batch;
  batch.options = ReadExecution(parsed);
  batch.jobs = parsed.Number("jobs", 1, 1, 1024);
  batch.resume = parsed.Has("resume");
  batch.force = parsed.Has("force");
  auto       tasks = ListCases(parsed.Text("input"), folder, parsed.Text("mask-dir"));
  const bool anyMask =
    std::any_of(tasks.begin(), tasks.end(), [](const CaseTask & task) { return !task.mask.empty(); });
  const Pipeline check(pipeline, anyMask);
  for (auto & task : tasks)
  {
    try
    {
      const Pipeline checkOfCase(pipeline, !task.mask.empty());
    }
    catch (const UsageError & error)
    {
      task.problem = task.problem.empty() ? task.name + ": " + error.what() : task.problem;
    }
  }

  const auto rows = RunBatch(
    tasks,
    folder,
    pipeline,
    batch,
    [](const CaseTask & task, const CaseResult & result)
    { return RenderCase(result.report, result.channels, task.name); },
    Console());

  std::vector<ReportRow> reportRows;
  for (const auto & row : rows)
  {
    ReportRow line;
    line.name = row.task.name;
    line.site = row.task.site;
    line.status = row.status;
    line.seconds = row.seconds;
    line.message = row.message;
    line.sectionHtml = row.section;
    if (!row.report.channels.empty())
    {
      line.before = row.report.channels.front().before;
      line.after = row.report.channels.front().after;
      line.evennessBefore = row.report.channels.front().evennessBefore;
      line.evennessAfter = row.report.channels.front().evennessAfter;
    }
    reportRows.push_back(std::move(line));
  }
  WriteTextFile(folder / "report.html", RenderReport(reportRows, WritePipeline(WithFileNames(pipeline)), Version));

  const auto failed = static_cast<std::size_t>(
    std::count_if(rows.begin(), rows.end(), [](const auto & row) { return row.status == "failed"; }));
  std::cout << rows.size() - failed << " of " << rows.size() << " volumes in " << folder.string()
            << "; see report.html and manifest.tsv there\n";
  return failed == 0 ? 0 : failed == rows.size() ? 1 : 3;
}
} // namespace isolux
