#include "GzipSplice.h"

#include "BitWriter.h"
#include "Bytes.h"
#include "Error.h"
#include "StoredBytes.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace isolux
{
namespace
{
constexpr std::size_t   BlockSize = std::size_t{ 1 } << 20U;
constexpr std::uint64_t Window = 32768;                             ///< bytes that a block may refer back to
constexpr std::size_t   LargestBeginning = std::size_t{ 8 } << 20U; ///< zlib's blocks hold up to 4 MiB
constexpr auto          AnyGzip = 15 + 16;                          ///< of zlib: the largest window, and a gzip header

class SourceFile
{
public:
  explicit SourceFile(const std::filesystem::path & path)
    : m_Path(path)
    , m_Bytes(path, nullptr)
  {
  }

  /** \throws Error where the file has shrunk. */
  void
  Read(std::uint64_t place, void * target, std::size_t size)
  {
    if (m_Bytes.At(place, size, static_cast<char *>(target)).second < size)
    {
      this->Fail();
    }
  }

  [[noreturn]] void
  Fail() const
  {
    throw Error(m_Path.string() + ": has changed while it was read; run again");
  }

  /** \throws Error where it was written to since then. */
  void
  CheckModified(std::filesystem::file_time_type modified) const
  {
    std::error_code unknown;
    if (std::filesystem::last_write_time(m_Path, unknown) != modified)
    {
      this->Fail();
    }
  }

private:
  std::filesystem::path m_Path;
  StoredBytes           m_Bytes;
};

/** Where the beginning ends that is compressed anew. */
struct Beginning
{
  std::vector<char> content;
  std::uint64_t     end = 0;  ///< compressed bytes before it; the last one may belong to what follows in part
  unsigned int      bits = 0; ///< of that last byte, which belong to what follows; 0: none
  bool              isWholeMembers = false;
};

/** The least that holds all of the first `skip` bytes, and what no later block refers to; none where that is too large.
 */
std::optional<Beginning>
FindBeginning(SourceFile & source, const GzipLayout & layout, std::uint64_t skip)
{
  struct Inflater : z_stream
  {
    Inflater()
      : z_stream{}
    {
      inflateInit2(this, AnyGzip);
    }
    ~Inflater()
    {
      inflateEnd(this);
    }
  } inflater;
  Beginning          found;
  std::vector<Bytef> input(1 << 16U);
  std::uint64_t      read = 0;
  std::size_t        size = 0;
  while (true)
  {
    if (inflater.avail_in == 0)
    {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), layout.end - read));
      if (count == 0)
      {
        source.Fail();
      }
      source.Read(read, input.data(), count);
      read += count;
      inflater.next_in = input.data();
      inflater.avail_in = static_cast<uInt>(count);
    }
    if (size > LargestBeginning)
    {
      return {};
    }
    if (found.content.size() - size < input.size())
    {
      found.content.resize(size + BlockSize);
    }
    inflater.next_out = reinterpret_cast<Bytef *>(found.content.data() + size);
    inflater.avail_out = static_cast<uInt>(found.content.size() - size);
    const int status = inflate(&inflater, Z_BLOCK);
    size = found.content.size() - inflater.avail_out;
    found.end = read - inflater.avail_in;
    const bool isBetweenBlocks = (inflater.data_type & 128) != 0 && (inflater.data_type & 64) == 0;
    const bool isFirstMember = found.end < layout.firstEnd;
    found.isWholeMembers = status == Z_STREAM_END;
    if (found.isWholeMembers ? size >= skip : isBetweenBlocks && isFirstMember && size >= skip + Window)
    {
      found.bits = found.isWholeMembers ? 0 : inflater.data_type & 7;
      found.content.resize(size);
      return found;
    }
    if (found.isWholeMembers && found.end < layout.end)
    {
      inflateReset(&inflater);
    }
    else if (found.isWholeMembers || (status != Z_OK && status != Z_BUF_ERROR))
    {
      source.Fail();
    }
  }
}

