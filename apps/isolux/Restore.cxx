#include "Arguments.h"
#include "Error.h"
#include "PointCase.h"
#include "PointFile.h"
#include "PointSidecarJson.h"
#include "SidecarJson.h"

#include <iostream>

namespace isolux
{
namespace
{
void
RefuseSidecarOf(const std::filesystem::path & back, const std::filesystem::path & sidecar)
{
  if (std::filesystem::exists(sidecar))
  {
    throw UsageError(back.string() + ": lies beside the sidecar " + sidecar.string() +
                     ", which would no longer describe it; choose another name");
  }
}

void
RestorePointFile(const std::filesystem::path & output,
                 const std::filesystem::path & back,
                 const ParsedArguments &       parsed)
{
  for (const char * option : { "threads", "stream-divisions", "dtype", "compression", "field" })
  {
    if (parsed.Has(option))
    {
      throw UsageError("--" + std::string(option) + " is for images; leave it out for the points of " +
                       output.string());
    }
  }
  RefuseSidecarOf(back, PointSidecarPath(back));
  RestorePointCase(output, back);
  std::cout << output.string() << " -> " << back.string() << '\n';
}
} // namespace

int
Restore(const Arguments & arguments)
{
  boost::program_options::options_description options;
  auto                                        files = InputOutputOptions();
  files.add_options()(
    "field",
    boost::program_options::value<std::string>()->value_name("FILE"),
    "the field that 'apply-field' divided by (default: the file of that name beside IN), or that --field of "
    "'poisson-retinex' or 'variational-retinex' wrote");
  options.add(files).add(ExecutionOptions());
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux restore OUT BACK [options]\n\nUndoes a pipeline: reads OUT and the sidecar beside it, writes the "
         "original intensities to BACK.\nThe same for the points (.gii, .vtk) that point-norm wrote.\n\n"
      << options << "\nExample: isolux restore out/sub-01_desc-harmonized_T1w.nii.gz back.nii.gz\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "input", "output" });
  auto                  execution = ReadExecution(parsed);
  execution.field = parsed.Text("field");
  RefuseToOverwrite(parsed.Text("output"), parsed);
  const std::filesystem::path back = parsed.Text("output");
  if (!PointFileExtension(parsed.Text("input")).empty())
  {
    RestorePointFile(parsed.Text("input"), back, parsed);
    return 0;
  }
  RefuseSidecarOf(back, SidecarPath(back));
  SetThreads(execution.execution.threads);
  for (const auto & lost : RestoreCase(parsed.Text("input"), parsed.Text("output"), execution))
  {
    std::cerr << "isolux: warning: " << parsed.Text("input") << ": not restored: " << lost << '\n';
  }
  std::cout << parsed.Text("input") << " -> " << parsed.Text("output") << '\n';
  return 0;
}
} // namespace isolux
