#include "Methods.h"

#include "HistogramRetinexField.h"
#include "N4Reference.h"

#include "itkForegroundSink.h"
#include "itkN4FieldSink.h"
#include "itkRunMaskImageSource.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace isolux::testing
{
namespace
{
/** FNV-1a of bytes, continued. */
std::uint64_t
Hash(std::uint64_t hash, const void * data, std::size_t bytes)
{
  const auto * const byte = static_cast<const unsigned char *>(data);
  for (std::size_t i = 0; i < bytes; ++i)
  {
    hash = (hash ^ byte[i]) * 0x100000001B3u;
  }
  return hash;
}

N4Options
OptionsOf(const std::string & name, const PhantomImage * image)
{
  N4Options options;
  options.convergenceThreshold = std::strtod(name.c_str() + name.find("n4-") + 3, nullptr);
  const auto spacing = image->GetSpacing();
  options.shrinkFactor = std::max({ spacing[0], spacing[1], spacing[2] }) > 1.6 ? 2 : 4;
  return options;
}

/** Calls function(learner) with ours of that name, and returns what that does. */
template <typename TFunction>
PhantomImage::Pointer
WithLearner(const std::string & name, const PhantomImage * image, TFunction function)
{
  if (name == "histogram-retinex")
  {
    return function(itk::HistogramRetinexSink<PhantomImage, PhantomLabels>::New().GetPointer());
  }
  if (name.rfind("own-n4-", 0) == 0)
  {
    const auto options = OptionsOf(name, image);
    const auto learner = itk::N4FieldSink<PhantomImage, PhantomLabels>::New();
    learner->SetConvergenceThreshold(options.convergenceThreshold);
    learner->SetShrinkFactor(options.shrinkFactor);
    return function(learner.GetPointer());
  }
  throw std::runtime_error("unknown method " + name + "; there are histogram-retinex, n4-0, n4-1e-3 and own-n4-...");
}

std::string
CacheFile(const std::string & cache, const PhantomImage * image, const PhantomLabels * mask, const N4Options & options)
{
  const auto    size = image->GetLargestPossibleRegion().GetSize();
  const auto    count = image->GetLargestPossibleRegion().GetNumberOfPixels();
  std::uint64_t hash = 0xCBF29CE484222325u;
  hash = Hash(hash, image->GetBufferPointer(), count * sizeof(float));
  hash = Hash(hash, mask->GetBufferPointer(), count);
  hash = Hash(hash, &size, sizeof(size));
  hash = Hash(hash, image->GetSpacing().GetDataPointer(), 3 * sizeof(double));
  char name[80];
  std::snprintf(name,
                sizeof(name),
                "%016llx_%g_%u.raw",
                static_cast<unsigned long long>(hash),
                options.convergenceThreshold,
                options.shrinkFactor);
  return (std::filesystem::path(cache) / name).string();
}
} // namespace

PhantomImage::Pointer
Method::Field(const PhantomImage * image, const PhantomLabels * mask, const std::string & cache) const
{
  if (!this->IsPeer())
  {
    return WithLearner(name, image, [&](auto * learner) { return LearnedField(learner, image, mask); });
  }
  const N4Options options = OptionsOf(name, image);
  if (cache.empty())
  {
    return N4Field(image, mask, options);
  }
  const auto   file = CacheFile(cache, image, mask, options);
  const auto   bytes = image->GetLargestPossibleRegion().GetNumberOfPixels() * sizeof(float);
  const auto   field = phantom_detail::AllocateLike<PhantomImage>(image);
  char * const buffer = reinterpret_cast<char *>(field->GetBufferPointer());
  if (std::ifstream(file, std::ios::binary).read(buffer, static_cast<std::streamsize>(bytes)))
  {
    return field;
  }
  const auto estimate = N4Field(image, mask, options);
  const auto part = file + ".part";
  std::ofstream(part, std::ios::binary)
    .write(reinterpret_cast<const char *>(estimate->GetBufferPointer()), static_cast<std::streamsize>(bytes));
  std::filesystem::rename(part, file);
  return estimate;
}

PhantomImage::Pointer
Method::Correct(const PhantomImage * image, const PhantomLabels * mask) const
{
  if (!this->IsPeer())
  {
    return WithLearner(name, image, [&](auto * learner) { return ApplyField(learner, image, mask, image, false); });
  }
  const auto output = N4Field(image, mask, OptionsOf(name, image));
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    output->GetBufferPointer()[i] = image->GetBufferPointer()[i] / output->GetBufferPointer()[i];
  }
  return output;
}

PhantomLabels::Pointer
Foreground(const PhantomImage * image)
{
  const auto foreground = itk::ForegroundSink<PhantomImage>::New();
  foreground->SetInput(image);
  const auto mask = itk::RunMaskImageSource<PhantomLabels>::New();
  mask->SetRunsInput(foreground->GetRunsOutput());
  mask->SetGrid(image);
  mask->Update();
  return mask->GetOutput();
}
} // namespace isolux::testing
