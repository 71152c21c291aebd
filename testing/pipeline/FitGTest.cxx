#include "Error.h"
#include "Fit.h"
#include "ReferenceJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
class FitTest : public ::testing::Test
{
protected:
  FitTest()
  {
    SetThreads(2);
  }

  CaseTask
  WriteHead(const std::string & name, float gain, std::uint32_t seed) const
  {
    WriteVolume(testing::HeadVolume({ { 25, 21, 17, 1 } }, gain, seed), m_Folder / name);
    CaseTask task;
    task.name = name;
    task.input = m_Folder / name;
    return task;
  }

  std::vector<CaseTask>
  WriteHeads(int count) const
  {
    std::vector<CaseTask> tasks;
    for (int i = 0; i < count; ++i)
    {
      tasks.push_back(this->WriteHead(
        "head-" + std::to_string(i) + ".nii", 100.0F * static_cast<float>(1 + i), static_cast<std::uint32_t>(1 + i)));
    }
    return tasks;
  }

  Reference
  Fit(const std::vector<CaseTask> & tasks, const PipelineSpec & pipeline = {})
  {
    m_Rows.clear();
    return FitReference(
      tasks, pipeline, {}, [this](const FitRow & row, std::size_t, std::size_t) { m_Rows.push_back(row); });
  }

  testing::TemporaryFolder m_Folder;
  std::vector<FitRow>      m_Rows;
};
} // namespace

TEST_F(FitTest, MeasuresInsideTheForegroundOfEachCase)
{
  const auto reference = this->Fit(this->WriteHeads(3));
  ASSERT_EQ(reference.channels.size(), 1U);
  const auto & channel = reference.channels[0];
  EXPECT_EQ(channel.cases, 3U);
  double      mean = 0.0;
  double      deviation = 0.0;
  double      sum = 0.0;
  std::size_t voxels = 0;
  for (std::uint32_t i = 1; i <= 3; ++i)
  {
    const auto head = testing::HeadVolume({ { 25, 21, 17, 1 } }, 100.0F * static_cast<float>(i), i).channels[0];
    const auto summary = Summarise(head, testing::MaskAbove(*head, 30.0F * static_cast<float>(i)));
    mean += summary.mean / 3.0;
    deviation += summary.standardDeviation / 3.0;
    sum += summary.mean * static_cast<double>(summary.count);
    voxels += summary.count;
  }
  // the foreground's rim may differ from the threshold's by a few voxels
  EXPECT_NEAR(channel.TypicalMean(), mean, 0.01 * mean);
  EXPECT_NEAR(channel.TypicalDeviation(), deviation, 0.02 * deviation);
  EXPECT_NEAR(channel.pooled.Mean(), sum / static_cast<double>(voxels), 0.01 * mean);
  EXPECT_GT(std::sqrt(channel.pooled.Variance()), 1.2 * deviation); // the cases differ in gain
  EXPECT_EQ(channel.histogram.Count(), channel.pooled.Count());
}

TEST_F(FitTest, TheOrderOfCasesAndThreadsChangeNoBit)
{
  auto       tasks = this->WriteHeads(4);
  const auto text = WriteReference(this->Fit(tasks));
  std::rotate(tasks.begin(), tasks.begin() + 1, tasks.end());
  std::swap(tasks[0], tasks[2]);
  SetThreads(5);
  EXPECT_EQ(WriteReference(this->Fit(tasks)), text);
}

TEST_F(FitTest, FilesOfPartsMergeToTheBitsOfOneFitOverAll)
{
  const auto tasks = this->WriteHeads(5);
  const auto text = WriteReference(this->Fit(tasks));
  testing::PutFile(m_Folder / "a.json", WriteReference(this->Fit({ tasks[3], tasks[0] })));
  testing::PutFile(m_Folder / "b.json", WriteReference(this->Fit({ tasks[4] })));
  testing::PutFile(m_Folder / "c.json", WriteReference(this->Fit({ tasks[1], tasks[2] })));
  Reference merged;
  for (const char * part : { "b.json", "c.json", "a.json" })
  {
    merged.Merge(ReadReference(m_Folder / part));
  }
  EXPECT_EQ(WriteReference(merged), text);
}

TEST_F(FitTest, TheFileNamesNoVolumeAndNoFolder)
{
  const auto text = WriteReference(this->Fit(this->WriteHeads(2)));
  EXPECT_EQ(text.find("head"), std::string::npos);
  EXPECT_EQ(text.find(m_Folder.Path().string()), std::string::npos);
}

