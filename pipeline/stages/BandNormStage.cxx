#include "LinearStage.h"
#include "Stages.h"

#include "itkBandEnergySink.h"
#include "itkBandNormalizationImageFilter.h"

#include <cmath>
#include <sstream>

namespace isolux
{
namespace
{
using Sink = itk::BandEnergySink<WorkImage, MaskImage>;
using Filter = itk::BandNormalizationImageFilter<WorkImage>;

const std::vector<std::string> &
AxesNames()
{
  static const std::vector<std::string> names = { "xy", "xyz" };
  return names;
}

struct BandNormOptions
{
  std::vector<double> scales = itk::BandEnergies::DefaultScales();
  std::vector<double> energies = {};
  std::string         axes = AxesNames().front();
  double              max_gain = Sink::DefaultMaximumGain;
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "scales",
            Unit::Millimetre,
            "Deviations of the Gaussians between whose means the bands lie, finest first; what is coarser stays.",
            0.0,
            1000.0 },
          scales);
    visit({ "energies",
            Unit::Intensity,
            "Deviation inside the mask that each band is brought to, finest first, as this stage measured it on the "
            "reference; bands beyond the list stay, and without one the image does." },
          energies);
    visit({ "axes",
            Unit::None,
            "Axes that the Gaussians act along: those of a slice, or all of space.",
            -Unbounded,
            Unbounded,
            AxesNames() },
          axes);
    visit({ "max_gain", Unit::None, "Largest gain of a band; its inverse is the smallest.", 1.0, 1000.0 }, max_gain);
    visit(
      { "outside",
        Unit::None,
        "Voxels outside the mask: filtered like those inside; else no part of any Gaussian, and kept as they are or "
        "set to zero.",
        -Unbounded,
        Unbounded,
        OutsideNames() },
      outside);
  }
};

struct BandNormLearned
{
  std::vector<double> energies;
  std::vector<double> gains;
  std::vector<double> energies_after;
  long long           voxels = 0;
  long long           non_finite = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "energies",
            Unit::Intensity,
            "Deviation of each band inside the mask, finest first: a reference's 'energies'." },
          energies);
    visit({ "gains", Unit::None, "That the bands were multiplied by." }, gains);
    visit({ "energies_after", Unit::Intensity, "What the gains make of the energies." }, energies_after);
    visit({ "voxels", Unit::Voxel, "That the energies rest on." }, voxels);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
  }
};

class BandNormStage : public StageOf<BandNormOptions, BandNormLearned>
{
public:
  void
  CheckOptions(const std::string & where) const override
  {
    if (m_Options.energies.size() > m_Options.scales.size())
    {
      throw UsageError(where + ": 'energies' holds " + std::to_string(m_Options.energies.size()) +
                       " numbers, but the " + std::to_string(m_Options.scales.size()) + " 'scales' make as many bands");
    }
    for (const double energy : m_Options.energies)
    {
      if (!(energy >= 0.0 && std::isfinite(energy)))
      {
        throw UsageError(where + ": 'energies' must be at least 0, got " + ToString(Value(energy)));
      }
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    m_Sink->SetScales(m_Options.scales);
    m_Sink->SetAxes({ true, true, m_Options.axes == "xyz", false });
    m_Sink->SetReferenceEnergies(this->ReferenceEnergies());
    m_Sink->SetMaximumGain(m_Options.max_gain);

    auto filter = this->Make<Filter>();
    filter->SetInput(input.image);
    filter->SetMaskImage(input.mask);
    filter->SetGainsInput(m_Sink->GetGainsOutput());
    filter->SetOutside(OutsideFrom(m_Options.outside));
    return { filter->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    for (const double gain : m_Learned.gains)
    {
      if (gain != 1.0)
      {
        throw Error("band-norm cannot be undone: it is a filter, and what it took from the bands is not recorded");
      }
    }
    if (m_Options.outside == "zero")
    {
      throw Error("band-norm with outside 'zero' cannot be undone: what was outside the mask is lost");
    }
    return output;
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (!m_Sink)
    {
      return warnings;
    }
    const auto & measured = m_Sink->GetEnergies();
    if (measured.Voxels() == 0)
    {
      warnings.emplace_back("no finite voxel inside the mask: nothing is measured, the image is left as it is");
    }
    const auto & references = this->ReferenceEnergies();
    const auto   after = measured.Energies(m_Sink->GetGains().gains);
    for (std::size_t band = 0; band < std::min(references.size(), after.size()); ++band)
    {
      if (measured.Voxels() > 0 && std::abs(after[band] - references[band]) > 0.01 * references[band])
      {
        std::ostringstream text;
        text << "band " << band + 1 << " comes to an energy of " << after[band] << ", not " << references[band]
             << ", with a gain of " << m_Sink->GetGains().gains[band] << ": other bands leak more into it, or it needs "
             << "a --max-gain above " << m_Options.max_gain;
        warnings.push_back(text.str());
      }
    }
    WarnOfSkipped(warnings, measured.Skipped());
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Sink)
    {
      const auto & measured = m_Sink->GetEnergies();
      const auto & gains = m_Sink->GetGains().gains;
      m_Learned = { measured.Energies(),
                    gains,
                    measured.Energies(gains),
                    static_cast<long long>(measured.Voxels()),
                    static_cast<long long>(measured.Skipped()) };
    }
  }

private:
  /** What the bands are brought to, finest first; empty: they are measured only. */
  const std::vector<double> &
  ReferenceEnergies() const
  {
    return m_Options.energies;
  }

  Sink::Pointer m_Sink;
};
} // namespace

StageDescription
DescribeBandNormStage()
{
  StageDescription stage;
  stage.name = "band-norm";
  stage.family = "harmonization";
  stage.summary = "Brings the noise of frequency bands to a reference's: undoes the difference between CT kernels.";
  stage.formula =
    "y = x + sum (gain_j - 1) B_j x, B_j x = G_(j-1) x - G_j x, gains so that deviation(B_j y) = energies_j";
  stage.reference = "L. Gallardo-Estrella et al., European Radiology 26:478, 2016. DOI 10.1007/s00330-015-3824-y";
  stage.access = Access::TwoPass;
  stage.inverse = "not possible, unless every gain is 1";
  stage.make = [] { return std::make_unique<BandNormStage>(); };
  return stage;
}
} // namespace isolux
