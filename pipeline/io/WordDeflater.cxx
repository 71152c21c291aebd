#include "WordDeflater.h"

#include "BitWriter.h"
#include "HuffmanCode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace isolux
{
namespace
{
constexpr int          WordSize = 4;
constexpr std::int32_t Window = 32768 / WordSize; ///< words that a match may reach back
constexpr std::int32_t LongestMatch = 64;         ///< words, of at most 258 bytes
constexpr std::int32_t BlockSize = 1 << 16;       ///< words that share a code
constexpr unsigned int WordHashBits = 14;
constexpr unsigned int PairHashBits = 15;
constexpr std::size_t  EndOfBlock = 256;
constexpr unsigned int LongestCode = 15;

/** Where the values of a symbol begin, and how many bits tell which of them it is (RFC 1951, 3.2.5). */
struct Range
{
  unsigned int first;
  unsigned int bits;
};

constexpr unsigned int FirstLength = 257; ///< symbol of a length of 3

constexpr std::array<Range, 28> Lengths{
  { { 3, 0 },  { 4, 0 },  { 5, 0 },  { 6, 0 },   { 7, 0 },   { 8, 0 },   { 9, 0 },   { 10, 0 }, { 11, 1 }, { 13, 1 },
    { 15, 1 }, { 17, 1 }, { 19, 2 }, { 23, 2 },  { 27, 2 },  { 31, 2 },  { 35, 3 },  { 43, 3 }, { 51, 3 }, { 59, 3 },
    { 67, 4 }, { 83, 4 }, { 99, 4 }, { 115, 4 }, { 131, 5 }, { 163, 5 }, { 195, 5 }, { 227, 5 } }
};

constexpr std::array<Range, 30> Distances{
  { { 1, 0 },     { 2, 0 },     { 3, 0 },     { 4, 0 },      { 5, 1 },      { 7, 1 },     { 9, 2 },     { 13, 2 },
    { 17, 3 },    { 25, 3 },    { 33, 4 },    { 49, 4 },     { 65, 5 },     { 97, 5 },    { 129, 6 },   { 193, 6 },
    { 257, 7 },   { 385, 7 },   { 513, 8 },   { 769, 8 },    { 1025, 9 },   { 1537, 9 },  { 2049, 10 }, { 3073, 10 },
    { 4097, 11 }, { 6145, 11 }, { 8193, 12 }, { 12289, 12 }, { 16385, 13 }, { 24577, 13 } }
};

/** The symbol of so many words. */
template <std::size_t NWords, std::size_t NRanges>
constexpr std::array<std::uint8_t, NWords + 1>
SymbolsOfWords(const std::array<Range, NRanges> & ranges)
{
  std::array<std::uint8_t, NWords + 1> symbols{};
  std::size_t                          symbol = 0;
  for (std::size_t words = 1; words <= NWords; ++words)
  {
    while (symbol + 1 < NRanges && ranges[symbol + 1].first <= WordSize * words)
    {
      ++symbol;
    }
    symbols[words] = static_cast<std::uint8_t>(symbol);
  }
  return symbols;
}

constexpr auto LengthSymbols = SymbolsOfWords<LongestMatch>(Lengths);
constexpr auto DistanceSymbols = SymbolsOfWords<Window>(Distances);

/** Up to 48 bits, and their number above them. */
using Bits = std::uint64_t;
constexpr unsigned int NumberPlace = 48;

/** The code of a symbol, and which of its values so many words are. */
Bits
BitsOf(const HuffmanCode & code, std::size_t symbol, const Range & range, std::size_t words)
{
  const Bits extra = WordSize * words - range.first;
  return code.codes[symbol] | extra << code.lengths[symbol] | Bits{ code.lengths[symbol] + range.bits } << NumberPlace;
}

template <typename T>
T
Load(const char * bytes)
{
  T value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

const char *
At(const char * bytes, std::int32_t place)
{
  return bytes + std::ptrdiff_t{ WordSize } * place;
}

std::uint32_t
WordAt(const char * bytes, std::int32_t place)
{
  return Load<std::uint32_t>(At(bytes, place));
}

std::uint64_t
PairAt(const char * bytes, std::int32_t place)
{
  return Load<std::uint64_t>(At(bytes, place));
}

// By the golden ratio (Knuth, The Art of Computer Programming 3, 6.4).
std::uint32_t
HashOfWord(std::uint32_t word)
{
  return word * 0x9E3779B1U >> (32 - WordHashBits);
}

std::uint64_t
HashOfPair(std::uint64_t pair)
{
  return pair * 0x9E3779B97F4A7C15U >> (64 - PairHashBits);
}

/** A symbol of the code that the lengths of the other codes are written in (RFC 1951, 3.2.7). */
struct LengthToken
{
  std::uint8_t symbol;
  std::uint8_t extra;
  std::uint8_t bits; ///< of extra
};

std::vector<LengthToken>
TokensOf(const std::vector<std::uint8_t> & lengths)
{
  std::vector<LengthToken> tokens;
  for (auto begin = lengths.begin(); begin != lengths.end();)
  {
    const auto length = *begin;
    auto       run = std::find_if(begin, lengths.end(), [length](auto other) { return other != length; }) - begin;
    begin += run;
    if (length > 0) // 16 repeats it
    {
      tokens.push_back({ length, 0, 0 });
      --run;
    }
    while (run >= 3)
    {
      const auto count = std::min<std::ptrdiff_t>(run, length > 0 ? 6 : 138);
      tokens.push_back(length > 0    ? LengthToken{ 16, static_cast<std::uint8_t>(count - 3), 2 }
                       : count <= 10 ? LengthToken{ 17, static_cast<std::uint8_t>(count - 3), 3 }
                                     : LengthToken{ 18, static_cast<std::uint8_t>(count - 11), 7 });
      run -= count;
    }
    tokens.insert(tokens.end(), static_cast<std::size_t>(run), { length, 0, 0 });
  }
  return tokens;
}

/** Without the zeros at the end, but for the first `least`. */
std::vector<std::uint8_t>
Shortened(const std::vector<std::uint8_t> & lengths, std::size_t least)
{
  std::size_t size = lengths.size();
  while (size > least && lengths[size - 1] == 0)
  {
    --size;
  }
  return { lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(size) };
}
} // namespace

/** What shares a code: words from `begin` to `end`, and of the last block the bytes behind them. */
struct WordDeflater::Block
{
  std::int32_t begin = 0;
  std::int32_t end = 0;
  bool         isLast = false;
  std::size_t  bytesBehind = 0;
  std::size_t  tokens = 0;

  std::array<std::array<std::uint32_t, 256>, WordSize> literals{}; ///< at each byte of a word
  std::array<std::uint32_t, LongestMatch + 1>          matches{};  ///< of so many words
  std::array<std::uint32_t, Distances.size()>          distances{};

  void
  AddLiteral(const char * word)
  {
    for (std::size_t i = 0; i < WordSize; ++i)
    {
      ++literals[i][static_cast<unsigned char>(word[i])];
    }
  }
};

WordDeflater::WordDeflater()
  : m_LastOfWord(std::size_t{ 1 } << WordHashBits)
  , m_LastOfPair(std::size_t{ 1 } << PairHashBits)
  , m_Tokens(BlockSize)
  , m_Distances(Window + 1)
{
}

void
WordDeflater::FindMatches(const char * bytes, std::size_t words, Block & block)
{
  std::uint32_t *      token = m_Tokens.data();
  std::int32_t * const lastOfWord = m_LastOfWord.data();
  std::int32_t * const lastOfPair = m_LastOfPair.data();
  const auto           lastPlace = static_cast<std::int32_t>(words) - 1; // where no pair begins
  const auto           end = block.end;
  const auto           add = [&](std::int32_t count, std::int32_t distance)
  {
    *token++ = static_cast<std::uint32_t>(count << 16 | distance);
    ++block.matches[static_cast<std::size_t>(count)];
    ++block.distances[DistanceSymbols[static_cast<std::size_t>(distance)]];
  };
  for (std::int32_t place = block.begin; place < end;)
  {
    const auto word = WordAt(bytes, place);
    const auto last = std::exchange(lastOfWord[HashOfWord(word)], place);
    if (place + 1 < end)
    {
      const auto pair = PairAt(bytes, place);
      const auto first = std::exchange(lastOfPair[HashOfPair(pair)], place);
      if (place - first <= Window && PairAt(bytes, first) == pair)
      {
        const auto   most = std::min(LongestMatch, end - place);
        std::int32_t count = 1;
        do
        {
          const auto passed = place + count;
          lastOfWord[HashOfWord(WordAt(bytes, passed))] = passed;
          if (passed < lastPlace)
          {
            lastOfPair[HashOfPair(PairAt(bytes, passed))] = passed;
          }
          ++count;
        } while (count < most && WordAt(bytes, place + count) == WordAt(bytes, first + count));
        add(count, place - first);
        place += count;
        continue;
      }
    }
    if (place - last <= Window && WordAt(bytes, last) == word)
    {
      add(1, place - last);
    }
    else
    {
      *token++ = 0;
      block.AddLiteral(At(bytes, place));
    }
    ++place;
  }
  block.tokens = static_cast<std::size_t>(token - m_Tokens.data());
}

void
WordDeflater::WriteBlock(const char * bytes, const Block & block, BitWriter & writer)
{
  const char * const behind = At(bytes, block.end);

  std::vector<std::uint32_t> counts(FirstLength + Lengths.size());
  for (std::size_t value = 0; value < 256; ++value)
  {
    for (const auto & literals : block.literals)
    {
      counts[value] += literals[value];
    }
  }
  for (std::size_t i = 0; i < block.bytesBehind; ++i)
  {
    ++counts[static_cast<unsigned char>(behind[i])];
  }
  counts[EndOfBlock] = 1;
  for (std::size_t count = 1; count < block.matches.size(); ++count)
  {
    counts[FirstLength + LengthSymbols[count]] += block.matches[count];
  }
  const auto main = MakeHuffmanCode(counts, LongestCode);
  const auto distances = MakeHuffmanCode({ block.distances.begin(), block.distances.end() }, LongestCode);

  // The header.
  const auto mainLengths = Shortened(main.lengths, FirstLength);
  const auto distanceLengths = Shortened(distances.lengths, 1);
  auto       lengths = mainLengths;
  lengths.insert(lengths.end(), distanceLengths.begin(), distanceLengths.end());
  const auto                 lengthTokens = TokensOf(lengths);
  std::vector<std::uint32_t> lengthCounts(19);
  for (const auto & token : lengthTokens)
  {
    ++lengthCounts[token.symbol];
  }
  const auto                code = MakeHuffmanCode(lengthCounts, 7);
  std::vector<std::uint8_t> codeLengths;
  for (const std::size_t symbol : { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 })
  {
    codeLengths.push_back(code.lengths[symbol]);
  }
  codeLengths = Shortened(codeLengths, 4);
  writer.Put(block.isLast ? 1 : 0, 1);
  writer.Put(2, 2); // with codes of its own
  writer.Put(mainLengths.size() - FirstLength, 5);
  writer.Put(distanceLengths.size() - 1, 5);
  writer.Put(codeLengths.size() - 4, 4);
  for (const auto length : codeLengths)
  {
    writer.Put(length, 3);
  }
  for (const auto & token : lengthTokens)
  {
    writer.Put(code.codes[token.symbol], code.lengths[token.symbol]);
    writer.Put(token.extra, token.bits);
  }

  // The words.
  for (std::size_t words = 1; words <= Window; ++words)
  {
    const auto symbol = DistanceSymbols[words];
    m_Distances[words] = BitsOf(distances, symbol, Distances[symbol], words);
  }
  std::array<Bits, LongestMatch + 1> matches{};
  for (std::size_t words = 1; words < matches.size(); ++words)
  {
    const auto symbol = LengthSymbols[words];
    matches[words] = BitsOf(main, FirstLength + symbol, Lengths[symbol], words);
  }
  BitWriter                   local = writer; // what bytes are written may be elsewhere changes no local variable
  const std::uint32_t *       token = m_Tokens.data();
  const Bits * const          distanceBits = m_Distances.data();
  const std::uint16_t * const codes = main.codes.data();
  const std::uint8_t * const  codeBits = main.lengths.data();
  const auto                  putBytes = [&](const char * first, std::size_t count)
  {
    Bits         bits = 0;
    unsigned int number = 0;
    for (std::size_t i = 0; i < count; ++i)
    {
      const auto byte = static_cast<unsigned char>(first[i]);
      bits |= Bits{ codes[byte] } << number;
      number += codeBits[byte];
    }
    local.Put(bits, number);
  };
  const char * word = At(bytes, block.begin);
  for (const auto * const end = token + block.tokens; token != end; ++token)
  {
    constexpr Bits mask = (Bits{ 1 } << NumberPlace) - 1;
    if (*token > 0)
    {
      const auto length = matches[*token >> 16U];
      const auto distance = distanceBits[*token & 0xffffU];
      const auto number = static_cast<unsigned int>(length >> NumberPlace);
      local.Put((length & mask) | (distance & mask) << number,
                number + static_cast<unsigned int>(distance >> NumberPlace));
      word += std::ptrdiff_t{ WordSize } * (*token >> 16U);
    }
    else
    {
      putBytes(word, 3);
      putBytes(word + 3, 1);
      word += WordSize;
    }
  }
  putBytes(word, block.bytesBehind);
  writer = local;
  writer.Put(main.codes[EndOfBlock], main.lengths[EndOfBlock]);
}

std::size_t
WordDeflater::Compress(const char * bytes, std::size_t size, char * target)
{
  const auto words = size / WordSize;
  std::fill(m_LastOfWord.begin(), m_LastOfWord.end(), -Window - 1);
  std::fill(m_LastOfPair.begin(), m_LastOfPair.end(), -Window - 1);
  BitWriter writer(target);
  for (std::size_t begin = 0; begin == 0 || begin < words; begin += BlockSize)
  {
    Block block;
    block.begin = static_cast<std::int32_t>(begin);
    block.end = static_cast<std::int32_t>(std::min<std::size_t>(begin + BlockSize, words));
    block.isLast = begin + BlockSize >= words;
    block.bytesBehind = block.isLast ? size % WordSize : 0;
    this->FindMatches(bytes, words, block);
    this->WriteBlock(bytes, block, writer);
  }
  return static_cast<std::size_t>(writer.End() - target);
}
} // namespace isolux
