#include "Process.h"
#include "TemporaryFolder.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

// What other projects get: an install tree, find_package(Isolux), and the filters as a module of ITK.
namespace isolux
{
namespace
{
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;
using testing::PutFile;
using testing::ReadBytesOf;

const fs::path Source = ISOLUX_SOURCE_DIR;

std::string
TextOf(const testing::Outcome & outcome)
{
  return outcome.out + outcome.err;
}

/** An empty folder that is the same in every run, so that a compiler's cache knows it again. */
fs::path
EmptyFolder()
{
  const auto * test = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto   folder = fs::path(ISOLUX_WORK_DIR) / test->name();
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

/** Installs this build and moves what was installed to `prefix`. */
void
InstallAt(const fs::path & prefix, const Strings & options = {})
{
  const fs::path installed = prefix.string() + "-as-installed";
  Strings        command{ ISOLUX_CMAKE, "--install", ISOLUX_BUILD_DIR, "--prefix", installed.string() };
  command.insert(command.end(), options.begin(), options.end());
  const auto outcome = testing::RunProcess(command);
  ASSERT_EQ(outcome.exitCode, 0) << TextOf(outcome);
  fs::rename(installed, prefix);
}

testing::Outcome
Configure(const fs::path & project, const fs::path & build, const Strings & options)
{
  Strings command{ ISOLUX_CMAKE,     "-C", ISOLUX_AS_HERE, "-G", ISOLUX_GENERATOR, "-S",
                   project.string(), "-B", build.string() };
  command.insert(command.end(), options.begin(), options.end());
  return testing::RunProcess(command);
}

/** Configures, builds, and runs its tests; what they print. */
std::string
BuildAndTest(const fs::path & project, const fs::path & build, const Strings & options)
{
  const auto configured = Configure(project, build, options);
  EXPECT_EQ(configured.exitCode, 0) << TextOf(configured);
  const auto built = testing::RunProcess({ ISOLUX_CMAKE, "--build", build.string(), "--parallel", "2" });
  EXPECT_EQ(built.exitCode, 0) << TextOf(built);
  const auto tested = testing::RunProcess({ ISOLUX_CTEST, "--test-dir", build.string(), "--verbose" });
  EXPECT_EQ(tested.exitCode, 0) << TextOf(tested);
  return tested.out;
}

/** A project that does no more than find Isolux. */
void
PutSeeker(const fs::path & folder, const std::string & wanted)
{
  PutFile(folder / "CMakeLists.txt",
          "cmake_minimum_required(VERSION 3.22)\n"
          "project(seeker LANGUAGES C CXX)\n"
          "find_package(ITK REQUIRED COMPONENTS ITKIOMeta)\n"
          "set(own ${ITK_LIBRARIES})\n"
          "find_package(Isolux " +
            wanted +
            ")\n"
            "if(NOT own STREQUAL ITK_LIBRARIES)\n"
            "  message(FATAL_ERROR \"the caller's ITK is another now\")\n"
            "endif()\n");
}

Strings
Prefix(const fs::path & prefix)
{
  return { "-DCMAKE_PREFIX_PATH=" + prefix.string() };
}

struct Example
{
  std::string program;
  std::string output;
};

/** The complete programs of a README, each with what its last comment says that it prints. */
std::vector<Example>
ExamplesOf(const std::string & readme)
{
  static const std::regex block("```cpp\n([^`]*\nmain\\(\\)\n[^`]*)```");
  static const std::regex prints("// prints ([^\n]*)\n");
  std::vector<Example>    examples;
  for (std::sregex_iterator found(readme.begin(), readme.end(), block), end; found != end; ++found)
  {
    const std::string program = (*found)[1];
    std::smatch       output;
    EXPECT_TRUE(std::regex_search(program, output, prints)) << program;
    examples.push_back({ program, output[1] });
  }
  return examples;
}
} // namespace

TEST(Packaging, NoInstalledFileNamesAFolderOfTheBuild)
{
  const auto prefix = EmptyFolder() / "isolux";
  InstallAt(prefix);
  std::size_t checked = 0;
  for (const auto & name : testing::Below(prefix))
  {
    // not the libraries and the program: an exception of ITK names its source
    const auto extension = fs::path(name).extension();
    if (extension == ".cmake" || extension == ".h" || extension == ".hxx" || extension == ".json")
    {
      const auto text = ReadBytesOf(prefix / name);
      EXPECT_EQ(text.find(Source.string()), std::string::npos) << name;
      EXPECT_EQ(text.find(ISOLUX_BUILD_DIR), std::string::npos) << name;
      EXPECT_EQ(text.find("-as-installed"), std::string::npos) << name;
      EXPECT_EQ(text.find("/usr/"), std::string::npos) << name;
      ++checked;
    }
  }
  EXPECT_GT(checked, 150U);
}

TEST(Packaging, AConsumerBuildsAndRunsOnAMovedInstallTree)
{
  const auto folder = EmptyFolder();
  InstallAt(folder / "isolux");
  const auto said = BuildAndTest(Source / "testing/consumer", folder / "build", Prefix(folder / "isolux"));
  EXPECT_NE(said.find("1920 voxels, mean"), std::string::npos) << said;
  EXPECT_NE(said.find("3 stages, "), std::string::npos) << said;
}

TEST(Packaging, TheInstalledProgramReadsEveryInstalledPipeline)
{
  const auto prefix = EmptyFolder() / "isolux";
  InstallAt(prefix);
  std::size_t pipelines = 0;
  for (const auto & entry : fs::directory_iterator(prefix / "share/isolux/pipelines"))
  {
    const auto outcome = testing::RunProcess({ (prefix / "bin/isolux").string(), "explain", entry.path().string() });
    EXPECT_EQ(outcome.exitCode, 0) << TextOf(outcome);
    ++pipelines;
    // files are named relative to the pipeline's own folder
    static const std::regex reference("\"(\\.\\./[^\"]+)\"");
    const auto              text = ReadBytesOf(entry.path());
    for (std::sregex_iterator found(text.begin(), text.end(), reference), end; found != end; ++found)
    {
      EXPECT_TRUE(fs::exists(entry.path().parent_path() / (*found)[1].str())) << entry.path() << ": " << (*found)[1];
    }
  }
  EXPECT_GT(pipelines, 20U);
}

TEST(Packaging, TheFiltersAskForNothingBeyondItkAndOpenMp)
{
  const auto folder = EmptyFolder();
  InstallAt(folder / "isolux");
  auto without = Prefix(folder / "isolux");
  for (const char * package : { "OpenSSL", "PNG", "nlohmann_json" })
  {
    without.push_back(std::string("-DCMAKE_DISABLE_FIND_PACKAGE_") + package + "=ON");
  }
  PutSeeker(folder / "filters", "REQUIRED COMPONENTS filters");
  const auto filters = Configure(folder / "filters", folder / "filters-build", without);
  EXPECT_EQ(filters.exitCode, 0) << TextOf(filters);

  PutSeeker(folder / "all", "REQUIRED");
  const auto all = Configure(folder / "all", folder / "all-build", without);
  EXPECT_NE(all.exitCode, 0);
  EXPECT_NE(TextOf(all).find("OpenSSL"), std::string::npos) << TextOf(all);

  PutSeeker(folder / "unknown", "REQUIRED COMPONENTS viewer");
  const auto unknown = Configure(folder / "unknown", folder / "unknown-build", Prefix(folder / "isolux"));
  EXPECT_NE(unknown.exitCode, 0);
  EXPECT_NE(TextOf(unknown).find("no component 'viewer'"), std::string::npos) << TextOf(unknown);
}

TEST(Packaging, AnotherMinorVersionIsRefused)
{
  const auto folder = EmptyFolder();
  InstallAt(folder / "isolux");
  const std::string version = ISOLUX_VERSION; // 0.3.0
  const auto        minor = version.substr(0, version.rfind('.'));
  PutSeeker(folder / "same", minor + " REQUIRED COMPONENTS filters");
  const auto same = Configure(folder / "same", folder / "same-build", Prefix(folder / "isolux"));
  EXPECT_EQ(same.exitCode, 0) << TextOf(same);
  PutSeeker(folder / "older", "0.2 REQUIRED COMPONENTS filters");
  const auto older = Configure(folder / "older", folder / "older-build", Prefix(folder / "isolux"));
  EXPECT_NE(older.exitCode, 0);
  EXPECT_NE(TextOf(older).find("version: " + version), std::string::npos) << TextOf(older);
}

TEST(Packaging, TheExamplesOfTheFiltersPrintWhatTheySay)
{
  const auto folder = EmptyFolder();
  InstallAt(folder / "isolux");
  const auto            examples = ExamplesOf(ReadBytesOf(Source / "filters/README.md"));
  std::string           lists = "cmake_minimum_required(VERSION 3.22)\n"
                                "project(examples LANGUAGES C CXX)\n"
                                "find_package(Isolux REQUIRED COMPONENTS filters)\n"
                                "link_libraries(Isolux::filters)\n"
                                "add_compile_options(-Wall -Wextra -Wshadow -Werror)\n";
  std::set<std::string> families;
  for (std::size_t i = 0; i < examples.size(); ++i)
  {
    const auto name = "example" + std::to_string(i);
    PutFile(folder / "examples" / (name + ".cxx"), examples[i].program);
    lists += "add_executable(" + name + " " + name + ".cxx)\n";
    for (const char * family : { "statistics", "spatial", "normalization", "illumination", "harmonization" })
    {
      static const std::regex included("#include \"([^\"]+)\"");
      const auto &            text = examples[i].program;
      for (std::sregex_iterator found(text.begin(), text.end(), included), end; found != end; ++found)
      {
        if (fs::exists(Source / "filters" / family / (*found)[1].str()))
        {
          families.insert(family);
        }
      }
    }
  }
  EXPECT_EQ(families.size(), 5U);
  PutFile(folder / "examples/CMakeLists.txt", lists);
  BuildAndTest(folder / "examples", folder / "build", Prefix(folder / "isolux"));
  for (std::size_t i = 0; i < examples.size(); ++i)
  {
    const auto outcome = testing::RunProcess({ (folder / "build" / ("example" + std::to_string(i))).string() });
    EXPECT_EQ(outcome.exitCode, 0) << examples[i].program;
    EXPECT_EQ(outcome.out, examples[i].output + "\n") << examples[i].program;
  }
}

TEST(ItkModule, BuildsAgainstAnInstalledItk)
{
  const auto folder = EmptyFolder();
  InstallAt(folder / "Isolux", { "--component", "itk-module" });
  const auto said = BuildAndTest(
    folder / "Isolux", folder / "build", { "-DCMAKE_MODULE_PATH=" + (Source / "testing/pipeline/packaging").string() });
  EXPECT_NE(said.find("1920 voxels, mean"), std::string::npos) << said;
}

TEST(ItkModule, DependsOnTheModulesThatTheFiltersAreBuiltWith)
{
  const auto         module = ReadBytesOf(Source / "pipeline/packaging/itk-module/itk-module.cmake");
  const auto         depends = module.substr(module.find("DEPENDS"), module.find("EXCLUDE") - module.find("DEPENDS"));
  std::istringstream words(depends);
  std::string        listed;
  for (std::string word; words >> word;)
  {
    listed += word == "DEPENDS" ? "" : (listed.empty() ? "" : " ") + word;
  }
  EXPECT_EQ(listed, ISOLUX_FILTERS_ITK);
}

TEST(ItkModule, WrapsEveryFilter)
{
  std::string wrapped;
  for (const auto & entry : fs::directory_iterator(Source / "pipeline/packaging/itk-module/wrapping"))
  {
    wrapped += entry.path().extension() == ".wrap" ? ReadBytesOf(entry.path()) : "";
  }
  static const std::regex definition("class ITK_TEMPLATE_EXPORT (\\w+)");
  std::size_t             filters = 0;
  for (const auto & name : testing::Below(Source / "filters"))
  {
    const auto text = fs::path(name).extension() == ".h" ? ReadBytesOf(Source / "filters" / name) : "";
    for (std::sregex_iterator found(text.begin(), text.end(), definition), end; found != end; ++found, ++filters)
    {
      EXPECT_NE(wrapped.find("itk_wrap_class(\"itk::" + (*found)[1].str() + "\""), std::string::npos)
        << name << ": itk::" << (*found)[1] << " is in no .wrap file";
    }
  }
  EXPECT_GT(filters, 25U);
}
} // namespace isolux
