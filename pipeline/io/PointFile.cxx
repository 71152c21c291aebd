#include "PointFile.h"

#include "AtomicFile.h"
#include "Error.h"
#include "GiftiFile.h"
#include "PointNumbers.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace isolux
{
namespace fs = std::filesystem;

namespace
{
constexpr std::array<const char *, 5> Endings{ ".shape.gii", ".func.gii", ".surf.gii", ".gii", ".vtk" };

std::string
LowerName(const fs::path & path)
{
  std::string name = path.filename().string();
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

bool
EndsWith(const std::string & name, const std::string & ending)
{
  return name.size() > ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
}

[[noreturn]] void
FailEnding(const fs::path & path)
{
  throw Error(path.string() + ": its ending is not one of a known point file; known are .gii (GIfTI) and .vtk (VTK " +
              "legacy polydata)");
}

void
CheckExists(const fs::path & path)
{
  std::error_code error;
  if (!fs::exists(path, error))
  {
    throw Error(path.string() + ": does not exist; check the name");
  }
}

std::string
HashOf(const Bytes & bytes)
{
  return Sha256(bytes.Data(), bytes.Size());
}
} // namespace

std::string
PointFileExtension(const fs::path & path)
{
  const std::string name = LowerName(path);
  return EndsWith(name, ".gii") ? ".gii" : EndsWith(name, ".vtk") ? ".vtk" : "";
}

fs::path
WithoutPointFileExtension(const fs::path & path)
{
  const std::string whole = path.string();
  for (const std::string ending : Endings)
  {
    if (EndsWith(LowerName(path), ending))
    {
      return whole.substr(0, whole.size() - ending.size());
    }
  }
  return path;
}

PointFile
ReadPointFile(const fs::path & path)
{
  CheckExists(path);
  const std::string extension = PointFileExtension(path);
  if (extension.empty())
  {
    FailEnding(path);
  }
  Bytes             bytes = ReadBytes(path);
  const std::string sha256 = HashOf(bytes);
  PointFile file = extension == ".gii" ? ReadGifti(path, std::move(bytes)) : ReadVtkPolyData(path, std::move(bytes));
  file.sha256 = sha256;
  return file;
}

void
WritePointFile(const PointFile & file, const fs::path & path, const std::function<void()> & beforeCommit)
{
  const std::string name = path.string();
  const std::string extension = file.format == "GIfTI" ? ".gii" : ".vtk";
  if (PointFileExtension(path) != extension)
  {
    throw Error(name + ": its ending must be that of the input's format, " + extension +
                ": every byte that is not normalized is kept; give the output a name with " + extension);
  }
  std::vector<Replacement> replacements;
  for (const PointArray & array : file.arrays)
  {
    if (array.changed)
    {
      auto more = extension == ".gii" ? ReplaceInGifti(file, array) : ReplaceInVtkPolyData(file, array);
      std::move(more.begin(), more.end(), std::back_inserter(replacements));
    }
  }
  std::sort(replacements.begin(),
            replacements.end(),
            [](const Replacement & a, const Replacement & b) { return a.where.begin < b.where.begin; });

  AtomicOutput output(path);
  OutputFile   bytes(output.Path(), name);
  std::size_t  at = 0;
  for (const Replacement & replacement : replacements)
  {
    bytes.Write(file.bytes->Data() + at, replacement.where.begin - at);
    bytes.Write(replacement.text.data(), replacement.text.size());
    at = replacement.where.end;
  }
  bytes.Write(file.bytes->Data() + at, file.bytes->Size() - at);
  bytes.Close();
  if (beforeCommit)
  {
    beforeCommit();
  }
  output.Commit();
}

std::vector<double>
ReadPointNumbers(const fs::path & path, std::string & sha256)
{
  if (!PointFileExtension(path).empty())
  {
    const PointFile file = ReadPointFile(path);
    sha256 = file.sha256;
    if (file.arrays.size() != 1 || file.arrays.front().components != 1)
    {
      throw Error(path.string() + ": must hold one array with one number for each point, not " +
                  (file.arrays.size() == 1 ? std::to_string(file.arrays.front().components) + " numbers for each"
                                           : std::to_string(file.arrays.size()) + " arrays") +
                  "; write that array to a file of its own");
    }
    return file.arrays.front().values;
  }
  CheckExists(path);
  if (!EndsWith(LowerName(path), ".txt"))
  {
    throw Error(path.string() + ": its ending is none of .gii, .vtk and .txt (a number for each point); rename it");
  }
  const Bytes         bytes = ReadBytes(path);
  std::vector<double> numbers;
  sha256 = HashOf(bytes);
  if (!ParseNumbers({ bytes.Data(), bytes.Size() }, numbers))
  {
    throw Error(path.string() + ": holds something that is no number, after " + std::to_string(numbers.size()) +
                " of them; write one number for each point, parted by white space");
  }
  return numbers;
}
} // namespace isolux
