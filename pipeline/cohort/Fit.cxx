#include "Fit.h"

#include "Error.h"
#include "ItkFile.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "ReferenceJson.h"
#include "Version.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <new>
#include <utility>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
/** The stages that a case goes through: as given, with `foreground` before them where nothing else makes a mask. */
PipelineSpec
WithMask(PipelineSpec pipeline, bool maskGiven)
{
  const bool makesMask =
    std::any_of(pipeline.stages.begin(),
                pipeline.stages.end(),
                [](const StageSpec & stage) { return BuiltInStages().Find(stage.name).makesMask; });
  if (pipeline.stages.empty() || (!maskGiven && !makesMask))
  {
    pipeline.stages.insert(pipeline.stages.begin(), { "foreground", {} });
  }
  return pipeline;
}

/** A reference that rests on no case. */
Reference
Blank(const FitOptions & options)
{
  Reference reference;
  reference.versions = { Version };
  reference.pipeline = WritePipeline(WithFileNames(WithMask(options.pipeline, false)));
  reference.files = HashFiles(options.pipeline);
  reference.bands = options.bands;
  return reference;
}

/** `reference`, of no case, with one. */
Reference
WithCase(Reference reference, const CaseTask & task, const FitOptions & options, std::vector<std::string> & warnings)
{
  std::string   sha256;
  ReferenceSite site;
  for (const auto & channel : MeasureVolume(task, options.pipeline, options.execution, warnings, &sha256))
  {
    site.channels.push_back(MeasureChannel(channel.images.after, channel.images.mask, task.name, options.bands));
  }
  site.masked = task.mask.empty() ? 0 : 1;
  site.inputs.Add(sha256);
  reference.channels = site.channels;
  reference.sites[options.bySite && !task.site.empty() ? task.site : Reference::Everything] = std::move(site);
  return reference;
}
} // namespace

std::vector<Pipeline::Result>
MeasureVolume(const CaseTask &           task,
              const PipelineSpec &       pipeline,
              const Execution &          execution,
              std::vector<std::string> & warnings,
              std::string *              sha256)
{
  Volume volume = ReadVolume(task.input);
  if (sha256 != nullptr)
  {
    *sha256 = volume.hash.text;
  }
  warnings.insert(warnings.end(), volume.warnings.begin(), volume.warnings.end());
  MaskImage::Pointer mask;
  if (!task.mask.empty())
  {
    mask = ReadMask(task.mask, *volume.channels.front(), warnings);
  }
  const auto spec = WithMask(pipeline, mask.IsNotNull());
  auto       results = Pipeline(spec, mask.IsNotNull()).Run(volume.channels, mask, nullptr, execution);
  CaseReport report;
  for (const auto & channel : results)
  {
    report.channels.push_back(channel.report);
  }
  const auto all = AllWarnings(report);
  warnings.insert(warnings.end(), all.begin(), all.end());
  return results;
}

Reference
MeasureCase(const CaseTask & task, const FitOptions & options, std::vector<std::string> & warnings)
{
  return WithCase(Blank(options), task, options, warnings);
}

std::size_t
ChannelsOfFirst(const std::vector<CaseTask> & tasks)
{
  for (const auto & task : tasks)
  {
    try
    {
      if (task.problem.empty())
      {
        return (CanOpenVolume(task.input) ? OpenVolume(task.input) : ReadVolume(task.input)).channels.size();
      }
    }
    catch (const std::exception &)
    {
      continue; // it will be named when it is its turn
    }
  }
  return 0;
}

Reference
FitReference(const std::vector<CaseTask> & tasks, const FitOptions & options, const FitProgress & progress)
{
  const auto  blank = Blank(options); // once: it reads the files that the pipeline names
  auto        total = blank;
  std::size_t finished = 0;
  for (const auto & task : tasks)
  {
    const auto start = std::chrono::steady_clock::now();
    FitRow     row{ task, task.problem, "", 0.0 };
    if (row.problem.empty())
    {
      try
      {
        std::vector<std::string> warnings;
        const auto               one = WithCase(blank, task, options, warnings);
        if (options.channels > 0 && one.channels.size() != options.channels)
        {
          throw Error("has " + std::to_string(one.channels.size()) + " channels, where the first volume has " +
                      std::to_string(options.channels) + "; fit them apart");
        }
        total.Merge(one);
        for (const auto & warning : warnings)
        {
          row.warning += (row.warning.empty() ? "" : "; ") + warning;
        }
      }
      catch (const std::bad_alloc &)
      {
        row.problem = "not enough memory for this volume; use a machine with more, or leave it out";
      }
      catch (const itk::ExceptionObject & exception)
      {
        row.problem = ShortDescription(exception);
      }
      catch (const std::exception & error)
      {
        row.problem = error.what();
      }
      if (!row.problem.empty() && row.problem.find(task.name) == std::string::npos)
      {
        row.problem = task.name + ": " + row.problem;
      }
    }
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress(row, ++finished, tasks.size());
  }
  return total;
}

Reference
MergeReferences(const std::vector<fs::path> & files)
{
  Reference                                              total;
  std::map<std::string, fs::path>                        cases;  // of the checksum of a site's volumes, or of a file
  std::map<std::string, std::map<std::size_t, fs::path>> shards; // of a cohort's list
  std::map<std::string, std::size_t>                     counts;
  const auto refuseTwice = [](const fs::path & file, const fs::path & before)
  {
    throw Error(file.string() + ": holds the same volumes as " + before.string() +
                ", and they would count twice; give one of them");
  };
  for (const auto & file : files)
  {
    auto reference = ReadReference(file);
    if (const auto [known, isNew] = cases.emplace(HashFile(file), file); !isNew)
    {
      refuseTwice(file, known->second);
    }
    if (reference.shard)
    {
      const auto [number, count] = *reference.shard;
      const auto list = reference.list + "/" + std::to_string(count);
      counts[list] = count;
      if (const auto [known, isNew] = shards[list].emplace(number, file); !isNew)
      {
        refuseTwice(file, known->second);
      }
    }
    for (const auto & [name, site] : reference.sites)
    {
      const auto [known, isNew] =
        site.inputs.IsEmpty() ? std::pair(cases.end(), true) : cases.emplace(site.inputs.Text(), file);
      if (!isNew)
      {
        refuseTwice(file, known->second);
      }
    }
    reference.shard.reset();
    reference.list.clear();
    try
    {
      total.Merge(reference);
    }
    catch (const Error & error)
    {
      throw Error(file.string() + ": " + error.what());
    }
  }
  for (const auto & [list, known] : shards)
  {
    std::vector<std::string> missing;
    for (std::size_t number = 1; number <= counts[list] && missing.size() <= MostNamed; ++number)
    {
      if (known.count(number) == 0)
      {
        missing.push_back(std::to_string(number));
      }
    }
    if (!missing.empty())
    {
      throw Error(known.begin()->second.string() + ": is one of " + std::to_string(counts[list]) +
                  " shards, of which these are missing: " + FirstOf(missing) + "; fit them with --shard NUMBER/" +
                  std::to_string(counts[list]) + ", and give all");
    }
  }
  return total;
}

bool
IsImage(const fs::path & file)
{
  return IsVolumeName(file) || fs::is_directory(file);
}

Reference
LoadReference(const std::string & text, const fs::path & mask, std::vector<std::string> & warnings)
{
  if (!IsImage(text))
  {
    return ReadReferenceOf(text);
  }
  CaseTask task;
  task.name = text;
  task.input = text;
  task.mask = mask;
  return MeasureCase(task, {}, warnings);
}
} // namespace isolux
