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

/** Fills what a report says of evenness, see CaseReport.h, from two images of the same voxels: on about two million of
 * them, drawn evenly. NaN where fewer than 100 lie inside the mask. */
void
MeasureEvenness(const WorkImage * before,
                const WorkImage * corrected,
                const MaskImage * mask,
                const Tissue &    tissue,
                ChannelReport &   report);

/** Over the positive, finite voxels inside the mask: the range of all, the rest of about two million. */
FieldSummary
SummariseField(const WorkImage & field, const MaskImage * mask);
} // namespace isolux
