#pragma once

#include <cstddef>
#include <filesystem>
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

/** The target of a link to a file, relative or not: every byte that a URL or HTML reads otherwise is "%" and its
 * number. */
std::string
FormatLink(const std::filesystem::path & file);

/** A JSON string that may stand in a <script> element. */
std::string
FormatJson(const std::string & text);

/** Four significant digits of JSON; null where it is not finite. */
std::string
FormatJson(double value);
} // namespace isolux
