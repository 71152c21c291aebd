#pragma once

#include <cstddef>
#include <string>
#include <vector>

// A cohort in parts, for more than one machine: each takes every so many-th case of the same sorted list.
namespace isolux
{
/** Number `number`, from 1, of `count` parts. */
struct Shard
{
  std::size_t number = 1;
  std::size_t count = 1;

  /** "3-of-8" */
  std::string
  Name() const
  {
    return std::to_string(number) + "-of-" + std::to_string(count);
  }
};

/** "3/8"; or "slurm": that of SLURM_ARRAY_TASK_ID among an array of tasks without gaps. \throws UsageError */
Shard
ParseShard(const std::string & text);

constexpr std::size_t MostNamed = 10;

/** "1, 2, 3"; of more than MostNamed, these and "...". */
std::string
FirstOf(const std::vector<std::string> & names);
} // namespace isolux
