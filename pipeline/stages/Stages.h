#pragma once

#include "Stage.h"

namespace isolux
{
// One function for each file in this folder.
StageDescription
DescribeForegroundStage();
StageDescription
DescribeHistogramRetinexStage();
StageDescription
DescribeInstanceNormStage();
} // namespace isolux
