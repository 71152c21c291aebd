#include "KeptIntegersWriter.h"

#include "GzipReader.h"
#include "NiftiFile.h"

#include "itkImageRows.h"

#include <algorithm>
#include <future>

namespace isolux
{
namespace
{
constexpr unsigned int MostThreads = 4; // with a map of 256 KiB each
} // namespace

bool
CanKeepIntegers(const Volume & volume, const std::filesystem::path & path)
{
  return !volume.sources.empty() && HoldsInt16(volume) && VolumeExtension(path).compare(0, 4, ".nii") == 0;
}

KeptIntegersWriter::KeptIntegersWriter(const Volume &                volume,
                                       const std::filesystem::path & path,
                                       const WriteOptions &          options)
  : m_Volume(volume)
  , m_Name(path.string())
  , m_IsCompressed(IsGzipName(path))
  , m_Options(options)
  , m_Output(path)
  , m_Maps(std::clamp(options.threads, 1U, MostThreads), IntegerMap(StoredScaling(volume)))
{
}

IntegerMap::Linear
KeptIntegersWriter::Linear() const
{
  auto all = m_Maps.front();
  for (std::size_t part = 1; part < m_Maps.size(); ++part)
  {
    all.Merge(m_Maps[part]);
  }
  const auto linear = all.AsLinear();
  if (!linear)
  {
    throw NotLinearError();
  }
  return *linear;
}

void
KeptIntegersWriter::Add(const WorkImage & before, const WorkImage & after, const WorkImage::RegionType & region)
{
  std::vector<std::future<void>> parts;
  for (std::size_t part = 0; part < m_Maps.size(); ++part)
  {
    parts.push_back(std::async(
      std::launch::async | std::launch::deferred,
      [&, part]
      {
        itk::ForEachRun(&before,
                        region,
                        itk::ContiguousAxes(region, after.GetBufferedRegion()),
                        [&](const WorkImage::IndexType & index, const float * run, std::size_t length)
                        {
                          const auto first = length * part / m_Maps.size();
                          const auto last = length * (part + 1) / m_Maps.size();
                          m_Maps[part].Add(
                            run + first, after.GetBufferPointer() + after.ComputeOffset(index) + first, last - first);
                        });
      }));
  }
  for (auto & part : parts)
  {
    part.get();
  }
  if (std::any_of(m_Maps.begin(), m_Maps.end(), [](const IntegerMap & map) { return !map.IsMap(); }))
  {
    throw NotLinearError();
  }
}

void
KeptIntegersWriter::Close()
{
  const auto linear = this->Linear();
  m_Rounding.largest = linear.largest;
  WriteKeptIntegers(m_Volume, { linear.slope, linear.intercept }, m_Output, m_Name, m_IsCompressed, m_Options);
}

void
KeptIntegersWriter::Commit(const std::function<void()> & beforeCommit)
{
  if (beforeCommit)
  {
    beforeCommit();
  }
  m_Output.Commit();
}
} // namespace isolux
