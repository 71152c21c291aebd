#ifndef itkLinearNormalizationImageFilter_hxx
#define itkLinearNormalizationImageFilter_hxx

#include "itkHugePages.h"

#include "itkTotalProgressReporter.h"

#include <algorithm>
#include <array>
#include <limits>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
LinearNormalizationImageFilter<TInputImage, TOutputImage>::LinearNormalizationImageFilter()
{
  this->DynamicMultiThreadingOn();
  this->ThreaderUpdateProgressOff();
  this->InPlaceOff();
}

template <typename TInputImage, typename TOutputImage>
void
LinearNormalizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (m_Inverse && m_Outside != OutsideMask::Transform)
  {
    itkExceptionMacro("Inverse needs Outside Transform: other settings lose what was outside the mask.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
LinearNormalizationImageFilter<TInputImage, TOutputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
}

template <typename TInputImage, typename TOutputImage>
void
LinearNormalizationImageFilter<TInputImage, TOutputImage>::GenerateInputRequestedRegion()
{
  UpdateLearners(*this);
  const auto & region = this->GetOutput()->GetRequestedRegion();
  RequestRegion(this->GetInput(), region);
  RequestRegion(this->GetMaskImage(), region);
}

template <typename TInputImage, typename TOutputImage>
void
LinearNormalizationImageFilter<TInputImage, TOutputImage>::BeforeThreadedGenerateData()
{
  m_Partition = PartitionType();
  m_Maps.clear();
  this->MakeMaps(m_Partition, m_Maps);
  if (m_Maps.size() != m_Partition.Count())
  {
    itkExceptionMacro("Learned for " << m_Maps.size() << " instances, but the image has " << m_Partition.Count()
                                     << '.');
  }
  if (!m_Partition.Fits(this->GetInput()->GetLargestPossibleRegion()))
  {
    const auto & region = this->GetInput()->GetLargestPossibleRegion();
    itkExceptionMacro("What was learned for " << m_Partition.Count() << " instances does not fit an image of "
                                              << region.GetSize() << " from " << region.GetIndex() << '.');
  }
  for (auto & map : m_Maps)
  {
    if (m_Inverse)
    {
      constexpr auto largest = static_cast<double>(std::numeric_limits<OutputPixelType>::max());
      map = { map.to, map.scale == 0.0 ? 0.0 : 1.0 / map.scale, map.from, -largest, largest };
    }
  }
}

template <typename TInputImage, typename TOutputImage>
void
LinearNormalizationImageFilter<TInputImage, TOutputImage>::AllocateOutputs()
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
LinearNormalizationImageFilter<TInputImage, TOutputImage>::DynamicThreadedGenerateData(
  const OutputImageRegionType & region)
{
  const TInputImage *   input = this->GetInput();
  TOutputImage *        output = this->GetOutput();
  const MaskImageType * mask = m_Outside == OutsideMask::Transform ? nullptr : this->GetMaskImage();
  const std::size_t     stride = m_Partition.StrideAlongRow();
  const Store           store =
    StoreFor(input->GetBufferPointer(), output->GetBufferPointer(), output->GetBufferedRegion().GetNumberOfPixels());

  // A run lies without a gap in both buffers and in the mask, and in one instance, or is a row.
  unsigned int axes = std::min(RunAxes(output, mask), ContiguousAxes(region, input->GetBufferedRegion()));
  if (mask != nullptr)
  {
    axes = std::min(axes, ContiguousAxes(MaskRegion(mask, region), mask->GetBufferedRegion()));
  }
  axes = stride == 0 ? m_Partition.UniformAxes(axes) : 1;
  TotalProgressReporter progress(this, this->GetOutput()->GetRequestedRegion().GetNumberOfPixels());
  ForEachRun(output,
             region,
             axes,
             [&](const typename TOutputImage::IndexType & index, OutputPixelType * out, std::size_t length)
             {
               const auto *      in = input->GetBufferPointer() + input->ComputeOffset(index);
               const auto *      maskRun = MaskAt(mask, index);
               const LinearMap * maps = m_Maps.data() + m_Partition.InstanceOf(index);
               if (stride == 0 && maskRun == nullptr)
               {
                 ApplyLinearMap(*maps, in, out, length, store);
                 progress.Completed(length);
                 return;
               }
               std::array<OutputPixelType, 1024> mapped; // aside: the output may be the input, which Keep needs
               for (std::size_t begin = 0; begin < length; begin += mapped.size())
               {
                 const std::size_t count = std::min(mapped.size(), length - begin);
                 if (stride == 0)
                 {
                   ApplyLinearMap(*maps, in + begin, mapped.data(), count);
                 }
                 for (std::size_t i = 0; stride != 0 && i < count; ++i)
                 {
                   mapped[i] = static_cast<OutputPixelType>(maps[begin + i](static_cast<double>(in[begin + i])));
                 }
                 for (std::size_t i = 0; i < count; ++i)
                 {
                   const bool isMapped = maskRun == nullptr || maskRun[begin + i] != 0;
                   out[begin + i] = isMapped                         ? mapped[i]
                                    : m_Outside == OutsideMask::Keep ? static_cast<OutputPixelType>(in[begin + i])
                                                                     : OutputPixelType{};
                 }
               }
               progress.Completed(length);
             });
}

template <typename TInputImage, typename TOutputImage>
void
LinearNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Outside: " << static_cast<int>(m_Outside) << '\n';
  os << indent << "Inverse: " << m_Inverse << '\n';
}
} // namespace itk
#endif
