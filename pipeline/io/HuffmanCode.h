#pragma once

#include <cstdint>
#include <vector>

namespace isolux
{
/** A canonical prefix code as DEFLATE has it (RFC 1951, 3.2.2). */
struct HuffmanCode
{
  std::vector<std::uint8_t>  lengths; ///< bits of each symbol; 0: it has no code
  std::vector<std::uint16_t> codes;   ///< the bit that is read first is the lowest
};

/** The shortest for symbols that occur so often (Huffman 1952, DOI 10.1109/JRPROC.1952.273898), but for the few that
 * would take more than `longest` bits, at most 15. It is complete, and has at least two symbols: old readers want two.
 */
HuffmanCode
MakeHuffmanCode(std::vector<std::uint32_t> counts, unsigned int longest);
} // namespace isolux
