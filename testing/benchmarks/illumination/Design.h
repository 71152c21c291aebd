#pragma once

#include "Phantom.h"

#include <string>
#include <vector>

/** The phantoms of the table. */
namespace isolux::testing
{
enum class Contrast
{
  T1,
  T2,
  ProtonDensity
};

struct PhantomCase
{
  bool      fine; ///< of a head with voxels below 1.5 mm, or of a coarser one
  FieldKind field;
  int       range; ///< in per cent
  int       noise; ///< in per cent of white matter
  Contrast  contrast = Contrast::T1;
  double    sliceThickness = 0.0; ///< mm; 0: as the labels
  double    lesion = 0.0;         ///< intensity, as a part of white matter's; 0: none
  bool      scalp = false;        ///< and no mask but the foreground

  std::string
  Name() const;
};

/** The same for both halves of the data, which differ in heads, fields and noise. */
const std::vector<PhantomCase> &
PhantomCases();

std::array<double, NumberOfPhantomLabels>
Intensities(const PhantomCase & phantom);

/** A case on one head, given as tissue labels, or drawn where there are none. `seed` is of field, noise and lesions. */
Phantom
MakePhantom(const PhantomCase & phantom, const PhantomLabels * tissue, std::uint64_t seed);
} // namespace isolux::testing
