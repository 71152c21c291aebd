// One of Slicer's modules: starts the program that all modules share, by the name of the stage, which CMake defines.
// A program of its own, because Slicer follows links and would take all of them for one; and of the C library alone,
// because it is started among Slicer's libraries.

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace
{
constexpr const char * Program = "isolux-slicer"; // in the folder above
char                   stage[] = ISOLUX_STAGE;

/** Slicer's launcher puts its libraries before those of the system, and keeps what was there before it. */
void
ForgetLibrariesOfSlicer()
{
  if (std::getenv("APPLAUNCHER_LEVEL") == nullptr)
  {
    return;
  }
  if (const char * before = std::getenv("APPLAUNCHER_0_LD_LIBRARY_PATH"))
  {
    ::setenv("LD_LIBRARY_PATH", before, 1);
  }
  else
  {
    ::unsetenv("LD_LIBRARY_PATH");
  }
}
} // namespace

int
main(int, char * argv[])
{
  char       path[PATH_MAX];
  const auto length = ::readlink("/proc/self/exe", path, sizeof(path) - 1);
  path[length < 0 ? 0 : length] = '\0';
  for (int level = 0; level < 2; ++level)
  {
    if (char * const slash = std::strrchr(path, '/'))
    {
      *slash = '\0';
    }
  }
  if (length > 0 && std::strlen(path) + 1 + std::strlen(Program) < sizeof(path))
  {
    std::strcat(std::strcat(path, "/"), Program);
    ForgetLibrariesOfSlicer();
    argv[0] = stage;
    ::execv(path, argv);
  }
  std::fprintf(stderr, "isolux: %s: cannot be started: %s; install Isolux again\n", path, std::strerror(errno));
  return 1;
}
