#ifndef itkNormalizeInstance_h
#define itkNormalizeInstance_h

#include "itkHugePages.h"
#include "itkInstanceMoments.h"
#include "itkLinearMapKernel.h"
#include "itkMomentAccumulator.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace itk
{
struct NormalizeInstanceOptions
{
  double epsilon{ 1e-5 }; ///< added to the variance, in squared intensity; >= 0
  double gamma{ 1.0 };    ///< deviation of the output
  double beta{ 0.0 };     ///< mean of the output
};

/** y = gamma (x - mean) / sqrt(variance + epsilon) + beta of `count` contiguous intensities, by one OpenMP region of
 * `threads` threads; what InstanceNormalizationImageFilter does, without a pipeline.
 *
 * Mean and biased variance are those of the voxels whose mask is not 0, where one is given; every voxel is mapped. The
 * output may be the input. Non-finite voxels are skipped and pass through; variance 0 and an empty mask give beta.
 * Returns the moments, NaN of no voxels. The same bits for any number of threads, and on any processor. An output that
 * was never written is filled fastest in memory of AllocateHugePages().
 * \ingroup Normalization
 */
template <typename TInput, typename TOutput, typename TMask = unsigned char>
MeanAndVariance
NormalizeInstance(const TInput *                   in,
                  TOutput *                        out,
                  std::size_t                      count,
                  const TMask *                    mask,
                  const NormalizeInstanceOptions & options,
                  int                              threads)
{
  threads = std::max(1, threads);
  // Long runs for the accumulator; many, for threads that do not get equal shares of their processors.
  constexpr std::ptrdiff_t chunk = 65536;
  const auto               length = static_cast<std::ptrdiff_t>(count);
  const std::ptrdiff_t     chunks = (length + chunk - 1) / chunk;
  // The output in pieces of up to 2 MiB of float, so that seldom two threads first touch one huge page.
  const std::ptrdiff_t pieceLength = chunk * std::clamp<std::ptrdiff_t>(chunks / (8 * threads), 1, 8);
  const std::ptrdiff_t pieces = (length + pieceLength - 1) / pieceLength;
  const Store          store = StoreFor(in, out, count);
  AdviseHugePages(out, count * sizeof(TOutput));

  MomentAccumulator total;
  MeanAndVariance   moments;
  LinearMap         map;
#pragma omp parallel num_threads(threads)
  {
    MomentAccumulator partial;
#pragma omp for schedule(dynamic) nowait
    for (std::ptrdiff_t index = 0; index < chunks; ++index)
    {
      const std::ptrdiff_t begin = index * chunk;
      partial.Add(in + begin,
                  mask == nullptr ? nullptr : mask + begin,
                  static_cast<std::size_t>(std::min(chunk, length - begin)));
    }
#pragma omp critical(itkNormalizeInstance)
    total.Merge(partial);
#pragma omp barrier
#pragma omp single
    {
      moments = { total.Mean(), total.Variance(), total.Count() };
      map.from = moments.count > 0 ? moments.mean : 0.0;
      map.scale = moments.variance > 0.0 ? options.gamma / std::sqrt(moments.variance + options.epsilon) : 0.0;
      map.to = options.beta;
    }
#pragma omp for schedule(dynamic)
    for (std::ptrdiff_t piece = 0; piece < pieces; ++piece)
    {
      // Backwards: the end was read last, and is in cache.
      const std::ptrdiff_t begin = (pieces - 1 - piece) * pieceLength;
      ApplyLinearMap(
        map, in + begin, out + begin, static_cast<std::size_t>(std::min(pieceLength, length - begin)), store);
    }
  }
  return moments;
}
} // namespace itk

#endif
