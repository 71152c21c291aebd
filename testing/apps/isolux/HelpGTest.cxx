#include "GoldenFile.h"
#include "IsoluxProgram.h"

#include <set>
#include <sstream>

namespace isolux
{
namespace
{
class Help : public testing::ProgramTest
{
};

std::vector<std::string>
Verbs()
{
  std::vector<std::string> verbs = { "harmonize", "gather", "fit",    "merge",   "run",   "point-norm",
                                     "restore",   "audit",  "stages", "explain", "schema" };
  if (std::filesystem::exists(std::filesystem::path(ISOLUX_PROGRAM).parent_path() / "isolux-view"))
  {
    verbs.emplace_back("view");
  }
  for (const auto & stage : BuiltInStages().All())
  {
    verbs.push_back(stage.name);
  }
  return verbs;
}
} // namespace

TEST_F(Help, OfTheProgramIsTheGoldenOne)
{
  const auto outcome = this->Expect(0, { "--help" });
  testing::ExpectGolden(outcome.out, "help/isolux.txt");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(this->Expect(0, { "help" }).out, outcome.out);
  EXPECT_EQ(this->Expect(2, {}).err, outcome.out);
}

TEST_F(Help, OfEveryVerbAndStageIsTheGoldenOne)
{
  for (const auto & verb : Verbs())
  {
    const auto outcome = this->Expect(0, { verb, "--help" });
    testing::ExpectGolden(outcome.out, "help/" + verb + ".txt");
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(this->Expect(0, { verb, "in.nii", "-h" }).out, outcome.out);
  }
}

TEST_F(Help, ListOfStagesAndExplanationAreTheGoldenOnes)
{
  testing::ExpectGolden(this->Expect(0, { "stages" }).out, "help/list-of-stages.txt");
  testing::ExpectGolden(this->Expect(0, { "explain", Data("pipelines/default.json") }).out, "help/explain-default.txt");
  testing::ExpectGolden(this->Expect(0, { "schema" }).out, "schema.json");
  testing::ExpectGolden(this->Expect(0, { "stages", "--markdown" }).out, "../../pipeline/stages/README.md");
}

TEST_F(Help, NoLineIsWiderThanATerminalOfAHundredAndTwenty)
{
  for (const auto & verb : Verbs())
  {
    std::istringstream lines(this->Expect(0, { verb, "--help" }).out);
    for (std::string line; std::getline(lines, line);)
    {
      EXPECT_LE(line.size(), 120U) << verb << ": " << line;
    }
  }
}

/** A stage's option of the program's own names could not be given. */
TEST_F(Help, ListsEveryFlagOnce)
{
  for (const auto & verb : Verbs())
  {
    std::istringstream    lines(this->Expect(0, { verb, "--help" }).out);
    std::set<std::string> flags;
    for (std::string line; std::getline(lines, line);)
    {
      const auto dashes = line.find("--");
      if (dashes < 10 && line[line.find_first_not_of(' ')] == '-')
      {
        const auto flag = line.substr(dashes, line.find_first_of(" ,", dashes) - dashes);
        EXPECT_TRUE(flags.insert(flag).second) << verb << " lists " << flag << " twice";
      }
    }
  }
}
} // namespace isolux
