#include "IoTest.h"

#include "GzipSplice.h"
#include "GzipWriter.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <random>

namespace isolux
{
namespace
{
class GzipSpliceTest : public IoTest
{
protected:
  /** Puts the content with another head, whose every CRC and size the reader checks. */
  void
  ExpectSpliced(const std::string & compressed, const std::string & content, std::size_t skip, const std::string & head)
  {
    Put(File("a.gz"), compressed);
    GzipReader  reader(File("a.gz"), "a.gz", nullptr);
    std::string back(content.size() + 1, '\0');
    ASSERT_EQ(reader.Read(back.data(), back.size()), content.size());
    std::string spliced;
    ASSERT_TRUE(SpliceGzip(File("a.gz"),
                           reader.Layout(),
                           skip,
                           head,
                           [&spliced](const char * bytes, std::size_t size) { spliced.append(bytes, size); }));
    Put(File("b.gz"), spliced);
    const auto  expected = head + content.substr(skip);
    std::string inflated(expected.size() + 1, '\0');
    GzipReader  again(File("b.gz"), "b.gz", nullptr);
    ASSERT_EQ(again.Read(inflated.data(), inflated.size()), expected.size());
    inflated.pop_back();
    EXPECT_TRUE(inflated == expected);
    const gzFile file = gzopen(File("b.gz").c_str(), "rb");
    inflated.assign(expected.size() + 1, '\0');
    EXPECT_EQ(gzread(file, inflated.data(), static_cast<unsigned int>(inflated.size())),
              static_cast<int>(expected.size()));
    EXPECT_EQ(gzclose(file), Z_OK);
    inflated.pop_back();
    EXPECT_TRUE(inflated == expected);
    // Little is compressed anew: the beginning, some blocks of zlib's.
    EXPECT_LT(spliced.size(), compressed.size() + compressed.size() / 100 + 3000);
    m_Copied = spliced.size() > 20 && compressed.size() > 20 &&
               spliced.compare(spliced.size() - 20, 12, compressed, compressed.size() - 20, 12) == 0;
  }

