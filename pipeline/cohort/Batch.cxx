#include "Batch.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "SidecarJson.h"
#include "Version.h"

#include <poll.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
/** Whether the case was finished by an earlier run with the same input, mask and parameters, by this version. */
bool
IsFinished(const CaseTask & task, const PipelineSpec & pipeline, const CaseOptions & options)
{
  try
  {
    if (!fs::exists(task.output) || !fs::exists(SidecarPath(task.output)))
    {
      return false;
    }
    const Sidecar sidecar = ReadSidecar(SidecarPath(task.output));
    PipelineSpec  wanted = pipeline;
    wanted.stages = Pipeline(pipeline, true).Describe();
    wanted = WithoutFiles(wanted);
    const PipelineSpec had = WithoutFiles(sidecar.pipeline); // every option, as used
    return sidecar.version == Version && sidecar.report.output == task.output.filename().string() &&
           sidecar.report.outputBytes == fs::file_size(task.output) && sidecar.report.site == task.site &&
           WritePipeline(had) == WritePipeline(wanted) && sidecar.report.files == HashFiles(pipeline) &&
           sidecar.report.fileType == ToString(OutputType(options, sidecar.report.inputComponent, task.output)) &&
           sidecar.report.inputSha256 == HashVolume(task.input) &&
           sidecar.report.maskSha256 == (task.mask.empty() ? "" : HashVolume(task.mask)) &&
           sidecar.report.maskLabels == options.maskLabels &&
           sidecar.report.weightsSha256 == (options.weights.empty() ? "" : HashVolume(options.weights));
  }
  catch (const std::exception &)
  {
    return false;
  }
}

fs::path
HiddenFolder(const fs::path & folder)
{
  return folder / ".isolux";
}

fs::path
PipelinePath(const fs::path & folder)
{
  return HiddenFolder(folder) / "pipeline.json";
}

