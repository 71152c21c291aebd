#include "Arguments.h"
#include "Commands.h"
#include "Error.h"
#include "Stage.h"
#include "Version.h"

#include <iostream>
#include <map>

namespace
{
constexpr const char * Help =
  R"(isolux: makes images of different scanners comparable, before a model sees them.

  isolux harmonize IN OUT            many volumes: a folder, BIDS dataset, list or volume -> OUT
  isolux run PIPELINE.json IN OUT    one volume through a pipeline file
  isolux STAGE IN OUT                one volume through one stage, see 'isolux stages'
  isolux point-norm IN OUT           values of points: surfaces and thickness maps (.gii, .vtk)
  isolux fit IN... -o FILE           learn a reference from volumes: what a scanner's images are like
  isolux merge FILE... -o FILE       make one of the references of several sites: no voxel leaves a site
  isolux gather OUT                  join what the shards of harmonize did on several machines
  isolux restore OUT BACK            undo, from the sidecar beside OUT
  isolux view BEFORE AFTER [FIELD]   look at two images side by side, or write a picture of them
  isolux audit OUT                   what harmonize erased that goes with a group or a label
  isolux stages                      what stages there are
  isolux explain PIPELINE.json       what a pipeline file does
  isolux schema                      JSON Schema of a pipeline file
  isolux version

Options of each: isolux VERB --help. Exit code: 0 done, 1 failed, 2 wrong usage, 3 a batch partly failed.
)";

int
Dispatch(const std::string & verb, const isolux::Arguments & arguments)
{
  using namespace isolux;
  static const std::map<std::string, int (*)(const Arguments &)> verbs = {
    { "harmonize", Harmonize },  { "gather", Gather },      { "fit", Fit },           { "merge", Merge },
    { "run", RunPipeline },      { "restore", Restore },    { "stages", ListStages }, { "explain", Explain },
    { "point-norm", PointNorm }, { "schema", PrintSchema }, { "audit", Audit },       { "view", View }
  };
  if (verb == "--help" || verb == "-h" || verb == "help")
  {
    std::cout << Help;
    return 0;
  }
  if (verb == "version" || verb == "--version")
  {
    std::cout << "isolux " << Version << " (ITK " << ItkVersion() << ")\n";
    return 0;
  }
  if (const auto known = verbs.find(verb); known != verbs.end())
  {
    return known->second(arguments);
  }
  std::vector<std::string> names = { "version" };
  for (const auto & known : verbs)
  {
    names.push_back(known.first);
  }
  for (const auto & stage : BuiltInStages().All())
  {
    if (stage.name == verb)
    {
      return RunStage(verb, arguments);
    }
    names.push_back(stage.name);
  }
  throw UsageError("no verb or stage is called '" + verb + "'" + SuggestNearest(verb, names));
}
} // namespace

int
main(int argc, char * argv[])
{
  if (argc < 2)
  {
    std::cerr << Help;
    return 2;
  }
  return isolux::ExitCodeOf("isolux", [&] { return Dispatch(argv[1], isolux::Arguments(argv + 2, argv + argc)); });
}
