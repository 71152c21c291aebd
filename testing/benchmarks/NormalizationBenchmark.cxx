#include "PeakMemory.h"

#include "itkHugePages.h"
#include "itkInstanceMomentsSink.h"
#include "itkInstanceNormalizationImageFilter.h"
#include "itkNormalizeInstance.h"

#include <benchmark/benchmark.h>

#include "itkMultiThreaderBase.h"
#include "itkNormalizeImageFilter.h"
#include "itkVersion.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// Contenders take turns in one process; ratios are taken turn by turn, and their median is told.
namespace
{
constexpr int Threads = 2;

using isolux::testing::PeakBeyond;
using Volume = itk::Image<float, 3>;
using Mask = unsigned char;
using Options = itk::NormalizeInstanceOptions;

constexpr const Mask * NoMask = nullptr;

/** The reading half of the limit: adds up what is read, as integers, which costs least. */
struct ReadKernel
{
  template <int VWidth>
  [[gnu::always_inline]] static inline std::int64_t
  Run(const float * from, std::size_t count)
  {
    constexpr std::size_t registers = 8;
    constexpr std::size_t step = 2 * VWidth; // floats in a register
    itk::Truths<VWidth>   sums[registers] = {};
    for (std::size_t i = 0; i + registers * step <= count; i += registers * step)
    {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < registers; ++r)
      {
        sums[r] += *reinterpret_cast<const itk::Truths<VWidth> *>(from + i + r * step);
      }
    }
    std::int64_t sum = 0;
    for (const auto & partial : sums)
    {
      sum += partial[0] + partial[1];
    }
    return sum;
  }
};

/** The writing half: copies past the caches. */
struct CopyKernel
{
  template <int VWidth>
  [[gnu::always_inline]] static inline void
  Run(const float * from, float * to, std::size_t count)
  {
    constexpr std::size_t registers = 4;
    constexpr std::size_t step = 2 * VWidth;
    for (std::size_t i = 0; i + registers * step <= count; i += registers * step)
    {
#pragma GCC unroll 4
      for (std::size_t r = 0; r < registers; ++r)
      {
        const auto value = *reinterpret_cast<const itk::Truths<VWidth> *>(from + i + r * step);
        itk::linear_map_kernel::StreamRegister(value, to + i + r * step);
      }
    }
  }
};

/** What no implementation that reads its input twice can be much faster than. */
void
Limit(const float * from, float * to, std::size_t count)
{
  constexpr std::ptrdiff_t chunk = 65536; // divides every volume here
  const auto               set = itk::BestInstructionSet();
  const auto               end = static_cast<std::ptrdiff_t>(count);
  std::int64_t             sum = 0;
#pragma omp parallel num_threads(Threads)
  {
#pragma omp for schedule(dynamic) reduction(+ : sum)
    for (std::ptrdiff_t begin = 0; begin < end; begin += chunk)
    {
      sum += itk::RunWith<ReadKernel>(set, from + begin, std::size_t{ chunk });
    }
#pragma omp for schedule(dynamic)
    for (std::ptrdiff_t begin = 0; begin < end; begin += chunk)
    {
      itk::RunWith<CopyKernel>(set, from + begin, to + begin, std::size_t{ chunk });
    }
  }
  benchmark::DoNotOptimize(sum);
}

/** Never written. */
template <typename T>
std::shared_ptr<T>
MakeFreshBuffer(std::size_t count)
{
  return { static_cast<T *>(itk::AllocateHugePages(count * sizeof(T))), std::free };
}

/** Zeroed, on huge pages. */
template <typename T>
std::shared_ptr<T>
MakeBuffer(std::size_t count)
{
  const std::size_t pages = (count * sizeof(T) + itk::HugePageSize - 1) / itk::HugePageSize;
  void * const      memory = std::aligned_alloc(itk::HugePageSize, pages * itk::HugePageSize);
  itk::AdviseHugePages(memory, count * sizeof(T));
  std::fill_n(static_cast<T *>(memory), count, T{});
  return { static_cast<T *>(memory), std::free };
}

