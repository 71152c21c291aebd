#ifndef itkStackIlluminationImageFilter_hxx
#define itkStackIlluminationImageFilter_hxx

#include "itkImageRows.h"
#include "itkUpdateLearners.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>

namespace itk
{
namespace StackIlluminationDetail
{
struct CorrectKernel
{
  template <int, typename TInput, typename TOutput>
  [[gnu::always_inline]] static inline void
  Run(const TInput * in, const float * flat, const float * dark, double gain, std::size_t length, TOutput * out)
  {
    for (std::size_t i = 0; i < length; ++i)
    {
      out[i] = static_cast<TOutput>((static_cast<double>(in[i]) - static_cast<double>(dark[i])) /
                                    (static_cast<double>(flat[i]) * gain));
    }
  }
};

struct UndoKernel
{
  template <int, typename TInput, typename TOutput>
  [[gnu::always_inline]] static inline void
  Run(const TInput * in, const float * flat, const float * dark, double gain, std::size_t length, TOutput * out)
  {
    for (std::size_t i = 0; i < length; ++i)
    {
      out[i] = static_cast<TOutput>(static_cast<double>(in[i]) * (static_cast<double>(flat[i]) * gain) +
                                    static_cast<double>(dark[i]));
    }
  }
};
} // namespace StackIlluminationDetail

template <typename TInputImage, typename TOutputImage>
void
StackIlluminationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  Superclass::GenerateInputRequestedRegion();
}

template <typename TInputImage, typename TOutputImage>
void
StackIlluminationImageFilter<TInputImage, TOutputImage>::AllocateOutputs()
{
  using PixelContainer = typename TOutputImage::PixelContainer;
  TOutputImage *      output = this->GetOutput();
  const SizeValueType count = output->GetRequestedRegion().GetNumberOfPixels();
  if (!this->GetInPlace() && count * sizeof(OutputPixelType) >= LargeAllocation)
  {
    const auto pixels =
      HugePageContainer<typename PixelContainer::ElementIdentifier, typename PixelContainer::Element>::New();
    pixels->Allocate(count);
    output->SetPixelContainer(pixels);
  }
  Superclass::AllocateOutputs();
}

template <typename TInputImage, typename TOutputImage>
void
StackIlluminationImageFilter<TInputImage, TOutputImage>::BeforeThreadedGenerateData()
{
  const auto & illumination = this->GetIlluminationInput()->Get();
  const auto & requested = this->GetOutput()->GetRequestedRegion();
  m_Whole = this->GetOutput()->GetLargestPossibleRegion();
  m_Baselines.clear();
  if (m_DivideByBaseline && !illumination.baselines.empty())
  {
    SizeValueType images = 1;
    for (unsigned int axis = 2; axis < TOutputImage::ImageDimension; ++axis)
    {
      images *= m_Whole.GetSize(axis);
    }
    if (illumination.baselines.size() != images)
    {
      itkExceptionMacro("Illumination holds baselines of " << illumination.baselines.size()
                                                           << " images, but the stack has " << images
                                                           << "; give the stack that they were learned from, or "
                                                              "turn DivideByBaseline off.");
    }
    m_Baselines = illumination.RelativeBaselines();
  }
  const bool isSame = m_Evaluated == illumination && m_EvaluatedRegion.GetSize(0) == requested.GetSize(0) &&
                      m_EvaluatedRegion.GetSize(1) == requested.GetSize(1) &&
                      m_EvaluatedRegion.GetIndex(0) == requested.GetIndex(0) &&
                      m_EvaluatedRegion.GetIndex(1) == requested.GetIndex(1);
  if (isSame && !m_Flat.empty())
  {
    m_EvaluatedRegion = requested;
    return;
  }
  m_Evaluated = illumination;
  m_EvaluatedRegion = requested;
  const std::size_t width = requested.GetSize(0);
  const std::size_t height = requested.GetSize(1);
  const auto        firstX = static_cast<std::size_t>(requested.GetIndex(0) - m_Whole.GetIndex(0));
  const auto        firstY = static_cast<std::size_t>(requested.GetIndex(1) - m_Whole.GetIndex(1));
  m_Flat.assign(width * height, 1.0F);
  m_Dark.assign(width * height, 0.0F);
  const CosineSeriesRowEvaluator flatOf(illumination.flat, firstX, width);
  const CosineSeriesRowEvaluator darkOf(illumination.dark, firstX, width);
  const bool                     hasFlat = !illumination.flat.terms.empty();
  const bool                     hasDark = !illumination.dark.terms.empty();
  if (!hasFlat && !hasDark)
  {
    return;
  }
  constexpr std::size_t rows = 16; // of a unit of work
  this->GetMultiThreader()->SetNumberOfWorkUnits(this->GetNumberOfWorkUnits());
  this->GetMultiThreader()->ParallelizeArray(
    0,
    (height + rows - 1) / rows,
    [&](SizeValueType unit)
    {
      std::vector<double> row(width);
      for (std::size_t y = unit * rows; y < std::min<std::size_t>(height, (unit + 1) * rows); ++y)
      {
        if (hasFlat)
        {
          flatOf(firstY + y, row.data());
          std::transform(row.begin(),
                         row.end(),
                         &m_Flat[y * width],
                         [](double series) { return static_cast<float>(StackIllumination::FlatFrom(series)); });
        }
        if (hasDark)
        {
          darkOf(firstY + y, row.data());
          std::transform(row.begin(),
                         row.end(),
                         &m_Dark[y * width],
                         [](double series) { return static_cast<float>(StackIllumination::DarkFrom(series)); });
        }
      }
    },
    nullptr);
}

template <typename TInputImage, typename TOutputImage>
void
StackIlluminationImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  const TInputImage *   input = this->GetInput();
  const auto            set = BestInstructionSet();
  const std::size_t     length = region.GetSize(0);
  TotalProgressReporter progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRow(this->GetOutput(),
             region,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out)
             {
               SizeValueType image = 0;
               for (unsigned int axis = TOutputImage::ImageDimension - 1; axis >= 2; --axis)
               {
                 image =
                   image * m_Whole.GetSize(axis) + static_cast<SizeValueType>(index[axis] - m_Whole.GetIndex(axis));
               }
               const double gain = m_Baselines.empty() ? 1.0 : m_Baselines[image];
               const auto   place =
                 static_cast<std::size_t>(index[1] - m_EvaluatedRegion.GetIndex(1)) * m_EvaluatedRegion.GetSize(0) +
                 static_cast<std::size_t>(index[0] - m_EvaluatedRegion.GetIndex(0));
               const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
               const auto * flat = &m_Flat[place];
               const auto * dark = &m_Dark[place];
               if (m_Inverse)
               {
                 RunWith<StackIlluminationDetail::UndoKernel>(set, in, flat, dark, gain, length, out);
               }
               else
               {
                 RunWith<StackIlluminationDetail::CorrectKernel>(set, in, flat, dark, gain, length, out);
               }
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
StackIlluminationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "DivideByBaseline: " << m_DivideByBaseline << '\n' << indent << "Inverse: " << m_Inverse << '\n';
}
} // namespace itk
#endif
