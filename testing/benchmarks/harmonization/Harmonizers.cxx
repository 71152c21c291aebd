#include "Harmonizers.h"

#include "Measures.h"
#include "Methods.h"

#include "Reference.h"

#include "itkHistogramMatchingImageFilter.h"

namespace isolux::testing
{
namespace
{
/** The same volume with an axis t of extent 1. */
template <typename TOutput, typename TInput>
typename TOutput::Pointer
WithTime(const TInput * image)
{
  const auto                      size = image->GetLargestPossibleRegion().GetSize();
  const auto                      output = TOutput::New();
  typename TOutput::SpacingType   spacing;
  typename TOutput::PointType     origin;
  typename TOutput::DirectionType direction;
  spacing.Fill(1.0);
  origin.Fill(0.0);
  direction.SetIdentity();
  for (unsigned int axis = 0; axis < 3; ++axis)
  {
    spacing[axis] = image->GetSpacing()[axis];
    origin[axis] = image->GetOrigin()[axis];
    for (unsigned int other = 0; other < 3; ++other)
    {
      direction[axis][other] = image->GetDirection()[axis][other];
    }
  }
  output->SetRegions(typename TOutput::SizeType{ { size[0], size[1], size[2], 1 } });
  output->SetSpacing(spacing);
  output->SetOrigin(origin);
  output->SetDirection(direction);
  output->Allocate();
  std::copy_n(image->GetBufferPointer(), size[0] * size[1] * size[2], output->GetBufferPointer());
  return output;
}

/** Zero outside, so that the matching sees what the others see. */
PhantomImage::Pointer
Inside(const PhantomImage * image, const PhantomLabels * mask)
{
  const auto inside = phantom_detail::AllocateLike<PhantomImage>(image);
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    inside->GetBufferPointer()[i] = mask->GetBufferPointer()[i] ? image->GetBufferPointer()[i] : 0.0f;
  }
  return inside;
}

/** Where ITK's N4 can take a logarithm: it counts a zero as one of 0, which costs it the field. */
PhantomLabels::Pointer
Positive(const PhantomImage * image, const PhantomLabels * mask)
{
  const auto positive = phantom_detail::AllocateLike<PhantomLabels>(mask);
  for (std::size_t i = 0; i < image->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    positive->GetBufferPointer()[i] = mask->GetBufferPointer()[i] && image->GetBufferPointer()[i] > 0.0f;
  }
  return positive;
}

/** Half a voxel and one: the bands below hold noise, and edges. */
std::vector<double>
Scales(const PhantomImage * image)
{
  const auto   spacing = image->GetSpacing();
  const double voxel = std::min({ spacing[0], spacing[1], spacing[2] });
  return { 0.5 * voxel, voxel };
}
} // namespace

const std::vector<Recipe> &
Recipes()
{
  static const std::vector<Recipe> recipes = {
    { "raw", {} },
    { "z-score", { "foreground", "instance-norm" } },
    { "histogram matching", {}, "", true },
    { "N4 + z-score", { "foreground", "instance-norm" }, "own-n4-0" },
    { "ITK's N4 + z-score", { "foreground", "instance-norm" }, "n4-0" },
    { "Isolux", { "foreground", "histogram-retinex", "instance-norm" } },
    { "Isolux, quantile-norm", { "foreground", "histogram-retinex", "quantile-norm" } },
    { "Isolux, band-norm", { "foreground", "histogram-retinex", "instance-norm", "band-norm" } },
    { "Isolux, band-norm, quantile-norm",
      { "foreground", "histogram-retinex", "instance-norm", "band-norm", "quantile-norm" } },
    { "Isolux, mode-norm", { "foreground", "histogram-retinex", "mode-norm" } },
    { "Isolux, robust-norm", { "foreground", "histogram-retinex", "robust-norm" } },
  };
  return recipes;
}

Harmonizer::Harmonizer(const Recipe & recipe, const std::vector<Head> & site, std::string cache)
  : m_Recipe(recipe)
  , m_Cache(std::move(cache))
{
  if (recipe.matching)
  {
    m_Reference = Inside(site.front().image, site.front().mask);
  }
  for (const auto & name : recipe.stages)
  {
    StageSpec stage{ name, {} };
    if (name == "quantile-norm")
    {
      Reference reference;
      for (const Head & head : site)
      {
        const auto image = WithTime<WorkImage>(this->Run(head).GetPointer());
        const auto mask = WithTime<MaskImage>(head.mask.GetPointer());
        Reference  one;
        one.channels = { MeasureChannel(image, mask, head.name) };
        reference.Merge(one);
      }
      stage.options = { { "landmarks", reference.channels.front().landmarks.Standard() } };
    }
    if (name == "band-norm")
    {
      const Values        measure = { { "scales", Scales(site.front().image) }, { "axes", std::string("xyz") } };
      std::vector<double> energies;
      for (const Head & head : site)
      {
        Pipeline   pipeline({ { { name, measure } } }, true);
        const auto result = pipeline.Run(
          WithTime<WorkImage>(this->Run(head).GetPointer()), WithTime<MaskImage>(head.mask.GetPointer()), Execution{});
        const auto & learned = result.report.stages.back().learned;
        const auto   found =
          std::find_if(learned.begin(), learned.end(), [](const auto & value) { return value.first == "energies"; });
        const auto & values = std::get<std::vector<double>>(found->second);
        energies.resize(values.size());
        for (std::size_t band = 0; band < values.size(); ++band)
        {
          energies[band] += values[band] / static_cast<double>(site.size());
        }
      }
      stage.options = measure;
      stage.options.emplace_back("energies", energies);
    }
    m_Stages.push_back(stage);
  }
}

PhantomImage::Pointer
Harmonizer::Run(const Head & head) const
{
  auto image = head.image;
  if (!m_Recipe.n4.empty())
  {
    image = Divide(image, Method{ m_Recipe.n4 }.Field(image, Positive(image, head.mask), m_Cache));
  }
  if (m_Stages.empty())
  {
    return image;
  }
  Pipeline   pipeline({ m_Stages }, true);
  const auto result = pipeline.Run(WithTime<WorkImage>(image.GetPointer()),
                                   WithTime<MaskImage>(head.mask.GetPointer()),
                                   Execution{ AvailableThreads() });
  const auto output = phantom_detail::AllocateLike<PhantomImage>(image);
  std::copy_n(result.images.after->GetBufferPointer(),
              output->GetLargestPossibleRegion().GetNumberOfPixels(),
              output->GetBufferPointer());
  return output;
}

PhantomImage::Pointer
Harmonizer::Apply(const Head & head) const
{
  if (!m_Recipe.matching)
  {
    return this->Run(head);
  }
  const auto filter = itk::HistogramMatchingImageFilter<PhantomImage, PhantomImage>::New();
  filter->SetSourceImage(Inside(head.image, head.mask));
  filter->SetReferenceImage(m_Reference);
  filter->SetNumberOfHistogramLevels(1024);
  filter->SetNumberOfMatchPoints(7);
  filter->ThresholdAtMeanIntensityOn();
  filter->Update();
  return filter->GetOutput();
}
} // namespace isolux::testing
