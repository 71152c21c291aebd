#pragma once

#include "Batch.h"
#include "Progress.h"

#include <filesystem>
#include <string>
#include <vector>

// What harmonize and gather leave and say.
namespace isolux
{
/** Writes the page of a case, and a thumbnail beside it, for the report of `folder`. */
void
WriteCasePage(const CaseTask &              task,
              const CaseResult &            result,
              const std::filesystem::path & folder,
              const std::filesystem::path & page);

/** Writes report.html of a folder that a batch has run in. */
void
WriteCohortReport(const std::vector<BatchRow> & rows, const std::filesystem::path & folder);

/** Says how many volumes are there, and gives the exit code. */
int
Conclude(Progress &                    told,
         const std::vector<BatchRow> & rows,
         const std::filesystem::path & folder,
         const std::string &           whatNext);
} // namespace isolux
