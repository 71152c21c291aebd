#pragma once

#include "Error.h"
#include "LinearStage.h"
#include "ReferenceJson.h"

#include <string>

// The option of stages that bring an image to what `fit` has learned.
namespace isolux
{
inline void
VisitReference(ParameterVisitor & visit, std::string & reference)
{
  visit({ "reference", Unit::None, "Reference file that 'isolux fit' wrote.", -Unbounded, Unbounded, {}, true },
        reference);
}

/** \throws UsageError where the option names a file that is no reference. */
inline void
CheckReference(const std::string & where, const std::string & reference)
{
  if (!reference.empty())
  {
    try
    {
      ReadReference(reference);
    }
    catch (const Error & error)
    {
      throw UsageError(where + ": 'reference': " + error.what());
    }
  }
}

/** The channel of the reference that serves this channel of the flow. \throws Error */
inline ReferenceChannel
ReadChannel(const std::string & reference, std::size_t channel, const Flow & flow)
{
  return ReadReference(reference).Of(channel, std::max<std::size_t>(1, flow.channels.size()), reference);
}
} // namespace isolux
