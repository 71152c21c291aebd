#include "InflatedFile.h"

#include "Error.h"
#include "GzipStream.h"
#include "UncachedFile.h"

#include <algorithm>

namespace isolux
{
InflatedFile::InflatedFile(const std::filesystem::path & path)
  : m_Source(path)
{
}

Bytes
InflatedFile::Begin(std::size_t most) const
{
  GzipReader reader(m_Source, m_Source.string(), nullptr);
  Bytes      bytes(most);
  bytes.Resize(reader.Read(bytes.Data(), bytes.Size()));
  return bytes;
}

std::filesystem::path
InflatedFile::Path()
{
  if (!m_Scratch)
  {
    auto          scratch = std::make_unique<ScratchFile>(m_Folder);
    Digest        digest;
    GzipReader    reader(m_Source, m_Source.string(), &digest);
    UncachedFile  file(scratch->Path(),
                      m_Source.string() + " inflated " + (m_Folder.empty() ? "in memory" : "in " + m_Folder.string()));
    const Bytes   block(std::size_t{ 1 } << 20U);
    std::uint64_t size = 0;
    while (const auto count = reader.Read(block.Data(), block.Size()))
    {
      if (size < m_Expected) // what lies behind is checked only
      {
        file.WriteAt(size, block.Data(), static_cast<std::size_t>(std::min<std::uint64_t>(count, m_Expected - size)));
      }
      size += count;
    }
    file.Close();
    if (size < m_Expected)
    {
      throw Error(m_Source.string() + ": is truncated: " + std::to_string(m_Expected) + " inflated bytes expected, " +
                  std::to_string(size) + " found; copy or download it again");
    }
    m_Sha256 = digest.Finish();
    m_Scratch = std::move(scratch);
  }
  return m_Scratch->Path();
}

std::string
InflatedFile::Sha256()
{
  this->Path();
  return m_Sha256;
}
} // namespace isolux
