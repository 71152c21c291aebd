#include "itkCosineTransform.h"

#include "FilterTest.h"

#include <gtest/gtest.h>

namespace
{
using namespace isolux::testing;
using itk::CosineTransform;

constexpr std::size_t Lanes = CosineTransform::Lanes;

struct Batch
{
  explicit Batch(const CosineTransform & of)
    : transform(of)
    , values(of.BufferSize(), 17.0F) // what is beyond the samples must not count
    , scratch(of.BufferSize(), 19.0F)
  {
  }

  const CosineTransform & transform;
  std::vector<float>      values;
  std::vector<float>      scratch;

  /** Coefficient k of line l at k Lanes + l. */
  std::vector<float>
  Coefficients(const std::vector<float> & samples)
  {
    for (std::size_t j = 0; j < transform.Length(); ++j)
    {
      std::copy_n(&samples[j * Lanes], Lanes, &values[transform.Place(j) * Lanes]);
    }
    const float * result = transform.Forward(values.data(), scratch.data());
    return { result, result + transform.Length() * Lanes };
  }

  std::vector<float>
  Samples(const std::vector<float> & coefficients)
  {
    std::copy(coefficients.begin(), coefficients.end(), values.begin());
    const float *      result = transform.Inverse(values.data(), scratch.data());
    std::vector<float> samples(transform.Length() * Lanes);
    for (std::size_t j = 0; j < transform.Length(); ++j)
    {
      std::copy_n(result + transform.Place(j) * Lanes, Lanes, &samples[j * Lanes]);
    }
    return samples;
  }
};

std::vector<float>
RandomSamples(std::size_t length)
{
  Random             random(length);
  std::vector<float> samples;
  for (std::size_t i = 0; i < length * Lanes; ++i)
  {
    samples.push_back(static_cast<float>(random.Uniform(-1.0, 1.0)));
  }
  return samples;
}

// Every radix, twice in a row as well, powers, primes, products with a prime that is no radix.
const std::vector<std::size_t> Lengths = { 1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,
                                           13,  15,  16,  21,  25,  28,  30,  47,  49,  61,  64,  105,
                                           120, 181, 190, 210, 217, 252, 256, 343, 360, 500, 512, 1003 };
} // namespace

TEST(CosineTransform, IsTheSumOfItsDefinition)
{
  for (const auto length : Lengths)
  {
    SCOPED_TRACE(length);
    const CosineTransform transform(length);
    const auto            samples = RandomSamples(length);
    const auto            coefficients = Batch(transform).Coefficients(samples);
    for (std::size_t k = 0; k < length; ++k)
    {
      for (const std::size_t line : { 0U, 5U, 15U, 16U, 31U })
      {
        double expected = 0.0;
        for (std::size_t j = 0; j < length; ++j)
        {
          expected +=
            samples[j * Lanes + line] * std::cos(std::acos(-1.0) * static_cast<double>((2 * j + 1) * k % (4 * length)) /
                                                 (2.0 * static_cast<double>(length)));
        }
        // Float rounding, 6e-8, of the square root of n terms of one, and as much again for each of a few passes.
        ASSERT_NEAR(coefficients[k * Lanes + line], expected, 5e-7 * std::sqrt(static_cast<double>(length)))
          << k << ' ' << line;
      }
    }
  }
}

TEST(CosineTransform, TheInverseGivesTheSamplesBack)
{
  for (const auto length : Lengths)
  {
    SCOPED_TRACE(length);
    const CosineTransform transform(length);
    const auto            samples = RandomSamples(length);
    Batch                 batch(transform);
    const auto            again = batch.Samples(batch.Coefficients(samples));
    for (std::size_t i = 0; i < samples.size(); ++i)
    {
      ASSERT_NEAR(again[i], samples[i], 1e-6); // float rounding of numbers up to 1 in some passes
    }
  }
}
