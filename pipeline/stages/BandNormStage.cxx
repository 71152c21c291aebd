#include "Fit.h"
#include "LinearStage.h"
#include "PipelineFiles.h"
#include "ReferenceOption.h"
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
  std::string         reference;
  std::string         reference_mask;
  std::vector<double> scales = itk::BandEnergies::DefaultScales();
  std::vector<double> energies = {};
  std::string         axes = AxesNames().front();
  double              max_gain = Sink::DefaultMaximumGain;
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit(
      { "reference",
        Unit::None,
        "Image whose energies the bands are brought to, measured with the same scales and axes; or a reference that "
        "'isolux fit' wrote with these, FILE or FILE#SITE: the mean energies of its images.",
        -Unbounded,
        Unbounded,
        {},
        true },
      reference);
    visit({ "reference_mask",
            Unit::None,
            "Mask of a reference that is an image; without, its own foreground.",
            -Unbounded,
            Unbounded,
            {},
            true },
          reference_mask);
    visit({ "scales",
            Unit::Millimetre,
            "Deviations of the Gaussians between whose means the bands lie, finest first; what is coarser stays.",
            0.0,
            1000.0 },
          scales);
    visit({ "energies",
            Unit::Intensity,
            "Instead of a reference: deviation inside the mask that each band is brought to, finest first; bands "
            "beyond the list stay, and without one the image does." },
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
  std::vector<double> reference_energies;
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
    visit({ "reference_energies", Unit::Intensity, "What they were to become; none where they were measured only." },
          reference_energies);
    visit({ "voxels", Unit::Voxel, "That the energies rest on." }, voxels);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
  }
};

class BandNormStage : public StageOf<BandNormOptions, BandNormLearned>
{
public:
  void
  CheckOptions() const override
  {
    if (!m_Options.reference.empty() && !m_Options.energies.empty())
    {
      throw UsageError("'reference' sets 'energies'; leave those out, or it");
    }
    if (m_Options.reference.empty() && !m_Options.reference_mask.empty())
    {
      throw UsageError("'reference_mask' is the mask of a 'reference' image; give that too");
    }
    for (const auto & [option, file] :
         { std::pair("reference", m_Options.reference), std::pair("reference_mask", m_Options.reference_mask) })
    {
      if (!file.empty())
      {
        RequireFile(option, FileOf(file), "check the name");
      }
    }
    if (!m_Options.reference.empty() && !IsImage(FileOf(m_Options.reference)))
    {
      CheckReference("reference", m_Options.reference);
      if (!m_Options.reference_mask.empty())
      {
        throw UsageError("'reference_mask' is the mask of a 'reference' that is an image; " + m_Options.reference +
                         " was measured inside its own");
      }
    }
    for (std::size_t i = 0; i < m_Options.scales.size(); ++i)
    {
      if (!(m_Options.scales[i] > (i == 0 ? 0.0 : m_Options.scales[i - 1])))
      {
        throw UsageError("'scales' must rise from above 0 mm, the finest first, such as 0.5,1; not " +
                         ToString(Value(m_Options.scales)));
      }
    }
    if (m_Options.energies.size() > m_Options.scales.size())
    {
      throw UsageError("'energies' holds " + std::to_string(m_Options.energies.size()) + " numbers, but the " +
                       std::to_string(m_Options.scales.size()) + " 'scales' make as many bands");
    }
    for (const double energy : m_Options.energies)
    {
      if (!(energy >= 0.0 && std::isfinite(energy)))
      {
        throw UsageError("'energies' must be at least 0, got " + ToString(Value(energy)));
      }
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Reference = m_Options.reference.empty() ? m_Options.energies : this->MeasureReference();
    m_HasMask = input.mask.IsNotNull();
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);
    m_Sink->SetScales(m_Options.scales);
    m_Sink->SetAxes({ true, true, m_Options.axes == "xyz", false });
    m_Sink->SetReferenceEnergies(m_Reference);
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
    auto warnings = m_ReferenceWarnings;
    if (!m_Sink)
    {
      return warnings;
    }
    const auto & measured = m_Sink->GetEnergies();
    if (measured.Voxels() == 0)
    {
      warnings.emplace_back("no finite voxel inside the mask: nothing is measured, the image is left as it is");
    }
    const auto after = measured.Energies(m_Sink->GetGains().gains);
    for (std::size_t band = 0; band < std::min(m_Reference.size(), after.size()); ++band)
    {
      if (measured.Voxels() > 0 && std::abs(after[band] - m_Reference[band]) > 0.01 * m_Reference[band])
      {
        std::ostringstream text;
        text << "band " << band + 1 << " comes to an energy of " << after[band] << ", not " << m_Reference[band]
             << ", with a gain of " << m_Sink->GetGains().gains[band] << ": "
             << (m_HasMask ? "edges inside the mask add to it, "
                           : "edges add to it (give --mask an area of even tissue), ")
             << "other bands leak more into it, or it needs a --max-gain above " << m_Options.max_gain;
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
                    m_Reference,
                    static_cast<long long>(measured.Voxels()),
                    static_cast<long long>(measured.Skipped()) };
    }
  }

private:
  /** The mean energies that a fit measured. */
  std::vector<double>
  ReadEnergies() const
  {
    const auto         reference = ReadReferenceOf(m_Options.reference);
    const BandSettings wanted{ m_Options.scales, m_Options.axes == AxesNames().back() };
    if (!(reference.bands == wanted))
    {
      const auto & scales = reference.bands.scales;
      throw UsageError(m_Options.reference + ": its bands were " +
                       (scales.empty() ? "not measured"
                                       : "measured with scales " + ToString(Value(scales)) + " mm along " +
                                           AxesNames()[reference.bands.throughSlices]) +
                       "; give the same --scales and --axes here, or fit one with these (--band-scales, --band-axes)");
    }
    return reference.Of(this->Channel(), this->Channels(), m_Options.reference).TypicalBands();
  }

