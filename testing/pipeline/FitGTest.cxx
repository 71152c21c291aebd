#include "CaseList.h"
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
    m_Options.pipeline = pipeline;
    return FitReference(
      tasks, m_Options, [this](const FitRow & row, std::size_t, std::size_t) { m_Rows.push_back(row); });
  }

  testing::TemporaryFolder m_Folder;
  FitOptions               m_Options;
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
  auto tasks = this->WriteHeads(5);
  tasks[0].site = tasks[3].site = "north";
  tasks[1].site = tasks[4].site = "south";
  m_Options.bySite = true;
  m_Options.bands.scales = { 1.0, 2.0 };
  const auto text = WriteReference(this->Fit(tasks));
  testing::PutFile(m_Folder / "a.json", WriteReference(this->Fit({ tasks[3], tasks[0] })));
  testing::PutFile(m_Folder / "b.json", WriteReference(this->Fit({ tasks[4] })));
  testing::PutFile(m_Folder / "c.json", WriteReference(this->Fit({ tasks[1], tasks[2] })));
  const auto file = [&](const char * name) { return m_Folder / name; };
  EXPECT_EQ(WriteReference(MergeReferences({ file("b.json"), file("c.json"), file("a.json") })), text);
  testing::PutFile(m_Folder / "ab.json", WriteReference(MergeReferences({ file("a.json"), file("b.json") })));
  EXPECT_EQ(WriteReference(MergeReferences({ file("ab.json"), file("c.json") })), text);
}

TEST_F(FitTest, ASiteOfTheReferenceIsThatOfItsVolumesAlone)
{
  auto tasks = this->WriteHeads(4);
  tasks[0].site = tasks[2].site = "north";
  tasks[1].site = "south";
  const auto north = this->Fit({ tasks[0], tasks[2] });
  m_Options.bySite = true;
  const auto reference = this->Fit(tasks);
  ASSERT_EQ(reference.sites.size(), 3U); // the last one names none
  EXPECT_EQ(reference.sites.count(Reference::Everything), 1U);
  EXPECT_EQ(reference.channels[0].cases, 4U);
  testing::PutFile(m_Folder / "ref.json", WriteReference(reference));
  const auto site = ReadReferenceOf((m_Folder / "ref.json").string() + "#north");
  EXPECT_EQ(site.channels[0].cases, 2U);
  EXPECT_EQ(site.channels[0].TypicalMean(), north.channels[0].TypicalMean());
  EXPECT_EQ(site.channels[0].landmarks.Standard(), north.channels[0].landmarks.Standard());
  EXPECT_NE(site.channels[0].TypicalMean(), reference.channels[0].TypicalMean());
  EXPECT_THROW(ReadReferenceOf((m_Folder / "ref.json").string() + "#east"), UsageError);
}

TEST_F(FitTest, MergingNamesWhatDoesNotBelongTogether)
{
  const auto tasks = this->WriteHeads(3);
  const auto put = [&](const char * name, Reference reference)
  {
    testing::PutFile(m_Folder / name, WriteReference(reference));
    return m_Folder / name;
  };
  const auto refusal = [](const std::vector<std::filesystem::path> & files) -> std::string
  {
    try
    {
      MergeReferences(files);
    }
    catch (const Error & error)
    {
      return error.what();
    }
    return "";
  };
  const auto contains = [](const std::string & text, const char * word)
  { return text.find(word) != std::string::npos; };
  const auto plain = put("plain.json", this->Fit({ tasks[0] }));
  EXPECT_TRUE(contains(refusal({ plain, plain }), "holds the same volumes as"));
  m_Options.bySite = true;
  auto elsewhere = tasks[0];
  elsewhere.site = "elsewhere";
  EXPECT_TRUE(contains(refusal({ plain, put("site.json", this->Fit({ elsewhere })) }), "holds the same volumes as"));
  m_Options.bySite = false;
  PipelineSpec pipeline;
  pipeline.stages = { { "instance-norm", {} } };
  EXPECT_TRUE(contains(refusal({ plain, put("norm.json", this->Fit({ tasks[1] }, pipeline)) }), "other stages"));
  m_Options.bands.scales = { 1.0 };
  const auto fine = put("fine.json", this->Fit({ tasks[1] }));
  m_Options.bands.scales = { 2.0 };
  EXPECT_TRUE(contains(refusal({ fine, put("coarse.json", this->Fit({ tasks[2] })) }), "bands of other scales"));
  EXPECT_EQ(refusal({ plain, fine }), ""); // one without bands adds none
  m_Options.bands = {};

  const auto shard = [&](std::size_t number, const std::vector<CaseTask> & cases)
  {
    auto reference = this->Fit(cases);
    reference.shard = Shard{ number, 3 };
    reference.list = ChecksumOf(tasks);
    return put((std::to_string(number) + ".json").c_str(), reference);
  };
  const auto first = shard(1, { tasks[0], tasks[1] });
  const auto second = shard(2, {}); // more shards than volumes
  const auto third = shard(3, { tasks[2] });
  EXPECT_EQ(WriteReference(MergeReferences({ third, second, first })), WriteReference(this->Fit(tasks)));
  EXPECT_TRUE(contains(refusal({ first, third }), "of which these are missing: 2"));
  EXPECT_TRUE(contains(refusal({ first, second, third, second }), "holds the same volumes as"));
}

TEST_F(FitTest, SitesOfFewCasesAreTakenOut)
{
  auto tasks = this->WriteHeads(5);
  tasks[1].site = tasks[2].site = tasks[4].site = "large";
  tasks[0].site = tasks[3].site = "small";
  m_Options.bySite = true;
  auto reference = this->Fit(tasks);
  EXPECT_EQ(reference.DropSitesBelow(3), (std::vector<std::string>{ "small" }));
  EXPECT_EQ(WriteReference(reference), WriteReference(this->Fit({ tasks[1], tasks[2], tasks[4] })));
}

TEST_F(FitTest, TheHistogramHidesEachCasesExtremes)
{
  const auto   reference = this->Fit(this->WriteHeads(1));
  const auto   head = testing::HeadVolume({ { 25, 21, 17, 1 } }, 100.0F, 1).channels[0];
  const auto   summary = Summarise(head, testing::MaskAbove(*head, 30.0F));
  const auto & histogram = reference.channels[0].histogram;
  EXPECT_EQ(histogram.Count(), reference.channels[0].pooled.Count());
  EXPECT_LT(histogram.Maximum(), 0.999 * summary.maximum);
  EXPECT_GT(histogram.Minimum(), 1.001 * summary.minimum);
  for (const int percent : { 1, 25, 50, 75, 99 }) // within a bin and the foreground's rim
  {
    EXPECT_NEAR(histogram.Quantile(percent / 100.0),
                summary.percentiles[static_cast<std::size_t>(percent)],
                0.02 * summary.percentiles[50]);
  }
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
