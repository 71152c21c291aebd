#include "GzipReader.h"

#include "Bytes.h"
#include "Error.h"

#include <isa-l/igzip_lib.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <future>
#include <utility>

namespace isolux
{
namespace
{
constexpr std::size_t InputSize = std::size_t{ 1 } << 20U;
} // namespace

bool
IsGzipName(const std::filesystem::path & path)
{
  auto ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".gz";
}

struct GzipReader::State
{
  std::string       name;
  Digest *          digest = nullptr;
  int               descriptor = -1;
  std::uint64_t     compressed = 0; ///< bytes read
  GzipLayout        layout;
  bool              isAtEnd = false;
  bool              isInMember = true;
  Bytes             input{ InputSize };
  inflate_state     inflate{};
  std::future<void> hashing; ///< of what was read last

  ~State()
  {
    if (descriptor >= 0)
    {
      ::close(descriptor);
    }
  }

  [[noreturn]] void
  Fail() const
  {
    throw Error(name + ": its gzip data is truncated or damaged: " + std::to_string(compressed) +
                " bytes found, and a gzip member has no valid end; copy or download it again");
  }

  /** More input behind what is left of it. */
  void
  Fill()
  {
    constexpr std::streamsize worthAThread = 1 << 16;
    if (hashing.valid())
    {
      hashing.get();
    }
    std::memmove(input.Data(), inflate.next_in, inflate.avail_in);
    while (true)
    {
      const auto count = ::read(descriptor, input.Data() + inflate.avail_in, input.Size() - inflate.avail_in);
      if (count < 0 && errno == EINTR)
      {
        continue;
      }
      if (count < 0)
      {
        throw Error(name + ": cannot be read: " + SystemMessage() + "; copy it to another disk");
      }
      if (digest != nullptr)
      {
        hashing = std::async(count < worthAThread ? std::launch::deferred : std::launch::async | std::launch::deferred,
                             [digest = digest, bytes = input.Data() + inflate.avail_in, count]
                             { digest->Add(bytes, static_cast<std::size_t>(count)); });
      }
      isAtEnd = count == 0;
      compressed += static_cast<std::uint64_t>(count);
      inflate.next_in = reinterpret_cast<std::uint8_t *>(input.Data());
      inflate.avail_in += static_cast<std::uint32_t>(count);
      return;
    }
  }

  /** Whether what follows is a gzip member; anything else is padding, as for gzip itself. */
  bool
  StartsMember()
  {
    while (inflate.avail_in < 2 && !isAtEnd)
    {
      this->Fill();
    }
    return inflate.avail_in >= 2 && inflate.next_in[0] == 0x1f && inflate.next_in[1] == 0x8b;
  }

  void
  StartMember()
  {
    isal_inflate_reset(&inflate);
    inflate.crc_flag = ISAL_GZIP;
  }
};

GzipReader::GzipReader(const std::filesystem::path & path, std::string name, Digest * digest)
  : m_State(std::make_unique<State>())
{
  auto & state = *m_State;
  state.name = std::move(name);
  state.digest = digest;
  state.descriptor = OpenToRead(path);
  std::error_code unknown;
  state.layout.modified = std::filesystem::last_write_time(path, unknown);
  isal_inflate_init(&state.inflate);
  state.inflate.next_in = reinterpret_cast<std::uint8_t *>(state.input.Data());
  if (!state.StartsMember())
  {
    throw Error(state.name + ": is not gzip data; give an uncompressed file its plain ending, or download it again");
  }
  state.StartMember();
}

GzipReader::~GzipReader() = default;

std::size_t
GzipReader::Read(char * target, std::size_t size)
{
  constexpr std::size_t largest = std::size_t{ 1 } << 30U; // of a call's 32 bits
  auto &                state = *m_State;
  std::size_t           done = 0;
  while (done < size && state.isInMember)
  {
    const auto wanted = std::min(size - done, largest);
    state.inflate.next_out = reinterpret_cast<std::uint8_t *>(target + done);
    state.inflate.avail_out = static_cast<std::uint32_t>(wanted);
    if (state.inflate.avail_in == 0 && !state.isAtEnd)
    {
      state.Fill();
    }
    const auto inputBefore = state.inflate.avail_in;
    const int  result = isal_inflate(&state.inflate);
    const auto produced = wanted - state.inflate.avail_out;
    done += produced;
    state.layout.size += produced;
    if (result < 0)
    {
      state.Fail();
    }
    if (state.inflate.block_state == ISAL_BLOCK_FINISH)
    {
      state.layout.end = state.compressed - state.inflate.avail_in;
      if (state.layout.firstEnd == 0)
      {
        state.layout.firstEnd = state.layout.end;
        state.layout.firstSize = state.layout.size;
      }
      state.isInMember = state.StartsMember();
      if (state.isInMember)
      {
        state.StartMember();
      }
      while (!state.isInMember && !state.isAtEnd) // padding, which belongs to the file's hash
      {
        state.inflate.avail_in = 0;
        state.Fill();
      }
    }
    else if (produced == 0 && state.inflate.avail_in == inputBefore && state.isAtEnd)
    {
      state.Fail();
    }
    else if (produced == 0 && state.inflate.avail_in == inputBefore && state.inflate.avail_in > 0)
    {
      state.Fill();
    }
  }
  return done;
}

const GzipLayout &
GzipReader::Layout() const
{
  return m_State->layout;
}
} // namespace isolux
