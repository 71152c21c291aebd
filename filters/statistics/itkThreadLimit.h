#ifndef itkThreadLimit_h
#define itkThreadLimit_h

#include "itkMacro.h"

#include <algorithm>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace itk
{
/** \class ThreadLimit
 * \brief While it lives, OpenMP's parallel regions have at most `threads` threads, as a filter's NumberOfWorkUnits
 * says.
 *
 * It holds for regions that the calling thread opens, and for no other thread's; afterwards all is as before.
 *
 * \ingroup Statistics
 */
class ThreadLimit
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(ThreadLimit);

#ifdef _OPENMP
  explicit ThreadLimit(unsigned int threads)
    : m_Before(omp_get_max_threads())
  {
    omp_set_num_threads(static_cast<int>(std::clamp<unsigned int>(threads, 1, static_cast<unsigned int>(m_Before))));
  }
  ~ThreadLimit()
  {
    omp_set_num_threads(m_Before);
  }

private:
  int m_Before;
#else
  explicit ThreadLimit(unsigned int)
  {
  }
#endif
};
} // namespace itk

#endif
