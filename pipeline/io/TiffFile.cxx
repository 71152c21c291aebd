#include "TiffFile.h"

#include "Bytes.h"
#include "Error.h"
#include "PixelType.h"

#include "itkImageRows.h"
#include "itkImageSource.h"

#include <tiffio.h>

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace isolux
{
namespace
{
constexpr double MiB = 1024.0 * 1024.0;
constexpr double LargestBand = 64.0; ///< MiB that a row of tiles, or a strip, may take decoded

struct CloseTiff
{
  void
  operator()(TIFF * tiff) const
  {
    TIFFClose(tiff);
  }
};

/** The bands of a page: rows that are decoded together, of a strip or of a row of tiles. The last one decoded is kept.
 */
class TiffPages
{
public:
  /** \throws Error where it is no TIFF file. */
  explicit TiffPages(const std::filesystem::path & path)
    : m_Name(path.string())
  {
    ::close(OpenToRead(path)); // for its errors
    TIFFSetWarningHandler(nullptr);
    TIFFSetErrorHandler(nullptr); // we throw instead
    m_Tiff.reset(TIFFOpen(path.c_str(), "rm"));
    if (!m_Tiff)
    {
      throw Error(m_Name + ": is not a TIFF file; give it the ending of its true format");
    }
    m_First = this->Describe();
    while (true)
    {
      m_AreAlike = m_AreAlike && this->Describe() == m_First;
      m_Offsets.push_back(TIFFCurrentDirOffset(m_Tiff.get()));
      if (TIFFLastDirectory(m_Tiff.get()) != 0)
      {
        break;
      }
      if (TIFFReadDirectory(m_Tiff.get()) == 0)
      {
        throw Error(m_Name + ": is truncated or damaged: its page " + std::to_string(m_Offsets.size() + 1) +
                    " cannot be found; copy or download it again");
      }
    }
    m_Page = m_Offsets.size() - 1;
  }

  struct Description
  {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::uint32_t bandHeight = 0;
    std::uint32_t tileWidth = 0; ///< 0: strips
    std::uint16_t bits = 0;
    std::uint16_t samples = 0;
    std::uint16_t format = 0;
    std::uint16_t planar = 0;
    std::uint16_t photometric = 0;
    std::uint16_t compression = 0;
    std::uint32_t subfile = 0;

    bool
    operator==(const Description & other) const
    {
      return width == other.width && height == other.height && bandHeight == other.bandHeight &&
             tileWidth == other.tileWidth && bits == other.bits && samples == other.samples && format == other.format &&
             planar == other.planar && photometric == other.photometric && compression == other.compression &&
             subfile == other.subfile;
    }
  };

  const Description &
  First() const
  {
    return m_First;
  }

  std::size_t
  NumberOfPages() const
  {
    return m_Offsets.size();
  }

  std::size_t
  BytesOfBand() const
  {
    const std::size_t row = m_First.tileWidth == 0 ? std::size_t{ m_First.width }
                                                   : (std::size_t{ m_First.width } + m_First.tileWidth - 1) /
                                                       m_First.tileWidth * m_First.tileWidth;
    return row * m_First.bandHeight * m_First.samples * (m_First.bits / 8);
  }

  bool
  IsPlain() const
  {
    const auto & page = m_First;
    const bool   isNumber = page.format == SAMPLEFORMAT_UINT || page.format == SAMPLEFORMAT_INT
                              ? page.bits == 8 || page.bits == 16 || page.bits == 32
                              : page.format == SAMPLEFORMAT_IEEEFP && (page.bits == 32 || page.bits == 64);
    return m_AreAlike && isNumber && page.width > 0 && page.height > 0 && page.bandHeight > 0 &&
           (page.photometric == PHOTOMETRIC_MINISBLACK || page.photometric == PHOTOMETRIC_RGB) &&
           (page.planar == PLANARCONFIG_CONTIG || page.samples == 1) &&
           (page.subfile & ~std::uint32_t{ FILETYPE_PAGE }) == 0 && TIFFIsCODECConfigured(page.compression) != 0 &&
           1.0 * page.width * page.bandHeight * page.samples * page.bits / 8 <= LargestBand * MiB &&
           1.0 * page.tileWidth * page.bandHeight * page.samples * page.bits / 8 <= LargestBand * MiB;
  }

  std::string
  Component() const
  {
    return (m_First.format == SAMPLEFORMAT_UINT  ? "uint"
            : m_First.format == SAMPLEFORMAT_INT ? "int"
                                                 : "float") +
           std::to_string(m_First.bits);
  }

  /** \throws Error where the band is truncated or damaged. */
  const char *
  Band(std::size_t page, std::size_t band)
  {
    if (m_Band.Size() > 0 && m_BandPage == page && m_BandNumber == band)
    {
      return m_Band.Data();
    }
    if (page != m_Page && TIFFSetSubDirectory(m_Tiff.get(), m_Offsets[page]) == 0)
    {
      this->Fail(page);
    }
    m_Page = page;
    m_Band.Resize(this->BytesOfBand());
    m_BandPage = page;
    m_BandNumber = band;
    const auto row = static_cast<std::uint32_t>(band * m_First.bandHeight);
    if (m_First.tileWidth == 0)
    {
      const auto strip = TIFFComputeStrip(m_Tiff.get(), row, 0);
      const auto rows = std::min(m_First.bandHeight, m_First.height - row);
      const auto wanted = static_cast<tmsize_t>(std::size_t{ rows } * m_First.width * this->PixelBytes());
      if (TIFFReadEncodedStrip(m_Tiff.get(), strip, m_Band.Data(), wanted) != wanted)
      {
        this->Fail(page);
      }
      return m_Band.Data();
    }
    const auto        tileBytes = static_cast<std::size_t>(TIFFTileSize(m_Tiff.get()));
    const std::size_t rowBytes = m_First.tileWidth * this->PixelBytes();
    const std::size_t bandRowBytes = this->BytesOfBand() / m_First.bandHeight;
    m_Tile.Resize(tileBytes);
    for (std::uint32_t x = 0; x < m_First.width; x += m_First.tileWidth)
    {
      const auto tile = TIFFComputeTile(m_Tiff.get(), x, row, 0, 0);
      if (TIFFReadEncodedTile(m_Tiff.get(), tile, m_Tile.Data(), static_cast<tmsize_t>(tileBytes)) !=
          static_cast<tmsize_t>(tileBytes))
      {
        this->Fail(page);
      }
      for (std::uint32_t y = 0; y < m_First.bandHeight; ++y)
      {
        std::copy_n(m_Tile.Data() + y * rowBytes, rowBytes, m_Band.Data() + y * bandRowBytes + x * this->PixelBytes());
      }
    }
    return m_Band.Data();
  }

  std::size_t
  PixelBytes() const
  {
    return std::size_t{ m_First.samples } * (m_First.bits / 8);
  }

private:
  [[noreturn]] void
  Fail(std::size_t page)
  {
    m_Band = {};
    throw Error(m_Name + ": is truncated or damaged: page " + std::to_string(page + 1) + " of " +
                std::to_string(m_Offsets.size()) + " cannot be decoded; copy or download it again");
  }

  Description
  Describe() const
  {
    TIFF * const tiff = m_Tiff.get();
    Description  page;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page.width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page.height);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page.bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &page.samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &page.format);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &page.planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &page.compression);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &page.subfile);
    TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page.photometric);
    page.bandHeight = page.height;
    if (TIFFIsTiled(tiff) != 0)
    {
      TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &page.tileWidth);
      TIFFGetField(tiff, TIFFTAG_TILELENGTH, &page.bandHeight);
    }
    else
    {
      TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &page.bandHeight);
      page.bandHeight = std::min(page.bandHeight, page.height);
    }
    page.format = page.format == SAMPLEFORMAT_VOID ? SAMPLEFORMAT_UINT : page.format;
    return page;
  }

  std::string                      m_Name;
  std::unique_ptr<TIFF, CloseTiff> m_Tiff;
  Description                      m_First;
  bool                             m_AreAlike = true;
  std::vector<std::uint64_t>       m_Offsets; ///< of the pages' directories: a walk through them takes long
  std::size_t                      m_Page = 0;
  Bytes                            m_Band;
  std::size_t                      m_BandPage = 0;
  std::size_t                      m_BandNumber = 0;
  Bytes                            m_Tile;
};

