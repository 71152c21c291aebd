#include "Batch.h"
#include "CaseList.h"
#include "Error.h"
#include "PipelineJson.h"
#include "SmallVolumes.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

// A cohort on several machines, and batches that are interrupted or killed.
namespace isolux
{
namespace
{
namespace fs = std::filesystem;

class ShardTest : public ::testing::Test
{
protected:
  ShardTest()
  {
    for (const char * name : { "a.nii", "b.nii", "c.nii", "deep/d.nii", "e.nii" })
    {
      WriteVolume(testing::HeadVolume({ { 15, 13, 11, 1 } }, static_cast<float>(name[0])), m_Folder / "in" / name);
    }
    m_Spec.stages = { { "foreground", {} }, { "instance-norm", {} } };
  }

  BatchResult
  RunShard(std::size_t number, std::size_t count, const std::string & out = "out")
  {
    const auto  tasks = this->Tasks(out);
    const Shard shard{ number, count };
    auto        options = m_Options;
    options.part = shard.Name();
    options.list = ChecksumOf(tasks);
    return RunBatch(CasesOf(shard, tasks), m_Folder / out, m_Spec, options, {}, {});
  }

  std::vector<CaseTask>
  Tasks(const std::string & out = "out") const
  {
    return ListCases(m_Folder / "in", m_Folder / out, {});
  }

  std::string
  GatherRefusal() const
  {
    try
    {
      GatherShards(m_Folder / "out");
    }
    catch (const Error & error)
    {
      return error.what();
    }
    return "";
  }

  /** Runs the batch in a process of its own, whose cases take some time, and ends it by `signals` once the first of
   * them is at work. Returns how it ended, as of waitpid(). */
  int
  Interrupt(const std::vector<int> & signals, useconds_t duration = 1000000)
  {
    const pid_t process = fork();
    if (process == 0)
    {
      const auto begin = [&](const CaseTask & task, const CaseResult &, const fs::path &)
      {
        testing::PutFile(m_Folder / "begun" / task.output.filename(), "");
        usleep(duration);
      };
      const auto result = RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, begin, {});
      _exit(result.signal);
    }
    while (!fs::exists(m_Folder / "begun"))
    {
      usleep(1000);
    }
    for (const int signal : signals)
    {
      usleep(100000);
      kill(process, signal);
    }
    int status = 0;
    waitpid(process, &status, 0);
    return status;
  }

  std::size_t
  Done() const
  {
    std::size_t done = 0;
    for (const auto & row : ReadManifest(m_Folder / "out/manifest.tsv", m_Folder / "out"))
    {
      EXPECT_TRUE(row.HasOutput()) << row.message;
      EXPECT_TRUE(fs::exists(row.task.output));
      ++done;
    }
    return done;
  }

  bool
  HasPartialOutputs() const
  {
    for (const auto & entry : fs::recursive_directory_iterator(m_Folder / "out"))
    {
      if (entry.path().filename().string().rfind(".isolux-partial-", 0) == 0)
      {
        return true;
      }
    }
    return false;
  }

  testing::TemporaryFolder m_Folder;
  PipelineSpec             m_Spec;
  BatchOptions             m_Options;
};

bool
Holds(const std::string & text, const std::string & word)
{
  return text.find(word) != std::string::npos;
}
} // namespace

TEST_F(ShardTest, ShardsAreTogetherTheWholeCohortOnce)
{
  const auto tasks = this->Tasks();
  for (const std::size_t count : { 1U, 2U, 3U, 7U })
  {
    std::vector<std::string> names;
    for (std::size_t number = 1; number <= count; ++number)
    {
      for (const auto & task : CasesOf({ number, count }, tasks))
      {
        names.push_back(task.name);
      }
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{ "a.nii", "b.nii", "c.nii", "deep/d.nii", "e.nii" })) << count;
  }
}

