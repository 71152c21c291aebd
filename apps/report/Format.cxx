#include "Format.h"

#include <charconv>
#include <cmath>
#include <string_view>

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

constexpr std::string_view Hexadecimal = "0123456789ABCDEF";
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

std::string
FormatLink(const std::filesystem::path & file)
{
  constexpr std::string_view kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string                link;
  for (const char letter : file.generic_string())
  {
    if (kept.find(letter) != std::string_view::npos)
    {
      link += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    link += { '%', Hexadecimal[byte / 16], Hexadecimal[byte % 16] };
  }
  return link;
}

std::string
FormatJson(const std::string & text)
{
  constexpr std::string_view special = "\"\\<>&";
  std::string                quoted = "\"";
  for (const char letter : text)
  {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20 || special.find(letter) != std::string_view::npos)
    {
      quoted += "\\u00";
      quoted += { Hexadecimal[byte / 16], Hexadecimal[byte % 16] };
      continue;
    }
    quoted += letter;
  }
  return quoted + '"';
}

std::string
FormatJson(const double value)
{
  return std::isfinite(value) ? Format(value, std::chars_format::general, 4) : "null";
}
} // namespace isolux
