#ifndef itkLinearMapKernel_h
#define itkLinearMapKernel_h

#include "itkInstructionSet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace itk
{
/** y = (x - from) scale + to, held within [lower, upper]. A scale of 0 maps everything to `to`, and back to `from`. */
struct LinearMap
{
  double from{ 0.0 };
  double scale{ 1.0 };
  double to{ 0.0 };
  double lower{ -std::numeric_limits<double>::infinity() };
  double upper{ std::numeric_limits<double>::infinity() };

  /** Of one intensity; what is not finite passes. */
  double
  operator()(double intensity) const
  {
    const bool isFinite = intensity - intensity == 0.0;
    return isFinite ? std::min(std::max((intensity - from) * scale + to, lower), upper) : intensity;
  }
};

/** How a result is written. */
enum class Store
{
  Ordinary,
  Streaming ///< past the caches: for more than they hold, and not in place
};

/** Streaming for `count` outputs that half of a usual last cache does not hold. */
template <typename TInput, typename TOutput>
Store
StoreFor(const TInput * in, const TOutput * out, std::size_t count)
{
  constexpr std::size_t large = std::size_t{ 1 } << 24U;
  const bool            isInPlace = static_cast<const void *>(in) == static_cast<const void *>(out);
  return !isInPlace && count * sizeof(TOutput) >= large ? Store::Streaming : Store::Ordinary;
}

namespace linear_map_kernel
{
/** Writes past the caches, to an address that is a multiple of the register's size. */
template <typename TRegister>
[[gnu::always_inline]] inline void
StreamRegister(const TRegister & value, void * to)
{
#if defined(__x86_64__) && !defined(__castxml__) // CastXML, by which ITK wraps, has not all of GCC's built-ins
  constexpr auto bytes = sizeof(TRegister);
  if constexpr (bytes == 64)
  {
    typedef double V __attribute__((vector_size(64)));
    __builtin_ia32_movntpd512(static_cast<double *>(to), (V)value);
  }
  else if constexpr (bytes == 32)
  {
    typedef double V __attribute__((vector_size(32)));
    __builtin_ia32_movntpd256(static_cast<double *>(to), (V)value);
  }
  else if constexpr (bytes == 16)
  {
    typedef double V __attribute__((vector_size(16)));
    __builtin_ia32_movntpd(static_cast<double *>(to), (V)value);
  }
  else
  {
    long long bits = 0;
    static_assert(bytes == sizeof(bits), "registers hold 2, 4 or 8 numbers of 4 or 8 bytes");
    std::memcpy(&bits, &value, sizeof(bits));
    __builtin_ia32_movnti64(static_cast<long long *>(to), bits);
  }
#else
  std::memcpy(to, &value, sizeof(value));
#endif
}

/** With VChecks, for bounds and for a scale that would not let infinity pass; a positive scale without bounds does. */
template <bool VChecks, bool VStreams>
struct Kernel
{
  template <int VWidth, typename TInput, typename TOutput>
  [[gnu::always_inline]] static inline void
  Run(const LinearMap * map, const TInput * in, TOutput * out, std::size_t length)
  {
    using Outputs = typename Register<TOutput, VWidth>::Type;
    const LinearMap held = *map;
    const auto      whole = length - length % VWidth;
    for (std::size_t i = 0; i < whole; i += VWidth)
    {
      Doubles<VWidth> x;
      LoadDoubles<VWidth>(in + i, x);
      Doubles<VWidth> y = (x - held.from) * held.scale + held.to;
      if constexpr (VChecks)
      {
        const Doubles<VWidth> lower = held.lower - Doubles<VWidth>{};
        const Doubles<VWidth> upper = held.upper - Doubles<VWidth>{};
        y = y < lower ? lower : y;
        y = upper < y ? upper : y;
        y = x - x == 0.0 ? y : x;
      }
      Outputs rounded;
      ConvertElements<TOutput, VWidth>(y, rounded);
      if constexpr (VStreams)
      {
        StreamRegister(rounded, out + i);
      }
      else
      {
        *reinterpret_cast<Outputs *>(out + i) = rounded;
      }
    }
    for (std::size_t i = whole; i < length; ++i)
    {
      out[i] = static_cast<TOutput>(held(static_cast<double>(in[i])));
    }
  }
};
} // namespace linear_map_kernel

/** Maps `length` intensities from `in` to `out`, which may be the same address. In double, rounded once. */
template <typename TInput, typename TOutput>
void
ApplyLinearMap(const LinearMap & map,
               const TInput *    in,
               TOutput *         out,
               std::size_t       length,
               Store             store = Store::Ordinary,
               InstructionSet    instructions = BestInstructionSet())
{
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const bool       checks = !(map.scale > 0.0) || map.lower > -infinity || map.upper < infinity;
  const auto       apply = [&](auto streams, std::size_t begin, std::size_t end)
  {
    using linear_map_kernel::Kernel;
    checks ? RunWith<Kernel<true, streams.value>>(instructions, &map, in + begin, out + begin, end - begin)
           : RunWith<Kernel<false, streams.value>>(instructions, &map, in + begin, out + begin, end - begin);
  };
  constexpr std::size_t line = 64;
  std::size_t           begin = 0;
  if (store == Store::Streaming && length >= 4 * line)
  {
    begin = (line - reinterpret_cast<std::uintptr_t>(out) % line) % line / sizeof(TOutput);
    const std::size_t end = length - (length - begin) % (line / sizeof(TOutput));
    apply(std::false_type(), 0, begin);
    apply(std::true_type(), begin, end);
    begin = end;
#if defined(__x86_64__)
    __builtin_ia32_sfence(); // what is streamed is seen by other threads before what is written later
#endif
  }
  apply(std::false_type(), begin, length);
}
} // namespace itk

#endif
