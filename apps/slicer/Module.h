#pragma once

#include "CaseReport.h"
#include "Stage.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

// A stage as a command line module of 3D Slicer, https://slicer.readthedocs.io (Slicer Execution Model).
namespace isolux
{
/** A slider's. As texts without an exponent: Slicer counts decimals, and reads 1e-05 as having none. */
struct ModuleConstraints
{
  std::string minimum;
  std::string maximum;
  std::string step;
};

struct ModuleParameter
{
  std::string tag;  ///< "double", "image", ...
  std::string name; ///< which is the long flag too: Slicer allows no '-' in it
  std::string label;
  std::string description;
  std::string defaultText = {}; ///< "": none
  std::string channel = {};     ///< "input", "output", or "" of a plain option
  int         index = -1;       ///< place without a flag; -1: it has a flag, or is given back

  std::vector<std::string>                         elements = {}; ///< of an enumeration
  std::optional<ModuleConstraints>                 constraints = {};
  std::vector<std::pair<std::string, std::string>> attributes = {};
  std::optional<ParameterRecord>                   option = {}; ///< of the stage, where it is one

  /** Not an argument, but a number that the module gives back. */
  bool
  IsReturned() const
  {
    return channel == "output" && tag != "image" && tag != "file";
  }
};

struct ModuleGroup
{
  std::string                  label;
  std::string                  description;
  bool                         isAdvanced = false; ///< folded at first
  std::vector<ModuleParameter> parameters = {};
};

struct Module
{
  std::string              name; ///< the executable's: "IsoluxHistogramRetinex"
  std::string              title;
  std::string              category;
  std::string              description;
  std::vector<ModuleGroup> groups;
};

/** "IsoluxHistogramRetinex" of "histogram-retinex". */
std::string
ModuleName(const std::string & stage);

Module
DescribeModule(const StageDescription & stage);

/** What the module answers to --xml. */
std::string
ToXml(const Module & module);

/** The values of the parameters that are given back, of the run's last stage and first channel; no number that is not
 * finite. */
std::vector<std::pair<std::string, std::string>>
ReturnedValues(const Module & module, const CaseReport & report);
} // namespace isolux