TEST_F(ShardTest, ShardsGiveTheBytesAndTheManifestOfOneRun)
{
  RunBatch(this->Tasks("whole"), m_Folder / "whole", m_Spec, m_Options, {}, {});
  for (const std::size_t count : { 1U, 3U, 7U })
  {
    const auto out = "out" + std::to_string(count);
    for (std::size_t number = count; number > 0; --number)
    {
      this->RunShard(number, count, out);
    }
    const auto rows = GatherShards(m_Folder / out);
    ASSERT_EQ(rows.size(), 5U);
    const auto whole = ReadManifest(m_Folder / "whole/manifest.tsv", m_Folder / "whole");
    for (std::size_t i = 0; i < rows.size(); ++i)
    {
      EXPECT_EQ(rows[i].task.name, whole[i].task.name);
      EXPECT_EQ(rows[i].parameters, whole[i].parameters);
      EXPECT_EQ(rows[i].report.channels.size(), 1U);
      EXPECT_TRUE(testing::ReadBytesOf(rows[i].task.output) == testing::ReadBytesOf(whole[i].task.output));
    }
    EXPECT_EQ(testing::ReadBytesOf(m_Folder / out / "manifest.tsv"), ManifestText(rows, m_Folder / out));
  }
}

TEST_F(ShardTest, GatherNamesTheShardThatIsMissingOrUnfinished)
{
  EXPECT_TRUE(Holds(this->GatherRefusal(), "no shard has run into this folder"));
  this->RunShard(1, 3);
  this->RunShard(3, 3);
  EXPECT_TRUE(Holds(this->GatherRefusal(), "not finished: shard 2/3; run")) << this->GatherRefusal();
  this->RunShard(2, 3);
  EXPECT_EQ(this->GatherRefusal(), "");
  const auto path = PartPath(m_Folder / "out", "2-of-3");
  auto       text = testing::ReadBytesOf(path);
  testing::PutFile(path, text.substr(0, text.size() - 7)); // killed while it wrote its last row
  EXPECT_TRUE(Holds(this->GatherRefusal(), "shard 2/3 (1 of 2 volumes)")) << this->GatherRefusal();
  m_Options.resume = true;
  EXPECT_EQ(this->RunShard(2, 3).rows[0].status, "skipped");
  EXPECT_EQ(this->GatherRefusal(), "");
}

TEST_F(ShardTest, GatherRefusesShardsThatDoNotBelongTogether)
{
  this->RunShard(1, 2);
  const auto spec = m_Spec;
  m_Spec.stages[1].options = { { "gamma", 2.0 } };
  this->RunShard(2, 2);
  EXPECT_TRUE(Holds(this->GatherRefusal(), "shard 2/2 is of another pipeline")) << this->GatherRefusal();
  m_Spec = spec;
  m_Options.resume = true;
  WriteVolume(testing::HeadVolume({ { 15, 13, 11, 1 } }), m_Folder / "in/f.nii");
  this->RunShard(2, 2);
  EXPECT_TRUE(Holds(this->GatherRefusal(), "shard 2/2 is of another list of volumes")) << this->GatherRefusal();
  this->RunShard(1, 2);
  EXPECT_EQ(this->GatherRefusal(), "");
  this->RunShard(1, 3);
  EXPECT_TRUE(Holds(this->GatherRefusal(), "holds shards of 2 and of 3"));
}

TEST_F(ShardTest, AFailedCaseIsGatheredAsFailed)
{
  std::ofstream(m_Folder / "in/c.nii", std::ios::trunc) << "no volume";
  this->RunShard(1, 2);
  this->RunShard(2, 2);
  const auto rows = GatherShards(m_Folder / "out");
  EXPECT_EQ(rows[2].task.name, "c.nii");
  EXPECT_EQ(rows[2].status, "failed");
  EXPECT_TRUE(Holds(rows[2].message, "c.nii: "));
  EXPECT_EQ(rows[3].status, "done");
}

TEST_F(ShardTest, AShardIsRunByOneProcessAndAFolderByOneBatchOrItsShards)
{
  const auto refusal = [](const std::function<void()> & run) -> std::string
  {
    try
    {
      run();
    }
    catch (const UsageError & error)
    {
      return error.what();
    }
    return "";
  };
  std::string whole;
  std::string same;
  std::string other;
  m_Options.resume = true;
  const auto inside = [&](const CaseTask &, const CaseResult &, const fs::path &)
  {
    testing::PutFile(m_Folder / "whole",
                     refusal([&] { RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {}); }));
    testing::PutFile(m_Folder / "same", refusal([&] { this->RunShard(1, 5); }));
    testing::PutFile(m_Folder / "other", refusal([&] { this->RunShard(2, 5); }) + "ran");
    testing::PutFile(m_Folder / "gather", refusal([&] { GatherShards(m_Folder / "out"); }));
  };
  auto options = m_Options;
  options.part = "1-of-5";
  options.list = ChecksumOf(this->Tasks());
  RunBatch(CasesOf({ 1, 5 }, this->Tasks()), m_Folder / "out", m_Spec, options, inside, {});
  const auto said = [&](const char * name) { return testing::ReadBytesOf(m_Folder / name); };
  EXPECT_TRUE(Holds(said("whole"), "another isolux harmonize is writing into this folder")) << said("whole");
  EXPECT_TRUE(Holds(said("same"), "at work on part 1-of-5")) << said("same");
  EXPECT_EQ(said("other"), "ran");
  EXPECT_TRUE(Holds(said("gather"), "a shard is still at work")) << said("gather");
}

