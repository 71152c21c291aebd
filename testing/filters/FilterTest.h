#pragma once

#include "itkImage.h"
#include "itkMacro.h"
#include "itkSplitMix64.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace isolux::testing
{
/** The same numbers on every machine, which <random>'s distributions are not. */
class Random
{
public:
  explicit Random(std::uint64_t seed)
    : m_State(seed)
  {
  }

  std::uint64_t
  Bits()
  {
    const std::uint64_t bits = itk::SplitMix64(m_State);
    m_State += itk::SplitMix64Increment;
    return bits;
  }

  double
  Uniform(double low, double high)
  {
    return low + (high - low) * std::ldexp(static_cast<double>(this->Bits() >> 11U), -53);
  }

  /** Near enough to normal: the sum of twelve uniforms. */
  double
  Normal(double mean, double deviation)
  {
    double sum = -6.0;
    for (int i = 0; i < 12; ++i)
    {
      sum += this->Uniform(0.0, 1.0);
    }
    return mean + deviation * sum;
  }

  template <typename T>
  void
  Shuffle(std::vector<T> & values)
  {
    for (std::size_t i = values.size(); i > 1; --i)
    {
      std::swap(values[i - 1], values[this->Bits() % i]);
    }
  }

private:
  std::uint64_t m_State;
};

/** Start index not 0, anisotropic spacing, oblique direction with a mirrored axis. */
template <typename TImage>
void
SetAwkwardGeometry(TImage * image)
{
  constexpr unsigned int         dimension = TImage::ImageDimension;
  const std::array<long, 4>      start{ { 5, -3, 11, 2 } };
  const std::array<double, 4>    spacing{ { 0.7, 1.1, 3.0, 2.5 } };
  const std::array<double, 4>    origin{ { -12.0, 7.5, 103.0, 1.0 } };
  typename TImage::RegionType    region = image->GetLargestPossibleRegion();
  typename TImage::SpacingType   imageSpacing;
  typename TImage::PointType     imageOrigin;
  typename TImage::DirectionType direction;
  direction.SetIdentity();
  direction(0, 0) = 0.8;
  direction(1, 0) = 0.6;
  direction(0, 1) = 0.6; // mirrored: the determinant is -1
  direction(1, 1) = -0.8;
  for (unsigned int axis = 0; axis < dimension; ++axis)
  {
    region.SetIndex(axis, start[axis]);
    imageSpacing[axis] = spacing[axis];
    imageOrigin[axis] = origin[axis];
  }
  image->SetRegions(region);
  image->SetSpacing(imageSpacing);
  image->SetOrigin(imageOrigin);
  image->SetDirection(direction);
}

/** Image of awkward geometry whose pixels are f(0), f(1), ... in storage order. */
template <typename TImage, typename TFunction>
typename TImage::Pointer
MakeImage(const typename TImage::SizeType & size, TFunction && f)
{
  const auto image = TImage::New();
  image->SetRegions(size);
  SetAwkwardGeometry(image.GetPointer());
  image->Allocate();
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    image->GetBufferPointer()[i] = static_cast<typename TImage::PixelType>(f(i));
  }
  return image;
}

/** The first axes of {12, 7, 5, 3}: no two alike, none a power of two. */
template <typename TImage>
typename TImage::SizeType
SmallSize()
{
  const std::array<unsigned int, 4> extents{ { 12, 7, 5, 3 } };
  typename TImage::SizeType         size;
  for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
  {
    size[axis] = extents[axis];
  }
  return size;
}

template <typename TImage>
std::vector<typename TImage::PixelType>
PixelsOf(const TImage * image)
{
  const auto * pixels = image->GetBufferPointer();
  return { pixels, pixels + image->GetBufferedRegion().GetNumberOfPixels() };
}

/** Equality of bits, so that NaN equals itself and 0 is not -0. */
template <typename T>
bool
SameBits(const std::vector<T> & a, const std::vector<T> & b)
{
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

inline bool
SameBits(double a, double b)
{
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

template <typename TImageA, typename TImageB>
bool
SameGrid(const TImageA * a, const TImageB * b)
{
  return a->GetLargestPossibleRegion() == b->GetLargestPossibleRegion() && a->GetSpacing() == b->GetSpacing() &&
         a->GetOrigin() == b->GetOrigin() && a->GetDirection() == b->GetDirection();
}

/** What an itk::ExceptionObject thrown by f() says; empty where nothing is thrown. */
template <typename TFunction>
std::string
MessageOf(TFunction && f)
{
  try
  {
    f();
  }
  catch (const itk::ExceptionObject & error)
  {
    return error.GetDescription();
  }
  return {};
}
} // namespace isolux::testing
