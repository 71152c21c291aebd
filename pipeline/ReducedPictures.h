#pragma once

#include "Pipeline.h"

#include <array>
#include <vector>

namespace isolux
{
/** Pictures of an image that is never in memory as a whole: every so many-th voxel, some two million in all. */
class ReducedPictures
{
public:
  static constexpr double MiB = 40.0; ///< that they take

  /** \param grid size and geometry of the channels */
  ReducedPictures(const WorkImage & grid, std::size_t channels);

  void
  Add(const Pipeline::Piece & piece);

  /** One for each channel. */
  std::vector<CasePictures>
  Take()
  {
    return std::move(m_Channels);
  }

private:
  WorkImage::RegionType       m_Whole;
  std::array<unsigned int, 4> m_Step{ { 1, 1, 1, 1 } };
  WorkImage::Pointer          m_Grid = WorkImage::New(); ///< of the pictures; without voxels
  std::vector<CasePictures>   m_Channels;
};
} // namespace isolux
