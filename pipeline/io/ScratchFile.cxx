#include "ScratchFile.h"

#include "Bytes.h"
#include "Error.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace isolux
{
ScratchFile::ScratchFile(const std::filesystem::path & folder)
{
  m_Descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (m_Descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
  {
    std::string path = (folder / ".isolux-scratch-XXXXXX").string();
    m_Descriptor = ::mkostemp(path.data(), O_CLOEXEC);
    if (m_Descriptor >= 0)
    {
      ::unlink(path.c_str());
    }
  }
  if (m_Descriptor < 0)
  {
    throw Error(folder.string() + ": no scratch file can be made there: " + SystemMessage() +
                "; choose another output folder");
  }
}

ScratchFile::~ScratchFile()
{
  ::close(m_Descriptor);
}

std::filesystem::path
ScratchFile::Path() const
{
  return "/proc/self/fd/" + std::to_string(m_Descriptor);
}
} // namespace isolux
