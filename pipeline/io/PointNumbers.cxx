#include "PointNumbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace isolux
{
namespace
{
template <typename T>
struct TypeTag
{
  using Type = T;
};

/** Calls f with the tag of the named type; false where there is none of that name. */
template <typename TFunction>
bool
WithType(const std::string & component, TFunction && f)
{
  const auto is = [&](const char * name, auto tag)
  {
    if (component != name)
    {
      return false;
    }
    f(tag);
    return true;
  };
  return is("int8", TypeTag<std::int8_t>{}) || is("uint8", TypeTag<std::uint8_t>{}) ||
         is("int16", TypeTag<std::int16_t>{}) || is("uint16", TypeTag<std::uint16_t>{}) ||
         is("int32", TypeTag<std::int32_t>{}) || is("uint32", TypeTag<std::uint32_t>{}) ||
         is("int64", TypeTag<std::int64_t>{}) || is("uint64", TypeTag<std::uint64_t>{}) ||
         is("float32", TypeTag<float>{}) || is("float64", TypeTag<double>{});
}

template <typename T>
void
SwapBytes(T & number, bool bigEndian)
{
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "this machine's own order is little-endian");
  if (bigEndian)
  {
    std::array<char, sizeof(T)> bytes{};
    std::memcpy(bytes.data(), &number, sizeof(T));
    std::reverse(bytes.begin(), bytes.end());
    std::memcpy(&number, bytes.data(), sizeof(T));
  }
}

bool
IsBlank(char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}
} // namespace

std::size_t
SizeOfComponent(const std::string & component)
{
  std::size_t size = 0;
  WithType(component, [&](auto tag) { size = sizeof(typename decltype(tag)::Type); });
  return size;
}

std::vector<double>
DecodeNumbers(std::string_view bytes, const std::string & component, bool bigEndian)
{
  std::vector<double> values;
  WithType(component,
           [&](auto tag)
           {
             using Number = typename decltype(tag)::Type;
             values.resize(bytes.size() / sizeof(Number));
             for (std::size_t i = 0; i < values.size(); ++i)
             {
               Number number;
               std::memcpy(&number, bytes.data() + i * sizeof(Number), sizeof(Number));
               SwapBytes(number, bigEndian);
               values[i] = static_cast<double>(number);
             }
           });
  return values;
}

std::string
EncodeNumbers(const std::vector<double> & values, const std::string & component, bool bigEndian)
{
  std::string bytes;
  const auto  encode = [&](auto tag)
  {
    using Number = typename decltype(tag)::Type;
    bytes.resize(values.size() * sizeof(Number));
    for (std::size_t i = 0; i < values.size(); ++i)
    {
      auto number = static_cast<Number>(values[i]);
      SwapBytes(number, bigEndian);
      std::memcpy(bytes.data() + i * sizeof(Number), &number, sizeof(Number));
    }
  };
  component == "float64" ? encode(TypeTag<double>{}) : encode(TypeTag<float>{});
  return bytes;
}

bool
ParseNumbers(std::string_view text, std::vector<double> & values)
{
  const char *       at = text.data();
  const char * const end = at + text.size();
  while (true)
  {
    while (at != end && IsBlank(*at))
    {
      ++at;
    }
    if (at == end)
    {
      return true;
    }
    at += *at == '+';
    double     value = 0.0;
    const auto parsed = std::from_chars(at, end, value);
    if (parsed.ec == std::errc::invalid_argument || (parsed.ptr != end && !IsBlank(*parsed.ptr)))
    {
      return false;
    }
    if (parsed.ec == std::errc::result_out_of_range) // left as it was: 0 is near enough where it is too small
    {
      const bool isLarge =
        std::string_view(at, static_cast<std::size_t>(parsed.ptr - at)).find("e-") == std::string_view::npos &&
        std::string_view(at, static_cast<std::size_t>(parsed.ptr - at)).find("E-") == std::string_view::npos;
      value = isLarge ? (*at == '-' ? -HUGE_VAL : HUGE_VAL) : 0.0;
    }
    values.push_back(value);
    at = parsed.ptr;
  }
}

std::string
PrintNumbers(const std::vector<double> & values, const std::string & component, std::size_t columns)
{
  std::string          text;
  std::array<char, 32> number{};
  for (std::size_t i = 0; i < values.size(); ++i)
  {
    const double value = values[i];
    char *       end = number.data();
    if (std::isnan(value)) // never with a sign
    {
      end = std::copy_n("nan", 3, end);
    }
    else
    {
      char * const limit = number.data() + number.size();
      end = component == "float64" ? std::to_chars(end, limit, value).ptr
                                   : std::to_chars(end, limit, static_cast<float>(value)).ptr;
    }
    text.append(number.data(), end);
    text += i + 1 == values.size() ? "" : (i + 1) % columns == 0 ? "\n" : " ";
  }
  return text;
}
} // namespace isolux
