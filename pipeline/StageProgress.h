#pragma once

#include "Pipeline.h"

#include "itkCommand.h"

#include <algorithm>
#include <thread>
#include <string>

namespace isolux
{
/** Turns the events of stages' filters into the progress of a run. Outlives the filters. */
class StageProgress
{
public:
  explicit StageProgress(const Execution::Progress & progress)
    : m_Progress(progress)
  {
  }
  StageProgress(const StageProgress &) = delete;
  StageProgress &
  operator=(const StageProgress &) = delete;

  /** The stage is `share` of the run, and `first` of it is done before. Its filters work in the order that they were
   * made in. */
  void
  Watch(const Stage & stage, const std::string & name, double first, double share)
  {
    if (!m_Progress)
    {
      return;
    }
    const auto & filters = stage.Filters();
    const double each = share / static_cast<double>(filters.size());
    for (std::size_t i = 0; i < filters.size(); ++i)
    {
      const itk::ProcessObject & filter = *filters[i];
      const double               begin = first + each * static_cast<double>(i);
      filters[i]->AddObserver(itk::StartEvent(),
                              [this, name, begin](const itk::EventObject &) { this->Tell(begin, name); });
      filters[i]->AddObserver(itk::ProgressEvent(),
                              [this, &filter, name, begin, each](const itk::EventObject &)
                              { this->Tell(begin + each * filter.GetProgress(), name); });
    }
  }

  /** Says nothing where a filter runs once more for what is downstream: the run does not go back. */
  void
  Tell(double fraction, const std::string & stage)
  {
    if (m_Progress && fraction >= m_Fraction && std::this_thread::get_id() == m_Thread)
    {
      m_Fraction = std::min(fraction, 1.0);
      m_Progress(m_Fraction, stage);
    }
  }

private:
  const Execution::Progress & m_Progress;
  const std::thread::id       m_Thread = std::this_thread::get_id();
  double                      m_Fraction = 0.0;
};
} // namespace isolux
