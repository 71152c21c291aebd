#include "Arguments.h"
#include "Error.h"
#include "SidecarJson.h"

#include <iostream>

namespace isolux
{
int
Restore(const Arguments & arguments)
{
  boost::program_options::options_description options;
  options.add(InputOutputOptions()).add(ExecutionOptions());
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux restore OUT BACK [options]\n\nUndoes a pipeline: reads OUT and the sidecar beside it, writes the "
         "original intensities to BACK.\n\n"
      << options << "\nExample: isolux restore out/sub-01_desc-harmonized_T1w.nii.gz back.nii.gz\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "input", "output" });
  const auto            execution = ReadExecution(parsed);
  RefuseToOverwrite(parsed.Text("output"), parsed);
  const std::filesystem::path back = parsed.Text("output");
  if (std::filesystem::exists(SidecarPath(back)))
  {
    throw UsageError(back.string() + ": lies beside the sidecar " + SidecarPath(back).string() +
                     ", which would no longer describe it; choose another name");
  }
  SetThreads(execution.execution.threads);
  for (const auto & lost : RestoreCase(parsed.Text("input"), parsed.Text("output"), execution))
  {
    std::cerr << "isolux: warning: " << parsed.Text("input") << ": not restored: " << lost << '\n';
  }
  std::cout << parsed.Text("input") << " -> " << parsed.Text("output") << '\n';
  return 0;
}
} // namespace isolux
