#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace isolux
{
/** A tab separated table with names in its first line, as BIDS has them: "n/a" reads as an empty cell. The byte order
 * mark and the line ends of spreadsheets are dropped, empty lines skipped. */
class TsvFile
{
public:
  /** \throws Error where it cannot be opened. */
  explicit TsvFile(const std::filesystem::path & path);

  const std::vector<std::string> &
  Columns() const
  {
    return m_Columns;
  }
  bool
  Has(const std::string & column) const;
  std::size_t
  Rows() const
  {
    return m_Rows.size();
  }
  /** "" where there is no such column, or the row is shorter. */
  std::string
  Cell(std::size_t row, const std::string & column) const;
  /** The file's line, from 1, for messages. */
  std::size_t
  Line(std::size_t row) const
  {
    return m_Lines[row];
  }

private:
  std::vector<std::string>              m_Columns;
  std::vector<std::vector<std::string>> m_Rows;
  std::vector<std::size_t>              m_Lines;
};
} // namespace isolux
