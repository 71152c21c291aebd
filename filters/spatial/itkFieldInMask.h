#ifndef itkFieldInMask_h
#define itkFieldInMask_h

#include "itkExactSum.h"
#include "itkImageRows.h"
#include "itkSmoothField.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

namespace itk
{
/** Of a log field over the voxels of a mask. */
struct FieldInMask
{
  double        lowest{ std::numeric_limits<double>::infinity() };
  double        highest{ -std::numeric_limits<double>::infinity() };
  ExactSum      sum; ///< of what a function makes of the log field
  std::uint64_t voxels{ 0 };

  void
  Merge(const FieldInMask & other)
  {
    lowest = std::min(lowest, other.lowest);
    highest = std::max(highest, other.highest);
    sum.Merge(other.sum);
    voxels += other.voxels;
  }
};

/** \brief Range of the log field over the voxels of `region` inside `mask`, all of them where it is null, and the sum
 * of f(log field), with the same bits for any number of threads and of `divisions` that the mask is read in; nullptr
 * for f: the range alone. */
template <typename TMask, typename TRegion, typename TFunction>
FieldInMask
MeasureField(MultiThreaderBase * threader,
             const SmoothField & field,
             const TMask *       mask,
             const TRegion &     region,
             unsigned int        divisions,
             TFunction           f)
{
  const SmoothFieldRowEvaluator logFieldOf(field);
  FieldInMask                   whole;
  const auto                    measure = [&](const TRegion & piece)
  {
    ReduceRegion(threader,
                 piece,
                 whole,
                 [&](const TRegion & slab, FieldInMask & part)
                 {
                   std::vector<double> logField(slab.GetSize(0));
                   ForEachRunIndex(slab,
                                   1,
                                   [&](const typename TRegion::IndexType & index)
                                   {
                                     const auto * maskRow = MaskAt(mask, index);
                                     std::size_t  begin = 0;
                                     std::size_t  end = slab.GetSize(0);
                                     while (maskRow != nullptr && begin < end && maskRow[begin] == 0)
                                     {
                                       ++begin;
                                     }
                                     while (maskRow != nullptr && end > begin && maskRow[end - 1] == 0)
                                     {
                                       --end;
                                     }
                                     if (begin == end)
                                     {
                                       return;
                                     }
                                     logFieldOf(
                                       index, index[0] + static_cast<long>(begin), end - begin, &logField[begin]);
                                     double lowest = part.lowest;
                                     double highest = part.highest;
                                     for (std::size_t i = begin; i < end; ++i)
                                     {
                                       const bool isInside = maskRow == nullptr || maskRow[i] != 0;
                                       lowest = std::min(lowest, isInside ? logField[i] : lowest);
                                       highest = std::max(highest, isInside ? logField[i] : highest);
                                     }
                                     part.lowest = lowest;
                                     part.highest = highest;
                                     if constexpr (!std::is_null_pointer_v<TFunction>)
                                     {
                                       double sum = 0.0;
                                       for (std::size_t i = begin; i < end; ++i)
                                       {
                                         if (maskRow == nullptr || maskRow[i] != 0)
                                         {
                                           sum += f(logField[i]);
                                           ++part.voxels;
                                         }
                                       }
                                       part.sum.Add(sum);
                                     }
                                   });
                 });
  };
  ForEachPiece(mask, region, divisions, measure);
  return whole;
}
} // namespace itk

#endif
