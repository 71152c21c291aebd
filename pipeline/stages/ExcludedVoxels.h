#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace isolux
{
/** Adds a warning of mask voxels that a fit cannot use, with the consequence for them; a strong one from a tenth of the
 * mask on. Below a hundredth, which air or rounding leave in most masks, the count in the sidecar is enough. */
inline void
WarnOfExcluded(std::vector<std::string> & warnings,
               std::uint64_t              excluded,
               std::uint64_t              voxels,
               const std::string &        consequence)
{
  if (100 * excluded < voxels || excluded == 0)
  {
    return;
  }
  std::ostringstream text;
  text.precision(3);
  text << excluded << " of " << voxels << " mask voxels are not positive or not finite: " << consequence;
  if (10 * excluded >= voxels)
  {
    text
      << "; that is " << 100.0 * static_cast<double>(excluded) / static_cast<double>(voxels)
      << " % of the mask, too much to trust the field there: is there an offset to add, or a --mask of the object to "
         "give?";
  }
  warnings.push_back(text.str());
}
} // namespace isolux
