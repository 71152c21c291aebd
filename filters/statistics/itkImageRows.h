#ifndef itkImageRows_h
#define itkImageRows_h

#include "itkImageRegionSplitterSlowDimension.h"
#include "itkMacro.h"
#include "itkMultiThreaderBase.h"

#include <algorithm>
#include <mutex>

namespace itk
{
/** Calls f(first index of the row, pointer to its first pixel) for each row along axis 0 of `region`, in order. */
template <typename TImage, typename TFunction>
void
ForEachRow(TImage * image, const typename TImage::RegionType & region, TFunction && f)
{
  auto       index = region.GetIndex();
  const auto rows = region.GetNumberOfPixels() / std::max<SizeValueType>(1, region.GetSize(0));
  for (SizeValueType row = 0; row < rows; ++row)
  {
    f(index, image->GetBufferPointer() + image->ComputeOffset(index));
    for (unsigned int axis = 1; axis < TImage::ImageDimension; ++axis)
    {
      if (++index[axis] < region.GetUpperIndex()[axis] + 1)
      {
        break;
      }
      index[axis] = region.GetIndex(axis);
    }
  }
}

/** Pointer to the mask's pixel at `index`; along an axis where the mask has extent 1 it holds for the whole axis.
 * nullptr for no mask. */
template <typename TMask>
const typename TMask::PixelType *
MaskAt(const TMask * mask, typename TMask::IndexType index)
{
  if (mask == nullptr)
  {
    return nullptr;
  }
  const auto & region = mask->GetLargestPossibleRegion();
  for (unsigned int axis = 0; axis < TMask::ImageDimension; ++axis)
  {
    if (region.GetSize(axis) == 1)
    {
      index[axis] = region.GetIndex(axis);
    }
  }
  return mask->GetBufferPointer() + mask->ComputeOffset(index);
}

/** The part of the mask's grid that belongs to a region of the image, see MaskAt(). */
template <typename TMask>
typename TMask::RegionType
MaskRegion(const TMask * mask, typename TMask::RegionType region)
{
  const auto & whole = mask->GetLargestPossibleRegion();
  for (unsigned int axis = 0; axis < TMask::ImageDimension; ++axis)
  {
    if (whole.GetSize(axis) == 1)
    {
      region.SetIndex(axis, whole.GetIndex(axis));
      region.SetSize(axis, 1);
    }
  }
  return region;
}

/** Stream divisions of a region that never cut a row: 1 where there is but one row. */
template <typename TRegion>
unsigned int
NumberOfRowDivisions(const TRegion & region, unsigned int wanted)
{
  unsigned int slow = TRegion::ImageDimension - 1;
  while (slow > 0 && region.GetSize(slow) == 1)
  {
    --slow;
  }
  return slow == 0 ? 1U : ImageRegionSplitterSlowDimension::New()->GetNumberOfSplits(region, wanted);
}

/** \throws ExceptionObject where the mask has neither the image's extent nor 1 along an axis, printing both sizes. */
template <typename TImage, typename TMask>
void
VerifyMaskExtent(const TImage * image, const TMask * mask)
{
  if (image == nullptr || mask == nullptr)
  {
    return;
  }
  const auto & imageRegion = image->GetLargestPossibleRegion();
  const auto & maskRegion = mask->GetLargestPossibleRegion();
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    const bool same =
      imageRegion.GetSize(axis) == maskRegion.GetSize(axis) && imageRegion.GetIndex(axis) == maskRegion.GetIndex(axis);
    if (!same && maskRegion.GetSize(axis) != 1)
    {
      itkGenericExceptionMacro("MaskImage must cover the image's region or have extent 1 along axis "
                               << axis << ": image " << imageRegion.GetSize() << " from " << imageRegion.GetIndex()
                               << ", mask " << maskRegion.GetSize() << " from " << maskRegion.GetIndex() << '.');
    }
  }
}

/** Splits `region` into slabs of whole rows, lets `reduce(slab, accumulator)` fill an accumulator of its own for each,
 * in ITK's thread pool, and merges them into `total`. The accumulator's Merge() must not depend on the order. */
template <typename TRegion, typename TAccumulator, typename TFunction>
void
ReduceRegion(MultiThreaderBase * threader, const TRegion & region, TAccumulator & total, TFunction && reduce)
{
  unsigned int slow = TRegion::ImageDimension - 1;
  while (slow > 0 && region.GetSize(slow) == 1)
  {
    --slow;
  }
  const SizeValueType extent = region.GetSize(slow);
  const SizeValueType slabs = slow == 0 ? 1 : std::min<SizeValueType>(extent, threader->GetNumberOfWorkUnits());
  std::mutex          mutex;
  threader->ParallelizeArray(
    0,
    slabs,
    [&](SizeValueType slab)
    {
      const SizeValueType begin = extent * slab / slabs;
      const SizeValueType end = extent * (slab + 1) / slabs;
      TRegion             part = region;
      part.SetIndex(slow, region.GetIndex(slow) + static_cast<IndexValueType>(begin));
      part.SetSize(slow, end - begin);
      TAccumulator accumulator;
      reduce(part, accumulator);
      const std::lock_guard<std::mutex> lock(mutex);
      total.Merge(accumulator);
    },
    nullptr);
}
} // namespace itk

#endif
