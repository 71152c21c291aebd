#ifndef itkRunComponents_h
#define itkRunComponents_h

#include "itkImageRows.h"

#include <cstdint>
#include <numeric>
#include <vector>

namespace itk
{
/** \class RunComponents
 * \brief Face-connected components of the pixels with a given value (0 or 1) in a binary image, from runs along axis 0.
 *
 * Axes of extent 1 are as if they were not there: a slice has no border above and below. An order of magnitude faster
 * than labelling pixels, and independent of threads.
 * \ingroup Statistics
 */
template <typename TMask>
class RunComponents
{
public:
  struct Component
  {
    std::uint64_t pixels{ 0 };
    bool          touchesBorder{ false };
  };

  RunComponents(const TMask * mask, bool value)
  {
    const auto    region = mask->GetBufferedRegion();
    const auto    length = static_cast<IndexValueType>(region.GetSize(0));
    SizeValueType row = 0;
    m_RowBegin.push_back(0);
    ForEachRow(mask,
               region,
               [&](const typename TMask::IndexType & index, const auto * pixels)
               {
                 bool border = false;
                 for (unsigned int axis = 1; axis < TMask::ImageDimension; ++axis)
                 {
                   border = border || (region.GetSize(axis) > 1 && (index[axis] == region.GetIndex(axis) ||
                                                                    index[axis] == region.GetUpperIndex()[axis]));
                 }
                 for (IndexValueType i = 0; i < length; ++i)
                 {
                   if ((pixels[i] != 0) != value)
                   {
                     continue;
                   }
                   const IndexValueType begin = i;
                   while (i < length && (pixels[i] != 0) == value)
                   {
                     ++i;
                   }
                   const bool touches = border || (length > 1 && (begin == 0 || i == length));
                   m_Parent.push_back(m_Runs.size());
                   m_Runs.push_back({ begin, i, touches });
                 }
                 m_RowBegin.push_back(m_Runs.size());
                 this->JoinWithRowsBefore(region, index, row);
                 ++row;
               });
    m_Component.resize(m_Runs.size());
    for (std::size_t run = 0; run < m_Runs.size(); ++run)
    {
      const std::size_t root = this->Root(run);
      if (root == run) // a root precedes its members
      {
        m_Component[run] = m_Components.size();
        m_Components.emplace_back();
      }
      m_Component[run] = m_Component[root];
      Component & component = m_Components[m_Component[run]];
      component.pixels += static_cast<std::uint64_t>(m_Runs[run].end - m_Runs[run].begin);
      component.touchesBorder = component.touchesBorder || m_Runs[run].touchesBorder;
    }
  }

  const std::vector<Component> &
  Components() const
  {
    return m_Components;
  }

  /** Sets every pixel of the components for which `chosen(component)` holds. */
  template <typename TPredicate>
  void
  Fill(TMask * mask, typename TMask::PixelType value, TPredicate && chosen) const
  {
    SizeValueType row = 0;
    ForEachRow(mask,
               mask->GetBufferedRegion(),
               [&](const typename TMask::IndexType &, auto * pixels)
               {
                 for (std::size_t run = m_RowBegin[row]; run < m_RowBegin[row + 1]; ++run)
                 {
                   if (chosen(m_Components[m_Component[run]]))
                   {
                     std::fill(pixels + m_Runs[run].begin, pixels + m_Runs[run].end, value);
                   }
                 }
                 ++row;
               });
  }

private:
  struct Run
  {
    IndexValueType begin;
    IndexValueType end;
    bool           touchesBorder;
  };

  std::size_t
  Root(std::size_t run)
  {
    while (m_Parent[run] != run)
    {
      m_Parent[run] = m_Parent[m_Parent[run]];
      run = m_Parent[run];
    }
    return run;
  }

  void
  JoinWithRowsBefore(const typename TMask::RegionType & region,
                     const typename TMask::IndexType &  index,
                     SizeValueType                      row)
  {
    SizeValueType stride = 1;
    for (unsigned int axis = 1; axis < TMask::ImageDimension; ++axis)
    {
      if (index[axis] > region.GetIndex(axis))
      {
        this->JoinRows(row - stride, row);
      }
      stride *= region.GetSize(axis);
    }
  }

  void
  JoinRows(SizeValueType rowA, SizeValueType rowB)
  {
    std::size_t a = m_RowBegin[rowA];
    std::size_t b = m_RowBegin[rowB];
    while (a < m_RowBegin[rowA + 1] && b < m_RowBegin[rowB + 1])
    {
      if (m_Runs[a].begin < m_Runs[b].end && m_Runs[b].begin < m_Runs[a].end)
      {
        const std::size_t rootA = this->Root(a);
        const std::size_t rootB = this->Root(b);
        m_Parent[std::max(rootA, rootB)] = std::min(rootA, rootB);
      }
      ++(m_Runs[a].end < m_Runs[b].end ? a : b);
    }
  }

  std::vector<Run>         m_Runs;
  std::vector<std::size_t> m_RowBegin; // first run of each row, and one past the last
  std::vector<std::size_t> m_Parent;
  std::vector<std::size_t> m_Component;
  std::vector<Component>   m_Components;
};
} // namespace itk

#endif
