#include "AtomicFile.h"
#include "BidsApp.h"
#include "Error.h"

#include <algorithm>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
constexpr const char * Readme = R"(# Harmonized intensities

Anatomical images whose intensities Isolux made comparable between scanners. Voxels, geometry and header are those of the
raw images; only the intensities differ.

| file | what |
|---|---|
| `sub-*/[ses-*/]anat/*_desc-harmonized_*.nii[.gz]` | an image |
| the `.json` beside it | its raw fields that still hold, `Sources`, and how it was made: options, what was learned, statistics before and after. `isolux restore IMAGE BACK` brings the raw intensities back by it |
| `manifest.tsv`, `report.html` | a row and a link for each image: written by the level `group` |
| `report/` | a page for each image |
| `reference.json`, `reference-*.json` | what the images of a contrast have in common, for `isolux harmonize`: written by the level `group` |
| `.isolux/` | why an image failed |
)";

constexpr const char * Descriptions =
  "desc_id\tdescription\n"
  "desc-harmonized\tIntensities made comparable between scanners; the sidecar of each image tells by which stages\n";

constexpr const char * Ignored = ".isolux/\nmanifest.tsv\nreport.html\nreport/\nreference*.json\n";

void
WriteWhereDifferent(const fs::path & path, const std::string & text)
{
  std::error_code error;
  if (!fs::exists(path, error) || ReadTextFile(path) != text)
  {
    WriteTextFile(path, text);
  }
}

bool
HasReadme(const fs::path & folder)
{
  const auto entries = fs::directory_iterator(folder);
  return std::any_of(begin(entries), end(entries), [](const auto & entry) { return entry.path().stem() == "README"; });
}

/** From the output folder, which must exist, as a relative reference of RFC 3986. */
std::string
Link(const BidsRun & run, const fs::path & folder)
{
  std::string link;
  for (const char c : fs::canonical(folder).lexically_relative(fs::canonical(run.list.output)).generic_string())
  {
    static constexpr char digits[] = "0123456789ABCDEF";
    const auto            byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string("/-._~").find(c) != std::string::npos)
    {
      link += c;
    }
    else
    {
      link += { '%', digits[byte / 16], digits[byte % 16] };
    }
  }
  return link;
}

bool
MasksAreBids(const BidsRun & run)
{
  return !run.list.maskFolder.empty() && fs::exists(run.list.maskFolder / "dataset_description.json");
}
} // namespace

void
CheckPlaces(const BidsRun & run)
{
  std::error_code error;
  const fs::path  dataset = fs::weakly_canonical(run.list.input, error);
  const fs::path  output = fs::weakly_canonical(run.list.output, error);
  if (!fs::is_directory(dataset, error))
  {
    throw UsageError(run.list.input.string() + ": no such folder; name the root of a BIDS dataset");
  }
  if (!fs::exists(dataset / "dataset_description.json", error))
  {
    throw UsageError(run.list.input.string() +
                     ": is no BIDS dataset: dataset_description.json is missing; name the root of one");
  }
  const auto inside = output.lexically_relative(dataset);
  const auto depth = std::distance(inside.begin(), inside.end());
  if (IsBelow(output, dataset) && (depth < 2 || *inside.begin() != "derivatives"))
  {
    throw UsageError(run.list.output.string() + ": lies in the raw dataset, which is never changed; choose " +
                     (run.list.input / "derivatives" / "isolux").string() + ", or a folder elsewhere");
  }
}

BidsDescription
ValidateDataset(const BidsRun & run, const std::vector<CaseTask> & tasks)
{
  const auto        description = ReadBidsDescription(run.list.input);
  const std::string path = (run.list.input / "dataset_description.json").string();
  if (!run.validates)
  {
    return description;
  }
  for (const auto & [field, text] : { std::pair("Name", description.name), { "BIDSVersion", description.version } })
  {
    if (text.empty())
    {
      throw UsageError(path + ": the text '" + field +
                       "', which BIDS requires, is missing; add it, or give --skip-bids-validation");
    }
  }
  for (const auto & task : tasks)
  {
    std::string    start;
    const fs::path name = task.name;
    for (auto folder = name.begin(); *folder != "anat"; ++folder)
    {
      start += folder->string() + "_";
    }
    if (name.filename().string().rfind(start, 0) != 0)
    {
      throw UsageError((run.list.input / name).string() + ": in this folder a name starts with '" + start +
                       "', as BIDS requires; rename it, or give --skip-bids-validation");
    }
  }
  return description;
}

void
WriteDatasetFiles(const BidsRun & run, const BidsDescription & raw)
{
  const auto &    folder = run.list.output;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
  {
    throw Error(folder.string() + ": cannot be created: " + error.message() + "; choose another output folder");
  }
  std::map<std::string, std::string> links;
  if (fs::exists(folder / "dataset_description.json", error))
  {
    const auto old = ReadBidsDescription(folder);
    if (old.generator != "Isolux" || old.name != HarmonizedDatasetName(raw))
    {
      throw UsageError(folder.string() + ": holds another dataset, '" + old.name +
                       (old.generator.empty() ? "'" : "' by '" + old.generator + "'") +
                       "; choose another output folder");
    }
    links = old.links;
  }
  links["raw"] = Link(run, run.list.input);
  if (MasksAreBids(run))
  {
    links["masks"] = Link(run, run.list.maskFolder);
  }
  WriteWhereDifferent(folder / "dataset_description.json", WriteBidsDescription(raw, links));
  if (!HasReadme(folder))
  {
    WriteTextFile(folder / "README.md", Readme);
  }
  for (const auto & [name, text] : { std::pair("descriptions.tsv", Descriptions), { ".bidsignore", Ignored } })
  {
    if (!fs::exists(folder / name, error))
    {
      WriteTextFile(folder / name, text);
    }
  }
}

std::vector<std::string>
SourcesOf(const BidsRun & run, const CaseTask & task)
{
  std::vector<std::string> sources = { "bids:raw:" + task.name };
  if (!task.mask.empty() && MasksAreBids(run))
  {
    sources.push_back("bids:masks:" + task.mask.lexically_relative(run.list.maskFolder).generic_string());
  }
  return sources;
}

fs::path
ProblemPath(const BidsRun & run, const CaseTask & task)
{
  const auto & folder = run.list.output;
  return folder / ".isolux" / (task.output.lexically_relative(folder).string() + ".problem.txt");
}
} // namespace isolux
