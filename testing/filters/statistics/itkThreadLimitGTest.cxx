#include "itkThreadLimit.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace
{
int
ThreadsOfARegion()
{
  int threads = 0;
#pragma omp parallel
#pragma omp single
  threads = omp_get_num_threads();
  return threads;
}
} // namespace

TEST(ThreadLimit, LowersTheNumberOfThreadsAndNeverRaisesIt)
{
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  for (const unsigned int limit : { 0U, 1U, 2U, 3U, 64U })
  {
    const itk::ThreadLimit threads(limit);
    EXPECT_EQ(ThreadsOfARegion(), limit == 0 ? 1 : limit < 3 ? static_cast<int>(limit) : 3);
  }
  EXPECT_EQ(omp_get_max_threads(), 3);
  omp_set_num_threads(before);
}

TEST(ThreadLimit, HoldsForNoOtherThread)
{
  const int              before = omp_get_max_threads();
  const itk::ThreadLimit threads(1);
  int                    others = 0;
  std::thread([&] { others = omp_get_max_threads(); }).join();
  EXPECT_EQ(others, before);
}

TEST(ThreadLimit, EndsWithAnException)
{
  const int before = omp_get_max_threads();
  try
  {
    const itk::ThreadLimit threads(1);
    throw std::runtime_error("");
  }
  catch (const std::runtime_error &)
  {
  }
  EXPECT_EQ(omp_get_max_threads(), before);
}
