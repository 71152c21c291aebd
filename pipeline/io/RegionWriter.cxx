#include "RegionWriter.h"

#include "Bytes.h"
#include "Error.h"
#include "ItkFile.h"
#include "NiftiFile.h"

#include "itkImageRows.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace isolux
{
namespace fs = std::filesystem;

bool
CanWriteRegions(const fs::path & path, FileType type, std::size_t channels)
{
  const std::string extension = VolumeExtension(path);
  return type == FileType::Float32 &&
         (extension == ".nii" || (channels == 1 && (extension == ".mha" || extension == ".nrrd")));
}

RegionWriter::RegionWriter(const Volume & volume, const fs::path & path)
  : m_Name(path.string())
  , m_Output(path)
  , m_Whole(volume.channels.front()->GetLargestPossibleRegion())
{
  const auto header =
    VolumeExtension(path) == ".nii" ? NiftiHeaderBytes(volume) : ItkHeaderBytes(volume, m_Output.Path(), m_Name);
  m_Begin = header.size();
  m_Descriptor = ::open(m_Output.Path().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (m_Descriptor < 0)
  {
    throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; choose another output folder");
  }
  this->WriteAt(0, header.data(), header.size());
}

RegionWriter::~RegionWriter()
{
  if (m_Descriptor >= 0)
  {
    ::close(m_Descriptor);
  }
}

void
RegionWriter::WriteAt(std::uint64_t place, const char * bytes, std::size_t size)
{
  while (size > 0)
  {
    const auto count = ::pwrite(m_Descriptor, bytes, size, static_cast<off_t>(place));
    if (count < 0 && errno == EINTR)
    {
      continue;
    }
    if (count <= 0)
    {
      throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; free space or choose another output folder");
    }
    place += static_cast<std::uint64_t>(count);
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
}

void
RegionWriter::Write(std::size_t channel, const WorkImage & image, const WorkImage::RegionType & region)
{
  const std::uint64_t ofChannel = static_cast<std::uint64_t>(m_Whole.GetNumberOfPixels()) * channel;
  itk::ForEachRun(&image,
                  region,
                  itk::ContiguousAxes(region, m_Whole),
                  [&](const WorkImage::IndexType & index, const float * run, std::size_t length)
                  {
                    const auto place = ofChannel + static_cast<std::uint64_t>(itk::NumberOf(m_Whole, index));
                    this->WriteAt(
                      m_Begin + sizeof(float) * place, reinterpret_cast<const char *>(run), sizeof(float) * length);
                  });
}

void
RegionWriter::Commit(const std::function<void()> & beforeCommit)
{
  const int descriptor = m_Descriptor;
  m_Descriptor = -1;
  if (::close(descriptor) != 0)
  {
    throw Error(m_Name + ": cannot be written: " + SystemMessage() + "; free space or choose another output folder");
  }
  if (beforeCommit)
  {
    beforeCommit();
  }
  m_Output.Commit();
}
} // namespace isolux
