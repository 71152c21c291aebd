#pragma once

#include "BeforeAfterScene.h"
#include "SmallVolumes.h"
#include "ViewFiles.h"

#include <array>
#include <memory>

namespace isolux::testing
{
/** Values of every voxel from its place in the patient: right, anterior and superior in mm, as ITK tells it. */
template <typename TFunction>
void
FillByPlace(WorkImage & image, const TFunction & value)
{
  const auto & region = image.GetLargestPossibleRegion();
  float *      voxel = image.GetBufferPointer();
  for (std::size_t i = 0; i < region.GetNumberOfPixels(); ++i)
  {
    std::size_t          rest = i;
    WorkImage::IndexType index = region.GetIndex();
    for (unsigned int axis = 0; axis < 4; ++axis)
    {
      index[axis] += static_cast<WorkImage::IndexValueType>(rest % region.GetSize(axis));
      rest /= region.GetSize(axis);
    }
    WorkImage::PointType lps;
    image.TransformIndexToPhysicalPoint(index, lps);
    voxel[i] = static_cast<float>(value(Point{ { -lps[0], -lps[1], lps[2] } }));
  }
}

/** Index axis i runs along patient axis order[i] (LPS), backwards where bit i of `flips` is set. */
inline WorkImage::Pointer
TurnedGrid(const WorkImage::SizeType & size, const std::array<unsigned int, 3> & order, const unsigned int flips)
{
  auto                     image = PlainGrid(size);
  WorkImage::DirectionType direction;
  direction.Fill(0.0);
  direction[3][3] = 1.0;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    direction[order[axis]][axis] = ((flips >> axis) & 1U) != 0 ? -1.0 : 1.0;
  }
  image->SetDirection(direction);
  const double spacing[] = { 1.0, 1.5, 2.5, 1.0 };
  const double origin[] = { -11.0, 7.0, 40.0, 0.0 };
  image->SetSpacing(spacing);
  image->SetOrigin(origin);
  return image;
}

inline std::shared_ptr<const ViewImage>
View(const WorkImage::Pointer & image, const std::string & name = "image", const bool hasPosition = true)
{
  return std::make_shared<const ViewImage>(std::vector<WorkImage::Pointer>{ image }, name, hasPosition);
}

inline WorkImage::Pointer
Constant(const WorkImage & grid, const float value)
{
  auto image = CopyOf(grid);
  image->FillBuffer(value);
  return image;
}

/** Without masks. */
inline ViewData
DataOf(const WorkImage::Pointer & before, const WorkImage::Pointer & after, const WorkImage::Pointer & field = nullptr)
{
  ViewData data;
  data.images = { View(before, "before"), View(after, "after") };
  data.field = field ? View(field, "field") : nullptr;
  return data;
}

/** Grey of 0 to 255 is the intensity. */
inline ViewState
PlainState(const ViewData & data, const ViewMode mode, const double pixel = 0.25)
{
  ViewState state;
  state.mode = mode;
  state.cursor = data.images[Before]->Middle();
  state.focus = state.cursor;
  state.pixel = pixel;
  state.windows = { ViewWindow{ 0.0, 255.0 }, ViewWindow{ 0.0, 255.0 } };
  state.crosshair = false;
  return state;
}

inline Pane
SlicePane(const Orientation orientation, const int width = 120, const int height = 100)
{
  Pane pane;
  pane.place = { 0, 0, width, height + BarHeight };
  pane.orientation = orientation;
  return pane;
}

inline Basis
AxesOf(const ViewData & data, const Orientation orientation)
{
  return AcquisitionBases(data.images[Before]->ToRas())[static_cast<unsigned int>(orientation)];
}
} // namespace isolux::testing
