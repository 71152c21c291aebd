#pragma once

#include "Batch.h"
#include "Interrupts.h"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace isolux
{
/** A case that runs in a process of its own. */
struct CaseJob
{
  std::size_t                           number = 0;
  pid_t                                 process = 0;
  double                                memory = 0.0; ///< MiB that are set aside for it
  int                                   pipe = -1;    ///< the child's last words
  std::string                           message;
  std::chrono::steady_clock::time_point start;
};

/** The processes of a batch: each case in one of its own, whose exit code tells how it went. */
class CaseJobs
{
public:
  static constexpr int Skipped = 4; ///< exit code where the case was finished before

  CaseJobs(const std::filesystem::path & folder,
           const PipelineSpec &          pipeline,
           const BatchOptions &          batch,
           const CaseRenderer &          render);

  std::size_t
  Running() const
  {
    return m_Jobs.size();
  }

  /** MiB that the case needs: an equal share if it gets along with that, else what it takes. */
  double
  NeedOf(const CaseTask & task) const;

  bool
  HasRoomFor(double memory) const;

  /** \throws Error where no process can be started. */
  void
  Start(std::size_t number, const CaseTask & task, double memory, Interrupts & interrupts);

  /** Waits until one of the jobs has ended, and takes it out; none where a signal came first. */
  std::optional<CaseJob>
  WaitForOne(const Interrupts & interrupts, int & status);

  /** Ends all that run, and removes what they have begun to write. */
  void
  Abandon();

private:
  [[noreturn]] void
  RunChild(const CaseTask & task, int pipe) const;

  const std::filesystem::path m_Folder;
  const PipelineSpec          m_Pipeline;
  BatchOptions                m_Batch; ///< with one job's share of threads and memory
  const CaseRenderer          m_Render;
  const unsigned int          m_Most;
  std::vector<CaseJob>        m_Jobs;
};
} // namespace isolux
