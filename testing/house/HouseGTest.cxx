#include "AtomicFile.h"
#include "Process.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

// What the rooms know of each other, that nothing lies about unregistered, and that the documentation tells the truth.
namespace isolux
{
namespace
{
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;
using testing::ReadBytesOf;

const fs::path Root = ISOLUX_SOURCE_DIR;

/** Top-level names that are not the project's: what git ignores, and git. */
bool
IsIgnored(const std::string & name)
{
  static const std::set<std::string> ignored = []
  {
    std::set<std::string> names = { ".git" };
    std::istringstream    lines(ReadBytesOf(Root / ".gitignore"));
    for (std::string line; std::getline(lines, line);)
    {
      names.insert(std::regex_replace(line, std::regex("^/|/$"), ""));
    }
    return names;
  }();
  return ignored.count(name) > 0;
}

/** Files of the project below `folder` ("" for all), relative to the root, sorted. */
Strings
Files(const std::string & folder, const std::set<std::string> & extensions = {})
{
  Strings names;
  for (fs::recursive_directory_iterator entry(Root / folder), end; entry != end; ++entry)
  {
    const auto relative = entry->path().lexically_relative(Root);
    if (IsIgnored(relative.string()))
    {
      entry.disable_recursion_pending();
    }
    else if (entry->is_regular_file() &&
             (extensions.empty() || extensions.count(entry->path().extension().string()) > 0))
    {
      names.push_back(relative.generic_string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Strings
Sources()
{
  Strings names;
  for (const char * room : { "filters", "pipeline", "apps" })
  {
    const auto files = Files(room, { ".h", ".hxx", ".cxx", ".in" });
    names.insert(names.end(), files.begin(), files.end());
  }
  return names;
}

/** "filters/spatial", "pipeline/io", "pipeline", "apps/report". */
std::string
RoomOf(const std::string & file)
{
  return fs::path(file).parent_path().generic_string();
}

Strings
IncludesOf(const std::string & file)
{
  const std::string       text = ReadBytesOf(Root / file);
  static const std::regex pattern("#\\s*include\\s*[<\"]([^>\"]+)[>\"]");
  Strings                 names;
  for (std::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end; ++found)
  {
    names.push_back((*found)[1]);
  }
  return names;
}

/** What may be included from where; a room may always include itself. */
const std::map<std::string, std::set<std::string>> Arrows = {
  { "filters/statistics", { "filters/spatial" } },
  { "filters/spatial", { "filters/statistics" } },
  { "filters/normalization", { "filters/statistics", "filters/spatial" } },
  { "filters/illumination", { "filters/statistics", "filters/spatial" } },
  { "filters/harmonization", { "filters/statistics", "filters/spatial", "filters/normalization" } },
  { "pipeline", { "pipeline/stages", "filters/statistics", "filters/normalization", "filters/harmonization" } },
  { "pipeline/io", { "pipeline", "filters/statistics" } },
  { "pipeline/stages",
    { "pipeline",
      "pipeline/json",
      "pipeline/io",     // a stage may be given an image's file
      "pipeline/cohort", // a stage may bring an image to a reference, which is read or measured there
      "filters/statistics",
      "filters/spatial",
      "filters/normalization",
      "filters/illumination",
      "filters/harmonization" } },
  { "pipeline/json", { "pipeline", "pipeline/io" } },
  { "pipeline/cohort", { "pipeline", "pipeline/io", "pipeline/json" } },
  { "pipeline/packaging", {} },
  { "apps/isolux", { "pipeline", "pipeline/io", "pipeline/json", "pipeline/cohort", "apps/report" } },
  { "apps/bids", { "pipeline", "pipeline/io", "pipeline/json", "pipeline/cohort", "apps/isolux", "apps/report" } },
  { "apps/slicer", { "pipeline", "pipeline/io", "pipeline/json", "apps/isolux" } },
  { "apps/report", { "pipeline" } },
  { "apps/viewer", { "pipeline", "pipeline/io", "pipeline/json", "pipeline/cohort", "apps/isolux", "apps/report" } },
};

/** Libraries that only some rooms know, by the start of the included name. */
const std::vector<std::pair<std::string, std::set<std::string>>> Libraries = {
  { "nlohmann/", { "pipeline/json", "apps/slicer" } }, // Slicer's own format of parameters
  { "pugixml", { "apps/slicer" } },
  { "boost/", { "apps/isolux", "apps/bids" } },
  { "kainjow/", { "apps/report" } },
  { "vtk", { "apps/viewer" } },
  { "X11/", { "apps/viewer" } },
  { "openssl/", { "pipeline/io", "apps/report" } },
  { "libdeflate", { "pipeline/io" } },
  { "xxhash", { "pipeline/io" } },
  { "nifti", { "pipeline/io" } },
  { "expat", { "pipeline/io" } },
  { "gdcm", { "pipeline/io" } },
  { "itkGDCM", { "pipeline/io" } },
  { "png.h", { "pipeline/io", "apps/report" } },
  { "iostream", { "apps/isolux", "apps/bids", "apps/slicer", "apps/viewer" } },
};
} // namespace

TEST(House, NoIncludeGoesAgainstTheArrows)
{
  std::map<std::string, std::string> rooms; // of a header, by its file name
  for (const auto & file : Sources())
  {
    const auto name = fs::path(file).filename().string();
    EXPECT_EQ(rooms.count(name), fs::path(file).extension() == ".cxx" ? rooms.count(name) : 0U) << name << " twice";
    if (fs::path(file).extension() != ".cxx")
    {
      rooms[std::regex_replace(name, std::regex("\\.in$"), "")] = RoomOf(file);
    }
  }
  std::size_t checked = 0;
  for (const auto & file : Sources())
  {
    const auto room = RoomOf(file);
    ASSERT_EQ(Arrows.count(room), 1U) << room << " is no room of the house";
    for (const auto & include : IncludesOf(file))
    {
      const auto target = rooms.find(fs::path(include).filename().string());
      if (target != rooms.end() && target->second != room)
      {
        EXPECT_EQ(Arrows.at(room).count(target->second), 1U)
          << file << " includes " << target->second << "/" << include;
        ++checked;
      }
    }
  }
  EXPECT_GT(checked, 50U);
}

TEST(House, ALibraryIsKnownOnlyInItsRooms)
{
  for (const auto & file : Sources())
  {
    for (const auto & include : IncludesOf(file))
    {
      for (const auto & [library, rooms] : Libraries)
      {
        if (include.rfind(library, 0) == 0)
        {
          EXPECT_EQ(rooms.count(RoomOf(file)), 1U) << file << " includes " << include;
        }
      }
    }
  }
}

TEST(House, OnlyAppsPrint)
{
  static const std::regex printing(R"((std::)?\b(cout|cerr|clog|f?printf|puts|putchar)\b\s*(\(|<<|\.))");
  for (const char * room : { "filters", "pipeline" })
  {
    for (const auto & file : Files(room, { ".h", ".hxx", ".cxx" }))
    {
      std::istringstream lines(ReadBytesOf(Root / file));
      std::string        line;
      for (int number = 1; std::getline(lines, line); ++number)
      {
        EXPECT_FALSE(std::regex_search(line, printing)) << file << ":" << number << ": " << line;
      }
    }
  }
}

TEST(House, EverySourceIsNamedInItsRoomsCMakeLists)
{
  std::map<std::string, std::string> lists;
  for (const auto & file : Files(""))
  {
    if (fs::path(file).filename() == "CMakeLists.txt")
    {
      lists[RoomOf(file)] = ReadBytesOf(Root / file);
    }
  }
  for (const char * room : { "pipeline", "apps", "testing" })
  {
    for (const auto & file : Files(room, { ".cxx" }))
    {
      bool named = false;
      for (const auto & [place, text] : lists)
      {
        const auto spelled = fs::path(file).lexically_relative(place.empty() ? "." : place).generic_string();
        for (auto found = text.find(spelled); found != std::string::npos; found = text.find(spelled, found + 1))
        {
          named = named || (std::isspace(static_cast<unsigned char>(text[found - 1])) &&
                            (std::isspace(static_cast<unsigned char>(text[found + spelled.size()])) ||
                             text[found + spelled.size()] == ')'));
        }
      }
      EXPECT_TRUE(named) << file << " is in no CMakeLists.txt: it is never built";
    }
  }
}

TEST(House, EveryScriptOfTheTestsIsNamedInItsRoomsCMakeLists)
{
  for (const auto & file : Files("testing", { ".sh" }))
  {
    if (RoomOf(file) != "testing")
    {
      const auto list = Root / RoomOf(file) / "CMakeLists.txt";
      EXPECT_NE(ReadBytesOf(list).find(fs::path(file).filename().string()), std::string::npos)
        << file << " is not in " << list << ": it is never run";
    }
  }
}

TEST(House, TestingMirrorsTheFilters)
{
  for (const auto & file : Files("filters", { ".h" }))
  {
    const fs::path test = fs::path("testing") / RoomOf(file) / (fs::path(file).stem().string() + "GTest.cxx");
    EXPECT_TRUE(fs::exists(Root / test)) << test;
  }
}

TEST(House, TheTopLevelHoldsWhatWasAgreed)
{
  const std::set<std::string> known = {
    "pipeline",          "filters", "apps",         "testing",           "data", "CMakeLists.txt", "README.md",
    "CTestConfig.cmake", "LICENSE", "CHANGELOG.md", "CMakePresets.json", ".ci",  ".clang-format",  ".clang-tidy",
    ".gitignore"
  };
  for (const auto & entry : fs::directory_iterator(Root))
  {
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(known.count(name) > 0 || IsIgnored(name)) << name;
  }
}

TEST(House, NoFileIsLargerThanAMegabyteAndTheDataThanEight)
{
  std::uintmax_t data = 0;
  for (const auto & file : Files(""))
  {
    const auto bytes = fs::file_size(Root / file);
    EXPECT_LE(bytes, 1000000U) << file;
    data += file.rfind("data/", 0) == 0 ? bytes : 0;
  }
  EXPECT_LE(data, 8000000U);
}

TEST(House, EveryImageOfTheDataHasItsSumItsOriginAndItsLicence)
{
  std::map<std::string, std::string> sums;
  std::istringstream                 lines(ReadBytesOf(Root / "data/SHA256SUMS"));
  for (std::string sum, name; lines >> sum >> name;)
  {
    sums[name] = sum;
  }
  const auto  readme = ReadBytesOf(Root / "data/README.md");
  std::size_t images = 0;
  for (const auto & file : Files("data"))
  {
    const auto name = file.substr(5);
    const auto extension = fs::path(file).extension();
    if (extension == ".json" || extension == ".md" || extension == ".tsv" || extension == ".txt" ||
        name == "SHA256SUMS")
    {
      continue;
    }
    ++images;
    const auto bytes = ReadBytesOf(Root / file);
    EXPECT_EQ(sums[name], Sha256(bytes.data(), bytes.size())) << name;
    EXPECT_NE(readme.find("`" + name + "`"), std::string::npos) << name;
    EXPECT_NE(readme.find(sums[name]), std::string::npos) << name;
  }
  EXPECT_EQ(images, sums.size());
  EXPECT_GT(images, 10U);
}

TEST(House, EveryPublicClassOfTheFiltersIsDescribed)
{
  static const std::regex definition("\nclass (ITK_TEMPLATE_EXPORT )?(\\w+)[^;{]*\n\\{");
  for (const auto & file : Files("filters", { ".h" }))
  {
    const auto text = ReadBytesOf(Root / file);
    EXPECT_NE(text.find("/** "), std::string::npos) << file;
    for (std::sregex_iterator found(text.begin(), text.end(), definition), end; found != end; ++found)
    {
      const std::string name = (*found)[2];
      // the helpers of a documented class say in one sentence what they are
      const auto before = text.substr(0, static_cast<std::size_t>(found->position()));
      const auto comment = before.rfind("*/");
      ASSERT_NE(comment, std::string::npos) << file << ": " << name;
      EXPECT_LT(std::count(before.begin() + static_cast<std::ptrdiff_t>(comment), before.end(), '\n'), 3)
        << file << ": class " << name << " has no comment";
    }
    if (text.find("ImageFilter :") != std::string::npos || text.find("Sink :") != std::string::npos)
    {
      EXPECT_NE(text.find("\\class "), std::string::npos) << file;
      EXPECT_NE(text.find("\\brief "), std::string::npos) << file;
      EXPECT_NE(text.find("\\par Access"), std::string::npos) << file;
      EXPECT_NE(text.find("\\par Properties"), std::string::npos) << file;
    }
  }
}

TEST(House, NothingIsSaidOfTheMachineThatItWasWrittenOn)
{
  const Strings forbidden = { std::string("/") + "work/", std::string("../") + "shared", std::string("/") + "home/" };
  for (const auto & file : Files("", { ".h", ".hxx", ".cxx", ".in", ".md", ".txt", ".sh", ".json", ".tsv", ".sbatch" }))
  {
    const auto text = ReadBytesOf(Root / file);
    for (const auto & word : forbidden)
    {
      EXPECT_EQ(text.find(word), std::string::npos) << file << " holds " << word;
    }
  }
}

TEST(Readme, EveryLinkLeadsToAFile)
{
  static const std::regex link("\\]\\(([^)#:]+)(#[^)]*)?\\)");
  std::size_t             links = 0;
  for (const auto & file : Files("", { ".md" }))
  {
    const auto text = ReadBytesOf(Root / file);
    for (std::sregex_iterator found(text.begin(), text.end(), link), end; found != end; ++found, ++links)
    {
      EXPECT_TRUE(fs::exists(Root / RoomOf(file) / (*found)[1].str())) << file << " links to " << (*found)[1];
    }
  }
  EXPECT_GT(links, 3U);
}

TEST(Readme, EveryCommandExistsWithItsFlagsAndFiles)
{
  std::map<std::string, std::string> help;
  std::size_t                        commands = 0;
  for (const auto & file : Files("", { ".md" }))
  {
    std::istringstream lines(ReadBytesOf(Root / file));
    for (std::string line; std::getline(lines, line);)
    {
      static const std::regex command(
        "^    (?:build/release/bin/)?isolux ([a-z0-9-]+)([^#&|]*)|`isolux ([a-z0-9-]+)([^`]*)`");
      for (std::sregex_iterator found(line.begin(), line.end(), command), end; found != end; ++found, ++commands)
      {
        const std::string verb = (*found)[1].matched ? (*found)[1] : (*found)[3];
        const std::string rest = (*found)[1].matched ? (*found)[2] : (*found)[4];
        if (help.count(verb) == 0)
        {
          const auto outcome = testing::RunProcess({ ISOLUX_PROGRAM, verb, "--help" });
          EXPECT_EQ(outcome.exitCode, 0) << file << ": " << line;
          help[verb] = outcome.out;
        }
        static const std::regex flag("--[a-z0-9-]+");
        for (std::sregex_iterator each(rest.begin(), rest.end(), flag), last; each != last; ++each)
        {
          EXPECT_NE(help[verb].find(each->str()), std::string::npos) << file << ": " << line;
        }
        static const std::regex path("data/[A-Za-z0-9_./-]+");
        for (std::sregex_iterator each(rest.begin(), rest.end(), path), last; each != last; ++each)
        {
          EXPECT_TRUE(fs::exists(Root / each->str())) << file << ": " << line;
        }
      }
      static const std::regex script("bash ([A-Za-z0-9_./-]+\\.sh)");
      for (std::sregex_iterator found(line.begin(), line.end(), script), end; found != end; ++found, ++commands)
      {
        EXPECT_TRUE(fs::exists(Root / (*found)[1].str())) << file << ": " << line;
      }
    }
  }
  EXPECT_GT(commands, 5U);
}
} // namespace isolux
