#pragma once

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace isolux
{
enum class Unit
{
  None,
  Intensity,    ///< of the stage's input
  LogIntensity, ///< natural logarithm of intensity
  Millimetre,
  Voxel
};

/** "voxels", "mm", ...; "" for Unit::None. */
std::string
ToString(Unit unit);

/** One option or one learned value, as the command line, a pipeline file and a sidecar exchange it. */
using Value = std::variant<bool, long long, double, std::string, std::vector<double>, std::vector<std::string>>;
/** In the order of the stage's Visit. */
using Values = std::vector<std::pair<std::string, Value>>;

/** "true", "3", "0.5", "text", "[1, 2]" or "[a, b]": every digit that is needed to read the same value back. */
std::string
ToString(const Value & value);

/** One option of a stage as every front end sees it: CLI flag, JSON key, Slicer element, reference row. */
struct Parameter
{
  std::string              name; ///< snake_case; the command line spells it with '-'
  Unit                     unit = Unit::None;
  std::string              help; ///< one sentence, with neither default nor unit
  double                   minimum = -std::numeric_limits<double>::infinity();
  double                   maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {}; ///< of a string; empty: any text
  /** Of a string or strings: the path of a file; in a pipeline file relative to that file's folder. */
  bool isFile = false;
};

/** A parameter with its type and default, as read off an options struct. */
struct ParameterRecord : Parameter
{
  ParameterRecord(const Parameter & parameter, Value value)
    : Parameter(parameter)
    , defaultValue(std::move(value))
  {
  }

  Value defaultValue;

  /** "boolean", "integer", "number", "string", "numbers" or "strings". */
  std::string
  Type() const;
  /** "[0, 1]", "one of a, b", or "". */
  std::string
  Bounds() const;
  /** The command line's spelling: "--surround-sigma". */
  std::string
  Flag() const;
};

/** Walks over the members of an options struct or of a learned value: an overload for each type that Value holds. */
class ParameterVisitor
{
public:
  virtual ~ParameterVisitor() = default;

  virtual void
  operator()(const Parameter & parameter, bool & value) = 0;
  virtual void
  operator()(const Parameter & parameter, long long & value) = 0;
  virtual void
  operator()(const Parameter & parameter, double & value) = 0;
  virtual void
  operator()(const Parameter & parameter, std::string & value) = 0;
  virtual void
  operator()(const Parameter & parameter, std::vector<double> & value) = 0;
  virtual void
  operator()(const Parameter & parameter, std::vector<std::string> & value) = 0;
};

/** Anything with a Visit(ParameterVisitor &). */
using Visitable = std::function<void(ParameterVisitor &)>;

std::vector<ParameterRecord>
Describe(const Visitable & members);

Values
Read(const Visitable & members);

/** Sets the named members; a list takes a single value as well. `where` heads every message ("stage 2
 * (histogram-retinex)"). Throws UsageError: unknown name (with the nearest known one), wrong type, value out of bounds
 * or not a choice. */
void
Assign(const Visitable & members, const Values & values, const std::string & where);
} // namespace isolux
