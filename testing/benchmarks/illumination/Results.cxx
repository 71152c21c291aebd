#include "Results.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <limits>
#include <numeric>
#include <ostream>
#include <sstream>

namespace isolux::testing
{
namespace
{
constexpr double None = std::numeric_limits<double>::quiet_NaN();

/** One case: ours and the peers'. */
struct Row
{
  std::string         half;
  std::string         name;
  std::vector<double> values; ///< by method, NaN where not run

  double
  BestPeer() const
  {
    double best = None;
    for (std::size_t i = 1; i < values.size(); ++i)
    {
      best = std::isnan(best) || values[i] < best ? values[i] : best;
    }
    return best;
  }
  double
  Ratio() const
  {
    return values[0] / this->BestPeer();
  }
};

double
Median(std::vector<double> values)
{
  std::sort(values.begin(), values.end());
  const auto count = values.size();
  return count == 0 ? None : 0.5 * (values[(count - 1) / 2] + values[count / 2]);
}

double
Mean(const std::vector<double> & values)
{
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double
Maximum(const std::vector<double> & values)
{
  return values.empty() ? None : *std::max_element(values.begin(), values.end());
}

std::vector<double>
Ratios(const std::vector<Row> & rows)
{
  std::vector<double> ratios;
  for (const Row & row : rows)
  {
    if (!std::isnan(row.Ratio())) // infinite where ours gave no answer
    {
      ratios.push_back(row.Ratio());
    }
  }
  return ratios;
}

std::size_t
CountAbove(const std::vector<double> & values, double bound)
{
  return static_cast<std::size_t>(std::count_if(values.begin(), values.end(), [=](double v) { return v > bound; }));
}

std::string
Fixed(double value, int digits)
{
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value;
  return std::isnan(value) ? "" : text.str();
}

/** The methods that were run at all. */
void
PrintRows(std::ostream & os, const std::vector<std::string> & methods, const std::vector<Row> & rows)
{
  std::vector<std::size_t> columns;
  std::string              head = "| half | case |";
  std::string              rule = "|---|---|";
  for (std::size_t i = 0; i < methods.size(); ++i)
  {
    if (std::any_of(rows.begin(), rows.end(), [i](const Row & row) { return !std::isnan(row.values[i]); }))
    {
      columns.push_back(i);
      head += ' ' + methods[i] + " |";
      rule += "---|";
    }
  }
  os << head << " ours / best peer |\n" << rule << "---|\n";
  for (const Row & row : rows)
  {
    os << "| " << row.half << " | " << row.name << " |";
    for (const std::size_t column : columns)
    {
      os << ' ' << Fixed(row.values[column], 4) << " |";
    }
    os << ' ' << Fixed(row.Ratio(), 3) << " |\n";
  }
  const auto ratios = Ratios(rows);
  if (ratios.size() > 1)
  {
    os << "\nMedian of the ratios " << Fixed(Median(ratios), 3) << ", mean " << Fixed(Mean(ratios), 3) << ", worst "
       << Fixed(Maximum(ratios), 3) << ".\n";
  }
}

/** Lines of the table of goals. */
class Goals
{
public:
  explicit Goals(std::ostream & os)
    : m_Stream(os)
  {
    m_Stream << "\n## Goals\n\n| | cases | goal | found | |\n|---|---|---|---|---|\n";
  }
  void
  Line(const std::string & what, std::size_t cases, double found, double goal, int digits)
  {
    if (cases > 0)
    {
      m_Stream << "| " << what << " | " << cases << " | <= " << Fixed(goal, digits) << " | " << Fixed(found, digits)
               << " | " << (found <= goal ? "reached" : "**not reached**") << " |\n";
    }
  }

private:
  std::ostream & m_Stream;
};
} // namespace

void
Results::Read(const std::string & file)
{
  std::ifstream stream(file);
  std::string   line;
  std::getline(stream, line);
  while (std::getline(stream, line))
  {
    std::istringstream fields(line);
    Result             result;
    std::string        value;
    for (std::string * field : { &result.task, &result.half, &result.name, &result.metric, &result.method, &value })
    {
      std::getline(fields, *field, ';');
    }
    result.value = std::strtod(value.c_str(), nullptr);
    this->Set(result);
  }
}

void
Results::Write(const std::string & file) const
{
  std::ofstream stream(file);
  stream << "task;half;name;metric;method;value\n" << std::setprecision(9);
  for (const Result & result : m_List)
  {
    stream << result.task << ';' << result.half << ';' << result.name << ';' << result.metric << ';' << result.method
           << ';' << result.value << '\n';
  }
}

void
Results::Set(const Result & result)
{
  const auto found = std::find_if(m_List.begin(),
                                  m_List.end(),
                                  [&](const Result & other)
                                  {
                                    return other.task == result.task && other.half == result.half &&
                                           other.name == result.name && other.metric == result.metric &&
                                           other.method == result.method;
                                  });
  if (found == m_List.end())
  {
    m_List.push_back(result);
  }
  else
  {
    *found = result;
  }
}

void
Results::Print(std::ostream & os, const std::vector<std::string> & methods) const
{
  std::vector<std::pair<std::string, std::string>>                order;
  std::map<std::pair<std::string, std::string>, std::vector<Row>> tables;
  for (const Result & result : m_List)
  {
    const auto method = std::find(methods.begin(), methods.end(), result.method);
    if (method == methods.end())
    {
      continue;
    }
    const std::pair<std::string, std::string> key(result.task, result.metric);
    if (tables.count(key) == 0)
    {
      order.push_back(key);
    }
    auto & rows = tables[key];
    auto   row = std::find_if(
      rows.begin(), rows.end(), [&](const Row & r) { return r.half == result.half && r.name == result.name; });
    if (row == rows.end())
    {
      row = rows.insert(rows.end(), { result.half, result.name, std::vector<double>(methods.size(), None) });
    }
    row->values[static_cast<std::size_t>(method - methods.begin())] = result.value;
  }

  for (const auto & key : order)
  {
    os << "\n## " << key.first << ": " << key.second << "\n\n";
    PrintRows(os, methods, tables[key]);
  }

  Goals      goals(os);
  const auto whole = [&tables](const char * task, const char * metric)
  {
    const auto table = tables.find({ task, metric });
    return table == tables.end() ? std::vector<Row>() : table->second;
  };
  const auto toTheEnd = static_cast<std::size_t>(std::find(methods.begin(), methods.end(), "n4-0") - methods.begin());
  for (const Row & row : whole("time", "seconds"))
  {
    if (toTheEnd < methods.size())
    {
      goals.Line("time of ours / N4 run to the end, " + row.name, 1, row.values[0] / row.values[toTheEnd], 0.01, 4);
    }
    if (row.name == "181 x 217 x 181")
    {
      goals.Line("seconds, " + row.name, 1, row.values[0], 0.15, 3);
    }
  }
  for (const Row & row : whole("memory", "MiB beyond input and output"))
  {
    goals.Line("memory in MiB beyond input and output, " + row.name, 1, row.values[0], 64.0, 1);
  }
  for (const std::string half : { "A", "B", "" })
  {
    const auto suffix = half.empty() ? std::string() : ", half " + half;
    const auto select = [&](const char * task, const char * metric)
    {
      std::vector<Row> rows;
      for (const Row & row : whole(task, metric))
      {
        if ((half.empty() || row.half == half) && !std::isnan(row.values[0]))
        {
          rows.push_back(row);
        }
      }
      return rows;
    };
    const auto phantoms = select("phantoms", "RMSE");
    const auto ratios = Ratios(phantoms);
    const auto share = [](std::size_t part, std::size_t all)
    { return static_cast<double>(part) / static_cast<double>(std::max<std::size_t>(1, all)); };
    goals.Line("phantoms: median of ours / better N4" + suffix, ratios.size(), Median(ratios), 0.25, 3);
    goals.Line("phantoms: share that is worse than N4" + suffix,
               ratios.size(),
               share(CountAbove(ratios, 1.0), ratios.size()),
               0.05,
               3);
    goals.Line("phantoms: worst of ours / better N4" + suffix, ratios.size(), Maximum(ratios), 1.1, 3);
    std::vector<double> nothing;
    for (const Row & row : phantoms)
    {
      if (row.name.find("no field") != std::string::npos)
      {
        nothing.push_back(row.values[0]);
      }
    }
    goals.Line("phantoms without field: largest RMSE" + suffix, nothing.size(), Maximum(nothing), 0.0015, 4);

    const auto followed = Ratios(select("real times field", "RMSE"));
    goals.Line(
      "real times field: median of ours / better N4" + suffix, followed.size(), Median(followed), 1.0 / 3.0, 3);
    for (const char * metric : { "CV GM", "CV WM", "CJV" })
    {
      const auto rows = select("real tissue", metric);
      const auto tissue = Ratios(rows);
      goals.Line(std::string("real tissue: mean of ours / better N4, ") + metric + suffix,
                 tissue.size(),
                 tissue.empty() ? None : Mean(tissue),
                 1.01,
                 3);
      goals.Line(std::string("real tissue: share worse by over 3 %, ") + metric + suffix,
                 tissue.size(),
                 share(CountAbove(tissue, 1.03), tissue.size()),
                 0.1,
                 3);
    }
  }
}
} // namespace isolux::testing
