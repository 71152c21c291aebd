#include "itkLearnerSink.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace
{
using ImageType = itk::Image<float, 3>;
using MaskType = itk::Image<unsigned char, 3>;

/** Notes the regions that it is given, and what was requested of its input for them. */
class RegionSink : public itk::LearnerSink<ImageType, MaskType>
{
public:
  using Self = RegionSink;
  using Superclass = itk::LearnerSink<ImageType, MaskType>;
  using Pointer = itk::SmartPointer<Self>;
  itkNewMacro(Self);
  itkTypeMacro(RegionSink, LearnerSink);

  std::vector<RegionType> regions;
  std::vector<RegionType> requested;

  unsigned int passes{ 1 };

  unsigned int
  GetNumberOfPasses() const override
  {
    return passes;
  }

  void
  SetRadius(itk::SizeValueType radius)
  {
    this->m_Radius.Fill(radius);
  }

protected:
  void
  StreamedGenerateData(unsigned int) override
  {
    regions.push_back(this->m_Region);
    requested.push_back(this->GetInput()->GetRequestedRegion());
  }
};

ImageType::Pointer
Image(const ImageType::SizeType & size)
{
  auto image = ImageType::New();
  image->SetRegions(ImageType::RegionType({ { 5, -7, 3 } }, size));
  image->Allocate(true);
  return image;
}

RegionSink::Pointer
Divided(const ImageType::Pointer & image, unsigned int divisions, itk::SizeValueType radius = 0)
{
  auto sink = RegionSink::New();
  sink->SetInput(image);
  sink->SetRadius(radius);
  sink->SetNumberOfStreamDivisions(divisions);
  sink->Update();
  return sink;
}
} // namespace

TEST(LearnerSink, DivisionsCoverEachVoxelOnceInWholeRows)
{
  const auto image = Image({ { 11, 6, 9 } });
  for (const unsigned int divisions : { 1U, 2U, 5U, 9U, 64U })
  {
    const auto  sink = Divided(image, divisions);
    std::size_t voxels = 0;
    for (const auto & region : sink->regions)
    {
      EXPECT_EQ(region.GetSize(0), 11u);
      EXPECT_EQ(region.GetIndex(0), 5);
      voxels += region.GetNumberOfPixels();
    }
    EXPECT_EQ(voxels, 11u * 6u * 9u) << divisions;
  }
}

TEST(LearnerSink, EachPassGoesThroughTheSameDivisions)
{
  const auto image = Image({ { 11, 6, 9 } });
  for (const unsigned int divisions : { 1U, 2U, 64U })
  {
    const auto once = Divided(image, divisions)->regions;
    auto       sink = RegionSink::New();
    sink->SetInput(image);
    sink->passes = 3;
    sink->SetNumberOfStreamDivisions(divisions);
    sink->Update();
    ASSERT_EQ(sink->regions.size(), 3 * once.size());
    for (std::size_t i = 0; i < sink->regions.size(); ++i)
    {
      EXPECT_EQ(sink->regions[i], once[i % once.size()]) << divisions << ' ' << i;
    }
  }
}

TEST(LearnerSink, ASingleRowIsNeverCut)
{
  EXPECT_EQ(Divided(Image({ { 50, 1, 1 } }), 7)->regions.size(), 1u);
}

TEST(LearnerSink, TheRimIsRequestedInsideTheImageOnly)
{
  const auto sink = Divided(Image({ { 11, 6, 9 } }), 3, 2);
  ASSERT_EQ(sink->requested.size(), 3u);
  EXPECT_EQ(sink->requested[0].GetSize(2), 3u + 2u);
  EXPECT_EQ(sink->requested[1].GetSize(2), 2u + 3u + 2u);
  EXPECT_EQ(sink->requested[1].GetSize(1), 6u);
}

TEST(LearnerSink, AMaskOfAnotherExtentIsRefusedWithBothSizes)
{
  auto mask = MaskType::New();
  mask->SetRegions(MaskType::RegionType({ { 5, -7, 3 } }, { { 11, 6, 4 } }));
  mask->Allocate(true);
  auto sink = RegionSink::New();
  sink->SetInput(Image({ { 11, 6, 9 } }));
  sink->SetMaskImage(mask);
  try
  {
    sink->Update();
    FAIL() << "expected an exception";
  }
  catch (const itk::ExceptionObject & error)
  {
    const std::string text = error.GetDescription();
    EXPECT_NE(text.find("[11, 6, 9]"), std::string::npos) << text;
    EXPECT_NE(text.find("[11, 6, 4]"), std::string::npos) << text;
  }
}

TEST(LearnerSink, AnImageOrMaskInMemoryWhosePixelsWereReleasedIsRefusedAndNotItsSuccessor)
{
  const auto image = Image({ { 11, 6, 9 } });
  const auto mask = MaskType::New();
  mask->SetRegions(image->GetLargestPossibleRegion());
  mask->Allocate(true);
  const auto sink = Divided(image, 3);
  sink->SetMaskImage(mask);
  sink->Update();
  mask->ReleaseData();
  EXPECT_THROW(sink->Update(), itk::ExceptionObject);
  sink->SetMaskImage(nullptr);
  sink->regions.clear();
  sink->Update(); // after an exception
  EXPECT_EQ(sink->regions.size(), 3u);
  image->ReleaseData();
  EXPECT_THROW(sink->Update(), itk::ExceptionObject);
}

TEST(LearnerSink, ProgressOfASecondRunBeginsAtZero)
{
  const auto         image = Image({ { 11, 6, 9 } });
  auto               sink = RegionSink::New();
  std::vector<float> progress;
  std::vector<int>   requests;
  sink->SetInput(image);
  sink->SetNumberOfStreamDivisions(3);
  sink->AddObserver(itk::ProgressEvent(),
                    [&](const itk::EventObject &)
                    {
                      progress.push_back(sink->GetProgress());
                      requests.push_back(sink->GetCurrentRequestNumber());
                    });
  sink->Update();
  const auto once = progress;
  progress.clear();
  requests.clear();
  sink->Update();
  EXPECT_EQ(progress, once);
  EXPECT_FLOAT_EQ(progress.front(), 0.0F);
  EXPECT_EQ(requests, (std::vector<int>{ -1, 0, 1, 2, -1 }));
}
