#include "itkHugePages.h"
#include "itkIlluminationCorrectionImageFilter.h"
#include "itkLogReflectanceImageFilter.h"
#include "itkMultiScaleRetinexSink.h"

#include <benchmark/benchmark.h>

#include "itkMultiThreaderBase.h"
#include "itkSmoothingRecursiveGaussianImageFilter.h"
#include "itkVersion.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <vector>

// Contenders take turns in one process; ratios to ITK's recursive Gaussian are taken turn by turn, and their median is
// told.
namespace
{
using Volume = itk::Image<float, 3>;
using Picture = itk::Image<float, 2>;

/** Noise around a shade: nothing here depends on what the image shows. */
template <typename TImage>
typename TImage::Pointer
MakeImage(const typename TImage::SizeType & size, std::uint64_t seed)
{
  const auto image = TImage::New();
  image->SetRegions(size);
  image->Allocate();
  for (std::size_t i = 0; i < image->GetBufferedRegion().GetNumberOfPixels(); ++i)
  {
    std::uint64_t bits = i + seed * 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits ^= bits >> 27U;
    image->GetBufferPointer()[i] = 20.0F + static_cast<float>(bits % 200 + 50 * (i % size[0]) / size[0]);
  }
  return image;
}

template <typename TImage>
typename TImage::Pointer
RecursiveGaussian(const TImage * image, double sigma)
{
  const auto filter = itk::SmoothingRecursiveGaussianImageFilter<TImage, TImage>::New();
  filter->SetInput(image);
  filter->SetSigma(sigma);
  filter->Update();
  return filter->GetOutput();
}

/** y = x / S, in the unit of x or as a logarithm; with channels with colour restoration. */
template <typename TImage>
typename TImage::Pointer
Retinex(const TImage *                                image,
        const std::vector<double> &                   scales,
        bool                                          isLog,
        const std::vector<typename TImage::Pointer> & channels = {})
{
  const auto sink = itk::MultiScaleRetinexSink<TImage>::New();
  sink->SetInput(image);
  sink->SetScales(scales);
  sink->SetNormalize(!isLog);
  const auto quotient = itk::IlluminationCorrectionImageFilter<TImage>::New();
  quotient->SetInput(image);
  quotient->SetFieldInput(sink->GetFieldOutput());
  if (!isLog)
  {
    quotient->Update();
    return quotient->GetOutput();
  }
  const auto log = itk::LogReflectanceImageFilter<TImage>::New();
  log->SetInput(quotient->GetOutput());
  log->InPlaceOn();
  for (const auto & channel : channels)
  {
    log->AddChannel(channel, channel == image);
  }
  log->Update();
  return log->GetOutput();
}

/** The surround alone: what a pass over the image costs. */
void
Learn(const Volume * image, double scale)
{
  const auto sink = itk::MultiScaleRetinexSink<Volume>::New();
  sink->SetInput(image);
  sink->SetScales({ scale });
  sink->Update();
}

struct Contender
{
  std::string           name;
  std::function<void()> run;
  std::vector<double>   milliseconds;
};

double
Median(std::vector<double> values)
{
  std::sort(values.begin(), values.end());
  return values.empty() ? 0.0 : values[values.size() / 2];
}

double
MedianRatio(const Contender & a, const Contender & b)
{
  std::vector<double> ratios;
  for (std::size_t turn = 0; turn < a.milliseconds.size(); ++turn)
  {
    ratios.push_back(a.milliseconds[turn] / b.milliseconds[turn]);
  }
  return Median(ratios);
}

struct Group
{
  std::string            name;
  unsigned int           threads;
  std::vector<Contender> contenders; // the first is ITK's
};

void
TakeTurns(benchmark::State & state, Group & group)
{
  itk::MultiThreaderBase::SetGlobalMaximumNumberOfThreads(group.threads);
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(group.threads);
  for (auto _ : state)
  {
    double total = 0.0;
    for (auto & contender : group.contenders)
    {
      const auto start = std::chrono::steady_clock::now();
      contender.run();
      const auto stop = std::chrono::steady_clock::now();
      contender.milliseconds.push_back(std::chrono::duration<double, std::milli>(stop - start).count());
      total += contender.milliseconds.back();
    }
    state.SetIterationTime(total / 1000.0);
  }
}

void
PrintTables(const std::vector<Group> & groups)
{
  const std::time_t now = std::time(nullptr);
  char              date[16] = {};
  std::strftime(date, sizeof(date), "%Y-%m-%d", std::localtime(&now));
  std::printf("\nMilliseconds (median) and the median of their ratios to ITK's recursive Gaussian, turn by turn.\n"
              "%u cores, %s, ITK %s.\n",
              std::thread::hardware_concurrency(),
              date,
              itk::Version::GetITKVersion());
  for (const auto & group : groups)
  {
    std::printf("\n| %s, %u thread%s | ms | / ITK's |\n|---|---|---|\n",
                group.name.c_str(),
                group.threads,
                group.threads == 1 ? "" : "s");
    for (const auto & contender : group.contenders)
    {
      std::printf("| %s | %.1f | %.2f |\n",
                  contender.name.c_str(),
                  Median(contender.milliseconds),
                  MedianRatio(contender, group.contenders.front()));
    }
  }
}
} // namespace

int
main(int argc, char ** argv)
{
  const auto                    volume = MakeImage<Volume>({ { 256, 256, 256 } }, 1);
  std::vector<Picture::Pointer> photograph;
  for (std::uint64_t channel = 1; channel <= 3; ++channel)
  {
    photograph.push_back(MakeImage<Picture>({ { 4000, 3000 } }, channel));
  }
  const std::vector<double> scales{ 15.0, 80.0, 250.0 };
  std::vector<Group>        groups;
  for (const unsigned int threads : { 1U, 2U })
  {
    groups.push_back({ "256^3",
                       threads,
                       { { "ITK's recursive Gaussian, 15 mm", [&] { RecursiveGaussian<Volume>(volume, 15.0); }, {} },
                         { "multi-scale retinex, 3 scales", [&] { Retinex<Volume>(volume, scales, false); }, {} },
                         { "the same, as a logarithm", [&] { Retinex<Volume>(volume, scales, true); }, {} },
                         { "surround alone, 3 mm", [&] { Learn(volume, 3.0); }, {} },
                         { "surround alone, 15 mm", [&] { Learn(volume, 15.0); }, {} },
                         { "surround alone, 100 mm", [&] { Learn(volume, 100.0); }, {} } } });
    groups.push_back({ "4000 x 3000, 3 channels",
                       threads,
                       { { "ITK's recursive Gaussian, 15 pixels",
                           [&]
                           {
                             for (const auto & channel : photograph)
                             {
                               RecursiveGaussian<Picture>(channel, 15.0);
                             }
                           },
                           {} },
                         { "MSRCR, 3 scales",
                           [&]
                           {
                             for (const auto & channel : photograph)
                             {
                               Retinex<Picture>(channel, scales, true, photograph);
                             }
                           },
                           {} } } });
  }
  for (auto & group : groups)
  {
    benchmark::RegisterBenchmark((group.name + ", threads " + std::to_string(group.threads)).c_str(),
                                 [&group](benchmark::State & state) { TakeTurns(state, group); })
      ->UseManualTime()
      ->Iterations(7)
      ->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  PrintTables(groups);
  return 0;
}
