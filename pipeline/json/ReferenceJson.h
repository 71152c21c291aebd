#pragma once

#include "Reference.h"

#include <filesystem>
#include <string>

namespace isolux
{
/** The text of a reference file: statistics to be read and applied, and under "sums" the exact ones that they follow
 * from, so that files can be merged to the bits of one fit. Sums are lists of doubles that add up to them exactly. */
std::string
WriteReference(const Reference & reference);

/** Reads every format that was ever written. Keys that it does not know are left aside, for files of later versions
 * that hold more; a format that it does not know is refused. \throws Error naming the file: missing, not a reference,
 * damaged, or changed by hand. */
Reference
ReadReference(const std::filesystem::path & path);

/** What an option FILE[#SITE] of a stage names: the reference's `channels` are those of the site then.
 * \throws Error as ReadReference(), and where the file is a shard's, or has no such site. */
Reference
ReadReferenceOf(const std::string & text);
} // namespace isolux
