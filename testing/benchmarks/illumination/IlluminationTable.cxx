// Writes the table of README.md, as a whole or in parts.

#include "Anatomy.h"
#include "Design.h"
#include "Measures.h"
#include "Methods.h"
#include "Results.h"

#include "PeakMemory.h"

#include "itkMultiThreaderBase.h"
#include "itkVersion.h"

#include <omp.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <thread>

namespace isolux::testing
{
namespace
{
constexpr const char * Usage =
  R"(illumination_table --data FILE... [--csv FILE] [--out FILE] [--cache FOLDER] [--methods M,M,...] [--tasks T,T,...]
                   [--half A|B|all] [--only TEXT] [--threads N]

Measures bias-field estimates beside their peers, in one run; ours is the first of the methods. All figures
are the better the lower.
  --data     tab-separated, with a header: half, name, image, mask, tissue, reference; paths from the file's folder,
             "-" where there is none. Tissue: 1 CSF, 2 GM, 3 WM; reference: the image as N3 corrects it.
  --csv      results; what it already holds is kept, so that the table can be made in parts
  --out      the table, in Markdown (default: standard output)
  --cache    folder for the fields of the peers, found again by the content of their images
  --methods  default histogram-retinex,n4-0,n4-1e-3; also own-n4-0 and own-n4-1e-3
  --tasks    default time,phantoms,real,follow,robustness; time comes first; "": only the table
  --half     which half of the data (default all)
  --only     only cases whose name holds this text
  --threads  default 2
)";

struct Volume
{
  std::string half;
  std::string name;
  std::string image;
  std::string mask;
  std::string tissue;
  std::string reference;
};

struct Options
{
  std::vector<Volume>      volumes;
  std::string              csv;
  std::string              out;
  std::string              cache;
  std::vector<std::string> methods{ "histogram-retinex", "n4-0", "n4-1e-3" };
  std::vector<std::string> tasks{ "time", "phantoms", "real", "follow", "robustness" };
  std::string              half = "all";
  std::string              only;
  unsigned int             threads = 2;
};

std::vector<std::string>
Split(const std::string & text, char separator)
{
  std::vector<std::string> parts;
  std::istringstream       stream(text);
  for (std::string part; std::getline(stream, part, separator);)
  {
    parts.push_back(part);
  }
  return parts;
}

void
ReadVolumes(const std::string & file, std::vector<Volume> & volumes)
{
  std::ifstream stream(file);
  std::string   line;
  if (!std::getline(stream, line))
  {
    throw std::runtime_error("cannot read " + file);
  }
  const auto folder = std::filesystem::path(file).parent_path();
  while (std::getline(stream, line))
  {
    auto fields = Split(line, '\t');
    fields.resize(6, "-");
    for (std::size_t i = 2; i < fields.size(); ++i)
    {
      fields[i] = fields[i] == "-" ? "" : (folder / fields[i]).string();
    }
    volumes.push_back({ fields[0], fields[1], fields[2], fields[3], fields[4], fields[5] });
  }
}

Options
ReadOptions(int argc, char ** argv)
{
  Options options;
  for (int i = 1; i < argc; i += 2)
  {
    const std::string name = argv[i];
    if (i + 1 == argc)
    {
      throw std::runtime_error(name + " needs a value");
    }
    const std::string value = argv[i + 1];
    if (name == "--data")
    {
      ReadVolumes(value, options.volumes);
    }
    else if (name == "--methods")
    {
      options.methods = Split(value, ',');
    }
    else if (name == "--tasks")
    {
      options.tasks = Split(value, ',');
    }
    else if (name == "--threads")
    {
      options.threads = static_cast<unsigned int>(std::stoul(value));
    }
    else
    {
      const std::map<std::string, std::string *> texts = { { "--csv", &options.csv },
                                                           { "--out", &options.out },
                                                           { "--cache", &options.cache },
                                                           { "--half", &options.half },
                                                           { "--only", &options.only } };
      const auto                                 found = texts.find(name);
      if (found == texts.end())
      {
        throw std::runtime_error("unknown option " + name);
      }
      *found->second = value;
    }
  }
  std::stable_partition(
    options.tasks.begin(), options.tasks.end(), [](const std::string & task) { return task == "time"; });
  if (!options.cache.empty())
  {
    std::filesystem::create_directories(options.cache);
  }
  return options;
}

class Table
{
public:
  explicit Table(const Options & options)
    : m_Options(options)
  {
    for (const auto & name : options.methods)
    {
      m_Methods.push_back({ name });
    }
    m_Results.Read(options.csv);
  }

