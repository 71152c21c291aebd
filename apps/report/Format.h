#pragma once

#include <cstddef>
#include <string>

namespace isolux
{
/** Four significant digits, whatever the locale; "–" for NaN. */
std::string
FormatNumber(double value);

/** With that many decimals; "–" for NaN. */
std::string
FormatFixed(double value, int decimals);

/** Digits in groups of three: "1 234 567". */
std::string
FormatCount(std::size_t value);
} // namespace isolux
