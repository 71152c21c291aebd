#include "CaseList.h"

#include "AtomicFile.h"
#include "Error.h"
#include "TsvFile.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
bool
IsMaskName(const std::string & stem)
{
  static const std::regex pattern("(.*[_-])?(mask|brainmask|defacemask|dseg|probseg|seg|label|labels)$",
                                  std::regex::icase);
  return std::regex_match(stem, pattern);
}

/** The pixels of a .hdr, a slice of a series: read by way of the header or the folder. */
bool
IsPartOfAnother(const fs::path & volume)
{
  const std::string extension = VolumeExtension(volume);
  return extension == ".img" || extension == ".img.gz" || extension == ".dcm" || extension == ".ima";
}

bool
IsBidsStem(const std::string & stem)
{
  static const std::regex pattern("sub-[A-Za-z0-9]+(_[a-z]+-[A-Za-z0-9+]+)*_[A-Za-z0-9]+");
  return std::regex_match(stem, pattern);
}

std::string
Stem(const fs::path & volume)
{
  return WithoutVolumeExtension(volume).filename().string();
}

/** The folder of the search, then its sub-folders, without hidden ones; each folder's entries sorted. Links are
 * followed, but to no folder twice: `seen` holds those that were visited. `visit` returns whether to go on below, and
 * `refuse` is told of what cannot be looked into, and why. */
template <typename TVisit, typename TRefuse>
void
Walk(const fs::path & folder, std::set<fs::path> & seen, TVisit && visit, TRefuse && refuse)
{
  std::error_code error;
  const auto      place = fs::canonical(folder, error);
  if (!error && !seen.insert(place).second)
  {
    return;
  }
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
  {
    if (entry->path().filename().string().front() != '.')
    {
      entries.push_back(entry->path());
    }
  }
  if (error)
  {
    refuse(folder, error.message());
    return;
  }
  std::sort(entries.begin(), entries.end());
  if (!visit(folder, entries))
  {
    return;
  }
  for (const auto & entry : entries)
  {
    const auto kind = fs::status(entry, error).type();
    if (kind == fs::file_type::directory)
    {
      Walk(entry, seen, visit, refuse);
    }
    else if (kind == fs::file_type::none)
    {
      refuse(entry, error.message());
    }
  }
}

std::string
Listed(const std::vector<std::string> & names)
{
  std::string text;
  for (const auto & name : names)
  {
    text += (text.empty() ? "'" : ", '") + name + "'";
  }
  return text.empty() ? "none" : text;
}

std::vector<CaseTask>
FromTable(const fs::path & path, const std::string & siteColumn)
{
  const TsvFile table(path);
  if (!table.Has("path"))
  {
    throw UsageError(path.string() + ": a list of volumes needs a column 'path' in its first line, tab separated");
  }
  if (!siteColumn.empty() && !table.Has(siteColumn))
  {
    throw UsageError(path.string() + ": has no column '" + siteColumn + "' to take the sites from; there are " +
                     Listed(table.Columns()));
  }
  std::vector<CaseTask> tasks;
  for (std::size_t row = 0; row < table.Rows(); ++row)
  {
    CaseTask task;
    task.name = table.Cell(row, "path");
    if (task.name.empty())
    {
      throw UsageError(path.string() + ", line " + std::to_string(table.Line(row)) + ": the column 'path' is empty");
    }
    while (task.name.size() > 1 && task.name.back() == '/')
    {
      task.name.pop_back();
    }
    const std::string mask = table.Cell(row, "mask");
    task.input = path.parent_path() / task.name;
    task.mask = mask.empty() ? fs::path() : path.parent_path() / mask;
    task.site = table.Cell(row, siteColumn.empty() ? "site" : siteColumn);
    task.participant = table.Cell(row, "participant_id");
    tasks.push_back(std::move(task));
  }
  return tasks;
}

