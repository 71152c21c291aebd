#include "Arguments.h"
#include "AtomicFile.h"
#include "CaseList.h"
#include "Error.h"
#include "Fit.h"
#include "PipelineJson.h"
#include "ReferenceJson.h"

#include <iomanip>
#include <iostream>
#include <set>

namespace isolux
{
namespace po = boost::program_options;

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
    "mask-dir", po::value<std::string>()->value_name("DIR"), "folder with a mask for every volume: NAME or NAME_mask");
  po::options_description execution("Execution");
  execution.add_options()(
    "threads", po::value<std::string>()->value_name("N"), "threads (default: the processors there are)")(
    "force,f", "overwrite what exists")("help,h", "this text");
  po::options_description options;
  options.add(files).add(execution);
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux fit IN... -o FILE [options]\n\n"
         "Learns a reference from any number of volumes, one in memory at a time: mean, deviation, percentiles and\n"
         "landmarks of the intensities inside the mask (given, or found by 'foreground'), for batch-norm, "
         "adaptive-norm\n"
         "and quantile-norm. IN is what 'isolux harmonize' takes. The file names no volume and no person. The order "
         "of\n"
         "volumes changes no bit of it. A volume that cannot be measured is named and left out.\n\n"
      << options
      << "\nExit code: 0 all measured, 1 none, 2 wrong usage, 3 some left out.\n"
         "Example: isolux fit data/demo.tsv -o ref.json\n";
    return 0;
  }
  const ParsedArguments       parsed(arguments, options, { "input..." });
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
  PipelineSpec pipeline;
  if (parsed.Has("pipeline"))
  {
    pipeline = ReadPipelineFile(parsed.Text("pipeline"));
  }
  Execution how;
  how.threads = parsed.Number("threads", AvailableThreads(), 1, 1024);
  SetThreads(how.threads);

  std::vector<CaseTask>           tasks;
  std::set<std::filesystem::path> seen;
  for (const auto & input : parsed.Texts("input"))
  {
    for (auto & task : ListCases(input, output, parsed.Text("mask-dir")))
    {
      std::error_code error;
      if (!seen.insert(std::filesystem::weakly_canonical(task.input, error)).second)
      {
        throw UsageError(task.input.string() + ": is given twice, and would count twice; give it once");
      }
      tasks.push_back(std::move(task));
    }
  }
  {
    const AtomicOutput probe(output); // a folder that cannot be written is refused before hours of work
  }
  std::size_t failed = 0;
  const auto  reference = FitReference(
    tasks,
    pipeline,
    how,
    [&failed](const FitRow & row, std::size_t finished, std::size_t total)
    {
      const bool isLeftOut = !row.problem.empty();
      failed += isLeftOut;
      std::cout << '[' << finished << '/' << total << "] " << (isLeftOut ? "left out " : "measured ") << row.task.name
                << " (" << std::setprecision(3) << row.seconds << " s)" << std::endl;
      if (isLeftOut || !row.warning.empty())
      {
        std::cerr << "isolux: " << (isLeftOut ? row.problem : "warning: " + row.task.name + ": " + row.warning) << '\n';
      }
    });
  if (reference.channels.empty())
  {
    std::cerr << "isolux: no volume could be measured, so no reference was written\n";
    return 1;
  }
  WriteTextFile(output, WriteReference(reference));
  const auto & channel = reference.channels.front();
  std::cout << output.string() << ": " << tasks.size() - failed << " of " << tasks.size() << " volumes, "
            << std::setprecision(4) << channel.pooled.Count() << " voxels, typical mean " << channel.TypicalMean()
            << ", deviation " << channel.TypicalDeviation() << '\n';
  return failed == 0 ? 0 : 3;
}
} // namespace isolux
