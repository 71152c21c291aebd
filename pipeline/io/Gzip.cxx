#include "Gzip.h"

#include "Error.h"

#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace isolux
{
namespace
{
constexpr std::size_t MemberSize = 1 << 20;
constexpr std::size_t LargestRatio = 1032; ///< of deflate

bool
IsGzip(const char * data, std::size_t size)
{
  return size >= 2 && data[0] == '\x1f' && data[1] == '\x8b';
}

std::size_t
SizeInTrailer(const Bytes & compressed)
{
  std::size_t size = 0;
  for (unsigned int i = 0; i < 4 && compressed.Size() >= 4; ++i)
  {
    size |= std::size_t{ static_cast<unsigned char>(compressed.Data()[compressed.Size() - 4 + i]) } << (8 * i);
  }
  return size;
}
} // namespace

Bytes
Inflate(const Bytes & compressed, const std::string & name)
{
  if (!IsGzip(compressed.Data(), compressed.Size()))
  {
    throw Error(name + ": is not gzip data; give an uncompressed file its plain ending, or download it again");
  }
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)> decompressor(
    libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (!decompressor)
  {
    throw Error(name + ": out of memory; free memory or use a larger machine");
  }
  const std::size_t largest = compressed.Size() <= std::numeric_limits<std::size_t>::max() / LargestRatio
                                ? compressed.Size() * LargestRatio
                                : std::numeric_limits<std::size_t>::max();
  Bytes             inflated(std::min(largest, std::max(SizeInTrailer(compressed), 4 * compressed.Size())));
  std::size_t       consumed = 0;
  std::size_t       produced = 0;
  // What follows the last member is padding, as for gzip itself.
  while (IsGzip(compressed.Data() + consumed, compressed.Size() - consumed))
  {
    std::size_t             in = 0;
    std::size_t             out = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(decompressor.get(),
                                                                   compressed.Data() + consumed,
                                                                   compressed.Size() - consumed,
                                                                   inflated.Data() + produced,
                                                                   inflated.Size() - produced,
                                                                   &in,
                                                                   &out);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && inflated.Size() < largest)
    {
      inflated.Resize(inflated.Size() <= largest / 2 ? 2 * inflated.Size() : largest);
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS)
    {
      throw Error(name + ": its gzip data is truncated or damaged: " + std::to_string(compressed.Size()) +
                  " bytes found, and the gzip member from byte " + std::to_string(consumed) +
                  " has no valid end; copy or download it again");
    }
    consumed += in;
    produced += out;
  }
  inflated.Resize(produced);
  return inflated;
}

void
WriteGzip(OutputFile & file, const std::vector<ByteSpan> & spans, int level, unsigned int threads)
{
  std::vector<ByteSpan> members;
  for (const ByteSpan & span : spans)
  {
    for (std::size_t begin = 0; begin < span.size; begin += MemberSize)
    {
      members.push_back({ span.data + begin, std::min(MemberSize, span.size - begin) });
    }
  }

  std::atomic<std::size_t> next{ 0 };
  std::mutex               mutex;
  std::condition_variable  turn;
  std::size_t              written = 0;
  std::exception_ptr       failure;

  const auto compress = [&]
  {
    try
    {
      const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
        libdeflate_alloc_compressor(level), libdeflate_free_compressor);
      if (!compressor)
      {
        throw Error("compression level " + std::to_string(level) + " is not within 0 to 12, or memory is short");
      }
      Bytes buffer(libdeflate_gzip_compress_bound(compressor.get(), MemberSize));
      for (std::size_t i = next++; i < members.size(); i = next++)
      {
        const std::size_t size =
          libdeflate_gzip_compress(compressor.get(), members[i].data, members[i].size, buffer.Data(), buffer.Size());
        std::unique_lock<std::mutex> lock(mutex);
        turn.wait(lock, [&] { return written == i || failure; });
        if (failure)
        {
          return;
        }
        file.Write(buffer.Data(), size);
        ++written;
        turn.notify_all();
      }
    }
    catch (...)
    {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
      turn.notify_all();
    }
  };

  std::vector<std::thread> pool;
  for (std::size_t i = 1; i < std::min<std::size_t>(threads, members.size()); ++i)
  {
    try
    {
      pool.emplace_back(compress);
    }
    catch (const std::system_error &)
    {
      break; // fewer threads do the same work
    }
  }
  compress();
  for (std::thread & thread : pool)
  {
    thread.join();
  }
  if (failure)
  {
    std::rethrow_exception(failure);
  }
}
} // namespace isolux
