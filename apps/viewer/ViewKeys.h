#pragma once

#include <string>
#include <utility>
#include <vector>

namespace isolux
{
/** What the window shows with '?': key or mouse, and what it does. */
const std::vector<std::pair<std::string, std::string>> &
ViewKeyHelp();
} // namespace isolux
