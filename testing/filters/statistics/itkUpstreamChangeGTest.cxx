#include "itkUpstreamChange.h"

#include "itkAddImageFilter.h"
#include "itkImage.h"
#include "itkShiftScaleImageFilter.h"

#include <gtest/gtest.h>

#include <vector>

namespace
{
using ImageType = itk::Image<float, 2>;
using ScaleType = itk::ShiftScaleImageFilter<ImageType, ImageType>;

/** image -> first -> second, both asked for one row. */
struct Pipeline
{
  Pipeline()
  {
    image->SetRegions(ImageType::SizeType{ { 4, 4 } });
    image->Allocate(true);
    first->SetInput(image);
    second->SetInput(first->GetOutput());
    this->UpdateRow(0);
  }

  void
  UpdateRow(itk::IndexValueType row)
  {
    second->GetOutput()->UpdateOutputInformation();
    second->GetOutput()->SetRequestedRegion({ { { 0, row } }, { { 4, 1 } } });
    second->GetOutput()->Update();
  }

  itk::ModifiedTimeType
  LastChange() const
  {
    std::set<const itk::ProcessObject *> seen;
    return itk::LastChangeUpstream(second->GetOutput(), seen);
  }

  ImageType::Pointer image = ImageType::New();
  ScaleType::Pointer first = ScaleType::New();
  ScaleType::Pointer second = ScaleType::New();
};
} // namespace

TEST(UpstreamChange, AnotherRegionIsNoChange)
{
  Pipeline   pipeline;
  const auto before = pipeline.LastChange();
  const auto modified = pipeline.second->GetOutput()->GetMTime();
  pipeline.UpdateRow(2);
  EXPECT_GT(pipeline.second->GetOutput()->GetMTime(), modified);
  EXPECT_EQ(pipeline.LastChange(), before);
}

TEST(UpstreamChange, AParameterAnImageInMemoryAndAnOutputThatSomebodyTouchedAreChanges)
{
  Pipeline   pipeline;
  const auto before = pipeline.LastChange();
  pipeline.first->SetScale(2.0);
  const auto parameter = pipeline.LastChange();
  EXPECT_GT(parameter, before);
  pipeline.image->Modified();
  const auto image = pipeline.LastChange();
  EXPECT_GT(image, parameter);
  pipeline.UpdateRow(1);
  EXPECT_EQ(pipeline.LastChange(), image);
  pipeline.first->GetOutput()->Modified();
  EXPECT_GT(pipeline.LastChange(), image);
}

TEST(UpstreamChange, ManyWaysToOneImageAreWalkedOnce)
{
  using AdderType = itk::AddImageFilter<ImageType, ImageType, ImageType>;
  Pipeline                        pipeline;
  std::vector<AdderType::Pointer> adders;
  for (int i = 0; i < 200; ++i) // 2^200 ways
  {
    const ImageType::Pointer before = i == 0 ? pipeline.second->GetOutput() : adders.back()->GetOutput();
    adders.push_back(AdderType::New());
    adders.back()->SetInput1(before);
    adders.back()->SetInput2(before);
  }
  std::set<const itk::ProcessObject *> seen;
  itk::LastChangeUpstream(adders.back()->GetOutput(), seen);
  EXPECT_EQ(seen.size(), 202U);
}
