#ifndef itkInstancePartition_h
#define itkInstancePartition_h

#include "itkImageRegion.h"

#include <array>
#include <cstddef>
#include <ostream>

namespace itk
{
/** \class InstancePartition
 * \brief Cuts an image's region into instances: the voxels that agree along every kept axis form one.
 *
 * Axes that are not kept are reduced: statistics run over them. With every axis reduced the image is one instance; with
 * the last axis of a series kept each frame is one; with all but the last kept each voxel's course over time is one.
 * Instances are numbered with the first kept axis fastest. The default partition is one instance, of any region.
 * \ingroup Statistics
 */
template <unsigned int VDimension>
class InstancePartition
{
public:
  using RegionType = ImageRegion<VDimension>;
  using IndexType = typename RegionType::IndexType;
  using AxesType = std::array<bool, VDimension>;

  InstancePartition() = default;

  InstancePartition(const RegionType & region, const AxesType & kept)
    : m_Start(region.GetIndex())
  {
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      if (kept[axis] && region.GetSize(axis) > 1)
      {
        m_Strides[axis] = m_Count;
        m_Count *= region.GetSize(axis);
      }
    }
  }

  std::size_t
  Count() const
  {
    return m_Count;
  }

  std::size_t
  InstanceOf(const IndexType & index) const
  {
    std::size_t instance = 0;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      instance += m_Strides[axis] * static_cast<std::size_t>(index[axis] - m_Start[axis]);
    }
    return instance;
  }

  /** From a voxel's instance to its right neighbour's: 0 where axis 0 is reduced, else 1. */
  std::size_t
  StrideAlongRow() const
  {
    return m_Strides[0];
  }

  bool
  Keeps(unsigned int axis) const
  {
    return m_Strides[axis] > 0;
  }

  /** How many of the first `axes` axes, at least 1, a run of voxels may cover within one instance: where
   * StrideAlongRow() is 0. */
  unsigned int
  UniformAxes(unsigned int axes) const
  {
    unsigned int uniform = 1;
    while (uniform < axes && !this->Keeps(uniform))
    {
      ++uniform;
    }
    return uniform;
  }

  /** Whether these are the instances of `region`; one instance is that of any. */
  bool
  Fits(const RegionType & region) const
  {
    AxesType kept;
    bool     starts = true;
    for (unsigned int axis = 0; axis < VDimension; ++axis)
    {
      kept[axis] = this->Keeps(axis);
      starts = starts && (!kept[axis] || region.GetIndex(axis) == m_Start[axis]);
    }
    const InstancePartition other(region, kept);
    return starts && m_Strides == other.m_Strides && m_Count == other.m_Count;
  }

  bool
  operator==(const InstancePartition & other) const
  {
    return m_Start == other.m_Start && m_Strides == other.m_Strides && m_Count == other.m_Count;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const InstancePartition & partition)
  {
    return os << partition.m_Count << " instances";
  }

private:
  IndexType                           m_Start{};
  std::array<std::size_t, VDimension> m_Strides{}; // 0 along a reduced axis
  std::size_t                         m_Count{ 1 };
};
} // namespace itk

#endif
