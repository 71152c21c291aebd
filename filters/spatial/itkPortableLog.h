#ifndef itkPortableLog_h
#define itkPortableLog_h

#include <cstdint>
#include <cstring>

namespace itk
{
/** \brief Natural logarithm of a positive normal double, relative error below 4e-16, with the same bits on every
 * processor.
 *
 * The counterpart of PortableExp(): the C library's may differ in the last bit from one processor to another.
 * Branch-free, so that loops over it are vectorised. Of what is not positive, not finite or subnormal it makes some
 * finite number.
 *
 * x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); log(1 + f) = 2 atanh(s), s = f / (2 + f), by its series to s^19. */
inline double
PortableLog(double x)
{
  constexpr std::uint64_t rootOfHalf = 0x3fe6a09e667f3bcdU; // its bits
  constexpr std::uint64_t bias = std::uint64_t{ 1024 } << 52U;
  std::uint64_t           bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  const std::uint64_t exponent = (bits - rootOfHalf + bias) >> 52U; // k + 1024
  const std::uint64_t mantissaBits = bits - (exponent << 52U) + bias;
  const std::uint64_t shifted = exponent | 0x4330000000000000U; // 2^52 + k + 1024, as a double
  double              mantissa = 0.0;
  double              k = 0.0;
  std::memcpy(&mantissa, &mantissaBits, sizeof(mantissa));
  std::memcpy(&k, &shifted, sizeof(k));
  k -= 4503599627371520.0;
  const double f = mantissa - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double       series = 2.0 / 19.0;
  series = series * z + 2.0 / 17.0;
  series = series * z + 2.0 / 15.0;
  series = series * z + 2.0 / 13.0;
  series = series * z + 2.0 / 11.0;
  series = series * z + 2.0 / 9.0;
  series = series * z + 2.0 / 7.0;
  series = series * z + 2.0 / 5.0;
  series = series * z + 2.0 / 3.0;
  const double half = 0.5 * f * f; // log(1 + f) = f - (half - s (half + z series)): f is exact
  const double rest = s * (half + z * series) + k * 1.90821492927058770002e-10; // ln 2 in two parts
  return k * 0.693147180369123816490 - ((half - rest) - f);
}
} // namespace itk

#endif
