#pragma once

#include "FilterTest.h"
#include "Phantom.h"

#include "itkSmoothField.h"

#include <algorithm>
#include <cmath>
#include <vector>

/** What tests of learners of a field share. */
namespace isolux::testing
{
/** A copy whose pixels are f(i, old). */
template <typename TFunction>
itk::Image<float, 3>::Pointer
Changed(const itk::Image<float, 3> * image, TFunction && f)
{
  const auto copy = phantom_detail::AllocateLike<itk::Image<float, 3>>(image);
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    copy->GetBufferPointer()[i] = f(i, image->GetBufferPointer()[i]);
  }
  return copy;
}

/** The log field at every voxel of the image's grid, in storage order. */
template <typename TImage>
std::vector<double>
LogField(const TImage * image, const itk::SmoothField & field)
{
  const itk::SmoothFieldRowEvaluator evaluator(field);
  const auto                         length = image->GetLargestPossibleRegion().GetSize(0);
  std::vector<double>                logField(image->GetLargestPossibleRegion().GetNumberOfPixels());
  for (std::size_t i = 0; i < logField.size(); i += length)
  {
    const auto index = image->ComputeIndex(static_cast<itk::OffsetValueType>(i));
    evaluator(index, index[0], length, &logField[i]);
  }
  return logField;
}

inline double
LargestDifference(const std::vector<double> & a, const std::vector<double> & b)
{
  double largest = a.size() == b.size() ? 0.0 : 1e30;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
  {
    largest = std::max(largest, std::abs(a[i] - b[i]));
  }
  return largest;
}

inline bool
SameField(const itk::SmoothField & a, const itk::SmoothField & b)
{
  return SameBits(a.coefficients, b.coefficients) && a == b;
}
} // namespace isolux::testing
