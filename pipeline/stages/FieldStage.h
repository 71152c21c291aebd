#pragma once

#include "Error.h"
#include "ExcludedVoxels.h"
#include "ImageGate.h"
#include "Stage.h"

#include "itkFieldGateSink.h"
#include "itkIlluminationCorrectionImageFilter.h"
#include "itkSmoothField.h"

#include "itkExtractImageFilter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <sstream>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// What stages share that learn an itk::SmoothField and divide by it.
namespace isolux
{
/** One field, or one for each frame of a series, as a sidecar records them: lists, field after field. */
class RecordedFields
{
public:
  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "order", Unit::None, "Degree of each field's series; the terms are those of itk::SmoothField." }, m_Order);
    visit({ "control_points",
            Unit::None,
            "Of each field's lattice of cubic B-splines along x, y, z, t; 0: the field is a series." },
          m_ControlPoints);
    visit({ "centre", Unit::Voxel, "Centre of each field's box along x, y, z, t." }, m_Centre);
    visit({ "half_extent", Unit::Voxel, "Half the box's extent; 0: the field does not vary along the axis." },
          m_HalfExtent);
    visit({ "terms", Unit::None, "Number of coefficients of each field; 0: the field is 1." }, m_Terms);
    Numbers none;
    visit({ "coefficients",
            Unit::LogIntensity,
            "Of the log fields, one field after the other; none of more than 250,000." },
          m_Coefficients.size() > MostRecorded ? none : m_Coefficients);
    visit({ "log_minimum", Unit::LogIntensity, "Lowest log field inside the mask, and bound outside, of each field." },
          m_LogMinimum);
    visit({ "log_maximum", Unit::LogIntensity, "Highest log field inside the mask, and bound outside, of each field." },
          m_LogMaximum);
  }

  void
  Add(const itk::SmoothField & field)
  {
    const bool isOne = field.coefficients.empty();
    m_Order.push_back(field.order);
    m_ControlPoints.insert(m_ControlPoints.end(), field.controlPoints.begin(), field.controlPoints.end());
    m_Centre.insert(m_Centre.end(), field.centre.begin(), field.centre.end());
    m_HalfExtent.insert(m_HalfExtent.end(), field.halfExtent.begin(), field.halfExtent.end());
    m_Terms.push_back(static_cast<double>(field.coefficients.size()));
    m_Coefficients.insert(m_Coefficients.end(), field.coefficients.begin(), field.coefficients.end());
    m_LogMinimum.push_back(isOne ? 0.0 : field.logMinimum); // infinite where there is no series
    m_LogMaximum.push_back(isOne ? 0.0 : field.logMaximum);
  }

  /** \throws Error, headed by the stage's name, where the lists do not go together. */
  std::vector<itk::SmoothField>
  Fields(const std::string & stage) const
  {
    const auto refuse = [&stage](const std::string & why)
    { throw Error(stage + ": " + why + "; the sidecar was changed or damaged"); };
    const auto   terms = m_Terms.empty() // a sidecar of 0.2.0 or before: one field
                           ? std::vector<double>{ static_cast<double>(m_Coefficients.size()) }
                           : m_Terms;
    const double all = std::accumulate(terms.begin(), terms.end(), 0.0);
    if (all > static_cast<double>(MostRecorded) && m_Coefficients.empty())
    {
      throw Error(stage + " cannot be undone: the " + ToString(Value(std::floor(all))) +
                  " coefficients of its field, more than a sidecar holds, were not recorded; keep it with --field");
    }
    const auto count = terms.size();
    const auto places = itk::SmoothField::MaximumDimension * count;
    const auto points = m_ControlPoints.empty() ? Numbers(places) : m_ControlPoints; // 0.2.0: none is a lattice
    if (m_Order.size() != count || points.size() != places || m_Centre.size() != places ||
        m_HalfExtent.size() != places || m_LogMinimum.size() != count || m_LogMaximum.size() != count)
    {
      refuse("the lists of the " + std::to_string(count) + " recorded fields differ in length");
    }
    std::vector<itk::SmoothField> fields(count);
    auto                          coefficient = m_Coefficients.begin();
    for (std::size_t f = 0; f < count; ++f)
    {
      auto & field = fields[f];
      if (!(m_Order[f] >= 0.0 && m_Order[f] <= itk::SmoothField::MaximumOrder))
      {
        refuse("a recorded field is of order " + ToString(Value(m_Order[f])));
      }
      field.order = static_cast<unsigned int>(m_Order[f]);
      const auto place = static_cast<std::ptrdiff_t>(itk::SmoothField::MaximumDimension * f);
      std::transform(points.begin() + place,
                     points.begin() + place + itk::SmoothField::MaximumDimension,
                     field.controlPoints.begin(),
                     [](double number) { return static_cast<unsigned int>(std::clamp(number, 0.0, 1e6)); });
      std::copy_n(m_Centre.begin() + place, field.centre.size(), field.centre.begin());
      std::copy_n(m_HalfExtent.begin() + place, field.halfExtent.size(), field.halfExtent.begin());
      field.logMinimum = m_LogMinimum[f];
      field.logMaximum = m_LogMaximum[f];
      const auto left = m_Coefficients.end() - coefficient;
      if (!(terms[f] >= 0.0 && terms[f] <= static_cast<double>(left)))
      {
        refuse("a recorded field has " + ToString(Value(terms[f])) + " coefficients, but " + std::to_string(left) +
               " are left");
      }
      const auto taken = static_cast<std::ptrdiff_t>(terms[f]);
      field.coefficients.assign(coefficient, coefficient + taken);
      coefficient += taken;
      if (!field.IsConsistent())
      {
        refuse("a recorded field has " + std::to_string(taken) + " coefficients, which is not what " +
               (field.IsLattice() ? "its control points take"
                                  : "order " + std::to_string(field.order) + " over its box takes"));
      }
    }
    if (coefficient != m_Coefficients.end())
    {
      refuse(std::to_string(m_Coefficients.end() - coefficient) + " coefficients belong to no recorded field");
    }
    return fields;
  }

