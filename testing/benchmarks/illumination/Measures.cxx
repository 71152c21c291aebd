#include "Measures.h"

namespace isolux::testing
{
namespace
{
template <typename TFunction>
PhantomImage::Pointer
Combine(const PhantomImage * a, const PhantomImage * b, TFunction function)
{
  const auto result = phantom_detail::AllocateLike<PhantomImage>(a);
  for (std::size_t i = 0; i < a->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    result->GetBufferPointer()[i] = function(a->GetBufferPointer()[i], b->GetBufferPointer()[i]);
  }
  return result;
}
} // namespace

PhantomImage::Pointer
Divide(const PhantomImage * numerator, const PhantomImage * denominator)
{
  return Combine(numerator, denominator, [](float a, float b) { return a / b; });
}

PhantomImage::Pointer
Multiply(const PhantomImage * a, const PhantomImage * b)
{
  return Combine(a, b, [](float x, float y) { return x * y; });
}

double
LogDeviation(const PhantomImage * field, const PhantomLabels * mask)
{
  const auto ones = phantom_detail::AllocateLike<PhantomImage>(field);
  ones->FillBuffer(1.0f);
  return LogFieldError(ones, field, mask);
}

double
LogCorrelation(const PhantomImage * a, const PhantomImage * b, const PhantomLabels * mask)
{
  double count = 0.0;
  double sumA = 0.0;
  double sumB = 0.0;
  double sumAA = 0.0;
  double sumBB = 0.0;
  double sumAB = 0.0;
  for (std::size_t i = 0; i < mask->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const double valueA = a->GetBufferPointer()[i];
    const double valueB = b->GetBufferPointer()[i];
    if (mask->GetBufferPointer()[i] && valueA > 0.0 && valueB > 0.0)
    {
      const double logA = std::log(valueA);
      const double logB = std::log(valueB);
      count += 1.0;
      sumA += logA;
      sumB += logB;
      sumAA += logA * logA;
      sumBB += logB * logB;
      sumAB += logA * logB;
    }
  }
  return (sumAB - sumA * sumB / count) / std::sqrt((sumAA - sumA * sumA / count) * (sumBB - sumB * sumB / count));
}

TissueVariation
MeasureTissue(const PhantomImage * image, const PhantomLabels * tissue)
{
  struct Moments
  {
    double count = 0.0;
    double mean = 0.0;
    double squares = 0.0;

    double
    Deviation() const
    {
      return std::sqrt(squares / count);
    }
  };
  std::array<Moments, NumberOfPhantomLabels> moments;
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    Moments &    of = moments[tissue->GetBufferPointer()[i]];
    const double value = image->GetBufferPointer()[i];
    const double difference = value - of.mean;
    of.count += 1.0;
    of.mean += difference / of.count;
    of.squares += difference * (value - of.mean);
  }
  const Moments & grey = moments[GreyMatterLabel];
  const Moments & white = moments[WhiteMatterLabel];
  return { grey.Deviation() / grey.mean,
           white.Deviation() / white.mean,
           (grey.Deviation() + white.Deviation()) / std::abs(white.mean - grey.mean) };
}
} // namespace isolux::testing
