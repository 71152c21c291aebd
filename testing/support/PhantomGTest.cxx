#include "Phantom.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace
{
using namespace isolux::testing;

PhantomOptions
SmallHead()
{
  PhantomOptions options;
  options.size = { { 40, 50, 26 } };
  options.spacing = { { 4.0, 4.0, 6.0 } };
  return options;
}

std::size_t
Count(const PhantomLabels * labels, unsigned char label)
{
  std::size_t count = 0;
  for (std::size_t i = 0; i < labels->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    count += labels->GetBufferPointer()[i] == label;
  }
  return count;
}

/** FNV-1a over the bits of the pixels. */
std::uint64_t
Fingerprint(const PhantomImage * image)
{
  std::uint64_t      hash = 14695981039346656037u;
  const auto * const bytes = reinterpret_cast<const unsigned char *>(image->GetBufferPointer());
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels() * sizeof(float); ++i)
  {
    hash = (hash ^ bytes[i]) * 1099511628211u;
  }
  return hash;
}

double
Maximum(const PhantomImage * image, const PhantomLabels * mask, double sign)
{
  double maximum = -1e30;
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (mask->GetBufferPointer()[i])
    {
      maximum = std::max(maximum, sign * image->GetBufferPointer()[i]);
    }
  }
  return maximum;
}

double
LogMean(const PhantomImage * image, const PhantomLabels * mask)
{
  double      sum = 0.0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    if (mask->GetBufferPointer()[i])
    {
      sum += std::log(image->GetBufferPointer()[i]);
      ++count;
    }
  }
  return sum / count;
}

TEST(Phantom, HasTheSameBitsOnEveryMachine)
{
  PhantomOptions options = SmallHead();
  options.field = FieldKind::Gaussians;
  EXPECT_EQ(Fingerprint(MakePhantom(options).image), 10210100122159967633u);
}

TEST(Phantom, FieldSpansTheStatedRangeAroundGeometricMeanOneInTheBrain)
{
  for (const auto kind : { FieldKind::Polynomial, FieldKind::Gaussians, FieldKind::SurfaceCoil, FieldKind::Sinusoidal })
  {
    PhantomOptions options = SmallHead();
    options.field = kind;
    options.range = 0.5;
    const Phantom phantom = MakePhantom(options);
    const double  maximum = Maximum(phantom.field, phantom.brain, 1.0);
    const double  minimum = -Maximum(phantom.field, phantom.brain, -1.0);
    EXPECT_NEAR(maximum / minimum, 1.25 / 0.75, 1e-5); // float rounding of the two
    EXPECT_NEAR(LogMean(phantom.field, phantom.brain), 0.0, 1e-6);
  }
}

TEST(Phantom, WithoutNoiseImageIsCleanTimesField)
{
  PhantomOptions options = SmallHead();
  options.noise = 0.0;
  const Phantom phantom = MakePhantom(options);
  for (std::size_t i = 0; i < phantom.image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    ASSERT_FLOAT_EQ(phantom.image->GetBufferPointer()[i],
                    phantom.clean->GetBufferPointer()[i] * phantom.field->GetBufferPointer()[i]);
  }
}

TEST(Phantom, AirIsRayleighNoiseOfTheStatedDeviation)
{
  PhantomOptions options = SmallHead();
  options.noise = 0.05;
  const Phantom phantom = MakePhantom(options);
  double        squares = 0.0;
  std::size_t   count = 0;
  for (std::size_t i = 0; i < 40 * 50 * 2; ++i) // the lowest slices lie below the head
  {
    ASSERT_EQ(phantom.labels->GetBufferPointer()[i], BackgroundLabel);
    squares += phantom.image->GetBufferPointer()[i] * phantom.image->GetBufferPointer()[i];
    ++count;
  }
  // The mean square of a Rayleigh variable is 2 sigma^2, with relative deviation 1 / sqrt(count): here 1.6 %.
  EXPECT_NEAR(squares / count / (2.0 * 0.05 * 0.05), 1.0, 0.06);
}

TEST(Phantom, TissuesTakeTheSharesOfAHead)
{
  PhantomOptions options;
  options.size = { { 70, 86, 68 } };
  options.spacing = { { 2.0, 2.0, 2.0 } };
  const Phantom phantom = MakePhantom(options);
  const double  brain = static_cast<double>(Count(phantom.brain, 1));
  EXPECT_NEAR(brain * 8.0 / 1000.0, 4.0 / 3.0 * 3.14159 * 6.6 * 8.2 * 6.4, 20.0); // millilitres of the ellipsoid
  EXPECT_NEAR(Count(phantom.labels, CerebrospinalFluidLabel) / brain, 0.18, 0.05);
  EXPECT_NEAR(Count(phantom.labels, GreyMatterLabel) / brain, 0.43, 0.05);
  EXPECT_NEAR(Count(phantom.labels, WhiteMatterLabel) / brain, 0.39, 0.05);
}

TEST(Phantom, ScalpLiesOutsideTheBrainMask)
{
  PhantomOptions options = SmallHead();
  options.scalp = true;
  const Phantom phantom = MakePhantom(options);
  EXPECT_GT(Count(phantom.labels, ScalpLabel), 1000u);
  EXPECT_EQ(Count(phantom.brain, 1), Count(MakePhantom(SmallHead()).brain, 1));
}

