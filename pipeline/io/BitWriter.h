#pragma once

#include <cstdint>

namespace isolux
{
/** Bits of a DEFLATE stream, the lowest first. Up to 8 bytes behind those that it has put are overwritten. */
class BitWriter
{
public:
  explicit BitWriter(char * target)
    : m_Next(target)
  {
  }

  /** At most 56 bits. */
  void
  Put(std::uint64_t bits, unsigned int count)
  {
    m_Bits |= bits << m_Count;
    m_Count += count;
    for (unsigned int byte = 0; byte < 8; ++byte)
    {
      m_Next[byte] = static_cast<char>(m_Bits >> (8 * byte));
    }
    m_Next += m_Count / 8;
    m_Bits >>= m_Count & ~7U;
    m_Count &= 7U;
  }

  /** Of the last byte. */
  unsigned int
  BitsOfByte() const
  {
    return m_Count;
  }

  /** \return where the bytes end; bits of the last one that were not put are 0 */
  char *
  End() const
  {
    return m_Next + (m_Count > 0 ? 1 : 0);
  }

private:
  char *        m_Next;
  std::uint64_t m_Bits = 0; ///< fewer than 8 between calls
  unsigned int  m_Count = 0;
};
} // namespace isolux
