#pragma once

#include "Stage.h"

#include "itkCommand.h"

#include <chrono>
#include <map>
#include <utility>
#include <vector>

namespace isolux
{
/** Seconds that each stage's own filters ran, without the filters upstream that ran inside them. */
class StageClock
{
public:
  void
  Watch(const Stage & stage, std::size_t number)
  {
    for (const auto & filter : stage.Filters())
    {
      this->Observe(filter, itk::StartEvent(), [this, number] { this->Enter(number); });
      this->Observe(filter, itk::EndEvent(), [this] { this->Leave(); });
    }
  }

  ~StageClock()
  {
    for (const auto & [filter, tag] : m_Tags)
    {
      filter->RemoveObserver(tag);
    }
  }

  double
  Seconds(std::size_t number) const
  {
    const auto entry = m_Seconds.find(number);
    return entry == m_Seconds.end() ? 0.0 : entry->second;
  }

private:
  using Clock = std::chrono::steady_clock;

  template <typename TFunction>
  void
  Observe(itk::ProcessObject * filter, const itk::EventObject & event, TFunction && f)
  {
    m_Tags.emplace_back(filter, filter->AddObserver(event, [f](const itk::EventObject &) { f(); }));
  }

  void
  Charge()
  {
    const auto now = Clock::now();
    if (!m_Running.empty())
    {
      m_Seconds[m_Running.back()] += std::chrono::duration<double>(now - m_Since).count();
    }
    m_Since = now;
  }

  void
  Enter(std::size_t number)
  {
    this->Charge();
    m_Running.push_back(number);
  }

  void
  Leave()
  {
    this->Charge();
    m_Running.pop_back();
  }

  std::vector<std::pair<itk::ProcessObject::Pointer, unsigned long>> m_Tags;
  std::vector<std::size_t>                                           m_Running;
  Clock::time_point                                                  m_Since;
  std::map<std::size_t, double>                                      m_Seconds;
};
} // namespace isolux
