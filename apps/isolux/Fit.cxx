#include "Arguments.h"
#include "AtomicFile.h"
#include "CaseList.h"
#include "Error.h"
#include "Fit.h"
#include "PipelineJson.h"
#include "ReferenceJson.h"
#include "ReferenceSummary.h"
#include "Shard.h"

#include <algorithm>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
struct MeasureOptions
{
  long long           min_cases = DefaultMinimumCases;
  std::vector<double> band_scales = BandSettings::Default().scales;
  std::string         band_axes = "xy";

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "min_cases", Unit::None, "Volumes that a site needs to be in the reference.", 1.0, 10000.0 }, min_cases);
    visit({ "band_scales", Unit::Millimetre, "Scales of band-norm's bands, which must rise.", 0.0, 1000.0 },
          band_scales);
    Parameter axes{ "band_axes", Unit::None, "Axes of band-norm's bands." };
    axes.choices = { "xy", "xyz" };
    visit(axes, band_axes);
  }
};

std::string
SiteOfTask(const CaseTask & task, bool bySite)
{
  return bySite && !task.site.empty() ? task.site : Reference::Everything;
}

/** Sites of too few cases are left out: those from the start that cannot have enough. Several volumes of a participant,
 * where these are known, count once. \throws UsageError where none is left. */
void
RefuseSmallSites(std::vector<CaseTask> & tasks, bool bySite, std::size_t minimum)
{
  std::map<std::string, std::set<std::string>> cases;
  for (const auto & task : tasks)
  {
    auto & known = cases[SiteOfTask(task, bySite)];
    if (task.problem.empty())
    {
      known.insert(task.participant.empty() ? "volume " + task.name : task.participant);
    }
  }
  const auto why = [&](const std::string & site)
  {
    return (bySite ? "site '" + site + "' has " : std::string()) + std::to_string(cases[site].size()) +
           " participants or volumes, and a reference needs " + std::to_string(minimum) + (bySite ? " of a site" : "") +
           ", lest it tell of single persons";
  };
  const auto wayOut = "; give more, or --min-cases where the file stays in your hands";
  if (std::all_of(cases.begin(), cases.end(), [&](const auto & site) { return site.second.size() < minimum; }))
  {
    throw UsageError(why(cases.begin()->first) + wayOut);
  }
  for (auto & task : tasks)
  {
    const auto site = SiteOfTask(task, bySite);
    if (task.problem.empty() && cases[site].size() < minimum)
    {
      task.problem = task.name + ": " + why(site) + wayOut;
    }
  }
}

/** \throws UsageError where an option FILE#SITE could not name one of the sites. */
void
RefuseSiteNames(const std::vector<CaseTask> & tasks)
{
  for (const auto & task : tasks)
  {
    const auto sign = task.site.rfind('=');
    const bool looksWeighted =
      sign != std::string::npos && task.site.find_first_not_of("0123456789.eE+-", sign + 1) == std::string::npos;
    if (task.site == Reference::Everything || looksWeighted || !IsUtf8(task.site))
    {
      throw UsageError(task.name + ": its site is called '" + task.site + "', which " +
                       (task.site == Reference::Everything ? "stands for volumes without a site"
                        : looksWeighted                    ? "ends like a weight (FILE#SITE=0.5)"
                                                           : "is not UTF-8") +
                       "; rename the site in the list");
    }
  }
}
} // namespace

