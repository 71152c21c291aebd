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
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
std::string
OneLine(std::string text)
{
  std::replace_if(
    text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

fs::path
SectionPath(const fs::path & folder, const CaseTask & task)
{
  return folder / ".isolux" / (task.output.lexically_relative(folder).string() + ".html");
}

std::string
Joined(const std::vector<std::string> & sentences)
{
  std::string text;
  for (const auto & sentence : sentences)
  {
    text += (text.empty() ? "" : "; ") + sentence;
  }
  return text;
}

constexpr const char * ManifestHeader =
  "path\tstatus\tseconds\tmask_voxels\tmean_before\tsd_before\tmean_after\tsd_after\tcv_before\tcv_after\tcjv_before\t"
  "cjv_after\tentropy_before\tentropy_after\tfield_minimum\tfield_maximum\tsite\tparticipant_id\toutput\tmessage\n";

std::string
ManifestRow(const BatchRow & row, const fs::path & folder)
{
  std::ostringstream text;
  text << OneLine(row.task.name) << '\t' << row.status << '\t' << row.seconds;
  if (row.report.channels.empty())
  {
    text << std::string(13, '\t');
  }
  else
  {
    const auto & channel = row.report.channels.front();
    const auto   none = std::numeric_limits<double>::quiet_NaN();
    text << '\t' << channel.maskVoxels;
    for (const double value : { channel.before.mean,
                                channel.before.standardDeviation,
                                channel.after.mean,
                                channel.after.standardDeviation,
                                channel.evennessBefore.coefficientOfVariation,
                                channel.evennessAfter.coefficientOfVariation,
                                channel.evennessBefore.coefficientOfJointVariation,
                                channel.evennessAfter.coefficientOfJointVariation,
                                channel.evennessBefore.entropy,
                                channel.evennessAfter.entropy,
                                channel.field ? channel.field->minimum : none,
                                channel.field ? channel.field->maximum : none })
    {
      text << '\t';
      if (std::isfinite(value))
      {
        text << value;
      }
    }
  }
  text << '\t' << OneLine(row.task.site) << '\t' << OneLine(row.task.participant) << '\t'
       << (row.status == "failed" ? "" : OneLine(row.task.output.lexically_relative(folder).generic_string())) << '\t'
       << OneLine(row.message) << '\n';
  return text.str();
}

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

/** Keeps a second batch out of the folder, until the process ends. */
class FolderLock
{
public:
  explicit FolderLock(const fs::path & folder)
  {
    m_Descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (m_Descriptor >= 0 && flock(m_Descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    {
      close(m_Descriptor);
      throw UsageError(folder.string() +
                       ": another isolux harmonize is writing into this folder; wait for it, or choose "
                       "another output folder");
    }
  }
  ~FolderLock()
  {
    if (m_Descriptor >= 0)
    {
      close(m_Descriptor);
    }
  }
  FolderLock(const FolderLock &) = delete;
  FolderLock &
  operator=(const FolderLock &) = delete;

private:
  int m_Descriptor = -1;
};

/** A case that runs in a process of its own. */
struct Job
{
  std::size_t                           number = 0;
  pid_t                                 process = 0;
  int                                   pipe = -1; ///< the child's last words
  std::string                           message;
  std::chrono::steady_clock::time_point start;
};

[[noreturn]] void
RunChild(const CaseTask &     task,
         const fs::path &     section,
         const PipelineSpec & pipeline,
         const BatchOptions & batch,
         const CaseRenderer & render,
         int                  pipe)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL); // a killed batch leaves no one writing behind its --resume
  int         code = 0;
  std::string message;
  try
  {
    SetThreads(batch.options.execution.threads);
    fs::remove(section);
    const CaseResult result = ProcessCase(task, pipeline, batch.options);
    if (render)
    {
      WriteTextFile(section, render(task, result));
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

Job
Start(std::size_t          number,
      const CaseTask &     task,
      const fs::path &     folder,
      const PipelineSpec & pipeline,
      const BatchOptions & batch,
      const CaseRenderer & render)
{
  int ends[2] = {};
  if (pipe(ends) != 0)
  {
    throw Error(std::string("cannot start a case: ") + std::strerror(errno));
  }
  Job job;
  job.number = number;
  job.start = std::chrono::steady_clock::now();
  job.process = fork();
  if (job.process < 0)
  {
    throw Error(std::string("cannot start a case: ") + std::strerror(errno) + "; use fewer --jobs");
  }
  if (job.process == 0)
  {
    close(ends[0]);
    RunChild(task, SectionPath(folder, task), pipeline, batch, render, ends[1]);
  }
  close(ends[1]);
  job.pipe = ends[0];
  return job;
}

/** Waits until one of the jobs has ended, and takes it out. */
Job
WaitForOne(std::vector<Job> & jobs, int & status)
{
  while (true)
  {
    std::vector<pollfd> files;
    for (const auto & job : jobs)
    {
      files.push_back({ job.pipe, POLLIN, 0 });
    }
    poll(files.data(), files.size(), -1);
    for (std::size_t i = 0; i < files.size(); ++i)
    {
      if (files[i].revents == 0)
      {
        continue;
      }
      char       buffer[4096];
      const auto bytes = read(jobs[i].pipe, buffer, sizeof(buffer));
      if (bytes > 0)
      {
        jobs[i].message.append(buffer, static_cast<std::size_t>(bytes));
        continue;
      }
      Job ended = jobs[i];
      jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(i));
      close(ended.pipe);
      waitpid(ended.process, &status, 0);
      return ended;
    }
  }
}
} // namespace

std::vector<BatchRow>
RunBatch(const std::vector<CaseTask> & tasks,
         const fs::path &              folder,
         const PipelineSpec &          pipeline,
         const BatchOptions &          batch,
         const CaseRenderer &          render,
         const BatchProgress &         progress)
{
  std::vector<BatchRow> rows(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
  {
    rows[i].task = tasks[i];
    if (!batch.force && !batch.resume && tasks[i].problem.empty() &&
        (fs::exists(tasks[i].output) || fs::exists(SidecarPath(tasks[i].output))))
    {
      const auto & output = tasks[i].output;
      throw UsageError((fs::exists(output) ? output : SidecarPath(output)).string() +
                       ": exists already; give --force to overwrite, or --resume to skip what is finished");
    }
  }
  const fs::path manifestPath = folder / "manifest.tsv";
  if (!batch.force && !batch.resume && fs::exists(manifestPath))
  {
    throw UsageError(manifestPath.string() +
                     ": exists already; give --force to overwrite, --resume to go on, or choose another output folder");
  }
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure)
  {
    throw Error(folder.string() + ": cannot be created: " + failure.message() + "; choose another output folder");
  }
  const FolderLock lock(folder);
  RemovePartialOutputs(folder);
  std::ofstream manifest(manifestPath, std::ios::trunc);
  manifest << ManifestHeader << std::flush;
  if (!manifest)
  {
    throw Error(manifestPath.string() + ": cannot be written; is the disk full, or the folder read-only?");
  }

  std::size_t finished = 0;
  const auto  end = [&](BatchRow & row, const std::string & status, const std::string & message)
  {
    row.status = status;
    row.message = message;
    if (status != "failed")
    {
      try
      {
        row.report = ReadSidecar(SidecarPath(row.task.output)).report;
        row.message = Joined(AllWarnings(row.report));
        std::error_code none;
        const auto      section = SectionPath(folder, row.task);
        row.section = fs::exists(section, none) ? ReadTextFile(section) : "";
      }
      catch (const Error & error)
      {
        row.status = "failed";
        row.message = error.what();
      }
    }
    manifest << ManifestRow(row, folder) << std::flush;
    progress(row, ++finished, rows.size());
  };

  BatchOptions childOptions = batch;
  childOptions.options.execution.threads = std::max(1U, batch.options.execution.threads / std::max(1U, batch.jobs));
  childOptions.options.write.threads = childOptions.options.execution.threads;
  childOptions.options.execution.memory /= std::max(1U, batch.jobs);
  childOptions.options.wantsPictures = render != nullptr;
  std::vector<Job> jobs;
  const auto       collect = [&]
  {
    int        status = 0;
    const Job  job = WaitForOne(jobs, status);
    BatchRow & row = rows[job.number];
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - job.start).count();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    {
      end(row, "done", "");
    }
    else if (WIFSIGNALED(status))
    {
      end(row,
          "failed",
          row.task.name + ": ended by signal " + std::to_string(WTERMSIG(status)) + " (" + strsignal(WTERMSIG(status)) +
            (WTERMSIG(status) == SIGKILL ? "; out of memory? Use fewer --jobs)" : ")"));
    }
    else
    {
      end(row, "failed", job.message);
    }
  };
  for (std::size_t i = 0; i < rows.size(); ++i)
  {
    if (!rows[i].task.problem.empty())
    {
      end(rows[i], "failed", rows[i].task.problem);
    }
    else if (batch.resume && (!render || fs::exists(SectionPath(folder, rows[i].task))) &&
             IsFinished(rows[i].task, pipeline, batch.options))
    {
      end(rows[i], "skipped", "");
    }
    else
    {
      while (jobs.size() >= std::max(1U, batch.jobs))
      {
        collect();
      }
      jobs.push_back(Start(i, rows[i].task, folder, pipeline, childOptions, render));
    }
  }
  while (!jobs.empty())
  {
    collect();
  }
  std::string text = ManifestHeader;
  for (const auto & row : rows)
  {
    text += ManifestRow(row, folder);
  }
  manifest.close();
  WriteTextFile(manifestPath, text);
  return rows;
}
} // namespace isolux
