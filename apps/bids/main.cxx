#include "Arguments.h"
#include "BidsApp.h"
#include "Error.h"
#include "PipelineJson.h"
#include "ReferenceSummary.h"
#include "Version.h"

#include <algorithm>
#include <iostream>

namespace isolux
{
namespace
{
namespace po = boost::program_options;

/** Older BIDS apps spell --participant_label: underscores of an option's name are hyphens here. */
Arguments
WithHyphens(Arguments arguments)
{
  for (auto & argument : arguments)
  {
    if (argument.rfind("--", 0) == 0)
    {
      std::replace(argument.begin(), std::find(argument.begin(), argument.end(), '='), '_', '-');
    }
  }
  return arguments;
}

po::options_description
Options()
{
  const auto text = [](const char * name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char * name)
  { return po::value<std::vector<std::string>>()->multitoken()->composing()->value_name(name); };
  po::options_description choice("Choice");
  choice.add_options()("participant-label", texts("LABEL..."), "participants, with or without sub- (default: all)")(
    "session-label", texts("LABEL..."), "sessions, with or without ses- (default: all)")(
    "site",
    text("COLUMN"),
    "column of participants.tsv, or of sub-*_sessions.tsv, that holds the sites (default: site, where there is one)")(
    "masks",
    text("DIR"),
    "BIDS derivatives with *_desc-brain_mask, or a folder with a mask for every image: NAME or NAME_mask")(
    "skip-bids-validation",
    "do not check that dataset_description.json has Name and BIDSVersion, and that names of images agree with their "
    "folders");
  po::options_description how("Processing");
  how.add_options()("pipeline,p",
                    text("FILE"),
                    "participant: pipeline file (default: for MR, see 'isolux explain'); group: stages that each image "
                    "goes through before it is measured for reference.json (default: none)");
  how.add_options()("min-cases", text("N"), "group: images that a site needs to be in reference.json (default 5)");
  po::options_description execution("Execution");
  execution.add_options()("nprocs", text("N"), "processors to use (default: those there are)")(
    "n-cpus", text("N"), "the same as --nprocs")(
    "omp-nthreads", text("N"), "of these, threads for one image (default: up to 8); the rest go to other images")(
    "mem-mb", text("N"), "most memory to take, in MiB: larger images are read and written in pieces")(
    "mem-gb", text("N"), "the same in GiB")(
    "work-dir,w", text("DIR"), "accepted as by every BIDS app; nothing is written there: scratch files have no names")(
    "version", "print the version")("help,h", "this text");
  AddProgressOptions(execution);
  po::options_description options;
  options.add(choice).add(how).add(execution);
  return options;
}

/** The number that one of two options gives. \throws UsageError where both are given. */
unsigned int
OneOf(const ParsedArguments & parsed,
      const std::string &     first,
      const std::string &     second,
      unsigned int            otherwise,
      unsigned int            scale,
      unsigned int            minimum)
{
  if (parsed.Has(first) && parsed.Has(second))
  {
    throw UsageError("--" + first + " and --" + second + " say the same; give one");
  }
  return parsed.Has(second) ? scale * parsed.Number(second, 1, 1, 1U << 20)
                            : parsed.Number(first, otherwise, minimum, 1U << 30);
}

int
Run(const Arguments & arguments)
{
  auto options = Options();
  if (WantsHelp(arguments))
  {
    std::cout << "isolux-bids BIDS OUT participant|group [options]\n\n"
                 "Makes the anatomical images of a BIDS dataset comparable, as BIDS derivatives.\n"
                 "participant: harmonizes the images in anat of the chosen participants. What is finished is skipped; "
                 "runs with\n"
                 "other participants or sessions may write into OUT at the same time.\n"
                 "group: gathers what is there into manifest.tsv and report.html, and learns reference.json from the "
                 "raw images\n"
                 "(reference-T1w.json and so on where there is more than one contrast).\n"
                 "OUT lies outside BIDS or in BIDS/derivatives; nothing else is ever written in BIDS.\n\n"
              << options
              << "\nExit code: 0 all done, 1 all failed, 2 wrong usage, 3 some failed or missing.\n"
                 "Example: isolux-bids raw raw/derivatives/isolux participant --participant-label 01 02\n";
    return 0;
  }
  if (std::find(arguments.begin(), arguments.end(), "--version") != arguments.end())
  {
    std::cout << "isolux-bids " << Version << " (ITK " << ItkVersion() << ")\n";
    return 0;
  }
  po::options_description places;
  places.add_options()("bids", po::value<std::string>())("out", po::value<std::string>())("level",
                                                                                          po::value<std::string>());
  options.add(places);
  const ParsedArguments parsed(WithHyphens(arguments), options, { "bids", "out", "level" });
  BidsRun               run;
  run.list.input = parsed.Text("bids");
  run.list.output = parsed.Text("out");
  run.list.maskFolder = parsed.Text("masks");
  run.list.siteColumn = parsed.Text("site");
  run.list.participants = parsed.Texts("participant-label");
  run.list.sessions = parsed.Texts("session-label");
  run.validates = !parsed.Has("skip-bids-validation");
  const std::string level = parsed.Text("level");
  if (level != "participant" && level != "group")
  {
    throw UsageError("the level must be 'participant' or 'group', not '" + level + "'" +
                     SuggestNearest(level, { "participant", "group" }));
  }
  if (parsed.Has("pipeline"))
  {
    run.pipeline = ReadPipelineFile(parsed.Text("pipeline"));
  }
  run.processors = OneOf(parsed, "nprocs", "n-cpus", AvailableThreads(), 1, 1);
  run.threads = parsed.Number("omp-nthreads", std::min(run.processors, 8U), 1, 1024);
  if (run.threads > run.processors)
  {
    throw UsageError("--omp-nthreads " + std::to_string(run.threads) + " is more than the " +
                     std::to_string(run.processors) + " processors of --nprocs; lower it");
  }
  run.memory = OneOf(parsed, "mem-mb", "mem-gb", 0, 1024, 64);
  run.minimumCases = parsed.Number("min-cases", DefaultMinimumCases, 1, 1000000);
  CheckPlaces(run);
  if (parsed.Has("log-json"))
  {
    auto log = run;
    log.list.output = parsed.Text("log-json");
    CheckPlaces(log);
  }
  Progress told(parsed, level);
  return level == "participant" ? RunParticipants(run, told) : RunGroup(run, told);
}
} // namespace
} // namespace isolux

int
main(int argc, char * argv[])
{
  return isolux::ExitCodeOf("isolux-bids", [&] { return isolux::Run(isolux::Arguments(argv + 1, argv + argc)); });
}
