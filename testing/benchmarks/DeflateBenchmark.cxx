// DEFLATE of volumes of float32 in members of 1 MiB, by one thread: by words, and by its peers. The volumes are
// z-scores of noisy integers, the same divided by a smooth field, and files that are named: deflate_benchmark [FILE.nii
// ...] [Google Benchmark's own options]

#include "WordDeflater.h"

#include <benchmark/benchmark.h>
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace
{
constexpr std::size_t Member = std::size_t{ 1 } << 20U;

/** Deflates a member into the target, and returns its size. */
using Deflate = std::function<std::size_t(const char * bytes, std::size_t size, std::vector<char> & target)>;

Deflate
ByWords()
{
  return [deflater =
            std::make_shared<isolux::WordDeflater>()](const char * bytes, std::size_t size, std::vector<char> & target)
  { return deflater->Compress(bytes, size, target.data()); };
}

Deflate
ByLibdeflate(int level)
{
  const std::shared_ptr<libdeflate_compressor> compressor(libdeflate_alloc_compressor(level),
                                                          libdeflate_free_compressor);
  return [compressor](const char * bytes, std::size_t size, std::vector<char> & target)
  { return libdeflate_deflate_compress(compressor.get(), bytes, size, target.data(), target.size()); };
}

Deflate
ByIsal(int level)
{
  return [level, buffer = std::make_shared<std::vector<std::uint8_t>>(ISAL_DEF_LVL3_EXTRA_LARGE)](
           const char * bytes, std::size_t size, std::vector<char> & target)
  {
    isal_zstream stream;
    isal_deflate_init(&stream);
    stream.level = static_cast<std::uint32_t>(level);
    stream.level_buf = buffer->data();
    stream.level_buf_size = static_cast<std::uint32_t>(buffer->size());
    stream.end_of_stream = 1;
    stream.next_in = reinterpret_cast<std::uint8_t *>(const_cast<char *>(bytes));
    stream.avail_in = static_cast<std::uint32_t>(size);
    stream.next_out = reinterpret_cast<std::uint8_t *>(target.data());
    stream.avail_out = static_cast<std::uint32_t>(target.size());
    isal_deflate(&stream);
    return std::size_t{ stream.total_out };
  };
}

Deflate
ByZlib(int level)
{
  return [level](const char * bytes, std::size_t size, std::vector<char> & target)
  {
    uLongf count = target.size();
    compress2(reinterpret_cast<Bytef *>(target.data()), &count, reinterpret_cast<const Bytef *>(bytes), size, level);
    return std::size_t{ count };
  };
}

std::size_t
DeflateAll(const std::vector<char> & volume, const Deflate & deflate)
{
  std::vector<char> target(3 * Member);
  std::size_t       total = 0;
  for (std::size_t begin = 0; begin < volume.size(); begin += Member)
  {
    total += deflate(volume.data() + begin, std::min(Member, volume.size() - begin), target);
  }
  return total;
}

/** Two tissues in noisy air, 128^3, as z-scores of integers; divided by a field, no two are alike. */
std::vector<char>
Head(bool isDivided)
{
  constexpr int      edge = 128;
  std::mt19937       random(7);
  std::vector<float> values;
  for (int i = 0; i < edge * edge * edge; ++i)
  {
    const double x = 2.0 * (i % edge) / edge - 1.0;
    const double y = 2.0 * (i / edge % edge) / edge - 1.0;
    const double z = 2.0 * (i / edge / edge) / edge - 1.0;
    const double r = std::sqrt(x * x + y * y + z * z);
    double       noise = -6.0;
    for (int draw = 0; draw < 12; ++draw)
    {
      noise += static_cast<double>(random()) * 0x1p-32;
    }
    const double tissue = r > 0.8 ? 0.0 : r > 0.6 ? 300.0 : r > 0.4 ? 500.0 : 650.0;
    const double integer = std::round(std::abs(tissue * (1.0 + 0.2 * x) + 25.0 * noise));
    values.push_back(static_cast<float>((integer / (isDivided ? 1.0 + 0.1 * x * y : 1.0) - 118.3) / 175.2));
  }
  std::vector<char> bytes(sizeof(float) * values.size());
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<char>
ContentOf(const char * path)
{
  std::ifstream file(path, std::ios::binary);
  return { std::istreambuf_iterator<char>(file), {} };
}
} // namespace

int
main(int argc, char ** argv)
{
  benchmark::Initialize(&argc, argv);
  std::map<std::string, std::vector<char>> volumes{ { "scores", Head(false) }, { "divided", Head(true) } };
  for (int i = 1; i < argc; ++i)
  {
    volumes[argv[i]] = ContentOf(argv[i]);
  }
  for (const auto & [name, volume] : volumes)
  {
    const auto zlib6 = static_cast<double>(DeflateAll(volume, ByZlib(6)));
    const auto enlist = [&, &bytes = volume](const std::string & method, const Deflate & deflate)
    {
      benchmark::RegisterBenchmark((name + "/" + method).c_str(),
                                   [&bytes, deflate, zlib6](benchmark::State & state)
                                   {
                                     std::size_t size = 0;
                                     for ([[maybe_unused]] auto round : state)
                                     {
                                       size = DeflateAll(bytes, deflate);
                                     }
                                     state.SetBytesProcessed(
                                       static_cast<std::int64_t>(bytes.size() * state.iterations()));
                                     state.counters["size / zlib 6"] = static_cast<double>(size) / zlib6;
                                   })
        ->Unit(benchmark::kMillisecond);
    };
    enlist("words", ByWords());
    for (const int level : { 1, 6, 12 })
    {
      enlist("libdeflate " + std::to_string(level), ByLibdeflate(level));
    }
    enlist("ISA-L 2", ByIsal(2));
    enlist("zlib 6", ByZlib(6));
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
