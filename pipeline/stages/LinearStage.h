#pragma once

#include "Error.h"
#include "Stage.h"

#include "itkLinearNormalizationImageFilter.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

// What the stages share whose filter is an itk::LinearNormalizationImageFilter.
namespace isolux
{
constexpr double Unbounded = std::numeric_limits<double>::infinity();

/** In the order of itk::OutsideMask. */
inline const std::vector<std::string> &
OutsideNames()
{
  static const std::vector<std::string> names = { "transform", "keep", "zero" };
  return names;
}

inline void
VisitOutside(ParameterVisitor & visit, std::string & outside)
{
  visit({ "outside",
          Unit::None,
          "Voxels outside the mask: mapped like those inside, kept as they are, or set to zero.",
          -Unbounded,
          Unbounded,
          OutsideNames() },
        outside);
}

inline itk::OutsideMask
OutsideFrom(const std::string & outside)
{
  const auto & names = OutsideNames();
  return static_cast<itk::OutsideMask>(std::find(names.begin(), names.end(), outside) - names.begin());
}

/** \throws Error where voxels outside the mask were not mapped like those inside. */
inline void
RequireTransformedOutside(const std::string & stage, const std::string & outside)
{
  if (outside != OutsideNames().front())
  {
    throw Error(stage + " with outside '" + outside +
                "' cannot be undone: what was outside the mask is lost; normalize with --outside transform");
  }
}

/** The warning of a learner that skipped voxels; none where there are none. */
inline void
WarnOfSkipped(std::vector<std::string> & warnings, unsigned long long skipped)
{
  if (skipped > 0)
  {
    warnings.push_back(std::to_string(skipped) + " voxels inside the mask are NaN or infinite: skipped");
  }
}
} // namespace isolux
