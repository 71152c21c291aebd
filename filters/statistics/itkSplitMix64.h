#ifndef itkSplitMix64_h
#define itkSplitMix64_h

#include <cstdint>

namespace itk
{
/** What one step of the generator adds to its state. */
constexpr std::uint64_t SplitMix64Increment = 0x9e3779b97f4a7c15U;

/** \brief The number that the SplitMix64 generator gives from `state`: a hash of 64 bits to 64 bits, each value once.
 *
 * A voxel's number hashed decides whether it is drawn: by nothing but its place, so that threads and divisions agree.
 *
 * \par Reference
 * G. Steele, D. Lea, C. Flood, OOPSLA 2014, DOI 10.1145/2660193.2660195. */
constexpr std::uint64_t
SplitMix64(std::uint64_t state)
{
  state += SplitMix64Increment;
  state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
  state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
  return state ^ (state >> 31U);
}
} // namespace itk

#endif
