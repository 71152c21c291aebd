#pragma once

#include "Stage.h"
#include "StoredBytes.h"

#include "itkImageSource.h"

#include <cstdint>
#include <filesystem>
#include <functional>
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

/** Hash of a file that is read in pieces anyway: what is read in order is hashed on the way, by a thread of its own,
 * the rest at the end. */
class RunningDigest
{
public:
  /** Of the bytes of `head`, if any, then of `file`. */
  RunningDigest(const std::filesystem::path & head,
                const std::filesystem::path & file,
                HashType                      type = HashType::Sha256);
  ~RunningDigest();
  RunningDigest(const RunningDigest &) = delete;
  RunningDigest &
  operator=(const RunningDigest &) = delete;

  /** Whether bytes at that place of the file come next. */
  bool
  Wants(const std::filesystem::path & file, std::uint64_t place) const;

  /** They must stay as they are until Wait(). */
  void
  Add(const char * bytes, std::size_t size);

  void
  Wait();

  /** What the file holds before that place, where it was not hashed yet. */
  void
  ReadUpTo(std::uint64_t place);

  /** \throws Error where the file cannot be read. */
  Hash
  Finish();

private:
  struct State;
  std::unique_ptr<State> m_State;
};

/** Reads the requested region of an image, nothing else. Until the next one is asked for, nobody may write into the
 * output: it may still be hashed. */
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
  ~RegionReader() override;

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
