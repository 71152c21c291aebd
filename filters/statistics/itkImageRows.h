#ifndef itkImageRows_h
#define itkImageRows_h

#include "itkImageRegionSplitterSlowDimension.h"
#include "itkMacro.h"
#include "itkMultiThreaderBase.h"

#include <algorithm>
#include <mutex>

namespace itk
{
/** The slowest axis of more than one voxel, 0 of a row: threads and stream divisions cut along it alone. */
template <typename TRegion>
unsigned int
SlowestAxis(const TRegion & region)
{
  unsigned int axis = TRegion::ImageDimension - 1;
  while (axis > 0 && region.GetSize(axis) == 1)
  {
    --axis;
  }
  return axis;
}

/** Number of leading axes, at least 1, along which a buffer of `buffered` holds `region` without a gap. */
template <typename TRegion>
unsigned int
ContiguousAxes(const TRegion & region, const TRegion & buffered)
{
  unsigned int axes = 1;
  while (axes < TRegion::ImageDimension && region.GetSize(axes - 1) == buffered.GetSize(axes - 1))
  {
    ++axes;
  }
  return axes;
}

/** Number of leading axes that a learner may read as one run: all below the slowest one, and none that the mask is
 * repeated along. It depends on the largest regions alone, never on threads or divisions. The mask may be null. */
template <typename TImage, typename TMask>
unsigned int
RunAxes(const TImage * image, const TMask * mask)
{
  const auto & region = image->GetLargestPossibleRegion();
  unsigned int axes = std::max(1U, SlowestAxis(region));
  for (unsigned int axis = axes - 1; mask != nullptr && axis > 0; --axis)
  {
    if (mask->GetLargestPossibleRegion().GetSize(axis) == 1 && region.GetSize(axis) > 1)
    {
      axes = axis;
    }
  }
  return axes;
}

/** The index that is the `number`-th of `region` along the axes from `axis` on, the first of them fastest; the region's
 * first along those before. */
template <typename TRegion>
typename TRegion::IndexType
IndexOf(const TRegion & region, SizeValueType number, unsigned int axis = 0)
{
  auto index = region.GetIndex();
  for (; axis < TRegion::ImageDimension; ++axis)
  {
    index[axis] += static_cast<IndexValueType>(number % region.GetSize(axis));
    number /= region.GetSize(axis);
  }
  return index;
}

/** The number of `index` in `region`, axis 0 fastest: what IndexOf() undoes. */
template <typename TRegion>
SizeValueType
NumberOf(const TRegion & region, const typename TRegion::IndexType & index)
{
  SizeValueType number = 0;
  for (unsigned int axis = TRegion::ImageDimension; axis-- > 0;)
  {
    number = number * region.GetSize(axis) + static_cast<SizeValueType>(index[axis] - region.GetIndex(axis));
  }
  return number;
}

/** Calls f(first index) for each run over the first `axes` axes of `region`, in order. */
template <typename TRegion, typename TFunction>
void
ForEachRunIndex(const TRegion & region, unsigned int axes, TFunction && f)
{
  std::size_t length = 1;
  for (unsigned int axis = 0; axis < axes; ++axis)
  {
    length *= region.GetSize(axis);
  }
  auto       index = region.GetIndex();
  const auto runs = region.GetNumberOfPixels() / std::max<SizeValueType>(1, length);
  for (SizeValueType run = 0; run < runs; ++run)
  {
    f(index);
    for (unsigned int axis = axes; axis < TRegion::ImageDimension; ++axis)
    {
      if (++index[axis] < region.GetUpperIndex()[axis] + 1)
      {
        break;
      }
      index[axis] = region.GetIndex(axis);
    }
  }
}

/** Calls f(first index, pointer to the first pixel, number of pixels) for each run over the first `axes` axes of
 * `region`, in order. Runs are shorter where their pixels would not lie without a gap in the image's buffer. */
template <typename TImage, typename TFunction>
void
ForEachRun(TImage * image, const typename TImage::RegionType & region, unsigned int axes, TFunction && f)
{
  axes = std::min(axes, ContiguousAxes(region, image->GetBufferedRegion()));
  std::size_t length = 1;
  for (unsigned int axis = 0; axis < axes; ++axis)
  {
    length *= region.GetSize(axis);
  }
  ForEachRunIndex(region,
                  axes,
                  [&](const auto & index)
                  { f(index, image->GetBufferPointer() + image->ComputeOffset(index), length); });
}

/** Calls f for each hyperplane of the image's slowest axis: a slice of a volume, a row of a picture, a frame of a
 * series. */
template <typename TImage, typename TFunction>
void
ForEachRun(TImage * image, const typename TImage::RegionType & region, TFunction && f)
{
  ForEachRun(image, region, RunAxes(image, static_cast<const TImage *>(nullptr)), f);
}

/** Calls f(first index of the row, pointer to its first pixel) for each row along axis 0 of `region`, in order. */
template <typename TImage, typename TFunction>
void
ForEachRow(TImage * image, const typename TImage::RegionType & region, TFunction && f)
{
  ForEachRun(image, region, 1, [&f](const auto & index, auto * row, std::size_t) { f(index, row); });
}

/** Pointer to the mask's pixel at `index`; along an axis, not the first, where the mask has extent 1 it holds for the
 * whole axis. nullptr for no mask. */
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

/** Asks an image, a mask or a weight image, which may be null, for its part of `region`, see MaskRegion().
 * \throws ExceptionObject where it has no source and does not hold that part: its pixels were released. */
template <typename TImage>
void
RequestRegion(const TImage * image, const typename TImage::RegionType & region)
{
  if (image == nullptr)
  {
    return;
  }
  const auto part = MaskRegion(image, region);
  const_cast<TImage *>(image)->SetRequestedRegion(part);
  const auto & buffered = image->GetBufferedRegion();
  if (!image->GetSource() && part.GetNumberOfPixels() > 0 && !buffered.IsInside(part))
  {
    itkGenericExceptionMacro("An image without a source must hold the region that is read: "
                             << part.GetSize() << " from " << part.GetIndex() << "; it holds " << buffered.GetSize()
                             << " from " << buffered.GetIndex() << ". Did a filter release it?");
  }
}

/** Stream divisions of a region that never cut a row: 1 where there is but one row. */
template <typename TRegion>
unsigned int
NumberOfRowDivisions(const TRegion & region, unsigned int wanted)
{
  return SlowestAxis(region) == 0 ? 1U : ImageRegionSplitterSlowDimension::New()->GetNumberOfSplits(region, wanted);
}

/** Calls f(piece) for pieces of whole rows of `region`, at most `divisions`, each of the mask, which may be null,
 * brought up to date in its turn. \throws ExceptionObject as RequestRegion(). */
template <typename TMask, typename TFunction>
void
ForEachPiece(const TMask * mask, const typename TMask::RegionType & region, unsigned int divisions, TFunction && f)
{
  const auto pieces = NumberOfRowDivisions(region, divisions);
  const auto splitter = ImageRegionSplitterSlowDimension::New();
  for (unsigned int i = 0; i < pieces; ++i)
  {
    auto piece = region;
    splitter->GetSplit(i, pieces, piece);
    RequestRegion(mask, piece);
    if (mask != nullptr)
    {
      const_cast<TMask *>(mask)->PropagateRequestedRegion();
      const_cast<TMask *>(mask)->UpdateOutputData();
    }
    f(piece);
  }
}

/** \throws ExceptionObject where the mask, which is called `name`, has neither the image's extent nor, from the second
 * axis on, 1, printing both sizes. */
template <typename TImage, typename TMask>
void
VerifyMaskExtent(const TImage * image, const TMask * mask, const char * name = "MaskImage")
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
    const bool isRepeated = maskRegion.GetSize(axis) == 1 && (axis > 0 || imageRegion.GetSize(0) == 1);
    if (!same && !isRepeated)
    {
      itkGenericExceptionMacro(<< name << " must cover the image's region " << (axis > 0 ? "or have extent 1 " : "")
                               << "along axis " << axis << ": image " << imageRegion.GetSize() << " from "
                               << imageRegion.GetIndex() << ", " << name << ' ' << maskRegion.GetSize() << " from "
                               << maskRegion.GetIndex() << '.');
    }
  }
}

