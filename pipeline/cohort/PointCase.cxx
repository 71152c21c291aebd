#include "PointCase.h"

#include "AtomicFile.h"
#include "Error.h"
#include "PointFile.h"
#include "PointSidecarJson.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <numeric>

namespace isolux
{
namespace
{
std::string
Label(const PointArray & array, std::size_t place)
{
  const std::string number = std::to_string(place + 1);
  return array.name.empty() ? number : "'" + array.name + "' (" + number + ")";
}

std::string
ListArrays(const PointFile & file)
{
  constexpr std::size_t longest = 12;
  std::string           list;
  for (std::size_t i = 0; i < std::min(file.arrays.size(), longest); ++i)
  {
    list += (i == 0 ? "" : ", ") + Label(file.arrays[i], i);
  }
  return list + (file.arrays.size() > longest ? ", ... of " + std::to_string(file.arrays.size()) : "");
}

/** Places in file.arrays. */
std::vector<std::size_t>
ChooseArrays(const PointFile & file, const std::string & wanted, const std::string & name)
{
  if (file.arrays.empty())
  {
    throw Error(name + ": has no attribute of points (SCALARS, VECTORS or a FIELD array in VTK's POINT_DATA; a data " +
                "array of GIfTI that is neither points, triangles, labels nor colours), so there is nothing to " +
                "normalize; give the file that holds them");
  }
  std::vector<std::size_t> chosen;
  if (wanted == "all" || (wanted.empty() && file.arrays.size() == 1))
  {
    chosen.resize(file.arrays.size());
    std::iota(chosen.begin(), chosen.end(), std::size_t{ 0 });
    return chosen;
  }
  if (wanted.empty())
  {
    throw UsageError(name + ": has " + std::to_string(file.arrays.size()) + " attributes, " + ListArrays(file) +
                     "; choose with --array NAME, --array NUMBER or --array all");
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < file.arrays.size(); ++i)
  {
    names.push_back(file.arrays[i].name);
    if (names.back() == wanted)
    {
      chosen.push_back(i);
    }
  }
  if (chosen.size() > 1)
  {
    throw UsageError(name + ": " + std::to_string(chosen.size()) + " attributes are called '" + wanted + "', " +
                     ListArrays(file) + "; choose by number");
  }
  std::size_t number = 0;
  const auto  parsed = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (chosen.empty() && parsed.ec == std::errc() && parsed.ptr == wanted.data() + wanted.size() && number > 0 &&
      number <= file.arrays.size())
  {
    chosen.push_back(number - 1);
  }
  if (chosen.empty())
  {
    throw UsageError(name + ": has no attribute '" + wanted + "'; it has " + ListArrays(file) +
                     (SuggestNearest(wanted, names).find("did you mean") != std::string::npos
                        ? SuggestNearest(wanted, names)
                        : "; choose one of them"));
  }
  return chosen;
}

std::vector<double>
ReadForPoints(const std::filesystem::path & path, std::size_t points, const char * what, std::string & sha256)
{
  auto numbers = ReadPointNumbers(path, sha256);
  if (numbers.size() != points)
  {
    throw Error(path.string() + ": " + what + " must be one number for each of the " + std::to_string(points) +
                " points, not " + std::to_string(numbers.size()) + "; give the file that belongs to this surface");
  }
  return numbers;
}

void
CheckTask(const PointTask & task)
{
  const auto & weights = task.options.weights;
  const bool   usesPositions = weights == "area" || weights == "density";
  if (IsWeightsFile(weights) && !std::filesystem::exists(weights))
  {
    throw UsageError("--weights must be none, area, density or the name of a file; there is no file '" + weights + "'" +
                     SuggestNearest(weights, { "none", "area", "density" }));
  }
  if (!task.surface.empty() && !usesPositions)
  {
    throw UsageError("--surface has the positions for --weights area and density; weights '" + weights +
                     "' need none, leave it out");
  }
  if (task.options.density_radius != 0.0 && weights != "density")
  {
    throw UsageError("--density-radius belongs to --weights density, not to '" + weights + "'; leave it out");
  }
}

/** One for each point. */
std::vector<double>
ReadWeights(const PointTask & task, const PointFile & file, PointReport & report)
{
  const std::string & kind = task.options.weights;
  std::vector<double> weights(file.points, 1.0);
  if (IsWeightsFile(kind))
  {
    weights = ReadForPoints(kind, file.points, "weights", report.weightsSha256);
    report.weights = std::filesystem::path(kind).filename().string();
    for (std::size_t i = 0; i < weights.size(); ++i)
    {
      if (!(weights[i] >= 0.0 && weights[i] <= 1e60))
      {
        throw Error(kind + ": weights must be numbers in [0, 1e60], that of point " + std::to_string(i + 1) + " of " +
                    std::to_string(weights.size()) + " is " + ToString(Value(weights[i])) +
                    "; a point that is not to count has weight 0");
      }
    }
  }
  else if (kind != "none")
  {
    const bool           isOwn = task.surface.empty();
    const PointFile      other = isOwn ? PointFile() : ReadPointFile(task.surface);
    const PointSurface & surface = isOwn ? file.surface : other.surface;
    const std::string    name = (isOwn ? task.input : task.surface).string();
    if (!isOwn)
    {
      report.surface = task.surface.filename().string();
      report.surfaceSha256 = other.sha256;
    }
    if (file.sparse)
    {
      throw Error(task.input.string() + ": is sparse (it has node indices), so weights '" + kind +
                  "' do not find its points; give a weight for each of its values in a file");
    }
    if (surface.points.empty() && file.points > 0)
    {
      throw Error(name + ": has no positions of points, which weights '" + kind + "' need; " +
                  (isOwn ? "give the file that has them with --surface" : "give a surface, such as .surf.gii"));
    }
    if (surface.points.size() != file.points)
    {
      throw Error(name + ": has " + std::to_string(surface.points.size()) + " points, " + task.input.string() + " " +
                  std::to_string(file.points) + "; give the surface that these values belong to");
    }
    try
    {
      weights = kind == "area" ? PointAreas(surface) : PointDensityWeights(surface, task.options.density_radius);
    }
    catch (const Error & error)
    {
      throw Error(name + ": " + error.what());
    }
    if (kind == "area" && file.points > 0 && surface.ends.empty())
    {
      throw Error(name + ": has no polygons, so its points have no area; use weights 'density', or another --surface");
    }
  }
  if (!task.mask.empty())
  {
    const auto mask = ReadForPoints(task.mask, file.points, "mask", report.maskSha256);
    report.mask = task.mask.filename().string();
    for (std::size_t i = 0; i < weights.size(); ++i)
    {
      weights[i] = mask[i] >= 0.5 ? weights[i] : 0.0;
    }
  }
  return weights;
}

void
AddWarnings(PointReport & report, const PointAttributeReport & attribute, std::size_t arrays)
{
  const std::string which = arrays > 1 ? "attribute " + std::to_string(attribute.number) + ": " : "";
  if (attribute.nonFinite > 0)
  {
    report.warnings.push_back(which + std::to_string(attribute.nonFinite) +
                              " values are NaN or infinite: skipped by mean and deviation, kept in the output");
  }
  for (std::size_t component = 0; component < attribute.before.size(); ++component)
  {
    const auto &      learned = attribute.before[component];
    const std::string where =
      which + (attribute.before.size() > 1 ? "component " + std::to_string(component + 1) + ": " : "");
    if (learned.count == 0)
    {
      report.warnings.push_back(where + "no point counts: every finite value becomes beta");
    }
    else if (learned.variance == 0.0)
    {
      report.warnings.push_back(where + "all points that count have the value " + ToString(Value(learned.mean)) +
                                ": every finite value becomes beta");
    }
  }
}
} // namespace

bool
IsWeightsFile(const std::string & weights)
{
  return weights != "none" && weights != "area" && weights != "density";
}

PointReport
ProcessPointCase(const PointTask & task)
{
  const auto start = std::chrono::steady_clock::now();
  CheckTask(task);
  PointReport report;
  PointFile   file = ReadPointFile(task.input);
  const auto  chosen = ChooseArrays(file, task.array, task.input.string());
  const auto  weights = ReadWeights(task, file, report);
  report.points = file.points;
  report.zeroWeights = static_cast<std::size_t>(std::count(weights.begin(), weights.end(), 0.0));
  for (const std::size_t place : chosen)
  {
    PointArray &         array = file.arrays[place];
    PointAttributeReport attribute;
    attribute.name = array.name;
    attribute.number = place + 1;
    attribute.component = array.component;
    attribute.nonFinite = static_cast<std::size_t>(
      std::count_if(array.values.begin(), array.values.end(), [](double value) { return !std::isfinite(value); }));
    attribute.before = LearnPointMoments(array, weights);
    NormalizePoints(array, attribute.before, task.options);
    attribute.after = LearnPointMoments(array, weights);
    array.changed = true;
    attribute.written = array.WrittenComponent();
    AddWarnings(report, attribute, file.arrays.size());
    report.attributes.push_back(std::move(attribute));
  }
  const auto sidecar = PointSidecarPath(task.output);
  WritePointFile(file,
                 task.output,
                 [&sidecar]
                 {
                   // A sidecar must never lie beside points that it does not describe.
                   std::error_code failure;
                   std::filesystem::remove(sidecar, failure);
                   if (failure)
                   {
                     throw Error(sidecar.string() + ": cannot be replaced: " + failure.message() +
                                 "; choose another output folder");
                   }
                 });
  report.input = task.input.filename().string();
  report.inputSha256 = file.sha256;
  report.inputFormat = file.format;
  report.output = task.output.filename().string();
  report.outputBytes = std::filesystem::file_size(task.output);
  PointNormOptions options = task.options;
  if (IsWeightsFile(options.weights))
  {
    options.weights = report.weights; // no path
  }
  report.options = Read([&options](ParameterVisitor & visit) { options.Visit(visit); });
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  WriteTextFile(sidecar, WritePointSidecar(report));
  return report;
}

void
RestorePointCase(const std::filesystem::path & output, const std::filesystem::path & back)
{
  const auto        path = PointSidecarPath(output);
  const PointReport report = ReadPointSidecar(path);
  if (report.output != output.filename().string())
  {
    throw Error(output.string() + ": the sidecar " + path.string() + " belongs to " + report.output +
                "; give that file, or the sidecar that was written with this one");
  }
  PointNormOptions options;
  Assign([&options](ParameterVisitor & visit) { options.Visit(visit); }, report.options, path.string());
  PointFile file = ReadPointFile(output);
  for (const auto & attribute : report.attributes)
  {
    if (attribute.number == 0 || attribute.number > file.arrays.size() ||
        file.arrays[attribute.number - 1].name != attribute.name ||
        file.arrays[attribute.number - 1].components != attribute.before.size())
    {
      throw Error(output.string() + ": has no attribute " + std::to_string(attribute.number) + " '" + attribute.name +
                  "' with " + std::to_string(attribute.before.size()) +
                  " components, of which its sidecar tells; the " + "two do not belong together");
    }
    PointArray & array = file.arrays[attribute.number - 1];
    try
    {
      RestorePoints(array, attribute.before, options);
    }
    catch (const Error & error)
    {
      throw Error(output.string() + ": " + error.what());
    }
    array.changed = true;
  }
  WritePointFile(file, back);
}
} // namespace isolux
