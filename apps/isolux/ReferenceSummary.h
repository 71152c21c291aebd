#pragma once

#include "Reference.h"

#include <filesystem>

// What fit and merge say of the reference that they write.
namespace isolux
{
constexpr unsigned int DefaultMinimumCases = 5;

/** Takes out the sites of fewer cases and names them on stderr; returns their number. */
std::size_t
ReportSmallSites(Reference & reference, unsigned int minimum);

/** A line for each site. */
void
PrintReference(const std::filesystem::path & file, const Reference & reference);
} // namespace isolux