  /** By zlib, as nibabel, ITK and dcm2niix do. */
  static std::string
  ByZlib(const std::string & content, int level, int strategy = Z_DEFAULT_STRATEGY)
  {
    z_stream stream{};
    deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, strategy);
    std::string compressed(deflateBound(&stream, content.size()) + 100, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef *>(compressed.data());
    stream.avail_out = static_cast<uInt>(compressed.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    compressed.resize(stream.total_out);
    deflateEnd(&stream);
    return compressed;
  }

  static std::string
  ByLibdeflate(const std::string & content, int level)
  {
    auto * const compressor = libdeflate_alloc_compressor(level);
    std::string  compressed(libdeflate_gzip_compress_bound(compressor, content.size()), '\0');
    compressed.resize(
      libdeflate_gzip_compress(compressor, content.data(), content.size(), compressed.data(), compressed.size()));
    libdeflate_free_compressor(compressor);
    return compressed;
  }

  static std::string
  ByIsal(const std::string & content)
  {
    std::string  compressed(content.size() * 2 + 1000, '\0');
    isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = reinterpret_cast<std::uint8_t *>(const_cast<char *>(content.data()));
    stream.avail_in = static_cast<std::uint32_t>(content.size());
    stream.next_out = reinterpret_cast<std::uint8_t *>(compressed.data());
    stream.avail_out = static_cast<std::uint32_t>(compressed.size());
    EXPECT_EQ(isal_deflate_stateless(&stream), COMP_OK);
    compressed.resize(stream.total_out);
    return compressed;
  }

  bool m_Copied = false; ///< whether the last one's end is the end of what it was made of
};

/** A head, and int16 of some noise: matches, literals, a few blocks. */
std::string
Int16Content(std::size_t size, unsigned int seed)
{
  std::mt19937 random(seed);
  std::string  content = "head " + std::string(347, '\0');
  while (content.size() < size)
  {
    const auto value = content.size() / 9000 % 4 == 0 ? 0U : 300U + random() % 60;
    content += static_cast<char>(value & 255U);
    content += static_cast<char>(value >> 8U);
  }
  return content;
}

TEST_F(GzipSpliceTest, ReplacesTheHeadOfWhatEveryCompressorMade)
{
  const auto content = Int16Content(2'500'000, 1);
  for (const auto & head :
       { std::string("HEAD") + std::string(348, 'x'), std::string(1, 'h'), std::string(70'000, 'y') })
  {
    for (const int level : { 1, 6, 9 })
    {
      SCOPED_TRACE("level " + std::to_string(level) + ", head of " + std::to_string(head.size()));
      ExpectSpliced(ByZlib(content, level), content, 352, head);
      EXPECT_TRUE(m_Copied);
      ExpectSpliced(ByLibdeflate(content, level), content, 352, head);
      EXPECT_TRUE(m_Copied);
    }
    ExpectSpliced(ByZlib(content, 6, Z_FIXED), content, 352, head);
    ExpectSpliced(ByZlib(content, 6, Z_HUFFMAN_ONLY), content, 352, head);
    ExpectSpliced(ByIsal(content), content, 352, head);
  }
}

TEST_F(GzipSpliceTest, GoesOnAtEveryBitOfAByte)
{
  // A seed makes the block's end fall on another bit.
  for (unsigned int seed = 0; seed < 40; ++seed)
  {
    const auto content = Int16Content(200'000 + 1000 * seed, seed);
    ExpectSpliced(ByZlib(content, 6), content, 352, "other head");
    EXPECT_TRUE(m_Copied);
  }
}

TEST_F(GzipSpliceTest, KeepsStoredBlocksAndWhatIsNotCompressible)
{
  std::mt19937 random(8);
  std::string  content = "head " + std::string(347, '\0');
  while (content.size() < 700'000)
  {
    content += static_cast<char>(random());
  }
  ExpectSpliced(ByZlib(content, 6), content, 352, std::string(352, 'H'));
  EXPECT_TRUE(m_Copied);
  ExpectSpliced(ByZlib(content, 0), content, 352, std::string(352, 'H'));
  EXPECT_TRUE(m_Copied);
}

TEST_F(GzipSpliceTest, TakesSmallFilesAndSeveralMembers)
{
  for (const std::size_t size : { 353U, 400U, 5000U, 33'000U, 40'000U })
  {
    const auto content = Int16Content(size, 3);
    ExpectSpliced(ByZlib(content, 6), content, 352, "other head");
  }
  // The members of our own, and of a writer that puts the header into one of its own.
  const auto  content = Int16Content(3'000'000, 4);
  std::string ours;
  GzipWriter  writer(
    [&ours](const char * bytes, std::size_t size) { ours.append(bytes, size); }, 1, 1, GzipWriter::Content::Bytes);
  writer.Write(content.data(), content.size());
  writer.Close();
  ExpectSpliced(ours, content, 352, "other head");
  EXPECT_TRUE(m_Copied);
  ExpectSpliced(ByZlib(content.substr(0, 352), 6) + ByZlib(content.substr(352), 6), content, 352, "other head");
  EXPECT_TRUE(m_Copied);
  ExpectSpliced(ByZlib(content.substr(0, 100), 6) + ByZlib(content.substr(100), 6), content, 352, "other head");
}

TEST_F(GzipSpliceTest, LeavesPaddingOut)
{
  const auto content = Int16Content(300'000, 5);
  const auto compressed = ByZlib(content, 6);
  ExpectSpliced(compressed + std::string(5000, '\0'), content, 352, "other head");
  EXPECT_LT(fs::file_size(File("b.gz")), compressed.size() + 2000);
}

/** In blocks of 300 bytes, one of which repeats the head from as far away as zlib looks back. */
TEST_F(GzipSpliceTest, LeavesNoBlockThatRefersToTheOldHead)
{
  std::mt19937 random(12);
  std::string  content(40'000, '\0');
  std::generate(content.begin(), content.end(), [&random] { return static_cast<char>(random()); });
  std::copy_n(content.begin() + 50, 300, content.begin() + 32'400); // a block's beginning, after no other repetition
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string compressed(2 * content.size(), '\0');
  stream.next_out = reinterpret_cast<Bytef *>(compressed.data());
  stream.avail_out = static_cast<uInt>(compressed.size());
  for (std::size_t begin = 0; begin < content.size(); begin += 300)
  {
    stream.next_in = reinterpret_cast<Bytef *>(content.data() + begin);
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(300, content.size() - begin));
    deflate(&stream, begin + 300 < content.size() ? Z_BLOCK : Z_FINISH);
  }
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  ExpectSpliced(compressed, content, 352, std::string(352, 'H'));
  EXPECT_TRUE(m_Copied);
}

TEST_F(GzipSpliceTest, GivesUpABeginningThatIsTooLargeBeforeItWrites)
{
  const std::string content(12'000'000, '\0');
  const auto        compressed = ByIsal(content); // one block
  Put(File("a.gz"), compressed);
  GzipReader  reader(File("a.gz"), "a.gz", nullptr);
  std::string back(content.size(), '\0');
  ASSERT_EQ(reader.Read(back.data(), back.size()), content.size());
  ASSERT_EQ(reader.Read(back.data(), 1), 0U);
  bool hasWritten = false;
  EXPECT_FALSE(SpliceGzip(
    File("a.gz"), reader.Layout(), 352, "other head", [&hasWritten](const char *, std::size_t) { hasWritten = true; }));
  EXPECT_FALSE(hasWritten);
}

TEST_F(GzipSpliceTest, SaysThatAFileHasChanged)
{
  const auto content = Int16Content(300'000, 7);
  Put(File("a.gz"), ByZlib(content, 6));
  GzipReader  reader(File("a.gz"), "a.gz", nullptr);
  std::string back(content.size() + 1, '\0');
  reader.Read(back.data(), back.size());
  Put(File("a.gz"), ByZlib(content, 6).substr(0, 1000));
  EXPECT_NE(MessageOf([&] { SpliceGzip(File("a.gz"), reader.Layout(), 352, "head", [](const char *, std::size_t) {}); })
              .find("a.gz: has changed while it was read"),
            std::string::npos);
}
} // namespace
} // namespace isolux