/** Blocks of nothing, until the last byte has so many bits. */
void
Align(BitWriter & writer, unsigned int bits)
{
  if ((bits - writer.BitsOfByte()) % 2 == 1)
  {
    // One with codes of its own (RFC 1951, 3.2.7), of 91 bits: that for code lengths has 1 and 18, of a bit each; the
    // main one a byte and the end of the block, of a bit each; that for distances one, of a bit.
    writer.Put(0b100, 3);    // not the last; with codes of its own
    writer.Put(0, 5 + 5);    // 257 main lengths, one of distances
    writer.Put(14, 4);       // 18 lengths of the code for lengths, in their own order:
    writer.Put(1U << 6U, 9); // 16, 17: none; 18: 1
    writer.Put(0, 3 * 14);   // 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14: none
    writer.Put(1, 3);        // 1: 1
    writer.Put(0, 1);        // the length 1 for the byte 0
    writer.Put(1, 1);        // 138 zeros
    writer.Put(127, 7);
    writer.Put(1, 1); // 117 zeros
    writer.Put(106, 7);
    writer.Put(0, 1); // the length 1 for the end of the block
    writer.Put(0, 1); // the length 1 for a distance of 1
    writer.Put(1, 1); // the end of the block
  }
  while (writer.BitsOfByte() != bits)
  {
    writer.Put(0b010, 3); // not the last; with the fixed codes
    writer.Put(0, 7);     // the end of the block
  }
}

/** Deflated, as blocks that are not the last, to the end of a byte; by zlib, to the same bytes on every processor. */
std::vector<char>
DeflatedBeginning(const std::vector<char> & content)
{
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::vector<char> deflated(deflateBound(&stream, content.size()) + 16);
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef *>(deflated.data());
  stream.avail_out = static_cast<uInt>(deflated.size());
  const int status = deflate(&stream, Z_SYNC_FLUSH);
  deflated.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_OK || stream.avail_in > 0)
  {
    throw std::logic_error("a beginning of " + std::to_string(content.size()) + " bytes is not deflated");
  }
  return deflated;
}

std::uint32_t
Crc(std::string_view bytes)
{
  return static_cast<std::uint32_t>(
    crc32_z(crc32_z(0, nullptr, 0), reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}
} // namespace

bool
SpliceGzip(const std::filesystem::path & path,
           const GzipLayout &            layout,
           std::uint64_t                 skip,
           std::string_view              head,
           const GzipWriter::Sink &      sink)
{
  SourceFile source(path);
  auto       found = FindBeginning(source, layout, skip);
  if (!found)
  {
    return false;
  }
  auto &     beginning = *found;
  const auto oldHeadCrc = Crc({ beginning.content.data(), static_cast<std::size_t>(skip) });
  beginning.content.erase(beginning.content.begin(), beginning.content.begin() + static_cast<std::ptrdiff_t>(skip));
  beginning.content.insert(beginning.content.begin(), head.begin(), head.end());
  const Bytes block(BlockSize);
  const auto  copy = [&](std::uint64_t begin, std::uint64_t end)
  {
    while (begin < end)
    {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(block.Size(), end - begin));
      source.Read(begin, block.Data(), count);
      sink(block.Data(), count);
      begin += count;
    }
  };
  if (beginning.isWholeMembers)
  {
    GzipWriter writer(sink, 1, 1, GzipWriter::Content::Bytes);
    writer.Write(beginning.content.data(), beginning.content.size());
    writer.Close();
    copy(beginning.end, layout.end);
    source.CheckModified(layout.modified);
    return true;
  }
  sink(GzipHeader.data(), GzipHeader.size());
  auto deflated = DeflatedBeginning(beginning.content);
  sink(deflated.data(), deflated.size());

  std::array<char, 64> seam{};
  BitWriter            writer(seam.data());
  Align(writer, (8 - beginning.bits) % 8);
  char * const end = writer.End();
  if (beginning.bits > 0)
  {
    char shared = 0;
    source.Read(beginning.end - 1, &shared, 1);
    end[-1] =
      static_cast<char>(end[-1] | (static_cast<unsigned char>(shared) >> (8 - beginning.bits)) << (8 - beginning.bits));
  }
  sink(seam.data(), static_cast<std::size_t>(end - seam.data()));
  copy(beginning.end, layout.firstEnd - sizeof(GzipTrailer));

  // CRC-32 is linear: what the old head did to that of the whole is taken out, and what the new one does put in.
  std::array<unsigned char, 4> oldCrc{};
  source.Read(layout.firstEnd - sizeof(GzipTrailer), oldCrc.data(), oldCrc.size());
  const auto behind = static_cast<z_off_t>(layout.firstSize - skip);
  auto       crc = crc32_combine(oldHeadCrc, 0, behind) ^ crc32_combine(Crc(head), 0, behind);
  for (std::size_t byte = 0; byte < oldCrc.size(); ++byte)
  {
    crc ^= uLong{ oldCrc[byte] } << (8 * byte);
  }
  const auto trailer = MakeGzipTrailer(static_cast<std::uint32_t>(crc), layout.firstSize - skip + head.size());
  sink(trailer.data(), trailer.size());
  copy(layout.firstEnd, layout.end);
  source.CheckModified(layout.modified);
  return true;
}
} // namespace isolux