/** "sub-01" of "01" and of "sub-01". */
std::string
WithPrefix(const std::string & label, const std::string & prefix)
{
  return label.empty() || label.rfind(prefix, 0) == 0 ? label : prefix + label;
}

/** "ses-2" of "sub-01/ses-2/anat/..."; "" where there is none. */
std::string
SessionOf(const CaseTask & task)
{
  const fs::path    name = task.name;
  const std::string folder = std::next(name.begin())->string();
  return folder.rfind("ses-", 0) == 0 ? folder : "";
}

/** Leaves the tasks of the chosen participants (or sessions). */
template <typename TLabelOf>
void
Choose(std::vector<CaseTask> &          tasks,
       const std::vector<std::string> & labels,
       const std::string &              prefix,
       const std::string &              dataset,
       TLabelOf &&                      labelOf)
{
  std::set<std::string> known;
  for (const auto & task : tasks)
  {
    known.insert(labelOf(task));
  }
  known.erase("");
  std::set<std::string> chosen;
  for (const auto & label : labels)
  {
    const std::string name = WithPrefix(label, prefix);
    if (known.count(name) == 0)
    {
      throw UsageError(dataset + ": has no images of '" + name + "' in anat; there are " +
                       Listed({ known.begin(), known.end() }));
    }
    chosen.insert(name);
  }
  const auto isNotChosen = [&](const CaseTask & task) { return chosen.count(labelOf(task)) == 0; };
  if (!chosen.empty())
  {
    tasks.erase(std::remove_if(tasks.begin(), tasks.end(), isNotChosen), tasks.end());
  }
}

/** The sites of a BIDS dataset's images. */
void
TakeSites(std::vector<CaseTask> & tasks, const fs::path & folder, const std::string & siteColumn)
{
  const std::string     column = siteColumn.empty() ? "site" : siteColumn;
  bool                  found = false;
  std::set<std::string> columns; // of every table there is
  std::error_code       error;
  const auto            take = [&](const fs::path & path, const std::string & key, const std::string & prefix)
  {
    std::map<std::string, std::string> sites;
    if (fs::is_regular_file(path, error))
    {
      const TsvFile table(path);
      if (table.Has(column) && !table.Has(key))
      {
        throw UsageError(path.string() + ": has a column '" + column + "' but no '" + key +
                         "' that says whose it is; there are " + Listed(table.Columns()));
      }
      found = found || table.Has(column);
      columns.insert(table.Columns().begin(), table.Columns().end());
      for (std::size_t row = 0; row < table.Rows(); ++row)
      {
        sites[WithPrefix(table.Cell(row, key), prefix)] = table.Cell(row, column);
      }
    }
    return sites;
  };
  const auto byParticipant = take(folder / "participants.tsv", "participant_id", "sub-");
  std::map<std::string, std::map<std::string, std::string>> bySession; // of each participant
  const auto of = [](const std::map<std::string, std::string> & sites, const std::string & key)
  {
    const auto site = sites.find(key);
    return site == sites.end() ? std::string() : site->second;
  };
  for (auto & task : tasks)
  {
    const std::string participant = fs::path(task.name).begin()->string();
    if (bySession.count(participant) == 0)
    {
      bySession[participant] = take(folder / participant / (participant + "_sessions.tsv"), "session_id", "ses-");
    }
    const std::string session = SessionOf(task);
    task.site = session.empty() ? "" : of(bySession[participant], session);
    task.site = task.site.empty() ? of(byParticipant, participant) : task.site;
  }
  if (!siteColumn.empty() && !found)
  {
    throw UsageError(folder.string() + ": neither participants.tsv nor a sub-*_sessions.tsv has a column '" +
                     siteColumn + "' to take the sites from; there are " + Listed({ columns.begin(), columns.end() }));
  }
}

bool
IsBidsDataset(const fs::path & folder)
{
  return fs::exists(folder / "dataset_description.json");
}

