#include "PipelineFiles.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

namespace isolux
{
namespace
{
using Strings = std::vector<std::string>;

PipelineSpec
SpecOf(const Value & style)
{
  PipelineSpec spec;
  spec.stages = { { "foreground", {} },
                  { "adaptive-norm", { { "eps", 0.5 }, { "style", style } } },
                  { "of-the-future", { { "reference", std::string("/a/b.json") } } } };
  return spec;
}
} // namespace

TEST(PipelineFiles, EveryTextOfAFileOptionIsVisitedAndNoOther)
{
  for (const auto & [style, expected] :
       { std::pair<Value, Strings>{ std::string("a.json=2"), { "a.json=2" } },
         std::pair<Value, Strings>{ Strings{ "a.json", "b.nii=0.1" }, { "a.json", "b.nii=0.1" } },
         std::pair<Value, Strings>{ std::string(), {} },
         std::pair<Value, Strings>{ std::vector<double>{}, {} } })
  {
    auto    spec = SpecOf(style);
    Strings seen;
    ForEachFile(spec, [&](std::string & text) { seen.push_back(text); });
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(spec.stages[1].options, SpecOf(style).stages[1].options);
  }
}

TEST(PipelineFiles, NamesAreKeptWithoutFolders)
{
  const auto spec = WithFileNames(SpecOf(Strings{ "/some folder/a.json=0.5", "b.json", "../c/d.nii.gz" }));
  EXPECT_EQ(std::get<Strings>(spec.stages[1].options[1].second), (Strings{ "a.json=0.5", "b.json", "d.nii.gz" }));
}

TEST(PipelineFiles, WithoutThemTheOptionsAreTheirDefaults)
{
  const auto options = [](const PipelineSpec & spec)
  {
    auto known = spec;
    known.stages.pop_back();
    return Pipeline(known, true).Describe()[1].options;
  };
  const auto none = options(SpecOf(Strings{}));
  EXPECT_EQ(options(WithoutFiles(SpecOf(std::string("none.json")))), none);
  EXPECT_EQ(options(WithoutFiles(SpecOf(Strings{ "none.json", "neither.json=3" }))), none);
}

TEST(PipelineFiles, AWeightIsNoPartOfTheFilesName)
{
  const testing::TemporaryFolder folder;
  testing::PutFile(folder / "te=30.json", "");
  const auto file = (folder / "te=30.json").string();
  EXPECT_EQ(FileOf(file), file);
  EXPECT_EQ(FileOf(file + "=0.5"), file);
  EXPECT_EQ(FileOf("a.json=0.5"), "a.json");
  EXPECT_EQ(FileOf("a.json"), "a.json");
}

TEST(PipelineFiles, ASiteMayHoldTheMarksOfItsOption)
{
  const testing::TemporaryFolder folder;
  testing::PutFile(folder / "r=1#x/ref.json", "{}");
  const auto file = (folder / "r=1#x/ref.json").string();
  for (const char * site : { "A",
                             "GE/3T",
                             "a#b",
                             "3T=A",
                             "x=1.5T",
                             "Stra\xc3\x9f"
                             "e" })
  {
    EXPECT_EQ(FileOf(file + "#" + site), file) << site;
    EXPECT_EQ(SiteOf(file + "#" + site), site);
    EXPECT_EQ(SiteOf(file + "#" + site + "=0.25"), site);
  }
  EXPECT_EQ(SiteOf(file), "");
  EXPECT_EQ(SiteOf(file + "=2"), "");
  EXPECT_EQ(FileOf(file + "=2"), file);
  testing::PutFile(folder / "r=1#x/ref.json#A", "{}"); // a file of that name goes first
  EXPECT_EQ(FileOf(file + "#A"), file + "#A");
}
} // namespace isolux