  void
  Run()
  {
    const std::map<std::string, std::function<void()>> tasks = {
      { "phantoms", [this] { this->ForEachHalf([this](auto & half) { this->Phantoms(half); }); } },
      { "real", [this] { this->Real(); } },
      { "follow", [this] { this->Follow(); } },
      { "robustness", [this] { this->ForEachHalf([this](auto & half) { this->Robustness(half); }); } },
      { "time", [this] { this->Time(); } },
    };
    for (const auto & name : m_Options.tasks)
    {
      const auto task = tasks.find(name);
      if (task == tasks.end())
      {
        throw std::runtime_error("unknown task " + name + "; there are phantoms, real, follow, robustness and time");
      }
      task->second();
    }
  }

  void
  Print(std::ostream & os) const
  {
    os << std::thread::hardware_concurrency() << " cores, " << m_Options.threads << " threads, ITK "
       << itk::Version::GetITKVersion() << ".\n";
    m_Results.Print(os, m_Options.methods);
  }

private:
  bool
  IsWanted(const std::string & half, const std::string & name) const
  {
    return (m_Options.half == "all" || m_Options.half == half) && name.find(m_Options.only) != std::string::npos;
  }

  template <typename TFunction>
  void
  ForEachHalf(TFunction function) const
  {
    for (const std::string half : { "A", "B" })
    {
      function(half);
    }
  }

  void
  Record(const Result & result)
  {
    m_Results.Set(result);
    if (!m_Options.csv.empty())
    {
      m_Results.Write(m_Options.csv);
    }
    std::cerr << result.task << ", " << result.half << ", " << result.name << ", " << result.metric << ", "
              << result.method << ": " << result.value << '\n';
  }

  /** The i-th head of a half, in turn; none where the half has no labels so fine or so coarse. */
  PhantomLabels::Pointer
  Tissue(const std::string & half, bool fine, std::size_t i)
  {
    auto & heads = m_Heads[half];
    if (heads.empty())
    {
      for (const Volume & volume : m_Options.volumes)
      {
        if (volume.half == half && !volume.tissue.empty())
        {
          heads.push_back(ReadTissue(volume.tissue));
        }
      }
    }
    std::vector<PhantomLabels::Pointer> fitting;
    for (const auto & head : heads)
    {
      const auto spacing = head->GetSpacing();
      if ((std::min({ spacing[0], spacing[1], spacing[2] }) < 1.5) == fine)
      {
        fitting.push_back(head);
      }
    }
    return fitting.empty() ? nullptr : fitting[i % fitting.size()];
  }

  static std::uint64_t
  Seed(const std::string & half, std::size_t i)
  {
    return 1000 * (half == "A" ? 1 : 2) + i;
  }

  static std::uint64_t
  SeedOf(const std::string & name)
  {
    std::uint64_t seed = 0;
    for (const char letter : name)
    {
      seed = 31 * seed + static_cast<unsigned char>(letter);
    }
    return seed;
  }

  /** RMSE of each method's field, found in one mask and judged in another. */
  void
  RecordErrors(const char *          task,
               const std::string &   half,
               const std::string &   name,
               const PhantomImage *  image,
               const PhantomLabels * mask,
               const PhantomImage *  truth,
               const PhantomLabels * judged)
  {
    for (const Method & method : m_Methods)
    {
      double error = std::numeric_limits<double>::infinity();
      try
      {
        error = LogFieldError(truth, method.Field(image, mask, m_Options.cache), judged);
      }
      catch (const std::invalid_argument &)
      {
        // a field that is not positive: no answer
      }
      this->Record({ task, half, name, "RMSE", method.name, error });
    }
  }

  void
  Phantoms(const std::string & half)
  {
    const auto & cases = PhantomCases();
    for (std::size_t i = 0; i < cases.size(); ++i)
    {
      if (this->IsWanted(half, cases[i].Name()))
      {
        const auto tissue = this->Tissue(half, cases[i].fine, i);
        const auto phantom = MakePhantom(cases[i], tissue, Seed(half, i));
        const auto mask = cases[i].scalp ? Foreground(phantom.image) : phantom.brain;
        this->RecordErrors("phantoms", half, cases[i].Name(), phantom.image, mask, phantom.field, phantom.brain);
      }
    }
  }

  /** Of 40 %, over the mask's box. */
  static PhantomImage::Pointer
  MakeField(const PhantomLabels * mask, std::uint64_t seed)
  {
    PhantomOptions options;
    options.field = seed % 2 == 0 ? FieldKind::Polynomial : FieldKind::Gaussians;
    options.range = 0.4;
    options.seed = seed;
    const auto field = phantom_detail::AllocateLike<PhantomImage>(mask);
    phantom_detail::FillField(options, phantom_detail::BrainBox(mask), mask, field);
    return field;
  }

