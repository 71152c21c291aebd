#pragma once

#include "Error.h"
#include "ExcludedVoxels.h"
#include "ImageGate.h"
#include "Stage.h"

#include "itkPortableExp.h"
#include "itkRetinexReflectanceImageFilter.h"

#include <algorithm>
#include <sstream>

// What stages share that estimate an illumination of one value a voxel and divide by it.
namespace isolux
{
/** A stage's own options, and those of every stage that divides by such an illumination. */
template <typename TOptions>
struct LogIlluminationOptions : TOptions
{
  bool logarithm = false;
  bool gate = false;

  void
  Visit(ParameterVisitor & visit)
  {
    TOptions::Visit(visit);
    visit({ "logarithm",
            Unit::None,
            "The reflectance's natural logarithm instead of the reflectance; that of the lowest positive intensity "
            "where an intensity has none." },
          logarithm);
    VisitGateOption(visit, gate);
  }
};

struct LogIlluminationLearned
{
  long long           mask_voxels = 0;
  long long           non_positive = 0;
  long long           components = 0;
  long long           iterations = 0;
  long long           cycles = 0;
  double              log_minimum = 0.0;
  double              log_maximum = 0.0;
  std::vector<double> energies;
  ImageGateLearned    gate;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "mask_voxels", Unit::None, "Voxels inside the mask." }, mask_voxels);
    visit({ "non_positive", Unit::None, "Mask voxels that are not positive or not finite: interpolated." },
          non_positive);
    visit({ "components", Unit::None, "Connected parts of the mask, in each of which the mean of the log is kept." },
          components);
    visit({ "iterations", Unit::None, "Iterations in all." }, iterations);
    visit({ "cycles", Unit::None, "Cycles of multigrid of the last solution; 0 where a cosine transform did." },
          cycles);
    visit({ "log_minimum", Unit::LogIntensity, "Lowest log field inside the mask." }, log_minimum);
    visit({ "log_maximum", Unit::LogIntensity, "Highest log field inside the mask." }, log_maximum);
    visit({ "energies", Unit::None, "What is minimized, a voxel's mean, after each iteration." }, energies);
    gate.Visit(visit);
  }
};

/** TOptions: Visit(), and SetUp(TFilter &) const; TFilter: an itk::LogIlluminationImageFilter. A series has one
 * illumination, that of its mean frame. */
template <typename TFilter, typename TOptions>
class LogIlluminationStage : public StageOf<LogIlluminationOptions<TOptions>, LogIlluminationLearned>
{
public:
  explicit LogIlluminationStage(std::string name)
    : m_Name(std::move(name))
  {
  }

  void
  CheckOptions() const override
  {
    if (this->m_Options.gate && this->m_Options.logarithm)
    {
      throw UsageError("'gate' may leave the image as it is, which is no 'logarithm'; turn one of them off");
    }
  }

  Flow
  Connect(const Flow & input, unsigned int streamDivisions) override
  {
    m_Filter = this->template Make<TFilter>();
    m_Filter->SetInput(this->MeanFrame(input.image));
    m_Filter->SetMaskImage(input.mask);
    m_Filter->SetAxes({ true, true, true, false });
    this->m_Options.SetUp(*m_Filter);

    auto reflectance = this->template Make<itk::RetinexReflectanceImageFilter<WorkImage>>();
    reflectance->SetInput(input.image);
    reflectance->SetLogIllumination(m_Filter->GetOutput());
    reflectance->SetSummaryInput(m_Filter->GetSummaryOutput());
    reflectance->SetLogarithm(this->m_Options.logarithm);
    if (!this->m_Options.gate)
    {
      return { reflectance->GetOutput(), input.mask };
    }
    return { m_Gate.Connect(this->template Make<ImageGate::Sink>(),
                            this->template Make<ImageGate::Filter>(),
                            input,
                            reflectance->GetOutput(),
                            streamDivisions),
             input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer & output) override
  {
    if (this->m_Learned.gate.gated)
    {
      return output;
    }
    throw Error(
      m_Name +
      (this->m_Options.logarithm
         ? " with 'logarithm' cannot be undone: what has no logarithm became the lowest"
         : " cannot be undone: the field, a value for each voxel, is not recorded in the sidecar; give 'restore' the "
           "file that --field of that run wrote, with --field"));
  }

  WorkImage::Pointer
  Field(const WorkImage::Pointer & grid) override
  {
    if (!m_Filter)
    {
      throw Error(m_Name + ": the field, a value for each voxel, is not recorded; give the file that --field wrote");
    }
    auto region = grid->GetLargestPossibleRegion();
    region.SetSize(3, 1);
    auto field = WorkImage::New();
    field->CopyInformation(grid);
    field->SetRegions(region);
    field->Allocate();
    if (m_Gate.Learned().gated)
    {
      field->FillBuffer(1.0F);
      return field;
    }
    m_Filter->Update();
    const float * const log = m_Filter->GetOutput()->GetBufferPointer();
    std::transform(log,
                   log + region.GetNumberOfPixels(),
                   field->GetBufferPointer(),
                   [](float value) {
                     return static_cast<float>(itk::PortableExp(std::clamp(static_cast<double>(value), -80.0, 80.0)));
                   });
    return field;
  }

  bool
  MakesLogarithm() const override
  {
    return this->m_Options.logarithm;
  }

  std::vector<std::string>
  Warnings() const override
  {
    std::vector<std::string> warnings;
    if (!m_Filter)
    {
      return warnings;
    }
    const auto & summary = m_Filter->GetSummary();
    if (summary.voxels == summary.excluded)
    {
      warnings.push_back("no positive voxel among the " + std::to_string(summary.voxels) +
                         " inside the mask to estimate an illumination from: it is 1");
    }
    WarnOfExcluded(warnings, summary.excluded, summary.voxels, "the illumination is interpolated there");
    if (!summary.isConverged)
    {
      std::ostringstream warning;
      warning << "the illumination is not exact: its solution ended with a residual of " << summary.reduction
              << " of the one at the start; a mask without gaps and thin parts is easier";
      warnings.push_back(warning.str());
    }
    m_Gate.Warn(warnings);
    return warnings;
  }

protected:
  void
  Collect() override
  {
    if (m_Filter)
    {
      const auto & summary = m_Filter->GetSummary();
      this->m_Learned = { static_cast<long long>(summary.voxels),
                          static_cast<long long>(summary.excluded),
                          static_cast<long long>(summary.components),
                          static_cast<long long>(summary.iterations),
                          static_cast<long long>(summary.cycles),
                          summary.minimum,
                          summary.maximum,
                          summary.energies,
                          m_Gate.Learned() };
    }
  }

private:
  const std::string         m_Name;
  typename TFilter::Pointer m_Filter;
  ImageGate                 m_Gate;
};
} // namespace isolux
