#pragma once

#include "CaseReport.h"

namespace isolux
{
/** Where a tissue label image says that white and grey matter lie; extent 1 along t: for every frame. */
struct Tissue
{
  WorkImage::Pointer    labels;                 ///< null: none
  std::array<double, 2> values{ { 2.0, 3.0 } }; ///< of grey and of white matter
};

/** Draws what a report says of evenness and of the field, see CaseReport.h, from an image that comes in pieces of whole
 * rows, in order: about half a million voxels, spread evenly. The pieces' sizes change nothing. */
class EvennessSample
{
public:
  /** Of images of that region. */
  EvennessSample(const WorkImage::RegionType & whole, const Tissue & tissue);

  /** Two images of the same voxels, inside `piece`, both of which hold it; one and the same where nothing is divided
   * by, in every piece. */
  void
  Add(const WorkImage &             before,
      const WorkImage &             corrected,
      const MaskImage *             mask,
      const WorkImage::RegionType & piece);

  /** Fills evenness; NaN where fewer than 100 voxels lie inside the mask. */
  void
  Report(ChannelReport & report) const;

private:
  WorkImage::RegionType m_Whole;
  Tissue                m_Tissue;
  std::vector<double>   m_Before; ///< empty where it is one with the corrected
  std::vector<double>   m_Corrected;
  bool                  m_IsOne = true; ///< nothing was divided by
  std::vector<int>      m_Labels;
};

/** Over the positive, finite voxels inside the mask: the range of all, the rest of about half a million. */
class FieldSample
{
public:
  explicit FieldSample(const WorkImage::RegionType & whole)
    : m_Whole(whole)
  {
  }

  /** What `field` holds of its `piece`. */
  void
  Add(const WorkImage & field, const MaskImage * mask, const WorkImage::RegionType & piece);

  FieldSummary
  Summary() const;

private:
  WorkImage::RegionType m_Whole;
  std::vector<float>    m_Drawn;
  double                m_Minimum = std::numeric_limits<double>::infinity();
  double                m_Maximum = 0.0;
};
} // namespace isolux
