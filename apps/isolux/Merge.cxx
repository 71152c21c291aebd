#include "Arguments.h"
#include "AtomicFile.h"
#include "Error.h"
#include "Fit.h"
#include "ReferenceJson.h"
#include "ReferenceSummary.h"

#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

namespace isolux
{
namespace po = boost::program_options;

std::size_t
ReportSmallSites(Reference & reference, unsigned int minimum, Progress & told)
{
  std::map<std::string, std::uint64_t> cases;
  for (const auto & [name, site] : reference.sites)
  {
    cases[name] = site.Cases();
  }
  const auto dropped = reference.DropSitesBelow(minimum);
  for (const auto & site : dropped)
  {
    told.Warn("site '" + site + "' has " + std::to_string(cases[site]) + " volumes, and a reference needs " +
              std::to_string(minimum) +
              ", lest it tell of single persons: it is left out; give more, or --min-cases where the file stays in "
              "your hands");
  }
  return dropped.size();
}

FitProgress
TellingFit(Progress & told, std::size_t & leftOut)
{
  return [&told, &leftOut](const FitRow & row, std::size_t finished, std::size_t total)
  {
    const bool isLeftOut = !row.problem.empty();
    leftOut += isLeftOut;
    told.Case(row.task.name,
              isLeftOut ? "left out" : "measured",
              row.seconds,
              isLeftOut ? row.problem : row.warning,
              finished,
              total);
  };
}

std::string
Summary(const std::filesystem::path & file, const Reference & reference)
{
  std::ostringstream text;
  std::size_t        cases = 0;
  for (const auto & [name, site] : reference.sites)
  {
    cases += site.Cases();
    const auto & channel = site.channels.front();
    text << std::setprecision(4) << "  " << name << ": " << site.Cases() << " volumes, " << channel.pooled.Count()
         << " voxels, typical mean " << channel.TypicalMean() << ", deviation " << channel.TypicalDeviation() << '\n';
  }
  text << file.string() << ": ";
  if (reference.shard)
  {
    text << "shard " << reference.shard->number << " of " << reference.shard->count << ", ";
  }
  text << cases << " volumes of " << reference.sites.size() << (reference.sites.size() == 1 ? " site" : " sites");
  return text.str();
}

int
Merge(const Arguments & arguments)
{
  po::options_description options;
  options.add_options()("input,i",
                        po::value<std::vector<std::string>>()->composing()->value_name("FILE"),
                        "reference that 'isolux fit' or 'isolux merge' wrote; any number of them")(
    "output,o", po::value<std::string>()->value_name("FILE"), "reference file to write, such as all.json")(
    "min-cases",
    po::value<std::string>()->value_name("N"),
    "volumes that a site needs to be in the result (default 5)")("force,f", "overwrite what exists")("help,h",
                                                                                                     "this text");
  AddProgressOptions(options);
  if (WantsHelp(arguments))
  {
    std::cout << "isolux merge FILE... -o FILE [options]\n\n"
                 "Makes one reference of several: of sites that share no voxels, or of the shards of one fit. The "
                 "result is, to\n"
                 "the bit, what one fit over all volumes writes; the order of files changes nothing. Of shards, all "
                 "must be there.\n"
                 "Sites of one name are pooled.\n\n"
              << options
              << "\nExit code: 0 done, 1 failed, 2 wrong usage, 3 a site was left out: too few volumes.\n"
                 "Example: isolux merge paris.json lyon.json -o all.json\n";
    return 0;
  }
  const ParsedArguments       parsed(arguments, options, { "input..." });
  Progress                    told(parsed, "merge");
  const std::filesystem::path output = parsed.Text("output");
  if (output.empty())
  {
    throw UsageError("argument --output is missing: where to write the reference, such as -o all.json");
  }
  std::vector<std::filesystem::path> files;
  for (const auto & input : parsed.Texts("input"))
  {
    std::error_code none;
    if (std::filesystem::equivalent(input, output, none))
    {
      throw UsageError(output.string() + ": is named twice, as an input and the output; give each a name of its own");
    }
    files.emplace_back(input);
  }
  RefuseToOverwrite(output, parsed);
  const auto minimum = parsed.Number("min-cases", DefaultMinimumCases, 1, 10000);
  auto       reference = MergeReferences(files);
  const auto leftOut = ReportSmallSites(reference, minimum, told);
  if (reference.sites.empty())
  {
    told.Warn("no site is left, so no reference was written");
    told.Conclude("", 1);
    return 1;
  }
  if (reference.versions.size() > 1)
  {
    std::string versions;
    for (const auto & version : reference.versions)
    {
      versions += " " + version;
    }
    told.Warn("warning: measured by several versions of Isolux:" + versions +
              "; their statistics may differ by what the CHANGELOG tells");
  }
  WriteTextFile(output, WriteReference(reference));
  const int code = leftOut == 0 ? 0 : 3;
  told.Conclude(Summary(output, reference), code);
  return code;
}
} // namespace isolux
