#pragma once

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

/** What was measured, kept in a CSV file from one part of the table to the next. */
namespace isolux::testing
{
struct Result
{
  std::string task;
  std::string half;
  std::string name;
  std::string metric;
  std::string method;
  double      value;
};

class Results
{
public:
  /** Nothing where there is no such file. */
  void
  Read(const std::string & file);
  void
  Write(const std::string & file) const;

  /** Replaces what is there of this task, half, name, metric and method. */
  void
  Set(const Result & result);

  /** Tables by task and metric, then the goals. `methods`: ours, then the peers; of peers the better counts. */
  void
  Print(std::ostream & os, const std::vector<std::string> & methods) const;

private:
  std::vector<Result> m_List;
};
} // namespace isolux::testing