/** Writes as much memory as an output takes, and gives it back: a virtual machine then has it at hand, and what its
 * host takes to find it is not laid to the next contender. */
void
FetchMemory(std::size_t count)
{
  const auto buffer = MakeFreshBuffer<float>(count);
  std::fill_n(buffer.get(), count, 0.0F);
  benchmark::DoNotOptimize(buffer.get()[count / 2]);
}

struct Data
{
  explicit Data(std::size_t edgeLength)
    : edge(edgeLength)
    , count(edge * edge * edge)
    , image(Volume::New())
    , integers(MakeBuffer<short>(count))
    , ball(MakeBuffer<Mask>(count))
    , scattered(MakeBuffer<Mask>(count))
    , warm(MakeBuffer<float>(count))
  {
    image->SetRegions(Volume::SizeType{ { edge, edge, edge } });
    image->Allocate();
    const auto fromCentre = [this](std::size_t i) { return 2.0 * (0.5 + static_cast<double>(i)) / edge - 1.0; };
    for (std::size_t i = 0; i < count; ++i)
    {
      std::uint64_t bits = i + 0x9e3779b97f4a7c15U;
      bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
      bits ^= bits >> 27U;
      integers.get()[i] = static_cast<short>(bits % 1200);
      image->GetBufferPointer()[i] = integers.get()[i];
      const double x = fromCentre(i % edge);
      const double y = fromCentre(i / edge % edge);
      const double z = fromCentre(i / edge / edge);
      ball.get()[i] = x * x + y * y + z * z < 0.7;
      scattered.get()[i] = bits >> 40U & 1U;
    }
  }

  const float *
  Floats() const
  {
    return image->GetBufferPointer();
  }

  std::size_t            edge;
  std::size_t            count;
  Volume::Pointer        image;
  std::shared_ptr<short> integers;
  std::shared_ptr<Mask>  ball;
  std::shared_ptr<Mask>  scattered;
  std::shared_ptr<float> warm;
};

/** Kept until the clock has stopped. */
using Result = std::shared_ptr<void>;

Result
CallFresh(const Data & data)
{
  const auto out = MakeFreshBuffer<float>(data.count);
  itk::NormalizeInstance(data.Floats(), out.get(), data.count, NoMask, Options(), Threads);
  return out;
}

template <typename TInput>
Result
CallWarm(const Data & data, const TInput * in, const Mask * mask)
{
  itk::NormalizeInstance(in, data.warm.get(), data.count, mask, Options(), Threads);
  return nullptr;
}

Result
Pipeline(const Data & data, const Mask * mask)
{
  using MaskImage = itk::Image<Mask, 3>;
  const auto sink = itk::InstanceMomentsSink<Volume>::New();
  sink->SetInput(data.image);
  if (mask != nullptr)
  {
    const auto image = MaskImage::New();
    image->SetRegions(data.image->GetLargestPossibleRegion());
    image->GetPixelContainer()->SetImportPointer(const_cast<Mask *>(mask), data.count, false);
    sink->SetMaskImage(image);
  }
  const auto filter = itk::InstanceNormalizationImageFilter<Volume>::New();
  filter->SetInput(data.image);
  filter->SetMomentsInput(sink->GetMomentsOutput());
  filter->Update();
  return std::make_shared<Volume::Pointer>(filter->GetOutput());
}

Result
ItkNormalize(const Data & data)
{
  const auto filter = itk::NormalizeImageFilter<Volume, Volume>::New();
  filter->SetInput(data.image);
  filter->Update();
  return std::make_shared<Volume::Pointer>(filter->GetOutput());
}

struct Contender
{
  std::string                         name;
  std::function<Result(const Data &)> run;
};

enum Index
{
  TheLimit,
  Warm,
  InPlace,
  MaskedByBall,
  MaskedScattered,
  FromShort,
  Fresh,
  AsFilter,
  AsMaskedFilter,
  ItkFilter,
  NumberOfContenders
};

