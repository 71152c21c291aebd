#include "PixelType.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <stdexcept>
#include <type_traits>

namespace isolux
{
namespace
{
/** `count` components, every `stride`-th one of type T from `source` on. */
template <typename T>
void
Convert(const char * source, std::size_t count, std::size_t stride, bool swap, const Scaling & scaling, float * target)
{
  const std::size_t step = stride * sizeof(T);
  if (std::is_same<T, float>::value && stride == 1 && !swap && scaling.IsIdentity())
  {
    std::memcpy(target, source, count * sizeof(T));
  }
  else if (stride == 1 && !swap)
  {
    // of steps that are known, for the compiler to vectorise
    const bool isScaled = !scaling.IsIdentity();
    for (std::size_t i = 0; i < count && !isScaled; ++i)
    {
      target[i] = static_cast<float>(Load<T>(source + i * sizeof(T), false));
    }
    for (std::size_t i = 0; i < count && isScaled; ++i)
    {
      target[i] = static_cast<float>(static_cast<double>(Load<T>(source + i * sizeof(T), false)) * scaling.slope +
                                     scaling.intercept);
    }
  }
  else if (scaling.IsIdentity())
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      target[i] = static_cast<float>(Load<T>(source + i * step, swap));
    }
  }
  else
  {
    for (std::size_t i = 0; i < count; ++i)
    {
      target[i] =
        static_cast<float>(static_cast<double>(Load<T>(source + i * step, swap)) * scaling.slope + scaling.intercept);
    }
  }
}

} // namespace

const PixelType &
PixelTypeOf(const std::string & component)
{
  static const PixelType types[] = {
    { "uint8", 1, Convert<std::uint8_t> },   { "int8", 1, Convert<std::int8_t> },
    { "uint16", 2, Convert<std::uint16_t> }, { "int16", 2, Convert<std::int16_t> },
    { "uint32", 4, Convert<std::uint32_t> }, { "int32", 4, Convert<std::int32_t> },
    { "uint64", 8, Convert<std::uint64_t> }, { "int64", 8, Convert<std::int64_t> },
    { "float32", 4, Convert<float> },        { "float64", 8, Convert<double> },
  };
  const auto found = std::find_if(
    std::begin(types), std::end(types), [&](const PixelType & type) { return component == type.component; });
  if (found == std::end(types))
  {
    throw std::out_of_range("no pixel type is called " + component);
  }
  return *found;
}
} // namespace isolux