/** Decodes the bands that the requested region touches. */
class TiffReader : public itk::ImageSource<WorkImage>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(TiffReader);

  using Self = TiffReader;
  using Superclass = itk::ImageSource<WorkImage>;
  using Pointer = itk::SmartPointer<Self>;

  itkNewMacro(Self);
  itkTypeMacro(TiffReader, ImageSource);

  void
  SetPixels(std::shared_ptr<TiffPages> pages, const WorkImage * grid, std::size_t sample)
  {
    m_Pages = std::move(pages);
    m_Grid = grid;
    m_Sample = sample;
    this->Modified();
  }

protected:
  TiffReader() = default;
  ~TiffReader() override = default;

  void
  GenerateOutputInformation() override
  {
    this->GetOutput()->CopyInformation(m_Grid);
  }

  void
  GenerateData() override
  {
    this->AllocateOutputs();
    const auto &      page = m_Pages->First();
    const auto &      type = PixelTypeOf(m_Pages->Component());
    const auto        region = this->GetOutput()->GetRequestedRegion();
    const std::size_t bandRow = m_Pages->BytesOfBand() / page.bandHeight;
    WorkImage * const image = this->GetOutput();
    itk::ForEachRow(image,
                    region,
                    [&](const WorkImage::IndexType & index, float * row)
                    {
                      const auto   y = static_cast<std::size_t>(index[1]);
                      const char * band = nullptr;
                      try
                      {
                        band = m_Pages->Band(static_cast<std::size_t>(index[2]), y / page.bandHeight);
                      }
                      catch (const Error & error)
                      {
                        itkExceptionMacro(<< error.what());
                      }
                      type.convert(band + y % page.bandHeight * bandRow +
                                     static_cast<std::size_t>(index[0]) * m_Pages->PixelBytes() + m_Sample * type.bytes,
                                   region.GetSize(0),
                                   page.samples,
                                   false, // the library has swapped them
                                   {},
                                   row);
                    });
  }

