#ifndef itkPerThread_h
#define itkPerThread_h

#include <cstddef>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

namespace itk
{
/** \class PerThread
 * \brief Scratch for each of OpenMP's threads, made before the parallel region: where memory runs out there, it is an
 * exception; inside a region it ends the program.
 *
 * \ingroup Statistics
 */
template <typename T>
class PerThread
{
public:
  /** Copies of `scratch`. */
  explicit PerThread(const T & scratch)
#ifdef _OPENMP
    : m_Scratch(static_cast<std::size_t>(omp_get_max_threads()), scratch)
#else
    : m_Scratch(1, scratch)
#endif
  {
  }

  /** Of the thread that asks: in the region that was to follow, not in one inside it. */
  T &
  Mine()
  {
#ifdef _OPENMP
    return m_Scratch[static_cast<std::size_t>(omp_get_thread_num())];
#else
    return m_Scratch.front();
#endif
  }

  /** Of all threads, in order. */
  std::vector<T> &
  All()
  {
    return m_Scratch;
  }

private:
  std::vector<T> m_Scratch;
};
} // namespace itk

#endif
