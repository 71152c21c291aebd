#ifndef itkInstanceMoments_h
#define itkInstanceMoments_h

#include "itkInstancePartition.h"

#include <cstdint>
#include <ostream>
#include <vector>

namespace itk
{
/** Mean, in intensity, and biased variance, in squared intensity. NaN of no voxels. */
struct MeanAndVariance
{
  double        mean{ 0.0 };
  double        variance{ 0.0 };
  std::uint64_t count{ 0 }; ///< voxels that they rest on; 0 where they were set by hand

  bool
  operator==(const MeanAndVariance & other) const
  {
    return mean == other.mean && variance == other.variance && count == other.count;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const MeanAndVariance & moments)
  {
    return os << "mean " << moments.mean << ", variance " << moments.variance << " of " << moments.count;
  }
};

/** Moments of each instance of an image. */
template <unsigned int VDimension>
struct InstanceMoments
{
  InstancePartition<VDimension> partition;
  std::vector<MeanAndVariance>  moments;      ///< one for each instance
  std::uint64_t                 skipped{ 0 }; ///< voxels inside the mask that are NaN or infinite

  InstanceMoments() = default;

  /** One instance, of any region. */
  InstanceMoments(const MeanAndVariance & whole)
    : moments{ whole }
  {
  }

  bool
  operator==(const InstanceMoments & other) const
  {
    return partition == other.partition && moments == other.moments && skipped == other.skipped;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const InstanceMoments & moments)
  {
    return os << moments.partition << ", " << moments.skipped << " voxels skipped";
  }
};
} // namespace itk

#endif
