#ifndef itkLogReflectanceImageFilter_hxx
#define itkLogReflectanceImageFilter_hxx

#include "itkImageRows.h"
#include "itkInstructionSet.h"
#include "itkPortableLog.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace itk
{
namespace LogReflectanceDetail
{
// Comparisons are of bits, whose order is that of positive numbers: loops that compare doubles are not vectorised.
constexpr std::int64_t Infinity = std::int64_t{ 0x7ff } << 52U;

[[gnu::always_inline]] inline std::int64_t
BitsOf(double x)
{
  std::int64_t bits = 0;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

[[gnu::always_inline]] inline double
FromBits(std::int64_t bits)
{
  double x = 0.0;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/** x; 0 where it is not positive or not finite. */
[[gnu::always_inline]] inline double
PositiveOrZero(double x)
{
  const auto bits = BitsOf(x);
  return FromBits((bits > 0) & (bits < Infinity) ? bits : 0);
}

/** sum[i] += x where it is positive and finite. For RunWith(). */
struct AddPositive
{
  template <int, typename TPixel>
  [[gnu::always_inline]] static inline void
  Run(const TPixel * in, double * sum, std::size_t length)
  {
    for (std::size_t i = 0; i < length; ++i)
    {
      sum[i] += PositiveOrZero(static_cast<double>(in[i]));
    }
  }
};

/** Replaces the sum of channels by beta log(max(1, alpha own / sum)), own / sum by equalShare where the sum is 0. For
 * RunWith(). */
struct Restoration
{
  template <int, typename TPixel>
  [[gnu::always_inline]] static inline void
  Run(const TPixel * own, double alpha, double beta, double equalShare, double * sum, std::size_t length)
  {
    for (std::size_t i = 0; i < length; ++i)
    {
      const auto   isEmpty = BitsOf(sum[i]) == 0;
      const double total = FromBits(isEmpty ? BitsOf(1.0) : BitsOf(sum[i]));
      const double positive = PositiveOrZero(static_cast<double>(own[i]));
      const double share = alpha * FromBits(isEmpty ? BitsOf(equalShare) : BitsOf(positive / total));
      sum[i] = beta * PortableLog(FromBits(std::max(BitsOf(share), BitsOf(1.0))));
    }
  }
};

/** out[i] = gain factor[i] log(max(in[i], floor)) + offset; what is not finite passes. For RunWith(). */
struct LogOfFloored
{
  template <int, typename TIn, typename TOut>
  [[gnu::always_inline]] static inline void
  Run(const TIn * in, const double * factor, double floor, double gain, double offset, TOut * out, std::size_t length)
  {
#pragma GCC ivdep // in place, each element is read before it is written
    for (std::size_t i = 0; i < length; ++i)
    {
      const auto   bits = BitsOf(static_cast<double>(in[i]));
      const double floored = FromBits(std::max(bits, BitsOf(floor)));
      const double y = gain * factor[i] * PortableLog(floored) + offset;
      const auto   isFinite = -static_cast<std::int64_t>((bits & Infinity) != Infinity); // all bits of it, or none
      out[i] = static_cast<TOut>(FromBits((BitsOf(y) & isFinite) | (bits & ~isFinite)));
    }
  }
};
} // namespace LogReflectanceDetail

template <typename TInputImage, typename TOutputImage>
void
LogReflectanceImageFilter<TInputImage, TOutputImage>::AddChannel(const TInputImage * image, bool isOwn)
{
  if (image == nullptr)
  {
    itkExceptionMacro("Channel " << m_Channels + 1 << " must be an image, got none.");
  }
  this->SetNthInput(++m_Channels, const_cast<TInputImage *>(image));
  m_Own = isOwn ? m_Channels : m_Own;
}

template <typename TInputImage, typename TOutputImage>
void
LogReflectanceImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  const auto verify = [this](const char * name, double value, double lowest, const char * bound)
  {
    if (!(value >= lowest && std::isfinite(value)))
    {
      itkExceptionMacro(<< name << " must be " << bound << "finite, got " << value << '.');
    }
  };
  constexpr auto smallest = std::numeric_limits<double>::min();
  verify("Floor", m_Floor, smallest, "above 0 and ");
  verify("Gain", m_Gain, std::numeric_limits<double>::lowest(), "");
  verify("Offset", m_Offset, std::numeric_limits<double>::lowest(), "");
  verify("Alpha", m_Alpha, smallest, "above 0 and ");
  verify("Beta", m_Beta, 0.0, "at least 0 and ");
  if (m_Channels > 0 && m_Own == 0)
  {
    itkExceptionMacro("None of the " << m_Channels
                                     << " channels is the one that the input was made of; add that as its own.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
LogReflectanceImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  for (unsigned int channel = 1; channel <= m_Channels; ++channel)
  {
    if (this->GetInput(channel)->GetLargestPossibleRegion() != this->GetInput()->GetLargestPossibleRegion())
    {
      itkExceptionMacro("Channel " << channel << " covers " << this->GetInput(channel)->GetLargestPossibleRegion()
                                   << ", which is not the input's " << this->GetInput()->GetLargestPossibleRegion());
    }
  }
}

template <typename TInputImage, typename TOutputImage>
void
LogReflectanceImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  for (unsigned int input = 0; input <= m_Channels; ++input)
  {
    RequestRegion(this->GetInput(input), this->GetOutput()->GetRequestedRegion());
  }
}

template <typename TInputImage, typename TOutputImage>
void
LogReflectanceImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(const OutputImageRegionType & region)
{
  const auto            set = BestInstructionSet();
  const auto            length = static_cast<std::size_t>(region.GetSize(0));
  std::vector<double>   factor(length, 1.0);
  TotalProgressReporter progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               const auto row = [&](unsigned int channel)
               {
                 const TInputImage * image = this->GetInput(channel);
                 return image->GetBufferPointer() + image->ComputeOffset(index);
               };
               if (m_Channels > 0)
               {
                 std::fill(factor.begin(), factor.end(), 0.0);
                 for (unsigned int channel = 1; channel <= m_Channels; ++channel)
                 {
                   RunWith<LogReflectanceDetail::AddPositive>(set, row(channel), factor.data(), length);
                 }
                 RunWith<LogReflectanceDetail::Restoration>(
                   set, row(m_Own), m_Alpha, m_Beta, 1.0 / m_Channels, factor.data(), length);
               }
               RunWith<LogReflectanceDetail::LogOfFloored>(
                 set, row(0), static_cast<const double *>(factor.data()), m_Floor, m_Gain, m_Offset, out, length);
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
LogReflectanceImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Floor: " << m_Floor << '\n' << indent << "Gain: " << m_Gain << '\n';
  os << indent << "Offset: " << m_Offset << '\n' << indent << "Alpha: " << m_Alpha << '\n';
  os << indent << "Beta: " << m_Beta << '\n' << indent << "Channels: " << m_Channels << '\n';
}
} // namespace itk
#endif
