#ifndef itkCentreAndScale_h
#define itkCentreAndScale_h

#include <limits>
#include <ostream>

namespace itk
{
/** Deviation of a normal distribution over its median absolute deviation, and its interquartile range over its
 * deviation, rounded as the field writes them. */
constexpr double DeviationOverMedianAbsoluteDeviation = 1.4826;
constexpr double InterquartileRangeOverDeviation = 1.349;

/** What a normalization subtracts and divides by, and the window that it may clip to, in intensity. Centre NaN of no
 * voxels; scale 0 of one intensity. */
struct CentreAndScale
{
  double centre{ 0.0 };
  double scale{ 1.0 };
  double lower{ -std::numeric_limits<double>::infinity() };
  double upper{ std::numeric_limits<double>::infinity() };

  bool
  operator==(const CentreAndScale & other) const
  {
    return centre == other.centre && scale == other.scale && lower == other.lower && upper == other.upper;
  }

  friend std::ostream &
  operator<<(std::ostream & os, const CentreAndScale & learned)
  {
    return os << "centre " << learned.centre << ", scale " << learned.scale << ", window [" << learned.lower << ", "
              << learned.upper << ']';
  }
};
} // namespace itk

#endif
