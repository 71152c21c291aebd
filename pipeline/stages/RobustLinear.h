#pragma once

#include "LinearStage.h"

#include "itkRobustNormalizationImageFilter.h"

// What robust-norm and mode-norm share: the options of their filter, and what was lost with a scale of 0.
namespace isolux
{
using RobustFilter = itk::RobustNormalizationImageFilter<WorkImage>;

struct RobustLinearOptions
{
  std::vector<double> gamma = { 1.0 };
  std::vector<double> beta = { 0.0 };
  std::string         outside = OutsideNames().front();

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "gamma", Unit::None, "Scale of the output; one, or one for each channel." }, gamma);
    visit({ "beta", Unit::None, "Centre of the output; one, or one for each channel." }, beta);
    VisitOutside(visit, outside);
  }
};

/** What a learner of centre and scale has seen. */
struct RobustLinearLearned
{
  double    centre = 0.0;
  double    scale = 1.0;
  double    minimum = 0.0;
  double    maximum = 0.0;
  long long voxels = 0;
  long long non_finite = 0;

  void
  Visit(ParameterVisitor & visit)
  {
    visit({ "centre", Unit::Intensity, "What was subtracted." }, centre);
    visit({ "scale", Unit::Intensity, "What was divided by." }, scale);
    visit({ "minimum", Unit::Intensity, "Of the finite voxels, outside the mask as well." }, minimum);
    visit({ "maximum", Unit::Intensity, "Of the finite voxels, outside the mask as well." }, maximum);
    visit({ "voxels", Unit::Voxel, "Finite voxels inside the mask." }, voxels);
    visit({ "non_finite", Unit::Voxel, "NaN and infinite voxels inside the mask, which were skipped." }, non_finite);
  }

  /** \throws Error where the learned value says that the stage lost the input. */
  void
  RequireInvertible(const std::string & stage, const std::string & outside, double gamma) const
  {
    RequireTransformedOutside(stage, outside);
    if (gamma == 0.0)
    {
      throw Error(stage + " with gamma 0 cannot be undone: every voxel became beta");
    }
    if (voxels == 0)
    {
      throw Error(stage + " over an empty mask cannot be undone: every voxel became beta");
    }
    if (scale == 0.0 && minimum != maximum)
    {
      throw Error(stage + " with a scale of 0 cannot be undone: every voxel became beta");
    }
  }
};

template <typename TOptions, typename TLearned>
class RobustLinearStage : public StageOf<TOptions, TLearned>
{
protected:
  RobustFilter::Pointer
  MakeFilter(const WorkImage::Pointer & input)
  {
    auto filter = this->template Make<RobustFilter>();
    filter->SetInput(input);
    filter->SetGamma(this->OfChannel(this->m_Options.gamma, "gamma"));
    filter->SetBeta(this->OfChannel(this->m_Options.beta, "beta"));
    return filter;
  }
};
} // namespace isolux
