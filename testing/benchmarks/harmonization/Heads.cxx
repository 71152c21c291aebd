#include "Heads.h"

#include "Anatomy.h"
#include "Measures.h"
#include "Methods.h"

#include "itkDiscreteGaussianImageFilter.h"
#include "itkRegionOfInterestImageFilter.h"
#include "itkShrinkImageFilter.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace isolux::testing
{
namespace
{
template <typename TImage>
typename TImage::Pointer
EverySecond(const TImage * image)
{
  const auto shrink = itk::ShrinkImageFilter<TImage, TImage>::New();
  shrink->SetInput(image);
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    shrink->SetShrinkFactor(axis, image->GetSpacing()[axis] < 0.75 ? 2 : 1);
  }
  shrink->Update();
  return shrink->GetOutput();
}

std::size_t
VoxelsOf(const PhantomImage * image)
{
  return image->GetLargestPossibleRegion().GetNumberOfPixels();
}

double
MeanOfTissue(const Head & head, unsigned char label)
{
  double sum = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < VoxelsOf(head.image); ++i)
  {
    if (head.tissue->GetBufferPointer()[i] == label)
    {
      sum += head.image->GetBufferPointer()[i];
      count += 1.0;
    }
  }
  return sum / count;
}

/** Whoever scans has no brain mask of what changed: a foreground is found anew. */
Head
WithImage(const Head & head, const PhantomImage::Pointer & image)
{
  Head changed = head;
  changed.image = image;
  if (!changed.ofBrain)
  {
    changed.mask = Foreground(image);
  }
  return changed;
}

Head
Mapped(const Head & head, const std::function<double(double, std::size_t)> & f)
{
  const auto image = phantom_detail::AllocateLike<PhantomImage>(head.image);
  for (std::size_t i = 0; i < VoxelsOf(image); ++i)
  {
    image->GetBufferPointer()[i] = static_cast<float>(f(head.image->GetBufferPointer()[i], i));
  }
  return WithImage(head, image);
}

PhantomImage::Pointer
Smoothed(const PhantomImage * image, double sigma)
{
  const auto gaussian = itk::DiscreteGaussianImageFilter<PhantomImage, PhantomImage>::New();
  gaussian->SetInput(image);
  gaussian->SetVariance(sigma * sigma);
  gaussian->SetUseImageSpacing(true);
  gaussian->Update();
  return gaussian->GetOutput();
}

Head
GainAndOffset(const Head & head, std::uint64_t)
{
  const double offset = 0.3 * MeanOfTissue(head, WhiteMatterLabel);
  return Mapped(head, [offset](double value, std::size_t) { return 2.5 * (value + offset); });
}

template <int VPercent>
Head
BiasField(const Head & head, std::uint64_t seed)
{
  PhantomOptions options;
  options.range = 0.01 * VPercent;
  options.seed = seed;
  const auto field = phantom_detail::AllocateLike<PhantomImage>(head.mask);
  phantom_detail::FillField(options, phantom_detail::BrainBox(head.mask), head.mask, field);
  return WithImage(head, Multiply(head.image, field));
}

template <int VPercent>
Head
Noise(const Head & head, std::uint64_t seed)
{
  const double deviation = 0.01 * VPercent * MeanOfTissue(head, WhiteMatterLabel);
  return Mapped(head,
                [=](double value, std::size_t i)
                {
                  const double real = value + deviation * phantom_detail::Normal(seed, 50, i);
                  const double imaginary = deviation * phantom_detail::Normal(seed, 51, i);
                  return std::sqrt(real * real + imaginary * imaginary);
                });
}

Head
Blur(const Head & head, std::uint64_t)
{
  return WithImage(head, Smoothed(head.image, 1.5));
}

Head
SharpKernel(const Head & head, std::uint64_t)
{
  const auto smooth = Smoothed(head.image, 2.0);
  return Mapped(head,
                [&](double value, std::size_t i)
                { return std::max(0.0, 2.0 * value - static_cast<double>(smooth->GetBufferPointer()[i])); });
}

Head
Gamma(const Head & head, std::uint64_t)
{
  const double white = MeanOfTissue(head, WhiteMatterLabel);
  return Mapped(head,
                [white](double value, std::size_t) { return white * std::pow(std::max(0.0, value) / white, 1.5); });
}

/** Fluid takes a layer of the grey and white matter that it touches, so that sulci and ventricles widen. What was
 * taken has the mean intensity of the fluid beside it. */
