#include "Design.h"

#include "Anatomy.h"

namespace isolux::testing
{
std::string
PhantomCase::Name() const
{
  const char * const fields[] = { "no field", "polynomial", "gaussians", "surface coils", "sinusoidal" };
  const char * const contrasts[] = { "T1", "T2", "PD" };
  std::string        name = fine ? "1 mm, " : "2 mm, ";
  name += field == FieldKind::None ? "" : std::to_string(range) + " % ";
  name += fields[static_cast<int>(field)];
  name += std::string(", ") + contrasts[static_cast<int>(contrast)] + ", noise " + std::to_string(noise) + " %";
  name += sliceThickness > 0.0 ? ", " + std::to_string(std::lround(sliceThickness)) + "-mm slices" : "";
  name += lesion > 1.0 ? ", bright lesions" : lesion > 0.0 ? ", dark lesions" : "";
  name += scalp ? ", scalp, no mask" : "";
  return name;
}

const std::vector<PhantomCase> &
PhantomCases()
{
  using F = FieldKind;
  constexpr auto T1 = Contrast::T1;
  constexpr auto T2 = Contrast::T2;
  constexpr auto PD = Contrast::ProtonDensity;

  static const std::vector<PhantomCase> cases = {
    { true, F::Polynomial, 20, 1, T1 },
    { true, F::Polynomial, 40, 3, T1 },
    { true, F::Polynomial, 80, 5, PD },
    { true, F::Gaussians, 20, 5, T1 },
    { true, F::Gaussians, 40, 9, T1 },
    { true, F::Gaussians, 80, 3, T2 },
    { true, F::SurfaceCoil, 20, 3, PD },
    { true, F::SurfaceCoil, 40, 5, T2 },
    { true, F::SurfaceCoil, 80, 7, T1 },
    { true, F::Sinusoidal, 20, 3, T2 },
    { true, F::Sinusoidal, 40, 1, T1 },
    { true, F::Sinusoidal, 80, 3, T1 },
    { true, F::None, 0, 3, T1 },
    { true, F::None, 0, 5, T2 },
    { true, F::None, 0, 3, PD },
    { true, F::Polynomial, 40, 3, T1, 5.0 },
    { true, F::Gaussians, 20, 5, T2, 5.0 },
    { true, F::SurfaceCoil, 80, 3, PD, 5.0 },
    { true, F::Polynomial, 40, 3, T2, 0.0, 1.6 },
    { true, F::Gaussians, 40, 3, T1, 0.0, 0.5 },
    { true, F::Sinusoidal, 20, 5, T1, 0.0, 1.4 },
    { true, F::Polynomial, 40, 3, T1, 0.0, 0.0, true },
    { true, F::SurfaceCoil, 80, 3, T1, 0.0, 0.0, true },
    { true, F::Gaussians, 20, 5, T2, 0.0, 0.0, true },
    { false, F::Polynomial, 40, 3, T1 },
    { false, F::Gaussians, 20, 5, T1 },
    { false, F::SurfaceCoil, 80, 3, T2 },
    { false, F::Sinusoidal, 40, 7, T1 },
    { false, F::Gaussians, 40, 3, PD },
    { false, F::None, 0, 3, T1 },
  };
  return cases;
}

std::array<double, NumberOfPhantomLabels>
Intensities(const PhantomCase & phantom)
{
  std::array<double, NumberOfPhantomLabels> values{ { 0.0, 0.35, 0.68, 1.0, 1.1, 0.0 } };
  if (phantom.contrast == Contrast::T2)
  {
    values = { { 0.0, 2.2, 1.35, 1.0, 1.2, 0.0 } };
  }
  if (phantom.contrast == Contrast::ProtonDensity)
  {
    values = { { 0.0, 1.4, 1.2, 1.0, 0.9, 0.0 } };
  }
  values[LesionLabel] = phantom.lesion;
  return values;
}

Phantom
MakePhantom(const PhantomCase & phantom, const PhantomLabels * tissue, std::uint64_t seed)
{
  PhantomOptions options;
  options.intensities = Intensities(phantom);
  options.field = phantom.field;
  options.range = 0.01 * phantom.range;
  options.noise = 0.01 * phantom.noise;
  options.seed = seed;

  PhantomLabels::Pointer drawn;
  if (!tissue)
  {
    PhantomOptions head;
    const double   spacing = phantom.fine ? 1.25 : 2.0;
    head.size.fill(static_cast<unsigned int>(220.0 / spacing));
    head.spacing.fill(spacing);
    drawn = MakePhantom(head).labels;
    tissue = drawn;
  }
  const auto labels = PadAround(tissue, phantom.scalp ? 20.0 : 4.0);
  if (phantom.scalp)
  {
    AddScalp(labels);
  }
  if (phantom.lesion > 0.0)
  {
    AddLesions(labels, { 25.0, 18.0, 12.0, 12.0, 8.0, 8.0, 5.0, 5.0, 5.0, 5.0 }, seed);
  }
  options.labels = labels;
  if (phantom.sliceThickness > 0.0)
  {
    options.slices = static_cast<unsigned int>(std::lround(phantom.sliceThickness / labels->GetSpacing()[2]));
  }
  return MakePhantom(options);
}
} // namespace isolux::testing
