#ifndef itkRobustNormalizationImageFilter_hxx
#define itkRobustNormalizationImageFilter_hxx

#include <algorithm>
#include <cmath>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
void
RobustNormalizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (this->GetInverse() && m_Gamma == 0.0)
  {
    itkExceptionMacro("Inverse needs a Gamma that is not 0.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
RobustNormalizationImageFilter<TInputImage, TOutputImage>::MakeMaps(PartitionType &,
                                                                    std::vector<LinearMap> & maps) const
{
  const CentreAndScale & learned = this->GetCentreAndScale();
  LinearMap              map;
  map.from = std::isnan(learned.centre) ? 0.0 : learned.centre;
  map.scale = learned.scale > 0.0 ? m_Gamma / learned.scale : 0.0;
  map.to = m_Beta;
  constexpr auto largest = static_cast<double>(std::numeric_limits<typename TOutputImage::PixelType>::max());
  map.lower = -largest;
  map.upper = largest;
  if (m_Clip && map.scale != 0.0)
  {
    const double first = (learned.lower - map.from) * map.scale + map.to;
    const double last = (learned.upper - map.from) * map.scale + map.to;
    map.lower = std::max(map.lower, std::min(first, last));
    map.upper = std::min(map.upper, std::max(first, last));
  }
  maps.push_back(map);
}

template <typename TInputImage, typename TOutputImage>
void
RobustNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Gamma: " << m_Gamma << '\n';
  os << indent << "Beta: " << m_Beta << '\n';
  os << indent << "Clip: " << m_Clip << '\n';
}
} // namespace itk
#endif