const std::array<Contender, NumberOfContenders> &
Contenders()
{
  static const std::array<Contender, NumberOfContenders> contenders{
    { { "L: read, and copy past the caches",
        [](const Data & data)
        {
          Limit(data.Floats(), data.warm.get(), data.count);
          return nullptr;
        } },
      { "call, warm output", [](const Data & data) { return CallWarm(data, data.Floats(), NoMask); } },
      { "call, in place", [](const Data & data) { return CallWarm(data, data.warm.get(), NoMask); } },
      { "call, mask of a ball", [](const Data & data) { return CallWarm(data, data.Floats(), data.ball.get()); } },
      { "call, scattered mask", [](const Data & data) { return CallWarm(data, data.Floats(), data.scattered.get()); } },
      { "call, int16 in", [](const Data & data) { return CallWarm(data, data.integers.get(), NoMask); } },
      { "call, fresh output", CallFresh },
      { "filters, fresh output", [](const Data & data) { return Pipeline(data, NoMask); } },
      { "filters, mask of a ball", [](const Data & data) { return Pipeline(data, data.ball.get()); } },
      { "itk::NormalizeImageFilter", ItkNormalize } }
  };
  return contenders;
}

/** Milliseconds by contender and turn. */
struct Times
{
  std::size_t                                         edge;
  std::array<std::vector<double>, NumberOfContenders> of;

  static double
  Median(std::vector<double> values)
  {
    std::sort(values.begin(), values.end());
    return values.empty() ? std::numeric_limits<double>::quiet_NaN() : values[values.size() / 2];
  }

  double
  MedianRatio(Index numerator, Index denominator) const
  {
    std::vector<double> ratios;
    for (std::size_t turn = 0; turn < of[numerator].size(); ++turn)
    {
      ratios.push_back(of[numerator][turn] / of[denominator][turn]);
    }
    return Median(ratios);
  }
};

void
TakeTurns(benchmark::State & state, Times & times)
{
  const Data data(times.edge);
  for (auto _ : state)
  {
    double total = 0.0;
    for (std::size_t contender = 0; contender < NumberOfContenders; ++contender)
    {
      FetchMemory(data.count);
      // OpenMP's threads wait awake for some milliseconds: not while another contender runs.
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      const auto   start = std::chrono::steady_clock::now();
      const Result result = Contenders()[contender].run(data);
      const auto   stop = std::chrono::steady_clock::now();
      times.of[contender].push_back(std::chrono::duration<double, std::milli>(stop - start).count());
      total += times.of[contender].back();
    }
    state.SetIterationTime(total / 1000.0);
  }
}

/** Peak memory of a process of its own beyond what it held with its data, and beyond the output, in MiB. */
double
PeakBeyondInputAndOutput(Index contender, std::size_t edge)
{
  const auto prepare = [edge]
  {
    itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(Threads);
    return std::make_unique<Data>(edge);
  };
  const auto   run = [contender](const std::unique_ptr<Data> & data) { return Contenders()[contender].run(*data); };
  const double output = static_cast<double>(edge * edge * edge * sizeof(float)) / 1048576.0;
  return PeakBeyond(prepare, run) - output;
}

const Times *
FindEdge(const std::vector<Times> & all, std::size_t edge)
{
  const auto found = std::find_if(all.begin(), all.end(), [edge](const Times & times) { return times.edge == edge; });
  return found == all.end() || found->of[TheLimit].empty() ? nullptr : &*found;
}

