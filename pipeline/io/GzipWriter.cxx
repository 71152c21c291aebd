#include "GzipWriter.h"

#include "Bytes.h"
#include "Error.h"
#include "WordDeflater.h"

#include <libdeflate.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace isolux
{
namespace
{
constexpr std::size_t MemberSize = std::size_t{ 1 } << 20U;

/** Of one thread. */
class MemberCompressor
{
public:
  MemberCompressor(int level, GzipWriter::Content content)
    : m_Compressor(libdeflate_alloc_compressor(level), libdeflate_free_compressor)
  {
    if (!m_Compressor)
    {
      throw Error("compression level " + std::to_string(level) + " is not within 0 to 12, or memory is short");
    }
    if (content == GzipWriter::Content::Float32 && level > 0 && level < 10)
    {
      m_Words = std::make_unique<WordDeflater>();
    }
    m_Target = Bytes(m_Words ? GzipHeader.size() + WordDeflater::Bound(MemberSize) + sizeof(GzipTrailer)
                             : libdeflate_gzip_compress_bound(m_Compressor.get(), MemberSize));
  }

  /** Until the next call. */
  std::pair<const char *, std::size_t>
  Compress(const char * bytes, std::size_t size)
  {
    if (!m_Words)
    {
      return { m_Target.Data(),
               libdeflate_gzip_compress(m_Compressor.get(), bytes, size, m_Target.Data(), m_Target.Size()) };
    }
    char * next = std::copy(GzipHeader.begin(), GzipHeader.end(), m_Target.Data());
    next += m_Words->Compress(bytes, size, next);
    const auto trailer = MakeGzipTrailer(libdeflate_crc32(0, bytes, size), size);
    next = std::copy(trailer.begin(), trailer.end(), next);
    return { m_Target.Data(), static_cast<std::size_t>(next - m_Target.Data()) };
  }

private:
  std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> m_Compressor;
  std::unique_ptr<WordDeflater>                                                 m_Words; ///< null: by libdeflate
  Bytes                                                                         m_Target;
};
} // namespace

GzipTrailer
MakeGzipTrailer(std::uint32_t crc, std::uint64_t size)
{
  GzipTrailer trailer{};
  for (std::size_t byte = 0; byte < 4; ++byte)
  {
    trailer[byte] = static_cast<char>(crc >> (8 * byte));
    trailer[4 + byte] = static_cast<char>(size >> (8 * byte)); // of a larger one the lowest 32 bits
  }
  return trailer;
}

struct GzipWriter::State
{
  Sink         sink;
  int          level;
  unsigned int threads;
  Content      content;

  std::unique_ptr<MemberCompressor> own;     ///< of the caller's thread; null where there is a pool
  Bytes                             pending; ///< a member that is not yet full
  std::size_t                       size = 0;

  std::vector<std::thread> pool;
  std::mutex               mutex;
  std::condition_variable  changed;
  std::deque<Bytes>        waiting; ///< members, in order
  std::vector<Bytes>       free;    ///< to be filled again
  std::size_t              taken = 0;
  std::size_t              written = 0;
  bool                     isClosed = false;
  std::exception_ptr       failure;

  /** What each thread of the pool does. */
  void
  Work()
  {
    try
    {
      MemberCompressor             compressor(level, content);
      std::unique_lock<std::mutex> lock(mutex);
      while (true)
      {
        changed.wait(lock, [this] { return !waiting.empty() || isClosed || failure; });
        if (waiting.empty() || failure)
        {
          return;
        }
        Bytes member = std::move(waiting.front());
        waiting.pop_front();
        const auto turn = taken++;
        changed.notify_all();
        lock.unlock();
        const auto compressed = compressor.Compress(member.Data(), member.Size());
        lock.lock();
        free.push_back(std::move(member));
        changed.wait(lock, [&] { return written == turn || failure; });
        if (failure)
        {
          return;
        }
        lock.unlock(); // nobody else's turn comes before `written` is raised
        sink(compressed.first, compressed.second);
        lock.lock();
        ++written;
        changed.notify_all();
      }
    }
    catch (...)
    {
      const std::lock_guard<std::mutex> lock(mutex);
      failure = std::current_exception();
      changed.notify_all();
    }
  }

  /** Threads as far as the system grants them; none where one is to do it all. */
  void
  Start()
  {
    while (threads > 1 && pool.size() < threads)
    {
      try
      {
        pool.emplace_back([this] { this->Work(); });
      }
      catch (const std::system_error &)
      {
        break; // fewer threads do the same work
      }
      own.reset();
    }
  }

  void
  Join()
  {
    for (std::thread & thread : pool)
    {
      thread.join();
    }
    pool.clear();
  }

  /** Gives what is pending to the pool, or compresses it where there is none. */
  void
  Submit()
  {
    if (pool.empty())
    {
      const auto compressed = own->Compress(pending.Data(), size);
      sink(compressed.first, compressed.second);
      size = 0;
      return;
    }
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [this] { return waiting.size() < 2 * pool.size() || failure; });
    if (failure)
    {
      std::rethrow_exception(failure);
    }
    pending.Resize(std::exchange(size, 0));
    waiting.push_back(std::move(pending));
    pending = Bytes();
    if (!free.empty())
    {
      pending = std::move(free.back());
      free.pop_back();
    }
    changed.notify_all();
  }
};

GzipWriter::GzipWriter(Sink sink, int level, unsigned int threads, Content content)
  : m_State(std::make_unique<State>())
{
  m_State->sink = std::move(sink);
  m_State->level = level;
  m_State->threads = threads;
  m_State->content = content;
  m_State->own = std::make_unique<MemberCompressor>(level, content);
}

GzipWriter::~GzipWriter()
{
  {
    const std::lock_guard<std::mutex> lock(m_State->mutex);
    m_State->waiting.clear();
    m_State->isClosed = true;
    m_State->changed.notify_all();
  }
  m_State->Join();
}

void
GzipWriter::Write(const char * bytes, std::size_t size)
{
  auto & state = *m_State;
  while (size > 0)
  {
    if (state.size == MemberSize) // one that ends the data is not worth a thread
    {
      if (state.pool.empty())
      {
        state.Start();
      }
      state.Submit();
    }
    if (state.pending.Size() < MemberSize)
    {
      state.pending.Resize(MemberSize);
    }
    const auto count = std::min(size, MemberSize - state.size);
    std::memcpy(state.pending.Data() + state.size, bytes, count);
    state.size += count;
    bytes += count;
    size -= count;
  }
}

void
GzipWriter::Close()
{
  auto & state = *m_State;
  if (state.size > 0)
  {
    state.Submit();
  }
  {
    const std::lock_guard<std::mutex> lock(state.mutex);
    state.isClosed = true;
    state.changed.notify_all();
  }
  state.Join();
  if (state.failure)
  {
    std::rethrow_exception(state.failure);
  }
}
} // namespace isolux