private:
  using Numbers = std::vector<double>;

  static constexpr std::size_t MostRecorded = 250000; ///< coefficients of all fields: a sidecar of some megabytes

  Numbers m_Order;
  Numbers m_ControlPoints;
  Numbers m_Centre;
  Numbers m_HalfExtent;
  Numbers m_Terms;
  Numbers m_Coefficients;
  Numbers m_LogMinimum;
  Numbers m_LogMaximum;
};

/** A member of each summary, one for each field, as a list. */
template <typename TSummary, typename TNumber>
void
VisitEach(ParameterVisitor & visit, const Parameter & parameter, std::vector<TSummary> & all, TNumber TSummary::*member)
{
  std::vector<double> list;
  for (const auto & summary : all)
  {
    list.push_back(static_cast<double>(summary.*member));
  }
  visit(parameter, list);
  all.resize(std::max(all.size(), list.size()));
  for (std::size_t i = 0; i < list.size(); ++i)
  {
    double number = list[i];
    if constexpr (std::is_integral_v<TNumber>) // what a damaged sidecar says must fit
    {
      number = std::min(0.5 * static_cast<double>(std::numeric_limits<TNumber>::max()), std::max(0.0, number));
    }
    all[i].*member = static_cast<TNumber>(number);
  }
}

/** Of learners whose summaries count samples, mask voxels and those excluded. */
template <typename TSummary>
std::vector<std::string>
WarningsOf(const std::vector<TSummary> & summaries)
{
  std::uint64_t excluded = 0;
  std::uint64_t voxels = 0;
  std::size_t   withoutField = 0;
  for (const auto & summary : summaries)
  {
    excluded += summary.excluded;
    voxels += summary.maskVoxels;
    withoutField += summary.samples == 0;
  }
  std::vector<std::string> warnings;
  if (withoutField > 0)
  {
    warnings.push_back("too few positive voxels among the " + std::to_string(summaries.front().maskVoxels) +
                       " inside the mask to estimate a field: " +
                       (summaries.size() == 1 ? std::string("the image is left as it is")
                                              : std::to_string(withoutField) + " of " +
                                                  std::to_string(summaries.size()) + " frames are left as they are"));
  }
  WarnOfExcluded(warnings, excluded, voxels, "left out of the fit, still divided by the field");
  return warnings;
}

/** A stage's own options, and those of every stage that learns a field. */
template <typename TOptions>
struct FieldOptions : TOptions
{
  std::string frame = "mean";
  bool        gate = false;

  void
  Visit(ParameterVisitor & visit)
  {
    TOptions::Visit(visit);
    visit({ "frame",
            Unit::None,
            "Of a series, what the field is learned from: mean, the mean over time; first; a frame's number, from 0; "
            "or each, every frame for itself." },
          frame);
    VisitGateOption(visit, gate);
  }
};

template <typename TRecord>
struct FieldLearned : TRecord
{
  RecordedFields fields;

  std::vector<itk::FieldGateSummary> gates; ///< one for each field where there is a gate
  long long                          gated = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    fields.Visit(visit);
    TRecord::Visit(visit);
    visit({ "gated", Unit::None, "Fields that the gate refused, and put a field of 1 in place of." }, gated);
    VisitEach(visit,
              { "gate_deviation", Unit::LogIntensity, "Of each field before the gate; none: there is no gate." },
              gates,
              &itk::FieldGateSummary::deviation);
    VisitEach(visit,
              { "gate_entropy_gain", Unit::None, "Bits by which each field lowers the entropy of the log intensity." },
              gates,
              &itk::FieldGateSummary::entropyGain);
  }
};

