#pragma once

#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace isolux::testing
{
/** Compares a text with testing/golden/`name`. With ISOLUX_RENEW_GOLDEN=1 in the environment writes the file instead.
 */
inline void
ExpectGolden(const std::string & text, const std::string & name)
{
  const auto   path = std::filesystem::path(ISOLUX_SOURCE_DIR) / "testing/golden" / name;
  const char * renew = std::getenv("ISOLUX_RENEW_GOLDEN");
  if (renew != nullptr && std::string(renew) == "1")
  {
    PutFile(path, text);
    return;
  }
  std::istringstream expected(ReadBytesOf(path));
  std::istringstream actual(text);
  std::string        expectedLine;
  std::string        actualLine;
  for (int line = 1;; ++line)
  {
    const bool more = !!std::getline(expected, expectedLine);
    const bool moreActual = !!std::getline(actual, actualLine);
    if (more != moreActual || expectedLine != actualLine)
    {
      ADD_FAILURE() << path.string() << ":" << line << "\n  golden: " << (more ? expectedLine : "(end)")
                    << "\n  now:    " << (moreActual ? actualLine : "(end)")
                    << "\nWhere the change is meant, renew it and read the difference:\n"
                       "  ISOLUX_RENEW_GOLDEN=1 ctest --preset release -R "
                    << ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
      return;
    }
    if (!more)
    {
      return;
    }
  }
}
} // namespace isolux::testing
