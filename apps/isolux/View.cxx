#include "Commands.h"
#include "Error.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace isolux
{
int
View(const Arguments & arguments)
{
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "isolux-view";
  Arguments  words = arguments;
  words.insert(words.begin(), program.string());
  std::vector<char *> pointers;
  for (auto & word : words)
  {
    pointers.push_back(word.data());
  }
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());
  throw Error(program.string() + (errno == ENOENT ? ": is missing: this Isolux was built without the viewer; build it "
                                                    "with -DISOLUX_BUILD_VIEWER=ON"
                                                  : ": cannot be started"));
}
} // namespace isolux
