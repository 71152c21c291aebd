#pragma once

#include "CaseReport.h"
#include "Pipeline.h"

#include <string>
#include <vector>

namespace isolux
{
using Arguments = std::vector<std::string>;

// One function for each file in this folder; each returns the exit code. 0 done, 1 failed, 2 usage, 3 a batch partly
// failed.
int
Harmonize(const Arguments & arguments);
int
Fit(const Arguments & arguments);
int
Merge(const Arguments & arguments);
int
Gather(const Arguments & arguments);
int
RunPipeline(const Arguments & arguments);
int
RunStage(const std::string & stage, const Arguments & arguments);
/** The same without --help, for a program that shows how it goes. */
CaseReport
RunStage(const std::string & stage, const Arguments & arguments, const Execution::Progress & progress);
int
PointNorm(const Arguments & arguments);
int
Restore(const Arguments & arguments);
int
Audit(const Arguments & arguments);
int
View(const Arguments & arguments); ///< does not return: becomes the viewer
int
ListStages(const Arguments & arguments);
int
Explain(const Arguments & arguments);
int
PrintSchema(const Arguments & arguments);

/** Whether a stage's verb writes its field on --field, which may also be an option of the stage itself. */
bool
HasFieldOutput(const StageDescription & stage);
} // namespace isolux
