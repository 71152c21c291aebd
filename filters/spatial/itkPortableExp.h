#ifndef itkPortableExp_h
#define itkPortableExp_h

#include <cstdint>
#include <cstring>

namespace itk
{
/** \brief e^x for |x| < 700, relative error below 4e-16, with the same bits on every processor.
 *
 * The C library picks its exponential by processor and may differ in the last bit. Branch-free, so that loops over it
 * are vectorised: e^x = 2^k e^r, |r| <= ln 2 / 2, the latter by its Taylor series to order 13. */
inline double
PortableExp(double x)
{
  constexpr double roundToInteger = 6755399441055744.0; // 1.5 * 2^52: adding it leaves the integer in the low bits
  const double     shifted = x * 1.4426950408889634 + roundToInteger;
  std::uint64_t    bits = 0;
  std::memcpy(&bits, &shifted, sizeof(bits));
  const double k = shifted - roundToInteger;
  const double r = (x - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10; // ln 2 in two parts
  double       sum = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1.0;
  const std::uint64_t powerBits = (bits + 1023U) << 52U;
  double              power = 0.0;
  std::memcpy(&power, &powerBits, sizeof(power));
  return sum * power;
}
} // namespace itk

#endif
