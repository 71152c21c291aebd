#ifndef itkInstructionSet_h
#define itkInstructionSet_h

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <type_traits>

namespace itk
{
/** What a kernel is compiled for besides the build's own target. A later one holds the earlier ones. */
enum class InstructionSet
{
  Baseline,
  Avx2,
  Avx512
};

/** The best one of this processor; where the environment variable ISOLUX_INSTRUCTION_SET is set, avx512 or avx2 at
 * most, and for any other text the baseline: to compare them in a whole program. */
inline InstructionSet
BestInstructionSet()
{
#if defined(__x86_64__)
  static const InstructionSet best = []
  {
    __builtin_cpu_init();
    const char * const limit = std::getenv("ISOLUX_INSTRUCTION_SET");
    const auto         most = limit == nullptr || std::strcmp(limit, "avx512") == 0 ? InstructionSet::Avx512
                              : std::strcmp(limit, "avx2") == 0                     ? InstructionSet::Avx2
                                                                                    : InstructionSet::Baseline;
    const auto         own = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                               ? InstructionSet::Avx512
                             : __builtin_cpu_supports("avx2") ? InstructionSet::Avx2
                                                              : InstructionSet::Baseline;
    return std::min(most, own);
  }();
  return best;
#else
  return InstructionSet::Baseline;
#endif
}

#if defined(__x86_64__)
template <typename TKernel, typename... TArguments>
__attribute__((target("avx2"), optimize("fp-contract=off"))) auto
RunAvx2(TArguments... arguments)
{
  return TKernel::template Run<4>(arguments...);
}

template <typename TKernel, typename... TArguments>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"), optimize("fp-contract=off"))) auto
RunAvx512(TArguments... arguments)
{
  return TKernel::template Run<8>(arguments...);
}
#endif

/** Runs TKernel::Run<number of doubles in a register>(arguments...), compiled for `set`. Run must be always_inline. It
 * has the same bits for each set where its arithmetic does not depend on that number. The clones do not contract
 * multiplication and addition, which AVX-512 has and GCC does by default; a build whose own target has fused
 * multiply-add (-march=native) needs -ffp-contract=off. */
template <typename TKernel, typename... TArguments>
auto
RunWith(InstructionSet set, TArguments... arguments)
{
#if defined(__x86_64__)
  switch (set)
  {
    case InstructionSet::Avx512:
      return RunAvx512<TKernel>(arguments...);
    case InstructionSet::Avx2:
      return RunAvx2<TKernel>(arguments...);
    case InstructionSet::Baseline:
      break;
  }
#else
  static_cast<void>(set);
#endif
  return TKernel::template Run<2>(arguments...);
}

/** Registers of VWidth numbers of type T; at any address that holds T. */
template <typename T, int VWidth>
struct Register
{
  using Element = std::conditional_t<std::is_same<T, bool>::value, unsigned char, T>;
  typedef Element Type __attribute__((vector_size(VWidth * sizeof(Element)), aligned(alignof(Element)), may_alias));
};

template <int VWidth>
using Doubles = typename Register<double, VWidth>::Type;

/** All bits of an element set: true. */
template <int VWidth>
using Truths = typename Register<std::int64_t, VWidth>::Type;

/** Converts each element. Written out: compilers know this form, and not every conversion of __builtin_convertvector.
 */
template <typename TTo, int VWidth, typename TFrom>
[[gnu::always_inline]] inline void
ConvertElements(const TFrom & from, typename Register<TTo, VWidth>::Type & to)
{
  using To = typename Register<TTo, VWidth>::Type;
  const auto convert = [&from](int i) __attribute__((always_inline))
  {
    return static_cast<TTo>(from[i]);
  };
  if constexpr (VWidth == 8)
  {
    to = To{ convert(0), convert(1), convert(2), convert(3), convert(4), convert(5), convert(6), convert(7) };
  }
  else if constexpr (VWidth == 4)
  {
    to = To{ convert(0), convert(1), convert(2), convert(3) };
  }
  else
  {
    static_assert(VWidth == 2, "registers hold 2, 4 or 8 doubles");
    to = To{ convert(0), convert(1) };
  }
}

/** Reads VWidth numbers as doubles. */
template <int VWidth, typename T>
[[gnu::always_inline]] inline void
LoadDoubles(const T * from, Doubles<VWidth> & to)
{
  const auto & loaded = *reinterpret_cast<const typename Register<T, VWidth>::Type *>(from);
  if constexpr (std::is_integral<T>::value && sizeof(T) < sizeof(int)) // by way of int: two instructions
  {
    typename Register<int, VWidth>::Type integers;
    ConvertElements<int, VWidth>(loaded, integers);
#if defined(__x86_64__)
    __asm__("" : "+x"(integers)); // keeps the two steps apart: merged, they are compiled element by element
#endif
    ConvertElements<double, VWidth>(integers, to);
  }
  else
  {
    ConvertElements<double, VWidth>(loaded, to);
  }
}

/** Reads VWidth numbers as truths: whether they are not 0. */
template <int VWidth, typename T>
[[gnu::always_inline]] inline void
LoadTruths(const T * from, Truths<VWidth> & to)
{
  const auto & loaded = *reinterpret_cast<const typename Register<T, VWidth>::Type *>(from);
  if constexpr (std::is_integral<T>::value)
  {
    Truths<VWidth> wide;
    ConvertElements<std::int64_t, VWidth>(loaded, wide);
    to = (Truths<VWidth>)(wide != 0);
  }
  else
  {
    Doubles<VWidth> wide;
    ConvertElements<double, VWidth>(loaded, wide);
    to = (Truths<VWidth>)(wide != 0.0);
  }
}
} // namespace itk

#endif
