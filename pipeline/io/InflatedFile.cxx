#include "InflatedFile.h"

#include "Error.h"
#include "ScratchFile.h"
#include "UncachedFile.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <future>
#include <limits>
#include <mutex>
#include <system_error>

namespace isolux
{
namespace
{
constexpr std::size_t BlockSize = std::size_t{ 1 } << 20U;
} // namespace

struct InflatedFile::State
{
  std::filesystem::path source;
  HashType              hashType = HashType::Sha256;
  std::filesystem::path folder;
  std::uint64_t         expected = 0;

  bool                         isStarted = false;
  Bytes                        memory; ///< where there is no scratch file
  std::unique_ptr<ScratchFile> scratch;
  std::future<void>            inflating;

  std::mutex              mutex; ///< of what follows
  std::condition_variable changed;
  std::uint64_t           ready = 0; ///< bytes
  bool                    isDone = false;
  bool                    isUnwanted = false;
  std::exception_ptr      failure;
  Hash                    hash;
  GzipLayout              layout;

  /** All, with `keep` called for what is kept: it is in `block`, which without a scratch file lies in memory. */
  void
  Inflate(const std::function<void(std::uint64_t place, const char * block, std::size_t count)> & keep)
  {
    Digest        digest(hashType);
    GzipReader    reader(source, source.string(), &digest);
    const Bytes   block(BlockSize);
    std::uint64_t size = 0;
    while (true)
    {
      const auto left = size < expected ? expected - size : 0; // what lies behind is checked only
      const bool isDirect = !scratch && left > 0;
      char *     target = isDirect ? memory.Data() + size : block.Data();
      const auto count =
        reader.Read(target, isDirect ? static_cast<std::size_t>(std::min<std::uint64_t>(BlockSize, left)) : BlockSize);
      if (count == 0)
      {
        break;
      }
      keep(size, target, static_cast<std::size_t>(std::min<std::uint64_t>(count, left)));
      size += count;
      const std::lock_guard<std::mutex> lock(mutex);
      if (isUnwanted)
      {
        return;
      }
      ready = std::min(size, expected > 0 ? expected - 1 : 0); // the last byte once all was found to be sound
      changed.notify_all();
    }
    if (size < expected)
    {
      throw Error(source.string() + ": is truncated: " + std::to_string(expected) + " inflated bytes expected, " +
                  std::to_string(size) + " found; copy or download it again");
    }
    hash = digest.Finish();
    layout = reader.Layout();
  }

  void
  InflateIntoScratchFile()
  {
    scratch = std::make_unique<ScratchFile>(folder);
    UncachedFile file(scratch->Path(), source.string() + " inflated in " + folder.string());
    this->Inflate([&file](std::uint64_t place, const char * block, std::size_t count)
                  { file.WriteAt(place, block, count); });
    file.Close();
  }

  /** To the end, or to a failure. */
  void
  Run()
  {
    std::exception_ptr failed;
    try
    {
      folder.empty() ? this->Inflate([](std::uint64_t, const char *, std::size_t) {}) : this->InflateIntoScratchFile();
    }
    catch (...)
    {
      failed = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(mutex);
    ready = failed || isUnwanted ? ready : std::numeric_limits<std::uint64_t>::max();
    failure = failed;
    isDone = true;
    changed.notify_all();
  }

  void
  Start()
  {
    if (std::exchange(isStarted, true))
    {
      return;
    }
    if (folder.empty())
    {
      memory = Bytes(static_cast<std::size_t>(expected));
      try
      {
        inflating = std::async(std::launch::async, [this] { this->Run(); });
        return;
      }
      catch (const std::system_error &) // no thread is to be had
      {
      }
    }
    this->Run();
  }

  /** Until so many bytes are there, or all. */
  void
  Wait(std::uint64_t bytes)
  {
    this->Start();
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return ready >= bytes || isDone; });
    if (ready < bytes && failure)
    {
      std::rethrow_exception(failure);
    }
  }
};

InflatedFile::InflatedFile(const std::filesystem::path & path, HashType hashType)
  : m_State(std::make_unique<State>())
{
  m_State->source = path;
  m_State->hashType = hashType;
}

InflatedFile::~InflatedFile()
{
  {
    const std::lock_guard<std::mutex> lock(m_State->mutex);
    m_State->isUnwanted = true;
  }
  if (m_State->inflating.valid())
  {
    m_State->inflating.wait();
  }
}

Bytes
InflatedFile::Begin(std::size_t most) const
{
  GzipReader reader(m_State->source, m_State->source.string(), nullptr);
  Bytes      bytes(most);
  bytes.Resize(reader.Read(bytes.Data(), bytes.Size()));
  return bytes;
}

void
InflatedFile::SetExpectedSize(std::uint64_t bytes)
{
  m_State->expected = bytes;
}

void
InflatedFile::KeepIn(const std::filesystem::path & folder)
{
  m_State->folder = folder;
}

std::pair<const char *, std::size_t>
InflatedFile::At(std::uint64_t place, std::size_t size, char * buffer)
{
  auto &     state = *m_State;
  const auto end = std::min(place + size, state.expected);
  const auto count = static_cast<std::size_t>(place < end ? end - place : 0);
  state.Wait(end);
  if (state.scratch)
  {
    return { buffer, ReadAt(state.scratch->Descriptor(), state.source, place, buffer, count) };
  }
  return { state.memory.Data() + place, count };
}

Hash
InflatedFile::FinishHash()
{
  m_State->Wait(std::numeric_limits<std::uint64_t>::max());
  return m_State->hash;
}

const GzipLayout &
InflatedFile::Layout()
{
  m_State->Wait(std::numeric_limits<std::uint64_t>::max());
  return m_State->layout;
}
} // namespace isolux
