#include "Format.h"

#include <charconv>
#include <cmath>

namespace isolux
{
namespace
{
std::string
Format(const double value, const std::chars_format format, const int precision)
{
  if (std::isnan(value))
  {
    return "–";
  }
  if (std::isinf(value))
  {
    return value > 0.0 ? "∞" : "−∞";
  }
  char       text[400];
  const auto end = std::to_chars(text, text + sizeof(text), value, format, precision).ptr;
  return { text, end };
}
} // namespace

std::string
FormatNumber(const double value)
{
  const double size = std::abs(value);
  return size >= 1e4 && size < 1e7 ? Format(value, std::chars_format::fixed, 0)
                                   : Format(value, std::chars_format::general, 4);
}

std::string
FormatFixed(const double value, const int decimals)
{
  return Format(value, std::chars_format::fixed, decimals);
}

std::string
FormatCount(const std::size_t value)
{
  std::string text = std::to_string(value);
  for (auto position = static_cast<int>(text.size()) - 3; position > 0; position -= 3)
  {
    text.insert(static_cast<std::size_t>(position), "\u202f"); // narrow no-break space
  }
  return text;
}
} // namespace isolux
