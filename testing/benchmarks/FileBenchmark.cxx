// File to file, and through volumes larger than memory: whole processes beside ITK's, nibabel's and plain reading and
// writing, in turn. file_benchmark [--gib=8] [--rounds=5] [Google Benchmark's own options]

#include "itkImageFileReader.h"
#include "itkImageFileWriter.h"
#include "itkMetaImageIO.h"
#include "itkNiftiImageIO.h"
#include "itkNormalizeImageFilter.h"
#include "itkShiftScaleImageFilter.h"
#include "itkStatisticsImageFilter.h"

#include <benchmark/benchmark.h>
#include <nifti1.h>
#include <zlib.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

namespace
{
using Volume = itk::Image<float, 3>;

constexpr std::size_t Block = std::size_t{ 8 } << 20U;

/** Two tissues in noisy air, as a head in MR. */
class Phantom
{
public:
  explicit Phantom(std::size_t edge)
    : m_Edge(edge)
    , m_Noise(1U << 20U)
  {
    std::uint64_t state = 88172645463325252U;
    const auto    uniform = [&state]
    {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      return (static_cast<double>(state >> 11U) + 0.5) * 0x1p-53;
    };
    for (float & value : m_Noise)
    {
      value = static_cast<float>(std::sqrt(-2.0 * std::log(uniform())) * std::cos(6.283185307179586 * uniform()));
    }
  }

