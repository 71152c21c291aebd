#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace isolux
{
class BitWriter;

/** DEFLATE (RFC 1951) of data that is made of 4-byte words, as a volume of float32 is. A match begins and ends where
 * words do: at the last place that had the same two words, and as many after them as agree; or that had the same word.
 * So each word takes two look-ups instead of one for each byte, and nearly all distances are the shortest that there
 * are.
 *
 * z-scores of integers have as many distinct words as the integers have values: of the heads, CT and series that were
 * measured (testing/benchmarks/README.md) this made smaller files, faster, than libdeflate at each of its levels up
 * to 9. Where nearly all words differ, as after a field was divided by, it is faster and up to 1.5 % larger. Ramps
 * without noise, and thousands of values that are all as frequent, are better left to libdeflate, as are bytes. */
class WordDeflater
{
public:
  WordDeflater();

  /** Bytes that compressing so many takes at most. */
  static std::size_t
  Bound(std::size_t size)
  {
    return 2 * size + 1024;
  }

  /** Of any size from 1 to 2^31; what remains of the last word counts as bytes. \param target of Bound(size) bytes
   * \return bytes that were written */
  std::size_t
  Compress(const char * bytes, std::size_t size, char * target);

private:
  struct Block;

  void
  FindMatches(const char * bytes, std::size_t words, Block & block);
  void
  WriteBlock(const char * bytes, const Block & block, BitWriter & writer);

  std::vector<std::int32_t>  m_LastOfWord; ///< the last place of a word, and of two, by their hash
  std::vector<std::int32_t>  m_LastOfPair;
  std::vector<std::uint32_t> m_Tokens;    ///< of a block: 0 a word as four bytes; else words << 16 | distance in words
  std::vector<std::uint64_t> m_Distances; ///< of a block: the bits for each distance in words, see Bits
};
} // namespace isolux
