#include "IoTest.h"

#include "TiffFile.h"

#include <tiffio.h>

#include <cstdint>

namespace isolux
{
namespace
{
constexpr std::uint32_t Width = 53;
constexpr std::uint32_t Height = 41;

struct Kind
{
  const char *  name;
  const char *  mode; ///< of TIFFOpen: "w8" is BigTIFF, "b" big-endian
  std::uint32_t tile; ///< edge; 0: strips of 7 rows
  std::uint16_t compression;
  std::uint16_t samples;
  std::uint16_t pages;
};

class TiffFile : public IoTest
{
protected:
  /** A number of its own for every sample. */
  static std::uint16_t
  ValueAt(std::uint32_t x, std::uint32_t y, std::uint32_t page, std::uint32_t sample)
  {
    return static_cast<std::uint16_t>(((page * Height + y) * Width + x) * 3 + sample);
  }

  fs::path
  Write(const Kind & kind) const
  {
    const auto   file = File(std::string(kind.name) + ".tif");
    TIFF * const tiff = TIFFOpen(file.c_str(), kind.mode);
    for (std::uint32_t page = 0; page < kind.pages; ++page)
    {
      TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, Width);
      TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, Height);
      TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
      TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind.samples);
      TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
      TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind.samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
      TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind.compression);
      const std::uint32_t rows = kind.tile > 0 ? kind.tile : 7;
      const std::uint32_t columns = kind.tile > 0 ? kind.tile : Width;
      if (kind.tile > 0)
      {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, kind.tile);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, kind.tile);
      }
      else
      {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows);
      }
      std::vector<std::uint16_t> block(rows * columns * kind.samples);
      for (std::uint32_t y = 0; y < Height; y += rows)
      {
        for (std::uint32_t x = 0; x < Width; x += columns)
        {
          for (std::uint32_t i = 0; i < block.size(); ++i)
          {
            block[i] = ValueAt(x + i / kind.samples % columns, y + i / kind.samples / columns, page, i % kind.samples);
          }
          if (kind.tile > 0)
          {
            TIFFWriteEncodedTile(
              tiff, TIFFComputeTile(tiff, x, y, 0, 0), block.data(), static_cast<tmsize_t>(2 * block.size()));
          }
          else
          {
            const auto size = 2 * std::min(rows, Height - y) * Width * kind.samples;
            TIFFWriteEncodedStrip(tiff, TIFFComputeStrip(tiff, y, 0), block.data(), static_cast<tmsize_t>(size));
          }
        }
      }
      TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
    return file;
  }

  const std::vector<Kind> m_Kinds = {
    { "strips", "w", 0, COMPRESSION_NONE, 1, 3 },     { "lzw", "wb", 0, COMPRESSION_LZW, 3, 1 },
    { "tiles", "w", 16, COMPRESSION_NONE, 1, 3 },     { "deflated-tiles", "w", 32, COMPRESSION_ADOBE_DEFLATE, 3, 1 },
    { "big-tiles", "w8", 16, COMPRESSION_LZW, 1, 4 }, { "big-strips", "w8", 0, COMPRESSION_ADOBE_DEFLATE, 1, 1 },
  };
};

TEST_F(TiffFile, StripsAndTilesAreReadInPiecesOfAnyRegion)
{
  for (const Kind & kind : m_Kinds)
  {
    SCOPED_TRACE(kind.name);
    const auto file = Write(kind);
    ASSERT_TRUE(CanOpenVolume(file));
    Volume volume = OpenVolume(file);
    ASSERT_EQ(volume.channels.size(), kind.samples);
    EXPECT_EQ(volume.component, "uint16");
    EXPECT_GT(volume.bufferMiB, 0.0);
    for (std::uint32_t sample = 0; sample < kind.samples; ++sample)
    {
      auto &     image = *volume.channels[sample];
      const auto whole = image.GetLargestPossibleRegion();
      ASSERT_EQ(whole.GetSize(), (WorkImage::SizeType{ { Width, Height, kind.pages, 1 } }));
      for (std::uint32_t page = 0; page < kind.pages; ++page)
      {
        for (const auto & [y, rows] : { std::pair{ 30, 11 }, { 3, 20 } }) // across bands, backwards
        {
          const WorkImage::RegionType region({ { 5, y, page, 0 } }, { { 47, static_cast<std::size_t>(rows), 1, 1 } });
          image.SetRequestedRegion(region);
          image.Update();
          ASSERT_EQ(image.GetBufferedRegion(), region);
          for (std::uint32_t i = 0; i < region.GetNumberOfPixels(); ++i)
          {
            ASSERT_EQ(image.GetBufferPointer()[i],
                      ValueAt(5 + i % 47, static_cast<std::uint32_t>(y) + i / 47, page, sample))
              << i;
          }
        }
      }
    }
    FinishHash(volume);
    EXPECT_EQ(volume.hash.text, HashVolume(file));
  }
}

