#pragma once

#include <string>

namespace isolux
{
/** False for formats that say nothing of where in space the pixels lie: PNG, JPEG, TIFF. By CaseReport::inputFormat. */
inline bool
HasPosition(const std::string & format)
{
  return format != "PNG" && format != "JPEG" && format != "TIFF";
}
} // namespace isolux