/** Keeps others out, or lets them in who share, until the process ends. A file system without locks lets all in. */
class FileLock
{
public:
  FileLock(const fs::path & file, bool isShared, const std::string & refusal)
  {
    fs::create_directories(file.parent_path());
    m_Descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    const auto isTaken = [&]
    {
      return m_Descriptor >= 0 && flock(m_Descriptor, (isShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 &&
             errno == EWOULDBLOCK;
    };
    for (unsigned int attempt = 0; isTaken(); ++attempt) // the cases of a killed batch end a moment after it
    {
      if (attempt == Attempts)
      {
        close(m_Descriptor);
        throw UsageError(refusal);
      }
      usleep(100000);
    }
  }
  ~FileLock()
  {
    if (m_Descriptor >= 0)
    {
      close(m_Descriptor);
    }
  }
  FileLock(const FileLock &) = delete;
  FileLock &
  operator=(const FileLock &) = delete;

private:
  static constexpr unsigned int Attempts = 10; ///< in a second

  int m_Descriptor = -1;
};

/** While it lives, SIGINT and SIGTERM are noted instead of ending the process, and come through in Poll() alone. */
class Interrupts
{
public:
  Interrupts()
  {
    struct sigaction note = {};
    note.sa_handler = [](int signal)
    {
      Noted = signal;
      Count = Count + 1;
    };
    sigemptyset(&m_Both);
    for (std::size_t i = 0; i < Signals.size(); ++i)
    {
      sigaddset(&m_Both, Signals[i]);
      sigaction(Signals[i], &note, &m_Before[i]);
    }
    Count = 0;
    Noted = 0;
    sigprocmask(SIG_BLOCK, &m_Both, &m_Unblocked);
  }
  ~Interrupts()
  {
    this->Restore();
  }
  Interrupts(const Interrupts &) = delete;
  Interrupts &
  operator=(const Interrupts &) = delete;

  void
  Restore()
  {
    for (std::size_t i = 0; i < Signals.size(); ++i)
    {
      sigaction(Signals[i], &m_Before[i], nullptr);
    }
    sigprocmask(SIG_SETMASK, &m_Unblocked, nullptr);
  }

  /** Waits until a file can be read or a signal comes. */
  void
  Poll(std::vector<pollfd> & files, bool waits = true) const
  {
    const timespec now = {};
    if (ppoll(files.data(), files.size(), waits ? nullptr : &now, &m_Unblocked) < 0)
    {
      for (auto & file : files)
      {
        file.revents = 0;
      }
    }
  }

  static inline volatile std::sig_atomic_t Noted = 0; ///< the last
  static inline volatile std::sig_atomic_t Count = 0;

private:
  static constexpr std::array<int, 2> Signals{ { SIGINT, SIGTERM } };

  std::array<struct sigaction, 2> m_Before{};
  sigset_t                        m_Both{};
  sigset_t                        m_Unblocked{};
};

/** A case that runs in a process of its own. */
struct Job
{
  std::size_t                           number = 0;
  pid_t                                 process = 0;
  double                                memory = 0.0; ///< MiB that are set aside for it
  int                                   pipe = -1;    ///< the child's last words
  std::string                           message;
  std::chrono::steady_clock::time_point start;
};

constexpr int SkippedCode = 4; ///< of a child whose case was finished before

[[noreturn]] void
RunChild(const CaseTask &     task,
         const fs::path &     page,
         const PipelineSpec & pipeline,
         const BatchOptions & batch,
         const CaseRenderer & render,
         int                  pipe)
{
  int         code = 0;
  std::string message;
  try
  {
    if (batch.resume && (!render || fs::exists(page)) && IsFinished(task, pipeline, batch.options))
    {
      _exit(SkippedCode);
    }
    SetThreads(batch.options.execution.threads);
    fs::remove(page);
    const CaseResult result = ProcessCase(task, pipeline, batch.options);
    if (render)
    {
      render(task, result, page);
    }
  }
  catch (const std::bad_alloc &)
  {
    code = 1;
    message = task.name + ": not enough memory; use fewer --jobs";
  }
  catch (const Error & error)
  {
    code = 1;
    message = error.what();
  }
  catch (const std::exception & error)
  {
    code = 1;
    message = task.name + ": " + error.what();
  }
  for (std::size_t sent = 0; sent < message.size();)
  {
    const auto bytes = write(pipe, message.data() + sent, message.size() - sent);
    if (bytes <= 0)
    {
      break;
    }
    sent += static_cast<std::size_t>(bytes);
  }
  close(pipe);
  _exit(code);
}

/** Bytes of the file, or of all files of the folder; 0 where there is none. */
std::uintmax_t
SizeOf(const fs::path & input)
{
  std::error_code error;
  if (!fs::is_directory(input, error))
  {
    const auto size = fs::file_size(input, error);
    return error ? 0 : size;
  }
  std::uintmax_t size = 0;
  for (const auto & entry : fs::directory_iterator(input, error))
  {
    size += entry.file_size(error);
  }
  return size;
}

/** The processes of a batch. */
class Jobs
{
public:
  Jobs(const fs::path & folder, const PipelineSpec & pipeline, const BatchOptions & batch, const CaseRenderer & render)
    : m_Folder(folder)
    , m_Pipeline(pipeline)
    , m_Batch(batch)
    , m_Render(render)
    , m_Most(std::max(1U, batch.jobs))
  {
    auto & options = m_Batch.options;
    options.execution.threads = std::max(1U, options.execution.threads / m_Most);
    options.write.threads = options.execution.threads;
    options.execution.memory /= m_Most;
    options.wantsPictures = render != nullptr;
  }

  std::size_t
  Running() const
  {
    return m_Jobs.size();
  }

  /** MiB that the case needs: an equal share if it gets along with that, else what it takes. */
  double
  NeedOf(const CaseTask & task) const
  {
    const double share = m_Batch.options.execution.memory;
    const double all = m_Batch.options.execution.memory * m_Most;
    if (share == 0.0)
    {
      return 0.0;
    }
    try
    {
      if (!CanOpenVolume(task.input))
      {
        return all; // what it inflates to is not known beforehand
      }
      auto   options = m_Batch.options;
      Volume volume;
      if (PlanCase(task, m_Pipeline, options, volume).peak <= share)
      {
        return share;
      }
      options.execution.memory = all;
      return std::min(all, PlanCase(task, m_Pipeline, options, volume).peak);
    }
    catch (const std::exception &)
    {
      return share; // the case will say what is wrong with it
    }
  }

  bool
  HasRoomFor(double memory) const
  {
    double taken = 0.0;
    for (const auto & job : m_Jobs)
    {
      taken += job.memory;
    }
    return m_Jobs.empty() ||
           (m_Jobs.size() < m_Most && taken + memory <= 1.0001 * m_Batch.options.execution.memory * m_Most);
  }

  void
  Start(std::size_t number, const CaseTask & task, double memory, Interrupts & interrupts)
  {
    int ends[2] = {};
    if (pipe(ends) != 0)
    {
      throw Error(std::string("cannot start a case: ") + std::strerror(errno));
    }
    Job job;
    job.number = number;
    job.memory = memory;
    job.start = std::chrono::steady_clock::now();
    const auto parent = getpid();
    job.process = fork();
    if (job.process < 0)
    {
      throw Error(std::string("cannot start a case: ") + std::strerror(errno) + "; use fewer --jobs");
    }
    if (job.process == 0)
    {
      prctl(PR_SET_PDEATHSIG, SIGKILL); // a killed batch leaves no one writing behind its --resume
      if (getppid() != parent)
      {
        _exit(1);
      }
      interrupts.Restore();
      signal(SIGINT, SIG_IGN); // of a terminal: the batch decides
      close(ends[0]);
      m_Batch.options.execution.memory = memory;
      RunChild(task, PagePath(m_Folder, task), m_Pipeline, m_Batch, m_Render, ends[1]);
    }
    close(ends[1]);
    job.pipe = ends[0];
    m_Jobs.push_back(job);
  }

  /** Waits until one of the jobs has ended, and takes it out; none where a signal came first. */
  std::optional<Job>
  WaitForOne(const Interrupts & interrupts, int & status)
  {
    const auto signals = Interrupts::Count;
    while (Interrupts::Count == signals)
    {
      std::vector<pollfd> files;
      for (const auto & job : m_Jobs)
      {
        files.push_back({ job.pipe, POLLIN, 0 });
      }
      interrupts.Poll(files);
      for (std::size_t i = 0; i < files.size(); ++i)
      {
        if (files[i].revents == 0)
        {
          continue;
        }
        char       buffer[4096];
        const auto bytes = read(m_Jobs[i].pipe, buffer, sizeof(buffer));
        if (bytes > 0)
        {
          m_Jobs[i].message.append(buffer, static_cast<std::size_t>(bytes));
          continue;
        }
        Job ended = m_Jobs[i];
        m_Jobs.erase(m_Jobs.begin() + static_cast<std::ptrdiff_t>(i));
        close(ended.pipe);
        waitpid(ended.process, &status, 0);
        return ended;
      }
    }
    return {};
  }

  /** Ends all that run, and removes what they have begun to write. */
  void
  Abandon()
  {
    for (const auto & job : m_Jobs)
    {
      kill(job.process, SIGKILL);
      waitpid(job.process, nullptr, 0);
      close(job.pipe);
      RemovePartialOutputs(m_Folder, job.process);
    }
    m_Jobs.clear();
  }

private:
  const fs::path     m_Folder;
  const PipelineSpec m_Pipeline;
  BatchOptions       m_Batch; ///< with one job's share of threads and memory
  const CaseRenderer m_Render;
  const unsigned int m_Most;
  std::vector<Job>   m_Jobs;
};

/** \throws UsageError where something is there already, and is neither to be overwritten nor gone on with. */
void
RefuseWhatExists(const std::vector<CaseTask> & tasks, const fs::path & manifest)
{
  for (const auto & task : tasks)
  {
    for (const auto & file : { task.output, SidecarPath(task.output) })
    {
      if (task.problem.empty() && fs::exists(file))
      {
        throw UsageError(file.string() +
                         ": exists already; give --force to overwrite, or --resume to skip what is finished");
      }
    }
  }
  if (fs::exists(manifest))
  {
    throw UsageError(manifest.string() +
                     ": exists already; give --force to overwrite, --resume to go on, or choose another output folder");
  }
}

/** What an earlier run with the same parameters did for these tasks. */
std::vector<BatchRow>
RowsToKeep(const fs::path &              manifest,
           const fs::path &              folder,
           const std::vector<CaseTask> & tasks,
           const std::string &           parameters)
{
  std::set<std::string> names;
  for (const auto & task : tasks)
  {
    names.insert(task.name);
  }
  std::vector<BatchRow> rows;
  try
  {
    for (auto & row : ReadManifest(manifest, folder))
    {
      if (row.parameters == parameters && names.count(row.task.name) > 0)
      {
        ReadReport(row);
        rows.push_back(std::move(row));
      }
    }
  }
  catch (const Error &)
  {
    return {}; // not a manifest: it is replaced
  }
  return rows;
}

/** The first line of a part's rows. */
std::string
PartHeader(const BatchOptions & batch, std::size_t cases, const std::string & parameters)
{
  return batch.part.empty()
           ? ""
           : "# cases " + std::to_string(cases) + " list " + batch.list + " parameters " + parameters + '\n';
}
} // namespace

fs::path
PagePath(const fs::path & folder, const CaseTask & task)
{
  return folder / "report" / (task.output.lexically_relative(folder).string() + ".html");
}

fs::path
PartPath(const fs::path & folder, const std::string & part)
{
  return HiddenFolder(folder) / "parts" / (part + ".tsv");
}

std::string
ReadBatchPipeline(const fs::path & folder)
{
  return ReadTextFile(PipelinePath(folder));
}

bool
HasBatchPipeline(const fs::path & folder)
{
  return fs::exists(PipelinePath(folder));
}

BatchResult
RunBatch(const std::vector<CaseTask> & tasks,
         const fs::path &              folder,
         const PipelineSpec &          pipeline,
         const BatchOptions &          batch,
         const CaseRenderer &          render,
         const BatchProgress &         progress)
{
  const bool     isPart = !batch.part.empty();
  const fs::path manifestPath = isPart ? PartPath(folder, batch.part) : folder / "manifest.tsv";
  if (!batch.force && !batch.resume)
  {
    RefuseWhatExists(tasks, manifestPath);
  }
  std::error_code failure;
  fs::create_directories(manifestPath.parent_path(), failure);
  if (failure)
  {
    throw Error(folder.string() + ": cannot be created: " + failure.message() + "; choose another output folder");
  }
  const FileLock          lock(HiddenFolder(folder) / "lock",
                      isPart,
                      folder.string() + ": another isolux harmonize is writing into this folder; wait for it, or "
                                                 "choose another output folder");
  std::optional<FileLock> partLock;
  if (isPart)
  {
    partLock.emplace(HiddenFolder(folder) / "parts" / (batch.part + ".lock"),
                     false,
                     folder.string() + ": another isolux harmonize is at work on part " + batch.part +
                       "; wait for it, or take another part");
  }
  else
  {
    RemovePartialOutputs(folder);
  }
  const auto      parameters = ChecksumOf(pipeline, batch.options);
  const auto      header = PartHeader(batch, tasks.size(), parameters);
  const auto      kept = batch.resume ? RowsToKeep(manifestPath, folder, tasks, parameters) : std::vector<BatchRow>();
  GrowingManifest manifest(manifestPath, folder, header + ManifestText(kept, folder));
  WriteTextFile(PipelinePath(folder), WritePipeline(WithFileNames(pipeline)));

  BatchResult result;
  auto &      rows = result.rows;
  std::size_t finished = 0;
  for (const auto & task : tasks)
  {
    rows.emplace_back();
    rows.back().task = task;
    rows.back().status = "pending";
    rows.back().parameters = parameters;
  }
  const auto end = [&](BatchRow & row, const std::string & status, const std::string & message)
  {
    row.status = status;
    row.message = message;
    ReadReport(row);
    manifest.Add(row);
    progress.ended(row, ++finished, rows.size());
  };

  Jobs       jobs(folder, pipeline, batch, render);
  Interrupts interrupts;
  const auto collect = [&]
  {
    int        status = 0;
    const auto job = jobs.WaitForOne(interrupts, status);
    if (!job)
    {
      return;
    }
    BatchRow & row = rows[job->number];
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - job->start).count();
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 0 || code == SkippedCode)
    {
      end(row, code == 0 ? "done" : "skipped", "");
    }
    else if (WIFSIGNALED(status))
    {
      const int signal = WTERMSIG(status);
      end(row,
          "failed",
          row.task.name + ": ended by signal " + std::to_string(signal) + " (" + strsignal(signal) +
            (signal == SIGKILL ? "; out of memory? Use fewer --jobs)" : ")"));
    }
    else
    {
      end(row, "failed", job->message);
    }
  };

  std::vector<std::pair<std::uintmax_t, std::size_t>> order; // the largest first, or it would be waited for at the end
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    if (rows[i].task.problem.empty())
    {
      order.emplace_back(SizeOf(rows[i].task.input), i);
    }
    else
    {
      end(rows[i], "failed", rows[i].task.problem);
    }
  }
  std::stable_sort(order.begin(), order.end(), [](const auto & a, const auto & b) { return a.first > b.first; });
  const auto isInterrupted = [&]
  {
    std::vector<pollfd> none;
    interrupts.Poll(none, false);
    if (Interrupts::Count > 0 && result.signal == 0)
    {
      result.signal = Interrupts::Noted;
      progress.interrupted(result.signal, jobs.Running());
    }
    return result.signal != 0;
  };
  for (const auto & [size, i] : order)
  {
    const auto memory = jobs.NeedOf(rows[i].task);
    while (!jobs.HasRoomFor(memory) && !isInterrupted())
    {
      collect();
    }
    if (isInterrupted())
    {
      break;
    }
    jobs.Start(i, rows[i].task, memory, interrupts);
  }
  while (jobs.Running() > 0)
  {
    if (isInterrupted() && (Interrupts::Noted == SIGTERM || Interrupts::Count > 1))
    {
      jobs.Abandon();
      break;
    }
    collect();
  }
  if (result.signal == 0)
  {
    WriteTextFile(manifestPath, header + ManifestText(rows, folder));
  }
  return result;
}

