#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

namespace isolux
{
struct Scaling
{
  double slope = 1.0;
  double intercept = 0.0;

  bool
  IsIdentity() const
  {
    return slope == 1.0 && intercept == 0.0;
  }
};

/** A number that need not be aligned, in this machine's byte order or the other one. */
template <typename T>
T
Load(const char * source, bool swap)
{
  T value;
  if (swap && sizeof(T) > 1)
  {
    char reversed[sizeof(T)];
    std::reverse_copy(source, source + sizeof(T), reversed);
    std::memcpy(&value, reversed, sizeof(T));
  }
  else
  {
    std::memcpy(&value, source, sizeof(T));
  }
  return value;
}

/** A type of numbers in files. */
struct PixelType
{
  const char * component; ///< "int16", "float32", ...
  std::size_t  bytes;
  /** `count` numbers, every `stride`-th one from `source` on, times the slope plus the intercept. */
  void (*convert)(const char *    source,
                  std::size_t     count,
                  std::size_t     stride,
                  bool            isSwapped,
                  const Scaling & scaling,
                  float *         target);
};

/** \throws std::out_of_range where there is none of that name. */
const PixelType &
PixelTypeOf(const std::string & component);
} // namespace isolux
