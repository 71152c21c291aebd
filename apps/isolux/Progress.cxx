#include "Progress.h"

#include "Error.h"
#include "PipelineJson.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <sstream>

namespace isolux
{
namespace po = boost::program_options;

namespace
{
using Clock = std::chrono::steady_clock;

double
SecondsSince(Clock::time_point start)
{
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/** "12 s", "3 min", "5 h 20 min" */
std::string
Duration(double seconds)
{
  const auto minutes = static_cast<long>(std::lround(seconds / 60.0));
  if (seconds < 100.0)
  {
    return std::to_string(std::lround(seconds)) + " s";
  }
  return minutes < 100 ? std::to_string(minutes) + " min"
                       : std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string
Now()
{
  const std::time_t  now = std::time(nullptr);
  std::ostringstream text;
  text << std::put_time(std::gmtime(&now), "%Y-%m-%dT%H:%M:%SZ");
  return text.str();
}
} // namespace

void
AddProgressOptions(po::options_description & options)
{
  options.add_options()("quiet,q", "say nothing but warnings and errors")(
    "log-json",
    po::value<std::string>()->value_name("FILE"),
    "file to append a line of JSON to for each event: start, case, warning, end");
}

Progress::Progress(const ParsedArguments & parsed, const std::string & verb)
  : m_IsQuiet(parsed.Has("quiet"))
  , m_IsTerminal(isatty(STDOUT_FILENO) != 0)
{
  if (parsed.Has("log-json"))
  {
    m_LogFile = parsed.Text("log-json");
    m_Log.open(m_LogFile, std::ios::app);
    if (!m_Log)
    {
      throw Error(m_LogFile + ": cannot be written; give --log-json a file in a folder that exists");
    }
    this->Log("start", { { "verb", verb } });
  }
}

Progress::~Progress()
{
  this->ClearBar();
  if (!m_IsConcluded)
  {
    this->Log(
      "end",
      { { "message", std::string("an error ended the work: see stderr") }, { "seconds", SecondsSince(m_Start) } });
  }
}

void
Progress::Case(const std::string & name,
               const std::string & status,
               double              seconds,
               const std::string & message,
               std::size_t         finished,
               std::size_t         total)
{
  const bool isFailure = status == "failed" || status == "left out";
  this->ClearBar();
  if (!m_IsQuiet && (!m_IsTerminal || isFailure))
  {
    std::ostringstream line; // precision and all stay with it
    line << '[' << finished << '/' << total << "] " << status << ' ' << name << " (" << std::setprecision(3) << seconds
         << " s)\n";
    std::cout << line.str() << std::flush;
  }
  if (!message.empty())
  {
    std::cerr << "isolux: " << (isFailure ? "" : "warning: " + name + ": ") << message << std::endl;
  }
  this->Log("case",
            { { "name", name },
              { "status", status },
              { "seconds", seconds },
              { "message", message },
              { "finished", static_cast<long long>(finished) },
              { "total", static_cast<long long>(total) } });
  m_Skipped += status == "skipped" ? 1 : 0;
  const double       elapsed = SecondsSince(m_Start);
  const double       worked = static_cast<double>(finished - m_Skipped);
  std::ostringstream text;
  text << finished << '/' << total;
  if (worked > 0.0 && elapsed > 1.0)
  {
    text << ", " << std::setprecision(3) << 60.0 * worked / elapsed << " a minute, "
         << Duration(elapsed / worked * static_cast<double>(total - finished)) << " left";
  }
  this->Bar(static_cast<double>(finished) / static_cast<double>(total), text.str() + "  " + name);
  if (finished == total)
  {
    this->ClearBar();
  }
}

void
Progress::Done(const std::string & name, const std::string & output, double seconds)
{
  this->Log("case",
            { { "name", name }, { "status", std::string("done") }, { "output", output }, { "seconds", seconds } });
}

Execution::Progress
Progress::Volume(const std::filesystem::path & input)
{
  if (m_IsQuiet || !m_IsTerminal)
  {
    return {};
  }
  std::error_code error;
  const auto      bytes = std::filesystem::file_size(input, error);
  const double    mebibytes = error ? 0.0 : static_cast<double>(bytes) / (1024.0 * 1024.0);
  return [this, mebibytes](double fraction, const std::string & stage)
  {
    const double elapsed = SecondsSince(m_Start);
    if (elapsed < 1.0 || SecondsSince(m_Drawn) < 0.1)
    {
      return;
    }
    m_Drawn = Clock::now();
    std::ostringstream text;
    text << std::lround(100.0 * fraction) << " %, ";
    if (mebibytes > 0.0)
    {
      text << std::setprecision(3) << mebibytes * fraction / elapsed << " MiB/s, ";
    }
    text << (fraction > 0.0 ? Duration(elapsed * (1.0 - fraction) / fraction) + " left  " : "") << stage;
    this->Bar(fraction, text.str());
  };
}

void
Progress::Conclude(const std::string & line, int code)
{
  this->ClearBar();
  if (!m_IsQuiet && !line.empty())
  {
    std::cout << line << '\n';
  }
  this->Log("end", { { "code", static_cast<long long>(code) }, { "seconds", SecondsSince(m_Start) } });
  m_IsConcluded = true;
  if (m_Log.is_open() && !m_Log)
  {
    std::cerr << "isolux: warning: " << m_LogFile << ": is not whole: it could not be written; is the disk full?\n";
  }
}

void
Progress::Warn(const std::string & warning)
{
  this->ClearBar();
  std::cerr << "isolux: " << warning << std::endl;
  this->Log("warning", { { "message", warning } });
}

void
Progress::Log(const std::string & event, Values values)
{
  if (m_Log.is_open())
  {
    values.insert(values.begin(), { { "time", Now() }, { "event", event } });
    m_Log << JsonLine(values) << std::endl;
  }
}

void
Progress::Bar(double fraction, const std::string & text)
{
  if (m_IsTerminal && !m_IsQuiet)
  {
    constexpr std::size_t width = 30;
    const auto            filled = static_cast<std::size_t>(static_cast<double>(width) * fraction);
    const auto            line = "[" + std::string(filled, '#') + std::string(width - filled, '.') + "] " + text;
    winsize               window = {}; // a longer line would leave rows behind
    const bool            isKnown = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
    std::cout << "\r\033[K" << line.substr(0, isKnown ? window.ws_col - 1U : line.size()) << std::flush;
    m_HasBar = true;
  }
}

void
Progress::ClearBar()
{
  if (m_HasBar)
  {
    std::cout << "\r\033[K" << std::flush;
    m_HasBar = false;
  }
}
} // namespace isolux
