#include "Shard.h"

#include "Error.h"

#include <charconv>
#include <cstdlib>

namespace isolux
{
namespace
{
/** The number that is all of the text; 0 where it is none above 0. */
std::size_t
NumberFrom(const std::string & text)
{
  std::size_t number = 0;
  const auto  parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? number : 0;
}

Shard
ShardOfSlurm()
{
  const auto variable = [](const char * name)
  {
    const char * const text = std::getenv(name);
    long               number = 0;
    const std::string  given = text == nullptr ? "" : text;
    const auto         parsed = std::from_chars(given.data(), given.data() + given.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != given.data() + given.size() || number < 0)
    {
      throw UsageError("--shard slurm: the variable " + std::string(name) + " is " +
                       (text == nullptr ? "not set" : "'" + given + "'") +
                       "; it is that of a task of a Slurm job array: submit with --array=1-N, or give --shard I/N");
    }
    return number;
  };
  const long number = variable("SLURM_ARRAY_TASK_ID");
  const long first = variable("SLURM_ARRAY_TASK_MIN");
  const long last = variable("SLURM_ARRAY_TASK_MAX");
  const long count = variable("SLURM_ARRAY_TASK_COUNT");
  if (first > 1 || last - first + 1 != count || number < first || number > last)
  {
    throw UsageError("--shard slurm: the array holds " + std::to_string(count) + " tasks from " +
                     std::to_string(first) + " to " + std::to_string(last) +
                     ", not all from 0 or 1 on, so it does not tell into how many shards the cohort was cut; give "
                     "--shard I/N");
  }
  return { static_cast<std::size_t>(number - first + 1), static_cast<std::size_t>(count) };
}
} // namespace

Shard
ParseShard(const std::string & text)
{
  if (text == "slurm")
  {
    return ShardOfSlurm();
  }
  const auto  slash = text.find('/');
  const Shard shard{ NumberFrom(text.substr(0, slash)),
                     slash == std::string::npos ? 0 : NumberFrom(text.substr(slash + 1)) };
  if (shard.number < 1 || shard.number > shard.count)
  {
    throw UsageError("--shard must be I/N with I from 1 to N, such as 3/8, or slurm; not '" + text + "'");
  }
  return shard;
}

std::string
FirstOf(const std::vector<std::string> & names)
{
  std::string text;
  for (std::size_t i = 0; i < names.size() && i <= MostNamed; ++i)
  {
    text += (i == 0 ? "" : ", ") + (i == MostNamed ? "..." : names[i]);
  }
  return text;
}
} // namespace isolux
