#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <limits>
#include <string>

namespace isolux::testing
{
/** A line of the kernel's record of this process, in MiB. */
inline double
StatusMiB(const std::string & name)
{
  std::ifstream record("/proc/self/status");
  for (std::string line; std::getline(record, line);)
  {
    if (line.rfind(name, 0) == 0)
    {
      return std::stod(line.substr(name.size() + 1)) / 1024.0;
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

/** Peak memory in MiB of run(prepare()) in a process of its own, beyond what it holds after prepare(). Call it before
 * this process has started threads. */
template <typename TPrepare, typename TRun>
double
PeakBeyond(TPrepare prepare, TRun run)
{
  double             beyond = std::numeric_limits<double>::quiet_NaN();
  std::array<int, 2> channel{};
  if (pipe(channel.data()) != 0)
  {
    return beyond;
  }
  const pid_t child = fork();
  if (child == 0)
  {
    const auto   data = prepare();
    const double before = StatusMiB("VmRSS:");
    std::ofstream("/proc/self/clear_refs") << 5; // the peak starts anew
    const auto result = run(data);
    beyond = StatusMiB("VmHWM:") - before;
    _exit(write(channel[1], &beyond, sizeof(beyond)) == sizeof(beyond) ? 0 : 1);
  }
  close(channel[1]);
  if (read(channel[0], &beyond, sizeof(beyond)) != sizeof(beyond))
  {
    beyond = std::numeric_limits<double>::quiet_NaN();
  }
  close(channel[0]);
  waitpid(child, nullptr, 0);
  return beyond;
}
} // namespace isolux::testing
