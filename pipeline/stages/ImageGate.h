#pragma once

#include "Stage.h"

#include "itkFieldGateImageFilter.h"

#include <sstream>
#include <string>
#include <vector>

// The gate of stages whose field is no itk::SmoothField: it looks at the image before and after.
namespace isolux
{
inline void
VisitGateOption(ParameterVisitor & visit, bool & gate)
{
  visit({ "gate", Unit::None, "Leave the image as it is where dividing by the field would not make it more even." },
        gate);
}

struct ImageGateLearned
{
  bool   gated = false;
  double deviation = 0.0;
  double entropy_gain = 0.0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "gated", Unit::None, "Whether the gate refused the field, and the image is left as it is." }, gated);
    visit({ "gate_deviation", Unit::LogIntensity, "Of the correction before the gate; 0: there is no gate." },
          deviation);
    visit({ "gate_entropy_gain", Unit::None, "Bits by which the correction lowers the entropy of the log intensity." },
          entropy_gain);
  }
};

class ImageGate
{
public:
  using Sink = itk::FieldGateSink<WorkImage, MaskImage>;
  using Filter = itk::FieldGateImageFilter<WorkImage>;

  /** Sets two filters up that the stage made. \return the image that is handed on. */
  WorkImage::Pointer
  Connect(const Sink::Pointer &      sink,
          const Filter::Pointer &    filter,
          const Flow &               input,
          const WorkImage::Pointer & corrected,
          unsigned int               streamDivisions)
  {
    m_Sink = sink;
    sink->SetInput(input.image);
    sink->SetMaskImage(input.mask);
    sink->SetNumberOfStreamDivisions(streamDivisions);
    sink->SetCorrectedImage(corrected);
    filter->SetInput(input.image);
    filter->SetCorrectedImage(corrected);
    filter->SetGateInput(sink->GetSummaryOutput());
    return filter->GetOutput();
  }

  ImageGateLearned
  Learned() const
  {
    return m_Sink ? ImageGateLearned{ !m_Sink->GetSummary().passed,
                                      m_Sink->GetSummary().deviation,
                                      m_Sink->GetSummary().entropyGain }
                  : ImageGateLearned{};
  }

  void
  Warn(std::vector<std::string> & warnings) const
  {
    if (const auto learned = this->Learned(); learned.gated)
    {
      std::ostringstream text;
      text.precision(3);
      text << "gated: the field found deviates by " << 100.0 * learned.deviation << " %, and lowers the entropy by "
           << learned.entropy_gain << " bits: it would improve nothing, and the image is left as it is";
      warnings.push_back(text.str());
    }
  }

private:
  Sink::Pointer m_Sink; ///< null: no gate
};
} // namespace isolux
