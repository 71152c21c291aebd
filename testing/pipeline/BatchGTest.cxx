#include "Batch.h"
#include "CaseList.h"
#include "Error.h"
#include "SidecarJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <sstream>

namespace isolux
{
namespace
{
namespace fs = std::filesystem;

class BatchTest : public ::testing::Test
{
protected:
  BatchTest()
  {
    for (const char * name : { "a.nii", "b.nii", "deep/c.nii" })
    {
      this->Write(name, static_cast<float>(name[0]));
    }
    m_Spec.stages = { { "foreground", {} }, { "instance-norm", {} } };
  }

  void
  Write(const std::string & name, float gain) const
  {
    WriteVolume(testing::HeadVolume({ { 15, 13, 11, 1 } }, gain), m_Folder / "in" / name);
  }

  std::vector<BatchRow>
  Run(const std::string & out = "out", const CaseRenderer & render = {})
  {
    return RunBatch(ListCases(m_Folder / "in", m_Folder / out, m_Masks), m_Folder / out, m_Spec, m_Options, render, {})
      .rows;
  }

  std::vector<std::string>
  Statuses(const std::string & out = "out", const CaseRenderer & render = {})
  {
    std::vector<std::string> statuses;
    for (const auto & row : this->Run(out, render))
    {
      statuses.push_back(row.status);
    }
    return statuses;
  }

  std::string
  Bytes(const std::string & name) const
  {
    return testing::ReadBytesOf(m_Folder / name);
  }

