#pragma once

#include "Bytes.h"
#include "PointNorm.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace isolux
{
struct ByteRange
{
  std::size_t begin = 0;
  std::size_t end = 0;
};

/** An attribute, and where it stands in its file. */
struct PointArray : PointAttribute
{
  std::string component;       ///< type in the file: "float32", "int16", ...
  bool        changed = false; ///< to be written anew

  ByteRange   declaration; ///< VTK: its type's name; GIfTI: the DataArray's tag
  ByteRange   data;
  ByteRange   metadata;        ///< VTK: the block behind the data that may hold its range
  std::string encoding;        ///< GIfTI: "ASCII", ...; VTK: "ASCII" or "BINARY"
  bool        columns = false; ///< GIfTI: all of component 0 first

  /** What WritePointFile() makes of it: float64 stays so, all else becomes float32. */
  std::string
  WrittenComponent() const
  {
    return changed && component != "float64" ? "float32" : component;
  }
};

/** A file of point attributes in memory. Only the values (and, where need be, the type) of changed arrays are written
 * anew: every other byte, whatever it means, is kept. */
struct PointFile
{
  std::string                  format; ///< "GIfTI", "VTK polydata"
  std::string                  sha256;
  PointSurface                 surface;        ///< no points: a file of data alone
  std::size_t                  points = 0;     ///< of the surface, else of the first array
  bool                         sparse = false; ///< GIfTI with node indices: its data belong to some points of a surface
  std::vector<PointArray>      arrays;         ///< that can be normalized, in the file's order
  std::shared_ptr<const Bytes> bytes;
};

/** ".gii" or ".vtk", lower-case; "" for other names. */
std::string
PointFileExtension(const std::filesystem::path & path);

/** The name without its ending: "a/x.shape.gii" -> "a/x", also of .func.gii, .surf.gii, .gii and .vtk. */
std::filesystem::path
WithoutPointFileExtension(const std::filesystem::path & path);

/** GIfTI (.gii) and VTK legacy polydata (.vtk), ascii and binary, versions up to 5.1.
 *
 * Arrays: of GIfTI every data array but points, triangles, labels, colours and node indices; of VTK the point data's
 * SCALARS, VECTORS and numeric FIELD arrays.
 * \throws Error naming the file, the rule, the value and the way out. */
PointFile
ReadPointFile(const std::filesystem::path & path);

/** Writes beside `path` and renames. `beforeCommit`: as of WriteVolume(). \throws Error, also where the ending is not
 * that of the file's own format. */
void
WritePointFile(const PointFile &             file,
               const std::filesystem::path & path,
               const std::function<void()> & beforeCommit = {});

/** One number for each point: the only array of a .gii or .vtk file, or a .txt file of numbers. \throws Error */
std::vector<double>
ReadPointNumbers(const std::filesystem::path & path, std::string & sha256);
} // namespace isolux
