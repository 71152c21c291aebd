#ifndef itkUpstreamChange_h
#define itkUpstreamChange_h

#include "itkProcessObject.h"

#include <algorithm>
#include <set>

namespace itk
{
/** When what is upstream of `data`, or it itself, was last changed: a parameter of a filter, an image in memory, or a
 * filter's output by somebody else. That a filter has run again, for another region or after a release, is no change,
 * though it sets its output's modification time. `seen` holds the filters that need not be visited again. */
inline ModifiedTimeType
LastChangeUpstream(const DataObject * data, std::set<const ProcessObject *> & seen)
{
  const auto       source = data->GetSource();
  const auto       generated = data->GetUpdateMTime();
  ModifiedTimeType last = 0;
  if (!source || (generated > 0 && data->GetMTime() > generated))
  {
    last = data->GetMTime();
  }
  if (source && seen.insert(source.GetPointer()).second)
  {
    last = std::max(last, source->GetMTime());
    for (const auto & input : source->GetInputs())
    {
      last = input ? std::max(last, LastChangeUpstream(input.GetPointer(), seen)) : last;
    }
  }
  return last;
}

/** \class UpstreamChange
 * \brief Lets a filter whose outputs stand for the whole of its inputs run again only where something has changed.
 *
 * ITK takes an input's modification time for a change, and an input is modified by being written: behind a filter that
 * streams, what was learned from the whole image would look outdated after each piece that somebody updates.
 *
 * \ingroup Statistics
 */
class UpstreamChange
{
public:
  /** To be called where the filter has updated its output information: takes back what that has made of inputs that
   * were only written again. */
  void
  Update(ProcessObject * filter)
  {
    std::set<const ProcessObject *> seen;
    m_Now.upstream = 0;
    for (const auto & input : filter->GetInputs())
    {
      m_Now.upstream = input ? std::max(m_Now.upstream, LastChangeUpstream(input.GetPointer(), seen)) : m_Now.upstream;
    }
    m_Now.own = filter->GetMTime();
    if (m_Now == m_Made) // not later than: somebody's change of an output is gone when its filter has run again
    {
      for (const auto & output : filter->GetOutputs())
      {
        if (output && output->GetPipelineMTime() > output->GetUpdateMTime())
        {
          output->SetPipelineMTime(output->GetUpdateMTime());
        }
      }
    }
  }

  /** Where the filter begins to run: its outputs are not what they were. */
  void
  Begin()
  {
    m_Made = Times{};
  }

  /** Where they have been made of what Update() saw, with the parameters of `own` time. */
  void
  Made(ModifiedTimeType own)
  {
    m_Made = { m_Now.upstream, own };
  }

private:
  struct Times
  {
    ModifiedTimeType upstream{ 0 };
    ModifiedTimeType own{ 0 }; // 0: never

    bool
    operator==(const Times & other) const
    {
      return upstream == other.upstream && own == other.own;
    }
  };

  Times m_Now;
  Times m_Made;
};
} // namespace itk

#endif
