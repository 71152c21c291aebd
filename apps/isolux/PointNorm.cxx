#include "Arguments.h"
#include "Error.h"
#include "PointCase.h"
#include "PointSidecarJson.h"

#include <iomanip>
#include <iostream>
#include <set>

namespace isolux
{
namespace po = boost::program_options;

int
PointNorm(const Arguments & arguments)
{
  PointTask  task;
  const auto members = [&task](ParameterVisitor & visit) { task.options.Visit(visit); };
  const auto parameters = Describe(members);

  auto files = InputOutputOptions();
  files.add_options()("array,a",
                      po::value<std::string>()->value_name("NAME"),
                      "which values, where there are several: a name, a number from 1, or all")(
    "surface,s",
    po::value<std::string>()->value_name("FILE"),
    "positions and triangles of the points, where IN has none: for weights area and density")(
    "mask,x",
    po::value<std::string>()->value_name("FILE"),
    "points with 0.5 and above count in mean and deviation; all are normalized. A .gii or .vtk file with one array, or "
    "a .txt file with a number for each point, as for --weights");
  po::options_description own("Options of point-norm");
  AddParameters(own, parameters);
  own.add_options()("force,f", "overwrite what exists")("help,h", "this text");
  po::options_description options;
  options.add(files).add(own);
  if (WantsHelp(arguments))
  {
    std::cout
      << "isolux point-norm IN OUT [options]\n\n"
         "Brings the values of points, such as cortical thickness, to zero mean and unit deviation.\n\n"
         "  y = gamma (x - mean) / sqrt(variance + eps) + beta, for each array and component\n\n"
         "GIfTI (.gii: surfaces with data, and .shape.gii and .func.gii) and VTK legacy polydata (.vtk, ascii and "
         "binary,\npoint data). Only the values change, every other byte of IN is kept; float64 stays so, other "
         "types become float32.\nWith weights area or density the sampling of the surface does not bias: density is "
         "not changed by duplicated points.\nA sidecar OUT.json records how; 'isolux restore OUT BACK' undoes it.\n\n"
      << options
      << "\nExample: isolux point-norm lh.thickness.shape.gii out.shape.gii --weights area --surface "
         "lh.midthickness.surf.gii\n";
    return 0;
  }
  const ParsedArguments parsed(arguments, options, { "input", "output" });
  Assign(members, GivenParameters(parsed, parameters), "point-norm");
  task.input = parsed.Text("input");
  task.output = parsed.Text("output");
  task.array = parsed.Text("array");
  task.surface = parsed.Text("surface");
  task.mask = parsed.Text("mask");

  std::set<std::filesystem::path> used;
  for (const std::filesystem::path & path :
       { task.input,
         task.surface,
         task.mask,
         std::filesystem::path(IsWeightsFile(task.options.weights) ? task.options.weights : "") })
  {
    if (!path.empty())
    {
      used.insert(std::filesystem::weakly_canonical(std::filesystem::absolute(path)));
    }
  }
  for (const auto & path : { task.output, PointSidecarPath(task.output) })
  {
    RefuseToOverwrite(path, parsed);
    if (used.count(std::filesystem::weakly_canonical(std::filesystem::absolute(path))) > 0)
    {
      throw UsageError(path.string() + ": is named twice, as an input and an output; give each a name of its own");
    }
  }

  const auto        report = ProcessPointCase(task);
  const std::string name = task.input.string();
  for (const auto & warning : report.warnings)
  {
    std::cerr << "isolux: warning: " << name << ": " << warning << '\n';
  }
  std::cout << name << " -> " << task.output.string() << std::setprecision(4) << ": " << report.seconds << " s, "
            << report.points - report.zeroWeights << " of " << report.points << " points count\n";
  for (const auto & attribute : report.attributes)
  {
    for (std::size_t component = 0; component < attribute.before.size(); ++component)
    {
      const auto & before = attribute.before[component];
      const auto & after = attribute.after[component];
      std::cout << "  " << (attribute.name.empty() ? "array " + std::to_string(attribute.number) : attribute.name)
                << (attribute.before.size() > 1 ? " [" + std::to_string(component + 1) + "]" : "") << ": mean "
                << before.mean << " -> " << after.mean << ", variance " << before.variance << " -> " << after.variance
                << '\n';
    }
  }
  return 0;
}
} // namespace isolux
