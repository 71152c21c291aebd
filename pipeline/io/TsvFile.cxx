#include "TsvFile.h"

#include "AtomicFile.h"

#include <algorithm>
#include <sstream>

namespace isolux
{
TsvFile::TsvFile(const std::filesystem::path & path)
{
  std::istringstream lines(ReadTextFile(path));
  std::size_t        number = 0;
  for (std::string line; std::getline(lines, line);)
  {
    if (++number == 1 && line.rfind("\xef\xbb\xbf", 0) == 0)
    {
      line.erase(0, 3); // the byte order mark
    }
    if (!line.empty() && line.back() == '\r')
    {
      line.pop_back();
    }
    if (line.empty() && number > 1)
    {
      continue;
    }
    std::vector<std::string> cells;
    std::istringstream       stream(line + '\t');
    for (std::string cell; std::getline(stream, cell, '\t');)
    {
      cells.push_back(cell == "n/a" ? "" : cell);
    }
    if (number == 1)
    {
      m_Columns = std::move(cells);
    }
    else
    {
      m_Rows.push_back(std::move(cells));
      m_Lines.push_back(number);
    }
  }
}

bool
TsvFile::Has(const std::string & column) const
{
  return std::find(m_Columns.begin(), m_Columns.end(), column) != m_Columns.end();
}

std::string
TsvFile::Cell(std::size_t row, const std::string & column) const
{
  const auto place =
    static_cast<std::size_t>(std::find(m_Columns.begin(), m_Columns.end(), column) - m_Columns.begin());
  return place < m_Columns.size() && place < m_Rows[row].size() ? m_Rows[row][place] : "";
}
} // namespace isolux
