#include "Anatomy.h"

#include "itkConstantPadImageFilter.h"
#include "itkImageFileReader.h"
#include "itkImageRegionIteratorWithIndex.h"
#include "itkNiftiImageIO.h"
#include "itkShrinkImageFilter.h"
#include "itkSignedMaurerDistanceMapImageFilter.h"

namespace isolux::testing
{
namespace
{
/** Squared distance in mm of two voxels. */
double
SquaredDistance(const PhantomLabels * grid, const PhantomLabels::IndexType & a, const PhantomLabels::IndexType & b)
{
  double sum = 0.0;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const double difference = static_cast<double>(a[axis] - b[axis]) * grid->GetSpacing()[axis];
    sum += difference * difference;
  }
  return sum;
}
} // namespace

PhantomImage::Pointer
ReadVolume(const std::string & file)
{
  const auto reader = itk::ImageFileReader<PhantomImage>::New();
  reader->SetImageIO(itk::NiftiImageIO::New());
  reader->SetFileName(file);
  reader->Update();
  return reader->GetOutput();
}

PhantomLabels::Pointer
ReadMask(const std::string & file)
{
  const auto volume = ReadVolume(file);
  const auto mask = phantom_detail::AllocateLike<PhantomLabels>(volume);
  for (std::size_t i = 0; i < volume->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    mask->GetBufferPointer()[i] = volume->GetBufferPointer()[i] > 0.0f;
  }
  return mask;
}

PhantomLabels::Pointer
ReadTissue(const std::string & file)
{
  const auto volume = ReadVolume(file);
  const auto shrink = itk::ShrinkImageFilter<PhantomImage, PhantomImage>::New();
  shrink->SetInput(volume);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    shrink->SetShrinkFactor(axis, volume->GetSpacing()[axis] < 0.6 ? 2 : 1);
  }
  shrink->Update();
  const auto labels = phantom_detail::AllocateLike<PhantomLabels>(shrink->GetOutput());
  for (std::size_t i = 0; i < labels->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    const float value = shrink->GetOutput()->GetBufferPointer()[i];
    labels->GetBufferPointer()[i] = value > 0.5f && value < 3.5f ? static_cast<unsigned char>(value + 0.5f) : 0;
  }
  return labels;
}

PhantomLabels::Pointer
PadAround(const PhantomLabels * labels, double margin)
{
  const auto              box = phantom_detail::BrainBox(labels);
  const auto              size = labels->GetLargestPossibleRegion().GetSize();
  PhantomLabels::SizeType lower;
  PhantomLabels::SizeType upper;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    const auto wanted = static_cast<long>(std::ceil(margin / labels->GetSpacing()[axis]));
    const auto before = box.GetIndex(axis);
    const auto after = static_cast<long>(size[axis] - box.GetSize(axis)) - before;
    lower[axis] = static_cast<itk::SizeValueType>(std::max(0L, wanted - before));
    upper[axis] = static_cast<itk::SizeValueType>(std::max(0L, wanted - after));
  }
  const auto pad = itk::ConstantPadImageFilter<PhantomLabels, PhantomLabels>::New();
  pad->SetInput(labels);
  pad->SetPadLowerBound(lower);
  pad->SetPadUpperBound(upper);
  pad->SetConstant(0);
  pad->Update();
  const auto padded = pad->GetOutput();
  // the same place, counted from index 0
  auto       region = padded->GetLargestPossibleRegion();
  const auto result = PhantomLabels::New();
  result->CopyInformation(padded);
  result->SetOrigin(padded->TransformIndexToPhysicalPoint<double>(region.GetIndex()));
  region.SetIndex({ { 0, 0, 0 } });
  result->SetRegions(region);
  result->Allocate();
  std::copy_n(padded->GetBufferPointer(), region.GetNumberOfPixels(), result->GetBufferPointer());
  return result;
}

