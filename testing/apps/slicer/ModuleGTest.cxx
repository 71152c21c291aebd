#include "GoldenFile.h"
#include "IsoluxProgram.h"

#include <pugixml.hpp>

#include <cctype>
#include <cmath>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

// The modules as 3D Slicer finds, describes and calls them.
namespace isolux
{
namespace
{
using Strings = std::vector<std::string>;

/** "IsoluxHistogramRetinex" of "histogram-retinex", in the test's own words. */
std::string
ModuleOf(const std::string & stage)
{
  std::string        name = "Isolux";
  std::istringstream words(stage);
  for (std::string word; std::getline(words, word, '-');)
  {
    name += static_cast<char>(std::toupper(static_cast<unsigned char>(word.front())));
    name += word.substr(1);
  }
  return name;
}

/** Of a description that was read. */
Strings
NamesOf(const pugi::xml_document & description, const std::string & query)
{
  Strings names;
  for (const auto & found : description.select_nodes(query.c_str()))
  {
    names.emplace_back(found.node().child_value("name"));
  }
  return names;
}

class SlicerModule : public testing::ProgramTest
{
protected:
  testing::Outcome
  Call(const std::string & stage, Strings words, testing::ProcessOptions options = {}) const
  {
    words.insert(words.begin(), std::string(ISOLUX_MODULES) + "/" + ModuleOf(stage));
    options.folder = m_Folder.Path();
    return testing::RunProcess(words, options);
  }

  std::string
  Xml(const std::string & stage) const
  {
    const auto outcome = this->Call(stage, { "--xml" });
    EXPECT_EQ(outcome.exitCode, 0) << stage;
    EXPECT_EQ(outcome.err, "") << stage; // Slicer takes it for a failure
    return outcome.out;
  }

  pugi::xml_document
  Description(const std::string & stage) const
  {
    pugi::xml_document description;
    EXPECT_TRUE(description.load_string(this->Xml(stage).c_str())) << stage;
    return description;
  }

  /** The complaints of xmllint; "" where the text is a description that Slicer reads. */
  std::string
  Complaints(const std::string & xml) const
  {
    testing::PutFile(m_Folder / "module.xml", xml);
    const auto outcome = testing::RunProcess(
      { ISOLUX_XMLLINT, "--noout", "--relaxng", Grammar().string(), (m_Folder / "module.xml").string() });
    return outcome.exitCode == 0 ? "" : outcome.err;
  }

  static std::filesystem::path
  Grammar()
  {
    return std::filesystem::path(ISOLUX_SOURCE_DIR) / "testing/apps/slicer/ModuleDescription.rng";
  }

  /** The words that Slicer calls a module with: every option with its default, flags of the volumes and files that are
   * chosen, then what has a place. `chosen` is by the parameter's name. */
  static Strings
  WordsOfSlicer(const pugi::xml_document & description, const std::map<std::string, std::string> & chosen)
  {
    Strings words = { "--returnparameterfile", "results.params", "--processinformationaddress", "0x7f" };
    std::map<int, std::string> places;
    for (const auto & group : description.child("executable").children("parameters"))
    {
      for (const auto & parameter : group)
      {
        const std::string tag = parameter.name();
        const std::string flag = parameter.child_value("longflag");
        const auto        choice = chosen.find(parameter.child_value("name"));
        const std::string value = choice == chosen.end() ? parameter.child_value("default") : choice->second;
        if (parameter.child("index"))
        {
          places[std::stoi(parameter.child_value("index"))] = value;
        }
        else if (flag.empty())
        {
          continue;
        }
        else if (tag == "boolean")
        {
          words.insert(words.end(), value == "true", "--" + flag);
        }
        else if (!value.empty() || tag == "integer" || tag == "double" || tag == "string-enumeration")
        {
          words.insert(words.end(), { "--" + flag, value });
        }
      }
    }
    for (const auto & [place, value] : places)
    {
      words.push_back(value);
    }
    return words;
  }