std::vector<CaseTask>
FromFolder(const fs::path & folder, const fs::path & output)
{
  const bool            bids = IsBidsDataset(folder);
  std::vector<CaseTask> tasks;
  const auto            add = [&](const fs::path & input)
  {
    CaseTask task;
    task.input = input;
    task.name = input.lexically_relative(folder).generic_string();
    if (task.name == ".")
    {
      task.name = fs::canonical(folder).filename().string();
    }
    const std::string stem = Stem(input);
    if (IsBidsStem(stem))
    {
      task.participant = stem.substr(0, stem.find('_'));
    }
    tasks.push_back(std::move(task));
  };
  const fs::path written = fs::weakly_canonical(output);
  if (IsBelow(fs::canonical(folder), written))
  {
    throw UsageError(folder.string() + ": lies in the output folder " + output.string() +
                     ", where nothing is taken for an input; choose another output folder");
  }
  std::set<fs::path> seen;
  std::error_code    error;
  Walk(
    folder,
    seen,
    [&](const fs::path & place, const std::vector<fs::path> & entries)
    {
      // what an earlier run wrote, here or under another name, is no input, nor what other programs made of the images
      if (IsBelow(fs::canonical(place), written) ||
          (place != folder && (fs::exists(place / ".isolux", error) || place.filename() == "derivatives")))
      {
        return false;
      }
      const auto inside = place.lexically_relative(folder);
      if (bids && (inside.begin()->string().rfind("sub-", 0) != 0 || place.filename() != "anat"))
      {
        return true;
      }
      if (HoldsDicomSeries(place))
      {
        add(place);
      }
      for (const auto & entry : entries)
      {
        const auto kind = fs::status(entry, error).type();
        const bool isFile = kind == fs::file_type::regular || kind == fs::file_type::not_found; // a broken link fails
        if (isFile && IsVolumeName(entry) && !IsPartOfAnother(entry) && !IsMaskName(Stem(entry)))
        {
          add(entry);
        }
      }
      return true;
    },
    [&](const fs::path & place, const std::string & why)
    {
      add(place);
      tasks.back().problem = tasks.back().name + ": cannot be looked into: " + why +
                             "; give permission, remove it, or give a list of volumes";
    });
  return tasks;
}

/** The mask of a case in a folder of masks: same relative name, or with _mask, or BIDS's _desc-brain_mask. At the root
 * of the folder only where no other case bears the same name, or one subject would get the mask of another. */
fs::path
FindMask(const fs::path & folder, const fs::path & relative, bool isOnlyOneOfItsName, const CaseTask & task)
{
  const std::string     stem = Stem(relative);
  const std::string     base = IsBidsStem(stem) ? stem.substr(0, stem.rfind('_')) : stem;
  std::vector<fs::path> places = { folder / relative.parent_path() };
  if (isOnlyOneOfItsName)
  {
    places.push_back(folder);
  }
  std::error_code error;
  for (const auto & place : places)
  {
    for (const auto & name : { stem, stem + "_mask", stem + "_brainmask", base + "_desc-brain_mask", base + "_mask" })
    {
      for (const char * extension : { ".nii.gz", ".nii", ".mha", ".mhd", ".nrrd", ".nhdr", ".tif", ".png" })
      {
        const fs::path candidate = place / (name + extension);
        if (fs::is_regular_file(candidate, error) && !fs::equivalent(candidate, task.input, error))
        {
          return candidate;
        }
      }
    }
  }
  return {};
}

/** Each case's path relative to where the search began; of absolute paths and such that lead out, relative to the
 * folder that they have in common. */
