#include "RegionWriter.h"

#include "ItkFile.h"
#include "NiftiFile.h"

#include "itkImageRows.h"

#include <algorithm>
#include <stdexcept>

namespace isolux
{
namespace fs = std::filesystem;

bool
CanWriteRegions(const fs::path & path, FileType type, std::size_t channels)
{
  const std::string extension = VolumeExtension(path);
  return type != FileType::Int16Scaled && (extension == ".nii" || extension == ".nii.gz" ||
                                           (channels == 1 && (extension == ".mha" || extension == ".nrrd")));
}

RegionWriter::RegionWriter(const Volume & volume, const fs::path & path, const WriteOptions & options)
  : m_Name(path.string())
  , m_Output(path)
  , m_Whole(volume.channels.front()->GetLargestPossibleRegion())
  , m_ChannelSize(m_Whole.GetNumberOfPixels() * (options.type == FileType::UInt8 ? 1 : sizeof(float)))
{
  const auto extension = VolumeExtension(path);
  const bool isNifti = extension.compare(0, 4, ".nii") == 0;
  const auto header =
    isNifti ? NiftiHeaderBytes(volume, options.type) : ItkHeaderBytes(volume, options.type, m_Output.Path(), m_Name);
  m_Begin = header.size();
  m_File = std::make_unique<UncachedFile>(m_Output.Path(), m_Name);
  if (extension == ".nii.gz")
  {
    m_Gzip = std::make_unique<GzipWriter>([this](const char * bytes, std::size_t size) { m_File->Append(bytes, size); },
                                          options.compression,
                                          std::min(options.threads, GzipWriter::FewThreads),
                                          GzipContent(options.type));
  }
  this->WriteAt(0, header.data(), header.size());
}

RegionWriter::~RegionWriter() = default;

void
RegionWriter::WriteAt(std::uint64_t place, const char * bytes, std::size_t size)
{
  if (!m_Gzip)
  {
    m_File->WriteAt(place, bytes, size);
    return;
  }
  if (place != m_Place)
  {
    throw std::logic_error("a compressed file is written in its own order");
  }
  m_Gzip->Write(bytes, size);
  m_Place += size;
}

template <typename TImage>
void
RegionWriter::WriteRuns(std::size_t channel, const TImage & image, const WorkImage::RegionType & region)
{
  using Pixel = typename TImage::PixelType;
  const auto begin = m_Begin + m_ChannelSize * channel;
  itk::ForEachRun(&image,
                  region,
                  itk::ContiguousAxes(region, m_Whole),
                  [&](const WorkImage::IndexType & index, const Pixel * run, std::size_t length)
                  {
                    this->WriteAt(begin + sizeof(Pixel) * itk::NumberOf(m_Whole, index),
                                  reinterpret_cast<const char *>(run),
                                  sizeof(Pixel) * length);
                  });
}

void
RegionWriter::Write(std::size_t channel, const WorkImage & image, const WorkImage::RegionType & region)
{
  this->WriteRuns(channel, image, region);
}

void
RegionWriter::Write(std::size_t channel, const MaskImage & mask, const WorkImage::RegionType & region)
{
  this->WriteRuns(channel, mask, region);
}

void
RegionWriter::Close()
{
  if (m_Gzip)
  {
    m_Gzip->Close();
    m_Gzip.reset();
  }
  if (m_File)
  {
    m_File->Close();
    m_File.reset();
  }
}

void
RegionWriter::Commit(const std::function<void()> & beforeCommit)
{
  this->Close();
  if (beforeCommit)
  {
    beforeCommit();
  }
  m_Output.Commit();
}
} // namespace isolux
