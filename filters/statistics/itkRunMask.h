#ifndef itkRunMask_h
#define itkRunMask_h

#include "itkImageRows.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace itk
{
/** \class RunMask
 * \brief A binary image as runs of inside pixels along axis 0: a few bytes for each row of an object.
 *
 * Rows are appended in the order of the region's rows, as they stream by. 8 bytes a run, 4 a row.
 * \ingroup Statistics
 */
template <unsigned int VDimension>
class RunMask
{
public:
  using RegionType = ImageRegion<VDimension>;
  using IndexType = typename RegionType::IndexType;

  /** Inside are begin <= x < end, counted from the region's first pixel. */
  struct Run
  {
    std::uint32_t begin;
    std::uint32_t end;
  };

  RunMask() = default;

  /** Without rows yet. \throws ExceptionObject where a row has more than 2^32 - 1 pixels. */
  explicit RunMask(const RegionType & region)
    : m_Region(region)
    , m_RowBegin(1, 0)
  {
    if (region.GetSize(0) > std::numeric_limits<std::uint32_t>::max())
    {
      itkGenericExceptionMacro("A row of a RunMask holds at most 2^32 - 1 pixels, got " << region.GetSize(0) << '.');
    }
  }

  const RegionType &
  GetRegion() const
  {
    return m_Region;
  }

  std::size_t
  NumberOfRows() const
  {
    return m_RowBegin.size() - 1;
  }

  const std::vector<Run> &
  Runs() const
  {
    return m_Runs;
  }

  /** The number of a row's first run; of the row after the last, that of all runs. */
  std::size_t
  FirstRun(std::size_t row) const
  {
    return m_RowBegin[row];
  }

  /** The next row: pixel x is inside where isInside(x). */
  template <typename TFunction>
  void
  AppendRow(TFunction && isInside)
  {
    const auto length = static_cast<std::uint32_t>(m_Region.GetSize(0));
    for (std::uint32_t x = 0; x < length; ++x)
    {
      if (isInside(x))
      {
        const std::uint32_t begin = x;
        while (++x < length && isInside(x))
        {
        }
        m_Runs.push_back({ begin, x });
      }
    }
    this->EndRow();
  }

  /** The next rows, those of another mask of the same region. */
  void
  Append(const RunMask & next)
  {
    const auto needed = m_Runs.size() + next.m_Runs.size();
    if (needed > m_Runs.capacity())
    {
      m_Runs.reserve(std::max(needed, m_Runs.capacity() + m_Runs.capacity() / 4)); // not twice: memory may be short
    }
    for (std::size_t row = 0; row < next.NumberOfRows(); ++row)
    {
      m_Runs.insert(m_Runs.end(),
                    next.m_Runs.begin() + static_cast<std::ptrdiff_t>(next.FirstRun(row)),
                    next.m_Runs.begin() + static_cast<std::ptrdiff_t>(next.FirstRun(row + 1)));
      this->EndRow();
    }
  }

  /** What is outside. */
  RunMask
  Complement() const
  {
    const auto length = static_cast<std::uint32_t>(m_Region.GetSize(0));
    RunMask    outside(m_Region);
    outside.m_Runs.reserve(m_Runs.size() + this->NumberOfRows());
    for (std::size_t row = 0; row < this->NumberOfRows(); ++row)
    {
      std::uint32_t begin = 0;
      for (std::size_t run = this->FirstRun(row); run < this->FirstRun(row + 1); ++run)
      {
        outside.Push({ begin, m_Runs[run].begin });
        begin = m_Runs[run].end;
      }
      outside.Push({ begin, length });
      outside.EndRow();
    }
    return outside;
  }

  /** Keeps the runs for which isKept(number of the run). */
  template <typename TFunction>
  void
  Keep(TFunction && isKept)
  {
    std::size_t kept = 0;
    std::size_t run = 0;
    for (std::size_t row = 0; row < this->NumberOfRows(); ++row)
    {
      for (; run < m_RowBegin[row + 1]; ++run)
      {
        if (isKept(run))
        {
          m_Runs[kept++] = m_Runs[run];
        }
      }
      m_RowBegin[row + 1] = static_cast<std::uint32_t>(kept);
    }
    m_Runs.resize(kept);
    m_Runs.shrink_to_fit();
  }

  std::uint64_t
  NumberOfPixels() const
  {
    std::uint64_t pixels = 0;
    for (const Run & run : m_Runs)
    {
      pixels += run.end - run.begin;
    }
    return pixels;
  }

  /** Writes 0 and 1 into an image's pixels of `region`, which it holds. */
  template <typename TImage>
  void
  Draw(TImage * image, const RegionType & region) const
  {
    using Pixel = typename TImage::PixelType;
    const auto first = static_cast<std::uint64_t>(region.GetIndex(0) - m_Region.GetIndex(0));
    const auto length = region.GetSize(0);
    ForEachRow(image,
               region,
               [&](const IndexType & index, Pixel * pixels)
               {
                 auto rowIndex = index;
                 rowIndex[0] = m_Region.GetIndex(0);
                 const auto row = NumberOf(m_Region, rowIndex) / m_Region.GetSize(0);
                 std::fill_n(pixels, length, Pixel{});
                 for (std::size_t run = this->FirstRun(row); run < this->FirstRun(row + 1); ++run)
                 {
                   const auto begin = std::max<std::uint64_t>(m_Runs[run].begin, first);
                   const auto end = std::min<std::uint64_t>(m_Runs[run].end, first + length);
                   if (begin < end)
                   {
                     std::fill(pixels + (begin - first), pixels + (end - first), Pixel{ 1 });
                   }
                 }
               });
  }

private:
  void
  Push(const Run & run)
  {
    if (run.begin < run.end)
    {
      m_Runs.push_back(run);
    }
  }

  void
  EndRow()
  {
    if (m_Runs.size() > std::numeric_limits<std::uint32_t>::max())
    {
      itkGenericExceptionMacro("A RunMask holds at most 2^32 - 1 runs: this mask is noise, smooth the image first.");
    }
    m_RowBegin.push_back(static_cast<std::uint32_t>(m_Runs.size()));
  }

  RegionType                 m_Region;
  std::vector<Run>           m_Runs;
  std::vector<std::uint32_t> m_RowBegin; // first run of each row, and one past the last
};
} // namespace itk

#endif
