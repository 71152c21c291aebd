#pragma once

#include "Fit.h"
#include "Progress.h"
#include "Reference.h"

#include <filesystem>
#include <string>

// What fit and merge say of the reference that they write.
namespace isolux
{
constexpr unsigned int DefaultMinimumCases = 5;

/** Takes out the sites of fewer cases and names them as warnings; returns their number. */
std::size_t
ReportSmallSites(Reference & reference, unsigned int minimum, Progress & told);

/** Tells of each volume of a fit, and counts in `leftOut` those that add nothing. */
FitProgress
TellingFit(Progress & told, std::size_t & leftOut);

/** A line for each site. */
std::string
Summary(const std::filesystem::path & file, const Reference & reference);
} // namespace isolux