TEST_F(ShardTest, AShardIsNamedByNumbersOrBySlurm)
{
  EXPECT_EQ(ParseShard("3/8").Name(), "3-of-8");
  EXPECT_EQ(ParseShard("1/1").Name(), "1-of-1");
  for (const char * wrong : { "0/3", "4/3", "3", "3/", "/3", "-1/3", "1/3x", "1.5/3", "", "Slurm" })
  {
    EXPECT_THROW(ParseShard(wrong), UsageError) << wrong;
  }
  const auto set = [](const char * id, const char * first, const char * last, const char * count)
  {
    setenv("SLURM_ARRAY_TASK_ID", id, 1);
    setenv("SLURM_ARRAY_TASK_MIN", first, 1);
    setenv("SLURM_ARRAY_TASK_MAX", last, 1);
    setenv("SLURM_ARRAY_TASK_COUNT", count, 1);
  };
  set("3", "1", "8", "8");
  EXPECT_EQ(ParseShard("slurm").Name(), "3-of-8");
  set("0", "0", "3", "4");
  EXPECT_EQ(ParseShard("slurm").Name(), "1-of-4");
  set("7", "3", "7", "2"); // --array=3,7: two tasks that were submitted again
  EXPECT_THROW(ParseShard("slurm"), UsageError);
  set("4", "3", "5", "3"); // three of them
  EXPECT_THROW(ParseShard("slurm"), UsageError);
  set("x", "1", "8", "8");
  EXPECT_THROW(ParseShard("slurm"), UsageError);
  unsetenv("SLURM_ARRAY_TASK_ID");
  EXPECT_THROW(ParseShard("slurm"), UsageError);
}

TEST_F(ShardTest, AnInterruptFinishesWhatIsAtWork)
{
  m_Options.jobs = 2;
  EXPECT_EQ(this->Interrupt({ SIGINT }), SIGINT << 8);
  EXPECT_EQ(this->Done(), 2U);
  EXPECT_FALSE(this->HasPartialOutputs());
}

TEST_F(ShardTest, ASecondInterruptAndATerminationGiveUpWhatIsAtWork)
{
  for (const auto & signals : { std::vector<int>{ SIGINT, SIGINT }, std::vector<int>{ SIGTERM } })
  {
    fs::remove_all(m_Folder / "begun");
    fs::remove_all(m_Folder / "out");
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(this->Interrupt(signals, 20000000), signals.back() << 8);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
    EXPECT_EQ(this->Done(), 0U);
    EXPECT_FALSE(this->HasPartialOutputs());
  }
}

TEST_F(ShardTest, KilledAtAnyMomentABatchLosesOnlyWhatWasInFlight)
{
  m_Options.resume = true;
  std::size_t done = 0;
  for (unsigned int attempt = 0; done < 5; ++attempt)
  {
    ASSERT_LT(attempt, 200U);
    const pid_t process = fork();
    if (process == 0)
    {
      try
      {
        RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {});
      }
      catch (...)
      {
        _exit(1);
      }
      _exit(0);
    }
    usleep(2000 * attempt);
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    const auto now = this->Done();
    EXPECT_GE(now, done);
    done = now;
  }
  RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {});
  RunBatch(this->Tasks("whole"), m_Folder / "whole", m_Spec, m_Options, {}, {});
  for (const auto & task : this->Tasks())
  {
    const auto name = task.output.lexically_relative(m_Folder / "out");
    EXPECT_TRUE(testing::ReadBytesOf(task.output) == testing::ReadBytesOf(m_Folder / "whole" / name)) << name;
  }
  EXPECT_FALSE(this->HasPartialOutputs());
}