  testing::TemporaryFolder m_Folder;
  PipelineSpec             m_Spec;
  BatchOptions             m_Options;
  fs::path                 m_Masks;
};

using Strings = std::vector<std::string>;

std::vector<Strings>
Cells(const std::string & table)
{
  std::vector<Strings> rows;
  std::istringstream   lines(table);
  for (std::string line; std::getline(lines, line);)
  {
    Strings            cells;
    std::istringstream stream(line + "\t");
    for (std::string cell; std::getline(stream, cell, '\t');)
    {
      cells.push_back(cell);
    }
    rows.push_back(cells);
  }
  return rows;
}
} // namespace

TEST_F(BatchTest, WritesAVolumeASidecarAndARowForEachCase)
{
  EXPECT_EQ(this->Statuses(), (Strings{ "done", "done", "done" }));
  EXPECT_EQ(testing::Below(m_Folder / "out"),
            (Strings{ ".isolux",
                      ".isolux/lock",
                      ".isolux/pipeline.json",
                      "a.json",
                      "a.nii",
                      "b.json",
                      "b.nii",
                      "deep",
                      "deep/c.json",
                      "deep/c.nii",
                      "manifest.tsv" }));
  const auto rows = Cells(this->Bytes("out/manifest.tsv"));
  ASSERT_EQ(rows.size(), 4U);
  for (const auto & row : rows)
  {
    EXPECT_EQ(row.size(), rows.front().size());
  }
  EXPECT_EQ(rows[0][0], "path");
  EXPECT_EQ(rows[3][0], "deep/c.nii");
  EXPECT_EQ(rows[3][1], "done");
  EXPECT_GT(std::stod(rows[3][3]), 0.0);         // mask voxels
  EXPECT_NEAR(std::stod(rows[3][7]), 1.0, 1e-4); // deviation after, in four digits
  EXPECT_EQ(rows[3][18], "deep/c.nii");
}

TEST_F(BatchTest, TheManifestHoldsEvennessAndTheFieldsRange)
{
  m_Spec.stages = { { "foreground", {} }, { "histogram-retinex", {} } };
  const auto rows = this->Run("field");
  auto       table = Cells(this->Bytes("field/manifest.tsv"));
  EXPECT_EQ((Strings(table[0].begin() + 8, table[0].begin() + 16)),
            (Strings{ "cv_before",
                      "cv_after",
                      "cjv_before",
                      "cjv_after",
                      "entropy_before",
                      "entropy_after",
                      "field_minimum",
                      "field_maximum" }));
  const auto & channel = rows[0].report.channels[0];
  EXPECT_NEAR(std::stod(table[1][12]), channel.evennessBefore.entropy, 1e-4); // six digits
  EXPECT_NEAR(std::stod(table[1][13]), channel.evennessAfter.entropy, 1e-4);
  EXPECT_NEAR(std::stod(table[1][14]), channel.field->minimum, 1e-5);
  EXPECT_NEAR(std::stod(table[1][15]), channel.field->maximum, 1e-5);
  EXPECT_LT(std::stod(table[1][14]), std::stod(table[1][15]));

  m_Spec.stages = { { "multi-scale-retinex", { { "logarithm", true } } } };
  this->Run("log");
  table = Cells(this->Bytes("log/manifest.tsv"));
  EXPECT_EQ((Strings(table[1].begin() + 8, table[1].begin() + 14)), Strings(6)); // of a logarithm there is none
  EXPECT_GT(std::stod(table[1][15]), 0.0);

  m_Spec.stages = { { "instance-norm", {} } };
  this->Run("norm");
  table = Cells(this->Bytes("norm/manifest.tsv"));
  EXPECT_EQ((Strings(table[1].begin() + 14, table[1].begin() + 16)), Strings(2)); // no field
  EXPECT_EQ(table[1].size(), table[0].size());
}

TEST_F(BatchTest, ResumeKnowsAFieldByItsContent)
{
  const auto writeField = [&](float value)
  {
    auto field = ReadVolume(m_Folder / "in/a.nii");
    field.channels[0]->FillBuffer(value);
    WriteVolume(field, m_Folder / "field.nii");
  };
  writeField(2.0F);
  m_Spec.stages = { { "apply-field", { { "field", (m_Folder / "field.nii").string() } } } };
  this->Run();
  m_Options.resume = true;
  EXPECT_EQ(this->Statuses(), (Strings{ "skipped", "skipped", "skipped" }));
  writeField(3.0F);
  EXPECT_EQ(this->Statuses(), (Strings{ "done", "done", "done" }));
}

TEST_F(BatchTest, OneBadCaseDoesNotStopTheRest)
{
  testing::PutFile(m_Folder / "in/b.nii", "no image");
  const auto rows = this->Run();
  EXPECT_EQ(rows[0].status, "done");
  EXPECT_EQ(rows[1].status, "failed");
  EXPECT_NE(rows[1].message.find("b.nii"), std::string::npos);
  EXPECT_EQ(rows[2].status, "done");
  EXPECT_FALSE(fs::exists(m_Folder / "out/b.nii"));
  const auto table = Cells(this->Bytes("out/manifest.tsv"));
  EXPECT_EQ(table[2][1], "failed");
  EXPECT_EQ(table[2].size(), table[0].size());
  EXPECT_EQ(table[2][19], rows[1].message);
  EXPECT_EQ(table[2][18], "");
}

TEST_F(BatchTest, ACaseWithAProblemFailsWithThatProblem)
{
  testing::CopyFile(m_Folder / "in/a.nii", m_Folder / "in/sub/b.nii");
  this->Write("b.nii.gz", 5.0F);
  const auto rows = this->Run();
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[1].status, "failed");
  EXPECT_EQ(rows[2].status, "failed");
  EXPECT_NE(rows[1].message.find("b.nii.gz"), std::string::npos);
  EXPECT_EQ(rows[4].status, "done");
  EXPECT_FALSE(fs::exists(m_Folder / "out/b.nii"));
}

TEST_F(BatchTest, WhatExistsIsRefusedWithoutForceBeforeAnythingRuns)
{
  testing::PutFile(m_Folder / "out/deep/c.nii", "precious");
  EXPECT_THROW(this->Run(), UsageError);
  EXPECT_EQ(testing::Below(m_Folder / "out"), (Strings{ "deep", "deep/c.nii" }));
  EXPECT_EQ(this->Bytes("out/deep/c.nii"), "precious");
  m_Options.force = true;
  EXPECT_EQ(this->Statuses(), (Strings{ "done", "done", "done" }));
  EXPECT_NE(this->Bytes("out/deep/c.nii"), "precious");
}

TEST_F(BatchTest, AFileUnderASidecarsNameIsRefusedToo)
{
  testing::PutFile(m_Folder / "out/a.json", "precious");
  EXPECT_THROW(this->Run(), UsageError);
  EXPECT_EQ(this->Bytes("out/a.json"), "precious");
}

