#include "HistogramRetinexField.h"
#include "N4Reference.h"
#include "Phantom.h"

#include <benchmark/benchmark.h>

#include "itkVersion.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace
{
using namespace isolux::testing;

constexpr double NotRun = std::numeric_limits<double>::quiet_NaN();

enum Method
{
  N4ToTheEnd,
  N4StoppedEarly,
  HistogramRetinex,
  NumberOfMethods
};

struct Measurement
{
  double              error = NotRun;
  std::vector<double> seconds;

  double
  MedianSeconds() const
  {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? NotRun : sorted[sorted.size() / 2];
  }
};

struct Row
{
  std::string                              name;
  Phantom                                  phantom;
  std::array<Measurement, NumberOfMethods> measurements;
};

PhantomImage::Pointer
Estimate(const Phantom & phantom, Method method)
{
  if (method == HistogramRetinex)
  {
    return HistogramRetinexField(phantom.image, phantom.brain);
  }
  N4Options options;
  options.convergenceThreshold = method == N4ToTheEnd ? 0.0 : 1e-3;
  return N4Field(phantom.image, phantom.brain, options);
}

double
UncorrectedError(const Phantom & phantom)
{
  const auto ones = phantom_detail::AllocateLike<PhantomImage>(phantom.field);
  ones->FillBuffer(1.0f);
  return LogFieldError(phantom.field, ones, phantom.brain);
}

/** From the image in memory to the field at full resolution. */
void
Measure(benchmark::State & state, Row & row, Method method)
{
  Measurement & measurement = row.measurements[method];
  for (auto _ : state)
  {
    const auto start = std::chrono::steady_clock::now();
    const auto field = Estimate(row.phantom, method);
    const auto stop = std::chrono::steady_clock::now();
    measurement.seconds.push_back(std::chrono::duration<double>(stop - start).count());
    state.SetIterationTime(measurement.seconds.back());
    measurement.error = LogFieldError(row.phantom.field, field, row.phantom.brain);
  }
  state.counters["field_rmse"] = measurement.error;
}

std::vector<Row>
MakeRows()
{
  std::vector<Row> rows;
  PhantomOptions   options;
  const auto       add = [&](const char * name, FieldKind field, double range, double noise)
  {
    options.field = field;
    options.range = range;
    options.noise = noise;
    rows.push_back({ name, MakePhantom(options), {} });
  };
  add("40 % polynomial, noise 3 %", FieldKind::Polynomial, 0.4, 0.03);
  add("40 % gaussians, noise 3 %", FieldKind::Gaussians, 0.4, 0.03);
  add("20 % gaussians, noise 5 %", FieldKind::Gaussians, 0.2, 0.05);
  add("40 % gaussians, noise 7 %", FieldKind::Gaussians, 0.4, 0.07);
  add("80 % surface coil, noise 3 %", FieldKind::SurfaceCoil, 0.8, 0.03);
  add("no field, noise 3 %", FieldKind::None, 0.0, 0.03);
  options.size = { { 160, 200, 32 } };
  options.spacing = { { 1.0, 1.0, 5.0 } };
  add("1 x 1 x 5 mm, 40 % polynomial, noise 3 %", FieldKind::Polynomial, 0.4, 0.03);
  return rows;
}

void
PrintTable(const std::vector<Row> & rows)
{
  const std::time_t    now = std::time(nullptr);
  std::array<char, 16> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d", std::localtime(&now));
  std::printf(
    "\nRMSE of the log field in the brain; seconds (median) from image to full-resolution field.\n"
    "%u cores, %s, ITK %s. N4: shrink 4, 4 x 50 iterations; [0]: run to the end, [1e-3]: that convergence "
    "threshold.\n\n"
    "| phantom | uncorrected | N4 [0] | N4 [1e-3] | ours | ours / better N4 | N4 [0] s | N4 [1e-3] s | ours s "
    "| N4 [0] / ours | N4 [1e-3] / ours |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    std::thread::hardware_concurrency(),
    date.data(),
    itk::Version::GetITKVersion());
  for (const Row & row : rows)
  {
    const Measurement & toTheEnd = row.measurements[N4ToTheEnd];
    const Measurement & early = row.measurements[N4StoppedEarly];
    const Measurement & ours = row.measurements[HistogramRetinex];
    std::printf("| %s | %.4f | %.4f | %.4f | %.4f | %.2f | %.2f | %.2f | %.3f | %.0f | %.0f |\n",
                row.name.c_str(),
                UncorrectedError(row.phantom),
                toTheEnd.error,
                early.error,
                ours.error,
                ours.error / std::min(toTheEnd.error, early.error),
                toTheEnd.MedianSeconds(),
                early.MedianSeconds(),
                ours.MedianSeconds(),
                toTheEnd.MedianSeconds() / ours.MedianSeconds(),
                early.MedianSeconds() / ours.MedianSeconds());
  }
}
} // namespace

int
main(int argc, char ** argv)
{
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
  {
    return 2;
  }
  std::vector<Row> rows = MakeRows();
  for (Row & row : rows)
  {
    const auto measure = [&row](const char * name, Method method, int iterations)
    {
      benchmark::RegisterBenchmark((row.name + "/" + name).c_str(),
                                   [&row, method](benchmark::State & state) { Measure(state, row, method); })
        ->Iterations(iterations)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
    };
    measure("N4 to the end", N4ToTheEnd, 1);
    measure("N4 stopped early", N4StoppedEarly, 1);
    measure("histogram-retinex", HistogramRetinex, 5);
  }
  benchmark::RunSpecifiedBenchmarks();
  PrintTable(rows);
  return 0;
}