TEST(Phantom, GivenLabelsKeepTheirGridAndAreSoftened)
{
  const auto                     labels = PhantomLabels::New();
  const PhantomLabels::SizeType  size{ { 7, 5, 3 } };
  const PhantomLabels::PointType origin(std::array<double, 3>{ { 1.0, -2.0, 3.0 } }.data());
  labels->SetRegions(size);
  labels->SetOrigin(origin);
  labels->Allocate(true);
  for (long x = 3; x < 7; ++x)
  {
    for (long y = 0; y < 5; ++y)
    {
      for (long z = 0; z < 3; ++z)
      {
        labels->SetPixel({ { x, y, z } }, WhiteMatterLabel);
      }
    }
  }
  PhantomOptions options;
  options.labels = labels;
  options.noise = 0.0;
  const Phantom phantom = MakePhantom(options);
  EXPECT_EQ(phantom.image->GetOrigin(), origin);
  EXPECT_EQ(Count(phantom.brain, 1), 4u * 5u * 3u);
  EXPECT_FLOAT_EQ(phantom.clean->GetPixel({ { 1, 2, 1 } }), 0.0f);
  EXPECT_FLOAT_EQ(phantom.clean->GetPixel({ { 2, 2, 1 } }), 0.18f);
  EXPECT_FLOAT_EQ(phantom.clean->GetPixel({ { 3, 2, 1 } }), 0.82f);
  EXPECT_FLOAT_EQ(phantom.clean->GetPixel({ { 4, 2, 1 } }), 1.0f);

  labels->SetPixel({ { 0, 0, 0 } }, NumberOfPhantomLabels);
  EXPECT_THROW(MakePhantom(options), std::invalid_argument);
}

TEST(Phantom, ThickSlicesAreTheMeanOfThinOnesAndLieAtTheirCentre)
{
  PhantomOptions options = SmallHead();
  options.field = FieldKind::None;
  options.noise = 0.0;
  const Phantom head = MakePhantom(options);
  options.labels = head.labels;
  const Phantom thin = MakePhantom(options);
  options.slices = 3;
  const Phantom thick = MakePhantom(options);
  const auto    size = thin.clean->GetLargestPossibleRegion().GetSize();
  ASSERT_EQ(thick.clean->GetLargestPossibleRegion().GetSize(2), size[2] / 3);
  EXPECT_DOUBLE_EQ(thick.clean->GetSpacing()[2], 3.0 * thin.clean->GetSpacing()[2]);
  EXPECT_DOUBLE_EQ(thick.clean->GetOrigin()[2], thin.clean->GetOrigin()[2] + thin.clean->GetSpacing()[2]);
  const long x = static_cast<long>(size[0]) / 2;
  const long y = static_cast<long>(size[1]) / 2;
  for (long z = 0; z < static_cast<long>(size[2]) / 3; ++z)
  {
    const float sum = thin.clean->GetPixel({ { x, y, 3 * z } }) + thin.clean->GetPixel({ { x, y, 3 * z + 1 } }) +
                      thin.clean->GetPixel({ { x, y, 3 * z + 2 } });
    EXPECT_NEAR(thick.clean->GetPixel({ { x, y, z } }), sum / 3.0f, 1e-6f); // float rounding
  }
}

TEST(Phantom, TheFieldOfGivenLabelsIsDrawnInTheirBox)
{
  PhantomOptions options = SmallHead();
  options.noise = 0.0;
  const Phantom head = MakePhantom(options);
  options.labels = head.labels;
  const Phantom around = MakePhantom(options);

  const auto shifted = phantom_detail::AllocateLike<PhantomLabels>(head.labels);
  const auto count = static_cast<std::size_t>(head.labels->GetLargestPossibleRegion().GetNumberOfPixels());
  std::copy_n(head.labels->GetBufferPointer(), count - 1, shifted->GetBufferPointer() + 1); // by one voxel along x
  options.labels = shifted;
  const Phantom moved = MakePhantom(options);
  for (std::size_t i = 0; i + 1 < count; ++i)
  {
    if (around.brain->GetBufferPointer()[i])
    {
      ASSERT_EQ(moved.field->GetBufferPointer()[i + 1], around.field->GetBufferPointer()[i]);
    }
  }
}

TEST(LogFieldError, IgnoresAFactorAndMeasuresTheRest)
{
  const Phantom phantom = MakePhantom(SmallHead());
  const auto    estimate = phantom_detail::AllocateLike<PhantomImage>(phantom.field);
  std::size_t   inside = 0;
  for (std::size_t i = 0; i < estimate->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    const double wrong = phantom.brain->GetBufferPointer()[i] && inside++ % 2 == 0 ? std::exp(0.1) : 1.0;
    estimate->GetBufferPointer()[i] = static_cast<float>(7.0 * wrong * phantom.field->GetBufferPointer()[i]);
  }
  EXPECT_NEAR(LogFieldError(phantom.field, estimate, phantom.brain), 0.05, 1e-5); // half of them off by 0.1

  estimate->FillBuffer(0.0f);
  EXPECT_THROW(LogFieldError(phantom.field, estimate, phantom.brain), std::invalid_argument);
}
} // namespace