TEST_F(BatchTest, ResumeSkipsWhatIsFinishedAndLeavesItUntouched)
{
  const auto render = [](const CaseTask & task, const CaseResult &, const fs::path & page)
  { testing::PutFile(page, "<section>" + task.name + "</section>"); };
  this->Run("out", render);
  const auto bytes = this->Bytes("out/a.nii");
  const auto written = fs::last_write_time(m_Folder / "out/a.nii");
  m_Options.resume = true;
  const auto rows = this->Run("out", render);
  for (const auto & row : rows)
  {
    EXPECT_EQ(row.status, "skipped");
    EXPECT_EQ(testing::ReadBytesOf(PagePath(m_Folder / "out", row.task)), "<section>" + row.task.name + "</section>");
    EXPECT_EQ(row.report.channels.size(), 1U);
  }
  EXPECT_EQ(this->Bytes("out/a.nii"), bytes);
  EXPECT_EQ(fs::last_write_time(m_Folder / "out/a.nii"), written);
}

TEST_F(BatchTest, ResumeRunsAgainWhatIsNotWholeOrNotTheSame)
{
  const auto render = [](const CaseTask & task, const CaseResult &, const fs::path & page)
  { testing::PutFile(page, task.name); };
  this->Run("out", render);
  const auto expected = this->Bytes("out/a.nii");
  m_Options.resume = true;

  fs::remove(m_Folder / "out/a.nii");
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "done", "skipped", "skipped" }));
  fs::remove(m_Folder / "out/a.json");
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "done", "skipped", "skipped" }));
  testing::PutFile(m_Folder / "out/a.json", "{\"isolux\":");
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "done", "skipped", "skipped" }));
  fs::remove(m_Folder / "out/report/a.nii.html");
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "done", "skipped", "skipped" }));
  EXPECT_EQ(this->Bytes("out/a.nii"), expected);

  this->Write("b.nii", 77.0F);
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "skipped", "done", "skipped" }));
  m_Spec.stages[1].options = { { "gamma", 2.0 } };
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "done", "done", "done" }));
  m_Spec.stages[1].options = { { "gamma", 2.0 }, { "beta", 0.0 } }; // the default, spelled out
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "skipped", "skipped", "skipped" }));
  m_Spec.nan = "zero";
  EXPECT_EQ(this->Statuses("out", render), (Strings{ "done", "done", "done" }));
}

TEST_F(BatchTest, ResumeKnowsAnInputByTheHashThatItsSidecarHas)
{
  this->Run();
  m_Options.resume = true;
  m_Options.options.hashType = HashType::Xxh128; // changes no voxel
  EXPECT_EQ(this->Statuses(), (Strings{ "skipped", "skipped", "skipped" }));
  this->Write("b.nii", 77.0F);
  EXPECT_EQ(this->Statuses(), (Strings{ "skipped", "done", "skipped" }));
  const auto table = Cells(this->Bytes("out/manifest.tsv"));
  EXPECT_EQ(table[0][20], "input_sha256");
  EXPECT_EQ(table[1][20], HashVolume(m_Folder / "in/a.nii"));
  EXPECT_EQ(table[2][20], "xxh128:" + HashVolume(m_Folder / "in/b.nii", HashType::Xxh128));

  m_Options.options.hashType = HashType::Sha256;
  EXPECT_EQ(this->Statuses(), (Strings{ "skipped", "skipped", "skipped" }));
  EXPECT_EQ(Cells(this->Bytes("out/manifest.tsv"))[2][20], table[2][20]);
  this->Write("b.nii", 78.0F);
  EXPECT_EQ(this->Statuses(), (Strings{ "skipped", "done", "skipped" }));
}

TEST_F(BatchTest, ACaseHasItsPageInAFolderThatMirrorsTheOutputs)
{
  const auto render = [](const CaseTask & task, const CaseResult &, const fs::path & page)
  { testing::PutFile(page, task.name); };
  this->Run("out", render);
  EXPECT_EQ(testing::Below(m_Folder / "out/report"),
            (Strings{ "a.nii.html", "b.nii.html", "deep", "deep/c.nii.html" }));
}

