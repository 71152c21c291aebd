#include "itkPoissonRetinexImageFilter.h"
#include "itkRetinexReflectanceImageFilter.h"
#include "itkVariationalRetinexImageFilter.h"

#include "Phantom.h"

#include <benchmark/benchmark.h>

#include <cmath>

// Times of poisson-retinex and variational-retinex at their defaults, from the image in memory to its reflectance, and
// the error of their log field on phantoms beside that of doing nothing.
namespace
{
using namespace isolux::testing;

using Picture = itk::Image<float, 2>;
using Volume = itk::Image<float, 3>;

/** Texture, edges and shade on 1 ... 255. */
template <typename TImage>
typename TImage::Pointer
MakeScene(const typename TImage::SizeType & size)
{
  const auto image = TImage::New();
  image->SetRegions(size);
  image->Allocate();
  float * pixels = image->GetBufferPointer();
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    std::size_t place = i;
    double      shade = 0.0;
    std::size_t tiles = 0;
    for (unsigned int axis = 0; axis < TImage::ImageDimension; ++axis)
    {
      const auto at = place % size[axis];
      place /= size[axis];
      shade += static_cast<double>(at) / static_cast<double>(size[axis]);
      tiles += at / 37;
    }
    const double grain = phantom_detail::Uniform(1, 2, i, 0.97, 1.03);
    pixels[i] = static_cast<float>((tiles % 3 == 0 ? 60.0 : 130.0) * grain * std::exp(0.4 * shade));
  }
  return image;
}

/** The ball that fills 0.75 of the extent along each axis. */
PhantomLabels::Pointer
MakeBall(const Volume * image)
{
  const auto mask = phantom_detail::AllocateLike<PhantomLabels>(image);
  const auto size = image->GetLargestPossibleRegion().GetSize();
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    const double x = static_cast<double>(i % size[0]) / static_cast<double>(size[0]) - 0.5;
    const double y = static_cast<double>(i / size[0] % size[1]) / static_cast<double>(size[1]) - 0.5;
    const double z = static_cast<double>(i / size[0] / size[1]) / static_cast<double>(size[2]) - 0.5;
    mask->GetBufferPointer()[i] = x * x + y * y + z * z < 0.375 * 0.375 ? 1 : 0;
  }
  return mask;
}

template <typename TFilter, typename TImage>
void
Run(benchmark::State &                                        state,
    const TImage *                                            image,
    const itk::Image<unsigned char, TImage::ImageDimension> * mask,
    unsigned int                                              channels)
{
  for (auto _ : state)
  {
    for (unsigned int channel = 0; channel < channels; ++channel)
    {
      const auto filter = TFilter::New();
      filter->SetInput(image);
      filter->SetMaskImage(mask);
      const auto reflectance = itk::RetinexReflectanceImageFilter<TImage>::New();
      reflectance->SetInput(image);
      reflectance->SetLogIllumination(filter->GetOutput());
      reflectance->Update();
      state.counters["iterations"] = static_cast<double>(filter->GetSummary().iterations);
      state.counters["cycles"] = static_cast<double>(filter->GetSummary().cycles);
    }
  }
}

template <typename TFilter>
void
TwelveMegapixelsInColour(benchmark::State & state)
{
  Run<TFilter, Picture>(state, MakeScene<Picture>({ { 4000, 3000 } }), nullptr, 3);
}

template <typename TFilter>
void
Volume256(benchmark::State & state)
{
  Run<TFilter, Volume>(state, MakeScene<Volume>({ { 256, 256, 256 } }), nullptr, 1);
}

template <typename TFilter>
void
Volume256InAMask(benchmark::State & state)
{
  const auto image = MakeScene<Volume>({ { 256, 256, 256 } });
  Run<TFilter, Volume>(state, image, MakeBall(image.GetPointer()), 1);
}

template <typename TFilter>
void
FieldError(benchmark::State & state, FieldKind kind, double range, double noise)
{
  PhantomOptions options;
  options.field = kind;
  options.range = range;
  options.noise = noise;
  const auto phantom = MakePhantom(options);
  const auto nothing = phantom_detail::AllocateLike<PhantomImage>(phantom.field);
  nothing->FillBuffer(1.0F);
  for (auto _ : state)
  {
    const auto filter = TFilter::New();
    filter->SetInput(phantom.image);
    filter->SetMaskImage(phantom.brain);
    filter->Update();
    state.PauseTiming();
    const auto field = phantom_detail::AllocateLike<PhantomImage>(phantom.field);
    for (std::size_t i = 0; i < field->GetBufferedRegion().GetNumberOfPixels(); ++i)
    {
      field->GetBufferPointer()[i] = std::exp(filter->GetOutput()->GetBufferPointer()[i]);
    }
    state.counters["field_rmse"] = LogFieldError(phantom.field, field, phantom.brain);
    state.counters["field_rmse_of_nothing"] = LogFieldError(phantom.field, nothing, phantom.brain);
    state.ResumeTiming();
  }
}

using Poisson2D = itk::PoissonRetinexImageFilter<Picture>;
using Poisson3D = itk::PoissonRetinexImageFilter<Volume>;
using Variational2D = itk::VariationalRetinexImageFilter<Picture>;
using Variational3D = itk::VariationalRetinexImageFilter<Volume>;

BENCHMARK_TEMPLATE(TwelveMegapixelsInColour, Poisson2D)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);
BENCHMARK_TEMPLATE(Volume256, Poisson3D)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);
BENCHMARK_TEMPLATE(Volume256InAMask, Poisson3D)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);
BENCHMARK_TEMPLATE(TwelveMegapixelsInColour, Variational2D)
  ->Unit(benchmark::kMillisecond)
  ->UseRealTime()
  ->Iterations(1);
BENCHMARK_TEMPLATE(Volume256, Variational3D)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);
BENCHMARK_TEMPLATE(Volume256InAMask, Variational3D)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(1);

template <typename TFilter>
void
RegisterErrors(const std::string & name)
{
  struct Case
  {
    const char * name;
    FieldKind    kind;
    double       range;
    double       noise;
  };
  for (const auto & phantom : { Case{ "40 % polynomial, noise 3 %", FieldKind::Polynomial, 0.4, 0.03 },
                                Case{ "40 % polynomial, noise 1 %", FieldKind::Polynomial, 0.4, 0.01 },
                                Case{ "80 % surface coil, noise 3 %", FieldKind::SurfaceCoil, 0.8, 0.03 },
                                Case{ "no field, noise 3 %", FieldKind::None, 0.0, 0.03 } })
  {
    benchmark::RegisterBenchmark((name + "/" + phantom.name).c_str(),
                                 [phantom](benchmark::State & state)
                                 { FieldError<TFilter>(state, phantom.kind, phantom.range, phantom.noise); })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime()
      ->Iterations(1);
  }
}
} // namespace

int
main(int argc, char ** argv)
{
  RegisterErrors<Poisson3D>("poisson-retinex");
  RegisterErrors<Variational3D>("variational-retinex");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
  {
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
