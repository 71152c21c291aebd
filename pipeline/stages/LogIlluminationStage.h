#pragma once

#include "Error.h"
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

  void
  Visit(ParameterVisitor & visit)
  {
    TOptions::Visit(visit);
    visit({ "logarithm",
            Unit::None,
            "The reflectance's natural logarithm instead of the reflectance; that of the lowest positive intensity "
            "where an intensity has none." },
          logarithm);
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

  Flow
  Connect(const Flow & input, unsigned int) override
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
    return { reflectance->GetOutput(), input.mask };
  }

  WorkImage::Pointer
  ConnectInverse(const WorkImage::Pointer &) override
  {
    throw Error(m_Name + " cannot be undone: the field, a value for each voxel, is not recorded; multiply the "
                         "reflectance by the one that --field wrote");
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
    if (summary.excluded > 0)
    {
      warnings.push_back(std::to_string(summary.excluded) + " of " + std::to_string(summary.voxels) +
                         " mask voxels are not positive or not finite: the illumination is interpolated there");
    }
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
                          summary.energies };
    }
  }

private:
  const std::string         m_Name;
  typename TFilter::Pointer m_Filter;
};
} // namespace isolux