TEST_F(ShardTest, AManifestIsReadBackAndATornRowIsNot)
{
  const auto result = RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {});
  const auto path = m_Folder / "out/manifest.tsv";
  auto       rows = ReadManifest(path, m_Folder / "out");
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[3].task.output, result.rows[3].task.output);
  EXPECT_EQ(rows[3].parameters, result.rows[3].parameters);
  EXPECT_EQ(rows[3].parameters.size(), 16U);
  std::ofstream(path, std::ios::app) << "a.nii\tfailed\t1";
  EXPECT_EQ(ReadManifest(path, m_Folder / "out")[0].status, "done");
  std::ofstream(path, std::ios::app) << "\t\t\n";
  rows = ReadManifest(path, m_Folder / "out");
  EXPECT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].status, "failed"); // the last of a path counts
  testing::PutFile(path, "name\tage\nx\t7\n");
  EXPECT_THROW(ReadManifest(path, m_Folder / "out"), Error);
  EXPECT_TRUE(ReadManifest(m_Folder / "none.tsv", m_Folder / "").empty());
}

TEST_F(ShardTest, AShardThatWasInterruptedIsNotFinished)
{
  this->RunShard(1, 1);
  EXPECT_EQ(GatherShards(m_Folder / "out").size(), 5U);
  WriteVolume(testing::HeadVolume({ { 15, 13, 11, 1 } }, 77.0F), m_Folder / "in/a.nii");
  m_Options.resume = true;
  auto options = m_Options;
  options.part = "1-of-1";
  options.list = ChecksumOf(this->Tasks());
  const pid_t process = fork();
  if (process == 0)
  {
    RunBatch(this->Tasks(),
             m_Folder / "out",
             m_Spec,
             options,
             [](const CaseTask &, const CaseResult &, const fs::path &) { kill(getppid(), SIGKILL); },
             {});
    _exit(0);
  }
  waitpid(process, nullptr, 0);
  EXPECT_TRUE(Holds(this->GatherRefusal(), "not finished: shard 1/1")) << this->GatherRefusal();
}

TEST_F(ShardTest, AWholeRunReplacesTheRowsOfShards)
{
  this->RunShard(1, 1);
  m_Spec.stages[1].options = { { "gamma", 2.0 } };
  m_Options.force = true;
  RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {});
  EXPECT_TRUE(Holds(this->GatherRefusal(), "no shard has run into this folder")) << this->GatherRefusal();
}

TEST_F(ShardTest, NamesOfAnyCharactersComeBackFromTheManifest)
{
  for (const char * name : { "#1.nii", "x\ty.nii", "line\nbreak.nii", "back\\slash.nii" })
  {
    fs::copy_file(m_Folder / "in/a.nii", m_Folder / "in" / name);
  }
  this->RunShard(1, 1);
  const auto rows = GatherShards(m_Folder / "out");
  ASSERT_EQ(rows.size(), 9U);
  for (const auto & row : rows)
  {
    EXPECT_EQ(row.status, "done") << row.task.name << ": " << row.message;
    EXPECT_TRUE(fs::exists(m_Folder / "in" / row.task.name)) << row.task.name;
  }
}

TEST_F(ShardTest, WhatIsThereIsRefusedAlsoWhereItCameWhileTheLockWasWaitedFor)
{
  const pid_t process = fork();
  if (process == 0)
  {
    RunBatch(this->Tasks(),
             m_Folder / "out",
             m_Spec,
             m_Options,
             [this](const CaseTask &, const CaseResult &, const fs::path &)
             {
               testing::PutFile(m_Folder / "begun", "");
               usleep(50000);
             },
             {});
    _exit(0);
  }
  while (!fs::exists(m_Folder / "begun"))
  {
    usleep(1000);
  }
  EXPECT_THROW(RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {}), UsageError);
  waitpid(process, nullptr, 0);
}

TEST_F(ShardTest, AManifestThatIsNotOursIsNotReplacedByResume)
{
  testing::PutFile(m_Folder / "out/manifest.tsv", "my\tprecious\n");
  m_Options.resume = true;
  EXPECT_THROW(RunBatch(this->Tasks(), m_Folder / "out", m_Spec, m_Options, {}, {}), UsageError);
  EXPECT_EQ(testing::ReadBytesOf(m_Folder / "out/manifest.tsv"), "my\tprecious\n");
}
} // namespace isolux
