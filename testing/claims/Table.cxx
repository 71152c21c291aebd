#include "Table.h"

#include "TemporaryFolder.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>
#include <set>
#include <sstream>

namespace isolux::testing
{
namespace
{
constexpr double RelativeTolerance = 0.01;

const std::filesystem::path Readme = ISOLUX_SOURCE_DIR "/testing/claims/README.md";

struct Row
{
  std::string statement;
  std::string measuredOn;
  std::string figure;
  std::string value;
  std::string expected;
  std::string tolerance;
  std::string verdict;

  std::string
  Key() const
  {
    return statement + " | " + measuredOn + " | " + figure;
  }
};

std::string
Written(double value)
{
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

/** README.md before the table, its rows, and what follows them. */
struct Document
{
  std::string      head;
  std::vector<Row> rows;
  std::string      tail;
};

Document
ReadDocument()
{
  Document           document;
  std::istringstream lines(ReadBytesOf(Readme));
  int                tableLines = 0;
  std::string        statement;
  std::string        measuredOn;
  for (std::string line; std::getline(lines, line);)
  {
    if (line.empty() || line.front() != '|')
    {
      (tableLines == 0 ? document.head : document.tail) += line + '\n';
      continue;
    }
    if (++tableLines <= 2) // names of the columns, and the rule below
    {
      continue;
    }
    std::vector<std::string> cells;
    std::istringstream       parts(line.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');)
    {
      const auto first = cell.find_first_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
    }
    cells.resize(7);
    statement = cells[0].empty() ? statement : cells[0];
    measuredOn = cells[1].empty() ? measuredOn : cells[1];
    document.rows.push_back({ statement, measuredOn, cells[2], cells[3], cells[4], cells[5], cells[6] });
  }
  return document;
}

/** Rows of one statement together, in the order of its first. A cell like the one above is left empty. */
void
WriteDocument(Document document)
{
  std::map<std::string, std::size_t> places;
  for (const auto & row : document.rows)
  {
    places.emplace(row.statement, places.size());
  }
  std::stable_sort(document.rows.begin(),
                   document.rows.end(),
                   [&places](const Row & a, const Row & b) { return places[a.statement] < places[b.statement]; });
  std::ostringstream text;
  text << document.head << "| statement | measured on | figure | value | expected | tolerance | verdict |\n"
       << "|---|---|---|---|---|---|---|\n";
  std::string statement;
  std::string measuredOn;
  for (const auto & row : document.rows)
  {
    const bool isNew = row.statement != statement;
    text << "| " << (isNew ? row.statement : "") << " | "
         << (isNew || row.measuredOn != measuredOn ? row.measuredOn : "") << " | " << row.figure << " | " << row.value
         << " | " << row.expected << " | " << row.tolerance << " | " << row.verdict << " |\n";
    statement = row.statement;
    measuredOn = row.measuredOn;
  }
  PutFile(Readme, text.str() + document.tail);
}

bool
IsRenewing()
{
  const char * renew = std::getenv("ISOLUX_RENEW_GOLDEN");
  return renew != nullptr && std::string(renew) == "1";
}

/** The rows of this run, and those of the table. */
class Table : public ::testing::Environment
{
public:
  static Table &
  Instance()
  {
    static auto * const table = new Table;
    return *table;
  }

  void
  Add(const Row & row, double value)
  {
    std::cout << row.statement << "; " << row.measuredOn << ": " << row.figure << ' ' << row.value
              << (row.expected.empty() ? "" : " (expected " + row.expected + ": " + row.verdict + ")") << '\n';
    if (!m_Keys.insert(row.Key()).second)
    {
      ADD_FAILURE() << "Two rows are named " << row.Key();
    }
    m_Rows.push_back(row);
    if (IsRenewing())
    {
      return;
    }
    for (const auto & golden : m_Golden.rows)
    {
      if (golden.Key() == row.Key())
      {
        const double before = std::strtod(golden.value.c_str(), nullptr);
        const double allowed = row.tolerance == "1 %" ? RelativeTolerance * std::abs(before)
                                                      : std::strtod(row.tolerance.c_str(), nullptr); // "exact": 0
        EXPECT_TRUE(row.tolerance == "bound" || golden.value == row.value || std::abs(value - before) <= allowed)
          << row.Key() << "\n  table: " << golden.value << "\n  now:   " << row.value << HowToRenew;
        EXPECT_EQ(golden.expected, row.expected) << row.Key() << HowToRenew;
        EXPECT_EQ(golden.tolerance, row.tolerance) << row.Key() << HowToRenew;
        EXPECT_EQ(golden.verdict, row.verdict) << row.Key() << HowToRenew;
        return;
      }
    }
    ADD_FAILURE() << Readme.string() << " has no row " << row.Key() << HowToRenew;
  }

  void
  TearDown() override
  {
    const auto & tests = *::testing::UnitTest::GetInstance();
    const bool   isWhole = tests.test_to_run_count() == tests.total_test_count();
    if (IsRenewing())
    {
      ASSERT_TRUE(isWhole) << "The table is written by a run of every claim: leave out the filter.";
      m_Golden.rows = m_Rows;
      WriteDocument(m_Golden);
      return;
    }
    for (const auto & golden : m_Golden.rows)
    {
      EXPECT_TRUE(!isWhole || m_Keys.count(golden.Key()) == 1)
        << "Nothing measures the row " << golden.Key() << HowToRenew;
    }
  }

private:
  static constexpr const char * HowToRenew = "\nWhere the change is meant, renew the table and read the difference:\n"
                                             "  ISOLUX_RENEW_GOLDEN=1 ctest --preset release -R claims";

  Document              m_Golden = ReadDocument();
  std::vector<Row>      m_Rows;
  std::set<std::string> m_Keys;
};

[[maybe_unused]] const auto * const Registered = ::testing::AddGlobalTestEnvironment(&Table::Instance());

constexpr double Infinity = std::numeric_limits<double>::infinity();
} // namespace

Expected
AtMost(double bound)
{
  return { -Infinity, bound, "<= " + Written(bound) };
}

Expected
AtLeast(double bound)
{
  return { bound, Infinity, ">= " + Written(bound) };
}

Expected
Near(double value, double tolerance)
{
  char text[32];
  std::snprintf(text, sizeof(text), " +- %.1g", tolerance);
  return { value - tolerance, value + tolerance, Written(value) + text };
}

Expected
Exactly(double value)
{
  return { value, value, Written(value) };
}

Expected
RoundingUpTo(double bound)
{
  return { 0.0, bound, "<= " + Written(bound), true };
}

void
Claim::Holds(const std::string & measuredOn, const std::string & figure, double value, const Expected & expected)
{
  const bool holds = value >= expected.low && value <= expected.high;
  EXPECT_TRUE(holds) << m_Statement << "\n  " << measuredOn << ": " << figure << ' ' << value << ", expected "
                     << expected.text;
  this->Add(measuredOn, figure, value, expected, holds ? "holds" : "FAILS");
}

void
Claim::Shows(const std::string & measuredOn, const std::string & figure, double value)
{
  this->Add(measuredOn, figure, value, { -Infinity, Infinity, "" }, "");
}

void
Claim::IsWeaker(const std::string & measuredOn,
                const std::string & figure,
                double              value,
                const Expected &    expected,
                const std::string & inTruth)
{
  EXPECT_FALSE(value >= expected.low && value <= expected.high)
    << m_Statement << "\n  " << measuredOn << ": " << figure << ' ' << value
    << " is what the theory says after all; say Holds()";
  this->Add(measuredOn, figure, value, expected, "**weaker**: " + inTruth);
}

void
Claim::Add(const std::string & measuredOn,
           const std::string & figure,
           double              value,
           const Expected &    expected,
           const std::string & verdict)
{
  const bool isExact = expected.low == expected.high;
  Table::Instance().Add({ m_Statement,
                          measuredOn,
                          figure,
                          Written(value),
                          expected.text,
                          isExact               ? "exact"
                          : expected.isRounding ? "bound"
                          : m_Tolerance > 0.0   ? Written(m_Tolerance)
                                                : "1 %",
                          verdict },
                        value);
}
} // namespace isolux::testing