/** Learns a field with a TSink, whose outputs are Field and Summary, and divides by it.
 * TOptions: Visit(), and SetUp(TSink &) const. TRecord: `summaries`, one for each field; Visit(); and Warnings() const.
 */
template <typename TSink, typename TOptions, typename TRecord>
class FieldStage : public StageOf<FieldOptions<TOptions>, FieldLearned<TRecord>>
{
public:
  explicit FieldStage(std::string name)
    : m_Name(std::move(name))
  {
  }

  void
  CheckOptions() const override
  {
    const auto & frame = this->m_Options.frame;
    if (frame != "mean" && frame != "first" && frame != "each" && NumberOf(frame) < 0)
    {
      throw UsageError("'frame' must be 'mean', 'first', 'each' or a frame's number, from 0; not '" + frame + "'");
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    auto       correction = this->template Make<Correction>();
    const auto images = this->LearnFrom(this->LearnedImage(input));
    for (const auto & image : images)
    {
      auto sink = this->template Make<TSink>();
      sink->SetInput(image);
      sink->SetMaskImage(input.mask);
      sink->SetNumberOfStreamDivisions(streamDivisions);
      this->m_Options.SetUp(*sink);
      SetWeights(*sink, input.weights, 0);
      SetUnitMean(*sink, images.size() > 1 || this->Channels() > 1, 0);
      const auto frame = static_cast<unsigned int>(m_Sinks.size());
      m_Sinks.push_back(sink);
      correction->SetFrameFieldInput(frame, sink->GetFieldOutput());
      if (this->m_Options.gate)
      {
        auto gate = this->template Make<Gate>();
        gate->SetInput(image);
        gate->SetMaskImage(input.mask);
        gate->SetNumberOfStreamDivisions(streamDivisions);
        gate->SetFieldInput(sink->GetFieldOutput());
        correction->SetFrameFieldInput(frame, gate->GetPassedFieldOutput());
        m_Gates.push_back(gate);
      }
    }
    correction->SetInput(input.image);
    return { correction->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    const auto fields = this->m_Learned.fields.Fields(m_Name);
    const auto frames = FramesOf(output);
    if (fields.size() != 1 && fields.size() != frames)
    {
      throw Error(m_Name + ": " + std::to_string(fields.size()) + " fields are recorded, but the image has " +
                  std::to_string(frames) + " frames; give the image that the sidecar was written with");
    }
    auto correction = this->template Make<Correction>();
    correction->SetInput(output);
    for (std::size_t f = 0; f < fields.size(); ++f)
    {
      correction->SetFrameField(static_cast<unsigned int>(f), fields[f]);
    }
    correction->InverseOn();
    return correction->GetOutput();
  }

  WorkImage::Pointer
  Field(const WorkImage::Pointer & grid) override
  {
    this->Collect();
    const auto fields = this->m_Learned.fields.Fields(m_Name);
    auto       region = grid->GetLargestPossibleRegion();
    const auto first = fields.size() == 1 ? 0 : static_cast<std::size_t>(region.GetIndex(Time));
    region.SetSize(Time, std::min<std::size_t>(fields.size() - first, region.GetSize(Time)));
    auto ones = WorkImage::New();
    ones->CopyInformation(grid);
    ones->SetRegions(region);
    ones->Allocate();
    ones->FillBuffer(1.0F);
    auto correction = Correction::New();
    correction->SetInput(ones);
    for (std::size_t f = 0; f < region.GetSize(Time); ++f)
    {
      correction->SetFrameField(static_cast<unsigned int>(f), fields[first + f]);
    }
    correction->InverseOn();
    const WorkImage::Pointer field = correction->GetOutput();
    field->Update();
    return field;
  }

  std::vector<std::string>
  Warnings() const override
  {
    constexpr double rounding = 1e-7; // of float: a log field within it changes nothing
    auto             warnings = this->Record().Warnings();
    std::size_t      even = 0;
    for (const auto & sink : m_Sinks)
    {
      const auto & field = sink->GetField();
      even += field.coefficients.empty() || field.logMaximum - field.logMinimum <= rounding;
    }
    if (warnings.empty() && even > 0)
    {
      warnings.push_back("no field was found, as in an image of one intensity" +
                         (m_Sinks.size() == 1
                            ? ""
                            : ": of " + std::to_string(even) + " of " + std::to_string(m_Sinks.size()) + " frames"));
    }
    const std::size_t refused = this->NumberOfRefused();
    if (refused > 0)
    {
      std::ostringstream text;
      const auto &       summary = m_Gates.front()->GetSummary();
      text.precision(3);
      text << "gated: ";
      if (m_Gates.size() == 1)
      {
        text << "the field found deviates by " << 100.0 * summary.deviation << " %, and lowers the entropy by "
             << summary.entropyGain << " bits: it would improve nothing, and the image is left as it is";
      }
      else
      {
        text << refused << " of " << m_Gates.size()
             << " fields would improve nothing: those frames are left as they are";
      }
      warnings.push_back(text.str());
    }
    return warnings;
  }

protected:
  /** What the field is learned from; an image of the input's grid. */
  virtual WorkImage::Pointer
  LearnedImage(const Flow & input)
  {
    return input.image;
  }

  void
  Collect() override
  {
    if (!m_Sinks.empty())
    {
      static_cast<TRecord &>(this->m_Learned) = this->Record();
      this->m_Learned.fields = {};
      this->m_Learned.gates.clear();
      for (std::size_t f = 0; f < m_Sinks.size(); ++f)
      {
        this->m_Learned.fields.Add(m_Gates.empty() ? m_Sinks[f]->GetField() : m_Gates[f]->GetPassedField());
      }
      for (const auto & gate : m_Gates)
      {
        this->m_Learned.gates.push_back(gate->GetSummary());
      }
      this->m_Learned.gated = static_cast<long long>(this->NumberOfRefused());
    }
  }

private:
  /** Of a learner that has weights. */
  template <typename TLearner>
  static auto
  SetWeights(TLearner & sink, const WorkImage::Pointer & weights, int) -> decltype(sink.SetWeightImage(weights))
  {
    sink.SetWeightImage(weights);
  }
  template <typename TLearner>
  static void
  SetWeights(TLearner &, const WorkImage::Pointer &, long)
  {
  }

  /** Of a learner that leaves the level of its field open: several fields have one level. */
  template <typename TLearner>
  static auto
  SetUnitMean(TLearner & sink, bool isOneOfSeveral, int) -> decltype(sink.SetUnitMean(isOneOfSeveral))
  {
    sink.SetUnitMean(isOneOfSeveral);
  }
  template <typename TLearner>
  static void
  SetUnitMean(TLearner &, bool, long)
  {
  }

  using Correction = itk::IlluminationCorrectionImageFilter<WorkImage>;
  using Gate = itk::FieldGateSink<WorkImage, MaskImage>;
  using Extract = itk::ExtractImageFilter<WorkImage, WorkImage>;

  static constexpr unsigned int Time = 3;

  static std::size_t
  FramesOf(const WorkImage::Pointer & image)
  {
    image->UpdateOutputInformation();
    return image->GetLargestPossibleRegion().GetSize(Time);
  }

  /** -1 where the text is no number of a frame. */
  static long
  NumberOf(const std::string & text)
  {
    long       number = -1;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
    return end.ec == std::errc() && end.ptr == text.data() + text.size() ? number : -1;
  }

  WorkImage::Pointer
  Frame(const WorkImage::Pointer & image, std::size_t frame)
  {
    if (FramesOf(image) == 1)
    {
      return image;
    }
    auto region = image->GetLargestPossibleRegion();
    region.SetIndex(Time, region.GetIndex(Time) + static_cast<itk::IndexValueType>(frame));
    region.SetSize(Time, 1);
    auto extract = this->template Make<Extract>();
    extract->InPlaceOff();
    extract->SetInput(image);
    extract->SetExtractionRegion(region);
    return extract->GetOutput();
  }

  /** One image for each field. */
  std::vector<WorkImage::Pointer>
  LearnFrom(const WorkImage::Pointer & image)
  {
    const auto & frame = this->m_Options.frame;
    if (frame == "mean")
    {
      return { this->MeanFrame(image) };
    }
    const auto frames = FramesOf(image);
    if (frame == "each")
    {
      std::vector<WorkImage::Pointer> all;
      for (std::size_t f = 0; f < frames; ++f)
      {
        all.push_back(this->Frame(image, f));
      }
      return all;
    }
    const auto number = static_cast<std::size_t>(frame == "first" ? 0 : NumberOf(frame));
    if (number >= frames)
    {
      throw UsageError("'frame' is " + frame + ", but the image has " + std::to_string(frames) +
                       (frames == 1 ? " frame" : " frames") + ", counted from 0");
    }
    return { this->Frame(image, number) };
  }

  TRecord
  Record() const
  {
    TRecord record;
    for (const auto & sink : m_Sinks)
    {
      record.summaries.push_back(sink->GetSummary());
    }
    return record;
  }

  std::size_t
  NumberOfRefused() const
  {
    return static_cast<std::size_t>(
      std::count_if(m_Gates.begin(), m_Gates.end(), [](const auto & gate) { return !gate->GetSummary().passed; }));
  }

  const std::string                    m_Name;
  std::vector<typename TSink::Pointer> m_Sinks; ///< one for each field
  std::vector<typename Gate::Pointer>  m_Gates; ///< as many, or none
};
} // namespace isolux
