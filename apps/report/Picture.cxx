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
Base64(const std::uint8_t * bytes, const std::size_t size)
{
  std::string text(4 * ((size + 2) / 3) + 1, '\0'); // EVP_EncodeBlock ends with a zero
  text.resize(static_cast<std::size_t>(
    EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()), bytes, static_cast<int>(size))));
  return text;
}

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
  return "data:image/png;base64," + Base64(png.data(), size);
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
HashOfScript(const std::string & script)
{
  std::array<std::uint8_t, 32> digest{};
  if (EVP_Digest(script.data(), script.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
  {
    throw Error("report: OpenSSL cannot take a SHA-256; check the installation of libssl");
  }
  return "sha256-" + Base64(digest.data(), digest.size());
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
