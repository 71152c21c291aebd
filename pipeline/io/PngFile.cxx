#include "PngFile.h"

#include "AtomicFile.h"
#include "Bytes.h"
#include "Error.h"
#include "Grid.h"

#include <png.h>

#include <cstring>

namespace isolux
{
namespace
{
struct Decoder
{
  const Bytes & bytes;
  std::size_t   used = 0;
  std::string   message;
  png_structp   png = nullptr;
  png_infop     info = nullptr;

  explicit Decoder(const Bytes & file)
    : bytes(file)
    , png(png_create_read_struct(PNG_LIBPNG_VER_STRING, this, Fail, Ignore))
    , info(png_create_info_struct(png))
  {
    png_set_read_fn(png, this, Read);
  }

  ~Decoder()
  {
    png_destroy_read_struct(&png, &info, nullptr);
  }

  Decoder(const Decoder &) = delete;
  Decoder &
  operator=(const Decoder &) = delete;

  [[noreturn]] static void
  Fail(png_structp handle, png_const_charp text)
  {
    static_cast<Decoder *>(png_get_error_ptr(handle))->message = text;
    png_longjmp(handle, 1);
  }

  static void
  Ignore(png_structp, png_const_charp)
  {
  }

  static void
  Read(png_structp handle, png_bytep target, std::size_t size)
  {
    auto & decoder = *static_cast<Decoder *>(png_get_io_ptr(handle));
    if (size > decoder.bytes.Size() - decoder.used)
    {
      png_error(handle, "the file ends too early");
    }
    std::memcpy(target, decoder.bytes.Data() + decoder.used, size);
    decoder.used += size;
  }
};

/** False where libpng failed. `work` is left by longjmp: it must own nothing. */
template <typename TWork>
bool
Run(Decoder & decoder, const TWork & work)
{
  if (setjmp(png_jmpbuf(decoder.png)) != 0)
  {
    return false;
  }
  work();
  return true;
}
} // namespace

Volume
ReadPng(const std::filesystem::path & path, HashType hashType)
{
  const std::string name = path.string();
  const Bytes       bytes = ReadBytes(path);
  if (bytes.Size() < 8 || png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.Data()), 0, 8) != 0)
  {
    throw Error(name + ": is not a PNG file; give it the ending of its true format");
  }
  Decoder    decoder(bytes);
  const auto fail = [&]
  {
    throw Error(name + ": cannot be read as PNG: " + decoder.message + " (" + std::to_string(bytes.Size()) +
                " bytes found); copy or download it again");
  };
  if (!Run(decoder,
           [&]
           {
             png_read_info(decoder.png, decoder.info);
             png_set_expand(decoder.png);
             if (png_get_bit_depth(decoder.png, decoder.info) == 16)
             {
               png_set_swap(decoder.png);
             }
             png_set_interlace_handling(decoder.png);
             png_read_update_info(decoder.png, decoder.info);
           }))
  {
    fail();
  }

  const std::size_t      width = png_get_image_width(decoder.png, decoder.info);
  const std::size_t      height = png_get_image_height(decoder.png, decoder.info);
  const std::size_t      rowSize = png_get_rowbytes(decoder.png, decoder.info);
  const Bytes            pixels(rowSize * height);
  std::vector<png_bytep> rows(height);
  for (std::size_t row = 0; row < height; ++row)
  {
    rows[row] = reinterpret_cast<png_bytep>(pixels.Data()) + row * rowSize;
  }
  if (!Run(decoder,
           [&]
           {
             png_read_image(decoder.png, rows.data());
             png_read_end(decoder.png, nullptr);
           }))
  {
    fail();
  }

  const bool wide = png_get_bit_depth(decoder.png, decoder.info) == 16;
  Volume     volume;
  volume.axes = 2;
  volume.format = "PNG";
  volume.component = wide ? "uint16" : "uint8";
  Digest digest(hashType);
  digest.Add(bytes);
  volume.hash = digest.Finish();
  for (unsigned int i = 0; i < png_get_channels(decoder.png, decoder.info); ++i)
  {
    volume.channels.push_back(MakeImage({ width, height, 1, 1 }));
  }
  wide ? SplitChannels<std::uint16_t>(pixels.Data(), volume.channels)
       : SplitChannels<std::uint8_t>(pixels.Data(), volume.channels);
  return volume;
}
} // namespace isolux
