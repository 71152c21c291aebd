#ifndef itkLogIlluminationImageFilter_hxx
#define itkLogIlluminationImageFilter_hxx

#include "itkContinueOutside.h"
#include "itkImageRows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace itk
{
template <typename TInputImage>
LogIlluminationImageFilter<TInputImage>::LogIlluminationImageFilter()
{
  m_Axes.fill(true);
  this->ProcessObject::SetOutput("Summary", this->MakeOutput("Summary"));
}

template <typename TInputImage>
auto
LogIlluminationImageFilter<TInputImage>::MakeOutput(const DataObject::DataObjectIdentifierType & name)
  -> DataObjectPointer
{
  if (name == "Summary")
  {
    return SummaryDecoratorType::New().GetPointer();
  }
  return Superclass::MakeOutput(name);
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::VerifyInputInformation() ITKv5_CONST
{
  VerifyMaskExtent(this->GetInput(), this->GetMaskImage());
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::UpdateOutputInformation()
{
  const bool isRunning = this->m_Updating;
  Superclass::UpdateOutputInformation();
  if (!isRunning)
  {
    m_Change.Update(this);
  }
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::ReportProgress(double part)
{
  itk::ReportProgress(this, EstimateBegin + (EstimateEnd - EstimateBegin) * part);
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::GenerateInputRequestedRegion()
{
  const auto region = this->GetInput()->GetLargestPossibleRegion();
  RequestRegion(this->GetInput(), region);
  RequestRegion(this->GetMaskImage(), region);
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::EnlargeOutputRequestedRegion(DataObject *)
{
  this->GetOutput()->SetRequestedRegionToLargestPossibleRegion(); // also where the summary alone is asked for
}

template <typename TInputImage>
auto
LogIlluminationImageFilter<TInputImage>::BoundingBox() const -> RegionType
{
  const auto   whole = this->GetInput()->GetLargestPossibleRegion();
  const auto * mask = this->GetMaskImage();
  if (mask == nullptr)
  {
    return whole;
  }
  const auto maskWhole = mask->GetLargestPossibleRegion();
  auto       low = maskWhole.GetUpperIndex();
  auto       high = maskWhole.GetIndex();
  bool       isEmpty = true;
  const auto length = static_cast<IndexValueType>(maskWhole.GetSize(0));
  ForEachRow(mask,
             maskWhole,
             [&](const typename MaskImageType::IndexType & index, const unsigned char * pixels)
             {
               IndexValueType first = 0;
               while (first < length && pixels[first] == 0)
               {
                 ++first;
               }
               if (first == length)
               {
                 return;
               }
               IndexValueType last = length - 1;
               while (pixels[last] == 0)
               {
                 --last;
               }
               isEmpty = false;
               for (unsigned int axis = 0; axis < ImageDimension; ++axis)
               {
                 low[axis] = std::min(low[axis], axis == 0 ? index[0] + first : index[axis]);
                 high[axis] = std::max(high[axis], axis == 0 ? index[0] + last : index[axis]);
               }
             });
  RegionType box = whole;
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    if (isEmpty)
    {
      box.SetSize(axis, 0);
    }
    else if (maskWhole.GetSize(axis) > 1)
    {
      box.SetIndex(axis, low[axis]);
      box.SetSize(axis, static_cast<SizeValueType>(high[axis] - low[axis] + 1));
    }
  }
  return box;
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::GenerateData()
{
  const TInputImage * const input = this->GetInput();
  OutputImageType * const   output = this->GetOutput();
  const auto * const        mask = this->GetMaskImage();
  const auto                whole = input->GetLargestPossibleRegion();
  const auto                box = this->BoundingBox();
  const auto                voxels = box.GetNumberOfPixels();
  const auto                ownTime = this->GetMTime();
  const ThreadLimit         threads(this->GetNumberOfWorkUnits());
  m_Change.Begin();
  itk::ReportProgress(this, 0.0);
  this->AllocateOutputs();
  LogIlluminationSummary summary;
  if (voxels == 0)
  {
    output->FillBuffer(0.0F);
    this->GetSummaryOutput()->Set(summary);
    m_Change.Made(ownTime);
    return;
  }

  const auto gridOf = [&](const RegionType & region)
  {
    PoissonGrid grid;
    for (unsigned int axis = 0; axis < ImageDimension; ++axis)
    {
      const double spacing = input->GetSpacing()[axis];
      grid.size[axis] = region.GetSize(axis);
      grid.weight[axis] = m_Axes[axis] ? 1.0 / (spacing * spacing) : 0.0;
    }
    return grid;
  };
  Domain domain;
  domain.grid = gridOf(box);
  double strongest = 0.0;
  for (unsigned int axis = 0; axis < ImageDimension; ++axis)
  {
    strongest = std::max(strongest, domain.grid.IsConnected(axis) ? domain.grid.weight[axis] : 0.0);
  }
  domain.finestSpacing = strongest > 0.0 ? 1.0 / std::sqrt(strongest) : 1.0;
  domain.logImage.resize(voxels);
  domain.inside.resize(mask == nullptr ? 0 : voxels);
  auto &     inside = domain.inside;
  const auto length = static_cast<std::size_t>(box.GetSize(0));
  const auto rows = static_cast<std::int64_t>(voxels / length);
  const auto indexOf = [&](std::int64_t row) { return IndexOf(box, static_cast<SizeValueType>(row), 1); };

  std::size_t count = 0;
  std::size_t excluded = 0;
  double      lowest = std::numeric_limits<double>::infinity();
#pragma omp parallel for schedule(dynamic, 64) reduction(+ : count, excluded) reduction(min : lowest)
  for (std::int64_t row = 0; row < rows; ++row)
  {
    const auto   index = indexOf(row);
    const auto * in = input->GetBufferPointer() + input->ComputeOffset(index);
    const auto * inMask = MaskAt(mask, index);
    float *      logs = domain.logImage.data() + static_cast<std::size_t>(row) * length;
    for (std::size_t i = 0; i < length; ++i)
    {
      const auto value = static_cast<double>(in[i]);
      const bool isInside = inMask == nullptr || inMask[i] != 0;
      const bool hasLog = isInside && value > 0.0 && std::isfinite(value);
      logs[i] = hasLog ? static_cast<float>(std::log(value)) : std::numeric_limits<float>::quiet_NaN();
      lowest = hasLog ? std::min(lowest, value) : lowest;
      count += isInside ? 1 : 0;
      excluded += isInside && !hasLog ? 1 : 0;
      if (inMask != nullptr)
      {
        inside[static_cast<std::size_t>(row) * length + i] = isInside ? 1 : 0;
      }
    }
  }
  summary.voxels = count;
  summary.excluded = excluded;
  summary.lowestIntensity = std::isfinite(lowest) ? lowest : 0.0;

  itk::ReportProgress(this, 0.5 * EstimateBegin);
  std::vector<float> illumination(voxels, 0.0F);
  {
    NeumannPoisson solver(domain.grid, inside.empty() ? nullptr : inside.data());
    summary.components = solver.NumberOfComponents();
    this->ReportProgress(0.0);
    this->Estimate(domain, solver, illumination.data(), summary);
    this->ReportProgress(1.0);
  }
  domain.logImage = {}; // whole volumes, which nothing needs any more
  for (std::size_t i = 0; i < voxels; ++i)
  {
    if (inside.empty() || inside[i] != 0)
    {
      summary.minimum = std::min(summary.minimum, static_cast<double>(illumination[i]));
      summary.maximum = std::max(summary.maximum, static_cast<double>(illumination[i]));
    }
  }

  std::vector<unsigned char> isKnown(inside.empty() ? 0 : whole.GetNumberOfPixels(), 0);
  const auto *               base = output->GetBufferPointer();
  for (std::int64_t row = 0; row < rows; ++row)
  {
    float * const out = output->GetBufferPointer() + output->ComputeOffset(indexOf(row));
    const auto    first = static_cast<std::size_t>(row) * length;
    std::copy_n(&illumination[first], length, out);
    if (!inside.empty())
    {
      std::copy_n(&inside[first], length, &isKnown[static_cast<std::size_t>(out - base)]);
    }
  }
  if (!inside.empty())
  {
    ContinueOutside(gridOf(whole), output->GetBufferPointer(), isKnown.data());
  }
  this->GetSummaryOutput()->Set(summary);
  m_Change.Made(ownTime);
  this->UpdateProgress(1.0F);
}

template <typename TInputImage>
void
LogIlluminationImageFilter<TInputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Axes:";
  for (const bool axis : m_Axes)
  {
    os << ' ' << axis;
  }
  os << '\n';
}
} // namespace itk
#endif