TEST_F(BatchTest, ResumeRunsAgainWhenAMaskComesGoesOrChanges)
{
  const auto writeMask = [&](float threshold)
  {
    for (const char * name : { "a", "b", "deep/c" })
    {
      Volume mask = ReadVolume(m_Folder / "in" / (std::string(name) + ".nii"));
      for (std::size_t i = 0; i < mask.channels[0]->GetBufferedRegion().GetNumberOfPixels(); ++i)
      {
        float & voxel = mask.channels[0]->GetBufferPointer()[i];
        voxel = voxel > threshold ? 1.0F : 0.0F;
      }
      WriteVolume(mask, m_Folder / "masks" / (std::string(name) + "_mask.nii"));
    }
  };
  this->Run();
  m_Options.resume = true;
  writeMask(30.0F);
  m_Masks = m_Folder / "masks";
  EXPECT_EQ(this->Statuses(), (Strings{ "done", "done", "done" }));
  EXPECT_EQ(this->Statuses(), (Strings{ "skipped", "skipped", "skipped" }));
  writeMask(60.0F);
  EXPECT_EQ(this->Statuses(), (Strings{ "done", "done", "done" }));
  m_Masks.clear();
  EXPECT_EQ(this->Statuses(), (Strings{ "done", "done", "done" }));
}

TEST_F(BatchTest, AnyJobsAndThreadsGiveTheSameBytesAndNumbers)
{
  m_Spec = DefaultPipeline();
  WriteVolume(testing::HeadVolume({ { 13, 11, 9, 3 } }), m_Folder / "in/series.nii");
  Volume colour = testing::HeadVolume({ { 61, 47, 1, 1 } });
  for (const float gain : { 130.0F, 160.0F })
  {
    colour.channels.push_back(testing::FillHead(testing::PlainGrid({ { 61, 47, 1, 1 } }), gain, 2));
  }
  WriteVolume(colour, m_Folder / "in/colour.mha");
  const Strings names = { "a.nii", "b.nii", "colour.mha", "deep/c.nii", "series.nii" };
  const auto    numbersOf = [this](const std::string & volume)
  {
    auto json = nlohmann::json::parse(testing::ReadBytesOf(SidecarPath(m_Folder / volume)));
    for (auto & channel : json.at("channels"))
    {
      for (auto & stage : channel.at("stages"))
      {
        stage.erase("seconds");
      }
    }
    for (const char * ofTheRun : { "seconds", "peak_memory_mib", "threads" })
    {
      json.erase(ofTheRun);
    }
    return json.dump(1);
  };
  this->Run("first");
  unsigned int runs = 0;
  for (const unsigned int jobs : { 1U, 2U })
  {
    for (const unsigned int threads : { 1U, 2U, 3U, 7U })
    {
      SCOPED_TRACE(std::to_string(jobs) + " jobs, " + std::to_string(threads) + " threads");
      m_Options.jobs = jobs;
      m_Options.options.execution.threads = threads;
      const auto out = "out" + std::to_string(++runs);
      EXPECT_EQ(this->Statuses(out), Strings(names.size(), "done"));
      for (const auto & name : names)
      {
        EXPECT_FALSE(this->Bytes("first/" + name).empty());
        EXPECT_TRUE(this->Bytes("first/" + name) == this->Bytes(out + "/" + name)) << name;
        EXPECT_EQ(numbersOf("first/" + name), numbersOf(out + "/" + name)) << name;
      }
    }
  }
}

TEST_F(BatchTest, ACaseThatDiesIsReportedAndTheRestGoesOn)
{
  for (const unsigned int jobs : { 1U, 2U })
  {
    m_Options.jobs = jobs;
    m_Options.force = true;
    const auto rows = this->Run("out",
                                [](const CaseTask & task, const CaseResult &, const fs::path &)
                                {
                                  if (task.name == "b.nii")
                                  {
                                    std::raise(SIGKILL);
                                  }
                                });
    EXPECT_EQ(rows[0].status, "done");
    EXPECT_EQ(rows[1].status, "failed");
    EXPECT_NE(rows[1].message.find("b.nii: ended by signal 9 (Killed"), std::string::npos) << rows[1].message;
    EXPECT_NE(rows[1].message.find("fewer --jobs"), std::string::npos);
    EXPECT_EQ(rows[2].status, "done");
  }
}

