#pragma once

#include "CaseReport.h"

namespace isolux
{
/** Fills evennessBefore and evennessAfter, see CaseReport.h, from two images of the same voxels: on about two million
 * of them, drawn evenly. NaN where fewer than 100 lie inside the mask. */
void
MeasureEvenness(const WorkImage * before, const WorkImage * corrected, const MaskImage * mask, ChannelReport & report);
} // namespace isolux
