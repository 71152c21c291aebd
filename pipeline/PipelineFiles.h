#pragma once

#include "Pipeline.h"

#include <filesystem>
#include <functional>
#include <string>

// The files that a pipeline's options name, see Parameter::isFile.
namespace isolux
{
/** Calls f(text) for each; a text that it leaves empty is taken out. Unknown stages and options are passed over. */
void
ForEachFile(PipelineSpec & pipeline, const std::function<void(std::string &)> & f);

/** Without folders: what is recorded beside an image says nothing of the machine. */
PipelineSpec
WithFileNames(PipelineSpec pipeline);

/** Without files: what undoes a stage knows them by what it has learned. */
PipelineSpec
WithoutFiles(PipelineSpec pipeline);

/** The file that an option's text names, FILE[#SITE][=WEIGHT]: a file that bears a longer part of the text as its name
 * goes before a shorter one. What follows '=' is a weight where it is a number. */
std::filesystem::path
FileOf(const std::string & text);

/** The site of a reference that an option's text names, see FileOf(); "" where it names none. */
std::string
SiteOf(const std::string & text);
} // namespace isolux
