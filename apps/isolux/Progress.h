#pragma once

#include "Arguments.h"
#include "Pipeline.h"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

// What a command says while it works.
namespace isolux
{
/** --quiet and --log-json. */
void
AddProgressOptions(boost::program_options::options_description & options);

/** Tells on stdout how far the work is: on a terminal by a bar with rate and time left, elsewhere by a line for each
 * case. What failed and what was warned of goes to stderr, also where the rest is quiet. --log-json takes down
 * everything, an event a line: {"time": "2026-11-30T12:00:00Z", "event": "case", ...}. */
class Progress
{
public:
  /** \throws Error where the log cannot be written. */
  Progress(const ParsedArguments & parsed, const std::string & verb);
  /** Where no Conclude() came first, the log says that an error ended the work. */
  ~Progress();
  Progress(const Progress &) = delete;
  Progress &
  operator=(const Progress &) = delete;

  /** The end of case `finished` of `total`. */
  void
  Case(const std::string & name,
       const std::string & status,
       double              seconds,
       const std::string & message,
       std::size_t         finished,
       std::size_t         total);

  /** Of a single volume, to the log alone. */
  void
  Done(const std::string & name, const std::string & output, double seconds);

  /** Follows one volume: a bar where the work takes more than a moment. Bytes of `input` make the rate. */
  Execution::Progress
  Volume(const std::filesystem::path & input);

  /** A line about the whole at its end. */
  void
  Conclude(const std::string & line, int code);

  /** To stderr and the log. */
  void
  Warn(const std::string & warning);

private:
  void
  Log(const std::string & event, Values values);
  void
  Bar(double fraction, const std::string & text);
  void
  ClearBar();

  bool                                        m_IsQuiet;
  bool                                        m_IsTerminal;
  bool                                        m_HasBar = false;
  bool                                        m_IsConcluded = false;
  std::string                                 m_LogFile;
  std::ofstream                               m_Log;
  std::size_t                                 m_Skipped = 0; ///< cases that took no time
  const std::chrono::steady_clock::time_point m_Start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point       m_Drawn;
};
} // namespace isolux
