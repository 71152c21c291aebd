#include "RegionReader.h"

#include "Bytes.h"
#include "Error.h"

#include "itkImageRows.h"

#include <algorithm>
#include <cstring>
#include <tuple>

namespace isolux
{
namespace
{
constexpr std::size_t BlockSize = std::size_t{ 4 } << 20;
} // namespace

RunningDigest::RunningDigest(const std::filesystem::path & head, const std::filesystem::path & file, HashType type)
  : m_Head(head)
  , m_File(file)
  , m_Type(type)
{
}

RunningDigest::~RunningDigest()
{
  m_IsUnwanted = true; // before the future waits
}

Hash
RunningDigest::Run() const
{
  Digest digest(m_Type);
  if (!m_Head.empty())
  {
    AddFile(digest, m_Head);
  }
  AddFile(digest, m_File, &m_IsUnwanted);
  return digest.Finish();
}

void
RunningDigest::Start()
{
  if (!m_Running.valid())
  {
    m_Running = std::async(std::launch::async | std::launch::deferred, [this] { return this->Run(); }).share();
  }
}

Hash
RunningDigest::Finish()
{
  this->Start();
  return m_Running.get();
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
    m_Digest->Start();
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
        const bool isDirect = m_Pixels.isFloat32;
        char *     buffer = reinterpret_cast<char *>(run + begin);
        if (!isDirect)
        {
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
