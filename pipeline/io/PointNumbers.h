#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace isolux
{
/** "int8", "uint8", ..., "int64", "uint64", "float32", "float64": bytes of one number; 0 for any other name. */
std::size_t
SizeOfComponent(const std::string & component);

/** `bytes` holds whole numbers of that type. */
std::vector<double>
DecodeNumbers(std::string_view bytes, const std::string & component, bool bigEndian);

/** float32 or float64. */
std::string
EncodeNumbers(const std::vector<double> & values, const std::string & component, bool bigEndian);

/** Numbers parted by white space, as many as there are. False, and what was read, where one is no number. */
bool
ParseNumbers(std::string_view text, std::vector<double> & values);

/** The fewest digits that read back as the same float32 or float64; `columns` numbers to a line. */
std::string
PrintNumbers(const std::vector<double> & values, const std::string & component, std::size_t columns);
} // namespace isolux