  /** Calls function(volume, image, mask) for each wanted image; without a mask it takes the foreground. */
  template <typename TFunction>
  void
  ForEachImage(TFunction function) const
  {
    for (const Volume & volume : m_Options.volumes)
    {
      if (!volume.image.empty() && this->IsWanted(volume.half, volume.name))
      {
        const auto image = ReadVolume(volume.image);
        function(volume, image, volume.mask.empty() ? Foreground(image) : ReadMask(volume.mask));
      }
    }
  }

  /** Real images corrected: their field, how even their tissues become, and what N3 makes of them. */
  void
  Real()
  {
    this->ForEachImage(
      [this](const Volume & volume, const PhantomImage * image, const PhantomLabels * mask)
      {
        for (const Method & method : m_Methods)
        {
          const auto record = [&](const char * task, const char * metric, double value) {
            this->Record({ task, volume.half, volume.name, metric, method.name, value });
          };
          const auto field = method.Field(image, mask, m_Options.cache);
          record("real", "deviation of the field", LogDeviation(field, mask));
          if (!volume.tissue.empty())
          {
            const auto variation = MeasureTissue(Divide(image, field), ReadTissue(volume.tissue));
            record("real tissue", "CV GM", variation.cvGreyMatter);
            record("real tissue", "CV WM", variation.cvWhiteMatter);
            record("real tissue", "CJV", variation.cjv);
          }
          if (!volume.reference.empty())
          {
            const auto reference = Divide(image, ReadVolume(volume.reference));
            record("N3", "1 - correlation of the log fields", 1.0 - LogCorrelation(field, reference, mask));
          }
        }
      });
  }

  /** Real images times a known field: how the estimate changes. */
  void
  Follow()
  {
    this->ForEachImage(
      [this](const Volume & volume, const PhantomImage * image, const PhantomLabels * mask)
      {
        const auto added = MakeField(mask, SeedOf(volume.name));
        const auto multiplied = Multiply(image, added);
        for (const Method & method : m_Methods)
        {
          const auto before = method.Field(image, mask, m_Options.cache);
          const auto after = method.Field(multiplied, mask, m_Options.cache);
          const auto error = LogFieldError(added, Divide(after, before), mask);
          this->Record({ "real times field", volume.half, volume.name, "RMSE", method.name, error });
        }
      });
  }

  /** Without its mask, and corrected twice. */
  void
  RealHead(const Volume & volume, std::uint64_t seed)
  {
    const auto image = ReadVolume(volume.image);
    const auto brain = ReadMask(volume.mask);
    const auto added = MakeField(brain, seed);
    const auto multiplied = Multiply(image, added);
    const auto name = "whole head without mask, times field, " + volume.name;
    if (this->IsWanted(volume.half, name))
    {
      for (const Method & method : m_Methods)
      {
        const auto before = method.Field(image, Foreground(image), m_Options.cache);
        const auto after = method.Field(multiplied, Foreground(multiplied), m_Options.cache);
        const auto error = LogFieldError(added, Divide(after, before), brain);
        this->Record({ "robustness", volume.half, name, "RMSE", method.name, error });
      }
    }
    const auto again = "corrected before, " + volume.name;
    if (this->IsWanted(volume.half, again))
    {
      for (const Method & method : m_Methods)
      {
        const auto corrected = Divide(image, method.Field(image, brain, m_Options.cache));
        const auto second = LogDeviation(method.Field(corrected, brain, m_Options.cache), brain);
        this->Record({ "robustness", volume.half, again, "deviation of the second field", method.name, second });
      }
    }
  }

