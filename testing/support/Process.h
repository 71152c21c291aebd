#pragma once

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace isolux::testing
{
struct Outcome
{
  int         exitCode = -1; ///< -1 where a signal ended it
  int         signal = 0;
  std::string out;
  std::string err;
};

struct ProcessOptions
{
  std::filesystem::path              folder;                   ///< to run in; empty: the caller's
  std::map<std::string, std::string> environment;              ///< added to the caller's
  rlim_t                             fileSize = RLIM_INFINITY; ///< bytes; a longer write fails with EFBIG, no signal
  double                             killAfter = 0.0;          ///< seconds until SIGKILL; 0: never
  bool                               killChildren = true;      ///< with it, at the same moment
};

/** Runs a program to its end, in a process group of its own. */
inline Outcome
RunProcess(const std::vector<std::string> & arguments, const ProcessOptions & options = {})
{
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
  {
    return {};
  }
  std::vector<char *> words;
  for (const auto & argument : arguments)
  {
    words.push_back(const_cast<char *>(argument.c_str()));
  }
  words.push_back(nullptr);
  const pid_t process = ::fork();
  if (process == 0)
  {
    ::setpgid(0, 0);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    for (const auto & [name, value] : options.environment)
    {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
    if (options.fileSize != RLIM_INFINITY)
    {
      ::signal(SIGXFSZ, SIG_IGN); // stays ignored over exec
      const rlimit limit{ options.fileSize, options.fileSize };
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0)
    {
      ::_exit(127);
    }
    ::execvp(words.front(), words.data());
    ::_exit(127);
  }
  ::setpgid(process, process); // in both: whichever comes first
  ::close(out[1]);
  ::close(err[1]);
  std::thread killer;
  if (options.killAfter > 0.0)
  {
    killer = std::thread(
      [&]
      {
        ::usleep(static_cast<useconds_t>(options.killAfter * 1e6));
        ::kill(options.killChildren ? -process : process, SIGKILL);
      });
  }
  Outcome outcome;
  pollfd  files[] = { { out[0], POLLIN, 0 }, { err[0], POLLIN, 0 } };
  while (files[0].fd >= 0 || files[1].fd >= 0)
  {
    if (::poll(files, 2, -1) < 0 && errno != EINTR)
    {
      break;
    }
    for (int i = 0; i < 2; ++i)
    {
      if (files[i].fd >= 0 && files[i].revents != 0)
      {
        char       buffer[65536];
        const auto bytes = ::read(files[i].fd, buffer, sizeof(buffer));
        if (bytes > 0)
        {
          (i == 0 ? outcome.out : outcome.err).append(buffer, static_cast<std::size_t>(bytes));
        }
        else
        {
          ::close(files[i].fd);
          files[i].fd = -1;
        }
      }
    }
  }
  if (killer.joinable())
  {
    killer.join(); // before its number is given back
  }
  int status = 0;
  ::waitpid(process, &status, 0);
  if (WIFEXITED(status))
  {
    outcome.exitCode = WEXITSTATUS(status);
  }
  else if (WIFSIGNALED(status))
  {
    outcome.signal = WTERMSIG(status);
  }
  return outcome;
}
} // namespace isolux::testing