Head
Atrophy(const Head & head, std::uint64_t)
{
  Head       older = head;
  const auto size = head.image->GetLargestPossibleRegion().GetSize();
  const auto image = phantom_detail::AllocateLike<PhantomImage>(head.image);
  const auto tissue = phantom_detail::AllocateLike<PhantomLabels>(head.image);
  std::copy_n(head.image->GetBufferPointer(), VoxelsOf(image), image->GetBufferPointer());
  std::copy_n(head.tissue->GetBufferPointer(), VoxelsOf(image), tissue->GetBufferPointer());
  const std::size_t strides[] = { 1, size[0], size[0] * size[1] };
  for (std::size_t i = strides[2]; i + strides[2] < VoxelsOf(image); ++i)
  {
    if (head.tissue->GetBufferPointer()[i] < GreyMatterLabel)
    {
      continue;
    }
    double sum = 0.0;
    double count = 0.0;
    for (const std::size_t stride : strides)
    {
      for (const std::size_t neighbour : { i - stride, i + stride })
      {
        if (head.tissue->GetBufferPointer()[neighbour] == CerebrospinalFluidLabel)
        {
          sum += head.image->GetBufferPointer()[neighbour];
          count += 1.0;
        }
      }
    }
    if (count >= 2.0)
    {
      image->GetBufferPointer()[i] = static_cast<float>(sum / count);
      tissue->GetBufferPointer()[i] = CerebrospinalFluidLabel;
    }
  }
  older.tissue = tissue;
  return WithImage(older, image);
}

/** The upper half of the brain: without cerebellum, brainstem and temporal lobes, a field of view that many protocols
 * have. */
Head
UpperHalf(const Head & head, std::uint64_t)
{
  const auto   box = phantom_detail::BrainBox(head.tissue);
  const auto   direction = head.image->GetDirection();
  unsigned int up = 0;
  for (unsigned int axis = 1; axis < 3; ++axis)
  {
    up = std::abs(direction[2][axis]) > std::abs(direction[2][up]) ? axis : up;
  }
  auto       region = head.image->GetLargestPossibleRegion();
  const auto middle = box.GetIndex(up) + static_cast<itk::IndexValueType>(box.GetSize(up) / 2);
  if (direction[2][up] > 0.0)
  {
    region.SetSize(up, region.GetSize(up) - static_cast<itk::SizeValueType>(middle));
    region.SetIndex(up, middle);
  }
  else
  {
    region.SetSize(up, static_cast<itk::SizeValueType>(middle));
  }
  const auto cut = [&](auto * image)
  {
    using Image = std::remove_const_t<std::remove_pointer_t<decltype(image)>>;
    const auto filter = itk::RegionOfInterestImageFilter<Image, Image>::New();
    filter->SetInput(image);
    filter->SetRegionOfInterest(region);
    filter->Update();
    return typename Image::Pointer(filter->GetOutput());
  };
  Head half = head;
  half.mask = cut(head.mask.GetPointer());
  half.tissue = cut(head.tissue.GetPointer());
  return WithImage(half, cut(head.image.GetPointer()));
}

/** As two scanners differ in earnest: a bit of each. */
Head
Together(const Head & head, std::uint64_t seed)
{
  const auto blurred = WithImage(head, Smoothed(head.image, 0.8));
  return Noise<3>(BiasField<40>(GainAndOffset(blurred, seed), seed), seed);
}
} // namespace

std::vector<Head>
ReadHeads(const std::string & file)
{
  std::ifstream stream(file);
  std::string   line;
  if (!std::getline(stream, line) || line != "path\tsite\tmask\ttissue")
  {
    throw std::runtime_error(file + " must begin with the line: path, site, mask, tissue, parted by tabs");
  }
  const auto        folder = std::filesystem::path(file).parent_path();
  std::vector<Head> heads;
  while (std::getline(stream, line))
  {
    std::istringstream fields(line);
    std::string        path;
    std::string        mask;
    std::string        tissue;
    Head               head;
    for (std::string * field : { &path, &head.site, &mask, &tissue })
    {
      std::getline(fields, *field, '\t');
    }
    const auto isThere = [](const std::string & name) { return !name.empty() && name != "-"; };
    const auto full = [&](const std::string & name) { return (folder / name).string(); };
    head.name = std::filesystem::path(path).filename().string();
    head.name.resize(std::min(head.name.find('.'), head.name.size()));
    head.ofBrain = isThere(mask);
    const auto image = ReadVolume(full(path));
    head.image = EverySecond(image.GetPointer());
    head.mask = head.ofBrain ? EverySecond(ReadMask(full(mask)).GetPointer()) : Foreground(head.image);
    if (isThere(tissue))
    {
      head.tissue = EverySecond(ReadTissue(full(tissue)).GetPointer());
      if (head.tissue->GetLargestPossibleRegion() != head.image->GetLargestPossibleRegion())
      {
        throw std::runtime_error(full(tissue) + " has another grid than its image");
      }
    }
    heads.push_back(head);
  }
  return heads;
}

const std::vector<Shift> &
Shifts()
{
  static const std::vector<Shift> shifts = {
    { "gain 2.5, offset 30 %", GainAndOffset },
    { "bias field 40 %", BiasField<40> },
    { "bias field 80 %", BiasField<80> },
    { "noise 5 %", Noise<5> },
    { "noise 10 %", Noise<10> },
    { "blur 1.5 mm", Blur },
    { "sharp kernel", SharpKernel },
    { "gamma 1.5", Gamma },
    { "atrophy", Atrophy },
    { "upper half only", UpperHalf },
    { "gain, offset, field 40 %, blur, noise 3 %", Together },
  };
  return shifts;
}
} // namespace isolux::testing
