// Writes the tables of README.md.

#include "Transfer.h"

#include "itkMultiThreaderBase.h"

#include <omp.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

namespace isolux::testing
{
namespace
{
constexpr const char * Usage =
  R"(harmonization_table [--data FILE]... [--out FILE] [--csv FILE] [--cache FOLDER] [--methods M;M;...]
                    [--shifts S;S;...] [--threads N]

Learns a model of tissue at one site, applies it to the others, real and simulated, and measures how comparable
their images are: as they are, and after each method.
  --data     tab-separated, with a header: path, site, mask, tissue; paths from the file's folder, "-" where there is
             none. Tissue: 1 CSF, 2 GM, 3 WM; a site without it is a target of distances only. Without a mask the
             foreground is found; such sites are compared with each other only.
  --out      the tables, in Markdown (default: standard output)
  --csv      every figure; without --data it is read, and the tables are made of it
  --cache    folder for the fields of ITK's N4, found again by the content of their images
  --methods  names as in the table, parted by ';' (default: all)
  --shifts   the same, of simulated sites; "": none
  --threads  default: all
)";

struct Options
{
  std::vector<Head>   heads;
  std::string         out;
  std::string         csv;
  std::string         cache;
  std::vector<Recipe> recipes = Recipes();
  std::vector<Shift>  shifts = Shifts();
  unsigned int        threads = AvailableThreads();
};

/** Those of `all` that `names` names. */
template <typename TItem>
std::vector<TItem>
Chosen(const std::vector<TItem> & all, const std::string & names)
{
  std::vector<TItem> chosen;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ';');)
  {
    const auto found = std::find_if(all.begin(), all.end(), [&](const TItem & item) { return item.name == name; });
    if (found == all.end())
    {
      throw std::runtime_error("there is no '" + name + "'; a table without --methods and --shifts names all");
    }
    chosen.push_back(*found);
  }
  return chosen;
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
      const auto heads = ReadHeads(value);
      options.heads.insert(options.heads.end(), heads.begin(), heads.end());
    }
    else if (name == "--methods")
    {
      options.recipes = Chosen(Recipes(), value);
    }
    else if (name == "--shifts")
    {
      options.shifts = Chosen(Shifts(), value);
    }
    else if (name == "--threads")
    {
      options.threads = static_cast<unsigned int>(std::stoul(value));
    }
    else
    {
      const std::map<std::string, std::string *> texts = { { "--out", &options.out },
                                                           { "--csv", &options.csv },
                                                           { "--cache", &options.cache } };
      const auto                                 found = texts.find(name);
      if (found == texts.end())
      {
        throw std::runtime_error("unknown option " + name);
      }
      *found->second = value;
    }
  }
  if (options.heads.empty() && options.csv.empty())
  {
    throw std::runtime_error("--data names no image, and there is no --csv of figures");
  }
  if (!options.cache.empty())
  {
    std::filesystem::create_directories(options.cache);
  }
  return options;
}

void
Write(const std::string & name, const Figures & figures, void (*print)(std::ostream &, const Figures &))
{
  std::ofstream file(name);
  print(file, figures);
  file.close();
  if (!file)
  {
    throw std::runtime_error("cannot write " + name);
  }
}
} // namespace
} // namespace isolux::testing

int
main(int argc, char ** argv)
{
  using namespace isolux::testing;
  try
  {
    const Options options = ReadOptions(argc, argv);
    // and no global maximum: with one of 2, ITK 5.2.1's N4 finds hardly any field
    itk::MultiThreaderBase::SetGlobalDefaultNumberOfThreads(options.threads);
    omp_set_num_threads(static_cast<int>(options.threads));
    Figures figures;
    if (options.heads.empty())
    {
      std::ifstream file(options.csv);
      figures = ReadCsv(file);
    }
    else
    {
      figures = Transfer(options.heads,
                         options.recipes,
                         options.shifts,
                         options.cache,
                         [](const std::string & what) { std::cerr << what << '\n'; });
      if (!options.csv.empty())
      {
        Write(options.csv, figures, PrintCsv);
      }
    }
    if (options.out.empty())
    {
      PrintTables(std::cout, figures);
    }
    else
    {
      Write(options.out, figures, PrintTables);
    }
    return 0;
  }
  catch (const std::exception & error)
  {
    std::cerr << "harmonization_table: " << error.what() << "\n\n" << Usage;
    return 2;
  }
}
