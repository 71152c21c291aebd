#pragma once

#include "Phantom.h"

#include <string>
#include <vector>

/** What the table compares. */
namespace isolux::testing
{
/** "histogram-retinex", "n4-0" (N4 run to the end) or "n4-1e-3" (stopped at that convergence threshold); "own-n4-..."
 * is our N4. N4 sub-samples by 4, and by 2 where a voxel is longer than 1.6 mm, which suits it better there. */
struct Method
{
  std::string name;

  bool
  IsPeer() const
  {
    return name.rfind("n4-", 0) == 0;
  }
  /** The field at full resolution; of a peer from the folder `cache` ("": none) where it holds it. */
  PhantomImage::Pointer
  Field(const PhantomImage * image, const PhantomLabels * mask, const std::string & cache) const;

  /** The corrected image; never from a cache. */
  PhantomImage::Pointer
  Correct(const PhantomImage * image, const PhantomLabels * mask) const;
};

/** The product's own mask where none is given. */
PhantomLabels::Pointer
Foreground(const PhantomImage * image);
} // namespace isolux::testing
