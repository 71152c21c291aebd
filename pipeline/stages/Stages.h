#pragma once

#include "Stage.h"

namespace isolux
{
// One function for each file in this folder.
StageDescription
DescribeAdaptiveNormStage();
StageDescription
DescribeApplyFieldStage();
StageDescription
DescribeBandNormStage();
StageDescription
DescribeBatchNormStage();
StageDescription
DescribeDivisiveNormStage();
StageDescription
DescribeForegroundStage();
StageDescription
DescribeHistogramRetinexStage();
StageDescription
DescribeGroupNormStage();
StageDescription
DescribeInstanceNormStage();
StageDescription
DescribeLayerNormStage();
StageDescription
DescribeRobustNormStage();
StageDescription
DescribeModeNormStage();
StageDescription
DescribeN4Stage();
StageDescription
DescribePoissonRetinexStage();
StageDescription
DescribeVariationalRetinexStage();
StageDescription
DescribeMultiScaleRetinexStage();
StageDescription
DescribeSingleScaleRetinexStage();
StageDescription
DescribeQuantileNormStage();
StageDescription
DescribeStackIlluminationStage();
} // namespace isolux
