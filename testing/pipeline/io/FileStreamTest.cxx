#include "IoTest.h"

#include "FileStream.h"
#include "GzipWriter.h"

#include <numeric>

namespace isolux
{
namespace
{
class FileStreamTest : public IoTest
{
protected:
  /** The same content plain and compressed. */
  FileStreamTest()
  {
    m_Content.resize(2'500'000);
    for (std::size_t i = 0; i < m_Content.size(); ++i)
    {
      m_Content[i] = static_cast<char>(i * i % 251);
    }
    Put(File("a.raw"), m_Content);
    std::string compressed;
    GzipWriter  writer(
      [&](const char * bytes, std::size_t size) { compressed.append(bytes, size); }, 1, 1, GzipWriter::Content::Bytes);
    writer.Write(m_Content.data(), m_Content.size());
    writer.Close();
    Put(File("a.gz"), compressed);
  }

  std::string m_Content;
};

TEST_F(FileStreamTest, GivesWhatWasPeekedAgainAndThenTheRest)
{
  for (const char * name : { "a.raw", "a.gz" })
  {
    SCOPED_TRACE(name);
    Digest     digest;
    FileStream stream(File(name), &digest);
    for (const std::size_t size : { 10, 400, 200 }) // a shorter peek keeps what was peeked
    {
      const auto & peeked = stream.Peek(size);
      EXPECT_EQ(std::string(peeked.Data(), peeked.Size()),
                m_Content.substr(0, std::max<std::size_t>(size, size == 200 ? 400 : 0)));
    }
    std::string bytes(7, ' ');
    EXPECT_EQ(stream.Read(bytes.data(), bytes.size()), 7u);
    EXPECT_EQ(bytes, m_Content.substr(0, 7));
    const auto & peeked = stream.Peek(1000);
    EXPECT_EQ(std::string(peeked.Data(), peeked.Size()), m_Content.substr(7, 1000));
    std::string rest;
    const auto  found =
      stream.ReadAhead(m_Content.size(), 1, [&](const char * data, std::size_t size) { rest.append(data, size); });
    EXPECT_EQ(found, m_Content.size() - 7);
    EXPECT_TRUE(rest == m_Content.substr(7));
    EXPECT_EQ(stream.Drain(), 0u);
    EXPECT_EQ(digest.Finish().text, Sha256(Contents(File(name)).data(), Contents(File(name)).size()));
  }
}

TEST_F(FileStreamTest, ReadsAheadInMultiplesOfAStepAndNotBeyond)
{
  for (const char * name : { "a.raw", "a.gz" })
  {
    SCOPED_TRACE(name);
    FileStream  stream(File(name), nullptr);
    std::string bytes;
    EXPECT_EQ(stream.ReadAhead(12 * 100'003,
                               12,
                               [&](const char * data, std::size_t size)
                               {
                                 EXPECT_EQ(size % 12, 0u);
                                 bytes.append(data, size);
                               }),
              12u * 100'003);
    EXPECT_TRUE(bytes == m_Content.substr(0, 12 * 100'003));
    EXPECT_EQ(stream.Drain(), m_Content.size() - 12 * 100'003);
  }
}

TEST_F(FileStreamTest, ErrorsNameTheFile)
{
  EXPECT_NE(MessageOf([&] { FileStream(File("none"), nullptr); }).find("none: cannot be opened"), std::string::npos);
  Put(File("empty.gz"), "");
  EXPECT_NE(MessageOf([&] { FileStream(File("empty.gz"), nullptr); }).find("empty.gz: is empty"), std::string::npos);
  EXPECT_NE(MessageOf([&] { FileStream(Folder(), nullptr); }).find("is not a regular file"), std::string::npos);
}
} // namespace
} // namespace isolux
