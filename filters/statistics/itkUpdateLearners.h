#ifndef itkUpdateLearners_h
#define itkUpdateLearners_h

#include "itkProcessObject.h"
#include "itkStreamingProcessObject.h"

#include <set>

namespace itk
{
/** Brings every learner upstream of `consumer` up to date, the first of them first. A learner reads its input in
 * pieces, and moves what is requested of it: that must be over before the consumer requests a region of the same image,
 * for itself or for a mask that was learned of it. Call it where regions are requested. */
inline void
UpdateLearners(ProcessObject & consumer)
{
  struct Walk
  {
    std::set<const ProcessObject *> seen;

    void
    Visit(ProcessObject & process)
    {
      if (!seen.insert(&process).second)
      {
        return;
      }
      for (const auto & input : process.GetInputs())
      {
        const auto source = input ? input->GetSource() : SmartPointer<ProcessObject>{};
        if (source)
        {
          this->Visit(*source);
          if (dynamic_cast<StreamingProcessObject *>(source.GetPointer()) != nullptr)
          {
            input->UpdateOutputData();
          }
        }
      }
    }
  };
  Walk{}.Visit(consumer);
}
} // namespace itk

#endif
