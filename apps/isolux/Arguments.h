#pragma once

#include "Case.h"
#include "Commands.h"

#include <boost/program_options.hpp>

#include <functional>
#include <string>
#include <vector>

namespace isolux
{
/** What a main() returns: the code of run(), or what an error means, told on stderr under the program's name. Standard
 * output that could not be written is one. */
int
ExitCodeOf(const std::string & program, const std::function<int()> & run);

/** Parsed options of one verb. */
class ParsedArguments
{
public:
  /** `places` names options that also go by position ("input", "output"), each exactly once, with "?" at the
   * end at most once, or with "..." ("input...") all that is left, once or more.
   * \throws UsageError: unknown option (with the nearest), a missing value, too many or too few positions. */
  ParsedArguments(const Arguments &                                   arguments,
                  const boost::program_options::options_description & options,
                  const std::vector<std::string> &                    places);

  bool
  Has(const std::string & name) const
  {
    return m_Map.count(name) > 0;
  }
  std::string
  Text(const std::string & name, const std::string & otherwise = "") const;
  /** Of an option that may be given several times. */
  std::vector<std::string>
  Texts(const std::string & name) const;
  /** \throws UsageError where the value is not a whole number in [minimum, maximum]. */
  unsigned int
  Number(const std::string & name, unsigned int otherwise, unsigned int minimum, unsigned int maximum) const;

private:
  boost::program_options::variables_map m_Map;
};

/** --help was given: print the text and leave. */
bool
WantsHelp(const Arguments & arguments);

/** -i and -o. */
boost::program_options::options_description
InputOutputOptions();

/** --threads, --stream-divisions, --dtype, --compression, --force. */
boost::program_options::options_description
ExecutionOptions();

/** --memory */
void
AddMemoryOption(boost::program_options::options_description & options);
/** 0 where it is not given. */
double
ReadMemory(const ParsedArguments & parsed);

/** --dtype */
void
AddTypeOption(boost::program_options::options_description & options);
/** \throws UsageError where it is none that there is. */
void
ReadType(const ParsedArguments & parsed, CaseOptions & options);

/** --hash */
void
AddHashOption(boost::program_options::options_description & options);

/** --nan, one of NanPolicies(). */
void
AddNanOption(boost::program_options::options_description & options);

/** A flag for each, with its help, unit, bounds and default. */
void
AddParameters(boost::program_options::options_description & options, const std::vector<ParameterRecord> & parameters);

/** Those whose flags were given. \throws UsageError */
Values
GivenParameters(const ParsedArguments & parsed, const std::vector<ParameterRecord> & parameters);

/** As ExecutionOptions(), AddMemoryOption() and AddHashOption() declare them. */
CaseOptions
ReadExecution(const ParsedArguments & parsed);

/** \throws UsageError where the file exists and --force was not given. */
void
RefuseToOverwrite(const std::filesystem::path & path, const ParsedArguments & parsed);
} // namespace isolux