  /** The energies of the reference's bands, as this stage measures them. */
  std::vector<double>
  MeasureReference()
  {
    if (!IsImage(m_Options.reference))
    {
      return this->ReadEnergies();
    }
    CaseTask task;
    task.name = task.input = m_Options.reference;
    task.mask = m_Options.reference_mask;
    PipelineSpec measure;
    measure.stages = { { "band-norm", { { "scales", m_Options.scales }, { "axes", m_Options.axes } } } };
    std::vector<std::string> warnings;
    const auto               channels = MeasureVolume(task, measure, {}, warnings);
    for (const auto & warning : warnings)
    {
      m_ReferenceWarnings.push_back("reference " + task.input.filename().string() + ": " + warning);
    }
    if (channels.size() != 1 && channels.size() != this->Channels())
    {
      throw UsageError(task.name + ": is a reference of " + std::to_string(channels.size()) +
                       " channels, but the image has " + std::to_string(this->Channels()) +
                       "; give one of as many channels, or of one, which serves each");
    }
    const auto & report = channels[channels.size() == 1 ? 0 : this->Channel()].report;
    if (!(report.before.standardDeviation > 0.0))
    {
      throw Error(task.name +
                  ": has no finite voxel inside its mask, or but one intensity, so its bands have no energy "
                  "to bring others to; give a --reference-mask that covers the object");
    }
    const auto & learned = report.stages.back().learned;
    const auto   energies =
      std::find_if(learned.begin(), learned.end(), [](const auto & value) { return value.first == "energies"; });
    return std::get<std::vector<double>>(energies->second);
  }

  std::vector<double>      m_Reference; ///< what the bands are brought to, finest first; empty: measured only
  std::vector<std::string> m_ReferenceWarnings;
  Sink::Pointer            m_Sink;
  bool                     m_HasMask = false;
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
