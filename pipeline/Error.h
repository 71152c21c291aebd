#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace isolux
{
/** What went wrong with one input: the text names the thing, the rule, the value and the way out. Exit code 1. */
class Error : public std::runtime_error
{
  using std::runtime_error::runtime_error;
};

/** The caller asked for something that cannot be asked: unknown name, value out of bounds. Exit code 2. */
class UsageError : public Error
{
  using Error::Error;
};

/** "; did you mean 'x'?" with the known name nearest to the given one, or "" where none is near. */
std::string
SuggestNearest(const std::string & given, const std::vector<std::string> & known);
} // namespace isolux
