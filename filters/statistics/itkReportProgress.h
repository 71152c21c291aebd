#ifndef itkReportProgress_h
#define itkReportProgress_h

#include "itkProcessObject.h"

#include <string>

namespace itk
{
/** Tells a filter's observers of its progress, in [0, 1]. By the thread that runs the filter, outside of any parallel
 * region: observers may take their time, and the exception would end the program. \throws ProcessAborted where one of
 * them, or anybody, has set AbortGenerateData. */
inline void
ReportProgress(ProcessObject * filter, double progress)
{
  filter->UpdateProgress(static_cast<float>(progress));
  if (filter->GetAbortGenerateData())
  {
    ProcessAborted aborted(__FILE__, __LINE__);
    aborted.SetDescription(std::string(filter->GetNameOfClass()) + ": AbortGenerateData was set.");
    throw aborted;
  }
}
} // namespace itk

#endif
