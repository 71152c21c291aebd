#include "StoredBytes.h"

#include "Bytes.h"

#include <unistd.h>

namespace isolux
{
StoredBytes::StoredBytes(const std::filesystem::path & file, std::shared_ptr<InflatedFile> inflated)
  : m_File(file)
  , m_Inflated(std::move(inflated))
  , m_Descriptor(m_Inflated ? -1 : OpenToRead(file))
{
}

StoredBytes::~StoredBytes()
{
  if (m_Descriptor >= 0)
  {
    ::close(m_Descriptor);
  }
}

std::pair<const char *, std::size_t>
StoredBytes::At(std::uint64_t place, std::size_t size, char * buffer)
{
  return m_Inflated ? m_Inflated->At(place, size, buffer)
                    : std::pair<const char *, std::size_t>(buffer, ReadAt(m_Descriptor, m_File, place, buffer, size));
}
} // namespace isolux