void
PrintTables(const std::vector<Times> & all, double callPeak, double filterPeak, double itkPeak)
{
  const std::time_t    now = std::time(nullptr);
  std::array<char, 16> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d", std::localtime(&now));
  const std::array<const char *, 3> sets{ { "the baseline", "AVX2", "AVX-512" } };
  std::printf("\nMilliseconds (median) and the median of their ratios to L, turn by turn; float volumes unless said.\n"
              "%u cores with %s, %d threads, %s, ITK %s.\n\n| |",
              std::thread::hardware_concurrency(),
              sets[static_cast<std::size_t>(itk::BestInstructionSet())],
              Threads,
              date.data(),
              itk::Version::GetITKVersion());
  for (const Times & times : all)
  {
    std::printf(" %zu^3 | x L |", times.edge);
  }
  std::printf("\n|---|");
  for (std::size_t i = 0; i < all.size(); ++i)
  {
    std::printf("---|---|");
  }
  for (std::size_t contender = 0; contender < NumberOfContenders; ++contender)
  {
    std::printf("\n| %s |", Contenders()[contender].name.c_str());
    for (const Times & times : all)
    {
      std::printf(" %.2f | %.2f |",
                  Times::Median(times.of[contender]),
                  times.MedianRatio(static_cast<Index>(contender), TheLimit));
    }
  }
  std::printf("\n| ns per voxel, call, warm output |");
  for (const Times & times : all)
  {
    std::printf(" %.3f | |",
                Times::Median(times.of[Warm]) * 1e6 / static_cast<double>(times.edge * times.edge * times.edge));
  }
  std::printf("\n\n| 256^3 | goal | found |\n|---|---|---|\n");
  if (const Times * times = FindEdge(all, 256))
  {
    const auto row = [](const char * name, const char * goal, double found)
    { std::printf("| %s | %s | %.2f |\n", name, goal, found); };
    row("call, warm output / L", "<= 1.25", times->MedianRatio(Warm, TheLimit));
    row("call, mask of a ball / L", "<= 1.6", times->MedianRatio(MaskedByBall, TheLimit));
    row("call, scattered mask / L", "<= 1.6", times->MedianRatio(MaskedScattered, TheLimit));
    row("call, int16 in / L", "<= 1", times->MedianRatio(FromShort, TheLimit));
    row("itk::NormalizeImageFilter / call, fresh output", ">= 12", times->MedianRatio(ItkFilter, Fresh));
    row("filters / call, fresh output", "<= 1.5", times->MedianRatio(AsFilter, Fresh));
    row("peak memory beyond input and output, MiB: call", "<= 8", callPeak);
    row("the same: filters", "<= 8", filterPeak);
    row("the same: itk::NormalizeImageFilter", "", itkPeak);
  }
}
/** For normalization_peers.py: the milliseconds of a call with fresh output for each line that is read. */
int
AnswerCalls()
{
  const Data data(256);
  while (std::getchar() != EOF)
  {
    FetchMemory(data.count);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const auto   start = std::chrono::steady_clock::now();
    const Result result = CallFresh(data);
    const auto   stop = std::chrono::steady_clock::now();
    std::printf("%.4f\n", std::chrono::duration<double, std::milli>(stop - start).count());
    std::fflush(stdout);
  }
  return 0;
}
} // namespace

int
main(int argc, char ** argv)
{
  if (argc == 2 && std::string(argv[1]) == "--call-only")
  {
    return AnswerCalls();
  }
  // Before any thread is started: these are processes of their own.
  const double callPeak = PeakBeyondInputAndOutput(Fresh, 256);
  const double filterPeak = PeakBeyondInputAndOutput(AsFilter, 256);
  const double itkPeak = PeakBeyondInputAndOutput(ItkFilter, 256);

  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
  {
    return 2;
  }
  itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(Threads);
  std::vector<Times> all;
  for (const std::size_t edge : { 64U, 128U, 256U, 512U })
  {
    all.push_back({ edge, {} });
  }
  const std::array<int, 4> turns{ { 101, 41, 21, 5 } };
  for (std::size_t i = 0; i < all.size(); ++i)
  {
    benchmark::RegisterBenchmark((std::to_string(all[i].edge) + "^3, all contenders in turn").c_str(),
                                 [&all, i](benchmark::State & state) { TakeTurns(state, all[i]); })
      ->Iterations(turns[i])
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  PrintTables(all, callPeak, filterPeak, itkPeak);
  return 0;
}