  /** What the stage cannot do without, as words of the verb and as choices in Slicer. */
  std::map<std::string, std::string>
  NeedsOf(const StageDescription & stage) const
  {
    std::map<std::string, std::string> needs;
    std::istringstream                 words(stage.needs);
    for (std::string flag, value; words >> flag >> value;)
    {
      needs[flag.substr(2)] = value;
      auto volume = testing::HeadVolume({ { 21, 19, 17, 1 } });
      volume.channels[0]->FillBuffer(2.0F);
      WriteVolume(volume, m_Folder / value);
    }
    return needs;
  }

  std::vector<std::uint32_t>
  BitsIn(const std::string & name) const
  {
    return testing::BitsOf(*ReadVolume(m_Folder / name).channels[0]);
  }

  /** "name = value" by name. */
  std::map<std::string, std::string>
  Results(const std::string & name) const
  {
    std::map<std::string, std::string> values;
    std::istringstream                 lines(this->Bytes(name));
    for (std::string line; std::getline(lines, line);)
    {
      const auto equals = line.find(" = ");
      EXPECT_NE(equals, std::string::npos) << line;
      EXPECT_TRUE(values.emplace(line.substr(0, equals), line.substr(equals + 3)).second) << line;
    }
    return values;
  }

  double
  Result(const std::string & name) const
  {
    return std::stod(this->Results("results.params").at(name));
  }
};

/** What Slicer keeps of the output while the module runs. */
std::vector<double>
ProgressOf(const std::string & out)
{
  static const std::regex tag("<filter-progress>([^<]*)</filter-progress>");
  std::vector<double>     progress;
  for (std::sregex_iterator found(out.begin(), out.end(), tag), end; found != end; ++found)
  {
    progress.push_back(std::stod((*found)[1]));
  }
  return progress;
}

Strings
AllMatches(const std::string & text, const std::string & pattern)
{
  const std::regex regex(pattern);
  Strings          matches;
  for (std::sregex_iterator found(text.begin(), text.end(), regex), end; found != end; ++found)
  {
    matches.push_back((*found)[1]);
  }
  return matches;
}
} // namespace

TEST_F(SlicerModule, IsThereForEveryStageAndNothingElseIsInTheirFolder)
{
  Strings expected;
  for (const auto & stage : BuiltInStages().All())
  {
    expected.push_back(ModuleOf(stage.name));
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(testing::Below(ISOLUX_MODULES), expected);
}

TEST_F(SlicerModule, DescribesItselfAsTheGoldenFileSaysAndAsSlicerReads)
{
  for (const auto & stage : BuiltInStages().All())
  {
    const auto xml = this->Xml(stage.name);
    EXPECT_EQ(xml.rfind("<?xml ", 0), 0U) << stage.name;
    EXPECT_EQ(this->Complaints(xml), "") << stage.name;
    testing::ExpectGolden(std::regex_replace(xml, std::regex("<version>[0-9.]+<"), "<version>VERSION<"),
                          "slicer/" + ModuleOf(stage.name) + ".xml");
  }
}

/** The grammar has teeth. */
TEST_F(SlicerModule, WhatSlicerRefusesIsRefused)
{
  const auto xml = this->Xml("histogram-retinex");
  for (const auto & [from, to] : std::map<std::string, std::string>{
         { "<longflag>log_floor<", "<longflag>log-floor<" },
         { "<longflag>log_floor</longflag>", "" },
         { "<name>log_floor<", "<name>log floor<" },
         { "<index>1<", "<longflag>output</longflag><index>1<" },
         { "<default>0.0001<", "<default>1e-04<" },
         { "<default>false<", "<default>true<" },
         { "<channel>input<", "<channel>in<" },
         { "<image type=\"label\"", "<image type=\"mask\"" },
         { "<double>", "<number>" },
         { "<step>1</step>", "" },
         { "<title>Histogram Retinex (Isolux)<", "<title><" },
       })
  {
    const auto place = xml.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    EXPECT_NE(this->Complaints(std::string(xml).replace(place, from.size(), to)), "") << from;
  }
}

TEST_F(SlicerModule, NamesEachParameterOnceAndEachModuleDifferently)
{
  std::set<std::string> titles;
  for (const auto & stage : BuiltInStages().All())
  {
    const auto description = this->Description(stage.name);
    EXPECT_TRUE(titles.insert(description.child("executable").child_value("title")).second) << stage.name;
    const auto            names = NamesOf(description, "//parameters/*[name]");
    std::set<std::string> once(names.begin(), names.end());
    EXPECT_EQ(once.size(), names.size()) << stage.name; // else a result would overwrite an option in Slicer
    const auto made = stage.make();
    for (const auto & option : Describe([&](ParameterVisitor & visit) { made->VisitOptions(visit); }))
    {
      EXPECT_EQ(once.count(option.name), 1U) << stage.name << " " << option.name;
    }
    EXPECT_EQ(stage.summary.find_first_of("<&"), std::string::npos) << stage.summary; // is printed between tags
  }
}

TEST_F(SlicerModule, CalledAsSlicerCallsItGivesTheVoxelsOfTheVerb)
{
  this->WriteHead("in.nrrd");
  for (const auto & stage : BuiltInStages().All())
  {
    const auto description = this->Description(stage.name);
    const auto needs = this->NeedsOf(stage);
    auto       chosen = needs;
    chosen["input"] = "in.nrrd";
    chosen["output"] = "module.nrrd";
    chosen["sidecar"] = "kept.json";
    const auto outcome = this->Call(stage.name, WordsOfSlicer(description, chosen));
    ASSERT_EQ(outcome.exitCode, 0) << stage.name << "\n" << outcome.err;

    Strings verb = { stage.name, "in.nrrd", "verb.nrrd", "--force" };
    for (const auto & [name, value] : needs)
    {
      verb.insert(verb.end(), { "--" + name, value });
    }
    this->Expect(0, verb);
    EXPECT_TRUE(this->BitsIn("module.nrrd") == this->BitsIn("verb.nrrd")) << stage.name;
    EXPECT_EQ(this->Json("kept.json")["pipeline"], this->Json("verb.json")["pipeline"]) << stage.name;
    EXPECT_FALSE(std::filesystem::exists(m_Folder / "module.json")) << stage.name;

    Strings results;
    for (const auto & [name, value] : this->Results("results.params"))
    {
      results.push_back(name);
    }
    auto promised = NamesOf(description, "//parameters/*[channel='output' and not(longflag) and not(index)]");
    std::sort(promised.begin(), promised.end());
    EXPECT_EQ(results, promised) << stage.name;
  }
}

TEST_F(SlicerModule, TellsItsProgress)
{
  this->WriteHead("in.nii");
  const auto out = this->Call("histogram-retinex", { "in.nii", "out.nii" }).out;
  const auto progress = ProgressOf(out);
  ASSERT_GE(progress.size(), 5U) << out;
  EXPECT_TRUE(std::is_sorted(progress.begin(), progress.end())) << out;
  EXPECT_GE(progress.front(), 0.0);
  EXPECT_EQ(progress.back(), 1.0) << out;
  const Strings stages = { "foreground", "histogram-retinex" };
  EXPECT_EQ(AllMatches(out,
                       "<filter-start>\\s*<filter-name>([^<]*)</filter-name>\\s*<filter-comment>[^<]+"
                       "</filter-comment>\\s*</filter-start>"),
            stages);
  EXPECT_EQ(AllMatches(out,
                       "<filter-end>\\s*<filter-name>([^<]*)</filter-name>\\s*<filter-time>[0-9.e-]+"
                       "</filter-time>\\s*</filter-end>"),
            stages);
}

TEST_F(SlicerModule, GivesBackWhatWasMeasuredAndLearned)
{
  this->WriteHead("in.nrrd");
  ASSERT_EQ(
    this->Call("foreground", { "--returnparameterfile", "results.params", "--rule", "otsu", "in.nrrd", "mask.nrrd" })
      .exitCode,
    0);
  const auto sidecar = this->Json("mask.json")["channels"][0];
  EXPECT_EQ(this->Results("results.params").at("learned_rule"), "otsu");
  EXPECT_GT(this->Result("learned_threshold"), 1.0);
  EXPECT_EQ(this->Result("mask_voxels"), this->Result("learned_voxels"));

  ASSERT_EQ(this
              ->Call("instance-norm",
                     { "--returnparameterfile", "results.params", "--mask", "mask.nrrd", "in.nrrd", "out.nrrd" })
              .exitCode,
            0);
  EXPECT_GT(this->Result("mean_before"), 50.0);
  EXPECT_NEAR(this->Result("mean_after"), 0.0, 1e-6);
  EXPECT_NEAR(this->Result("deviation_after"), 1.0, 1e-4);
}

TEST_F(SlicerModule, GivesBackOnlyNumbersThatAreFinite)
{
  this->WriteChangedHead("in.nrrd",
                         [](WorkImage & image) { image.FillBuffer(std::numeric_limits<float>::quiet_NaN()); });
  ASSERT_EQ(this->Call("instance-norm", { "--returnparameterfile", "results.params", "in.nrrd", "out.nrrd" }).exitCode,
            0);
  const auto results = this->Results("results.params");
  EXPECT_EQ(results.count("mask_voxels"), 1U);
  for (const auto & [name, text] : results)
  {
    EXPECT_TRUE(std::isfinite(std::stod(text))) << name << " = " << text;
  }
  EXPECT_EQ(results.count("mean_before"), 0U);
}

TEST_F(SlicerModule, TakesFlagsAsSlicerWritesThemAndAsTheVerbDoes)
{
  this->WriteHead("in.nrrd");
  const auto options = [this](const std::string & stage, const Strings & words)
  {
    Strings all = { "in.nrrd", "out.nrrd" };
    all.insert(all.begin(), words.begin(), words.end());
    const auto outcome = this->Call(stage, all);
    EXPECT_EQ(outcome.exitCode, 0) << outcome.err;
    return outcome.exitCode == 0 ? this->Json("out.json")["pipeline"].back()["options"] : nlohmann::json();
  };
  EXPECT_EQ(options("robust-norm", {})["clip"], false);
  EXPECT_EQ(options("robust-norm", { "--clip" })["clip"], true);
  EXPECT_EQ(options("robust-norm", { "--clip", "true" })["clip"], true);
  EXPECT_EQ(options("robust-norm", { "--clip", "false" })["clip"], false);
  EXPECT_EQ(options("divisive-norm", {})["remove_mean"], true);
  EXPECT_EQ(options("divisive-norm", { "--remove_mean", "false" })["remove_mean"], false);
  EXPECT_EQ(options("divisive-norm", { "--remove-mean", "false" })["remove_mean"], false);
  EXPECT_EQ(options("divisive-norm", { "--semi_saturation", "0.25" })["semi_saturation"], 0.25);
  EXPECT_EQ(options("divisive-norm", { "--semi-saturation=0.25", "--threads", "1" })["semi_saturation"], 0.25);
  EXPECT_EQ(options("instance-norm", { "--gamma", "-2" })["gamma"], nlohmann::json({ -2.0 }));
  EXPECT_EQ(options("divisive-norm", { "--gamma", "" })["gamma"], 1.0); // Slicer's word for nothing
}

/** Slicer gives every option, also those that another one decides. */
TEST_F(SlicerModule, TakesAnOptionThatSaysItsDefaultForNotGiven)
{
  this->WriteHead("in.nrrd");
  const auto words = WordsOfSlicer(
    this->Description("instance-norm"),
    { { "compatible_with", "nnunet" }, { "input", "in.nrrd" }, { "output", "module.nrrd" }, { "mask", "" } });
  const auto outcome = this->Call("instance-norm", words);
  EXPECT_EQ(outcome.exitCode, 0) << outcome.err;
  this->Expect(0, { "instance-norm", "in.nrrd", "verb.nrrd", "--compatible-with", "nnunet" });
  EXPECT_TRUE(this->BitsIn("module.nrrd") == this->BitsIn("verb.nrrd"));
  const auto refused =
    this->Call("instance-norm", { "--compatible_with", "nnunet", "--ddof", "1", "in.nrrd", "x.nrrd" });
  EXPECT_EQ(refused.exitCode, 2);
  EXPECT_NE(refused.err.find("isolux: "), std::string::npos) << refused.err;
}

TEST_F(SlicerModule, TakesSeveralFilesPartedByCommas)
{
  this->WriteHead("in.nrrd");
  this->WriteHead("a,1.nrrd", 100.0F);
  this->WriteHead("b.nrrd", 300.0F);
  const Strings words = { "--style", "\"a,1.nrrd\",b.nrrd", "in.nrrd", "module.nrrd" };
  const auto    outcome = this->Call("adaptive-norm", words);
  EXPECT_EQ(outcome.exitCode, 0) << outcome.err;
  this->Expect(0, { "adaptive-norm", "in.nrrd", "verb.nrrd", "--style", "a,1.nrrd", "--style", "b.nrrd" });
  EXPECT_TRUE(this->BitsIn("module.nrrd") == this->BitsIn("verb.nrrd"));
}

TEST_F(SlicerModule, KeepsParametersAndReadsThemAgain)
{
  this->WriteHead("in.nrrd");
  ASSERT_EQ(this
              ->Call("robust-norm",
                     { "--serialize", "p.json", "--clip", "--lower", "0.01", "--gamma", "2", "in.nrrd", "first.nrrd" })
              .exitCode,
            0);
  const auto options = this->Json("p.json")["Parameters"]["Options"];
  EXPECT_EQ(options["clip"], true);
  EXPECT_EQ(options["lower"], 0.01);
  EXPECT_EQ(options["gamma"], nlohmann::json({ 2 }));
  EXPECT_EQ(options["method"], "median-mad");
  EXPECT_EQ(this->Json("p.json")["Parameters"]["Volumes"]["output"], "first.nrrd");

  const auto again = this->Call("robust-norm", { "--deserialize", "p.json", "--echo", "in.nrrd", "again.nrrd" });
  EXPECT_EQ(again.exitCode, 0) << again.err;
  EXPECT_TRUE(this->Bytes("first.nrrd") == this->Bytes("again.nrrd"));
  for (const char * line : { "    clip: true\n", "    lower: 0.01\n", "    output: again.nrrd\n", "    mask: \n" })
  {
    EXPECT_NE(again.out.find(line), std::string::npos) << again.out;
  }
  testing::PutFile(m_Folder / "q.json", R"({"Parameters": {"Options": {"lowest": 1}}})");
  const auto unknown = this->Call("robust-norm", { "--deserialize", "q.json", "in.nrrd", "again.nrrd" });
  EXPECT_EQ(unknown.exitCode, 2);
  EXPECT_NE(unknown.err.find("q.json: IsoluxRobustNorm has no parameter 'lowest'"), std::string::npos) << unknown.err;
  EXPECT_EQ(this->Call("robust-norm", { "--deserialize", "in.nrrd", "in.nrrd", "again.nrrd" }).exitCode, 2);
}

TEST_F(SlicerModule, WritesOverWhatSlicerMadeButNeverOverWhatItReads)
{
  this->WriteHead("in.nrrd");
  testing::PutFile(m_Folder / "out.nrrd", "");
  testing::PutFile(m_Folder / "out.json", "");
  EXPECT_EQ(this->Call("instance-norm", { "in.nrrd", "out.nrrd" }).exitCode, 0);
  const auto head = this->Bytes("in.nrrd");
  for (const Strings & words : { Strings{ "in.nrrd", "in.nrrd" },
                                 Strings{ "--sidecar", "in.nrrd", "in.nrrd", "out.nrrd" },
                                 Strings{ "--returnparameterfile", "./in.nrrd", "in.nrrd", "out.nrrd" },
                                 Strings{ "--serialize", "in.nrrd", "in.nrrd", "out.nrrd" },
                                 Strings{ "--serialize", "out.json", "in.nrrd", "out.nrrd" } })
  {
    const auto outcome = this->Call("instance-norm", words);
    EXPECT_EQ(outcome.exitCode, 2) << outcome.out;
    EXPECT_NE(outcome.err.find(": is named "), std::string::npos) << outcome.err;
  }
  EXPECT_TRUE(this->Bytes("in.nrrd") == head);
}

TEST_F(SlicerModule, SaysWhatIsWrong)
{
  this->WriteHead("in.nrrd");
  for (const auto & [words, said] : std::vector<std::pair<Strings, std::string>>{
         { { "in.nrrd" }, "argument OUTPUT is missing" },
         { { "in.nrrd", "out.nrrd", "more.nrrd" }, "'more.nrrd' is left" },
         { { "--log_flor", "1", "in.nrrd", "out.nrrd" }, "did you mean '--log-floor'?" },
         { { "--order", "30", "in.nrrd", "out.nrrd" }, "'order' must be in [1, 8], not 30" },
         { { "in.nrrd", "out.nrrd", "--order" }, "--order needs a value" } })
  {
    const auto outcome = this->Call("histogram-retinex", words);
    EXPECT_EQ(outcome.exitCode, 2) << outcome.out;
    EXPECT_EQ(outcome.err.rfind("isolux: ", 0), 0U) << outcome.err;
    EXPECT_NE(outcome.err.find(said), std::string::npos) << outcome.err;
  }
  const auto outcome = this->Call("histogram-retinex", { "none.nrrd", "out.nrrd" });
  EXPECT_EQ(outcome.exitCode, 1);
  EXPECT_NE(outcome.err.find("none.nrrd"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(m_Folder / "out.nrrd"));
}

TEST_F(SlicerModule, TellsItsVersionAndItsParameters)
{
  EXPECT_EQ(this->Call("n4", { "--version" }).out.rfind("IsoluxN4 ", 0), 0U);
  const auto help = this->Call("n4", { "--help" });
  EXPECT_EQ(help.exitCode, 0);
  for (const auto & name : NamesOf(this->Description("n4"), "//parameters/*[longflag]"))
  {
    EXPECT_NE(help.out.find("--" + name + " <"), std::string::npos) << help.out;
  }
}

/** Among them may be other versions of what Isolux uses. */
TEST_F(SlicerModule, RunsWithoutTheLibrariesOfSlicer)
{
  testing::PutFile(m_Folder / "lib/libpugixml.so.1", "no library");
  testing::ProcessOptions options;
  options.environment["LD_LIBRARY_PATH"] = (m_Folder / "lib").string();
  EXPECT_NE(this->Call("n4", { "--version" }, options).exitCode, 0);
  options.environment["APPLAUNCHER_LEVEL"] = "1";
  EXPECT_EQ(this->Call("n4", { "--version" }, options).exitCode, 0);
  options.environment["APPLAUNCHER_0_LD_LIBRARY_PATH"] = options.environment["LD_LIBRARY_PATH"];
  EXPECT_NE(this->Call("n4", { "--version" }, options).exitCode, 0);
}

TEST_F(SlicerModule, EachExampleOfADescriptionRuns)
{
  this->WriteHead("in.nrrd");
  for (const auto & stage : BuiltInStages().All())
  {
    this->NeedsOf(stage);
    const std::string text = this->Description(stage.name).child("executable").child_value("description");
    const auto        examples = AllMatches(text, "Example: ([^\n]*)");
    ASSERT_EQ(examples.size(), 1U) << text;
    std::istringstream line(examples[0]);
    std::string        name;
    line >> name;
    EXPECT_EQ(name, ModuleOf(stage.name));
    const Strings words{ std::istream_iterator<std::string>(line), {} };
    const auto    outcome = this->Call(stage.name, words);
    EXPECT_EQ(outcome.exitCode, 0) << examples[0] << "\n" << outcome.err;
    EXPECT_TRUE(std::filesystem::remove(m_Folder / "out.nrrd")) << examples[0];
  }
}

TEST_F(SlicerModule, EachCallOfItsReadmeRuns)
{
  const auto readme = testing::ReadBytesOf(std::filesystem::path(ISOLUX_SOURCE_DIR) / "apps/slicer/README.md");
  const auto calls = AllMatches(readme, "\n    (Isolux[^\n]*)");
  EXPECT_GT(calls.size(), 5U);
  for (const auto & call : calls)
  {
    std::istringstream line(call);
    Strings            words{ std::istream_iterator<std::string>(line), {} };
    words[0] = std::string(ISOLUX_MODULES) + "/" + words[0];
    for (auto & word : words)
    {
      word = word.rfind("data/", 0) == 0 ? Data(word.substr(5)) : word;
    }
    testing::ProcessOptions options;
    options.folder = m_Folder.Path();
    const auto outcome = testing::RunProcess(words, options);
    EXPECT_EQ(outcome.exitCode, 0) << call << "\n" << outcome.err;
  }
  EXPECT_TRUE(this->Bytes("robust.nrrd") == this->Bytes("again.nrrd"));
}
} // namespace isolux
