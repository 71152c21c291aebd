#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace isolux::testing
{
/** The parts in a row, numbers as a stream prints them. */
template <typename... TParts>
std::string
Text(const TParts &... parts)
{
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

/** What the theory expects of a figure. */
struct Expected
{
  double      low;
  double      high;
  std::string text;
  bool        isRounding = false; ///< a bound on rounding errors, which another compiler may change
};

Expected
AtMost(double bound);
Expected
AtLeast(double bound);
Expected
Near(double value, double tolerance);
Expected
Exactly(double value);
/** A rounding error of at most this size. */
Expected
RoundingUpTo(double bound);

/** Collects a claim's figures, prints them, and compares them with those of the table in README.md; with
 * ISOLUX_RENEW_GOLDEN=1 in the environment the table is written anew once every claim has run. */
class Claim : public ::testing::Test
{
protected:
  /** The statement that the next figures belong to, and how far they may lie from the table's: an absolute tolerance
   * where they count voxels or people, else 1 %. */
  void
  State(const std::string & statement, double tolerance = 0.0)
  {
    m_Statement = statement;
    m_Tolerance = tolerance;
  }

  /** Fails unless the figure is as expected. */
  void
  Holds(const std::string & measuredOn, const std::string & figure, double value, const Expected & expected);

  /** A figure that the others are read against. */
  void
  Shows(const std::string & measuredOn, const std::string & figure, double value);

  /** Where the statement promises more than is true. Fails if the figure is as expected after all. */
  void
  IsWeaker(const std::string & measuredOn,
           const std::string & figure,
           double              value,
           const Expected &    expected,
           const std::string & inTruth);

private:
  void
  Add(const std::string & measuredOn,
      const std::string & figure,
      double              value,
      const Expected &    expected,
      const std::string & verdict);

  std::string m_Statement;
  double      m_Tolerance = 0.0;
};
} // namespace isolux::testing