TEST_F(TiffFile, WholeFilesOfTilesAreReadAsThoseOfStrips)
{
  const auto strips = ReadVolume(Write({ "strips", "w", 0, COMPRESSION_NONE, 1, 3 }));
  const auto tiles = ReadVolume(Write({ "tiles", "w", 16, COMPRESSION_LZW, 1, 3 }));
  ExpectSame(tiles, strips, Rounding);
  EXPECT_EQ(Pixels(*tiles.channels[0])[Width + 2], ValueAt(2, 1, 0, 0));
  EXPECT_EQ(tiles.hash.text, HashVolume(File("tiles.tif")));
}

TEST_F(TiffFile, PagesThatDifferAreNotReadInPieces)
{
  const auto   file = Write({ "pages", "w", 0, COMPRESSION_NONE, 1, 2 });
  TIFF * const tiff = TIFFOpen(file.c_str(), "a");
  TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 7);
  TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 1);
  TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  std::vector<std::uint16_t> row(7);
  TIFFWriteScanline(tiff, row.data(), 0);
  TIFFClose(tiff);
  EXPECT_FALSE(CanOpenVolume(file));
}

TEST_F(TiffFile, WhatWriteVolumeWroteIsReadInPieces)
{
  Volume volume = MakePlane(1);
  volume.channels[0] = testing::PlainGrid({ { 7, 5, 4, 1 } });
  volume.axes = 3;
  Fill(*volume.channels[0]);
  WriteVolume(volume, File("pages.tif"));
  ASSERT_TRUE(CanOpenVolume(File("pages.tif")));
  Volume opened = OpenVolume(File("pages.tif"));
  opened.channels[0]->Update();
  EXPECT_EQ(Pixels(*opened.channels[0]), Pixels(*volume.channels[0]));
}

TEST_F(TiffFile, AStackThatIsCutBetweenPagesIsNoShorterStack)
{
  const auto file = Write({ "stack", "w", 0, COMPRESSION_NONE, 1, 9 });
  const auto bytes = Contents(file);
  for (const double share : { 0.3, 0.65, 0.9 })
  {
    Put(file, bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
    EXPECT_NE(MessageOf([&] { ReadVolume(file); }).find("stack.tif: is truncated"), std::string::npos) << share;
    EXPECT_NE(MessageOf([&] { CanOpenVolume(file); }).find("stack.tif: is truncated"), std::string::npos) << share;
  }
}

TEST_F(TiffFile, WhatIsTruncatedOrNoTiffIsNamed)
{
  const auto file = Write({ "tiles", "w", 16, COMPRESSION_LZW, 1, 3 });
  auto       bytes = Contents(file);
  std::fill(bytes.begin() + 500, bytes.begin() + 900, '\x55'); // inside the first page's tiles
  Put(file, bytes);
  Volume      volume = OpenVolume(file);
  std::string message;
  try
  {
    volume.channels[0]->Update();
  }
  catch (const std::exception & error)
  {
    message = error.what();
  }
  EXPECT_NE(message.find("tiles.tif: is truncated or damaged: page 1 of 3"), std::string::npos) << message;
  Put(File("text.tif"), "text");
  EXPECT_NE(MessageOf([&] { CanOpenVolume(File("text.tif")); }).find("text.tif: is not a TIFF file"),
            std::string::npos);
}
} // namespace
} // namespace isolux
