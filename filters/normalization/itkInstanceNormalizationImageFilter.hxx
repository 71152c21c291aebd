#ifndef itkInstanceNormalizationImageFilter_hxx
#define itkInstanceNormalizationImageFilter_hxx

#include <cmath>

namespace itk
{
template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::VerifyPreconditions() ITKv5_CONST
{
  Superclass::VerifyPreconditions();
  if (!(m_Epsilon >= 0.0))
  {
    itkExceptionMacro("Epsilon must be >= 0, got " << m_Epsilon << '.');
  }
  if (m_DeltaDegreesOfFreedom > 1)
  {
    itkExceptionMacro("DeltaDegreesOfFreedom must be 0 or 1, got " << m_DeltaDegreesOfFreedom << '.');
  }
  if (this->GetInverse() && m_Gamma == 0.0)
  {
    itkExceptionMacro("Inverse needs a Gamma that is not 0.");
  }
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::MakeMaps(PartitionType &          partition,
                                                                      std::vector<LinearMap> & maps) const
{
  const MomentsType & learned = this->GetMoments();
  partition = learned.partition;
  maps.reserve(learned.moments.size());
  for (const auto & instance : learned.moments)
  {
    double variance = instance.variance;
    if (m_DeltaDegreesOfFreedom == 1 && instance.count > 1)
    {
      variance *= static_cast<double>(instance.count) / static_cast<double>(instance.count - 1);
    }
    double divisor = std::sqrt(variance + (m_EpsilonMode == itk::EpsilonMode::Inside ? m_Epsilon : 0.0));
    if (m_EpsilonMode == itk::EpsilonMode::Maximum)
    {
      divisor = std::max(divisor, m_Epsilon);
    }
    maps.push_back(
      { std::isnan(instance.mean) ? 0.0 : instance.mean, instance.variance > 0.0 ? m_Gamma / divisor : 0.0, m_Beta });
  }
}

template <typename TInputImage, typename TOutputImage>
void
InstanceNormalizationImageFilter<TInputImage, TOutputImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);
  os << indent << "Epsilon: " << m_Epsilon << '\n';
  os << indent << "EpsilonMode: " << static_cast<int>(m_EpsilonMode) << '\n';
  os << indent << "DeltaDegreesOfFreedom: " << m_DeltaDegreesOfFreedom << '\n';
  os << indent << "Gamma: " << m_Gamma << '\n';
  os << indent << "Beta: " << m_Beta << '\n';
}
} // namespace itk
#endif
