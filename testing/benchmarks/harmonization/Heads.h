#pragma once

#include "Phantom.h"

#include <string>
#include <vector>

/** The images that a table is made of. */
namespace isolux::testing
{
struct Head
{
  std::string            name;
  std::string            site;
  bool                   ofBrain = false; ///< its mask was given; else it is the product's foreground
  PhantomImage::Pointer  image;
  PhantomLabels::Pointer mask;
  PhantomLabels::Pointer tissue; ///< 1 CSF, 2 GM, 3 WM, 0 all else; null: not known
};

/** Tab-separated, with a header: path, site, mask, tissue; paths from the file's folder, "-" where there is none. Axes
 * finer than 0.75 mm keep every second voxel. */
std::vector<Head>
ReadHeads(const std::string & file);

/** What a site is simulated by. */
struct Shift
{
  std::string name;
  /** Draws from `seed` alone. */
  Head (*apply)(const Head & head, std::uint64_t seed);
};

const std::vector<Shift> &
Shifts();
} // namespace isolux::testing
