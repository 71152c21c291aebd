#include "IoTest.h"

#include "FileStream.h"
#include "GzipWriter.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <zlib.h>

#include <limits>
#include <numeric>
#include <string_view>

namespace isolux
{
namespace
{
class Gzip : public IoTest
{
protected:
  std::string
  Compressed(const std::vector<std::string_view> & spans,
             int                                   level,
             unsigned int                          threads,
             GzipWriter::Content                   content = GzipWriter::Content::Bytes)
  {
    std::string compressed;
    GzipWriter  writer(
      [&compressed](const char * bytes, std::size_t size) { compressed.append(bytes, size); }, level, threads, content);
    for (const auto & span : spans)
    {
      writer.Write(span.data(), span.size());
    }
    writer.Close();
    Put(File("a.gz"), compressed);
    return compressed;
  }

  std::string
  Inflated(const std::string & compressed)
  {
    Put(File("b.gz"), compressed);
    FileStream  stream(File("b.gz"), nullptr);
    std::string inflated;
    stream.ReadAhead(std::numeric_limits<std::uint64_t>::max(),
                     1,
                     [&inflated](const char * bytes, std::size_t size) { inflated.append(bytes, size); });
    return inflated;
  }
};

/** Longer than three members, and the members differ. */
std::string
LongText()
{
  std::string text(3'500'000, ' ');
  unsigned    state = 7;
  for (char & c : text)
  {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>('a' + (state >> 24) % 8);
  }
  return text;
}

TEST_F(Gzip, MembersAreReadBackByZlibAndByFileStreamAtEveryLevel)
{
  const std::string header = "header";
  const std::string text = LongText();
  for (const int level : { 0, 1, 6, 12 })
  {
    const std::string compressed = Compressed({ header, text }, level, 2);
    std::string       back(header.size() + text.size() + 10, '\0');
    const gzFile      file = gzopen(File("a.gz").c_str(), "rb");
    const int         count = gzread(file, back.data(), static_cast<unsigned int>(back.size()));
    gzclose(file);
    back.resize(static_cast<std::size_t>(count));
    EXPECT_TRUE(back == header + text) << "level " << level;
    EXPECT_TRUE(Inflated(compressed) == header + text) << "level " << level;
  }
}

TEST_F(Gzip, BytesDoNotDependOnTheNumberOfThreads)
{
  const std::string text = LongText();
  EXPECT_TRUE(Compressed({ text }, 1, 1) == Compressed({ text }, 1, 5));
}

TEST_F(Gzip, BytesDoNotDependOnWhereSpansEnd)
{
  const std::string text = LongText();
  const auto        whole = Compressed({ text }, 1, 2);
  for (const auto & ends : std::vector<std::vector<std::size_t>>{
         { 352 }, { 1, 2, 3 }, { 1 << 20 }, { 352, 1'000'000, 1 << 20, (1 << 20) + 1, 3'400'000 }, { 0, 3'500'000 } })
  {
    std::vector<std::string_view> spans;
    std::size_t                   begin = 0;
    for (const std::size_t end : ends)
    {
      spans.emplace_back(text.data() + begin, end - begin);
      begin = end;
    }
    spans.emplace_back(text.data() + begin, text.size() - begin);
    EXPECT_TRUE(Compressed(spans, 1, 3) == whole) << ends.front();
  }
}

/** As by a reader that takes a file's first kilobyte and knows of no second member. */
TEST_F(Gzip, TheFirstMemberOfAVolumeHoldsVoxels)
{
  WriteVolume(testing::HeadVolume({ { 53, 51, 47, 1 } }), File("a.nii.gz"), {});
  const std::string compressed = testing::ReadBytesOf(File("a.nii.gz"));
  z_stream          stream = {};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string header(540, '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(compressed.data()));
  stream.avail_in = 1024;
  stream.next_out = reinterpret_cast<Bytef *>(header.data());
  stream.avail_out = static_cast<uInt>(header.size());
  EXPECT_EQ(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
  EXPECT_EQ(stream.avail_out, 0U);
  inflateEnd(&stream);
}

TEST_F(Gzip, AWrongSizeInTheTrailerOfAnEarlierMemberAndPaddingAreOfNoConsequence)
{
  const std::string zeros(5'000'000, '\0');
  const std::string first = Compressed({ zeros }, 9, 1);
  const std::string second = Compressed({ "x" }, 1, 1);
  // The last trailer says one byte; 5 million come out.
  EXPECT_TRUE(Inflated(first + second) == zeros + "x");
  EXPECT_TRUE(Inflated(first + second + std::string(512, '\0')) == zeros + "x");
}

TEST_F(Gzip, TruncatedAndDamagedDataAreErrors)
{
  const std::string text = LongText();
  const std::string whole = Compressed({ text }, 1, 1);
  for (const std::size_t size : { std::size_t{ 3 }, whole.size() / 2, whole.size() - 1 })
  {
    EXPECT_NE(MessageOf([&] { Inflated(whole.substr(0, size)); }).find("b.gz: its gzip data is truncated or damaged"),
              std::string::npos);
  }
  std::string damaged = whole;
  damaged[damaged.size() / 3] ^= 0x10;
  EXPECT_NE(MessageOf([&] { Inflated(damaged); }).find("damaged"), std::string::npos);
  EXPECT_NE(MessageOf([&] { Inflated("plain text"); }).find("is not gzip data"), std::string::npos);
}

TEST_F(Gzip, ALevelThatDoesNotExistIsAnError)
{
  EXPECT_NE(MessageOf([&] { Compressed({ "x" }, 13, 1); }).find("13"), std::string::npos);
}
} // namespace
} // namespace isolux