TEST_F(BatchTest, WhatKilledRunsLeftIsRemoved)
{
  testing::PutFile(m_Folder / "out/deep/.isolux-partial-12-abcdef/c.nii", "half");
  testing::PutFile(m_Folder / "out/.isolux-partial-13-abcdef/a.nii", "half");
  testing::PutFile(m_Folder / "out/notes.txt", "mine");
  this->Run();
  for (const auto & name : testing::Below(m_Folder / "out"))
  {
    EXPECT_EQ(name.find(".isolux-partial-"), std::string::npos) << name;
  }
  EXPECT_EQ(this->Bytes("out/notes.txt"), "mine");
}

TEST_F(BatchTest, TheManifestHoldsWarningsInOneLine)
{
  auto volume = testing::HeadVolume({ { 15, 13, 11, 1 } });
  volume.channels[0]->FillBuffer(7.0F);
  WriteVolume(volume, m_Folder / "in/b.nii");
  const auto rows = this->Run();
  EXPECT_EQ(rows[1].status, "done");
  EXPECT_NE(rows[1].message.find("instance-norm: all "), std::string::npos) << rows[1].message;
  EXPECT_EQ(Cells(this->Bytes("out/manifest.tsv"))[2][19], rows[1].message);
}

TEST_F(BatchTest, ProgressCountsEveryCaseOnce)
{
  std::vector<std::size_t> counts;
  BatchProgress            progress;
  progress.ended = [&](const BatchRow &, std::size_t finished, std::size_t total)
  {
    EXPECT_EQ(total, 3U);
    counts.push_back(finished);
  };
  RunBatch(ListCases(m_Folder / "in", m_Folder / "out", {}), m_Folder / "out", m_Spec, m_Options, {}, progress);
  EXPECT_EQ(counts, (std::vector<std::size_t>{ 1, 2, 3 }));
}

TEST_F(BatchTest, TheLargestBegins)
{
  WriteVolume(testing::HeadVolume({ { 31, 27, 21, 1 } }), m_Folder / "in/z-large.nii");
  Strings       order;
  BatchProgress progress;
  progress.ended = [&](const BatchRow & row, std::size_t, std::size_t) { order.push_back(row.task.name); };
  const auto result =
    RunBatch(ListCases(m_Folder / "in", m_Folder / "out", {}), m_Folder / "out", m_Spec, m_Options, {}, progress);
  EXPECT_EQ(order.front(), "z-large.nii");
  EXPECT_EQ(result.rows.back().task.name, "z-large.nii"); // rows stay in the order of the tasks
}

TEST_F(BatchTest, NoMoreJobsRunThanMemoryAllows)
{
  const auto most = [&](double memory, long wanted)
  {
    m_Options.jobs = 3;
    m_Options.force = true;
    m_Options.options.execution.memory = memory;
    const auto place = m_Folder / "running";
    fs::remove_all(place);
    fs::create_directory(place);
    const auto rows =
      this->Run("out",
                [&](const CaseTask & task, const CaseResult &, const fs::path &)
                {
                  const auto mine = place / task.output.filename();
                  testing::PutFile(mine, "");
                  long together = 0;
                  for (int tenths = wanted > 1 ? 100 : 4; tenths > 0 && (wanted == 1 || together < wanted); --tenths)
                  {
                    usleep(100000);
                    together = std::max<long>(together, std::distance(fs::directory_iterator(place), {}));
                  }
                  testing::PutFile(m_Folder / "most" / task.output.filename(), std::to_string(together));
                  if (wanted == 1)
                  {
                    fs::remove(mine);
                  }
                });
    long together = 0;
    for (const auto & row : rows)
    {
      EXPECT_EQ(row.status, "done") << row.message;
      together = std::max(together, std::stol(this->Bytes("most/" + row.task.output.filename().string())));
    }
    return together;
  };
  EXPECT_EQ(most(0.0, 3), 3);
  EXPECT_EQ(most(600.0, 3), 3);
  EXPECT_EQ(most(150.0, 1), 1); // a third of which is less than a small head takes
}
} // namespace isolux