  /** The next row of x. */
  const std::vector<float> &
  Row()
  {
    const double scale = 2.0 / static_cast<double>(m_Edge);
    const double y = scale * static_cast<double>(m_Row % m_Edge) - 1.0;
    const double z = scale * static_cast<double>(m_Row / m_Edge) - 1.0;
    m_Values.resize(m_Edge);
    for (std::size_t i = 0; i < m_Edge; ++i)
    {
      const double x = scale * static_cast<double>(i) - 1.0;
      const double r = std::sqrt(x * x + y * y + z * z);
      const float  noise = m_Noise[(m_Row * 7919 + i) % m_Noise.size()];
      const double tissue = r > 0.6 || (r > 0.2 && r < 0.3) ? 300.0 : r > 0.4 ? 500.0 : 650.0;
      m_Values[i] =
        r > 0.8 ? std::abs(25.0F * noise) : static_cast<float>(tissue * (1.0 + 0.2 * x - 0.1 * y * y)) + 25.0F * noise;
    }
    ++m_Row;
    return m_Values;
  }

private:
  std::size_t        m_Edge;
  std::size_t        m_Row = 0;
  std::vector<float> m_Noise;
  std::vector<float> m_Values;
};

/** int16, as zlib compresses it at its default level. */
void
WriteNiftiGz(const fs::path & path, std::size_t edge)
{
  nifti_1_header header{};
  header.sizeof_hdr = sizeof(header);
  header.dim[0] = 3;
  for (int axis = 1; axis < 8; ++axis)
  {
    header.dim[axis] = static_cast<short>(axis < 4 ? edge : 1);
    header.pixdim[axis] = 1.0F;
  }
  header.datatype = DT_INT16;
  header.bitpix = 16;
  header.vox_offset = 352.0F;
  header.scl_slope = 1.0F;
  header.sform_code = 1;
  header.srow_x[0] = header.srow_y[1] = header.srow_z[2] = 1.0F;
  std::memcpy(header.magic, "n+1", 4);
  const gzFile file = gzopen(path.c_str(), "wb6");
  gzwrite(file, &header, sizeof(header));
  gzwrite(file, "\0\0\0\0", 4);
  Phantom            phantom(edge);
  std::vector<short> row(edge);
  for (std::size_t i = 0; i < edge * edge; ++i)
  {
    const auto & values = phantom.Row();
    std::transform(
      values.begin(), values.end(), row.begin(), [](float value) { return static_cast<short>(std::lround(value)); });
    gzwrite(file, row.data(), static_cast<unsigned int>(2 * edge));
  }
  gzclose(file);
}

void
WriteMeta(const fs::path & path, std::size_t edge)
{
  std::ofstream file(path, std::ios::binary);
  file << "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\n"
          "ElementSpacing = 1 1 1\nDimSize = "
       << edge << ' ' << edge << ' ' << edge << "\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n";
  Phantom phantom(edge);
  for (std::size_t i = 0; i < edge * edge; ++i)
  {
    const auto & row = phantom.Row();
    file.write(reinterpret_cast<const char *>(row.data()), static_cast<std::streamsize>(4 * edge));
  }
}

/** Reads a file so many times and writes its bytes once, synced as a finished output is. */
void
ReadAndWrite(const char * in, const char * out, int reads)
{
  std::vector<char> buffer(Block);
  const int         to = ::open(out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (int pass = 1; pass <= reads; ++pass)
  {
    const int from = ::open(in, O_RDONLY);
    while (const auto count = ::read(from, buffer.data(), buffer.size()))
    {
      if (pass == reads && ::write(to, buffer.data(), static_cast<std::size_t>(count)) != count)
      {
        std::perror(out);
        std::exit(1);
      }
    }
    ::close(from);
  }
  ::fsync(to);
  ::close(to);
}

void
NormalizeByItk(const char * in, const char * out)
{
  const auto reader = itk::ImageFileReader<Volume>::New();
  reader->SetFileName(in);
  reader->SetImageIO(itk::NiftiImageIO::New());
  const auto filter = itk::NormalizeImageFilter<Volume, Volume>::New();
  filter->SetInput(reader->GetOutput());
  const auto writer = itk::ImageFileWriter<Volume>::New();
  writer->SetFileName(out);
  writer->SetImageIO(itk::NiftiImageIO::New());
  writer->SetInput(filter->GetOutput());
  writer->UseCompressionOn();
  writer->Update();
}

void
StreamByItk(const char * in, const char * out, unsigned int divisions)
{
  const auto reader = itk::ImageFileReader<Volume>::New();
  reader->SetFileName(in);
  reader->SetImageIO(itk::MetaImageIO::New());
  const auto statistics = itk::StatisticsImageFilter<Volume>::New();
  statistics->SetInput(reader->GetOutput());
  statistics->SetNumberOfStreamDivisions(divisions);
  statistics->Update();
  const auto scale = itk::ShiftScaleImageFilter<Volume, Volume>::New();
  scale->SetInput(reader->GetOutput());
  scale->SetShift(-statistics->GetMean());
  scale->SetScale(1.0 / statistics->GetSigma());
  const auto writer = itk::ImageFileWriter<Volume>::New();
  writer->SetFileName(out);
  writer->SetImageIO(itk::MetaImageIO::New());
  writer->SetInput(scale->GetOutput());
  writer->SetNumberOfStreamDivisions(divisions);
  writer->Update();
}

struct Cost
{
  double wall = 0.0; ///< seconds
  double cpu = 0.0;  ///< seconds
  double peak = 0.0; ///< MiB
};

/** Runs a program, whose output is thrown away. A line "seconds NUMBER" of it is taken for its wall time. */
Cost
Run(const std::vector<std::string> & arguments)
{
  int pipe[2];
  if (::pipe(pipe) != 0)
  {
    std::exit(1);
  }
  std::vector<char *> words;
  for (const auto & argument : arguments)
  {
    words.push_back(const_cast<char *>(argument.c_str()));
  }
  words.push_back(nullptr);
  const auto  start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0)
  {
    ::dup2(pipe[1], STDOUT_FILENO);
    ::execvp(words.front(), words.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
  std::string            text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; (count = ::read(pipe[0], buffer.data(), buffer.size())) > 0;)
  {
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(pipe[0]);
  int    status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  const auto stop = std::chrono::steady_clock::now();
  if (status != 0)
  {
    std::fprintf(stderr, "%s failed\n", arguments.front().c_str());
    std::exit(1);
  }
  const auto secondsOf = [](const timeval & time)
  { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); };
  const auto own = text.find("seconds ");
  return { own == std::string::npos ? std::chrono::duration<double>(stop - start).count()
                                    : std::stod(text.substr(own + 8)),
           secondsOf(usage.ru_utime) + secondsOf(usage.ru_stime),
           static_cast<double>(usage.ru_maxrss) / 1024.0 };
}

double
Median(std::vector<double> values)
{
  std::sort(values.begin(), values.end());
  const auto half = values.size() / 2;
  return values.empty()           ? std::nan("")
         : values.size() % 2 == 1 ? values[half]
                                  : 0.5 * (values[half - 1] + values[half]);
}

struct Contender
{
  std::string              name;
  std::vector<std::string> command;
  fs::path                 output; ///< removed before each turn
  std::vector<Cost>        costs = {};

  std::vector<double>
  Of(double Cost::*member) const
  {
    std::vector<double> values;
    for (const Cost & cost : costs)
    {
      values.push_back(cost.*member);
    }
    return values;
  }
};

/** Each once in every round, in an order that is drawn: what one leaves of memory and cache, the next one finds. */
void
TakeTurns(benchmark::State & state, std::vector<Contender> & contenders)
{
  std::vector<std::size_t> order(contenders.size());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(7);
  for ([[maybe_unused]] auto round : state)
  {
    double all = 0.0;
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t turn : order)
    {
      Contender & contender = contenders[turn];
      fs::remove(contender.output);
      ::sync(); // else an fsync of ours writes what others have left to the system
      contender.costs.push_back(Run(contender.command));
      all += contender.costs.back().wall;
    }
    state.SetIterationTime(all);
  }
}

/** Medians, and the medians of the ratios to the first contender, round by round. */
void
PrintTable(const std::string & title, const std::vector<Contender> & contenders)
{
  const std::time_t    now = std::time(nullptr);
  std::array<char, 16> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%d", std::localtime(&now));
  std::printf("\n%s; %zu rounds, %u cores, %s.\n\n| | wall, s | / ours | CPU, s | / ours | peak, MiB | output, MiB |\n"
              "|---|---|---|---|---|---|---|\n",
              title.c_str(),
              contenders.front().costs.size(),
              std::thread::hardware_concurrency(),
              date.data());
  for (const Contender & contender : contenders)
  {
    const auto ratio = [&](double Cost::*member)
    {
      std::vector<double> ratios;
      for (std::size_t round = 0; round < contender.costs.size(); ++round)
      {
        ratios.push_back(contender.costs[round].*member / contenders.front().costs[round].*member);
      }
      return Median(ratios);
    };
    std::printf("| %s | %.3f | %.2f | %.3f | %.2f | %.0f | %.1f |\n",
                contender.name.c_str(),
                Median(contender.Of(&Cost::wall)),
                ratio(&Cost::wall),
                Median(contender.Of(&Cost::cpu)),
                ratio(&Cost::cpu),
                Median(contender.Of(&Cost::peak)),
                static_cast<double>(fs::file_size(contender.output)) / 1048576.0);
  }
}

/** How time and memory grow with the volume. */
void
PrintGrowth(const std::vector<Contender> & contenders)
{
  std::printf("\n| | voxels, millions | wall, s | ns a voxel | CPU, s | peak, MiB |\n|---|---|---|---|---|---|\n");
  for (const Contender & contender : contenders)
  {
    const double wall = Median(contender.Of(&Cost::wall));
    const double voxels = static_cast<double>(fs::file_size(contender.output)) / sizeof(float);
    std::printf("| %s | %.1f | %.3f | %.1f | %.3f | %.0f |\n",
                contender.name.c_str(),
                1e-6 * voxels,
                wall,
                1e9 * wall / voxels,
                Median(contender.Of(&Cost::cpu)),
                Median(contender.Of(&Cost::peak)));
  }
}

/** Whole numbers of options of our own, which are taken out of the arguments. */
double
Take(std::vector<char *> & arguments, const std::string & option, double otherwise)
{
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument)
  {
    if (std::string(*argument).rfind(option + "=", 0) == 0)
    {
      const double number = std::stod(std::string(*argument).substr(option.size() + 1));
      arguments.erase(argument);
      return number;
    }
  }
  return otherwise;
}

