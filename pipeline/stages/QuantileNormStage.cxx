#include "ReferenceOption.h"
#include "Stages.h"

#include "itkQuantileNormalizationImageFilter.h"

#include <algorithm>
#include <cmath>

namespace isolux
{
namespace
{
using Sink = itk::QuantileSink<WorkImage, MaskImage>;
using Filter = itk::QuantileNormalizationImageFilter<WorkImage>;
using Numbers = std::vector<double>;

struct QuantileNormOptions
{
  std::string reference;
  Numbers     landmarks;
  Numbers     probabilities = itk::LandmarkScale::DefaultProbabilities();
  Numbers     range;
  std::string outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    VisitReference(visit, reference);
    visit({ "landmarks",
            Unit::None,
            "Instead of a reference: the standard scale, an output intensity for each of the probabilities." },
          landmarks);
    visit({ "probabilities",
            Unit::None,
            "Of the quantiles that are the image's landmarks; those of a reference come with it.",
            0.0,
            1.0 },
          probabilities);
    visit(
      { "range",
        Unit::None,
        "Output intensities of the first and the last landmark; without, the mean ones of the reference's images." },
      range);
    VisitOutside(visit, outside);
  }
};

struct QuantileNormLearned
{
  Numbers   landmarks;
  Numbers   standard;
  long long voxels = 0;
  long long non_finite = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "landmarks", Unit::Intensity, "The image's quantiles inside the mask." }, landmarks);
    visit({ "standard", Unit::None, "Output intensities that they were brought to." }, standard);
    visit({ "voxels", Unit::Voxel, "That the landmarks rest on." }, voxels);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
  }
};

