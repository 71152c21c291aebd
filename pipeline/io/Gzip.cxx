#include "Gzip.h"

#include "Bytes.h"
#include "Error.h"

#include <libdeflate.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace isolux
{
namespace
{
constexpr std::size_t MemberSize = 1 << 20;

/** The spans in a row, cut into members; one that reaches over the end of a span is a copy, in `joined`. */
std::vector<ByteSpan>
Members(const std::vector<ByteSpan> & spans, std::list<Bytes> & joined)
{
  std::vector<ByteSpan> members;
  std::size_t           missing = 0; // bytes that the last member, a copy, still takes
  for (std::size_t i = 0; i < spans.size(); ++i)
  {
    std::size_t begin = std::min(missing, spans[i].size);
    if (begin > 0)
    {
      std::memcpy(joined.back().Data() + MemberSize - missing, spans[i].data, begin);
      members.back().size += begin;
      missing -= begin;
    }
    for (; begin < spans[i].size; begin += members.back().size)
    {
      members.push_back({ spans[i].data + begin, std::min(MemberSize, spans[i].size - begin) });
      if (members.back().size < MemberSize && i + 1 < spans.size())
      {
        joined.emplace_back(MemberSize);
        std::memcpy(joined.back().Data(), members.back().data, members.back().size);
        members.back().data = joined.back().Data();
        missing = MemberSize - members.back().size;
      }
    }
  }
  return members;
}
} // namespace

void
WriteGzip(const std::function<void(const char * bytes, std::size_t size)> & write,
          const std::vector<ByteSpan> &                                     spans,
          int                                                               level,
          unsigned int                                                      threads)
{
  std::list<Bytes>         joined;
  const auto               members = Members(spans, joined);
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
        write(buffer.Data(), size);
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
