#include "ReducedPictures.h"

#include "itkImageRows.h"

#include <algorithm>

namespace isolux
{
namespace
{
constexpr double       LargestReduced = 2e6; ///< voxels, of all channels
constexpr unsigned int Time = 3;

itk::SizeValueType
Reduced(itk::SizeValueType extent, unsigned int step)
{
  return (extent + step - 1) / step;
}

/** On the grid, of as many frames. */
template <typename TImage>
typename TImage::Pointer
MakeOn(const WorkImage & grid, itk::SizeValueType frames)
{
  auto image = TImage::New();
  auto region = grid.GetLargestPossibleRegion();
  region.SetSize(Time, frames);
  image->CopyInformation(&grid);
  image->SetRegions(region);
  image->Allocate();
  return image;
}

template <typename TImage>
void
TakeVoxels(const TImage &                      image,
           const WorkImage::RegionType &       whole,
           const WorkImage::RegionType &       piece,
           const std::array<unsigned int, 4> & step,
           TImage &                            reduced)
{
  itk::ForEachRow(&image,
                  piece,
                  [&](const WorkImage::IndexType & index, const auto * row)
                  {
                    WorkImage::IndexType target;
                    for (unsigned int axis = 0; axis < 4; ++axis)
                    {
                      const auto place = index[axis] - whole.GetIndex(axis);
                      if (place % step[axis] != 0)
                      {
                        return;
                      }
                      target[axis] = place / step[axis];
                    }
                    auto * to = reduced.GetBufferPointer() + reduced.ComputeOffset(target);
                    for (std::size_t x = 0; x < piece.GetSize(0); x += step[0])
                    {
                      *to++ = row[x];
                    }
                  });
}
} // namespace

ReducedPictures::ReducedPictures(const WorkImage & grid, std::size_t channels)
  : m_Whole(grid.GetLargestPossibleRegion())
  , m_Channels(channels)
{
  const auto voxels = [&]
  {
    double count = static_cast<double>(channels);
    for (unsigned int axis = 0; axis < 4; ++axis)
    {
      count *= static_cast<double>(Reduced(m_Whole.GetSize(axis), m_Step[axis]));
    }
    return count;
  };
  // Frames first, then the axis of the finest spacing that is left.
  while (voxels() > LargestReduced)
  {
    if (Reduced(m_Whole.GetSize(Time), m_Step[Time]) > 3)
    {
      ++m_Step[Time];
      continue;
    }
    unsigned int finest = 0;
    for (unsigned int axis = 1; axis < Time; ++axis)
    {
      const auto spacing = [&](unsigned int a)
      { return m_Whole.GetSize(a) > m_Step[a] ? grid.GetSpacing()[a] * m_Step[a] : 1e300; };
      finest = spacing(axis) < spacing(finest) ? axis : finest;
    }
    ++m_Step[finest];
  }
  auto                  spacing = grid.GetSpacing();
  WorkImage::RegionType region;
  for (unsigned int axis = 0; axis < 4; ++axis)
  {
    spacing[axis] *= m_Step[axis];
    region.SetSize(axis, Reduced(m_Whole.GetSize(axis), m_Step[axis]));
  }
  WorkImage::PointType origin;
  grid.TransformIndexToPhysicalPoint(m_Whole.GetIndex(), origin);
  m_Grid->SetSpacing(spacing);
  m_Grid->SetOrigin(origin);
  m_Grid->SetDirection(grid.GetDirection());
  m_Grid->SetLargestPossibleRegion(region);
  for (auto & pictures : m_Channels)
  {
    pictures.before = MakeOn<WorkImage>(*m_Grid, region.GetSize(Time));
    pictures.after = MakeOn<WorkImage>(*m_Grid, region.GetSize(Time));
    pictures.step = m_Step;
  }
}

void
ReducedPictures::Add(const Pipeline::Piece & piece)
{
  auto & pictures = m_Channels[piece.channel];
  TakeVoxels(piece.before, m_Whole, piece.region, m_Step, *pictures.before);
  TakeVoxels(piece.output, m_Whole, piece.region, m_Step, *pictures.after);
  auto       frame = piece.region;
  const bool isFirst = frame.GetIndex(Time) == m_Whole.GetIndex(Time);
  frame.SetSize(Time, 1);
  if (piece.mask != nullptr && isFirst)
  {
    if (!pictures.mask)
    {
      pictures.mask = MakeOn<MaskImage>(*m_Grid, 1);
    }
    TakeVoxels(*piece.mask, m_Whole, frame, m_Step, *pictures.mask);
  }
  if (piece.field != nullptr)
  {
    const bool hasOne = piece.fieldFrames == 1;
    if (!pictures.field)
    {
      pictures.field = MakeOn<WorkImage>(*m_Grid, hasOne ? 1 : m_Grid->GetLargestPossibleRegion().GetSize(Time));
    }
    TakeVoxels(*piece.field, m_Whole, hasOne ? frame : piece.region, m_Step, *pictures.field);
  }
}
} // namespace isolux
