#include "HuffmanCode.h"
#include "WordDeflater.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace isolux
{
namespace
{
std::string
Deflated(const std::string & bytes)
{
  WordDeflater      deflater;
  constexpr char    guard = 0x5a;
  std::vector<char> target(WordDeflater::Bound(bytes.size()) + 1, guard);
  const auto        size = deflater.Compress(bytes.data(), bytes.size(), target.data());
  EXPECT_EQ(target.back(), guard);
  return { target.data(), size };
}

/** By zlib, which other programs read with. */
std::string
Inflated(const std::string & deflated, std::size_t size)
{
  std::string bytes(size + 1, '\0');
  z_stream    stream{};
  EXPECT_EQ(inflateInit2(&stream, -MAX_WBITS), Z_OK);
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(deflated.data()));
  stream.avail_in = static_cast<uInt>(deflated.size());
  stream.next_out = reinterpret_cast<Bytef *>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END) << (stream.msg != nullptr ? stream.msg : "");
  EXPECT_EQ(stream.avail_in, 0U);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

std::size_t
DeflatedByZlib(const std::string & bytes, int level)
{
  std::vector<Bytef> target(compressBound(bytes.size()));
  uLongf             size = target.size();
  EXPECT_EQ(compress2(target.data(), &size, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size(), level), Z_OK);
  return size;
}

std::string
BytesOf(const std::vector<float> & values)
{
  std::string bytes(sizeof(float) * values.size(), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/** z-scores of noisy integers. */
std::vector<float>
Scores(std::size_t count, double deviation)
{
  std::mt19937       random(3);
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
  {
    double noise = -6.0; // of 12 uniform ones: the same on every system
    for (int draw = 0; draw < 12; ++draw)
    {
      noise += static_cast<double>(random()) * 0x1p-32;
    }
    values[i] = static_cast<float>((std::round((i / 5000 % 3 == 0 ? 0.0 : 300.0) + deviation * noise) - 118.3) / 175.2);
  }
  return values;
}

TEST(WordDeflater, ZlibReadsBackDataOfEverySizeAndKind)
{
  std::mt19937                             random(5);
  const std::vector<std::vector<unsigned>> alphabets = {
    { 0 }, { 0, 1 }, { 0x3f800000U, 0xbf800000U, 0x40490fdbU }, { 1, 256, 65536, 16777216 }
  };
  for (const std::size_t words : { 0, 1, 2, 3, 5, 63, 64, 65, 66, 130, 8191, 8193, 65535, 65536, 65537, 200000 })
  {
    for (std::size_t kind = 0; kind <= alphabets.size() + 1; ++kind)
    {
      std::vector<std::uint32_t> data(words);
      for (auto & word : data)
      {
        word = kind == alphabets.size()       ? static_cast<std::uint32_t>(random())
               : kind == alphabets.size() + 1 ? static_cast<std::uint32_t>(random() % 9000)
                                              : alphabets[kind][random() % alphabets[kind].size()];
      }
      for (const std::size_t behind : { 0, 1, 3 })
      {
        std::string bytes(4 * words + behind, '\x7f');
        std::copy_n(reinterpret_cast<const char *>(data.data()), 4 * words, bytes.begin());
        if (!bytes.empty())
        {
          EXPECT_TRUE(Inflated(Deflated(bytes), bytes.size()) == bytes) << words << " words, kind " << kind;
        }
      }
    }
  }
}

TEST(WordDeflater, ReadsBackMatchesAtTheWindowsEndAndOfEveryLength)
{
  std::mt19937 random(11);
  for (const std::size_t distance : { 1, 2, 3, 8191, 8192, 8193, 8194 })
  {
    std::vector<std::uint32_t> data(distance);
    std::generate(data.begin(), data.end(), random);
    for (std::size_t length = 1; length <= 70; ++length)
    {
      for (std::size_t i = 0; i < length; ++i)
      {
        data.push_back(data[data.size() - distance]);
      }
      data.push_back(static_cast<std::uint32_t>(random()));
    }
    std::string bytes(4 * data.size(), '\0');
    std::memcpy(bytes.data(), data.data(), bytes.size());
    EXPECT_TRUE(Inflated(Deflated(bytes), bytes.size()) == bytes) << distance;
  }
}

TEST(WordDeflater, ScoresOfIntegersAreLittleLargerThanThoseOfZlibsLevel6)
{
  for (const double deviation : { 2.0, 25.0, 80.0 })
  {
    const auto bytes = BytesOf(Scores(300000, deviation));
    EXPECT_LT(static_cast<double>(Deflated(bytes).size()), 1.08 * static_cast<double>(DeflatedByZlib(bytes, 6)))
      << deviation;
  }
}

TEST(WordDeflater, DistinctWordsAreNoLargerThanTheyWere)
{
  std::mt19937 random(2);
  std::string  bytes(1 << 20, '\0');
  std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<char>(random()); });
  EXPECT_LT(Deflated(bytes).size(), bytes.size() + bytes.size() / 500);
}

TEST(WordDeflater, ForgetsWhatItCompressedBefore)
{
  const auto        bytes = BytesOf(Scores(5000, 30.0));
  WordDeflater      deflater;
  std::vector<char> first(WordDeflater::Bound(bytes.size()));
  auto              second = first;
  const auto        firstSize = deflater.Compress(bytes.data(), bytes.size(), first.data());
  const auto        secondSize = deflater.Compress(bytes.data(), bytes.size(), second.data());
  ASSERT_EQ(firstSize, secondSize);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(firstSize), second.begin()));
}

