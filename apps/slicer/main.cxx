#include "Arguments.h"
#include "AtomicFile.h"
#include "Call.h"
#include "Commands.h"
#include "Error.h"
#include "PipelineFiles.h"
#include "SidecarJson.h"
#include "Version.h"

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>

// What every module runs, see Launcher.cxx: argv[0] is the name of the stage.
namespace isolux
{
namespace
{
/** What Slicer reads from a module's output while it runs: a filter for each stage, and the whole run's progress. */
class ProgressTags
{
public:
  void
  Tell(double fraction, const std::string & stage)
  {
    if (stage != m_Stage)
    {
      this->End();
      m_Stage = stage;
      m_Start = Clock::now();
      std::cout << "<filter-start>\n<filter-name>" << stage << "</filter-name>\n<filter-comment>"
                << BuiltInStages().Find(stage).summary << "</filter-comment>\n</filter-start>" << std::endl;
    }
    if (fraction >= m_Told + 0.01)
    {
      m_Told = fraction;
      std::cout << "<filter-progress>" << std::setprecision(3) << fraction << "</filter-progress>" << std::endl;
    }
  }

  void
  End()
  {
    if (!m_Stage.empty())
    {
      const std::chrono::duration<double> seconds = Clock::now() - m_Start;
      std::cout << "<filter-end>\n<filter-name>" << m_Stage << "</filter-name>\n<filter-time>" << std::setprecision(3)
                << seconds.count() << "</filter-time>\n</filter-end>" << std::endl;
      m_Stage.clear();
    }
  }

private:
  using Clock = std::chrono::steady_clock;

  std::string       m_Stage;
  Clock::time_point m_Start;
  double            m_Told = -1.0;
};

void
PrintHelp(const Module & module, const std::string & stage)
{
  std::cout << module.name << " [options] INPUT OUTPUT\n\nThe stage '" << stage << "' as a module of 3D Slicer.\n"
            << module.description << '\n';
  for (const auto & group : module.groups)
  {
    std::cout << '\n' << group.label << ": " << group.description << '\n';
    for (const auto & parameter : group.parameters)
    {
      std::cout << "  " << (parameter.IsReturned() || parameter.index >= 0 ? "" : "--") << parameter.name << " <"
                << parameter.tag << ">  " << parameter.description
                << (parameter.defaultText.empty() ? "" : " (default " + parameter.defaultText + ")") << '\n';
    }
  }
  std::cout << "\nOf every module:\n"
               "  --xml                              describe the module\n"
               "  --returnparameterfile FILE         write the results, 'name = value'\n"
               "  --processinformationaddress ADDR   ignored\n"
               "  --echo                             print every parameter\n"
               "  --serialize FILE                   write every parameter\n"
               "  --deserialize FILE                 read parameters; those on the command line come before\n"
               "  --version\n\nThe other options of 'isolux "
            << stage << "', such as --threads, are taken too. What exists is overwritten.\n";
}

/** \throws UsageError where the module would write `output` over a file that it is given, or two outputs into one. */
void
CheckApart(const std::filesystem::path & output, std::vector<std::string> others, const std::string & flag)
{
  const auto whole = [](const std::filesystem::path & path)
  { return std::filesystem::weakly_canonical(std::filesystem::absolute(path)); };
  if (!output.empty() &&
      std::any_of(others.begin(),
                  others.end(),
                  [&](const std::string & other) { return !other.empty() && whole(FileOf(other)) == whole(output); }))
  {
    throw UsageError(output.string() + ": is named by " + flag +
                     " and by another parameter; give each a file of its own");
  }
}

std::filesystem::path
OutputOf(const Module & module, const ModuleCall & call)
{
  const auto & volumes = module.groups.front().parameters;
  return call.Text(
    *std::find_if(volumes.begin(), volumes.end(), [](const auto & volume) { return volume.name == "output"; }));
}

/** \throws UsageError */
void
CheckFiles(const Module & module, const ModuleCall & call)
{
  std::vector<std::string> others;
  for (const auto & [name, text] : call.Values())
  {
    if (name != "sidecar")
    {
      others.push_back(text);
    }
  }
  CheckApart(call.sidecar, others, "--sidecar");
  others.push_back(call.sidecar.string());
  if (const auto output = OutputOf(module, call); !output.empty())
  {
    others.push_back(SidecarPath(output).string());
  }
  CheckApart(call.returnFile, others, "--returnparameterfile");
  others.push_back(call.returnFile.string());
  CheckApart(call.serialized, others, "--serialize");
}

int
RunModule(const StageDescription & stage, const std::vector<std::string> & words)
{
  const auto module = DescribeModule(stage);
  const auto has = [&words](const char * flag) { return std::find(words.begin(), words.end(), flag) != words.end(); };
  if (has("--xml"))
  {
    std::cout << ToXml(module);
    return 0;
  }
  if (has("--help") || has("-h"))
  {
    PrintHelp(module, stage.name);
    return 0;
  }
  if (has("--version"))
  {
    std::cout << module.name << ' ' << Version << '\n';
    return 0;
  }
  const ModuleCall call(module, words);
  CheckFiles(module, call);
  if (call.echoes)
  {
    std::cout << "Command Line Arguments\n";
    for (const auto & [name, text] : call.Values())
    {
      std::cout << "    " << name << ": " << text << '\n';
    }
  }
  if (!call.serialized.empty())
  {
    WriteTextFile(call.serialized, call.Serialize());
  }
  ProgressTags tags;
  const auto   report = RunStage(stage.name,
                               call.ArgumentsOf(stage),
                               [&tags](double fraction, const std::string & name) { tags.Tell(fraction, name); });
  tags.End();
  if (!call.sidecar.empty())
  {
    const auto beside = SidecarPath(OutputOf(module, call));
    WriteTextFile(call.sidecar, ReadTextFile(beside));
    if (call.sidecar.lexically_normal() != beside.lexically_normal())
    {
      std::filesystem::remove(beside);
    }
  }
  if (!call.returnFile.empty())
  {
    std::string lines;
    for (const auto & [name, text] : ReturnedValues(module, report))
    {
      lines += name + " = " + text + "\n";
    }
    WriteTextFile(call.returnFile, lines);
  }
  return 0;
}
} // namespace
} // namespace isolux

int
main(int argc, char * argv[])
{
  const auto run = [&]
  {
    const std::string name = argc > 0 ? argv[0] : "";
    const auto &      stages = isolux::BuiltInStages().All();
    const auto        stage =
      std::find_if(stages.begin(), stages.end(), [&name](const auto & known) { return known.name == name; });
    if (stage == stages.end())
    {
      throw isolux::UsageError("this program is what the modules in slicer-modules/ run; start one of those");
    }
    return isolux::RunModule(*stage, std::vector<std::string>(argv + 1, argv + argc));
  };
  return isolux::ExitCodeOf("isolux", run);
}