/** Splits `region` into slabs along `axis`, lets `reduce(slab, accumulator)` fill an accumulator of its own for each,
 * in ITK's thread pool, and merges them into `total`. The accumulator's Merge() must not depend on the order. To sum
 * runs, `axis` must be the SlowestAxis() of the whole image, which that of a thin stream division is not. */
template <typename TRegion, typename TAccumulator, typename TFunction>
void
ReduceRegion(
  MultiThreaderBase * threader, const TRegion & region, unsigned int axis, TAccumulator & total, TFunction && reduce)
{
  const SizeValueType extent = region.GetSize(axis);
  const SizeValueType slabs = axis == 0 ? 1 : std::min<SizeValueType>(extent, threader->GetNumberOfWorkUnits());
  std::mutex          mutex;
  threader->ParallelizeArray(
    0,
    slabs,
    [&](SizeValueType slab)
    {
      const SizeValueType begin = extent * slab / slabs;
      const SizeValueType end = extent * (slab + 1) / slabs;
      TRegion             part = region;
      part.SetIndex(axis, region.GetIndex(axis) + static_cast<IndexValueType>(begin));
      part.SetSize(axis, end - begin);
      TAccumulator accumulator;
      reduce(part, accumulator);
      const std::lock_guard<std::mutex> lock(mutex);
      total.Merge(accumulator);
    },
    nullptr);
}

/** The same for slabs of whole rows, along the region's own slowest axis. */
template <typename TRegion, typename TAccumulator, typename TFunction>
void
ReduceRegion(MultiThreaderBase * threader, const TRegion & region, TAccumulator & total, TFunction && reduce)
{
  ReduceRegion(threader, region, SlowestAxis(region), total, reduce);
}
} // namespace itk

#endif
