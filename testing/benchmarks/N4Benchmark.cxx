#include "N4Reference.h"
#include "Phantom.h"

#include "itkIlluminationCorrectionImageFilter.h"
#include "itkN4FieldSink.h"

#include <benchmark/benchmark.h>

#include "itkVersion.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

// n4 beside itk::N4BiasFieldCorrectionImageFilter with the same settings, from the image in memory to the log field at
// full resolution (ITK) or to the corrected image (n4).
namespace
{
using namespace isolux::testing;

struct Row
{
  std::string           name;
  double                threshold;
  Phantom               phantom;
  PhantomImage::Pointer expected;
  itk::SmoothField      field;
  std::vector<double>   itkSeconds;
  std::vector<double>   seconds;
};

double
Median(std::vector<double> values)
{
  std::sort(values.begin(), values.end());
  return values.empty() ? std::nan("") : values[values.size() / 2];
}

/** Root mean square in the mask of the log fields' difference. */
double
Difference(const Row & row)
{
  if (!row.expected || row.seconds.empty())
  {
    return std::nan("");
  }
  const itk::SmoothFieldRowEvaluator evaluator(row.field);
  const auto                         length = row.expected->GetLargestPossibleRegion().GetSize(0);
  std::vector<double>                logField(length);
  double                             squares = 0.0;
  std::size_t                        count = 0;
  for (std::size_t i = 0; i < row.expected->GetLargestPossibleRegion().GetNumberOfPixels(); ++i)
  {
    if (i % length == 0)
    {
      const auto index = row.expected->ComputeIndex(static_cast<itk::OffsetValueType>(i));
      evaluator(index, index[0], length, logField.data());
    }
    if (row.phantom.brain->GetBufferPointer()[i] != 0)
    {
      squares += std::pow(logField[i % length] - std::log(row.expected->GetBufferPointer()[i]), 2);
      ++count;
    }
  }
  return std::sqrt(squares / static_cast<double>(count));
}

template <typename TFunction>
void
Measure(benchmark::State & state, std::vector<double> & seconds, TFunction && f)
{
  for (auto _ : state)
  {
    const auto start = std::chrono::steady_clock::now();
    f();
    const auto stop = std::chrono::steady_clock::now();
    seconds.push_back(std::chrono::duration<double>(stop - start).count());
    state.SetIterationTime(seconds.back());
  }
}

void
MeasureItk(benchmark::State & state, Row & row)
{
  N4Options options;
  options.convergenceThreshold = row.threshold;
  Measure(state, row.itkSeconds, [&] { row.expected = N4Field(row.phantom.image, row.phantom.brain, options); });
}

void
MeasureN4(benchmark::State & state, Row & row)
{
  Measure(state,
          row.seconds,
          [&]
          {
            const auto sink = itk::N4FieldSink<PhantomImage>::New();
            sink->SetInput(row.phantom.image);
            sink->SetMaskImage(row.phantom.brain);
            sink->SetConvergenceThreshold(row.threshold);
            const auto correction = itk::IlluminationCorrectionImageFilter<PhantomImage>::New();
            correction->SetInput(row.phantom.image);
            correction->SetFieldInput(sink->GetFieldOutput());
            correction->Update();
            row.field = sink->GetField();
          });
}

void
PrintTable(const std::vector<Row> & rows)
{
  const std::time_t    now = std::time(nullptr);
  std::array<char, 16> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d", std::localtime(&now));
  std::printf(
    "\nSeconds (median); difference: root mean square in the mask between the log fields. %u cores, %s, ITK %s.\n\n"
    "| image, convergence threshold | ITK s | n4 s | ITK / n4 | difference |\n|---|---|---|---|---|\n",
    std::thread::hardware_concurrency(),
    date.data(),
    itk::Version::GetITKVersion());
  for (const Row & row : rows)
  {
    const double peer = Median(row.itkSeconds);
    const double ours = Median(row.seconds);
    std::printf("| %s | %.2f | %.4f | %.0f | %.1e |\n", row.name.c_str(), peer, ours, peer / ours, Difference(row));
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
  PhantomOptions options;
  options.size = { { 181, 217, 181 } };
  options.spacing = { { 1.0, 1.0, 1.0 } };
  const Phantom    phantom = MakePhantom(options);
  std::vector<Row> rows{ { "181 x 217 x 181, 0", 0.0, phantom, nullptr, {}, {}, {} },
                         { "181 x 217 x 181, 1e-3", 1e-3, phantom, nullptr, {}, {}, {} } };
  for (Row & row : rows)
  {
    // Before and after the peer, whose time may change with what else the machine does.
    const auto n4 = [&row](benchmark::State & state) { MeasureN4(state, row); };
    const auto peer = [&row](benchmark::State & state) { MeasureItk(state, row); };
    const auto add = [](const std::string & name, const auto & function, int iterations)
    {
      benchmark::RegisterBenchmark(name.c_str(), function)
        ->Iterations(iterations)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
    };
    add(row.name + "/n4 before", n4, 5);
    add(row.name + "/ITK", peer, 1);
    add(row.name + "/n4 after", n4, 5);
  }
  benchmark::RunSpecifiedBenchmarks();
  PrintTable(rows);
  return 0;
}