class QuantileNormStage : public StageOf<QuantileNormOptions, QuantileNormLearned>
{
public:
  void
  CheckOptions() const override
  {
    const QuantileNormOptions defaults;
    const auto &              options = m_Options;
    const auto                refuse = [&](const std::string & why) { throw UsageError(why); };
    if (!std::is_sorted(options.probabilities.begin(), options.probabilities.end()))
    {
      refuse("'probabilities' must not fall; sort them, with their landmarks");
    }
    if (!options.landmarks.empty() && options.landmarks.size() != options.probabilities.size())
    {
      refuse("'landmarks' holds " + std::to_string(options.landmarks.size()) + " numbers and 'probabilities' " +
             std::to_string(options.probabilities.size()) + "; give a landmark for each");
    }
    if (!std::is_sorted(options.landmarks.begin(), options.landmarks.end()))
    {
      refuse("'landmarks' must not fall, or intensities would change their order");
    }
    if (!options.range.empty() && !(options.range.size() == 2 && options.range[0] < options.range[1]))
    {
      refuse("'range' must be two numbers that rise, such as 0,100; not " + ToString(Value(options.range)));
    }
    if (!options.range.empty() && !options.landmarks.empty())
    {
      refuse("'landmarks' have a range of their own; leave 'range' out");
    }
    if (!options.reference.empty() && (!options.landmarks.empty() || options.probabilities != defaults.probabilities))
    {
      refuse("'reference' sets 'landmarks' and 'probabilities'; leave those out, or it");
    }
    CheckReference("reference", options.reference);
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    auto probabilities = m_Options.probabilities;
    auto standard = m_Options.landmarks;
    if (!m_Options.reference.empty())
    {
      const auto   reference = ReadReferenceOf(m_Options.reference);
      const auto & channel = reference.Of(this->Channel(), this->Channels(), m_Options.reference);
      const auto & range = m_Options.range;
      probabilities = channel.landmarks.Probabilities();
      standard = range.empty() ? channel.landmarks.Standard() : channel.landmarks.Standard(range[0], range[1]);
    }
    else if (!m_Options.range.empty())
    {
      throw UsageError("'range' is where the scale of a reference is to lie; give --reference too");
    }
    m_Sink = this->Make<Sink>();
    m_Sink->SetInput(input.image);
    m_Sink->SetMaskImage(input.mask);
    m_Sink->SetProbabilities(probabilities);
    m_Sink->SetNumberOfStreamDivisions(streamDivisions);

    m_Filter = this->Make<Filter>();
    m_Filter->SetInput(input.image);
    m_Filter->SetMaskImage(input.mask);
    m_Filter->SetLandmarksInput(m_Sink->GetQuantilesOutput());
    m_Filter->SetStandardLandmarks(standard);
    m_Filter->SetOutside(OutsideFrom(m_Options.outside));
    return { m_Filter->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    RequireTransformedOutside("quantile-norm", m_Options.outside);
    const auto & [landmarks, standard, voxels, nonFinite] = m_Learned;
    if (landmarks.size() != standard.size() || !std::is_sorted(standard.begin(), standard.end()))
    {
      throw Error("quantile-norm: " + std::to_string(landmarks.size()) + " landmarks and " +
                  std::to_string(standard.size()) +
                  " of the standard scale are recorded, which do not go together; the sidecar was changed or damaged");
    }
    if (!itk::MonotoneMap(landmarks, standard).IsInvertible())
    {
      throw Error("quantile-norm with landmarks that coincide on the standard scale cannot be undone: what lay between "
                  "them became one intensity");
    }
    itk::ImageQuantiles recorded;
    recorded.values = landmarks;
    auto filter = this->Make<Filter>();
    filter->SetInput(output);
    filter->SetLandmarks(recorded);
    filter->SetStandardLandmarks(standard);
    filter->InverseOn();
    return filter->GetOutput();
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (!m_Sink)
    {
      return warnings;
    }
    const auto & quantiles = m_Sink->GetQuantiles();
    if (m_Filter->GetStandardLandmarks().empty())
    {
      warnings.emplace_back("no reference and no landmarks: the image is its own scale and stays as it is; fit a "
                            "reference with 'isolux fit'");
    }
    if (quantiles.voxels == 0)
    {
      warnings.emplace_back("no finite voxel inside the mask: the image stays as it is");
    }
    else
    {
      const auto knots = itk::MonotoneMap(quantiles.values, quantiles.values).NumberOfKnots();
      if (knots < quantiles.values.size())
      {
        warnings.push_back("the " + std::to_string(quantiles.values.size()) + " landmarks have but " +
                           std::to_string(knots) +
                           " intensities, so many voxels are alike: those that coincide are "
                           "brought to the mean of their places on the standard scale");
      }
    }
    WarnOfSkipped(warnings, quantiles.nan + quantiles.infinite);
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Sink)
    {
      const auto & quantiles = m_Sink->GetQuantiles();
      const auto & standard = m_Filter->GetStandardLandmarks();
      m_Learned = { quantiles.values,
                    standard.empty() ? quantiles.values : standard,
                    static_cast<long long>(quantiles.voxels),
                    static_cast<long long>(quantiles.nan + quantiles.infinite) };
    }
  }

private:
  Sink::Pointer   m_Sink;
  Filter::Pointer m_Filter;
};
} // namespace

StageDescription
DescribeQuantileNormStage()
{
  StageDescription stage;
  stage.name = "quantile-norm";
  stage.family = "harmonization";
  stage.summary = "Brings the image's quantiles to those of a reference's typical image, without changing the order of "
                  "intensities.";
  stage.formula = "y = f(x), f straight between the landmarks, beyond them as in the first and the last segment";
  stage.reference = "L. Nyul, J. Udupa, X. Zhang, IEEE TMI 19:143, 2000. DOI 10.1109/42.836373";
  stage.access = Access::TwoPass;
  stage.prefersMask = true;
  stage.learningPasses = 2;
  stage.inverse =
    "within float32 rounding over the slope; not with outside 'keep', 'zero', or equal standard landmarks";
  stage.make = [] { return std::make_unique<QuantileNormStage>(); };
  return stage;
}
} // namespace isolux