std::vector<fs::path>
RelativeNames(const std::vector<CaseTask> & tasks)
{
  std::vector<fs::path> names;
  bool                  leadOut = false;
  for (const auto & task : tasks)
  {
    names.push_back(fs::path(task.name).lexically_normal());
    leadOut = leadOut || names.back().is_absolute() || *names.back().begin() == "..";
  }
  if (!leadOut)
  {
    return names;
  }
  fs::path common;
  for (std::size_t i = 0; i < tasks.size(); ++i)
  {
    names[i] = fs::absolute(tasks[i].input).lexically_normal();
    const fs::path parent = names[i].parent_path();
    if (i == 0)
    {
      common = parent;
    }
    fs::path shared;
    for (auto a = common.begin(), b = parent.begin(); a != common.end() && b != parent.end() && *a == *b; ++a, ++b)
    {
      shared /= *a;
    }
    common = shared;
  }
  for (auto & name : names)
  {
    name = name.lexically_relative(common);
  }
  return names;
}

/** weakly_canonical(), where each folder is resolved once: a cohort's list has many names, and each question of a
 * network file system takes its time. */
class CanonicalPaths
{
public:
  fs::path
  operator()(const fs::path & path)
  {
    std::error_code error;
    const fs::path  name = path.filename();
    if (!path.has_relative_path() || name.empty() || name == "." || name == "..")
    {
      return fs::weakly_canonical(path, error);
    }
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    auto           known = m_Folders.find(parent);
    if (known == m_Folders.end())
    {
      known = m_Folders.emplace(parent, (*this)(parent)).first;
    }
    const fs::path joined = known->second / name;
    return fs::is_symlink(joined, error) ? fs::weakly_canonical(joined, error) : joined;
  }

private:
  std::map<fs::path, fs::path> m_Folders;
};
} // namespace

std::string
HarmonizedName(const std::string & stem)
{
  if (!IsBidsStem(stem))
  {
    return stem;
  }
  static const std::regex description("_desc-[A-Za-z0-9+]+");
  const std::string       plain = std::regex_replace(stem, description, "");
  const auto              suffix = plain.rfind('_');
  return plain.substr(0, suffix) + "_desc-harmonized" + plain.substr(suffix);
}

