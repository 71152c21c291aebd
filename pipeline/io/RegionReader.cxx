#include "RegionReader.h"

#include "Bytes.h"
#include "Error.h"

#include "itkImageRows.h"

#include <algorithm>
#include <cstring>
#include <future>
#include <limits>
#include <tuple>
#include <vector>

namespace isolux
{
namespace
{
constexpr std::size_t BlockSize = std::size_t{ 4 } << 20;
} // namespace

struct RunningDigest::State
{
  std::filesystem::path file;
  std::uint64_t         place = 0;
  Digest                digest;
  std::future<void>     running;

  explicit State(HashType type)
    : digest(type)
  {
  }

  /** From `place` to the end, or to `end`. */
  void
  Read(std::uint64_t end)
  {
    StoredBytes       stored(file, nullptr);
    std::vector<char> block(BlockSize);
    while (place < end)
    {
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - place));
      const auto count = stored.At(place, wanted, block.data()).second;
      digest.Add(block.data(), count);
      place += count;
      if (count < wanted)
      {
        break;
      }
    }
  }
};

RunningDigest::RunningDigest(const std::filesystem::path & head, const std::filesystem::path & file, HashType type)
  : m_State(std::make_unique<State>(type))
{
  if (!head.empty())
  {
    m_State->digest.Add(ReadBytes(head));
  }
  m_State->file = file;
}

RunningDigest::~RunningDigest()
{
  this->Wait();
}

bool
RunningDigest::Wants(const std::filesystem::path & file, std::uint64_t place) const
{
  return file == m_State->file && place == m_State->place;
}

void
RunningDigest::Add(const char * bytes, std::size_t size)
{
  this->Wait();
  m_State->place += size;
  m_State->running = std::async(std::launch::async | std::launch::deferred,
                                [state = m_State.get(), bytes, size] { state->digest.Add(bytes, size); });
}

void
RunningDigest::Wait()
{
  if (m_State->running.valid())
  {
    m_State->running.get();
  }
}

void
RunningDigest::ReadUpTo(std::uint64_t place)
{
  this->Wait();
  m_State->Read(place);
}

Hash
RunningDigest::Finish()
{
  this->ReadUpTo(std::numeric_limits<std::uint64_t>::max());
  return m_State->digest.Finish();
}

RegionReader::~RegionReader()
{
  if (m_Digest)
  {
    m_Digest->Wait();
  }
}

void
RegionReader::SetPixels(StoredPixels pixels, const WorkImage * grid, std::shared_ptr<RunningDigest> digest)
{
  m_Pixels = std::move(pixels);
  m_Grid = grid;
  m_Digest = std::move(digest);
  this->Modified();
}

void
RegionReader::GenerateOutputInformation()
{
  this->GetOutput()->CopyInformation(m_Grid);
}

void
RegionReader::GenerateData()
{
  if (m_Digest)
  {
    m_Digest->Wait(); // it may still read the buffer
  }
  if (!m_Stored)
  {
    try
    {
      m_Stored = std::make_unique<StoredBytes>(m_Pixels.file, m_Pixels.inflated);
    }
    catch (const Error & error)
    {
      itkExceptionMacro(<< error.what());
    }
  }
  this->AllocateOutputs();
  WorkImage * const image = this->GetOutput();
  const auto        whole = image->GetLargestPossibleRegion();
  itk::ForEachRun(
    image,
    image->GetRequestedRegion(),
    itk::ContiguousAxes(image->GetRequestedRegion(), whole),
    [&](const WorkImage::IndexType & index, float * run, std::size_t length)
    {
      const auto first = m_Pixels.begin + m_Pixels.step * static_cast<std::uint64_t>(itk::NumberOf(whole, index));
      for (std::size_t begin = 0; begin < length;)
      {
        const auto count = std::min(length - begin, std::max<std::size_t>(1, BlockSize / m_Pixels.step));
        const auto size = count * m_Pixels.step;
        const auto place = first + begin * m_Pixels.step;
        const bool isHashed = m_Digest && m_Digest->Wants(m_Pixels.file, place);
        const bool isDirect = m_Pixels.isFloat32; // then the output is what is hashed, meanwhile
        char *     buffer = reinterpret_cast<char *>(run + begin);
        if (!isDirect)
        {
          if (m_Digest)
          {
            m_Digest->Wait();
          }
          if (m_BufferSize < size)
          {
            m_Buffer.reset(new char[size]);
            m_BufferSize = size;
          }
          buffer = m_Buffer.get();
        }
        const char * source = buffer;
        std::size_t  found = 0;
        try
        {
          std::tie(source, found) = m_Stored->At(place, size, buffer);
        }
        catch (const Error & error)
        {
          itkExceptionMacro(<< error.what());
        }
        // The last pixel of an interleaved channel may end before its step does.
        if (found < size && (m_Pixels.isFloat32 || found + m_Pixels.step <= size))
        {
          itkExceptionMacro(<< m_Pixels.file.string() << ": is truncated: it ends at byte " << place + found
                            << ", pixels at byte " << place + size << "; copy or download it again");
        }
        if (isHashed)
        {
          m_Digest->Add(source, found);
        }
        if (!isDirect)
        {
          m_Pixels.convert(source, count, run + begin);
        }
        else if (source != buffer)
        {
          std::memcpy(buffer, source, size);
        }
        begin += count;
      }
    });
}
} // namespace isolux
