#include "itkStackIllumination.h"

#include <gtest/gtest.h>

using itk::StackIllumination;

TEST(StackIllumination, TheFlatFieldKeepsAwayFromZeroAndTheDarkFieldIsNotNegative)
{
  EXPECT_EQ(StackIllumination::FlatFrom(0.7), 0.7);
  EXPECT_EQ(StackIllumination::FlatFrom(-0.7), StackIllumination::LowestFlat);
  EXPECT_EQ(StackIllumination::DarkFrom(12.0), 12.0);
  EXPECT_EQ(StackIllumination::DarkFrom(-12.0), 0.0);
}

TEST(StackIllumination, RelativeBaselinesAreInUnitsOfTheirMeanAndOneWhereThereIsNone)
{
  StackIllumination illumination;
  illumination.baselines = { 50.0, 0.0, 100.0, 150.0 };
  EXPECT_EQ(illumination.RelativeBaselines(), (std::vector<double>{ 0.5, 1.0, 1.0, 1.5 }));
  illumination.baselines = { 1e-3, 100.0, 200.0 }; // the first is 1e-5 of the mean: noise
  EXPECT_EQ(illumination.RelativeBaselines().front(), 1.0);
  illumination.baselines = { 0.0, 0.0 };
  EXPECT_EQ(illumination.RelativeBaselines(), (std::vector<double>{ 1.0, 1.0 }));
  illumination.baselines.clear();
  EXPECT_TRUE(illumination.RelativeBaselines().empty());
}
