#pragma once

#include <string>

namespace isolux
{
/** A function of a library that is not linked but loaded where a file of that kind is read, and stays loaded: to link
 * it would take as long as all the rest of the program. \throws Error, headed by `name`, where it is not found. */
void *
LoadFunction(const std::string & library, const char * function, const std::string & name, const std::string & kind);
} // namespace isolux