TEST_F(FitTest, ABadCaseIsNamedAndLeftOut)
{
  const auto good = this->WriteHeads(2);
  const auto text = WriteReference(this->Fit(good));

  CaseTask missing;
  missing.name = "missing.nii";
  missing.input = m_Folder / missing.name;
  CaseTask flat = missing;
  flat.name = "flat.nii";
  flat.input = m_Folder / flat.name;
  auto constant = testing::HeadVolume({ { 9, 8, 7, 1 } });
  constant.channels[0]->FillBuffer(5.0F);
  WriteVolume(constant, flat.input);
  CaseTask colour = missing;
  colour.name = "colour.nii";
  colour.input = m_Folder / colour.name;
  auto two = testing::HeadVolume({ { 25, 21, 17, 1 } });
  two.channels.push_back(testing::CopyOf(*two.channels[0]));
  WriteVolume(two, colour.input);
  CaseTask refused = good[0];
  refused.problem = "head-0.nii: which one is meant?";

  const auto reference = this->Fit({ good[0], missing, flat, colour, refused, good[1] });
  EXPECT_EQ(WriteReference(reference), text);
  ASSERT_EQ(m_Rows.size(), 6U);
  EXPECT_NE(m_Rows[1].problem.find("missing.nii: does not exist"), std::string::npos) << m_Rows[1].problem;
  EXPECT_NE(m_Rows[2].problem.find("flat.nii: "), std::string::npos) << m_Rows[2].problem;
  EXPECT_NE(m_Rows[2].problem.find("nothing is to be learned"), std::string::npos) << m_Rows[2].problem;
  EXPECT_NE(m_Rows[3].problem.find("colour.nii: has 2 channels, where those before have 1"), std::string::npos)
    << m_Rows[3].problem;
  EXPECT_EQ(m_Rows[4].problem, "head-0.nii: which one is meant?");
  EXPECT_EQ(m_Rows[0].problem + m_Rows[5].problem, "");
  EXPECT_TRUE(this->Fit({ missing }).channels.empty());
}

TEST_F(FitTest, AMaskIsTheCasesOwn)
{
  auto       task = this->WriteHead("head.nii", 100.0F, 1);
  auto       mask = testing::HeadVolume({ { 25, 21, 17, 1 } });
  const auto inside = testing::MaskAbove(*mask.channels[0], 80.0F); // the brighter tissue
  const auto summary = Summarise(mask.channels[0], inside);
  std::copy_n(
    inside->GetBufferPointer(), inside->GetBufferedRegion().GetNumberOfPixels(), mask.channels[0]->GetBufferPointer());
  WriteVolume(mask, m_Folder / "mask.nii");
  task.mask = m_Folder / "mask.nii";
  const auto reference = this->Fit({ task });
  EXPECT_EQ(reference.channels[0].pooled.Count(), summary.count);
  EXPECT_EQ(reference.channels[0].pooled.Mean(), summary.mean);
}

TEST_F(FitTest, StagesRunBeforeACaseIsMeasured)
{
  PipelineSpec pipeline;
  pipeline.stages = { { "instance-norm", { { "beta", 7.0 }, { "gamma", 2.0 } } } };
  const auto reference = this->Fit(this->WriteHeads(2), pipeline);
  EXPECT_NEAR(reference.channels[0].TypicalMean(), 7.0, 1e-5); // voxels rounded to float
  EXPECT_NEAR(reference.channels[0].TypicalDeviation(), 2.0, 1e-5);
  EXPECT_NE(reference.pipeline.find("instance-norm"), std::string::npos);
  EXPECT_NE(reference.pipeline.find("foreground"), std::string::npos); // put before it: nothing else makes a mask
}

TEST_F(FitTest, AnImageIsAReferenceOfItself)
{
  const auto               task = this->WriteHead("head.nii", 100.0F, 1);
  const auto               fitted = this->Fit({ task });
  std::vector<std::string> warnings;
  EXPECT_EQ(WriteReference(LoadReference(task.input, {}, warnings)), WriteReference(fitted));
  testing::PutFile(m_Folder / "ref.json", WriteReference(fitted));
  EXPECT_EQ(WriteReference(LoadReference(m_Folder / "ref.json", {}, warnings)), WriteReference(fitted));
  EXPECT_TRUE(warnings.empty());
}
} // namespace isolux
