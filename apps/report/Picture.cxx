#include "Picture.h"

#include "DivergingColours.h"
#include "Error.h"

#include <openssl/evp.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace isolux
{
namespace
{
std::string
DataUri(const std::vector<std::uint8_t> & pixels,
        const unsigned int                width,
        const unsigned int                height,
        const png_uint_32                 format)
{
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = format;
  png_alloc_size_t          size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::uint8_t> png(size);
  if (png_image_write_to_memory(&image, png.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
  {
    throw Error("report: a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                " pixels could not be written as PNG: " + image.message);
  }
  std::string text(4 * ((size + 2) / 3) + 1, '\0'); // EVP_EncodeBlock ends with a zero
  text.resize(static_cast<std::size_t>(
    EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()), png.data(), static_cast<int>(size))));
  return "data:image/png;base64," + text;
}
} // namespace

std::string
GreyOrColourPng(const std::vector<Raster> & channels, const Window & window)
{
  const std::size_t         count = channels.front().values.size();
  std::vector<std::uint8_t> pixels;
  pixels.reserve(count * channels.size());
  for (std::size_t index = 0; index < count; ++index)
  {
    for (const Raster & channel : channels)
    {
      const double level = (channel.values[index] - window.low) / (window.high - window.low);
      pixels.push_back(
        static_cast<std::uint8_t>(std::isnan(level) ? 0 : std::lround(255.0 * std::clamp(level, 0.0, 1.0))));
    }
  }
  return DataUri(
    pixels, channels.front().width, channels.front().height, channels.size() == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY);
}

std::string
FieldPng(const Raster & field, const Raster & mask, const FieldScale & scale)
{
  std::vector<std::uint8_t> pixels;
  pixels.reserve(3 * field.values.size());
  for (std::size_t index = 0; index < field.values.size(); ++index)
  {
    const bool inside = mask.values.empty() || mask.values[index] >= 0.5F;
    if (!inside || !(field.values[index] > 0.0F))
    {
      pixels.insert(pixels.end(), 3, 0);
      continue;
    }
    for (const double channel : ColourBetween(FieldColours, std::log(field.values[index]) / std::log(scale.limit)))
    {
      pixels.push_back(static_cast<std::uint8_t>(std::lround(channel)));
    }
  }
  return DataUri(pixels, field.width, field.height, PNG_FORMAT_RGB);
}

std::string
FieldGradient()
{
  std::string text = "linear-gradient(to right";
  for (const auto & colour : FieldColours)
  {
    text += ",rgb(" + std::to_string(static_cast<int>(colour[0])) + " " + std::to_string(static_cast<int>(colour[1])) +
            " " + std::to_string(static_cast<int>(colour[2])) + ")";
  }
  return text + ")";
}
} // namespace isolux
