#pragma once

#include <poll.h>

#include <array>
#include <csignal>
#include <vector>

namespace isolux
{
/** While it lives, SIGINT and SIGTERM are noted instead of ending the process, and come through in Poll() alone. */
class Interrupts
{
public:
  Interrupts()
  {
    struct sigaction note = {};
    note.sa_handler = [](int signal)
    {
      Noted = signal;
      Count = Count + 1;
    };
    sigemptyset(&m_Both);
    for (std::size_t i = 0; i < Signals.size(); ++i)
    {
      sigaddset(&m_Both, Signals[i]);
      sigaction(Signals[i], &note, &m_Before[i]);
    }
    Count = 0;
    Noted = 0;
    sigprocmask(SIG_BLOCK, &m_Both, &m_Unblocked);
  }
  ~Interrupts()
  {
    this->Restore();
  }
  Interrupts(const Interrupts &) = delete;
  Interrupts &
  operator=(const Interrupts &) = delete;

  void
  Restore()
  {
    for (std::size_t i = 0; i < Signals.size(); ++i)
    {
      sigaction(Signals[i], &m_Before[i], nullptr);
    }
    sigprocmask(SIG_SETMASK, &m_Unblocked, nullptr);
  }

  /** Waits until a file can be read or a signal comes. */
  void
  Poll(std::vector<pollfd> & files, bool waits = true) const
  {
    const timespec now = {};
    if (ppoll(files.data(), files.size(), waits ? nullptr : &now, &m_Unblocked) < 0)
    {
      for (auto & file : files)
      {
        file.revents = 0;
      }
    }
  }

  static inline volatile std::sig_atomic_t Noted = 0; ///< the last
  static inline volatile std::sig_atomic_t Count = 0;

private:
  static constexpr std::array<int, 2> Signals{ { SIGINT, SIGTERM } };

  std::array<struct sigaction, 2> m_Before{};
  sigset_t                        m_Both{};
  sigset_t                        m_Unblocked{};
};
} // namespace isolux