  void
  Robustness(const std::string & half)
  {
    std::size_t i = 0;
    for (const Volume & volume : m_Options.volumes)
    {
      if (volume.half == half && !volume.image.empty() && !volume.mask.empty() && volume.reference.empty() &&
          i++ % 4 == 0)
      {
        this->RealHead(volume, Seed(half, i));
      }
    }

    const auto tissue = this->Tissue(half, true, 0);
    const auto plain = MakePhantom({ true, FieldKind::Polynomial, 40, 3 }, tissue, Seed(half, 100));
    const auto judge = [&](const std::string & name, const PhantomImage * image, const PhantomLabels * mask)
    {
      if (this->IsWanted(half, name))
      {
        this->RecordErrors("robustness", half, name, image, mask, plain.field, mask);
      }
    };
    const auto thousandfold = phantom_detail::AllocateLike<PhantomImage>(plain.image);
    const auto negatives = phantom_detail::AllocateLike<PhantomImage>(plain.image);
    for (std::size_t voxel = 0; voxel < plain.image->GetLargestPossibleRegion().GetNumberOfPixels(); ++voxel)
    {
      const float value = 1000.0f * plain.image->GetBufferPointer()[voxel];
      const bool  hit = phantom_detail::Uniform(Seed(half, 101), 40, voxel, 0.0, 1.0) < 0.0005;
      thousandfold->GetBufferPointer()[voxel] = value;
      negatives->GetBufferPointer()[voxel] = hit && plain.brain->GetBufferPointer()[voxel] ? -300.0f : value;
    }
    judge("as it is", thousandfold, plain.brain);
    judge("0.05 % of the voxels at -300", negatives, plain.brain);
    for (const int radius : { 30, 20, 12, 8 })
    {
      judge("mask a ball of " + std::to_string(radius) + " mm", thousandfold, BallInMask(plain.brain, radius));
    }

    for (const auto field : { FieldKind::Polynomial, FieldKind::SurfaceCoil, FieldKind::None })
    {
      const PhantomCase bottle{ true, field, field == FieldKind::None ? 0 : 40, 3 };
      const std::string name = "bottle of two fluids, " + bottle.Name();
      if (this->IsWanted(half, name))
      {
        const auto phantom = MakePhantom(bottle, DrawBottle(1.5), Seed(half, 102));
        this->RecordErrors("robustness", half, name, phantom.image, phantom.brain, phantom.field, phantom.brain);
      }
    }
  }

  struct Size
  {
    std::array<unsigned int, 3> voxels;
    double                      spacing; ///< mm

    std::string
    Name() const
    {
      return std::to_string(voxels[0]) + " x " + std::to_string(voxels[1]) + " x " + std::to_string(voxels[2]);
    }
    Phantom
    Head() const
    {
      PhantomOptions options;
      options.size = voxels;
      options.spacing.fill(spacing);
      return isolux::testing::MakePhantom(options);
    }
  };

  /** From image to corrected image, in memory and never from a cache: peak memory beyond both, and seconds, of ours the
   * median of seven. Memory first, as a process that has threads cannot be copied. */
  void
  Time()
  {
    const Size sizes[] = { { { { 181, 217, 181 } }, 0.9 }, { { { 256, 256, 256 } }, 0.72 } };
    for (const Size & size : sizes)
    {
      for (const Method & method : m_Methods)
      {
        if (size.Name().find(m_Options.only) != std::string::npos)
        {
          const auto   run = [&](const Phantom & head) { return method.Correct(head.image, head.brain); };
          const double output =
            static_cast<double>(size.voxels[0]) * size.voxels[1] * size.voxels[2] * sizeof(float) / 1048576.0;
          const double peak = PeakBeyond([&] { return size.Head(); }, run);
          this->Record({ "memory", "", size.Name(), "MiB beyond input and output", method.name, peak - output });
        }
      }
    }
    for (const Size & size : sizes)
    {
      if (size.Name().find(m_Options.only) == std::string::npos)
      {
        continue;
      }
      const Phantom head = size.Head();
      for (const Method & method : m_Methods)
      {
        std::vector<double> seconds;
        const std::clock_t  processor = std::clock();
        while (seconds.size() < (method.IsPeer() ? 1u : 7u))
        {
          const auto start = std::chrono::steady_clock::now();
          method.Correct(head.image, head.brain);
          seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        }
        const double processorSeconds = static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC;
        this->Record({ "time",
                       "",
                       size.Name(),
                       "seconds of a processor",
                       method.name,
                       processorSeconds / static_cast<double>(seconds.size()) });
        std::sort(seconds.begin(), seconds.end());
        this->Record({ "time", "", size.Name(), "seconds", method.name, seconds[seconds.size() / 2] });
      }
    }
  }

  Options                                                    m_Options;
  std::vector<Method>                                        m_Methods;
  Results                                                    m_Results;
  std::map<std::string, std::vector<PhantomLabels::Pointer>> m_Heads;
};
} // namespace
} // namespace isolux::testing

int
main(int argc, char ** argv)
{
  using namespace isolux::testing;
  try
  {
    const Options options = ReadOptions(argc, argv);
    itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(options.threads);
    omp_set_num_threads(static_cast<int>(options.threads));
    Table table(options);
    table.Run();
    if (options.out.empty())
    {
      table.Print(std::cout);
    }
    else
    {
      std::ofstream file(options.out);
      table.Print(file);
    }
    return 0;
  }
  catch (const std::exception & error)
  {
    std::cerr << "illumination_table: " << error.what() << "\n\n" << Usage;
    return 2;
  }
}
