#pragma once

#include "AtomicFile.h"
#include "GzipWriter.h"
#include "UncachedFile.h"
#include "Volume.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace isolux
{
/** Whether a RegionWriter writes that: float32 or uint8 as .nii, .nii.gz, or of one channel as .mha or .nrrd. */
bool
CanWriteRegions(const std::filesystem::path & path, FileType type, std::size_t channels);

/** Writes a volume region by region with the header that WriteVolume() writes: .mha and .nrrd uncompressed, in any
 * order; .nii.gz in the order of the file, to the same bytes. Nothing bears the final name before Commit(); without it,
 * nothing is left. */
class RegionWriter
{
public:
  /** Of `volume` only the header, the size and the geometry of its channels are used. \throws Error */
  RegionWriter(const Volume & volume, const std::filesystem::path & path, const WriteOptions & options);
  ~RegionWriter();
  RegionWriter(const RegionWriter &) = delete;
  RegionWriter &
  operator=(const RegionWriter &) = delete;

  /** What `image` holds of `region`, to a file of float32. \throws Error where the disk is full. */
  void
  Write(std::size_t channel, const WorkImage & image, const WorkImage::RegionType & region);
  /** The same to a file of uint8. */
  void
  Write(std::size_t channel, const MaskImage & mask, const WorkImage::RegionType & region);

  /** Ends writing. \throws Error */
  void
  Close();

  /** Closes; `beforeCommit` as for WriteVolume(). \throws Error */
  void
  Commit(const std::function<void()> & beforeCommit = nullptr);

private:
  template <typename TImage>
  void
  WriteRuns(std::size_t channel, const TImage & image, const WorkImage::RegionType & region);
  void
  WriteAt(std::uint64_t place, const char * bytes, std::size_t size);

  std::string                   m_Name;
  AtomicOutput                  m_Output;
  WorkImage::RegionType         m_Whole;
  std::uint64_t                 m_Begin = 0; ///< of the pixels
  std::unique_ptr<UncachedFile> m_File;
  std::unique_ptr<GzipWriter>   m_Gzip;            ///< into the file; null where it is not compressed
  std::uint64_t                 m_Place = 0;       ///< that comes next in the gzip's bytes
  std::uint64_t                 m_ChannelSize = 0; ///< bytes
};
} // namespace isolux
