#pragma once

#include "ViewGeometry.h"
#include "Volume.h"

#include <vtkImageData.h>
#include <vtkSmartPointer.h>

#include <optional>

namespace isolux
{
/** An image as it is looked at: its voxels, shared with VTK and not copied, and where in the patient they lie. */
class ViewImage
{
public:
  ViewImage(std::vector<WorkImage::Pointer> channels, std::string name, bool hasPosition = true);
  ViewImage(const Volume & volume, std::string name);

  const std::string &
  Name() const
  {
    return m_Name;
  }
  /** Whether it is known where left and right are: false for photographs. */
  bool
  HasPosition() const
  {
    return m_HasPosition;
  }
  std::size_t
  Channels() const
  {
    return m_Channels.size();
  }
  /** Three channels, or four of which the last is opacity: shown in colours. */
  bool
  IsColour() const
  {
    return m_Channels.size() == 3 || m_Channels.size() == 4;
  }
  std::size_t
  Size(unsigned int axis) const
  {
    return m_Channels[0]->GetLargestPossibleRegion().GetSize(axis);
  }
  std::size_t
  Frames() const
  {
    return this->Size(3);
  }
  /** The last frame where there is none of that number. */
  std::size_t
  FrameAt(std::size_t frame) const
  {
    return std::min(frame, this->Frames() - 1);
  }
  /** The first channel where none is chosen, the last where there is none of that number. */
  std::size_t
  ChannelAt(const std::optional<std::size_t> & channel) const
  {
    return std::min(channel.value_or(0), this->Channels() - 1);
  }
  const WorkImage::Pointer &
  Channel(std::size_t channel) const
  {
    return m_Channels[channel];
  }
  const Affine &
  ToRas() const
  {
    return m_ToRas;
  }
  const Affine &
  ToIndex() const
  {
    return m_ToIndex;
  }

  std::size_t
  VoxelsOfFrame() const
  {
    return this->Size(0) * this->Size(1) * this->Size(2);
  }
  const float *
  Pixels(std::size_t channel, std::size_t frame) const;

  /** One frame in index coordinates: spacing 1, origin 0. */
  vtkSmartPointer<vtkImageData>
  Frame(std::size_t channel, std::size_t frame) const;

  /** Of the voxel that a point lies in; empty where it lies outside. */
  std::optional<std::array<std::size_t, 3>>
  IndexAt(const Point & point) const;
  std::vector<float>
  ValuesAt(const std::array<std::size_t, 3> & index, std::size_t frame) const;

  /** The outer corners of the corner voxels. */
  std::array<Point, 8>
  Corners() const;

  /** The centre of the middle voxel. */
  Point
  Middle() const;

private:
  std::vector<WorkImage::Pointer> m_Channels;
  std::string                     m_Name;
  bool                            m_HasPosition;
  Affine                          m_ToRas;
  Affine                          m_ToIndex;
};

/** A smaller copy for volume rendering: means of blocks, at most `side` along each axis, right-handed; its own spacing,
 * and the rotation and offset that bring it to RAS. */
struct ReducedImage
{
  vtkSmartPointer<vtkImageData> levels; ///< unsigned short: 0 to 65535 from low to high
  double                        low = 0.0;
  double                        high = 1.0;
  Affine                        toRas;
};

/** Of one channel, or the mean of all. */
ReducedImage
Reduce(const ViewImage & image, std::optional<std::size_t> channel, std::size_t frame, std::size_t side);
} // namespace isolux