/** In units of a code of 15 bits. */
std::uint32_t
Taken(const HuffmanCode & code)
{
  return std::accumulate(code.lengths.begin(),
                         code.lengths.end(),
                         0U,
                         [](std::uint32_t sum, std::uint8_t length)
                         { return sum + (length > 0 ? 1U << (15U - length) : 0U); });
}

TEST(HuffmanCode, IsTheOneOfTheClassicExample)
{
  // Counts and lengths of Cormen et al., Introduction to Algorithms, 16.3.
  const auto code = MakeHuffmanCode({ 45, 13, 12, 16, 9, 5, 0 }, 15);
  EXPECT_EQ(code.lengths, (std::vector<std::uint8_t>{ 1, 3, 3, 3, 4, 4, 0 }));
  // RFC 1951, 3.2.2: 0, 100, 101, 110, 1110, 1111, written here from the lowest bit.
  EXPECT_EQ(code.codes, (std::vector<std::uint16_t>{ 0, 1, 5, 3, 7, 15, 0 }));
}

TEST(HuffmanCode, IsCompleteAndNoLongerThanAllowedForCountsOfFibonacci)
{
  std::vector<std::uint32_t> counts{ 1, 1 };
  while (counts.size() < 40)
  {
    counts.push_back(counts[counts.size() - 1] + counts[counts.size() - 2]);
  }
  for (const unsigned int longest : { 7U, 9U, 15U })
  {
    const auto code = MakeHuffmanCode(counts, longest);
    EXPECT_EQ(Taken(code), 1U << 15U) << longest;
    EXPECT_EQ(*std::max_element(code.lengths.begin(), code.lengths.end()), longest);
    EXPECT_TRUE(std::is_sorted(code.lengths.rbegin(), code.lengths.rend()));
  }
}

TEST(HuffmanCode, HasTwoSymbolsWhereFewerOccur)
{
  EXPECT_EQ(MakeHuffmanCode({ 0, 0, 0 }, 15).lengths, (std::vector<std::uint8_t>{ 1, 1, 0 }));
  EXPECT_EQ(MakeHuffmanCode({ 0, 0, 7 }, 15).lengths, (std::vector<std::uint8_t>{ 1, 0, 1 }));
  EXPECT_EQ(MakeHuffmanCode({ 9, 0, 0 }, 15).lengths, (std::vector<std::uint8_t>{ 1, 1, 0 }));
}
} // namespace
} // namespace isolux