int
Fit(const Arguments & arguments)
{
  po::options_description files("Files");
  files.add_options()("input,i",
                      po::value<std::vector<std::string>>()->composing()->value_name("IN"),
                      "folder, BIDS dataset, .tsv list or volume; any number of them")(
    "output,o", po::value<std::string>()->value_name("FILE"), "reference file to write, such as ref.json")(
    "pipeline,p",
    po::value<std::string>()->value_name("FILE"),
    "stages that each volume goes through before it is measured (default: none)")(
    "mask-dir", po::value<std::string>()->value_name("DIR"), "folder with a mask for every volume: NAME or NAME_mask")(
    "site",
    po::value<std::string>()->value_name("COLUMN"),
    "column of a .tsv list, or of a BIDS dataset's participants.tsv, by which sites are told apart (default: all "
    "volumes are one)");
  MeasureOptions          measured;
  const auto              measures = [&](ParameterVisitor & visit) { measured.Visit(visit); };
  po::options_description measure("Measure");
  AddParameters(measure, Describe(measures));
  measure.add_options()(
    "shard",
    po::value<std::string>()->value_name("I/N"),
    "measure the I-th of N parts of the volumes, for 'isolux merge' alone; slurm: those of a job array");
  po::options_description execution("Execution");
  execution.add_options()(
    "threads", po::value<std::string>()->value_name("N"), "threads (default: the processors there are)")(
    "force,f", "overwrite what exists")("help,h", "this text");
  po::options_description options;
  AddProgressOptions(execution);
  options.add(files).add(measure).add(execution);
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux fit IN... -o FILE [options]\n\n"
         "Learns a reference from any number of volumes, one in memory at a time: mean, deviation, percentiles,\n"
         "landmarks and band energies of the intensities inside the mask (given, or found by 'foreground'), of each\n"
         "site and of all, for 'isolux harmonize --reference', quantile-, adaptive-, batch- and band-norm. IN is what\n"
         "'isolux harmonize' takes. The file names no volume and no person, and holds no site of fewer than "
         "--min-cases\n"
         "volumes. The order of volumes changes no bit of it: 'isolux merge' makes one of the files of several "
         "sites.\n"
         "A volume that cannot be measured is named and left out.\n\n"
      << options
      << "\nExit code: 0 all measured, 1 none, 2 wrong usage, 3 some left out.\n"
         "Example: isolux fit data/demo.tsv -o ref.json --min-cases 4\n";
    return 0;
  }
  const ParsedArguments       parsed(arguments, options, { "input..." });
  Progress                    told(parsed, "fit");
  const std::filesystem::path output = parsed.Text("output");
  if (output.empty())
  {
    throw UsageError("argument --output is missing: where to write the reference, such as -o ref.json");
  }
  if (std::filesystem::is_directory(output))
  {
    throw UsageError(output.string() + ": is a folder; name the reference file, such as " +
                     (output / "ref.json").string());
  }
  if (IsVolumeName(output))
  {
    throw UsageError(output.string() + ": is the name of an image, but a reference is JSON; give it the ending .json");
  }
  RefuseToOverwrite(output, parsed);
  auto inputs = parsed.Texts("input");
  inputs.push_back(parsed.Text("pipeline"));
  for (const auto & input : inputs)
  {
    std::error_code none;
    if (std::filesystem::equivalent(input, output, none))
    {
      throw UsageError(output.string() + ": is named twice, as an input and the output; give each a name of its own");
    }
  }
  FitOptions how;
  if (parsed.Has("pipeline"))
  {
    how.pipeline = ReadPipelineFile(parsed.Text("pipeline"));
  }
  how.bySite = parsed.Has("site");
  Assign(measures, GivenParameters(parsed, Describe(measures)), "fit");
  how.bands = { measured.band_scales, measured.band_axes == "xyz" };
  if (std::adjacent_find(how.bands.scales.begin(), how.bands.scales.end(), std::greater_equal<>()) !=
        how.bands.scales.end() ||
      (!how.bands.scales.empty() && how.bands.scales.front() <= 0.0))
  {
    throw UsageError("--band-scales must rise from above 0 mm, the finest first, such as 0.5,1; not " +
                     ToString(Value(how.bands.scales)));
  }
  how.execution.threads = parsed.Number("threads", AvailableThreads(), 1, 1024);
  SetThreads(how.execution.threads);
  const auto           minimum = static_cast<unsigned int>(measured.min_cases);
  std::optional<Shard> shard;
  if (parsed.Has("shard"))
  {
    shard = ParseShard(parsed.Text("shard"));
  }

  std::vector<CaseTask> tasks;
  for (const auto & input : parsed.Texts("input"))
  {
    auto found = ListCases({ input, output, parsed.Text("mask-dir"), parsed.Text("site"), {}, {} });
    std::move(found.begin(), found.end(), std::back_inserter(tasks));
  }
  RefuseDuplicates(tasks);
  if (how.bySite)
  {
    RefuseSiteNames(tasks);
  }
  how.channels = ChannelsOfFirst(tasks);
  const auto list = ChecksumOf(tasks);
  RefuseSmallSites(tasks, how.bySite, minimum);
  if (shard)
  {
    tasks = CasesOf(*shard, tasks);
  }
  {
    const AtomicOutput probe(output); // a folder that cannot be written is refused before hours of work
  }
  if (const auto named = HashFiles(how.pipeline); !named.empty())
  {
    told.Warn("warning: the reference will hold the name and checksum of " + named.front().first +
              (named.size() > 1 ? " and others" : "") + ", which the pipeline names; give it a name that says nothing");
  }
  if (const auto contrasts = ContrastsOf(tasks); contrasts.size() > 1)
  {
    told.Warn("warning: images of " + contrasts[0] + " and " + contrasts[1] +
              " are learned as if they were of one contrast; fit a reference for each");
  }
  std::size_t failed = 0;
  auto        reference = FitReference(tasks, how, TellingFit(told, failed));
  if (shard)
  {
    reference.shard = shard;
    reference.list = list;
  }
  else
  {
    failed += ReportSmallSites(reference, minimum, told);
  }
  if (reference.channels.empty() && !shard) // merge needs every shard, also one without a volume
  {
    told.Warn("no volume could be measured, so no reference was written");
    told.Conclude("", 1);
    return 1;
  }
  WriteTextFile(output, WriteReference(reference));
  const int code = failed == 0 ? 0 : 3;
  told.Conclude(Summary(output, reference), code);
  return code;
}
} // namespace isolux
