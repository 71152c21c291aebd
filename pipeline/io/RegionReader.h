#pragma once

#include "Stage.h"
#include "StoredBytes.h"

#include "itkImageSource.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>

namespace isolux
{
/** Uncompressed pixels of one channel in a file, the first axis fastest. */
struct StoredPixels
{
  std::filesystem::path         file;              ///< compressed where there is `inflated`
  std::uint64_t                 begin = 0;         ///< of the first pixel, in bytes
  std::size_t                   step = 0;          ///< bytes from a pixel to the next
  bool                          isFloat32 = false; ///< as in memory: nothing to convert
  std::shared_ptr<InflatedFile> inflated;          ///< what holds them where the file is compressed
  /** So many pixels, of step bytes each. */
  std::function<void(const char * source, std::size_t count, float * target)> convert;
};

/** The hash of a file that is read in pieces: by a thread of its own, which reads it too, beside the passes. To hash
 * the pieces themselves would hold up the first pass, which is faster. */
class RunningDigest
{
public:
  /** Of the bytes of `head`, if any, then of `file`. */
  RunningDigest(const std::filesystem::path & head, const std::filesystem::path & file, HashType type);
  ~RunningDigest();
  RunningDigest(const RunningDigest &) = delete;
  RunningDigest &
  operator=(const RunningDigest &) = delete;

  /** Does nothing where it runs. */
  void
  Start();

  /** Waits for it. \throws Error where a file cannot be read. */
  Hash
  Finish();

private:
  Hash
  Run() const;

  std::filesystem::path    m_Head;
  std::filesystem::path    m_File;
  HashType                 m_Type;
  std::atomic<bool>        m_IsUnwanted{ false };
  std::shared_future<Hash> m_Running; ///< the last member: it waits, when it is destroyed, for what uses the others
};

/** Reads the requested region of an image, nothing else. */
class RegionReader : public itk::ImageSource<WorkImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RegionReader);

  using Self = RegionReader;
  using Superclass = itk::ImageSource<WorkImage>;
  using Pointer = itk::SmartPointer<Self>;

  itkNewMacro(Self);
  itkTypeMacro(RegionReader, ImageSource);

  /** `grid`: size and geometry. The digest may be null. */
  void
  SetPixels(StoredPixels pixels, const WorkImage * grid, std::shared_ptr<RunningDigest> digest);

protected:
  RegionReader() = default;
  ~RegionReader() override = default;

  void
  GenerateOutputInformation() override;
  /** \throws itk::ExceptionObject naming the file, where it cannot be read. */
  void
  GenerateData() override;

private:
  StoredPixels                   m_Pixels;
  WorkImage::ConstPointer        m_Grid;
  std::shared_ptr<RunningDigest> m_Digest;
  std::unique_ptr<char[]>        m_Buffer;
  std::size_t                    m_BufferSize = 0;
  std::unique_ptr<StoredBytes>   m_Stored; ///< from the first reading on
};
} // namespace isolux
