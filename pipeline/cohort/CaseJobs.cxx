#include "CaseJobs.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "PipelineJson.h"
#include "SidecarJson.h"
#include "Version.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

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
           sidecar.report.inputHash.text == HashVolume(task.input, sidecar.report.inputHash.type) &&
           sidecar.report.maskSha256 == (task.mask.empty() ? "" : HashVolume(task.mask)) &&
           sidecar.report.maskLabels == options.maskLabels &&
           sidecar.report.weightsSha256 == (options.weights.empty() ? "" : HashVolume(options.weights));
  }
  catch (const std::exception &)
  {
    return false;
  }
}
} // namespace

CaseJobs::CaseJobs(const fs::path &     folder,
                   const PipelineSpec & pipeline,
                   const BatchOptions & batch,
                   const CaseRenderer & render)
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

double
CaseJobs::NeedOf(const CaseTask & task) const
{
  const double share = m_Batch.options.execution.memory;
  const double all = m_Batch.options.execution.memory * m_Most;
  if (share == 0.0)
  {
    return 0.0;
  }
  std::error_code error;
  if (!fs::is_regular_file(task.input, error) && !fs::is_directory(task.input, error))
  {
    return share; // a pipe would be waited for here
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
CaseJobs::HasRoomFor(double memory) const
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
CaseJobs::Start(std::size_t number, const CaseTask & task, double memory, Interrupts & interrupts)
{
  int ends[2] = {};
  if (pipe(ends) != 0)
  {
    throw Error(std::string("cannot start a case: ") + std::strerror(errno));
  }
  CaseJob job;
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
    this->RunChild(task, ends[1]);
  }
  close(ends[1]);
  job.pipe = ends[0];
  m_Jobs.push_back(job);
}

std::optional<CaseJob>
CaseJobs::WaitForOne(const Interrupts & interrupts, int & status)
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
      CaseJob ended = m_Jobs[i];
      m_Jobs.erase(m_Jobs.begin() + static_cast<std::ptrdiff_t>(i));
      close(ended.pipe);
      waitpid(ended.process, &status, 0);
      return ended;
    }
  }
  return {};
}

void
CaseJobs::Abandon()
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

void
CaseJobs::RunChild(const CaseTask & task, int pipe) const
{
  const auto  page = PagePath(m_Folder, task);
  int         code = 0;
  std::string message;
  try
  {
    if (m_Batch.resume && (!m_Render || fs::exists(page)) && IsFinished(task, m_Pipeline, m_Batch.options))
    {
      _exit(Skipped);
    }
    SetThreads(m_Batch.options.execution.threads);
    fs::remove(page);
    const CaseResult result = ProcessCase(task, m_Pipeline, m_Batch.options);
    if (m_Render)
    {
      m_Render(task, result, page);
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
} // namespace isolux