namespace
{
/** What stands in a part's first line. */
struct PartTitle
{
  std::size_t cases = 0;
  std::string list;
  std::string parameters;
};

PartTitle
ReadPartTitle(const fs::path & file)
{
  std::istringstream line(ReadTextFile(file));
  PartTitle          title;
  std::string        hash;
  std::string        word;
  if (!(line >> hash >> word >> title.cases >> word >> title.list >> word >> title.parameters) || hash != "#")
  {
    throw Error(file.string() + ": its first line is not that of a shard; run this shard again with --force");
  }
  return title;
}
} // namespace

std::vector<BatchRow>
GatherShards(const fs::path & folder)
{
  const std::string                                      name = folder.string();
  std::map<std::size_t, std::map<std::size_t, fs::path>> found; // count of shards, number, file
  std::error_code                                        none;
  for (const auto & entry : fs::directory_iterator(PartPath(folder, "x").parent_path(), none))
  {
    static const std::regex pattern("([0-9]+)-of-([0-9]+)\\.tsv");
    std::smatch             match;
    const std::string       file = entry.path().filename().string();
    if (std::regex_match(file, match, pattern))
    {
      found[std::stoul(match[2])][std::stoul(match[1])] = entry.path();
    }
  }
  if (found.empty())
  {
    throw Error(name + ": no shard has run into this folder; 'isolux harmonize IN " + name +
                " --shard 1/N' is the first");
  }
  if (found.size() > 1)
  {
    throw Error(name + ": holds shards of " + std::to_string(found.begin()->first) + " and of " +
                std::to_string(found.rbegin()->first) + "; remove those that do not count from " +
                PartPath(folder, "x").parent_path().string());
  }
  const FileLock lock(
    HiddenFolder(folder) / "lock", false, name + ": a shard is still at work in this folder; wait for it, then gather");
  RemovePartialOutputs(folder);
  const auto & [count, files] = *found.begin();
  const auto            first = ReadPartTitle(files.begin()->second);
  std::string           missing;
  std::vector<BatchRow> rows;
  for (std::size_t number = 1; number <= count; ++number)
  {
    const auto file = files.find(number);
    const auto shard = std::to_string(number) + "/" + std::to_string(count);
    if (file == files.end())
    {
      missing += (missing.empty() ? "" : ", ") + shard;
      continue;
    }
    const auto title = ReadPartTitle(file->second);
    if (title.list != first.list || title.parameters != first.parameters)
    {
      throw Error(file->second.string() + ": shard " + shard + " is of another " +
                  (title.list != first.list ? "list of volumes" : "pipeline, version or --dtype") + " than shard " +
                  std::to_string(files.begin()->first) + "/" + std::to_string(count) +
                  "; run it again with what the others have");
    }
    auto part = ReadManifest(file->second, folder);
    if (part.size() < title.cases)
    {
      missing += (missing.empty() ? "" : ", ") + shard + " (" + std::to_string(part.size()) + " of " +
                 std::to_string(title.cases) + " volumes)";
      continue;
    }
    std::move(part.begin(), part.end(), std::back_inserter(rows));
  }
  if (!missing.empty())
  {
    throw Error(name + ": not finished: shard " + missing + "; run 'isolux harmonize IN " + name +
                " --shard I/N --resume' for each, then gather again");
  }
  std::sort(rows.begin(), rows.end(), [](const auto & a, const auto & b) { return a.task.name < b.task.name; });
  const auto twice = std::adjacent_find(
    rows.begin(), rows.end(), [](const auto & a, const auto & b) { return a.task.name == b.task.name; });
  if (twice != rows.end())
  {
    throw Error(name + ": " + twice->task.name + " is in two shards; run the shards again with --force");
  }
  for (auto & row : rows)
  {
    ReadReport(row);
  }
  WriteTextFile(folder / "manifest.tsv", ManifestText(rows, folder));
  return rows;
}
} // namespace isolux