constexpr const char * Nibabel = R"(
import sys, time
import nibabel, numpy
start = time.perf_counter()
image = nibabel.load(sys.argv[1])
data = image.get_fdata(dtype=numpy.float32)
nibabel.save(nibabel.Nifti1Image(((data - data.mean()) / data.std()).astype(numpy.float32), image.affine), sys.argv[2])
print("seconds", time.perf_counter() - start)
)";
} // namespace

int
main(int argc, char ** argv)
{
  const std::string mode = argc > 3 ? argv[1] : "";
  if (mode == "plain")
  {
    ReadAndWrite(argv[2], argv[3], std::stoi(argv[4]));
    return 0;
  }
  if (mode == "itk")
  {
    NormalizeByItk(argv[2], argv[3]);
    return 0;
  }
  if (mode == "itk-streamed")
  {
    StreamByItk(argv[2], argv[3], 64);
    return 0;
  }
  std::vector<char *> arguments(argv, argv + argc);
  const double        gib = Take(arguments, "--gib", 1.0);
  const auto          rounds = static_cast<int>(Take(arguments, "--rounds", 5.0));
  argc = static_cast<int>(arguments.size());
  benchmark::Initialize(&argc, arguments.data());
  if (benchmark::ReportUnrecognizedArguments(argc, arguments.data()))
  {
    return 2;
  }
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  const fs::path    folder = fs::current_path() / "file-benchmark";
  fs::create_directories(folder);
  const auto at = [&folder](const char * name) { return (folder / name).string(); };

  WriteNiftiGz(at("small.nii.gz"), 256);
  std::vector<Contender> files = {
    { "isolux",
      { ISOLUX_PROGRAM, "instance-norm", at("small.nii.gz"), at("ours.nii.gz"), "--force" },
      at("ours.nii.gz") },
    { "isolux, int16 kept",
      { ISOLUX_PROGRAM, "instance-norm", at("small.nii.gz"), at("int16.nii.gz"), "--force", "--dtype", "int16-scaled" },
      at("int16.nii.gz") },
    { "ITK", { self, "itk", at("small.nii.gz"), at("itk.nii.gz") }, at("itk.nii.gz") },
  };
  std::ofstream(at("by_nibabel.py")) << Nibabel;
  if (std::system("python3 -c 'import nibabel' 2>/dev/null") == 0)
  {
    files.push_back({ "nibabel and numpy, without their import",
                      { "python3", at("by_nibabel.py"), at("small.nii.gz"), at("nibabel.nii.gz") },
                      at("nibabel.nii.gz") });
  }

  const auto edge = static_cast<std::size_t>(std::lround(std::cbrt(gib * 0x1p28)));
  WriteMeta(at("large.mha"), edge);
  std::vector<Contender> streams = {
    { "isolux, --memory 128",
      { ISOLUX_PROGRAM, "instance-norm", at("large.mha"), at("ours.mha"), "--force", "--memory", "128" },
      at("ours.mha") },
    { "the same, --hash xxh128",
      { ISOLUX_PROGRAM,
        "instance-norm",
        at("large.mha"),
        at("xxh.mha"),
        "--force",
        "--memory",
        "128",
        "--hash",
        "xxh128" },
      at("xxh.mha") },
    { "ITK, 64 divisions", { self, "itk-streamed", at("large.mha"), at("itk.mha") }, at("itk.mha") },
    { "read twice and written once, 8 MiB", { self, "plain", at("large.mha"), at("plain.mha"), "2" }, at("plain.mha") },
  };
  std::vector<Contender> growth;
  for (const std::size_t size : { 64U, 128U, 256U, 512U, 1024U })
  {
    if (size <= edge)
    {
      const auto name = std::to_string(size);
      const auto file = at(("of" + name + ".mha").c_str());
      WriteMeta(file, size);
      for (const char * const pipeline : { "instance-norm", "default" })
      {
        const auto output = at((std::string(pipeline) + name + ".nii").c_str());
        growth.push_back({ name + "^3, " + pipeline,
                           { ISOLUX_PROGRAM,
                             "run",
                             std::string(ISOLUX_PIPELINES) + pipeline + ".json",
                             file,
                             output,
                             "--force",
                             "--memory",
                             "256" },
                           output });
      }
    }
  }
  const auto enlist = [rounds](const char * name, std::vector<Contender> & contenders)
  {
    benchmark::RegisterBenchmark(name, [&contenders](benchmark::State & state) { TakeTurns(state, contenders); })
      ->Iterations(rounds)
      ->UseManualTime()
      ->Unit(benchmark::kSecond);
  };
  enlist("file to file", files);
  enlist("larger than memory", streams);
  enlist("growth", growth);
  benchmark::RunSpecifiedBenchmarks();
  if (!files.front().costs.empty())
  {
    PrintTable("int16 256^3 .nii.gz to its z-scores as .nii.gz", files);
  }
  if (!streams.front().costs.empty())
  {
    PrintTable("z-scores of a float volume of " + std::to_string(edge) + "^3, " +
                 std::to_string(fs::file_size(at("large.mha")) >> 20U) + " MiB, .mha to .mha",
               streams);
  }
  if (!growth.empty() && !growth.front().costs.empty())
  {
    PrintGrowth(growth);
  }
  fs::remove_all(folder);
  return 0;
}