bool
IsBelow(const fs::path & path, const fs::path & folder)
{
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

std::string
BidsSuffix(const std::string & stem)
{
  return IsBidsStem(stem) ? stem.substr(stem.rfind('_') + 1) : "";
}

std::vector<CaseTask>
ListCases(const CaseListOptions & options)
{
  const auto & [input, output, maskFolder, siteColumn, participants, sessions] = options;
  std::vector<CaseTask> tasks;
  std::error_code       error;
  if (!maskFolder.empty() && !fs::is_directory(maskFolder, error))
  {
    throw UsageError(maskFolder.string() + ": no such folder; give one with the masks");
  }
  const bool isBids = fs::is_directory(input) && IsBidsDataset(input);
  if (fs::is_directory(input))
  {
    tasks = FromFolder(input, output);
  }
  else if (input.extension() == ".tsv")
  {
    tasks = FromTable(input, siteColumn);
  }
  else if (fs::exists(input))
  {
    CaseTask task;
    task.input = input;
    task.name = input.filename().string();
    tasks = { task };
  }
  else
  {
    throw UsageError(input.string() +
                     ": no such file or folder; give a folder, a BIDS dataset, a .tsv list or a volume");
  }
  if (tasks.empty())
  {
    throw UsageError(input.string() +
                     ": no volume found below it; known endings are .nii .nii.gz .hdr .nrrd .nhdr .mha .mhd "
                     ".tif .tiff .png .jpg, and folders of DICOM files");
  }
  if (isBids)
  {
    const auto participantOf = [](const CaseTask & task) { return fs::path(task.name).begin()->string(); };
    Choose(tasks, participants, "sub-", input.string(), participantOf);
    Choose(tasks, sessions, "ses-", input.string(), SessionOf);
    TakeSites(tasks, input, siteColumn);
  }
  else if (!participants.empty() || !sessions.empty())
  {
    throw UsageError(input.string() +
                     ": is no BIDS dataset (a folder with dataset_description.json), so no participant or session can "
                     "be chosen; name the volumes in a .tsv list");
  }
  else if (!siteColumn.empty() && (fs::is_directory(input) || input.extension() != ".tsv"))
  {
    throw UsageError(input.string() + ": has no column '" + siteColumn +
                     "' to take the sites from; give a .tsv list or a BIDS dataset (a folder with "
                     "dataset_description.json)");
  }
  std::sort(tasks.begin(), tasks.end(), [](const auto & a, const auto & b) { return a.name < b.name; });

  const std::vector<fs::path>        names = RelativeNames(tasks);
  std::map<std::string, std::size_t> byStem;
  for (const auto & name : names)
  {
    ++byStem[Stem(name)];
  }
  std::map<fs::path, std::vector<CaseTask *>> byName; // without ending: twins x.nii and x.nii.gz would share a sidecar
  CanonicalPaths                              canonical;
  for (std::size_t i = 0; i < tasks.size(); ++i)
  {
    CaseTask &     task = tasks[i];
    const fs::path stem = names[i].parent_path() / HarmonizedName(Stem(names[i]));
    task.output = output / (stem.string() + OutputExtension(task.input));
    byName[stem].push_back(&task);
    if (canonical(task.output) == canonical(task.input))
    {
      task.problem = task.name + ": would be replaced by its own result; choose another output folder";
    }
    if (!maskFolder.empty() && task.mask.empty())
    {
      task.mask = FindMask(maskFolder, names[i], byStem[Stem(names[i])] == 1, task);
      if (task.mask.empty())
      {
        const std::string name = (names[i].parent_path() / Stem(names[i])).generic_string();
        const std::string bids =
          IsBidsStem(Stem(names[i])) ? ", '" + name.substr(0, name.rfind('_')) + "_desc-brain_mask'" : "";
        task.problem = task.name + ": no mask in " + maskFolder.string() + "; looked for '" + name + "', '" + name +
                       "_mask', '" + name + "_brainmask'" + bids + " with a volume's ending; add it, or give no masks";
      }
    }
  }
  for (const auto & [name, twins] : byName)
  {
    for (std::size_t i = 0; twins.size() > 1 && i < twins.size(); ++i)
    {
      twins[i]->problem = twins[i]->name + ": would be written under the same name as " + twins[i == 0 ? 1 : 0]->name +
                          "; which one is meant? Rename or remove one";
    }
  }
  return tasks;
}

void
CheckTasks(std::vector<CaseTask> & tasks, const PipelineSpec & pipeline)
{
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
}

void
RefuseDuplicates(const std::vector<CaseTask> & tasks)
{
  CanonicalPaths     canonical;
  std::set<fs::path> seen;
  for (const auto & task : tasks)
  {
    if (!seen.insert(canonical(task.input)).second)
    {
      throw UsageError(task.input.string() + ": is given twice, and would count twice; give it once");
    }
  }
}

std::vector<std::string>
ContrastsOf(const std::vector<CaseTask> & tasks)
{
  std::set<std::string> contrasts;
  for (const auto & task : tasks)
  {
    contrasts.insert(BidsSuffix(Stem(task.input)));
  }
  contrasts.erase("");
  return { contrasts.begin(), contrasts.end() };
}

std::vector<CaseTask>
CasesOf(const Shard & shard, const std::vector<CaseTask> & tasks)
{
  std::vector<CaseTask> part;
  for (std::size_t i = shard.number - 1; i < tasks.size(); i += shard.count)
  {
    part.push_back(tasks[i]);
  }
  return part;
}

std::string
ChecksumOf(const std::vector<CaseTask> & tasks)
{
  std::string text;
  for (const auto & task : tasks)
  {
    for (const auto & part : { task.name, task.mask.filename().string(), task.site, task.participant })
    {
      text += part + '\0';
    }
  }
  return Sha256(text.data(), text.size());
}
} // namespace isolux
