#pragma once

#include "Error.h"
#include "LinearStage.h"
#include "ReferenceJson.h"

#include <filesystem>
#include <string>

// The option of stages that bring an image to what `fit` has learned.
namespace isolux
{
inline void
VisitReference(ParameterVisitor & visit, std::string & reference)
{
  visit({ "reference",
          Unit::None,
          "Reference file that 'isolux fit' or 'isolux merge' wrote, all its sites together, or FILE#SITE.",
          -Unbounded,
          Unbounded,
          {},
          true },
        reference);
}

/** \throws UsageError where the option names a file that is no reference. */
inline void
CheckReference(const std::string & option, const std::string & reference)
{
  if (!reference.empty())
  {
    try
    {
      ReadReferenceOf(reference);
    }
    catch (const Error & error)
    {
      throw UsageError("'" + option + "': " + error.what());
    }
  }
}

/** \throws UsageError where the option names a file that is not there. */
inline void
RequireFile(const std::string & option, const std::filesystem::path & file, const std::string & wayOut)
{
  if (!std::filesystem::exists(file))
  {
    throw UsageError("'" + option + "': " + file.string() + ": no such file; " + wayOut);
  }
}
} // namespace isolux