private:
  std::shared_ptr<TiffPages> m_Pages;
  WorkImage::ConstPointer    m_Grid;
  std::size_t                m_Sample = 0;
};
} // namespace

bool
CanOpenTiff(const std::filesystem::path & path)
{
  return TiffPages(path).IsPlain();
}

bool
IsOfTiles(const std::filesystem::path & path)
{
  const TiffPages pages(path);
  return pages.First().tileWidth > 0 && pages.IsPlain();
}

void
OpenTiffPixels(const std::filesystem::path & path, const WorkImage & grid, Volume & volume)
{
  const auto   pages = std::make_shared<TiffPages>(path);
  const auto & size = grid.GetLargestPossibleRegion().GetSize();
  const auto & page = pages->First();
  if (!pages->IsPlain() || size[0] != page.width || size[1] != page.height || size[2] != pages->NumberOfPages())
  {
    throw Error(path.string() + ": its pages are not alike, or not of plain numbers; convert it to .nii or .mha");
  }
  volume.component = pages->Component();
  volume.bufferMiB = static_cast<double>(pages->BytesOfBand()) / MiB;
  for (std::size_t sample = 0; sample < page.samples; ++sample)
  {
    auto reader = TiffReader::New();
    reader->SetPixels(pages, &grid, sample);
    reader->UpdateOutputInformation();
    volume.channels.emplace_back(reader->GetOutput());
    volume.sources.emplace_back(reader.GetPointer());
  }
}
} // namespace isolux