void
AddScalp(PhantomLabels * labels)
{
  const auto brain = phantom_detail::AllocateLike<PhantomLabels>(labels);
  const auto count = labels->GetLargestPossibleRegion().GetNumberOfPixels();
  for (std::size_t i = 0; i < count; ++i)
  {
    brain->GetBufferPointer()[i] = labels->GetBufferPointer()[i] != BackgroundLabel;
  }
  const auto distance = itk::SignedMaurerDistanceMapImageFilter<PhantomLabels, PhantomImage>::New();
  distance->SetInput(brain);
  distance->SetBackgroundValue(0);
  distance->SetSquaredDistance(false);
  distance->SetUseImageSpacing(true);
  distance->Update();
  for (std::size_t i = 0; i < count; ++i)
  {
    const float millimetres = distance->GetOutput()->GetBufferPointer()[i];
    if (millimetres > 9.0f && millimetres < 15.0f)
    {
      labels->GetBufferPointer()[i] = ScalpLabel;
    }
  }
}

void
AddLesions(PhantomLabels * labels, const std::vector<double> & diameters, std::uint64_t seed)
{
  std::vector<PhantomLabels::IndexType> whiteMatter;
  using Iterator = itk::ImageRegionIteratorWithIndex<PhantomLabels>;
  for (Iterator voxel(labels, labels->GetLargestPossibleRegion()); !voxel.IsAtEnd(); ++voxel)
  {
    if (voxel.Get() == WhiteMatterLabel)
    {
      whiteMatter.push_back(voxel.GetIndex());
    }
  }
  for (std::size_t lesion = 0; lesion < diameters.size(); ++lesion)
  {
    const auto & centre = whiteMatter[phantom_detail::Hash(seed, 30, lesion) % whiteMatter.size()];
    for (const auto & index : whiteMatter)
    {
      if (SquaredDistance(labels, index, centre) < 0.25 * diameters[lesion] * diameters[lesion])
      {
        labels->SetPixel(index, LesionLabel);
      }
    }
  }
}

PhantomLabels::Pointer
DrawBottle(double spacing)
{
  const auto size = [spacing](double extent) { return static_cast<itk::SizeValueType>(extent / spacing); };
  const auto labels = PhantomLabels::New();
  PhantomLabels::RegionType region(PhantomLabels::SizeType{ { size(140), size(140), size(170) } });
  labels->SetRegions(region);
  labels->SetSpacing(PhantomLabels::SpacingType(spacing));
  labels->Allocate(true);
  using Iterator = itk::ImageRegionIteratorWithIndex<PhantomLabels>;
  for (Iterator voxel(labels, region); !voxel.IsAtEnd(); ++voxel)
  {
    const auto index = voxel.GetIndex();
    const auto position = [&](unsigned int axis)
    { return spacing * (static_cast<double>(index[axis]) + 0.5 - 0.5 * static_cast<double>(region.GetSize(axis))); };
    const double radius = std::sqrt(position(0) * position(0) + position(1) * position(1));
    if (radius < 60.0 && std::abs(position(2)) < 75.0)
    {
      voxel.Set(radius < 30.0 ? GreyMatterLabel : WhiteMatterLabel);
    }
  }
  return labels;
}

PhantomLabels::Pointer
BallInMask(const PhantomLabels * mask, double radius)
{
  const auto               box = phantom_detail::BrainBox(mask);
  PhantomLabels::IndexType centre;
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    centre[axis] = box.GetIndex(axis) + static_cast<itk::IndexValueType>(box.GetSize(axis) / 2);
  }
  const auto ball = phantom_detail::AllocateLike<PhantomLabels>(mask);
  using Iterator = itk::ImageRegionIteratorWithIndex<PhantomLabels>;
  for (Iterator voxel(ball, ball->GetLargestPossibleRegion()); !voxel.IsAtEnd(); ++voxel)
  {
    voxel.Set(mask->GetPixel(voxel.GetIndex()) && SquaredDistance(mask, voxel.GetIndex(), centre) <= radius * radius);
  }
  return ball;
}
} // namespace isolux::testing
