#pragma once

#include "AtomicFile.h"
#include "Volume.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace isolux
{
/** Whether a RegionWriter writes that: float32 as .nii, or of one channel as .mha or .nrrd. */
bool
CanWriteRegions(const std::filesystem::path & path, FileType type, std::size_t channels);

/** Writes an uncompressed volume region by region, in any order, with the header that WriteVolume() writes. Nothing
 * bears the final name before Commit(); without it, nothing is left. */
class RegionWriter
{
public:
  /** Of `volume` only the header, the size and the geometry of its channels are used. \throws Error */
  RegionWriter(const Volume & volume, const std::filesystem::path & path);
  ~RegionWriter();
  RegionWriter(const RegionWriter &) = delete;
  RegionWriter &
  operator=(const RegionWriter &) = delete;

  /** What `image` holds of `region`. \throws Error where the disk is full. */
  void
  Write(std::size_t channel, const WorkImage & image, const WorkImage::RegionType & region);

  /** `beforeCommit` as for WriteVolume(). \throws Error */
  void
  Commit(const std::function<void()> & beforeCommit = nullptr);

private:
  void
  WriteAt(std::uint64_t place, const char * bytes, std::size_t size);

  std::string           m_Name;
  AtomicOutput          m_Output;
  WorkImage::RegionType m_Whole;
  std::uint64_t         m_Begin = 0;
  int                   m_Descriptor = -1;
};
} // namespace isolux
