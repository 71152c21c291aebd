#include "Bytes.h"
#include "IoTest.h"

#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

namespace isolux
{
namespace
{
class AtomicFile : public IoTest
{
};

/** Writing beyond `bytes` of any file fails while it lives, as on a full disk. */
class FullDisk
{
public:
  explicit FullDisk(rlim_t bytes)
  {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &m_Before);
    const rlimit small{ bytes, m_Before.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &small);
  }

  ~FullDisk()
  {
    ::setrlimit(RLIMIT_FSIZE, &m_Before);
  }

private:
  rlimit m_Before{};
};

TEST_F(AtomicFile, TextComesBackAsWrittenInANewFolder)
{
  const std::string text("line\nwith a zero \0 byte", 23);
  WriteTextFile(File("new/folder/a.json"), text);
  EXPECT_EQ(ReadTextFile(File("new/folder/a.json")), text);
}

TEST_F(AtomicFile, NothingIsLeftWithoutCommitAndAnExistingFileStaysUntouched)
{
  Put(File("a.txt"), "old");
  {
    AtomicOutput output(File("a.txt"));
    Put(output.Path(), "new");
    EXPECT_EQ(output.Path().filename(), "a.txt");
    EXPECT_EQ(output.Path().parent_path().filename().string().rfind(AtomicOutput::PartialPrefix, 0), 0U);
  }
  EXPECT_EQ(FilesInFolder(), std::vector<std::string>{ "a.txt" });
  EXPECT_EQ(Contents(File("a.txt")), "old");
}

TEST_F(AtomicFile, CommitMovesTheCompanionsToo)
{
  {
    AtomicOutput output(File("a.mhd"));
    Put(output.Path(), "header");
    Put(output.Path().parent_path() / "a.raw", "pixels");
    output.Commit();
  }
  EXPECT_EQ(FilesInFolder(), (std::vector<std::string>{ "a.mhd", "a.raw" }));
  EXPECT_EQ(Contents(File("a.raw")), "pixels");
}

TEST_F(AtomicFile, CommitWithoutTheNamedFileIsAnErrorThatNamesIt)
{
  AtomicOutput output(File("a.txt"));
  EXPECT_NE(MessageOf([&] { output.Commit(); }).find(File("a.txt").string()), std::string::npos);
}

TEST_F(AtomicFile, AFolderIsNotReplacedByAFile)
{
  fs::create_directory(File("a.txt"));
  EXPECT_NE(MessageOf([&] { WriteTextFile(File("a.txt"), "x"); }).find("is a folder"), std::string::npos);
  EXPECT_NE(MessageOf([&] { ReadTextFile(File("a.txt")); }).find("a.txt"), std::string::npos);
}

TEST_F(AtomicFile, PartialOutputsAreRemovedAtAnyDepthAndNothingElse)
{
  fs::create_directories(File("sub/.isolux-partial-1-abc/deep"));
  Put(File(".isolux-partial-2-def"), "x");
  Put(File("sub/kept.isolux-partial-"), "x");
  RemovePartialOutputs(Folder());
  EXPECT_EQ(FilesInFolder(), std::vector<std::string>{ "sub" });
  EXPECT_FALSE(fs::exists(File("sub/.isolux-partial-1-abc")));
  EXPECT_TRUE(fs::exists(File("sub/kept.isolux-partial-")));
  RemovePartialOutputs(File("missing"));
}

TEST_F(AtomicFile, Sha256IsThatOfTheStandardsExample)
{
  // FIPS 180-2, B.1
  EXPECT_EQ(Sha256("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(AtomicFile, Xxh128IsWhatXxh128sumPrintsInAnyPieces)
{
  std::string text; // longer than XXH3's blocks of a kilobyte
  for (int i = 0; i < 2000; ++i)
  {
    text += std::to_string(i * i) + ' ';
  }
  const std::pair<std::string, const char *> known[] = { { "", "99aa06d3014798d86001c324468d497f" },
                                                         { "abc", "06b05ab6733a618578af5f94892f3950" },
                                                         { text, "f6c648e1e163080b3170855de5e23956" } };
  for (const auto & [content, expected] : known)
  {
    for (const std::size_t piece : { 1, 7, 1000, 100000 })
    {
      Digest digest(HashType::Xxh128);
      for (std::size_t begin = 0; begin < content.size(); begin += piece)
      {
        digest.Add(content.data() + begin, std::min(piece, content.size() - begin));
      }
      const Hash hash = digest.Finish();
      EXPECT_EQ(hash.text, expected) << piece;
      EXPECT_EQ(ToString(hash.type), "xxh128");
    }
  }
}

class FailedWrite
  : public IoTest
  , public ::testing::WithParamInterface<const char *>
{
};

TEST_P(FailedWrite, LeavesTheOldFileAndNoPartOfTheNewOne)
{
  Volume volume = MakePlane(1);
  volume.channels[0] = ObliqueImage({ { 200, 200, 1, 1 } });
  volume.channels[0]->CopyInformation(MakePlane(1).channels[0]);
  volume.channels[0]->SetRegions(WorkImage::SizeType{ { 200, 200, 1, 1 } });
  Fill(*volume.channels[0]);
  // Noise, so that nothing compresses it below the limit.
  unsigned int state = 1;
  for (std::size_t i = 0; i < 40000; ++i)
  {
    state = state * 1664525U + 1013904223U;
    volume.channels[0]->GetBufferPointer()[i] = static_cast<float>(state >> 8);
  }
  const fs::path path = File(std::string("a") + GetParam());
  Put(path, "old");
  for (const int compression : { 0, 1 })
  {
    WriteOptions options;
    options.compression = compression;
    options.threads = 2;
    std::string message;
    {
      const FullDisk full(40000);
      message = MessageOf([&] { WriteVolume(volume, path, options); });
    }
    EXPECT_NE(message.find(path.string() + ": "), std::string::npos) << message << " at compression " << compression;
    EXPECT_EQ(message.find(AtomicOutput::PartialPrefix), std::string::npos) << message;
    EXPECT_EQ(FilesInFolder(), std::vector<std::string>{ path.filename().string() });
    EXPECT_TRUE(Contents(path) == "old");
  }
}

INSTANTIATE_TEST_SUITE_P(Endings,
                         FailedWrite,
                         ::testing::Values(".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".nhdr", ".tif"));
} // namespace
} // namespace isolux
